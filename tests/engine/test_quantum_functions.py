"""Other contents of quantum functions: arithmetic of numbers and operators, wires and observables."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch

from tests.engine.parity import assert_close, assert_parity, draw_inputs, node, observe, pair

Gates = Callable[[Any, Any], Any]
Results = Callable[[], Any]

WHERE = range(3)
BATCHES: list[tuple[int, ...]] = [(4,), (), (2, 3), (1,)]

ARITHMETIC: dict[str, Gates] = {
    "where": lambda x, w: qml.RX(torch.where(x[..., 0] > 0, x[..., 0], 2 * x[..., 1]), 0),
    "relu, abs and clamp": lambda x, w: qml.RX(
        torch.relu(x[..., 0]) + w[0].abs() + x[..., 1].clamp(-1, 1), 0
    ),
    "largest of a row": lambda x, w: qml.RX(x.max(-1).values, 0),
    "sorted row": lambda x, w: qml.AngleEmbedding(x.sort(-1).values, wires=WHERE),
    "softmax of a row": lambda x, w: qml.AngleEmbedding(torch.softmax(x, -1), wires=WHERE),
    "length of a row": lambda x, w: qml.RX(x.norm(dim=-1), 0),
    "product with weights": lambda x, w: qml.RX((x * w[:3]).sum(-1), 0),
    "einsum": lambda x, w: qml.RX(torch.einsum("...i,i->...", x, w[:3]), 0),
    "linear layer": lambda x, w: qml.AngleEmbedding(
        torch.nn.functional.linear(x, torch.outer(w[:3], w[1:])), wires=WHERE
    ),
    "polynomial": lambda x, w: qml.RX(x[..., 0] ** 3 - w[0] * x[..., 1] ** 2 + 0.5, 0),
    "exponential and logarithm": lambda x, w: qml.RX(torch.exp(x[..., 0]) + torch.log1p(x[..., 1] ** 2), 0),
    "arccosine of a square": lambda x, w: qml.RZ(torch.acos(x[..., 0] ** 2 / 3), 0),
    "rounding": lambda x, w: qml.RX(x[..., 0].floor() + w[0].round(), 0),
    "in place": lambda x, w: qml.RX(x.clone().mul_(2)[..., 0], 0),
    "without its gradient": lambda x, w: qml.RX(w[0].detach() * x[..., 0], 0),
    "weights in a loop": lambda x, w: [qml.RX(weight, 0) for weight in w],
    "reshaped weights": lambda x, w: qml.BasicEntanglerLayers(w.reshape(2, 2), wires=(0, 1)),
    "PennyLane's own maths": lambda x, w: qml.RX(qml.math.sin(x[..., 0]) * qml.math.sqrt(w[0] ** 2 + 1), 0),
    "not a number": lambda x, w: qml.RX(torch.sqrt(x[..., 0]), 0),
}

OPERATORS: dict[str, Gates] = {
    "product": lambda x, w: qml.prod(qml.RX(w[0], 0), qml.CNOT([0, 1])),
    "controlled product": lambda x, w: qml.ctrl(qml.prod(qml.RX(x[..., 0], 0), qml.CNOT([0, 1])), control=2),
    "controlled function": lambda x, w: qml.ctrl(
        lambda: [qml.RX(x[..., 0], 0), qml.StronglyEntanglingLayers(w[:3].reshape(1, 1, 3), wires=[1])],
        control=2,
    )(),
    "inverse of a function": lambda x, w: qml.adjoint(lambda: [qml.RX(x[..., 0], 0), qml.RY(w[0], 1)])(),
    "inverse of an inverse": lambda x, w: qml.adjoint(qml.adjoint(qml.SX(0))),
    "power of a power": lambda x, w: qml.pow(qml.pow(qml.RX(w[0], 0), 2), 3),
    "controlled phase": lambda x, w: (qml.Hadamard(1), qml.ctrl(qml.GlobalPhase(x[..., 0]), control=1)),
    "exponential": lambda x, w: qml.exp(qml.X(0) @ qml.Z(1), 1j * w[0]),
    "evolution": lambda x, w: qml.evolve(qml.X(0) @ qml.Z(1), w[0]),
    "in another basis": lambda x, w: qml.change_op_basis(qml.Hadamard(0), qml.RZ(x[..., 0], 0)),
    "under a condition": lambda x, w: qml.cond(True, qml.RX)(w[0], wires=0),
    "state on the way": lambda x, w: (qml.RX(0.3, 0), qml.StatePrep(np.array([0.6, 0.8]), wires=0)),
    "flips on the way": lambda x, w: (qml.RX(0.3, 0), qml.BasisState([1], wires=0)),
    "no unitary": lambda x, w: qml.QubitUnitary(torch.outer(w[:2], w[2:]), wires=0),
    "without effect": lambda x, w: (qml.Barrier(), qml.Snapshot(), qml.WireCut(0), qml.Identity(1)),
}

OBSERVABLES: dict[str, Results] = {
    "sums of products": lambda: qml.expval(
        qml.sum(qml.prod(qml.X(0), qml.Y(1)), qml.s_prod(0.5, qml.Z(2)), qml.I(0))
    ),
    "product of sums": lambda: qml.expval((qml.X(0) + qml.Z(0)) @ (qml.Y(2) - 0.3 * qml.Z(1))),
    "words on one wire": lambda: qml.expval(qml.prod(qml.X(0), qml.X(0), qml.Z(0))),
    "power": lambda: qml.expval(qml.pow(qml.X(0), 2)),
    "three wires": lambda: qml.expval(qml.Hermitian(np.diag(np.arange(8.0)), wires=[2, 0, 1])),
    "product with a matrix": lambda: qml.expval(qml.Hermitian([[1, 0.5j], [-0.5j, 2]], wires=[0]) @ qml.Y(2)),
    "the same twice": lambda: [qml.expval(qml.X(0)), qml.expval(qml.X(0))],
    "overlapping chances": lambda: [qml.probs(wires=[0, 1]), qml.probs(wires=[1, 0]), qml.probs(wires=[2])],
    "all chances": lambda: qml.probs(),
    "chances as a tuple": lambda: (qml.probs(wires=[2, 0]), qml.probs(wires=[1, 2])),
    "a word for nothing": lambda: [qml.expval(qml.Identity(1)), qml.expval(qml.Z(2))],
}


def shared(inputs: Any, weights: Any) -> None:
    qml.AngleEmbedding(inputs, wires=WHERE)
    qml.Rot(*weights[:3], wires=0)
    qml.CNOT((0, 1))
    qml.RY(weights[3], wires=2)
    qml.CNOT((2, 1))


def function(gates: Gates | None = None, results: Results | None = None) -> Callable[..., Any]:
    def circuit(inputs, weights):
        if gates is not None:
            gates(inputs, weights)
        shared(inputs, weights)
        return results() if results is not None else [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]

    return circuit


def layers(circuit: Callable[..., Any], wires: Any = 3, *, mixed: bool = False) -> Any:
    return pair(node(circuit, wires, mixed=mixed), {"weights": (4,)})


@pytest.mark.parametrize(("case", "batch"), list(zip(ARITHMETIC, cycle(BATCHES), strict=False)), ids=str)
def test_arithmetic(case: str, batch: tuple[int, ...]) -> None:
    fused, reference = layers(function(ARITHMETIC[case]))
    inputs = draw_inputs(*batch, 3)
    if case == "not a number":
        assert torch.equal(fused(inputs).isnan(), reference(inputs).isnan())
    else:
        assert_parity(fused, reference, inputs)


@pytest.mark.parametrize("case", OPERATORS)
def test_operators(case: str) -> None:
    assert_parity(*layers(function(OPERATORS[case])), draw_inputs(4, 3))


# TorchLayer warns where results are complex numbers without an imaginary part.
@pytest.mark.filterwarnings("ignore:Casting complex values to real:UserWarning")
@pytest.mark.parametrize(("case", "batch"), list(zip(OBSERVABLES, cycle(BATCHES), strict=False)), ids=str)
def test_results(case: str, batch: tuple[int, ...]) -> None:
    assert_parity(*layers(function(results=OBSERVABLES[case])), draw_inputs(*batch, 3))


@pytest.mark.parametrize(
    ("device_wires", "results"),
    [
        (None, lambda: qml.probs()),
        (5, lambda: qml.probs()),
        ([2, 0, 1], lambda: qml.probs()),
        (None, lambda: [qml.expval(qml.Z("aux")), qml.probs(wires=["aux", 0])]),
        ([2, "aux", 1, 0], lambda: [qml.expval(qml.X(1) @ qml.Z("aux")), qml.probs(wires=[1, "aux"])]),
    ],
    ids=["unnamed", "idle", "reordered", "only measured", "only measured and reordered"],
)
def test_wires(device_wires: Any, results: Results) -> None:
    assert_parity(*layers(function(results=results), device_wires), draw_inputs(4, 3))


def test_missing_wires() -> None:
    fused, reference = layers(function(lambda x, w: qml.X("elsewhere")))
    with pytest.raises(qml.exceptions.WireError) as expected:
        reference(draw_inputs(4, 3))
    with pytest.raises(qml.exceptions.WireError) as actual:
        fused(draw_inputs(4, 3))
    assert str(actual.value) == str(expected.value)


REFUSED_VALUES: dict[str, Gates] = {
    "state that is not normalised": lambda x, w: qml.AmplitudeEmbedding(x[..., :2], wires=0),
    "chance above one": lambda x, w: qml.BitFlip(w[0] ** 2 + 2, 0),
    "negative chance": lambda x, w: qml.DepolarizingChannel(-(w[0] ** 2), 0),
}


@pytest.mark.parametrize("case", REFUSED_VALUES)
def test_values_that_pennylane_rejects(case: str) -> None:
    fused, reference = layers(function(REFUSED_VALUES[case]), mixed="chance" in case)
    for seed in range(2):
        inputs = draw_inputs(4, 3, seed=seed)
        with pytest.raises(ValueError):  # noqa: PT011 - PennyLane's message
            reference(inputs)
        with pytest.raises(ValueError):  # noqa: PT011
            fused(inputs)


def test_only_invalid_values_are_rejected() -> None:
    fused, reference = layers(function(lambda x, w: qml.AmplitudeEmbedding(x[..., :2], wires=0)))
    good = torch.nn.functional.normalize(draw_inputs(4, 2), dim=-1)
    good = torch.cat([good, draw_inputs(4, 1)], -1)
    assert_close(observe(fused, good), observe(reference, good), rtol=1e-10, atol=1e-10)
    with pytest.raises(ValueError, match="norm"):
        fused(2 * good)
    assert_parity(fused, reference, good)
