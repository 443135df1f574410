"""The rows of the benchmark: a problem, its contenders, and the targets."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.contenders.registry import N_MODELS
from benchmarks.problem import Circuit, Problem
from benchmarks.targets import Target

GIGABYTE = 1e9


@dataclass(frozen=True)
class Row:
    """A problem with a title, the keys of its contenders, and the targets."""

    title: str
    problem: Problem
    contenders: tuple[str, ...]
    targets: tuple[Target, ...]


def _pure(n_qubits: int, n_layers: int, *, speedup: float, further: tuple[Target, ...] = ()) -> Row:
    circuit = Circuit(n_qubits, n_layers)
    return Row(
        circuit.title,
        Problem(circuit),
        ("fused", "encoded", "default.qubit", "lightning", "jax", "tensorcircuit", "mlp"),
        (
            Target("step", "default.qubit", over="fused", at_least=speedup),
            Target("training", "fused", over="jax", at_most=1),
            *further,
            COMPILES_WITHIN_A_SECOND,
        ),
    )


def _noisy(circuit: Circuit, *, speedup: float, further: tuple[Target, ...] = ()) -> Row:
    return Row(
        circuit.title,
        Problem(circuit),
        ("fused", "encoded", "default.mixed"),
        (
            Target("step", "default.mixed", over="fused", at_least=speedup),
            *further,
            COMPILES_WITHIN_A_SECOND,
        ),
    )


COMPILES_WITHIN_A_SECOND = Target("first_step", "fused", at_most=1)
NO_SLOWER_THAN_JAX = Target("step", "fused", over="jax", at_most=1)
NEAR_THE_FLOOR = Target("step", "fused", over="mlp", at_most=2.5)

ROWS = {
    "pure-4-2": _pure(4, 2, speedup=15, further=(NEAR_THE_FLOOR,)),
    "pure-4-6": _pure(4, 6, speedup=15),
    "pure-8-3": _pure(8, 3, speedup=10, further=(NO_SLOWER_THAN_JAX,)),
    "pure-10-4": _pure(10, 4, speedup=10, further=(NO_SLOWER_THAN_JAX,)),
    "noisy-2-2": _noisy(Circuit(2, 2, noisy=True), speedup=15),
    "noisy-4-2": _noisy(Circuit(4, 2, noisy=True), speedup=30),
    "noisy-6-2": _noisy(Circuit(6, 2, noisy=True), speedup=80),
    "noisy-8-3": _noisy(
        Circuit(8, 3, noisy=True),
        speedup=100,
        further=(Target("peak_memory", "fused", at_most=GIGABYTE),),
    ),
    "reuploading-4-4": _noisy(Circuit(4, 4, noisy=True, reuploading=True), speedup=15),
    "models-4-2": Row(
        f"{Circuit(4, 2).title}, {N_MODELS} models side by side",
        Problem(Circuit(4, 2)),
        ("fused", "models", "shared"),
        (
            Target("step", "models", over="fused", at_most=2.5),
            Target("step", "shared", over="fused", at_most=2.5),
        ),
    ),
}
