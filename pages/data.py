"""The Data page: the table, its columns and classes, and how it is prepared for training."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pandas as pd
import streamlit as st

from pages._shared import (
    data_advice,
    data_choice,
    error_messages,
    form,
    state,
    target_choice,
    thumbnails,
    upload,
    uploaded_files,
    worker_requests,
)
from pages._shared.figures import current_theme, draw_figure
from pages._shared.markdown import bullet_list, escape_markdown
from qenn_core import plots
from qenn_core.data import PENGUINS_CSV
from qenn_core.experiment import Role
from qenn_core.text import count

if TYPE_CHECKING:
    from qenn_core.analysis import Overview, PreparedSummary

MAX_ADVICE = 10


# With fewer features, there is no pair besides the one in the plane.
MIN_FEATURES_IN_PAIRS = 3


def draw_title(overview: Overview) -> None:
    facts = [count(overview.n_rows, "row"), count(len(overview.preview.columns), "column")]
    if overview.prepared:
        rows = overview.prepared.rows
        facts += [
            count(len(overview.prepared.feature_names), "feature"),
            count(len(overview.prepared.class_names), "class", "classes"),
            f"{rows['train']:,} rows for training, {rows['validation']:,} for validation, "
            f"{rows['test']:,} for testing",
        ]
    st.header(escape_markdown(overview.name))
    st.caption(" · ".join(facts))


def draw_preview(overview: Overview) -> None:
    frame = pd.DataFrame(overview.preview.rows, columns=list(overview.preview.columns))
    st.subheader("First rows")
    # The class stands beside the image.
    order = sorted(frame.columns, key=lambda name: overview.image is not None and name != overview.target)
    thumbnails.draw_table(
        frame,
        overview.image,
        pictures=overview.preview.images,
        column_order=order,
        height=280,
        width="stretch",
        hide_index=True,
    )


def draw_columns(overview: Overview) -> None:
    st.subheader("Columns")
    st.caption(
        f"**{escape_markdown(overview.target)}** is the column to predict: "
        f"{escape_markdown(overview.target_reason)}. If a role below is a wrong guess, change it; "
        "*ignore* leaves the column out, and *group* keeps rows with the same value (a patient, a school, "
        "a device) together: all for training, or all for testing."
    )
    frame = pd.DataFrame(
        {
            "Column": [column.name for column in overview.columns],
            "Role": [column.role for column in overview.columns],
            "Missing values": [column.missing for column in overview.columns],
            "Distinct values": [column.distinct for column in overview.columns],
            "Examples": [", ".join(column.examples) for column in overview.columns],
            "Left out because": [column.left_out for column in overview.columns],
        }
    )
    edited = st.data_editor(
        frame,
        column_config={"Role": st.column_config.SelectboxColumn(options=list(get_args(Role)), required=True)},
        disabled=[name for name in frame.columns if name != "Role"],
        hide_index=True,
        width="stretch",
        key=f"roles:{state.spec().data.source}:{state.spec().data.fingerprint}:{data_advice.data_version()}",
    )
    error_messages.show_at("data.roles")
    roles = {
        column.name: role
        for column, role in zip(overview.columns, edited["Role"], strict=True)
        if role != column.guessed
    }
    if roles != dict(state.spec().data.roles):
        state.update_spec(**{"data.roles": roles})
        st.rerun()


def draw_class_balance(data: PreparedSummary) -> None:
    st.subheader("Rows per class")
    names = [entry.name for entry in data.classes]
    counts = {
        "training": [entry.train for entry in data.classes],
        "validation": [entry.validation for entry in data.classes],
        "test": [entry.test for entry in data.classes],
    }
    draw_figure(plots.class_balance(names, counts, current_theme()), "balance")
    st.caption(
        "Strongest colour: training rows; paler: validation rows; palest: test rows. Each class has about "
        "the same share in all three parts."
    )


def draw_scatter_plots(data: PreparedSummary) -> None:
    sample, theme = data.sample, current_theme()
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("The data at a glance")
        if sample.projection is None:
            st.caption("There is only one feature, so no plane can be drawn.")
        else:
            points = plots.scatter(
                sample.projection.points,
                sample.labels,
                sample.parts,
                sample.projection.axes,
                data.class_names,
                theme,
            )
            draw_figure(points, "plane")
            st.caption(
                "The two features. Hollow points are held out of training."
                if sample.projection.exact
                else "The two directions in which the training rows vary most (principal components), with "
                f"{sample.projection.explained_variance:.0%} of the variance. "
                "Hollow points are held out of training."
            )
    with right:
        st.subheader("The most informative features")
        features = sample.best_features
        are_few = len(features.names) < MIN_FEATURES_IN_PAIRS
        draw = plots.feature_values if are_few else plots.scatter_matrix
        figure = draw(features.names, features.values, sample.labels, data.class_names, theme)
        draw_figure(figure, "best_features")
        st.caption(
            "The values of each feature, class by class. A box spans the middle half of the rows of its "
            "class."
            if are_few
            else "The features that separate the classes best in the training rows, in pairs."
        )


def draw_preparation(data: PreparedSummary) -> None:
    st.subheader("How the data were prepared")
    table = state.uploaded_table()
    reading_notes = table.reading.notes if table is not None and table.reading is not None else ()
    st.markdown(bullet_list((*reading_notes, *data.notes)))


with st.sidebar:
    data_choice.draw_data_choice()
    st.download_button(
        "Sample CSV to try",
        PENGUINS_CSV.read_bytes(),
        file_name=PENGUINS_CSV.name,
        mime="text/csv",
        icon=":material/download:",
        width="stretch",
        help="Three species of penguins, with gaps and text columns. Download it, then upload it here.",
    )
overview = worker_requests.data_overview()
with st.sidebar:
    if overview is not None:
        target_choice.draw_target_choice(overview)
    form.dataset_params()
    form.menu("encoding.reduction")
    form.split()

error_messages.show_at("overview")
if state.awaits_file():
    upload.draw_invitation()
elif overview is not None:
    draw_title(overview)
    target_choice.draw_error(overview)
    data_advice.draw_advice(overview, MAX_ADVICE)
    upload.draw_reading()
    if overview.prepared:
        left, right = st.columns([1.5, 1], gap="large")
        with left:
            draw_preview(overview)
        with right:
            draw_class_balance(overview.prepared)
        draw_scatter_plots(overview.prepared)
        draw_columns(overview)
        draw_preparation(overview.prepared)
    else:
        draw_preview(overview)
        draw_columns(overview)
uploaded_files.draw_files()
