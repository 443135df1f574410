"""The server: `streamlit run app.py`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from pages._server.frames import FrameGuard
from pages._server.origin import OriginGuard
from pages._server.password import PasswordGate, configured_password
from pages._server.routes import routes
from pages._server.security_headers import SecurityHeaders
from pages._server.upload_quota import UploadQuota
from pages._server.workspace_cookie import WorkspaceCookie
from pages._shared import error_messages
from qenn_core import jobs, logs
from qenn_core.errors import QennError

UNEXPECTED = QennError(
    "Something went wrong on this page.",
    "This is an error in the app; the server's log has the details.",
    "Reload the page; if it happens again, open the app without the settings in the link.",
)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
    """Start the workers with the server, and stop them with it."""
    logs.configure()
    service = jobs.service()
    # Streamlit collects garbage after every run of a page, and need not visit what is loaded for good.
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        service.close()


def show_script_error(error: Exception) -> bool:
    """Show an error that a page did not handle."""
    error_messages.show(error if isinstance(error, QennError) else UNEXPECTED)
    return True


def middleware(path: str) -> list[Middleware]:
    """Return the middleware, outermost first."""
    password = configured_password()
    gate = [Middleware(PasswordGate, password=password, path=path)] if password else []
    return [
        Middleware(SecurityHeaders),
        Middleware(OriginGuard, path=path),
        *gate,
        Middleware(FrameGuard),
        Middleware(UploadQuota, path=path),
        Middleware(WorkspaceCookie, path=path),
    ]


BASE_PATH = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")
app = st.App(
    "pages/_main.py",
    lifespan=lifespan,
    routes=routes(BASE_PATH),
    middleware=middleware(BASE_PATH),
    on_script_error=show_script_error,
)
