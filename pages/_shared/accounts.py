"""Logging in as a person, where a provider of identities (OpenID Connect) is configured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages._shared import form
from qenn_core.errors import QennError

_ONE_PROVIDER = "server_metadata_url"


class Person(NamedTuple):
    """Somebody who has logged in, as their provider knows them."""

    issuer: str
    subject: str
    name: str


def providers() -> tuple[str | None, ...]:
    """Return the names of the configured providers, ``None`` for one without a name; empty without any.

    Raises
    ------
    QennError
        If the file that would tell cannot be read: without it the app would be open to everybody.
    """
    if not st.secrets.load_if_toml_exists():
        if any(Path(path).exists() for path in st.get_option("secrets.files")):
            raise QennError(
                "Nobody can log in at present.",
                "The server's file of secrets cannot be read.",
                "Tell whoever runs the server; its log has the details.",
            )
        return ()
    settings = st.secrets.get("auth", {})
    if _ONE_PROVIDER in settings:
        return (None,)
    return tuple(name for name, section in settings.items() if isinstance(section, Mapping))


def person() -> Person | None:
    """Return who has logged in, if anybody has."""
    if not providers() or not st.user.is_logged_in:
        return None
    user = st.user.to_dict()
    name = user.get("name") or user.get("email") or "You"
    return Person(str(user["iss"]), str(user["sub"]), str(name))


def must_log_in() -> bool:
    """Tell whether the visitor has to say who they are before anything else."""
    return bool(providers()) and person() is None


def ask_to_log_in() -> None:
    """Draw what comes before every page where people log in."""
    st.title("QENN Studio")
    st.markdown("Log in to train, and to find your runs again.")
    for provider in providers():
        st.button(
            f"Log in with {provider}" if provider else "Log in",
            on_click=st.login,
            args=(provider,),
            type="primary",
            icon=":material/login:",
        )


def offer_to_log_out() -> None:
    """Draw who is logged in, and the way out; nothing where nobody logs in."""
    who = person()
    if who is not None:
        with st.sidebar.popover(form.plain(who.name), icon=":material/account_circle:", width="stretch"):
            st.button("Log out", on_click=st.logout, icon=":material/logout:", width="stretch")
