"""A run in the server's memory, updated by the events of its worker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from qenn_core.data import Table
from qenn_core.errors import ErrorMessage
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import events
from qenn_core.jobs.commands import RunCommand
from qenn_core.jobs.report import RunReport
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.store import ENDED_STATES, RunState, SavedState
from qenn_core.training import RESUMABLE_REASONS, Epoch

RESUMABLE_STATES: tuple[RunState, ...] = ("stopped", "interrupted")


class Run:
    """One run. Not thread-safe by itself.

    Parameters
    ----------
    run_id, owner : str
        The id of the run and of the workspace that owns it.
    spec : ExperimentSpec
        What to train.
    table : Table or None
        The rows of an uploaded file.
    state : RunState
        The state before a worker has the run.
    error : ErrorMessage or None
        Why an ended run failed or was interrupted.
    report : RunReport
        What the run has reported already.
    history : iterable of Epoch
        The epochs that are complete already.
    checkpoint : SavedState or None
        Where to resume.

    Attributes
    ----------
    command : RunCommand
        How far the run may go.
    worker : str or None
        Address of the worker process once the run has started there.
    assigned : bool
        Whether a worker has the run or is about to.
    ending : bool
        Whether the worker is about to be done with the run.
    attempts : int
        How often the run was sent to a worker without starting there.
    model : bytes or None
        The model archive.
    """

    def __init__(
        self,
        run_id: str,
        owner: str,
        spec: ExperimentSpec,
        table: Table | None = None,
        *,
        state: RunState = "queued",
        error: ErrorMessage | None = None,
        report: RunReport | None = None,
        history: Iterable[Epoch] = (),
        checkpoint: SavedState | None = None,
    ) -> None:
        self.id = run_id
        self.owner = owner
        self.spec = spec
        self.table = table
        self.error = error
        self.report = report or RunReport()
        self.checkpoint = checkpoint
        self.model: bytes | None = None
        self.command = RunCommand()
        self.worker: str | None = None
        self.assigned = False
        self.ending = False
        self.attempts = 0
        self._state = state
        self._history = list(history)
        self._released = False

    def to_resume(self, table: Table | None, checkpoint: SavedState | None) -> Run:
        """Return a queued copy of this ended run, to train on from `checkpoint` or from the beginning."""
        return Run(
            self.id,
            self.owner,
            self.spec,
            table,
            report=self.report.without_outcome(),
            history=self._history,
            checkpoint=checkpoint,
        )

    @property
    def state(self) -> RunState:
        """The state of the run; a stop takes effect at the moment of the command."""
        return "stopped" if self.command.stop and not self.ended else self._state

    @property
    def ended(self) -> bool:
        """Whether training and scoring have ended."""
        return self._state in ENDED_STATES

    @property
    def ready(self) -> bool:
        """Whether the run waits for a worker."""
        return not self.assigned and self._state == "queued"

    @property
    def resumable(self) -> bool:
        """Whether the run has ended early."""
        return self._state in RESUMABLE_STATES and self.epochs_done < self.spec.training.epochs

    @property
    def epochs_done(self) -> int:
        """Number of complete epochs."""
        return len(self._history)

    @property
    def latest_epoch(self) -> Epoch | None:
        """The last complete epoch."""
        return self._history[-1] if self._history else None

    @property
    def seconds(self) -> float:
        """Training time."""
        return sum(epoch.seconds for epoch in self._history)

    def epochs_after(self, number: int) -> tuple[Epoch, ...]:
        """Return the complete epochs with a higher number."""
        return tuple(self._history[number:])

    def set_waiting_state(self, state: RunState) -> None:
        """Set the state of a run that no worker has."""
        self._state = state

    def assign(self) -> None:
        """Assign the run to a worker, which starts from the checkpoint."""
        self.assigned, self.ending, self._released = True, False, False
        self.attempts += 1
        epochs = self.checkpoint.epoch if self.checkpoint else 0
        self._history = self._history[:epochs]
        self.report = self.report.with_frames_up_to(epochs)

    def apply(self, event: events.RunEvent) -> None:
        """Update the run by an event of its worker."""
        match event:
            case events.RunStarted(worker=worker):
                self.worker, self.attempts = worker, 0
                self._state = "running"
            case events.DataPrepared(class_names=class_names, notes=notes, map_points=points):
                self._report(class_names=class_names, notes=notes, map_points=points)
            case events.BaselinesFitted(baselines=baselines):
                self._report(baselines=baselines)
            case events.TrainingStarted(started=started):
                self._report(started=started)
            case events.EpochCompleted(epoch=epoch):
                self._history.append(epoch)
            case events.DecisionMapDrawn(decision_map=decision_map):
                self._report(decision_map=decision_map, map_version=self.report.map_version + 1)
            case events.MapFrameDrawn(frame=frame):
                self._report(map_frames=(*self.report.map_frames, frame))
            case events.CheckpointTaken(checkpoint=checkpoint):
                self.checkpoint = checkpoint
            case events.RunPaused():
                self._state = "paused"
            case events.RunResumed():
                self._state = "running"
            case events.WorkerReleased():
                self._released = True
            case events.RunEnding():
                self.ending = True
            case events.TrainingFinished(finished=finished, comparison=comparison):
                self._report(finished=finished, comparison=comparison)
            case events.ModelPacked(content=content):
                self.model = content
            case events.RunFailed(error=error):
                self.error = error
            case _:
                assert_never(event)

    def on_worker_done(self) -> None:
        """Note that the worker is done with the run: for good, or because a long pause released it."""
        finished = self.report.finished
        if self.error:
            self._end("failed")
        elif self._released:
            self.assigned, self.worker = False, None
            self._state = "paused" if self.command.pauses else "queued"
        elif finished and finished.reason not in RESUMABLE_REASONS:
            self._end("finished")
        else:
            self._end("stopped")

    def on_worker_lost(self) -> None:
        """Note that the worker was lost before the run could start there."""
        self.assigned = False

    def interrupt(self, error: ErrorMessage) -> None:
        """End the run, which has lost its worker and can be resumed."""
        self.error = error
        self._end("interrupted")

    def snapshot(
        self,
        since_epoch: int = 0,
        since_map: int = 0,
        since_frame: int = 0,
        *,
        queue_position: int = 0,
        saved: bool = False,
        trouble: str = "",
    ) -> RunSnapshot:
        """Return the run at this moment, without the epochs and the maps that the reader has already."""
        report = self.report.with_frames_after(since_frame)
        if since_map >= report.map_version > 0:
            report = report.without_map()
        return RunSnapshot(
            run=self.id,
            state=self.state,
            scoring=self.command.stop and not self.ended,
            resumable=self.resumable,
            saved=saved,
            trouble=trouble,
            queue_position=queue_position,
            epochs=self.spec.training.epochs,
            history=self.epochs_after(since_epoch),
            report=report,
            error=self.error,
        )

    def _report(self, **changes: object) -> None:
        self.report = self.report.model_copy(update=changes)

    def _end(self, state: RunState) -> None:
        # An ended run stays in memory for a while, and a table may be large.
        self.assigned, self.worker, self.table = False, None, None
        self._state = state
