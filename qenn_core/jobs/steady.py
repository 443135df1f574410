"""Dask's messages by a clock that is never set.

Dask and Tornado time their pauses by the clock of the wall. Where that is set back, no message would leave a
process until it has caught up. Imported by every process, before it says anything.
"""

from __future__ import annotations

from time import monotonic

import distributed.batched
from tornado.ioloop import IOLoop


def _now(self: IOLoop) -> float:
    return monotonic()


distributed.batched.time = monotonic
IOLoop.time = _now  # type: ignore[method-assign]
