"""Evaluates PennyLane circuits as a few tensor operations. See the README beside this file.

What the package offers is imported when asked for, since it needs torch and PennyLane.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Encoded", "FallbackWarning", "FusedTorchLayer"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from qenn_core.engine import fused

        return getattr(fused, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
