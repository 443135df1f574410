"""The private names of PennyLane that the engine relies on, each with its reason and when it can go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pennylane as qml
import torch
from pennylane.ops.mid_measure import mid_measure
from pennylane.ops.op_math import controlled

from qenn_core.engine import torch_compat

Layer = TypeVar("Layer", bound=torch.nn.Module)


def accept_in_tools(layer: type[Layer]) -> type[Layer]:
    """Let PennyLane's tools, such as ``qml.draw`` and ``qml.specs``, accept a kind of ``TorchLayer``.

    PennyLane 0.45 asks whether a class is called so, and calls the circuits of others without weights. What
    pickles contain and tracebacks of the class show is ``__qualname__``, which stays. Can go when PennyLane
    asks by ``isinstance``.
    """
    layer.__name__ = "TorchLayer"
    return layer


def returned_value(qnode: qml.QNode) -> Any:
    """Return what the quantum function returned in the last ``qnode.construct``.

    A tape holds measurements in a flat list; whether the function returned one, a list or a tuple of them
    decides the shape of the results. PennyLane 0.45 stores it only in this attribute. Can go when
    ``construct`` returns it.
    """
    return qnode._qfunc_output


def device_generator(device: Any) -> np.random.Generator | None:
    """Return the NumPy generator that a simulator draws shots from; ``None`` if it has none.

    PennyLane 0.45 offers no public way to save, restore or reseed the generator of an existing device. Can
    go when it does.
    """
    generator = getattr(device, "_rng", None)
    return generator if isinstance(generator, np.random.Generator) else None


@contextmanager
def abstract_tensors() -> Iterator[None]:
    """Let PennyLane treat PyTorch tensors like JAX's tracers, as numbers that are not known yet.

    It then skips the validation of values, which the engine repeats in each call, and does not choose between
    decompositions by a value. PennyLane 0.45 recognises only the tracers of JAX, so ``is_abstract`` is
    replaced in the modules that look it up, and so is the test whether a controlled gate has the determinant
    1, which compares numbers without asking. Can go when PennyLane recognises the fake tensors of PyTorch.
    """
    original = qml.math.is_abstract

    def is_abstract(tensor: Any, like: str | None = None) -> bool:
        return isinstance(tensor, torch.Tensor) or bool(original(tensor, like))

    has_determinant_1 = controlled._is_single_qubit_special_unitary

    def has_known_determinant_1(base: Any) -> bool:
        tensors = [value for value in base.data if isinstance(value, torch.Tensor)]
        return all(map(torch_compat.holds_numbers, tensors)) and bool(has_determinant_1(base))

    modules = [module for module in (qml.math, qml.operation) if hasattr(module, "is_abstract")]
    for module in modules:
        module.is_abstract = is_abstract
    controlled._is_single_qubit_special_unitary = has_known_determinant_1
    try:
        yield
    finally:
        for module in modules:
            module.is_abstract = original
        controlled._is_single_qubit_special_unitary = has_determinant_1


@contextmanager
def numbered_measurements() -> Iterator[None]:
    """Name the mid-circuit measurements of a quantum function by their numbers, so that all calls agree.

    PennyLane 0.45 names them at random, and sorts the wires of what depends on several by name. Can go when
    it sorts them by the order of their creation.
    """
    numbers = itertools.count()
    original = mid_measure.uuid
    mid_measure.uuid = SimpleNamespace(uuid4=lambda: f"{next(numbers):08}")
    try:
        yield
    finally:
        mid_measure.uuid = original
