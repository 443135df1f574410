"""What hinders people who cannot see a page, or do not use a mouse."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def hindrances(page: Page) -> str:
    """Return what axe finds serious on a page, one a line; an empty text if it finds nothing."""
    return "\n".join(
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    )
