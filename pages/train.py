"""The Train page: settings, run controls, live charts, the circuit, and the comparison of models."""

from __future__ import annotations

from html import escape
from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import (
    components,
    cost_estimate,
    data_advice,
    data_choice,
    error_messages,
    form,
    html,
    link,
    presets,
    run_controls,
    state,
    target_choice,
    upload,
    worker_requests,
)
from pages._shared.markdown import escape_markdown
from qenn_core.comparison import suggest_next_step
from qenn_core.errors import QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import RunSnapshot
from qenn_core.model import MachineSpeed, Workload, count_executions, model_shape
from qenn_core.plots import LEAST_ACCURACY_SPAN, LEAST_LOSS_SPAN, SYMBOL_CHARACTERS, SYMBOLS

if TYPE_CHECKING:
    from qenn_core.analysis import Overview, PreparedSummary

# Wider confusion tables are below each other.
MANY_CLASSES = 4
MAX_ADVICE = 1
PARAMETER_SHIFT = (
    "Here the circuit is simulated, so the direction in which to change each angle can be calculated. A "
    "quantum computer has to measure it: for each row and each angle it runs the circuit twice more, with "
    "the angle a quarter turn forward and a quarter turn back. This is the parameter-shift rule."
)


@st.fragment
def draw_dashboard(overview: Overview | None, drawn_for: ExperimentSpec) -> None:
    """Draw everything except the settings, which depend neither on the run nor on its buttons.

    If a button in here changes the settings, the whole page is drawn again.
    """
    if state.spec() != drawn_for:
        st.rerun()
    run, run_spec = run_controls.current_snapshot(), state.spec_of_run()
    data = overview.prepared if overview else None
    controls, outcome = st.container(), st.container(key="outcome", horizontal=True)
    with outcome:
        is_feasible = draw_outcome(run, data, is_outdated=run_spec not in (None, drawn_for))
    with controls:
        run_controls.draw_controls(run, has_data=data is not None, is_feasible=is_feasible)
    run_controls.draw_notices(run)
    error_messages.show_at("run")
    error_messages.show_at("overview")
    if run is not None and run.error is not None:
        error_messages.show(run.error)
    if overview is not None:
        target_choice.draw_error(overview)
        if data is None:
            upload.draw_reading()
        data_advice.draw_advice(overview, MAX_ADVICE)
    elif run is None and state.awaits_file():
        upload.draw_invitation()
    if run is not None and run_spec is not None:
        run_controls.draw_changes(run, run_spec)
    if overview is not None and data is not None:
        draw_pipeline(overview.name, data)
    # A stored run is shown even if its data are no longer available.
    if data is not None or run is not None:
        draw_live_charts(run, data)
        left, right = st.columns(2, gap="medium")
        with left:
            if data is not None:
                draw_circuit(len(data.input_names), is_outdated=run_spec not in (None, drawn_for))
        with right:
            draw_model_table(run)
            draw_next_step(run, run_spec, data)
            draw_circuit_runs(run, run_spec, data)
        draw_confusion(run)
    link.write()


def draw_outcome(run: RunSnapshot | None, data: PreparedSummary | None, *, is_outdated: bool) -> bool:
    """Draw the result of the run in one sentence, in place of the estimate of the same settings.

    Returns
    -------
    bool
        Whether the settings may be trained.
    """
    comparison = run.report.comparison if run else None
    if comparison is not None:
        st.html(html.headline(comparison.headline))
    if data is None:
        return False
    return cost_estimate.draw_estimate(data, in_words=comparison is None or is_outdated)


def draw_pipeline(name: str, data: PreparedSummary) -> None:
    shape = model_shape(state.spec(), len(data.input_names), len(data.class_names))
    st.html(html.pipeline(state.spec(), shape, len(data.feature_names), name))


def draw_live_charts(run: RunSnapshot | None, data: PreparedSummary | None) -> None:
    """Draw the live charts; until the run reports its own, they show the classes and points of the data."""
    projection = data.sample.projection if data else None
    components.live_charts(
        data=run_controls.feed()
        | {
            "inTraining": run is not None and not run.ended,
            "epochs": run.epochs if run else state.spec().training.epochs,
            "class_names": data.class_names if data else (),
            "axes": projection.axes if projection else ("", ""),
            "is_exact": projection is None or projection.exact,
            "n_features": data.n_features if data else None,
            "points": data.sample.points if data else [],
            "symbols": SYMBOLS,
            "characters": SYMBOL_CHARACTERS,
            "least_spans": {"loss": LEAST_LOSS_SPAN, "accuracy": LEAST_ACCURACY_SPAN},
            "theme": st.context.theme.type,
        },
        key="charts",
    )


def draw_circuit(n_inputs: int, *, is_outdated: bool) -> None:
    """Draw the circuit of the settings, with a hint if the current run was trained with others."""
    hint = '<p class="qenn-caption">Of the settings on the left, which are not those of the run above.</p>'
    st.html('<div class="qenn-title">The circuit</div>' + (hint if is_outdated else ""))
    try:
        svg = worker_requests.circuit_drawing(n_inputs)
    except QennError as error:
        error_messages.show(error)
    else:
        components.circuit(data={"svg": svg}, key="circuit")


def draw_model_table(run: RunSnapshot | None) -> None:
    st.html('<div class="qenn-title">QENN and logistic regression compared</div>')
    if run is None or run.report.comparison is None:
        st.caption(
            "The table appears when training ends. Its test scores are for rows neither model was trained on."
        )
        return
    st.html(html.model_table(run.report.comparison))
    st.markdown("  \n".join(escape_markdown(verdict.sentence) for verdict in run.report.comparison.verdicts))
    st.caption(" ".join(map(escape_markdown, run.report.comparison.cautions)))


def draw_next_step(
    run: RunSnapshot | None, run_spec: ExperimentSpec | None, data: PreparedSummary | None
) -> None:
    """Draw what to try after a training in which the QENN was beaten, and a button that sets it."""
    report, spec = run.report if run is not None else None, state.spec()
    if not (report and report.finished and report.comparison and run_spec and data):
        return
    workload = Workload(data.rows, data.n_features, data.n_classes)
    speed = cost_estimate.machine_benchmark().speed or MachineSpeed()
    step = suggest_next_step(run_spec, workload, report.finished, report.comparison, speed)
    if step is None or spec.data != run_spec.data:
        return
    if all(attrgetter(field)(spec) == value for field, value in step.fields.items()):
        st.caption(f"Now set: {step.change}. Press Train to see what it does.")
    elif spec == run_spec:
        st.markdown(f"{step.reason} Another setting may help:")
        st.button(
            f"Try {step.change}",
            key="next_step",
            icon=":material/lightbulb:",
            help="Changes this setting. Train then starts a new run with it.",
            on_click=state.update_spec,
            kwargs=step.fields,
        )


def draw_circuit_runs(
    run: RunSnapshot | None, run_spec: ExperimentSpec | None, data: PreparedSummary | None
) -> None:
    """Draw how many circuits a quantum computer would run: for the finished run, or for the settings."""
    spec, report = state.spec(), run.report if run is not None else None
    if run_spec is not None and report and report.started and report.finished:
        spec = run_spec
        n_circuits = count_executions(spec, report.started.rows, report.finished.epochs)
    else:
        n_circuits = count_executions(spec, data.rows) if data else None
    if n_circuits is not None:
        st.caption(html.circuit_runs_sentence(n_circuits, spec.noise.shots), help=PARAMETER_SHIFT)


def draw_confusion(run: RunSnapshot | None) -> None:
    if run is None or run.report.comparison is None:
        return
    with st.expander("Which classes are confused? (test rows)"):
        results, class_names = run.report.comparison.rows, run.report.class_names
        is_wide = len(class_names) > MANY_CLASSES
        places = [st.container() for _ in results] if is_wide else st.columns(len(results))
        for place, result in zip(places, results, strict=True):
            with place:
                st.html(f'<div class="qenn-title">{escape(result.name)}</div>')
                st.html(html.confusion_table(result, class_names))


with st.sidebar:
    data_choice.draw_data_choice()
    target_menu, preset_buttons = st.container(), st.container()

# Before the settings are drawn, those that follow the data are chosen.
overview = worker_requests.data_overview()
with st.sidebar:
    form.main_settings()
    form.all_settings()
if overview is not None and state.spec().data.is_csv:
    with target_menu:
        target_choice.draw_target_choice(overview)
with preset_buttons:
    presets.draw_presets(overview.prepared if overview else None)
draw_dashboard(overview, state.spec())
cost_estimate.machine_benchmark().start()
