"""The compiled functions, and calls with all types of their arguments."""

from __future__ import annotations

import numpy as np

from qenn_core.engine.native.arrays import Circuit, Network, Optimizer, Rows
from qenn_core.engine.native.circuit_loops import backward, encode, forward
from qenn_core.engine.native.network_loops import evaluate, train

ENTRIES = (encode, forward, backward, train, evaluate)


def call_entries() -> None:
    """Call each function in both precisions, for a circuit without operations."""
    order = np.zeros(1, np.int64)
    for dtype in (np.float32, np.float64):
        circuit = empty_circuit(dtype)
        shared, rows = np.zeros((1, 0), dtype), np.zeros((1, 0, 1), dtype)
        registers = np.zeros((1, 1, 2), np.result_type(dtype, np.complex64))
        states = np.zeros((1, 1, 2, 3, 8), dtype)
        results = np.zeros((1, 1, 1), dtype)
        encode(circuit, 0, shared, rows, registers[0])
        forward(circuit, 0, shared, rows, registers, states, results)
        backward(circuit, 0, shared, rows, states, results, True, shared.copy(), rows.copy())
        net = Network(
            circuit=circuit,
            first=np.array([0]),
            linear=np.array([0, 0]),
            input_range=np.zeros(2, dtype),
            sizes=np.array([1, 2]),
            activation=np.array([0]),
            offsets=np.array([0, 0, 2]),
        )
        data, weights = Rows(rows[0].T.copy(), registers[0]), np.zeros(4, dtype)
        optimizer = Optimizer(np.array([0]), np.array([0.1, 0.9, 0.999, 1e-8]), np.zeros((2, 4), dtype))
        train(net, data, order, order, 1, 8, optimizer, 0, weights, np.zeros(1))
        evaluate(net, data, order, 8, weights, np.zeros((1, 2), dtype))


def empty_circuit(dtype: type) -> Circuit:
    """Return a circuit of one wire, without operations and measurements."""
    return Circuit(
        size=np.array([2]),
        operations=np.zeros((0, 7), np.int64),
        series=np.zeros((0, 8), np.int64),
        integers=np.zeros(1, np.int64),
        numbers=np.zeros(1, dtype),
        n_entries=np.zeros(2, np.int64),
        n_cosines=np.zeros(2, np.int64),
        masks=np.zeros(0, np.int64),
        readout_starts=np.zeros((2, 0, 3), np.int64),
        readout_outputs=np.zeros((2, 0), np.int64),
        readout_weights=np.zeros((2, 0, 2), dtype),
    )
