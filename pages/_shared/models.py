"""The trained models of a workspace, and the one that is chosen to predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from pages._shared import form, questions, state, workspace
from qenn_core import jobs
from qenn_core.analysis import ModelArchive, ModelCard
from qenn_core.errors import ModelError
from qenn_core.store import StoredRun

_MODEL = "model"


class Model(NamedTuple):
    """A trained model: the run that it came from, what it takes and tells, and itself as bytes."""

    run: StoredRun
    card: ModelCard
    content: bytes


def runs() -> list[StoredRun]:
    """Return the runs of the workspace, the newest first."""
    return jobs.service().list_runs(workspace.owner())


def trained(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """Return those of some runs that left a model."""
    return [run for run in runs if run.has_weights]


def choose(run: str) -> None:
    """Choose the model of a run, until another run is watched."""
    st.session_state[_MODEL] = run, state.run()


def choice(runs: Sequence[StoredRun]) -> StoredRun:
    """Draw the menu of models; it begins with the one of the run being watched, or the newest."""
    by_id = {run.id: run for run in runs}
    asked = st.query_params.get(state.RUN_KEY)
    if asked in by_id and asked != state.run():  # by a link within the app
        choose(asked)
    chosen, watched = st.session_state.get(_MODEL, ("", ""))
    wanted = (chosen if watched == state.run() else "", state.run(), runs[0].id)
    key = "field:model"
    form.settle(key, next(run for run in wanted if run in by_id), tuple(by_id))
    st.selectbox(
        "Model",
        list(by_id),
        key=key,
        format_func=lambda run: _label(by_id[run]),
        on_change=lambda: choose(st.session_state[key]),
        help="What was trained in this workspace, the newest first.",
    )
    return by_id[st.session_state[key]]


def _label(run: StoredRun) -> str:
    score = "" if run.test_accuracy is None else f" · {run.test_accuracy:.0%}"
    return f"{run.name}{score}"


def opened(run: StoredRun) -> Model:
    """Return the model of a run.

    Raises
    ------
    QennError
        If it is damaged, or no longer kept.
    """

    def read() -> Model:
        kept = jobs.service().store.runs.weights(workspace.owner(), run.id)
        if kept is None:
            raise ModelError(
                "This model is no longer kept.", "Its run was deleted.", "Choose another one, or train again."
            )
        return Model(run, ModelArchive(kept.content).card, kept.content)

    return questions.once("model opened", run.id, read)._replace(run=run)
