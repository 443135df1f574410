"""Circuits as full matrices in NumPy, written from the definitions; shares no code with the app.

Every gate is a 2^n × 2^n matrix, a Kronecker product. Wire 0 is the leftmost factor.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

I2 = np.eye(2)
X = np.array([[0, 1], [1, 0]])
Y = np.array([[0, -1j], [1j, 0]])
Z = np.array([[1, 0], [0, -1]])
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
P0 = np.array([[1, 0], [0, 0]])
P1 = np.array([[0, 0], [0, 1]])

# A step of a circuit: a matrix on the whole register, and the wires that it acts on.
Step = tuple[np.ndarray, tuple[int, ...]]


def expand(n: int, factors: dict[int, np.ndarray]) -> np.ndarray:
    """Return the Kronecker product of these matrices on these wires and the identity elsewhere."""
    product = np.eye(1)
    for wire in range(n):
        product = np.kron(product, factors.get(wire, I2))
    return product


def rx(a: float) -> np.ndarray:
    return np.array([[np.cos(a / 2), -1j * np.sin(a / 2)], [-1j * np.sin(a / 2), np.cos(a / 2)]])


def ry(a: float) -> np.ndarray:
    return np.array([[np.cos(a / 2), -np.sin(a / 2)], [np.sin(a / 2), np.cos(a / 2)]])


def rz(a: float) -> np.ndarray:
    return np.diag([np.exp(-1j * a / 2), np.exp(1j * a / 2)])


def rot(phi: float, theta: float, omega: float) -> np.ndarray:
    return rz(omega) @ ry(theta) @ rz(phi)


def controlled(n: int, control: int, target: int, matrix: np.ndarray) -> Step:
    return expand(n, {control: P0}) + expand(n, {control: P1, target: matrix}), (control, target)


def rzz(n: int, angle: float, a: int, b: int) -> Step:
    zz = expand(n, {a: Z, b: Z})
    return np.cos(angle / 2) * np.eye(2**n) - 1j * np.sin(angle / 2) * zz, (a, b)


def single(n: int, wire: int, matrix: np.ndarray) -> Step:
    return expand(n, {wire: matrix}), (wire,)


def prepare_state(n: int, row: Sequence[float]) -> Step:
    """Return a unitary whose first column is the state; its action on other states is irrelevant."""
    state = np.zeros(2**n)
    state[: len(row)] = row
    norm = np.sqrt((state**2).sum())
    if norm == 0:
        return np.eye(2**n), tuple(range(n))
    u = state / norm
    # The Householder reflection that swaps the first basis vector and u.
    v = u - np.eye(2**n)[0]
    return np.eye(2**n) - (2 * np.outer(v, v) / (v @ v) if v @ v else 0), tuple(range(n))


def encode(kind: str, n: int, row: Sequence[float]) -> Iterator[Step]:
    x = [row[i % len(row)] for i in range(n)] if kind != "amplitude" else []
    if kind == "amplitude":
        yield prepare_state(n, row)
    for i, value in enumerate(x):
        if kind in ("angle_z", "iqp"):
            yield single(n, i, H)
            yield single(n, i, rz(value))
        else:
            yield single(n, i, {"angle_x": rx, "angle_y": ry, "reuploading": ry}[kind](value))
    if kind == "iqp":
        for a, b in combinations(range(n), 2):
            yield rzz(n, x[a] * x[b], a, b)


def linked_pairs(ansatz: str, n: int, index: int, entanglement: str) -> list[tuple[int, int]]:
    if n == 1 or entanglement == "none":
        return []
    if entanglement == "all":
        return [(a, b) for a in range(n) for b in range(a + 1, n)]
    if entanglement == "linear":
        return [(a, a + 1) for a in range(n - 1)]
    if ansatz == "strongly_entangling":
        stride = 1 + index % (n - 1)
        return [(a, (a + stride) % n) for a in range(n)]
    return [(0, 1)] if n == 2 else [(a, (a + 1) % n) for a in range(n)]


def layer(ansatz: str, n: int, weights: np.ndarray, index: int, entanglement: str) -> Iterator[Step]:
    rotation = {"strongly_entangling": lambda w: rot(*w), "basic_entangler": rx, "hardware_efficient": ry}[
        ansatz
    ]
    for wire in range(n):
        yield single(n, wire, rotation(weights[wire]))
    for a, b in linked_pairs(ansatz, n, index, entanglement):
        yield controlled(n, a, b, Z if ansatz == "hardware_efficient" else X)


def kraus(channel: str, p: float) -> list[np.ndarray]:
    return {
        "depolarizing": [np.sqrt(1 - p) * I2, *(np.sqrt(p / 3) * pauli for pauli in (X, Y, Z))],
        "amplitude_damping": [
            np.array([[1, 0], [0, np.sqrt(1 - p)]]),
            np.array([[0, np.sqrt(p)], [0, 0]]),
        ],
        "phase_damping": [np.array([[1, 0], [0, np.sqrt(1 - p)]]), np.array([[0, 0], [0, np.sqrt(p)]])],
        "bit_flip": [np.sqrt(1 - p) * I2, np.sqrt(p) * X],
        "readout": [np.sqrt(1 - p) * I2, np.sqrt(p) * X],
    }[channel]


def apply_channel(rho: np.ndarray, n: int, channel: str, p: float, wires: Iterable[int]) -> np.ndarray:
    for wire in wires:
        operators = [expand(n, {wire: k}) for k in kraus(channel, p)]
        rho = sum(k @ rho @ k.conj().T for k in operators)
    return rho


def expectations(spec: Any, row: Sequence[float], weights: np.ndarray) -> np.ndarray:
    """Return ⟨Z⟩ on each qubit for one row, computed from the density matrix."""
    n = spec.circuit.n_qubits
    kind = spec.encoding.kind
    noise = spec.noise
    readout = noise.channel == "readout"
    rho = np.zeros((2**n, 2**n), dtype=complex)
    rho[0, 0] = 1

    def apply(steps: Iterable[Step], rho: np.ndarray) -> np.ndarray:
        for matrix, wires in steps:
            rho = matrix @ rho @ matrix.conj().T
            if noise.level and not readout and noise.placement == "gate":
                rho = apply_channel(rho, n, noise.channel, noise.level, wires)
        return rho

    for index in range(spec.circuit.n_layers):
        if index == 0 or kind == "reuploading":
            rho = apply(encode(kind, n, row), rho)
        rho = apply(layer(spec.circuit.ansatz, n, weights[index], index, spec.circuit.entanglement), rho)
        if noise.level and not readout and noise.placement == "layer":
            rho = apply_channel(rho, n, noise.channel, noise.level, range(n))
    if noise.level and readout:
        rho = apply_channel(rho, n, noise.channel, noise.level, range(n))
    return np.array([np.trace(expand(n, {wire: Z}) @ rho).real for wire in range(n)])
