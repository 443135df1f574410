"""Native execution in tests, which takes a minute or two to compile on a new machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from qenn_core.engine import NATIVE
from qenn_core.engine.native.library import SWITCH

# Of the first test, which compiles.
COMPILE_TIMEOUT = 1500


@contextmanager
def native_code() -> Iterator[None]:
    """Allow native execution, compiled before if it was not."""
    assert NATIVE.prepare()
    with patch.dict("os.environ", {SWITCH: "1"}):
        assert NATIVE.load()
        yield


@contextmanager
def without_native_code() -> Iterator[None]:
    """Do without it, for layers and trainings that begin here."""
    with patch.dict("os.environ", {SWITCH: "0"}):
        yield
