"""A trained model applied to the rows of a file, or to one row that is filled in by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages._shared import form, markup, models, questions, row
from qenn_core import limits
from qenn_core.analysis import to_csv
from qenn_core.errors import QennError
from qenn_core.store import ENDED_STATES, StoredRun
from qenn_core.text import count

if TYPE_CHECKING:
    from pages._shared.models import Model
    from qenn_core.analysis import ModelCard, Predictions
    from qenn_core.data import ColumnSchema, Table

FILE, BY_HAND = "A file", "One row"
UPLOADED = "rows to predict"
KIND_OF_COLUMN = {"numeric": "a number", "boolean": "yes or no", "category": "a word", "date": "a date"}
MOST_WORDS = 12
REFRESH_SECONDS = 2


def no_model_yet() -> None:
    st.header("No trained model yet")
    st.markdown(
        "Here a model that you have trained tells the class of rows that it has never seen: those of a file, "
        "or one that you fill in by hand. Train one first; it is kept in this workspace."
    )
    st.page_link("train.py", label="Go and train one", icon=":material/play_circle:")


@st.fragment(run_every=REFRESH_SECONDS)
def until_there_is_one() -> None:
    """Open the page anew when the first model is there."""
    if models.trained(models.runs()):
        st.rerun()


def settings(runs: Sequence[StoredRun]) -> tuple[Model, str] | None:
    """Draw what is to be predicted and by what; return it, unless the model cannot be used."""
    run = models.choice(runs)
    try:
        model = models.opened(run)
    except QennError as error:
        form.show(error)
        return None
    kind = st.radio(
        "What to predict", [FILE, BY_HAND], horizontal=True, key="what to predict", persist_state="session"
    )
    if kind == FILE:
        st.file_uploader(
            f"CSV file, up to {limits.MAX_ROWS:,} rows",
            key=UPLOADED,
            help="Text tables: .csv, .tsv, .txt, also gzipped, up to "
            f"{limits.MAX_UPLOAD_BYTES // 2**20} MB. Columns are found by their names.",
        )
        st.download_button(
            "CSV to fill in",
            to_csv(pd.DataFrame({column.name: [column.typical] for column in model.card.columns})),
            file_name="rows.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            help="The columns that the model takes, with a typical row.",
        )
    return model, kind


def title(model: Model) -> None:
    card, run = model.card, model.run
    facts = [run.name, f"trained on {run.data_name}", count(len(card.columns), "column")]
    if run.test_accuracy is not None:
        facts.append(f"right on {run.test_accuracy:.0%} of its test rows")
    if card.spec.noise.shots:
        facts.append(f"measured with {count(card.spec.noise.shots, 'shot')}")
    st.header(f"Predict {form.plain(card.target)}")
    st.caption(" · ".join(map(form.plain, facts)))


def invitation(card: ModelCard) -> None:
    st.markdown(
        "Upload a table with the columns below, by these names and in any order. Further columns are kept "
        "and not used. If the table says what each row really is, the predictions are compared with that."
    )
    columns = [(column.name, KIND_OF_COLUMN[column.role], in_training(column)) for column in card.columns]
    st.html(markup.rows_table(("Column", "What it is", "In the training rows"), columns))


def in_training(column: ColumnSchema) -> str:
    if column.low is not None and column.high is not None:
        return f"{column.low:.4g} to {column.high:.4g}, typically {column.typical}"
    if column.role == "category":
        shown, more = column.categories[:MOST_WORDS], len(column.categories) - MOST_WORDS
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return " or ".join(column.spelling) if column.role == "boolean" else f"written like {column.typical}"


def rows_of_a_file(model: Model) -> None:
    file = st.session_state.get(UPLOADED)
    if file is None:
        invitation(model.card)
        return
    try:
        with st.spinner("Reading the file …"):
            table = questions.once(
                "file to predict", file.file_id, lambda: questions.read_rows(file.getvalue(), file.name)
            )
        with st.spinner("Asking the model …"):
            said = questions.once(
                "file predicted",
                (model.run.id, file.file_id),
                lambda: questions.predict(model.content, table.frame),
            )
    except QennError as error:
        form.show(error)
        invitation(model.card)
    else:
        outcome(table, said)


def outcome(table: Table, said: Predictions) -> None:
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        st.subheader("How many rows of each class")
        numbers = [int((said.predicted_classes == number).sum()) for number in range(len(said.class_names))]
        shares = [number / len(said.predicted_classes) for number in numbers]
        st.html(markup.bars(said.class_names, shares, [count(number, "row") for number in numbers]))
    with right:
        st.subheader("How often it was right")
        how_right(said)
    st.subheader("Every row")
    every_row(table, said)
    notes = (*(table.reading.notes if table.reading else ()), *said.notes)
    if notes:
        st.subheader("What was done")
        bullets(notes)


def how_right(said: Predictions) -> None:
    every, new = said.count_correct(), said.count_correct(unseen_only=True)
    if every is None:
        st.caption(
            f"The file does not say what each row is: with a column {form.plain(said.target)} that names the "
            "classes, the predictions would be compared with it here."
        )
    elif new is None:
        st.markdown(f"**{every.correct:,} of {count(every.total, 'row')}** ({every.accuracy:.0%})")
        st.caption(
            "But all of them are just like rows that the model was trained on, or that chose its weights. "
            "This says nothing about new rows."
        )
    else:
        st.markdown(
            f"**{new.correct:,} of {count(new.total, 'row')}** ({new.accuracy:.0%}) "
            "that the model had not seen"
        )
        st.caption(
            "None is just like a row that it was trained on. Whether they are of its kind, you know best."
            if new.total == every.total
            else f"Of all {every.total:,} rows with a known class it is right on {every.accuracy:.0%}. "
            f"But {every.total - new.total:,} of them are just like rows that it was trained on, or that "
            "chose its weights, which flatters it."
        )


def every_row(table: Table, said: Predictions) -> None:
    beside = said.append_to(table.frame)
    new = list(beside.columns[len(table.frame.columns) :])
    share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        beside,
        column_order=[*new, *table.frame.columns],
        column_config=dict.fromkeys(new[1:], share),
        hide_index=True,
        width="stretch",
        height=380,
        alt="The rows of the file with their predictions",
    )
    st.download_button(
        "Download the rows with their predictions",
        lambda: to_csv(beside),
        file_name=f"{table.name.partition('.')[0]}-predicted.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def one_row(model: Model) -> None:
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        st.caption(
            "It starts as a typical row of the training. Change what you like, and see what the model says."
        )
        filled = row.filled_in(model.card.columns, model.run.id)
    with right:
        try:
            said = questions.once(
                "row predicted",
                (model.run.id, filled.to_json()),
                lambda: questions.predict(model.content, filled),
            )
        except QennError as error:
            form.show(error)
            return
        st.subheader(f"{form.plain(said.target)}: {form.plain(said.predicted_names[0])}")
        shares = said.probabilities[0].tolist()
        st.html(markup.bars(said.class_names, shares, [f"{share:.1%}" for share in shares]))
        st.caption(
            "How probable each class is to the model. The numbers add up to 100 %, also for a row "
            "that is like none it has seen."
        )
        bullets(said.notes)


def bullets(sentences: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {form.plain(sentence)}" for sentence in sentences))


runs = models.runs()
trained = models.trained(runs)
if not trained:
    no_model_yet()
    if any(run.state not in ENDED_STATES for run in runs):
        until_there_is_one()
else:
    with st.sidebar:
        chosen = settings(trained)
    if chosen is not None:
        model, kind = chosen
        title(model)
        if kind == FILE:
            rows_of_a_file(model)
        else:
            one_row(model)
