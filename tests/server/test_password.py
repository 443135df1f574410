"""Nothing is served before the password is given, and guessing it is slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
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

from pages._server import guesses, password
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
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "WRONG_GUESS_SECONDS", 0.2)


def log_in(browser: TestClient, guess: str = PASSWORD, path: str = "/") -> httpx.Response:
    return browser.post(path, data={"password": guess}, headers=PAGE)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_requires_the_password(browser: TestClient, path: str) -> None:
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
        response = browser.request(method, path)
        assert response.status_code == 401
        assert "inside" not in response.text
    page = browser.get(path, headers=PAGE)
    assert page.status_code == 401
    assert 'type="password"' in page.text


def test_websocket_requires_the_password(browser: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream"):
        pass
    log_in(browser)
    with browser.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize("path", ["", "/studio"])
def test_health_check_needs_no_password(path: str) -> None:
    assert TestClient(app(path=path)).get(f"{path}/_stcore/health").text == "inside"


@pytest.mark.parametrize(
    ("path", "back"),
    [("/", "./"), ("/data", "./data"), ("/data?q=3&l=2", "./data?q=3&l=2"), ("//x.test/y", "./y")],
)
def test_password_opens_the_requested_page(browser: TestClient, path: str, back: str) -> None:
    response = log_in(browser, path=path)
    assert response.status_code == 303
    assert response.headers["Location"] == back, "never another site"
    assert browser.get("/").text == "inside"
    cookie = SimpleCookie(response.headers["Set-Cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert PASSWORD not in cookie.value


@pytest.mark.parametrize("guess", ["", "x", PASSWORD.lower(), PASSWORD + " ", PASSWORD * 500, "\x00"])
def test_wrong_password_is_refused(browser: TestClient, guess: str) -> None:
    response = log_in(browser, guess)
    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers
    assert browser.get("/").status_code == 401


def test_changed_password_ends_all_logins(browser: TestClient) -> None:
    login = {"Cookie": log_in(browser).headers["Set-Cookie"].partition(";")[0]}
    assert TestClient(app()).get("/", headers=login).text == "inside", "even after a restart of the server"
    assert TestClient(app("another")).get("/", headers=login).status_code == 401


def test_login_expires(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a header, because the client itself would drop an expired cookie.
    login = {"Cookie": log_in(browser).headers["Set-Cookie"].partition(";")[0]}
    expiry = time.time() + password.LOGIN_SECONDS
    for seconds, status in ((-10, 200), (1, 401)):
        monkeypatch.setattr(password.time, "time", lambda now=expiry + seconds: now)
        assert TestClient(app()).get("/", headers=login).status_code == status


@pytest.mark.parametrize(
    "forged", ["", ".", "9999999999", "9999999999.", "9999999999." + "0" * 64, "x.y", "é.ü"]
)
def test_forged_login_is_refused(forged: str) -> None:
    response = TestClient(app()).get("/", headers={"Cookie": f"{COOKIE}={forged}".encode()})
    assert response.status_code == 401


def test_proof_is_valid_for_its_expiry_only(browser: TestClient) -> None:
    log_in(browser)
    expiry, _, proof = browser.cookies[COOKIE].strip('"').partition(".")
    later = {"Cookie": f"{COOKIE}={int(expiry) + 1}.{proof}"}
    assert TestClient(app()).get("/", headers=later).status_code == 401


@dataclass
class Guess:
    """A guess of the password from an address."""

    password: str
    address: str = "192.0.2.1"


def send_together(guesses: Iterable[Guess]) -> tuple[list[int], list[float]]:
    """Send guesses at the same time; return the status code of each, and the seconds that it took."""
    gate = app()

    async def send(guess: Guess) -> tuple[int, float]:
        start = time.monotonic()
        transport = httpx.ASGITransport(gate, client=(guess.address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            response = await client.post("/", data={"password": guess.password})
        return response.status_code, time.monotonic() - start

    async def send_all() -> list[tuple[int, float]]:
        return await asyncio.gather(*map(send, guesses))

    statuses, seconds = zip(*run_in_thread(send_all()), strict=True)
    return list(statuses), list(seconds)


def test_wrong_guesses_wait_for_each_other() -> None:
    statuses, seconds = send_together([Guess("wrong")] * 5)
    assert statuses == [401] * 5
    assert max(seconds) >= 5 * password.WRONG_GUESS_SECONDS


def test_correct_guesses_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    # So long that a busy machine is not mistaken for a wait.
    monkeypatch.setattr(password, "WRONG_GUESS_SECONDS", 30)
    statuses, seconds = send_together([Guess(PASSWORD)] * 10)
    assert statuses == [303] * 10
    assert max(seconds) < 30


def test_excess_guesses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MAX_WAITING_GUESSES", 3)
    statuses, _ = send_together([Guess("wrong")] * 10)
    assert sorted(statuses) == [401] * 3 + [429] * 7


def test_password_is_accepted_at_once_while_others_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "WRONG_GUESS_SECONDS", 5)
    attack = [
        Guess("wrong", f"198.51.100.{number % 20}") for number in range(2 * guesses.MAX_WAITING_GUESSES)
    ]
    monkeypatch.setattr(guesses, "MAX_WAITING_GUESSES", 1)
    statuses, seconds = send_together([*attack, Guess(PASSWORD, "192.0.2.7")])
    assert statuses[-1] == 303
    assert seconds[-1] < 5 <= max(seconds)
    assert statuses.count(401) == 20, "one of each address"


def test_password_does_not_wait_for_wrong_guesses_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(password, "WRONG_GUESS_SECONDS", 5)
    statuses, seconds = send_together([*[Guess("wrong")] * 3, Guess(PASSWORD)])
    assert statuses == [401] * 3 + [303]
    assert seconds[-1] < 5
    assert max(seconds) >= 15


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_addresses_of_one_customer_share_a_queue(
    monkeypatch: pytest.MonkeyPatch, first: str, second: str, is_same: bool
) -> None:
    monkeypatch.setattr(guesses, "MAX_WAITING_GUESSES", 1)
    statuses, _ = send_together([Guess("wrong", first), Guess("wrong", second)])
    assert statuses == ([401, 429] if is_same else [401, 401])


def test_no_queue_is_left_behind() -> None:
    queues = guesses.GuessQueues()

    async def take_turns() -> None:
        for number in range(1000):
            async with queues.admit(f"2001:db8:0:{number:x}::1"):
                pass

    run_in_thread(take_turns())
    assert not queues._sources


def test_password_comes_from_the_environment_or_a_file(
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


def test_empty_password_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QENN_PASSWORD", "")
    with pytest.raises(ValueError, match="empty"):
        configured_password()
    file = tmp_path / "password"
    file.write_text("\n", encoding="utf-8")
    monkeypatch.setenv("QENN_PASSWORD_FILE", str(file))
    with pytest.raises(ValueError, match="empty"):
        configured_password()
