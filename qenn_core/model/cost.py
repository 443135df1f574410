"""Estimate the memory and time of a training step and of an evaluation, by counting.

The factors were measured on one core and are accurate to a factor of two or three: enough to distinguish
milliseconds from minutes, and a hundred megabytes from all memory. A *copy* is the state of one row; layers
and gates make copies of it, which are stored for the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

from qenn_core import limits
from qenn_core.experiment import Entanglement, ExperimentSpec
from qenn_core.model.circuit_executions import count_shifted_circuits
from qenn_core.model.shape import input_angles
from qenn_core.registry import ENCODINGS, NOISE_CHANNELS

# Small tensors, and the compiled circuit.
_BASE_BYTES = 3e6

# The engine computes in single precision: bytes of an amplitude, and of an entry of a Pauli vector.
_AMPLITUDE_BYTES, _PAULI_BYTES = 8, 4
# Copies of a state: at the beginning and the end, and in each layer, whose blocks and links make one each.
_ENDS_COPIES, _LAYER_COPIES, _NOISY_LAYER_COPIES = 12, 14, 18
# Copies of a noisy state while it is encoded, and for each gate whose angle depends on several inputs;
# preparing amplitudes costs as much as a few such gates.
_ENCODED_COPIES, _GATE_COPIES, _PREPARED_GATES = 1.5, 3, 4
# Seconds for each number of a copy, forward and backward, in a layer or such a gate.
_LAYER_SECONDS, _NOISY_LAYER_SECONDS, _GATE_SECONDS = 100e-9, 60e-9, 10e-9
# Seconds of call overhead per layer; and for sampling how often each outcome is measured, per row and per
# outcome.
_CALLS_SECONDS, _DRAW_SECONDS, _OUTCOME_SECONDS = 4e-4, 2e-5, 50e-9
# With fewer observables than this, the engine propagates them backwards through the layers instead of
# propagating the states.
_MANY_OBSERVABLES = 32
# The number of shifted circuits computed at once, and the fractions of a step's copies and seconds that
# remain without the backward pass.
_SHIFTED_AT_ONCE, _FORWARD_COPIES, _FORWARD_SECONDS = 64, 0.3, 0.5

# PennyLane's `default` simulators compute in double precision: bytes of a number, copies that a gate makes,
# seconds for each number, and for the gate whatever its size.
_COMPLEX_BYTES = 16
_PENNYLANE_COPIES, _PENNYLANE_NOISY_COPIES = 1.5, 3.5
_PENNYLANE_SECONDS, _PENNYLANE_NOISY_SECONDS, _PENNYLANE_GATE_SECONDS = 25e-9, 100e-9, 7e-4
# Its other simulators run circuit by circuit: bytes and seconds for each gate of each.
_SINGLE_BYTES, _SINGLE_SECONDS = 2e3, 2.2e-4

# Rows are evaluated in batches whose states are about as large as a processor's cache: larger batches are no
# faster, and need more memory. Batches are also short, since a stop takes effect between two of them.
EVALUATION_STATE_BYTES, _EVALUATION_BATCH_SECONDS = 4 * 2**20, 0.25
# Up to this much of a worker's memory is used for encoded inputs.
MAX_ENCODED_BYTES = 64 * 2**20

_LINKS_PER_LAYER: dict[Entanglement, Callable[[int], int]] = {
    "ring": lambda n_qubits: n_qubits,
    "linear": lambda n_qubits: n_qubits - 1,
    "all": lambda n_qubits: comb(n_qubits, 2),
    "none": lambda n_qubits: 0,
}


@dataclass(frozen=True)
class Cost:
    """The memory and time of a training step, forward and backward, or of a whole run.

    Parameters
    ----------
    bytes : float
        Peak memory in addition to that of the process itself.
    seconds : float
        Time on one core; 0 if unknown, as on an external quantum computer.
    """

    bytes: float
    seconds: float


def estimate_step(spec: ExperimentSpec) -> Cost:
    """Estimate the cost of a training step with the engine of `spec`."""
    if spec.engine.kind == "pennylane":
        return _pennylane_cost(spec, _pennylane_circuits_per_row(spec))
    if spec.engine.gradient == "parameter-shift":
        return _parameter_shift_cost(spec)
    return _compiled_cost(spec)


def evaluation_seconds(spec: ExperimentSpec, rows: int) -> float:
    """Estimate the time for evaluating a model on `rows` without training it; 0 if unknown."""
    batch_size = min(max(1, EVALUATION_STATE_BYTES // state_bytes(spec)), max_evaluation_rows(spec))
    n_batches, rest = divmod(rows, batch_size)
    return n_batches * _forward_seconds(spec, batch_size) + (_forward_seconds(spec, rest) if rest else 0)


def state_bytes(spec: ExperimentSpec) -> int:
    """Return the size of one row's state in the compiled engine."""
    return (_PAULI_BYTES if spec.noise.active else _AMPLITUDE_BYTES) * _state_size(spec)


def max_evaluation_rows(spec: ExperimentSpec) -> int:
    """Return how many rows can be evaluated at once without delaying a stop noticeably."""
    if not _forward_seconds(spec, 1):
        return spec.training.batch_size
    sizes = (2**k for k in range(limits.MAX_ROWS.bit_length()))
    return max((n for n in sizes if _forward_seconds(spec, n) <= _EVALUATION_BATCH_SECONDS), default=1)


def with_batch_size(spec: ExperimentSpec, batch_size: int) -> ExperimentSpec:
    """Return `spec` with another batch size."""
    training = spec.training.model_copy(update={"batch_size": batch_size})
    return spec.model_copy(update={"training": training})


def _forward_seconds(spec: ExperimentSpec, rows: int) -> float:
    """Return the time for evaluating this many rows at once."""
    spec = with_batch_size(spec, rows)
    if spec.engine.kind == "fused":
        return _FORWARD_SECONDS * (_compiled_overhead(spec) + _compiled_seconds(spec))
    batched = spec.engine.device.startswith("default.")
    return (_FORWARD_SECONDS if batched else 1) * _pennylane_cost(spec, circuits_per_row=1).seconds


def _compiled_cost(spec: ExperimentSpec) -> Cost:
    return Cost(
        bytes=_BASE_BYTES + _compiled_bytes(spec), seconds=_compiled_overhead(spec) + _compiled_seconds(spec)
    )


def _parameter_shift_cost(spec: ExperimentSpec) -> Cost:
    circuits = 1 + (count_shifted_circuits(spec) or 0)
    at_once = min(circuits, _SHIFTED_AT_ONCE)
    return Cost(
        bytes=_BASE_BYTES + _FORWARD_COPIES * at_once * _compiled_bytes(spec),
        seconds=_FORWARD_SECONDS
        * (_compiled_overhead(spec) * (1 + circuits / at_once) + _compiled_seconds(spec) * circuits),
    )


def _compiled_bytes(spec: ExperimentSpec) -> float:
    n_layers, rows = spec.circuit.n_layers, spec.training.batch_size
    if not spec.noise.active:
        copies = rows * (_ENDS_COPIES + _LAYER_COPIES * n_layers)
        return _AMPLITUDE_BYTES * _state_size(spec) * copies
    in_encoding = rows * (_ENCODED_COPIES + _GATE_COPIES * _multi_qubit_encoding_gates(spec))
    in_layers = _states_through_noisy_layers(spec) * _NOISY_LAYER_COPIES * n_layers
    return _PAULI_BYTES * _state_size(spec) * (in_encoding + in_layers)


def _compiled_seconds(spec: ExperimentSpec) -> float:
    """Return the seconds that grow with the size of the state."""
    n_layers, rows = spec.circuit.n_layers, spec.training.batch_size
    if not spec.noise.active:
        return _state_size(spec) * rows * n_layers * _LAYER_SECONDS + _sampling_seconds(spec)
    in_encoding = rows * _multi_qubit_encoding_gates(spec) * _GATE_SECONDS
    in_layers = _states_through_noisy_layers(spec) * n_layers * _NOISY_LAYER_SECONDS
    return _state_size(spec) * (in_encoding + in_layers) + _sampling_seconds(spec)


def _compiled_overhead(spec: ExperimentSpec) -> float:
    """Return the seconds that do not depend on the size of the state."""
    return _CALLS_SECONDS * (2 + spec.circuit.n_layers)


def _pennylane_circuits_per_row(spec: ExperimentSpec) -> int:
    """Return how many circuits PennyLane runs for a row and its gradient."""
    # With shots, shifted circuits are the only way to a gradient.
    shifts = spec.noise.shots or spec.engine.device.startswith("reference.")
    return 1 + (count_shifted_circuits(spec) or 0) if shifts else 1


def _pennylane_cost(spec: ExperimentSpec, circuits_per_row: int) -> Cost:
    rows, device = spec.training.batch_size, spec.engine.device
    n_gates = _count_gates(spec)
    if not device.startswith("default."):
        known = device.startswith(("lightning.", "reference."))
        gates_run = rows * circuits_per_row * n_gates
        return Cost(
            bytes=_BASE_BYTES + _COMPLEX_BYTES * _state_size(spec) + _SINGLE_BYTES * gates_run,
            seconds=_SINGLE_SECONDS * gates_run + circuits_per_row * _sampling_seconds(spec) if known else 0,
        )
    noisy = spec.noise.active or device == "default.mixed"
    numbers = rows * (4 if noisy else 2) ** spec.circuit.n_qubits
    copies = _PENNYLANE_NOISY_COPIES if noisy else _PENNYLANE_COPIES
    seconds = _PENNYLANE_NOISY_SECONDS if noisy else _PENNYLANE_SECONDS
    gate_seconds = n_gates * (_PENNYLANE_GATE_SECONDS + numbers * seconds)
    return Cost(
        bytes=_BASE_BYTES + _COMPLEX_BYTES * numbers * copies * n_gates,
        seconds=circuits_per_row * (gate_seconds + _sampling_seconds(spec)),
    )


def _state_size(spec: ExperimentSpec) -> int:
    """Return the number of entries of a state: amplitudes, or of a Pauli vector with noise."""
    return int((4 if spec.noise.active else 2) ** spec.circuit.n_qubits)


def _states_through_noisy_layers(spec: ExperimentSpec) -> int:
    """Return how many states are propagated through the layers: observables if there are few, else rows."""
    n_observables = spec.circuit.n_qubits + (2**spec.circuit.n_qubits if spec.noise.shots else 0)
    if ENCODINGS[spec.encoding.kind].repeated or n_observables >= _MANY_OBSERVABLES:
        return spec.training.batch_size
    return n_observables


def _multi_qubit_encoding_gates(spec: ExperimentSpec) -> int:
    """Return how many gates of the encoding act on several qubits: all but one per qubit."""
    encoding = ENCODINGS[spec.encoding.kind]
    if encoding.n_angles is None:
        return _PREPARED_GATES
    return encoding.n_angles(spec.circuit.n_qubits) - spec.circuit.n_qubits


def _sampling_seconds(spec: ExperimentSpec) -> float:
    """Return the seconds for sampling the outcomes of all rows of a batch."""
    per_row = _DRAW_SECONDS + _OUTCOME_SECONDS * 2**spec.circuit.n_qubits
    return spec.training.batch_size * per_row if spec.noise.shots else 0


def _count_gates(spec: ExperimentSpec) -> int:
    """Return the number of gates and noise channels of the circuit."""
    n_qubits, n_layers = spec.circuit.n_qubits, spec.circuit.n_layers
    rotations = (input_angles(spec) or 1) + n_layers * n_qubits
    links = n_layers * _LINKS_PER_LAYER[spec.circuit.entanglement](n_qubits)
    channels = 0
    if spec.noise.active:
        if NOISE_CHANNELS[spec.noise.channel].on_measurement:
            channels = n_qubits
        elif spec.noise.placement == "layer":
            channels = n_layers * n_qubits
        else:
            channels = rotations + 2 * links
    return rotations + links + channels
