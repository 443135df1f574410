"""Comparison of several runs: their results, the settings that differ, and their curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from pages._shared import html
from pages._shared.figures import current_theme, draw_figure
from pages._shared.html import TableRow
from qenn_core.experiment import ExperimentSpec, display_value, setting_differences, title_of
from qenn_core.jobs import RunSnapshot
from qenn_core.plots import (
    LEAST_ACCURACY_SPAN,
    LEAST_LOSS_SPAN,
    RUN_COLOURS,
    Axis,
    Curve,
    overlaid_curves,
    parallel_coordinates,
)

MAX_RUNS = len(RUN_COLOURS)
# More axes would be too close together on a laptop.
_MAX_SETTING_AXES = 5
# Settings that repeat the file's name, or whose values are too long for an axis.
_WITHOUT_AXIS = {"data.fingerprint", "data.params", "data.roles", "data.file_name"}


@dataclass(frozen=True)
class ComparedRun:
    """A run to compare with others."""

    name: str
    spec: ExperimentSpec
    snapshot: RunSnapshot


@dataclass(frozen=True)
class _Result:
    """A result of a run, with the format in which the table shows it."""

    title: str
    value: Callable[[ComparedRun], float | None]
    format_spec: str
    unit: str = ""

    def formatted(self, run: ComparedRun) -> str:
        value = self.value(run)
        return "–" if value is None else f"{value:{self.format_spec}}{self.unit}"


def _validation_accuracy(run: ComparedRun) -> float | None:
    if run.snapshot.report.finished:
        return 100 * run.snapshot.report.finished.validation.accuracy
    return 100 * run.snapshot.history[-1].validation_accuracy if run.snapshot.history else None


def _test_accuracy(run: ComparedRun) -> float | None:
    finished = run.snapshot.report.finished
    return 100 * finished.test.accuracy if finished else None


def _baseline_test_accuracy(run: ComparedRun) -> float | None:
    baselines = run.snapshot.report.baselines
    # Test scores are shown only when training has ended, for the classical models too.
    return 100 * baselines[0].test.accuracy if baselines and run.snapshot.report.finished else None


def _n_parameters(run: ComparedRun) -> float | None:
    return run.snapshot.report.started.n_parameters if run.snapshot.report.started else None


def _n_epochs(run: ComparedRun) -> float:
    return len(run.snapshot.history)


def _training_seconds(run: ComparedRun) -> float:
    return sum(epoch.seconds for epoch in run.snapshot.history)


_RESULTS = (
    _Result("Validation accuracy", _validation_accuracy, ".1f", "%"),
    _Result("Test accuracy", _test_accuracy, ".1f", "%"),
    _Result("Logistic regression, test", _baseline_test_accuracy, ".1f", "%"),
    _Result("Epochs", _n_epochs, ",.0f"),
    _Result("Parameters", _n_parameters, ",.0f"),
    _Result("Training time", _training_seconds, ",.1f", " s"),
)


def draw_comparison(runs: Sequence[ComparedRun]) -> None:
    """Draw the table and the figures of 2 to `MAX_RUNS` runs."""
    differences = setting_differences([run.spec for run in runs])
    names = [run.name for run in runs]
    results = [TableRow(result.title, [result.formatted(run) for run in runs]) for result in _RESULTS]
    st.html(html.run_table(names, results, _setting_rows(differences)))
    if not differences:
        st.caption("All settings are the same.")
    left, right = st.columns(2, gap="medium")
    theme = current_theme()
    with left:
        losses = overlaid_curves(_curves(runs, "loss"), "cross-entropy", theme, least_span=LEAST_LOSS_SPAN)
        _draw_chart("Loss", "How wrong the network is. The lower the dashed line, the better.", losses)
    with right:
        accuracies = overlaid_curves(
            _curves(runs, "accuracy", 100),
            "rows classified correctly",
            theme,
            least_span=LEAST_ACCURACY_SPAN,
            unit="%",
        )
        _draw_chart("Accuracy", "The higher the dashed line, the better.", accuracies)
    st.caption("Solid lines: training rows. Dashed lines with hollow markers: validation rows.")
    lines = parallel_coordinates(names, axes(runs), theme)
    _draw_chart("Settings and results", "Each line is one run, from its settings to its results.", lines)
    st.caption(
        "If lines that differ in a setting also differ in their results, the setting may matter. With one "
        "run per setting, the difference may also be chance."
    )


def axes(runs: Sequence[ComparedRun]) -> list[Axis]:
    """Return the axes of the parallel coordinates: the settings that differ, then the results that differ."""
    differences = setting_differences([run.spec for run in runs])
    paths = [path for path in differences if path not in _WITHOUT_AXIS][:_MAX_SETTING_AXES]
    settings = [
        Axis(title_of(path), _axis_values(path, differences[path]), _display_values(path, differences[path]))
        for path in paths
    ]
    results = [
        Axis(
            result.title,
            [result.value(run) for run in runs],
            [result.formatted(run) for run in runs],
        )
        for result in _RESULTS
        if len({result.value(run) for run in runs}) > 1
    ]
    return settings + results


def _setting_rows(differences: Mapping[str, Sequence[Any]]) -> list[TableRow]:
    return [TableRow(title_of(path), _display_values(path, values)) for path, values in differences.items()]


def _axis_values(path: str, values: Sequence[Any]) -> list[float | str | None]:
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return list(values) if are_numbers else list(_display_values(path, values))


def _display_values(path: str, values: Sequence[Any]) -> list[str]:
    return [display_value(path, value) for value in values]


def _curves(
    runs: Sequence[ComparedRun], measure: Literal["loss", "accuracy"], scale: float = 1
) -> list[Curve]:
    return [
        Curve(
            run.name,
            [epoch.epoch for epoch in run.snapshot.history],
            [scale * getattr(epoch, f"train_{measure}") for epoch in run.snapshot.history],
            [scale * getattr(epoch, f"validation_{measure}") for epoch in run.snapshot.history],
        )
        for run in runs
    ]


def _draw_chart(title: str, help: str, figure: go.Figure) -> None:
    with st.container(key=title.replace(" ", "-")):
        st.markdown(f"**{title}**", help=help)
        draw_figure(figure, f"{title} of several runs")
