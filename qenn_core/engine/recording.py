"""What a QNode does, as PennyLane tells it: its gates, reduced to those that the engine takes whole.

Everything that the engine knows of PennyLane's operations stands here; the later stages see matrices.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, Literal

import numpy as np
import pennylane as qml
import torch
from numpy.typing import NDArray

from qenn_core.engine.angle_buffers import lead
from qenn_core.engine.fourier import NotFourierError, Table, fit
from qenn_core.engine.measured import Expectation, Measurement, Probabilities

GateKind = Literal["unitary", "channel", "state"]
# What a quantum function returned: one measurement, or several.
Returns = Literal["single", "list", "tuple"]

_SIMULATORS = ("default.qubit", "default.mixed", "lightning.qubit", "reference.qubit")
_MIXED_SIMULATOR = "default.mixed"
_WITHOUT_EFFECT = (qml.GlobalPhase, qml.Identity, qml.Barrier)
# A gate on more wires is decomposed; one that cannot be is taken whole up to the second number.
_MAX_WIRES = 3
_MAX_WIRES_WHOLE = 6


class UnsupportedError(Exception):
    """The QNode holds something that the engine leaves to PennyLane; the message names it."""


@dataclass(frozen=True)
class RecordedGate:
    """A gate as PennyLane made it.

    Parameters
    ----------
    operation : pennylane operation
        The gate itself.
    kind : str
        ``"unitary"``, ``"channel"``, or ``"state"`` for a state preparation.
    wires : tuple of int
        Positions among the circuit's wires.
    table : Table, optional
        The unitary as a function of its angles.
    fixed : complex array, optional
        Of a gate without tensors: its Kraus operators (n_operators, d, d), or its amplitudes (d,).
    tensors : tuple of tensor
        The angles of the table; without a table, the Kraus operators or amplitudes.
    """

    operation: Any
    kind: GateKind
    wires: tuple[int, ...]
    table: Table | None = None
    fixed: NDArray[np.complex128] | None = None
    tensors: tuple[torch.Tensor, ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """What stays the same whenever the function runs."""
        fixed = self.fixed.tobytes() if self.fixed is not None else None
        return (self.operation.name, self.kind, self.wires, self.table and self.table.key, fixed)


@dataclass(frozen=True)
class Recording:
    """All that a QNode does in one call.

    Parameters
    ----------
    n_wires : int
        Number of wires that matter.
    gates : tuple of RecordedGate
        In order.
    checked : tuple of pennylane operation
        Operations of which PennyLane checks the values whenever it makes them, which was put off here.
    measurements : tuple of Measurement
        In order.
    returns : str
        What the function returned: ``"single"``, ``"list"`` or ``"tuple"``.
    shots : int or None
        Measurements per circuit; ``None`` for exact values.
    """

    n_wires: int
    gates: tuple[RecordedGate, ...]
    checked: tuple[Any, ...]
    measurements: tuple[Measurement, ...]
    returns: Returns
    shots: int | None

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The tensors of all gates, and the parameters of all operations that are to be checked."""
        parameters = [torch.as_tensor(value) for operation in self.checked for value in operation.data]
        return [tensor for gate in self.gates for tensor in gate.tensors] + parameters

    @property
    def batched(self) -> list[bool]:
        """For each of the tensors, whether its first dimension is that of the batch."""
        gates = [
            tensor.ndim > 0 if gate.table is not None else bool(gate.operation.batch_size)
            for gate in self.gates
            for tensor in gate.tensors
        ]
        return gates + [
            qml.math.ndim(value) > ndim
            for operation in self.checked
            for value, ndim in zip(operation.data, operation.ndim_params, strict=True)
        ]

    @property
    def shape(self) -> tuple[object, ...]:
        """What stays the same whenever the function runs."""
        gates = tuple(gate.shape for gate in self.gates)
        return (self.n_wires, gates, self.measurements, self.returns, self.shots)


def record(qnode: qml.QNode, arguments: Mapping[str, Any], batch_size: int | None) -> Recording:
    """Run the quantum function of `qnode` and record what it does.

    Parameters
    ----------
    qnode : pennylane.QNode
        What to run.
    arguments : mapping of str to tensor
        What to call it with.
    batch_size : int or None
        Rows of the inputs, if they come with a dimension for them.

    Raises
    ------
    UnsupportedError
        If it does something that the engine leaves to PennyLane.
    """
    _check_device(qnode.device)
    # A copy, because a QNode remembers its last run.
    qnode = copy.copy(qnode)
    with _values_left_open():
        tape = _transformed(qnode, qnode.construct((), dict(arguments)))
        if tape.shots.has_partitioned_shots:
            raise UnsupportedError("it measures with several numbers of shots")
        operations = list(_expand(tape.operations))
        for operation in operations:
            if operation.batch_size not in (None, batch_size):
                raise UnsupportedError(f"{operation.name} has a dimension that is not that of the batch")
        labels = _wire_order(qnode.device, tape, operations)
        place = {label: number for number, label in enumerate(labels)}
        gates = tuple(_describe(operation, place) for operation in operations)
        measurements = tuple(_measured(measurement, place) for measurement in tape.measurements)
    if qnode.device.name != _MIXED_SIMULATOR and any(gate.kind == "channel" for gate in gates):
        raise UnsupportedError(
            f"there are channels on the device {qnode.device.name!r}, which has pure states"
        )
    everything = {id(operation): operation for operation in (*tape.operations, *operations)}
    checked = tuple(operation for operation in everything.values() if _is_checked(operation))
    return Recording(len(labels), gates, checked, measurements, _returned(qnode), tape.shots.total_shots)


def check(operation: Any, values: Sequence[torch.Tensor]) -> None:
    """Make an operation anew with other values, as PennyLane would at each call.

    Parameters
    ----------
    operation : pennylane operation
        Which to make.
    values : sequence of tensor, shapes (n_models or 1, batch or 1, ...)
        Its parameters.

    Raises
    ------
    ValueError
        PennyLane's own, if it does not allow the values.
    """
    with torch.no_grad():
        flat = [value.expand(*lead(*values), *value.shape[2:]).flatten(0, 1) for value in values]
        if isinstance(operation, qml.StatePrep):
            _remake(operation, flat)
        else:
            for row in zip(*flat, strict=True):
                _remake(operation, row)


def _remake(operation: Any, parameters: Sequence[Any]) -> None:
    known = {**operation.hyperparameters, "wires": operation.wires}
    wanted = [name for name in signature(type(operation)).parameters if name not in (*known, "id")]
    # One argument may take all parameters, as a list.
    values = parameters if len(wanted) == len(parameters) else [list(parameters)]
    made = type(operation)(**known, **dict(zip(wanted, values, strict=True)))
    if isinstance(made, qml.operation.Channel):
        # Chances are looked at no sooner than this.
        made.kraus_matrices()


def _is_checked(operation: Any) -> bool:
    if not _is_open(operation):
        return False
    if isinstance(operation, qml.StatePrep):
        how = operation.hyperparameters
        return bool(how["validate_norm"]) and not how["normalize"] and how["pad_with"] is None
    return isinstance(operation, qml.BasisState | qml.operation.Channel)


def _check_device(device: Any) -> None:
    if device.name not in _SIMULATORS:
        raise UnsupportedError(f"the device {device.name!r} is not a simulator that is known to be exact")
    if getattr(device, "readout_err", None):
        raise UnsupportedError("the device has a read-out error of its own")


def _transformed(qnode: qml.QNode, tape: Any) -> Any:
    """Apply the user's transforms, such as ``qml.add_noise``."""
    tapes, process = qnode.compile_pipeline((tape,))
    untouched = object()
    try:
        leaves_results = len(tapes) == 1 and process((untouched,)) in (untouched, (untouched,))
    except Exception:
        leaves_results = False
    if not leaves_results:
        raise UnsupportedError("a transform of it makes several circuits, or changes their results")
    return tapes[0]


def _returned(qnode: qml.QNode) -> Returns:
    output = qnode._qfunc_output
    if isinstance(output, qml.measurements.MeasurementProcess):
        return "single"
    if all(isinstance(one, qml.measurements.MeasurementProcess) for one in output):
        if type(output) is list:
            return "list"
        if type(output) is tuple:
            return "tuple"
    raise UnsupportedError(f"it returns a {type(output).__name__} instead of measurements or a list of them")


@contextmanager
def _values_left_open() -> Iterator[None]:
    """Let PennyLane treat tensors as it treats JAX's tracers: as numbers that are not known yet.

    So it skips the checks of values, which the engine makes up for at each call, and does not choose between
    decompositions by a value.
    """
    is_abstract = qml.math.is_abstract

    def is_open(tensor: Any, like: str | None = None) -> bool:
        return isinstance(tensor, torch.Tensor) or bool(is_abstract(tensor, like))

    holders = [module for module in (qml.math, qml.operation) if hasattr(module, "is_abstract")]
    for module in holders:
        module.is_abstract = is_open
    try:
        yield
    finally:
        for module in holders:
            module.is_abstract = is_abstract


def _expand(operations: Sequence[Any]) -> Iterator[Any]:
    """Reduce operations to those that are taken whole."""
    touched: set[Any] = set()
    for operation in operations:
        for part in _parts(operation, touched):
            touched |= set(part.wires)
            yield part


def _parts(operation: Any, touched: set[Any]) -> Iterator[Any]:
    if isinstance(operation, _WITHOUT_EFFECT):
        return
    if (
        isinstance(operation, qml.operation.Channel)
        or (isinstance(operation, qml.StatePrep) and not touched & set(operation.wires))
        or (operation.has_matrix and len(operation.wires) <= _MAX_WIRES)
    ):
        yield operation
    elif isinstance(operation, qml.BasisState) and _is_open(operation):
        # As numbers, the bits become angles in full precision.
        bits = qml.math.cast(operation.data[0], "float64")
        yield from operation.compute_decomposition(bits, operation.wires)
    elif operation.has_decomposition:
        for part in operation.decomposition():
            yield from _parts(part, touched)
    elif operation.has_matrix and len(operation.wires) <= _MAX_WIRES_WHOLE:
        yield operation
    else:
        raise UnsupportedError(
            f"the operation {operation.name} on {len(operation.wires)} wires has no matrix"
        )


def _wire_order(device: Any, tape: Any, operations: Sequence[Any]) -> list[Any]:
    """Return the wires that matter, in the device's order."""
    known = list(device.wires if device.wires is not None else tape.wires)
    used = {wire for operation in operations for wire in operation.wires}
    for measurement in tape.measurements:
        used |= set(measurement.wires or known)
    if not used <= set(known):
        raise UnsupportedError(f"it uses wires that the device {device.name!r} does not have")
    return [wire for wire in known if wire in used]


def _describe(operation: Any, place: Mapping[Any, int]) -> RecordedGate:
    if isinstance(operation, qml.operation.Channel):
        kind: GateKind = "channel"
    else:
        kind = "state" if isinstance(operation, qml.StatePrep) else "unitary"
    gate = partial(RecordedGate, operation, kind, tuple(place[wire] for wire in operation.wires))
    if not _is_open(operation):
        return gate(fixed=np.asarray(_maps(operation, kind), dtype=complex))
    table = _table(operation) if kind == "unitary" else None
    if table is None:
        return gate(tensors=(_maps(operation, kind),))
    real = _real_type(operation)
    return gate(table=table, tensors=tuple(torch.as_tensor(angle, dtype=real) for angle in operation.data))


def _is_open(operation: Any) -> bool:
    return any(isinstance(parameter, torch.Tensor) for parameter in operation.data)


def _real_type(operation: Any) -> torch.dtype:
    types = [p.dtype for p in operation.data if isinstance(p, torch.Tensor) and p.dtype.is_floating_point]
    return types[0] if types else torch.float64


def _maps(operation: Any, kind: GateKind) -> Any:
    """Return amplitudes (..., d) or Kraus operators (..., n_operators, d, d), in the order of its wires."""
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


_TABLES: dict[int, Table | None] = {}


def _table(operation: Any) -> Table | None:
    """Find the gate as a function of its angles; ``None`` if its parameters are no angles."""
    if any(qml.math.ndim(p) > (1 if operation.batch_size else 0) for p in operation.data):
        return None
    n_angles = len(operation.data)
    renamed = qml.map_wires(operation, dict(zip(operation.wires, range(len(operation.wires)), strict=True)))
    bind = partial(qml.ops.functions.bind_new_parameters, renamed)
    key = hash((bind([0.5] * n_angles).hash, n_angles))

    def matrices(angles: NDArray[np.float64]) -> NDArray[np.complex128]:
        values = [np.asarray(qml.matrix(bind(list(map(float, row)))), dtype=complex) for row in angles]
        return np.stack(values)

    if key not in _TABLES:
        try:
            _TABLES[key] = fit(matrices, n_angles)
        except (NotFourierError, ValueError):
            # Or a gate that PennyLane cannot evaluate at plain numbers, as some powers are.
            _TABLES[key] = None
    return _TABLES[key]


def _measured(measurement: Any, place: Mapping[Any, int]) -> Measurement:
    if type(measurement) is qml.measurements.ProbabilityMP and measurement.obs is None:
        wires = tuple(place[wire] for wire in measurement.wires) or tuple(range(len(place)))
        return Probabilities(wires, "Z" * len(wires))
    if type(measurement) is qml.measurements.ExpectationMP and measurement.obs is not None:
        return Expectation(tuple(_words(measurement.obs, place)))
    raise UnsupportedError(
        f"it measures {type(measurement).__name__.removesuffix('MP').lower()}: {measurement}"
    )


def _words(observable: Any, place: Mapping[Any, int]) -> Iterator[tuple[str, float]]:
    sentence = observable.pauli_rep
    try:
        if sentence is None:
            matrix = qml.matrix(observable, wire_order=observable.wires)
            sentence = qml.pauli_decompose(np.asarray(matrix), wire_order=observable.wires, pauli=True)
        for word, coefficient in sentence.items():
            letters = ["I"] * len(place)
            for label, letter in word.items():
                letters[place[label]] = letter
            if abs(complex(coefficient).imag) > 1e-12:
                raise UnsupportedError(f"the observable {observable} is not Hermitian")
            yield "".join(letters), complex(coefficient).real
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError(
            f"the observable {observable.name} is not a constant sum of Pauli words"
        ) from error
