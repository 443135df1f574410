"""What is asked of a table: which rows and columns, and which class each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from qenn_core import limits
from qenn_core.data.columns import Column, notes_on, read_columns
from qenn_core.data.prepared import Ints
from qenn_core.data.reading.sampling import choose_rows
from qenn_core.data.table import Table
from qenn_core.data.target import NO_CLASS, choose_target, classes_of
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from qenn_core.text import count, quoted_list


@dataclass(frozen=True)
class LabeledTable:
    """The rows that are used, the columns read, and the class of each row.

    Parameters
    ----------
    target, reason : str
        The column to predict, and why it is this one.
    columns : tuple of Column
        Every column but the target, with all rows of the table or of the sample.
    rows : array (rows,)
        Positions in those columns of the rows that are used, ascending.
    labels : array (rows,)
        The class number of each of them.
    class_names : tuple of str
        One name a class.
    notes : tuple of str
        What was done, in plain sentences.
    edges : tuple of float
        Where the classes are bands of a numeric target, the numbers that they end with.
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
        """The columns that are learnt from."""
        return tuple(column for column in self.columns if not column.left_out)


def label_table(spec: ExperimentSpec, table: Table) -> LabeledTable:
    """Read the labeled that `spec` puts to `table`.

    Raises
    ------
    DataError
        If the table holds no labeled that can be learnt: see the error's remedy.
    """
    target, reason = choose_target(table, spec.data.target)
    frame = _sampled(table.frame, target, spec)
    classes = classes_of(frame[target], spec.data.bands)
    columns = read_columns(frame, dict(spec.data.roles), target)
    notes = [f"‘{target}’ is the column to predict: {reason}."]
    if len(frame) < len(table.frame):
        notes.append(f"A random sample of {len(frame):,} of {count(len(table.frame), 'row')} is used.")
    notes += [*classes.notes, *notes_on(columns)]
    if all(column.left_out for column in columns):
        raise DataError(
            "No column is left to learn from.",
            notes[-1] if columns else "The table has no column but the one to predict.",
            "Change the role of a column, or choose another column to predict.",
            "data.roles",
        )
    rows = np.flatnonzero(classes.labels != NO_CLASS)
    if len(rows) < limits.MIN_ROWS:
        raise DataError(
            f"{count(len(rows), 'row')} can be used, fewer than the {limits.MIN_ROWS} that are needed.",
            "So few rows cannot be parted into training, validation and test.",
            "Use a table with more rows, or another column to predict.",
            "data.target",
        )
    labeled = LabeledTable(
        target, reason, columns, rows, classes.labels[rows], classes.names, tuple(notes), classes.edges
    )
    return replace(labeled, notes=(*notes, *_giveaways(labeled)))


def _sampled(frame: pd.DataFrame, target: str, spec: ExperimentSpec) -> pd.DataFrame:
    size = spec.data.sample_rows
    if size is None or len(frame) <= size:
        return frame
    strata, _ = pd.factorize(frame[target])
    return frame.iloc[choose_rows(strata, size, spec.seed)]


def _giveaways(labeled: LabeledTable) -> list[str]:
    """Warn of columns that may be the answer in other words, such as "alive" beside "survived"."""
    labels = pd.Series(labeled.labels)
    names = [
        column.name
        for column in labeled.used
        if column.role in ("category", "boolean")
        and labels.groupby(column.values.iloc[labeled.rows].to_numpy()).nunique().max() == 1
    ]
    if not names:
        return []
    return [f"Each value occurs in one class only, which may give the answer away: {quoted_list(names)}."]
