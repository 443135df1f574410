"""The functions that the server submits to Dask.

The scheduler unpickles references to them, so this module is light: their arguments travel as bytes, which
are unpickled in the worker, and the core is imported there.
"""

from __future__ import annotations

import pickle
import sys

from distributed import get_worker

from qenn_core.jobs.commands import RunCommand, SlotKind
from qenn_core.jobs.dask_compat import worker_slots
from qenn_core.jobs.worker import compute_lock, control

# A worker that also trains ends for the sake of a request only when the request is stuck, after this many
# times its time limit. Until then the training waits.
PATIENCE_WHILE_TRAINING = 3.0

_runs_by_task: dict[str, str] = {}


def run_training(topic: str, run_id: str, command: RunCommand, payload: bytes) -> None:
    """Train a run, whose events are logged under `topic`; `payload` is a pickled `TrainingTask`."""
    from qenn_core.jobs.worker import training

    task = get_worker().get_current_task()
    _runs_by_task[task] = run_id
    try:
        with compute_lock.held():
            training.carry_out(topic, run_id, command, pickle.loads(payload))
    finally:
        del _runs_by_task[task]


def cancel(task: str) -> None:
    """End the run of a task without scores, because its server is gone."""
    if run_id := _runs_by_task.get(task):
        control.send_command(run_id, RunCommand(version=sys.maxsize, stop=True, discard=True))


def answer_request(payload: bytes) -> bytes:
    """Answer a request; `payload` is a pickled `RequestTask`, the result a pickled `Reply`."""
    from qenn_core.jobs.worker import answering

    patience = PATIENCE_WHILE_TRAINING if SlotKind.TRAINING in worker_slots(get_worker()) else 1.0
    return pickle.dumps(answering.answer(pickle.loads(payload), patience))
