"""Each page in light and dark: legible, usable without eyes or mouse, and within its screen."""

from __future__ import annotations

from itertools import product

import pytest
from browser.accessibility import hindrances
from browser.studio import LAPTOP, PHONE, Studio, Visit
from playwright.sync_api import expect

PAGES = ("/", "/runs", "/predict", "/data", "/learn")
# Each on a screen of another size, with its background.
THEMES = {"light": (LAPTOP, "rgb(255, 255, 255)"), "dark": (PHONE, "rgb(20, 19, 28)")}


def ready(studio: Studio, path: str) -> Studio:
    """Open a page and wait for its pictures."""
    studio.open(path)
    if path == "/":
        studio.until_charts()
    elif path == "/data":
        expect(studio.page.locator(".js-plotly-plot")).to_have_count(3)
    return studio


@pytest.mark.parametrize(("path", "theme"), [*product(PAGES, THEMES)])
def test_a_page_is_accessible_and_keeps_to_theme_and_screen(visit: Visit, path: str, theme: str) -> None:
    screen, paper = THEMES[theme]
    studio = ready(visit(theme=theme, screen=screen), path)
    background = studio.page.get_by_test_id("stApp").evaluate(
        "node => getComputedStyle(node).backgroundColor"
    )
    assert background == paper
    assert not hindrances(studio.page)
    widths = studio.page.get_by_test_id("stMain").evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert widths[0] <= widths[1]
    assert studio.page.evaluate("document.documentElement.scrollWidth") <= screen["width"]


def test_the_live_charts_are_on_the_first_screen_of_a_laptop(studio: Studio) -> None:
    ready(studio, "/")
    for name in ("loss", "accuracy", "map"):
        box = studio.chart(name).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= LAPTOP["height"]


def test_the_charts_follow_a_change_of_the_theme(studio: Studio) -> None:
    ready(studio, "/")
    ink = "getComputedStyle(document.querySelector('[data-chart=loss] .xtick text')).fill"
    light = studio.page.evaluate(ink)
    studio.page.emulate_media(color_scheme="dark")
    studio.page.wait_for_function(f"{ink} !== '{light}'")
