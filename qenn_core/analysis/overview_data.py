"""What a page is told of a table: immutable, and light enough for a process that computes nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from qenn_core.errors import ErrorMessage
from qenn_core.experiment import Role

PartName = Literal["train", "validation", "test"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class ColumnSummary(_Record):
    """A column of the table, other than the target."""

    name: str
    role: Role
    guessed: Role
    """What its role would be without the user's word."""
    missing: int
    distinct: int
    examples: tuple[str, ...]
    left_out: str
    """Why nothing is learnt from it; empty for a column that is used."""


class ClassCount(_Record):
    """The rows of one class, in each part of the split and in all."""

    name: str
    train: int
    validation: int
    test: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows(self) -> int:
        """Its rows in all parts."""
        return self.train + self.validation + self.test


class Preview(_Record):
    """The first rows of the table, as text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class PlaneView(_Record):
    """Points on the plane of the decision map, one a shown row."""

    axes: tuple[str, str]
    exact: bool
    """Whether the plane is all there is (two features), rather than a view of more."""
    variance: float
    """Share of the training rows' variance that the plane shows, 0 to 1."""
    points: tuple[tuple[float, float], ...]


class FeatureView(_Record):
    """The features that tell the classes apart best in the training part, in the units of their columns."""

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """One row a shown row, one value a name."""


class Shown(_Record):
    """The rows that pictures show: a sample of all parts, with each row's class number and part."""

    labels: tuple[int, ...]
    parts: tuple[PartName, ...]
    plane: PlaneView | None
    """``None`` when there is one feature only."""
    telling: FeatureView

    @cached_property
    def points(self) -> list[dict[str, float | str]]:
        """The rows on the plane as charts take them: place, class number and part; empty without a plane."""
        if self.plane is None:
            return []
        return [
            {"x": x, "y": y, "label": label, "part": part}
            for (x, y), label, part in zip(self.plane.points, self.labels, self.parts, strict=True)
        ]


class PreparedSummary(_Record):
    """The data as the models get them."""

    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    input_names: tuple[str, ...]
    classes: tuple[ClassCount, ...]
    rows: dict[str, int]
    shown: Shown
    notes: tuple[str, ...]
    """What was done to the data, in plain sentences."""

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


class Overview(_Record):
    """A table, how it is understood, and what became of it: either ``ready`` or ``refusal`` is there."""

    name: str
    n_rows: int
    preview: Preview
    target: str
    target_reason: str
    columns: tuple[ColumnSummary, ...]
    ready: PreparedSummary | None
    refusal: ErrorMessage | None
