"""A password for the whole app, and personal logins: nothing is visible before, everything afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser.accessibility import accessibility_violations
from browser.browsers import Browsers
from browser.identity import run_provider
from browser.studio import LAPTOP, PHONE, Studio, Visit
from playwright.sync_api import expect
from serving import Server, serving

pytestmark = pytest.mark.slow

PASSWORD = "Grüße aus Zürich"


@pytest.fixture(scope="module")
def protected_server(browsers: Browsers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a password."""
    log = tmp_path_factory.mktemp("protected") / "log.txt"
    with serving(log, QENN_PASSWORD=PASSWORD, QENN_WORKERS="1") as server:
        yield server


def enter_password(studio: Studio, password: str) -> None:
    studio.page.get_by_label("Password").fill(password)
    studio.button("Open the app").click()


def test_password_page_is_accessible_and_within_the_screen(protected_server: Server, visit: Visit) -> None:
    studio = visit(at=protected_server)
    for theme, screen in (("light", LAPTOP), ("dark", PHONE)):
        studio.page.emulate_media(color_scheme=theme)
        studio.page.set_viewport_size(screen)
        studio.page.goto(protected_server.url)
        expect(studio.page.get_by_label("Password")).to_be_focused()
        assert not accessibility_violations(studio.page)
        assert studio.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    studio.ignore_problems("401")


def test_password_opens_the_requested_link(protected_server: Server, visit: Visit) -> None:
    studio = visit(at=protected_server)
    studio.page.goto(f"{protected_server.url}/learn?data=iris&q=3#place")
    enter_password(studio, "wrong")
    expect(studio.page.get_by_role("alert")).to_contain_text("Wrong password")
    enter_password(studio, PASSWORD)
    expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_be_visible()
    studio.wait_until_drawn()
    assert studio.link == {"data": "iris", "q": "3"}
    assert studio.page.evaluate("location.hash") == "#place", "this part can hold the key of a workspace"
    studio.ignore_problems("401")


def test_person_logs_in_and_out(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("persons")
    with run_provider() as provider:
        secrets = folder / "secrets.toml"
        secrets.write_text(provider.secrets, encoding="utf-8")
        with serving(folder / "log.txt", f"--secrets.files={secrets}", QENN_WORKERS="1") as server:
            studio = visit(at=server).open("/learn")
            expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_have_count(0)
            studio.press("Log in")
            expect(studio.button("Anna")).to_be_visible()
            studio.go("Learn")
            expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_be_visible()
            studio.press("Anna")
            studio.press("Log out")
            expect(studio.button("Log in")).to_be_visible()
            studio.page.goto("about:blank")  # disconnect before the server stops
