from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.studio import LAPTOP, Studio, Visit
from playwright.sync_api import Browser, sync_playwright
from serving import Server, serving

CHROMIUM = Path(os.environ.get("QENN_CHROMIUM", "/usr/bin/chromium"))
# No sandbox, since a container's root cannot have one; nothing that asks other machines.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing = f"no browser at {CHROMIUM}; name one in QENN_CHROMIUM"
        if os.environ.get("QENN_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the app to all tests; it is warm after the first, and logs all that it can."""
    with serving(tmp_path_factory.mktemp("server") / "log.txt", QENN_LOG_LEVEL="debug") as started:
        yield started


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Return a function that gives a new visitor, with a browser of their own, a tab with the app.

    Whatever went wrong in one of the tabs fails the test.
    """
    studios: list[Studio] = []

    def visit(*, at: Server | None = None, **context: Any) -> Studio:
        server = at or request.getfixturevalue("server")
        page = chromium.new_context(**{"viewport": LAPTOP} | context).new_page()
        studios.append(Studio(page, server.url))
        return studios[-1]

    yield visit
    for studio in studios:
        studio.check()
    for studio in studios:
        studio.page.context.close()


@pytest.fixture
def studio(visit: Visit) -> Studio:
    """A tab at the size of a laptop."""
    return visit()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add the end of the server's log to the report of a test that failed."""
    report = yield
    if report.failed:
        for argument in getattr(item, "funcargs", {}).values():
            if isinstance(argument, Server):
                report.sections.append(("log of the server", argument.log_tail()))
    return report
