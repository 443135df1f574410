"""The owner of a session's runs and files: a logged-in person, or the workspace of the browser."""

from __future__ import annotations

from urllib.parse import urljoin

import streamlit as st

from pages._server.workspace_cookie import COOKIE
from pages._shared import login
from qenn_core.workspace import is_key, new_key, owner_of, owner_of_user


def owner() -> str:
    """Return the identifier under which the store keeps the visitor's runs and files."""
    person = login.current_person()
    return owner_of_user(person.issuer, person.subject) if person else owner_of(_key())


def is_permanent() -> bool:
    """Return whether the workspace outlives the tab: by login, or by cookie."""
    return login.current_person() is not None or _cookie_key() is not None


def warn_if_temporary() -> None:
    """Draw a caption if the browser refuses cookies, so that the workspace ends with the tab."""
    if not is_permanent():
        st.caption(
            "This browser blocks cookies for this site: your runs and files are lost when you close this tab."
        )


def has_link() -> bool:
    """Return whether a link can open this workspace in another browser; people who log in need none."""
    return login.current_person() is None and _cookie_key() is not None


def link() -> str:
    """Return the link that opens this workspace in another browser."""
    return urljoin(st.context.url or "", f"workspace#{_key()}")


def _key() -> str:
    key = _cookie_key() or st.session_state.get(COOKIE)
    if key is None:
        key = st.session_state[COOKIE] = new_key()
    return str(key)


def _cookie_key() -> str | None:
    key = st.context.cookies.get(COOKIE)
    return key if isinstance(key, str) and is_key(key) else None
