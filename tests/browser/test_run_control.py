"""Pause, step, resume, stop and reset; and the run goes on whatever its page does meanwhile."""

from __future__ import annotations

import re

import pytest
from browser.studio import PATIENCE_MS, Studio
from playwright.sync_api import expect

# Quick epochs, and many of them: the run is still going whenever a test looks.
LONG = {"ep": "500", "pat": "0", "bs": "1", "l": "1", "q": "2", "d.n_samples": "60"}


@pytest.fixture
def running(studio: Studio) -> Studio:
    """A tab in which a long training has begun."""
    studio.open(**LONG)
    studio.press("Train")
    studio.until_epochs(2)
    return studio


def paused(studio: Studio) -> list[int]:
    """Press Pause, and return the epochs once it rests."""
    studio.press("Pause")
    expect(studio.progress).to_contain_text("Paused after epoch")
    expect(studio.button("Resume")).to_be_enabled()
    return studio.epochs()


def test_pause_step_resume_stop_and_reset(running: Studio) -> None:
    studio = running
    expect(studio.button("Train")).to_be_disabled()
    expect(studio.button("Step")).to_be_disabled()
    expect(studio.progress).to_have_text(re.compile(r"^Epoch \d+ of 500 · .* left$"))
    before = paused(studio)
    studio.page.wait_for_timeout(800)
    assert studio.epochs() == before, "it rests"

    studio.press("Step")
    expect(studio.progress).to_have_text(f"Paused after epoch {len(before) + 1} of 500")
    assert studio.epochs() == [*before, len(before) + 1], "one epoch and no more"

    studio.press("Resume")
    studio.until_epochs(len(before) + 4)
    studio.press("Stop")
    expect(studio.table).to_be_visible()
    expect(studio.progress).to_contain_text("Stopped")
    ended = studio.epochs()
    assert ended == list(range(1, len(ended) + 1))

    studio.press("Reset")
    expect(studio.table).to_have_count(0)
    expect(studio.progress).to_contain_text("Ready")
    studio.page.wait_for_function("document.querySelector('[data-chart=loss]').data[0].x.length === 0")
    studio.expect_link(**LONG)
    assert "run" not in studio.link


def test_a_new_run_can_be_stepped_from_its_first_epoch(studio: Studio) -> None:
    studio.open(**LONG)
    studio.press("Step")
    expect(studio.progress).to_have_text("Paused after epoch 1 of 500")
    assert studio.epochs() == [1]
    studio.press("Step")
    expect(studio.progress).to_have_text("Paused after epoch 2 of 500")
    assert studio.epochs() == [1, 2]
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_the_run_goes_on_while_controls_are_used_and_other_pages_are_read(running: Studio) -> None:
    studio = running
    studio.slide("Qubits", "ArrowRight")
    expect(studio.page.get_by_text("The settings have changed")).to_be_visible()
    seen = len(studio.epochs())
    studio.go("Learn")
    expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_be_visible()
    studio.go("Data")
    expect(studio.page.get_by_role("heading", name="First rows")).to_be_visible()
    studio.go("Train")
    epochs = studio.until_epochs(seen + 3)
    assert epochs == list(range(1, len(epochs) + 1))
    expect(studio.progress).to_contain_text("Epoch")
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_a_reload_finds_the_run_again(running: Studio) -> None:
    studio = running
    studio.page.reload()
    studio.settled()
    epochs = studio.until_epochs(3)
    assert epochs == list(range(1, len(epochs) + 1))
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_a_run_goes_on_while_its_browser_is_away(running: Studio) -> None:
    studio = running
    link, seen = studio.link, len(studio.epochs())
    studio.page.goto("about:blank")
    studio.page.wait_for_timeout(3000)
    studio.open(**link)
    assert len(studio.until_epochs(1)) > seen + 5, "many at once: they were made meanwhile"
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_a_zoom_is_kept_while_epochs_arrive_and_controls_are_used(running: Studio) -> None:
    studio = running
    before = studio.ranges("loss")
    studio.zoom("loss")
    zoomed = studio.ranges("loss")
    assert zoomed != before
    studio.until_epochs(len(studio.epochs()) + 3)
    assert studio.ranges("loss") == zoomed
    studio.slide("Qubits", "ArrowRight")
    studio.until_epochs(len(studio.epochs()) + 3)
    assert studio.ranges("loss") == zoomed
    assert studio.ranges("accuracy") != zoomed
    studio.press("Stop")
    expect(studio.table).to_be_visible()
    assert studio.ranges("loss") == zoomed


def test_quick_steps_of_a_slider_all_count(studio: Studio) -> None:
    studio.open()
    for _ in range(12):
        studio.slider("Noise level").press("ArrowRight")
    studio.expect_link(p="0.06")
    expect(studio.slider("Noise level")).to_have_value("0.06")


def test_settings_that_fit_are_taken_by_one_click_and_shown_among_the_others(studio: Studio) -> None:
    # Nothing is refused before a worker has told how quick the machine is.
    studio.open(ep="1")
    studio.press("Train")
    expect(studio.table).to_be_visible(timeout=3 * PATIENCE_MS)
    studio.open("/", q="12", l="10", bs="1", ep="500", **{"d.n_samples": "2000"})
    expect(studio.button("Train")).to_be_disabled()
    studio.page.get_by_role("button", name=re.compile(r"Use \d+ epochs")).click()
    expect(studio.button("Train")).to_be_enabled()
    expect(studio.complaints).to_have_count(0)
    studio.unfold("Training")
    epochs = studio.page.get_by_role("spinbutton", name="Epochs")
    assert 1 < int(epochs.input_value()) < 500
    studio.expect_in_link(ep=epochs.input_value())
