"""The cookie that ties a browser to its workspace, and the route that moves a browser to another one."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._server.html_page import html_page
from pages._server.http import cookie_header, is_page_request, read_form
from qenn_core.workspace import is_key, new_key

COOKIE = "qenn_workspace"
# Counted from the last visit: a course that pauses over the summer finds its runs again.
YEAR_SECONDS = 365 * 24 * 3600

# workspace.js fills in the key. It comes from the part of the link after the #, which browsers do not send to
# the server, so that no log holds it.
_CONFIRMATION = """
<p>A workspace holds runs, models and uploaded files. <span id="about">A new one is empty.</span></p>
<p>This browser will leave its current workspace. To be able to return to it, save its link first:
it is on the <b>Runs</b> page, under <b>Continue on another device</b>.</p>
<form method="post"><input type="hidden" name="key"><button>Start a new workspace</button></form>
<a href="runs">Stay in my workspace</a>
<script src="assets/workspace.js"></script>
"""
_INCOMPLETE_LINK = (
    "<p>Part of the link is missing. Copy all of it and open it again.</p>"
    '<a href="runs">Stay in my workspace</a>'
)


class WorkspaceCookie:
    """ASGI middleware that gives each browser a workspace key, and renews the cookie with every page.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    path : str
        Base path of the app, to which the cookie is limited.
    """

    def __init__(self, app: ASGIApp, path: str = "") -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; add the cookie to the response if it is a page."""
        if scope["type"] != "http" or not is_page_request(connection := HTTPConnection(scope)):
            await self.app(scope, receive, send)
            return
        current = connection.cookies.get(COOKIE, "")
        cookie = _cookie(connection, current if is_key(current) else new_key(), self.path)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", cookie)
                # A shared cache must not send one visitor's key to others.
                headers["Cache-Control"] = f"private, {headers.get('Cache-Control', 'no-cache')}"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def workspace_route(path: str) -> Route:
    """Return the route that moves a browser to another workspace, or to a new one.

    Behind `OriginGuard`, no other website can move its visitors into a workspace that others can read.

    Parameters
    ----------
    path : str
        Base path of the app.
    """

    async def workspace(request: Request) -> Response:
        if request.method != "POST":
            return html_page("Start a new workspace?", _CONFIRMATION)
        key = (await read_form(request)).get("key", "") or new_key()
        if not is_key(key):
            return html_page("This link is incomplete", _INCOMPLETE_LINK, status=400)
        response = RedirectResponse(f"{path}/runs", status_code=303)
        response.headers.append("Set-Cookie", _cookie(request, key, path))
        return response

    return Route(f"{path}/workspace", workspace, methods=["GET", "POST"])


def _cookie(connection: HTTPConnection, key: str, path: str) -> str:
    return cookie_header(connection, COOKIE, key, path=path, seconds=YEAR_SECONDS)
