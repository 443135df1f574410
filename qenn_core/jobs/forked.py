"""Imported by the process that workers are forked from: what a training needs."""

from __future__ import annotations

import gc

import torch._dynamo  # noqa: F401  the first step of an optimizer imports it

from qenn_core.jobs import work  # noqa: F401

# The garbage collector writes into what it looks at, and what is written is no longer shared.
gc.freeze()
