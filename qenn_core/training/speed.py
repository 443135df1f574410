"""How quick this machine is, by a few steps of standard circuits."""

from __future__ import annotations

from statistics import geometric_mean, median
from time import thread_time

import torch

from qenn_core.experiment import ExperimentSpec
from qenn_core.model import MachineSpeed, build_model, estimate_step
from qenn_core.training.optimizers import build_optimizer

# A small circuit, which is all calls, and one that computes.
_COMPILED = (
    ExperimentSpec(),
    ExperimentSpec().with_(**{"circuit.n_qubits": 8, "circuit.n_layers": 4}),
)
_PENNYLANE = (ExperimentSpec().with_(**{"engine.kind": "pennylane"}),)
_N_INPUTS, _N_STEPS = 4, 6


def measure_speed() -> MachineSpeed:
    """Return how this machine compares with the estimates; takes about a second."""
    return MachineSpeed(*(geometric_mean(map(_ratio, specs)) for specs in (_COMPILED, _PENNYLANE)))


def seconds_of_steps(spec: ExperimentSpec) -> list[float]:
    """Return the processor's time for some steps of a new model, the first of which compiles the circuit."""
    model = build_model(spec, _N_INPUTS, 2)
    optimizer = build_optimizer(spec.training.optimizer, model.parameters(), spec.training.learning_rate)
    inputs = torch.linspace(-1, 1, spec.training.batch_size * _N_INPUTS).reshape(-1, _N_INPUTS)
    labels = torch.arange(len(inputs)) % 2
    seconds = []
    for _ in range(_N_STEPS):
        begun = thread_time()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seconds.append(thread_time() - begun)
    return seconds


def _ratio(spec: ExperimentSpec) -> float:
    _, *steady = seconds_of_steps(spec)
    return median(steady) / estimate_step(spec).seconds
