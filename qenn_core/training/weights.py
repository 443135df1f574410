"""The weights of a trained model, kept for asking it again."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from qenn_core.errors import TrainingError
from qenn_core.model import HybridModel
from qenn_core.training.serialization import Contents, pack, unpack

_MODEL = "model"


def pack_weights(weights: Mapping[str, torch.Tensor]) -> bytes:
    """Return the weights of a model, by the names that they have in it, as a safetensors file."""
    return pack(_MODEL, Contents({}, weights))


def load_weights(model: HybridModel, content: bytes) -> HybridModel:
    """Give `model`, built from the same spec, the weights that `pack_weights` packed; return it.

    Raises
    ------
    TrainingError
        If they are damaged, or those of a model of another shape.
    """
    weights = unpack(_MODEL, content).tensors
    own = dict(model.named_parameters())
    if _shapes(weights) != _shapes(own):
        raise TrainingError(
            "These trained weights do not fit the model.",
            "They are those of a model with other settings, or for other data.",
            "Train again.",
        )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(weights[name])
    return model


def _shapes(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    return {name: (weight.dtype, weight.shape) for name, weight in weights.items()}
