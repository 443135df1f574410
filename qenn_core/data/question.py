"""What is asked of a table: which rows and columns, and which class each row belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qenn_core import limits
from qenn_core.data.columns import Column, notes_on, read_columns
from qenn_core.data.prepared import Ints
from qenn_core.data.split import stratified_sample
from qenn_core.data.table import Table
from qenn_core.data.target import NO_CLASS, choose_target, classes_of
from qenn_core.data.words import count
from qenn_core.errors import DataError, TooManyRowsError
from qenn_core.spec import ExperimentSpec


@dataclass(frozen=True)
class Question:
    """The rows that are used, the columns read, and the class of each row.

    Parameters
    ----------
    target, reason : str
        The column to predict, and why it is this one.
    columns : tuple of Column
        Every column but the target, with all rows of the table.
    rows : array (rows,)
        Positions in the table of the rows that are used, ascending.
    labels : array (rows,)
        The class number of each of them.
    class_names : tuple of str
        One name a class.
    notes : tuple of str
        What was done, in plain sentences.
    """

    target: str
    reason: str
    columns: tuple[Column, ...]
    rows: Ints
    labels: Ints
    class_names: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are learnt from."""
        return tuple(column for column in self.columns if not column.left_out)


def ask(spec: ExperimentSpec, table: Table) -> Question:
    """Read the question that `spec` puts to `table`.

    Raises
    ------
    DataError
        If the table holds no question that can be learnt: see the error's remedy.
    """
    target, reason = choose_target(table, spec.data.target)
    classes = classes_of(table, target, spec.data.bands)
    columns = read_columns(table.frame, dict(spec.data.roles), target)
    notes = [f"‘{target}’ is the column to predict: {reason}.", *classes.notes, *notes_on(columns)]
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
    sample = spec.data.sample_rows
    if sample is None and len(rows) > limits.MAX_ROWS:
        raise TooManyRowsError(len(rows), limits.MAX_ROWS)
    if sample is not None and len(rows) > sample:
        drawn = stratified_sample(classes.labels[rows], sample, spec.seed)
        notes.append(f"A random sample of {len(drawn):,} of {count(len(rows), 'row')} is used.")
        rows = rows[drawn]
    return Question(target, reason, columns, rows, classes.labels[rows], classes.names, tuple(notes))
