"""Predictions of a trained model for the rows of a table."""

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
    """Predict the class probabilities of the rows of a table with a packed model.

    The same model and the same rows give the same predictions, even if the circuit is sampled with shots.

    Parameters
    ----------
    content : bytes
        The packed model, as returned by `qenn_core.analysis.model_archive.pack_model`.
    frame : pandas.DataFrame
        The rows, with cells as read from a file: strings or missing. Columns are matched by name.
    seconds : float
        The time limit for the simulation of the circuit.

    Raises
    ------
    DataError
        If there are no rows, or a column that the model needs is missing.
    ModelError
        If the model is damaged, or there are too many rows for the time limit.
    """
    if frame.empty:
        raise DataError(
            "There are no rows to predict.", remedy="Upload a file with at least one row below the header."
        )
    trained = unpack_model(content)
    card = trained.card
    matched = match_columns([column.name for column in card.columns], card.target, list(frame.columns))
    known = frame[list(matched.found.values())].set_axis(list(matched.found), axis="columns")
    transformed = trained.preparation(known)
    model = build_model(card.spec, card.n_inputs, len(card.class_names))
    true_classes, target_notes = _true_classes(card, known)
    return Predictions(
        target=card.target,
        class_names=card.class_names,
        probabilities=_predict_within(seconds, load_weights(model, trained.weights), transformed.inputs),
        true_classes=true_classes,
        seen=transformed.used_in_training,
        notes=(*matched.notes, *transformed.notes, *target_notes),
    )


def _true_classes(card: ModelCard, known: pd.DataFrame) -> tuple[Ints | None, tuple[str, ...]]:
    if card.target not in known:
        return None, ()
    combine_rare = card.spec.data.combine_rare
    classes = labels_of(known[card.target], card.class_names, card.edges, combine_rare=combine_rare)
    if (classes == NO_CLASS).all():
        return None, (f"No cell in ‘{card.target}’ holds a class that the model knows.",)
    return classes, ()


def _predict_within(seconds: float, model: HybridModel, inputs: Floats) -> Floats:
    started = monotonic()
    chunks: list[Floats] = []
    for start in range(0, len(inputs), CHUNK_ROWS):
        chunks.append(predict(model, inputs[start : start + CHUNK_ROWS]))
        spent, done = monotonic() - started, start + CHUNK_ROWS
        if spent > seconds and done < len(inputs):
            raise ModelError(
                f"{len(inputs):,} rows are too many: predicting {done:,} of them took {spent:.0f} seconds.",
                "Each row is simulated as a quantum circuit.",
                f"Upload a file with at most {done:,} rows.",
            )
    return np.concatenate(chunks)
