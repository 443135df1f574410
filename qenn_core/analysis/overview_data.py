"""Records that describe a table to a page; importing them loads no heavy library."""

from __future__ import annotations

from functools import cached_property

from pydantic import BaseModel, ConfigDict, computed_field

from qenn_core.data import Advice, ImageFormat, PartName
from qenn_core.errors import ErrorMessage
from qenn_core.experiment import ReductionMethod, Role


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")


class ColumnSummary(_Record):
    """A column of the table, other than the target."""

    name: str
    role: Role
    guessed: Role
    """The role that was detected; ``role`` differs from it if the user chose another."""
    missing: int
    distinct: int
    examples: tuple[str, ...]
    left_out: str
    """The reason why the column is not used; empty if it is used."""


class ClassCount(_Record):
    """The number of rows of a class, in each part of the split and in total."""

    name: str
    train: int
    validation: int
    test: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows(self) -> int:
        """The number of rows in all parts."""
        return self.train + self.validation + self.test


class Preview(_Record):
    """The first rows of the table, as text in which long cells are cut, and as images if they are some."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    images: tuple[bytes, ...] = ()
    """The levels of grey of each row's pixels, row by row from the top left."""


class Projection(_Record):
    """The sampled rows projected onto the plane of the decision map."""

    axes: tuple[str, str]
    exact: bool
    """Whether the plane is the whole feature space (of two features) rather than a projection of it."""
    explained_variance: float
    """The share of the training rows' variance that lies in the plane, 0 to 1."""
    points: tuple[tuple[float, float], ...]
    """One point per sampled row."""


class FeatureValues(_Record):
    """Values of selected features of the sampled rows, in the units of their columns."""

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """One tuple per sampled row, with one value per name."""


class RowSample(_Record):
    """The rows shown in charts: a sample of all parts, with the class number and part of each row."""

    labels: tuple[int, ...]
    parts: tuple[PartName, ...]
    projection: Projection | None
    """``None`` if there is only one feature."""
    best_features: FeatureValues
    """The features that separate the classes best in the training part, the best first."""

    @cached_property
    def points(self) -> list[dict[str, float | str]]:
        """The projected rows as charts take them: coordinates, class number, part; or an empty list."""
        if self.projection is None:
            return []
        return [
            {"x": x, "y": y, "label": label, "part": part}
            for (x, y), label, part in zip(self.projection.points, self.labels, self.parts, strict=True)
        ]


class PreparedSummary(_Record):
    """The data as they are passed to the models."""

    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    input_names: tuple[str, ...]
    classes: tuple[ClassCount, ...]
    rows: dict[str, int]
    sample: RowSample
    notes: tuple[str, ...]
    """The steps of the preparation, in plain sentences."""
    advice: tuple[Advice, ...]
    """What looks wrong with the data."""
    n_qubits: int
    reduction: ReductionMethod
    """The circuit that the data are prepared for, and how the features are reduced to its size."""

    @property
    def n_features(self) -> int:
        """The number of prepared features."""
        return len(self.feature_names)

    @property
    def n_inputs(self) -> int:
        """The number of inputs of the model."""
        return len(self.input_names)

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)


class Overview(_Record):
    """A table, how its columns are interpreted, and the result: either ``prepared`` or ``error`` is set."""

    name: str
    n_rows: int
    preview: Preview
    target: str
    target_reason: str
    columns: tuple[ColumnSummary, ...]
    image: ImageFormat | None
    """How the rows are images, if they are."""
    prepared: PreparedSummary | None
    error: ErrorMessage | None
