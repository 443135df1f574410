"""All pages in light and dark: accessible, in the colours of the theme, and within the screen."""

from __future__ import annotations

import pytest
from browser.accessibility import accessibility_violations
from browser.studio import LAPTOP, PHONE, Studio
from playwright.sync_api import expect

PAGES = ("/", "/runs", "/predict", "/data", "/learn")
# Each theme on a screen of another size, with its background colour.
APPEARANCES = (("light", LAPTOP, "rgb(255, 255, 255)"), ("dark", PHONE, "rgb(20, 19, 28)"))


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_themed_and_within_the_screen(studio: Studio, path: str) -> None:
    studio.open(path)
    for theme, screen, background in APPEARANCES:
        studio.page.emulate_media(color_scheme=theme)
        studio.page.set_viewport_size(screen)
        expect(studio.page.get_by_test_id("stApp")).to_have_css("background-color", background)
        studio.wait_until_drawn()
        if path == "/":
            studio.wait_for_charts()
        elif path == "/data":
            expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
        assert not accessibility_violations(studio.page), theme
        widths = studio.page.get_by_test_id("stMain").evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert widths[0] <= widths[1], theme
        assert studio.page.evaluate("document.documentElement.scrollWidth") <= screen["width"], theme


def test_live_charts_are_on_the_first_screen_and_follow_the_theme(studio: Studio) -> None:
    studio.open()
    studio.wait_for_charts()
    for name in ("loss", "accuracy", "map"):
        box = studio.chart(name).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= LAPTOP["height"]
    expect_text_in_theme(studio, "[data-chart=loss]")


def test_figures_follow_the_theme(studio: Studio) -> None:
    studio.open("/data")
    expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
    expect_text_in_theme(studio, ".js-plotly-plot")


def expect_text_in_theme(studio: Studio, chart: str) -> None:
    """Check that the labels of an axis have another colour in the dark theme."""
    colour = f"getComputedStyle(document.querySelector('{chart} .xtick text')).fill"
    light = studio.page.evaluate(colour)
    studio.page.emulate_media(color_scheme="dark")
    studio.wait_for(f"{colour} !== '{light}'")
