"""Workspace keys, the owners derived from them, and the keys of live feeds."""

from __future__ import annotations

import pytest

from qenn_core import workspace

OWNER = workspace.owner_of("k" * 43)


def test_keys_are_distinct_and_valid() -> None:
    keys = {workspace.new_key() for _ in range(1_000)}
    assert len(keys) == 1_000
    assert all(workspace.is_key(key) for key in keys)


@pytest.mark.parametrize(
    "text", ["", "k" * 42, "k" * 44, "k" * 42 + "/", "k" * 42 + "\n", "k" * 43 + "\n", "ä" * 43, "²" * 43]
)
def test_invalid_key_is_refused(text: str) -> None:
    assert not workspace.is_key(text)
    with pytest.raises(ValueError, match="key of a workspace"):
        workspace.owner_of(text)


def test_owner_is_the_hash_of_the_key() -> None:
    # From `printf kk…k | sha256sum`; stored workspaces depend on it.
    assert OWNER == "a0484a6185b324e2f355194f334482fc79194cd805185155ddcf6804fdb9090a"


def test_owner_of_user_depends_on_issuer_and_subject() -> None:
    owner_of = workspace.owner_of_user
    people = [("https://a", "b"), ("https://a", "c"), ("https://", "ab"), ('https://a", "b', ""), ("", "")]
    assert len({owner_of(*person) for person in people}) == len(people)
    assert owner_of("https://a", "b") == owner_of("https://a", "b")
    assert len(owner_of("https://ä", "ü")) == 64


def test_feed_key_is_specific_to_owner_and_run() -> None:
    keys = {workspace.feed_key(owner, run) for owner in (OWNER, workspace.owner_of("l" * 43)) for run in "ab"}
    assert len(keys) == 4
    assert workspace.feed_key(OWNER, "a") == workspace.feed_key(OWNER, "a")
    assert len(workspace.feed_key(OWNER, "a")) == 64
