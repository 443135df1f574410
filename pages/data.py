"""The data: what was read, what each column is, how the classes lie, and what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pandas as pd
import streamlit as st

from pages._shared import files, form, questions, state, target, upload
from qenn_core import plots
from qenn_core.data import PENGUINS_CSV
from qenn_core.experiment import Role
from qenn_core.text import count

if TYPE_CHECKING:
    from qenn_core.analysis import Overview, PreparedSummary

CHART = {"displayModeBar": False}


def title(overview: Overview) -> None:
    facts = [
        count(overview.n_rows, "row"),
        count(len(overview.preview.columns), "column"),
    ]
    if overview.prepared:
        rows = overview.prepared.rows
        facts += [
            count(len(overview.prepared.feature_names), "feature"),
            count(len(overview.prepared.class_names), "class", "classes"),
            f"{rows['train']:,} rows train, {rows['validation']:,} validate, {rows['test']:,} test",
        ]
    st.header(form.plain(overview.name))
    st.caption(" · ".join(facts))


def preview(overview: Overview) -> None:
    frame = pd.DataFrame(overview.preview.rows, columns=list(overview.preview.columns))
    st.subheader("The first rows")
    st.dataframe(frame, height=280, width="stretch", hide_index=True)


def columns(overview: Overview) -> None:
    st.subheader("What each column is")
    st.caption(
        f"**{form.plain(overview.target)}** is the column to predict: {form.plain(overview.target_reason)}. "
        "Change a role that was guessed wrong; *ignore* leaves the column out."
    )
    frame = pd.DataFrame(
        {
            "Column": [column.name for column in overview.columns],
            "Role": [column.role for column in overview.columns],
            "Missing": [column.missing for column in overview.columns],
            "Different": [column.distinct for column in overview.columns],
            "Examples": [", ".join(column.examples) for column in overview.columns],
            "Left out because": [column.left_out for column in overview.columns],
        }
    )
    roles = st.column_config.SelectboxColumn(options=list(get_args(Role)), required=True)
    edited = st.data_editor(
        frame,
        column_config={"Role": roles},
        disabled=[name for name in frame.columns if name != "Role"],
        hide_index=True,
        width="stretch",
        key=f"roles:{state.spec().data.source}:{state.spec().data.fingerprint}",
    )
    form.complaint("data.roles")
    chosen = {
        column.name: role
        for column, role in zip(overview.columns, edited["Role"], strict=True)
        if role != column.guessed
    }
    if chosen != dict(state.spec().data.roles):
        state.change(**{"data.roles": chosen})
        st.rerun()


def balance(ready: PreparedSummary) -> None:
    st.subheader("Rows of each class")
    names = [entry.name for entry in ready.classes]
    counts = {
        "training": [entry.train for entry in ready.classes],
        "validation": [entry.validation for entry in ready.classes],
        "test": [entry.test for entry in ready.classes],
    }
    chart(plots.class_balance(names, counts, theme()), "balance")
    st.caption(
        "Strong: rows to train on. Paler: validation. Palest: test. Each part has the same proportions."
    )


def pictures(ready: PreparedSummary) -> None:
    sample = ready.sample
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The data at a glance")
        if sample.projection is None:
            st.caption("There is one feature only, so there is no plane to show.")
        else:
            points = plots.scatter(
                sample.projection.points,
                sample.labels,
                sample.parts,
                sample.projection.axes,
                ready.class_names,
                theme(),
            )
            chart(points, "plane")
            st.caption(
                "The two features. Hollow points are held out of training."
                if sample.projection.exact
                else "The two directions in which training rows differ most (principal components); they "
                f"show {sample.projection.explained_variance:.0%} of all differences. "
                "Hollow points are held out of training."
            )
    with right:
        st.subheader("The most telling features")
        best = sample.best_features
        chart(
            plots.scatter_matrix(best.names, best.values, sample.labels, ready.class_names, theme()),
            "telling",
        )
        st.caption("The features that part the classes best on the training rows, each against each.")


def notes(ready: PreparedSummary) -> None:
    st.subheader("What was done")
    reading = state.table().reading.notes if state.table() and state.table().reading else ()
    st.markdown("\n".join(f"- {form.plain(note)}" for note in (*reading, *ready.notes)))


def chart(figure: Any, key: str) -> None:
    st.plotly_chart(figure, key=key, config=CHART, theme=None)


def theme() -> Any:
    return st.context.theme.type or "light"


with st.sidebar:
    form.source()
    if state.uploads():
        upload.uploader()
    st.download_button(
        "Sample CSV to try",
        PENGUINS_CSV.read_bytes(),
        file_name=PENGUINS_CSV.name,
        mime="text/csv",
        icon=":material/download:",
        width="stretch",
        help="Penguins of three species, with gaps and text columns. Save it, then upload it.",
    )
overview = questions.overview()
with st.sidebar:
    if overview is not None:
        target.choose(overview)
    form.dataset_params()
    form.choice("encoding.reduction")
    form.slider("data.validation_size", step=0.05)
    form.slider("data.test_size", step=0.05)

form.complaint("overview")
if overview is None:
    upload.invitation()
else:
    title(overview)
    target.refusal(overview)
    upload.reading()
    if overview.prepared:
        left, right = st.columns([1.5, 1], gap="large")
        with left:
            preview(overview)
        with right:
            balance(overview.prepared)
        pictures(overview.prepared)
        columns(overview)
        notes(overview.prepared)
    else:
        preview(overview)
        columns(overview)
files.kept()
