"""Middleware that closes a websocket on frames that Streamlit cannot read."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

# The codes of RFC 6455 for data of a wrong kind, and for data that break the protocol.
UNSUPPORTED_DATA = 1003
PROTOCOL_ERROR = 1002


class FrameGuard:
    """ASGI middleware that closes a websocket on a text frame, or on bytes that are no message.

    Streamlit would log the traceback of an error, by which a visitor could fill the log.

    Parameters
    ----------
    app : ASGIApp
        The protected application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; let a websocket end at the first frame that cannot be read."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        is_closed = False

        async def receive_readable() -> Message:
            nonlocal is_closed
            message = await receive()
            if message["type"] != "websocket.receive" or (code := _refusal(message)) is None:
                return message
            is_closed = True
            await send({"type": "websocket.close", "code": code})
            return {"type": "websocket.disconnect", "code": code}

        async def send_while_open(message: Message) -> None:
            if not is_closed:
                await send(message)

        await self.app(scope, receive_readable, send_while_open)


def _refusal(frame: Message) -> int | None:
    """Return the code to close a websocket with after a frame; ``None`` if it is a message of Streamlit."""
    content = frame.get("bytes")
    if content is None:
        return UNSUPPORTED_DATA
    try:
        BackMsg.FromString(content)
    except DecodeError:
        return PROTOCOL_ERROR
    return None
