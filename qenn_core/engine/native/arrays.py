"""The arrays that describe a circuit, and a network around it, to native execution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from qenn_core.engine.parameters import INPUTS, WEIGHTS, Dependencies

Array: TypeAlias = NDArray[Any]

# The state and its gradient of a block of rows should stay in the processor's cache.
_MAX_BLOCK_BYTES = 2**18
_MAX_WIDTH = 64
# Rows that one vector instruction treats.
_LANES = 8
# The kinds of operations, and the columns of `Circuit.operations`.
MATRIX, PHASES, PERMUTATION, SCALES, SPARSE = range(5)
KIND, PER_ROW, FIRST, SECOND, THIRD, FOURTH, HAS_ANGLES = range(7)
# The columns of `Circuit.series`.
(S_PER_ROW, S_ENTRY, S_N_ENTRIES, S_N_ANGLES, S_N_COSINES, S_POSITIONS, S_NUMBERS, S_COSINE) = range(8)


# The kinds of activations and of optimizers.
RELU, TANH, SIGMOID = range(3)
ADAM, SGD, RMSPROP = range(3)


class Circuit(NamedTuple):
    """A circuit as arrays.

    Attributes
    ----------
    size : array of int, shape (1,)
        Amplitudes of a register.
    operations : array of int, shape (n_operations, 7)
        The operations in order: kind, whether each row has angles of its own, four positions in the pools
        (see `Lowering`), and whether there are angles at all.
    series : array of int, shape (n_series, 8)
        The Fourier series of the matrices.
    integers : array of int
        The pool of positions, permutations and offsets.
    numbers : array of float
        The pool of coefficients, frequencies, slopes and scales.
    n_entries, n_cosines : array of int, shape (2,)
        Entries of all matrices, and their cosines, for those of all rows and for those of each.
    masks : array of int, shape (n_masks,)
        For each product ψ*(z) ψ(z ^ mask) that is measured, the mask.
    readout_starts : array of int, shape (2, n_masks, D + 1)
        Where the weights of each product start, for the outputs and for their derivatives.
    readout_outputs : array of int, shape (2, n_weights)
        The output of each weight.
    readout_weights : array of float, shape (2, n_weights, 2)
        The weights, real and imaginary parts.
    """

    size: Array
    operations: Array
    series: Array
    integers: Array
    numbers: Array
    n_entries: Array
    n_cosines: Array
    masks: Array
    readout_starts: Array
    readout_outputs: Array
    readout_weights: Array


class Matrices(NamedTuple):
    """The matrices of a circuit for a block of rows, and what their derivatives require.

    Attributes
    ----------
    shared : array, shape (2, n_entries, 1)
        The entries of the matrices of all rows, real and imaginary parts.
    shared_sines : array, shape (n_cosines, 1)
        The sines of the phases of which they contain the cosines.
    rows : array, shape (2, n_entries, width)
        The entries of the matrices of each row.
    row_sines : array, shape (n_cosines, width)
        The sines of their phases.
    """

    shared: Array
    shared_sines: Array
    rows: Array
    row_sines: Array


@dataclass(frozen=True)
class NativeCircuit:
    """A circuit for native execution in one precision.

    Parameters
    ----------
    arrays : Circuit
        The circuit.
    angle_slots : dict of Dependencies to int
        The slots of the plan that hold angles: those of weights, which all rows share, and those of inputs
        and of both, which follow each other among the angles of each row.
    n_angles : dict of Dependencies to int
        Numbers of angles in these slots.
    register_slot : int
        Stands for the registers after the operations that depend on inputs alone.
    n_encoding : int
        How many operations, the first ones, depend on inputs alone.
    first_trained : int
        The first operation with angles that all rows share.
    n_outputs : int
        Number of results.
    """

    arrays: Circuit = field(repr=False)
    angle_slots: dict[Dependencies, int]
    n_angles: dict[Dependencies, int]
    register_slot: int
    n_encoding: int
    first_trained: int
    n_outputs: int

    @property
    def weights_slot(self) -> int | None:
        """The slot of the angles that all rows share."""
        return self.angle_slots.get(WEIGHTS)

    @property
    def inputs_slot(self) -> int | None:
        """The slot of the angles that depend on inputs alone."""
        return self.angle_slots.get(INPUTS)

    @property
    def size(self) -> int:
        """Amplitudes of a register."""
        return int(self.arrays.size[0])


class Network(NamedTuple):
    """A hybrid model: [linear layer] → circuit → classical layers.

    Attributes
    ----------
    circuit : Circuit
        The circuit.
    first : array of int, shape (1,)
        Its first operation to apply: with a linear layer 0, otherwise the first after the encoding.
    linear : array of int, shape (2,)
        Numbers of inputs and outputs of the linear layer; 0 without one.
    input_range : array of float, shape (2,)
        The range of the circuit's inputs to which a hyperbolic tangent takes the outputs of the linear
        layer; both 0 if it does not.
    sizes : array of int, shape (n_layers + 1,)
        Numbers of units: the results of the circuit, and those of each classical layer.
    activation : array of int, shape (1,)
        The function between classical layers.
    offsets : array of int, shape (n_parameters,)
        Where each parameter starts among all weights: of the linear layer, of the circuit, of each classical
        layer.
    """

    circuit: Circuit
    first: Array
    linear: Array
    input_range: Array
    sizes: Array
    activation: Array
    offsets: Array


class Rows(NamedTuple):
    """Rows of data.

    Attributes
    ----------
    inputs : array, shape (n_rows, n_inputs)
        The inputs of the linear layer; without one, of the circuit.
    registers : complex array, shape (n_rows, D) or (1, 1)
        The registers after the encoding, unless there is a linear layer.
    """

    inputs: Array
    registers: Array


class Optimizer(NamedTuple):
    """An optimizer with PyTorch's update rules.

    Attributes
    ----------
    kind : array of int, shape (1,)
        Which one.
    constants : array of float64, shape (4,)
        Learning rate; for Adam both β and ε, for RMSprop α, 0 and ε.
    state : array, shape (2, n_weights)
        The averages of gradients and of their squares.
    """

    kind: Array
    constants: Array
    state: Array


class Work(NamedTuple):
    """Room for a block of rows.

    Attributes
    ----------
    matrices : Matrices
        The matrices of the circuit.
    inputs : array, shape (n_inputs, width)
        The inputs of the model.
    angles : array, shape (n_encoded, width)
        Those of the circuit.
    state : array, shape (2, D + 1, width)
        The state of the circuit.
    values : array, shape (n_units, width)
        The results of the circuit, and the values of all classical layers.
    """

    matrices: Matrices
    inputs: Array
    angles: Array
    state: Array
    values: Array


def block_width(size: int, batch: int, itemsize: int) -> int:
    """Return how many rows to treat together."""
    fitting = _MAX_BLOCK_BYTES // (4 * size * itemsize)
    width = min(batch, _MAX_WIDTH, max(fitting, _LANES))
    return -(-width // _LANES) * _LANES
