"""Sending requests to workers and waiting for the replies."""

from __future__ import annotations

import logging
import pickle

from qenn_core.errors import JobError
from qenn_core.jobs.cluster.pool import BusyError, ClusterLostError, WorkerLostError, WorkerPool
from qenn_core.jobs.requests import P, R, Reply, Request, RequestTask
from qenn_core.jobs.worker import tasks

logger = logging.getLogger(__name__)

# Workers may still be starting, on a busy machine.
SLOT_WAIT_SECONDS = 30.0

TIMED_OUT = (
    "This took too long and was stopped.",
    "It is more work than a page can wait for.",
    "Try again with less data.",
)
NO_REPLY = (
    "There was no reply.",
    "The process that worked on this ended, perhaps because it ran out of memory.",
    "Try again; if it happens again, use less data or fewer qubits.",
)


def call(pool: WorkerPool, request: Request[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Let a worker call the function of a request, and return its result.

    Parameters
    ----------
    pool : WorkerPool
        The workers.
    request : Request
        The function and its limits.
    *args, **kwargs
        Arguments of the function.

    Raises
    ------
    QennError
        The error that the function raised; `JobError` if there was no reply.
    """
    payload = pickle.dumps(RequestTask(request, args, kwargs))
    for _ in range(request.attempts):
        task = pool.submit(
            request.slot,
            tasks.answer_request,
            payload=payload,
            slot_timeout=SLOT_WAIT_SECONDS,
            result_timeout=request.seconds,
        )
        try:
            reply: Reply[R] = pickle.loads(task.result())
        except TimeoutError as error:
            raise JobError(*TIMED_OUT) from error
        except (BusyError, ClusterLostError):
            raise
        except WorkerLostError:
            logger.warning("a worker was lost during request %s", request.name)
        except Exception as error:
            logger.exception("request %s got no reply", request.name)
            raise JobError(*NO_REPLY) from error
        else:
            if reply.error:
                raise reply.error
            return reply.value  # type: ignore[return-value]  # the function's own result, perhaps None
    raise JobError(*NO_REPLY)
