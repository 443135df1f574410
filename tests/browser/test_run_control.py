"""Pause, step, resume, stop and reset; training continues whatever its page does."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from typing import Any

import psutil
import pytest
from browser.studio import PATIENCE_MS, Studio
from playwright.sync_api import expect
from serving import Server

# Many short epochs, so that the run is still active whenever a test looks at it.
LONG = {"ep": "500", "pat": "0", "bs": "1", "l": "1", "q": "2", "d.n_samples": "60"}


@pytest.fixture
def running(studio: Studio) -> Studio:
    """A tab in which a long training has started."""
    studio.open(**LONG)
    studio.wait_for_charts()
    studio.press("Train")
    studio.wait_for_epochs(2)
    return studio


def pause(studio: Studio) -> list[int]:
    """Press Pause, and return the epochs once training is paused."""
    studio.press("Pause")
    expect(studio.progress).to_contain_text("Paused after epoch")
    expect(studio.button("Resume")).to_be_enabled()
    return studio.epochs()


def test_pause_step_resume_stop_and_reset(running: Studio) -> None:
    studio = running
    expect(studio.button("Train")).to_be_disabled()
    expect(studio.button("Step")).to_be_disabled()
    expect(studio.progress).to_have_text(re.compile(r"^Epoch \d+ of 500 · .* left$"))
    expect(studio.button("Pause")).to_be_focused()  # Train, which was pressed, is disabled
    before = pause(studio)
    expect(studio.button("Resume")).to_be_focused()
    studio.page.wait_for_timeout(500)
    assert studio.epochs() == before, "no epoch while paused"

    studio.press("Step")
    expect(studio.progress).to_have_text(f"Paused after epoch {len(before) + 1} of 500")
    assert studio.epochs() == [*before, len(before) + 1], "exactly one epoch"

    studio.press("Resume")
    studio.wait_for_epochs(len(before) + 4)
    studio.press("Stop")
    expect(studio.table).to_be_visible()
    expect(studio.progress).to_contain_text("Stopped")
    stopped = studio.epochs()
    assert stopped == list(range(1, len(stopped) + 1))
    bar = studio.page.locator(".qenn-progress-bar")
    assert bar.evaluate("bar => bar.value") == pytest.approx(len(stopped) / 500)

    studio.press("Resume")
    expect(studio.table).to_have_count(0)
    epochs = studio.wait_for_epochs(len(stopped) + 3)
    assert epochs == list(range(1, len(epochs) + 1)), "a stopped run continues"
    studio.press("Stop")
    expect(studio.table).to_be_visible()

    studio.press("Reset")
    expect(studio.table).to_have_count(0)
    expect(studio.progress).to_contain_text("Ready")
    studio.wait_for("document.querySelector('[data-chart=loss]').data[0].x.length === 0")
    studio.expect_link(**LONG)
    assert "run" not in studio.link

    for epoch in (1, 2):
        studio.press("Step")
        expect(studio.progress).to_have_text(f"Paused after epoch {epoch} of 500")
        assert studio.epochs() == list(range(1, epoch + 1)), "a new run can be stepped too"
    studio.press("Reset")
    expect(studio.progress).to_contain_text("Ready")
    studio.go("Runs")
    assert [row[2] for row in studio.rows()] == ["stopped", "stopped"]


def test_run_and_zoom_survive_changed_settings_and_other_pages(running: Studio) -> None:
    studio = running
    seen = len(studio.epochs())
    studio.go("Learn")
    expect(studio.page.get_by_role("heading", name="What is a QENN?")).to_be_visible()
    studio.go("Data")
    expect(studio.page.get_by_role("heading", name="First rows")).to_be_visible()
    studio.go("Train")
    epochs = studio.wait_for_epochs(seen + 3)
    assert epochs == list(range(1, len(epochs) + 1))
    expect(studio.progress).to_contain_text("Epoch")

    before = studio.ranges("loss")
    studio.zoom("loss")
    zoomed = studio.ranges("loss")
    assert zoomed != before
    studio.wait_for_epochs(len(studio.epochs()) + 3)
    assert studio.ranges("loss") == zoomed
    studio.slide("Qubits", "ArrowRight")
    expect(studio.page.get_by_text("Qubits: 2, now 3")).to_be_visible()
    studio.wait_for_epochs(len(studio.epochs()) + 3)
    assert studio.ranges("loss") == zoomed
    assert studio.ranges("accuracy") != zoomed
    studio.press("Stop")
    expect(studio.table).to_be_visible()
    assert studio.ranges("loss") == zoomed
    studio.chart("loss").locator(".nsewdrag").dblclick()
    studio.wait_for("document.querySelector('[data-chart=loss]').layout.xaxis.range[1] === 500")
    low, high = studio.ranges("loss")[2:]
    losses = [loss for trace in studio.traces("loss") for loss in trace["y"]]
    assert low < min(losses) <= max(losses) < high, "a double-click shows all of the curves"


def test_small_changes_of_the_loss_and_of_the_pace_look_small(studio: Studio) -> None:
    def call(name: str, body: str) -> Any:
        module = f"import(new URL('assets/{name}.js', document.baseURI))"
        return studio.page.evaluate(f"() => {module}.then((script) => {{ {body} }})")

    studio.open()
    low, high = call("charts", "return script.valueRange([{y: [0.693, 0.694]}], 0.1, [0, Infinity])")
    assert low < 0.693 < 0.694 < high
    assert high - low >= 0.1
    low, high = call("charts", "return script.valueRange([{y: [100, 100]}], 10, [0, 100])")
    assert 89 < low <= 90 < 100 < high < 101
    # After a first epoch of 9 seconds, epochs take 1, 3, 1, 3 … seconds.
    left = call(
        "progress",
        "const history = [{seconds: 9}];"
        "return Array.from({length: 60}, (_, k) => { history.push({seconds: 1 + 2 * (k % 2)});"
        " return script.secondsLeft(history, 60 - k); });",
    )
    steps = [after / before for before, after in pairwise(left[5:50])]
    assert 0.8 < min(steps) <= max(steps) < 1.2
    assert left[50] == pytest.approx(20, rel=0.2)


def test_run_survives_a_reload_and_an_absence(running: Studio) -> None:
    studio = running
    studio.page.reload()
    studio.wait_until_drawn()
    epochs = studio.wait_for_epochs(3)
    assert epochs == list(range(1, len(epochs) + 1))

    link, seen = studio.link, len(studio.epochs())
    studio.page.goto("about:blank")
    studio.page.wait_for_timeout(1500)
    studio.open(**link)
    assert len(studio.wait_for_epochs(1)) > seen + 5, "training continued in the meantime"
    studio.press("Stop")
    expect(studio.table).to_be_visible()


def test_suggested_settings_are_applied_by_one_click_and_visible_in_the_form(studio: Studio) -> None:
    # Nothing is refused before a worker has measured the speed of the machine.
    studio.train(ep="1")
    studio.open("/", q="12", l="10", bs="1", ep="500", view="all", **{"d.n_samples": "2000"})
    expect(studio.button("Train")).to_be_disabled(timeout=3 * PATIENCE_MS)
    studio.page.get_by_role("button", name=re.compile(r"Use \d+ epochs")).click()
    expect(studio.button("Train")).to_be_enabled()
    expect(studio.errors).to_have_count(0)
    studio.unfold("Training")
    epochs = studio.page.get_by_role("spinbutton", name="Epochs")
    assert 1 < int(epochs.input_value()) < 500
    studio.expect_in_link(ep=epochs.input_value())


@pytest.mark.slow
def test_page_says_that_the_process_of_a_run_does_not_answer(running: Studio, server: Server) -> None:
    worker = busiest_process(server)
    worker.suspend()
    try:
        expect(running.progress).to_contain_text("has not answered for some seconds")
        expect(running.progress).to_contain_text("Resume continues it")
    finally:
        worker.resume()
    expect(running.progress).not_to_contain_text("has not answered")
    running.wait_for_epochs(len(running.epochs()) + 2)
    running.press("Stop")
    expect(running.table).to_be_visible()


def busiest_process(server: Server) -> psutil.Process:
    """Return the process of a server that works most."""
    processes = psutil.Process(server.pid).children(recursive=True)
    before = {process: process.cpu_times().user for process in processes}
    time.sleep(2)
    return max(processes, key=lambda process: process.cpu_times().user - before[process])
