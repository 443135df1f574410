"""Each browser gets its own workspace, and leaves it only after the user has confirmed."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

import pytest
from httpx2 import Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages._server.workspace_cookie import COOKIE, YEAR_SECONDS, WorkspaceCookie, workspace_route
from qenn_core.workspace import is_key, new_key

PAGE = {"Accept": "text/html,application/xhtml+xml"}
HOME = "http://testserver"


def app(path: str = "") -> Starlette:
    return Starlette(
        routes=[
            workspace_route(path),
            Route(f"{path}/", lambda request: HTMLResponse("a page", headers={"Cache-Control": "no-cache"})),
            Route(f"{path}/api/runs/1", lambda request: JSONResponse({})),
        ],
        middleware=[Middleware(WorkspaceCookie, path=path)],
    )


@pytest.fixture
def browser() -> TestClient:
    return TestClient(app(), follow_redirects=False)


def cookie_of(response: Response) -> Morsel[str]:
    cookie: Morsel[str] = SimpleCookie(response.headers["Set-Cookie"])[COOKIE]
    return cookie


def test_browser_gets_a_key_and_keeps_it(browser: TestClient) -> None:
    first = cookie_of(browser.get("/", headers=PAGE))
    assert is_key(first.value)
    assert first["httponly"]
    assert first["samesite"] == "lax"
    assert first["path"] == "/"
    assert int(first["max-age"]) == YEAR_SECONDS
    assert not first["secure"], "this server is used without TLS"
    again = cookie_of(browser.get("/", headers=PAGE))
    assert again.value == first.value, "the same workspace, for another year"


def test_every_browser_gets_its_own_key() -> None:
    keys = {cookie_of(TestClient(app()).get("/", headers=PAGE)).value for _ in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize("bad", ["", "x", "../../etc/passwd", "a" * 5000, "%00", '"; drop'])
def test_invalid_key_is_replaced(bad: str) -> None:
    response = TestClient(app()).get("/", headers=PAGE | {"Cookie": f"{COOKIE}={bad}"})
    assert is_key(cookie_of(response).value)


def test_responses_with_a_key_are_not_cached_by_proxies(browser: TestClient) -> None:
    assert browser.get("/", headers=PAGE).headers["Cache-Control"] == "private, no-cache"


def test_requests_of_scripts_get_no_key(browser: TestClient) -> None:
    assert "Set-Cookie" not in browser.get("/api/runs/1", headers={"Accept": "*/*"}).headers
    assert "Set-Cookie" not in browser.post("/", headers=PAGE).headers


@pytest.mark.parametrize(
    ("headers", "is_secure"),
    [
        ({"X-Forwarded-Proto": "https"}, True),
        ({"X-Forwarded-Proto": "HTTPS"}, True),
        ({"X-Forwarded-Proto": "https,http"}, True),
        ({"X-Forwarded-Proto": " https , http"}, True),
        ({"X-Forwarded-Proto": "http, https"}, False),
        ({"X-Forwarded-Proto": ""}, False),
        ({"Forwarded": "for=192.0.2.60;proto=https;by=203.0.113.43"}, True),
        ({"Forwarded": 'For="[2001:db8::17]:4711";Proto="HTTPS", for=10.0.0.1;proto=http'}, True),
        ({"Forwarded": "proto=https"}, True),
        ({"Forwarded": "for=192.0.2.60; proto=http, for=10.0.0.1; proto=https"}, False),
        ({"Forwarded": "for=192.0.2.60;noproto=https"}, False),
    ],
)
def test_cookie_is_secure_over_tls_of_a_proxy(headers: dict[str, str], is_secure: bool) -> None:
    response = TestClient(app()).get("/", headers=PAGE | headers)
    assert bool(cookie_of(response)["secure"]) == is_secure


def test_cookie_is_secure_over_tls() -> None:
    assert cookie_of(TestClient(app(), base_url="https://testserver").get("/", headers=PAGE))["secure"]


def test_cookie_is_limited_to_the_base_path() -> None:
    browser = TestClient(app("/studio"), follow_redirects=False)
    assert cookie_of(browser.get("/studio/", headers=PAGE))["path"] == "/studio"
    moved = browser.post("/studio/workspace", data={"key": new_key()}, headers={"Origin": HOME})
    assert moved.headers["Location"] == "/studio/runs"
    assert cookie_of(moved)["path"] == "/studio"


def test_opening_a_link_does_not_change_the_workspace(browser: TestClient) -> None:
    before = cookie_of(browser.get("/", headers=PAGE)).value
    page = browser.get(f"/workspace?key={new_key()}", headers=PAGE)
    assert "<form" in page.text
    assert cookie_of(page).value == before


def test_confirmation_changes_the_workspace(browser: TestClient) -> None:
    browser.get("/", headers=PAGE)
    key = new_key()
    moved = browser.post("/workspace", data={"key": key}, headers={"Origin": HOME})
    assert moved.status_code == 303
    assert cookie_of(moved).value == key
    assert cookie_of(browser.get("/", headers=PAGE)).value == key


def test_confirmation_starts_a_new_workspace(browser: TestClient) -> None:
    before = cookie_of(browser.get("/", headers=PAGE)).value
    moved = browser.post("/workspace", data={"key": ""}, headers={"Origin": HOME})
    assert is_key(cookie_of(moved).value)
    assert cookie_of(moved).value != before


@pytest.mark.parametrize("key", ["qqq", "../..", "a" * 100, "<script>"])
def test_incomplete_link_is_refused(browser: TestClient, key: str) -> None:
    refused = browser.post("/workspace", data={"key": key}, headers={"Origin": HOME})
    assert refused.status_code == 400
    assert "incomplete" in refused.text
    assert key not in refused.text
    assert "Set-Cookie" not in refused.headers
