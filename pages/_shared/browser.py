"""What the server and a browser tell each other beside the pages: cookies, and small pages of their own."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response

from qenn_core.plots import css_variables

# A form holds a key or a password; whoever sends more has something else in mind.
MAX_FORM_BYTES = 4096

_STYLE = css_variables() + (Path(__file__).parent / "assets" / "document.css").read_text(encoding="utf-8")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


def page(title: str, body: str, *, status: int = 200) -> Response:
    """Return a page that Streamlit has no part in.

    Parameters
    ----------
    title : str
        Its heading.
    body : str
        HTML below the heading.
    status : int
        The answer's HTTP status.
    """
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>QENN Studio</title>'
        f"<style>{_STYLE}</style></head><body><main>"
        f'<p class="product">QENN Studio</p><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
    return HTMLResponse(html, status, _HEADERS)


def cookie(connection: HTTPConnection, name: str, value: str, *, path: str, seconds: int) -> str:
    """Return the header that lets a browser keep a cookie, which no script reads and no other site sends."""
    carrier = Response()
    secure = "https" in (connection.url.scheme, connection.headers.get("x-forwarded-proto"))
    carrier.set_cookie(
        name, value, max_age=seconds, path=path or "/", secure=secure, httponly=True, samesite="lax"
    )
    return carrier.headers["set-cookie"]


def opens_a_page(connection: HTTPConnection) -> bool:
    """Tell whether a browser is about to show the answer, rather than a script about to use it."""
    return connection.scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", "")


def is_own(request: Request) -> bool:
    """Tell whether a form was sent from a page of this very server."""
    origin = request.headers.get("origin", "")
    return urlsplit(origin).netloc == request.headers.get("host")


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a small form that was sent; nothing of one that is too large or not text."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
