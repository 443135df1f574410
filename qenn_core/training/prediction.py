"""Ask a model for its answers, without training it."""

from __future__ import annotations

import torch

from qenn_core.data.prepared import Floats

# The largest noisy circuit takes 17 MB a copy of its state for this many rows, and larger batches are no
# faster.
ROWS_AT_ONCE = 256


def logits(model: torch.nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Return the model's output (rows, n_classes) for `inputs` (rows, n_inputs), without gradients.

    The model answers in evaluation mode, and is left in the mode that it was in.
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return torch.cat([model(some) for some in torch.split(inputs, ROWS_AT_ONCE)])
    finally:
        model.train(training)


def predict(model: torch.nn.Module, inputs: Floats) -> Floats:
    """Return the probability of each class (rows, n_classes) for `inputs` (rows, n_inputs)."""
    return logits(model, torch.from_numpy(inputs.copy())).softmax(dim=1).numpy()
