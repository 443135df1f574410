"""A trained model asked about rows that it was not trained on."""

from __future__ import annotations

from time import monotonic

import numpy as np
import pandas as pd

from qenn_core import limits
from qenn_core.analysis.model_archive import unpack_model
from qenn_core.analysis.model_card import ModelCard
from qenn_core.analysis.predictions import Predictions
from qenn_core.data import NO_CLASS, Floats, Ints, labels_of, match_columns
from qenn_core.errors import DataError, ModelError
from qenn_core.model import HybridModel, build_model
from qenn_core.training import load_weights, predict

CHUNK_ROWS = 500


def predict_rows(
    content: bytes, frame: pd.DataFrame, seconds: float = limits.PREDICTION_SECONDS
) -> Predictions:
    """Ask a packed model about the rows of a table.

    The same model and the same rows give the same answer, also where it is drawn from shots.

    Parameters
    ----------
    content : bytes
        What `qenn_core.analysis.model_archive.pack_model` returned.
    frame : pandas.DataFrame
        The rows, with cells as a file gives them: texts, or missing. Columns are found by their names.
    seconds : float
        How long the circuit may be simulated.

    Raises
    ------
    DataError
        If there is no row, or a column that the model needs is missing.
    ModelError
        If the model is damaged, or the rows are too many for the time.
    """
    if frame.empty:
        raise DataError(
            "There is no row to predict.", remedy="Bring a file with one row or more below its header."
        )
    trained = unpack_model(content)
    card = trained.card
    matched = match_columns([column.name for column in card.columns], card.target, list(frame.columns))
    known = frame[list(matched.found.values())].set_axis(list(matched.found), axis="columns")
    applied = trained.preparation(known)
    model = build_model(card.spec, card.n_inputs, len(card.class_names))
    truth, about_truth = _truth(card, known)
    return Predictions(
        target=card.target,
        class_names=card.class_names,
        probabilities=_in_time(load_weights(model, trained.weights), applied.inputs, seconds),
        truth=truth,
        seen=applied.used_in_training,
        notes=(*matched.notes, *applied.notes, *about_truth),
    )


def _truth(card: ModelCard, known: pd.DataFrame) -> tuple[Ints | None, tuple[str, ...]]:
    if card.target not in known:
        return None, ()
    truth = labels_of(known[card.target], card.class_names, card.edges)
    if (truth == NO_CLASS).all():
        return None, (f"No cell in ‘{card.target}’ names a class that the model knows.",)
    return truth, ()


def _in_time(model: HybridModel, inputs: Floats, seconds: float) -> Floats:
    begun = monotonic()
    chunks: list[Floats] = []
    for start in range(0, len(inputs), CHUNK_ROWS):
        chunks.append(predict(model, inputs[start : start + CHUNK_ROWS]))
        spent, done = monotonic() - begun, start + CHUNK_ROWS
        if spent > seconds and done < len(inputs):
            raise ModelError(
                f"{len(inputs):,} rows are too many for this model: {done:,} took {spent:.0f} seconds.",
                "Each row is simulated as a quantum circuit.",
                f"Bring a file of at most {done:,} rows.",
            )
    return np.concatenate(chunks)
