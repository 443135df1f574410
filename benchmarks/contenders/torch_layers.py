"""Quantum layers in torch: the engine's and PennyLane's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pennylane as qml
import torch

from benchmarks.contenders.registry import N_MODELS, Step
from benchmarks.contenders.torch_training import training_step
from benchmarks.problem import InitialData, Problem


def default_qubit(problem: Problem) -> Step:
    return _stock(problem, "default.qubit", "backprop")


def default_mixed(problem: Problem) -> Step:
    return _stock(problem, "default.mixed", "backprop")


def lightning(problem: Problem) -> Step:
    return _stock(problem, "lightning.qubit", "adjoint", c_dtype=np.complex64)


def fused(problem: Problem) -> Step:
    start = problem.initial_data()
    return _hybrid_step(start, _fused(problem), torch.from_numpy(start.features))


def encoded(problem: Problem) -> Step:
    start = problem.initial_data()
    layer = _fused(problem)
    return _hybrid_step(start, layer, layer.encode(torch.from_numpy(start.features)))


def models(problem: Problem) -> Step:
    start = problem.initial_data()
    layer = _fused(problem, n_models=N_MODELS)
    return _hybrid_step(start, layer, torch.from_numpy(start.features), n_models=N_MODELS, readers=N_MODELS)


def models_sharing_rows(problem: Problem) -> Step:
    start = problem.initial_data()
    layer = _fused(problem, n_models=N_MODELS)
    return _hybrid_step(start, layer, torch.from_numpy(start.features), n_models=N_MODELS)


def _node(problem: Problem, device: str, diff_method: Any, **options: Any) -> qml.QNode:
    return qml.QNode(
        problem.circuit.quantum_function(),
        qml.device(device, wires=problem.circuit.n_qubits, **options),
        interface="torch",
        diff_method=diff_method,
    )


def _stock(problem: Problem, device: str, diff_method: str, **options: Any) -> Step:
    node = _node(problem, device, diff_method, **options)
    layer = qml.qnn.TorchLayer(node, {"weights": problem.circuit.weight_shape})
    start = problem.initial_data()
    return _hybrid_step(start, layer, torch.from_numpy(start.features))


def _fused(problem: Problem, **options: Any) -> Any:
    from qenn_core.engine import FallbackWarning, FusedTorchLayer

    # A fallback to PennyLane would be measured under the wrong name.
    warnings.simplefilter("error", FallbackWarning)
    node = _node(problem, "default.mixed" if problem.circuit.noisy else "default.qubit", "backprop")
    return FusedTorchLayer(node, {"weights": problem.circuit.weight_shape}, **options)


def _hybrid_step(
    start: InitialData, layer: Any, data: Any, *, n_models: int | None = None, readers: int | None = None
) -> Step:
    """Return a step that trains `layer` and a linear layer; all models have equal initial weights."""
    with torch.no_grad():
        layer.weights.copy_(torch.from_numpy(start.weights))
    head_weight = torch.from_numpy(start.head_weight)
    head_bias = torch.from_numpy(start.head_bias)
    if n_models is not None:
        head_weight, head_bias = head_weight.repeat(n_models, 1, 1), head_bias.repeat(n_models, 1, 1)
    head = torch.nn.ParameterList([head_bias, head_weight])
    affine = torch.addmm if n_models is None else torch.baddbmm

    def logits(inputs: Any) -> torch.Tensor:
        return affine(head[0], layer(inputs), head[1])

    return training_step(start, logits, [*layer.parameters(), *head], data, readers=readers)
