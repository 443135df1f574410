"""Packed content is restored bit for bit; anything else is refused with an explanation."""

import json
from math import inf

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.network import build_model
from qenn_core.training import serialization
from qenn_core.training.inference import predict
from qenn_core.training.serialization import Payload, pack, unpack
from qenn_core.training.training import Training
from qenn_core.training.weights import load_weights

SMALL = ExperimentSpec().with_(**{"circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 2})
PACKED = pack("checkpoint", Payload({"loss": 0.1}, {"weights": torch.arange(6.0).view(2, 3)}))


def test_round_trip():
    tensors = {"w": torch.randn(3, 2), "state": torch.arange(9, dtype=torch.uint8), "step": torch.tensor(3.0)}
    metadata = {"loss": 0.1 + 0.2, "best": inf, "stream": 2**127 + 1, "reason": "patience"}
    restored = unpack("checkpoint", pack("checkpoint", Payload(metadata, tensors)))
    assert restored.metadata == metadata
    assert restored.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert restored.tensors[name].dtype == tensor.dtype
        assert torch.equal(restored.tensors[name], tensor)


def test_same_payload_gives_same_bytes():
    tensors = {f"w{k}": torch.full((k,), float(k)) for k in range(1, 9)}
    metadata = {str(k): k for k in range(9)}
    assert len({pack("checkpoint", Payload(metadata, tensors)) for _ in range(5)}) == 1


def test_is_a_safetensors_file():
    assert torch.equal(safetensors.torch.load(PACKED)["weights"], torch.arange(6.0).view(2, 3))


def assert_refused(content: bytes) -> None:
    with pytest.raises(TrainingError, match="This checkpoint cannot be read") as caught:
        unpack("checkpoint", content)
    assert caught.value.why
    assert caught.value.remedy


@given(st.binary())
def test_any_bytes_are_refused(content):
    assert_refused(content)


@given(st.integers(0, len(PACKED) - 1))
def test_truncated_content_is_refused(length):
    assert_refused(PACKED[:length])


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_changed_byte_is_refused_or_has_no_effect(position, change):
    changed = bytearray(PACKED)
    changed[position] ^= change
    try:
        restored = unpack("checkpoint", bytes(changed))
    except TrainingError:
        return
    # The byte was white space around the header.
    assert restored.metadata == {"loss": 0.1}
    assert torch.equal(restored.tensors["weights"], torch.arange(6.0).view(2, 3))


@examples(25)  # nested values are slow to draw
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_header_is_refused(header):
    assert_refused(safetensors.torch.save({"w": torch.zeros(1)}, {"qenn": json.dumps(header)}))


@pytest.mark.parametrize("missing", [None, {}, {"other": "1"}])
def test_other_safetensors_files_are_refused(missing):
    assert_refused(safetensors.torch.save({"w": torch.zeros(1)}, missing))


def test_other_format_version_is_refused(monkeypatch):
    monkeypatch.setattr(serialization, "FORMAT", serialization.FORMAT + 1)
    with pytest.raises(TrainingError, match="another version of the app"):
        unpack("checkpoint", PACKED)


def test_other_kind_is_refused():
    with pytest.raises(TrainingError, match="not a model"):
        unpack("model", PACKED)


@pytest.mark.parametrize("changes", [{}, {"head.hidden": (5, 3), "encoding.reduction": "linear"}], ids=str)
def test_loaded_weights_give_the_predictions_of_the_trained_model(separable, changes):
    spec = SMALL.with_(**changes)
    training = Training(spec, separable)
    *_, finished = training
    loaded = load_weights(build_model(spec.with_(seed=5), 2, 2), training.weights())
    probabilities = predict(loaded, separable.test.inputs)
    assert (probabilities == predict(training.model, separable.test.inputs)).all()
    assert tuple(probabilities.argmax(axis=1)) == finished.predictions


def test_weights_are_those_of_the_lowest_validation_loss(separable):
    spec = SMALL.with_(**{"training.epochs": 4, "training.learning_rate": 1.0})
    training = Training(spec, separable)
    losses, weights = [], []
    for record in training:
        if record.kind == "epoch":
            losses.append(record.validation_loss)
            weights.append(training.weights())
    best = losses.index(min(losses))
    assert best < len(losses) - 1, "the test needs a best epoch before the last"
    assert training.weights() == weights[best]


@pytest.mark.parametrize(
    "changes",
    [
        {"circuit.n_qubits": 3},
        {"circuit.n_layers": 2},
        {"head.hidden": (4,)},
        {"encoding.reduction": "linear"},
    ],
    ids=str,
)
def test_weights_of_another_model_are_refused(separable, changes):
    weights = Training(SMALL, separable).weights()
    model = build_model(SMALL.with_(**changes), 2, 2)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(TrainingError, match="do not fit the model"):
        load_weights(model, weights)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
