"""A trained model as bytes that hold no code: with all that further rows need, and none of its data."""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import skops.io
from sklearn.exceptions import InconsistentVersionWarning

from qenn_core.analysis.model_card import CARD, PREPARATION, WEIGHTS, ModelArchive, ModelCard, unusable
from qenn_core.data import (
    PIPELINE_FUNCTIONS,
    ColumnSchema,
    FittedFeatures,
    Preparation,
    Reduction,
    RowTransformer,
    separation,
)
from qenn_core.experiment import ExperimentSpec

# What a preparation may be made of beside scikit-learn's own types: the functions that its pipelines call.
TRUSTED = [
    "numpy.dtype",
    *(f"{called.__module__}.{called.__name__}" for called in (*PIPELINE_FUNCTIONS, separation, pd.isna)),
]
# The proof of a preparation allows for the rounding of another machine, and no more.
SAME = 1e-6


class TrainedModel(NamedTuple):
    """A model as it was packed: its card, its preparation, and its weights as bytes."""

    card: ModelCard
    preparation: RowTransformer
    weights: bytes


def pack_model(spec: ExperimentSpec, preparation: Preparation, weights: bytes) -> bytes:
    """Pack a trained model, so that it outlives the data that it was trained on.

    Parameters
    ----------
    spec : ExperimentSpec
        What it was built and trained by.
    preparation : Preparation
        The data that it was trained on; their rows are not kept.
    weights : bytes
        Its weights, as `qenn_core.training.weights.pack_weights` gives them.
    """
    rows, labeled = RowTransformer.from_preparation(preparation), preparation.labeled
    card = ModelCard(
        spec=spec,
        target=labeled.target,
        class_names=labeled.class_names,
        edges=labeled.edges,
        columns=rows.columns,
        n_inputs=preparation.data.n_inputs,
    )
    fitted = {
        "features": vars(rows.features),
        "reduction": vars(rows.reduction),
        "seen": rows.training_hashes,
        "probed": rows(_probe(rows.columns)).inputs,
    }
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as parts:
        parts.writestr(CARD, card.model_dump_json())
        parts.writestr(PREPARATION, skops.io.dumps(fitted))
        parts.writestr(WEIGHTS, weights)
    return packed.getvalue()


def unpack_model(content: bytes) -> TrainedModel:
    """Return what `pack_model` packed.

    Another version of a library may read the preparation differently. So it is put to the proof: some rows
    that were prepared when it was packed have to give the same numbers now.

    Raises
    ------
    ModelError
        If it is damaged, no model, or gives other numbers than it did.
    """
    packed = ModelArchive(content)
    columns = packed.card.columns
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            fitted = skops.io.loads(packed.preparation, trusted=TRUSTED)
        preparation = RowTransformer(
            columns, FittedFeatures(**fitted["features"]), Reduction(**fitted["reduction"]), fitted["seen"]
        )
        is_proved = np.allclose(preparation(_probe(columns)).inputs, fitted["probed"], rtol=0, atol=SAME)
    except Exception as error:  # whatever damage does to a reader, it is damage
        raise unusable() from error
    if not is_proved:
        raise unusable()
    return TrainedModel(packed.card, preparation, packed.weights)


def _probe(columns: tuple[ColumnSchema, ...]) -> pd.DataFrame:
    """Return rows that hold what is typical, what is at an end, what is missing, and what is unknown."""
    return pd.DataFrame({column.name: pd.Series(_probed_cells(column), dtype="str") for column in columns})


def _probed_cells(column: ColumnSchema) -> list[str | None]:
    two_more = [*column.spelling, *column.categories, str(column.low), str(column.high)][:2]
    return [column.typical, *two_more, None, "?"]
