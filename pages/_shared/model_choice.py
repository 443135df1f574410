"""The trained models of the workspace, and the choice of one for predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from pages._shared import form, link, run_table, state, worker_requests, workspace
from qenn_core import jobs
from qenn_core.analysis import ModelArchive, ModelCard
from qenn_core.errors import ModelError
from qenn_core.store import StoredRun
from qenn_core.text import percent

_CHOICE = "model"


class ChosenModel(NamedTuple):
    """A trained model of the workspace."""

    run: StoredRun
    card: ModelCard
    content: bytes
    """The model archive."""


def all_runs() -> list[StoredRun]:
    """Return the runs of the workspace, newest first."""
    return jobs.service().list_runs(workspace.owner())


def with_model(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """Return the runs that have a trained model."""
    return [run for run in runs if run.has_model]


def choose_model(run: str) -> None:
    """Choose the model of a run, until the current run changes."""
    st.session_state[_CHOICE] = run, state.current_run()


def draw_choice(runs: Sequence[StoredRun]) -> StoredRun:
    """Draw the menu of models, and return the run of the chosen one.

    Initially that is the current run if it has a model, and otherwise the newest run.

    Parameters
    ----------
    runs : sequence of StoredRun
        Runs with a model, newest first; at least one.
    """
    by_id = {run.id: run for run in runs}
    labels = dict(zip(by_id, map(_label, run_table.distinct_names(runs), runs), strict=True))
    linked = st.query_params.get(link.RUN_KEY)
    if linked in by_id and linked != state.current_run():  # a link within the app
        choose_model(linked)
    chosen, current_then = st.session_state.get(_CHOICE, ("", ""))
    candidates = (
        chosen if current_then == state.current_run() else "",
        state.current_run(),
        runs[0].id,
    )
    key = "field:model"
    form.set_widget_value(key, next(run for run in candidates if run in by_id), tuple(by_id))
    st.selectbox(
        "Model",
        list(by_id),
        key=key,
        format_func=lambda run: labels[run],
        on_change=lambda: choose_model(st.session_state[key]),
        help="The models trained in this workspace, newest first.",
    )
    return by_id[st.session_state[key]]


def _label(name: str, run: StoredRun) -> str:
    score = "" if run.test_accuracy is None else f" · {percent(run.test_accuracy)}"
    return f"{name}{score}"


def open_model(run: StoredRun) -> ChosenModel:
    """Return the model of a run.

    Raises
    ------
    QennError
        If the model is damaged or has been deleted.
    """

    def load() -> ChosenModel:
        archive = jobs.service().store.runs.model(workspace.owner(), run.id)
        if archive is None:
            raise ModelError(
                "This model no longer exists.", "Its run was deleted.", "Choose another one, or train again."
            )
        return ChosenModel(run, ModelArchive(archive.content).card, archive.content)

    return worker_requests.compute_once("opened_model", run.id, load)._replace(run=run)
