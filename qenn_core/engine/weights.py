"""The weights of a layer by name, wherever PyTorch keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch


class Weights(Mapping[str, torch.Tensor]):
    """A view of the weights of a module, which reads and sets its attributes.

    A weight is usually a parameter, but not always: a parametrization computes it, pruning and weight
    normalisation set it before each call, ``torch.func.functional_call`` replaces it for a call.

    Parameters
    ----------
    module : torch.nn.Module
        The module.
    names : sequence of str
        Names of its weights.
    """

    def __init__(self, module: torch.nn.Module, names: Sequence[str]) -> None:
        self._module = module
        self._names = names

    def __getitem__(self, name: str) -> torch.Tensor:
        if name not in self._names:
            raise KeyError(name)
        value = self._module._parameters.get(name)
        # Not by getattr, with which TorchLayer looks for the name on the QNode first.
        value = object.__getattribute__(self._module, name) if value is None else value
        assert isinstance(value, torch.Tensor)
        return value

    def __setitem__(self, name: str, value: torch.Tensor) -> None:
        """Replace a weight; a tensor that is not a ``Parameter`` is no longer one of the parameters."""
        if name not in self._names:
            raise KeyError(name)
        if not isinstance(value, torch.nn.Parameter):
            self._module._parameters.pop(name, None)
        torch.nn.Module.__setattr__(self._module, name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
