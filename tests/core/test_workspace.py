from __future__ import annotations

import pytest

from qenn_core import workspace

OWNER = workspace.owner_of("k" * 43)


def test_keys_are_unlike_and_fit_a_cookie() -> None:
    keys = {workspace.new_key() for _ in range(1_000)}
    assert len(keys) == 1_000
    assert all(workspace.is_key(key) for key in keys)


@pytest.mark.parametrize(
    "text", ["", "k" * 42, "k" * 44, "k" * 42 + "/", "k" * 42 + "\n", "k" * 43 + "\n", "ä" * 43, "²" * 43]
)
def test_what_is_no_key(text: str) -> None:
    assert not workspace.is_key(text)
    with pytest.raises(ValueError, match="key of a workspace"):
        workspace.owner_of(text)


def test_an_owner_is_the_hash_of_the_key() -> None:
    # By `printf kk…k | sha256sum`: stored workspaces hang on it.
    assert OWNER == "a0484a6185b324e2f355194f334482fc79194cd805185155ddcf6804fdb9090a"


def test_users_are_told_apart_by_issuer_and_subject() -> None:
    owner_of = workspace.owner_of_user
    people = [("https://a", "b"), ("https://a", "c"), ("https://", "ab"), ('https://a", "b', ""), ("", "")]
    assert len({owner_of(*person) for person in people}) == len(people)
    assert owner_of("https://a", "b") == owner_of("https://a", "b")
    assert len(owner_of("https://ä", "ü")) == 64


def test_a_feed_key_opens_one_run_of_one_owner() -> None:
    keys = {workspace.feed_key(owner, run) for owner in (OWNER, workspace.owner_of("l" * 43)) for run in "ab"}
    assert len(keys) == 4
    assert workspace.feed_key(OWNER, "a") == workspace.feed_key(OWNER, "a")
    assert len(workspace.feed_key(OWNER, "a")) == 64
