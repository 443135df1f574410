"""Events are sent in order, and not more often than anybody polls."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest
from pydantic import ValidationError

from qenn_core.jobs.events import (
    DecisionMapDrawn,
    EpochCompleted,
    EventBatch,
    RunEnding,
    RunEvent,
    RunPaused,
    RunResumed,
    RunStarted,
)
from qenn_core.jobs.worker.sender import INTERVAL_SECONDS, EventSender
from qenn_core.training.records import Epoch


class Outbox:
    """What was sent, and the calls that were scheduled."""

    def __init__(self) -> None:
        self.sent: list[list[RunEvent]] = []
        self.scheduled: list[tuple[float, Callable[[], None]]] = []
        self.sender = EventSender(self.record, lambda *call: self.scheduled.append(call))

    def record(self, events: Sequence[RunEvent]) -> None:
        self.sent.append(list(events))


def epoch(number: int) -> EpochCompleted:
    return EpochCompleted(
        epoch=Epoch(
            epoch=number,
            train_loss=float("nan"),
            validation_loss=0.5,
            train_accuracy=0.5,
            validation_accuracy=0.5,
            gradient_norm=1.0,
            seconds=0.1,
        )
    )


MAP = DecisionMapDrawn(decision_map=None)


def test_first_event_is_sent_at_once_and_the_next_ones_together() -> None:
    outbox = Outbox()
    events = [epoch(number) for number in range(1, 6)]
    for event in events:
        outbox.sender.send(event)
    assert outbox.sent == [events[:1]]
    [(seconds, flush)] = outbox.scheduled
    assert 0 < seconds <= INTERVAL_SECONDS
    flush()
    assert outbox.sent[1:] == [events[1:]]


def test_only_the_latest_map_is_sent() -> None:
    outbox = Outbox()
    for event in (RunResumed(), MAP, epoch(1), MAP):
        outbox.sender.send(event)
    outbox.sender.flush()
    assert [[event.kind for event in batch] for batch in outbox.sent] == [
        ["run_resumed"],
        ["epoch_completed", "decision_map_drawn"],
    ]


def test_event_after_a_while_is_sent_at_once() -> None:
    outbox = Outbox()
    outbox.sender.send(epoch(1))
    time.sleep(INTERVAL_SECONDS)
    outbox.sender.send(epoch(2))
    assert len(outbox.sent) == 2


def test_urgent_event_is_sent_at_once_with_all_before_it() -> None:
    outbox = Outbox()
    for event in (epoch(1), MAP, RunEnding(), RunPaused()):
        outbox.sender.send(event)
    assert [[event.kind for event in batch] for batch in outbox.sent] == [
        ["epoch_completed"],
        ["decision_map_drawn", "run_ending"],
    ]


def test_nothing_is_sent_without_events() -> None:
    outbox = Outbox()
    outbox.sender.flush()
    assert outbox.sent == []


def test_batches_survive_the_way_to_the_server() -> None:
    batch = EventBatch(run="ab", events=(RunStarted(worker="tls://host:1"), epoch(1), MAP))
    assert repr(EventBatch.from_message(batch.to_message())) == repr(batch)


@pytest.mark.parametrize(
    "event",
    [{"kind": "run_startd"}, {"kind": "run_started", "worker": "a", "wroker": "b"}],
    ids=["kind", "field"],
)
def test_misspelt_events_are_refused(event: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        EventBatch.from_message(["ab", [event]])
