"""Records of the data that models are trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PartName = Literal["train", "validation", "test"]


class Part(NamedTuple):
    """One part of the split.

    ``features`` (rows, n_features) are all prepared features; ``inputs`` (rows, n_inputs) are what the
    circuit, or its trainable linear layer, receives; ``labels`` (rows,) are class numbers.
    """

    features: Floats
    inputs: Floats
    labels: Ints


@dataclass(frozen=True)
class Plane:
    """A plane through feature space on which the decision map is drawn.

    Parameters
    ----------
    axes : tuple of str
        Labels of the two axes.
    low, high : tuple of float
        The corners of the area that contains the data.
    to_features : callable
        Transforms points (n, 2) to features (n, n_features).
    to_plane : callable
        Transforms features (n, n_features) to points (n, 2).
    exact : bool
        Whether the plane is the whole feature space (two features), rather than a cut through it.
    """

    axes: tuple[str, str]
    low: tuple[float, float]
    high: tuple[float, float]
    to_features: Callable[[Floats], Floats]
    to_plane: Callable[[Floats], Floats]
    exact: bool


@dataclass(frozen=True)
class PreparedData:
    """The three parts of the split, with the names and transformations that belong to them.

    Parameters
    ----------
    train, validation, test : Part
        The stratified split.
    class_names : tuple of str
        One name per class, in the order of the class numbers.
    feature_names, input_names : tuple of str
        Names of the columns of ``features`` and of ``inputs``.
    to_inputs : callable
        The fitted reduction, from features (n, n_features) to inputs (n, n_inputs).
    plane : Plane or None
        Where the decision map is drawn; ``None`` if there is only one feature.
    notes : tuple of str
        Sentences on what was done to the data.
    test_groups : array (rows,) or None
        The number of the group of each test row; rows of a group are no independent evidence. ``None`` if
        every row of the data is a group of its own.
    n_seen : int
        How many test rows are equal to a training or validation row, as the model sees them. It is 0 unless
        too few rows differ.
    cautions : tuple of str
        Sentences on what the scores do not tell.
    """

    train: Part
    validation: Part
    test: Part
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    input_names: tuple[str, ...]
    to_inputs: Callable[[Floats], Floats]
    plane: Plane | None
    notes: tuple[str, ...]
    test_groups: Ints | None = None
    n_seen: int = 0
    cautions: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[PartName, Part]:
        """The three parts by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def part_sizes(self) -> dict[str, int]:
        """Number of rows in each part, by name."""
        return {name: len(part.labels) for name, part in self.parts.items()}

    @property
    def n_features(self) -> int:
        """Number of prepared features."""
        return len(self.feature_names)

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the model."""
        return len(self.input_names)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)
