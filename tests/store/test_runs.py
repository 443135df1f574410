from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import update
from store.changes import ANNA, BEN, epoch, epochs_change, first_change, later_change
from store.conftest import Location, StoreOpener

from qenn_core import limits
from qenn_core.store import RunChange, SavedState, Store, StoredRun, StoreError, schema
from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.entities import WRITABLE_FIELDS
from qenn_core.store.errors import DamagedError

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
    "parameters": 26,
    "error": '{"what": "Nothing"}',
    "versions": {"torch": "2.13.0"},
}


def test_saves_and_returns_all_fields(store: Store) -> None:
    assert set(VALUES) == WRITABLE_FIELDS
    new = first_change(**VALUES)
    assert store.runs.save(new)
    stored = store.runs.get(ANNA, new.run)
    assert stored == StoredRun(id=new.run, owner=ANNA, has_checkpoint=False, has_model=False, **VALUES)


def test_next_server_reads_what_was_saved(location: Location, open_store: StoreOpener) -> None:
    new = replace(
        first_change(**VALUES),
        epochs=(epoch(1), epoch(2)),
        report=b"{}",
        checkpoint=SavedState(2, b"checkpoint"),
        model=SavedState(1, b"weights"),
    )
    first = open_store(location)
    first.runs.save(new)
    first.close()
    runs = open_store(location).runs
    found = runs.get(ANNA, new.run)
    assert found is not None
    assert found.has_checkpoint
    assert found.has_model
    assert runs.epochs(ANNA, new.run) == [epoch(1), epoch(2)]
    assert runs.report(ANNA, new.run) == b"{}"
    assert runs.checkpoint(ANNA, new.run) == SavedState(2, b"checkpoint")
    assert runs.model(ANNA, new.run) == SavedState(1, b"weights")


def test_defaults_of_a_new_run(store: Store) -> None:
    before = datetime.now(UTC)
    store.runs.save(new := first_change())
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert before <= stored.created + timedelta(milliseconds=1)
    assert (stored.state, stored.name, stored.versions) == ("queued", "", {})
    assert store.runs.epochs(ANNA, new.run) == []
    assert store.runs.report(ANNA, new.run) is None
    assert store.runs.checkpoint(ANNA, new.run) is None


def test_later_change_keeps_other_fields(store: Store) -> None:
    store.runs.save(new := first_change(**VALUES))
    store.runs.save(later_change(new.run, state="stopped", epochs=31))
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert (stored.state, stored.epochs, stored.name) == ("stopped", 31, "My first")


def test_every_field_has_a_column() -> None:
    computed = {"has_checkpoint", "has_model"}
    assert {field.name for field in fields(StoredRun)} - computed == set(schema.runs.c.keys()) - {
        "number",
        "server",
    }


def test_unknown_field_is_rejected() -> None:
    with pytest.raises(ValueError, match="no writable field accuracy"):
        first_change(accuracy=1.0)
    with pytest.raises(ValueError, match="no writable field owner"):
        RunChange("r", ANNA, {"owner": BEN})


def test_time_without_timezone_is_rejected(store: Store) -> None:
    with pytest.raises(Exception, match="needs a timezone"):
        store.runs.save(first_change(created=datetime(2026, 1, 1)))


def test_other_owners_find_nothing(store: Store) -> None:
    new = replace(
        first_change(),
        epochs=(epoch(1),),
        report=b"r",
        checkpoint=SavedState(1, b"c"),
        model=SavedState(1, b"w"),
    )
    store.runs.save(new)
    runs, run = store.runs, new.run
    assert runs.get(BEN, run) is None
    assert runs.list_by_owner(BEN) == []
    assert runs.epochs(BEN, run) == []
    assert runs.report(BEN, run) is None
    assert runs.checkpoint(BEN, run) is None
    assert runs.model(BEN, run) is None
    assert not runs.rename(BEN, run, "mine")
    assert not runs.star(BEN, run, True)
    assert not runs.delete(BEN, run)
    assert not runs.save(later_change(run, BEN, state="stopped"))
    with pytest.raises(Exception, match=r"(?i)unique"):
        runs.save(first_change(run, BEN, name="mine"))
    assert runs.owner_of(run) == ANNA
    assert runs.owner_of("0" * 32) is None
    stored = runs.get(ANNA, run)
    assert stored is not None
    assert (stored.name, stored.state) == ("", "queued")


def test_order_of_creation_does_not_depend_on_the_clock(location: Location, open_store: StoreOpener) -> None:
    times = iter([300.0, 200.0, 100.0])
    store = open_store(location, clock=Clock(wall=lambda: next(times, 50.0)))
    changes = [first_change() for _ in range(3)]
    for new in changes:
        store.runs.save(new)
    store.runs.save(later_change(changes[0].run, state="running"))
    store.runs.delete(ANNA, changes[2].run)
    store.runs.save(last := first_change())
    assert [run.id for run in store.runs.list_by_owner(ANNA)] == [last.run, changes[1].run, changes[0].run]


def test_epochs_with_the_same_number_are_replaced(store: Store, run: str) -> None:
    store.runs.save(epochs_change(run, 1, 2, 3))
    store.runs.save(replace(later_change(run), epochs=(epoch(3, 0.25), epoch(4))))
    assert store.runs.epochs(ANNA, run) == [epoch(1), epoch(2), epoch(3, 0.25), epoch(4)]


def test_resumed_run_repeats_epochs_after_its_checkpoint(store: Store, run: str) -> None:
    store.runs.save(epochs_change(run, 1, 2, 3, 4))
    store.runs.save(epochs_change(run, 3, truncate_after=2))
    assert store.runs.epochs(ANNA, run) == [epoch(1), epoch(2), epoch(3)]


def test_nan_and_infinite_loss_are_saved(store: Store, run: str) -> None:
    store.runs.save(replace(later_change(run), epochs=(epoch(1, math.nan), epoch(2, math.inf))))
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
def test_special_characters_are_plain_text(store: Store, text: str) -> None:
    store.runs.save(
        new := first_change(name=text, data_name=text, spec=text, error=text, versions={text: text})
    )
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert (stored.name, stored.data_name, stored.spec, stored.error) == (text,) * 4
    assert stored.versions == {text: text}
    assert [run.id for run in store.runs.list_by_owner(ANNA, text)] == [new.run]


def test_characters_that_databases_reject_are_removed(store: Store) -> None:
    store.runs.save(new := first_change(name="a\0b \ud800 c", versions={"a\0": "\ud800"}))
    stored = store.runs.get(ANNA, new.run)
    assert stored is not None
    assert stored.name == "ab ? c"
    assert stored.versions == {"a\0": "\ud800"}


def test_search_ignores_case_and_needs_all_words(store: Store) -> None:
    for name, data_name in [("Erste GRÖSSE", "blumen.csv"), ("Zweite", "größe 100%.csv"), ("a_b", "x")]:
        store.runs.save(first_change(name=name, data_name=data_name))

    def found(search: str) -> list[str]:
        return [run.name for run in store.runs.list_by_owner(ANNA, search)]

    assert found("") == found("  ") == ["a_b", "Zweite", "Erste GRÖSSE"]
    assert found("größe") == ["Zweite", "Erste GRÖSSE"]
    assert found("csv erste") == ["Erste GRÖSSE"]
    assert found("%") == ["Zweite"]
    assert found("_") == ["a_b"]
    assert found("\\") == found("csvx") == []


def test_rename_star_and_delete(store: Store, run: str) -> None:
    store.runs.save(epochs_change(run, 1, checkpoint=SavedState(1, b"c")))
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
def test_invalid_names_are_rejected(store: Store, run: str, name: str) -> None:
    with pytest.raises(StoreError, match="1 to 100 characters"):
        store.runs.rename(ANNA, run, name)


def test_deleted_run_stays_deleted(store: Store, run: str) -> None:
    store.runs.delete(ANNA, run)
    assert not store.runs.save(epochs_change(run, 1))
    assert store.runs.list_by_owner(ANNA) == []


@pytest.mark.parametrize(
    ("kind", "damage"),
    [("report", "flipped byte"), ("checkpoint", "truncated"), ("model", "changed digest")],
)
def test_damaged_artifact_is_not_returned(
    store: Store, database: Database, run: str, kind: str, damage: str
) -> None:
    content = bytes(range(256)) * 40
    saved = content if kind == "report" else SavedState(1, content)
    store.runs.save(RunChange(run, ANNA, **{kind: saved}))
    assert getattr(store.runs, kind)(ANNA, run) == saved

    table = schema.artifacts
    with database.write_transaction() as connection:
        row = connection.execute(table.select()).one()
        middle = len(row.packed) // 2
        changes = {
            "flipped byte": {
                "packed": row.packed[:middle] + bytes([row.packed[middle] ^ 1]) + row.packed[middle + 1 :]
            },
            "truncated": {"packed": row.packed[:middle]},
            "changed digest": {"digest": "0" * 64},
        }
        connection.execute(update(table).values(changes[damage]))
    with pytest.raises(DamagedError, match="is damaged"):
        getattr(store.runs, kind)(ANNA, run)


def test_change_is_saved_as_a_whole_or_not_at_all(store: Store, run: str) -> None:
    bad = replace(later_change(run, state="finished"), epochs=(epoch(1), {"epoch": 2, "loss": object()}))
    with pytest.raises(Exception, match="serializable"):
        store.runs.save(bad)
    stored = store.runs.get(ANNA, run)
    assert stored is not None
    assert stored.state == "running"
    assert store.runs.epochs(ANNA, run) == []


def test_changes_of_different_runs_are_not_merged() -> None:
    with pytest.raises(ValueError, match="different runs"):
        first_change().merged(first_change())
