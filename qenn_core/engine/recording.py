"""Record the gates and measurements of a QNode, decomposed to gates that the engine can use directly.

This module contains all that the engine knows about PennyLane's operations; later stages see only matrices.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Literal

import numpy as np
import pennylane as qml
import torch
from numpy.typing import NDArray

from qenn_core.engine import pennylane_compat
from qenn_core.engine.angle_buffers import leading_shape
from qenn_core.engine.fourier import FourierSeries, NotFourierError, fit
from qenn_core.engine.measurements import DensityMatrix, Measurement
from qenn_core.engine.recorded_measurements import convert_measurement
from qenn_core.engine.unsupported import UnsupportedError

GateKind = Literal["unitary", "channel", "state"]
# The return value of a quantum function: one measurement, or several.
Returns = Literal["single", "list", "tuple"]

_EXACT_SIMULATORS = ("default.qubit", "default.mixed", "lightning.qubit", "reference.qubit")
_MIXED_SIMULATOR = "default.mixed"
_IGNORED_OPERATIONS = (qml.Identity, qml.Barrier)
# A gate on more wires is decomposed. If it has no decomposition, its matrix is used up to the second number.
_MAX_GATE_WIRES = 3
_MAX_UNDECOMPOSED_WIRES = 6


@dataclass(frozen=True)
class RecordedGate:
    """A gate as PennyLane created it.

    Parameters
    ----------
    operation : pennylane operation
        The gate.
    kind : str
        ``"unitary"``, ``"channel"``, or ``"state"`` for a state preparation.
    wires : tuple of int
        Positions among the circuit's wires.
    series : FourierSeries, optional
        The unitary as a function of its angles.
    constant : complex array, optional
        For a gate without tensors, its Kraus operators (n_operators, d, d) or amplitudes (d,).
    tensors : tuple of tensor
        The angles of the series; without a series, the Kraus operators or amplitudes.
    """

    operation: Any
    kind: GateKind
    wires: tuple[int, ...]
    series: FourierSeries | None = None
    constant: NDArray[np.complex128] | None = None
    tensors: tuple[torch.Tensor, ...] = ()

    @property
    def structure(self) -> tuple[object, ...]:
        """What must be equal in all calls of the function."""
        constant = self.constant.tobytes() if self.constant is not None else None
        series = self.series and self.series.key
        return (self.operation.name, self.kind, self.wires, series, constant)


@dataclass(frozen=True)
class Recording:
    """The gates and measurements of one call of a QNode.

    Parameters
    ----------
    n_wires : int
        Number of wires that are used.
    gates : tuple of RecordedGate
        The gates, in order.
    validated : tuple of pennylane operation
        Operations whose values PennyLane validates whenever it creates them; the recording postpones this.
    measurements : tuple of Measurement
        The measurements, in order.
    returns : str
        What the function returned: ``"single"``, ``"list"`` or ``"tuple"``.
    shots : int or None
        Measurements per circuit; ``None`` for exact values.
    """

    n_wires: int
    gates: tuple[RecordedGate, ...]
    validated: tuple[Any, ...]
    measurements: tuple[Measurement, ...]
    returns: Returns
    shots: int | None

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The tensors of all gates, and the parameters of all operations to be validated."""
        parameters = [torch.as_tensor(value) for operation in self.validated for value in operation.data]
        return [tensor for gate in self.gates for tensor in gate.tensors] + parameters

    @property
    def batched(self) -> list[bool]:
        """For each of the tensors, whether its first dimension is the batch."""
        gates = [
            tensor.ndim > 0 if gate.series is not None else bool(gate.operation.batch_size)
            for gate in self.gates
            for tensor in gate.tensors
        ]
        return gates + [
            qml.math.ndim(value) > ndim
            for operation in self.validated
            for value, ndim in zip(operation.data, operation.ndim_params, strict=True)
        ]

    @property
    def structure(self) -> tuple[object, ...]:
        """What must be equal in all calls of the function."""
        gates = tuple(gate.structure for gate in self.gates)
        return (self.n_wires, gates, self.measurements, self.returns, self.shots)


def record(qnode: qml.QNode, arguments: Mapping[str, Any], batch_size: int | None) -> Recording:
    """Run the quantum function of `qnode`, and record its gates and measurements.

    Parameters
    ----------
    qnode : pennylane.QNode
        The QNode.
    arguments : mapping of str to tensor
        The arguments to call it with.
    batch_size : int or None
        Number of rows of the inputs; ``None`` if they have no dimension for rows.

    Raises
    ------
    UnsupportedError
        If the engine does not support something in it.
    """
    _check_device(qnode.device)
    # A copy, because a QNode stores its last tape.
    qnode = copy.copy(qnode)
    with pennylane_compat.abstract_tensors(), pennylane_compat.numbered_measurements():
        tape = _transformed(qnode, qnode.construct((), dict(arguments)))
        if tape.shots.has_partitioned_shots:
            raise UnsupportedError("it measures with several numbers of shots")
        wires = list(qnode.device.wires if qnode.device.wires is not None else tape.wires)
        if not set(tape.wires) <= set(wires):
            raise UnsupportedError(f"it uses wires that the device {qnode.device.name!r} does not have")
        tape = _without_mid_circuit_measurements(tape)
        wires += [wire for wire in tape.wires if wire not in wires]
        phase_wire = _phase_wire(tape)
        operations = list(_decompose(tape.operations, phase_wire))
        for operation in operations:
            if operation.batch_size not in (None, batch_size):
                raise UnsupportedError(f"{operation.name} has a leading dimension other than the batch")
        labels = _used_wires(wires, tape, operations)
        positions = {label: position for position, label in enumerate(labels)}
        gates = tuple(_record_gate(operation, positions) for operation in operations)
        is_mixed = qnode.device.name == _MIXED_SIMULATOR
        measurements = tuple(convert_measurement(m, positions, is_mixed) for m in tape.measurements)
    if len(measurements) > 1 and any(isinstance(m, DensityMatrix) for m in measurements):
        raise UnsupportedError("it measures a density matrix among others")
    if not is_mixed and any(gate.kind == "channel" for gate in gates):
        raise UnsupportedError(f"it has channels, but the device {qnode.device.name!r} simulates pure states")
    distinct = {id(operation): operation for operation in (*tape.operations, *operations)}
    validated = tuple(operation for operation in distinct.values() if _requires_validation(operation))
    return Recording(len(labels), gates, validated, measurements, _return_kind(qnode), tape.shots.total_shots)


def call_function(qnode: qml.QNode, arguments: Mapping[str, Any]) -> None:
    """Call the quantum function of `qnode` as `record` does, without a look at its gates.

    Parameters
    ----------
    qnode : pennylane.QNode
        The QNode.
    arguments : mapping of str to tensor
        The arguments to call it with.
    """
    with pennylane_compat.abstract_tensors(), qml.queuing.AnnotatedQueue():
        qnode.func(**arguments)


def validate(operation: Any, values: Sequence[torch.Tensor]) -> None:
    """Create an operation again with other values, as PennyLane would in each call, to validate them.

    Parameters
    ----------
    operation : pennylane operation
        The operation.
    values : sequence of tensor, shapes (n_models or 1, batch or 1, ...)
        Its parameters.

    Raises
    ------
    ValueError
        PennyLane's own error, if it does not allow the values.
    """
    with torch.no_grad():
        flat = [value.expand(*leading_shape(*values), *value.shape[2:]).flatten(0, 1) for value in values]
        if isinstance(operation, qml.StatePrep):
            _rebuild(operation, flat)
        else:
            for row in zip(*flat, strict=True):
                _rebuild(operation, row)


def _rebuild(operation: Any, parameters: Sequence[Any]) -> None:
    fixed = {**operation.hyperparameters, "wires": operation.wires}
    names = [name for name in signature(type(operation)).parameters if name not in (*fixed, "id")]
    # One argument may take all parameters, as a list.
    values = parameters if len(names) == len(parameters) else [list(parameters)]
    rebuilt = type(operation)(**fixed, **dict(zip(names, values, strict=True)))
    if isinstance(rebuilt, qml.operation.Channel):
        # A channel validates its probabilities only here.
        rebuilt.kraus_matrices()


def _requires_validation(operation: Any) -> bool:
    if not _has_tensors(operation):
        return False
    if isinstance(operation, qml.StatePrep):
        options = operation.hyperparameters
        return bool(options["validate_norm"]) and not options["normalize"] and options["pad_with"] is None
    return isinstance(operation, qml.BasisState | qml.operation.Channel)


def _check_device(device: Any) -> None:
    if device.name not in _EXACT_SIMULATORS:
        raise UnsupportedError(f"the device {device.name!r} is not known to be an exact simulator")
    if getattr(device, "readout_err", None):
        raise UnsupportedError("the device has a read-out error")


def _transformed(qnode: qml.QNode, tape: Any) -> Any:
    """Apply the user's transforms, such as ``qml.add_noise``."""
    tapes, process = qnode.compile_pipeline((tape,))
    result = object()
    try:
        returns_result = len(tapes) == 1 and process((result,)) in (result, (result,))
    except Exception:
        returns_result = False
    if not returns_result:
        raise UnsupportedError("a transform of it makes several circuits, or changes their results")
    return tapes[0]


def _without_mid_circuit_measurements(tape: Any) -> Any:
    """Measure wires at the end instead, each by a copy of it on a wire of its own."""
    measured = [op for op in tape.operations if isinstance(op, qml.ops.MidMeasure)]
    if any(operation.postselect is not None for operation in measured):
        raise UnsupportedError("it selects outcomes that it measures on the way")
    if not measured:
        return tape
    if not all(measurement.wires for measurement in tape.measurements):
        raise UnsupportedError("it measures all wires, also those that it measures on the way")
    (deferred,), _ = qml.defer_measurements(tape)
    return deferred


def _phase_wire(tape: Any) -> Any:
    """Return a wire for global phases; ``None`` if no measurement depends on them."""
    if any(isinstance(measurement, qml.measurements.StateMP) for measurement in tape.measurements):
        return tape.wires[0] if tape.wires else None
    return None


def _return_kind(qnode: qml.QNode) -> Returns:
    output = pennylane_compat.returned_value(qnode)
    if isinstance(output, qml.measurements.MeasurementProcess):
        return "single"
    if all(isinstance(item, qml.measurements.MeasurementProcess) for item in output):
        if type(output) is list:
            return "list"
        if type(output) is tuple:
            return "tuple"
    raise UnsupportedError(f"it returns a {type(output).__name__} instead of measurements or a list of them")


def _decompose(operations: Sequence[Any], phase_wire: Any) -> Iterator[Any]:
    """Yield operations that the engine can use directly, with global phases if there is a wire for them."""
    used_wires: set[Any] = set()
    for operation in operations:
        for part in _decompose_operation(operation, used_wires):
            if isinstance(part, qml.GlobalPhase):
                if phase_wire is None:
                    continue
                part = qml.GlobalPhase(part.data[0], wires=phase_wire)
            used_wires |= set(part.wires)
            yield part


def _decompose_operation(operation: Any, used_wires: set[Any]) -> Iterator[Any]:
    if isinstance(operation, _IGNORED_OPERATIONS):
        return
    if isinstance(operation, qml.GlobalPhase) or (
        isinstance(operation, qml.operation.Channel)
        or (isinstance(operation, qml.StatePrep) and not used_wires & set(operation.wires))
        or (operation.has_matrix and len(operation.wires) <= _MAX_GATE_WIRES)
    ):
        yield operation
    elif isinstance(operation, qml.BasisState) and _has_tensors(operation):
        # The decomposition uses the bits as angles, which should have full precision.
        bits = qml.math.cast(operation.data[0], "float64")
        yield from operation.compute_decomposition(bits, operation.wires)
    elif operation.has_decomposition:
        for part in operation.decomposition():
            yield from _decompose_operation(part, used_wires)
    elif operation.has_matrix and len(operation.wires) <= _MAX_UNDECOMPOSED_WIRES:
        yield operation
    else:
        raise UnsupportedError(
            f"the operation {operation.name} on {len(operation.wires)} wires has no matrix"
        )


def _used_wires(available: Sequence[Any], tape: Any, operations: Sequence[Any]) -> list[Any]:
    """Return the wires that are used, in the order of those that are available."""
    used = {wire for operation in operations for wire in operation.wires}
    for measurement in tape.measurements:
        used |= set(measurement.wires or available)
    return [wire for wire in available if wire in used]


def _record_gate(operation: Any, positions: Mapping[Any, int]) -> RecordedGate:
    if isinstance(operation, qml.operation.Channel):
        kind: GateKind = "channel"
    else:
        kind = "state" if isinstance(operation, qml.StatePrep) else "unitary"
    gate = partial(RecordedGate, operation, kind, tuple(positions[wire] for wire in operation.wires))
    if not _has_tensors(operation):
        return gate(constant=np.asarray(_kraus_or_amplitudes(operation, kind), dtype=complex))
    series = fourier_series(operation) if kind == "unitary" else None
    if series is None:
        return gate(tensors=(_kraus_or_amplitudes(operation, kind),))
    dtype = _real_dtype(operation)
    return gate(series=series, tensors=tuple(torch.as_tensor(angle, dtype=dtype) for angle in operation.data))


def _has_tensors(operation: Any) -> bool:
    return any(isinstance(parameter, torch.Tensor) for parameter in operation.data)


def _real_dtype(operation: Any) -> torch.dtype:
    dtypes = [p.dtype for p in operation.data if isinstance(p, torch.Tensor) and p.dtype.is_floating_point]
    return dtypes[0] if dtypes else torch.float64


def _kraus_or_amplitudes(operation: Any, kind: GateKind) -> Any:
    """Return amplitudes (..., d) or Kraus operators (..., n_operators, d, d) in the order of its wires."""
    batch = [operation.batch_size] if operation.batch_size else []
    dim = 2 ** len(operation.wires)
    if kind == "state":
        vector = operation.state_vector(wire_order=operation.wires)
        return qml.math.reshape(vector.toarray() if operation.is_sparse else vector, (*batch, dim))
    if kind == "channel":
        if batch:
            raise UnsupportedError(f"the parameter of the channel {operation.name} depends on the batch")
        return qml.math.stack([qml.math.cast(kraus, "complex128") for kraus in operation.kraus_matrices()])
    return qml.math.reshape(operation.matrix(wire_order=operation.wires), (*batch, 1, dim, dim))


_FITTED_SERIES: dict[int, FourierSeries | None] = {}


def fourier_series(operation: Any) -> FourierSeries | None:
    """Return the gate as a function of its angles, or ``None`` if its parameters are not angles."""
    if any(qml.math.ndim(p) > (1 if operation.batch_size else 0) for p in operation.data):
        return None
    n_angles = len(operation.data)
    on_first_wires = qml.map_wires(operation, {wire: n for n, wire in enumerate(operation.wires)})
    bind = partial(qml.ops.functions.bind_new_parameters, on_first_wires)
    key = hash((bind([0.5] * n_angles).hash, n_angles))

    def matrices(angles: NDArray[np.float64]) -> NDArray[np.complex128]:
        values = [np.asarray(qml.matrix(bind(list(map(float, row)))), dtype=complex) for row in angles]
        return np.stack(values)

    if key not in _FITTED_SERIES:
        try:
            _FITTED_SERIES[key] = fit(matrices, n_angles)
        except (NotFourierError, ValueError):
            # PennyLane raises a ValueError for gates that it cannot evaluate at numbers, like some powers.
            _FITTED_SERIES[key] = None
    return _FITTED_SERIES[key]
