"""What the server sends to a worker: a training to run, its limits, and commands while it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from qenn_core import limits

if TYPE_CHECKING:  # the scheduler imports this module, and is to stay small
    from qenn_core.data import Table
    from qenn_core.experiment import ExperimentSpec
    from qenn_core.store import SavedState


class SlotKind(StrEnum):
    """Kinds of tasks for which a worker offers slots, as Dask resources of these names.

    Requests compute in the worker process itself; reading only waits for a process of its own.
    """

    TRAINING = "training"
    REQUESTS = "questions"  # the resource's name in existing deployments
    READING = "reading"


@dataclass(frozen=True)
class RunLimits:
    """What a run may use of a worker before others get their chance.

    Parameters
    ----------
    seconds : float
        Training time without pauses; the run is then stopped and scored.
    pause_seconds : float
        How long a paused run keeps its worker; it later resumes from its checkpoint.
    checkpoint_seconds : float
        Interval between checkpoints: how much work may be lost with a killed worker, besides the current
        epoch.
    """

    seconds: float = limits.MAX_RUN_SECONDS
    pause_seconds: float = 10.0
    checkpoint_seconds: float = 1.0


@dataclass(frozen=True)
class RunCommand:
    """How far a run may go. The command with the highest version is in force.

    Commands describe a target rather than an action, so one that arrives twice or late does no harm.

    Parameters
    ----------
    version : int
        Replaces commands with a lower version.
    pause_after : float
        Number of complete epochs after which the run pauses; infinity if it does not.
    stop : bool
        Whether to stop training now.
    discard : bool
        Whether to skip the scores too, because the run was deleted.
    """

    version: int = 0
    pause_after: float = math.inf
    stop: bool = False
    discard: bool = False

    @property
    def pauses(self) -> bool:
        """Whether the run is to pause before it ends."""
        return self.pause_after < math.inf and not self.stop

    def with_pause(self, epochs_done: int) -> RunCommand:
        """Return the command to pause, with `epochs_done` epochs complete."""
        return self._with(pause_after=epochs_done)

    def without_pause(self) -> RunCommand:
        """Return the command to train to the end."""
        return self._with(pause_after=math.inf)

    def with_step(self, epochs_done: int) -> RunCommand:
        """Return the command to train one more epoch than `epochs_done`, or than commanded before."""
        pause_after = self.pause_after if self.pauses else epochs_done
        return self._with(pause_after=max(epochs_done, pause_after) + 1)

    def with_stop(self) -> RunCommand:
        """Return the command to stop training and score the run."""
        return self._with(stop=True)

    def with_discard(self) -> RunCommand:
        """Return the command to stop training without scores."""
        return self._with(stop=True, discard=True)

    def _with(self, **changes: Any) -> RunCommand:
        return replace(self, version=self.version + 1, **changes)


@dataclass(frozen=True)
class TrainingTask:
    """A run as a worker receives it.

    Parameters
    ----------
    spec : ExperimentSpec
        What to train.
    table : Table or None
        The rows of an uploaded file; the worker makes a built-in data set itself.
    checkpoint : SavedState or None
        Where to resume.
    limits : RunLimits
        What the run may use of the worker.
    """

    spec: ExperimentSpec
    table: Table | None = None
    checkpoint: SavedState | None = None
    limits: RunLimits = RunLimits()
