"""The rows and columns of a table that are used, with the class of each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qenn_core import limits
from qenn_core.data.advice import Advice, with_role
from qenn_core.data.amounts import digits_of
from qenn_core.data.columns import GROUPS_ROWS, Column, column_notes, read_columns
from qenn_core.data.gap_codes import find_gap_codes
from qenn_core.data.prepared import Ints
from qenn_core.data.reading.sampling import stratified_sample
from qenn_core.data.table import Table
from qenn_core.data.target import NO_CLASS, choose_target, make_classes, spellings, target_cells
from qenn_core.errors import DataError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.text import count, quoted_list

# A text column may name what the rows come from if it has this many texts that repeat, in most of the rows.
_MIN_REPEATED_TEXTS = 6
_MIN_REPEATED_SHARE = 0.8


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
    advice : tuple of Advice
        What looks wrong.
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
    advice: tuple[Advice, ...] = ()
    edges: tuple[float, ...] = ()

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that are not left out."""
        return tuple(column for column in self.columns if not column.left_out)

    @property
    def group_column(self) -> Column | None:
        """The column whose values say which rows belong together."""
        return next((column for column in self.columns if column.left_out == GROUPS_ROWS), None)


def label_table(spec: ExperimentSpec, table: Table) -> LabeledTable:
    """Choose the target, rows and columns of `table` as `spec` says, and label the rows.

    Raises
    ------
    DataError
        If no classifier can be trained on the table; the error says what to change.
    """
    target, reason = choose_target(table, spec.data.target)
    cells, class_words = target_cells(table, target)
    frame = table.frame.copy(deep=False)
    frame[target] = cells
    frame = _sample(frame, target, spec)
    classes = make_classes(
        frame[target],
        spec.data.bands,
        ignore_case=spec.data.ignore_case,
        combine_rare=spec.data.combine_rare,
    )
    columns = read_columns(frame, dict(spec.data.roles), target, classes.labels)
    _refuse_two_groupings(columns)
    notes = [f"‘{target}’ is the column to predict: {reason}."]
    if len(frame) < len(table.frame):
        notes.append(f"A random sample of {len(frame):,} of {count(len(table.frame), 'row')} is used.")
    if class_words:
        notes.append(
            f"In ‘{target}’, {quoted_list(class_words)} is as frequent as a class, and is one there."
        )
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
    return LabeledTable(
        target=target,
        reason=reason,
        columns=columns,
        rows=rows,
        labels=classes.labels[rows],
        class_names=classes.names,
        notes=tuple(notes),
        advice=(
            *_gap_word_advice(spec.data, table, target, class_words),
            *_gap_code_advice(spec.data, table, target, columns, class_words),
            *(() if spec.data.bands else _case_advice(spec.data, target, frame[target])),
            *_group_advice(spec.data, columns),
        ),
        edges=classes.edges,
    )


def _sample(frame: pd.DataFrame, target: str, spec: ExperimentSpec) -> pd.DataFrame:
    size = spec.data.sample_rows
    if size is None or len(frame) <= size:
        return frame
    strata, _ = pd.factorize(frame[target])
    return frame.iloc[stratified_sample(strata, size, spec.seed)]


def _refuse_two_groupings(columns: Sequence[Column]) -> None:
    names = [column.name for column in columns if column.left_out == GROUPS_ROWS]
    if len(names) > 1:
        raise DataError(
            f"{len(names)} columns have the role ‘group’: {quoted_list(names)}.",
            "Only one column can say which rows belong together.",
            "Give the others another role.",
            "data.roles",
        )


def _gap_word_advice(
    data: DataSpec, table: Table, target: str, class_words: Mapping[str, int]
) -> Iterator[Advice]:
    if not class_words or table.reading is None:
        return
    words = quoted_list(class_words)
    yield Advice(
        text=f"In {count(sum(class_words.values()), 'row')}, ‘{target}’ is {words}. That is as often as "
        "other classes, so it counts as a class. If it means that the class is unknown, leave them out.",
        action=f"Leave out rows with {words}",
        data=data.model_copy(update={"gaps": table.reading.gap_words}),
    )


def _gap_code_advice(
    data: DataSpec, table: Table, target: str, columns: Sequence[Column], class_words: Mapping[str, int]
) -> Iterator[Advice]:
    if table.reading is None:
        return
    gaps = data.gaps
    if gaps is None:
        gaps = tuple(word for word in table.reading.gap_words if word not in class_words)
    codes_by_cell = defaultdict(list)
    for code in find_gap_codes(columns):
        codes_by_cell[code.cell, code.reason].append(code)
    for (cell, reason), codes in codes_by_cell.items():
        suspected = [code.column for code in codes]
        elsewhere = [
            str(name)
            for name, cells in table.frame.items()
            if name not in suspected and (cells.astype("str").str.strip() == cell).any()
        ]
        if target in elsewhere:
            continue
        names = quoted_list(suspected)
        n_cells = count(sum(code.n_cells for code in codes), "cell")
        # In the file, numbers have its own decimal sign.
        as_written = cell if digits_of(cell) is None else cell.replace(".", table.reading.decimal)
        also = f" Then it is also missing in {quoted_list(elsewhere)}." if elsewhere else ""
        yield Advice(
            text=f"{n_cells} of {names} are ‘{cell}’, {reason}. If that stands for a missing value, count it "
            f"as one.{also}",
            action=f"Count {cell} as missing",
            data=data.model_copy(update={"gaps": (*gaps, as_written)}),
        )


def _case_advice(data: DataSpec, target: str, cells: pd.Series) -> Iterator[Advice]:
    groups = [] if data.ignore_case else spellings(cells)
    if groups:
        yield Advice(
            text=f"Some classes of ‘{target}’ differ only in upper and lower case: "
            f"{quoted_list(name for group in groups for name in group)}.",
            action="Ignore upper and lower case",
            data=data.model_copy(update={"ignore_case": True}),
        )


def _group_advice(data: DataSpec, columns: Sequence[Column]) -> Iterator[Advice]:
    """Advise to keep rows together whose texts, too many for categories, name what they come from."""
    if any(column.left_out == GROUPS_ROWS for column in columns):
        return
    for column in columns:
        if column.role != "text" or column.name in dict(data.roles):
            continue
        counts = column.cells.value_counts()
        repeated = counts[counts > 1]
        if len(repeated) >= _MIN_REPEATED_TEXTS and repeated.sum() >= _MIN_REPEATED_SHARE * counts.sum():
            texts = f"{count(len(counts), 'different text')} in {counts.sum():,} rows"
            yield Advice(
                text=f"‘{column.name}’ has {texts}. If they name whom or what a row comes from, such as a "
                "patient, rows of the same one should not be among both the training and the test rows.",
                action=f"Keep rows of the same ‘{column.name}’ together",
                data=with_role(data, column.name, "group"),
            )
            return
