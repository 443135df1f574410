"""The pullback of each kernel is the derivative of its forward pass, in torch and in NumPy."""

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

from qenn_core.engine import kernels
from tests.engine.gates import subclasses

M, B = 2, 3
LEADS = list(product((1, M), (1, B)))
REAL, COMPLEX = torch.float64, torch.complex128
TYPES = (REAL, COMPLEX)


@dataclass(frozen=True)
class Case:
    """A kernel with the inputs that it may receive.

    Parameters
    ----------
    kernel : Kernel
        The kernel.
    shapes : sequence of tuple of int
        The shape of each input, without the leading axes.
    types : sequence of torch.dtype
        The type of each input.
    leads : sequence of sequence of (int, int)
        Combinations of the leading axes, models and rows, of the inputs; by default all combinations.
    name : str
        What distinguishes the case.
    is_sparse : bool
        Whether the kernel contains sparse matrices, which NumPy does not have.
    """

    kernel: kernels.Kernel
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
    """Return a matrix with its transpose, dense and sparse."""
    pair = random(rows, columns, dtype=dtype), random(rows, columns, dtype=dtype).mT.contiguous()
    with warnings.catch_warnings():
        # PyTorch warns that sparse matrices are in beta; the engine only multiplies with them.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
        return [pair, (pair[0].to_sparse_csr(), pair[1].to_sparse_csr())]


def index(*entries: int) -> torch.Tensor:
    return torch.tensor(entries)


def cases_of_gather() -> Iterator[Case]:
    yield Case(kernels.Gather(index(3, 0, 3)[:, None]), [(5,)], [REAL], name="some angles, one repeated")
    yield Case(kernels.Gather(index(0, 1, 2, 3).reshape(2, 2)), [(4,)], [REAL], name="all angles in order")
    yield Case(kernels.Gather(index(0, 1)[:, None]), [(4,)], [REAL], name="the first angles")


def cases_of_evaluate_series() -> Iterator[Case]:
    frequencies, phases = random(2, 5, dtype=REAL), random(5, dtype=REAL, seed=1)
    for dtype in TYPES:
        for name, shape in (("matrices", (2, 2)), ("columns", (4, 1))):
            coefficients = random(5, *shape, dtype=dtype, seed=2)
            yield Case(kernels.EvaluateSeries(frequencies, phases, coefficients), [(3, 2)], [REAL], name=name)


def cases_of_merge() -> Iterator[Case]:
    for dtype in TYPES:
        shapes = [(1, 2, 2), (2, 2, 2)]
        yield Case(kernels.Merge(index(2, 0, 1)), shapes, [dtype] * 2)


def cases_of_kron() -> Iterator[Case]:
    for dtype, (width, d, blocks) in product(TYPES, [(2, 2, 1), (2, 4, 2), (3, 2, 2)]):
        shapes = [(width * blocks, d, d)]
        yield Case(kernels.Kron(width), shapes, [dtype], name=f"{blocks} of {width} {d}x{d}")


def cases_of_unstack() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(kernels.Unstack(), [(3, 2, 2)], [dtype], name="matrices")
        yield Case(kernels.Unstack(is_column=True), [(3, 4, 1)], [dtype], name="columns")


def cases_of_product_state() -> Iterator[Case]:
    for dtype in TYPES:
        for sizes in ([4], [2, 4], [2, 4, 2]):
            yield Case(
                kernels.ProductState(), [(size,) for size in sizes], [dtype] * len(sizes), name=f"{sizes}"
            )


def cases_of_apply_matrix() -> Iterator[Case]:
    for dtype, transposed, (size, d) in product(TYPES, (False, True), [(4, 4), (8, 2), (8, 4)]):
        name = f"{d}x{d} on {size}{', transposed' if transposed else ''}"
        yield Case(kernels.ApplyMatrix(transposed), [(size,), (d, d)], [dtype] * 2, name=name)


def cases_of_permute_wires() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(kernels.PermuteWires(2, [2, 0, 1]), [(8,)], [dtype])


def cases_of_apply_monomial() -> Iterator[Case]:
    for dtype in TYPES:
        yield Case(kernels.ApplyMonomial(index(2, 0, 3, 1), None), [(4,)], [dtype])
        scale = random(4, dtype=dtype, seed=1)
        yield Case(kernels.ApplyMonomial(index(2, 0, 3, 1), scale), [(4,)], [dtype], name="scaled")


def cases_of_apply_constant() -> Iterator[Case]:
    for dtype in TYPES:
        dense, sparse = matrices(3, 4, dtype)
        yield Case(kernels.ApplyConstant(*dense), [(4,)], [dtype], name="dense")
        yield Case(kernels.ApplyConstant(*sparse), [(4,)], [dtype], name="sparse", is_sparse=True)


def cases_of_apply_phases() -> Iterator[Case]:
    kernel = kernels.ApplyPhases(random(3, 4, dtype=REAL), random(4, dtype=REAL, seed=1))
    yield Case(kernel, [(4,), (1, 3)], [COMPLEX, REAL])


def cases_of_squares() -> Iterator[Case]:
    yield Case(kernels.Squares(), [(4,)], [COMPLEX])


def cases_of_real_parts() -> Iterator[Case]:
    yield Case(kernels.RealParts(), [(4,)], [COMPLEX])


def cases_of_overlaps() -> Iterator[Case]:
    yield Case(kernels.Overlaps(torch.arange(8) ^ 5), [(8,)], [COMPLEX])


def cases_of_weighted_sum() -> Iterator[Case]:
    alike = [(lead, lead) for lead in LEADS]
    for is_sparse, real, complex_ in zip(
        (False, True), matrices(3, 8, REAL), matrices(3, 4, COMPLEX), strict=True
    ):
        name = "sparse" if is_sparse else "dense"
        yield Case(
            kernels.WeightedSum([real, complex_]), [(8,), (4,)], [REAL, COMPLEX], alike, name, is_sparse
        )
        yield Case(
            kernels.WeightedSum([real]), [(8,)], [REAL], name=f"one matrix, {name}", is_sparse=is_sparse
        )


def cases_of_concatenate_outputs() -> Iterator[Case]:
    alike = [(lead, lead) for lead in LEADS]
    yield Case(kernels.ConcatenateOutputs(index(1, 3, 0, 2)), [(1,), (3,)], [REAL] * 2, alike)


def cases_of_contract() -> Iterator[Case]:
    # The second axis of observables counts them.
    leads = [(states, (models, 4)) for states in LEADS for models in (1, M)]
    yield Case(kernels.Contract(), [(8,), (8,)], [REAL] * 2, leads)


CASES: dict[type[kernels.Kernel], Callable[[], Iterator[Case]]] = {
    kernels.Gather: cases_of_gather,
    kernels.EvaluateSeries: cases_of_evaluate_series,
    kernels.Merge: cases_of_merge,
    kernels.Kron: cases_of_kron,
    kernels.Unstack: cases_of_unstack,
    kernels.ProductState: cases_of_product_state,
    kernels.ApplyMatrix: cases_of_apply_matrix,
    kernels.PermuteWires: cases_of_permute_wires,
    kernels.ApplyMonomial: cases_of_apply_monomial,
    kernels.ApplyConstant: cases_of_apply_constant,
    kernels.ApplyPhases: cases_of_apply_phases,
    kernels.Squares: cases_of_squares,
    kernels.RealParts: cases_of_real_parts,
    kernels.Overlaps: cases_of_overlaps,
    kernels.WeightedSum: cases_of_weighted_sum,
    kernels.ConcatenateOutputs: cases_of_concatenate_outputs,
    kernels.Contract: cases_of_contract,
}

ALL = [
    pytest.param(case, library, id=f"{kind.__name__} {case.name} {case.types[0]} {library.__name__}")
    for kind, cases in CASES.items()
    for case in cases()
    for library in (torch, np)
    if library is torch or not case.is_sparse
]


def cases_where(condition: Callable[[Case], bool]) -> list[Any]:
    return [parameters for parameters in ALL if condition(parameters.values[0])]


def derivatives(
    case: Case,
    inputs: Sequence[torch.Tensor],
    needed: Sequence[bool],
    nonzero: Sequence[bool],
    library: ModuleType,
) -> tuple[list[torch.Tensor | None], list[torch.Tensor | None]]:
    """Return the gradients of inputs by the pullback and by autograd, for some nonzero output gradients."""
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    outputs, _ = case.kernel.forward(*leaves)
    gradients = [random(*out.shape, dtype=out.dtype, seed=9 + n) for n, out in enumerate(outputs)]
    zeroed = [
        g if is_nonzero else torch.zeros_like(g) for g, is_nonzero in zip(gradients, nonzero, strict=True)
    ]
    by_autograd = torch.autograd.grad(outputs, leaves, zeroed)
    kernel = case.kernel if library is torch else case.kernel.on_numpy()
    arrays = tuple(converted(tensor, library) for tensor in inputs)
    output_gradients = [
        converted(gradient, library) if is_nonzero else None
        for gradient, is_nonzero in zip(gradients, nonzero, strict=True)
    ]
    with torch.no_grad():
        _, saved = kernel.forward(*arrays)
        read = [array for array in (*arrays, *saved, *output_gradients) if array is not None]
        before = [copy(array) for array in read]
        by_pullback = kernel.pullback(arrays, saved, output_gradients, needed)
    for array, original in zip(read, before, strict=True):
        assert (array == original).all(), "a pullback must not write to its arguments"
    return [None if g is None else torch.as_tensor(g) for g in by_pullback], list(by_autograd)


def converted(tensor: torch.Tensor, library: ModuleType) -> Any:
    return tensor if library is torch else tensor.numpy()


def test_every_kernel_has_a_case() -> None:
    assert set(subclasses(kernels.Kernel)) == set(CASES)


@pytest.mark.parametrize(("case", "library"), ALL)
def test_pullback_is_the_derivative(case: Case, library: ModuleType) -> None:
    for inputs in case.inputs():
        n_outputs = len(case.kernel.forward(*inputs)[0])
        by_pullback, by_autograd = derivatives(
            case, inputs, [True] * len(inputs), [True] * n_outputs, library
        )
        for actual, expected, tensor in zip(by_pullback, by_autograd, inputs, strict=True):
            assert actual is not None
            assert (actual.shape, actual.dtype) == (tensor.shape, tensor.dtype)
            torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize(("case", "library"), cases_where(lambda case: len(case.shapes) > 1))
def test_gradient_is_independent_of_which_others_are_needed(case: Case, library: ModuleType) -> None:
    for inputs in case.inputs():
        for chosen in range(len(inputs)):
            needed = [number == chosen for number in range(len(inputs))]
            by_pullback, by_autograd = derivatives(case, inputs, needed, [True], library)
            torch.testing.assert_close(by_pullback[chosen], by_autograd[chosen])


@pytest.mark.parametrize(
    ("case", "library"),
    cases_where(lambda case: isinstance(case.kernel, kernels.Kron | kernels.Unstack)),
)
def test_missing_output_gradients_count_as_zero(case: Case, library: ModuleType) -> None:
    for inputs in case.inputs():
        n_outputs = len(case.kernel.forward(*inputs)[0])
        nonzero = [True] + [False] * (n_outputs - 1)
        by_pullback, by_autograd = derivatives(case, inputs, [True], nonzero, library)
        torch.testing.assert_close(by_pullback, by_autograd)


@pytest.mark.parametrize(("case", "library"), cases_where(lambda case: not case.is_sparse))
def test_precision_is_preserved_and_numpy_agrees_with_torch(case: Case, library: ModuleType) -> None:
    for precision in (torch.float64, torch.float32):
        for original in case.inputs():
            inputs = in_precision(original, precision)
            kernel = copy(case.kernel)
            vars(kernel).update(
                {name: in_precision(value, precision) for name, value in vars(kernel).items()}
            )
            expected_outputs, _ = kernel.forward(*inputs)
            if library is np:
                kernel, inputs = kernel.on_numpy(), tuple(tensor.numpy() for tensor in inputs)
            outputs, saved = kernel.forward(*inputs)
            gradients = kernel.pullback(inputs, saved, list(outputs), [True] * len(inputs))
            for actual, expected in zip(outputs, expected_outputs, strict=True):
                torch.testing.assert_close(torch.as_tensor(actual), expected)
            assert [gradient.dtype for gradient in gradients] == [array.dtype for array in inputs]


def in_precision(value: Any, real: torch.dtype) -> Any:
    """Convert tensors of real or complex numbers, also those in tuples and lists, to a precision."""
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            return value.to(real.to_complex())
        return value.to(real) if value.is_floating_point() else value
    if isinstance(value, tuple | list):
        return type(value)(in_precision(item, real) for item in value)
    return value


@pytest.mark.parametrize(
    ("case", "library"), cases_where(lambda case: not isinstance(case.kernel, kernels.Contract))
)
def test_models_and_rows_are_independent(case: Case, library: ModuleType) -> None:
    """The result for one model and row among many equals the result for them alone."""
    kernel = case.kernel if library is torch else case.kernel.on_numpy()
    for inputs in case.inputs():
        m, b = (max(tensor.shape[axis] for tensor in inputs) for axis in (0, 1))
        arrays = [converted(tensor, library) for tensor in inputs]
        alone = kernel.forward(*(array[-1:, -1:] for array in arrays))[0]
        for together, single in zip(kernel.forward(*arrays)[0], alone, strict=True):
            assert together.shape == (m, b, *single.shape[2:])
            np.testing.assert_allclose(together[-1:, -1:], single, rtol=1e-10, atol=1e-12)


# The forward pass itself, on which the derivatives depend only up to a consistent error.


def test_gather_reads_angles_by_index() -> None:
    buffer = random(M, B, 5, dtype=REAL)
    ((read,), _) = kernels.Gather(index(3, 0, 3, 1).reshape(2, 2)).forward(buffer)
    torch.testing.assert_close(read, buffer[..., [3, 0, 3, 1]].reshape(M, B, 2, 2))


def test_evaluate_series_sums_cosines() -> None:
    frequencies, phases = random(1, 3, dtype=REAL), random(3, dtype=REAL, seed=1)
    coefficients = random(3, 2, 2, dtype=COMPLEX, seed=2)
    angles = random(1, 1, 1, 1, dtype=REAL, seed=3)
    ((matrix,), _) = kernels.EvaluateSeries(frequencies, phases, coefficients).forward(angles)
    waves = torch.cos(angles.item() * frequencies[0] - phases)
    torch.testing.assert_close(matrix[0, 0, 0], (waves[:, None, None] * coefficients).sum(0))


def test_merge_orders_matrices() -> None:
    first, last = random(1, 1, 1, 2, 2, dtype=REAL), random(1, 1, 2, 2, 2, dtype=REAL, seed=1)
    ((joined,), _) = kernels.Merge(index(2, 0, 1)).forward(first, last)
    torch.testing.assert_close(joined[0, 0], torch.stack([last[0, 0, 1], first[0, 0, 0], last[0, 0, 0]]))


def test_kron_joins_neighbours() -> None:
    factors = random(1, 1, 6, 2, 2, dtype=COMPLEX)
    blocks, _ = kernels.Kron(3).forward(factors)
    assert len(blocks) == 2
    a, b, c = factors[0, 0, 3:]
    torch.testing.assert_close(blocks[1][0, 0], torch.kron(torch.kron(a, b), c))


def test_product_state_multiplies_all_vectors() -> None:
    vectors = [random(1, 1, size, dtype=COMPLEX, seed=size) for size in (2, 4, 8)]
    ((register,), _) = kernels.ProductState().forward(*vectors)
    a, b, c = (vector[0, 0] for vector in vectors)
    torch.testing.assert_close(register[0, 0], torch.kron(torch.kron(a, b), c))


@pytest.mark.parametrize("transposed", [False, True])
def test_apply_matrix_acts_on_first_wires_and_moves_them_to_the_end(transposed: bool) -> None:
    register, matrix = random(1, 1, 8, dtype=COMPLEX), random(1, 1, 4, 4, dtype=COMPLEX, seed=1)
    ((result,), _) = kernels.ApplyMatrix(transposed).forward(register, matrix)
    applied = (matrix.mT if transposed else matrix)[0, 0] @ register.reshape(4, 2)
    torch.testing.assert_close(result[0, 0], applied.mT.flatten())


def test_permute_wires_permutes_axes() -> None:
    register = random(1, 1, 8, dtype=REAL)
    ((moved,), _) = kernels.PermuteWires(2, [2, 0, 1]).forward(register)
    torch.testing.assert_close(moved[0, 0], register.reshape(2, 2, 2).permute(2, 0, 1).flatten())


def test_apply_monomial_permutes_and_scales() -> None:
    scale = random(4, dtype=COMPLEX)
    register = random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((moved,), _) = kernels.ApplyMonomial(index(2, 0, 3, 1), scale).forward(register)
    torch.testing.assert_close(moved[0, 0], scale * register[0, 0, [2, 0, 3, 1]])


@pytest.mark.parametrize("pair", matrices(3, 4, COMPLEX), ids=["dense", "sparse"])
def test_apply_constant_multiplies_by_its_matrix(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    register = random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((result,), _) = kernels.ApplyConstant(*pair).forward(register)
    torch.testing.assert_close(result[0, 0], random(3, 4, dtype=COMPLEX) @ register[0, 0])


def test_apply_phases_multiplies_amplitudes() -> None:
    slopes, offsets = random(3, 4, dtype=REAL), random(4, dtype=REAL, seed=1)
    register, angles = random(1, 1, 4, dtype=COMPLEX), random(1, 1, 1, 3, dtype=REAL, seed=2)
    ((result,), _) = kernels.ApplyPhases(slopes, offsets).forward(register, angles)
    torch.testing.assert_close(result, register * torch.exp(1j * (angles[0, 0, 0] @ slopes + offsets)))


def test_squares_and_overlaps_multiply_amplitudes() -> None:
    state = random(1, 1, 4, dtype=COMPLEX)
    ((squares,), _) = kernels.Squares().forward(state)
    torch.testing.assert_close(squares.reshape(4, 2).sum(-1), state[0, 0].abs() ** 2)
    ((overlaps,), _) = kernels.Overlaps(index(1, 0, 3, 2)).forward(state)
    torch.testing.assert_close(overlaps[0, 0], state[0, 0].conj() * state[0, 0, [1, 0, 3, 2]])


def test_weighted_sum_adds_real_parts() -> None:
    (dense, _), (real_dense, _) = matrices(3, 4, COMPLEX), matrices(3, 8, REAL)
    first, last = random(1, 1, 8, dtype=REAL), random(1, 1, 4, dtype=COMPLEX, seed=1)
    ((results,), _) = kernels.WeightedSum([real_dense, dense]).forward(first, last)
    torch.testing.assert_close(results[0, 0], real_dense[0] @ first[0, 0] + (dense[0] @ last[0, 0]).real)


def test_concatenate_outputs_orders_outputs() -> None:
    ((row,), _) = kernels.ConcatenateOutputs(index(1, 0, 2)).forward(
        torch.tensor([[[1.0]]]), torch.tensor([[[2.0, 3.0]]])
    )
    assert row.tolist() == [[[2.0, 1.0, 3.0]]]


def test_contract_computes_each_expectation_of_each_row() -> None:
    states, observables = random(M, B, 8, dtype=REAL), random(M, 4, 8, dtype=REAL, seed=1)
    ((results,), _) = kernels.Contract().forward(states, observables)
    torch.testing.assert_close(results, torch.einsum("mbd,mod->mbo", states, observables))
