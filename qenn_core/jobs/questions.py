"""Small questions of the pages that need the core: each is answered by a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from qenn_core import limits
from qenn_core.data import Table
from qenn_core.errors import JobError, QennError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs import deadline, tasks, turn

if TYPE_CHECKING:
    import pandas as pd

    from qenn_core.analysis import Overview, Predictions
    from qenn_core.model import Drawing, MachineSpeed

logger = logging.getLogger(__name__)

# Whoever asks looks at the screen.
SECONDS = 20.0
# Reading ends by itself at its limit, with a better message; this is for when even that fails.
READING_SECONDS = limits.PARSE_SECONDS + 15
# So does predicting, which may have to import what it needs first.
PREDICTING_SECONDS = limits.PREDICTION_SECONDS + 15


def read_table(content: bytes, file_name: str, options: DataSpec, *, seed: int = 0) -> Table:
    """Read an uploaded file."""
    from qenn_core.data import read_table

    return read_table(content, file_name, options, seed=seed)


def describe_table(spec: ExperimentSpec, table: Table | None) -> Overview:
    """Describe the data of `spec`, whose rows are in `table` if they were uploaded."""
    from qenn_core.analysis import describe_table
    from qenn_core.data import load_builtin

    return describe_table(spec, table or load_builtin(spec.data))


def draw_circuit(spec: ExperimentSpec, n_inputs: int) -> Drawing:
    """Draw the circuit of `spec`."""
    from qenn_core.analysis import draw_circuit

    return draw_circuit(spec, n_inputs)


def predict(model: bytes, rows: pd.DataFrame) -> Predictions:
    """Ask a packed model about further rows."""
    from qenn_core.analysis import predict_rows

    return predict_rows(model, rows)


def measure_speed() -> MachineSpeed:
    """Measure how quick the workers' machine is."""
    from qenn_core.training import measure_speed

    return measure_speed()


class Question(NamedTuple):
    """A function that answers, and how.

    Parameters
    ----------
    function : callable
        One that a worker can import.
    seconds : float
        How long it may take.
    kind : str
        The kind of place that it needs.
    attempts : int
        How often it is asked, if the worker dies under it. What computes does so alone, and would only bring
        down the next worker too.
    """

    function: Callable[..., Any]
    seconds: float = SECONDS
    kind: str = tasks.QUESTIONS
    attempts: int = 1

    @property
    def computes(self) -> bool:
        """Whether it computes in the worker's own process."""
        return self.kind == tasks.QUESTIONS


QUESTIONS: Mapping[str, Question] = {
    # The one that brings its worker down may be another beside it.
    "read_table": Question(read_table, READING_SECONDS, tasks.READING, attempts=2),
    "describe": Question(describe_table),
    "draw_circuit": Question(draw_circuit),
    "measure_speed": Question(measure_speed),
    "predict": Question(predict, PREDICTING_SECONDS),
}


class Answer(NamedTuple):
    """What came of a question: a value, or the error to raise."""

    value: Any = None
    error: QennError | None = None


def answer(asked: Question, args: Sequence[Any], kwargs: Mapping[str, Any], patience: float) -> Answer:
    """Answer a question in this process, which ends if that takes more than `patience` times its seconds."""
    with turn.taken() if asked.computes else nullcontext(), deadline.within(patience * asked.seconds):
        try:
            return Answer(asked.function(*args, **kwargs))
        except QennError as error:
            return Answer(error=error)
        except Exception as error:
            logger.exception("question %s failed", asked.function.__name__)
            return Answer(error=_unforeseen(error))


def _unforeseen(error: Exception) -> JobError:
    return JobError(
        "This could not be worked out.",
        f"{type(error).__name__}: {error}"[:300],
        "Try other settings; if it comes back, please report it with the settings in the link.",
    )
