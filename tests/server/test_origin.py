"""Pages of other origins can neither open a websocket nor change anything, under whatever name."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from server.conftest import Server
from server.test_server import open_page
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config
from websockets import ConnectionClosedError, InvalidStatus, Origin, Subprotocol
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as websocket_client

from pages._server.origin import OriginGuard
from pages._server.workspace_cookie import COOKIE
from qenn_core.workspace import new_key

PAGE = {"Accept": "text/html"}
# The origins of pages, the host that they send requests to, and whether that is where they come from.
ORIGINS = [
    (None, "127.0.0.1:8501", True),
    ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
    ("http://127.0.0.1:9999", "127.0.0.1:8501", False),
    ("http://localhost:8501", "127.0.0.1:8501", False),
    ("http://192.168.1.7:8501", "127.0.0.1:8501", False),
    ("http://evil.example", "127.0.0.1:8501", False),
    ("null", "127.0.0.1:8501", False),
    ("", "127.0.0.1:8501", False),
    ("file://", "127.0.0.1:8501", False),
    ("http://[::1]:8501", "[::1]:8501", True),
    ("http://LOCALHOST:8501", "localhost:8501", True),
    ("https://localhost", "localhost", True),  # TLS ends at a proxy
    ("https://localhost", "localhost:443", True),
    ("http://localhost:80", "localhost", True),
    ("https://localhost:8443", "localhost", False),
    ("http://localhost.evil.example:8501", "localhost:8501", False),
    ("http://localhost:8501@evil.example", "localhost:8501", False),
    ("http://localhost:port", "localhost:8501", False),
]
HOSTS = [
    ("127.0.0.1:8501", True),
    ("[::1]:8501", True),
    ("192.168.1.7", True),
    ("localhost", True),
    ("LocalHost.:80", True),
    (socket.gethostname(), True),
    (f"{socket.gethostname()}.local:8501", True),
    ("evil.example", False),
    ("127.0.0.1.evil.example:8501", False),
    ("127.0.0.1@evil.example", False),
    ("localhost:port", False),
    ("", False),
]


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture
def client() -> TestClient:
    return TestClient(
        Starlette(
            routes=[
                WebSocketRoute("/_stcore/stream", greet),
                Route(
                    "/{anything:path}",
                    lambda request: PlainTextResponse("inside"),
                    methods=["GET", "POST", "PUT", "DELETE"],
                ),
            ],
            middleware=[Middleware(OriginGuard)],
        )
    )


@pytest.fixture
def option(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set an option of Streamlit, which the test names with its value."""
    name, value = request.param
    before = config.get_option(name)
    config.set_option(name, value)
    yield
    config.set_option(name, before)


def is_open(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("/_stcore/stream", headers=headers) as websocket:
            return websocket.receive_text() == "hello"
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize(("origin", "host", "is_own"), ORIGINS)
def test_only_pages_of_the_same_host_and_port_open_a_websocket_or_change_anything(
    client: TestClient, origin: str | None, host: str, is_own: bool
) -> None:
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    assert is_open(client, headers) == is_own
    for method in ("POST", "PUT", "DELETE"):
        response = client.request(method, "/workspace", headers=headers)
        assert response.status_code == (200 if is_own else 403)
        assert ("inside" in response.text) == is_own
    assert client.get("/", headers=headers).text == "inside", "a link to the app works from anywhere"


@pytest.mark.parametrize(("host", "is_known"), HOSTS)
def test_only_names_of_this_machine_are_known(client: TestClient, host: str, is_known: bool) -> None:
    headers = {"Host": host}
    page = client.get("/", headers=headers | PAGE)
    assert page.status_code == (200 if is_known else 400)
    assert ("server.allowedHosts" in page.text) != is_known
    assert is_open(client, headers) == is_known
    assert client.get("/_stcore/health", headers=headers).text == "inside", "for a load balancer"


@pytest.mark.parametrize(
    "option", [("server.allowedHosts", ["qenn.example", "*.school.example"])], indirect=True
)
def test_names_can_be_configured(client: TestClient, option: None) -> None:
    for host, status in (
        ("qenn.example:8501", 200),
        ("a.school.example", 200),
        ("localhost", 400),
        ("evil.example", 400),
    ):
        assert client.get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "option", [("server.corsAllowedOrigins", ["https://portal.example:8443"])], indirect=True
)
def test_other_origins_can_be_configured(client: TestClient, option: None) -> None:
    headers = {"Host": "127.0.0.1:8501"}
    assert is_open(client, headers | {"Origin": "https://portal.example:8443"})
    assert not is_open(client, headers | {"Origin": "https://portal.example"})


def connect(server: Server, origin: str | None = None) -> ClientConnection:
    return websocket_client(
        f"ws://127.0.0.1:{server.port}{server.base}/_stcore/stream",
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"Cookie": f"{COOKIE}={new_key()}"},
        max_size=2**26,
    )


def test_server_refuses_the_websocket_of_another_port(server: Server) -> None:
    for origin in ("http://127.0.0.1:9999", f"http://localhost:{server.port}", "http://evil.example"):
        with pytest.raises(InvalidStatus, match="403"), connect(server, origin):
            pass
    with connect(server, f"http://127.0.0.1:{server.port}"):
        pass
    refused = requests.post(
        f"{server.url}/workspace", {"key": new_key()}, headers={"Origin": "http://127.0.0.1:9999"}, timeout=5
    )
    assert refused.status_code == 403
    assert "Set-Cookie" not in refused.headers


def test_key_of_a_workspace_is_sent_only_on_a_click(server: Server) -> None:
    key = new_key()
    messages = open_page(server, "runs", Cookie=f"{COOKIE}={key}")
    drawn = b"".join(message.SerializeToString() for message in messages)
    assert b"Continue on another device" in drawn
    assert key.encode() not in drawn


@pytest.mark.parametrize(("frame", "code"), [("hello", 1003), (b"\xff" * 20, 1002)])
def test_frames_that_are_no_messages_close_the_websocket_and_leave_no_traceback(
    server: Server, frame: str | bytes, code: int
) -> None:
    with connect(server) as client:
        client.send(frame)
        with suppress(ConnectionClosedError):
            deque(client, 0)  # read until the server closes the connection
    assert client.close_code == code
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "TypeError" not in log
    assert "DecodeError" not in log


@pytest.mark.slow
@pytest.mark.parametrize("by", ["option", "environment"])
def test_server_with_a_public_name_knows_no_other(tmp_path: Path, by: str) -> None:
    names = ("qenn.example", "*.school.example")
    options = [f"--server.allowedHosts={name}" for name in names] if by == "option" else []
    environment = {} if options else {"STREAMLIT_SERVER_ALLOWED_HOSTS": " ".join(names)}
    server = Server(tmp_path, *options, **environment)
    try:
        server.wait_until_healthy()
        for host, status in (("qenn.example", 200), ("a.school.example", 200), ("localhost", 400)):
            assert requests.get(server.url, headers={"Host": host}, timeout=5).status_code == status
    finally:
        server.stop()
