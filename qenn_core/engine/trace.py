"""Trace a QNode: run its quantum function once to obtain a list of gates.

The function runs on one row of inputs under ``torch.fx``, which records the arithmetic between its arguments
and the parameters of its gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pennylane as qml
import torch
from numpy.typing import NDArray
from torch.fx.experimental.proxy_tensor import make_fx

from qenn_core.engine import torch_compat
from qenn_core.engine.angle_buffers import flatten_entries, read_value
from qenn_core.engine.fourier import FourierSeries
from qenn_core.engine.measurements import Measurement
from qenn_core.engine.observation import RefuseReads, draws_random_numbers
from qenn_core.engine.parameters import Dependencies, Parameters, Value, find_parameters
from qenn_core.engine.recording import (
    GateKind,
    RecordedGate,
    Recording,
    Returns,
    call_function,
    record,
)
from qenn_core.engine.unsupported import UnsupportedError

_aten = torch.ops.aten
# What assignments to a part of a tensor are recorded as. Within ``torch.vmap``, their gradients are wrong.
_ASSIGNMENTS = {
    _aten.copy.default,
    _aten.fill.Tensor,
    _aten.select_scatter.default,
    _aten.slice_scatter.default,
    _aten.as_strided_scatter.default,
    _aten.diagonal_scatter.default,
}


@dataclass(frozen=True)
class Gate:
    """An operation on some wires: constant, a function of angles, or computed by recorded arithmetic.

    Parameters
    ----------
    kind : str
        ``"unitary"``, ``"channel"``, or ``"state"`` for a state preparation.
    wires : tuple of int
        Positions among the circuit's wires.
    constant : complex array, optional
        The Kraus operators (n_operators, d, d), of which a unitary has one; for a state, its amplitudes (d,).
    series : FourierSeries, optional
        The unitary as a function of its angles.
    values : tuple of Value
        The angles of the series; without a series, the Kraus operators or amplitudes.
    """

    kind: GateKind
    wires: tuple[int, ...]
    constant: NDArray[np.complex128] | None = None
    series: FourierSeries | None = None
    values: tuple[Value, ...] = ()

    @property
    def depends_on(self) -> Dependencies:
        """The dependencies of its values."""
        return frozenset().union(*(value.depends_on for value in self.values))


@dataclass(frozen=True)
class Trace:
    """A recorded quantum function.

    Parameters
    ----------
    n_wires : int
        Number of wires that are used.
    gates : tuple of Gate
        The gates, in order.
    measurements : tuple of Measurement
        The measurements, in order.
    returns : str
        What the function returned: ``"single"``, ``"list"`` or ``"tuple"``.
    shots : int or None
        Measurements per circuit; ``None`` for exact values.
    parameters : Parameters
        Computes the values of the gates.
    validations : tuple of (pennylane operation, tuple of Value)
        Operations whose values PennyLane validates whenever it creates them.
    """

    n_wires: int
    gates: tuple[Gate, ...]
    measurements: tuple[Measurement, ...]
    returns: Returns
    shots: int | None
    parameters: Parameters
    validations: tuple[tuple[Any, tuple[Value, ...]], ...]

    @property
    def mixed(self) -> bool:
        """Whether a channel makes the state mixed."""
        return any(gate.kind == "channel" for gate in self.gates)


def trace(
    qnode: qml.QNode, weights: Mapping[str, torch.Tensor], row: torch.Tensor, input_name: str = "inputs"
) -> Trace:
    """Record the quantum function of `qnode`.

    Parameters
    ----------
    qnode : pennylane.QNode
        The QNode, which is called with the inputs and `weights` by name.
    weights : mapping of str to tensor
        Tensors of the shapes and types of the weights; their values are ignored.
    row : tensor, shape (n_inputs,) or (1, n_inputs)
        A row of the type that the function will receive, with a leading dimension if that is a batch. Its
        values are ignored.
    input_name : str
        Name of the argument for the inputs.

    Raises
    ------
    UnsupportedError
        If a recording cannot reproduce what the function does.

    Notes
    -----
    No transform or tracer of PyTorch may be active; see `torch_compat.outside_transforms`.
    """
    if qml.capture.enabled():
        raise UnsupportedError("program capture is enabled")
    recordings: list[Recording] = []

    def name(inputs: torch.Tensor, *values: torch.Tensor) -> dict[str, torch.Tensor]:
        return {input_name: inputs, **dict(zip(weights, values, strict=True))}

    def run(inputs: torch.Tensor, *values: torch.Tensor) -> list[torch.Tensor]:
        with RefuseReads():
            recordings.append(record(qnode, name(inputs, *values), len(inputs) if inputs.ndim == 2 else None))
        return recordings[-1].tensors

    def run_one_row(*arguments: torch.Tensor) -> list[torch.Tensor]:
        tensors = run(*arguments)
        if any(map(torch_compat.holds_numbers, tensors)):
            raise UnsupportedError("its quantum function uses a tensor that is not one of its arguments")
        return [t[0] if batched else t for t, batched in zip(tensors, recordings[-1].batched, strict=True)]

    generator = torch.Generator().manual_seed(0)

    def draw_arguments(n_rows: int) -> list[torch.Tensor]:
        inputs_shape = (n_rows, *row.shape[1:]) if row.ndim == 2 else row.shape
        shapes = [inputs_shape, *(value.shape for value in weights.values())]
        # Drawn on the CPU, so that a circuit is compared at the same values on every device.
        drawn = [torch.rand(shape, generator=generator, dtype=row.dtype, device="cpu") for shape in shapes]
        return [tensor.to(row.device) for tensor in drawn]

    # Functionalised, because some of PennyLane's matrices are filled in place, entry by entry.
    record_graph = make_fx(torch.func.functionalize(run_one_row, remove="mutations"), tracing_mode="fake")

    def record_row() -> tuple[Parameters, list[Value]]:
        arguments = draw_arguments(1)
        try:
            graph = record_graph(*arguments)
        except Exception:
            # Some of PennyLane's gates fail on a batch of one.
            if row.ndim == 1:
                raise
            recordings.clear()
            arguments[0] = arguments[0][0]
            graph = record_graph(*arguments)
        random = torch.Tag.nondeterministic_seeded
        if any(random in torch_compat.operator_tags(node) for node in graph.graph.nodes):
            raise UnsupportedError("its quantum function draws random numbers")
        if any(node.target in _ASSIGNMENTS for node in graph.graph.nodes):
            raise UnsupportedError("its quantum function assigns to a part of a tensor")
        return find_parameters(graph, arguments, rows_have_batch_dim=arguments[0].ndim == 2)

    try:
        if draws_random_numbers(qnode.func, lambda: call_function(qnode, name(*draw_arguments(3)))):
            raise UnsupportedError("its quantum function draws random numbers")
        parameters, values = record_row()
        # A recording is valid for other values and batch sizes only if other runs agree with it.
        positive = [1 + 6 * tensor for tensor in draw_arguments(3)]
        samples = [positive, [-tensor for tensor in positive]]
        results = [run(*arguments) for arguments in samples]
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError(f"its quantum function cannot be recorded: {_cause(error)}") from error
    recording = recordings[0]
    if any(other.structure != recording.structure for other in recordings):
        raise UnsupportedError(
            "its gates change from call to call, with the values of its arguments or the number of rows"
        )
    if not all(_agrees(parameters, values, *sample) for sample in zip(samples, results, strict=True)):
        raise UnsupportedError(
            "the parameters of its gates depend on more than the weights and the current row of inputs"
        )
    remaining = iter(values)
    gates = tuple(_to_gate(gate, tuple(islice(remaining, len(gate.tensors)))) for gate in recording.gates)
    validations = tuple(
        (operation, tuple(islice(remaining, len(operation.data)))) for operation in recording.validated
    )
    return Trace(
        n_wires=recording.n_wires,
        gates=gates,
        measurements=recording.measurements,
        returns=recording.returns,
        shots=recording.shots,
        parameters=parameters,
        validations=validations,
    )


def _to_gate(recorded: RecordedGate, values: tuple[Value, ...]) -> Gate:
    if not values or any(value.depends_on for value in values):
        return Gate(recorded.kind, recorded.wires, recorded.constant, recorded.series, values)
    constants = [value.constant.cpu().numpy() for value in values if value.constant is not None]
    if recorded.series is None:
        constant = constants[0].astype(complex)
    else:
        constant = recorded.series(np.array(constants, dtype=float)[None])
    return Gate(recorded.kind, recorded.wires, constant)


def _agrees(
    parameters: Parameters,
    values: Sequence[Value],
    arguments: Sequence[torch.Tensor],
    results: Sequence[torch.Tensor],
) -> bool:
    """Return whether the values, computed for these arguments, equal the results of the function itself."""
    inputs, *weights = arguments
    rows = inputs[None] if inputs.ndim == 2 else inputs[None, None]
    stacked = [value[None] for value in weights]
    entries = flatten_entries(rows, stacked)
    computed = {depends_on: parameters.compute(depends_on, rows, stacked) for depends_on in parameters.graphs}
    for value, result in zip(values, results, strict=True):
        computed_result = read_value(value, entries, computed).squeeze().to(result.dtype)
        if not torch.allclose(computed_result, result.squeeze(), rtol=1e-4, atol=1e-4, equal_nan=True):
            return False
    return True


def _cause(error: Exception) -> str:
    """Return the cause of a failed recording as a clause."""
    text = str(error).strip().partition("\n")[0]
    # Where code expects a number, a recording has a symbol.
    if "DataDependent" in type(error).__name__ or any(
        name in text for name in ("SymFloat", "SymInt", "SymBool")
    ):
        return "it branches on a value, or takes a plain number out of a tensor"
    if "convert all Tensors to FakeTensors" in text:
        return "it uses a tensor that is not one of its arguments"
    return f"it raises {type(error).__name__}: {text}"
