from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import update
from store.changes import ANNA, BEN, change, epoch, later, with_epochs
from store.conftest import Opener, Place

from qenn_core import limits
from qenn_core.store import schema
from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.entities import CHANGEABLE, RunChange, SavedState, StoredRun
from qenn_core.store.errors import DamagedError, StoreError
from qenn_core.store.store import Store

MOMENT = datetime(2026, 3, 29, 2, 30, 0, 125_000, tzinfo=timezone(timedelta(hours=2)))
VALUES = {
    "name": "My first",
    "starred": True,
    "state": "finished",
    "created": MOMENT,
    "ended": MOMENT + timedelta(seconds=2),
    "spec": '{"seed": 1}',
    "data_name": "moons",
    "fingerprint": "f" * 64,
    "epochs": 30,
    "seconds": 1.5,
    "train_accuracy": 0.9,
    "validation_accuracy": 0.8,
    "test_accuracy": 0.7,
    "test_loss": 0.25,
    "parameters": 26,
    "error": '{"what": "Nothing"}',
    "versions": {"torch": "2.13.0"},
}


def test_what_is_saved_is_had_again(store: Store) -> None:
    assert set(VALUES) == CHANGEABLE
    new = change(**VALUES)
    assert store.runs.save(new)
    stored = store.runs.get(ANNA, new.run)
    assert stored == StoredRun(id=new.run, owner=ANNA, has_checkpoint=False, has_weights=False, **VALUES)


def test_it_is_there_for_the_next_server(place: Place, opening: Opener) -> None:
    new = replace(
        change(**VALUES),
        epochs=(epoch(1), epoch(2)),
        report=b"{}",
        checkpoint=SavedState(2, b"checkpoint"),
        weights=SavedState(1, b"weights"),
    )
    first = opening(place)
    first.runs.save(new)
    first.close()
    runs = opening(place).runs
    found = runs.get(ANNA, new.run)
    assert found is not None
    assert found.has_checkpoint
    assert found.has_weights
    assert runs.epochs(ANNA, new.run) == [epoch(1), epoch(2)]
    assert runs.report(ANNA, new.run) == b"{}"
    assert runs.checkpoint(ANNA, new.run) == SavedState(2, b"checkpoint")
    assert runs.weights(ANNA, new.run) == SavedState(1, b"weights")


def test_a_run_begins_with_little(store: Store) -> None:
    before = datetime.now(UTC)
    store.runs.save(new := change())
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert before <= stored.created + timedelta(milliseconds=1)
    assert (stored.state, stored.name, stored.versions) == ("queued", "", {})
    assert store.runs.epochs(ANNA, new.run) == []
    assert store.runs.report(ANNA, new.run) is None
    assert store.runs.checkpoint(ANNA, new.run) is None


def test_later_changes_keep_the_rest(store: Store) -> None:
    store.runs.save(new := change(**VALUES))
    store.runs.save(later(new.run, state="stopped", epochs=31))
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert (stored.state, stored.epochs, stored.name) == ("stopped", 31, "My first")


def test_every_field_of_a_run_has_its_column() -> None:
    computed = {"has_checkpoint", "has_weights"}
    assert {field.name for field in fields(StoredRun)} - computed == set(schema.runs.c.keys()) - {
        "number",
        "server",
    }


def test_an_unknown_value_is_refused() -> None:
    with pytest.raises(ValueError, match="no accuracy"):
        change(accuracy=1.0)
    with pytest.raises(ValueError, match="no owner"):
        RunChange("r", ANNA, {"owner": BEN})


def test_a_moment_without_timezone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="needs its timezone"):
        store.runs.save(change(created=datetime(2026, 1, 1)))


def test_nothing_of_others_is_found(store: Store) -> None:
    new = replace(
        change(),
        epochs=(epoch(1),),
        report=b"r",
        checkpoint=SavedState(1, b"c"),
        weights=SavedState(1, b"w"),
    )
    store.runs.save(new)
    runs, run = store.runs, new.run
    assert runs.get(BEN, run) is None
    assert runs.listed(BEN) == []
    assert runs.epochs(BEN, run) == []
    assert runs.report(BEN, run) is None
    assert runs.checkpoint(BEN, run) is None
    assert runs.weights(BEN, run) is None
    assert not runs.rename(BEN, run, "mine")
    assert not runs.star(BEN, run, True)
    assert not runs.delete(BEN, run)
    assert not runs.save(later(run, BEN, state="stopped"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        runs.save(change(run, BEN, name="mine"))
    assert runs.owner_of(run) == ANNA
    assert runs.owner_of("0" * 32) is None
    stored = runs.get(ANNA, run)
    assert stored is not None
    assert (stored.name, stored.state) == ("", "queued")


def test_the_order_is_that_of_coming_whatever_the_clock_says(place: Place, opening: Opener) -> None:
    times = iter([300.0, 200.0, 100.0])
    store = opening(place, clock=Clock(wall=lambda: next(times, 50.0)))
    changes = [change() for _ in range(3)]
    for new in changes:
        store.runs.save(new)
    store.runs.save(later(changes[0].run, state="running"))
    store.runs.delete(ANNA, changes[2].run)
    store.runs.save(last := change())
    assert [run.id for run in store.runs.listed(ANNA)] == [last.run, changes[1].run, changes[0].run]


def test_epochs_of_the_same_number_are_replaced(store: Store, run: str) -> None:
    store.runs.save(with_epochs(run, 1, 2, 3))
    store.runs.save(replace(later(run), epochs=(epoch(3, 0.25), epoch(4))))
    assert store.runs.epochs(ANNA, run) == [epoch(1), epoch(2), epoch(3, 0.25), epoch(4)]


def test_a_run_that_goes_on_from_a_checkpoint_does_epochs_again(store: Store, run: str) -> None:
    store.runs.save(with_epochs(run, 1, 2, 3, 4))
    store.runs.save(with_epochs(run, 3, truncate_after=2))
    assert store.runs.epochs(ANNA, run) == [epoch(1), epoch(2), epoch(3)]


def test_a_loss_that_is_no_number_is_kept(store: Store, run: str) -> None:
    store.runs.save(replace(later(run), epochs=(epoch(1, math.nan), epoch(2, math.inf))))
    first, second = store.runs.epochs(ANNA, run)
    assert math.isnan(first["loss"])
    assert second["loss"] == math.inf


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE runs; --",
        '<script>alert("x")</script>',
        "100 % _sure_ \\",
        "Größe ½ 🎓",
        "=1+1",
        "{x}",
        ":x",
    ],
)
def test_text_is_only_text(store: Store, text: str) -> None:
    store.runs.save(new := change(name=text, data_name=text, spec=text, error=text, versions={text: text}))
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert (stored.name, stored.data_name, stored.spec, stored.error) == (text,) * 4
    assert stored.versions == {text: text}
    assert [run.id for run in store.runs.listed(ANNA, text)] == [new.run]


def test_text_that_no_database_takes_is_made_to_fit(store: Store) -> None:
    store.runs.save(new := change(name="a\0b \ud800 c", versions={"a\0": "\ud800"}))
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert stored.name == "ab ? c"
    assert stored.versions == {"a\0": "\ud800"}


def test_search_finds_all_words_in_any_case(store: Store) -> None:
    for name, data_name in [("Erste GRÖSSE", "blumen.csv"), ("Zweite", "größe 100%.csv"), ("a_b", "x")]:
        store.runs.save(change(name=name, data_name=data_name))

    def found(search: str) -> list[str]:
        return [run.name for run in store.runs.listed(ANNA, search)]

    assert found("") == found("  ") == ["a_b", "Zweite", "Erste GRÖSSE"]
    assert found("größe") == ["Zweite", "Erste GRÖSSE"]
    assert found("csv erste") == ["Erste GRÖSSE"]
    assert found("%") == ["Zweite"]
    assert found("_") == ["a_b"]
    assert found("\\") == found("csvx") == []


def test_names_stars_and_deletion(store: Store, run: str) -> None:
    store.runs.save(with_epochs(run, 1, checkpoint=SavedState(1, b"c")))
    assert store.runs.rename(ANNA, run, "  Better ")
    assert store.runs.star(ANNA, run, True)
    stored = store.runs.get(ANNA, run)
    assert stored is not None
    assert (stored.name, stored.starred) == ("Better", True)
    assert store.runs.delete(ANNA, run)
    assert store.runs.get(ANNA, run) is None
    assert store.runs.epochs(ANNA, run) == []
    assert store.runs.checkpoint(ANNA, run) is None
    assert not store.runs.delete(ANNA, run)


@pytest.mark.parametrize("name", ["", "  ", "x" * (limits.MAX_NAME_LENGTH + 1)])
def test_a_name_that_is_none(store: Store, run: str, name: str) -> None:
    with pytest.raises(StoreError, match="1 to 100 characters"):
        store.runs.rename(ANNA, run, name)


def test_a_deleted_run_does_not_come_back(store: Store, run: str) -> None:
    store.runs.delete(ANNA, run)
    assert not store.runs.save(with_epochs(run, 1))
    assert store.runs.listed(ANNA) == []


@pytest.mark.parametrize("kind", ["report", "checkpoint", "weights"])
@pytest.mark.parametrize("damage", ["flipped byte", "cut short", "changed digest"])
def test_what_is_damaged_is_not_given_out(
    store: Store, database: Database, run: str, kind: str, damage: str
) -> None:
    content = bytes(range(256)) * 40
    saved = content if kind == "report" else SavedState(1, content)
    store.runs.save(RunChange(run, ANNA, **{kind: saved}))
    assert getattr(store.runs, kind)(ANNA, run) == saved

    table = schema.artifacts
    with database.writing() as connection:
        row = connection.execute(table.select()).one()
        middle = len(row.packed) // 2
        change_of = {
            "flipped byte": {
                "packed": row.packed[:middle] + bytes([row.packed[middle] ^ 1]) + row.packed[middle + 1 :]
            },
            "cut short": {"packed": row.packed[:middle]},
            "changed digest": {"digest": "0" * 64},
        }
        connection.execute(update(table).values(change_of[damage]))
    with pytest.raises(DamagedError, match="is damaged"):
        getattr(store.runs, kind)(ANNA, run)


def test_a_change_is_saved_as_a_whole_or_not_at_all(store: Store, run: str) -> None:
    bad = replace(later(run, state="finished"), epochs=(epoch(1), {"epoch": 2, "loss": object()}))
    with pytest.raises(Exception, match="serializable"):
        store.runs.save(bad)
    stored = store.runs.get(ANNA, run)
    assert stored is not None
    assert stored.state == "running"
    assert store.runs.epochs(ANNA, run) == []


def test_two_changes_of_different_runs_are_not_merged() -> None:
    with pytest.raises(ValueError, match="two runs"):
        change().merged(change())
