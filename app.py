"""The server: `streamlit run app.py`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from pages._shared import password
from pages._shared.routes import SafeHeaders, routes
from pages._shared.visitors import WorkspaceCookie
from qenn_core import jobs, logs
from qenn_core.errors import QennError

UNFORESEEN = QennError(
    "Something went wrong on this page.",
    "This was not foreseen; whoever runs the server finds the details in its log.",
    "Reload the page; if it comes back, open the app without the settings in the link.",
)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Start the workers with the server, and end them with it."""
    logs.configure()
    service = jobs.service()
    # What is loaded stays: Streamlit collects garbage after every run of a page, and need not look there.
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        service.close()


def complain(error: Exception) -> bool:
    """Show an error that a page did not handle, in words."""
    told = error if isinstance(error, QennError) else UNFORESEEN
    st.error(f"**{told.what}** {told.why} {told.remedy}")
    return True


def middleware(path: str) -> list[Middleware]:
    """Return what each request passes, from the outermost."""
    secret = password.configured()
    gate = [Middleware(password.PasswordGate, password=secret, path=path)] if secret else []
    return [Middleware(SafeHeaders), *gate, Middleware(WorkspaceCookie, path=path)]


BASE_PATH = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")
app = st.App(
    "pages/_main.py",
    lifespan=lifespan,
    routes=routes(BASE_PATH),
    middleware=middleware(BASE_PATH),
    on_script_error=complain,
)
