"""What pages ask of a worker: functions of the core with their time limits, and their replies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from qenn_core import limits
from qenn_core.data import Table
from qenn_core.errors import QennError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.commands import SlotKind

if TYPE_CHECKING:
    import pandas as pd

    from qenn_core.analysis import Overview, Predictions
    from qenn_core.model import AutomaticField, Drawing, MachineSpeed

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

# Somebody waits at the screen.
DEFAULT_SECONDS = 20.0
# Reading and predicting end by themselves at their own limits, with better messages. Predicting may also have
# to import torch first.
MARGIN_SECONDS = 15.0


@dataclass(frozen=True)
class Request(Generic[P, R_co]):
    """A function that a worker calls for a page.

    Parameters
    ----------
    function : callable
        A function that a worker can import by its name.
    seconds : float
        Time limit.
    slot : SlotKind
        The kind of slot it needs.
    attempts : int
        How often it is sent if the worker dies. A function that computes is alone in its process, and would
        only bring down the next worker too.
    """

    function: Callable[P, R_co]
    seconds: float = DEFAULT_SECONDS
    slot: SlotKind = SlotKind.REQUESTS
    attempts: int = 1

    @property
    def computes(self) -> bool:
        """Whether the function computes in the worker's own process."""
        return self.slot is SlotKind.REQUESTS

    @property
    def name(self) -> str:
        """Name of the function, for the log."""
        return self.function.__name__


@dataclass(frozen=True)
class Reply(Generic[R]):
    """What came of a request.

    Parameters
    ----------
    value : object
        What the function returned.
    error : QennError or None
        The error to raise instead.
    """

    value: R | None = None
    error: QennError | None = None


@dataclass(frozen=True)
class RequestTask:
    """A request with its arguments, as a worker receives it."""

    request: Request[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


# The functions import the core when a worker calls them: the server, which refers to them, stays light.


def read_table(content: bytes, file_name: str, options: DataSpec, *, seed: int = 0) -> Table:
    """Read an uploaded file; see `qenn_core.data.read_table`."""
    from qenn_core.data import read_table

    return read_table(content, file_name, options, seed=seed)


def describe_table(
    spec: ExperimentSpec,
    table: Table | None,
    automatic: Collection[AutomaticField] = (),
    max_qubits: int = 0,
) -> Overview:
    """Describe the data of `spec`; see `qenn_core.analysis.describe_table`."""
    from qenn_core.analysis import describe_table
    from qenn_core.data import load_builtin

    return describe_table(spec, table or load_builtin(spec.data), automatic, max_qubits)


def draw_circuit(spec: ExperimentSpec, n_inputs: int) -> Drawing:
    """Draw the circuit of `spec`; see `qenn_core.analysis.draw_circuit`."""
    from qenn_core.analysis import draw_circuit

    return draw_circuit(spec, n_inputs)


def predict_rows(model: bytes, rows: pd.DataFrame) -> Predictions:
    """Apply a model archive to further rows; see `qenn_core.analysis.predict_rows`."""
    from qenn_core.analysis import predict_rows

    return predict_rows(model, rows)


def measure_speed() -> MachineSpeed:
    """Measure the speed of the worker's machine; see `qenn_core.training.measure_speed`."""
    from qenn_core.training import measure_speed

    return measure_speed()


# Reading is tried twice: what brought the worker down may have been another file read there.
READ_TABLE = Request(
    read_table,
    limits.PARSE_PATIENCE * limits.PARSE_SECONDS + MARGIN_SECONDS,
    SlotKind.READING,
    attempts=2,
)
DESCRIBE_TABLE = Request(describe_table)
DRAW_CIRCUIT = Request(draw_circuit)
PREDICT_ROWS = Request(predict_rows, limits.PREDICTION_SECONDS + MARGIN_SECONDS)
MEASURE_SPEED = Request(measure_speed)
