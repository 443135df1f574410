"""The memory limit of a run, enforced while it computes.

The operating system refuses to give the process more, so the run ends with a message and its worker lives on.
Only Linux does this. Elsewhere, and where a library does not survive the refusal, the nanny ends the worker.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from qenn_core import limits
from qenn_core.errors import JobError
from qenn_core.jobs.dask_compat import worker_memory_limit

# How torch reports a failed allocation, besides Python's own MemoryError.
ALLOCATION_FAILURES = ("can't allocate memory", "not enough memory", "bad_alloc")
# The nanny ends a worker at 95% of its limit; what the worker uses besides the run must not reach that.
SHARE_OF_WORKER = 0.9


def run_budget() -> int:
    """Return the bytes that a run may allocate in this worker; fewer if the worker itself is small."""
    limit = worker_memory_limit()
    if limit is None:
        return limits.MAX_RUN_BYTES
    left: int = int(SHARE_OF_WORKER * limit) - psutil.Process().memory_info().rss
    return max(0, min(limits.MAX_RUN_BYTES, left))


@contextmanager
def memory_limited(budget: int) -> Iterator[None]:
    """Let this process allocate at most `budget` bytes more than it has now, within the block.

    Raises
    ------
    JobError
        If the block needs more.
    """
    try:
        with _data_limit(budget):
            yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not _is_allocation_failure(error):
            raise
        raise JobError(
            "This needs more memory than is allowed.",
            f"The limit is {budget / 1e9:.1f} GB, because several people share the server.",
            "Use fewer qubits, fewer rows or a smaller batch.",
        ) from error


def _is_allocation_failure(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(text in str(error) for text in ALLOCATION_FAILURES)


if sys.platform == "linux":
    import resource

    @contextmanager
    def _data_limit(budget: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = psutil.Process().memory_info().data + budget
        present = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([wanted, *present]), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))

else:

    @contextmanager
    def _data_limit(budget: int) -> Iterator[None]:
        yield
