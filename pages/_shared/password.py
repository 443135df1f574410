"""One password for the whole app: until it is given, nothing else is answered."""

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

from pages._shared import browser

COOKIE = "qenn_login"
LOGIN_SECONDS = 30 * 24 * 3600
# All guesses wait for each other, and after a wrong one for this long: a thousand guesses take a quarter of
# an hour, from however many machines, and a class that knows the password does not notice.
GUESS_SECONDS = 1.0
MAX_GUESSING = 60
_SALT = b"QENN Studio: proof of login"

_FORM = """
<form method="post"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Open the app</button></form>
"""
_WRONG = '<p class="wrong" role="alert">That is not the password. Try again.</p>'
_TOO_MANY = '<p class="wrong" role="alert">Too many are trying at this moment. Try again in a minute.</p>'


def configured() -> str | None:
    """Return the password of QENN_PASSWORD, or of the file named by QENN_PASSWORD_FILE; ``None`` without.

    Raises
    ------
    ValueError
        If a password is asked for, but empty: the app would be open to everybody.
    OSError
        If the file cannot be read.
    """
    path = os.environ.get("QENN_PASSWORD_FILE")
    password = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get("QENN_PASSWORD")
    if password == "":
        raise ValueError("the password in QENN_PASSWORD or QENN_PASSWORD_FILE is empty")
    return password


class PasswordGate:
    """Answers every request by itself until the browser has given the password; only the health check passes.

    Parameters
    ----------
    app : ASGIApp
        What answers to whoever has given it.
    password : str
        The password. Another one ends all logins, since their proofs are made with it.
    path : str
        The path that the app is served under.
    """

    def __init__(self, app: ASGIApp, password: str, path: str = "") -> None:
        self.app = app
        self.path = path
        self._key = _derived(password)
        self._turn = asyncio.Lock()
        self._guessing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes with a proof of login, and ask for the password otherwise."""
        if scope["type"] not in ("http", "websocket") or self._may_pass(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            answer = await self._answer(Request(scope, receive))
            await answer(scope, receive, send)

    def _may_pass(self, visit: HTTPConnection) -> bool:
        if visit.url.path == f"{self.path}/_stcore/health":
            return True
        expiry, _, proof = visit.cookies.get(COOKIE, "").partition(".")
        # The proof comes first: nothing is read out of a cookie that is not the server's own.
        return hmac.compare_digest(proof.encode(), self._proof(expiry).encode()) and int(expiry) > time.time()

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            form = await browser.form_of(request)
            if "password" in form:
                return await self._guess(request, form["password"])
        if browser.opens_a_page(request):
            return _login_page()
        return JSONResponse({"error": "The password has not been given."}, 401, {"Cache-Control": "no-store"})

    async def _guess(self, request: Request, guess: str) -> Response:
        if self._guessing >= MAX_GUESSING:
            return _login_page(_TOO_MANY, status=429)
        self._guessing += 1
        try:
            async with self._turn:
                if not await self._is_right(guess):
                    await asyncio.sleep(GUESS_SECONDS)
                    return _login_page(_WRONG)
        finally:
            self._guessing -= 1
        answer = RedirectResponse(_same_place(request), status_code=303)
        expiry = str(int(time.time()) + LOGIN_SECONDS)
        login = f"{expiry}.{self._proof(expiry)}"
        answer.headers.append(
            "Set-Cookie", browser.cookie(request, COOKIE, login, path=self.path, seconds=LOGIN_SECONDS)
        )
        return answer

    async def _is_right(self, guess: str) -> bool:
        return hmac.compare_digest(await asyncio.to_thread(_derived, guess), self._key)

    def _proof(self, expiry: str) -> str:
        return hmac.new(self._key, expiry.encode(), "sha256").hexdigest()


def _derived(password: str) -> bytes:
    # It takes about 50 ms, so that whoever has seen a cookie cannot try passwords by the million.
    return hashlib.scrypt(password.encode(), salt=_SALT, n=2**14, r=8, p=1)


def _same_place(request: Request) -> str:
    """Return what was asked for; the part behind the # the browser has kept."""
    # A whole path could begin with two slashes, and lead to another site.
    place = f"./{request.url.path.rpartition('/')[2]}"
    return f"{place}?{request.url.query}" if request.url.query else place


def _login_page(complaint: str = "", *, status: int = 401) -> Response:
    return browser.page("This app asks for a password", complaint + _FORM, status=status)
