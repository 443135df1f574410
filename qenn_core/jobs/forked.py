"""Imported by the process that workers are forked from: what a training needs."""

from __future__ import annotations

import gc

import torch._dynamo  # noqa: F401  the first step of an optimizer imports it

from qenn_core.jobs import work  # noqa: F401

# What is collected never is not looked at, and what is not looked at stays in common.
gc.freeze()
