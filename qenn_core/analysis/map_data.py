"""What probes of a model find, small enough to send to a page."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from qenn_core.data import PartName


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class DecisionMap(_Record):
    """Which class a model names at each point of a grid over the plane of the data."""

    axes: tuple[str, str]
    x: tuple[float, ...]
    """The columns of the grid."""
    y: tuple[float, ...]
    """The rows of the grid."""
    winner: tuple[tuple[int, ...], ...]
    """``winner[row][column]`` is the number of the most probable class."""
    probability: tuple[tuple[float, ...], ...]
    """Its probability, to three decimals."""
    exact: bool
    """Whether the plane is the whole feature space, rather than a cut through it."""


class MapPoint(_Record):
    """A row of the data on the plane of the decision map."""

    x: float
    y: float
    label: int
    part: PartName
