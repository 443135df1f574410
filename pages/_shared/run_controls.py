"""The current run of a session, and the buttons that control it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._shared import components, state, workspace
from qenn_core import jobs
from qenn_core.errors import JobError, QennError, SpecError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import RunSnapshot
from qenn_core.workspace import feed_key

_CONTROL = "run"
_SEEN_KEY = "seen_run"
_READY = "Ready: press Train and watch the loss fall"
_NO_DATA = "No data to train on yet"
_TOO_EXPENSIVE = "With these settings, training would take too long"
_DELETED = QennError(
    "This run no longer exists.",
    "It was deleted, perhaps in another tab.",
    "Press Train to run the same settings again.",
)


def current_snapshot() -> RunSnapshot | None:
    """Return the current run as it is now; ``None`` if there is none.

    If it does not exist, the session shows no run from now on. An error is set only if this session has shown
    the run before: a visitor who opens a link to another person's run simply gets its settings.
    """
    run_id = state.current_run()
    if not run_id:
        return None
    try:
        snapshot = jobs.service().snapshot(run_id, workspace.owner())
    except JobError:
        if st.session_state.get(_SEEN_KEY) == run_id:
            state.set_error(_CONTROL, _DELETED)
        state.set_current_run("")
        return None
    st.session_state[_SEEN_KEY] = run_id
    return snapshot


def current_run_spec() -> ExperimentSpec | None:
    """Return the spec of the current run; ``None`` without a run, or if its settings no longer exist."""
    run_id = state.current_run()
    try:
        return jobs.service().spec_of(run_id, workspace.owner()) if run_id else None
    except SpecError:
        return None


def feed() -> dict[str, str]:
    """Return the id and the feed key with which a script follows the current run."""
    run_id = state.current_run()
    return {"run": run_id, "key": feed_key(workspace.owner(), run_id) if run_id else ""}


def draw_controls(run: RunSnapshot | None, *, has_data: bool, is_feasible: bool) -> None:
    """Draw the buttons and the progress bar.

    Parameters
    ----------
    run : RunSnapshot or None
        The current run.
    has_data : bool
        Whether there are data to train on.
    is_feasible : bool
        Whether the settings may be trained here.
    """
    run_state = run.state if run else "idle"
    is_active = run is not None and not run.ended
    service = jobs.service()
    can_start = has_data and is_feasible
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _draw_button(
            "Train",
            "play_arrow",
            "Start training with the settings on the left.",
            can_start and not is_active,
            _train,
            primary=True,
        )
        if run_state == "paused":
            _draw_button("Resume", "resume", "Continue training.", is_active, _control, service.resume)
        elif run is not None and run.ended and run.resumable:
            _draw_button("Resume", "resume", "Continue where training ended.", True, _control, _resume_ended)
        else:
            _draw_button(
                "Pause", "pause", "Pause after the current epoch.", is_active, _control, service.pause
            )
        can_step = can_start and run_state not in ("queued", "running")
        _draw_button("Step", "skip_next", "Train one epoch, then pause.", can_step, _step)
        _draw_button(
            "Stop",
            "stop",
            "End training now, with the best weights so far.",
            is_active,
            _control,
            service.stop,
        )
        _draw_button(
            "Reset",
            "restart_alt",
            "Clear the charts. The settings stay, and the run stays on the Runs page.",
            run is not None and not is_active,
            state.set_current_run,
            "",
        )
        components.progress(
            data=feed() | {"stage": run.stage if run else "idle", "idle": _idle_text(has_data, is_feasible)},
            key="progress",
            on_stage_change=lambda: None,
            width="stretch",
        )


def _idle_text(has_data: bool, is_feasible: bool) -> str:
    if not has_data:
        return _NO_DATA
    return _READY if is_feasible else _TOO_EXPENSIVE


def _draw_button(
    label: str,
    icon: str,
    help: str,
    is_enabled: bool,
    action: Callable[..., None],
    *args: object,
    primary: bool = False,
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        help=help,
        on_click=action,
        args=args,
        disabled=not is_enabled,
        type="primary" if primary else "secondary",
        width=140 if primary else "content",
    )


def _train(*, paused: bool = False) -> None:
    state.clear_error(_CONTROL)
    try:
        table = state.uploaded_table()
        run_id = jobs.service().submit(state.spec(), table, owner=workspace.owner(), paused=paused)
    except QennError as error:
        state.set_error(_CONTROL, error)
    else:
        state.set_current_run(run_id)


def _control(command: Callable[[str, str], None]) -> None:
    state.clear_error(_CONTROL)
    try:
        command(state.current_run(), workspace.owner())
    except QennError as error:
        state.set_error(_CONTROL, error)


def _resume_ended(run_id: str, owner: str) -> None:
    """Resume a run that has ended, with the session's table if it is the one that the run was trained on."""
    run_spec = current_run_spec()
    is_same_data = run_spec is not None and run_spec.data == state.spec().data
    jobs.service().resume(run_id, owner, state.uploaded_table() if is_same_data else None)


def _step() -> None:
    """Train one epoch: the next one of a paused run, or the first one of a new run."""
    run = current_snapshot()
    if run is None or run.ended:
        _train(paused=True)
    _control(jobs.service().step)
