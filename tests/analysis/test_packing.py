"""A model is kept as bytes that hold neither code nor data, and that damage cannot hide in."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
import skops.io
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qenn_core.analysis import model_archive
from qenn_core.analysis.model_archive import unpack_model
from qenn_core.analysis.model_card import CARD, PREPARATION, WEIGHTS, ModelArchive
from qenn_core.errors import ModelError
from qenn_core.experiment import ExperimentSpec
from tests.analysis.trained import SMALL, Trained, trained
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed


@pytest.fixture(scope="module")
def model() -> Trained:
    return trained(csv_spec().with_(**SMALL, **{"encoding.reduction": "kbest"}), mixed())


def changed(content: bytes, **parts: bytes) -> bytes:
    """Return a packed model with some of its parts replaced."""
    with ZipFile(io.BytesIO(content)) as packed:
        all_parts = {name: packed.read(name) for name in packed.namelist()} | parts
    with ZipFile(repacked := io.BytesIO(), "w") as packed:
        for name, part in all_parts.items():
            packed.writestr(name, part)
    return repacked.getvalue()


def card(content: bytes, **fields: object) -> bytes:
    """Return a packed model with some fields of its card changed."""
    told = ModelArchive(content).card.model_dump(mode="json") | fields
    return changed(content, **{CARD: json.dumps(told).encode()})


def test_a_card_tells_what_the_model_takes_and_tells(model: Trained):
    told = ModelArchive(model.content).card
    assert told.spec == csv_spec().with_(**SMALL, **{"encoding.reduction": "kbest"})
    assert (told.target, told.class_names, told.n_inputs) == ("kind", ("down", "up"), 2)
    assert [column.name for column in told.columns] == [
        "weight",
        "member",
        "colour",
        "size",
        "joined",
        "a",
        "b",
    ]
    assert unpack_model(model.content).weights == model.weights


def test_a_model_is_small_and_holds_no_rows(model: Trained):
    assert len(model.content) < 40_000
    with ZipFile(io.BytesIO(model.content)) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
    assert b"remark 7" not in everything
    frame = mixed().frame
    kept = [cell for cell in set(frame["weight"].dropna()) if f'"{cell}"'.encode() in everything]
    assert len(kept) <= 1, "the median only"


def test_only_trusted_types_are_made(model: Trained):
    class Innocent:
        pass

    told = changed(model.content, **{PREPARATION: skops.io.dumps({"features": Innocent()})})
    with pytest.raises(ModelError, match="cannot be used"):
        unpack_model(told)


def test_what_is_trusted_is_all_that_is_used(model: Trained):
    content = ModelArchive(model.content).preparation
    assert set(skops.io.get_untrusted_types(data=content)) == set(model_archive.TRUSTED_TYPES)


@pytest.mark.parametrize("name", [CARD, PREPARATION, WEIGHTS])
@settings(max_examples=25, deadline=None)
@given(noise=st.binary(max_size=60))
@example(noise=b"{}")
@example(noise=b"")
def test_a_part_that_is_none_is_refused_in_words(name, noise, model: Trained):
    spoilt = changed(model.content, **{name: noise})
    if name == WEIGHTS:
        assert unpack_model(spoilt).weights == noise, "whoever loads them checks them"
    else:
        with pytest.raises(ModelError, match=r"cannot be used.*Train it again"):
            unpack_model(spoilt)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(model: Trained, data):
    spoilt = bytearray(model.content)
    place = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[place] ^= data.draw(st.integers(1, 255))
    try:
        unpacked = unpack_model(bytes(spoilt))
    except ModelError:
        return
    assert (unpacked.card, unpacked.weights) == (ModelArchive(model.content).card, model.weights)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_cut_model_is_refused(model: Trained, length):
    with pytest.raises(ModelError):
        ModelArchive(model.content[:length])


def test_another_version_is_refused(model: Trained):
    with pytest.raises(ModelError, match="another version"):
        ModelArchive(card(model.content, format=2))


def test_a_preparation_that_gives_other_numbers_than_it_did_is_refused(model: Trained):
    told = ModelArchive(model.content).card.model_dump(mode="json")
    told["columns"][0]["name"], told["columns"][5]["name"] = "a", "weight"
    with pytest.raises(ModelError):
        unpack_model(changed(model.content, **{CARD: json.dumps(told).encode()}))


def test_a_spec_that_is_no_longer_allowed_is_refused_in_words(model: Trained):
    spec = ExperimentSpec().model_dump(mode="json")
    spec["encoding"]["kind"] = "gone"
    with pytest.raises(ModelError):
        ModelArchive(card(model.content, spec=spec))
