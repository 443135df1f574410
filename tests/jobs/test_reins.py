"""What ends a training before its time."""

from __future__ import annotations

import pytest

from qenn_core.jobs import turn
from qenn_core.jobs.control import Control, Wish
from qenn_core.jobs.reins import Reins, UnwantedError


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_run_ends_when_its_user_says_so() -> None:
    control = Control(Wish())
    reins = Reins(control, seconds=10)
    assert reins.reason_to_end() is None
    control.tell(Wish().end())
    assert reins.reason_to_end() == "user"


def test_nothing_more_is_computed_for_a_run_that_was_deleted() -> None:
    control = Control(Wish())
    control.tell(Wish().drop())
    with pytest.raises(UnwantedError):
        Reins(control, seconds=10).reason_to_end()


def test_a_run_ends_after_its_time_in_which_pauses_do_not_count() -> None:
    clock = Clock()
    reins = Reins(Control(Wish()), seconds=10, clock=clock)
    clock.seconds += 9
    assert reins.reason_to_end() is None
    with turn.taken(), reins.resting():
        clock.seconds += 1000
    assert reins.reason_to_end() is None
    clock.seconds += 2
    assert reins.reason_to_end() == "time"
