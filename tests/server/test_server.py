"""The running server: light, closed to strangers, and gone when it ends."""

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


def open_page(server: Server, name: str) -> list[ForwardMsg]:
    """Open a page as a browser does, and return what the server sends until it is drawn."""

    async def visit() -> list[ForwardMsg]:
        request = HTTPRequest(f"{server.url.replace('http', 'ws')}/_stcore/stream")
        browser = await websocket_connect(request, subprotocols=["streamlit"], max_message_size=2**26)
        ask = BackMsg()
        ask.rerun_script.page_name = name
        await browser.write_message(ask.SerializeToString(), binary=True)
        seen = []
        while not seen or seen[-1].WhichOneof("type") != "script_finished":
            message = await asyncio.wait_for(browser.read_message(), 60)
            assert isinstance(message, bytes), "the server closed the connection"
            seen.append(ForwardMsg.FromString(message))
        browser.close()
        while await browser.read_message() is not None:
            pass  # what was under way, until the connection is closed
        return seen

    return run_in_thread(visit())


# Workers that train have a low priority: on a busy machine they hang up late.
PATIENCE = 60


def imported(server: Server) -> set[str]:
    """Return the top-level packages that the server's own process has imported until now."""
    names = re.findall(r"^import time:[^|]*\|[^|]*\|\s*(\w+)", server.log.read_text(), re.MULTILINE)
    return set(names)


def test_the_server_imports_neither_torch_nor_pennylane_nor_sklearn(server: Server) -> None:
    for page in ("", "runs", "data", "learn"):
        messages = open_page(server, page)
        kinds = {message.delta.new_element.WhichOneof("type") for message in messages if message.delta}
        assert "exception" not in kinds
    server.wait_for_workers()
    found = imported(server)
    assert {"streamlit", "distributed", "qenn_core"} <= found, "the log tells what is imported"
    assert not found & HEAVY


def test_only_the_app_itself_can_be_reached_from_another_machine(server: Server) -> None:
    server.wait_for_workers()
    others = {address for address in server.listening() if address[1] != server.port}
    assert {ip for ip, _ in others} == {"127.0.0.1"}
    assert len(others) == 3, "a scheduler, a nanny and a worker, without web pages of their own"


def test_a_stranger_on_this_machine_is_not_heard(server: Server) -> None:
    server.wait_for_workers()
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    for ip, port in server.listening():
        if port == server.port:
            continue
        with socket.create_connection((ip, port), timeout=PATIENCE) as plain:
            plain.sendall(b"\x00" * 64)
            assert _answer(plain) == b""
        with socket.create_connection((ip, port), timeout=PATIENCE) as raw:
            assert _secured_answer(raw, careless) == b""


def _answer(connection: socket.socket) -> bytes:
    try:
        return connection.recv(64)
    except ConnectionError:
        return b""


def _secured_answer(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """Return what is answered to somebody who speaks TLS, but has no certificate of the workers."""
    try:
        with context.wrap_socket(connection) as secured:
            secured.sendall(b"\x00" * 64)
            return secured.recv(64)
    except (ssl.SSLError, ConnectionError):
        return b""


def test_the_key_of_the_workers_is_private(server: Server) -> None:
    (folder,) = server.folder.glob("qenn-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_server_that_ended(tmp_path: Path, end: signal.Signals) -> None:
    server = Server(tmp_path)
    server.wait_until_ready()
    server.wait_for_workers()
    family = server.family
    server.process.send_signal(end)
    server.process.wait(20)
    _, alive = psutil.wait_procs(family[1:], timeout=PATIENCE)
    assert alive == []
    wait_for(lambda: not list(tmp_path.glob("qenn-*")), PATIENCE)


def test_an_unknown_run_is_not_found(server: Server) -> None:
    answer = requests.get(f"{server.url}/{UNKNOWN_RUN}", timeout=5)
    assert answer.status_code == 404
    assert "not known" in answer.json()["error"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["since=x", "since=-1", "map=1e3", "since=" + "9" * 50])
def test_a_bad_question_about_a_run_is_refused(server: Server, query: str) -> None:
    assert requests.get(f"{server.url}/{UNKNOWN_RUN}?{query}", timeout=5).status_code == 400


def test_the_scripts_of_the_charts_are_served(server: Server) -> None:
    plotly = requests.get(f"{server.url}/assets/plotly.min.js", timeout=10)
    assert plotly.ok
    assert "max-age" in plotly.headers["Cache-Control"]
    assert b"Plotly" in plotly.content[:2000] or b"plotly" in plotly.content[:2000]
    for script in (ROOT / "pages" / "_assets").glob("*.js"):
        answer = requests.get(f"{server.url}/assets/{script.name}", timeout=5)
        assert answer.content == script.read_bytes()
        assert "javascript" in answer.headers["Content-Type"]


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
def test_nothing_outside_of_the_assets_is_served(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", f"/assets/{path}")
    assert connection.getresponse().status in (400, 404)
    connection.close()


def test_answers_tell_the_browser_to_be_careful(server: Server) -> None:
    for path in ("", UNKNOWN_RUN, "assets/runs.js"):
        headers = requests.get(f"{server.url}/{path}", timeout=5).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors" in headers["Content-Security-Policy"]


def test_everything_moves_with_the_base_path(tmp_path: Path) -> None:
    server = Server(tmp_path, "--server.baseUrlPath=/class/", base="/class")
    try:
        server.wait_until_ready()
        assert requests.get(f"{server.url}/{UNKNOWN_RUN}", timeout=5).status_code == 404
        assert requests.get(f"{server.url}/{UNKNOWN_RUN}", timeout=5).headers["Cache-Control"] == "no-store"
        assert requests.get(f"{server.url}/assets/runs.js", timeout=5).ok
    finally:
        server.stop()


def test_the_settings_are_known_and_agree_with_the_limits(server: Server) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["maxUploadSize"] * 2**20 == limits.MAX_UPLOAD_BYTES
    assert "not a valid config option" not in server.log.read_text()
