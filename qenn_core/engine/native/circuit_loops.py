"""The loops of native execution: a circuit, its measurements and their gradients, on plain arrays.

numba compiles these functions once for a precision, not once for a circuit: what a circuit does stands in
the arrays of `Circuit`. A register has the shape (D + 1, width), real and imaginary parts apart; rows of data
lie innermost, so that one instruction of the processor treats several of them. The last entry of a register
is a scratch row. Gradients follow by the adjoint method (Jones & Gacon 2020, arXiv:2009.02823): each
operation is undone, so no state but the last is stored.
"""

from __future__ import annotations

from math import cos, sin

import numpy as np

from qenn_core.engine.native.arrays import (
    FIRST,
    FOURTH,
    HAS_ANGLES,
    KIND,
    MATRIX,
    PER_ROW,
    PERMUTATION,
    PHASES,
    S_COSINE,
    S_ENTRY,
    S_N_ANGLES,
    S_N_COSINES,
    S_N_ENTRIES,
    S_NUMBERS,
    S_PER_ROW,
    S_POSITIONS,
    SCALES,
    SECOND,
    THIRD,
    Array,
    Circuit,
    Matrices,
)
from qenn_core.engine.native.library import NATIVE, jit


@jit
def new_matrices(c: Circuit, width: int, like: Array) -> Matrices:
    """Return room for the matrices of a circuit, for blocks of `width` rows in the precision of an array."""
    return Matrices(
        np.empty((2, c.n_entries[0], 1), like.dtype),
        np.empty((c.n_cosines[0], 1), like.dtype),
        np.empty((2, c.n_entries[1], width), like.dtype),
        np.empty((c.n_cosines[1], width), like.dtype),
    )


@jit
def evaluate_series(c: Circuit, per_row: int, angles: Array, entries: Array, sines: Array) -> None:
    """Compute the matrices whose angles are the same for all rows, or those of each row.

    Parameters
    ----------
    angles : array, shape (n_angles, width)
        The angles.
    entries : array, shape (2, n_entries, width)
        Where to write the entries, real and imaginary parts.
    sines : array, shape (n_cosines, width)
        Where to write the negative derivatives of the cosines.
    """
    width = angles.shape[1]
    entries[:] = 0
    for s in range(c.series.shape[0]):
        if c.series[s, S_PER_ROW] != per_row:
            continue
        first, n_entries = c.series[s, S_ENTRY], c.series[s, S_N_ENTRIES]
        n_angles, n_cosines = c.series[s, S_N_ANGLES], c.series[s, S_N_COSINES]
        positions, at, row = c.series[s, S_POSITIONS], c.series[s, S_NUMBERS], c.series[s, S_COSINE]
        for f in range(n_cosines):
            coefficients = at + n_angles + 1
            for r in range(width):
                phase = c.numbers[at]
                for a in range(n_angles):
                    phase += c.numbers[at + 1 + a] * angles[c.integers[positions + a], r]
                cosine = cos(phase)
                sines[row + f, r] = sin(phase)
                for e in range(n_entries):
                    entries[0, first + e, r] += c.numbers[coefficients + 2 * e] * cosine
                    entries[1, first + e, r] += c.numbers[coefficients + 2 * e + 1] * cosine
            at = coefficients + 2 * n_entries


@jit
def add_angle_gradients(c: Circuit, per_row: int, gradients: Array, sines: Array, result: Array) -> None:
    """Add the gradients of angles (n_angles, width) from those of the entries (2, n_entries, width)."""
    width = sines.shape[1]
    for s in range(c.series.shape[0]):
        if c.series[s, S_PER_ROW] != per_row:
            continue
        first, n_entries = c.series[s, S_ENTRY], c.series[s, S_N_ENTRIES]
        n_angles, n_cosines = c.series[s, S_N_ANGLES], c.series[s, S_N_COSINES]
        positions, at, row = c.series[s, S_POSITIONS], c.series[s, S_NUMBERS], c.series[s, S_COSINE]
        for f in range(n_cosines):
            coefficients = at + n_angles + 1
            for r in range(width):
                total = gradients.dtype.type(0)
                for e in range(n_entries):
                    total += gradients[0, first + e, r] * c.numbers[coefficients + 2 * e]
                    total += gradients[1, first + e, r] * c.numbers[coefficients + 2 * e + 1]
                total *= -sines[row + f, r]
                for a in range(n_angles):
                    result[c.integers[positions + a], r] += c.numbers[at + 1 + a] * total
            at = coefficients + 2 * n_entries


@jit
def _apply_2(re: Array, im: Array, stride: int, u: Array) -> None:
    """Apply one matrix (2, 4) to a wire."""
    a, b, c, d = u[0, 0], u[0, 1], u[0, 2], u[0, 3]
    ai, bi, ci, di = u[1, 0], u[1, 1], u[1, 2], u[1, 3]
    for base in range(0, re.shape[0] - 1, 2 * stride):
        for k in range(base, base + stride):
            xr, xi, yr, yi = re[k], im[k], re[k + stride], im[k + stride]
            for r in range(re.shape[1]):
                p, q, s, t = xr[r], xi[r], yr[r], yi[r]
                xr[r] = a * p - ai * q + b * s - bi * t
                xi[r] = a * q + ai * p + b * t + bi * s
                yr[r] = c * p - ci * q + d * s - di * t
                yi[r] = c * q + ci * p + d * t + di * s


@jit
def _undo_2(re: Array, im: Array, lre: Array, lim: Array, stride: int, u: Array, gradient: Array) -> None:
    """Undo one matrix (2, 4) on a wire of the state and of its gradient; add the gradient of its entries."""
    a, b, c, d = u[0, 0], u[0, 1], u[0, 2], u[0, 3]
    ai, bi, ci, di = u[1, 0], u[1, 1], u[1, 2], u[1, 3]
    zero = re.dtype.type(0)
    g0, g1, g2, g3, h0, h1, h2, h3 = zero, zero, zero, zero, zero, zero, zero, zero
    for base in range(0, re.shape[0] - 1, 2 * stride):
        for k in range(base, base + stride):
            xr, xi, yr, yi = re[k], im[k], re[k + stride], im[k + stride]
            vr, vi, wr, wi = lre[k], lim[k], lre[k + stride], lim[k + stride]
            for r in range(re.shape[1]):
                p, q, s, t = xr[r], xi[r], yr[r], yi[r]
                # The conjugate transpose.
                p2 = a * p + ai * q + c * s + ci * t
                q2 = a * q - ai * p + c * t - ci * s
                s2 = b * p + bi * q + d * s + di * t
                t2 = b * q - bi * p + d * t - di * s
                xr[r], xi[r], yr[r], yi[r] = p2, q2, s2, t2
                e, f, m, n = vr[r], vi[r], wr[r], wi[r]
                g0 += e * p2 + f * q2
                h0 += f * p2 - e * q2
                g1 += e * s2 + f * t2
                h1 += f * s2 - e * t2
                g2 += m * p2 + n * q2
                h2 += n * p2 - m * q2
                g3 += m * s2 + n * t2
                h3 += n * s2 - m * t2
                vr[r] = a * e + ai * f + c * m + ci * n
                vi[r] = a * f - ai * e + c * n - ci * m
                wr[r] = b * e + bi * f + d * m + di * n
                wi[r] = b * f - bi * e + d * n - di * m
    gradient[0, 0] += g0
    gradient[0, 1] += g1
    gradient[0, 2] += g2
    gradient[0, 3] += g3
    gradient[1, 0] += h0
    gradient[1, 1] += h1
    gradient[1, 2] += h2
    gradient[1, 3] += h3


@jit
def _apply_d(c: Circuit, o: int, re: Array, im: Array, u: Array, is_adjoint: bool) -> None:
    """Apply matrices (2, d², width or 1), or their conjugate transposes, to several wires."""
    d, offsets, bases, n_bases = _wires(c, o)
    width = re.shape[1]
    step = 1 if u.shape[2] > 1 else 0
    x = np.empty((2, d, width), re.dtype)
    sign = re.dtype.type(-1 if is_adjoint else 1)
    for n in range(n_bases):
        base = c.integers[bases + n]
        for j in range(d):
            k = base + c.integers[offsets + j]
            for r in range(width):
                x[0, j, r] = re[k, r]
                x[1, j, r] = im[k, r]
        for i in range(d):
            k = base + c.integers[offsets + i]
            yr, yi = re[k], im[k]
            yr[:] = 0
            yi[:] = 0
            for j in range(d):
                e = j * d + i if is_adjoint else i * d + j
                for r in range(width):
                    p, q = u[0, e, r * step], sign * u[1, e, r * step]
                    yr[r] += p * x[0, j, r] - q * x[1, j, r]
                    yi[r] += p * x[1, j, r] + q * x[0, j, r]


@jit
def _add_entry_gradients(
    c: Circuit, o: int, re: Array, im: Array, lre: Array, lim: Array, gradient: Array
) -> None:
    """Add the gradients of matrices (2, d², width or 1) from the states before and the gradients after."""
    d, offsets, bases, n_bases = _wires(c, o)
    width = re.shape[1]
    per_row = gradient.shape[2] > 1
    for n in range(n_bases):
        base = c.integers[bases + n]
        for i in range(d):
            k = base + c.integers[offsets + i]
            for j in range(d):
                m = base + c.integers[offsets + j]
                if per_row:
                    for r in range(width):
                        gradient[0, i * d + j, r] += lre[k, r] * re[m, r] + lim[k, r] * im[m, r]
                        gradient[1, i * d + j, r] += lim[k, r] * re[m, r] - lre[k, r] * im[m, r]
                else:
                    g = h = re.dtype.type(0)
                    for r in range(width):
                        g += lre[k, r] * re[m, r] + lim[k, r] * im[m, r]
                        h += lim[k, r] * re[m, r] - lre[k, r] * im[m, r]
                    gradient[0, i * d + j, 0] += g
                    gradient[1, i * d + j, 0] += h


@jit
def _wires(c: Circuit, o: int) -> tuple[int, int, int, int]:
    """Return the dimension of a matrix, and where the positions that it acts on stand in the pool."""
    d, offsets = c.operations[o, SECOND], c.operations[o, THIRD]
    return d, offsets, c.operations[o, FOURTH], c.size[0] // d


@jit
def _rotate(c: Circuit, o: int, angles: Array, re: Array, im: Array, sign: int) -> None:
    """Multiply amplitudes by exp(± i (offsets + slopes · angles)), of each row or of all."""
    n_angles, positions, slopes = c.operations[o, FIRST], c.operations[o, SECOND], c.operations[o, THIRD]
    size, width = c.size[0], re.shape[1]
    offsets = slopes + n_angles * size
    per_row = angles.shape[1] > 1
    factor = re.dtype.type(sign)
    for k in range(size):
        p = q = factor
        for r in range(width):
            if r == 0 or per_row:
                phase = c.numbers[offsets + k]
                for a in range(n_angles):
                    phase += c.numbers[slopes + a * size + k] * angles[c.integers[positions + a], r]
                p, q = cos(phase), factor * sin(phase)
            x, y = re[k, r], im[k, r]
            re[k, r] = p * x - q * y
            im[k, r] = p * y + q * x


@jit
def _add_phase_gradients(
    c: Circuit, o: int, re: Array, im: Array, lre: Array, lim: Array, result: Array
) -> None:
    """Add the gradients of the angles (n_angles, width or 1) of phases that have acted."""
    n_angles, positions, slopes = c.operations[o, FIRST], c.operations[o, SECOND], c.operations[o, THIRD]
    size, width = c.size[0], re.shape[1]
    step = 1 if result.shape[1] > 1 else 0
    for k in range(size):
        for r in range(width):
            by_phase = lim[k, r] * re[k, r] - lre[k, r] * im[k, r]
            for a in range(n_angles):
                result[c.integers[positions + a], r * step] += c.numbers[slopes + a * size + k] * by_phase


@jit
def _permute(c: Circuit, o: int, register: Array, is_inverse: bool) -> None:
    """Move the amplitudes by steps that each copy one, the first of a cycle to the scratch row."""
    first, n_moves = c.operations[o, FIRST], c.operations[o, SECOND]
    for n in range(n_moves):
        m = first + 2 * (n_moves - 1 - n if is_inverse else n)
        target, source = c.integers[m], c.integers[m + 1]
        if is_inverse:
            target, source = source, target
        for r in range(register.shape[1]):
            register[target, r] = register[source, r]


@jit
def _scale(c: Circuit, o: int, re: Array, im: Array, sign: int) -> None:
    """Multiply each amplitude by a constant, or by its conjugate."""
    first = c.operations[o, FIRST]
    factor = re.dtype.type(sign)
    for k in range(c.size[0]):
        p, q = c.numbers[first + 2 * k], factor * c.numbers[first + 2 * k + 1]
        for r in range(re.shape[1]):
            x, y = re[k, r], im[k, r]
            re[k, r] = p * x - q * y
            im[k, r] = p * y + q * x


@jit
def _multiply_sparse(c: Circuit, o: int, re: Array, im: Array, is_adjoint: bool) -> None:
    """Apply a constant sparse matrix, or its conjugate transpose, to the whole register."""
    starts = c.operations[o, THIRD if is_adjoint else FIRST]
    values = c.operations[o, FOURTH if is_adjoint else SECOND]
    size, width = c.size[0], re.shape[1]
    columns = starts + size + 1
    old_re, old_im = re.copy(), im.copy()
    for k in range(size):
        re[k] = 0
        im[k] = 0
        for n in range(c.integers[starts + k], c.integers[starts + k + 1]):
            m = c.integers[columns + n]
            p, q = c.numbers[values + 2 * n], c.numbers[values + 2 * n + 1]
            for r in range(width):
                re[k, r] += p * old_re[m, r] - q * old_im[m, r]
                im[k, r] += p * old_im[m, r] + q * old_re[m, r]


@jit
def apply_operations(
    c: Circuit, first: int, last: int, shared: Array, rows: Array, matrices: Matrices, state: Array
) -> None:
    """Apply the operations `first` to `last` - 1 to a state (2, D + 1, width).

    Parameters
    ----------
    shared : array, shape (n_angles, 1)
        The angles that all rows share.
    rows : array, shape (n_angles, width)
        The angles of each row.
    matrices : Matrices
        The matrices for these angles.
    """
    re, im = state[0], state[1]
    for o in range(first, last):
        kind, per_row = c.operations[o, KIND], c.operations[o, PER_ROW]
        if kind == MATRIX:
            at, d = c.operations[o, FIRST], c.operations[o, SECOND]
            if per_row:
                _apply_d(c, o, re, im, matrices.rows[:, at : at + d * d], False)
            elif d == 2:
                stride = c.integers[c.operations[o, THIRD] + 1]
                _apply_2(re, im, stride, matrices.shared[:, at : at + 4, 0])
            else:
                _apply_d(c, o, re, im, matrices.shared[:, at : at + d * d], False)
        elif kind == PHASES:
            _rotate(c, o, rows if per_row else shared, re, im, 1)
        elif kind == PERMUTATION:
            _permute(c, o, re, False)
            _permute(c, o, im, False)
        elif kind == SCALES:
            _scale(c, o, re, im, 1)
        else:
            _multiply_sparse(c, o, re, im, False)


@jit
def undo_operations(
    c: Circuit,
    first: int,
    last: int,
    shared: Array,
    rows: Array,
    matrices: Matrices,
    needs_rows: bool,
    state: Array,
    costate: Array,
    gradients: tuple[Array, Array],
    results: tuple[Array, Array],
) -> None:
    """Undo the operations `last` - 1 to `first` on a state and its gradient, and add those of the angles.

    Parameters
    ----------
    c, first, last, shared, rows, matrices
        As for `apply_operations`.
    needs_rows : bool
        Whether the gradients of the angles of each row are needed.
    state, costate : array, shape (2, D + 1, width)
        The state after the operations, and its gradient.
    gradients : (array, array)
        Where to add the gradients of the entries of matrices, shared and of each row; for
        `add_angle_gradients`.
    results : (array, array)
        Where to add the gradients of the angles of phases.
    """
    re, im, lre, lim = state[0], state[1], costate[0], costate[1]
    for o in range(last - 1, first - 1, -1):
        kind, per_row = c.operations[o, KIND], c.operations[o, PER_ROW]
        needed = c.operations[o, HAS_ANGLES] and (needs_rows or not per_row)
        if kind == MATRIX:
            at, d = c.operations[o, FIRST], c.operations[o, SECOND]
            if d == 2 and not per_row:
                stride = c.integers[c.operations[o, THIRD] + 1]
                u, gradient = matrices.shared[:, at : at + 4, 0], gradients[0][:, at : at + 4, 0]
                _undo_2(re, im, lre, lim, stride, u, gradient)
                continue
            u = matrices.rows[:, at : at + d * d] if per_row else matrices.shared[:, at : at + d * d]
            _apply_d(c, o, re, im, u, True)
            if needed:
                entries = gradients[1] if per_row else gradients[0]
                _add_entry_gradients(c, o, re, im, lre, lim, entries[:, at : at + d * d])
            _apply_d(c, o, lre, lim, u, True)
        elif kind == PHASES:
            angles, result = (rows, results[1]) if per_row else (shared, results[0])
            if needed:
                _add_phase_gradients(c, o, re, im, lre, lim, result)
            _rotate(c, o, angles, re, im, -1)
            _rotate(c, o, angles, lre, lim, -1)
        elif kind == PERMUTATION:
            for part in (re, im, lre, lim):
                _permute(c, o, part, True)
        elif kind == SCALES:
            _scale(c, o, re, im, -1)
            _scale(c, o, lre, lim, -1)
        else:
            _multiply_sparse(c, o, re, im, True)
            _multiply_sparse(c, o, lre, lim, True)


@jit
def measure(c: Circuit, state: Array, outputs: Array) -> None:
    """Write the results of the measurements (n_outputs, width) of a state."""
    re, im = state[0], state[1]
    width = re.shape[1]
    outputs[:] = 0
    for m in range(c.masks.shape[0]):
        mask = c.masks[m]
        for k in range(c.size[0]):
            xr, xi, yr, yi = re[k], im[k], re[k ^ mask], im[k ^ mask]
            for n in range(c.readout_starts[0, m, k], c.readout_starts[0, m, k + 1]):
                p, q = c.readout_weights[0, n, 0], c.readout_weights[0, n, 1]
                output = outputs[c.readout_outputs[0, n]]
                for r in range(width):
                    output[r] += p * (xr[r] * yr[r] + xi[r] * yi[r]) - q * (xr[r] * yi[r] - xi[r] * yr[r])


@jit
def measure_pullback(c: Circuit, state: Array, gradients: Array, costate: Array) -> None:
    """Write the gradient of a state from those of its outputs (n_outputs, width)."""
    re, im, lre, lim = state[0], state[1], costate[0], costate[1]
    width = re.shape[1]
    lre[:] = 0
    lim[:] = 0
    p, q = np.empty(width, re.dtype), np.empty(width, re.dtype)
    for m in range(c.masks.shape[0]):
        mask = c.masks[m]
        for k in range(c.size[0]):
            p[:] = 0
            q[:] = 0
            for n in range(c.readout_starts[1, m, k], c.readout_starts[1, m, k + 1]):
                x, y = c.readout_weights[1, n, 0], c.readout_weights[1, n, 1]
                gradient = gradients[c.readout_outputs[1, n]]
                for r in range(width):
                    p[r] += x * gradient[r]
                    q[r] += y * gradient[r]
            yr, yi, vr, vi = re[k ^ mask], im[k ^ mask], lre[k], lim[k]
            for r in range(width):
                vr[r] += p[r] * yr[r] - q[r] * yi[r]
                vi[r] += p[r] * yi[r] + q[r] * yr[r]


@jit
def prepare(registers: Array, is_given: bool, index: Array, state: Array) -> None:
    """Write |0…0⟩, or the given registers (n_rows, D) of some rows, into a state."""
    state[:] = 0
    if not is_given:
        state[0, 0] = 1
        return
    for r in range(index.shape[0]):
        for k in range(registers.shape[1]):
            number = registers[index[r], k]
            state[0, k, r] = number.real
            state[1, k, r] = number.imag


@jit
def _copy_block(rows: Array, start: int, block: Array) -> None:
    """Copy the angles (n_angles, batch) of the rows from `start` on into a block, and fill up with zeros."""
    n_rows = min(block.shape[1], rows.shape[1] - start)
    block[:] = 0
    for a in range(block.shape[0]):
        for r in range(n_rows):
            block[a, r] = rows[a, start + r]


@NATIVE.entry
def encode(c: Circuit, last: int, shared: Array, rows: Array, registers: Array) -> None:
    """Write the registers (batch, D) after the operations before `last`, which depend on inputs alone.

    Parameters
    ----------
    c : Circuit
        The circuit.
    last : int
        The first operation that depends on weights, too.
    shared : array, shape (1, n_angles)
        Numbers in place of the angles of weights.
    rows : array, shape (1, n_angles, batch)
        The angles of each row.
    registers : complex array, shape (batch, D)
        Where to write the registers.
    """
    width, batch = 16, registers.shape[0]
    matrices = new_matrices(c, width, shared)
    block = np.empty((rows.shape[1], width), shared.dtype)
    state = np.empty((2, c.size[0] + 1, width), shared.dtype)
    angles = shared[0].reshape(-1, 1)
    evaluate_series(c, 0, angles, matrices.shared, matrices.shared_sines)
    for start in range(0, batch, width):
        _copy_block(rows[0], start, block)
        evaluate_series(c, 1, block, matrices.rows, matrices.row_sines)
        prepare(registers, False, c.size, state)
        apply_operations(c, 0, last, angles, block, matrices, state)
        for r in range(min(width, batch - start)):
            for k in range(c.size[0]):
                registers[start + r, k] = complex(state[0, k, r], state[1, k, r])


@NATIVE.entry
def forward(
    c: Circuit, first: int, shared: Array, rows: Array, registers: Array, states: Array, results: Array
) -> None:
    """Evaluate a circuit for several models and rows.

    Parameters
    ----------
    c : Circuit
        The circuit.
    first : int
        Its first operation to apply; those before it were applied to the given registers.
    shared : array, shape (n_models, n_angles)
        The angles of weights.
    rows : array, shape (n_models or 1, n_angles, batch or 1)
        The angles of each row.
    registers : complex array, shape (n_models or 1, batch, D)
        The registers to start from, if `first` is not 0.
    states : array, shape (n_models, n_blocks, 2, D + 1, width)
        Where to leave the final states, of blocks of rows. With fewer blocks than that, each takes the place
        of the one before.
    results : array, shape (n_models, batch, n_outputs)
        Where to write the results.
    """
    width, batch = states.shape[4], results.shape[1]
    n_blocks = (batch + width - 1) // width
    keeps = states.shape[0] == shared.shape[0] and states.shape[1] == n_blocks
    matrices = new_matrices(c, width, shared)
    block = np.empty((rows.shape[1], width), shared.dtype)
    outputs = np.empty((results.shape[2], width), shared.dtype)
    index = np.arange(batch)
    for m in range(shared.shape[0]):
        angles = shared[m].reshape(-1, 1)
        evaluate_series(c, 0, angles, matrices.shared, matrices.shared_sines)
        own = m if rows.shape[0] > 1 else 0
        given = m if registers.shape[0] > 1 else 0
        for number in range(n_blocks):
            start = number * width
            stop = min(start + width, batch)
            _copy_block(rows[own], start, block)
            evaluate_series(c, 1, block, matrices.rows, matrices.row_sines)
            state = states[m, number] if keeps else states[0, 0]
            prepare(registers[given], first > 0, index[start:stop], state)
            apply_operations(c, first, c.operations.shape[0], angles, block, matrices, state)
            measure(c, state, outputs)
            for r in range(stop - start):
                for output in range(results.shape[2]):
                    results[m, start + r, output] = outputs[output, r]


@NATIVE.entry
def backward(
    c: Circuit,
    first: int,
    shared: Array,
    rows: Array,
    states: Array,
    gradients: Array,
    needs_rows: bool,
    shared_result: Array,
    row_result: Array,
) -> None:
    """Add the gradients of all angles.

    Parameters
    ----------
    c, first, shared, rows
        As for `forward`.
    states : array, shape (n_models, n_blocks, 2, D + 1, width)
        The final states, which are destroyed.
    gradients : array, shape (n_models, batch, n_outputs)
        The gradients of the results.
    needs_rows : bool
        Whether the gradients of the angles of each row are needed.
    shared_result, row_result : array
        Where to add the gradients of `shared` and `rows`.
    """
    width, batch = states.shape[4], gradients.shape[1]
    matrices = new_matrices(c, width, shared)
    entries = (np.empty_like(matrices.shared), np.empty_like(matrices.rows))
    block = np.empty((rows.shape[1], width), shared.dtype)
    block_result = np.empty_like(block)
    outputs = np.empty((gradients.shape[2], width), shared.dtype)
    costate = np.empty_like(states[0, 0])
    for m in range(shared.shape[0]):
        angles, result = shared[m].reshape(-1, 1), shared_result[m].reshape(-1, 1)
        evaluate_series(c, 0, angles, matrices.shared, matrices.shared_sines)
        entries[0][:] = 0
        own = m if rows.shape[0] > 1 else 0
        for number in range(states.shape[1]):
            start = number * width
            n_rows = min(width, batch - start)
            _copy_block(rows[own], start, block)
            evaluate_series(c, 1, block, matrices.rows, matrices.row_sines)
            outputs[:] = 0
            for r in range(n_rows):
                for output in range(gradients.shape[2]):
                    outputs[output, r] = gradients[m, start + r, output]
            measure_pullback(c, states[m, number], outputs, costate)
            entries[1][:] = 0
            block_result[:] = 0
            undo_operations(
                c, first, c.operations.shape[0], angles, block, matrices, needs_rows,
                states[m, number], costate, entries, (result, block_result),
            )  # fmt: skip
            if needs_rows:
                add_angle_gradients(c, 1, entries[1], matrices.row_sines, block_result)
                n_angle_rows = min(n_rows, rows.shape[2] - start)
                for a in range(block.shape[0]):
                    for r in range(n_angle_rows):
                        row_result[own, a, start + r] += block_result[a, r]
        add_angle_gradients(c, 0, entries[0], matrices.shared_sines, result)
