"""No visitor fills the memory of the server with uploads, or uploads to the session of another."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest
import requests
from server.conftest import Server
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Origin, Subprotocol
from websockets.sync.client import connect

from pages._server.workspace_cookie import COOKIE
from qenn_core.workspace import new_key

MB = 2**20
REFUSED = None


@dataclass
class Tab:
    """A tab that is open, with the cookies of its browser."""

    server: Server
    session: str
    browser: requests.Session = field(repr=False)

    def url(self, file: str) -> str:
        return f"{self.server.url}/_stcore/upload_file/{self.session}/{file}"

    def put(self, n_bytes: int, file: str = "", *, chunked: bool = False, **cookies: str) -> int | None:
        """Upload a new file, and return the status code; `REFUSED` if the server hangs up meanwhile."""
        request = requests.Request(
            "PUT",
            self.url(file or str(uuid4())),
            files={"file": ("x.csv", bytes(n_bytes))},
            headers={"X-Xsrftoken": self.browser.cookies["_streamlit_xsrf"]},
            cookies=self.browser.cookies.get_dict() | cookies,
        ).prepare()
        if chunked:
            assert isinstance(request.body, bytes)
            body = request.body
            del request.headers["Content-Length"]
            request.body = (body[start : start + MB] for start in range(0, len(body), MB))
            request.headers["Transfer-Encoding"] = "chunked"
        try:
            with requests.Session() as plain:
                return plain.send(request, timeout=60).status_code
        except requests.ConnectionError:
            return REFUSED

    def delete(self, file: str, **cookies: str) -> int:
        """Delete an uploaded file, and return the status code."""
        return requests.delete(
            self.url(file),
            headers={"X-Xsrftoken": self.browser.cookies["_streamlit_xsrf"]},
            cookies=self.browser.cookies.get_dict() | cookies,
            timeout=5,
        ).status_code

    def break_off(self) -> None:
        """Announce a large upload, and close the connection after its first bytes."""
        cookies = self.browser.cookies.get_dict()
        head = [
            f"PUT {urlsplit(self.url(str(uuid4()))).path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.server.port}",
            f"X-Xsrftoken: {cookies['_streamlit_xsrf']}",
            "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Content-Type: multipart/form-data; boundary=x",
            f"Content-Length: {90 * MB}",
        ]
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as connection:
            connection.sendall("\r\n".join([*head, "", "--x"]).encode())
            time.sleep(0.2)  # so that the server reads the first bytes before it learns of the end


@contextmanager
def open_tab(server: Server) -> Iterator[Tab]:
    browser = requests.Session()
    browser.cookies.set(COOKIE, new_key())
    browser.get(f"{server.url}/_stcore/health", timeout=10)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.get_dict().items())
    with (
        browser,
        connect(
            f"ws://127.0.0.1:{server.port}{server.base}/_stcore/stream",
            origin=Origin(f"http://127.0.0.1:{server.port}"),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookies},
            max_size=2**26,
        ) as stream,
    ):
        request_page = BackMsg()
        request_page.rerun_script.page_name = "learn"
        stream.send(request_page.SerializeToString())
        while True:
            message = ForwardMsg.FromString(stream.recv(timeout=60))
            if message.WhichOneof("type") == "new_session":
                yield Tab(server, message.new_session.initialize.session_id, browser)
                return


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with room for the uploads of two tabs."""
    started = Server(tmp_path_factory.mktemp("small"), QENN_UPLOAD_MEMORY="300")
    try:
        started.wait_until_healthy()
        yield started
    finally:
        started.stop()


def memory(server: Server) -> float:
    """Return the memory of the server process, in MB."""
    return float(psutil.Process(server.process.pid).memory_info().rss) / MB


@pytest.mark.slow
def test_tabs_get_their_share_of_the_memory_and_no_more(small_server: Server) -> None:
    before = memory(small_server)
    with open_tab(small_server) as first, open_tab(small_server) as second:
        assert [first.put(99 * MB) for _ in range(2)] == [204, 204]
        assert all(first.put(99 * MB, chunked=chunked) in (413, REFUSED) for chunked in [False, True] * 5)
        assert first.put(1000) == 204, "what still fits"
        assert second.put(50 * MB) == 204
        assert second.put(99 * MB) in (503, REFUSED), "all tabs together"
        assert second.put(99 * MB, chunked=True) in (503, REFUSED)
        assert memory(small_server) - before < 300 + 2 * 99
    assert "Traceback" not in small_server.log.read_text()


@pytest.mark.slow
def test_deleted_files_and_closed_tabs_make_room(small_server: Server) -> None:
    with open_tab(small_server) as tab:
        for _ in range(4):
            assert tab.put(99 * MB, "rows") == 204
            assert tab.delete("rows") == 204
    for _ in range(4):
        with open_tab(small_server) as tab:
            assert tab.put(99 * MB) == 204


@pytest.mark.parametrize("cookie", ["", "x", new_key()], ids=["none", "no key", "key of another"])
def test_uploads_need_the_cookie_of_the_page(small_server: Server, cookie: str) -> None:
    with open_tab(small_server) as tab:
        assert tab.put(1000, **{COOKIE: cookie}) == 403
        assert tab.put(1000, "rows") == 204
        assert tab.delete("rows", **{COOKIE: cookie}) == 403
        assert tab.delete("rows") == 204
    assert tab.put(1000) == 403, "the page is closed"
    assert tab.delete("rows") == 403


def test_upload_that_is_broken_off_is_no_error(small_server: Server) -> None:
    with open_tab(small_server) as tab:
        for _ in range(3):
            tab.break_off()
        assert tab.put(1000) == 204
    time.sleep(0.5)
    log = small_server.log.read_text()
    assert "ClientDisconnect" not in log
    assert "Exception in ASGI" not in log
