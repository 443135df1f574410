"""Preparation of a table for the models: split first, then everything fitted on the training rows only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qenn_core.data.features import FittedFeatures, fit_features, values_frame
from qenn_core.data.labeling import LabeledTable, label_table
from qenn_core.data.plane import fit_plane
from qenn_core.data.prepared import Ints, Part, PreparedData
from qenn_core.data.reduction import Reduction, fit_reduction
from qenn_core.data.split import Split, stratified_split
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.text import count


class Preparation(NamedTuple):
    """Prepared data with their origin and everything fitted on them: all that is needed for further rows."""

    labeled: LabeledTable
    split: Split
    fitted: FittedFeatures
    reduction: Reduction
    data: PreparedData


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
    split = stratified_split(labeled.labels, spec.data.validation_size, spec.data.test_size, spec.seed)
    frame = values_frame(labeled.used).iloc[labeled.rows]
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
        plane=fit_plane(fitted, train, held_out, spec.seed),
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
        f"{count(len(split.train), 'row')} for training, {len(split.validation):,} for validation and "
        f"{len(split.test):,} for testing, with the classes in the same proportions."
    )


def _features_note(labeled: LabeledTable, n_features: int) -> str:
    return (
        f"{count(len(labeled.used), 'column')} gave {count(n_features, 'number')} per row; any gaps were "
        "filled and values rescaled using the training rows."
    )
