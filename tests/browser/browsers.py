"""Browsers that the visitors of the tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext

CHROMIUM = Path(os.environ.get("QENN_CHROMIUM", "/usr/bin/chromium"))
# No sandbox, because the root user of a container cannot have one; no background requests to other machines.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Browsers:
    """A pool of browsers, each used by one visitor at a time.

    A browser forgets its visitor, but keeps the app's compiled scripts, which halves the time to open a page.

    Parameters
    ----------
    start : callable
        Starts another browser.
    """

    def __init__(self, start: Callable[[], BrowserContext]) -> None:
        self._start = start
        self._free: list[BrowserContext] = []

    def take(self) -> BrowserContext:
        """Return a free browser, started if necessary."""
        return self._free.pop() if self._free else self._start()

    def give_back(self, browser: BrowserContext, url: str) -> None:
        """Close the tabs of a browser, delete what it stored for `url`, and make it available again."""
        blank, *visited = browser.pages
        for page in visited:
            page.close()
        browser.clear_cookies()
        protocol = browser.new_cdp_session(blank)
        protocol.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})
        protocol.detach()
        self._free.append(browser)
