"""A run at one moment: as pages see it, and as the JSON that their scripts poll."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from qenn_core.analysis import DecisionMap, MapFrame, MapPoint
from qenn_core.errors import ErrorMessage
from qenn_core.jobs.report import RunReport
from qenn_core.store import ENDED_STATES, RunState
from qenn_core.training import Epoch


class _RunStatus(BaseModel):
    """What pages and their scripts both need of a run.

    Parameters
    ----------
    run : str
        The id of the run.
    state : RunState
        *interrupted* is a run that lost its worker or its server.
    scoring : bool
        Whether the run was stopped and its scores are still being computed.
    resumable : bool
        Whether the run has ended early and can be resumed.
    saved : bool
        Whether everything about the run is in the store.
    trouble : str
        Why the run cannot start, go on or be saved at present, in sentences; otherwise empty.
    queue_position : int
        1 for the next run to start; 0 for a run that is not waiting for a worker.
    epochs : int
        Largest number of epochs that the run may take.
    history : tuple of Epoch
        Complete epochs, from the requested one on.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    state: RunState
    scoring: bool
    resumable: bool
    saved: bool
    trouble: str
    queue_position: int
    epochs: int
    history: tuple[Epoch, ...]


class RunSnapshot(_RunStatus):
    """A run at one moment.

    Parameters
    ----------
    report : RunReport
        What the run has reported besides its epochs.
    error : ErrorMessage or None
        Why the run failed or was interrupted.
    """

    report: RunReport
    error: ErrorMessage | None

    @property
    def stage(self) -> str:
        """Which controls a page offers for the run: waiting and training are one stage."""
        if self.ended:
            return f"{self.state}/{self.scoring}/{self.resumable}"
        return "paused" if self.state == "paused" else "active"

    @property
    def ended(self) -> bool:
        """Whether training has ended; it may be resumed."""
        return self.state in ENDED_STATES

    @property
    def settled(self) -> bool:
        """Whether the run will not change any more, unless it is resumed."""
        return self.ended and not self.scoring


class RunFeed(_RunStatus):
    """The parts of a snapshot that the script of a page draws.

    Parameters
    ----------
    stage : str
        See `RunSnapshot`.
    class_names, reference_accuracy, map_version, decision_map, map_points, map_frames
        See `RunReport`.
    outcome : str
        Why training ended, in a sentence; empty before.
    """

    stage: str
    class_names: tuple[str, ...]
    reference_accuracy: float | None
    map_version: int
    decision_map: DecisionMap | None
    map_points: tuple[MapPoint, ...] | None
    map_frames: tuple[MapFrame, ...]
    outcome: str

    @classmethod
    def of(cls, snapshot: RunSnapshot) -> RunFeed:
        """Select what a script draws."""
        report = snapshot.report
        return cls(
            **{name: getattr(snapshot, name) for name in _RunStatus.model_fields},
            stage=snapshot.stage,
            class_names=report.class_names,
            reference_accuracy=report.reference_accuracy,
            map_version=report.map_version,
            decision_map=report.decision_map,
            map_points=report.map_points,
            map_frames=report.map_frames,
            outcome=report.finished.message if report.finished else "",
        )
