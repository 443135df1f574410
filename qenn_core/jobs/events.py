"""What a worker reports of a run: typed events, sent in batches."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from qenn_core.analysis import DecisionMap, MapFrame, MapPoint
from qenn_core.comparison import Comparison, ModelResult
from qenn_core.errors import ErrorMessage
from qenn_core.store import SavedState
from qenn_core.training import Epoch, Finished, Started


class _Event(BaseModel):
    """An event. A sender may hold it back for a moment, to send it together with later ones.

    Attributes
    ----------
    urgent : bool
        Whether it is sent at once.
    latest_only : bool
        Whether it replaces an earlier event of its kind that has not been sent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgent: ClassVar[bool] = False
    latest_only: ClassVar[bool] = False


class RunStarted(_Event):
    """A worker has started the run and can receive commands for it."""

    kind: Literal["run_started"] = "run_started"
    worker: str
    """Address of the worker."""


class DataPrepared(_Event):
    """The data are split and transformed."""

    kind: Literal["data_prepared"] = "data_prepared"
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    """What was done to the data, in plain sentences."""
    map_points: tuple[MapPoint, ...] | None


class BaselinesFitted(_Event):
    """The classical models are fitted."""

    kind: Literal["baselines_fitted"] = "baselines_fitted"
    baselines: tuple[ModelResult, ...]


class TrainingStarted(_Event):
    """The model is built."""

    kind: Literal["training_started"] = "training_started"
    started: Started


class EpochCompleted(_Event):
    """An epoch is complete."""

    kind: Literal["epoch_completed"] = "epoch_completed"
    epoch: Epoch


class DecisionMapDrawn(_Event):
    """There is a new decision map; ``None`` for data without a plane."""

    latest_only: ClassVar[bool] = True

    kind: Literal["decision_map_drawn"] = "decision_map_drawn"
    decision_map: DecisionMap | None


class MapFrameDrawn(_Event):
    """There is a decision map to keep, for looking back at the training."""

    kind: Literal["map_frame_drawn"] = "map_frame_drawn"
    frame: MapFrame


class CheckpointTaken(_Event):
    """The run can resume from here."""

    kind: Literal["checkpoint_taken"] = "checkpoint_taken"
    checkpoint: SavedState


class RunPaused(_Event):
    """The run waits for a command and keeps its worker."""

    kind: Literal["run_paused"] = "run_paused"


class RunResumed(_Event):
    """The run trains again after a pause."""

    kind: Literal["run_resumed"] = "run_resumed"


class WorkerReleased(_Event):
    """The run was paused for too long and has left its worker to others."""

    kind: Literal["worker_released"] = "worker_released"


class RunEnding(_Event):
    """All that is left takes a moment, in which the next run can be sent to the worker."""

    urgent: ClassVar[bool] = True

    kind: Literal["run_ending"] = "run_ending"


class TrainingFinished(_Event):
    """Training has ended and the models are compared."""

    kind: Literal["training_finished"] = "training_finished"
    finished: Finished
    comparison: Comparison


class ModelPacked(_Event):
    """The trained model is ready to predict."""

    kind: Literal["model_packed"] = "model_packed"
    content: bytes
    """The model archive."""


class RunFailed(_Event):
    """The run has ended with an error."""

    kind: Literal["run_failed"] = "run_failed"
    error: ErrorMessage


RunEvent = (
    RunStarted
    | DataPrepared
    | BaselinesFitted
    | TrainingStarted
    | EpochCompleted
    | DecisionMapDrawn
    | MapFrameDrawn
    | CheckpointTaken
    | RunPaused
    | RunResumed
    | WorkerReleased
    | RunEnding
    | TrainingFinished
    | ModelPacked
    | RunFailed
)


class EventBatch(BaseModel):
    """Events of one run, in the order in which they happened.

    Parameters
    ----------
    run : str
        The id of the run.
    events : tuple of RunEvent
        At least one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    events: tuple[Annotated[RunEvent, Field(discriminator="kind")], ...]

    def to_message(self) -> list[object]:
        """Return the batch as plain values for Dask's event log, which adds keys of its own to a mapping."""
        return [self.run, self.model_dump()["events"]]

    @classmethod
    def from_message(cls, message: object) -> EventBatch:
        """Return the batch that `to_message` made a message of; raise ``ValidationError`` for any other."""
        run, events = message if isinstance(message, list | tuple) and len(message) == 2 else (None, None)
        return cls.model_validate({"run": run, "events": events})
