"""What the server sends to the workers.

The scheduler looks into what it passes on, so this module is light, and what a task is about travels as
bytes: the core is imported, and the bytes are opened, in the worker only.
"""

from __future__ import annotations

import pickle
import sys

from distributed import get_worker

from qenn_core.jobs import control, turn
from qenn_core.jobs.control import Wish

# The kinds of tasks. Workers offer places for them as resources of these names: for trainings, for questions
# that compute, and for the reading of files, which only waits for a process of its own.
TRAINING, QUESTIONS, READING = KINDS = ("training", "questions", "reading")

# A process that trains ends for the sake of a question only when that is stuck: after this many times the
# seconds that the question may take. Until then the training waits.
PATIENCE_WHERE_TRAINED = 3.0

# The runs of this process, by their tasks.
_runs: dict[str, str] = {}


def run(topic: str, run_id: str, wish: Wish, payload: bytes) -> None:
    """Carry out a run, which tells how it goes under `topic`; `payload` holds its spec and its table."""
    from qenn_core.jobs import work

    task = get_worker().get_current_task()
    _runs[task] = run_id
    try:
        with turn.taken():
            work.carry_out(topic, run_id, wish, *pickle.loads(payload))
    finally:
        del _runs[task]


def give_up(task: str) -> None:
    """End the run of a task, without its scores, since the server that handed it over is gone."""
    if run_id := _runs.get(task):
        control.tell(run_id, Wish(version=sys.maxsize).drop())


def answer(payload: bytes) -> bytes:
    """Answer a question; `payload` holds it with its arguments."""
    from qenn_core.jobs import questions

    patience = PATIENCE_WHERE_TRAINED if TRAINING in get_worker().state.total_resources else 1.0
    asked, args, kwargs = pickle.loads(payload)
    return pickle.dumps(questions.answer(asked, args, kwargs, patience))
