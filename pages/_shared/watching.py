"""The run that a session watches, and the buttons that command it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._shared import components, state, workspace
from qenn_core import jobs
from qenn_core.errors import JobError, QennError, SpecError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import RunSnapshot
from qenn_core.workspace import feed_key

_PLACE = "run"
_SEEN = "seen run"
_READY = "Ready: press Train and watch the loss fall"
_NOT_READY = "There is nothing to train on yet"
_TOO_MUCH = "This would take too long here"
_GONE = QennError(
    "This run is no longer here.",
    "It was deleted, perhaps in another tab.",
    "Press Train to run the same settings again.",
)


def watched() -> RunSnapshot | None:
    """Return the run as it stands now; one that is not there is let go.

    Who has seen it here is told so. Who opened a link to a run of somebody else is not: its settings are
    there, and Train is at hand.
    """
    run_id = state.run()
    if not run_id:
        return None
    try:
        found = jobs.service().snapshot(run_id, workspace.owner())
    except JobError:
        if st.session_state.get(_SEEN) == run_id:
            state.complain(_PLACE, _GONE)
        state.watch("")
        return None
    st.session_state[_SEEN] = run_id
    return found


def spec() -> ExperimentSpec | None:
    """Return what the run that is watched trains; ``None`` without one, or if it is no longer offered."""
    try:
        return jobs.service().spec_of(state.run(), workspace.owner()) if state.run() else None
    except SpecError:
        return None


def feed() -> dict[str, str]:
    """Return what a script needs to follow the run that is watched."""
    run = state.run()
    return {"run": run, "key": feed_key(workspace.owner(), run) if run else ""}


def controls(run: RunSnapshot | None, *, has_data: bool, allowed: bool) -> None:
    """Draw the buttons and the progress; a training may be started if there are data, and it is `allowed`."""
    now = run.state if run else "idle"
    active = run is not None and not run.ended
    service = jobs.service()
    possible = has_data and allowed
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _button(
            "Train",
            "play_arrow",
            "Start training with the settings at the left.",
            _train,
            possible and not active,
            main=True,
        )
        if now == "paused":
            _button("Resume", "resume", "Go on.", _command, active, service.resume)
        elif run is not None and run.ended and run.resumable:
            _button("Resume", "resume", "Go on where this training ended.", _command, True, _take_up)
        else:
            _button("Pause", "pause", "Hold the training after this epoch.", _command, active, service.pause)
        steppable = possible and now not in ("queued", "running")
        _button("Step", "skip_next", "Train one epoch, then pause.", _step, steppable)
        _button("Stop", "stop", "End the training; keep what was learnt.", _command, active, service.stop)
        _button(
            "Reset",
            "restart_alt",
            "Clear the charts. The settings stay, and the run is kept on the page Runs.",
            state.watch,
            run is not None and not active,
            "",
        )
        components.progress(
            data=feed() | {"stage": run.stage if run else "idle", "idle": _idle(has_data, allowed)},
            key="progress",
            on_stage_change=lambda: None,
            width="stretch",
        )


def _idle(has_data: bool, allowed: bool) -> str:
    if not has_data:
        return _NOT_READY
    return _READY if allowed else _TOO_MUCH


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
        owner = workspace.owner()
        state.watch(jobs.service().submit(state.spec(), state.table(), owner=owner, paused=paused))
    except QennError as error:
        state.complain(_PLACE, error)


def _command(command: Callable[[str, str], None]) -> None:
    state.forgive(_PLACE)
    try:
        command(state.run(), workspace.owner())
    except QennError as error:
        state.complain(_PLACE, error)


def _take_up(run_id: str, owner: str) -> None:
    """Let a run that has ended go on, with the rows of this session where they are its own."""
    ran = spec()
    table = state.table() if ran is not None and ran.data == state.spec().data else None
    jobs.service().resume(run_id, owner, table)


def _step() -> None:
    """Train one epoch: the next of a paused run, or the first of a new one."""
    run = watched()
    if run is None or run.ended:
        _train(paused=True)
    _command(jobs.service().step)
