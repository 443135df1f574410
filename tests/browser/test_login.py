"""A password for the whole app, and logging in as a person: nothing is seen before, all of it afterwards."""

from __future__ import annotations

import pytest
from browser.accessibility import hindrances
from browser.browsers import Browsers
from browser.identity import providing
from browser.studio import LAPTOP, PHONE, Studio, Visit
from playwright.sync_api import expect
from serving import Server, serving

PASSWORD = "Grüße aus Zürich"


@pytest.fixture(scope="module")
def closed(browsers: Browsers, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that asks for a password."""
    with serving(
        tmp_path_factory.mktemp("closed") / "log.txt", QENN_PASSWORD=PASSWORD, QENN_WORKERS="1"
    ) as server:
        yield server


def give(studio: Studio, password: str) -> None:
    studio.page.get_by_label("Password").fill(password)
    studio.button("Open the app").click()


@pytest.mark.parametrize(("theme", "screen"), [("light", LAPTOP), ("dark", PHONE)])
def test_the_page_that_asks_for_the_password_can_be_used_by_everybody(
    closed: Server, visit: Visit, theme: str, screen: dict[str, int]
) -> None:
    studio = visit(at=closed, theme=theme, screen=screen)
    studio.page.goto(closed.url)
    expect(studio.page.get_by_label("Password")).to_be_focused()
    assert not hindrances(studio.page)
    assert studio.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    studio.excuse("401")


def test_the_password_opens_the_link_that_was_asked_for(closed: Server, visit: Visit) -> None:
    studio = visit(at=closed)
    studio.page.goto(f"{closed.url}/learn?data=iris&q=3#place")
    give(studio, "wrong")
    expect(studio.page.get_by_role("alert")).to_contain_text("Wrong password")
    give(studio, PASSWORD)
    expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_be_visible()
    studio.settled()
    assert studio.link == {"data": "iris", "q": "3"}
    assert studio.page.evaluate("location.hash") == "#place", "which may hold the key of a workspace"
    studio.excuse("401")


def test_a_person_logs_in_and_out(visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("persons")
    with providing() as provider:
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
            studio.page.goto("about:blank")  # it hangs up before the server goes
