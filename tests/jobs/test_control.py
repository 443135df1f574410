"""What a run is told: the latest wish holds."""

from __future__ import annotations

from threading import Timer

from qenn_core.jobs.control import Control, Wish, controlled, tell


def test_a_run_goes_on_unless_told_otherwise() -> None:
    control = Control(Wish())
    assert not control.must_wait(10_000)
    assert not control.stopped


def test_a_paused_run_waits_and_a_resumed_one_does_not() -> None:
    control = Control(Wish().pause(3))
    assert control.must_wait(3)
    control.tell(Wish().pause(3).resume())
    assert not control.must_wait(3)


def test_each_step_is_one_epoch_more() -> None:
    paused = Wish().pause(3)
    assert paused.step(3).epochs == 4
    assert paused.step(3).step(3).epochs == 5, "two quick clicks are two epochs"
    assert Wish().step(7).epochs == 8, "a run that goes on is stepped from where it is"
    assert Wish(epochs=2).step(7).epochs == 8


def test_a_wish_that_comes_late_is_not_obeyed() -> None:
    first = Wish().pause(1)
    second = first.resume()
    control = Control(Wish())
    control.tell(second)
    control.tell(first)
    assert not control.must_wait(10_000)


def test_a_stopped_run_neither_waits_nor_can_be_resumed() -> None:
    control = Control(Wish().pause(0).end().resume())
    assert control.stopped
    assert not control.must_wait(5)


def test_waiting_ends_when_the_run_may_go_on() -> None:
    control = Control(Wish().pause(0))
    Timer(0.05, control.tell, [Wish().pause(0).step(0)]).start()
    assert control.wait(0, seconds=10)
    assert not control.stopped
    assert control.must_wait(1)


def test_waiting_ends_after_its_time_and_leaves_the_wish_as_it_is() -> None:
    control = Control(Wish().pause(0))
    assert not control.wait(0, seconds=0.01)
    assert control.must_wait(0)
    assert not control.stopped


def test_a_dropped_run_is_stopped_and_unwanted() -> None:
    control = Control(Wish())
    control.tell(Wish().drop())
    assert control.stopped
    assert control.unwanted


def test_only_a_run_of_this_process_is_told() -> None:
    with controlled("run", Wish()) as control:
        tell("run", Wish().end())
        tell("another", Wish().end())
        assert control.stopped
    tell("run", Wish().end())
