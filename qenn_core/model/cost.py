"""What a step of training, and an evaluation, take in memory and time, by counting.

The factors are measured on one core, and good to two or three times: enough to tell milliseconds from
minutes, and a hundred megabytes from all there is. A *copy* is the state of one row; whatever layers and
gates do to it makes copies, which are kept for the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

from qenn_core import limits
from qenn_core.experiment import Entanglement, ExperimentSpec
from qenn_core.model.circuit_executions import shifted_circuits
from qenn_core.model.shape import input_angles
from qenn_core.registry import ENCODINGS, NOISE_CHANNELS

# Small tensors, and the compiled circuit.
_BASE_BYTES = 3e6

# The engine computes in single precision: bytes of an amplitude, and of a number of a Pauli vector.
_AMPLITUDE_BYTES, _PAULI_BYTES = 8, 4
# Copies of a state: at the beginning and the end, and in each layer, whose blocks and links make one each.
_ENDS_COPIES, _LAYER_COPIES, _NOISY_LAYER_COPIES = 12, 14, 18
# Copies of a noisy state while it is encoded, and for each gate whose angle is made of several inputs; a
# state made of amplitudes takes as much as some such gates.
_ENCODED_COPIES, _GATE_COPIES, _PREPARED_GATES = 1.5, 3, 4
# Seconds for each number of a copy, forward and back, in a layer or such a gate.
_LAYER_SECONDS, _NOISY_LAYER_SECONDS, _GATE_SECONDS = 100e-9, 60e-9, 10e-9
# Seconds for the calls of a layer, whatever its size; and for drawing how often each outcome comes, for each
# row and for each outcome.
_CALLS_SECONDS, _DRAW_SECONDS, _OUTCOME_SECONDS = 4e-4, 2e-5, 50e-9
# With fewer observables than this it is they that go through the layers, from the end, instead of the states.
_MANY_OBSERVABLES = 32
# So many shifted circuits are computed side by side, and so much of a step is left without the backward pass.
_SHIFTED_AT_ONCE, _FORWARD_COPIES, _FORWARD_SECONDS = 64, 0.3, 0.5

# PennyLane's `default` simulators compute in double precision: bytes of a number, copies that a gate makes,
# seconds for each number, and for the gate whatever its size.
_COMPLEX_BYTES = 16
_PENNYLANE_COPIES, _PENNYLANE_NOISY_COPIES = 1.5, 3.5
_PENNYLANE_SECONDS, _PENNYLANE_NOISY_SECONDS, _PENNYLANE_GATE_SECONDS = 25e-9, 100e-9, 7e-4
# Its others run circuit by circuit: bytes and seconds for each gate of each.
_SINGLE_BYTES, _SINGLE_SECONDS = 2e3, 2.2e-4

# Rows are evaluated in portions whose states stay about as large as a processor's cache: larger ones are no
# faster, and take memory. Nor do they take long, since a stop waits for one.
BYTES_AT_ONCE, _SECONDS_AT_ONCE = 4 * 2**20, 0.25
# What is encoded once for all may take this much of a worker's memory.
ENCODED_BYTES = 64 * 2**20

_LINKS: dict[Entanglement, Callable[[int], int]] = {
    "ring": lambda n_qubits: n_qubits,
    "linear": lambda n_qubits: n_qubits - 1,
    "all": lambda n_qubits: comb(n_qubits, 2),
    "none": lambda n_qubits: 0,
}


@dataclass(frozen=True)
class Cost:
    """What a step of training takes, forward and back.

    Parameters
    ----------
    bytes : float
        Memory held at the same time, besides that of the process itself.
    seconds : float
        Time on one core; 0 where nobody can tell, as with a quantum computer elsewhere.
    """

    bytes: float
    seconds: float


def estimate_step(spec: ExperimentSpec) -> Cost:
    """Estimate what a step of training takes with the engine of `spec`."""
    if spec.engine.kind == "pennylane":
        return _by_pennylane(spec, _circuits_of_a_row(spec))
    if spec.engine.gradient == "parameter-shift":
        return _by_shifted_circuits(spec)
    return _compiled(spec)


def evaluation_seconds(spec: ExperimentSpec, rows: int) -> float:
    """Estimate the time for asking a model about `rows`, without training it; 0 where nobody can tell."""
    at_once = min(max(1, BYTES_AT_ONCE // state_bytes(spec)), rows_in_time(spec))
    whole, rest = divmod(rows, at_once)
    return whole * _forward_seconds(spec, at_once) + (_forward_seconds(spec, rest) if rest else 0)


def state_bytes(spec: ExperimentSpec) -> int:
    """Return what the state of a row takes in the compiled engine."""
    return (_PAULI_BYTES if spec.noise.active else _AMPLITUDE_BYTES) * _numbers(spec)


def rows_in_time(spec: ExperimentSpec) -> int:
    """Return how many rows may be evaluated at once, so that a stop does not wait for long."""
    if not _forward_seconds(spec, 1):
        return spec.training.batch_size
    numbers = (2**k for k in range(limits.MAX_ROWS.bit_length()))
    return max((n for n in numbers if _forward_seconds(spec, n) <= _SECONDS_AT_ONCE), default=1)


def of_rows(spec: ExperimentSpec, rows: int) -> ExperimentSpec:
    """Return `spec` with steps of so many rows."""
    return spec.model_copy(update={"training": spec.training.model_copy(update={"batch_size": rows})})


def _forward_seconds(spec: ExperimentSpec, rows: int) -> float:
    """Return the time for evaluating so many rows at once."""
    one = of_rows(spec, rows)
    if spec.engine.kind == "fused":
        return _FORWARD_SECONDS * (_compiled_calls(one) + _compiled_work(one))
    batched = spec.engine.device.startswith("default.")
    return (_FORWARD_SECONDS if batched else 1) * _by_pennylane(one, circuits=1).seconds


def _compiled(spec: ExperimentSpec) -> Cost:
    return Cost(
        bytes=_BASE_BYTES + _compiled_bytes(spec), seconds=_compiled_calls(spec) + _compiled_work(spec)
    )


def _by_shifted_circuits(spec: ExperimentSpec) -> Cost:
    circuits = 1 + (shifted_circuits(spec) or 0)
    at_once = min(circuits, _SHIFTED_AT_ONCE)
    return Cost(
        bytes=_BASE_BYTES + _FORWARD_COPIES * at_once * _compiled_bytes(spec),
        seconds=_FORWARD_SECONDS
        * (_compiled_calls(spec) * (1 + circuits / at_once) + _compiled_work(spec) * circuits),
    )


def _compiled_bytes(spec: ExperimentSpec) -> float:
    n_layers, rows = spec.circuit.n_layers, spec.training.batch_size
    if not spec.noise.active:
        copies = rows * (_ENDS_COPIES + _LAYER_COPIES * n_layers)
        return _AMPLITUDE_BYTES * _numbers(spec) * copies
    in_encoding = rows * (_ENCODED_COPIES + _GATE_COPIES * _joint_gates(spec))
    in_layers = _states_through_noisy_layers(spec) * _NOISY_LAYER_COPIES * n_layers
    return _PAULI_BYTES * _numbers(spec) * (in_encoding + in_layers)


def _compiled_work(spec: ExperimentSpec) -> float:
    """Return the seconds that grow with the state."""
    n_layers, rows = spec.circuit.n_layers, spec.training.batch_size
    if not spec.noise.active:
        return _numbers(spec) * rows * n_layers * _LAYER_SECONDS + _draws(spec)
    in_encoding = rows * _joint_gates(spec) * _GATE_SECONDS
    in_layers = _states_through_noisy_layers(spec) * n_layers * _NOISY_LAYER_SECONDS
    return _numbers(spec) * (in_encoding + in_layers) + _draws(spec)


def _compiled_calls(spec: ExperimentSpec) -> float:
    """Return the seconds that do not."""
    return _CALLS_SECONDS * (2 + spec.circuit.n_layers)


def _circuits_of_a_row(spec: ExperimentSpec) -> int:
    """Return how many circuits PennyLane takes for a row and its gradient."""
    # Shots leave no way to a gradient but shifted circuits.
    shifts = spec.noise.shots or spec.engine.device.startswith("reference.")
    return 1 + (shifted_circuits(spec) or 0) if shifts else 1


def _by_pennylane(spec: ExperimentSpec, circuits: int) -> Cost:
    rows, device = spec.training.batch_size, spec.engine.device
    n_gates = _gates(spec)
    if not device.startswith("default."):
        known = device.startswith(("lightning.", "reference."))
        return Cost(
            bytes=_BASE_BYTES + _COMPLEX_BYTES * _numbers(spec) + _SINGLE_BYTES * rows * circuits * n_gates,
            seconds=_SINGLE_SECONDS * rows * circuits * n_gates + circuits * _draws(spec) if known else 0,
        )
    noisy = spec.noise.active or device == "default.mixed"
    numbers = rows * (4 if noisy else 2) ** spec.circuit.n_qubits
    copies = _PENNYLANE_NOISY_COPIES if noisy else _PENNYLANE_COPIES
    seconds = _PENNYLANE_NOISY_SECONDS if noisy else _PENNYLANE_SECONDS
    return Cost(
        bytes=_BASE_BYTES + _COMPLEX_BYTES * numbers * copies * n_gates,
        seconds=circuits * (n_gates * (_PENNYLANE_GATE_SECONDS + numbers * seconds) + _draws(spec)),
    )


def _numbers(spec: ExperimentSpec) -> int:
    """Return how many numbers a state has."""
    return int((4 if spec.noise.active else 2) ** spec.circuit.n_qubits)


def _states_through_noisy_layers(spec: ExperimentSpec) -> int:
    """Return how many registers go through the layers: the observables, if they are fewer than the rows."""
    n_observables = spec.circuit.n_qubits + (2**spec.circuit.n_qubits if spec.noise.shots else 0)
    if ENCODINGS[spec.encoding.kind].repeated or n_observables >= _MANY_OBSERVABLES:
        return spec.training.batch_size
    return n_observables


def _joint_gates(spec: ExperimentSpec) -> int:
    """Return how many gates of the encoding act on several qubits: those beyond one a qubit."""
    encoding = ENCODINGS[spec.encoding.kind]
    if encoding.n_angles is None:
        return _PREPARED_GATES
    return encoding.n_angles(spec.circuit.n_qubits) - spec.circuit.n_qubits


def _draws(spec: ExperimentSpec) -> float:
    """Return the seconds for drawing the outcomes of all rows."""
    a_row = _DRAW_SECONDS + _OUTCOME_SECONDS * 2**spec.circuit.n_qubits
    return spec.training.batch_size * a_row if spec.noise.shots else 0


def _gates(spec: ExperimentSpec) -> int:
    """Return how many gates and noise channels the circuit has."""
    n_qubits, n_layers = spec.circuit.n_qubits, spec.circuit.n_layers
    turns = (input_angles(spec) or 1) + n_layers * n_qubits
    links = n_layers * _LINKS[spec.circuit.entanglement](n_qubits)
    strikes = 0
    if spec.noise.active:
        if NOISE_CHANNELS[spec.noise.channel].on_measurement:
            strikes = n_qubits
        elif spec.noise.placement == "layer":
            strikes = n_layers * n_qubits
        else:
            strikes = turns + 2 * links
    return turns + links + strikes
