"""Where worker processes run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from typing import Protocol

from distributed import Client

from qenn_core.jobs.commands import SlotKind

# uvloop is faster, on systems that have it.
EVENT_LOOP = "uvloop" if find_spec("uvloop") else "asyncio"


class Backend(Protocol):
    """Starts worker processes, or connects to existing ones."""

    @property
    def slots(self) -> Mapping[SlotKind, int] | None:
        """Number of tasks of each kind at a time; ``None`` for as many as the present workers offer."""
        ...

    @property
    def disconnected_message(self) -> tuple[str, str, str]:
        """What happened, why and what to do, while there is no connection."""
        ...

    def connected(self) -> AbstractAsyncContextManager[Client]:
        """Connect to the scheduler for the duration of the block."""
        ...
