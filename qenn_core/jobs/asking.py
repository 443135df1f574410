"""Asking a worker a small question, and waiting for its answer."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import Any

from qenn_core.errors import JobError
from qenn_core.jobs import tasks
from qenn_core.jobs.cluster import BusyError, Cluster, ClusterLostError, WorkerLostError
from qenn_core.jobs.questions import QUESTIONS, Answer, Question

logger = logging.getLogger(__name__)

# What the workers need to start, at worst, on a machine that is busy.
START_SECONDS = 30.0

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


def ask(
    cluster: Cluster,
    question: str | Question | Callable[..., Any],
    *args: Any,
    timeout: float | None = None,
    **kwargs: Any,
) -> Any:
    """Let a worker answer, and return its answer.

    Parameters
    ----------
    cluster : Cluster
        Who answers.
    question : str, Question or callable
        The name of one in `questions.QUESTIONS`, another, or just a function that a worker can import; the
        other arguments are its own.
    timeout : float, optional
        Seconds that the answer may take; each named question has its own default.

    Raises
    ------
    QennError
        The one that the answer ended with; `JobError` if there was no answer.
    """
    asked = _question(question)
    if timeout:
        asked = asked._replace(seconds=timeout)
    payload = pickle.dumps((asked, args, kwargs))
    for _ in range(asked.attempts):
        task = cluster.submit(
            asked.kind, tasks.answer, payload=payload, patience=START_SECONDS, seconds=asked.seconds
        )
        try:
            answer: Answer = pickle.loads(task.result())
        except TimeoutError as late:
            raise JobError(*TOO_LONG) from late
        except (BusyError, ClusterLostError):
            raise
        except WorkerLostError:
            logger.warning("a worker was lost while it answered %s", asked.function.__name__)
        except Exception as error:
            logger.exception("question %s was not answered", asked.function.__name__)
            raise JobError(*NO_ANSWER) from error
        else:
            if answer.error:
                raise answer.error
            return answer.value
    raise JobError(*NO_ANSWER)


def _question(question: str | Question | Callable[..., Any]) -> Question:
    if isinstance(question, Question):
        return question
    return QUESTIONS[question] if isinstance(question, str) else Question(question)
