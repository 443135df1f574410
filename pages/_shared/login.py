"""Personal logins through an OpenID Connect provider, where the server is configured for one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages._shared.markdown import escape_markdown
from qenn_core.errors import QennError

# A setting that stands directly in the section [auth] if there is one provider, else in a section per
# provider.
_PROVIDER_SETTING = "server_metadata_url"


class Person(NamedTuple):
    """A logged-in person, as the provider identifies them."""

    issuer: str
    subject: str
    name: str


def providers() -> tuple[str | None, ...]:
    """Return the names of the configured providers; ``None`` stands for a single, unnamed provider.

    Raises
    ------
    QennError
        If the secrets file cannot be read. Without this error the app would be open to everybody.
    """
    if not st.secrets.load_if_toml_exists():
        if any(Path(path).exists() for path in st.get_option("secrets.files")):
            raise QennError(
                "Logging in is not possible right now.",
                "The server's secrets file cannot be read.",
                "Please tell the server's administrator; the log has the details.",
            )
        return ()
    settings = st.secrets.get("auth", {})
    if _PROVIDER_SETTING in settings:
        return (None,)
    return tuple(name for name, section in settings.items() if isinstance(section, Mapping))


def current_person() -> Person | None:
    """Return the person who is logged in; ``None`` if nobody is."""
    if not providers() or not st.user.is_logged_in:
        return None
    user = st.user.to_dict()
    name = user.get("name") or user.get("email") or "You"
    return Person(str(user["iss"]), str(user["sub"]), str(name))


def is_required() -> bool:
    """Return whether the visitor has to log in before seeing any page."""
    return bool(providers()) and current_person() is None


def draw_login() -> None:
    """Draw the login buttons in place of a page."""
    st.title("QENN Studio")
    st.markdown("Log in to train models and to find your earlier runs.")
    for provider in providers():
        st.button(
            f"Log in with {escape_markdown(provider)}" if provider else "Log in",
            on_click=st.login,
            args=(provider,),
            type="primary",
            icon=":material/login:",
        )


def draw_logout() -> None:
    """Draw the name of the logged-in person with a logout button; nothing if nobody is logged in."""
    person = current_person()
    if person is not None:
        with st.sidebar.popover(
            escape_markdown(person.name), icon=":material/account_circle:", width="stretch"
        ):
            st.button("Log out", on_click=st.logout, icon=":material/logout:", width="stretch")
