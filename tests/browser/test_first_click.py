"""From a cold page to the verdict with one click."""

from __future__ import annotations

from browser.studio import Studio
from playwright.sync_api import expect

# Marks the nodes that must stay, and counts how far the page's parts jump about meanwhile.
WATCH = """() => {
  for (const name of ["loss", "accuracy", "map"]) document.querySelector(`[data-chart=${name}]`).kept = true;
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(entry.value)))
    .observe({ type: "layout-shift" });
}"""
KEPT = '["loss", "accuracy", "map"].every((name) => document.querySelector(`[data-chart=${name}]`).kept)'


def test_one_click_trains_shows_and_compares(studio: Studio) -> None:
    studio.open()
    studio.until_charts()
    expect(studio.progress).to_have_text("Ready: press Train and watch the loss fall")
    expect(studio.page.locator(".qenn-strip li")).to_have_count(6)
    page = studio.page
    page.evaluate(WATCH)

    studio.press("Train")
    studio.until_map()
    expect(studio.table.locator("tbody tr")).not_to_have_count(0)

    assert page.evaluate(KEPT), (
        "the charts are the same nodes, so that they neither flicker nor lose their zoom"
    )
    assert sum(page.evaluate("window.shifts")) < 0.1, "good, by the Web Vitals' measure of shifts"
    epochs = studio.epochs()
    assert epochs == list(range(1, len(epochs) + 1))
    train, validation = studio.traces("loss")
    assert (train["name"], validation["name"]) == ("train", "validation")
    assert train["y"][-1] < train["y"][0], "it learns"
    reference = studio.traces("accuracy")[2]
    assert reference["name"].startswith("logistic regression")
    assert 50 < reference["y"][0] == reference["y"][1] <= 100
    expect(studio.chart("accuracy").get_by_text("logistic regression, validation")).to_be_visible()
    expect(studio.progress).to_contain_text("lowest validation loss")
    rows = studio.table.locator("tbody tr").all_inner_texts()
    assert rows[0].startswith("QENN")
    assert rows[1].startswith("Logistic")
    expect(page.get_by_text("95% interval")).to_be_visible()
    expect(studio.circuit).to_be_visible()
    for section in ("Encoding", "Layer 1", "Layer 2", "Layer 3"):
        expect(studio.circuit.get_by_text(section, exact=True)).to_be_visible()


def test_which_classes_are_confused_is_told_on_demand(studio: Studio) -> None:
    studio.open(data="iris", ep="3", pat="0")
    studio.press("Train")
    expect(studio.table).to_be_visible()
    studio.unfold("Which classes are confused?")
    confusion = studio.page.locator(".qenn-confusion").first
    for name in ("setosa", "versicolor", "virginica"):
        expect(confusion.locator("tbody td", has_text=name)).to_be_visible()
