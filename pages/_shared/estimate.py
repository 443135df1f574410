"""What the run would take that Train would start: told, warned of, or refused."""

from __future__ import annotations

import logging
from threading import Lock, Thread
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import form, state
from qenn_core import jobs, limits
from qenn_core.errors import QennError
from qenn_core.model import InfeasibleError, MachineSpeed, Workload, estimate_run, require_feasible_run
from qenn_core.text import duration, memory

if TYPE_CHECKING:
    from qenn_core.analysis import PreparedSummary

logger = logging.getLogger(__name__)

_PLACE = "estimate"
_ABOUT = (
    "Worked out from the settings and from how quick this machine is. Where other runs keep it busy, it "
    "takes longer."
)
_AT_MOST = "It ends sooner if the validation loss stops falling: that is what patience is for."


def show(ready: PreparedSummary) -> bool:
    """Tell what a run of the session's spec would take; return whether it may be started."""
    spec = state.spec()
    workload = Workload(ready.rows, ready.n_features, ready.n_inputs, ready.n_classes)
    speed = machine().speed
    try:
        # Nothing is refused by the speed of another machine.
        cost = (
            require_feasible_run(spec, workload, speed)
            if speed
            else estimate_run(spec, workload, MachineSpeed())
        )
    except InfeasibleError as error:
        form.refuse(error, _PLACE)
        return False
    st.caption(
        _in_words(cost.seconds, cost.bytes), help=f"{_ABOUT} {_AT_MOST}" if _may_end_sooner() else _ABOUT
    )
    return True


def _may_end_sooner() -> bool:
    training = state.spec().training
    return 0 < training.patience < training.epochs


def _in_words(seconds: float, n_bytes: float) -> str:
    if not seconds:
        return f"Nobody can tell beforehand how long this device takes · {memory(n_bytes)}"
    about = f"{'At most' if _may_end_sooner() else 'About'} {duration(seconds)} · {memory(n_bytes)}"
    if seconds <= limits.LONG_RUN_SECONDS:
        return about
    return f":material/hourglass_top: **{about}.** It goes on when this page is closed."


class _Machine:
    """The machine that trains; how quick it is a worker tells, once for all sessions.

    Attributes
    ----------
    speed : MachineSpeed or None
        ``None`` until a worker has told.
    """

    def __init__(self) -> None:
        self.speed: MachineSpeed | None = None
        self._asking = Lock()

    def ask(self) -> None:
        """Ask a worker, unless one has told or is being asked, and do not wait for it."""
        if self.speed is None and self._asking.acquire(blocking=False):
            Thread(target=self._ask, name="speed of the machine", daemon=True).start()

    def _ask(self) -> None:
        try:
            self.speed = jobs.service().call(jobs.MEASURE_SPEED)
        except QennError as error:
            logger.warning("the speed of the machine is not known: %s", type(error).__name__)
        finally:
            self._asking.release()


@st.cache_resource(show_spinner=False)
def machine() -> _Machine:
    """Return the machine, to be asked once a page has all that it waits for itself."""
    return _Machine()
