"""Browsers for the visitors of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext

CHROMIUM = Path(os.environ.get("QENN_CHROMIUM", "/usr/bin/chromium"))
# No sandbox, since a container's root cannot have one; nothing that asks other machines.
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
    """Browsers that visitors use one after the other.

    Each forgets its visitor, but keeps the scripts of the app, compiled: half of what opening a page takes.

    Parameters
    ----------
    start : callable
        Starts one more.
    """

    def __init__(self, start: Callable[[], BrowserContext]) -> None:
        self._start = start
        self._free: list[BrowserContext] = []

    def take(self) -> BrowserContext:
        """Return one that nobody uses."""
        return self._free.pop() if self._free else self._start()

    def give_back(self, browser: BrowserContext, url: str) -> None:
        """Have the browser of a visitor of `url` ready for the next."""
        blank, *visited = browser.pages
        for page in visited:
            page.close()
        browser.clear_cookies()
        protocol = browser.new_cdp_session(blank)
        protocol.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage"})
        protocol.detach()
        self._free.append(browser)
