"""One click trains with the default settings and compares the models."""

from __future__ import annotations

from browser.studio import Studio
from playwright.sync_api import expect

# Marks the chart nodes, which must not be replaced, and records layout shifts.
WATCH = """() => {
  document.querySelectorAll("[data-chart]").forEach((chart) => { chart.marked = true; });
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.shifts.push(entry.value)))
    .observe({ type: "layout-shift" });
}"""
MARKED = '[...document.querySelectorAll("[data-chart]")].filter((chart) => chart.marked).length'


def test_one_click_trains_and_compares(studio: Studio) -> None:
    studio.open()
    studio.wait_for_charts()
    expect(studio.progress).to_have_text("Ready: press Train and watch the loss fall")
    expect(studio.page.locator(".qenn-strip li")).to_have_count(6)
    page = studio.page
    page.evaluate(WATCH)

    studio.press("Train")
    studio.wait_for_map()
    expect(studio.table.locator("tbody tr")).not_to_have_count(0)

    assert page.evaluate(MARKED) == 3, "the charts are updated in place, so that they keep their zoom"
    assert sum(page.evaluate("window.shifts")) < 0.1, "a good layout shift score by Web Vitals"
    epochs = studio.epochs()
    assert epochs == list(range(1, len(epochs) + 1))
    train, validation = studio.traces("loss")
    assert (train["name"], validation["name"]) == ("train", "validation")
    assert train["y"][-1] < train["y"][0]
    reference = studio.traces("accuracy")[2]
    assert reference["name"].startswith("logistic regression")
    assert 50 < reference["y"][0] == reference["y"][1] <= 100
    expect(page.locator(".qenn-reference")).to_be_visible()
    expect(studio.progress).to_contain_text("lowest validation loss")
    rows = studio.table.locator("tbody tr").all_inner_texts()
    assert rows[0].startswith("QENN")
    assert rows[1].startswith("Logistic")
    expect(page.get_by_text("95% interval")).to_be_visible()
    accuracies = [float(cell) / 100 for cell in rows[0].split("\t")[1:4]]
    n_wrong = sum(round(n * (1 - share)) for n, share in zip((180, 60, 60), accuracies, strict=True))
    ringed = "n => { const {name, x} = document.querySelector('[data-chart=map]').data.at(-1);"
    page.wait_for_function(f"{ringed} return name === 'classified wrong' && x.length === n; }}", arg=n_wrong)
    expect(studio.circuit).to_be_visible()
    for section in ("Encoding", "Layer 1", "Layer 2", "Layer 3"):
        expect(studio.circuit.get_by_text(section, exact=True)).to_be_visible()

    studio.unfold("Which classes are confused?")
    confusion = page.locator(".qenn-confusion").first
    for name in studio.chart("map").locator("..").locator(".qenn-legend span").all_inner_texts():
        expect(confusion.locator("tbody th", has_text=name)).to_be_visible()
