"""The preparation that was fitted on training rows, applied to further rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data.column_schema import ColumnSchema, make_schemas
from qenn_core.data.features import FittedFeatures
from qenn_core.data.preparation import Preparation
from qenn_core.data.prepared import Floats
from qenn_core.data.reduction import Reduction

RowHashes = NDArray[np.uint64]


class TransformedRows(NamedTuple):
    """Further rows, ready for the model.

    ``inputs`` (rows, n_inputs) are what the model takes; ``used_in_training`` (rows,) marks rows that equal a
    training or validation row; ``notes`` are sentences on what was done.
    """

    inputs: Floats
    used_in_training: NDArray[np.bool_]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RowTransformer:
    """The fitted transformation from cells to inputs, without the data that it was fitted on.

    Parameters
    ----------
    columns : tuple of ColumnSchema
        The columns that the model uses.
    features : FittedFeatures
        Transforms their values to features.
    reduction : Reduction
        Transforms features to inputs.
    training_hashes : array (rows,)
        A hash of the features of each training and validation row, from which its values cannot be recovered.
    """

    columns: tuple[ColumnSchema, ...]
    features: FittedFeatures
    reduction: Reduction
    training_hashes: RowHashes

    @classmethod
    def from_preparation(cls, preparation: Preparation) -> RowTransformer:
        """Extract from a preparation what is needed to transform further rows."""
        labeled, split, data = preparation.labeled, preparation.split, preparation.data
        used_in_training = np.concatenate([data.train.features, data.validation.features])
        return cls(
            make_schemas(labeled.used, labeled.rows[split.train]),
            preparation.fitted,
            preparation.reduction,
            np.unique(_hash_rows(used_in_training)),
        )

    def __call__(self, frame: pd.DataFrame) -> TransformedRows:
        """Transform rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            The cells, with a column for each of `columns`, by name.
        """
        parsed = {column.name: column.read(frame[column.name]) for column in self.columns}
        features = self.features(pd.DataFrame({name: values for name, (values, _) in parsed.items()}))
        return TransformedRows(
            inputs=self.reduction.to_inputs(features),
            used_in_training=np.isin(_hash_rows(features), self.training_hashes),
            notes=tuple(note for _, notes in parsed.values() for note in notes),
        )


def _hash_rows(features: Floats) -> RowHashes:
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(features), index=False), dtype=np.uint64)
