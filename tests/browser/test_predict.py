"""Predictions of a trained model for the rows of a file and for a row entered by hand."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from browser.accessibility import accessibility_violations
from browser.files import trees
from browser.studio import PHONE, Studio, Visit, Workspace
from playwright.sync_api import expect


@pytest.fixture
def predict_page(visit: Visit, workspace: Workspace) -> Studio:
    """The Predict page with the model of the trees."""
    studio = visit(workspace=workspace).open("/predict")
    expect(studio.page.get_by_role("heading", name="Predict Baumart")).to_be_visible()
    return studio


def test_file_is_predicted_and_downloaded(predict_page: Studio) -> None:
    studio = predict_page
    unlabeled = b"\r\n".join(line.rsplit(b";", 1)[0] for line in trees(30).splitlines())
    studio.upload("new.csv", unlabeled)
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
    expect(studio.errors).to_contain_text("The file is missing 3 columns: ‘Höhe’, ‘Umfang’, ‘Rinde’.")


def test_row_is_edited_with_the_keyboard_and_may_have_gaps(predict_page: Studio) -> None:
    studio = predict_page
    studio.page.get_by_role("radio", name="One row").press("Space")
    bars = studio.page.locator(".qenn-bars")
    before = bars.inner_text()
    height = studio.page.get_by_role("spinbutton", name="Höhe")
    height.fill("19.5")
    height.press("Enter")
    expect(bars).not_to_have_text(before, use_inner_text=True)
    height.fill("")
    height.press("Enter")
    expect(studio.page.get_by_text("Filled 1 gap in ‘Höhe’ with the median")).to_be_visible()
    studio.go("Learn")
    studio.go("Predict")
    expect(height).to_have_value("")


def test_predictions_and_row_form_are_accessible(predict_page: Studio) -> None:
    studio = predict_page

    def expect_accessible_in_both_themes() -> None:
        for theme in ("light", "dark"):
            studio.page.emulate_media(color_scheme=theme)
            studio.wait_until_drawn()
            assert not accessibility_violations(studio.page), theme

    studio.upload("trees.csv", trees())
    expect(studio.page.get_by_text("that are new to the model")).to_be_visible()
    expect_accessible_in_both_themes()
    studio.page.get_by_role("radio", name="One row").press("Space")
    expect(studio.page.get_by_role("spinbutton", name="Höhe")).to_be_visible()
    expect_accessible_in_both_themes()
    studio.page.set_viewport_size(PHONE)
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_digit_is_drawn_with_the_mouse_and_with_the_keyboard(studio: Studio) -> None:
    studio.train(data="digits", ep="30", **{"d.first": "0", "d.second": "1"})
    studio.go("Predict")
    area = studio.page.get_by_role("application", name="Drawing area")
    predicted = studio.page.get_by_role("heading", name="digit: digit")
    box = area.bounding_box()
    assert box is not None
    for step in range(25):  # an ellipse that is not in the middle
        turn = 2 * math.pi * step / 24
        x, y = 0.4 + 0.15 * math.sin(turn), 0.4 - 0.3 * math.cos(turn)
        studio.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if step == 0:
            studio.page.mouse.down()
    studio.page.mouse.up()
    expect(predicted).to_have_text("digit: digit 0")
    studio.press("Undo")
    expect(studio.page.get_by_text("Draw an image like those")).to_be_visible()
    for key in ["Space", *["ArrowUp"] * 6, "Space"]:
        area.press(key)
    expect(predicted).to_have_text("digit: digit 1")
    studio.unfold("Pixels as numbers")
    expect(studio.page.get_by_text("From 0 for dark to 16 for bright.")).to_be_visible()
    for theme in ("light", "dark"):
        studio.page.emulate_media(color_scheme=theme)
        studio.wait_until_drawn()
        assert not accessibility_violations(studio.page), theme
    studio.go("Learn")
    studio.go("Predict")
    expect(predicted).to_have_text("digit: digit 1")
    studio.press("Clear")
    expect(predicted).to_be_hidden()
    studio.page.set_viewport_size(PHONE)
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_other_visitors_have_no_model(studio: Studio, workspace: Workspace) -> None:
    studio.open("/predict")
    expect(studio.page.get_by_role("heading", name="No trained model yet")).to_be_visible()
    studio.page.get_by_role("main").get_by_role("link", name="Go to training").click()
    expect(studio.button("Train")).to_be_visible()
