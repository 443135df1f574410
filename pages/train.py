"""The cockpit: settings at the left, the run and its live charts, the circuit, and the honest table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import components, estimate, form, markup, questions, state, target, upload, watching
from qenn_core.errors import QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import RunSnapshot
from qenn_core.model import count_executions, model_shape
from qenn_core.plots import SYMBOLS

if TYPE_CHECKING:
    from qenn_core.analysis import Overview, PreparedSummary

PARAMETER_SHIFT = (
    "Here the circuit is simulated, so that the way to turn each angle can be calculated. A quantum computer "
    "has to find it out: for each row and each angle it runs the circuit twice more, with the angle a "
    "quarter turn further and a quarter turn back. This is the parameter-shift rule."
)


@st.fragment
def cockpit(overview: Overview | None, drawn_for: ExperimentSpec) -> None:
    """Draw all but the settings, which neither a press of a button nor the run's progress changes.

    What changes them from here, such as taking settings that fit, draws the whole page again.
    """
    if state.spec() != drawn_for:
        st.rerun()
    run, ran = watching.watched(), watching.spec()
    ready = overview.prepared if overview else None
    buttons = st.container()
    allowed = ready is not None and estimate.show(ready)
    with buttons:
        watching.controls(run, has_data=ready is not None, allowed=allowed)
    form.complaint("run")
    form.complaint("overview")
    if run is not None and run.error is not None:
        form.show(run.error)
    if overview is not None:
        target.refusal(overview)
    elif run is None:
        upload.invitation()
    if overview is not None and ready is not None:
        pipeline(overview.name, ready)
    # A run that is kept is shown also when its data are no longer here.
    if ready is not None or run is not None:
        live(run, ready)
        left, right = st.columns(2, gap="medium")
        with left:
            if ready is not None:
                circuit(len(ready.input_names), changed=ran not in (None, drawn_for))
        with right:
            table(run)
            on_a_quantum_computer(run, ran, ready)
        confusion(run)
    state.write_link()


def pipeline(name: str, ready: PreparedSummary) -> None:
    shape = model_shape(state.spec(), len(ready.input_names), len(ready.class_names))
    st.html(markup.strip(state.spec(), shape, len(ready.feature_names), name))


def live(run: RunSnapshot | None, ready: PreparedSummary | None) -> None:
    """Draw the live charts; before a run tells them, points and classes are those of the data."""
    projection = ready.sample.projection if ready else None
    components.charts(
        data=watching.feed()
        | {
            "epochs": run.epochs if run else state.spec().training.epochs,
            "class_names": ready.class_names if ready else (),
            "axes": projection.axes if projection else ("", ""),
            "points": ready.sample.points if ready else [],
            "symbols": SYMBOLS,
            "theme": st.context.theme.type,
        },
        key="charts",
    )


def circuit(n_inputs: int, *, changed: bool) -> None:
    """Draw the circuit of the settings, and say so where the run has others."""
    st.html(
        '<div class="qenn-title">The circuit</div>'
        + (
            '<p class="qenn-caption">The settings have changed: press Train to train them.</p>'
            if changed
            else ""
        )
    )
    try:
        figure = questions.circuit(n_inputs)
    except QennError as error:
        form.show(error)
    else:
        components.figure(data={"svg": figure}, key="circuit")


def table(run: RunSnapshot | None) -> None:
    st.html('<div class="qenn-title">QENN against logistic regression</div>')
    if run is None or run.report.comparison is None:
        st.caption(
            "The table comes when the training ends: all scores at once, on rows that nothing has seen."
        )
        return
    st.html(markup.comparison_table(run.report.comparison))
    st.markdown("  \n".join(form.plain(verdict.sentence) for verdict in run.report.comparison.verdicts))
    st.caption(" ".join(map(form.plain, run.report.comparison.cautions)))


def on_a_quantum_computer(
    run: RunSnapshot | None, ran: ExperimentSpec | None, ready: PreparedSummary | None
) -> None:
    """Say what the run took, or would take, where nothing can be simulated."""
    spec = state.spec()
    report = run.report if run is not None else None
    if ran is not None and report is not None and report.started is not None and report.finished is not None:
        spec, circuits = ran, count_executions(ran, report.started.rows, report.finished.epochs)
    else:
        circuits = count_executions(spec, ready.rows) if ready else None
    if circuits is not None:
        st.caption(markup.quantum_computer(circuits, spec.noise.shots), help=PARAMETER_SHIFT)


def confusion(run: RunSnapshot | None) -> None:
    if run is None or run.report.comparison is None:
        return
    with st.expander("Which classes are confused? (test rows)"):
        rows = run.report.comparison.rows
        for column, row in zip(st.columns(len(rows)), rows, strict=True):
            with column:
                st.html(f'<div class="qenn-title">{escape(row.name)}</div>')
                st.html(markup.confusion_table(row, run.report.class_names))


with st.sidebar:
    form.source()
    if state.uploads():
        upload.uploader()
    question = st.container()
    if not state.uploads():
        with st.expander("Settings of the data"):
            form.dataset_params()
    form.settings()

overview = questions.overview()
if overview is not None and state.spec().data.is_csv:
    with question:
        target.choose(overview)
cockpit(overview, state.spec())
estimate.machine().ask()
