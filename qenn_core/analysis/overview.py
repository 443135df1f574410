"""The description of a table and its preparation, before training."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from qenn_core.analysis.overview_data import (
    ClassCount,
    ColumnSummary,
    FeatureValues,
    Overview,
    PreparedSummary,
    Preview,
    Projection,
    RowSample,
)
from qenn_core.data import (
    Column,
    Floats,
    ImageFormat,
    Plane,
    Preparation,
    Table,
    choose_target,
    find_image,
    label_table,
    prepare_labeled,
    read_columns,
    separation,
    target_cells,
)
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model import AutomaticField, choose_circuit
from qenn_core.registry import Scalar

PREVIEW_ROWS = 20
EXAMPLES = 3
# Longer cells would push the other columns off the screen.
MAX_CELL_LENGTH = 80
# A number with so many decimal places that it cannot be read at a glance, up to the first six that matter.
_LONG_FRACTION = re.compile(r"^([+-]?\d+[.,](?:0*[1-9]\d{5}|\d{6}))\d{2,}(?=([eE][+-]?\d+)?$)")
# More points would overlap and slow the browser down.
SAMPLE_ROWS = 800
BEST_FEATURES = 4


def describe_table(
    spec: ExperimentSpec, table: Table, automatic: Collection[AutomaticField] = (), max_qubits: int = 0
) -> Overview:
    """Describe `table` and how `spec` uses it.

    Data that cannot be used are described as well, with an error instead of the prepared data, so that the
    user can look at the table and change the settings.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings; target, roles, bands, split and reduction matter.
    table : Table
        The table, with at least one column.
    automatic, max_qubits
        Which settings of the circuit are chosen for these data; see `qenn_core.model.choose_circuit`.

    Raises
    ------
    DataError
        If the table has no columns.
    """
    try:
        labeled = label_table(spec, table)
        target, reason, columns = labeled.target, labeled.reason, labeled.columns
        preparation = prepare_labeled(spec, labeled)
        chosen = choose_circuit(
            spec,
            automatic,
            n_features=preparation.data.n_features,
            n_classes=preparation.data.n_classes,
            max_qubits=max_qubits,
        )
        if chosen != spec:
            preparation = prepare_labeled(chosen, labeled)
        prepared, message = _summarise_preparation(chosen, preparation), None
    except DataError as error:
        target, reason = _fallback_target(spec, table)
        columns = read_columns(table.frame, dict(spec.data.roles), target)
        prepared = None
        message = error.message
    image = find_image(spec.data.source, columns)
    return Overview(
        name=table.name,
        n_rows=len(table.frame),
        preview=_preview(table, target, image),
        target=target,
        target_reason=reason,
        columns=tuple(_summarise_column(column) for column in columns),
        image=image,
        prepared=prepared,
        error=message,
    )


def _fallback_target(spec: ExperimentSpec, table: Table) -> tuple[str, str]:
    chosen = spec.data.target
    return choose_target(table, chosen if chosen in table.frame.columns else None)


def _preview(table: Table, target: str, image: ImageFormat | None) -> Preview:
    head = table.frame.head(PREVIEW_ROWS).copy()
    head[target] = target_cells(table, target).cells.head(PREVIEW_ROWS)
    return Preview(
        columns=tuple(map(str, head.columns)),
        rows=tuple(tuple(map(_cell_text, row)) for row in head.itertuples(index=False, name=None)),
        images=() if image is None else tuple(grey.tobytes() for grey in image.read_grey(head)),
    )


def _cell_text(cell: Scalar | None) -> str:
    text = "" if pd.isna(cell) else _LONG_FRACTION.sub(r"\1…", str(cell))
    return text if len(text) <= MAX_CELL_LENGTH else text[: MAX_CELL_LENGTH - 1] + "…"


def _summarise_column(column: Column) -> ColumnSummary:
    distinct_cells = column.cells.dropna().drop_duplicates()
    return ColumnSummary(
        name=column.name,
        role=column.role,
        guessed=column.guessed,
        missing=int(column.cells.isna().sum()),
        distinct=len(distinct_cells),
        examples=tuple(map(_cell_text, distinct_cells.head(EXAMPLES))),
        left_out=column.left_out,
    )


def _summarise_preparation(spec: ExperimentSpec, preparation: Preparation) -> PreparedSummary:
    data = preparation.data
    sizes = {part: np.bincount(rows.labels, minlength=data.n_classes) for part, rows in data.parts.items()}
    return PreparedSummary(
        class_names=data.class_names,
        feature_names=data.feature_names,
        input_names=data.input_names,
        classes=tuple(
            ClassCount(name=name, **{part: int(size[k]) for part, size in sizes.items()})
            for k, name in enumerate(data.class_names)
        ),
        rows=data.part_sizes,
        sample=_sample_rows(preparation),
        notes=data.notes,
        advice=preparation.advice,
        n_qubits=spec.circuit.n_qubits,
        reduction=spec.encoding.reduction,
    )


def _sample_rows(preparation: Preparation) -> RowSample:
    data = preparation.data
    features = np.concatenate([part.features for part in data.parts.values()])
    labels = np.concatenate([part.labels for part in data.parts.values()])
    part_of = np.repeat(list(data.parts), [len(part.labels) for part in data.parts.values()])
    n_sampled = min(SAMPLE_ROWS, len(labels))
    # The parts follow one another, so evenly spaced rows sample each part in proportion.
    rows = np.arange(n_sampled) * len(labels) // n_sampled
    best = np.argsort(-separation(data.train.features, data.train.labels), kind="stable")[:BEST_FEATURES]
    return RowSample(
        labels=labels[rows].tolist(),
        parts=part_of[rows].tolist(),
        projection=None if data.plane is None else _project(data.plane, data.train.features, features[rows]),
        best_features=FeatureValues(
            names=tuple(data.feature_names[k] for k in best),
            values=preparation.fitted.in_units(features[rows])[:, best].tolist(),
        ),
    )


def _project(plane: Plane, train: Floats, features: Floats) -> Projection:
    explained = 1.0 if plane.exact else plane.to_plane(train).var(axis=0).sum() / train.var(axis=0).sum()
    return Projection(
        axes=plane.axes,
        exact=plane.exact,
        explained_variance=explained,
        points=plane.to_plane(features).tolist(),
    )
