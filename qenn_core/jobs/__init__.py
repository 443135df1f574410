"""Where and when a run happens: worker processes, and what the pages ask of them."""

from __future__ import annotations

import atexit
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qenn_core.jobs.runs import Jobs

_lock = Lock()
_service: Jobs | None = None


def service() -> Jobs:
    """Return the one service of this process; its workers begin to start with the first call.

    It lives here, and not in a cache of the pages, which any of their visitors can clear.
    """
    global _service
    # Workers import this package too, and need none of what the service is made of.
    from qenn_core.jobs.runs import Jobs

    with _lock:
        if _service is None:
            _service = Jobs()
            atexit.register(_service.close)
        return _service
