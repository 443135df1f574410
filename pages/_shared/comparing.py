"""Several runs beside each other: what differs in their settings, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages._shared import markup
from pages._shared.form import name_of
from qenn_core.experiment import CSV, ExperimentSpec, choices, field_of, setting_differences
from qenn_core.jobs import RunSnapshot
from qenn_core.plots import RUN_COLOURS, Axis, Curve, Theme, overlaid_curves, parallel_coordinates

MOST = len(RUN_COLOURS)
# More would stand too close together to be read on a laptop.
_MOST_SETTINGS_DRAWN = 5
# They tell no more than the name of the file, or have no place on one line.
_NOT_DRAWN = {"data.fingerprint", "data.params", "data.roles", "data.file_name"}
_CHART = {"displayModeBar": False}


@dataclass(frozen=True)
class Compared:
    """A run among others."""

    name: str
    spec: ExperimentSpec
    snapshot: RunSnapshot


@dataclass(frozen=True)
class _Result:
    title: str
    of: Callable[[Compared], float | None]
    form: str
    unit: str = ""

    def words(self, run: Compared) -> str:
        value = self.of(run)
        return "–" if value is None else f"{value:{self.form}}{self.unit}"


def _validation(run: Compared) -> float | None:
    if run.snapshot.report.finished:
        return 100 * run.snapshot.report.finished.validation.accuracy
    return 100 * run.snapshot.history[-1].validation_accuracy if run.snapshot.history else None


def _test(run: Compared) -> float | None:
    finished = run.snapshot.report.finished
    return 100 * finished.test.accuracy if finished else None


def _reference(run: Compared) -> float | None:
    baselines = run.snapshot.report.baselines
    # The test rows are looked at when the training has ended, also for the classical models.
    return 100 * baselines[0].test.accuracy if baselines and run.snapshot.report.finished else None


def _seconds(run: Compared) -> float | None:
    return sum(epoch.seconds for epoch in run.snapshot.history)


def _parameters(run: Compared) -> float | None:
    return run.snapshot.report.started.n_parameters if run.snapshot.report.started else None


_RESULTS = (
    _Result("Validation accuracy", _validation, ".1f", " %"),
    _Result("Test accuracy", _test, ".1f", " %"),
    _Result("Logistic regression, test", _reference, ".1f", " %"),
    _Result("Epochs done", lambda run: len(run.snapshot.history), ",.0f"),
    _Result("Parameters", _parameters, ",.0f"),
    _Result("Training time", _seconds, ",.1f", " s"),
)


def draw(runs: Sequence[Compared], theme: Theme) -> None:
    """Draw table and figures of at least two runs, at most `MOST`."""
    different = setting_differences([run.spec for run in runs])
    names = [run.name for run in runs]
    st.html(
        markup.side_by_side(
            names,
            [(result.title, [result.words(run) for run in runs]) for result in _RESULTS],
            [(_title(path), [words(path, value) for value in values]) for path, values in different.items()],
        )
    )
    if not different:
        st.caption("All settings are alike.")
    left, right = st.columns(2, gap="medium")
    with left:
        losses = overlaid_curves(_curves(runs, "loss"), "cross-entropy", theme)
        _chart("Loss", "How wrong the network is. The lower a dashed line comes, the better.", losses)
    with right:
        accuracies = overlaid_curves(_curves(runs, "accuracy", 100), "rows told right", theme, unit=" %")
        _chart("Accuracy", "The higher a dashed line comes, the better.", accuracies)
    st.caption("Solid: training rows. Dashed, with hollow signs: validation rows, which are not trained on.")
    lines = parallel_coordinates(names, axes(runs), theme)
    _chart("Settings and results", "Each line is a run: what was set, and what came of it.", lines)
    st.caption(
        "A setting matters if the lines part at it, and again at the results. A single run of each kind may "
        "differ by chance."
    )


def axes(runs: Sequence[Compared]) -> list[Axis]:
    """Return what the lines run through: the settings that differ, then the results."""
    different = setting_differences([run.spec for run in runs])
    drawn = [path for path in different if path not in _NOT_DRAWN][:_MOST_SETTINGS_DRAWN]
    settings = [Axis(_title(path), _on_axis(path, different[path])) for path in drawn]
    results = [
        Axis(result.title, [result.of(run) for run in runs], result.unit)
        for result in _RESULTS
        if len({result.of(run) for run in runs}) > 1
    ]
    return settings + results


def words(path: str, value: Any) -> str:
    """Return the value of a setting as the form names it."""
    match path, value:
        case _, None:
            return "as found"
        case ("data.source", source) if source == CSV:
            return "Your own file"
        case ("data.fingerprint", fingerprint):
            return fingerprint[:8] or "–"
        case ("noise.shots", 0):
            return "exact"
        case _, bool():
            return "yes" if value else "no"
        case _, tuple():
            return ", ".join(_item(item) for item in value) or "–"
        case _, str() if _is_choice(path):
            return name_of(path, value)
        case _, float():
            return f"{value:g}"
    return str(value) or "–"


def _item(item: Any) -> str:
    return " ".join(map(str, item)) if isinstance(item, tuple) else str(item)


def _is_choice(path: str) -> bool:
    try:
        choices(path)
    except KeyError:
        return False
    return path != "data.decimal"


def _on_axis(path: str, values: Sequence[Any]) -> list[float | str | None]:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return list(values) if numbers else [words(path, value) for value in values]


def _title(path: str) -> str:
    return str(field_of(path).title)


def _curves(runs: Sequence[Compared], measure: str, scale: float = 1) -> list[Curve]:
    return [
        Curve(
            run.name,
            [epoch.epoch for epoch in run.snapshot.history],
            [scale * getattr(epoch, f"train_{measure}") for epoch in run.snapshot.history],
            [scale * getattr(epoch, f"validation_{measure}") for epoch in run.snapshot.history],
        )
        for run in runs
    ]


def _chart(title: str, about: str, figure: go.Figure) -> None:
    with st.container(key=title.replace(" ", "-")):
        st.markdown(f"**{title}**", help=about)
        st.plotly_chart(figure, key=f"{title} of several", config=_CHART, theme=None)
