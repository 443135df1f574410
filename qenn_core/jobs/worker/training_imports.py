"""Everything that a training needs, imported in the order that takes the least time."""

# ruff: noqa: I001
from __future__ import annotations

import gc

# First: on its import, skops looks through all modules that are loaded by then.
from qenn_core.analysis import pack_model  # noqa: F401

import torch
import torch._dynamo  # slow, and otherwise imported in the first step of an optimizer

from qenn_core.engine import NATIVE
from qenn_core.jobs.worker import training

# Compiled code is in memory once, too.
NATIVE.load()

# The garbage collector writes into the objects it visits, and pages that are written are no longer shared.
gc.freeze()

__all__ = ["NATIVE", "torch", "training"]
