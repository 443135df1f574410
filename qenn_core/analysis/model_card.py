"""The description of a packed model, which a page can read without loading the model."""

from __future__ import annotations

import io
from typing import Final, Literal
from zipfile import ZipFile

from pydantic import BaseModel, ConfigDict

from qenn_core.data import ColumnSchema, ImageFormat
from qenn_core.errors import ModelError
from qenn_core.experiment import ExperimentSpec

# Increase this when the meaning of the packed content changes: older models are then refused with an error.
FORMAT: Final = 1
CARD, PREPARATION, WEIGHTS = "card.json", "preparation.skops", "weights.safetensors"


class ModelCard(BaseModel):
    """The inputs and outputs of a model.

    Parameters
    ----------
    format : int
        The version of the archive format.
    spec : ExperimentSpec
        The settings of the model and of its training.
    target : str
        The column that it predicts.
    class_names : tuple of str
        The names of the classes, by class number.
    edges : tuple of float
        The upper edges of all bands but the last, if the classes are bands of numbers; otherwise empty.
    columns : tuple of ColumnSchema
        The columns that it predicts from.
    n_inputs : int
        The number of inputs of the model.
    image : ImageFormat or None
        How its rows are images, if they are.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = FORMAT
    spec: ExperimentSpec
    target: str
    class_names: tuple[str, ...]
    edges: tuple[float, ...] = ()
    columns: tuple[ColumnSchema, ...]
    n_inputs: int
    image: ImageFormat | None = None


class ModelArchive:
    """A packed model as its parts: ``card``, and ``preparation`` and ``weights`` as bytes.

    Parameters
    ----------
    content : bytes
        The zip file, as returned by `qenn_core.analysis.model_archive.pack_model`.

    Raises
    ------
    ModelError
        If `content` is damaged, not a model, or packed by an incompatible version of the app.
    """

    def __init__(self, content: bytes) -> None:
        try:
            with ZipFile(io.BytesIO(content)) as parts:
                card, self.preparation, self.weights = map(parts.read, (CARD, PREPARATION, WEIGHTS))
            self.card = ModelCard.model_validate_json(card)
        except Exception as error:  # damaged content can raise anything
            raise unusable_model() from error


def unusable_model() -> ModelError:
    """Return the error for a packed model that cannot be read."""
    return ModelError(
        "This trained model cannot be used.",
        "Its file is damaged or was written by another version of the app.",
        "Train it again.",
    )
