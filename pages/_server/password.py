"""Middleware that protects the whole app with one password."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from pathlib import Path

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from pages._server.guesses import GuessQueues, TooManyGuessesError
from pages._server.html_page import html_page
from pages._server.http import cookie_header, is_health_check, is_page_request, read_form

COOKIE = "qenn_login"
LOGIN_SECONDS = 30 * 24 * 3600
# A wrong guess keeps its place among the guesses of its address for this long, after the wrong ones before
# it: a thousand take a quarter of an hour, while a class that knows the password notices nothing.
WRONG_GUESS_SECONDS = 1.0
_SALT = b"QENN Studio: proof of login"

_FORM = """
<form method="post"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Open the app</button></form>
"""
_WRONG = '<p class="wrong" role="alert">Wrong password. Please try again.</p>'
_TOO_MANY = (
    '<p class="wrong" role="alert">Too many people are logging in from this network right now. '
    "Try again in a minute.</p>"
)


def configured_password() -> str | None:
    """Return the password from QENN_PASSWORD or the file named in QENN_PASSWORD_FILE, if either is set.

    Raises
    ------
    ValueError
        If the password is empty, which would leave the app open to everybody.
    OSError
        If the file cannot be read.
    """
    path = os.environ.get("QENN_PASSWORD_FILE")
    password = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get("QENN_PASSWORD")
    if password == "":
        raise ValueError("the password in QENN_PASSWORD or QENN_PASSWORD_FILE is empty")
    return password


class PasswordGate:
    """ASGI middleware that lets requests through once the browser has given the password.

    Only the health check needs no password.

    Parameters
    ----------
    app : ASGIApp
        The protected application.
    password : str
        The password. Changing it ends all logins, because their proofs are derived from it.
    path : str
        Base path of the app.
    """

    def __init__(self, app: ASGIApp, password: str, path: str = "") -> None:
        self.app = app
        self.path = path
        self._key = _derive_key(password)
        self._queues = GuessQueues()
        self._deriving = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with a valid login; respond to any other with the password form."""
        if scope["type"] not in ("http", "websocket") or self._is_allowed(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            response = await self._respond(Request(scope, receive))
            await response(scope, receive, send)

    def _is_allowed(self, connection: HTTPConnection) -> bool:
        if is_health_check(connection, self.path):
            return True
        expiry, _, proof = connection.cookies.get(COOKIE, "").partition(".")
        # The proof is checked first, so that only an expiry written by this server is parsed.
        return hmac.compare_digest(proof.encode(), self._proof(expiry).encode()) and int(expiry) > time.time()

    async def _respond(self, request: Request) -> Response:
        if request.method == "POST":
            form = await read_form(request)
            if "password" in form:
                return await self._check_guess(request, form["password"])
        if is_page_request(request):
            return _password_page()
        return JSONResponse({"error": "The password is missing."}, 401, {"Cache-Control": "no-store"})

    async def _check_guess(self, request: Request, guess: str) -> Response:
        try:
            async with self._queues.admit(request.client.host if request.client else "") as wrong_turn:
                if not await self._is_correct(guess):
                    async with wrong_turn:
                        await asyncio.sleep(WRONG_GUESS_SECONDS)
                    return _password_page(_WRONG)
        except TooManyGuessesError:
            return _password_page(_TOO_MANY, status=429)
        response = RedirectResponse(_relative_url(request), status_code=303)
        expiry = str(int(time.time()) + LOGIN_SECONDS)
        login = f"{expiry}.{self._proof(expiry)}"
        response.headers.append(
            "Set-Cookie", cookie_header(request, COOKIE, login, path=self.path, seconds=LOGIN_SECONDS)
        )
        return response

    async def _is_correct(self, guess: str) -> bool:
        # One at a time: each takes 16 MB, too.
        async with self._deriving:
            return hmac.compare_digest(await asyncio.to_thread(_derive_key, guess), self._key)

    def _proof(self, expiry: str) -> str:
        return hmac.new(self._key, expiry.encode(), "sha256").hexdigest()


def _derive_key(password: str) -> bytes:
    # Takes about 50 ms, so that nobody who has seen a cookie can try passwords by the million.
    return hashlib.scrypt(password.encode(), salt=_SALT, n=2**14, r=8, p=1)


def _relative_url(request: Request) -> str:
    """Return the requested URL relative to itself; the browser restores the part after the #."""
    # An absolute path could begin with two slashes, and so redirect to another site.
    name = f"./{request.url.path.rpartition('/')[2]}"
    return f"{name}?{request.url.query}" if request.url.query else name


def _password_page(alert: str = "", *, status: int = 401) -> Response:
    return html_page("This app is protected by a password", alert + _FORM, status=status)
