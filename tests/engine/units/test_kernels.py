"""The pullback of each kernel is the derivative of its own forward pass, in torch and in NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from qenn_core.engine import kernels as k
from tests.engine.gates import subclasses

M, B = 2, 3
LEADS = list(product((1, M), (1, B)))
REAL, COMPLEX = torch.float64, torch.complex128
TYPES = (REAL, COMPLEX)


@dataclass(frozen=True)
class Case:
    """A kernel with the inputs that it may meet.

    Parameters
    ----------
    kernel : Kernel
        What is tested.
    shapes : sequence of tuple of int
        The shape of each input, without the leading axes.
    types : sequence of torch.dtype
        The type of each input.
    leads : sequence of sequence of (int, int)
        The leading axes, models and rows, that the inputs can have together; by default all combinations.
    name : str
        What is special.
    is_sparse : bool
        Whether the kernel holds sparse matrices, which NumPy does not have.
    """

    kernel: k.Kernel
    shapes: Sequence[tuple[int, ...]]
    types: Sequence[torch.dtype]
    leads: Sequence[Sequence[tuple[int, int]]] | None = None
    name: str = ""
    is_sparse: bool = False

    def inputs(self) -> Iterator[tuple[torch.Tensor, ...]]:
        """Yield the inputs for each combination of leading axes."""
        for leads in self.leads or product(LEADS, repeat=len(self.shapes)):
            yield tuple(
                random(*lead, *shape, dtype=dtype, seed=number)
                for number, (lead, shape, dtype) in enumerate(
                    zip(leads, self.shapes, self.types, strict=True)
                )
            )


def random(*shape: int, dtype: torch.dtype, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def matrices(rows: int, columns: int, dtype: torch.dtype) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return a matrix with its transposed one, dense and sparse."""
    pair = random(rows, columns, dtype=dtype), random(rows, columns, dtype=dtype).mT.contiguous()
    with warnings.catch_warnings():
        # PyTorch calls its sparse matrices a beta; the engine only multiplies with them.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        return [pair, (pair[0].to_sparse_csr(), pair[1].to_sparse_csr())]


def index(*entries: int) -> torch.Tensor:
    return torch.tensor(entries)


def cases_of_gather() -> Iterator[Case]:
    yield Case(k.Gather(index(3, 0, 3)[:, None]), [(5,)], [REAL], name="some, one twice")
    yield Case(k.Gather(index(0, 1, 2, 3).reshape(2, 2)), [(4,)], [REAL], name="all in order")
    yield Case(k.Gather(index(0, 1)[:, None]), [(4,)], [REAL], name="the first ones")


def cases_of_tabulate() -> Iterator[Case]:
    frequencies, phases = random(2, 5, dtype=REAL), random(5, dtype=REAL, seed=1)
    for dtype in TYPES:
        for name, shape in (("matrices", (2, 2)), ("columns", (4, 1))):
            coefficients = random(5, *shape, dtype=dtype, seed=2)
            yield Case(k.Tabulate(frequencies, phases, coefficients), [(3, 2)], [REAL], name=name)


def cases_of_join() -> Iterator[Case]:
    for dtype in TYPES:
        shapes = [(1, 2, 2), (2, 2, 2)]
        yield Case(k.Join(index(2, 0, 1)), shapes, [dtype] * 2)


def cases_of_kron() -> Iterator[Case]:
    for dtype, (width, d, blocks) in product(TYPES, [(2, 2, 1), (2, 4, 2), (3, 2, 2)]):
        shapes = [(width * blocks, d, d)]
        yield Case(k.Kron(width), shapes, [dtype], name=f"{blocks} of {width} {d}x{d}")


def cases_of_single() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(k.Single(), [(3, 2, 2)], [dtype], name="matrices")
        yield Case(k.Single(is_column=True), [(3, 4, 1)], [dtype], name="columns")


def cases_of_product() -> Iterator[Case]:
    for dtype in TYPES:
        for sizes in ([4], [2, 4], [2, 4, 2]):
            yield Case(k.Product(), [(size,) for size in sizes], [dtype] * len(sizes), name=f"{sizes}")


def cases_of_dense() -> Iterator[Case]:
    for dtype, transposed, (size, d) in product(TYPES, (False, True), [(4, 4), (8, 2), (8, 4)]):
        name = f"{d}x{d} on {size}{', transposed' if transposed else ''}"
        yield Case(k.Dense(transposed), [(size,), (d, d)], [dtype] * 2, name=name)


def cases_of_reorder() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(k.Reorder(2, [2, 0, 1]), [(8,)], [dtype])


def cases_of_permute() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(k.Permute(index(2, 0, 3, 1), None), [(4,)], [dtype])
        scale = random(4, dtype=dtype, seed=1)
        yield Case(k.Permute(index(2, 0, 3, 1), scale), [(4,)], [dtype], name="scaled")


def cases_of_constant() -> Iterator[Case]:
    for dtype in TYPES:
        dense, sparse = matrices(3, 4, dtype)
        yield Case(k.Constant(*dense), [(4,)], [dtype], name="dense")
        yield Case(k.Constant(*sparse), [(4,)], [dtype], name="sparse", is_sparse=True)


def cases_of_phase() -> Iterator[Case]:
    kernel = k.Phase(random(3, 4, dtype=REAL), random(4, dtype=REAL, seed=1))
    yield Case(kernel, [(4,), (1, 3)], [COMPLEX, REAL])


def cases_of_squares() -> Iterator[Case]:
    yield Case(k.Squares(), [(4,)], [COMPLEX])


def cases_of_overlaps() -> Iterator[Case]:
    yield Case(k.Overlaps(torch.arange(8) ^ 5), [(8,)], [COMPLEX])


def cases_of_combine() -> Iterator[Case]:
    alike = [(lead, lead) for lead in LEADS]
    for is_sparse, real, complex_ in zip(
        (False, True), matrices(3, 8, REAL), matrices(3, 4, COMPLEX), strict=True
    ):
        name = "sparse" if is_sparse else "dense"
        yield Case(k.Combine([real, complex_]), [(8,), (4,)], [REAL, COMPLEX], alike, name, is_sparse)
        yield Case(k.Combine([real]), [(8,)], [REAL], name=f"one, {name}", is_sparse=is_sparse)


def cases_of_concatenate() -> Iterator[Case]:
    alike = [(lead, lead) for lead in LEADS]
    yield Case(k.Concatenate(index(1, 3, 0, 2)), [(1,), (3,)], [REAL] * 2, alike)


def cases_of_contract() -> Iterator[Case]:
    # The second axis of observables counts them.
    leads = [(states, (models, 4)) for states in LEADS for models in (1, M)]
    yield Case(k.Contract(), [(8,), (8,)], [REAL] * 2, leads)


CASES: dict[type[k.Kernel], Callable[[], Iterator[Case]]] = {
    k.Gather: cases_of_gather,
    k.Tabulate: cases_of_tabulate,
    k.Join: cases_of_join,
    k.Kron: cases_of_kron,
    k.Single: cases_of_single,
    k.Product: cases_of_product,
    k.Dense: cases_of_dense,
    k.Reorder: cases_of_reorder,
    k.Permute: cases_of_permute,
    k.Constant: cases_of_constant,
    k.Phase: cases_of_phase,
    k.Squares: cases_of_squares,
    k.Overlaps: cases_of_overlaps,
    k.Combine: cases_of_combine,
    k.Concatenate: cases_of_concatenate,
    k.Contract: cases_of_contract,
}

ALL = [
    pytest.param(case, on, id=f"{kind.__name__} {case.name} {case.types[0]} {on.__name__}")
    for kind, cases in CASES.items()
    for case in cases()
    for on in (torch, np)
    if on is torch or not case.is_sparse
]


def some_of(condition: Callable[[Case], bool]) -> list[Any]:
    return [one for one in ALL if condition(one.values[0])]


def derivatives(
    case: Case, inputs: Sequence[torch.Tensor], wanted: Sequence[bool], given: Sequence[bool], on: ModuleType
) -> tuple[list[torch.Tensor | None], list[torch.Tensor | None]]:
    """Return the gradients of inputs by the pullback and by autograd, for some gradients of the outputs."""
    leaves = [one.clone().requires_grad_() for one in inputs]
    outputs, _ = case.kernel.forward(*leaves)
    gradients = [random(*one.shape, dtype=one.dtype, seed=9 + n) for n, one in enumerate(outputs)]
    zeroed = [one if keep else torch.zeros_like(one) for one, keep in zip(gradients, given, strict=True)]
    by_autograd = torch.autograd.grad(outputs, leaves, zeroed)
    kernel = case.kernel if on is torch else case.kernel.on_numpy()
    mine = [one if on is torch else one.numpy() for one in inputs]
    some = [
        (one if on is torch else one.numpy()) if keep else None
        for one, keep in zip(gradients, given, strict=True)
    ]
    with torch.no_grad():
        _, saved = kernel.forward(*mine)
        read = [one for one in (*mine, *saved, *some) if one is not None]
        before = [copy(one) for one in read]
        by_pullback = kernel.pullback(tuple(mine), saved, some, wanted)
    for one, original in zip(read, before, strict=True):
        assert (one == original).all(), "a pullback may not write on what it reads"
    return [None if one is None else torch.as_tensor(one) for one in by_pullback], list(by_autograd)


def test_every_kernel_has_a_case() -> None:
    assert set(subclasses(k.Kernel)) == set(CASES)


@pytest.mark.parametrize(("case", "on"), ALL)
def test_the_pullback_is_the_derivative(case: Case, on: ModuleType) -> None:
    for inputs in case.inputs():
        n_outputs = len(case.kernel.forward(*inputs)[0])
        by_pullback, by_autograd = derivatives(case, inputs, [True] * len(inputs), [True] * n_outputs, on)
        for mine, theirs, one in zip(by_pullback, by_autograd, inputs, strict=True):
            assert mine is not None
            assert (mine.shape, mine.dtype) == (one.shape, one.dtype)
            torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize(("case", "on"), some_of(lambda case: len(case.shapes) > 1))
def test_a_gradient_does_not_depend_on_which_others_are_wanted(case: Case, on: ModuleType) -> None:
    for inputs in case.inputs():
        for chosen in range(len(inputs)):
            wanted = [number == chosen for number in range(len(inputs))]
            by_pullback, by_autograd = derivatives(case, inputs, wanted, [True], on)
            torch.testing.assert_close(by_pullback[chosen], by_autograd[chosen])


@pytest.mark.parametrize(("case", "on"), some_of(lambda case: isinstance(case.kernel, k.Kron | k.Single)))
def test_an_output_that_nothing_depends_on_adds_nothing(case: Case, on: ModuleType) -> None:
    for inputs in case.inputs():
        n_outputs = len(case.kernel.forward(*inputs)[0])
        by_pullback, by_autograd = derivatives(case, inputs, [True], [True] + [False] * (n_outputs - 1), on)
        torch.testing.assert_close(by_pullback, by_autograd)


@pytest.mark.parametrize(("case", "on"), some_of(lambda case: not case.is_sparse))
def test_precision_is_kept_and_numpy_agrees_with_torch(case: Case, on: ModuleType) -> None:
    for precision in (torch.float64, torch.float32):
        for inputs in case.inputs():
            inputs = in_precision(inputs, precision)
            kernel = copy(case.kernel)
            vars(kernel).update(
                {name: in_precision(value, precision) for name, value in vars(kernel).items()}
            )
            wanted, _ = kernel.forward(*inputs)
            if on is np:
                kernel, inputs = kernel.on_numpy(), tuple(one.numpy() for one in inputs)
            found, saved = kernel.forward(*inputs)
            back = kernel.pullback(inputs, saved, list(found), [True] * len(inputs))
            for mine, theirs in zip(found, wanted, strict=True):
                torch.testing.assert_close(torch.as_tensor(mine), theirs)
            assert [one.dtype for one in back] == [one.dtype for one in inputs]


def in_precision(value: Any, real: torch.dtype) -> Any:
    """Return tensors of real or complex numbers, also those within tuples and lists, in a precision."""
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            return value.to(real.to_complex())
        return value.to(real) if value.is_floating_point() else value
    if isinstance(value, tuple | list):
        return type(value)(in_precision(one, real) for one in value)
    return value


@pytest.mark.parametrize(("case", "on"), some_of(lambda case: not isinstance(case.kernel, k.Contract)))
def test_models_and_rows_are_computed_alike(case: Case, on: ModuleType) -> None:
    """What a kernel gives for one model and row among many is what it gives for them alone."""
    kernel = case.kernel if on is torch else case.kernel.on_numpy()
    for inputs in case.inputs():
        m, b = (max(one.shape[axis] for one in inputs) for axis in (0, 1))
        mine = [one if on is torch else one.numpy() for one in inputs]
        alone = kernel.forward(*(one[-1:, -1:] for one in mine))[0]
        for whole, single in zip(kernel.forward(*mine)[0], alone, strict=True):
            assert whole.shape == (m, b, *single.shape[2:])
            np.testing.assert_allclose(whole[-1:, -1:], single, rtol=1e-10, atol=1e-12)


# What the derivatives do not show: that the forward pass is what the kernel's name says.


def test_gather_reads_from_the_pool() -> None:
    pool = random(M, B, 5, dtype=REAL)
    ((read,), _) = k.Gather(index(3, 0, 3, 1).reshape(2, 2)).forward(pool)
    torch.testing.assert_close(read, pool[..., [3, 0, 3, 1]].reshape(M, B, 2, 2))


def test_tabulate_sums_waves() -> None:
    frequencies, phases = random(1, 3, dtype=REAL), random(3, dtype=REAL, seed=1)
    coefficients = random(3, 2, 2, dtype=COMPLEX, seed=2)
    angles = random(1, 1, 1, 1, dtype=REAL, seed=3)
    ((matrix,), _) = k.Tabulate(frequencies, phases, coefficients).forward(angles)
    waves = torch.cos(angles.item() * frequencies[0] - phases)
    torch.testing.assert_close(matrix[0, 0, 0], (waves[:, None, None] * coefficients).sum(0))


def test_join_puts_matrices_in_order() -> None:
    first, last = random(1, 1, 1, 2, 2, dtype=REAL), random(1, 1, 2, 2, 2, dtype=REAL, seed=1)
    ((joined,), _) = k.Join(index(2, 0, 1)).forward(first, last)
    torch.testing.assert_close(joined[0, 0], torch.stack([last[0, 0, 1], first[0, 0, 0], last[0, 0, 0]]))


def test_kron_makes_blocks_of_neighbours() -> None:
    factors = random(1, 1, 6, 2, 2, dtype=COMPLEX)
    blocks, _ = k.Kron(3).forward(factors)
    assert len(blocks) == 2
    a, b, c = factors[0, 0, 3:]
    torch.testing.assert_close(blocks[1][0, 0], torch.kron(torch.kron(a, b), c))


def test_product_is_that_of_all_vectors() -> None:
    vectors = [random(1, 1, size, dtype=COMPLEX, seed=size) for size in (2, 4, 8)]
    ((register,), _) = k.Product().forward(*vectors)
    a, b, c = (one[0, 0] for one in vectors)
    torch.testing.assert_close(register[0, 0], torch.kron(torch.kron(a, b), c))


@pytest.mark.parametrize("transposed", [False, True])
def test_dense_turns_the_first_wires_and_moves_them_to_the_end(transposed: bool) -> None:
    register, matrix = random(1, 1, 8, dtype=COMPLEX), random(1, 1, 4, 4, dtype=COMPLEX, seed=1)
    ((turned,), _) = k.Dense(transposed).forward(register, matrix)
    applied = (matrix.mT if transposed else matrix)[0, 0] @ register.reshape(4, 2)
    torch.testing.assert_close(turned[0, 0], applied.mT.flatten())


def test_reorder_moves_axes() -> None:
    register = random(1, 1, 8, dtype=REAL)
    ((moved,), _) = k.Reorder(2, [2, 0, 1]).forward(register)
    torch.testing.assert_close(moved[0, 0], register.reshape(2, 2, 2).permute(2, 0, 1).flatten())


def test_permute_scales_what_it_moves() -> None:
    scale = random(4, dtype=COMPLEX)
    register = random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((moved,), _) = k.Permute(index(2, 0, 3, 1), scale).forward(register)
    torch.testing.assert_close(moved[0, 0], scale * register[0, 0, [2, 0, 3, 1]])


@pytest.mark.parametrize("pair", matrices(3, 4, COMPLEX), ids=["dense", "sparse"])
def test_constant_applies_its_matrix(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    register = random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((result,), _) = k.Constant(*pair).forward(register)
    torch.testing.assert_close(result[0, 0], random(3, 4, dtype=COMPLEX) @ register[0, 0])


def test_phase_turns_amplitudes() -> None:
    slopes, offsets = random(3, 4, dtype=REAL), random(4, dtype=REAL, seed=1)
    register, angles = random(1, 1, 4, dtype=COMPLEX), random(1, 1, 1, 3, dtype=REAL, seed=2)
    ((turned,), _) = k.Phase(slopes, offsets).forward(register, angles)
    torch.testing.assert_close(turned, register * torch.exp(1j * (angles[0, 0, 0] @ slopes + offsets)))


def test_squares_and_overlaps_are_products_of_amplitudes() -> None:
    state = random(1, 1, 4, dtype=COMPLEX)
    ((squares,), _) = k.Squares().forward(state)
    torch.testing.assert_close(squares.reshape(4, 2).sum(-1), state[0, 0].abs() ** 2)
    ((overlaps,), _) = k.Overlaps(index(1, 0, 3, 2)).forward(state)
    torch.testing.assert_close(overlaps[0, 0], state[0, 0].conj() * state[0, 0, [1, 0, 3, 2]])


def test_combine_adds_real_parts() -> None:
    (dense, _), (real_dense, _) = matrices(3, 4, COMPLEX), matrices(3, 8, REAL)
    first, last = random(1, 1, 8, dtype=REAL), random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((results,), _) = k.Combine([real_dense, dense]).forward(first, last)
    torch.testing.assert_close(results[0, 0], real_dense[0] @ first[0, 0] + (dense[0] @ last[0, 0]).real)


def test_concatenate_puts_outputs_in_order() -> None:
    ((row,), _) = k.Concatenate(index(1, 0, 2)).forward(torch.tensor([[[1.0]]]), torch.tensor([[[2.0, 3.0]]]))
    assert row.tolist() == [[[2.0, 1.0, 3.0]]]


def test_contract_gives_each_row_each_expectation() -> None:
    states, observables = random(M, B, 8, dtype=REAL), random(M, 4, 8, dtype=REAL, seed=1)
    ((results,), _) = k.Contract().forward(states, observables)
    torch.testing.assert_close(results, torch.einsum("mbd,mod->mbo", states, observables))
