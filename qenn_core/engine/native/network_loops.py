"""The loops of native training: steps of a model and of its optimizer, and the evaluation of rows.

numba compiles them once for a precision, not once for a model. Rows of data lie innermost.
"""

from __future__ import annotations

from math import exp, log, sqrt, tanh
from typing import Any

import numpy as np

from qenn_core.engine.native.arrays import (
    ADAM,
    RELU,
    SGD,
    TANH,
    Array,
    Network,
    Optimizer,
    Rows,
    Work,
)
from qenn_core.engine.native.circuit_loops import (
    add_angle_gradients,
    apply_operations,
    evaluate_series,
    measure,
    measure_pullback,
    new_matrices,
    prepare,
    undo_operations,
)
from qenn_core.engine.native.library import NATIVE, jit


@jit
def _dense(weights: Array, offset: int, n_in: int, n_out: int, x: Array, y: Array) -> None:
    """Apply a linear layer to columns: x (n_in, width) to y (n_out, width)."""
    bias = offset + n_out * n_in
    for o in range(n_out):
        y[o] = weights[bias + o]
        for i in range(n_in):
            w = weights[offset + o * n_in + i]
            for r in range(x.shape[1]):
                y[o, r] += w * x[i, r]


@jit
def _dense_pullback(
    weights: Array, offset: int, n_in: int, n_out: int, x: Array, by_y: Array, by_x: Array, gradients: Array
) -> None:
    """Add the gradients of a linear layer; write those of its inputs into `by_x`, unless that is empty."""
    bias = offset + n_out * n_in
    by_x[:] = 0
    for o in range(n_out):
        total = x.dtype.type(0)
        for r in range(x.shape[1]):
            total += by_y[o, r]
        gradients[bias + o] += total
        for i in range(n_in):
            total = x.dtype.type(0)
            for r in range(x.shape[1]):
                total += by_y[o, r] * x[i, r]
            gradients[offset + o * n_in + i] += total
            if by_x.shape[0]:
                w = weights[offset + o * n_in + i]
                for r in range(x.shape[1]):
                    by_x[i, r] += w * by_y[o, r]


@jit
def _activate(kind: int, y: Array) -> None:
    one = y.dtype.type(1)
    for o in range(y.shape[0]):
        for r in range(y.shape[1]):
            if kind == RELU:
                # NaN stays NaN.
                if y[o, r] < 0:
                    y[o, r] = 0
            elif kind == TANH:
                y[o, r] = tanh(y[o, r])
            else:
                y[o, r] = one / (one + exp(-y[o, r]))


@jit
def _activate_pullback(kind: int, y: Array, by_y: Array) -> None:
    """Turn the gradient of the values of an activation into that of its arguments."""
    one = y.dtype.type(1)
    for o in range(y.shape[0]):
        for r in range(y.shape[1]):
            if kind == RELU:
                if y[o, r] <= 0:
                    by_y[o, r] = 0
            elif kind == TANH:
                by_y[o, r] *= one - y[o, r] * y[o, r]
            else:
                by_y[o, r] *= y[o, r] * (one - y[o, r])


@jit
def _encode_rows(net: Network, weights: Array, x: Array, angles: Array) -> None:
    """Compute the inputs of the circuit (n_encoded, width) from those of the linear layer."""
    if net.linear[1] == 0:
        for i in range(x.shape[0]):
            for r in range(x.shape[1]):
                angles[i, r] = x[i, r]
        return
    _dense(weights, net.offsets[0], net.linear[0], net.linear[1], x, angles)
    low, high = net.input_range[0], net.input_range[1]
    if low != high:
        half, one = (high - low) / angles.dtype.type(2), angles.dtype.type(1)
        for i in range(net.linear[1]):
            for r in range(angles.shape[1]):
                angles[i, r] = low + half * (one + tanh(angles[i, r]))


@jit
def _encode_rows_pullback(
    net: Network, weights: Array, x: Array, angles: Array, by_angles: Array, gradients: Array
) -> None:
    low, high = net.input_range[0], net.input_range[1]
    if low != high:
        half, one = (high - low) / angles.dtype.type(2), angles.dtype.type(1)
        for i in range(net.linear[1]):
            for r in range(angles.shape[1]):
                t = (angles[i, r] - low) / half - one
                by_angles[i, r] *= half * (one - t * t)
    nothing = np.empty((0, x.shape[1]), x.dtype)
    _dense_pullback(weights, net.offsets[0], net.linear[0], net.linear[1], x, by_angles, nothing, gradients)


@jit
def _classify(net: Network, weights: Array, values: Array) -> None:
    """Compute the values of all classical layers (n_units, width), the first of which are given."""
    n_layers, start = net.sizes.shape[0] - 1, 0
    first = net.offsets.shape[0] - 2 * n_layers
    for layer in range(n_layers):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        y = values[start + n_in : start + n_in + n_out]
        _dense(weights, net.offsets[first + 2 * layer], n_in, n_out, values[start : start + n_in], y)
        if layer < n_layers - 1:
            _activate(net.activation[0], y)
        start += n_in


@jit
def _classify_pullback(
    net: Network, weights: Array, values: Array, by_values: Array, gradients: Array
) -> None:
    """Compute the gradients of all values from those of the last ones."""
    n_layers = net.sizes.shape[0] - 1
    first = net.offsets.shape[0] - 2 * n_layers
    end = values.shape[0]
    for layer in range(n_layers - 1, -1, -1):
        n_in, n_out = net.sizes[layer], net.sizes[layer + 1]
        middle = end - n_out
        if layer < n_layers - 1:
            _activate_pullback(net.activation[0], values[middle:end], by_values[middle:end])
        _dense_pullback(
            weights,
            net.offsets[first + 2 * layer],
            n_in,
            n_out,
            values[middle - n_in : middle],
            by_values[middle:end],
            by_values[middle - n_in : middle],
            gradients,
        )
        end = middle


@jit
def _cross_entropy(logits: Array, labels: Array, index: Array, batch_size: int, by_logits: Array) -> Any:
    """Return what some rows add to the mean loss of their batch, and write the gradient."""
    n_classes = logits.shape[0]
    share = logits.dtype.type(1) / logits.dtype.type(batch_size)
    total = logits.dtype.type(0)
    by_logits[:] = 0
    for r in range(index.shape[0]):
        label = labels[index[r]]
        largest = logits[0, r]
        for c in range(1, n_classes):
            largest = max(largest, logits[c, r])
        norm = logits.dtype.type(0)
        for c in range(n_classes):
            by_logits[c, r] = exp(logits[c, r] - largest)
            norm += by_logits[c, r]
        total += share * (log(norm) + largest - logits[label, r])
        for c in range(n_classes):
            by_logits[c, r] *= share / norm
        by_logits[label, r] -= share
    return total


@jit
def _update(optimizer: Optimizer, step: int, weights: Array, gradients: Array) -> None:
    """Change the weights as PyTorch's optimizers do."""
    kind, rate = optimizer.kind[0], optimizer.constants[0]
    real = weights.dtype.type
    mean, square = optimizer.state[0], optimizer.state[1]
    if kind == ADAM:
        beta_1, beta_2, epsilon = optimizer.constants[1], optimizer.constants[2], real(optimizer.constants[3])
        size = real(rate / (1 - beta_1**step))
        root = real(sqrt(1 - beta_2**step))
        rest_1, keep_2, rest_2 = real(1 - beta_1), real(beta_2), real(1 - beta_2)
        for w in range(weights.shape[0]):
            g = gradients[w]
            mean[w] += rest_1 * (g - mean[w])
            square[w] = keep_2 * square[w] + rest_2 * g * g
            weights[w] -= size * mean[w] / (sqrt(square[w]) / root + epsilon)
    elif kind == SGD:
        for w in range(weights.shape[0]):
            weights[w] -= real(rate) * gradients[w]
    else:
        keep, rest = real(optimizer.constants[1]), real(1 - optimizer.constants[1])
        epsilon = real(optimizer.constants[3])
        for w in range(weights.shape[0]):
            g = gradients[w]
            square[w] = keep * square[w] + rest * g * g
            weights[w] -= real(rate) * g / (sqrt(square[w]) + epsilon)


@jit
def _new_work(net: Network, rows: Rows, width: int, weights: Array) -> Work:
    """Return room for a block of rows."""
    n_units = 0
    for size in net.sizes:
        n_units += size
    n_encoded = net.linear[1] if net.linear[1] else rows.inputs.shape[1]
    return Work(
        new_matrices(net.circuit, width, weights),
        np.zeros((rows.inputs.shape[1], width), weights.dtype),
        np.zeros((n_encoded, width), weights.dtype),
        np.zeros((2, net.circuit.size[0] + 1, width), weights.dtype),
        np.zeros((n_units, width), weights.dtype),
    )


@jit
def _circuit_weights(net: Network, weights: Array) -> Array:
    """Return the angles that all rows share (n_angles, 1), which are the circuit's weights."""
    parameter = 2 if net.linear[1] else 0
    return weights[net.offsets[parameter] : net.offsets[parameter + 1]].reshape(-1, 1)


@jit
def _forward(net: Network, rows: Rows, index: Array, weights: Array, shared: Array, work: Work) -> None:
    """Compute the values of all classical layers for some rows."""
    c, first = net.circuit, net.first[0]
    for r in range(index.shape[0]):
        for i in range(work.inputs.shape[0]):
            work.inputs[i, r] = rows.inputs[index[r], i]
    _encode_rows(net, weights, work.inputs, work.angles)
    prepare(rows.registers, first > 0, index, work.state)
    evaluate_series(c, 1, work.angles, work.matrices.rows, work.matrices.row_sines)
    apply_operations(c, first, c.operations.shape[0], shared, work.angles, work.matrices, work.state)
    measure(c, work.state, work.values[: net.sizes[0]])
    _classify(net, weights, work.values)


@NATIVE.entry
def train(
    net: Network,
    rows: Rows,
    labels: Array,
    order: Array,
    batch_size: int,
    width: int,
    optimizer: Optimizer,
    n_steps: int,
    weights: Array,
    norms: Array,
) -> int:
    """Take one step for each batch of rows.

    Parameters
    ----------
    net : Network
        The model.
    rows : Rows
        The data.
    labels : array of int, shape (n_rows,)
        The classes.
    order : array of int, shape (n,)
        The rows to train on, in order.
    batch_size : int
        Rows of a batch; the last one may have fewer.
    width : int
        How many rows to treat together.
    optimizer : Optimizer
        Its state is updated.
    n_steps : int
        Steps taken before.
    weights : array, shape (n_weights,)
        All weights, which are updated.
    norms : array of float64, shape (n_batches,)
        Where to write the L2 norm of the gradient of each step.

    Returns
    -------
    int
        How many steps were taken: all, or those before the first without a finite loss and gradient.
    """
    c, first, last = net.circuit, net.first[0], net.circuit.operations.shape[0]
    has_linear = net.linear[1] > 0
    n_results, n_classes = net.sizes[0], net.sizes[-1]
    work = _new_work(net, rows, width, weights)
    matrices = work.matrices
    entries = (np.empty_like(matrices.shared), np.empty_like(matrices.rows))
    by_angles, by_values = np.zeros_like(work.angles), np.zeros_like(work.values)
    costate = np.zeros_like(work.state)
    gradients = np.empty_like(weights)
    shared, by_shared = _circuit_weights(net, weights), _circuit_weights(net, gradients)
    logits, by_logits = work.values[-n_classes:], by_values[-n_classes:]
    for number in range(norms.shape[0]):
        start = number * batch_size
        stop = min(start + batch_size, order.shape[0])
        evaluate_series(c, 0, shared, matrices.shared, matrices.shared_sines)
        gradients[:] = 0
        entries[0][:] = 0
        loss = 0.0
        for begin in range(start, stop, width):
            index = order[begin : min(begin + width, stop)]
            _forward(net, rows, index, weights, shared, work)
            loss += _cross_entropy(logits, labels, index, stop - start, by_logits)
            _classify_pullback(net, weights, work.values, by_values, gradients)
            measure_pullback(c, work.state, by_values[:n_results], costate)
            entries[1][:] = 0
            by_angles[:] = 0
            undo_operations(
                c, first, last, shared, work.angles, matrices, has_linear,
                work.state, costate, entries, (by_shared, by_angles),
            )  # fmt: skip
            if has_linear:
                add_angle_gradients(c, 1, entries[1], matrices.row_sines, by_angles)
                _encode_rows_pullback(net, weights, work.inputs, work.angles, by_angles, gradients)
        add_angle_gradients(c, 0, entries[0], matrices.shared_sines, by_shared)
        norm = 0.0
        for gradient in gradients:
            norm += float(gradient) * float(gradient)
        norm = sqrt(norm)
        if not (np.isfinite(norm) and np.isfinite(loss)):
            return number
        norms[number] = norm
        _update(optimizer, n_steps + number + 1, weights, gradients)
    return len(norms)


@NATIVE.entry
def evaluate(net: Network, rows: Rows, order: Array, width: int, weights: Array, logits: Array) -> None:
    """Write the logits (n, n_classes) of some rows; the other arguments are those of `train`."""
    n_classes = net.sizes[-1]
    work = _new_work(net, rows, width, weights)
    shared = _circuit_weights(net, weights)
    evaluate_series(net.circuit, 0, shared, work.matrices.shared, work.matrices.shared_sines)
    for begin in range(0, order.shape[0], width):
        index = order[begin : begin + width]
        _forward(net, rows, index, weights, shared, work)
        last = work.values[-n_classes:]
        for r in range(index.shape[0]):
            for k in range(n_classes):
                logits[begin + r, k] = last[k, r]
