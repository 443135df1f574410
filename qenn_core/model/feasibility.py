"""What may be trained here: the largest circuit that fits, and the refusal of what does not."""

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

Fits = Callable[[ExperimentSpec], bool]

_WAYS: dict[str, dict[str, Any]] = {
    "fewer layers": {"circuit.n_layers": 1},
    "a smaller batch size": {"training.batch_size": 1},
    "the compiled engine with exact gradients": {"engine": EngineSpec()},
}


@dataclass(frozen=True)
class Nearest:
    """The settings nearest to some that do not fit.

    Parameters
    ----------
    change : str
        What differs: ``"12 epochs"``.
    spec : ExperimentSpec
        All settings, which fit.
    """

    change: str
    spec: ExperimentSpec


class InfeasibleError(TrainingError):
    """A training that takes more than there is; ``nearest`` is one that does not, if one change will do."""

    def __init__(self, what: str, why: str, remedy: str, place: str, nearest: Nearest | None) -> None:
        super().__init__(what, why, remedy, place)
        self.nearest = nearest


def fits(cost: Cost) -> bool:
    """Tell whether a step may take so much."""
    return cost.bytes <= limits.MAX_RUN_BYTES and cost.seconds <= limits.MAX_STEP_SECONDS


def largest_circuit(spec: ExperimentSpec) -> int:
    """Return how many qubits the circuit may have with all other settings as they are; 0 if none will do."""
    low, high = map(int, bounds("circuit.n_qubits"))
    return max((n for n in range(low, high + 1) if fits(estimate_step(_resized(spec, n)))), default=0)


def nearest_feasible(spec: ExperimentSpec, fits: Fits, rows: int = 0) -> Nearest | None:
    """Find settings that fit by changing one of them, with as little harm to what is learnt as can be.

    Parameters
    ----------
    spec : ExperimentSpec
        Settings that do not fit.
    fits : callable
        Tells whether others do. What fits also does with less of anything.
    rows : int
        Rows that are learnt from; with 0 there is nothing that a sample could leave out.

    Returns
    -------
    Nearest or None
        ``None`` if no single change will do.
    """
    candidates = (_largest_that_fits(spec, way, fits) for way in _one_change(spec, rows))
    return next(filter(None, candidates), None)


def require_feasible(spec: ExperimentSpec) -> None:
    """Refuse a model that would not fit, before anything is built.

    Raises
    ------
    InfeasibleError
        If a step of its training would take too much memory or time.
    """
    cost = estimate_step(spec)
    if fits(cost):
        return
    raise InfeasibleError(
        f"A {'noisy ' if spec.noise.active else ''}circuit of {count(spec.circuit.n_qubits, 'qubit')} would "
        f"need about {memory(cost.bytes)} and {duration(cost.seconds)} a step.",
        f"A run may take {memory(limits.MAX_RUN_BYTES)} and {duration(limits.MAX_STEP_SECONDS)} a step.",
        f"Use {_ways_out(spec)}.",
        "circuit.n_qubits",
        nearest_feasible(spec, _a_step_fits),
    )


def require_feasible_run(spec: ExperimentSpec, workload: Workload, speed: MachineSpeed) -> Cost:
    """Return what a run would take; one that would not end is refused before it starts.

    Raises
    ------
    InfeasibleError
        If it would take too much memory or time.
    """
    cost = estimate_run(spec, workload, speed)
    if _a_run_fits(cost):
        return cost
    nearest = nearest_feasible(
        spec,
        lambda other: _a_step_fits(other) and _a_run_fits(estimate_run(other, workload, speed)),
        # Of the rows of a built-in data set there are few; the user says how many, where it has a setting.
        sum(workload.rows.values()) if spec.data.is_csv else 0,
    )
    raise InfeasibleError(
        f"This training would take about {duration(cost.seconds)} and {memory(cost.bytes)}.",
        f"A run may take {duration(limits.MAX_RUN_SECONDS)} and {memory(limits.MAX_RUN_BYTES)}.",
        f"Use {nearest.change}." if nearest else "Use fewer epochs, fewer rows and a smaller circuit.",
        "training.epochs",
        nearest,
    )


def _a_step_fits(spec: ExperimentSpec) -> bool:
    return fits(estimate_step(spec))


def _a_run_fits(cost: Cost) -> bool:
    return cost.bytes <= limits.MAX_RUN_BYTES and cost.seconds <= limits.MAX_RUN_SECONDS


@dataclass(frozen=True)
class _Way:
    """A change that makes a run smaller: a field, its values from small to large, and how to say one."""

    field: str
    values: Sequence[Any]
    words: Callable[[Any], str]


def _one_change(spec: ExperimentSpec, rows: int) -> Iterator[_Way]:
    """Yield the changes that come into question, the least harmful first."""
    circuit, training = spec.circuit, spec.training
    if spec.engine != EngineSpec():
        # The results are the same, but for the luck of shots.
        yield _Way("engine", (EngineSpec(),), lambda engine: "the compiled engine with exact gradients")
    # First what leaves a good part of what was asked for.
    for shares in ((0.3, 0.3, 0.6, 0.5, 0.1), (0, 0, 0, 0, 0)):
        epochs, sample, width, depth, batch = shares
        yield _Way("training.epochs", _down_to(training.epochs, epochs), _some("epoch"))
        yield _Way("data.sample_rows", _samples(rows, sample), lambda n: f"a sample of {n:,} rows")
        yield _Way("circuit.n_qubits", _down_to(circuit.n_qubits, width), partial(count, noun="qubit"))
        yield _Way("circuit.n_layers", _down_to(circuit.n_layers, depth), _some("layer"))
        yield _Way("training.batch_size", _down_to(training.batch_size, batch), "a batch size of {}".format)


def _down_to(value: int, share: float) -> range:
    """Return what is less than `value`, but no less than a share of it."""
    return range(max(1, ceil(share * value)), value)


def _samples(rows: int, share: float) -> range:
    """Return round numbers of rows, fewer than there are, but no fewer than a share of them."""
    unit = 10 ** max(0, len(str(rows)) - 2)
    least = max(limits.MIN_ROWS, share * rows)
    return range(ceil(least / unit) * unit, rows, unit)


def _some(noun: str) -> Callable[[int], str]:
    return lambda number: f"{number:,} {noun}{'s' if number > 1 else ''}"


def _largest_that_fits(spec: ExperimentSpec, way: _Way, fits: Fits) -> Nearest | None:
    def changed(value: Any) -> ExperimentSpec:
        return spec.with_(**{way.field: value})

    # What fits stands before what does not.
    n_fitting = bisect_left(way.values, True, key=lambda value: not fits(changed(value)))
    if not n_fitting:
        return None
    value = way.values[n_fitting - 1]
    return Nearest(way.words(value), changed(value))


def _resized(spec: ExperimentSpec, n_qubits: int) -> ExperimentSpec:
    return spec.model_copy(update={"circuit": spec.circuit.model_copy(update={"n_qubits": n_qubits})})


def _ways_out(spec: ExperimentSpec) -> str:
    """Name the changes of which any one will do; if none will, what helps together."""
    most = largest_circuit(spec)
    ways = [f"at most {count(most, 'qubit')}"] if most else []
    ways += [words for words, changes in _WAYS.items() if fits(estimate_step(spec.with_(**changes)))]
    if not ways:
        return "fewer qubits, fewer layers and a smaller batch size"
    *others, last = ways
    return f"{', '.join(others)} or {last}" if others else last
