"""A training is played at a pace, and again after its end; without motion, all of it is shown at once."""

from __future__ import annotations

import re

from browser.studio import Studio, Visit
from playwright.sync_api import Locator, Route, expect

# At a slow pace, these epochs take 25 seconds.
EPOCHS = 60
LONG = {"ep": str(EPOCHS), "pat": "0", "q": "2", "l": "1"}
SHOWN = "document.querySelector('[data-chart=loss]').data[0].x.length"
KNOWN = "Number(document.querySelector('.qenn-playback input').max)"
BACKGROUND = "document.querySelector('[data-chart=map]').layout.images[0]?.source ?? ''"


def scrubber(studio: Studio) -> Locator:
    return studio.page.get_by_role("slider", name="Epoch shown")


def hold_back(route: Route) -> None:
    """Let the page know nothing of a training until it has ended, so that its speed does not matter."""
    response = route.fetch()
    run = response.json()
    if run["state"] != "finished":
        run |= {"state": "queued", "queue_position": 1, "stage": "active", "history": []}
        run |= {"decision_map": None, "map_version": 0, "map_frames": []}
    route.fulfill(response=response, json=run)


def test_training_is_played_at_its_pace_and_again(visit: Visit) -> None:
    studio = visit(motion="no-preference")
    page = studio.page
    page.route("**/api/runs/*", hold_back)
    studio.open(**LONG)
    studio.wait_for_charts()
    pace = page.get_by_role("combobox", name="Pace of the playback")
    pace.select_option("slow")
    studio.press("Train")
    # It is over, but still played.
    page.wait_for_function(f"{KNOWN} === {EPOCHS} && {SHOWN} > 0 && {SHOWN} < {EPOCHS}")
    page.get_by_role("button", name="Pause the playback").click()
    scrubber(studio).press("End")
    page.wait_for_function(f"{SHOWN} === {EPOCHS}")
    studio.wait_for_map()
    last = page.evaluate(BACKGROUND)
    remark = studio.chart("map").locator("..").locator(".qenn-remark")
    expect(remark).to_have_text(re.compile(r"^After epoch \d+, the best one\.$"))

    pace.select_option("full speed")
    page.get_by_role("button", name="Play the training again").click()
    for _ in range(2):
        page.wait_for_function(f"{SHOWN} < {EPOCHS}")
        page.wait_for_function(f"{SHOWN} === {EPOCHS}")
    page.get_by_role("button", name="Pause the playback").press("Enter")

    slider = scrubber(studio)
    slider.press("Home")
    page.wait_for_function(f"{SHOWN} === 0")
    slider.press("ArrowRight")
    assert studio.epochs() == [1]
    expect(slider).to_have_attribute("aria-valuetext", f"Epoch 1 of {EPOCHS}")
    expect(remark).to_have_text("After epoch 1.")
    first = page.evaluate(BACKGROUND)
    assert first
    assert first != last, "the map of the first epoch was kept"
    page.wait_for_timeout(300)
    assert studio.epochs() == [1], "held"


def test_without_motion_the_whole_training_is_shown_at_once(studio: Studio) -> None:
    studio.page.route("**/api/runs/*", hold_back)
    studio.open(**LONG)
    studio.wait_for_charts()
    studio.press("Train")
    studio.page.wait_for_function(f"{KNOWN} === {EPOCHS}")
    assert len(studio.epochs()) == EPOCHS
