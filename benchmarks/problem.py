"""The problem that all contenders train: a circuit, rows of data, and initial weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_CLASSES = 2
N_BATCHES = 10
NOISE_LEVEL = 0.02
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class Circuit:
    """Angle encoding by RY, then strongly entangling layers, then a measurement of Z on each wire.

    Parameters
    ----------
    n_qubits, n_layers : int
        Size of the circuit, at least 2 qubits and 1 layer.
    noisy : bool
        Whether each gate is followed by a depolarizing channel of level `NOISE_LEVEL` on each of its wires.
    reuploading : bool
        Whether the data are encoded before each layer instead of once.
    """

    n_qubits: int
    n_layers: int
    noisy: bool = False
    reuploading: bool = False

    @property
    def title(self) -> str:
        kinds = ["re-uploading"] * self.reuploading + ["noisy"] * self.noisy
        return ", ".join([f"{self.n_qubits} qubits", f"{self.n_layers} layers", *kinds])

    @property
    def weight_shape(self) -> tuple[int, int, int]:
        return self.n_layers, self.n_qubits, 3

    def encodes_before(self, layer: int) -> bool:
        return layer == 0 or self.reuploading

    def entangling_range(self, layer: int) -> int:
        """Return the distance of control and target, like `StronglyEntanglingLayers`."""
        return layer % (self.n_qubits - 1) + 1

    def quantum_function(self) -> Callable[..., Any]:
        """Return the PennyLane quantum function of ``inputs`` and ``weights``."""
        import pennylane as qml

        wires = range(self.n_qubits)

        def circuit(inputs: Any, weights: Any) -> Any:
            for layer in range(self.n_layers):
                if self.encodes_before(layer):
                    qml.AngleEmbedding(inputs, wires, rotation="Y")
                qml.StronglyEntanglingLayers(
                    weights[layer : layer + 1], wires, ranges=[self.entangling_range(layer)]
                )
            return [qml.expval(qml.Z(wire)) for wire in wires]

        return with_noise(circuit) if self.noisy else circuit


def with_noise(circuit: Callable[..., Any]) -> Callable[..., Any]:
    """Add a depolarizing channel after every gate, on each of its wires."""
    import pennylane as qml

    def add_channels(gate: Any, **metadata: Any) -> None:
        for wire in gate.wires:
            qml.DepolarizingChannel(NOISE_LEVEL, wire)

    # A noise model treats a template as one gate, so templates are decomposed first.
    gates = qml.transforms.decompose(circuit, gate_set={qml.RY, qml.Rot, qml.CNOT})
    noisy: Callable[..., Any] = qml.add_noise(
        gates, qml.NoiseModel({qml.BooleanFn(lambda gate: True): add_channels})
    )
    return noisy


@dataclass(frozen=True)
class InitialData:
    """The rows and initial weights of a training, equal for all contenders.

    Parameters
    ----------
    features : array, shape (n_rows, n_qubits)
        Angles in [0, π], float32.
    labels : array, shape (n_rows,)
        Class numbers.
    batches : array, shape (n_batches, batch)
        The rows of each step, in a cycle.
    weights : array, shape `Circuit.weight_shape`
        Angles in [0, 2π), float32.
    head_weight, head_bias : array, shapes (n_qubits, n_classes), (n_classes,)
        The linear layer that maps expectations to logits, float32.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    batches: NDArray[np.int64]
    weights: NDArray[np.float32]
    head_weight: NDArray[np.float32]
    head_bias: NDArray[np.float32]


@dataclass(frozen=True)
class Problem:
    """A circuit followed by a linear layer, trained by cross entropy and Adam.

    Parameters
    ----------
    circuit : Circuit
        The circuit.
    batch : int
        Rows per step.
    """

    circuit: Circuit
    batch: int = 32

    @property
    def tiny(self) -> Problem:
        """The smallest problem of this kind."""
        return Problem(replace(self.circuit, n_qubits=2, n_layers=1), batch=2)

    def initial_data(self) -> InitialData:
        random = np.random.default_rng(0)
        n_qubits = self.circuit.n_qubits
        n_rows = self.batch * N_BATCHES
        features = random.uniform(0, np.pi, (n_rows, n_qubits)).astype(np.float32)
        return InitialData(
            features=features,
            labels=(features.mean(axis=1) > np.pi / 2).astype(np.int64),
            batches=random.permutation(n_rows).reshape(N_BATCHES, self.batch),
            weights=random.uniform(0, 2 * np.pi, self.circuit.weight_shape).astype(np.float32),
            head_weight=random.normal(size=(n_qubits, N_CLASSES)).astype(np.float32),
            head_bias=np.zeros(N_CLASSES, np.float32),
        )
