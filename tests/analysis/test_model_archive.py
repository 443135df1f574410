"""A packed model contains neither code nor training rows, and damage to it is detected."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qenn_core.analysis import model_archive
from qenn_core.analysis.model_archive import unpack_model
from qenn_core.analysis.model_card import CARD, PREPARATION, WEIGHTS, ModelArchive
from qenn_core.analysis.skops_compat import skops
from qenn_core.errors import ModelError
from qenn_core.experiment import ExperimentSpec
from tests.analysis.trained import SMALL, Trained, with_all_kinds_of_columns
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed


def replace_parts(content: bytes, **parts: bytes) -> bytes:
    """Return a packed model with the given parts replaced."""
    with ZipFile(io.BytesIO(content)) as packed:
        all_parts = {name: packed.read(name) for name in packed.namelist()} | parts
    with ZipFile(repacked := io.BytesIO(), "w") as packed:
        for name, part in all_parts.items():
            packed.writestr(name, part)
    return repacked.getvalue()


def replace_card_fields(content: bytes, **fields: object) -> bytes:
    """Return a packed model with the given fields of its card replaced."""
    card = ModelArchive(content).card.model_dump(mode="json") | fields
    return replace_parts(content, **{CARD: json.dumps(card).encode()})


def test_card_describes_inputs_and_outputs(model: Trained):
    card = ModelArchive(model.content).card
    steps = {"encoding.reduction": "kbest", "encoding.kind": "amplitude"}
    assert card.spec == csv_spec().with_(**SMALL, **steps)
    assert (card.target, card.class_names, card.n_inputs) == ("kind", ("down", "up"), 4)
    assert [column.name for column in card.columns] == [
        "weight",
        "member",
        "colour",
        "size",
        "joined",
        "pressure",
        "a",
        "b",
    ]
    assert unpack_model(model.content).weights == model.weights


def test_model_is_small_and_contains_no_rows(model: Trained):
    assert len(model.content) < 40_000
    with ZipFile(io.BytesIO(model.content)) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
    assert b"remark 7" not in everything
    frame = mixed().frame
    contained = [cell for cell in set(frame["weight"].dropna()) if f'"{cell}"'.encode() in everything]
    assert len(contained) <= 1, "the median only"


def test_untrusted_types_are_refused(model: Trained):
    class Untrusted:
        pass

    content = replace_parts(model.content, **{PREPARATION: skops.dumps({"features": Untrusted()})})
    with pytest.raises(ModelError, match="cannot be used"):
        unpack_model(content)


def test_every_trusted_type_is_used(model: Trained):
    used = set()
    for content in (model.content, with_all_kinds_of_columns().content):
        used |= set(skops.get_untrusted_types(data=ModelArchive(content).preparation))
    assert used == set(model_archive.TRUSTED_TYPES)


@pytest.mark.parametrize("name", [CARD, PREPARATION])
@settings(max_examples=10, deadline=None)
@given(noise=st.binary(max_size=60))
@example(noise=b"{}")
@example(noise=b"")
def test_invalid_part_is_refused(name, noise, model: Trained):
    with pytest.raises(ModelError, match=r"cannot be used.*Train it again"):
        unpack_model(replace_parts(model.content, **{name: noise}))


def test_weights_are_not_checked_before_they_are_loaded(model: Trained):
    assert unpack_model(replace_parts(model.content, **{WEIGHTS: b"noise"})).weights == b"noise"


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_changed_byte_is_refused_or_changes_nothing(model: Trained, data):
    damaged = bytearray(model.content)
    position = data.draw(st.integers(0, len(damaged) - 1))
    damaged[position] ^= data.draw(st.integers(1, 255))
    try:
        unpacked = unpack_model(bytes(damaged))
    except ModelError:
        return
    assert (unpacked.card, unpacked.weights) == (ModelArchive(model.content).card, model.weights)


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_truncated_model_is_refused(model: Trained, length):
    with pytest.raises(ModelError):
        ModelArchive(model.content[:length])


def test_other_format_is_refused(model: Trained):
    with pytest.raises(ModelError, match="another version"):
        ModelArchive(replace_card_fields(model.content, format=2))


def test_preparation_with_different_results_is_refused(model: Trained):
    card = ModelArchive(model.content).card.model_dump(mode="json")
    card["columns"][0]["name"], card["columns"][5]["name"] = "a", "weight"
    with pytest.raises(ModelError):
        unpack_model(replace_parts(model.content, **{CARD: json.dumps(card).encode()}))


def test_spec_that_is_no_longer_valid_is_refused(model: Trained):
    spec = ExperimentSpec().model_dump(mode="json")
    spec["encoding"]["kind"] = "gone"
    with pytest.raises(ModelError):
        ModelArchive(replace_card_fields(model.content, spec=spec))
