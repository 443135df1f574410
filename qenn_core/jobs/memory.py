"""The memory that a run may take, enforced while it goes on.

The system refuses more than that to the process, so that the run ends in words and its worker lives on. Only
Linux does so; elsewhere, and where a library does not survive the refusal, the worker's nanny ends it.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from distributed import get_worker

from qenn_core import limits
from qenn_core.errors import JobError

# How torch says it, beside Python's own MemoryError.
REFUSALS = ("can't allocate memory", "not enough memory", "bad_alloc")
# Over 95 % of its limit a worker is ended; what it takes beside the run shall not bring it there.
SHARE_OF_WORKER = 0.9


def run_budget() -> int:
    """Return the bytes that a run may take in this worker: less than elsewhere, if the worker is small."""
    worker_limit: int | None = get_worker().memory_manager.memory_limit
    if not worker_limit:
        return limits.MAX_RUN_BYTES
    left: int = int(SHARE_OF_WORKER * worker_limit) - psutil.Process().memory_info().rss
    return max(0, min(limits.MAX_RUN_BYTES, left))


@contextmanager
def memory_limited(budget: int) -> Iterator[None]:
    """Let this process have at most `budget` bytes more than it has now.

    Raises
    ------
    JobError
        If what is done meanwhile wants more.
    """
    try:
        with _refusing(budget):
            yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not _is_refusal(error):
            raise
        raise JobError(
            "This needs more memory than it may take.",
            f"The limit is {budget / 1e9:.1f} GB, since several people share the server.",
            "Use fewer qubits, fewer rows or a smaller batch.",
        ) from error


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(words in str(error) for words in REFUSALS)


if sys.platform == "linux":
    import resource

    @contextmanager
    def _refusing(budget: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = psutil.Process().memory_info().data + budget
        stricter = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *stricter]), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

else:

    @contextmanager
    def _refusing(budget: int) -> Iterator[None]:
        yield
