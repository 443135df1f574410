"""What a worker does for a run, step by step."""

from __future__ import annotations

from jobs.specs import SHORT

from qenn_core.jobs.control import Control, Wish
from qenn_core.jobs.messages import ENDING, MODEL
from qenn_core.jobs.work import updates

EARLY = SHORT.with_(**{"training.epochs": 60, "training.patience": 1, "training.learning_rate": 0.5})


def test_a_pause_that_is_wished_for_at_the_end_of_a_run_comes_too_late() -> None:
    control = Control(Wish())
    told = []
    for field, value in updates(EARLY, None, control):
        told.append((field, value))
        if field == ENDING:
            control.tell(Wish().pause(0))
    assert dict(told)["finished"].reason == "patience"
    assert ("state", "paused") not in told
    assert told[-1][0] == MODEL
