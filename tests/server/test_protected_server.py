"""A running server with a password: what is behind it, and who can open it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest
import requests
from server.conftest import Server
from websockets import InvalidStatus, Origin, Subprotocol
from websockets.sync.client import connect

from pages._server.guesses import MAX_WAITING_GUESSES
from pages._server.password import COOKIE

pytestmark = pytest.mark.slow

PASSWORD = "Grüße aus Zürich"


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(
        tmp_path_factory.mktemp("protected"), "--server.address=127.0.0.1", QENN_PASSWORD=PASSWORD
    )
    try:
        started.wait_until_healthy()
        yield started
    finally:
        started.stop()


def guess(server: Server, password: str, address: str, forwarded_for: str = "") -> HTTPResponse:
    """Send a guess from an address of the loopback network, which may be that of a proxy."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=90, source_address=(address, 0))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if forwarded_for:
        headers["X-Forwarded-For"] = forwarded_for
    connection.request("POST", "/", urlencode({"password": password}), headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize(
    ("attacker", "visitor"),
    [(("127.0.0.2", ""), ("127.0.0.3", "")), (("127.0.0.1", "192.0.2.1"), ("127.0.0.1", "192.0.2.2"))],
    ids=["directly", "through a proxy"],
)
def test_password_opens_the_app_while_others_guess(
    protected: Server, attacker: tuple[str, str], visitor: tuple[str, str]
) -> None:
    n_guesses = MAX_WAITING_GUESSES + 10
    with ThreadPoolExecutor(n_guesses) as pool:
        attack = [pool.submit(guess, protected, "wrong", *attacker) for _ in range(n_guesses)]
        time.sleep(2)  # until the queue is full
        start = time.monotonic()
        assert guess(protected, PASSWORD, *visitor).status == 303
        assert time.monotonic() - start < 20
        assert not all(future.done() for future in attack)
    statuses = [future.result().status for future in attack]
    assert statuses.count(429) == n_guesses - MAX_WAITING_GUESSES


@pytest.mark.parametrize("path", ["", "_stcore/metrics", "_stcore/host-config", "media/x", "static/x"])
def test_everything_but_the_health_check_is_behind_the_password(protected: Server, path: str) -> None:
    assert requests.get(f"{protected.url}/{path}", timeout=5).status_code == 401
    assert requests.get(f"{protected.url}/_stcore/health", timeout=5).ok


def test_login_does_not_open_the_app_to_pages_of_other_origins(protected: Server) -> None:
    cookie = str(guess(protected, PASSWORD, "127.0.0.4").headers["Set-Cookie"]).partition(";")[0]
    assert cookie.startswith(COOKIE)

    def open_stream(origin: str) -> None:
        with connect(
            f"ws://127.0.0.1:{protected.port}/_stcore/stream",
            origin=Origin(origin),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookie},
        ):
            pass

    open_stream(f"http://127.0.0.1:{protected.port}")
    with pytest.raises(InvalidStatus, match="403"):
        open_stream("http://127.0.0.1:9999")
