"""The runs of a workspace: found again, compared, resumed and deleted, and invisible to other visitors."""

from __future__ import annotations

from browser.accessibility import accessibility_violations
from browser.files import QUICK, trees
from browser.studio import LAPTOP, PHONE, Studio, Visit, Workspace
from playwright.sync_api import expect

LONG = {"ep": "500", "pat": "0", "bs": "4"}
NO_RUNS = "Every run is saved here"


def test_runs_are_compared_named_found_and_deleted(studio: Studio) -> None:
    studio.open("/runs")
    expect(studio.page.get_by_text(NO_RUNS)).to_be_visible()
    small = QUICK | {"d.n_samples": "60"}
    first = studio.train(**small)
    second = studio.train(**small | {"q": "3", "ent": "none"})
    studio.go("Runs")
    assert len(studio.rows()) == 2
    assert "finished" in studio.rows()[0]

    studio.click_name(1)
    expect(studio.button("Open")).to_be_enabled()
    studio.click_name(2)
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
    expect(studio.page.get_by_label("Name", exact=True)).to_have_count(0)  # the popover is closed
    studio.press("Star")
    expect(studio.button("Unstar")).to_be_visible()
    studio.press("Open")
    studio.wait_for_charts()
    assert studio.wait_for_epochs(3) == [1, 2, 3]
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


def test_link_shares_settings_but_not_the_run(visit: Visit, workspace: Workspace) -> None:
    settings = QUICK | {"q": "3"}
    run = workspace.link["run"]
    first = visit(workspace=workspace).open(run=run, **settings)
    expect(first.table).to_be_visible()
    first.wait_for_epochs(3)
    urls = first.page.evaluate("performance.getEntriesByType('resource').map(e => e.name).join()")
    assert f"api/runs/{run}" in urls
    assert "key" not in urls, "the feed key is in no URL"
    second = visit().open(**first.link)
    expect(second.progress).to_contain_text("Ready")
    second.expect_link(**settings)
    expect(second.errors).to_have_count(0)
    assert second.page.request.get(f"{second.url}/api/runs/{run}").status == 404
    second.go("Runs")
    expect(second.page.get_by_text(NO_RUNS)).to_be_visible()


def test_workspace_is_opened_in_another_browser_after_confirmation(
    visit: Visit, workspace: Workspace
) -> None:
    here, there = visit(workspace=workspace), visit()
    here.open("/runs")
    n_runs = len(here.rows())
    here.unfold("Continue on another device")
    link = here.page.get_by_test_id("stCode").inner_text().strip()
    there.open("/runs")
    there.page.goto(link)
    expect(there.page.get_by_role("heading", name="Open this workspace here?")).to_be_visible()
    assert link.partition("#")[2] not in there.page.url
    there.page.get_by_role("link", name="Stay in my workspace").click()
    expect(there.page.get_by_text(NO_RUNS)).to_be_visible()
    there.page.goto(link)
    there.button("Open this workspace").click()
    there.wait_until_drawn()
    assert len(there.rows()) == n_runs
    there.unfold("Continue on another device")
    there.wait_until_drawn()
    # With the keyboard, because the link moves while the expander opens.
    there.page.get_by_role("link", name="Start a new workspace").press("Enter")
    there.button("Start a new workspace").click()
    expect(there.page.get_by_text(NO_RUNS)).to_be_visible()
    assert len(here.open("/runs").rows()) == n_runs


def test_two_tabs_control_the_same_run(studio: Studio) -> None:
    studio.open(**LONG)
    studio.press("Train")
    studio.wait_for_epochs(2)
    other = studio.another_tab().open("/runs")
    expect(other.history.locator("table")).to_contain_text("training")
    other.tick(1)
    other.press("Open")
    other.wait_for_epochs(3)
    other.press("Pause")
    expect(studio.progress).to_contain_text("Paused after epoch")
    expect(studio.button("Resume")).to_be_enabled()
    other.go("Runs")  # where the run is still selected
    other.press("Delete")
    expect(other.page.get_by_text("1 run still in training will be stopped")).to_be_visible()
    other.press("Delete permanently")
    expect(other.page.get_by_text(NO_RUNS)).to_be_visible()
    expect(studio.errors).to_contain_text("This run no longer exists.")
    expect(studio.button("Train")).to_be_enabled()
    studio.ignore_problems("404")  # the response to the tab that followed the run
    other.check()


def test_file_is_available_after_a_reload_until_it_is_deleted(studio: Studio) -> None:
    studio.open_with_file("/data", trees())
    studio.page.reload()
    expect(studio.page.get_by_text("120 rows · 4 columns")).to_be_visible()
    studio.wait_until_drawn()
    studio.unfold("Your files")
    studio.press("Delete")
    expect(studio.page.get_by_role("heading", name="Upload your own data")).to_be_visible()
    studio.page.reload()
    expect(studio.page.get_by_text("upload the file to continue")).to_be_visible()


def test_comparison_is_accessible_and_within_the_screen(visit: Visit, workspace: Workspace) -> None:
    studio = visit(workspace=workspace)
    for theme, screen in (("light", LAPTOP), ("dark", PHONE)):
        studio.page.emulate_media(color_scheme=theme)
        studio.page.set_viewport_size(screen)
        studio.open("/runs")
        studio.tick(1)
        studio.tick(2)
        expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
        assert not accessibility_violations(studio.page)
        assert studio.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_table_works_with_the_keyboard_and_is_updated_in_place(studio: Studio) -> None:
    studio.open(**LONG)
    studio.press("Train")
    studio.wait_for_epochs(1)
    studio.go("Runs")
    studio.rows()
    studio.page.evaluate("document.querySelector('[data-testid=stDataFrame] canvas').marked = true")
    studio.history.click(position={"x": 300, "y": 36 + 18})
    studio.page.keyboard.press("Shift+Space")
    expect(studio.button("Open")).to_be_enabled()
    row = studio.history.locator("tbody tr").first
    studio.wait_for(
        "before => document.querySelector('[data-testid=stDataFrame] tbody tr').innerText !== before",
        row.evaluate("row => row.innerText"),
    )
    assert studio.page.evaluate("document.querySelector('[data-testid=stDataFrame] canvas').marked")
    expect(studio.button("Open")).to_be_enabled()
    studio.press("Delete")
    studio.press("Delete permanently")
    expect(studio.page.get_by_text(NO_RUNS)).to_be_visible()
