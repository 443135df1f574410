"""A page on another port of the same host, to which browsers send the cookies of the app."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser.studio import Studio
from playwright.sync_api import expect

# Resolves to whether the server accepted the connection.
CONNECT = """url => new Promise(resolve => {
  const stream = new WebSocket(url, ["streamlit"]);
  stream.onopen = () => { stream.close(); resolve(true); };
  stream.onerror = () => resolve(false);
})"""
MOVE = """async url => (await fetch(
  url, { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({ key: "" }) }
)).type"""


@pytest.fixture
def other_port(tmp_path: Path) -> Iterator[str]:
    """The address of an empty page on another port of the app's host."""
    (tmp_path / "index.html").write_text("<!doctype html><link rel=icon href=data:,><title>Other</title>")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()
        thread.join()


def test_a_page_on_another_port_cannot_act_for_the_visitor(studio: Studio, other_port: str) -> None:
    stream = f"{studio.url.replace('http', 'ws')}/_stcore/stream"
    studio.open("/runs")
    assert studio.page.evaluate(CONNECT, stream), "the app's own page may connect"
    studio.unfold("Continue on another device")
    link = studio.page.get_by_test_id("stCode").inner_text().strip()

    studio.page.goto(other_port)
    assert not studio.page.evaluate(CONNECT, stream)
    assert not studio.page.evaluate(CONNECT, stream.replace("127.0.0.1", "localhost"))
    studio.page.evaluate(MOVE, f"{studio.url}/workspace")
    studio.ignore_problems("403")

    studio.open("/runs")
    studio.unfold("Continue on another device")
    expect(studio.page.get_by_test_id("stCode")).to_have_text(link)
