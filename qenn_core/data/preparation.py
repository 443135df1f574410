"""Preparation of a table for the models: split first, then everything fitted on the training rows only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from qenn_core.data.advice import Advice, with_role
from qenn_core.data.columns import Column
from qenn_core.data.features import FittedFeatures, fit_features, values_frame
from qenn_core.data.giveaways import find_giveaways
from qenn_core.data.groups import number_cells, number_features, number_rows, unite
from qenn_core.data.labeling import LabeledTable, label_table
from qenn_core.data.plane import fit_plane
from qenn_core.data.prepared import Floats, Ints, Part, PreparedData
from qenn_core.data.reduction import Reduction, fit_reduction
from qenn_core.data.row_order import order_caution
from qenn_core.data.split import Split, stratified_split
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.text import count

# Times that the rows are split, which ends as soon as the same features are selected as the time before.
_MAX_SPLITS = 5
# A column with fewer different values is more likely a code of the class than a name.
_MIN_NAMES = 6


class Preparation(NamedTuple):
    """Prepared data with their origin and everything fitted on them: all that is needed for further rows."""

    labeled: LabeledTable
    split: Split
    fitted: FittedFeatures
    reduction: Reduction
    data: PreparedData
    advice: tuple[Advice, ...] = ()


class _Fit(NamedTuple):
    """A split, what was fitted on its training rows, and the features of all rows."""

    split: Split
    fitted: FittedFeatures
    reduction: Reduction
    features: Floats


class _Separated(NamedTuple):
    """A fit whose parts share as few rows as possible.

    ``groups`` (rows,) are the groups that the parts should not share, which unite the ``named`` ones and rows
    that are equal; ``equal_cells`` only considers the cells of the table. ``n_seen`` test rows are in another
    part, too; ``n_different`` rows differ.
    """

    fit: _Fit
    named: Ints
    equal_cells: Ints
    groups: Ints
    n_seen: int
    n_different: int

    @property
    def n_groups(self) -> int:
        return len(np.unique(self.groups))


def prepare(spec: ExperimentSpec, table: Table) -> PreparedData:
    """Split the rows of `table` and transform them to features and inputs.

    The same spec and the same table give the same numbers.

    Parameters
    ----------
    spec : ExperimentSpec
        Target, roles, bands, sample, split, reduction and seed.
    table : Table
        The rows.

    Raises
    ------
    DataError
        If no classifier can be trained on the table; the error says what to change.
    """
    return prepare_labeled(spec, label_table(spec, table)).data


def prepare_labeled(spec: ExperimentSpec, labeled: LabeledTable) -> Preparation:
    """Do the work of `prepare` for a labelled table, and return what was fitted too."""
    frame = values_frame(labeled.used).iloc[labeled.rows]
    separated = _separate(spec, labeled, frame)
    split, fitted, reduction, features = separated.fit
    held_out = features[np.concatenate([split.validation, split.test])]

    caution = order_caution(labeled)

    def part(rows: Ints) -> Part:
        return Part(features[rows], reduction.to_inputs(features[rows]), labeled.labels[rows])

    data = PreparedData(
        train=part(split.train),
        validation=part(split.validation),
        test=part(split.test),
        class_names=labeled.class_names,
        feature_names=fitted.names,
        input_names=reduction.names,
        to_inputs=reduction.to_inputs,
        plane=fit_plane(fitted, features[split.train], held_out, spec.seed),
        notes=(
            *labeled.notes,
            _sizes_note(split),
            *_group_notes(labeled, separated),
            _features_note(labeled, len(fitted.names)),
            reduction.note,
            *filter(None, [caution]),
        ),
        test_groups=separated.groups[split.test] if separated.n_groups < len(frame) else None,
        n_seen=separated.n_seen,
        cautions=tuple(filter(None, [caution])),
    )
    advice = (*_giveaway_advice(spec.data, labeled, separated), *labeled.advice)
    return Preparation(labeled, split, fitted, reduction, data, advice)


def _separate(spec: ExperimentSpec, labeled: LabeledTable, frame: pd.DataFrame) -> _Separated:
    """Split the rows so that no two parts share a row, as the model sees it, or a group that the user named.

    Rows that differ in the table may be equal when they are reduced, which depends on the split. If such rows
    are in different parts, the rows are split again with these together. If there are too few groups to do
    so, the parts share rows.

    Held-out rows that are clipped to the range of the training rows are not considered equal: they would
    decide which rows are trained on.
    """
    named = _named_groups(labeled)
    equal_cells = number_rows(frame)
    together, fit = unite(named, equal_cells), None
    for _ in range(_MAX_SPLITS):
        split = _split(spec, labeled, together)
        if split is None:
            break
        fit = _fit(spec, labeled, frame, split)
        equal = number_features(fit.reduction.reduce(fit.features))
        if not _are_shared(equal, split):
            break
        together = unite(named, unite(equal_cells, equal))
    if fit is None:
        split = _split(spec, labeled, named)
        if split is None:
            raise _too_few_groups(labeled, named)
        fit = _fit(spec, labeled, frame, split)
        equal = number_features(fit.reduction.reduce(fit.features))
    in_other_parts = equal[np.concatenate([fit.split.train, fit.split.validation])]
    return _Separated(
        fit=fit,
        named=named,
        equal_cells=equal_cells,
        groups=unite(named, equal),
        n_seen=int(np.isin(equal[fit.split.test], in_other_parts).sum()),
        n_different=int(equal.max()) + 1,
    )


def _split(spec: ExperimentSpec, labeled: LabeledTable, groups: Ints) -> Split | None:
    data = spec.data
    return stratified_split(labeled.labels, groups, data.validation_size, data.test_size, spec.seed)


def _fit(spec: ExperimentSpec, labeled: LabeledTable, frame: pd.DataFrame, split: Split) -> _Fit:
    fitted = fit_features(labeled.used, frame.iloc[split.train])
    features = fitted(frame)
    reduction = fit_reduction(spec, fitted.names, features[split.train], labeled.labels[split.train])
    return _Fit(split, fitted, reduction, features)


def _are_shared(groups: Ints, split: Split) -> bool:
    """Return whether a group has rows in several parts."""
    return sum(len(np.unique(groups[rows])) for rows in split) > len(np.unique(groups))


def _named_groups(labeled: LabeledTable) -> Ints:
    column = labeled.group_column
    if column is None:
        return np.arange(len(labeled.rows))
    return number_cells(column.cells.iloc[labeled.rows])


def _too_few_groups(labeled: LabeledTable, groups: Ints) -> DataError:
    assert labeled.group_column is not None, "rows that are groups of their own can always be split"
    sizes = [len(np.unique(groups[labeled.labels == k])) for k in range(len(labeled.class_names))]
    name, rarest = labeled.group_column.name, int(np.argmin(sizes))
    return DataError(
        f"The rows cannot be split by ‘{name}’: class ‘{labeled.class_names[rarest]}’ has only "
        f"{count(sizes[rarest], 'value')} of it.",
        "Training, validation and test rows never share a value, but each of them needs every class.",
        f"Give ‘{name}’ another role, or predict another column.",
        "data.roles",
    )


def _giveaway_advice(data: DataSpec, labeled: LabeledTable, separated: _Separated) -> Iterator[Advice]:
    train = separated.fit.split.train
    found = find_giveaways(
        labeled.used,
        labeled.rows[train],
        labeled.labels[train],
        separated.equal_cells[train],
        separated.named[train],
    )
    columns = {column.name: column for column in labeled.used}
    for name, n_right, n_rows in found:
        share = f"all {len(train):,}" if n_right == n_rows else f"{n_right / n_rows:.1%} of {len(train):,}"
        tells = f"‘{name}’ alone tells the class of {share} training rows"
        if _names_groups(columns[name], labeled.rows[train], len(labeled.class_names)):
            yield Advice(
                text=f"{tells}, and its values repeat. If they name whom or what a row comes from, rows "
                "of the same one should not be among both the training and the test rows.",
                action=f"Keep rows of the same ‘{name}’ together",
                data=with_role(data, name, "group"),
            )
        else:
            yield Advice(
                text=f"{tells}. If it is only known once the class is known, it gives the answer away.",
                action=f"Leave out ‘{name}’",
                data=with_role(data, name, "ignore"),
            )


def _names_groups(column: Column, rows: Ints, n_classes: int) -> bool:
    """Return whether the values of a column may be names: many whole numbers or words, which repeat."""
    values = column.values.iloc[rows].dropna()
    n_different = values.nunique()
    if n_different < max(_MIN_NAMES, 2 * n_classes) or len(values) < 2 * n_different:
        return False
    return column.role == "category" or (column.role == "numeric" and bool((values % 1 == 0).all()))


def _sizes_note(split: Split) -> str:
    return (
        f"{count(len(split.train), 'row')} for training, {len(split.validation):,} for validation and "
        f"{len(split.test):,} for testing, with the classes in about the same proportions."
    )


def _group_notes(labeled: LabeledTable, separated: _Separated) -> Iterator[str]:
    column = labeled.group_column
    if column is not None:
        values = column.cells.iloc[labeled.rows]
        yield (
            f"Training, validation and test rows never share a ‘{column.name}’; there are "
            f"{count(values.nunique(), 'different one')}."
        )
        n_missing = int(values.isna().sum())
        if n_missing:
            yield f"{count(n_missing, 'row')} without a ‘{column.name}’ stand for themselves."
    n_rows, n_test = len(labeled.rows), len(separated.fit.split.test)
    n_repeats = n_rows - separated.n_different
    if separated.n_seen:
        yield (
            f"Only {separated.n_different:,} of {n_rows:,} rows differ as the model sees them. So "
            f"{separated.n_seen:,} of {count(n_test, 'test row')} are equal to training or validation rows, "
            "and test what the model remembers rather than how it does on new rows."
        )
    elif n_repeats:
        yield (
            f"{count(n_repeats, 'row')} {'repeats' if n_repeats == 1 else 'repeat'} another row, as the "
            "model sees them. Equal rows stay in one part, and count as one when chance is judged."
        )


def _features_note(labeled: LabeledTable, n_features: int) -> str:
    n_columns = len(labeled.used)
    constant = " (columns that never change in the training rows gave none)" if n_features < n_columns else ""
    return (
        f"{count(n_columns, 'column')} gave {count(n_features, 'number')} per row{constant}; any gaps were "
        "filled and values rescaled using the training rows."
    )
