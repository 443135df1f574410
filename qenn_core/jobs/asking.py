"""Asking the worker that is kept free for small questions, and waiting for its answer."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from qenn_core.errors import JobError
from qenn_core.jobs import tasks
from qenn_core.jobs.cluster import QUESTIONS as WORKER
from qenn_core.jobs.cluster import Cluster
from qenn_core.jobs.questions import QUESTIONS, Answer, Question

logger = logging.getLogger(__name__)

# What the workers need to start, at worst, on a machine that is busy.
START_SECONDS = 30.0

BUSY = ("There is no answer yet.", "Other questions are being answered.", "Try again in a few seconds.")
TOO_LONG = (
    "This took too long and was ended.",
    "The answer is more work than the page can wait for.",
    "Try less data.",
)
NO_ANSWER = (
    "There was no answer.",
    "The process that was working on it ended, perhaps for want of memory.",
    "Try again; if it comes back, try less data or fewer qubits.",
)


class Desk:
    """Takes questions one at a time, so that an answer that takes its worker down takes no other with it.

    Parameters
    ----------
    cluster : callable
        Returns the running cluster, waiting for it for at most the seconds given.
    """

    def __init__(self, cluster: Callable[[float], Cluster]) -> None:
        self._cluster = cluster
        self._turn = Lock()

    def ask(
        self, question: str | Callable[..., Any], *args: Any, timeout: float | None = None, **kwargs: Any
    ) -> Any:
        """Let the worker answer, and return its answer.

        Parameters
        ----------
        question : str or callable
            The name of one in `questions.QUESTIONS`, or a function that a worker can import; the other
            arguments are its own.
        timeout : float, optional
            Seconds that the answer may take; each named question has its own default.

        Raises
        ------
        QennError
            The one that the answer ended with; `JobError` if there was no answer.
        """
        function, seconds = QUESTIONS[question] if isinstance(question, str) else Question(question)
        seconds = timeout or seconds
        if not self._turn.acquire(timeout=seconds):
            raise JobError(*BUSY)
        try:
            value, error = self._answer(pickle.dumps((function, args, kwargs, seconds)), seconds)
        finally:
            self._turn.release()
        if error:
            raise error
        return value

    def _answer(self, payload: bytes, seconds: float) -> Answer:
        begun = time.monotonic()
        try:
            task = self._cluster(START_SECONDS).submit(WORKER, tasks.answer, payload=payload)
            answer: Answer = pickle.loads(task.result(START_SECONDS + seconds))
            return answer
        except Exception as error:
            logger.warning("a question was not answered: %r", error)
            words = TOO_LONG if time.monotonic() - begun >= seconds else NO_ANSWER
            return Answer(error=JobError(*words))
