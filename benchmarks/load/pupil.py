"""A simulated pupil: opens the app, presses Train, watches the run, and changes settings during training."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.load.tab import PageError, Tab
from benchmarks.load.widgets import moved

# The same values as in pages/_assets/runs.js and progress.js.
POLL_MS = {"running": 250, "paused": 700}
QUEUED_MS = 300
MAX_QUEUED_MS = 2000
SCORING_MS = 300
SAVING_MS = 2000
CHECK_MS = 150
REDRAW_MS = 1500

# Mean interval between two settings that a pupil changes; drawn between half and one and a half of it.
SETTING_SECONDS = 10.0
QUBITS = (3, 5)
LAYERS = (1, 2, 4, 5)

ACTIVE = ("queued", "running", "paused")

PollInterval = Callable[[Mapping[str, Any]], int | None]
Kind = Literal["open", "train", "state", "setting", "feed"]


@dataclass(frozen=True)
class Answer:
    """An answer of the server.

    Parameters
    ----------
    kind : str
        The request: open the page, press Train, send a new state of the run to the page, change a setting; or
        the live state of the run.
    seconds : float
        Time from the request to the complete answer.
    """

    kind: Kind
    seconds: float


class Pupil:
    """One pupil with their own browser.

    Parameters
    ----------
    tab : Tab
        The browser's tab.
    seed : int
        Seed of the settings that are changed.
    interval : callable
        Returns the milliseconds until the next poll of a run; by default, as on a page.
    """

    def __init__(self, tab: Tab, seed: int, interval: PollInterval | None = None) -> None:
        self.answers: list[Answer] = []
        self.run = ""
        self.ended_at = 0.0
        self._tab = tab
        self._interval = interval or poll_interval
        self._random = random.Random(seed)
        self._snapshot: dict[str, Any] = {}

    async def open(self) -> None:
        """Open the app."""
        await self._timed("open", self._tab.open())

    async def train(self) -> None:
        """Press Train, and wait until the run is finished and saved, and the page shows it."""
        await self._timed("train", self._tab.press("Train"))
        self.run = self._shown["run"]
        async with asyncio.TaskGroup() as tasks:
            changing = tasks.create_task(self._change_settings())
            redrawing = tasks.create_task(self._update_page())
            await self._poll_run()
            changing.cancel()
            await redrawing
        if self._snapshot["state"] != "finished":
            raise PageError(f"the run ended as {self._snapshot['state']}")

    @property
    def workspace(self) -> str:
        """The key of the workspace that the server gave to this browser."""
        return self._tab.cookie("qenn_workspace")

    @property
    def _shown(self) -> dict[str, Any]:
        """The data that the page gives to its progress bar."""
        return self._tab.data_of("qenn_progress")

    async def _timed(self, kind: Kind, request: Awaitable[Any]) -> Any:
        started = time.monotonic()
        result = await request
        self.answers.append(Answer(kind, time.monotonic() - started))
        return result

    async def _poll_run(self) -> None:
        """Poll the run until it cannot change any more, like runs.js."""
        seen = {"since": 0, "map": 0, "frame": 0}
        headers = {"X-Feed-Key": self._shown["key"]}
        wait: int | None = 0
        while wait is not None:
            await asyncio.sleep(wait / 1000)
            run = await self._timed("feed", self._tab.ask(f"api/runs/{self.run}", seen, headers))
            for name, records in (("since", run["history"]), ("frame", run["map_frames"])):
                seen[name] = max((record["epoch"] for record in records), default=seen[name])
            seen["map"] = run["map_version"]
            self._snapshot = run
            wait = self._interval(run)
            if run["state"] not in ACTIVE and not run["scoring"] and not self.ended_at:
                self.ended_at = time.monotonic()

    async def _update_page(self) -> None:
        """Send each new stage to the page until it shows the last one, like progress.js."""
        while not self.ended_at or self._shown["stage"] != self._snapshot["stage"]:
            await asyncio.sleep(CHECK_MS / 1000)
            shown, stage = self._shown["stage"], self._snapshot.get("stage")
            if stage not in (None, shown):
                await self._timed("state", self._tab.trigger("qenn_progress", "stage", stage))
                if self._shown["stage"] == shown:
                    await asyncio.sleep(REDRAW_MS / 1000)

    async def _change_settings(self) -> None:
        """Change a setting from time to time."""
        while True:
            await asyncio.sleep(SETTING_SECONDS * self._random.uniform(0.5, 1.5))
            # If cancelled during a request, the next one would start before the page is drawn.
            await asyncio.shield(self._timed("setting", self._tab.change(self._draw_setting())))

    def _draw_setting(self) -> WidgetState:
        if self._random.random() < 0.5:
            return moved(self._tab.widget_id("field:circuit.n_qubits"), self._random.choice(QUBITS))
        return moved(self._tab.widget_id("field:circuit.n_layers"), self._random.choice(LAYERS))


def poll_interval(run: Mapping[str, Any]) -> int | None:
    """Return the milliseconds until the next poll of a run, as on a page; ``None`` if it needs no more."""
    if run["state"] == "queued":
        position: int = run["queue_position"]
        return min(MAX_QUEUED_MS, QUEUED_MS * max(1, position))
    if run["state"] in POLL_MS:
        return POLL_MS[run["state"]]
    if run["scoring"]:
        return SCORING_MS
    return None if run["saved"] else SAVING_MS
