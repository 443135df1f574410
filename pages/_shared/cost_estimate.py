"""The estimated time and memory of the run that Train would start."""

from __future__ import annotations

import logging
from threading import Lock, Thread
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import error_messages, state
from qenn_core import jobs, limits
from qenn_core.errors import QennError
from qenn_core.model import (
    Cost,
    InfeasibleError,
    MachineSpeed,
    Workload,
    estimate_run,
    require_feasible_run,
)
from qenn_core.text import duration, memory

if TYPE_CHECKING:
    from qenn_core.analysis import PreparedSummary

logger = logging.getLogger(__name__)

_CONTROL = "estimate"
_HELP = (
    "Estimated from the settings and the speed of this machine. "
    "It takes longer while other runs are training."
)
_PATIENCE_HELP = "It ends sooner if the validation loss stops falling (see the setting *Patience*)."


def estimate(data: PreparedSummary) -> Cost:
    """Return the estimated cost of the session's spec on these data.

    Raises
    ------
    InfeasibleError
        If the run would take too long.
    """
    spec, speed = state.spec(), machine_benchmark().speed
    workload = Workload(data.rows, data.n_features, data.n_classes)
    # Until the speed is measured, that of a reference machine gives an estimate, but refuses nothing.
    if speed is None:
        return estimate_run(spec, workload, MachineSpeed())
    return require_feasible_run(spec, workload, speed)


def draw_estimate(data: PreparedSummary, *, in_words: bool) -> bool:
    """Draw the estimate for the session's spec, or an error if the run would take too long.

    Parameters
    ----------
    data : PreparedSummary
        The prepared data.
    in_words : bool
        Whether the estimate is drawn; the error always is.

    Returns
    -------
    bool
        Whether the run may be started.
    """
    try:
        cost = estimate(data)
    except InfeasibleError as error:
        error_messages.show_with_suggestion(error, _CONTROL)
        return False
    if in_words:
        st.caption(_sentence(cost), help=f"{_HELP} {_PATIENCE_HELP}" if _may_stop_early() else _HELP)
    return True


def _may_stop_early() -> bool:
    training = state.spec().training
    return 0 < training.patience < training.epochs


def _sentence(cost: Cost) -> str:
    if not cost.seconds:
        return f"The time on this device cannot be estimated; training uses about {memory(cost.bytes)}"
    sentence = f"Takes about {duration(cost.seconds)}, uses about {memory(cost.bytes)}"
    if cost.seconds <= limits.LONG_RUN_SECONDS:
        return sentence
    return f":material/hourglass_top: **{sentence}.** Training continues even if you close this page."


class MachineBenchmark:
    """Measures the speed of the machine that trains, once for all sessions.

    Attributes
    ----------
    speed : MachineSpeed or None
        ``None`` until a worker has measured it.
    """

    def __init__(self) -> None:
        self.speed: MachineSpeed | None = None
        self._running = Lock()

    def start(self) -> None:
        """Let a worker measure the speed in the background, unless it is known or being measured."""
        if self.speed is None and self._running.acquire(blocking=False):
            Thread(target=self._measure, name="machine benchmark", daemon=True).start()

    def _measure(self) -> None:
        try:
            self.speed = jobs.service().call(jobs.MEASURE_SPEED)
        except QennError as error:
            logger.warning("the speed of the machine is unknown: %s", type(error).__name__)
        finally:
            self._running.release()


@st.cache_resource(show_spinner=False)
def machine_benchmark() -> MachineBenchmark:
    """Return the benchmark of this server. Start it at the end of a page, so that it delays nothing else."""
    return MachineBenchmark()
