"""Parameters of gates: entries are recognised, and other arithmetic is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from qenn_core.engine.parameters import (
    BOTH,
    INPUTS,
    NOTHING,
    WEIGHTS,
    Dependencies,
    Parameters,
    Value,
    find_parameters,
)

M, B = 2, 4
Function = Callable[..., Sequence[torch.Tensor]]


def find(function: Function, *, batched: bool = True) -> tuple[Parameters, list[Value]]:
    """Record a function of ``inputs`` (1, 3), ``weights`` (2, 3) and ``shift`` ()."""
    arguments = [torch.rand(1, 3), torch.rand(2, 3), torch.rand(())]
    if not batched:
        arguments[0] = arguments[0][0]

    def one_row(*arguments: torch.Tensor) -> list[torch.Tensor]:
        return [value[0] if value.ndim else value for value in function(*arguments)]

    with torch.no_grad():
        graph = make_fx(torch.func.functionalize(one_row), tracing_mode="fake")(*arguments)
        return find_parameters(graph, arguments, rows_have_batch_dim=batched)


def find_one(function: Function) -> tuple[Parameters, Value]:
    parameters, (value,) = find(function)
    return parameters, value


INDEXING: dict[str, tuple[Function, Dependencies, int]] = {
    "entry": (lambda x, w, s: [w[1, 2]], WEIGHTS, 5),
    "scalar": (lambda x, w, s: [s], WEIGHTS, 6),
    "column": (lambda x, w, s: [x[:, 1]], INPUTS, 1),
    "ellipsis": (lambda x, w, s: [x[..., 2]], INPUTS, 2),
    "from the end": (lambda x, w, s: [w[-1, -3]], WEIGHTS, 3),
    "unpacked": (lambda x, w, s: [list(w[0])[1]], WEIGHTS, 1),
    "transposed": (lambda x, w, s: [w.T[2, 0]], WEIGHTS, 2),
    "flattened": (lambda x, w, s: [w.flatten()[4]], WEIGHTS, 4),
    "reshaped": (lambda x, w, s: [w.reshape(3, 2)[1, 1]], WEIGHTS, 3),
    "stacked": (lambda x, w, s: [torch.stack([w[0, 0], s, w[1, 1]])[2]], WEIGHTS, 4),
    "joined": (lambda x, w, s: [torch.cat([w[0], w[1, :2]])[4]], WEIGHTS, 4),
    "unbound": (lambda x, w, s: [torch.unbind(x, dim=-1)[2]], INPUTS, 2),
    "expanded": (lambda x, w, s: [s.expand(3)[2]], WEIGHTS, 6),
    "cloned": (lambda x, w, s: [x.clone()[:, 0]], INPUTS, 0),
    "permuted": (lambda x, w, s: [w.permute(1, 0)[0, 1]], WEIGHTS, 3),
}

ARITHMETIC: dict[str, tuple[Function, Dependencies]] = {
    "scaled": (lambda x, w, s: [2 * w[0, 0]], WEIGHTS),
    "of inputs": (lambda x, w, s: [torch.pi * x[:, 1]], INPUTS),
    "product": (lambda x, w, s: [x[:, 0] * w[0, 1]], BOTH),
    "sum": (lambda x, w, s: [w.sum() + s], WEIGHTS),
    "norm": (lambda x, w, s: [x[:, 0] / torch.linalg.vector_norm(x, dim=-1)], INPUTS),
    # An entry, but reached by an operation that is not listed as moving entries.
    "rolled": (lambda x, w, s: [w.roll(1, 1)[0, 1]], WEIGHTS),
    "detached": (lambda x, w, s: [w[0, 0].detach()], WEIGHTS),
    "both stacked": (lambda x, w, s: [torch.stack([x[0, 0], s])[0]], BOTH),
}


@pytest.mark.parametrize("name", INDEXING)
def test_entry_is_recognised_through_indexing(name: str) -> None:
    function, depends_on, entry = INDEXING[name]
    parameters, value = find_one(function)
    assert value == Value(depends_on, entry=entry)
    assert parameters.graphs == {}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_is_computed_for_all_models_and_rows(name: str) -> None:
    function, depends_on = ARITHMETIC[name]
    parameters, value = find_one(function)
    assert (value.depends_on, value.entry, value.output) == (depends_on, None, 0)
    draw = torch.Generator().manual_seed(0)
    inputs, weights, shift = (torch.rand(shape, generator=draw) for shape in [(M, B, 3), (M, 2, 3), (M,)])
    (computed,) = parameters.compute(depends_on, inputs, [weights, shift])
    assert computed.shape == (M, B if depends_on >= INPUTS else 1)
    for model in range(M):
        for row in range(B):
            (expected,) = function(inputs[model, row : row + 1], weights[model], shift[model])
            torch.testing.assert_close(computed.expand(M, B)[model, row], expected.reshape(()))


def test_shared_rows_are_computed_once_if_possible() -> None:
    inputs, weights = torch.rand(1, B, 3), [torch.rand(M, 2, 3), torch.rand(M)]
    for name, shape in [("of inputs", (1, B)), ("product", (M, B))]:
        function, depends_on = ARITHMETIC[name]
        parameters, _ = find_one(function)
        assert parameters.compute(depends_on, inputs, weights)[0].shape == shape


def test_number_is_a_constant() -> None:
    parameters, value = find_one(lambda x, w, s: [torch.tensor(0.3) * 2])
    assert value.depends_on == NOTHING
    assert value.constant == pytest.approx(0.6)
    assert parameters.graphs == {}


def test_repeated_value_is_computed_once() -> None:
    def function(x: Any, w: Any, s: Any) -> list[torch.Tensor]:
        double = 2 * s
        return [double, w[0, 0], double, 3 * s]

    parameters, values = find(function)
    assert [value.output for value in values] == [0, None, 0, 1]
    assert len(parameters.compute(WEIGHTS, None, [torch.rand(M, 2, 3), torch.rand(M)])) == 2


def test_values_are_grouped_by_dependencies() -> None:
    parameters, values = find(lambda x, w, s: [2 * s, 2 * x[:, 0], s * x[:, 1], 3 * s])
    assert [(value.depends_on, value.output) for value in values] == [
        (WEIGHTS, 0),
        (INPUTS, 0),
        (BOTH, 0),
        (WEIGHTS, 1),
    ]
    assert set(parameters.graphs) == {WEIGHTS, INPUTS, BOTH}
    # Values that depend only on inputs are computed without weights, and vice versa.
    assert parameters.compute(INPUTS, torch.rand(1, B, 3), [])[0].shape == (1, B)
    assert parameters.compute(NOTHING, None, []) == []


def test_row_without_batch_dimension() -> None:
    parameters, values = find(lambda x, w, s: [x[2], 2 * x[1]], batched=False)
    assert values[0] == Value(INPUTS, entry=2)
    inputs = torch.rand(1, B, 3)
    torch.testing.assert_close(parameters.compute(INPUTS, inputs, [])[0], 2 * inputs[..., 1])


def test_gradients_pass_through_arithmetic() -> None:
    parameters, value = find_one(ARITHMETIC["product"][0])
    inputs = torch.rand(1, B, 3, requires_grad=True)
    weights = torch.rand(M, 2, 3, requires_grad=True)
    (computed,) = parameters.compute(value.depends_on, inputs, [weights, torch.rand(M)])
    computed.sum().backward()
    torch.testing.assert_close(inputs.grad[0, :, 0], weights[:, 0, 1].detach().sum().expand(B))
    torch.testing.assert_close(weights.grad[:, 0, 1], inputs.detach()[..., 0].sum().expand(M))


def test_detach_stops_the_gradient() -> None:
    parameters, value = find_one(lambda x, w, s: [w[0, 0].detach() * s])
    weights, shift = torch.rand(M, 2, 3, requires_grad=True), torch.rand(M, requires_grad=True)
    (computed,) = parameters.compute(value.depends_on, None, [weights, shift])
    computed.sum().backward()
    torch.testing.assert_close(shift.grad, weights.detach()[:, 0, 0])
    assert weights.grad is None or not weights.grad.any()
