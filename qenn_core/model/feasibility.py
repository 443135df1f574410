"""What can be trained here: the largest circuit that fits, and errors for settings that do not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from qenn_core import limits
from qenn_core.errors import TrainingError
from qenn_core.experiment import EngineSpec, ExperimentSpec, bounds
from qenn_core.model.cost import Cost, estimate_step
from qenn_core.model.run_cost import MachineSpeed, Workload, estimate_run
from qenn_core.text import count, duration, memory

_COMPILED_ENGINE = "the compiled engine with exact gradients"

# Changes that reduce the cost of a step, by their description.
_STEP_REMEDIES: dict[str, dict[str, Any]] = {
    "fewer layers": {"circuit.n_layers": 1},
    "a smaller batch size": {"training.batch_size": 1},
    _COMPILED_ENGINE: {"engine": EngineSpec()},
}


@dataclass(frozen=True)
class FeasibleChange:
    """A single change that makes infeasible settings feasible.

    Parameters
    ----------
    change : str
        The new value, in words: ``"12 epochs"``.
    spec : ExperimentSpec
        All settings after the change.
    """

    change: str
    spec: ExperimentSpec


class InfeasibleError(TrainingError):
    """A training that exceeds the limits; ``nearest`` is the least harmful change that is enough, if any."""

    def __init__(self, what: str, why: str, remedy: str, place: str, nearest: FeasibleChange | None) -> None:
        super().__init__(what, why, remedy, place)
        self.nearest = nearest


def step_fits(cost: Cost) -> bool:
    """Return whether the cost of a step is within the limits."""
    return cost.bytes <= limits.MAX_RUN_BYTES and cost.seconds <= limits.MAX_STEP_SECONDS


def largest_circuit(spec: ExperimentSpec) -> int:
    """Return the largest feasible number of qubits with all other settings unchanged; 0 if there is none."""
    low, high = map(int, bounds("circuit.n_qubits"))
    return max(
        (n for n in range(low, high + 1) if step_fits(estimate_step(_with_qubits(spec, n)))), default=0
    )


def nearest_feasible(
    spec: ExperimentSpec, is_feasible: Callable[[ExperimentSpec], bool], rows: int = 0
) -> FeasibleChange | None:
    """Find the single change that makes `spec` feasible and impairs the model least.

    Parameters
    ----------
    spec : ExperimentSpec
        Infeasible settings.
    is_feasible : callable
        Whether given settings are feasible. Reducing any setting of feasible ones keeps them feasible.
    rows : int
        Number of rows in the data; with 0, a sample of them is not considered.

    Returns
    -------
    FeasibleChange or None
        ``None`` if no single change is enough.
    """
    candidates = (_largest_feasible(spec, reduction, is_feasible) for reduction in _reductions(spec, rows))
    return next(filter(None, candidates), None)


def require_feasible(spec: ExperimentSpec) -> None:
    """Check the cost of a training step, before anything is built.

    Raises
    ------
    InfeasibleError
        If a step would take too much memory or time.
    """
    cost = estimate_step(spec)
    if step_fits(cost):
        return
    raise InfeasibleError(
        f"A {'noisy ' if spec.noise.active else ''}circuit of {count(spec.circuit.n_qubits, 'qubit')} would "
        f"need about {memory(cost.bytes)} and {duration(cost.seconds)} per step.",
        f"A run may use up to {memory(limits.MAX_RUN_BYTES)}, and {duration(limits.MAX_STEP_SECONDS)} "
        "per step.",
        f"Use {_describe_remedies(spec)}.",
        "circuit.n_qubits",
        nearest_feasible(spec, _step_is_feasible),
    )


def require_feasible_run(spec: ExperimentSpec, workload: Workload, speed: MachineSpeed) -> Cost:
    """Return the estimated cost of a run, after checking it.

    Raises
    ------
    InfeasibleError
        If the run would take too much memory or time.
    """
    cost = estimate_run(spec, workload, speed)
    if _run_fits(cost):
        return cost
    nearest = nearest_feasible(
        spec,
        lambda other: _step_is_feasible(other) and _run_fits(estimate_run(other, workload, speed)),
        # Built-in data sets are small, and the size of generated ones is one of their settings.
        sum(workload.rows.values()) if spec.data.is_csv else 0,
    )
    raise InfeasibleError(
        f"This training would take about {duration(cost.seconds)} and use {memory(cost.bytes)}.",
        f"A run may take up to {duration(limits.MAX_RUN_SECONDS)} and use up to "
        f"{memory(limits.MAX_RUN_BYTES)}.",
        f"Use {nearest.change}." if nearest else "Use fewer epochs, fewer rows and a smaller circuit.",
        "training.epochs",
        nearest,
    )


def _step_is_feasible(spec: ExperimentSpec) -> bool:
    return step_fits(estimate_step(spec))


def _run_fits(cost: Cost) -> bool:
    return cost.bytes <= limits.MAX_RUN_BYTES and cost.seconds <= limits.MAX_RUN_SECONDS


@dataclass(frozen=True)
class _Reduction:
    """A setting that can be reduced: its field, its smaller values in ascending order, and their wording."""

    field: str
    values: Sequence[Any]
    describe: Callable[[Any], str]


def _reductions(spec: ExperimentSpec, rows: int) -> Iterator[_Reduction]:
    """Yield the possible reductions, the least harmful first."""
    circuit, training = spec.circuit, spec.training
    if spec.engine != EngineSpec():
        # The results stay the same, except for the randomness of shots.
        yield _Reduction("engine", (EngineSpec(),), lambda engine: _COMPILED_ENGINE)
    # First reduce each setting moderately; only if that is not enough, as far as necessary.
    for fractions in ((0.3, 0.3, 0.6, 0.5, 0.1), (0, 0, 0, 0, 0)):
        epochs, sample, width, depth, batch = fractions
        yield _Reduction(
            "training.epochs", _range_below(training.epochs, epochs), partial(count, noun="epoch")
        )
        yield _Reduction(
            "data.sample_rows", _sample_sizes(rows, sample), lambda n: f"a sample of {count(n, 'row')}"
        )
        yield _Reduction(
            "circuit.n_qubits", _range_below(circuit.n_qubits, width), partial(count, noun="qubit")
        )
        yield _Reduction(
            "circuit.n_layers", _range_below(circuit.n_layers, depth), partial(count, noun="layer")
        )
        yield _Reduction(
            "training.batch_size", _range_below(training.batch_size, batch), "a batch size of {}".format
        )


def _range_below(value: int, fraction: float) -> range:
    """Return the numbers below `value`, down to the given fraction of it."""
    return range(max(1, ceil(fraction * value)), value)


def _sample_sizes(rows: int, fraction: float) -> range:
    """Return round numbers below `rows`, down to the given fraction of it."""
    unit = 10 ** max(0, len(str(rows)) - 2)
    smallest = max(limits.MIN_ROWS, fraction * rows)
    return range(ceil(smallest / unit) * unit, rows, unit)


def _largest_feasible(
    spec: ExperimentSpec, reduction: _Reduction, is_feasible: Callable[[ExperimentSpec], bool]
) -> FeasibleChange | None:
    def apply(value: Any) -> ExperimentSpec:
        return spec.with_(**{reduction.field: value})

    # Feasible values come before infeasible ones.
    n_feasible = bisect_left(reduction.values, True, key=lambda value: not is_feasible(apply(value)))
    if not n_feasible:
        return None
    value = reduction.values[n_feasible - 1]
    return FeasibleChange(reduction.describe(value), apply(value))


def _with_qubits(spec: ExperimentSpec, n_qubits: int) -> ExperimentSpec:
    return spec.model_copy(update={"circuit": spec.circuit.model_copy(update={"n_qubits": n_qubits})})


def _describe_remedies(spec: ExperimentSpec) -> str:
    """Return the changes that are each enough alone; if there are none, those that help together."""
    most = largest_circuit(spec)
    remedies = [f"at most {count(most, 'qubit')}"] if most else []
    remedies += [
        description
        for description, changes in _STEP_REMEDIES.items()
        if step_fits(estimate_step(spec.with_(**changes)))
    ]
    if not remedies:
        return "fewer qubits, fewer layers and a smaller batch size"
    *others, last = remedies
    return f"{', '.join(others)} or {last}" if others else last
