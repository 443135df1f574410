"""The cockpit: settings at the left, the run and its live charts, the circuit, and the honest table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import components, form, markup, questions, state, upload
from qenn_core import jobs
from qenn_core.errors import JobError, QennError
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.model.shape import model_shape
from qenn_core.plots.circuit import circuit_svg

if TYPE_CHECKING:
    from qenn_core.analysis.records import Ready


def settings() -> None:
    with st.sidebar:
        form.source()
        if state.spec().data.is_csv:
            upload.uploader()
        else:
            with st.expander("Settings of the data"):
                form.dataset_params()
        form.settings()


def watched() -> RunSnapshot | None:
    if not state.run():
        return None
    try:
        return jobs.service().snapshot(state.run())
    except JobError as error:
        state.complain("run", error)
        state.watch("")
        return None


def train(*, paused: bool = False) -> None:
    state.forgive("run")
    try:
        state.watch(jobs.service().submit(state.spec(), state.table(), paused=paused))
    except QennError as error:
        state.complain("run", error)


def command(name: str) -> None:
    state.forgive("run")
    try:
        getattr(jobs.service(), name)(state.run())
    except QennError as error:
        state.complain("run", error)


def step() -> None:
    """Train one epoch: the next of a paused run, or the first of a new one."""
    run = watched()
    if run is None or run.ended:
        train(paused=True)
    command("step")


def controls(run: RunSnapshot | None, possible: bool) -> None:
    now = run.state if run else "idle"
    active = run is not None and not run.ended
    buttons = st.columns([1.9, 1.4, 1.25, 1.25, 1.3, 5], gap="small", vertical_alignment="center")
    with buttons[0]:
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            on_click=train,
            disabled=active or not possible,
            help="Start training with the settings at the left.",
        )
    with buttons[1]:
        paused = now == "paused"
        st.button(
            "Resume" if paused else "Pause",
            key="pause",
            icon=":material/resume:" if paused else ":material/pause:",
            width="stretch",
            on_click=command,
            args=("resume" if paused else "pause",),
            disabled=not active,
            help="Go on." if paused else "Hold the training after this epoch.",
        )
    with buttons[2]:
        st.button(
            "Step",
            icon=":material/skip_next:",
            width="stretch",
            on_click=step,
            disabled=now in ("queued", "running") or not possible,
            help="Train one epoch, then pause.",
        )
    with buttons[3]:
        st.button(
            "Stop",
            icon=":material/stop:",
            width="stretch",
            on_click=command,
            args=("stop",),
            disabled=not active,
            help="End the training and keep what was learnt.",
        )
    with buttons[4]:
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            width="stretch",
            on_click=state.watch,
            args=("",),
            disabled=run is None or active,
            help="Clear the charts. The settings stay.",
        )
    with buttons[5]:
        components.progress(
            data={"run": state.run(), "state": now, "idle": "Ready: press Train and watch the loss fall"},
            key="progress",
            on_state_change=lambda: None,
        )


def pipeline(name: str, ready: Ready) -> None:
    shape = model_shape(state.spec(), len(ready.input_names), len(ready.class_names))
    st.html(markup.strip(state.spec(), shape, len(ready.feature_names), name))


def live(run: RunSnapshot | None, ready: Ready) -> None:
    shown = ready.shown
    points = (
        [
            {"x": x, "y": y, "label": label, "part": part}
            for (x, y), label, part in zip(shown.plane.points, shown.labels, shown.parts, strict=True)
        ]
        if shown.plane
        else []
    )
    components.charts(
        data={
            "run": state.run(),
            "epochs": run.epochs if run else state.spec().training.epochs,
            "class_names": ready.class_names,
            "axes": shown.plane.axes if shown.plane else ("", ""),
            "points": points,
            "theme": st.context.theme.type,
        },
        key="charts",
    )


def circuit(ready: Ready) -> None:
    ran = state.run_spec()
    changed = ran is not None and ran != state.spec()
    st.html(
        '<div class="qenn-title">The circuit</div>'
        + (
            '<p class="qenn-caption">The settings have changed: press Train to train them.</p>'
            if changed
            else ""
        )
    )
    components.figure(data={"svg": circuit_svg(questions.drawing(len(ready.input_names)))}, key="circuit")


def table(run: RunSnapshot | None) -> None:
    st.html('<div class="qenn-title">QENN against logistic regression</div>')
    if run is None or run.comparison is None:
        st.caption(
            "The table comes when the training ends: all scores at once, on rows that nothing has seen."
        )
        return
    st.html(markup.comparison_table(run.comparison))
    st.markdown("  \n".join(form.plain(verdict.sentence) for verdict in run.comparison.verdicts))
    st.caption(" ".join(map(form.plain, run.comparison.cautions)))


def confusion(run: RunSnapshot | None) -> None:
    if run is None or run.comparison is None:
        return
    with st.expander("Which classes are confused? (test rows)"):
        for column, row in zip(st.columns(len(run.comparison.rows)), run.comparison.rows, strict=True):
            with column:
                st.html(f'<div class="qenn-title">{escape(row.name)}</div>')
                st.html(markup.confusion_table(row, run.class_names))


settings()
run = watched()
top = st.container()
overview = questions.overview()
with top:
    controls(run, possible=overview is not None and overview.ready is not None)
    form.complaint("run")
    form.complaint("overview")
if run is not None and run.error is not None:
    form.show(run.error)
if overview is not None and overview.refusal is not None:
    form.show(overview.refusal)
if overview is not None and overview.ready is not None:
    pipeline(overview.name, overview.ready)
    live(run, overview.ready)
    left, right = st.columns(2, gap="medium")
    with left:
        circuit(overview.ready)
    with right:
        table(run)
    confusion(run)
