"""The table of the runs of a workspace, and which of them are selected."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta, timezone
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from qenn_core.errors import SpecError
from qenn_core.experiment import ExperimentSpec, display_value, label_of
from qenn_core.store import StoredRun

SELECTED_KEY = "selected_runs"
_ROW_HEIGHT = 36
_MAX_VISIBLE_ROWS = 12
_COLUMNS = (
    # What a phone shows first.
    *("★", "Name", "State", "Test", "Validation"),
    *("Data", "Encoding", "Qubits", "Layers", "Ansatz", "Entanglement", "Noise"),
    *("Epochs", "Time", "Started"),
)
_STATES = {
    "queued": "waiting",
    "running": "training",
    "paused": "paused",
    "stopped": "stopped",
    "failed": "failed",
    "finished": "finished",
    "interrupted": "interrupted",
}


def to_frame(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Return the table of runs, one row per run."""
    return pd.DataFrame([_row(run) for run in runs], columns=_COLUMNS)


def to_file(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Return the table of runs for a file: with units in the headings, and times in UTC."""
    frame = to_frame(runs)
    frame["Started"] = [run.created.astimezone(UTC).isoformat(timespec="seconds") for run in runs]
    units = {"Validation": "Validation accuracy (%)", "Test": "Test accuracy (%)", "Time": "Time (s)"}
    return frame.rename(columns={"★": "Starred", **units})


def _row(run: StoredRun) -> dict[str, object]:
    return _setting_cells(run.spec) | {
        "★": "★" if run.starred else "",
        "Name": run.name,
        "State": _STATES[run.state],
        "Data": run.data_name,
        "Validation": _percent(run.validation_accuracy),
        "Test": _percent(run.test_accuracy),
        "Epochs": run.epochs,
        "Time": run.seconds,
        "Started": run.created,
    }


def _setting_cells(spec_json: str) -> dict[str, object]:
    try:
        spec = ExperimentSpec.from_json(spec_json)
    except SpecError:
        return {}  # it uses a catalogue entry or device that is no longer installed
    return {
        "Encoding": label_of("encoding.kind", spec.encoding.kind),
        "Qubits": spec.circuit.n_qubits,
        "Layers": spec.circuit.n_layers,
        "Ansatz": label_of("circuit.ansatz", spec.circuit.ansatz),
        "Entanglement": label_of("circuit.entanglement", spec.circuit.entanglement),
        "Noise": _describe_noise(spec),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _describe_noise(spec: ExperimentSpec) -> str:
    if not spec.noise.active:
        return "none"
    return f"{label_of('noise.channel', spec.noise.channel)} {display_value('noise.level', spec.noise.level)}"


def _column_config() -> dict[str, ColumnConfig]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "★": text(width=36, help="Marked with a star."),
        "Name": text(width=120, help="Click a name to select its run."),
        "Qubits": number(width=64),
        "Layers": number(width=64),
        "Validation": number(format="%.1f%%", help="Accuracy on the rows that decided when to stop."),
        "Test": number(format="%.1f%%", help="Accuracy on rows that were used only once, at the end."),
        "Epochs": number(width=72),
        "Time": number(format="%.1f s", help="Training time in seconds, without pauses."),
        "Started": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=st.context.timezone),
    }


def selected_runs() -> tuple[str, ...]:
    """Return the ids of the selected runs."""
    selected: tuple[str, ...] = st.session_state.get(SELECTED_KEY, ())
    return selected


def select_runs(*runs: str) -> None:
    """Select the runs with these ids, and no others."""
    st.session_state[SELECTED_KEY] = runs


def distinct_names(runs: Sequence[StoredRun]) -> list[str]:
    """Return the names of runs; a name that occurs more than once is followed by the start of its run."""
    zone = timezone(-timedelta(minutes=st.context.timezone_offset or 0))
    counts = Counter(run.name for run in runs)
    starts = [run.created.astimezone(zone) for run in runs]
    return [
        run.name if counts[run.name] == 1 else f"{run.name}, {start.day} {start:%b %H:%M:%S}"
        for run, start in zip(runs, starts, strict=True)
    ]


def _tick_clicked_name(key: str) -> None:
    """Tick the run whose name was clicked in the table, or untick it."""
    selection = st.session_state[key].selection
    clicked = [row for row, column in selection.cells if column == "Name"]
    if clicked:
        rows = sorted(set(selection.rows) ^ set(clicked))
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def draw_table(runs: Sequence[StoredRun]) -> None:
    """Draw the table, and select the runs that are ticked in it; they stay selected as others are added."""
    ids = [run.id for run in runs]
    selected = selected_runs()
    # The browser identifies rows by their number, so another list of runs needs a new widget with its own
    # selection.
    key = f"history:{hashlib.sha256(''.join(ids).encode()).hexdigest()}"
    table = st.dataframe(
        to_frame(runs),
        key=key,
        column_config=_column_config(),
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(runs), _MAX_VISIBLE_ROWS) + 1) + 2,
        on_select=partial(_tick_clicked_name, key),
        selection_mode=("multi-row", "single-cell"),
        selection_default={
            "selection": {
                "rows": [row for row, run in enumerate(ids) if run in selected],
                "columns": [],
                "cells": [],
            }
        },
        placeholder="–",
        alt="The runs of this workspace, newest first",
    )
    select_runs(*(ids[row] for row in table.selection.rows))
