"""The current run of a session, and the buttons that control it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages._shared import components, error_messages, state, workspace
from pages._shared.markdown import escape_markdown
from qenn_core import jobs
from qenn_core.errors import JobError, QennError
from qenn_core.experiment import ExperimentSpec, display_value, setting_differences, title_of
from qenn_core.jobs import RunSnapshot
from qenn_core.workspace import feed_key

_CONTROL = "run"
_LINK = "run of the link"
_SEEN_KEY = "seen_run"
# How many changed settings are named.
_MAX_CHANGES = 4
_READY = "Ready: press Train and watch the loss fall"
_NO_FILE = "No data to train on: upload a file, or choose a data set"
_NO_DATA = "The data cannot be used as they are; see the message below"
_TOO_EXPENSIVE = "With these settings, training would take too long"
_DELETED = QennError(
    "This run no longer exists.",
    "It was deleted, perhaps in another tab.",
    "Press Train to run the same settings again.",
)
_NOT_YOURS = QennError(
    "The run in this link cannot be shown.",
    "It belongs to another workspace, or was deleted.",
    "The link's other settings, if it has any, are in use: press Train to train with them yourself.",
)


def current_snapshot() -> RunSnapshot | None:
    """Return the current run as it is now; ``None`` if there is none.

    If it does not exist, the session shows no run from now on, and a message says why: an error if this
    session has shown the run before, and otherwise what a link to another person's run opens.
    """
    run_id = state.current_run()
    if not run_id:
        return None
    try:
        snapshot = jobs.service().snapshot(run_id, workspace.owner())
    except JobError:
        seen_before = st.session_state.get(_SEEN_KEY) == run_id
        state.set_error(_CONTROL if seen_before else _LINK, _DELETED if seen_before else _NOT_YOURS)
        state.set_current_run("")
        return None
    st.session_state[_SEEN_KEY] = run_id
    return snapshot


def feed() -> dict[str, str]:
    """Return the id and the feed key with which a script follows the current run."""
    run_id = state.current_run()
    return {"run": run_id, "key": feed_key(workspace.owner(), run_id) if run_id else ""}


def draw_notices(run: RunSnapshot | None) -> None:
    """Draw why the run of a link is not shown, and that a run with other data goes on."""
    if run is not None:
        state.clear_error(_LINK)
        return
    missing = state.errors().get(_LINK)
    if missing:
        error_messages.show(missing, as_choice=True)
    left = state.left_run()
    if left and _is_active(left):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption("The run with the last data is still training.", width="content")
            st.button("Show it", icon=":material/undo:", on_click=_show, args=(left,))


def _is_active(run_id: str) -> bool:
    try:
        return not jobs.service().snapshot(run_id, workspace.owner()).ended
    except QennError:
        return False


def _show(run_id: str) -> None:
    """Show a run with its settings."""
    state.clear_error(_CONTROL)
    try:
        state.load_spec(jobs.service().spec_of(run_id, workspace.owner()), run_id)
    except QennError as error:
        state.set_error(_CONTROL, error)


def draw_changes(run: RunSnapshot, run_spec: ExperimentSpec) -> None:
    """Draw in which settings the shown run differs from the form; nothing if they are the same."""
    differences = setting_differences([run_spec, state.spec()])
    if not differences:
        return
    changes = [
        f"{title_of(path)}: **{escape_markdown(display_value(path, before))}**, "
        f"now {escape_markdown(display_value(path, now))}"
        for path, (before, now) in differences.items()
    ]
    if len(changes) > _MAX_CHANGES:
        changes[_MAX_CHANGES:] = [f"{len(changes) - _MAX_CHANGES} more"]
    remedy = (
        "Press Train to train with the new ones"
        if run.ended
        else "The run keeps its own settings; stop it to train with the new ones"
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="changes"):
        st.markdown(
            f"The charts show a run with other settings. {' · '.join(changes)}. {remedy}.", width="stretch"
        )
        st.button(
            "Back to its settings",
            icon=":material/undo:",
            help="Set the form to the settings of this run.",
            on_click=state.load_spec,
            args=(run_spec, run.run),
        )


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
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="run-controls"):
        _draw_button(
            "train",
            "Train",
            "play_arrow",
            "Start training with the settings on the left.",
            can_start and not is_active,
            train,
            primary=True,
        )
        if run_state == "paused":
            _draw_button(
                "pause", "Resume", "resume", "Continue training.", is_active, _control, service.resume
            )
        elif run is not None and run.ended and run.resumable:
            _draw_button(
                "pause", "Resume", "resume", "Continue where training ended.", True, _control, _resume_ended
            )
        else:
            _draw_button(
                "pause",
                "Pause",
                "pause",
                "Pause after the current epoch.",
                is_active,
                _control,
                service.pause,
            )
        can_step = can_start and run_state not in ("queued", "running")
        _draw_button("step", "Step", "skip_next", "Train one epoch, then pause.", can_step, _step)
        _draw_button(
            "stop",
            "Stop",
            "stop",
            "End training now, with the best weights so far.",
            is_active,
            _stop,
        )
        _draw_button(
            "reset",
            "Reset",
            "restart_alt",
            "Clear the charts, and stop training. The settings stay, and the run stays on the Runs page.",
            run is not None,
            _reset,
        )
        components.progress(
            data=feed() | {"stage": run.stage if run else "idle", "idle": _idle_text(has_data, is_feasible)},
            key="progress",
            on_stage_change=lambda: None,
            width="stretch",
        )


def _idle_text(has_data: bool, is_feasible: bool) -> str:
    if not has_data:
        return _NO_FILE if state.awaits_file() else _NO_DATA
    return _READY if is_feasible else _TOO_EXPENSIVE


def _draw_button(
    key: str,
    label: str,
    icon: str,
    help: str,
    is_enabled: bool,
    action: Callable[..., None],
    *args: object,
    primary: bool = False,
) -> None:
    # By their key, a script finds the buttons, and one that changes its label stays the same for the browser.
    st.button(
        label,
        key=f"control-{key}",
        icon=f":material/{icon}:",
        help=help,
        on_click=action,
        args=args,
        disabled=not is_enabled,
        type="primary" if primary else "secondary",
        width=140 if primary else "content",
    )


def train(*, paused: bool = False) -> None:
    """Start a run with the settings of the session, and show it; set an error if it cannot start."""
    state.clear_error(_CONTROL)
    try:
        table = state.uploaded_table()
        run_id = jobs.service().submit(state.spec(), table, owner=workspace.owner(), paused=paused)
    except QennError as error:
        state.set_error(_CONTROL, error)
    else:
        state.show_started_run(run_id)


def _control(command: Callable[[str, str], None]) -> None:
    state.clear_error(_CONTROL)
    try:
        command(state.current_run(), workspace.owner())
    except QennError as error:
        state.set_error(_CONTROL, error)


def _stop() -> None:
    """Stop the current run, and those that were started together with it."""
    state.clear_error(_CONTROL)
    for run_id in state.series() or (state.current_run(),):
        try:
            jobs.service().stop(run_id, workspace.owner())
        except QennError as error:
            state.set_error(_CONTROL, error)


def _reset() -> None:
    run = current_snapshot()
    if run is not None:
        _stop()
    state.set_current_run("")


def _resume_ended(run_id: str, owner: str) -> None:
    """Resume a run that has ended, with the session's table if it is the one that the run was trained on."""
    run_spec = state.spec_of_run()
    is_same_data = run_spec is not None and run_spec.data == state.spec().data
    jobs.service().resume(run_id, owner, state.uploaded_table() if is_same_data else None)


def _step() -> None:
    """Train one epoch: the next one of a paused run, or the first one of a new run."""
    run = current_snapshot()
    if run is None or run.ended:
        train(paused=True)
    _control(jobs.service().step)
