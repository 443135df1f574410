"""What is kept of runs: from a run to its rows in the store, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.registry import DATASETS
from qenn_core.store import RunChange, SavedState, StoredRun, Writer
from qenn_core.training import Epoch

# What the numbers of a run may depend on.
PACKAGES = ("pennylane", "torch", "scikit-learn", "pandas", "numpy")


@dataclass(frozen=True)
class _HandedOver:
    """How much of a run the writer has."""

    epochs: int = 0
    description: tuple[object, ...] = ()
    checkpoint: SavedState | None = None
    model: bytes | None = None

    @classmethod
    def of(cls, run: Run) -> _HandedOver:
        return cls(run.done, _description(run), run.checkpoint, run.model)


class Keeper:
    """Hands each change of a run to the store's writer; not thread-safe by itself.

    Parameters
    ----------
    writer : Writer
        Writes in the background.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._handed_over: dict[str, _HandedOver] = {}

    def know(self, run: Run) -> None:
        """Note that the store has all of a run so far."""
        self._handed_over[run.id] = _HandedOver.of(run)

    def keep(self, run: Run) -> None:
        """Hand over what has changed since the last time."""
        new = run.id not in self._handed_over
        known, now = self._handed_over.get(run.id, _HandedOver()), _HandedOver.of(run)
        self._writer.enqueue(
            RunChange(
                run=run.id,
                owner=run.owner,
                values=_course(run) | _origin(run) if new else _course(run),
                truncate_after=now.epochs if now.epochs < known.epochs else None,
                epochs=tuple(epoch.model_dump() for epoch in run.epochs_after(known.epochs)),
                report=run.snapshot().to_report() if now.description != known.description else None,
                checkpoint=now.checkpoint if now.checkpoint is not known.checkpoint else None,
                weights=SavedState(run.done, now.model)
                if now.model and now.model is not known.model
                else None,
            )
        )
        if run.ended:
            self._handed_over.pop(run.id, None)
        else:
            self._handed_over[run.id] = now

    def refuse_if_crowded(self) -> None:
        """Raise `StoreError` if so much waits to be saved that no new run should begin."""
        self._writer.check_capacity()

    def forget(self, run: Run) -> None:
        """Hand over nothing more of a run, nor write what was."""
        self._handed_over.pop(run.id, None)
        self._writer.discard(run.id)

    def is_saved(self, run: Run) -> bool:
        """Tell whether all of a run lies in the store."""
        return self._writer.is_saved(run.id)

    def trouble_with(self, run: Run) -> str:
        """Say why a run is not saved yet, if that takes longer than it should."""
        if not self._writer.error or self.is_saved(run):
            return ""
        return f"This run is not saved yet. {self._writer.error} It is saved as soon as that is possible."


def restored(stored: StoredRun, epochs: Iterable[Mapping[str, Any]], report: bytes | None) -> Run:
    """Return a run as the store has it."""
    spec = ExperimentSpec.from_json(stored.spec)
    snapshot = RunSnapshot.model_validate(
        (json.loads(report) if report else {})
        | {
            "run": stored.id,
            "state": stored.state,
            "epochs": spec.training.epochs,
            "error": json.loads(stored.error) if stored.error else None,
        }
    )
    return Run(snapshot, stored.owner, spec, history=map(Epoch.model_validate, epochs))


def name_of(data: DataSpec) -> str:
    """Return the name of the data that a run learns from."""
    return data.file_name if data.is_csv else DATASETS[data.source].label


@cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that numbers may depend on."""
    return {name: version(name) for name in PACKAGES}


def _description(run: Run) -> tuple[object, ...]:
    """Return what a run is described anew for when it changes."""
    now = run.facts
    return now.state, now.started, now.finished, now.error


def _origin(run: Run) -> dict[str, Any]:
    """Return what is known of a run from its first moment on."""
    name = name_of(run.spec.data)
    return {
        "spec": run.spec.to_json(),
        "name": name,
        "data_name": name,
        "fingerprint": run.spec.data.fingerprint,
        "versions": versions(),
    }


def _course(run: Run) -> dict[str, Any]:
    """Return what changes of a run as it goes."""
    now = run.facts
    latest = run.latest
    course: dict[str, Any] = {
        "state": run.state,
        "ended": datetime.now(UTC) if run.ended else None,
        "epochs": run.done,
        "seconds": run.seconds,
        "parameters": now.started.n_parameters if now.started else None,
        "error": now.error.model_dump_json() if now.error else None,
        "train_accuracy": latest.train_accuracy if latest else None,
        "validation_accuracy": latest.validation_accuracy if latest else None,
        "test_accuracy": None,
    }
    if now.finished:
        course |= {
            "train_accuracy": now.finished.train.accuracy,
            "validation_accuracy": now.finished.validation.accuracy,
            "test_accuracy": now.finished.test.accuracy,
        }
    return course
