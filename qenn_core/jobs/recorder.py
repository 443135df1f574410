"""Recording runs in the store: from a run to its rows, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from qenn_core.errors import ErrorMessage
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.report import RunReport
from qenn_core.jobs.run import Run
from qenn_core.store import RunChange, SavedState, StoredRun, Writer
from qenn_core.training import Epoch

# Packages that the numbers of a run may depend on.
PACKAGES = ("pennylane", "torch", "scikit-learn", "pandas", "numpy")


@dataclass(frozen=True)
class _Recorded:
    """How much of a run the writer has received."""

    epochs: int = 0
    report_key: tuple[object, ...] = ()
    checkpoint: SavedState | None = None
    model: bytes | None = None

    @classmethod
    def of(cls, run: Run) -> _Recorded:
        return cls(run.epochs_done, _report_key(run), run.checkpoint, run.model)


class RunRecorder:
    """Passes each change of a run to the store's writer. Not thread-safe by itself.

    Parameters
    ----------
    writer : Writer
        Writes in the background.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._recorded: dict[str, _Recorded] = {}

    def mark_recorded(self, run: Run) -> None:
        """Note that the store has everything about a run so far."""
        self._recorded[run.id] = _Recorded.of(run)

    def record(self, run: Run) -> None:
        """Pass on what has changed since the last call."""
        is_new = run.id not in self._recorded
        before, now = self._recorded.get(run.id, _Recorded()), _Recorded.of(run)
        model_changed = now.model and now.model is not before.model
        self._writer.enqueue(
            RunChange(
                run=run.id,
                owner=run.owner,
                values=_progress(run) | _origin(run) if is_new else _progress(run),
                truncate_after=now.epochs if now.epochs < before.epochs else None,
                epochs=tuple(epoch.model_dump() for epoch in run.epochs_after(before.epochs)),
                report=run.report.to_bytes() if now.report_key != before.report_key else None,
                checkpoint=now.checkpoint if now.checkpoint is not before.checkpoint else None,
                model=SavedState(run.epochs_done, now.model) if now.model and model_changed else None,
            )
        )
        if run.ended:
            self._recorded.pop(run.id, None)
        else:
            self._recorded[run.id] = now

    def check_capacity(self) -> None:
        """Raise `StoreError` if so much is waiting to be saved that no new run should start."""
        self._writer.check_capacity()

    def discard(self, run: Run) -> None:
        """Record nothing more of a run, and drop what has not been written."""
        self._recorded.pop(run.id, None)
        self._writer.discard(run.id)

    def is_saved(self, run: Run) -> bool:
        """Return whether everything about a run is in the store."""
        return self._writer.is_saved(run.id)

    def trouble_with(self, run: Run) -> str:
        """Say why a run has not been saved, if that takes longer than it should."""
        if not self._writer.error or self.is_saved(run):
            return ""
        return f"This run has not been saved yet. {self._writer.error} It will be saved as soon as possible."


def restore_run(stored: StoredRun, epochs: Iterable[Mapping[str, Any]], report: bytes | None) -> Run:
    """Return an ended run from what the store has of it."""
    return Run(
        stored.id,
        stored.owner,
        ExperimentSpec.from_json(stored.spec),
        state=stored.state,
        error=ErrorMessage.model_validate_json(stored.error) if stored.error else None,
        report=RunReport.from_bytes(report) if report else None,
        history=map(Epoch.model_validate, epochs),
    )


@cache
def package_versions() -> dict[str, str]:
    """Return the installed versions of `PACKAGES`."""
    return {name: version(name) for name in PACKAGES}


def _report_key(run: Run) -> tuple[object, ...]:
    """Return the values whose change makes the report worth writing again."""
    return run.state, run.report.started, run.report.finished, run.error


def _origin(run: Run) -> dict[str, Any]:
    """Return the columns that never change."""
    name = run.spec.data.name
    return {
        "spec": run.spec.to_json(),
        "name": name,
        "data_name": name,
        "fingerprint": run.spec.data.fingerprint,
        "versions": package_versions(),
    }


def _progress(run: Run) -> dict[str, Any]:
    """Return the columns that change while the run trains."""
    report, latest = run.report, run.latest_epoch
    values: dict[str, Any] = {
        "state": run.state,
        "ended": datetime.now(UTC) if run.ended else None,
        "epochs": run.epochs_done,
        "seconds": run.seconds,
        "parameters": report.started.n_parameters if report.started else None,
        "error": run.error.model_dump_json() if run.error else None,
        "train_accuracy": latest.train_accuracy if latest else None,
        "validation_accuracy": latest.validation_accuracy if latest else None,
        "test_accuracy": None,
    }
    if report.finished:
        values |= {
            "train_accuracy": report.finished.train.accuracy,
            "validation_accuracy": report.finished.validation.accuracy,
            "test_accuracy": report.finished.test.accuracy,
        }
    return values
