"""Lower the steps of a circuit to the arrays of native execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from qenn_core.engine.constant_maps import ConstantMap, Monomial
from qenn_core.engine.fourier import FourierSeries
from qenn_core.engine.fuse import Chains, ConstantStep, FusedCircuit, MultiWireMap, Phases, Step
from qenn_core.engine.measurements import Amplitudes, Part, amplitude_readout, n_outputs
from qenn_core.engine.native import arrays
from qenn_core.engine.native.arrays import Circuit, NativeCircuit
from qenn_core.engine.parameters import BOTH, INPUTS, NOTHING, WEIGHTS, Dependencies
from qenn_core.engine.plan import Plan
from qenn_core.engine.program import Map, Program
from qenn_core.engine.readout import absorb_constant_steps, needs_rotation
from qenn_core.engine.register import digits

_TOLERANCE = 1e-9
# Larger readouts are products with dense matrices, which BLAS multiplies faster.
_MAX_READOUT = 2**20


def lower(
    program: Program, fused: FusedCircuit, measurements: Sequence[Part], plan: Plan, dtype: torch.dtype
) -> NativeCircuit | None:
    """Return a circuit as arrays, or ``None`` if native execution does not support it.

    It supports pure states from |0…0⟩, whose matrices are unitary and have Fourier series, and measurements
    that need no rotation to another basis.

    Parameters
    ----------
    program, fused, measurements
        The circuit, as for `build_plan`.
    plan : Plan
        Its plan, which determines the layout of the angles.
    dtype : torch.dtype
        ``torch.float32`` or ``torch.float64``.
    """
    is_supported = (
        not program.mixed
        and not plan.computed
        and not fused.initial.preparations
        and all(_is_supported(map_) for map_ in _maps(fused))
        and all(_is_unitary(step.map) for step in _constant_steps(fused))
        and not any(isinstance(m, Amplitudes) or needs_rotation(m) for m in measurements)
        and n_outputs(measurements) * 2**program.n_wires <= _MAX_READOUT
    )
    if not is_supported:
        return None
    fused, readout = absorb_constant_steps(program, fused, measurements)
    lowering = _Lowering(program, plan)
    first_steps = [Chains((chain,)) for chain in fused.initial.chains]
    # Chains on different wires commute.
    first_steps.sort(key=lambda step: not step.maps[0].depends_on <= INPUTS)
    steps = [*first_steps, *fused.prefix, *fused.suffix]
    for step in steps:
        lowering.add(step)
    if readout is not None:
        by_mask = {0: readout}
    else:
        linear = [m for m in measurements if not isinstance(m, Amplitudes)]
        by_mask = {
            m: matrix for m, matrix in amplitude_readout(linear, program.n_wires).items() if matrix.nnz
        }
    return lowering.build(
        by_mask, n_outputs(measurements), np.float32 if dtype == torch.float32 else np.float64
    )


class _Pool:
    """Numbers one after another."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float64]] = []
        self._size = 0

    def add(self, values: object) -> int:
        """Append numbers, and return the position of the first."""
        part = np.asarray(values).ravel()
        start = self._size
        self._parts.append(part)
        self._size += len(part)
        return start

    def add_complex(self, values: NDArray[np.complex128]) -> int:
        """Append real and imaginary parts in turns."""
        return self.add(np.stack([values.real.ravel(), values.imag.ravel()], axis=1))

    def array(self, dtype: type) -> np.ndarray:
        """Return all numbers."""
        return np.concatenate([*self._parts, np.zeros(1)]).astype(dtype)


class _Lowering:
    """The arrays of a circuit under construction."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self._program = program
        self._plan = plan
        self._size: int = 2**program.n_wires
        self._buffers = {buffer.depends_on: (buffer, slot) for buffer, slot in plan.angle_buffers}
        self._operations: list[tuple[int, ...]] = []
        self._dependencies: list[Dependencies] = []
        self._series: list[tuple[int, ...]] = []
        self._integers, self._numbers = _Pool(), _Pool()
        self._counts = np.zeros((2, 2), dtype=np.int64)

    def add(self, step: Step) -> None:
        """Append a step."""
        if isinstance(step, Chains):
            for map_ in step.maps:
                self._add_matrix(map_)
        elif isinstance(step, MultiWireMap):
            self._add_matrix(step.map)
        elif isinstance(step, Phases):
            positions = self._positions(step.maps)
            slopes = self._numbers.add(np.concatenate([step.slopes, step.offsets[None]]))
            depends_on = step.maps[0].depends_on
            self._append(arrays.PHASES, depends_on, len(step.slopes), positions, slopes, 0)
        elif isinstance(step.map, Monomial):
            self._add_monomial(step.map)
        else:
            matrix = scipy.sparse.csr_array(step.map)
            parts = [self._add_sparse(m) for m in (matrix, matrix.conj().T.tocsr())]
            self._append(arrays.SPARSE, NOTHING, *parts[0], *parts[1])

    def build(self, by_mask: dict[int, scipy.sparse.csr_array], n_outputs: int, dtype: type) -> NativeCircuit:
        """Return the circuit with its measurements."""
        n_encoding = next((n for n, deps in enumerate(self._dependencies) if not deps <= INPUTS), None)
        n_encoding = len(self._dependencies) if n_encoding is None else n_encoding
        if not any(self._dependencies[:n_encoding]):
            n_encoding = 0
        trained = [n for n, deps in enumerate(self._dependencies) if deps == WEIGHTS]
        starts, outputs, weights = _readout_arrays(by_mask, self._size)
        circuit = Circuit(
            size=np.array([self._size]),
            operations=np.array(self._operations, dtype=np.int64).reshape(-1, 7),
            series=np.array(self._series, dtype=np.int64).reshape(-1, 8),
            integers=self._integers.array(np.int64),
            numbers=self._numbers.array(dtype),
            n_entries=self._counts[0].copy(),
            n_cosines=self._counts[1].copy(),
            masks=np.array(list(by_mask), dtype=np.int64),
            readout_starts=starts,
            readout_outputs=outputs,
            readout_weights=weights.astype(dtype),
        )
        return NativeCircuit(
            circuit,
            angle_slots={depends_on: slot for depends_on, (_, slot) in self._buffers.items()},
            n_angles={depends_on: len(buffer) for depends_on, (buffer, _) in self._buffers.items()},
            register_slot=self._plan.n_slots,
            n_encoding=n_encoding,
            first_trained=trained[0] if trained else len(self._operations),
            n_outputs=n_outputs,
        )

    def _append(self, kind: int, depends_on: Dependencies, *positions: int) -> None:
        self._operations.append((kind, int(depends_on >= INPUTS), *positions, int(bool(depends_on))))
        self._dependencies.append(depends_on)

    def _add_matrix(self, map_: Map) -> None:
        assert map_.series is not None, "only maps with a series are supported"
        per_row = int(map_.depends_on >= INPUTS)
        frequencies, phases, coefficients = map_.series.cosines()
        d = coefficients.shape[1]
        first_number = self._numbers.add([])
        for f, (phase, matrix) in enumerate(zip(phases, coefficients, strict=True)):
            self._numbers.add([-phase])
            self._numbers.add(frequencies[:, f])
            self._numbers.add_complex(matrix)
        entry, cosine = self._counts[:, per_row]
        row = (
            per_row,
            entry,
            d * d,
            len(frequencies),
            len(phases),
            self._positions([map_]),
            first_number,
            cosine,
        )
        self._series.append(tuple(int(number) for number in row))
        self._counts[:, per_row] += (d * d, len(phases))
        n_wires = self._program.n_wires
        strides = np.array([2 ** (n_wires - 1 - wire) for wire in map_.wires])
        bits = np.arange(d)[:, None] >> np.arange(len(map_.wires))[::-1] & 1
        offsets = self._integers.add(bits @ strides)
        bases = self._integers.add(np.flatnonzero(digits(map_.wires, n_wires, 2) == 0))
        self._append(arrays.MATRIX, map_.depends_on, int(entry), d, offsets, bases)

    def _add_monomial(self, map_: Monomial) -> None:
        moves = list(_moves(map_.index, scratch=self._size))
        if moves:
            self._append(arrays.PERMUTATION, NOTHING, self._integers.add(moves), len(moves), 0, 0)
        if not np.allclose(map_.scale, 1, rtol=0, atol=1e-15):
            self._append(arrays.SCALES, NOTHING, self._numbers.add_complex(map_.scale), 0, 0, 0)

    def _add_sparse(self, matrix: scipy.sparse.csr_array) -> tuple[int, int]:
        starts = self._integers.add(matrix.indptr)
        self._integers.add(matrix.indices)
        return starts, self._numbers.add_complex(matrix.data)

    def _positions(self, maps: Sequence[Map]) -> int:
        """Return where the positions of the angles of maps with equal dependencies stand in the pool."""
        depends_on = maps[0].depends_on
        if not depends_on:
            return self._integers.add([])
        buffer, _ = self._buffers[depends_on]
        positions = np.array([buffer.add(value) for map_ in maps for value in map_.values])
        is_after_inputs = depends_on == BOTH and INPUTS in self._buffers
        return self._integers.add(positions + (len(self._buffers[INPUTS][0]) if is_after_inputs else 0))


def _moves(index: NDArray[np.int64], scratch: int) -> Iterator[tuple[int, int]]:
    """Yield (target, source) of the copies that turn x into x[index], with one scratch position."""
    done = set()
    for start in range(len(index)):
        if start in done or index[start] == start:
            continue
        yield scratch, start
        target = start
        while index[target] != start:
            done.add(target)
            yield target, int(index[target])
            target = int(index[target])
        done.add(target)
        yield target, scratch


def _readout_arrays(
    by_mask: dict[int, scipy.sparse.csr_array], size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return starts, outputs and weights of the measurements, and of their derivatives."""
    derivatives = {
        mask: matrix + matrix[:, np.arange(size) ^ mask].conj() for mask, matrix in by_mask.items()
    }
    n_masks = len(by_mask)
    starts = np.zeros((2, n_masks, size + 1), dtype=np.int64)
    lists: list[tuple[NDArray[np.int64], NDArray[np.complex128]]] = []
    for kind, matrices in enumerate((by_mask, derivatives)):
        columns = [scipy.sparse.csc_array(matrix) for matrix in matrices.values()]
        first = 0
        for number, column in enumerate(columns):
            starts[kind, number] = first + column.indptr
            first += column.nnz
        outputs = np.concatenate([column.indices for column in columns])
        lists.append((outputs, np.concatenate([column.data for column in columns]).astype(complex)))
    n_weights = max(len(outputs) for outputs, _ in lists)
    all_outputs = np.zeros((2, n_weights), dtype=np.int64)
    all_weights = np.zeros((2, n_weights, 2))
    for kind, (outputs, weights) in enumerate(lists):
        all_outputs[kind, : len(outputs)] = outputs
        all_weights[kind, : len(outputs)] = np.stack([weights.real, weights.imag], axis=1)
    return starts, all_outputs, all_weights


def _maps(fused: FusedCircuit) -> Iterator[Map]:
    yield from fused.initial.chains
    for step in fused.prefix + fused.suffix:
        if isinstance(step, Chains):
            yield from step.maps
        elif isinstance(step, MultiWireMap):
            yield step.map


def _constant_steps(fused: FusedCircuit) -> Iterator[ConstantStep]:
    return (step for step in fused.prefix + fused.suffix if isinstance(step, ConstantStep))


def _is_supported(map_: Map) -> bool:
    """Return whether the matrix of a map is unitary at all angles."""
    if map_.series is None:
        return False
    return _is_unitary_series(map_.series)


def _is_unitary_series(series: FourierSeries) -> bool:
    points = np.random.default_rng(0).uniform(0, 4 * np.pi, (4, series.n_angles))
    matrices = series(points)
    products = matrices @ matrices.conj().swapaxes(1, 2)
    return bool(np.allclose(products, np.eye(products.shape[1]), rtol=0, atol=_TOLERANCE))


def _is_unitary(map_: ConstantMap) -> bool:
    if isinstance(map_, Monomial):
        return bool(np.allclose(np.abs(map_.scale), 1, rtol=0, atol=_TOLERANCE))
    difference = map_ @ map_.conj().T - scipy.sparse.eye_array(map_.shape[0])
    return bool(np.abs(difference).max() < _TOLERANCE)
