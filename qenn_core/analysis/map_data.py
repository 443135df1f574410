"""Records of a decision map, small enough to send to a page."""

from __future__ import annotations

from base64 import b64encode
from itertools import chain

from pydantic import BaseModel, ConfigDict

from qenn_core.data import PartName

# In a map frame, in place of a class.
NOT_PREDICTED = 255


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class DecisionMap(_Record):
    """The class that a model predicts at each point of a grid on the plane of the data."""

    axes: tuple[str, str]
    x: tuple[float, ...]
    """The coordinates of the grid columns."""
    y: tuple[float, ...]
    """The coordinates of the grid rows."""
    winner: tuple[tuple[int, ...], ...]
    """``winner[row][column]`` is the number of the most probable class."""
    probability: tuple[tuple[float, ...], ...]
    """The probability of that class, rounded to three decimals."""
    exact: bool
    """Whether the plane is the whole feature space rather than a section through it."""
    n_features: int | None = None
    """The number of features, of which the plane shows two directions; ``None`` in older reports."""
    predictions: tuple[int | None, ...] | None = None
    """The class predicted for each point on the map; ``None`` for a test row before training has ended.
    Older reports have no predictions."""


class MapFrame(_Record):
    """The decision map after an epoch, small enough to keep it for many epochs."""

    epoch: int
    size: int
    """Points along each axis."""
    cells: str
    """A byte for each point, row by row, in Base64. The upper four bits are the number of the class, the
    lower four its probability, from 0 for guessing to 15 for certainty."""
    predictions: str = ""
    """A byte for each row on the map with the class predicted for it, or 255 if it is not predicted, in
    Base64."""

    @classmethod
    def of(cls, decision_map: DecisionMap, epoch: int, n_classes: int) -> MapFrame:
        """Return the frame of a map with as many points along both axes.

        Parameters
        ----------
        decision_map : DecisionMap
            The map.
        epoch : int
            The epoch after which it was drawn.
        n_classes : int
            Number of classes, 2 to 16.
        """
        guess = 1 / n_classes
        cells = bytes(
            16 * winner + round(15 * max(0.0, probability - guess) / (1 - guess))
            for winner, probability in zip(
                chain.from_iterable(decision_map.winner),
                chain.from_iterable(decision_map.probability),
                strict=True,
            )
        )
        predictions = bytes(
            NOT_PREDICTED if number is None else number for number in decision_map.predictions or ()
        )
        return cls(
            epoch=epoch,
            size=len(decision_map.x),
            cells=b64encode(cells).decode(),
            predictions=b64encode(predictions).decode(),
        )


class MapPoint(_Record):
    """A row of the data on the plane of the decision map."""

    x: float
    y: float
    label: int
    part: PartName
