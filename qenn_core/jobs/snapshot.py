"""What is known of a run at one moment: what a page shows of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, computed_field
from pydantic_core import to_json

from qenn_core.analysis import DecisionMap, MapPoint
from qenn_core.comparison import Comparison, ModelResult
from qenn_core.errors import ErrorMessage
from qenn_core.training import Epoch, Finished, Started

State = Literal["queued", "running", "paused", "stopped", "failed", "finished", "interrupted"]
ENDED: tuple[State, ...] = ("stopped", "failed", "finished", "interrupted")
RESUMABLE: tuple[State, ...] = ("stopped", "interrupted")

# The history lies beside it, epoch by epoch.
_KEPT_ELSEWHERE = {"history", "saved", "trouble", "scoring", "place", "reference_accuracy"}
_PREDICTIONS: dict[str, Any] = {
    "baselines": {"__all__": {"predictions"}},
    "comparison": {"rows": {"__all__": {"predictions"}}},
    "finished": {"predictions"},
}


class RunSnapshot(BaseModel):
    """A run at one moment.

    Parameters
    ----------
    run : str
        The id of the run.
    state : str
        Where it stands; *interrupted* is a run that lost its worker or its server.
    scoring : bool
        Whether it was stopped, and its scores are still being worked out.
    resumable : bool
        Whether it has ended before its time and can go on.
    saved : bool
        Whether all of it lies in the store.
    trouble : str
        Why it cannot be saved at present; empty where it can.
    place : int
        Its place in the queue, 1 being the next to begin; 0 once it has begun.
    epochs : int
        Epochs that it may take in all.
    history : tuple of Epoch
        Its epochs, from the one asked for.
    map_version : int
        Number of the latest decision map, 0 where there is none yet.
    decision_map, map_points
        ``None`` also where the asker has this version already.
    notes : tuple of str
        What was done to the data, in plain sentences.
    baselines : tuple of ModelResult
        The classical models on the same split.
    error : ErrorMessage or None
        Why it failed.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    state: State = "queued"
    scoring: bool = False
    resumable: bool = False
    saved: bool = False
    trouble: str = ""
    place: int = 0
    epochs: int
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    baselines: tuple[ModelResult, ...] = ()
    started: Started | None = None
    history: tuple[Epoch, ...] = ()
    map_version: int = 0
    decision_map: DecisionMap | None = None
    map_points: tuple[MapPoint, ...] | None = None
    finished: Finished | None = None
    comparison: Comparison | None = None
    error: ErrorMessage | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reference_accuracy(self) -> float | None:
        """Validation accuracy of the first baseline on the circuit's inputs, 0 to 1."""
        return self.baselines[0].validation.accuracy if self.baselines else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def stage(self) -> str:
        """Where it stands, as far as a page offers something else there: waiting and training are one."""
        if self.ended:
            return f"{self.state}/{self.scoring}/{self.resumable}"
        return "paused" if self.state == "paused" else "active"

    @property
    def ended(self) -> bool:
        """Whether it trains no more, unless it is resumed."""
        return self.state in ENDED

    @property
    def settled(self) -> bool:
        """Whether nothing more will come of it, unless it is resumed."""
        return self.ended and not self.scoring

    def to_json(self) -> str:
        """Write as JSON, without the predictions of single rows; no number is written as null."""
        return self.model_dump_json(exclude=_PREDICTIONS)

    def to_report(self) -> bytes:
        """Write what is kept of the run beside its epochs; what is not a number stays that."""
        return to_json(self.model_dump(exclude=_KEPT_ELSEWHERE), inf_nan_mode="constants")
