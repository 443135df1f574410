"""Variances, probabilities of observables, states and measurements on the way are compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from qenn_core.engine import FallbackWarning, FusedTorchLayer
from tests.engine.parity import DOUBLE, assert_close, assert_parity, draw_inputs, node, observe, pair

SHAPES = {"weights": (2, 3, 3)}
HERMITIAN = np.array([[0.3, 0.2 - 0.5j], [0.2 + 0.5j, -1.1]])

# TorchLayer takes the real part of a state, and PyTorch says so once.
pytestmark = pytest.mark.filterwarnings("ignore:Casting complex values to real:UserWarning")

MEASURED: dict[str, Callable[[], Any]] = {
    "var Z": lambda: qml.var(qml.Z(0)),
    "var of a product": lambda: qml.var(qml.X(0) @ qml.Y(2)),
    "var of a sum": lambda: qml.var(0.5 * qml.X(0) + qml.Z(1) @ qml.Z(2) - 2 * qml.Y(1)),
    "var of a Hermitian": lambda: qml.var(qml.Hermitian(HERMITIAN, 1)),
    "var of a projector": lambda: qml.var(qml.Projector([1, 0], [0, 2])),
    "var among others": lambda: [
        qml.expval(qml.Z(0)),
        qml.var(qml.X(1)),
        qml.probs([0, 2]),
        qml.var(qml.Z(2)),
    ],
    "tuple of variances": lambda: (qml.var(qml.Z(0)), qml.var(qml.X(1))),
    "probs of X": lambda: qml.probs(op=qml.X(1)),
    "probs of Y and Z": lambda: qml.probs(op=qml.Y(2) @ qml.Z(0)),
    "probs among others": lambda: [qml.probs(op=qml.X(0)), qml.expval(qml.Z(0)), qml.probs(op=qml.Y(1))],
    "density matrix": lambda: qml.density_matrix([1]),
    "density matrix of two": lambda: qml.density_matrix([2, 0]),
}
PURE = {
    "state": lambda: qml.state(),
    "state among others": lambda: [qml.state(), qml.expval(qml.X(0)), qml.var(qml.Z(1))],
}


def circuit(measure: Callable[[], Any], *, noise: bool = False) -> Callable[..., Any]:
    def function(inputs, weights):
        qml.Hadamard(1)
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        qml.GlobalPhase(0.7)
        if noise:
            qml.DepolarizingChannel(0.1, wires=1)
        qml.adjoint(qml.S(2))
        return measure()

    return function


@pytest.mark.parametrize(
    ("case", "batch"),
    [(case, batch) for case in {**MEASURED, **PURE} for batch in [(), (1,), (4,), (2, 3)]],
)
def test_pure_state(case: str, batch: tuple[int, ...]) -> None:
    fused, reference = pair(node(circuit({**MEASURED, **PURE}[case]), 3), SHAPES)
    assert_parity(fused, reference, draw_inputs(*batch, 3))


@pytest.mark.parametrize("case", {**MEASURED, "state": PURE["state"]})
def test_mixed_state(case: str) -> None:
    measure = {**MEASURED, **PURE}[case]
    fused, reference = pair(node(circuit(measure, noise=True), 3, mixed=True), SHAPES)
    # PennyLane's simulator of mixed states is accurate to eight digits.
    inputs = draw_inputs(4, 3)
    assert_close(observe(fused, inputs), observe(reference, inputs), rtol=1e-6, atol=1e-6)
    assert fused.fallback_cause is None


@pytest.mark.parametrize("case", ["var of a sum", "var among others", "density matrix", "state"])
def test_several_models(case: str) -> None:
    qnode = node(circuit({**MEASURED, **PURE}[case]), 3)
    models = FusedTorchLayer(qnode, SHAPES, n_models=3).double()
    inputs = draw_inputs(4, 3)
    results = models(inputs)
    for model, weights in enumerate(models.weights):
        _, reference = pair(qnode, SHAPES)
        with torch.no_grad():
            reference.weights.copy_(weights)
        torch.testing.assert_close(results[model], reference(inputs), **DOUBLE)


def test_second_derivatives_of_a_variance() -> None:
    fused, _ = pair(node(circuit(MEASURED["var of a sum"]), 3), SHAPES)
    assert torch.autograd.gradgradcheck(fused, draw_inputs(2, 3).requires_grad_())


def on_the_way(change: Callable[[Any, Any], Callable[[], list[Any]]]) -> Callable[..., Any]:
    def function(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(3))
        measure_outcomes = change(inputs, weights)
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(1)), qml.var(qml.Z(2)), *measure_outcomes()]

    return function


def conditional(inputs: Any, weights: Any) -> Callable[[], list[Any]]:
    outcome = qml.measure(0)
    qml.cond(outcome, qml.RX, qml.RY)(weights[0, 0, 0], wires=1)
    return list


def reset(inputs: Any, weights: Any) -> Callable[[], list[Any]]:
    qml.measure(1, reset=True)
    return list


def two_outcomes(inputs: Any, weights: Any) -> Callable[[], list[Any]]:
    first, second = qml.measure(0), qml.measure(2)
    qml.cond(first & ~second, qml.RX)(inputs[..., 0], wires=1)
    return lambda: [
        qml.expval(first),
        qml.var(second),
        qml.expval(2 * first - second),
        qml.probs(op=[first, second]),
    ]


def select(inputs: Any, weights: Any) -> Callable[[], list[Any]]:
    qml.measure(0, postselect=1)
    return list


@pytest.mark.parametrize("wires", [None, 6], ids=["any wires", "six wires"])
@pytest.mark.parametrize("change", [conditional, reset, two_outcomes], ids=lambda change: change.__name__)
def test_measurement_on_the_way(change: Callable[..., Any], wires: int | None) -> None:
    fused, reference = pair(node(on_the_way(change), wires), SHAPES)
    assert_parity(fused, reference, draw_inputs(4, 3))


def test_measurement_on_the_way_of_a_mixed_state() -> None:
    fused, reference = pair(node(on_the_way(conditional), 4, mixed=True), SHAPES)
    inputs = draw_inputs(3, 3)
    assert_close(observe(fused, inputs), observe(reference, inputs), rtol=1e-6, atol=1e-6)
    assert fused.fallback_cause is None


def test_selected_outcomes_fall_back() -> None:
    fused, reference = pair(node(on_the_way(select), None), SHAPES)
    inputs = draw_inputs(4, 3)
    with pytest.warns(FallbackWarning, match="selects outcomes"):
        assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: qml.var(qml.Z(0)),
        lambda: qml.probs(op=qml.Y(2) @ qml.Z(0)),
        lambda: qml.var(qml.X(0) @ qml.Y(1)),
    ],
    ids=["var Z", "probs of Y and Z", "var of a product"],
)
def test_shots_scatter_around_exact_values(measure: Callable[[], Any]) -> None:
    exact, _ = pair(node(circuit(measure), 3), SHAPES)
    sampled = FusedTorchLayer(qml.set_shots(node(circuit(measure), 3), 4000), SHAPES, seed=1).double()
    with torch.no_grad():
        sampled.weights.copy_(exact.weights)
    inputs = draw_inputs(200, 3)
    errors = sampled(inputs) - exact(inputs)
    assert sampled.fallback_cause is None
    assert 0.001 < errors.std() < 0.05
    assert errors.mean().abs() < 0.004


def test_variance_that_shots_cannot_estimate_raises_the_error_of_pennylane() -> None:
    with_shots = qml.set_shots(node(circuit(lambda: qml.var(qml.X(0) + qml.Z(0))), 3), 100)
    messages = []
    for layer in (FusedTorchLayer(with_shots, SHAPES, seed=1), qml.qnn.TorchLayer(with_shots, SHAPES)):
        with pytest.raises(qml.exceptions.QuantumFunctionError) as caught:
            layer(draw_inputs(2, 3).float())
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_shift_rule_does_not_apply_to_a_variance() -> None:
    fused, reference = pair(node(circuit(MEASURED["var Z"]), 3), SHAPES, gradient="parameter-shift")
    inputs = draw_inputs(4, 3)
    with pytest.warns(FallbackWarning, match="parameter-shift rule"):
        assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


@pytest.mark.parametrize(
    "measure",
    [
        lambda: qml.density_matrix([0, 1, 2, 3]),
        lambda: [qml.density_matrix([0]), qml.expval(qml.Z(1))],
        lambda: qml.probs(op=qml.Hadamard(0)),
    ],
    ids=[
        "density matrix of four wires",
        "density matrix among others",
        "probabilities of another observable",
    ],
)
def test_other_measurements_fall_back(measure: Callable[[], Any]) -> None:
    fused, reference = pair(node(circuit(measure), 4), SHAPES)
    inputs = draw_inputs(3, 3)
    with pytest.warns(FallbackWarning, match="measures"):
        assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)
