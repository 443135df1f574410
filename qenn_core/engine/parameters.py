"""Classify the parameters of gates: constants, entries of a tensor, or results of arithmetic.

Most angles of a circuit are entries of the weights or of the inputs. These are recognised and read all at
once, and only the remaining part of the recorded arithmetic runs in each call.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import fx

from qenn_core.engine import torch_compat

# The arguments of the quantum function that a value may depend on.
Dependency = Literal["weights", "inputs"]
Dependencies = frozenset[Dependency]
NOTHING: Dependencies = frozenset()
WEIGHTS: Dependencies = frozenset({"weights"})
INPUTS: Dependencies = frozenset({"inputs"})
BOTH: Dependencies = WEIGHTS | INPUTS

_aten = torch.ops.aten
# Operations that move entries without changing them.
_INDEXING_OPERATIONS = {
    _aten.select.int,
    _aten.slice.Tensor,
    _aten.view.default,
    _aten._unsafe_view.default,
    _aten.reshape.default,
    _aten.permute.default,
    _aten.transpose.int,
    _aten.t.default,
    _aten.unsqueeze.default,
    _aten.squeeze.default,
    _aten.squeeze.dim,
    _aten.expand.default,
    _aten.clone.default,
    _aten.alias.default,
    _aten.unbind.int,
    _aten.cat.default,
    _aten.stack.default,
    operator.getitem,
}


@dataclass(frozen=True)
class Value:
    """A parameter of a gate: a number or a matrix.

    Parameters
    ----------
    depends_on : frozenset of str
        Its dependencies.
    constant : tensor, optional
        The value itself, if it depends on nothing.
    entry : int, optional
        Its position in a row of inputs, or in all weights flattened and concatenated, if it is an entry of
        them.
    output : int, optional
        Its position among the computed values with the same dependencies, otherwise.
    """

    depends_on: Dependencies
    constant: torch.Tensor | None = field(default=None, compare=False)
    entry: int | None = None
    output: int | None = None


@dataclass(frozen=True)
class Parameters:
    """Computes values from weights and inputs, for many models and rows at once.

    Parameters
    ----------
    graphs : dict
        The recorded arithmetic for each combination of dependencies: a function of one row of inputs and one
        set of weights, as far as it depends on them, that returns a list.
    rows_have_batch_dim : bool
        Whether the quantum function was recorded with a batch of one row.
    uses_weight : tuple of bool
        For each tensor of weights, whether any value depends on it.
    """

    graphs: dict[Dependencies, Callable[..., list[torch.Tensor]]]
    rows_have_batch_dim: bool
    uses_weight: tuple[bool, ...]

    def compute(
        self, depends_on: Dependencies, inputs: torch.Tensor | None, weights: Sequence[torch.Tensor]
    ) -> list[torch.Tensor]:
        """Compute the values with these dependencies that are not entries.

        Parameters
        ----------
        depends_on : frozenset of str
            The dependencies.
        inputs : tensor, shape (n_models or 1, batch, n_inputs), or None
            Rows, if the values depend on them.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.

        Returns
        -------
        list of tensor, shapes (n_models or 1, batch or 1, ...)

        Raises
        ------
        RuntimeError
            If ``torch.jit.trace`` is active, which cannot record ``torch.vmap``.
        """
        if depends_on not in self.graphs:
            return []
        if torch_compat.is_jit_tracing():
            raise RuntimeError(
                "torch.jit.trace cannot record a circuit that computes values from its arguments. "
                "Use torch.export.export(layer, (inputs,), strict=False) instead."
            )
        graph = self.graphs[depends_on]
        if depends_on == WEIGHTS:
            return [value.unsqueeze(1) for value in torch.vmap(graph)(*weights)]
        assert inputs is not None
        rows = inputs.unsqueeze(2) if self.rows_have_batch_dim else inputs
        if depends_on == INPUTS:
            n_models, n_rows = rows.shape[:2]
            values = torch.vmap(graph)(rows.flatten(0, 1))
            return [value.reshape(n_models, n_rows, *value.shape[1:]) for value in values]
        rows = rows.expand(len(weights[0]), *rows.shape[1:])
        by_row = torch.vmap(graph, in_dims=(0, *[None] * len(weights)))
        return list(torch.vmap(by_row)(rows, *weights))


def find_parameters(
    graph: fx.GraphModule, arguments: Sequence[torch.Tensor], rows_have_batch_dim: bool
) -> tuple[Parameters, list[Value]]:
    """Classify each output of a recorded graph.

    Parameters
    ----------
    graph : torch.fx.GraphModule
        A function of a row of inputs and of weights that returns a list of tensors.
    arguments : sequence of tensor
        The arguments that it was recorded with.
    rows_have_batch_dim : bool
        Whether the row has a leading dimension of one.
    """
    analysis = _DataflowAnalysis(graph, arguments)
    outputs = analysis.outputs
    constants = graph(*arguments) if any(not analysis.depends_on[node] for node in outputs) else []
    values: list[Value] = []
    computed: dict[Dependencies, list[fx.Node]] = {}
    for number, node in enumerate(outputs):
        depends_on = analysis.depends_on[node]
        entry = analysis.entries.get(node)
        if not depends_on:
            values.append(Value(depends_on, constant=constants[number].detach().clone()))
        elif isinstance(entry, torch.Tensor) and entry.numel() == 1 and len(depends_on) == 1:
            values.append(Value(depends_on, entry=int(entry)))
        else:
            nodes = computed.setdefault(depends_on, [])
            if node not in nodes:
                nodes.append(node)
            values.append(Value(depends_on, output=nodes.index(node)))
    graphs = {
        depends_on: _extract_subgraph(graph, nodes, depends_on) for depends_on, nodes in computed.items()
    }
    return Parameters(graphs, rows_have_batch_dim, _uses_weight(graph)), values


def _uses_weight(graph: fx.GraphModule) -> tuple[bool, ...]:
    """Return for each argument but the first whether an output of a graph depends on it."""
    pruned = copy.deepcopy(graph.graph)
    pruned.eliminate_dead_code()
    return tuple(bool(node.users) for node in pruned.nodes if node.op == "placeholder")[1:]


class _DataflowAnalysis:
    """The dependencies of each node of a graph, and the entries that it consists of."""

    def __init__(self, graph: fx.GraphModule, arguments: Sequence[torch.Tensor]) -> None:
        self.depends_on: dict[fx.Node, Dependencies] = {}
        self.entries: dict[fx.Node, Any] = {}
        self.outputs: list[fx.Node] = []
        n_weights = 0
        remaining = iter(arguments)
        for node in graph.graph.nodes:
            if node.op == "placeholder":
                argument = next(remaining)
                is_input = not self.depends_on
                start = 0 if is_input else n_weights
                self.depends_on[node] = INPUTS if is_input else WEIGHTS
                self.entries[node] = torch.arange(start, start + argument.numel()).reshape(argument.shape)
                n_weights += 0 if is_input else argument.numel()
            elif node.op == "output":
                self.outputs = list(node.args[0])
            else:
                sources = node.all_input_nodes
                self.depends_on[node] = frozenset().union(*(self.depends_on[source] for source in sources))
                if (
                    node.target in _INDEXING_OPERATIONS
                    and sources
                    and all(source in self.entries for source in sources)
                ):
                    self.entries[node] = node.target(
                        *fx.node.map_arg(node.args, self.entries.__getitem__),
                        **fx.node.map_arg(node.kwargs, self.entries.__getitem__),
                    )


def _extract_subgraph(
    graph: fx.GraphModule, outputs: Iterable[fx.Node], depends_on: Dependencies
) -> Callable[..., list[torch.Tensor]]:
    """Return the part of a graph that computes some outputs, as a function of their dependencies."""
    subgraph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    subgraph.graph_copy(graph.graph, copies)
    subgraph.output([copies[node] for node in outputs])
    subgraph.eliminate_dead_code()
    inputs, *weights = [node for node in subgraph.nodes if node.op == "placeholder"]
    for node in [inputs] if depends_on == WEIGHTS else weights if depends_on == INPUTS else []:
        subgraph.erase_node(node)
    return fx.GraphModule(graph, subgraph)
