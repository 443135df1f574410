"""Circuits compiled by jax: PennyLane's and TensorCircuit's."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import cycle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pennylane as qml
from numpy.typing import NDArray

from benchmarks.contenders.registry import Step
from benchmarks.problem import LEARNING_RATE, Circuit, Problem

Expectations = Callable[[Any, Any], Any]
"""Maps inputs ``(batch, n_qubits)`` and weights to Z on each wire, ``(batch, n_qubits)``."""


def pennylane(problem: Problem) -> Step:
    # PennyLane requests double precision although jax is set to single.
    warnings.filterwarnings("ignore", "Explicitly requested dtype complex128", UserWarning)
    device = qml.device("default.qubit", wires=problem.circuit.n_qubits)
    node = qml.QNode(problem.circuit.quantum_function(), device, interface="jax", diff_method="backprop")
    return _training_step(problem, lambda inputs, weights: jnp.stack(node(inputs, weights), axis=1))


def tensorcircuit(problem: Problem) -> Step:
    import tensorcircuit as tc

    tc.set_backend("jax")
    # Gate by gate: from 10 qubits on, the order that its optimiser finds is several times slower.
    tc.set_contractor("plain-experimental")
    return _training_step(problem, jax.vmap(_tensorcircuit_row(problem.circuit), in_axes=(0, None)))


def _tensorcircuit_row(circuit: Circuit) -> Expectations:
    import tensorcircuit as tc

    wires = range(circuit.n_qubits)
    signs = _signs_of_z(circuit.n_qubits)

    def expectations(inputs: Any, weights: Any) -> Any:
        state = tc.Circuit(circuit.n_qubits)
        for layer in range(circuit.n_layers):
            if circuit.encodes_before(layer):
                for wire in wires:
                    state.ry(wire, theta=inputs[wire])
            for wire in wires:
                state.rz(wire, theta=weights[layer, wire, 0])
                state.ry(wire, theta=weights[layer, wire, 1])
                state.rz(wire, theta=weights[layer, wire, 2])
            for wire in wires:
                state.cnot(wire, (wire + circuit.entangling_range(layer)) % circuit.n_qubits)
        # Faster than TensorCircuit's expectations, which take one contraction per wire.
        return jnp.abs(state.state()) ** 2 @ signs

    return expectations


def _signs_of_z(n_qubits: int) -> NDArray[np.float32]:
    """Return Z on each wire of each basis state, ``(2**n_qubits, n_qubits)``, wire 0 most significant."""
    bits = np.indices((2,) * n_qubits).reshape(n_qubits, -1)
    return (1 - 2 * bits).T.astype(np.float32)


def _training_step(problem: Problem, expectations: Expectations) -> Step:
    """Return a training step of cross entropy and Adam as one compiled function."""
    start = problem.initial_data()
    features, labels = jnp.asarray(start.features), jnp.asarray(start.labels)
    optimizer = optax.adam(LEARNING_RATE)
    batches = cycle(jnp.asarray(start.batches))

    def loss_of(parameters: Any, rows: Any) -> Any:
        weights, head_weight, head_bias = parameters
        logits = expectations(features[rows], weights) @ head_weight + head_bias
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean()

    def update(state: Any, rows: Any) -> Any:
        parameters, moments = state
        loss, gradients = jax.value_and_grad(loss_of)(parameters, rows)
        changes, moments = optimizer.update(gradients, moments, parameters)
        return (optax.apply_updates(parameters, changes), moments), loss

    parameters = tuple(jnp.asarray(part) for part in (start.weights, start.head_weight, start.head_bias))
    state = (parameters, optimizer.init(parameters))

    compiled = jax.jit(update)

    def step() -> float:
        nonlocal state
        state, loss = jax.block_until_ready(compiled(state, next(batches)))
        return float(loss)

    return step
