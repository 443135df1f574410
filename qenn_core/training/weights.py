"""The weights of a trained model as bytes."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from qenn_core.errors import TrainingError
from qenn_core.model import HybridModel
from qenn_core.training.serialization import Payload, pack, unpack

_MODEL = "model"


def pack_weights(weights: Mapping[str, torch.Tensor]) -> bytes:
    """Return the weights of a model, by parameter name, as a safetensors file."""
    return pack(_MODEL, Payload({}, weights))


def load_weights(model: HybridModel, content: bytes) -> HybridModel:
    """Load the weights that `pack_weights` packed into `model`, built from the same spec, and return it.

    Raises
    ------
    TrainingError
        If `content` is damaged, or its shapes are not those of the model.
    """
    weights = unpack(_MODEL, content).tensors
    parameters = dict(model.named_parameters())
    if _dtypes_and_shapes(weights) != _dtypes_and_shapes(parameters):
        raise TrainingError(
            "These trained weights do not fit the model.",
            "They belong to a model with different settings or different data.",
            "Train again.",
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(weights[name])
    return model


def _dtypes_and_shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.dtype, torch.Size]]:
    return {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
