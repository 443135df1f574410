"""Pools: each angle lies where it was placed, for all models and rows."""

from itertools import product

import pytest
import torch

from qenn_core.engine.angle_buffers import Pool, entries, lead
from qenn_core.engine.parameters import BOTH, INPUTS, NOTHING, WEIGHTS, Needs, Value

M, B = 2, 3
N_WEIGHTS, N_INPUTS = 4, 2


def constant(number: float) -> Value:
    return Value(NOTHING, constant=torch.tensor(number, dtype=torch.float64))


def known(models: int, rows: int) -> dict[Needs, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = {WEIGHTS: (models, 1, N_WEIGHTS), INPUTS: (1, rows, N_INPUTS)}
    return {one: torch.rand(shape, generator=draw) for one, shape in shapes.items()}


@pytest.mark.parametrize(("models", "rows"), list(product((1, M), (1, B))))
def test_angles_lie_where_they_were_placed(models: int, rows: int) -> None:
    pool = Pool(BOTH, N_WEIGHTS, N_INPUTS)
    values = [
        Value(INPUTS, entry=1),
        Value(BOTH, output=0),
        Value(WEIGHTS, entry=3),
        constant(0.25),
        Value(WEIGHTS, output=0),
        Value(INPUTS, entry=0),
    ]
    places = [pool.place(value) for value in values]
    given = known(models, rows)
    computed = {BOTH: [torch.rand(models, rows)], WEIGHTS: [torch.rand(models, 1)]}
    filled = pool.fill(given, computed)
    assert filled.shape == (models, rows, len(pool))
    wanted = [
        given[INPUTS][..., 1],
        computed[BOTH][0],
        given[WEIGHTS][..., 3],
        torch.tensor([[0.25]]),
        computed[WEIGHTS][0],
        given[INPUTS][..., 0],
    ]
    for place, value in zip(places, wanted, strict=True):
        assert torch.equal(filled[..., place], value.expand(models, rows))


def test_one_angle_has_one_place() -> None:
    pool = Pool(BOTH, N_WEIGHTS, N_INPUTS)
    number = constant(0.5)
    values = [Value(WEIGHTS, entry=0), Value(WEIGHTS, output=0), Value(BOTH, output=0), number]
    places = [pool.place(value) for value in values]
    again = [Value(WEIGHTS, entry=0), Value(WEIGHTS, output=0), Value(BOTH, output=0), number]
    assert [pool.place(value) for value in again] == places
    assert len(set(places)) == len(places)
    assert len(pool) == N_WEIGHTS + N_INPUTS + 3


def test_a_pool_holds_only_the_entries_of_its_needs() -> None:
    for needs, length in [(WEIGHTS, N_WEIGHTS), (INPUTS, N_INPUTS), (BOTH, N_WEIGHTS + N_INPUTS)]:
        assert len(Pool(needs, N_WEIGHTS, N_INPUTS)) == length
    assert Pool(INPUTS, N_WEIGHTS, N_INPUTS).place(Value(INPUTS, entry=1)) == 1


def test_entries_alone_are_not_copied() -> None:
    given = known(M, B)
    assert Pool(WEIGHTS, N_WEIGHTS, N_INPUTS).fill(given, {}) is given[WEIGHTS]


def test_a_pool_names_what_must_be_computed() -> None:
    pool = Pool(BOTH, N_WEIGHTS, N_INPUTS)
    for value in (Value(WEIGHTS, entry=0), constant(1.0), Value(INPUTS, output=0), Value(BOTH, output=2)):
        pool.place(value)
    assert pool.computed_needs == {INPUTS, BOTH}


def test_gradients_reach_what_the_pool_is_made_of() -> None:
    pool = Pool(BOTH, N_WEIGHTS, N_INPUTS)
    place = pool.place(Value(BOTH, output=0))
    given = {one: tensor.requires_grad_() for one, tensor in known(M, B).items()}
    computed = torch.rand(M, B, requires_grad=True)
    filled = pool.fill(given, {BOTH: [computed]})
    (filled[..., place].sum() + filled[..., 0].sum()).backward()
    assert torch.equal(computed.grad, torch.ones(M, B))
    assert torch.equal(given[WEIGHTS].grad[..., 0], torch.full((M, 1), float(B)))


def test_entries_are_all_weights_side_by_side_in_the_type_of_the_inputs() -> None:
    inputs = torch.rand(1, B, N_INPUTS)
    weights = [torch.rand(M, 2, 3, dtype=torch.float64), torch.rand(M, dtype=torch.float64)]
    found = entries(inputs, weights)
    assert found[INPUTS] is inputs
    assert found[WEIGHTS].shape == (M, 1, 7)
    assert found[WEIGHTS].dtype == inputs.dtype
    torch.testing.assert_close(found[WEIGHTS][:, 0, 6], weights[1].float())
    torch.testing.assert_close(found[WEIGHTS][:, 0, :6], weights[0].float().flatten(1))
    assert entries(inputs, [])[WEIGHTS].numel() == 0
    assert WEIGHTS not in entries(inputs, None)


@pytest.mark.parametrize("leads", [[(1, 1)], [(M, 1), (1, B)], [(1, 1), (M, B), (1, B)]])
def test_full_axes_win_over_single_ones(leads: list[tuple[int, int]]) -> None:
    wanted = torch.broadcast_shapes(*leads)
    assert lead(*(torch.empty(*one, 5) for one in leads)) == tuple(wanted)


def test_no_rows_are_no_single_row() -> None:
    assert lead(torch.empty(M, 1, 5), torch.empty(1, 0, 5)) == (M, 0)
