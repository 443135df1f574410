"""From a QNode to a list of gates, by running its quantum function once.

The function runs on one row of inputs under ``torch.fx``, which records the arithmetic between its
arguments and the parameters of its gates.
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
from torch import fx
from torch.fx.experimental.proxy_tensor import make_fx

from qenn_core.engine.angle_buffers import entries, value_of
from qenn_core.engine.fourier import Table
from qenn_core.engine.measured import Measurement
from qenn_core.engine.parameters import Needs, Parameters, Value, find_parameters
from qenn_core.engine.recording import (
    GateKind,
    RecordedGate,
    Recording,
    Returns,
    UnsupportedError,
    record,
)


@dataclass(frozen=True)
class Gate:
    """An operation on some wires: constant, a function of angles, or computed.

    Parameters
    ----------
    kind : str
        ``"unitary"``, ``"channel"``, or ``"state"`` for a state preparation.
    wires : tuple of int
        Positions among the circuit's wires.
    fixed : complex array, optional
        The Kraus operators (n_operators, d, d), one for a unitary; for a state its amplitudes (d,).
    table : Table, optional
        The unitary as a function of its angles.
    values : tuple of Value
        The angles of the table; without a table, the Kraus operators or amplitudes.
    """

    kind: GateKind
    wires: tuple[int, ...]
    fixed: NDArray[np.complex128] | None = None
    table: Table | None = None
    values: tuple[Value, ...] = ()

    @property
    def needs(self) -> Needs:
        """What it depends on."""
        return frozenset().union(*(value.needs for value in self.values))


@dataclass(frozen=True)
class Trace:
    """A quantum function, recorded.

    Parameters
    ----------
    n_wires : int
        Number of wires that matter.
    gates : tuple of Gate
        In order.
    measurements : tuple of Measurement
        In order.
    returns : str
        What the function returned: ``"single"``, ``"list"`` or ``"tuple"``.
    shots : int or None
        Measurements per circuit; ``None`` for exact values.
    parameters : Parameters
        Computes what the gates' values stand for.
    checks : tuple of (pennylane operation, tuple of Value)
        Operations of which PennyLane checks the values whenever it makes them.
    """

    n_wires: int
    gates: tuple[Gate, ...]
    measurements: tuple[Measurement, ...]
    returns: Returns
    shots: int | None
    parameters: Parameters
    checks: tuple[tuple[Any, tuple[Value, ...]], ...]

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
        Is called with the inputs and `weights` by name.
    weights : mapping of str to tensor
        Of the right shapes and type; their values do not matter.
    row : tensor, shape (n_inputs,) or (1, n_inputs)
        A row as the function will see it: with a leading dimension if it is to see batches. Its values do not
        matter.
    input_name : str
        Name of the argument for the inputs.

    Raises
    ------
    UnsupportedError
        If the function does something that a recording cannot repeat.
    """
    if qml.capture.enabled():
        raise UnsupportedError("program capture is enabled")
    recordings: list[Recording] = []

    def run(inputs: torch.Tensor, *values: torch.Tensor) -> list[torch.Tensor]:
        arguments = {input_name: inputs, **dict(zip(weights, values, strict=True))}
        recordings.append(record(qnode, arguments, len(inputs) if inputs.ndim == 2 else None))
        return recordings[-1].tensors

    def run_one_row(*some: torch.Tensor) -> list[torch.Tensor]:
        tensors = run(*some)
        return [t[0] if batched else t for t, batched in zip(tensors, recordings[-1].batched, strict=True)]

    draw = torch.Generator().manual_seed(0)

    def arguments(n_rows: int) -> list[torch.Tensor]:
        shape = (n_rows, *row.shape[1:]) if row.ndim == 2 else row.shape
        shapes = [shape, *(value.shape for value in weights.values())]
        # Drawn on the CPU, so that a circuit is checked at the same values on every device.
        drawn = [torch.rand(shape, generator=draw, dtype=row.dtype) for shape in shapes]
        return [some.to(row.device) for some in drawn]

    # Some of PennyLane's matrices are written entry by entry.
    record_row = make_fx(torch.func.functionalize(run_one_row, remove="mutations"), tracing_mode="fake")

    def record_one() -> tuple[Parameters, list[Value]]:
        first = arguments(1)
        try:
            graph = record_row(*first)
        except Exception:
            # Some of PennyLane's gates fail on a batch of one.
            if row.ndim == 1:
                raise
            recordings.clear()
            first[0] = first[0][0]
            graph = record_row(*first)
        if any(torch.Tag.nondeterministic_seeded in _tags(node) for node in graph.graph.nodes):
            raise UnsupportedError("its quantum function draws random numbers")
        return find_parameters(graph, first, rows_have_batch_dim=first[0].ndim == 2)

    try:
        with torch.no_grad():
            parameters, values = record_one()
            # A recording is only good for other values and batch sizes if other runs agree with it.
            far = [1 + 6 * some for some in arguments(3)]
            others = [far, [-some for some in far]]
            results = [run(*some) for some in others]
    except UnsupportedError:
        raise
    except Exception as error:
        raise UnsupportedError(f"its quantum function cannot be recorded: {_cause(error)}") from error
    recording = recordings[0]
    if any(other.shape != recording.shape for other in recordings):
        raise UnsupportedError("its gates change from call to call, or with the values of its arguments")
    if not all(_agree(parameters, values, *pair) for pair in zip(others, results, strict=True)):
        raise UnsupportedError(
            "the parameters of its gates depend on more than the weights and the row of inputs at hand"
        )
    found = iter(values)
    gates = tuple(_gate(gate, tuple(islice(found, len(gate.tensors)))) for gate in recording.gates)
    checks = tuple((operation, tuple(islice(found, len(operation.data)))) for operation in recording.checked)
    return Trace(
        n_wires=recording.n_wires,
        gates=gates,
        measurements=recording.measurements,
        returns=recording.returns,
        shots=recording.shots,
        parameters=parameters,
        checks=checks,
    )


def _gate(recorded: RecordedGate, values: tuple[Value, ...]) -> Gate:
    if not values or any(value.needs for value in values):
        return Gate(recorded.kind, recorded.wires, recorded.fixed, recorded.table, values)
    constants = [value.constant.cpu().numpy() for value in values if value.constant is not None]
    if recorded.table is None:
        fixed = constants[0].astype(complex)
    else:
        fixed = recorded.table(np.array(constants, dtype=float)[None])
    return Gate(recorded.kind, recorded.wires, fixed)


def _agree(
    parameters: Parameters,
    values: Sequence[Value],
    arguments: Sequence[torch.Tensor],
    results: Sequence[torch.Tensor],
) -> bool:
    """Tell whether the values, computed for these arguments, are the results of the function itself."""
    inputs, *weights = arguments
    rows = inputs[None] if inputs.ndim == 2 else inputs[None, None]
    stacked = [value[None] for value in weights]
    known = entries(rows, stacked)
    computed = {needs: parameters.compute(needs, rows, stacked) for needs in parameters.graphs}
    for value, result in zip(values, results, strict=True):
        mine = value_of(value, known, computed).squeeze().to(result.dtype)
        if not torch.allclose(mine, result.squeeze(), rtol=1e-4, atol=1e-4, equal_nan=True):
            return False
    return True


def _tags(node: fx.Node) -> Sequence[torch.Tag]:
    return node.target.tags if isinstance(node.target, torch._ops.OpOverload) else ()


def _cause(error: Exception) -> str:
    if "DataDependent" in type(error).__name__:
        return "it branches on a value, or takes a plain number out of a tensor"
    return str(error).strip().partition("\n")[0] or type(error).__name__
