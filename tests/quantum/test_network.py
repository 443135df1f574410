"""The hybrid model: its shapes, seeds, gradients, and errors."""

from copy import deepcopy
from functools import cache

import numpy as np
import pytest
import torch
from covering import Case, case_id, covering_array
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_examples import examples

from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import HybridModel, build_model, build_replicates
from qenn_core.model.shape import encoded_width, model_shape
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


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "encoding.kind": ENCODINGS.keys(),
            "encoding.reduction": choices("encoding.reduction"),
            "n_inputs": [1, 3, 20],
            "circuit.n_qubits": [1, 3],
            "circuit.ansatz": ANSATZE.keys(),
            "circuit.n_layers": [1, 2],
            "head.hidden": [(), (5,), (4, 3)],
            "n_classes": [2, 3],
        },
        whole=["encoding.kind", "n_inputs", "circuit.n_qubits"],
    ),
    ids=case_id,
)
def test_computed_shape_is_the_shape_of_the_model(case: Case) -> None:
    changes = dict(case)
    n_inputs, n_classes = changes.pop("n_inputs"), changes.pop("n_classes")
    spec = spec_of(**changes)
    capacity = ENCODINGS[spec.encoding.kind].capacity(spec.circuit.n_qubits)
    if spec.encoding.reduction != "linear" and n_inputs > capacity:
        with pytest.raises(TrainingError, match="too small"):
            model_shape(spec, n_inputs, n_classes)
        return
    shape = model_shape(spec, n_inputs, n_classes)
    model = build_model(spec, n_inputs, n_classes, torch.float64)
    for name, count in shape.parameters.items():
        assert count == sum(p.numel() for p in getattr(model, name).parameters())
    assert sum(shape.parameters.values()) == sum(p.numel() for p in model.parameters())
    assert shape.n_angles == shape.parameters["quantum"]
    with torch.no_grad():
        encoded = model.linear(torch.zeros(2, n_inputs, dtype=torch.float64))
        expectations = model.quantum(encoded)
        logits = model.classical(expectations)
    assert encoded.shape == (2, shape.n_encoded)
    assert expectations.shape == (2, shape.n_expectations)
    assert logits.shape == (2, shape.n_classes) == (2, n_classes)


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "changes": [{}, {"noise.level": 0.1}, {"noise.shots": 100}],
            "dtype": [torch.float32, torch.float64],
            "input_dtype": [torch.float32, torch.float64],
            "batch": [1, 7],
            "n_qubits": [1, 2],
        },
        whole=["changes", "dtype"],
    ),
    ids=case_id,
)
def test_logits_have_the_dtype_of_the_model(case: Case) -> None:
    model = build(1, 3, case["dtype"], **case["changes"], **{"circuit.n_qubits": case["n_qubits"]})
    logits = model(torch.zeros(case["batch"], 1, dtype=case["input_dtype"]))
    assert logits.shape == (case["batch"], 3)
    assert logits.dtype == case["dtype"]


def test_single_precision_by_default() -> None:
    model = build_model(spec_of(), 2, 2)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    inputs = torch.rand(9, 2)
    assert torch.allclose(model(inputs).double(), build()(inputs), atol=1e-5)


@pytest.mark.parametrize("shots", [0, 10])
def test_prints(shots: int) -> None:
    assert "<Quantum Torch Layer: func=Circuit>" in repr(build(**{"noise.shots": shots}))


def test_copy_continues_like_the_original() -> None:
    model = build(**{"noise.shots": 10, "noise.level": 0.1})
    copy = deepcopy(model)
    inputs = torch.rand(3, 2)
    assert torch.equal(copy(inputs), model(inputs))


def test_rows_of_a_batch_are_independent() -> None:
    model = build(**{"encoding.kind": "reuploading", "head.hidden": (4,)})
    inputs = torch.rand(6, 2, dtype=torch.float64)
    row_by_row = torch.cat([model(row[None]) for row in inputs])
    assert torch.allclose(model(inputs), row_by_row, atol=1e-12)


def test_seed_determines_the_weights_without_changing_torchs_generator() -> None:
    state = torch.random.get_rng_state()
    first, again = (flat(build(seed=3, **{"encoding.reduction": "linear"})) for _ in range(2))
    other = flat(build(seed=4, **{"encoding.reduction": "linear"}))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("encoding", "n_inputs", "width"),
    [
        ("angle_y", 2, 4),  # at least one per qubit
        ("angle_y", 9, 4),  # at most the capacity
        ("amplitude", 2, 4),
        ("amplitude", 9, 9),
        ("amplitude", 20, 16),
    ],
)
def test_width_of_the_linear_layer(encoding: str, n_inputs: int, width: int) -> None:
    spec = spec_of(**{"encoding.kind": encoding, "encoding.reduction": "linear", "circuit.n_qubits": 4})
    assert encoded_width(spec, n_inputs) == width


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
def test_gradients_equal_central_differences(encoding: str, noise: dict) -> None:
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
            # Along a random direction, so that an error in any single entry shows.
            direction = torch.randn_like(tensor)
            values = []
            for step in (1e-5, -2e-5):
                tensor += step * direction
                values.append(model(inputs)[:, 0].sin().sum().item())
            tensor += 1e-5 * direction
            slope = (values[0] - values[1]) / 2e-5
            assert (tensor.grad * direction).sum().item() == pytest.approx(slope, abs=1e-8)


@cache
def small_model(encoding: str) -> HybridModel:
    return build(3, **{"encoding.kind": encoding, "circuit.n_layers": 1, "circuit.n_qubits": 3})


@pytest.mark.parametrize("encoding", ENCODINGS.keys())
@examples(30)
@given(rows=arrays(float, (2, 3), elements=st.floats(-1e6, 1e6)))
def test_finite_inputs_give_finite_logits_and_gradients(encoding: str, rows: np.ndarray) -> None:
    model = small_model(encoding)
    logits = model(torch.from_numpy(rows))
    assert torch.isfinite(logits).all()
    gradients = torch.autograd.grad(logits.sum(), list(model.parameters()))
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_zero_rows_train_through_a_linear_layer() -> None:
    model = build(**{"encoding.kind": "amplitude", "encoding.reduction": "linear"})
    with torch.no_grad():
        for p in model.linear.parameters():
            p.zero_()
    model(torch.ones(4, 2)).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.parametrize("shots", [0, 10])
@pytest.mark.parametrize("encoding", ["angle_y", "amplitude"])
def test_weights_that_are_nan_give_nan(encoding: str, shots: int) -> None:
    model = build(**{"encoding.kind": encoding, "encoding.reduction": "linear", "noise.shots": shots})
    with torch.no_grad():
        for p in model.parameters():
            p.fill_(float("nan"))
    assert model(torch.ones(3, 2)).isnan().all()


@pytest.mark.parametrize("shape", [(3,), (4, 2), (4, 3, 1)])
def test_wrong_width_raises(shape: tuple[int, ...]) -> None:
    with pytest.raises(TrainingError, match="rows of 3 numbers"):
        build(3)(torch.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite_raise(bad: float) -> None:
    with pytest.raises(TrainingError, match="missing or infinite"):
        build(2)(torch.tensor([[0.0, bad]]))


def test_nothing_to_encode_raises() -> None:
    with pytest.raises(TrainingError, match="nothing to encode"):
        build(0)


def test_too_many_inputs_raise_with_the_control() -> None:
    with pytest.raises(TrainingError, match="too small for 5 inputs") as caught:
        build(5)
    assert caught.value.why == "With this encoding, 4 qubits can hold at most 4 inputs."
    assert caught.value.place == "circuit.n_qubits"


VARIANTS = [
    {},
    {"encoding.reduction": "linear", "head.hidden": (4,)},
    {"encoding.kind": "amplitude", "circuit.n_layers": 1},
    {"encoding.kind": "reuploading", "circuit.n_qubits": 2, "noise.level": 0.1},
    {"noise.level": 0.1, "circuit.n_qubits": 2},
    {"noise.shots": 1000},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_encoded_inputs_give_the_same_logits(changes: dict) -> None:
    model = build(**changes).eval()
    inputs = torch.rand(7, 2, dtype=torch.float64)
    encoded = model.encode(inputs)
    assert len(encoded) == 7
    for rows in (slice(2, 5), torch.tensor([6, 0, 0]), torch.tensor([[1, 5, 2]])):
        assert torch.allclose(model(encoded[rows]), model(inputs[rows]), atol=1e-12)


@pytest.mark.parametrize("changes", VARIANTS[:-1], ids=str)
def test_memory_limits_do_not_change_the_predictions(changes: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build(**changes)
    inputs = np.random.default_rng(0).uniform(size=(7, 2))
    expected = predict(model, inputs)
    monkeypatch.setattr("qenn_core.model.network.EVALUATION_STATE_BYTES", 3 * 8 * model.state_size)
    monkeypatch.setattr("qenn_core.model.network.MAX_ENCODED_BYTES", 0)
    assert model.evaluation_batch_size == 3
    assert isinstance(model.encode(torch.from_numpy(inputs)), torch.Tensor)
    np.testing.assert_allclose(predict(model, inputs), expected, atol=1e-12)


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_stacked_models_are_the_models_of_the_seeds(changes: dict) -> None:
    seeds = (5, 0, 12)
    stacked = build_replicates(spec_of(**changes), seeds, 2, 3, torch.float64).eval()
    models = [build(2, 3, seed=seed, **changes).eval() for seed in seeds]
    assert stacked.state_dict().keys() == models[0].state_dict().keys()
    for number, model in enumerate(models):
        for name, weight in model.state_dict().items():
            assert torch.equal(stacked.state_dict()[name][number], weight)

    shared, separate = torch.rand(4, 2, dtype=torch.float64), torch.rand(3, 4, 2, dtype=torch.float64)
    expected = torch.stack([model(shared) for model in models])
    assert torch.allclose(stacked(shared), expected, atol=1e-12)
    expected = torch.stack([model(rows) for model, rows in zip(models, separate, strict=True)])
    assert torch.allclose(stacked(separate), expected, atol=1e-12)

    encoded = stacked.encode(separate.flatten(0, 1))
    assert torch.allclose(stacked(encoded[torch.arange(12).reshape(3, 4)]), expected, atol=1e-12)


def test_building_stacked_models_does_not_change_torchs_generator() -> None:
    state = torch.random.get_rng_state()
    build_replicates(spec_of(), [1, 2], 2, 2)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("changes", VARIANTS[:-1], ids=str)
def test_model_with_nan_weights_does_not_affect_the_others(changes: dict) -> None:
    stacked = build_replicates(spec_of(**changes), (0, 1, 2), 2, 2, torch.float64)
    with torch.no_grad():
        for weight in stacked.parameters():
            weight[1].fill_(torch.nan)
    logits = stacked(torch.rand(3, 5, 2, dtype=torch.float64))
    assert logits.isnan().flatten(1).all(dim=1).tolist() == [False, True, False]
    assert logits[[0, 2]].isfinite().all()
    logits.sum().backward()
    for weight in stacked.parameters():
        assert weight.grad[[0, 2]].isfinite().all()
