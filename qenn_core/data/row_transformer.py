"""The preparation that was fitted on training rows, applied to further rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data.column_schema import ColumnSchema, know
from qenn_core.data.features import FittedFeatures
from qenn_core.data.preparation import Preparation
from qenn_core.data.prepared import Floats
from qenn_core.data.reduction import Reduction

Marks = NDArray[np.uint64]


class Applied(NamedTuple):
    """Further rows made ready.

    ``inputs`` (rows, n_inputs) are what the model takes; ``seen`` (rows,) tells which rows are just like one
    that the model was trained or validated on; ``notes`` say what was done, in plain sentences.
    """

    inputs: Floats
    seen: NDArray[np.bool_]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RowTransformer:
    """The fitted way from cells to inputs, without the data that it was fitted on.

    Parameters
    ----------
    columns : tuple of ColumnSchema
        The columns that are learnt from.
    features : FittedFeatures
        The way from their values to features.
    reduction : Reduction
        The way from features to inputs.
    seen : array (rows,)
        A mark of each row that decided on the weights: a number from which its values cannot be read.
    """

    columns: tuple[ColumnSchema, ...]
    features: FittedFeatures
    reduction: Reduction
    seen: Marks

    @classmethod
    def of(cls, preparation: Preparation) -> RowTransformer:
        """Take from a preparation what further rows need."""
        labeled, split, data = preparation.labeled, preparation.split, preparation.data
        decided = np.concatenate([data.train.features, data.validation.features])
        return cls(
            know(labeled.used, labeled.rows[split.train]),
            preparation.fitted,
            preparation.reduction,
            np.unique(_marks(decided)),
        )

    def __call__(self, frame: pd.DataFrame) -> Applied:
        """Make rows ready.

        Parameters
        ----------
        frame : pandas.DataFrame
            The cells, with a column for each of `columns`, by name.
        """
        read = {column.name: column.read(frame[column.name]) for column in self.columns}
        features = self.features(pd.DataFrame({name: values for name, (values, _) in read.items()}))
        return Applied(
            inputs=self.reduction.to_inputs(features),
            seen=np.isin(_marks(features), self.seen),
            notes=tuple(note for _, notes in read.values() for note in notes),
        )


def _marks(features: Floats) -> Marks:
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(features), index=False), dtype=np.uint64)
