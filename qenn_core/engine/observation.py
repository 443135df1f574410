"""Notice what a quantum function does besides arithmetic on its arguments: read numbers, draw random ones."""

from __future__ import annotations

import inspect
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from qenn_core.engine import torch_compat
from qenn_core.engine.unsupported import UnsupportedError

# The methods that give access to a tensor's memory, without an operation that PyTorch could record.
_READS = (
    torch.Tensor.__array__,
    torch.Tensor.__dlpack__,
    torch.Tensor.data_ptr,
    torch.Tensor.numpy,
    torch.Tensor.tolist,
)
# Other threads hardly draw during each of so many calls, which take milliseconds.
_MAX_CALLS = 10

# Of Python, of NumPy, of PyTorch, and of each other generator.
_RandomState = tuple[Any, Any, Any, list[Any]]


class RefuseReads(TorchFunctionMode):
    """Raise an `UnsupportedError` where the numbers of a tensor are read that has none yet."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function, unless it reads numbers."""
        if func in _READS and not torch_compat.holds_numbers(args[0]):
            raise UnsupportedError(
                "it converts a tensor to a NumPy array or a plain number, as some of PennyLane's functions do"
            )
        return func(*args, **(kwargs or {}))


def draws_random_numbers(function: Callable[..., Any], call: Callable[[], object]) -> bool:
    """Return whether calls of a quantum function change the random state, which is restored if they do.

    The random state is that of the global generators of Python, NumPy and PyTorch, and of the generators to
    which `function` and the functions that it calls refer by name. Other threads change the global ones now
    and then, so only what changes in every call counts. What is drawn to decompose gates or to compute their
    matrices does not count, because SciPy draws to estimate the norm of a matrix.

    Parameters
    ----------
    function : callable
        The quantum function.
    call : callable
        Calls it alone, with some arguments.
    """
    generators = list(_referenced_generators(function, set()))
    if any(isinstance(generator, random.SystemRandom) for generator in generators):
        # It has no state to compare.
        return True
    original = _random_state(generators)
    for _ in range(_MAX_CALLS):
        before = pickle.dumps(_random_state(generators))
        call()
        if pickle.dumps(_random_state(generators)) == before:
            return False
    _set_random_state(generators, original)
    return True


def _random_state(generators: Sequence[np.random.Generator | random.Random]) -> _RandomState:
    own = [g.getstate() if isinstance(g, random.Random) else g.bit_generator.state for g in generators]
    return random.getstate(), np.random.get_state(), torch.get_rng_state().numpy(), own


def _set_random_state(generators: Sequence[np.random.Generator | random.Random], state: _RandomState) -> None:
    of_python, of_numpy, of_torch, own = state
    random.setstate(of_python)
    np.random.set_state(of_numpy)
    torch.set_rng_state(torch.from_numpy(of_torch))
    for generator, value in zip(generators, own, strict=True):
        if isinstance(generator, random.Random):
            generator.setstate(value)
        else:
            generator.bit_generator.state = value


def _referenced_generators(function: object, seen: set[int]) -> Iterator[np.random.Generator | random.Random]:
    """Yield the generators to which a function, or another that it calls, refers by name."""
    if id(function) in seen:
        return
    seen.add(id(function))
    if isinstance(function, np.random.Generator | random.Random):
        yield function
    elif inspect.isfunction(function):
        variables = inspect.getclosurevars(inspect.unwrap(function))
        for value in (*variables.nonlocals.values(), *variables.globals.values()):
            yield from _referenced_generators(value, seen)
