"""Answering requests in a worker process."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from typing import Any

from qenn_core.errors import JobError, QennError
from qenn_core.jobs.requests import Reply, RequestTask
from qenn_core.jobs.worker import compute_lock, deadline
from qenn_core.jobs.worker.unforeseen import describe_unforeseen

logger = logging.getLogger(__name__)


def answer(task: RequestTask, patience: float) -> Reply[Any]:
    """Call the function of a request.

    The process ends if that takes more than `patience` times the time limit of the request.
    """
    request = task.request
    lock = compute_lock.held() if request.computes else nullcontext()
    with lock, deadline.enforced(patience * request.seconds):
        try:
            return Reply(request.function(*task.args, **task.kwargs))
        except QennError as error:
            return Reply(error=error)
        except Exception as error:
            logger.exception("request %s failed", request.name)
            return Reply(error=JobError(*describe_unforeseen(error, "This could not be computed.")))
