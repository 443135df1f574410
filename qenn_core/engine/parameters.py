"""What the parameters of gates are: constants, entries of a tensor, or results of arithmetic.

Most angles of a circuit are entries of the weights or of the inputs. These are recognised, so that all of
them are read at once; only what is left of the recorded arithmetic runs at each call.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import fx

# On what a value depends.
Need = Literal["weights", "inputs"]
Needs = frozenset[Need]
NOTHING: Needs = frozenset()
WEIGHTS: Needs = frozenset({"weights"})
INPUTS: Needs = frozenset({"inputs"})
BOTH: Needs = WEIGHTS | INPUTS

_aten = torch.ops.aten
# Operations that only say where an entry lies.
_MOVES = {
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
    """One number (or matrix) that a gate takes.

    Parameters
    ----------
    needs : frozenset of str
        What it depends on.
    constant : tensor, optional
        Itself, if it depends on nothing.
    entry : int, optional
        Its place in a row of inputs or in the weights, all flattened and joined, if it is an entry of them.
    output : int, optional
        Its number among the computed values with the same needs, otherwise.
    """

    needs: Needs
    constant: torch.Tensor | None = field(default=None, compare=False)
    entry: int | None = None
    output: int | None = None


@dataclass(frozen=True)
class Parameters:
    """Computes values from weights and inputs, for many models and rows at once.

    Parameters
    ----------
    graphs : dict
        For each combination of needs the recorded arithmetic: a function of one row of inputs (if needed) and
        one set of weights (if needed) that returns a list.
    rows_have_batch_dim : bool
        Whether the quantum function saw each row as a batch of one.
    """

    graphs: dict[Needs, Callable[..., list[torch.Tensor]]]
    rows_have_batch_dim: bool

    def compute(
        self, needs: Needs, inputs: torch.Tensor | None, weights: Sequence[torch.Tensor]
    ) -> list[torch.Tensor]:
        """Compute the values with these needs that are no entries.

        Parameters
        ----------
        needs : frozenset of str
            Which values.
        inputs : tensor, shape (n_models or 1, batch, n_inputs), or None
            Rows, if needed.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.

        Returns
        -------
        list of tensor, shapes (n_models or 1, batch or 1, ...)
        """
        if needs not in self.graphs:
            return []
        graph = self.graphs[needs]
        if needs == WEIGHTS:
            return [value.unsqueeze(1) for value in torch.vmap(graph)(*weights)]
        assert inputs is not None
        rows = inputs.unsqueeze(2) if self.rows_have_batch_dim else inputs
        if needs == INPUTS:
            n_models, n_rows = rows.shape[:2]
            values = torch.vmap(graph)(rows.flatten(0, 1))
            return [value.reshape(n_models, n_rows, *value.shape[1:]) for value in values]
        rows = rows.expand(len(weights[0]), *rows.shape[1:])
        by_row = torch.vmap(graph, in_dims=(0, *[None] * len(weights)))
        return list(torch.vmap(by_row)(rows, *weights))


def find_parameters(
    graph: fx.GraphModule, arguments: Sequence[torch.Tensor], rows_have_batch_dim: bool
) -> tuple[Parameters, list[Value]]:
    """Tell what each output of a recorded graph is.

    Parameters
    ----------
    graph : torch.fx.GraphModule
        A function of a row of inputs and of weights that returns a list of tensors.
    arguments : sequence of tensor
        What it was recorded with.
    rows_have_batch_dim : bool
        Whether the row has a leading dimension of one.
    """
    analysis = _Analysis(graph, arguments)
    outputs = analysis.outputs
    constants = graph(*arguments) if any(not analysis.needs[node] for node in outputs) else []
    values: list[Value] = []
    computed: dict[Needs, list[fx.Node]] = {}
    for number, node in enumerate(outputs):
        needs = analysis.needs[node]
        entry = analysis.entries.get(node)
        if not needs:
            values.append(Value(needs, constant=constants[number].detach().clone()))
        elif isinstance(entry, torch.Tensor) and entry.numel() == 1 and len(needs) == 1:
            values.append(Value(needs, entry=int(entry)))
        else:
            same = computed.setdefault(needs, [])
            if node not in same:
                same.append(node)
            values.append(Value(needs, output=same.index(node)))
    graphs = {needs: _part(graph, nodes, needs) for needs, nodes in computed.items()}
    return Parameters(graphs, rows_have_batch_dim), values


class _Analysis:
    """What each node of a graph depends on, and which entries it is made of."""

    def __init__(self, graph: fx.GraphModule, arguments: Sequence[torch.Tensor]) -> None:
        self.needs: dict[fx.Node, Needs] = {}
        self.entries: dict[fx.Node, Any] = {}
        self.outputs: list[fx.Node] = []
        weights_so_far = 0
        rest = iter(arguments)
        for node in graph.graph.nodes:
            if node.op == "placeholder":
                argument = next(rest)
                is_input = not self.needs
                start = 0 if is_input else weights_so_far
                self.needs[node] = INPUTS if is_input else WEIGHTS
                self.entries[node] = torch.arange(start, start + argument.numel()).reshape(argument.shape)
                weights_so_far += 0 if is_input else argument.numel()
            elif node.op == "output":
                self.outputs = list(node.args[0])
            else:
                sources = node.all_input_nodes
                self.needs[node] = frozenset().union(*(self.needs[source] for source in sources))
                if node.target in _MOVES and sources and all(source in self.entries for source in sources):
                    self.entries[node] = node.target(
                        *fx.node.map_arg(node.args, self.entries.__getitem__),
                        **fx.node.map_arg(node.kwargs, self.entries.__getitem__),
                    )


def _part(
    graph: fx.GraphModule, outputs: Iterable[fx.Node], needs: Needs
) -> Callable[..., list[torch.Tensor]]:
    """Return the part of the graph that computes some outputs, taking only the arguments that it needs."""
    part = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    part.graph_copy(graph.graph, copies)
    part.output([copies[node] for node in outputs])
    part.eliminate_dead_code()
    inputs, *weights = [node for node in part.nodes if node.op == "placeholder"]
    for node in [inputs] if needs == WEIGHTS else weights if needs == INPUTS else []:
        part.erase_node(node)
    return fx.GraphModule(graph, part)
