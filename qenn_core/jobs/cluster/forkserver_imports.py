"""Imported by the process that training workers are forked from: everything a training needs."""

from __future__ import annotations

import gc

import torch._dynamo  # noqa: F401  torch imports it in the first step of an optimizer, and it is slow

from qenn_core.jobs.worker import training  # noqa: F401

# The garbage collector writes into the objects it visits, and pages that are written are no longer shared.
gc.freeze()
