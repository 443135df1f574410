"""The quantum layer: exact gradients, and shots with the statistics of measurements."""

import numpy as np
import pennylane as qml
import pytest
import torch

from qenn_core.engine.layer import quantum_layer
from qenn_core.engine.sampling import frequencies


def bell(inputs, weights) -> list[qml.measurements.ExpectationMP]:
    """Entangle two qubits: their outcomes are equal, and both are equally likely at an angle of π/2."""
    qml.RY(inputs[..., 0], wires=0)
    qml.CNOT(wires=(0, 1))
    qml.RZ(weights[0], wires=0)
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


def layer(**options) -> torch.nn.Module:
    return quantum_layer(bell, {"weights": (1,)}, n_qubits=2, **options)


EQUAL_SUPERPOSITION = torch.full((5, 1), np.pi / 2, dtype=torch.float64)


def test_initial_weights_are_drawn_by_torch_between_0_and_2_pi() -> None:
    torch.manual_seed(1)
    first = quantum_layer(bell, {"weights": (500,)}, n_qubits=2).weights
    torch.manual_seed(1)
    again = quantum_layer(bell, {"weights": (500,)}, n_qubits=2).weights
    assert torch.equal(first, again)
    assert 0 <= first.min() < 0.2
    assert 6.1 < first.max() < 2 * np.pi


def test_shots_of_entangled_qubits_are_equal() -> None:
    means = layer(shots=11)(EQUAL_SUPERPOSITION).detach()
    assert torch.equal(means[:, 0], means[:, 1])
    assert len(set(means[:, 0].tolist())) > 1, "rows are measured independently"
    # 11 outcomes of ±1 average to an odd number of elevenths.
    assert torch.allclose((means * 11 - 1) / 2, ((means * 11 - 1) / 2).round(), atol=1e-9)


@pytest.mark.parametrize("shots", [1, 100, 100_000])
@pytest.mark.parametrize("mixed", [False, True])
def test_shots_have_the_right_mean_and_standard_deviation(mixed: bool, shots: int) -> None:
    angles = torch.full((4000, 1), 1.1, dtype=torch.float64)
    means = layer(shots=shots, mixed=mixed, seed=3)(angles).detach().numpy()[:, 0]
    mean, deviation = np.cos(1.1), np.sin(1.1) / np.sqrt(shots)
    assert means.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(4000))
    assert means.std() == pytest.approx(deviation, rel=0.1)


def test_same_seed_same_measurements() -> None:
    def measure_twice(seed: int) -> list[float]:
        quantum = layer(shots=50, seed=seed)
        return [quantum(EQUAL_SUPERPOSITION)[:, 0].tolist() for _ in range(2)]

    assert measure_twice(4) == measure_twice(4)
    assert measure_twice(4) != measure_twice(5)
    assert measure_twice(4)[0] != measure_twice(4)[1], "a second call gives new measurements"


def test_evaluation_is_repeatable_and_does_not_affect_training() -> None:
    evaluated, other = layer(shots=50), layer(shots=50)
    evaluated.eval()
    assert torch.equal(evaluated(EQUAL_SUPERPOSITION), evaluated(EQUAL_SUPERPOSITION))
    evaluated.train()
    assert torch.equal(evaluated(EQUAL_SUPERPOSITION), other(EQUAL_SUPERPOSITION))


def test_gradients_with_shots_are_those_of_the_exact_expectations() -> None:
    def gradients(shots: int) -> torch.Tensor:
        angles = torch.tensor([[0.4], [1.3]], dtype=torch.float64, requires_grad=True)
        layer(shots=shots)(angles).sum().backward()
        return angles.grad

    np.testing.assert_allclose(gradients(10), gradients(0), atol=1e-12)
    np.testing.assert_allclose(gradients(10)[:, 0], -2 * np.sin([0.4, 1.3]), atol=1e-12)


def test_frequencies_match_the_probabilities() -> None:
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4]])
    np.testing.assert_allclose(
        frequencies(probabilities, 10**6, np.random.default_rng(0)), probabilities, atol=5e-3
    )


def test_rounding_errors_of_probabilities_are_tolerated() -> None:
    result = frequencies(np.array([[1 + 1e-9, -1e-17]]), 10, np.random.default_rng(0))
    assert result.tolist() == [[1, 0]]


def test_row_that_is_not_finite_has_no_frequencies() -> None:
    result = frequencies(np.array([[np.nan, np.nan], [0, 1]]), 10, np.random.default_rng(0))
    assert np.isnan(result[0]).all()
    assert result[1].tolist() == [0, 1]


def test_unknown_engine_raises() -> None:
    with pytest.raises(ValueError, match="fused, pennylane"):
        layer(engine="warp")
