"""What a run tells is sent in its order, and not more often than anybody looks."""

from __future__ import annotations

import time
from collections.abc import Callable

from qenn_core.jobs.messages import ENDING
from qenn_core.jobs.telling import PACE, News, Teller


class Post:
    """What was sent, and what is to be called when."""

    def __init__(self) -> None:
        self.sent: list[News] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.teller = Teller(lambda news: self.sent.append(news), lambda *call: self.later.append(call))


def test_the_first_news_are_sent_at_once_and_the_next_together() -> None:
    post = Post()
    for number in range(1, 6):
        post.teller.tell("history", number)
    assert post.sent == [[("history", 1)]]
    [(seconds, flush)] = post.later
    assert 0 < seconds <= PACE
    flush()
    assert post.sent[1:] == [[("history", number) for number in range(2, 6)]]


def test_only_the_latest_map_is_sent() -> None:
    post = Post()
    for field, value in (("state", "running"), ("decision_map", 1), ("history", 1), ("decision_map", 2)):
        post.teller.tell(field, value)
    post.teller.flush()
    assert post.sent == [[("state", "running")], [("history", 1), ("decision_map", 2)]]


def test_news_after_a_while_are_sent_at_once() -> None:
    post = Post()
    post.teller.tell("history", 1)
    time.sleep(PACE)
    post.teller.tell("history", 2)
    assert len(post.sent) == 2


def test_what_somebody_waits_for_is_sent_at_once_with_all_before_it() -> None:
    post = Post()
    for field in ("history", "decision_map", ENDING, "finished"):
        post.teller.tell(field, 1)
    assert post.sent == [[("history", 1)], [("decision_map", 1), (ENDING, 1)]]


def test_nothing_is_sent_where_there_are_no_news() -> None:
    post = Post()
    post.teller.flush()
    assert post.sent == []
