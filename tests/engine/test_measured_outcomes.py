"""Finite shots: joint outcomes follow the probabilities of the state, and repeat with their seed."""

from collections.abc import Callable
from typing import Any

import pennylane as qml
import pytest
import torch
from scipy import stats

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import draw_inputs, in_double, node

SHOTS = 50
# Equal rows are measured independently.
N_ROWS = 400


def layer_of(
    function: Callable[..., Any],
    *,
    shots: int = SHOTS,
    mixed: bool = False,
    seed: int | None = 1,
    **options: Any,
) -> FusedTorchLayer:
    qnode = qml.set_shots(node(function, None if not mixed else 3, mixed=mixed), shots)
    return in_double(FusedTorchLayer, qnode, {"weights": 3}, seed=seed, **options)


def same_rows(n_rows: int = N_ROWS) -> torch.Tensor:
    return draw_inputs(1, 3).expand(n_rows, 3)


def entangle(inputs: Any, weights: Any) -> None:
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.Hadamard(0)
    qml.CNOT((0, 1))
    qml.CRY(weights[0], wires=(1, 2))
    qml.RX(weights[1], wires=1)


def ending_in(measure: Callable[[], Any], *, noise: float = 0) -> Callable[..., Any]:
    def circuit(inputs, weights):
        entangle(inputs, weights)
        if noise:
            qml.DepolarizingChannel(noise, wires=1)
            qml.AmplitudeDamping(noise, wires=2)
        return measure()

    return circuit


def exact(measure: Callable[[], Any], *, noise: float = 0) -> torch.Tensor:
    qnode = node(ending_in(measure, noise=noise), 3, mixed=noise > 0)
    return in_double(qml.qnn.TorchLayer, qnode, {"weights": 3})(same_rows(1)).detach()[0]


def assert_mean(values: torch.Tensor, expected: torch.Tensor, spread: torch.Tensor) -> None:
    """Fail unless the rows have this standard deviation, and a mean within its standard error."""
    assert ((values.mean(0) - expected).abs() <= 4.5 * spread / len(values) ** 0.5 + 1e-9).all()
    torch.testing.assert_close(values.std(0), spread, rtol=0.15, atol=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("wires", [[0, 1, 2], [2, 0], [1]])
def test_outcomes_match_probabilities(wires: list[int], noise: float) -> None:
    def measure():
        return qml.probs(wires=wires)

    layer = layer_of(ending_in(measure, noise=noise), mixed=noise > 0)
    counts = (layer(same_rows()) * SHOTS).detach()
    torch.testing.assert_close(counts, counts.round(), atol=1e-9, rtol=0)
    assert (counts.sum(1).round() == SHOTS).all()
    probabilities = exact(measure, noise=noise)
    test = stats.chisquare(
        counts.sum(0).round().numpy(), (probabilities / probabilities.sum()).numpy() * SHOTS * N_ROWS
    )
    assert test.pvalue > 1e-3
    # Rows are independent draws.
    assert_mean(counts / SHOTS, probabilities, (probabilities * (1 - probabilities) / SHOTS).sqrt())


@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("word", ["Z(0)", "X(0)", "Y(1)", "X(0) @ X(1)", "Y(2) @ Z(0)", "Z(0) @ Y(1) @ X(2)"])
def test_words_have_binomial_variance(word: str, noise: float) -> None:
    def measure():
        return [qml.expval(eval(word, {"X": qml.X, "Y": qml.Y, "Z": qml.Z}))]

    layer = layer_of(ending_in(measure, noise=noise), mixed=noise > 0)
    means = layer(same_rows()).detach()
    counts = (means + 1) / 2 * SHOTS
    torch.testing.assert_close(counts, counts.round(), atol=1e-9, rtol=0)
    mean = exact(measure, noise=noise)
    assert_mean(means, mean, ((1 - mean**2) / SHOTS).sqrt())


def ghz(inputs, weights):
    qml.Hadamard(0)
    qml.CNOT((0, 1))
    qml.CNOT((1, 2))
    qml.RZ(inputs[..., 0], wires=0)
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1)), qml.expval(qml.Z(2)), qml.expval(qml.Z(0) @ qml.Z(2))]


@pytest.mark.parametrize("mixed", [False, True])
def test_entangled_qubits_agree_in_each_shot(mixed: bool) -> None:
    means = layer_of(ghz, shots=7, mixed=mixed)(same_rows())
    assert torch.equal(means[:, 0], means[:, 1])
    assert torch.equal(means[:, 0], means[:, 2])
    assert (means[:, 3] == 1).all()
    assert len(means[:, 0].unique()) > 4


def test_joint_measurements_share_shots() -> None:
    def measure():
        return [
            qml.probs(wires=[0, 1]),
            qml.expval(qml.Z(0)),
            qml.expval(qml.Z(1)),
            qml.expval(qml.Z(0) @ qml.Z(1)),
        ]

    results = layer_of(ending_in(measure))(same_rows())
    probabilities, first, second, both = results[:, :4], results[:, 4], results[:, 5], results[:, 6]
    for signs, mean in (((1, 1, -1, -1), first), ((1, -1, 1, -1), second), ((1, -1, -1, 1), both)):
        torch.testing.assert_close(probabilities @ torch.tensor(signs, dtype=torch.float64), mean)


def test_compatible_words_share_shots() -> None:
    """For a Bell pair, Z(0) + Z(1) is twice Z(0), with a larger variance than independent means."""

    def bell(inputs, weights):
        qml.RY(inputs[..., 0], wires=0)
        qml.CNOT((0, 1))
        return [qml.expval(qml.Z(0) + qml.Z(1)), qml.expval(qml.Z(0))]

    results = layer_of(bell)(same_rows())
    torch.testing.assert_close(results[:, 0], 2 * results[:, 1])


def test_incompatible_words_are_sampled_independently() -> None:
    def measure():
        return [qml.expval(0.5 * qml.X(0) - 2.0 * qml.Z(0))]

    def word(letter: type) -> torch.Tensor:
        return exact(lambda: [qml.expval(letter(0))])

    x, z = word(qml.X), word(qml.Z)
    spread = ((0.25 * (1 - x**2) + 4 * (1 - z**2)) / SHOTS).sqrt()
    assert_mean(layer_of(ending_in(measure))(same_rows()).detach(), 0.5 * x - 2 * z, spread)


@pytest.mark.parametrize(
    "observable",
    [
        lambda: qml.Hadamard(0),
        lambda: qml.Hermitian([[1, 0.5j], [-0.5j, -2]], wires=1),
        lambda: qml.Projector([0, 1], wires=[0, 1]),
        lambda: qml.Hamiltonian([0.3, -1.2, 0.7], [qml.Z(0) @ qml.Z(1), qml.X(0), qml.I(0)]),
    ],
    ids=["Hadamard", "Hermitian", "Projector", "Hamiltonian"],
)
def test_other_observables_have_the_exact_mean(observable: Callable[[], Any]) -> None:
    def measure():
        return [qml.expval(observable())]

    values = layer_of(ending_in(measure), shots=1000)(same_rows()).detach()
    error = values.std(0) / N_ROWS**0.5
    assert ((values.mean(0) - exact(measure)).abs() <= 4.5 * error + 1e-9).all()
    assert values.std() > 0


def test_certain_outcomes_have_no_variance() -> None:
    def plus(inputs, weights):
        qml.Hadamard(0)
        qml.S(1)
        qml.RX(0 * inputs[..., 0], wires=1)
        return [qml.expval(qml.X(0)), qml.expval(qml.Z(1)), qml.expval(qml.I(0))]

    means = layer_of(plus)(same_rows())
    torch.testing.assert_close(means, torch.ones_like(means))


@pytest.mark.parametrize("shots", [1, 10_000_000])
def test_few_and_many_shots(shots: int) -> None:
    def measure():
        return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]

    means = layer_of(ending_in(measure), shots=shots)(same_rows(50)).detach()
    expected = exact(measure)
    assert ((means - expected).abs() < 5 / shots**0.5).all()
    if shots == 1:
        torch.testing.assert_close(means, means.round(), rtol=0, atol=1e-12)
        assert set(means.round().unique().tolist()) == {-1, 1}


def outcomes(layer: torch.nn.Module, n_calls: int = 2) -> list[list[float]]:
    return [layer(same_rows(20))[:, 0].tolist() for _ in range(n_calls)]


def test_seeds() -> None:
    def layer(seed: int | None) -> FusedTorchLayer:
        return layer_of(ghz, seed=seed)

    assert outcomes(layer(4)) == outcomes(layer(4))
    assert outcomes(layer(4)) != outcomes(layer(5))
    assert outcomes(layer(None)) != outcomes(layer(None))
    first, second = outcomes(layer(4))
    assert first != second, "a second call draws new shots"


def test_global_generators_are_unchanged() -> None:
    layer = layer_of(ghz)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    layer(same_rows(5))
    assert torch.equal(torch.rand(3), expected)


def test_evaluation_mode_repeats_shots_and_leaves_training_unchanged() -> None:
    watched, unwatched = layer_of(ghz), layer_of(ghz)
    watched.eval()
    assert outcomes(watched, 1) == outcomes(watched, 1)
    watched.train()
    assert outcomes(watched) == outcomes(unwatched)


@pytest.mark.parametrize("form", ["one", "list", "tuple"])
@pytest.mark.parametrize("batch", [(), (1,), (4,), (2, 3)])
def test_shapes_equal_those_without_shots(batch: tuple[int, ...], form: str) -> None:
    def measure():
        if form == "one":
            return qml.expval(qml.Z(0))
        both = [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]
        return both if form == "list" else tuple(both)

    inputs = draw_inputs(*batch, 3)
    function = ending_in(measure)
    expected = in_double(qml.qnn.TorchLayer, node(function, None), {"weights": 3})(inputs)
    assert layer_of(function)(inputs).shape == expected.shape


def test_each_model_uses_its_seed() -> None:
    together = layer_of(ghz, seed=(1, 2, 3), n_models=3)(same_rows(50))
    assert together.shape == (3, 50, 4)
    for seed, means in zip((1, 2, 3), together, strict=True):
        assert torch.equal(means, layer_of(ghz, seed=seed)(same_rows(50)))
    assert len({tuple(means.flatten().tolist()) for means in together}) == 3


def test_number_of_seeds_must_match_models() -> None:
    with pytest.raises(ValueError, match="seeds"):
        layer_of(ghz, seed=(1, 2), n_models=3)


def test_non_finite_row_gives_nan() -> None:
    inputs = draw_inputs(3, 3)
    inputs[1, 0] = float("nan")
    means = layer_of(ending_in(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]))(inputs)
    assert means[1].isnan().all()
    assert means[[0, 2]].isfinite().all()


def test_shot_vectors_fall_back_to_pennylane() -> None:
    qnode = qml.set_shots(node(ghz, None), [10, 20])
    layer = in_double(FusedTorchLayer, qnode, {"weights": 3}, seed=1)
    reference = in_double(qml.qnn.TorchLayer, qnode, {"weights": 3})
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever TorchLayer makes of it
        reference(same_rows(2))
    with pytest.raises(type(expected.value)):
        layer(same_rows(2))
