"""A table made ready for the models: split first, then everything fitted on the training rows only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qenn_core.data.features import FittedFeatures, fit_features, frame_of
from qenn_core.data.labeling import LabeledTable, label_table
from qenn_core.data.plane import plane_of
from qenn_core.data.prepared import Ints, Part, PreparedData
from qenn_core.data.reduction import Reduction, fit_reduction
from qenn_core.data.split import Split, stratified_split
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.text import count


class Preparation(NamedTuple):
    """Prepared data with what they came from and what was fitted on the way: all that further rows need."""

    labeled: LabeledTable
    split: Split
    fitted: FittedFeatures
    reduction: Reduction
    data: PreparedData


def prepare(spec: ExperimentSpec, table: Table) -> PreparedData:
    """Split the rows of `table` and turn them into features and inputs.

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
        If the table holds no labeled that can be learnt; the error says what to change.
    """
    return prepare_labeled(spec, label_table(spec, table)).data


def prepare_labeled(spec: ExperimentSpec, labeled: LabeledTable) -> Preparation:
    """Do the work of `prepare` for a table that is labeled already, and keep what was fitted."""
    split = stratified_split(labeled.labels, spec.data.validation_size, spec.data.test_size, spec.seed)
    frame = frame_of(labeled.used).iloc[labeled.rows]
    fitted = fit_features(labeled.used, frame.iloc[split.train])
    features = fitted(frame)
    train = features[split.train]
    reduction = fit_reduction(spec, fitted.names, train, labeled.labels[split.train])
    held_out = features[np.concatenate([split.validation, split.test])]

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
        plane=plane_of(fitted, train, held_out, spec.seed),
        notes=(
            *labeled.notes,
            _sizes_note(split),
            _features_note(labeled, len(fitted.names)),
            reduction.note,
        ),
    )
    return Preparation(labeled, split, fitted, reduction, data)


def _sizes_note(split: Split) -> str:
    return (
        f"{count(len(split.train), 'row')} to train on, {len(split.validation):,} to validate and "
        f"{len(split.test):,} to test, each class in the same proportions."
    )


def _features_note(labeled: LabeledTable, n_features: int) -> str:
    n_columns = len(labeled.used)
    return (
        f"{count(n_features, 'number')} per row came from {count(n_columns, 'column')}; gaps were filled and "
        "scales evened out by what the training rows say."
    )
