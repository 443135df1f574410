"""All pages in light and dark: accessible, in the colours of the theme, and within the screen."""

from __future__ import annotations

import pytest
from browser.accessibility import accessibility_violations
from browser.studio import LAPTOP, PHONE, Studio, Visit
from playwright.sync_api import expect

PAGES = ("/", "/runs", "/predict", "/data", "/learn")
# Each theme on a screen of another size, with its background colour.
THEMES = {"light": (LAPTOP, "rgb(255, 255, 255)"), "dark": (PHONE, "rgb(20, 19, 28)")}


@pytest.mark.parametrize("theme", THEMES)
def test_pages_are_accessible_themed_and_within_the_screen(visit: Visit, theme: str) -> None:
    screen, background = THEMES[theme]
    studio = visit(theme=theme, screen=screen)
    for path in PAGES:
        studio.open(path)
        if path == "/":
            studio.wait_for_charts()
        elif path == "/data":
            expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
        shown = studio.page.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor")
        assert shown == background, path
        assert not accessibility_violations(studio.page), path
        widths = studio.page.get_by_test_id("stMain").evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert widths[0] <= widths[1], path
        assert studio.page.evaluate("document.documentElement.scrollWidth") <= screen["width"], path


def test_live_charts_are_on_the_first_screen_and_follow_the_theme(studio: Studio) -> None:
    studio.open()
    studio.wait_for_charts()
    for name in ("loss", "accuracy", "map"):
        box = studio.chart(name).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= LAPTOP["height"]
    colour = "getComputedStyle(document.querySelector('[data-chart=loss] .xtick text')).fill"
    light = studio.page.evaluate(colour)
    studio.page.emulate_media(color_scheme="dark")
    studio.page.wait_for_function(f"{colour} !== '{light}'")
