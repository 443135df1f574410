"""PennyLane evaluates circuits that cannot be compiled, with one warning that states the reason."""

import ctypes
import math
import random
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import scipy.special
import torch
from pennylane import numpy as pnp

from qenn_core.engine import FallbackWarning, FusedTorchLayer
from tests.engine.parity import DOUBLE, assert_close, assert_parity, draw_inputs, node, observe, pair


def after(measure: Callable[[], Any]) -> Callable[..., Any]:
    """Return a circuit that ends in a measurement."""

    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        return measure()

    return circuit


def with_first(gates: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return a circuit that starts with some gates."""

    def circuit(inputs, weights):
        gates(inputs, weights)
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(inputs, weights)

    return circuit


def branch_on_inputs(inputs: Any, weights: Any) -> None:
    if inputs[..., 0].sum() > 0:
        qml.RX(weights[0, 0, 0], wires=1)


def loop_on_weights(inputs: Any, weights: Any) -> None:
    for _ in range(int(weights[0, 0, 0].abs() * 10)):
        qml.RX(0.3, wires=1)


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "purity": (after(lambda: qml.purity(wires=[0])), "purity"),
    "entropy": (after(lambda: qml.vn_entropy(wires=[0])), "entropy"),
    "mutual information": (after(lambda: qml.mutual_info([0], [1])), "mutual"),
    "one among others": (after(lambda: [qml.expval(qml.Z(0)), qml.purity([1])]), "purity"),
    "branch on inputs": (with_first(branch_on_inputs), "value|data|depend"),
    "loop on weights": (with_first(loop_on_weights), "value|data|depend"),
}

MIXES_ROWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "largest of all": lambda inputs: inputs / inputs.max(),
    "largest of a column": lambda inputs: inputs / inputs.max(dim=0).values,
    "mean of a column": lambda inputs: inputs - inputs.mean(0),
    "first row": lambda inputs: inputs - inputs[0],
    "only the first row": lambda inputs: inputs[0] + 0 * inputs,
    "length of all": lambda inputs: inputs / inputs.norm(),
    "softmax over rows": lambda inputs: torch.softmax(inputs, 0),
    "sum so far": lambda inputs: torch.cumsum(inputs, 0),
    "upside down": lambda inputs: inputs.flip(0),
    "shifted rows": lambda inputs: inputs.roll(1, 0),
    "sorted columns": lambda inputs: inputs.sort(0).values,
    "number of rows": lambda inputs: inputs / len(inputs),
    "products of rows": lambda inputs: inputs @ (inputs.T @ inputs),
}


def seen(function: Callable[..., Any]) -> tuple[FusedTorchLayer, qml.qnn.TorchLayer]:
    return pair(node(function, None), {"weights": (2, 3, 3)})


@pytest.mark.parametrize("case", REFUSED)
def test_unsupported_circuit_falls_back_with_one_warning(case: str) -> None:
    function, named = REFUSED[case]
    fused, reference = seen(function)
    inputs = draw_inputs(4, 3)
    with pytest.warns(FallbackWarning, match=named) as caught:
        actual = observe(fused, inputs)
    assert_close(actual, observe(reference, inputs), **DOUBLE)
    causes = [str(warning.message) for warning in caught if warning.category is FallbackWarning]
    assert causes == [fused.fallback_cause]
    with warnings.catch_warnings():
        warnings.simplefilter("error", FallbackWarning)
        for batch in ((), (1,), (2, 3)):
            again = draw_inputs(*batch, 3, seed=1)
            assert_close(observe(fused, again), observe(reference, again), **DOUBLE)


@pytest.mark.parametrize("case", MIXES_ROWS)
def test_rows_that_depend_on_other_rows_fall_back(case: str) -> None:
    mix = MIXES_ROWS[case]

    def circuit(inputs, weights):
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(mix(inputs), weights)

    fused, reference = seen(circuit)
    with pytest.warns(FallbackWarning, match="row"):
        fused(draw_inputs(4, 3))
    for batch in (4, 2, 7):
        inputs = draw_inputs(batch, 3, seed=batch)
        assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


def test_circuit_that_mixes_rows_first_called_without_batch() -> None:
    def circuit(inputs, weights):
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(inputs / inputs.max(), weights)

    fused, reference = seen(circuit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        for batch in ((), (1,), (4,), ()):
            inputs = draw_inputs(*batch, 3, seed=len(batch))
            assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


@pytest.mark.parametrize("sign", [1, -1])
def test_branch_is_evaluated_in_each_call(sign: int) -> None:
    def circuit(inputs, weights):
        if weights[0, 0, 0] > 0:
            qml.Hadamard(0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, reference = seen(circuit)
    inputs = draw_inputs(4, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        for factor in (1, sign, -sign):
            with torch.no_grad():
                fused.weights[0, 0, 0] = reference.weights[0, 0, 0] = 0.3 * factor
            assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


def test_number_read_from_a_weight_is_not_cached() -> None:
    def circuit(inputs, weights):
        qml.RX(float(weights[0, 0, 0].detach()), wires=0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, reference = seen(circuit)
    inputs = draw_inputs(4, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        for value in (0.3, 1.2):
            with torch.no_grad():
                fused.weights[0, 0, 0] = reference.weights[0, 0, 0] = value
            assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


@pytest.mark.parametrize("threshold", [-0.5, 0.5, 2.5])
@pytest.mark.parametrize("argument", ["inputs", "weights"])
def test_branch_through_numpy_is_evaluated_in_each_call(argument: str, threshold: float) -> None:
    def circuit(inputs, weights):
        decisive = inputs if argument == "inputs" else weights
        if decisive.detach().numpy().flat[0] > threshold:
            qml.Hadamard(0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, reference = seen(circuit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        for value in (-1.0, 0.0, 1.0, 3.0):
            inputs = draw_inputs(4, 3)
            inputs[0, 0] = value
            with torch.no_grad():
                fused.weights[0, 0, 0] = reference.weights[0, 0, 0] = value
            assert_close(observe(fused, inputs), observe(reference, inputs), **DOUBLE)


def test_random_numbers_are_drawn_in_each_call() -> None:
    def circuit(inputs, weights):
        qml.RX(torch.rand((), dtype=torch.float64), wires=0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, reference = seen(circuit)
    inputs = draw_inputs(4, 3)
    with pytest.warns(FallbackWarning):
        first = fused(inputs)
    assert not torch.equal(fused(inputs), first)
    torch.manual_seed(1)
    actual = fused(inputs)
    torch.manual_seed(1)
    torch.testing.assert_close(actual, reference(inputs), **DOUBLE)


READS: dict[str, Callable[[torch.Tensor], Any]] = {
    "np.cos": np.cos,
    "pennylane.numpy": pnp.sin,
    "np.asarray": lambda values: np.asarray(values.detach()) * 0.5,
    "numpy()": lambda values: values.detach().numpy(),
    "from_dlpack": lambda values: np.from_dlpack(values.detach()),
    "scipy": lambda values: scipy.special.erf(values.detach()),
    "data_ptr": lambda values: ctypes.c_double.from_address(values.data_ptr()).value,
    "item": lambda values: values.flatten()[0].item(),
    "tolist": lambda values: values.flatten().tolist()[0],
    "math.cos": lambda values: math.cos(values.flatten()[0]),
    "float": lambda values: float(values.flatten()[0]),
}


@pytest.mark.parametrize("argument", ["inputs", "weights"])
@pytest.mark.parametrize("read", READS)
@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
def test_circuit_that_reads_numbers_falls_back(read: str, argument: str) -> None:
    def circuit(inputs, weights):
        values = inputs[..., 1] if argument == "inputs" else weights[0, 0, 1]
        qml.RY(READS[read](values), wires=0)
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(inputs, weights)

    fused, reference = seen(circuit)
    # PyTorch cannot convert a tensor that requires gradients.
    fused.requires_grad_(False), reference.requires_grad_(False)
    inputs = draw_inputs(4, 3)
    with pytest.warns(FallbackWarning, match="plain number|NumPy array"):
        torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)
    torch.testing.assert_close(fused(inputs * 0.3), reference(inputs * 0.3), **DOUBLE)


@pytest.mark.parametrize("trains", [False, True])
def test_tensor_from_elsewhere_falls_back(trains: bool) -> None:
    other = torch.tensor(0.3, dtype=torch.float64, requires_grad=trains)

    def circuit(inputs, weights):
        qml.RY(other * inputs[..., 0], wires=0)
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(inputs, weights)

    gradients = []
    for layer in seen(circuit):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*a tensor that is not one of its arguments")
            results = layer(draw_inputs(4, 3)).sum()
        gradients.append(torch.autograd.grad(results, [other])[0] if trains else results)
    torch.testing.assert_close(*gradients, **DOUBLE)


def assign_to_inputs(inputs: Any, weights: Any) -> Any:
    changed = inputs.clone()
    changed[..., 0] = weights[0, 0, 1]
    changed[..., 1] += 1
    return changed, weights


def assign_to_weights(inputs: Any, weights: Any) -> Any:
    changed = weights.clone()
    changed[0, 0] = changed[0, 0] * 2
    return inputs, changed


def assign_to_zeros(inputs: Any, weights: Any) -> Any:
    changed = torch.zeros_like(inputs)
    changed[..., 0] = inputs[..., 0] * weights[0, 0, 1]
    return changed, weights


@pytest.mark.parametrize("assign", [assign_to_inputs, assign_to_weights, assign_to_zeros])
def test_assignments_to_parts_of_tensors_fall_back(assign: Callable[..., Any]) -> None:
    def circuit(inputs, weights):
        changed = assign(inputs, weights)
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(*changed)

    fused, reference = seen(circuit)
    with pytest.warns(FallbackWarning, match="assigns to a part"):
        actual = observe(fused, draw_inputs(4, 3))
    assert_close(actual, observe(reference, draw_inputs(4, 3)), **DOUBLE)


@pytest.mark.parametrize("arithmetic", [False, True])
def test_parameter_from_elsewhere_is_trained(arithmetic: bool) -> None:
    other = torch.nn.Parameter(torch.tensor(0.5, dtype=torch.float64))

    def circuit(inputs, weights):
        qml.RX(other * weights[0, 0, 0] if arithmetic else other, wires=0)
        return after(lambda: [qml.expval(qml.Z(0)), qml.expval(qml.X(1))])(inputs, weights)

    for layer in seen(circuit):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*a tensor that is not one of its arguments")
            other.grad = None
            layer(draw_inputs(4, 3)).sum().backward()
        assert other.grad is not None
        assert other.grad.abs() > 1e-3


OWN_GENERATOR = np.random.default_rng(5)
OWN_RANDOM = random.Random(5)
SYSTEM_RANDOM = random.SystemRandom()


def draw_from_own_generator() -> float:
    return OWN_GENERATOR.random()


# Draws that are nearly always the same, so that gates alone do not reveal them.
DRAWS: dict[str, Callable[[], float]] = {
    "random": random.random,
    "numpy": lambda: np.random.rand(),
    "pennylane.numpy": lambda: float(pnp.random.uniform()),
    "own generator": lambda: OWN_GENERATOR.random(),
    "own generator in a helper": draw_from_own_generator,
    "own random.Random": lambda: OWN_RANDOM.random(),
    "system": lambda: SYSTEM_RANDOM.random(),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_rare_random_gates_fall_back(draw: str) -> None:
    draw_number = DRAWS[draw]

    def circuit(inputs, weights):
        if draw_number() < 1e-9:
            qml.X(0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, _ = seen(circuit)
    with pytest.warns(FallbackWarning, match="draws random numbers"):
        fused(draw_inputs(4, 3))


def test_draws_of_other_threads_are_not_those_of_the_circuit() -> None:
    has_ended = threading.Event()

    def draw_now_and_then() -> None:
        while not has_ended.wait(0.02):
            random.random()
            np.random.random()

    thread = threading.Thread(target=draw_now_and_then)
    thread.start()
    try:
        for _ in range(5):
            fused, _ = seen(after(lambda: [qml.expval(qml.Z(0))]))
            fused(draw_inputs(4, 3))
            assert fused.fallback_cause is None
    finally:
        has_ended.set()
        thread.join()


def test_matrices_that_scipy_computes_with_random_numbers_are_compiled() -> None:
    before = np.random.get_state()[2]
    qml.matrix(qml.pow(qml.CY(wires=[0, 1]), 0.5))
    assert np.random.get_state()[2] != before

    fused, reference = seen(with_first(lambda inputs, w: qml.pow(qml.CY(wires=[0, 1]), 0.5)))
    assert_parity(fused, reference, draw_inputs(4, 3))


def test_recording_leaves_the_random_state_as_it_was() -> None:
    def circuit(inputs, weights):
        qml.RX(np.random.rand() + random.random(), wires=0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, reference = seen(circuit)
    inputs = draw_inputs(4, 3)

    def seeded(layer: torch.nn.Module) -> torch.Tensor:
        np.random.seed(3)
        random.seed(3)
        return layer(inputs)

    expected = seeded(reference)
    with pytest.warns(FallbackWarning):
        torch.testing.assert_close(seeded(fused), expected, **DOUBLE)


def test_complex_inputs_fall_back() -> None:
    def circuit(inputs, weights):
        qml.StatePrep(inputs, wires=[0])
        qml.RX(weights[0], wires=0)
        return qml.expval(qml.Y(0))

    states = torch.tensor([[0.6, 0.8j], [1, 0]], dtype=torch.complex128)
    fused, reference = pair(node(circuit, 1), {"weights": 2})
    with pytest.warns(FallbackWarning, match="complex"):
        torch.testing.assert_close(fused(states), reference(states), **DOUBLE)


def test_fallback_survives_that_the_layer_replaces_pennylanes(monkeypatch: pytest.MonkeyPatch) -> None:
    fused, reference = seen(REFUSED["purity"][0])
    inputs = draw_inputs(4, 3)
    expected = reference(inputs)
    monkeypatch.setattr(qml.qnn, "TorchLayer", FusedTorchLayer)
    monkeypatch.setattr(qml.qnn.torch, "TorchLayer", FusedTorchLayer)
    with pytest.warns(FallbackWarning):
        torch.testing.assert_close(fused(inputs), expected, **DOUBLE)


def test_symbols_of_a_recording_are_not_named() -> None:
    def circuit(inputs, weights):
        qml.RX(math.fsum(weights[0, 0].detach()), wires=0)
        return after(lambda: [qml.expval(qml.Z(0))])(inputs, weights)

    fused, _ = seen(circuit)
    with pytest.warns(FallbackWarning, match="plain number") as caught:
        fused(draw_inputs(4, 3))
    assert "Sym" not in str(caught[0].message)


@pytest.mark.parametrize("measure", [qml.sample, qml.counts], ids=["samples", "counts"])
def test_samples_require_shots(measure: Callable[..., Any]) -> None:
    fused, reference = seen(after(lambda: measure(wires=[0])))
    inputs = draw_inputs(4, 3)
    with pytest.raises(qml.exceptions.DeviceError) as expected:
        reference(inputs)
    with pytest.raises(qml.exceptions.DeviceError) as actual:
        fused(inputs)
    assert str(actual.value) == str(expected.value)
    assert fused.fallback_cause is None, "a circuit that fails has no fallback cause"


def test_other_simulator_gives_the_same_results() -> None:
    device = qml.device("lightning.qubit", wires=3)
    qnode = qml.QNode(after(lambda: [qml.expval(qml.Z(0))]), device, diff_method="adjoint")
    fused, reference = pair(qnode, {"weights": (2, 3, 3)})
    inputs = draw_inputs(4, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        assert_close(observe(fused, inputs), observe(reference, inputs), rtol=1e-6, atol=1e-6)
