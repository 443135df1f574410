"""What may be trained here: the largest circuit that fits, and the refusal of what does not."""

from __future__ import annotations

from typing import Any

from qenn_core import limits
from qenn_core.errors import TrainingError
from qenn_core.model.cost import Cost, estimate
from qenn_core.spec import EngineSpec, ExperimentSpec, bounds

_WAYS: dict[str, dict[str, Any]] = {
    "fewer layers": {"circuit.n_layers": 1},
    "a smaller batch size": {"training.batch_size": 1},
    "the compiled engine with exact gradients": {"engine": EngineSpec()},
}


def fits(cost: Cost) -> bool:
    """Tell whether a step may take so much."""
    return cost.bytes <= limits.MAX_RUN_BYTES and cost.seconds <= limits.MAX_STEP_SECONDS


def largest_circuit(spec: ExperimentSpec) -> int:
    """Return how many qubits the circuit may have with all other settings as they are; 0 if none will do."""
    low, high = map(int, bounds("circuit.n_qubits"))
    return max((n for n in range(low, high + 1) if fits(estimate(_resized(spec, n)))), default=0)


def refuse_misfit(spec: ExperimentSpec) -> None:
    """Refuse a model that would not fit, before anything is built.

    Raises
    ------
    TrainingError
        If a step of its training would take too much memory or time.
    """
    cost = estimate(spec)
    if fits(cost):
        return
    raise TrainingError(
        f"A {'noisy ' if spec.noise.active else ''}circuit of {_qubits(spec.circuit.n_qubits)} would need "
        f"about {_memory(cost.bytes)} and {_time(cost.seconds)} a step.",
        f"A run may take {_memory(limits.MAX_RUN_BYTES)} and {_time(limits.MAX_STEP_SECONDS)} a step.",
        f"Use {_ways_out(spec)}.",
        place="circuit.n_qubits",
    )


def _resized(spec: ExperimentSpec, n_qubits: int) -> ExperimentSpec:
    return spec.model_copy(update={"circuit": spec.circuit.model_copy(update={"n_qubits": n_qubits})})


def _ways_out(spec: ExperimentSpec) -> str:
    """Name the changes of which any one will do; if none will, what helps together."""
    most = largest_circuit(spec)
    ways = [f"at most {_qubits(most)}"] if most else []
    ways += [words for words, changes in _WAYS.items() if fits(estimate(spec.with_(**changes)))]
    if not ways:
        return "fewer qubits, fewer layers and a smaller batch size"
    *others, last = ways
    return f"{', '.join(others)} or {last}" if others else last


def _qubits(number: int) -> str:
    return "1 qubit" if number == 1 else f"{number} qubits"


def _memory(n_bytes: float) -> str:
    return f"{_rounded(n_bytes / 1e9)} GB" if n_bytes >= 1e8 else f"{_rounded(n_bytes / 1e6)} MB"


def _time(seconds: float) -> str:
    return f"{_rounded(seconds)} s" if seconds >= 0.1 else f"{_rounded(1000 * seconds)} ms"


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{round(number, 1):g}"
