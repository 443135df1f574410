"""The rows and columns of a table that are used, with the class of each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from qenn_core import limits
from qenn_core.data.columns import Column, column_notes, read_columns
from qenn_core.data.prepared import Ints
from qenn_core.data.reading.sampling import stratified_sample
from qenn_core.data.table import Table
from qenn_core.data.target import NO_CLASS, choose_target, make_classes
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from qenn_core.text import count, quoted_list


@dataclass(frozen=True)
class LabeledTable:
    """The rows that are used, the parsed columns, and the class of each row.

    Parameters
    ----------
    target, reason : str
        The column to predict, and why it was chosen.
    columns : tuple of Column
        Every column except the target, with all rows of the table or of the sample.
    rows : array (rows,)
        Positions in these columns of the rows that are used, ascending.
    labels : array (rows,)
        The class number of each row that is used.
    class_names : tuple of str
        One name per class.
    notes : tuple of str
        Sentences on what was done.
    edges : tuple of float
        If the classes are bands of a numeric target, the upper end of each band except the last.
    """

    target: str
    reason: str
    columns: tuple[Column, ...]
    rows: Ints
    labels: Ints
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    edges: tuple[float, ...] = ()

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are not left out."""
        return tuple(column for column in self.columns if not column.left_out)


def label_table(spec: ExperimentSpec, table: Table) -> LabeledTable:
    """Choose the target, rows and columns of `table` as `spec` says, and label the rows.

    Raises
    ------
    DataError
        If no classifier can be trained on the table; the error says what to change.
    """
    target, reason = choose_target(table, spec.data.target)
    frame = _sample(table.frame, target, spec)
    classes = make_classes(frame[target], spec.data.bands)
    columns = read_columns(frame, dict(spec.data.roles), target)
    notes = [f"‘{target}’ is the column to predict: {reason}."]
    if len(frame) < len(table.frame):
        notes.append(f"A random sample of {len(frame):,} of {count(len(table.frame), 'row')} is used.")
    notes += [*classes.notes, *column_notes(columns)]
    if all(column.left_out for column in columns):
        raise DataError(
            "No column is left to train on.",
            notes[-1] if columns else "The table has no column other than the one to predict.",
            "Change the role of a column, or choose another column to predict.",
            "data.roles",
        )
    rows = np.flatnonzero(classes.labels != NO_CLASS)
    if len(rows) < limits.MIN_ROWS:
        raise DataError(
            f"Only {count(len(rows), 'row')} can be used, but at least {limits.MIN_ROWS} are needed.",
            "So few rows cannot be split into training, validation and test parts.",
            "Use a table with more rows, or another column to predict.",
            "data.target",
        )
    labeled = LabeledTable(
        target, reason, columns, rows, classes.labels[rows], classes.names, tuple(notes), classes.edges
    )
    return replace(labeled, notes=(*notes, *_leakage_notes(labeled)))


def _sample(frame: pd.DataFrame, target: str, spec: ExperimentSpec) -> pd.DataFrame:
    size = spec.data.sample_rows
    if size is None or len(frame) <= size:
        return frame
    strata, _ = pd.factorize(frame[target])
    return frame.iloc[stratified_sample(strata, size, spec.seed)]


def _leakage_notes(labeled: LabeledTable) -> list[str]:
    """Return a warning about columns that may leak the target, such as "alive" for "survived"."""
    labels = pd.Series(labeled.labels)
    names = [
        column.name
        for column in labeled.used
        if column.role in ("category", "boolean")
        and labels.groupby(column.values.iloc[labeled.rows].to_numpy()).nunique().max() == 1
    ]
    if not names:
        return []
    return [f"Each value occurs in only one class, which may give the answer away: {quoted_list(names)}."]
