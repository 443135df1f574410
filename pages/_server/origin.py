"""Middleware that refuses what the browser of a visitor is made to send by pages of others."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.web.server.server_util import is_allowed_origin
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages._server.html_page import html_page
from pages._server.http import is_health_check

_DEFAULT_PORTS = {"http": 80, "https": 443}
# With these, a request changes nothing, and a page of another origin cannot read the response.
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

_OTHER_ORIGIN = (
    '<p>The request came from another website. Nothing was changed.</p><a href="runs">Go to my runs</a>'
)
_UNKNOWN_HOST = (
    "<p>The server does not know the name in this address, under which another website may be posing as the "
    "app.</p><p>Open the app by the address that you were given. If this is that address, the server's "
    "administrator can add its name to <b>server.allowedHosts</b>.</p>"
)


class OriginGuard:
    """ASGI middleware that refuses unknown host names, and websockets and changes from other origins.

    Browsers send cookies to every port of a host, whichever page asks them to; only the header ``Origin``
    tells which page that is. A request without it does not come from a page, and brings no cookies but those
    of its sender.

    Parameters
    ----------
    app : ASGIApp
        The protected application.
    path : str
        Base path of the app.
    """

    def __init__(self, app: ASGIApp, path: str = "") -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request by a known name from the app's own pages; refuse any other."""
        answer = self.app
        if scope["type"] in ("http", "websocket"):
            answer = self._refusal(HTTPConnection(scope)) or self.app
        await answer(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> ASGIApp | None:
        if not (is_known_host(connection) or is_health_check(connection, self.path)):
            refusal = html_page("This address is not known", _UNKNOWN_HOST, status=400)
        elif not (connection.scope.get("method") in _SAFE_METHODS or is_same_origin(connection)):
            refusal = html_page("This request was refused", _OTHER_ORIGIN, status=403)
        else:
            return None
        return WebSocketClose(1008) if connection.scope["type"] == "websocket" else refusal


def is_known_host(connection: HTTPConnection) -> bool:
    """Return whether the header ``Host`` holds a name of this server, and not one that others point to it.

    The names are those in ``server.allowedHosts``. By default they are ``localhost``, the name of the
    machine, and all IP addresses, because nobody can point an address elsewhere.
    """
    host = connection.headers.get("host", "")
    if st.get_option("server.allowedHosts"):
        return is_host_allowed(host)
    name = (_split(f"//{host}").hostname or "").rstrip(".")
    machine = socket.gethostname().lower()
    return name in ("localhost", machine, f"{machine}.local") or _is_ip_address(name)


def is_same_origin(connection: HTTPConnection) -> bool:
    """Return whether a request comes from a page of the app, or from no page at all.

    The page and the request have the same host and port, or the page's origin is in
    ``server.corsAllowedOrigins``.
    """
    text = connection.headers.get("origin")
    if text is None or is_allowed_origin(text):
        return True
    origin = _split(text)
    host = _split(f"//{connection.headers.get('host', '')}")
    # Behind a proxy that ends TLS, only the page's scheme says which port a host without one has.
    default = _DEFAULT_PORTS.get(origin.scheme)
    return default is not None and (origin.hostname, origin.port or default) == (
        host.hostname,
        host.port or default,
    )


def _split(url: str) -> SplitResult:
    """Split a URL; one that is no URL has no parts."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises an error if it is not a number
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
