"""Cookies, forms and kinds of HTTP requests."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

_FORWARDED_PROTO = re.compile(r'(?:^|;)\s*proto\s*=\s*"?(\w+)', re.IGNORECASE)
# A form holds a workspace key or a password, nothing longer.
MAX_FORM_BYTES = 4096


def cookie_header(connection: HTTPConnection, name: str, value: str, *, path: str, seconds: int) -> str:
    """Return a ``Set-Cookie`` header that is hidden from scripts and from cross-site requests.

    Parameters
    ----------
    connection : HTTPConnection
        Request to which the header responds; over TLS the cookie is marked as secure.
    name, value : str
        Name and value of the cookie.
    path : str
        Path below which the browser sends the cookie; empty for the whole site.
    seconds : int
        Lifetime of the cookie.
    """
    response = Response()
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path or "/",
        secure=is_over_tls(connection),
        httponly=True,
        samesite="lax",
    )
    return response.headers["set-cookie"]


def is_over_tls(connection: HTTPConnection) -> bool:
    """Return whether the browser uses TLS, as far as the server or its proxies know.

    Of several proxies, the one next to the browser comes first, in ``X-Forwarded-Proto`` and in ``Forwarded``
    (RFC 7239).
    """
    headers = connection.headers
    forwarded = _FORWARDED_PROTO.search(_first(headers.get("forwarded", "")))
    schemes = (
        connection.url.scheme,
        _first(headers.get("x-forwarded-proto", "")),
        forwarded[1] if forwarded else "",
    )
    return "https" in map(str.lower, schemes)


def _first(header: str) -> str:
    return header.partition(",")[0].strip()


def is_page_request(connection: HTTPConnection) -> bool:
    """Return whether a browser asks for a page to show, rather than a script for data."""
    return connection.scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", "")


def is_health_check(connection: HTTPConnection, path: str) -> bool:
    """Return whether a load balancer asks if the server of the app below `path` is up."""
    return connection.url.path == f"{path}/_stcore/health"


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a submitted form; empty if it is larger than `MAX_FORM_BYTES`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
