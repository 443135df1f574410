"""The lower bound: a classical network of similar size, which simulates nothing."""

from __future__ import annotations

import torch

from benchmarks.contenders.registry import Step
from benchmarks.contenders.torch_training import training_step
from benchmarks.problem import N_CLASSES, Problem


def mlp(problem: Problem) -> Step:
    """Return a step of two linear layers with about as many trainable numbers as the quantum model."""
    start = problem.initial_data()
    n_inputs = problem.circuit.n_qubits
    n_numbers = start.weights.size + start.head_weight.size + start.head_bias.size
    n_hidden = round((n_numbers - N_CLASSES) / (n_inputs + 1 + N_CLASSES))
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(n_inputs, n_hidden), torch.nn.Tanh(), torch.nn.Linear(n_hidden, N_CLASSES)
    )
    return training_step(start, network, network.parameters(), torch.from_numpy(start.features))
