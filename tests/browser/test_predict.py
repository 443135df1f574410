"""From a trained model to the predictions of a file and of a row, and home with them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from browser.accessibility import hindrances
from browser.files import trees
from browser.studio import PATIENCE_MS, PHONE, Studio, Visit
from browser.test_own_file import with_file
from playwright.sync_api import expect

QUICK = {"ep": "3", "pat": "0", "q": "2", "l": "1"}


def with_model(studio: Studio) -> Studio:
    """Train on a file of trees, and go to the Predict page once its model is kept."""
    with_file(studio, "/", trees(), **QUICK)
    studio.press("Train")
    # Its workers may still be getting ready, if this is the first visit to the server.
    expect(studio.table).to_be_visible(timeout=3 * PATIENCE_MS)
    studio.go("Predict")
    expect(studio.page.get_by_role("heading", name="Predict Baumart")).to_be_visible()
    return studio


def test_from_a_trained_model_to_a_file_of_predictions(studio: Studio) -> None:
    with_model(studio)
    without_answer = b"\r\n".join(line.rsplit(b";", 1)[0] for line in trees(30).splitlines())
    studio.upload("new.csv", without_answer)
    expect(studio.page.get_by_text("does not contain the true class of each row")).to_be_visible()
    with studio.page.expect_download() as download:
        studio.press("Download rows with predictions")
    assert download.value.suggested_filename == "new-predicted.csv"
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) == 30
    assert list(rows[0])[:4] == ["Höhe", "Umfang", "Rinde", "predicted Baumart"]
    assert {row["predicted Baumart"] for row in rows} <= {"Buche", "Eiche", "Linde"}
    for row in rows:
        assert sum(
            float(row[f"probability of {name}"]) for name in ("Buche", "Eiche", "Linde")
        ) == pytest.approx(1, abs=1e-5)
    studio.upload("other.csv", b"a,b\n1,2\n3,4\n")
    expect(studio.complaints).to_contain_text("The file has no columns ‘Höhe’, ‘Umfang’, ‘Rinde’.")


def test_a_row_is_changed_by_keyboard_and_may_have_gaps(studio: Studio) -> None:
    with_model(studio)
    studio.page.get_by_role("radio", name="One row").press("Space")
    bars = studio.page.locator(".qenn-bars")
    before = bars.inner_text()
    height = studio.page.get_by_role("spinbutton", name="Höhe")
    height.fill("19.5")
    height.press("Enter")
    expect(bars).not_to_have_text(before, use_inner_text=True)
    height.fill("")
    height.press("Enter")
    expect(studio.page.get_by_text("1 gap in ‘Höhe’ filled with the median")).to_be_visible()
    studio.go("Learn")
    studio.go("Predict")
    expect(height).to_have_value("")


def test_the_page_is_accessible_with_predictions_and_with_a_row(studio: Studio) -> None:
    def accessible_in_both_themes() -> bool:
        found = []
        for theme in ("light", "dark"):
            studio.page.emulate_media(color_scheme=theme)
            studio.settled()
            found.append(hindrances(studio.page))
        return found == ["", ""]

    with_model(studio)
    assert accessible_in_both_themes()
    studio.upload("trees.csv", trees())
    expect(studio.page.get_by_text("that are new to the model")).to_be_visible()
    assert accessible_in_both_themes()
    studio.page.get_by_role("radio", name="One row").press("Space")
    expect(studio.page.get_by_role("spinbutton", name="Höhe")).to_be_visible()
    assert accessible_in_both_themes()
    studio.page.set_viewport_size(PHONE)
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_another_visitor_has_no_model(visit: Visit) -> None:
    with_model(visit())
    other = visit().open("/predict")
    expect(other.page.get_by_role("heading", name="No trained model yet")).to_be_visible()
    other.page.get_by_role("main").get_by_role("link", name="Go to training").click()
    expect(other.button("Train")).to_be_visible()
