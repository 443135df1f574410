"""A server that has just started, and one that was killed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.browsers import Browsers
from browser.studio import Visit
from browser.test_shared_link import SETTINGS, expect_settings
from playwright.sync_api import expect
from serving import Server, serving

pytestmark = pytest.mark.slow

LONG = {"ep": "500", "pat": "0", "bs": "4"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("restarted")


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return {"QENN_HOME": str(folder / "home"), "QENN_WORKERS": "1"}


@pytest.fixture(scope="module")
def cold_server(browsers: Browsers, folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    """A server that has just started, and that a test may kill."""
    with serving(folder / "first.txt", **environment) as server:
        yield server


def test_link_opens_with_navigation_and_settings_on_a_cold_server(visit: Visit, cold_server: Server) -> None:
    studio = visit(at=cold_server).open("/data", **SETTINGS)
    for name in ("Train", "Runs", "Predict", "Data", "Learn"):
        expect(studio.navigation(name)).to_be_visible()
    studio.expect_link(**SETTINGS)
    studio.expect_data("Iris flowers")
    expect(studio.page.get_by_role("heading", name="First rows")).to_be_visible()
    studio.go("Train")
    expect_settings(studio)
    studio.expect_link(**SETTINGS)


def test_run_of_a_killed_server_is_interrupted_and_resumes(
    visit: Visit, cold_server: Server, folder: Path, environment: dict[str, str]
) -> None:
    studio = visit(at=cold_server).open(**LONG)
    studio.press("Train")
    studio.wait_for_epochs(5)
    link = studio.link
    os.kill(cold_server.pid, signal.SIGKILL)
    studio.page.goto("about:blank")
    studio.problems.found.clear()  # those of the killed server
    with serving(folder / "second.txt", **environment) as server:
        studio.url = server.url
        studio.open(**link)
        expect(studio.progress).to_contain_text(re.compile("^Interrupted after epoch [1-9]"))
        before = studio.wait_for_epochs(1)
        studio.press("Resume")
        epochs = studio.wait_for_epochs(len(before) + 3)
        assert epochs == list(range(1, len(epochs) + 1))
        studio.press("Stop")
        expect(studio.table).to_be_visible()
        studio.page.goto("about:blank")
