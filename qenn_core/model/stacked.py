"""Classical layers of several models in one set of tensors."""

from __future__ import annotations

import torch


class StackedLinear(torch.nn.Module):
    """The `torch.nn.Linear` layers of several models, evaluated as one.

    Its ``state_dict`` holds the tensors of the single layers, stacked along a new first axis. The weights are
    zero until they are loaded.

    Parameters
    ----------
    n_models : int
        Number of models.
    n_in, n_out : int
        Numbers of inputs and outputs of each layer.
    """

    def __init__(self, n_models: int, n_in: int, n_out: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(n_models, n_out, n_in))
        self.bias = torch.nn.Parameter(torch.zeros(n_models, n_out))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return ``(n_models, batch, n_out)``.

        Parameters
        ----------
        inputs : tensor, shape (n_models, batch, n_in) or (batch, n_in)
            Rows for each model, or the same rows for all.
        """
        rows = inputs.expand(len(self.weight), -1, -1)
        return torch.baddbmm(self.bias[:, None], rows, self.weight.mT)
