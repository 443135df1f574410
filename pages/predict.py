"""The Predict page: a trained model applied to the rows of a file, or to one row entered by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages._shared import (
    error_messages,
    html,
    image_form,
    model_choice,
    thumbnails,
    upload,
    upload_memory,
    worker_requests,
)
from pages._shared.markdown import bullet_list, escape_markdown
from pages._shared.row_form import draw_row_form
from qenn_core.analysis import to_csv
from qenn_core.data import known_cells
from qenn_core.errors import QennError
from qenn_core.store import ENDED_STATES, StoredRun
from qenn_core.text import count, percent, short_number

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from pages._shared.model_choice import ChosenModel
    from qenn_core.analysis import ModelCard, Predictions
    from qenn_core.data import ColumnSchema, ImageFormat, Table

FROM_FILE, BY_HAND, DRAWN = "A file", "One row", "A drawing"
FILE_KEY, LAST_FILE_KEY = "rows_to_predict", "last_rows_to_predict"
ROLE_NAMES = {
    "numeric": "a number",
    "pair": "two numbers",
    "boolean": "yes or no",
    "category": "a category",
    "date": "a date",
}
MAX_CATEGORIES = 12
MAX_SHOWN_COLUMNS = 20
REFRESH_SECONDS = 2


def draw_no_model_yet() -> None:
    st.header("No trained model yet")
    st.markdown(
        "On this page, a model that you have trained predicts the class of new rows: those of a file, or one "
        "that you enter by hand. Train a model first; it is saved in this workspace."
    )
    st.page_link("train.py", label="Go to training", icon=":material/play_circle:")


@st.fragment(run_every=REFRESH_SECONDS)
def wait_for_model() -> None:
    """Draw the page again when the first model is available."""
    if model_choice.with_model(model_choice.all_runs()):
        st.rerun()


def draw_settings(runs: Sequence[StoredRun]) -> tuple[ChosenModel, str] | None:
    """Draw the choice of model and rows, and return both; ``None`` if the model cannot be opened.

    Parameters
    ----------
    runs : sequence of StoredRun
        Runs with a model, newest first.
    """
    run = model_choice.draw_choice(runs)
    try:
        model = model_choice.open_model(run)
    except QennError as error:
        error_messages.show(error)
        return None
    options = [FROM_FILE, BY_HAND] if model.card.image is None else [DRAWN, FROM_FILE]
    rows = st.radio(
        "What to predict",
        options,
        horizontal=True,
        key=f"what to predict: {options}",
        persist_state="session",
    )
    return model, rows


def draw_title(model: ChosenModel) -> None:
    card, run = model.card, model.run
    name = [run.name] if run.name != run.data_name else []
    facts = [*name, f"trained on {run.data_name}", count(len(card.columns), "column")]
    if run.test_accuracy is not None:
        facts.append(f"{percent(run.test_accuracy)} of its test rows classified correctly")
    if card.spec.noise.shots:
        facts.append(f"measured with {count(card.spec.noise.shots, 'shot')}")
    st.header(f"Predict {escape_markdown(card.target)}")
    st.caption(" · ".join(map(escape_markdown, facts)))


def draw_file_choice(card: ModelCard) -> UploadedFile | None:
    """Draw the upload of a file, and return the file."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        file = st.file_uploader(
            upload.FILE_LABEL, key=FILE_KEY, help=f"{upload.FILE_FORMATS} Columns are matched by name."
        )
    # When this page is left, its uploads are not shown again.
    if file is None and LAST_FILE_KEY in st.session_state:
        upload_memory.release(st.session_state.pop(LAST_FILE_KEY))
    elif file is not None:
        st.session_state[LAST_FILE_KEY] = file.file_id
    right.download_button(
        "CSV template",
        to_csv(pd.DataFrame({column.name: [column.typical] for column in card.columns})),
        file_name="rows.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help="The columns that the model expects, with one typical row.",
    )
    return file


def draw_expected_columns(card: ModelCard) -> None:
    st.markdown(
        "Upload a table with the columns below, in any order. Other columns stay in the table but are not "
        "used. If the table contains the true class of each row, the predictions are compared with it."
    )
    rows = [(column.name, ROLE_NAMES[column.role], describe_values(column)) for column in card.columns]
    place = st.expander(f"All {len(rows)} columns") if len(rows) > MAX_SHOWN_COLUMNS else st.container()
    place.html(html.text_table(("Column", "Kind", "Values in the training rows"), rows))


def describe_values(column: ColumnSchema) -> str:
    """Return the values that a column had in the training rows."""
    if column.low is not None and column.high is not None:
        typical = f", typically {short_number(float(column.typical))}" if column.typical else ""
        return f"{short_number(column.low)} to {short_number(column.high)}{typical}"
    if column.role == "category":
        shown, n_more = column.categories[:MAX_CATEGORIES], len(column.categories) - MAX_CATEGORIES
        return ", ".join(shown) + (f" and {n_more} more" if n_more > 0 else "")
    return " or ".join(column.spelling) if column.role == "boolean" else f"written like {column.typical}"


def draw_file_predictions(model: ChosenModel) -> None:
    file = draw_file_choice(model.card)
    if file is None:
        draw_expected_columns(model.card)
        return
    try:
        with st.spinner("Reading the file …"):
            gaps = model.card.spec.data.gaps
            table = worker_requests.compute_once(
                "table_to_predict",
                (file.file_id, gaps),
                lambda: worker_requests.read_rows_to_predict(file.getvalue(), file.name, gaps),
            )
            rows = known_cells(table, model.card.target, model.card.class_names)
        with st.spinner("Predicting …"):
            predictions = worker_requests.compute_once(
                "table_predictions",
                (model.run.id, file.file_id),
                lambda: worker_requests.predict(model.content, rows),
            )
    except QennError as error:
        error_messages.show(error)
        draw_expected_columns(model.card)
    else:
        draw_predictions(model.card, table, predictions)


def draw_predictions(card: ModelCard, table: Table, predictions: Predictions) -> None:
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        st.subheader("Rows per predicted class")
        counts = [
            int((predictions.predicted_classes == number).sum())
            for number in range(len(predictions.class_names))
        ]
        shares = [number / len(predictions.predicted_classes) for number in counts]
        st.html(html.class_bars(predictions.class_names, shares, [count(number, "row") for number in counts]))
    with right:
        st.subheader("Correct predictions")
        draw_accuracy(predictions)
    st.subheader("All rows")
    draw_all_rows(card, table, predictions)
    notes = (*(table.reading.notes if table.reading else ()), *predictions.notes)
    if notes:
        st.subheader("How the rows were prepared")
        st.markdown(bullet_list(notes))


def draw_accuracy(predictions: Predictions) -> None:
    every, new = predictions.count_correct(), predictions.count_correct(unseen_only=True)
    if every is None:
        st.caption(
            "The file does not contain the true class of each row. If it had a column "
            f"{escape_markdown(predictions.target)} with the class names, the predictions would be compared "
            "with it here."
        )
    elif new is None:
        st.markdown(f"**{every.correct:,} of {count(every.total, 'row')}** ({percent(every.accuracy)})")
        st.caption(
            "However, all of these rows are identical to training or validation rows of the model, so this "
            "says nothing about new rows."
        )
    else:
        st.markdown(
            f"**{new.correct:,} of {count(new.total, 'row')}** ({percent(new.accuracy)}) that are new to the "
            "model"
        )
        st.caption(
            "None of the rows is identical to a row that the model was trained or validated on. Only you can "
            "judge whether they are the same kind of data."
            if new.total == every.total
            else f"Of all {every.total:,} rows with a known class, {percent(every.accuracy)} are classified "
            f"correctly. But {every.total - new.total:,} of them are identical to training or validation "
            "rows of the model, which makes it look better than it is."
        )


def draw_all_rows(card: ModelCard, table: Table, predictions: Predictions) -> None:
    frame = predictions.append_to(table.frame)
    new_columns = list(frame.columns[len(table.frame.columns) :])
    probability = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    wrong = predictions.misclassified
    only_wrong = wrong.any() and st.toggle(f"Only the {count(int(wrong.sum()), 'row')} classified wrong")
    thumbnails.draw_table(
        frame[wrong] if only_wrong else frame,
        card.image,
        column_order=[*new_columns, *table.frame.columns],
        column_config=dict.fromkeys(new_columns[1:], probability),
        hide_index=True,
        width="stretch",
        height=380,
        placeholder="",
        alt="The rows of the file with their predictions",
    )
    st.download_button(
        "Download rows with predictions",
        lambda: to_csv(frame),
        file_name=f"{table.name.partition('.')[0]}-predicted.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def draw_row_prediction(model: ChosenModel) -> None:
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        st.caption(
            "The form starts with a typical training row. Change any value and see what the model predicts."
        )
        cells = draw_row_form(model.card.columns, model.run.id)
    with right:
        predictions = draw_prediction(model, cells)
        if predictions is not None:
            st.markdown(bullet_list(predictions.notes))


@st.fragment
def draw_image_prediction(model: ChosenModel, image: ImageFormat) -> None:
    """Draw the form for a row that is an image, and its prediction, which follow the drawing."""
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        image_form.draw_area(image, model.run.id)
        others = [column for column in model.card.columns if column.name not in image.pixels]
        cells = draw_row_form(others, model.run.id)
    with right:
        pixels = image_form.drawn_cells(image, model.card.columns, model.run.id)
        if pixels is None:
            st.subheader(escape_markdown(model.card.target))
            st.caption("Draw an image like those that the model was trained on, and see what it predicts.")
            predictions = None
        else:
            predictions = draw_prediction(model, cells | pixels)
    image_form.draw_numbers(image, model.run.id)
    if predictions is not None:
        with st.expander("How the row was prepared", icon=":material/fact_check:"):
            st.markdown(bullet_list(predictions.notes))


def draw_prediction(model: ChosenModel, cells: Mapping[str, str | None]) -> Predictions | None:
    """Draw the prediction for one row, and return it; ``None`` if it failed."""
    row = pd.DataFrame({column: pd.Series([cell], dtype="str") for column, cell in cells.items()})
    try:
        predictions = worker_requests.compute_once(
            "row_predictions",
            (model.run.id, row.to_json()),
            lambda: worker_requests.predict(model.content, row),
        )
    except QennError as error:
        error_messages.show(error)
        return None
    st.subheader(f"{escape_markdown(predictions.target)}: {escape_markdown(predictions.predicted_names[0])}")
    shares = predictions.probabilities[0].tolist()
    st.html(html.class_bars(predictions.class_names, shares, [percent(share) for share in shares]))
    st.caption(
        "How probable the model considers each class. The numbers add up to 100%, even for a row that is "
        "unlike all rows it was trained on."
    )
    return predictions


runs = model_choice.all_runs()
runs_with_model = model_choice.with_model(runs)
if not runs_with_model:
    draw_no_model_yet()
    if any(run.state not in ENDED_STATES for run in runs):
        wait_for_model()
else:
    with st.sidebar:
        choice = draw_settings(runs_with_model)
    if choice is not None:
        model, rows = choice
        draw_title(model)
        if rows == FROM_FILE:
            draw_file_predictions(model)
        elif model.card.image is not None:
            image_form.show_on_canvas(model.run.id)
            draw_image_prediction(model, model.card.image)
        else:
            draw_row_prediction(model)
