"""Records of a decision map, small enough to send to a page."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from qenn_core.data import PartName


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


class MapPoint(_Record):
    """A row of the data on the plane of the decision map."""

    x: float
    y: float
    label: int
    part: PartName
