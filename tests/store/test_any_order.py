"""Whatever is done to runs in whatever order, the store holds what a dictionary would."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule
from store.changes import ANNA, BEN, epoch

from qenn_core.store import RunChange, SavedState, Store

OWNERS = st.sampled_from([ANNA, BEN])
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
NUMBERS = st.integers(1, 6)


@cache
def empty_home() -> str:
    """Create an empty store to copy, since migrating a new one takes longer than an example."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store(Path(folder)).close()
    return folder


@dataclass
class ExpectedRun:
    """A run as a dictionary would hold it."""

    owner: str
    values: dict[str, Any]
    epochs: dict[int, dict[str, Any]] = field(default_factory=dict)
    checkpoint: SavedState | None = None


class StoreAndDictionary(RuleBasedStateMachine):
    """Does the same to a store and to a dictionary."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(shutil.copytree(empty_home(), Path(self.folder.name) / "home"))
        self.store = Store(self.home)
        self.expected: dict[str, ExpectedRun] = {}
        self.n_runs = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=ids, owner=OWNERS, name=NAMES, through_writer=st.booleans())
    def start_run(self, owner: str, name: str, through_writer: bool) -> str:
        self.n_runs += 1
        run = f"{self.n_runs:032x}"
        new = RunChange(run, owner, {"spec": "{}", "name": name})
        if through_writer:
            self.store.writer.enqueue(new)
        else:
            self.store.writer.flush(10)
            assert self.store.runs.save(new)
        self.expected[run] = ExpectedRun(owner, {"name": name, "state": "queued", "starred": False})
        return run

    @rule(
        run=ids,
        owner=OWNERS,
        numbers=st.lists(NUMBERS, unique=True, max_size=3),
        truncate_after=st.none() | NUMBERS,
        state=st.sampled_from(["running", "finished"]),
        checkpoint=st.none() | st.builds(SavedState, NUMBERS, st.binary(max_size=20)),
        through_writer=st.booleans(),
    )
    def change_run(
        self,
        run: str,
        owner: str,
        numbers: list[int],
        truncate_after: int | None,
        state: str,
        checkpoint: SavedState | None,
        through_writer: bool,
    ) -> None:
        records = tuple(epoch(number, loss=number / len(numbers)) for number in numbers)
        change = RunChange(run, owner, {"state": state}, records, None, checkpoint, None, truncate_after)
        expected = self.expected.get(run)
        if expected and expected.owner != owner:
            self.store.writer.flush(10)
            assert not self.store.runs.save(change)
            return
        if through_writer:
            self.store.writer.enqueue(change)
        else:
            self.store.writer.flush(10)
            assert self.store.runs.save(change) == (expected is not None)
        if expected:
            expected.values["state"] = state
            expected.checkpoint = checkpoint or expected.checkpoint
            if truncate_after is not None:
                expected.epochs = {n: e for n, e in expected.epochs.items() if n <= truncate_after}
            expected.epochs |= {record["epoch"]: record for record in records}

    @rule(run=ids, owner=OWNERS, name=NAMES.filter(str.strip), starred=st.booleans())
    def edit(self, run: str, owner: str, name: str, starred: bool) -> None:
        self.store.writer.flush(10)
        expected = self.expected.get(run)
        own = expected is not None and expected.owner == owner
        assert self.store.runs.rename(owner, run, name) == own
        assert self.store.runs.star(owner, run, starred) == own
        if own and expected:
            expected.values |= {"name": name.strip(), "starred": starred}

    @rule(run=ids, owner=OWNERS)
    def delete(self, run: str, owner: str) -> None:
        expected = self.expected.get(run)
        own = expected is not None and expected.owner == owner
        if own:
            self.store.writer.discard(run)
            self.expected.pop(run)
        self.store.writer.flush(10)
        deleted = self.store.runs.delete(owner, run)
        assert own or not deleted

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.home)

    @rule(owner=OWNERS)
    def compare(self, owner: str) -> None:
        self.store.writer.flush(10)
        runs = self.store.runs
        own = [run for run, expected in self.expected.items() if expected.owner == owner]
        assert [stored.id for stored in runs.list_by_owner(owner)] == own[::-1]
        for stored in runs.list_by_owner(owner):
            expected = self.expected[stored.id]
            assert {key: getattr(stored, key) for key in expected.values} == expected.values
            assert runs.epochs(owner, stored.id) == [expected.epochs[n] for n in sorted(expected.epochs)]
            assert runs.checkpoint(owner, stored.id) == expected.checkpoint
            assert stored.has_checkpoint == (expected.checkpoint is not None)


test_store_and_dictionary = StoreAndDictionary.TestCase
test_store_and_dictionary.settings = settings(max_examples=12, stateful_step_count=20)
