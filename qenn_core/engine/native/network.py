"""Train and evaluate networks around a circuit by native execution."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.engine.native.arrays import (
    ADAM,
    RELU,
    RMSPROP,
    SGD,
    SIGMOID,
    TANH,
    Network,
    Optimizer,
    Rows,
    block_width,
)

# The activations and the optimizers that a network may have, by PyTorch's classes.
ACTIVATIONS: dict[type[torch.nn.Module], int] = {
    torch.nn.ReLU: RELU,
    torch.nn.Tanh: TANH,
    torch.nn.Sigmoid: SIGMOID,
}
OPTIMIZERS: dict[type[torch.optim.Optimizer], int] = {
    torch.optim.Adam: ADAM,
    torch.optim.SGD: SGD,
    torch.optim.RMSprop: RMSPROP,
}


def train_network(
    network: Network,
    rows: Rows,
    labels: NDArray[np.int64],
    order: NDArray[np.int64],
    *,
    batch_size: int,
    optimizer: Optimizer,
    n_steps: int,
    weights: NDArray[Any],
) -> list[float]:
    """Take one step for each batch of rows, and return the L2 norms of the gradients.

    Parameters
    ----------
    network : Network
        The network.
    rows : Rows
        The data.
    labels : array of int, shape (n_rows,)
        The class of each row.
    order : array of int, shape (n,)
        The rows to train on, in order.
    batch_size : int
        Rows of a batch; the last one may have fewer.
    optimizer : Optimizer
        Its state is updated.
    n_steps : int
        Steps that it has taken before.
    weights : array, shape (n_weights,)
        All weights, which are updated.

    Returns
    -------
    list of float
        As many numbers as steps were taken: one for each batch, or fewer if the loss or the gradient of the
        next one was not finite.
    """
    from qenn_core.engine.native import network_loops  # imports numba

    norms = np.empty(-(-len(order) // batch_size))
    width = _width(network, batch_size)
    n_taken = network_loops.train(
        network, rows, labels, order, batch_size, width, optimizer, n_steps, weights, norms
    )
    taken: list[float] = norms[:n_taken].tolist()
    return taken


def evaluate_network(
    network: Network, rows: Rows, order: NDArray[np.int64], weights: NDArray[Any]
) -> NDArray[Any]:
    """Return the logits (n, n_classes) of some rows (n,); the arguments are those of `train_network`."""
    from qenn_core.engine.native import network_loops  # imports numba

    logits = np.empty((len(order), network.sizes[-1]), weights.dtype)
    network_loops.evaluate(network, rows, order, _width(network, len(order)), weights, logits)
    return logits


def _width(network: Network, n_rows: int) -> int:
    return block_width(int(network.circuit.size[0]), n_rows, network.circuit.numbers.itemsize)
