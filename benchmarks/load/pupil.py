"""What a pupil does: opens the app, presses Train, watches, and plays with the settings meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.load.tab import PageError, Tab
from benchmarks.load.widgets import chosen, moved

# The same figures as in pages/_assets/runs.js and progress.js.
POLL_MS = {"running": 250, "paused": 700}
QUEUED_MS = 300
MAX_QUEUED_MS = 2000
SCORING_MS = 300
SAVING_MS = 2000
CHECK_MS = 150
REDRAW_MS = 1500

# How often a pupil moves a slider, in the mean; between half and one and a half of it.
SETTING_SECONDS = 10.0
LEARNING_RATES = ("0.01", "0.02", "0.1", "0.2")
LAYERS = (1, 2, 4, 5)

UNDER_WAY = ("queued", "running", "paused")

Pace = Callable[[Mapping[str, Any]], int | None]
Kind = Literal["open", "train", "state", "setting", "feed"]


@dataclass(frozen=True)
class Answer:
    """An answer of the server.

    Parameters
    ----------
    kind : str
        What was asked for: the page opened, Train pressed, the page told of a new state of the run, a setting
        changed; or the live state of the run.
    seconds : float
        From asking to having it whole.
    """

    kind: Kind
    seconds: float


class Pupil:
    """One pupil with a browser of their own.

    Parameters
    ----------
    tab : Tab
        The browser's tab.
    seed : int
        Decides when which setting is changed.
    pace : callable
        Tells after how many milliseconds a run is asked for again; as a page does by default.
    """

    def __init__(self, tab: Tab, seed: int, pace: Pace | None = None) -> None:
        self.answers: list[Answer] = []
        self.run = ""
        self.ended_at = 0.0
        self._tab = tab
        self._pace = pace or as_a_page_does
        self._chance = random.Random(seed)
        self._snapshot: dict[str, Any] = {}

    async def open(self) -> None:
        """Open the app."""
        await self._timed("open", self._tab.open())

    async def train(self) -> None:
        """Press Train, and stay until the run is done and saved, and the page shows that."""
        await self._timed("train", self._tab.press("Train"))
        self.run = self._shown["run"]
        async with asyncio.TaskGroup() as doings:
            playing = doings.create_task(self._play())
            redrawing = doings.create_task(self._keep_page_up_to_date())
            await self._follow()
            playing.cancel()
            await redrawing
        if self._snapshot["state"] != "finished":
            raise PageError(f"the run ended as {self._snapshot['state']}")

    @property
    def workspace(self) -> str:
        """The key of the workspace that the server gave to this browser."""
        return self._tab.cookie("qenn_workspace")

    @property
    def _shown(self) -> dict[str, Any]:
        """What the page tells its progress bar."""
        return self._tab.data_of("qenn_progress")

    async def _timed(self, kind: Kind, doing: Awaitable[Any]) -> Any:
        begun = time.monotonic()
        came = await doing
        self.answers.append(Answer(kind, time.monotonic() - begun))
        return came

    async def _follow(self) -> None:
        """Ask for the run until nothing more will come of it, as runs.js does."""
        seen = {"since": 0, "map": 0}
        headers = {"X-Feed-Key": self._shown["key"]}
        wait: int | None = 0
        while wait is not None:
            await asyncio.sleep(wait / 1000)
            run = await self._timed("feed", self._tab.ask(f"api/runs/{self.run}", seen, headers))
            seen = {"since": max((epoch["epoch"] for epoch in run["history"]), default=seen["since"])}
            seen["map"] = run["map_version"]
            self._snapshot = run
            wait = self._pace(run)
            if run["state"] not in UNDER_WAY and not run["scoring"] and not self.ended_at:
                self.ended_at = time.monotonic()

    async def _keep_page_up_to_date(self) -> None:
        """Tell the page of each new stage until it shows the last, as progress.js does."""
        while not self.ended_at or self._shown["stage"] != self._snapshot["stage"]:
            await asyncio.sleep(CHECK_MS / 1000)
            shown, stage = self._shown["stage"], self._snapshot.get("stage")
            if stage not in (None, shown):
                await self._timed("state", self._tab.trigger("qenn_progress", "stage", stage))
                if self._shown["stage"] == shown:
                    await asyncio.sleep(REDRAW_MS / 1000)

    async def _play(self) -> None:
        """Change a setting now and then."""
        while True:
            await asyncio.sleep(SETTING_SECONDS * self._chance.uniform(0.5, 1.5))
            # Left alone in the middle of an answer, the page would be asked again before it is drawn.
            await asyncio.shield(self._timed("setting", self._tab.change(self._some_setting())))

    def _some_setting(self) -> WidgetState:
        if self._chance.random() < 0.5:
            rate = self._chance.choice(LEARNING_RATES)
            return chosen(self._tab.widget_id("field:training.learning_rate"), rate)
        return moved(self._tab.widget_id("field:circuit.n_layers"), self._chance.choice(LAYERS))


def as_a_page_does(run: Mapping[str, Any]) -> int | None:
    """Return after how many milliseconds a run is asked for again; ``None`` if no more."""
    if run["state"] == "queued":
        place: int = run["place"]
        return min(MAX_QUEUED_MS, QUEUED_MS * max(1, place))
    if run["state"] in POLL_MS:
        return POLL_MS[run["state"]]
    if run["scoring"]:
        return SCORING_MS
    return None if run["saved"] else SAVING_MS
