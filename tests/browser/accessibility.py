"""Accessibility checks with axe."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# What fades in has too little contrast until it has done so.
_FADED_IN = """() => document.getAnimations().every((animation) =>
  animation.playState !== "running" || !Number.isFinite(animation.effect.getComputedTiming().endTime))"""


def accessibility_violations(page: Page) -> str:
    """Return the serious violations that axe finds on a page, one per line; empty if there are none."""
    page.wait_for_function(_FADED_IN, polling=50)
    return "\n".join(
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    )
