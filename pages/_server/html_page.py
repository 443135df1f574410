"""HTML pages outside Streamlit, such as the password form."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from pages._server.assets import ASSETS
from qenn_core.plots import css_variables

_STYLE = css_variables() + (ASSETS / "document.css").read_text(encoding="utf-8")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


def html_page(title: str, body: str, *, status: int = 200) -> Response:
    """Return an HTML page in the style of the app.

    Parameters
    ----------
    title : str
        Heading, as plain text.
    body : str
        HTML below the heading.
    status : int
        HTTP status code.
    """
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>QENN Studio</title>'
        f"<style>{_STYLE}</style></head><body><main>"
        f'<p class="product">QENN Studio</p><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
    return HTMLResponse(html, status, _HEADERS)
