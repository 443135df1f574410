"""Measure the speed of this machine with a few training steps of standard circuits."""

from __future__ import annotations

from statistics import geometric_mean, median
from time import thread_time

import torch

from qenn_core.experiment import ExperimentSpec
from qenn_core.model import MachineSpeed, build_model, estimate_step
from qenn_core.training.optimizers import build_optimizer

# A small circuit, dominated by call overhead, and a larger one, dominated by computation.
_COMPILED = (
    ExperimentSpec(),
    ExperimentSpec().with_(**{"circuit.n_qubits": 8, "circuit.n_layers": 4}),
)
_PENNYLANE = (ExperimentSpec().with_(**{"engine.kind": "pennylane"}),)
_N_INPUTS, _N_STEPS = 4, 6


def measure_speed() -> MachineSpeed:
    """Return how long this machine takes relative to the estimates; takes about a second."""
    return MachineSpeed(*(geometric_mean(map(_measured_ratio, specs)) for specs in (_COMPILED, _PENNYLANE)))


def time_steps(spec: ExperimentSpec) -> list[float]:
    """Return the CPU seconds of a few steps of a new model; the first includes compiling the circuit."""
    model = build_model(spec, _N_INPUTS, 2)
    optimizer = build_optimizer(spec.training.optimizer, model.parameters(), spec.training.learning_rate)
    inputs = torch.linspace(-1, 1, spec.training.batch_size * _N_INPUTS).reshape(-1, _N_INPUTS)
    labels = torch.arange(len(inputs)) % 2
    seconds = []
    for _ in range(_N_STEPS):
        start = thread_time()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seconds.append(thread_time() - start)
    return seconds


def _measured_ratio(spec: ExperimentSpec) -> float:
    """Return the measured duration of a step divided by the estimated one."""
    _, *later_steps = time_steps(spec)
    return median(later_steps) / estimate_step(spec).seconds
