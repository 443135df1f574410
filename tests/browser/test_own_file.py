"""The main task: upload a file, choose the column to predict, train, stop, and read the results."""

from __future__ import annotations

from browser.files import FORMULA, IMAGE, LINKS, QUICK, broken_workbook, hostile, many_rows, trees
from browser.studio import Studio
from playwright.sync_api import expect

from qenn_core.limits import MAX_ROWS

LONG = {"ep": "500", "pat": "0", "q": "3", "l": "1", "bs": "4"}
HEADING = "[data-testid=stHeading]"


def test_from_file_to_results(studio: Studio) -> None:
    studio.open_with_file("/data", trees(), **LONG)
    expect(studio.page.locator(HEADING).get_by_text("trees.csv")).to_be_visible()
    expect(studio.page.get_by_text("120 rows · 4 columns")).to_be_visible()
    assert studio.menu("Column to predict").input_value() == "Baumart"
    studio.choose("Column to predict", "Rinde")
    expect(studio.page.get_by_text("2 classes")).to_be_visible()
    studio.choose("Column to predict", "Baumart")
    expect(studio.page.get_by_text("3 classes")).to_be_visible()

    studio.go("Train")
    studio.wait_for_charts()
    studio.press("Train")
    histories = [studio.wait_for_epochs(1)]
    for _ in range(2):
        histories.append(studio.wait_for_epochs(len(histories[-1]) + 1))
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in histories)

    with studio.redrawn():
        studio.press("Switch off entanglement")
    expect(studio.page.get_by_text("Entanglement: Ring, now None")).to_be_visible()
    studio.go("Data")
    expect(studio.page.locator(HEADING).get_by_text("trees.csv")).to_be_visible()
    studio.go("Train")
    epochs = studio.wait_for_epochs(len(histories[-1]) + 1)
    assert epochs == list(range(1, len(epochs) + 1)), "training continued, and no epoch is missing"
    studio.page.evaluate("document.querySelector('[data-chart=loss]').marked = true")
    studio.wait_for_map()

    studio.press("Stop")
    expect(studio.table).to_be_visible()
    expect(studio.page.get_by_text("95% interval")).not_to_have_count(0)
    assert studio.page.evaluate("document.querySelector('[data-chart=loss]').marked"), "updated in place"
    assert studio.table.locator("tbody tr").all_inner_texts()[0].startswith("QENN")
    legend = studio.chart("map").locator("..").locator(".qenn-legend")
    assert legend.inner_text().split() == ["Buche", "Eiche", "Linde"]


def test_from_the_start_page_to_a_moving_curve_of_a_dropped_file(studio: Studio) -> None:
    """After one click: with the upload button it would be two and the file dialog."""
    studio.open()
    studio.wait_for_charts()
    dropped, two = (
        studio.page.evaluate_handle(
            """([content, count]) => {
              const data = new DataTransfer();
              for (let i = 0; i < count; i++)
                data.items.add(new File([new Uint8Array(content)], "trees.csv", { type: "text/csv" }));
              return data;
            }""",
            [list(trees()), count],
        )
        for count in (1, 2)
    )
    charts = studio.page.locator(".qenn-charts")
    charts.dispatch_event("drop", {"dataTransfer": two})
    expect(studio.page.get_by_text("These are 2 files. Drop a single file.")).to_be_visible()
    charts.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(studio.page.get_by_text("Drop your CSV or Excel file")).to_be_visible()
    with studio.redrawn():
        charts.dispatch_event("drop", {"dataTransfer": dropped})
    studio.expect_data("trees.csv")
    studio.press("Train")
    studio.wait_for_epochs(3)
    expect(studio.table).to_be_visible()


def test_after_a_refused_file_the_page_asks_for_another_and_large_files_are_sampled(studio: Studio) -> None:
    studio.open(**QUICK)
    studio.wait_for_charts()
    for name, content, message in [
        ("renamed.csv", bytes(range(256)) * 64, "not a text file"),
        ("book.xlsx", broken_workbook(), "workbook cannot be read"),
        ("head.csv", b"a;b;c\n", "header"),
    ]:
        studio.upload(name, content)
        error = studio.page.get_by_test_id("stMain").get_by_test_id("stAlert")
        expect(error.filter(has_text=message)).to_be_visible()
        expect(error).to_have_count(1)
        expect(studio.page.get_by_role("heading", name="Upload your own data")).to_be_visible()
        expect(studio.button("Train")).to_be_disabled()
        expect(studio.chart("loss")).to_have_count(0)
        assert "moons" not in studio.page.locator(".qenn-strip, .qenn-charts").all_inner_texts()

    studio.go("Data")
    studio.upload("large.csv", many_rows(MAX_ROWS + 5000))
    expect(studio.errors).to_contain_text(f"{MAX_ROWS + 5000:,} rows")
    studio.press(f"Use a random sample of {MAX_ROWS:,} rows")
    expect(studio.page.get_by_text(f"{MAX_ROWS:,} rows · 3 columns")).to_be_visible()
    expect(studio.errors).to_have_count(0)
    studio.expect_in_link(sample=str(MAX_ROWS))


def test_names_from_a_file_are_never_markup(studio: Studio) -> None:
    studio.open_with_file("/data", hostile(), f"{IMAGE}.csv", **QUICK)
    expect(studio.page.locator(".js-plotly-plot").first).to_be_visible()
    expect(studio.page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect_no_markup(studio)
    for name in (FORMULA, LINKS):
        studio.choose("Column to predict", name)
        expect_no_markup(studio)
    studio.choose("Column to predict", f"class {IMAGE}")
    expect_no_markup(studio)

    studio.go("Train")
    studio.wait_for_charts()
    studio.press("Train")
    expect(studio.table).to_be_visible()
    studio.unfold("Which classes are confused?")
    expect(studio.page.locator(".qenn-confusion").first).to_contain_text(IMAGE)
    expect(studio.chart("map").locator("..").locator(".qenn-legend")).to_contain_text(IMAGE)
    studio.chart("map").evaluate("node => Plotly.Fx.hover(node, [{ curveNumber: 0, pointNumber: 0 }])")
    expect(studio.chart("map").locator(".hoverlayer")).to_contain_text("<i id=planted>")
    expect_no_markup(studio)


def expect_no_markup(studio: Studio) -> None:
    """Check that no part of a name became an element, a link or a script."""
    page = studio.page
    assert page.evaluate("window.hacked ?? null") is None
    for selector in ("img[src=x]", "#planted", "a[href^='javascript:']", "a[href*='example.org']"):
        expect(page.locator(selector)).to_have_count(0)
    for selector in ("strong", "em", ".katex"):
        expect(page.locator(selector).filter(has_text="bold")).to_have_count(0)
    # An icon is an image with its name, and a smile a sign.
    expect(page.get_by_role("img", name="home icon")).to_have_count(0)
    assert not [sign for sign in ("😄", "→ x") if sign in studio.text]
