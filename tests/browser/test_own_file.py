"""The main job: bring a file, pick the column, train, watch, stop, and read the table."""

from __future__ import annotations

from browser.files import FORMULA, IMAGE, hostile, many_rows, trees, workbook
from browser.studio import Studio
from playwright.sync_api import expect

from qenn_core.limits import MAX_ROWS

LONG = {"ep": "500", "pat": "0", "q": "3", "l": "1", "bs": "4"}
NAMED = "[data-testid=stHeading]"


def with_file(studio: Studio, path: str, content: bytes, name: str = "trees.csv", **link: str) -> Studio:
    """Open a page and bring a file there."""
    studio.open(path, **link)
    studio.choose("Data", "Your own CSV file")
    studio.upload(name, content)
    # A file over the limit is not in use before the visitor has agreed to a sample.
    if content.count(b"\n") <= MAX_ROWS:
        studio.expect_in_link(file=name)
    return studio


def test_from_a_file_to_the_verdict(studio: Studio) -> None:
    with_file(studio, "/data", trees(), **LONG)
    expect(studio.page.locator(NAMED).get_by_text("trees.csv")).to_be_visible()
    expect(studio.page.get_by_text("120 rows · 4 columns")).to_be_visible()
    assert studio.menu("Column to predict").input_value() == "Baumart"
    studio.choose("Column to predict", "Rinde")
    expect(studio.page.get_by_text("2 classes")).to_be_visible()
    studio.choose("Column to predict", "Baumart")
    expect(studio.page.get_by_text("3 classes")).to_be_visible()

    studio.go("Train")
    studio.until_charts()
    studio.page.evaluate("document.querySelector('[data-chart=loss]').kept = true")
    studio.press("Train")
    seen = [studio.until_epochs(1)]
    for _ in range(3):
        seen.append(studio.until_epochs(len(seen[-1]) + 1))
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in seen), "the trace grows at its end"

    studio.choose("Entanglement", "None (no entanglement)")
    studio.go("Data")
    expect(studio.page.locator(NAMED).get_by_text("trees.csv")).to_be_visible()
    studio.go("Train")
    epochs = studio.until_epochs(len(seen[-1]) + 1)
    assert epochs == list(range(1, len(epochs) + 1)), "it went on, and nothing is missing"
    studio.page.evaluate("document.querySelector('[data-chart=loss]').kept = true")
    studio.until_map()

    studio.press("Stop")
    expect(studio.table).to_be_visible()
    expect(studio.page.get_by_text("95% interval")).not_to_have_count(0)
    assert studio.page.evaluate("document.querySelector('[data-chart=loss]').kept"), "the same node"
    assert studio.table.locator("tbody tr").all_inner_texts()[0].startswith("QENN")
    legend = studio.chart("map").locator("..").locator(".qenn-legend")
    assert legend.inner_text().split() == ["Buche", "Eiche", "Linde"]


def test_a_refused_file_says_why_at_the_uploader_and_leaves_the_last_one(studio: Studio) -> None:
    with_file(studio, "/", trees(), ep="2", pat="0", q="2", l="1")
    for name, content, says in [
        ("renamed.csv", bytes(range(256)) * 64, "not a text file"),
        ("book.xlsx", workbook(), "Excel workbook"),
        ("head.csv", b"a;b;c\n", "header"),
    ]:
        studio.upload(name, content)
        complaint = studio.page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
        expect(complaint.filter(has_text=says)).to_be_visible()
        expect(complaint).to_have_count(1)
        studio.expect_in_link(file="trees.csv")
        expect(studio.button("Train")).to_be_enabled()
    studio.press("Train")
    expect(studio.table).to_be_visible()


def test_a_file_of_too_many_rows_is_sampled_on_the_visitors_word(studio: Studio) -> None:
    with_file(studio, "/data", many_rows(MAX_ROWS + 5000), "large.csv")
    expect(studio.complaints).to_contain_text(f"{MAX_ROWS + 5000:,} rows")
    studio.press(f"Use a random sample of {MAX_ROWS:,} rows")
    expect(studio.page.get_by_text(f"{MAX_ROWS:,} rows · 3 columns")).to_be_visible()
    expect(studio.complaints).to_have_count(0)
    studio.expect_in_link(sample=str(MAX_ROWS))


def test_names_from_a_file_never_become_markup(studio: Studio) -> None:
    with_file(
        studio, "/data", hostile(), "<img src=x onerror=window.hacked=1>.csv", ep="2", pat="0", q="2", l="1"
    )
    expect(studio.page.locator(".js-plotly-plot").first).to_be_visible()
    expect(studio.page.get_by_test_id("stDataFrame").first).to_be_visible()
    clean(studio)
    studio.choose("Column to predict", FORMULA)
    studio.choose("Column to predict", f"class {IMAGE}")
    clean(studio)

    studio.go("Train")
    studio.until_charts()
    studio.press("Train")
    expect(studio.table).to_be_visible()
    studio.unfold("Which classes are confused?")
    expect(studio.page.locator(".qenn-confusion").first).to_contain_text(IMAGE)
    expect(studio.chart("map").locator("..").locator(".qenn-legend")).to_contain_text(IMAGE)
    studio.chart("map").evaluate("node => Plotly.Fx.hover(node, [{ curveNumber: 0, pointNumber: 0 }])")
    expect(studio.chart("map").locator(".hoverlayer")).to_contain_text("<i id=planted>")
    clean(studio)


def clean(studio: Studio) -> None:
    """Check that nothing of a name became an element, a link or a script."""
    page = studio.page
    assert page.evaluate("window.hacked ?? null") is None
    for selector in ("img[src=x]", "#planted", "a[href^='javascript:']", "a[href*='example.org']"):
        expect(page.locator(selector)).to_have_count(0)
    for selector in ("strong", "em", ".katex"):
        expect(page.locator(selector).filter(has_text="bold")).to_have_count(0)
