"""What the server sends to the workers.

The scheduler looks into what it passes on, so this module is light, and what a task is about travels as
bytes: the core is imported, and the bytes are opened, in the worker only.
"""

from __future__ import annotations

import pickle

from qenn_core.jobs.control import Wish


def run(run_id: str, wish: Wish, payload: bytes) -> None:
    """Carry out a run; `payload` holds its spec and its table."""
    from qenn_core.jobs import work

    work.carry_out(run_id, wish, *pickle.loads(payload))


def answer(payload: bytes) -> bytes:
    """Answer a question; `payload` holds the function, its arguments and the time it has."""
    from qenn_core.jobs import questions

    return pickle.dumps(questions.answer(*pickle.loads(payload)))
