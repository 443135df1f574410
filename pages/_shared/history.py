"""The runs of a workspace as a table, and which of them are chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages._shared.form import name_of
from qenn_core.errors import SpecError
from qenn_core.experiment import ExperimentSpec
from qenn_core.store import StoredRun

CHOSEN = "chosen runs"
_ROW_HEIGHT = 36
_MOST_ROWS_SHOWN = 12
_COLUMNS = (
    *("★", "Name", "State", "Data", "Encoding", "Qubits", "Layers", "Noise"),
    *("Validation", "Test", "Epochs", "Time", "Begun"),
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


def frame(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """Return the table of runs, one row a run."""
    return pd.DataFrame([_row(run) for run in runs], columns=_COLUMNS)


def _row(run: StoredRun) -> dict[str, object]:
    return _settings(run.spec) | {
        "★": "★" if run.starred else "",
        "Name": run.name,
        "State": _STATES[run.state],
        "Data": run.data_name,
        "Validation": _percent(run.validation_accuracy),
        "Test": _percent(run.test_accuracy),
        "Epochs": run.epochs,
        "Time": run.seconds,
        "Begun": run.created,
    }


def _settings(text: str) -> dict[str, object]:
    try:
        spec = ExperimentSpec.from_json(text)
    except SpecError:
        return {}  # of an entry or a device that is no longer installed
    return {
        "Encoding": name_of("encoding.kind", spec.encoding.kind),
        "Qubits": spec.circuit.n_qubits,
        "Layers": spec.circuit.n_layers,
        "Noise": _noise(spec),
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _noise(spec: ExperimentSpec) -> str:
    if not spec.noise.active:
        return "none"
    return f"{name_of('noise.channel', spec.noise.channel)} {spec.noise.level:g}"


def _formats() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "★": text(width=36, help="Marked with a star."),
        "Name": text(width="medium"),
        "Qubits": number(width=64),
        "Layers": number(width=64),
        "Validation": number(format="%.1f %%", help="Accuracy on the rows that decided when to stop."),
        "Test": number(format="%.1f %%", help="Accuracy on rows that were used once, at the end."),
        "Epochs": number(width=72),
        "Time": number(format="%.1f s", help="Seconds of training, without pauses."),
        "Begun": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", timezone=st.context.timezone),
    }


def chosen() -> tuple[str, ...]:
    """Return the ids of the runs that are chosen."""
    found: tuple[str, ...] = st.session_state.get(CHOSEN, ())
    return found


def choose(*ids: str) -> None:
    """Choose these runs and no others."""
    st.session_state[CHOSEN] = ids


def table(runs: Sequence[StoredRun]) -> None:
    """Draw the table; what is ticked in it is chosen, also after the next run has come to its top."""
    ids = [run.id for run in runs]
    ticked = [place for place, run in enumerate(ids) if run in chosen()]
    # The browser knows rows by their places: another list of runs is another table, ticked anew.
    key = f"history:{hashlib.sha256(''.join(ids).encode()).hexdigest()}"
    shown = st.dataframe(
        frame(runs),
        key=key,
        column_config=_formats(),
        hide_index=True,
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (min(len(runs), _MOST_ROWS_SHOWN) + 1) + 2,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": ticked, "columns": [], "cells": []}},
        placeholder="–",
        alt="The runs of this workspace, the newest first",
    )
    choose(*(ids[place] for place in shown.selection.rows))
