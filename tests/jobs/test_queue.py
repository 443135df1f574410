"""The order in which runs begin, whoever has how many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qenn_core.jobs.queue import fair_order

OWNERS = st.lists(st.sampled_from("abcd"), max_size=12)


def begin_one_by_one(owners: list[str], workers: int) -> list[str]:
    """Let runs begin, each as soon as a worker is free, the oldest run ending first."""
    waiting, running, begun, served = list(owners), [], [], {}
    while waiting:
        if len(running) == workers:
            running.pop(0)
        owner = waiting.pop(fair_order(waiting, running, served)[0])
        running.append(owner)
        begun.append(owner)
        served[owner] = len(begun)
    return begun


def test_one_user_is_served_in_the_order_of_arrival() -> None:
    assert fair_order(["a"] * 5, ["a"], {"a": 3}) == [0, 1, 2, 3, 4]


def test_nobodys_tenth_run_goes_before_anothers_first() -> None:
    many, one = ["a"] * 9, "b"
    assert begin_one_by_one([*many, one], workers=2).index("b") == 1
    # Also for who comes later, while the first has two workers busy.
    assert fair_order([*many, one], ["a", "a"], {"a": 7})[0] == 9


def test_users_with_many_runs_take_turns() -> None:
    assert "".join(begin_one_by_one(list("aaaabbbb"), workers=1)) == "abababab"
    assert "".join(begin_one_by_one(list("aaabbbccc"), workers=2)) == "abcabcabc"


def test_who_was_served_the_longest_ago_is_next() -> None:
    assert fair_order(["a", "b", "c"], [], {"a": 3, "b": 1, "c": 2}) == [1, 2, 0]


@given(
    OWNERS,
    st.lists(st.sampled_from("abcd"), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9)),
)
def test_everybody_has_a_place(owners: list[str], running: list[str], served: dict[str, int]) -> None:
    order = fair_order(owners, running, served)
    assert sorted(order) == list(range(len(owners)))
    for owner in set(owners):
        own = [position for position in order if owners[position] == owner]
        assert own == sorted(own), "nobody overtakes themselves"


@given(OWNERS, st.integers(1, 3))
def test_nobody_begins_two_more_than_another_who_waits(owners: list[str], workers: int) -> None:
    begun = begin_one_by_one(owners, workers)
    assert sorted(begun) == sorted(owners)
    for number in range(len(begun)):
        so_far, left = begun[: number + 1], begun[number + 1 :]
        for waiting in set(left):
            assert so_far.count(begun[number]) <= so_far.count(waiting) + 1
