"""Whose page this is: a person who has logged in, or the workspace of this browser."""

from __future__ import annotations

from urllib.parse import urljoin

import streamlit as st

from pages._shared import accounts
from pages._shared.visitors import COOKIE
from qenn_core.workspace import is_key, new_key, owner_of, owner_of_user


def owner() -> str:
    """Return by what the store knows the visitor."""
    person = accounts.person()
    return owner_of_user(person.issuer, person.subject) if person else owner_of(_key())


def lasts() -> bool:
    """Tell whether the browser keeps the workspace, so that it outlives the tab."""
    return accounts.person() is not None or _kept_key() is not None


def word_of_what_is_lost() -> None:
    """Draw a quiet word where the browser takes no cookies: the app works, but for this tab only."""
    if not lasts():
        st.caption("This browser keeps no cookies for this site: runs and files are lost with this tab.")


def has_link() -> bool:
    """Tell whether a link can open this workspace elsewhere; who has logged in needs none."""
    return accounts.person() is None and _kept_key() is not None


def link() -> str:
    """Return the link that opens the visitor's workspace in another browser."""
    return urljoin(st.context.url or "", f"workspace#{_key()}")


def _key() -> str:
    found = _kept_key() or st.session_state.get(COOKIE)
    if found is None:
        found = st.session_state[COOKIE] = new_key()
    return str(found)


def _kept_key() -> str | None:
    key = st.context.cookies.get(COOKIE)
    return key if isinstance(key, str) and is_key(key) else None
