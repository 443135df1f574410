"""Every encoding fulfils its registry's contract, and equals PennyLane's template if there is one."""

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_examples import examples

from qenn_core.encodings.amplitude import pad_and_normalise
from qenn_core.registry import ENCODINGS

RADIANS = st.floats(-10, 10)
TEMPLATES = {
    "angle_x": lambda x, wires: qml.AngleEmbedding(x, wires, rotation="X"),
    "angle_y": lambda x, wires: qml.AngleEmbedding(x, wires, rotation="Y"),
    "reuploading": lambda x, wires: qml.AngleEmbedding(x, wires, rotation="Y"),
    "amplitude": lambda x, wires: qml.AmplitudeEmbedding(x, wires, normalize=True),
    "iqp": lambda x, wires: qml.IQPEmbedding(x, wires),
}
# PennyLane's template has no Hadamard gate before the rotation.
WITHOUT_TEMPLATE = {"angle_z"}


def state(apply, inputs, n_qubits: int) -> np.ndarray:
    @qml.qnode(qml.device("default.qubit", wires=n_qubits))
    def circuit():
        apply(inputs, range(n_qubits))
        return qml.state()

    return np.asarray(circuit())


@pytest.mark.parametrize("n_qubits", [1, 2, 3])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: e.key)
def test_contract(encoding, n_qubits: int) -> None:
    capacity = encoding.capacity(n_qubits)
    assert capacity >= n_qubits
    low, high = encoding.input_range or (-1, 1)
    assert low < high
    for n_inputs in range(1, capacity + 1):
        batch = np.random.default_rng(n_inputs).uniform(low, high, (4, n_inputs))
        states = state(encoding.apply, batch, n_qubits).reshape(4, -1)
        np.testing.assert_allclose((abs(states) ** 2).sum(axis=1), 1, atol=1e-12)
        alone = [state(encoding.apply, row, n_qubits) for row in batch]
        np.testing.assert_allclose(states, alone, atol=1e-12)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda e: e.key)
def test_accepts_any_wires(encoding) -> None:
    with qml.queuing.AnnotatedQueue() as queue:
        encoding.apply(np.array([0.3, 0.4]), ("a", "b"))
    wires = {wire for operation in queue.queue for wire in operation.wires}
    assert wires == {"a", "b"}


def test_every_encoding_with_a_template_is_compared_with_it() -> None:
    assert TEMPLATES.keys() | WITHOUT_TEMPLATE == set(ENCODINGS.keys())


@pytest.mark.parametrize("key", TEMPLATES)
@examples(25)  # each evaluates two quantum nodes
@given(data=st.data())
def test_equals_template(key: str, data) -> None:
    n_qubits = data.draw(st.integers(1, 3))
    encoding = ENCODINGS[key]
    inputs = data.draw(arrays(float, encoding.capacity(n_qubits), elements=RADIANS))
    if key == "amplitude":
        inputs[0] += 11  # the template cannot take a row of zeros
    np.testing.assert_allclose(
        state(encoding.apply, inputs, n_qubits), state(TEMPLATES[key], inputs, n_qubits), atol=1e-9
    )


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 8)), elements=st.floats(-1e300, 1e300)))
def test_amplitudes_are_the_normalised_row(rows: np.ndarray) -> None:
    result = pad_and_normalise(rows, 8)
    np.testing.assert_allclose(np.linalg.norm(result, axis=1), 1, rtol=1e-12)
    for row, amplitude in zip(rows, result, strict=True):
        if row.any():
            scaled = row / abs(row).max()
            np.testing.assert_allclose(amplitude[: row.size] * np.linalg.norm(scaled), scaled, atol=1e-12)
        else:
            assert amplitude.tolist() == [1] + [0] * 7


def test_single_precision_is_normalised_in_double_precision() -> None:
    result = pad_and_normalise(torch.rand(5, 7, dtype=torch.float32), 8)
    assert result.dtype == torch.float64
    assert abs((result**2).sum(dim=1) - 1).max() < 1e-14


def test_zero_row_has_zero_gradient_and_does_not_affect_other_rows() -> None:
    inputs = torch.tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 2.0]], dtype=torch.float64, requires_grad=True)
    result = pad_and_normalise(inputs, 4)
    np.testing.assert_allclose(result.detach(), [[1, 0, 0, 0], [1 / 3, 2 / 3, 2 / 3, 0]])
    result[:, 1].sum().backward()
    # d(b/r)/d(a, b, c) = (-ab, r² - b², -bc) / r³ at (a, b, c) = (1, 2, 2), r = 3.
    np.testing.assert_allclose(inputs.grad, [[0, 0, 0], [-2 / 27, 5 / 27, -4 / 27]], atol=1e-12)
