"""Ask a model for its answers, without training it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from qenn_core.data import Floats
from qenn_core.model import HybridModel, ModelInputs


def logits(
    model: HybridModel,
    inputs: ModelInputs,
    rows: torch.Tensor,
    before_each: Callable[[], object] = lambda: None,
) -> torch.Tensor:
    """Return the model's output for some rows of `inputs`, in double precision and without gradients.

    The model answers in evaluation mode, and is left in the mode that it was in.

    Parameters
    ----------
    model : HybridModel
        Whom to ask.
    inputs : tensor, shape (n_rows, n_inputs), or what ``model.encode`` makes of it
        Rows to choose from.
    rows : tensor of int, shape (..., n_chosen)
        Numbers of the rows; with networks side by side ``(n_models, n_chosen)`` has some for each of them.
    before_each : callable, optional
        Called before each portion of rows, so that it can end a long evaluation by raising.

    Returns
    -------
    tensor, shape (..., n_chosen, n_classes)
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            answers = []
            for portion in torch.split(rows, model.rows_at_once, dim=-1):
                before_each()
                answers.append(model(inputs[portion]))
            return torch.cat(answers, dim=-2).double()
    finally:
        model.train(training)


def predict(model: HybridModel, inputs: Floats) -> Floats:
    """Return the probability of each class (rows, n_classes) for `inputs` (rows, n_inputs)."""
    every_row = torch.arange(len(inputs))
    return logits(model, torch.from_numpy(inputs.copy()), every_row).softmax(dim=-1).numpy()
