"""Middleware that limits the memory of uploaded files, for each session and for all of them together."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

from pages._server.workspace_cookie import COOKIE
from qenn_core import limits

_NOT_YOURS = "This upload belongs to no page of this browser. Reload the page and upload the file again."
_SESSION_FULL = (
    "Your uploads fill the memory that one tab may use. Reload the page and upload the file again."
)
_SERVER_FULL = (
    "The uploads of all visitors fill the server's memory. Upload the file again in a minute, or fewer rows."
)


class UploadQuota:
    """ASGI middleware that refuses an upload to the session of another browser, or one beyond the quota.

    Streamlit holds an uploaded file in memory until it is deleted or its session ends; here, only what is
    still arriving is counted in addition.

    Parameters
    ----------
    app : ASGIApp
        The protected application.
    path : str
        Base path of the app.
    """

    def __init__(self, app: ASGIApp, path: str = "") -> None:
        self.app = app
        self.prefix = f"{path}/_stcore/upload_file/"
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; refuse one for the uploads of another browser, or beyond the quota."""
        if scope.get("method") not in ("PUT", "DELETE") or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        session = scope["path"].removeprefix(self.prefix).partition("/")[0]
        if not _is_own_session(HTTPConnection(scope), session):
            await PlainTextResponse(_NOT_YOURS, 403)(scope, receive, send)
            return
        # Nobody is there any more to respond to.
        with contextlib.suppress(ClientDisconnect):
            await self._pass_on(session, scope, receive, send)

    async def _pass_on(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request to a session; count its body while it arrives."""
        n_received = 0

        async def receive_within_quota() -> Message:
            nonlocal n_received
            message = await receive()
            n_bytes = len(message.get("body", b""))
            self._check(session, n_bytes)
            self._arriving[session] += n_bytes
            n_received += n_bytes
            return message

        try:
            length = HTTPConnection(scope).headers.get("content-length", "")
            self._check(session, int(length) if length.isdecimal() else 0)
            await self.app(scope, receive_within_quota, send)
        except HTTPException as refusal:
            await PlainTextResponse(refusal.detail, refusal.status_code)(scope, receive, send)
        finally:
            self._arriving[session] -= n_received
            if not self._arriving[session]:
                del self._arriving[session]

    def _check(self, session: str, n_bytes: int) -> None:
        """Raise an error that becomes the response if so many more bytes are beyond the quota."""
        wanted = self._arriving[session] + n_bytes
        if _held_bytes()[session] + wanted > limits.MAX_SESSION_UPLOAD_BYTES:
            raise HTTPException(413, _SESSION_FULL)
        wanted = self._arriving.total() + n_bytes
        if _held_bytes().total() + wanted > limits.MAX_UPLOADS_IN_MEMORY_BYTES:
            _forget_closed_tabs()
            if _held_bytes().total() + wanted > limits.MAX_UPLOADS_IN_MEMORY_BYTES:
                raise HTTPException(503, _SERVER_FULL)


def _is_own_session(connection: HTTPConnection, session: str) -> bool:
    """Return whether a request has the workspace key with which the page of a session was opened."""
    client = cast(StarletteSessionClient | None, runtime.get_instance().get_client(session))
    key = connection.cookies.get(COOKIE)
    return client is not None and key is not None and client.client_context.cookies.get(COOKIE) == key


def _held_bytes() -> Counter[str]:
    """Return the size of the uploaded files in memory, by session."""
    # Pages add and remove files in their threads; a copy is made at once.
    return Counter(
        {
            session: sum(len(file.data) for file in list(files.values()))
            for session, files in list(_files().file_storage.items())
        }
    )


def _forget_closed_tabs() -> None:
    """Free the files of tabs that are closed; Streamlit keeps them for a while, lest the tabs reconnect."""
    for session in list(_files().file_storage):
        if not runtime.get_instance().is_active_session(session):
            _files().remove_session_files(session)


def _files() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)
