"""The running server: light imports, closed ports, routes, and a clean end."""

from __future__ import annotations

import asyncio
import http.client
import re
import signal
import socket
import ssl
import tomllib
from pathlib import Path

import psutil
import pytest
import requests
from loops import run_in_thread
from server.conftest import ROOT, Server, wait_for
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from qenn_core import limits

HEAVY = {"torch", "pennylane", "sklearn"}
UNKNOWN_RUN = "api/runs/" + 32 * "0"
# Workers have a low priority, and are slow to close connections on a busy machine.
PATIENCE = 60


def open_page(server: Server, name: str, **headers: str) -> list[ForwardMsg]:
    """Open a page as a browser does, and return the messages until it is drawn."""

    async def visit() -> list[ForwardMsg]:
        request = HTTPRequest(f"{server.url.replace('http', 'ws')}/_stcore/stream", headers=headers)
        browser = await websocket_connect(request, subprotocols=["streamlit"], max_message_size=2**26)
        request_page = BackMsg()
        request_page.rerun_script.page_name = name
        await browser.write_message(request_page.SerializeToString(), binary=True)
        received = []
        while not received or received[-1].WhichOneof("type") != "script_finished":
            message = await asyncio.wait_for(browser.read_message(), 60)
            assert isinstance(message, bytes), "the server closed the connection"
            received.append(ForwardMsg.FromString(message))
        browser.close()
        while await browser.read_message() is not None:
            pass  # read the rest until the connection is closed
        return received

    return run_in_thread(visit())


def imported(server: Server) -> set[str]:
    """Return the top-level packages that the server process has imported so far."""
    names = re.findall(r"^import time:[^|]*\|[^|]*\|\s*(\w+)", server.log.read_text(), re.MULTILINE)
    return set(names)


def test_server_imports_neither_torch_nor_pennylane_nor_sklearn(server: Server) -> None:
    for page in ("", "runs", "data", "learn"):
        messages = open_page(server, page)
        kinds = {message.delta.new_element.WhichOneof("type") for message in messages if message.delta}
        assert "exception" not in kinds
    server.wait_for_workers()
    packages = imported(server)
    assert {"streamlit", "distributed", "qenn_core"} <= packages, "the log lists imports"
    assert not packages & HEAVY


def test_only_the_app_listens_beyond_the_loopback_interface(server: Server) -> None:
    server.wait_for_workers()
    others = {address for address in server.listening() if address[1] != server.port}
    assert {ip for ip, _ in others} == {"127.0.0.1"}
    assert len(others) == 3, "a scheduler, a nanny and a worker, without dashboards"


def test_workers_refuse_connections_without_a_certificate(server: Server) -> None:
    server.wait_for_workers()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for ip, port in server.listening():
        if port == server.port:
            continue
        with socket.create_connection((ip, port), timeout=PATIENCE) as plain:
            plain.sendall(b"\x00" * 64)
            assert _response(plain) == b""
        with socket.create_connection((ip, port), timeout=PATIENCE) as raw:
            assert _tls_response(raw, context) == b""


def _response(connection: socket.socket) -> bytes:
    try:
        return connection.recv(64)
    except ConnectionError:
        return b""


def _tls_response(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """Return the response to a TLS client without a certificate of the workers."""
    try:
        with context.wrap_socket(connection) as secured:
            secured.sendall(b"\x00" * 64)
            return secured.recv(64)
    except (ssl.SSLError, ConnectionError):
        return b""


def test_key_of_the_workers_is_private(server: Server) -> None:
    (folder,) = server.folder.glob("qenn-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_stopped_server_leaves_no_processes_or_files(tmp_path: Path, end: signal.Signals) -> None:
    left = tmp_path / "qenn-reading-left"
    left.mkdir()
    (left / "upload").write_text("a,b\n")
    server = Server(tmp_path)
    server.wait_until_healthy()
    server.wait_for_workers()
    wait_for(lambda: not left.exists(), PATIENCE)
    processes = server.processes
    server.process.send_signal(end)
    server.process.wait(20)
    _, alive = psutil.wait_procs(processes[1:], timeout=PATIENCE)
    assert alive == []
    wait_for(lambda: not list(tmp_path.glob("qenn-*")), PATIENCE)


def test_unknown_run_is_not_found(server: Server) -> None:
    response = requests.get(f"{server.url}/{UNKNOWN_RUN}", timeout=5)
    assert response.status_code == 404
    assert "not known" in response.json()["error"]
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["since=x", "since=-1", "map=1e3", "since=" + "9" * 50])
def test_invalid_query_is_refused(server: Server, query: str) -> None:
    assert requests.get(f"{server.url}/{UNKNOWN_RUN}?{query}", timeout=5).status_code == 400


def test_scripts_are_served(server: Server) -> None:
    plotly = requests.get(f"{server.url}/assets/plotly.min.js", timeout=10)
    assert plotly.ok
    assert "max-age" in plotly.headers["Cache-Control"]
    assert b"Plotly" in plotly.content[:2000] or b"plotly" in plotly.content[:2000]
    for script in (ROOT / "pages" / "_assets").glob("*.js"):
        response = requests.get(f"{server.url}/assets/{script.name}", timeout=5)
        assert response.content == script.read_bytes()
        assert "javascript" in response.headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    [
        "../_main.py",
        "%2e%2e/_main.py",
        "..%2f_main.py",
        "..\\_main.py",
        "/etc/passwd",
        "%2fetc/passwd",
        "",
    ],
)
def test_no_file_outside_the_assets_is_served(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", f"{server.base}/assets/{path}")
    assert connection.getresponse().status in (400, 404)
    connection.close()


def test_responses_have_security_headers(server: Server) -> None:
    for path in ("", UNKNOWN_RUN, "assets/runs.js"):
        headers = requests.get(f"{server.url}/{path}", timeout=5).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_streamlit_settings_are_valid_and_match_the_limits(server: Server) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["maxUploadSize"] * 2**20 == limits.MAX_UPLOAD_BYTES
    assert "not a valid config option" not in server.log.read_text()
