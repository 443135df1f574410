"""Small models, trained for one epoch and packed, with their test rows."""

import io
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from qenn_core.analysis.model_archive import pack_model
from qenn_core.data.labeling import label_table
from qenn_core.data.preparation import Preparation, prepare_labeled
from qenn_core.data.prepared import Floats
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.training.inference import predict
from qenn_core.training.records import Finished
from qenn_core.training.training import Training
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed

STORED = Path(__file__).parent / "stored" / "model.zip"
SMALL = {"circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 1, "training.batch_size": 256}


class Trained(NamedTuple):
    """A packed model, its preparation, and the results of its training on the test rows."""

    content: bytes
    preparation: Preparation
    weights: bytes
    finished: Finished
    probabilities: Floats

    def rows(self, frame: pd.DataFrame, part: str = "test") -> pd.DataFrame:
        """Return the rows of a part of the split, in its order, from the table that was trained on."""
        return frame.iloc[self.preparation.labeled.rows[getattr(self.preparation.split, part)]]


def trained(spec: ExperimentSpec, table: Table) -> Trained:
    """Train a model and pack it."""
    preparation = prepare_labeled(spec, label_table(spec, table))
    training = Training(spec, preparation.data)
    *_, finished = training
    assert isinstance(finished, Finished)
    weights = training.weights()
    return Trained(
        pack_model(spec, preparation, weights),
        preparation,
        weights,
        finished,
        predict(training.model, preparation.data.test.inputs),
    )


def as_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as read from a file: every cell a string or missing."""
    file = io.StringIO(frame.to_csv(index=False))
    return pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""])


def with_all_kinds_of_columns() -> Trained:
    """Train a small model on a table with every kind of column."""
    return trained(csv_spec().with_(**SMALL), mixed())


if __name__ == "__main__":
    STORED.write_bytes(with_all_kinds_of_columns().content)
