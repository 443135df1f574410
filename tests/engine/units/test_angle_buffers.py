"""Angle buffers: each angle is at its position, for all models and rows."""

from itertools import product

import pytest
import torch

from qenn_core.engine.angle_buffers import AngleBuffer, flatten_entries, leading_shape
from qenn_core.engine.parameters import BOTH, INPUTS, NOTHING, WEIGHTS, Dependencies, Value

M, B = 2, 3
N_WEIGHTS, N_INPUTS = 4, 2


def constant(number: float) -> Value:
    return Value(NOTHING, constant=torch.tensor(number, dtype=torch.float64))


def draw_entries(models: int, rows: int) -> dict[Dependencies, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = {WEIGHTS: (models, 1, N_WEIGHTS), INPUTS: (1, rows, N_INPUTS)}
    return {source: torch.rand(shape, generator=draw) for source, shape in shapes.items()}


@pytest.mark.parametrize(("models", "rows"), list(product((1, M), (1, B))))
def test_angles_are_at_their_positions(models: int, rows: int) -> None:
    buffer = AngleBuffer(BOTH, N_WEIGHTS, N_INPUTS)
    values = [
        Value(INPUTS, entry=1),
        Value(BOTH, output=0),
        Value(WEIGHTS, entry=3),
        constant(0.25),
        Value(WEIGHTS, output=0),
        Value(INPUTS, entry=0),
    ]
    positions = [buffer.add(value) for value in values]
    entries = draw_entries(models, rows)
    computed = {BOTH: [torch.rand(models, rows)], WEIGHTS: [torch.rand(models, 1)]}
    filled = buffer.fill(entries, computed)
    assert filled.shape == (models, rows, len(buffer))
    expected = [
        entries[INPUTS][..., 1],
        computed[BOTH][0],
        entries[WEIGHTS][..., 3],
        torch.tensor([[0.25]]),
        computed[WEIGHTS][0],
        entries[INPUTS][..., 0],
    ]
    for position, value in zip(positions, expected, strict=True):
        assert torch.equal(filled[..., position], value.expand(models, rows))


def test_equal_angles_share_a_position() -> None:
    buffer = AngleBuffer(BOTH, N_WEIGHTS, N_INPUTS)
    number = constant(0.5)
    values = [Value(WEIGHTS, entry=0), Value(WEIGHTS, output=0), Value(BOTH, output=0), number]
    positions = [buffer.add(value) for value in values]
    again = [Value(WEIGHTS, entry=0), Value(WEIGHTS, output=0), Value(BOTH, output=0), number]
    assert [buffer.add(value) for value in again] == positions
    assert len(set(positions)) == len(positions)
    assert len(buffer) == N_WEIGHTS + N_INPUTS + 3


def test_buffer_holds_only_entries_it_depends_on() -> None:
    for depends_on, length in [(WEIGHTS, N_WEIGHTS), (INPUTS, N_INPUTS), (BOTH, N_WEIGHTS + N_INPUTS)]:
        assert len(AngleBuffer(depends_on, N_WEIGHTS, N_INPUTS)) == length
    assert AngleBuffer(INPUTS, N_WEIGHTS, N_INPUTS).add(Value(INPUTS, entry=1)) == 1


def test_entries_alone_are_not_copied() -> None:
    entries = draw_entries(M, B)
    assert AngleBuffer(WEIGHTS, N_WEIGHTS, N_INPUTS).fill(entries, {}) is entries[WEIGHTS]


def test_buffer_lists_computed_dependencies() -> None:
    buffer = AngleBuffer(BOTH, N_WEIGHTS, N_INPUTS)
    for value in (
        Value(WEIGHTS, entry=0),
        constant(1.0),
        Value(INPUTS, output=0),
        Value(BOTH, output=2),
    ):
        buffer.add(value)
    assert buffer.computed_dependencies == {INPUTS, BOTH}


def test_gradients_flow_through_the_buffer() -> None:
    buffer = AngleBuffer(BOTH, N_WEIGHTS, N_INPUTS)
    position = buffer.add(Value(BOTH, output=0))
    entries = {source: tensor.requires_grad_() for source, tensor in draw_entries(M, B).items()}
    computed = torch.rand(M, B, requires_grad=True)
    filled = buffer.fill(entries, {BOTH: [computed]})
    (filled[..., position].sum() + filled[..., 0].sum()).backward()
    assert torch.equal(computed.grad, torch.ones(M, B))
    assert torch.equal(entries[WEIGHTS].grad[..., 0], torch.full((M, 1), float(B)))


def test_flatten_entries_concatenates_weights_in_input_dtype() -> None:
    inputs = torch.rand(1, B, N_INPUTS)
    weights = [torch.rand(M, 2, 3, dtype=torch.float64), torch.rand(M, dtype=torch.float64)]
    found = flatten_entries(inputs, weights)
    assert found[INPUTS] is inputs
    assert found[WEIGHTS].shape == (M, 1, 7)
    assert found[WEIGHTS].dtype == inputs.dtype
    torch.testing.assert_close(found[WEIGHTS][:, 0, 6], weights[1].float())
    torch.testing.assert_close(found[WEIGHTS][:, 0, :6], weights[0].float().flatten(1))
    assert flatten_entries(inputs, [])[WEIGHTS].numel() == 0
    assert WEIGHTS not in flatten_entries(inputs, None)


@pytest.mark.parametrize("shapes", [[(1, 1)], [(M, 1), (1, B)], [(1, 1), (M, B), (1, B)]])
def test_leading_shape_broadcasts(shapes: list[tuple[int, int]]) -> None:
    expected = torch.broadcast_shapes(*shapes)
    assert leading_shape(*(torch.empty(*shape, 5) for shape in shapes)) == tuple(expected)


def test_leading_shape_of_no_rows() -> None:
    assert leading_shape(torch.empty(M, 1, 5), torch.empty(1, 0, 5)) == (M, 0)
