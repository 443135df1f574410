"""The hybrid model: its shapes, seeds, gradients, and what it refuses."""

from copy import deepcopy
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import HybridModel, build_model, build_replicates
from qenn_core.model.shape import model_shape
from qenn_core.registry import ANSATZE, ENCODINGS
from qenn_core.training.inference import predict


def build(
    n_inputs: int = 2, n_classes: int = 2, dtype: torch.dtype = torch.float64, **changes
) -> HybridModel:
    return build_model(spec_of(**changes), n_inputs, n_classes, dtype)


def spec_of(**changes) -> ExperimentSpec:
    return ExperimentSpec().with_(**changes)


def flat(model: HybridModel) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
@pytest.mark.parametrize("reduction", choices("encoding.reduction"))
@pytest.mark.parametrize("ansatz", ANSATZE.keys())
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_shape_by_arithmetic_is_the_shape_of_the_model(
    encoding: str, ansatz: str, reduction: str, hidden: tuple[int, ...]
) -> None:
    for (n_qubits, n_layers, n_classes), n_inputs in product(((1, 2, 4), (3, 1, 2)), (1, 3, 20)):
        spec = spec_of(
            **{
                "encoding.kind": encoding,
                "encoding.reduction": reduction,
                "circuit.ansatz": ansatz,
                "circuit.n_qubits": n_qubits,
                "circuit.n_layers": n_layers,
                "head.hidden": hidden,
            }
        )
        if reduction != "linear" and n_inputs > ENCODINGS[encoding].capacity(n_qubits):
            with pytest.raises(TrainingError, match="too small"):
                model_shape(spec, n_inputs, n_classes)
            continue
        shape = model_shape(spec, n_inputs, n_classes)
        model = build_model(spec, n_inputs, n_classes, torch.float64)
        assert model.parameter_counts == shape.parameters
        assert sum(shape.parameters.values()) == sum(p.numel() for p in model.parameters())
        assert shape.n_angles == shape.parameters["quantum"]
        with torch.no_grad():
            encoded = model.linear(torch.zeros(2, n_inputs, dtype=torch.float64))
            expectations = model.quantum(encoded)
            logits = model.classical(expectations)
        assert encoded.shape == (2, shape.n_encoded)
        assert expectations.shape == (2, shape.n_expectations)
        assert logits.shape == (2, shape.n_classes) == (2, n_classes)


@pytest.mark.parametrize("changes", [{}, {"noise.level": 0.1}, {"noise.shots": 100}])
@pytest.mark.parametrize("batch", [1, 7])
def test_logits_in_the_precision_of_the_model(batch: int, changes: dict) -> None:
    for n_qubits, dtype, of_inputs in product((1, 2), *[(torch.float32, torch.float64)] * 2):
        model = build(1, 3, dtype, **changes, **{"circuit.n_qubits": n_qubits})
        logits = model(torch.zeros(batch, 1, dtype=of_inputs))
        assert logits.shape == (batch, 3)
        assert logits.dtype == dtype


def test_single_precision_unless_asked_otherwise() -> None:
    model = build_model(spec_of(), 2, 2)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    inputs = torch.rand(9, 2)
    assert torch.allclose(model(inputs).double(), build()(inputs), atol=1e-5)


@pytest.mark.parametrize("shots", [0, 10])
def test_prints(shots: int) -> None:
    assert "FusedTorchLayer" in repr(build(**{"noise.shots": shots}))


def test_a_copy_continues_as_the_original() -> None:
    model = build(**{"noise.shots": 10, "noise.level": 0.1})
    copy = deepcopy(model)
    inputs = torch.rand(3, 2)
    assert torch.equal(copy(inputs), model(inputs))


def test_a_batch_is_its_rows() -> None:
    model = build(**{"encoding.kind": "reuploading", "head.hidden": (4,)})
    inputs = torch.rand(6, 2, dtype=torch.float64)
    alone = torch.cat([model(row[None]) for row in inputs])
    assert torch.allclose(model(inputs), alone, atol=1e-12)


def test_seed_decides_the_weights_and_leaves_torch_alone() -> None:
    state = torch.random.get_rng_state()
    first, again = (flat(build(seed=3, **{"encoding.reduction": "linear"})) for _ in range(2))
    other = flat(build(seed=4, **{"encoding.reduction": "linear"}))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: e.key)
def test_linear_layer_stays_within_the_range_of_the_encoding(encoding) -> None:
    model = build(3, **{"encoding.kind": encoding.key, "encoding.reduction": "linear"})
    encoded = model.linear(torch.linspace(-100, 100, 300, dtype=torch.float64).reshape(100, 3))
    if encoding.input_range is None:
        assert encoded.abs().max() > 10
    else:
        low, high = encoding.input_range
        assert low <= encoded.min()
        assert encoded.max() <= high


@pytest.mark.parametrize(
    "noise",
    [
        {},
        {"noise.level": 0.1},
        {"noise.level": 0.1, "noise.placement": "layer", "noise.channel": "amplitude_damping"},
    ],
)
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_gradients_are_central_differences(encoding: str, noise: dict) -> None:
    model = build(
        3,
        **noise,
        **{
            "encoding.kind": encoding,
            "encoding.reduction": "linear",
            "circuit.n_qubits": 2,
            "circuit.n_layers": 2,
        },
    )
    inputs = torch.tensor([[0.3, -0.8, 1.1], [0.9, 0.2, -0.4]], dtype=torch.float64, requires_grad=True)
    model(inputs)[:, 0].sin().sum().backward()
    torch.manual_seed(2)
    with torch.no_grad():
        for tensor in (inputs, *model.parameters()):
            # Along a random direction, in which no error of a single entry can hide.
            direction = torch.randn_like(tensor)
            sides = []
            for step in (1e-5, -2e-5):
                tensor += step * direction
                sides.append(model(inputs)[:, 0].sin().sum().item())
            tensor += 1e-5 * direction
            slope = (sides[0] - sides[1]) / 2e-5
            assert (tensor.grad * direction).sum().item() == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("key", ENCODINGS.keys())
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_finite_inputs_give_finite_logits_and_gradients(key: str, data) -> None:
    model = build(3, **{"encoding.kind": key, "circuit.n_layers": 1, "circuit.n_qubits": 3})
    rows = data.draw(arrays(float, (2, 3), elements=st.floats(-1e6, 1e6)))
    logits = model(torch.from_numpy(rows))
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_zero_rows_train_through_a_linear_layer() -> None:
    model = build(**{"encoding.kind": "amplitude", "encoding.reduction": "linear"})
    with torch.no_grad():
        for p in model.linear.parameters():
            p.zero_()
    model(torch.ones(4, 2)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.parametrize("shots", [0, 10])
@pytest.mark.parametrize("encoding", ["angle_y", "amplitude"])
def test_weights_that_ran_away_give_nan_for_the_training_to_notice(encoding: str, shots: int) -> None:
    model = build(**{"encoding.kind": encoding, "encoding.reduction": "linear", "noise.shots": shots})
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(float("nan"))
    assert model(torch.ones(3, 2)).isnan().all()


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 3, 1)])
def test_wrong_width_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(TrainingError, match="rows of 3 numbers"):
        build(3)(torch.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_numbers_are_refused(bad: float) -> None:
    with pytest.raises(TrainingError, match="missing or infinite"):
        build(2)(torch.tensor([[0.0, bad]]))


def test_nothing_to_encode_is_refused() -> None:
    with pytest.raises(TrainingError, match="nothing to encode"):
        build(0)


def test_too_many_inputs_name_the_control() -> None:
    with pytest.raises(TrainingError, match="too small for 5 inputs") as caught:
        build(5)
    assert caught.value.place == "circuit.n_qubits"


VARIETY = [
    {},
    {"encoding.reduction": "linear", "head.hidden": (4,)},
    {"encoding.kind": "amplitude", "circuit.n_layers": 1},
    {"encoding.kind": "reuploading", "circuit.n_qubits": 2, "noise.level": 0.1},
    {"noise.level": 0.1, "circuit.n_qubits": 2},
    {"noise.shots": 1000},
]


@pytest.mark.parametrize("changes", VARIETY, ids=str)
def test_what_is_encoded_gives_what_its_inputs_give(changes: dict) -> None:
    model = build(**changes).eval()
    inputs = torch.rand(7, 2, dtype=torch.float64)
    encoded = model.encode(inputs)
    assert len(encoded) == 7
    for rows in (slice(2, 5), torch.tensor([6, 0, 0]), torch.tensor([[1, 5, 2]])):
        assert torch.allclose(model(encoded[rows]), model(inputs[rows]), atol=1e-12)


@pytest.mark.parametrize("changes", VARIETY[:-1], ids=str)
def test_little_memory_changes_nothing_but_the_way(changes: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(**changes)
    inputs = np.random.default_rng(0).uniform(size=(7, 2))
    expected = predict(model, inputs)
    monkeypatch.setattr("qenn_core.model.network.BYTES_AT_ONCE", 3 * 8 * model.state_size)
    monkeypatch.setattr("qenn_core.model.network.ENCODED_BYTES", 0)
    assert model.rows_at_once == 3
    assert isinstance(model.encode(torch.from_numpy(inputs)), torch.Tensor)
    np.testing.assert_allclose(predict(model, inputs), expected, atol=1e-12)


@pytest.mark.parametrize("changes", VARIETY, ids=str)
def test_side_by_side_are_the_models_of_the_seeds(changes: dict) -> None:
    seeds = (5, 0, 12)
    together = build_replicates(spec_of(**changes), seeds, 2, 3, torch.float64).eval()
    alone = [build(2, 3, seed=seed, **changes).eval() for seed in seeds]
    assert together.state_dict().keys() == alone[0].state_dict().keys()
    for number, model in enumerate(alone):
        for name, weight in model.state_dict().items():
            assert torch.equal(together.state_dict()[name][number], weight)

    shared, own = torch.rand(4, 2, dtype=torch.float64), torch.rand(3, 4, 2, dtype=torch.float64)
    expected = torch.stack([model(shared) for model in alone])
    assert torch.allclose(together(shared), expected, atol=1e-12)
    expected = torch.stack([model(rows) for model, rows in zip(alone, own, strict=True)])
    assert torch.allclose(together(own), expected, atol=1e-12)

    table = together.encode(own.flatten(0, 1))
    assert torch.allclose(together(table[torch.arange(12).reshape(3, 4)]), expected, atol=1e-12)


def test_building_side_by_side_leaves_torch_alone() -> None:
    state = torch.random.get_rng_state()
    build_replicates(spec_of(), [1, 2], 2, 2)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("changes", VARIETY[:-1], ids=str)
def test_one_that_is_not_a_number_does_not_touch_those_beside_it(changes: dict) -> None:
    together = build_replicates(spec_of(**changes), (0, 1, 2), 2, 2, torch.float64)
    with torch.no_grad():
        for weight in together.parameters():
            weight[1].fill_(torch.nan)
    logits = together(torch.rand(3, 5, 2, dtype=torch.float64))
    assert logits.isnan().flatten(1).all(dim=1).tolist() == [False, True, False]
    assert logits[[0, 2]].isfinite().all()
    logits.sum().backward()
    for weight in together.parameters():
        assert weight.grad[[0, 2]].isfinite().all()
