"""What a kept model is: the part of it that a page can read without computing anything."""

from __future__ import annotations

import io
from typing import Final, Literal
from zipfile import ZipFile

from pydantic import BaseModel, ConfigDict

from qenn_core.data import ColumnSchema
from qenn_core.errors import ModelError
from qenn_core.experiment import ExperimentSpec

# To be raised when what is packed changes its meaning: what was packed before is then refused in words.
FORMAT: Final = 1
CARD, PREPARATION, WEIGHTS = "card.json", "preparation.skops", "weights.safetensors"


class ModelCard(BaseModel):
    """What a model takes and tells.

    Parameters
    ----------
    format : int
        The version of the way it is packed.
    spec : ExperimentSpec
        What it was built and trained by.
    target : str
        The column that it predicts.
    class_names : tuple of str
        One name a class.
    edges : tuple of float
        Where the classes are bands of numbers, the numbers that they end with.
    columns : tuple of ColumnSchema
        What it predicts from.
    n_inputs : int
        Numbers of a row that enter it.
    """

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = FORMAT
    spec: ExperimentSpec
    target: str
    class_names: tuple[str, ...]
    edges: tuple[float, ...] = ()
    columns: tuple[ColumnSchema, ...]
    n_inputs: int


class ModelArchive:
    """The parts of a packed model, with its card read.

    Parameters
    ----------
    content : bytes
        What `qenn_core.analysis.model_archive.pack_model` returned.

    Raises
    ------
    ModelError
        If they are damaged, no model, or one that another version of the app packed.
    """

    def __init__(self, content: bytes) -> None:
        try:
            with ZipFile(io.BytesIO(content)) as parts:
                card, self.preparation, self.weights = map(parts.read, (CARD, PREPARATION, WEIGHTS))
            self.card = ModelCard.model_validate_json(card)
        except Exception as error:  # whatever damage does to a reader, it is damage
            raise unusable() from error


def unusable() -> ModelError:
    """Return the error of a packed model that cannot be read."""
    return ModelError(
        "This trained model cannot be used.",
        "What was kept of it is damaged, or was written by another version of the app.",
        "Train it again.",
    )
