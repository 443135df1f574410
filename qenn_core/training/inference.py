"""Evaluate a model without training it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from qenn_core.data import Floats
from qenn_core.model import HybridModel, ModelInputs


def compute_logits(
    model: HybridModel,
    inputs: ModelInputs,
    rows: torch.Tensor,
    before_batch: Callable[[], object] = lambda: None,
) -> torch.Tensor:
    """Return the logits for the given rows of `inputs`, in double precision and without gradients.

    The model is evaluated in evaluation mode; its mode is restored afterwards.

    Parameters
    ----------
    model : HybridModel
        The model to evaluate.
    inputs : tensor, shape (n_rows, n_inputs), or the result of ``model.encode``
        The rows to select from.
    rows : tensor of int, shape (..., n_selected)
        Indices of the rows to evaluate; for stacked models ``(n_models, n_selected)``, rows for each of them.
    before_batch : callable, optional
        Called before each batch of rows; may raise to abort a long evaluation.

    Returns
    -------
    tensor, shape (..., n_selected, n_classes)
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            logits = []
            for batch in torch.split(rows, model.evaluation_batch_size, dim=-1):
                before_batch()
                logits.append(model(inputs[batch]))
            return torch.cat(logits, dim=-2).double()
    finally:
        model.train(training)


def predict(model: HybridModel, inputs: Floats) -> Floats:
    """Return the probability of each class (rows, n_classes) for `inputs` (rows, n_inputs)."""
    all_rows = torch.arange(len(inputs))
    return compute_logits(model, torch.from_numpy(inputs.copy()), all_rows).softmax(dim=-1).numpy()
