"""The quantum layer: exact gradients, and finite shots that behave as measurements do."""

import numpy as np
import pennylane as qml
import pytest
import torch

from qenn_core.engine.layer import quantum_layer
from qenn_core.engine.sampling import frequencies


def bell(inputs, weights) -> list[qml.measurements.ExpectationMP]:
    """Two qubits that always agree, with equal chances at an angle of π/2."""
    qml.RY(inputs[..., 0], wires=0)
    qml.CNOT(wires=(0, 1))
    qml.RZ(weights[0], wires=0)
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


def layer(**options) -> torch.nn.Module:
    return quantum_layer(bell, {"weights": (1,)}, n_qubits=2, **options)


HALFWAY = torch.full((5, 1), np.pi / 2, dtype=torch.float64)


def test_weights_are_drawn_by_torch_from_a_full_turn() -> None:
    torch.manual_seed(1)
    first = quantum_layer(bell, {"weights": (500,)}, n_qubits=2).weights
    torch.manual_seed(1)
    again = quantum_layer(bell, {"weights": (500,)}, n_qubits=2).weights
    assert torch.equal(first, again)
    assert 0 <= first.min() < 0.2
    assert 6.1 < first.max() < 2 * np.pi


def test_shots_of_entangled_qubits_agree() -> None:
    means = layer(shots=11)(HALFWAY).detach()
    assert torch.equal(means[:, 0], means[:, 1])
    assert len(set(means[:, 0].tolist())) > 1, "rows are measured independently"
    # 11 outcomes of ±1 average to an odd number of elevenths.
    assert torch.allclose((means * 11 - 1) / 2, ((means * 11 - 1) / 2).round(), atol=1e-9)


@pytest.mark.parametrize("shots", [1, 100, 100_000])
@pytest.mark.parametrize("mixed", [False, True])
def test_shots_scatter_around_the_expectation_as_they_should(mixed: bool, shots: int) -> None:
    angles = torch.full((4000, 1), 1.1, dtype=torch.float64)
    means = layer(shots=shots, mixed=mixed, seed=3)(angles).detach().numpy()[:, 0]
    expected, spread = np.cos(1.1), np.sin(1.1) / np.sqrt(shots)
    assert means.mean() == pytest.approx(expected, abs=5 * spread / np.sqrt(4000))
    assert means.std() == pytest.approx(spread, rel=0.1)


def test_same_seed_same_measurements() -> None:
    def twice(seed: int) -> list[float]:
        one = layer(shots=50, seed=seed)
        return [one(HALFWAY)[:, 0].tolist() for _ in range(2)]

    assert twice(4) == twice(4)
    assert twice(4) != twice(5)
    assert twice(4)[0] != twice(4)[1], "a second call measures anew"


def test_evaluation_repeats_and_leaves_the_training_alone() -> None:
    watched, unwatched = layer(shots=50), layer(shots=50)
    watched.eval()
    assert torch.equal(watched(HALFWAY), watched(HALFWAY))
    watched.train()
    assert torch.equal(watched(HALFWAY), unwatched(HALFWAY))


def test_gradients_under_shots_are_those_of_the_exact_expectations() -> None:
    def gradients(shots: int) -> torch.Tensor:
        angles = torch.tensor([[0.4], [1.3]], dtype=torch.float64, requires_grad=True)
        layer(shots=shots)(angles).sum().backward()
        return angles.grad

    np.testing.assert_allclose(gradients(10), gradients(0), atol=1e-12)
    np.testing.assert_allclose(gradients(10)[:, 0], -2 * np.sin([0.4, 1.3]), atol=1e-12)


def test_outcomes_come_as_often_as_they_should() -> None:
    chances = np.array([[0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(frequencies(chances, 10**6, np.random.default_rng(0)), chances, atol=5e-3)


def test_rounding_of_the_chances_is_forgiven() -> None:
    shares = frequencies(np.array([[1 + 1e-9, -1e-17]]), 10, np.random.default_rng(0))
    assert shares.tolist() == [[1, 0]]


def test_row_that_is_not_finite_has_no_outcomes() -> None:
    shares = frequencies(np.array([[np.nan, np.nan], [0, 1]]), 10, np.random.default_rng(0))
    assert np.isnan(shares[0]).all()
    assert shares[1].tolist() == [0, 1]


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="fused, pennylane"):
        layer(engine="warp")
