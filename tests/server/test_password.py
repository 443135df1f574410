"""With a password nothing is answered before it is given, and guessing it is slow."""

from __future__ import annotations

import asyncio
import time
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2 as httpx
import pytest
from loops import run_in_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages._server import password
from pages._server.password import COOKIE, PasswordGate, configured_password

PASSWORD = "Grüße, Schrödinger!"
PAGE = {"Accept": "text/html"}
PATHS = (
    "/",
    "/data",
    "/api/runs/1",
    "/assets/runs.js",
    "/_stcore/stream",
    "/_stcore/health/x",
    "//x.test/y",
)


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def app(secret: str = PASSWORD, path: str = "") -> Starlette:
    return Starlette(
        routes=[
            WebSocketRoute(f"{path}/_stcore/stream", greet),
            Route("/{anything:path}", lambda request: PlainTextResponse("inside")),
        ],
        middleware=[Middleware(PasswordGate, password=secret, path=path)],
    )


@pytest.fixture
def browser() -> TestClient:
    return TestClient(app(), follow_redirects=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "WRONG_GUESS_SECONDS", 0.2)


def log_in(browser: TestClient, guess: str = PASSWORD, place: str = "/") -> httpx.Response:
    return browser.post(place, data={"password": guess}, headers=PAGE)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_answered_before_the_password_is_given(browser: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
        answer = browser.request(method, path)
        assert answer.status_code == 401
        assert "inside" not in answer.text
    page = browser.get(path, headers=PAGE)
    assert page.status_code == 401
    assert 'type="password"' in page.text


def test_no_page_is_run_before_the_password_is_given(browser: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream"):
        pass
    log_in(browser)
    with browser.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize("path", ["", "/studio"])
def test_whoever_watches_over_the_server_needs_no_password(path: str) -> None:
    assert TestClient(app(path=path)).get(f"{path}/_stcore/health").text == "inside"


@pytest.mark.parametrize(
    ("place", "back"),
    [("/", "./"), ("/data", "./data"), ("/data?q=3&l=2", "./data?q=3&l=2"), ("//x.test/y", "./y")],
)
def test_the_password_opens_what_was_asked_for(browser: TestClient, place: str, back: str) -> None:
    answer = log_in(browser, place=place)
    assert answer.status_code == 303
    assert answer.headers["Location"] == back, "never another site"
    assert browser.get("/").text == "inside"
    cookie = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert PASSWORD not in cookie.value


@pytest.mark.parametrize("guess", ["", "x", PASSWORD.lower(), PASSWORD + " ", PASSWORD * 500, "\x00"])
def test_a_wrong_password_opens_nothing(browser: TestClient, guess: str) -> None:
    answer = log_in(browser, guess)
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/").status_code == 401


def test_a_login_ends_with_a_change_of_the_password(browser: TestClient) -> None:
    login = {"Cookie": log_in(browser).headers["Set-Cookie"].partition(";")[0]}
    assert TestClient(app()).get("/", headers=login).text == "inside", "also after a start of the server"
    assert TestClient(app("another")).get("/", headers=login).status_code == 401


def test_a_login_ends_with_its_time(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(browser)
    then = time.time() + password.LOGIN_SECONDS + 1
    monkeypatch.setattr(password.time, "time", lambda: then)
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "forged", ["", ".", "9999999999", "9999999999.", "9999999999." + "0" * 64, "x.y", "é.ü"]
)
def test_a_forged_login_opens_nothing(forged: str) -> None:
    answer = TestClient(app()).get("/", headers={"Cookie": f"{COOKIE}={forged}".encode()})
    assert answer.status_code == 401


def test_a_proof_holds_for_its_own_time_only(browser: TestClient) -> None:
    log_in(browser)
    expiry, _, proof = browser.cookies[COOKIE].strip('"').partition(".")
    later = {"Cookie": f"{COOKIE}={int(expiry) + 1}.{proof}"}
    assert TestClient(app()).get("/", headers=later).status_code == 401


def together(guesses: list[str]) -> tuple[list[int], float]:
    """Send guesses at the same time; return the answers' statuses and the seconds they took."""

    async def send() -> list[int]:
        transport = httpx.ASGITransport(app())
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            sent = [client.post("/", data={"password": guess}) for guess in guesses]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    begun = time.monotonic()
    return run_in_thread(send()), time.monotonic() - begun


def test_guesses_from_everywhere_wait_for_each_other() -> None:
    statuses, seconds = together(["wrong"] * 5)
    assert statuses == [401] * 5
    assert seconds >= 5 * password.WRONG_GUESS_SECONDS


def test_a_class_that_knows_the_password_does_not_wait() -> None:
    statuses, seconds = together([PASSWORD] * 10)
    assert statuses == [303] * 10
    assert seconds < 10 * password.WRONG_GUESS_SECONDS


def test_of_very_many_guesses_most_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "MAX_WAITING_GUESSES", 3)
    statuses, _ = together(["wrong"] * 10)
    assert sorted(statuses) == [401] * 3 + [429] * 7


def test_the_password_comes_from_the_environment_or_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("QENN_PASSWORD", raising=False)
    monkeypatch.delenv("QENN_PASSWORD_FILE", raising=False)
    assert configured_password() is None
    monkeypatch.setenv("QENN_PASSWORD", PASSWORD)
    assert configured_password() == PASSWORD
    file = tmp_path / "password"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("QENN_PASSWORD_FILE", str(file))
    assert configured_password() == "from the file"


def test_an_empty_password_does_not_open_the_app_to_everybody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QENN_PASSWORD", "")
    with pytest.raises(ValueError, match="empty"):
        configured_password()
    file = tmp_path / "password"
    file.write_text("\n", encoding="utf-8")
    monkeypatch.setenv("QENN_PASSWORD_FILE", str(file))
    with pytest.raises(ValueError, match="empty"):
        configured_password()
