"""Each browser has a workspace, known by the key in its cookie; a link opens it in another browser."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._shared import browser
from qenn_core.workspace import is_key, new_key

COOKIE = "qenn_workspace"
# From the last visit on: a course that pauses over the summer finds its runs again.
YEAR_SECONDS = 365 * 24 * 3600

# The script fills in the key. It stands behind the # of the link, which a browser sends to nobody: so it
# comes into no server's log.
_ASK = """
<p>A workspace holds runs, models and uploaded files. <span id="about">A new one is empty.</span></p>
<p>This browser leaves the workspace that it has now. To find that one again, keep its link first:
it is on the page <b>Runs</b>, below <b>Continue on another device</b>.</p>
<form method="post"><input type="hidden" name="key"><button>Start a new workspace</button></form>
<a href="runs">Stay in mine</a>
<script src="assets/workspace.js"></script>
"""
_NOT_WHOLE = '<p>Copy the link once more, as a whole, and open it again.</p><a href="runs">Stay in mine</a>'
_FOREIGN = '<p>Another site asked for this. Nothing was changed.</p><a href="runs">To my runs</a>'


class WorkspaceCookie:
    """Gives each browser that opens a page the key of a workspace, and keeps it there.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    path : str
        The path that the app is served under, to which alone the cookie is sent.
    """

    def __init__(self, app: ASGIApp, path: str = "") -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, and its answer with the cookie if a page is opened."""
        if scope["type"] != "http" or not browser.opens_a_page(visit := HTTPConnection(scope)):
            await self.app(scope, receive, send)
            return
        known = visit.cookies.get(COOKIE, "")
        cookie = _cookie(visit, known if is_key(known) else new_key(), self.path)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", cookie)
                # What is kept on the way to many visitors must not hand the key of one to all.
                headers["Cache-Control"] = f"private, {headers.get('Cache-Control', 'no-cache')}"
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def workspace_route(path: str) -> Route:
    """Return the route by which a browser takes up another workspace, or a new one.

    Parameters
    ----------
    path : str
        The path that the app is served under.
    """

    async def workspace(request: Request) -> Response:
        if request.method != "POST":
            return browser.page("Start a new workspace?", _ASK)
        # Else any site could bring its visitors into a workspace where others look on.
        if not browser.is_own(request):
            return browser.page("This was not asked for here.", _FOREIGN, status=403)
        key = (await browser.form_of(request)).get("key", "") or new_key()
        if not is_key(key):
            return browser.page("This link is not whole.", _NOT_WHOLE, status=400)
        answer = RedirectResponse(f"{path}/runs", status_code=303)
        answer.headers.append("Set-Cookie", _cookie(request, key, path))
        return answer

    return Route(f"{path}/workspace", workspace, methods=["GET", "POST"])


def _cookie(visit: HTTPConnection, key: str, path: str) -> str:
    return browser.cookie(visit, COOKIE, key, path=path, seconds=YEAR_SECONDS)
