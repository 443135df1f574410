"""The order in which waiting runs start is fair between users."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qenn_core.jobs.queue import fair_order

OWNERS = st.lists(st.sampled_from("abcd"), max_size=12)


def start_order(owners: list[str], workers: int) -> list[str]:
    """Return the owners in the order in which their runs start, the oldest run ending first."""
    waiting, running, started, last_served = list(owners), [], [], {}
    while waiting:
        if len(running) == workers:
            running.pop(0)
        owner = waiting.pop(fair_order(waiting, running, last_served)[0])
        running.append(owner)
        started.append(owner)
        last_served[owner] = len(started)
    return started


def test_runs_of_one_user_start_in_order_of_arrival() -> None:
    assert fair_order(["a"] * 5, ["a"], {"a": 3}) == [0, 1, 2, 3, 4]


def test_first_run_of_a_user_starts_before_the_tenth_of_another() -> None:
    many, single = ["a"] * 9, "b"
    assert start_order([*many, single], workers=2).index("b") == 1
    # Even if it arrives later, while the other user has two workers.
    assert fair_order([*many, single], ["a", "a"], {"a": 7})[0] == 9


def test_users_with_many_runs_alternate() -> None:
    assert "".join(start_order(list("aaaabbbb"), workers=1)) == "abababab"
    assert "".join(start_order(list("aaabbbccc"), workers=2)) == "abcabcabc"


def test_run_that_is_about_to_start_counts_as_running() -> None:
    assert fair_order(["a", "a", "b"], ["b"], {}) == [0, 2, 1]


def test_user_served_longest_ago_is_next() -> None:
    assert fair_order(["a", "b", "c"], [], {"a": 3, "b": 1, "c": 2}) == [1, 2, 0]


@given(
    OWNERS,
    st.lists(st.sampled_from("abcd"), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9)),
)
def test_every_run_has_a_position(owners: list[str], running: list[str], last_served: dict[str, int]) -> None:
    order = fair_order(owners, running, last_served)
    assert sorted(order) == list(range(len(owners)))
    for owner in set(owners):
        own = [position for position in order if owners[position] == owner]
        assert own == sorted(own), "runs of one user keep their order"


@given(OWNERS, st.integers(1, 3))
def test_no_user_starts_two_runs_more_than_one_who_waits(owners: list[str], workers: int) -> None:
    started = start_order(owners, workers)
    assert sorted(started) == sorted(owners)
    for number in range(len(started)):
        started_so_far, left = started[: number + 1], started[number + 1 :]
        for waiting in set(left):
            assert started_so_far.count(started[number]) <= started_so_far.count(waiting) + 1
