"""Whatever is done to runs, in whatever order: the store knows what a dictionary would."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule
from store.changes import ANNA, BEN, epoch

from qenn_core.store.entities import RunChange, SavedState
from qenn_core.store.store import Store

OWNERS = st.sampled_from([ANNA, BEN])
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
NUMBERS = st.integers(1, 6)


@dataclass
class Known:
    """A run as a dictionary would keep it."""

    owner: str
    values: dict[str, Any]
    epochs: dict[int, dict[str, Any]] = field(default_factory=dict)
    checkpoint: SavedState | None = None


class StoreAndDictionary(RuleBasedStateMachine):
    """Does the same to both."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name))
        self.known: dict[str, Known] = {}
        self.begun = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=ids, owner=OWNERS, name=NAMES, through_writer=st.booleans())
    def begin(self, owner: str, name: str, through_writer: bool) -> str:
        self.begun += 1
        run = f"{self.begun:032x}"
        new = RunChange(run, owner, {"spec": "{}", "name": name})
        if through_writer:
            self.store.writer.put(new)
        else:
            self.store.writer.flush(10)
            assert self.store.runs.save(new)
        self.known[run] = Known(owner, {"name": name, "state": "queued", "starred": False})
        return run

    @rule(
        run=ids,
        owner=OWNERS,
        numbers=st.lists(NUMBERS, unique=True, max_size=3),
        cut=st.none() | NUMBERS,
        state=st.sampled_from(["running", "finished"]),
        checkpoint=st.none() | st.builds(SavedState, NUMBERS, st.binary(max_size=20)),
        through_writer=st.booleans(),
    )
    def go_on(
        self,
        run: str,
        owner: str,
        numbers: list[int],
        cut: int | None,
        state: str,
        checkpoint: SavedState | None,
        through_writer: bool,
    ) -> None:
        records = tuple(epoch(number, loss=number / len(numbers)) for number in numbers)
        change = RunChange(run, owner, {"state": state}, records, None, checkpoint, None, cut)
        known = self.known.get(run)
        if known and known.owner != owner:
            self.store.writer.flush(10)
            assert not self.store.runs.save(change)
            return
        if through_writer:
            self.store.writer.put(change)
        else:
            self.store.writer.flush(10)
            assert self.store.runs.save(change) == (known is not None)
        if known:
            known.values["state"] = state
            known.checkpoint = checkpoint or known.checkpoint
            if cut is not None:
                known.epochs = {n: record for n, record in known.epochs.items() if n <= cut}
            known.epochs |= {record["epoch"]: record for record in records}

    @rule(run=ids, owner=OWNERS, name=NAMES.filter(str.strip), starred=st.booleans())
    def edit(self, run: str, owner: str, name: str, starred: bool) -> None:
        self.store.writer.flush(10)
        known = self.known.get(run)
        own = known is not None and known.owner == owner
        assert self.store.runs.rename(owner, run, name) == own
        assert self.store.runs.star(owner, run, starred) == own
        if own and known:
            known.values |= {"name": name.strip(), "starred": starred}

    @rule(run=ids, owner=OWNERS)
    def delete(self, run: str, owner: str) -> None:
        known = self.known.get(run)
        own = known is not None and known.owner == owner
        if own:
            self.store.writer.drop(run)
            self.known.pop(run)
        self.store.writer.flush(10)
        deleted = self.store.runs.delete(owner, run)
        assert own or not deleted

    @rule()
    def start_again(self) -> None:
        self.store.close()
        self.store = Store(Path(self.folder.name))

    @rule(owner=OWNERS)
    def look(self, owner: str) -> None:
        self.store.writer.flush(10)
        runs = self.store.runs
        own = [run for run, known in self.known.items() if known.owner == owner]
        assert [stored.id for stored in runs.listed(owner)] == own[::-1]
        for stored in runs.listed(owner):
            known = self.known[stored.id]
            assert {key: getattr(stored, key) for key in known.values} == known.values
            assert runs.epochs(owner, stored.id) == [known.epochs[n] for n in sorted(known.epochs)]
            assert runs.checkpoint(owner, stored.id) == known.checkpoint
            assert stored.has_checkpoint == (known.checkpoint is not None)


test_store_and_dictionary = StoreAndDictionary.TestCase
test_store_and_dictionary.settings = settings(max_examples=25, stateful_step_count=20)
