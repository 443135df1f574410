from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest
from browser.browsers import CHROMIUM, FLAGS, Browsers
from browser.files import QUICK, trees
from browser.studio import LAPTOP, PATIENCE_MS, Studio, Visit, Workspace
from playwright.sync_api import BrowserContext, ViewportSize, expect, sync_playwright
from serving import Server, serving


@pytest.fixture(scope="session")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    if not CHROMIUM.exists():
        missing = f"no browser at {CHROMIUM}; name one in QENN_CHROMIUM"
        if os.environ.get("QENN_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright, ExitStack() as started:

        def start() -> BrowserContext:
            browser = playwright.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("browser"), executable_path=CHROMIUM, args=FLAGS, viewport=LAPTOP
            )
            started.callback(browser.close)
            return browser

        yield Browsers(start)


@pytest.fixture(scope="session")
def server(browsers: Browsers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests share, with the most detailed log."""
    with serving(tmp_path_factory.mktemp("server") / "log.txt", QENN_LOG_LEVEL="debug") as started:
        yield started


@pytest.fixture(scope="session")
def workspace(browsers: Browsers, server: Server) -> Workspace:
    """A workspace with two finished runs, the newer one of a file of trees; tests only read it."""
    studio = Studio(browsers.take().new_page(), server.url)
    studio.train(**QUICK, **{"d.n_samples": "60"})
    studio.open_with_file("/", trees(), **QUICK)
    studio.press("Train")
    # On the first visit the workers may still be starting.
    expect(studio.table).to_be_visible(timeout=3 * PATIENCE_MS)
    studio.check()
    found = Workspace(studio.page.context.cookies(), studio.link)
    browsers.give_back(studio.page.context, studio.url)
    return found


@pytest.fixture
def visit(browsers: Browsers, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Return a function that opens a tab for a new visitor, each in another browser.

    Without motion, charts show at once what the page has received.

    The test fails if anything goes wrong in one of the tabs.
    """
    studios: list[Studio] = []

    def visit(
        *,
        at: Server | None = None,
        theme: str = "light",
        motion: Literal["reduce", "no-preference"] = "reduce",
        screen: ViewportSize = LAPTOP,
        workspace: Workspace | None = None,
    ) -> Studio:
        server = at or request.getfixturevalue("server")
        browser = browsers.take()
        if workspace is not None:
            browser.add_cookies(workspace.cookies)
        page = browser.new_page()
        page.emulate_media(color_scheme=theme, reduced_motion=motion)
        page.set_viewport_size(screen)
        studios.append(Studio(page, server.url))
        return studios[-1]

    yield visit
    try:
        for studio in studios:
            studio.check()
    finally:
        for studio in studios:
            browsers.give_back(studio.page.context, studio.url)


@pytest.fixture
def studio(visit: Visit) -> Studio:
    """A tab of a new visitor, in the size of a laptop."""
    return visit()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add the end of the server's log to the report of a failed test."""
    report = yield
    if report.failed:
        for argument in getattr(item, "funcargs", {}).values():
            if isinstance(argument, Server):
                report.sections.append(("log of the server", argument.log_tail()))
    return report
