"""Packing of trained models as bytes without code: all that new rows need, but no training data."""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
from sklearn.exceptions import InconsistentVersionWarning

from qenn_core.analysis.model_card import (
    CARD,
    PREPARATION,
    WEIGHTS,
    ModelArchive,
    ModelCard,
    unusable_model,
)
from qenn_core.analysis.skops_compat import skops
from qenn_core.data import (
    FEATURE_PARTS,
    REDUCTION_PARTS,
    ColumnSchema,
    FittedFeatures,
    Preparation,
    Reduction,
    RowTransformer,
    find_image,
)
from qenn_core.experiment import ExperimentSpec

# The types in a fitted preparation.
TRUSTED_TYPES = sorted(
    {"numpy.dtype"}
    | {f"{part.__module__}.{part.__name__}" for part in (*FEATURE_PARTS, *REDUCTION_PARTS, pd.isna)}
)
# Probe rows may differ by rounding on another machine, but not by more.
PROBE_TOLERANCE = 1e-6


class TrainedModel(NamedTuple):
    """The unpacked parts of a model: its card, its preparation, and its weights as bytes."""

    card: ModelCard
    preparation: RowTransformer
    weights: bytes


def pack_model(spec: ExperimentSpec, preparation: Preparation, weights: bytes) -> bytes:
    """Pack a trained model, so that it can be used without the data that it was trained on.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings of the model and of its training.
    preparation : Preparation
        The prepared training data; only the fitted preparation is packed, not the rows.
    weights : bytes
        The weights, as returned by `qenn_core.training.weights.pack_weights`.

    Returns
    -------
    bytes
        A zip file; see `ModelArchive`.
    """
    transformer, labeled = RowTransformer.from_preparation(preparation), preparation.labeled
    card = ModelCard(
        spec=spec,
        target=labeled.target,
        class_names=labeled.class_names,
        edges=labeled.edges,
        columns=transformer.columns,
        n_inputs=preparation.data.n_inputs,
        image=find_image(spec.data.source, labeled.columns),
    )
    fitted = {
        "features": vars(transformer.features),
        "reduction": vars(transformer.reduction),
        "seen": transformer.training_hashes,
        "probed": transformer(_probe_rows(transformer.columns)).inputs,
    }
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as parts:
        parts.writestr(CARD, card.model_dump_json())
        parts.writestr(PREPARATION, skops.dumps(fitted))
        parts.writestr(WEIGHTS, weights)
    return packed.getvalue()


def unpack_model(content: bytes) -> TrainedModel:
    """Unpack a model that `pack_model` packed.

    A different version of a library could read the preparation differently. Therefore probe rows that were
    prepared when the model was packed are prepared again, and must give the same numbers.

    Raises
    ------
    ModelError
        If `content` is damaged or not a model, or if the probe rows give different numbers.
    """
    archive = ModelArchive(content)
    columns = archive.card.columns
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            fitted = skops.loads(archive.preparation, trusted=TRUSTED_TYPES)
        preparation = RowTransformer(
            columns, FittedFeatures(**fitted["features"]), Reduction(**fitted["reduction"]), fitted["seen"]
        )
        inputs = preparation(_probe_rows(columns)).inputs
        is_reproduced = np.allclose(inputs, fitted["probed"], rtol=0, atol=PROBE_TOLERANCE)
    except Exception as error:  # damaged content can raise anything
        raise unusable_model() from error
    if not is_reproduced:
        raise unusable_model()
    return TrainedModel(archive.card, preparation, archive.weights)


def _probe_rows(columns: tuple[ColumnSchema, ...]) -> pd.DataFrame:
    """Return rows with typical, extreme, missing and unknown cells in each column."""
    return pd.DataFrame({column.name: pd.Series(_probe_cells(column), dtype="str") for column in columns})


def _probe_cells(column: ColumnSchema) -> list[str | None]:
    known = [*column.spelling, *column.categories, str(column.low), str(column.high)][:2]
    return [column.typical, *known, None, "?"]
