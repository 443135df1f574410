"""What a run may take of a worker."""

from __future__ import annotations

from dataclasses import dataclass

from qenn_core import limits


@dataclass(frozen=True)
class Allowance:
    """What a run may take of a worker, before that is at the disposal of others again.

    Parameters
    ----------
    seconds : float
        How long it may train, its pauses aside; then it is stopped, and scored.
    pause_seconds : float
        How long it may keep the worker while it is paused; it is taken up again from its checkpoint.
    checkpoint_seconds : float
        How much of its work may be lost with a worker that is killed, beside the epoch that it is in.
    """

    seconds: float = limits.MAX_RUN_SECONDS
    pause_seconds: float = 10.0
    checkpoint_seconds: float = 1.0
