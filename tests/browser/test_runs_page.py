"""The runs of a workspace: found again, compared, resumed and deleted; and nobody sees another's."""

from __future__ import annotations

import os
import re
import signal

import pytest
from browser.accessibility import hindrances
from browser.files import trees
from browser.studio import LAPTOP, PHONE, Studio, Visit
from playwright.sync_api import expect
from serving import serving

QUICK = {"ep": "3", "pat": "0", "q": "2", "l": "1", "d.n_samples": "60"}
LONG = {"ep": "500", "pat": "0", "bs": "4"}


def trained(studio: Studio, **link: str) -> str:
    """Train with these settings until the table is there; return the id of the run."""
    studio.open(**QUICK | link)
    studio.press("Train")
    expect(studio.table).to_be_visible()
    return studio.link["run"]


def test_runs_are_found_again_compared_named_and_deleted(studio: Studio) -> None:
    studio.open("/runs")
    expect(studio.page.get_by_text("Every run is saved here")).to_be_visible()
    first = trained(studio)
    second = trained(studio, q="3", ent="none")
    studio.go("Runs")
    assert len(studio.rows()) == 2
    assert "finished" in studio.rows()[0]

    studio.tick(1)
    studio.tick(2)
    expect(studio.button("Open")).to_be_disabled()
    table = studio.page.locator(".qenn-compared")
    expect(table).to_contain_text("None (no entanglement)")
    expect(table).not_to_contain_text("Layers")
    expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)

    studio.tick(1)
    studio.press("Rename")
    studio.page.get_by_label("Name", exact=True).fill("The <b>first</b> one")
    studio.page.get_by_label("Name", exact=True).press("Enter")
    studio.press("Save name")
    expect(studio.history.locator("table")).to_contain_text("The <b>first</b> one")
    studio.press("Star")
    expect(studio.button("Unstar")).to_be_visible()
    studio.press("Open")
    studio.until_charts()
    assert studio.until_epochs(3) == [1, 2, 3]
    assert studio.link["run"] == first
    expect(studio.page.get_by_text("The settings have changed")).to_have_count(0)

    studio.go("Runs")
    studio.page.get_by_label("Search", exact=True).fill("FIRST")
    studio.page.get_by_label("Search", exact=True).press("Enter")
    expect(studio.history.locator("table tbody tr")).to_have_count(1)
    studio.press("Delete")
    studio.press("Delete permanently")
    expect(studio.page.get_by_text("No run matches this search")).to_be_visible()
    studio.page.get_by_label("Search", exact=True).fill("")
    studio.page.get_by_label("Search", exact=True).press("Enter")
    expect(studio.history.locator("table tbody tr")).to_have_count(1)
    studio.open(run=second)
    expect(studio.table).to_be_visible()
    studio.open(run=first)
    expect(studio.progress).to_contain_text("Ready")


def test_a_stopped_run_goes_on(studio: Studio) -> None:
    studio.open(**LONG)
    studio.press("Train")
    studio.until_epochs(2)
    studio.press("Stop")
    expect(studio.table).to_be_visible()
    before = studio.epochs()
    studio.press("Resume")
    expect(studio.table).to_have_count(0)
    epochs = studio.until_epochs(len(before) + 3)
    assert epochs == list(range(1, len(epochs) + 1))
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_a_link_brings_the_settings_to_another_visitor_but_not_the_run(visit: Visit) -> None:
    first = visit()
    run = trained(first)
    key = first.page.evaluate("performance.getEntriesByType('resource').map(e => e.name).join()")
    assert f"api/runs/{run}" in key
    assert "key" not in key, "the key of the feed is in no address"
    second = visit().open(**first.link)
    expect(second.progress).to_contain_text("Ready")
    second.expect_link(**QUICK)
    expect(second.complaints).to_have_count(0)
    assert second.page.request.get(f"{second.url}/api/runs/{run}").status == 404
    second.go("Runs")
    expect(second.page.get_by_text("Every run is saved here")).to_be_visible()


def test_a_workspace_goes_on_in_another_browser_when_its_user_says_so(visit: Visit) -> None:
    here, there = visit(), visit()
    trained(here)
    here.go("Runs")
    here.unfold("Continue on another device")
    link = here.page.get_by_test_id("stCode").inner_text().strip()
    there.open("/runs")
    there.page.goto(link)
    expect(there.page.get_by_role("heading", name="Open this workspace here?")).to_be_visible()
    assert link.partition("#")[2] not in there.page.url
    there.page.get_by_role("link", name="Stay in my workspace").click()
    expect(there.page.get_by_text("Every run is saved here")).to_be_visible()
    there.page.goto(link)
    there.button("Open this workspace").click()
    there.settled()
    assert len(there.rows()) == 1
    there.unfold("Continue on another device")
    there.settled()
    # By the keyboard: what unfolds moves away under a mouse.
    there.page.get_by_role("link", name="Start a new workspace").press("Enter")
    there.button("Start a new workspace").click()
    expect(there.page.get_by_text("Every run is saved here")).to_be_visible()
    assert len(here.open("/runs").rows()) == 1


def test_two_tabs_of_one_browser_see_the_same_run(studio: Studio) -> None:
    studio.open(**LONG)
    studio.press("Train")
    studio.until_epochs(2)
    other = studio.another_tab().open("/runs")
    expect(other.history.locator("table")).to_contain_text("training")
    other.tick(1)
    other.press("Open")
    other.until_epochs(3)
    other.press("Pause")
    expect(studio.progress).to_contain_text("Paused after epoch")
    expect(studio.button("Resume")).to_be_enabled()
    other.go("Runs")  # where the run is still ticked
    other.press("Delete")
    expect(other.page.get_by_text("1 run still in training will be stopped")).to_be_visible()
    other.press("Delete permanently")
    expect(other.page.get_by_text("Every run is saved here")).to_be_visible()
    expect(studio.complaints).to_contain_text("This run no longer exists.")
    expect(studio.button("Train")).to_be_enabled()
    studio.excuse("404")  # the answer to the tab that followed the run
    other.check()


def test_a_file_is_found_again_after_a_refresh_until_its_owner_deletes_it(studio: Studio) -> None:
    studio.open("/data")
    studio.choose("Data", "Your own CSV file")
    studio.upload("trees.csv", trees())
    studio.expect_in_link(file="trees.csv")
    studio.page.reload()
    expect(studio.page.get_by_text("120 rows · 4 columns")).to_be_visible()
    studio.settled()
    studio.unfold("Your files")
    studio.press("Delete")
    expect(studio.page.get_by_role("heading", name="Upload your own data")).to_be_visible()
    studio.page.reload()
    expect(studio.page.get_by_text("upload the file to continue")).to_be_visible()


def test_a_run_whose_server_was_killed_is_interrupted_and_goes_on(
    visit: Visit, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    home = {"QENN_HOME": str(folder / "home"), "QENN_WORKERS": "1"}
    with serving(folder / "first.txt", **home) as server:
        studio = visit(at=server).open(**LONG)
        studio.press("Train")
        studio.until_epochs(5)
        link = studio.link
        os.kill(server.pid, signal.SIGKILL)
        studio.page.goto("about:blank")
        studio.troubles.found.clear()  # of the server that is gone
    with serving(folder / "second.txt", **home) as server:
        studio.url = server.url
        studio.open(**link)
        expect(studio.progress).to_contain_text(re.compile("^Interrupted after epoch [1-9]"))
        before = studio.until_epochs(1)
        studio.press("Resume")
        epochs = studio.until_epochs(len(before) + 3)
        assert epochs == list(range(1, len(epochs) + 1))
        studio.press("Stop")
        expect(studio.table).to_be_visible()
        studio.page.goto("about:blank")


def test_the_comparison_is_accessible_and_within_the_screen(studio: Studio) -> None:
    trained(studio)
    trained(studio, l="2")
    for theme, screen in (("light", LAPTOP), ("dark", PHONE)):
        studio.page.emulate_media(color_scheme=theme)
        studio.page.set_viewport_size(screen)
        studio.open("/runs")
        studio.tick(1)
        studio.tick(2)
        expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
        assert not hindrances(studio.page)
        assert studio.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_table_is_used_by_the_keyboard_and_does_not_flicker(studio: Studio) -> None:
    trained(studio)
    studio.open(**LONG)
    studio.press("Train")
    studio.until_epochs(1)
    studio.go("Runs")
    studio.rows()
    studio.page.evaluate("document.querySelector('[data-testid=stDataFrame] canvas').kept = true")
    studio.history.click(position={"x": 300, "y": 36 + 18})
    studio.page.keyboard.press("Shift+Space")
    expect(studio.button("Open")).to_be_enabled()
    now = studio.rows()[0]
    studio.page.wait_for_function(
        "epochs => document.querySelector('[data-testid=stDataFrame] tbody tr').innerText !== epochs",
        arg=studio.history.locator("tbody tr").first.evaluate("line => line.innerText"),
    )
    assert studio.rows()[0] != now, "the epochs are counted on"
    assert studio.page.evaluate("document.querySelector('[data-testid=stDataFrame] canvas').kept")
    expect(studio.button("Open")).to_be_enabled()
    studio.press("Delete")
    studio.press("Delete permanently")
    expect(studio.history.locator("table tbody tr")).to_have_count(1)
