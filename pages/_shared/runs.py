"""The run that a session watches, and the buttons that command it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._shared import components, state
from qenn_core import jobs
from qenn_core.errors import JobError, QennError
from qenn_core.jobs.snapshot import RunSnapshot

_PLACE = "run"
_READY = "Ready: press Train and watch the loss fall"
_NOT_READY = "There is nothing to train on yet"


def watched() -> RunSnapshot | None:
    """Return the run as it stands now; one that is no longer kept is let go.

    Who started it here is told so. Who opened a link is not: its settings are there, and Train is at hand.
    """
    if not state.run():
        return None
    try:
        return jobs.service().snapshot(state.run())
    except JobError as error:
        if state.run_spec() is not None:
            state.complain(_PLACE, error)
        state.watch("")
        return None


def controls(run: RunSnapshot | None, possible: bool) -> None:
    """Draw the buttons and the progress; `possible` tells whether there is something to train."""
    now = run.state if run else "idle"
    active = run is not None and not run.ended
    paused = now == "paused"
    service = jobs.service()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _button(
            "Train",
            "play_arrow",
            "Start training with the settings at the left.",
            _train,
            possible and not active,
            main=True,
        )
        if paused:
            _button("Resume", "resume", "Go on.", _command, active, service.resume)
        else:
            _button("Pause", "pause", "Hold the training after this epoch.", _command, active, service.pause)
        steppable = possible and now not in ("queued", "running")
        _button("Step", "skip_next", "Train one epoch, then pause.", _step, steppable)
        _button("Stop", "stop", "End the training; keep what was learnt.", _command, active, service.stop)
        _button(
            "Reset",
            "restart_alt",
            "Clear the charts. The settings stay.",
            state.watch,
            run is not None and not active,
            "",
        )
        components.progress(
            data={"run": state.run(), "state": now, "idle": _READY if possible else _NOT_READY},
            key="progress",
            on_state_change=lambda: None,
            width="stretch",
        )


def _button(
    label: str,
    icon: str,
    about: str,
    action: Callable[..., None],
    enabled: bool,
    *args: object,
    main: bool = False,
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        help=about,
        on_click=action,
        args=args,
        disabled=not enabled,
        type="primary" if main else "secondary",
        width=140 if main else "content",
    )


def _train(*, paused: bool = False) -> None:
    state.forgive(_PLACE)
    try:
        state.watch(jobs.service().submit(state.spec(), state.table(), paused=paused))
    except QennError as error:
        state.complain(_PLACE, error)


def _command(command: Callable[[str], None]) -> None:
    state.forgive(_PLACE)
    try:
        command(state.run())
    except QennError as error:
        state.complain(_PLACE, error)


def _step() -> None:
    """Train one epoch: the next of a paused run, or the first of a new one."""
    run = watched()
    if run is None or run.ended:
        _train(paused=True)
    _command(jobs.service().step)
