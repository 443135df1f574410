"""The Predict page: a model of the workspace, rows of a file or by hand, and what comes of them."""

from __future__ import annotations

import gzip
from uuid import uuid4

import pandas as pd
import pytest
from sessions import MAIN, all_is_well, complaints, text_of
from streamlit.testing.v1 import AppTest

from pages._server.workspace_cookie import COOKIE
from pages._shared.state import RUN_KEY
from qenn_core import jobs, limits
from qenn_core.data.builtin import load_builtin
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.store.entities import RunChange, SavedState
from qenn_core.workspace import new_key, owner_of
from tests.analysis.trained import SMALL, Trained, trained
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed

MIXED = csv_spec().with_(**SMALL)
PENGUINS = ExperimentSpec().with_(**SMALL | {"data.source": "penguins"})


@pytest.fixture(scope="module")
def of_mixed() -> Trained:
    return trained(MIXED, mixed())


@pytest.fixture(scope="module")
def of_penguins() -> Trained:
    return trained(PENGUINS, load_builtin(PENGUINS.data))


def keep(key: str, name: str, spec: ExperimentSpec, content: bytes) -> str:
    """Keep a trained model in the workspace of `key`; return the id of its run."""
    run = uuid4().hex
    values = {
        "name": name,
        "state": "finished",
        "spec": spec.to_json(),
        "data_name": name,
        "test_accuracy": 0.875,
    }
    jobs.service().store.runs.save(RunChange(run, owner_of(key), values, weights=SavedState(1, content)))
    return run


@pytest.fixture
def key(of_mixed: Trained) -> str:
    """The key of a workspace with one model."""
    key = new_key()
    keep(key, "mixed.csv", MIXED, of_mixed.content)
    return key


def open_page(key: str, **link: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = key
    for name, value in link.items():
        app.query_params[name] = value
    return app.run().switch_page("predict.py").run()


def upload(app: AppTest, content: bytes | pd.DataFrame, name: str = "new.csv") -> AppTest:
    content = content if isinstance(content, bytes) else content.to_csv(index=False).encode()
    app.file_uploader[0].upload(name, content, "text/csv").run()
    return app


def by_hand(key: str) -> AppTest:
    return open_page(key).radio[0].set_value("One row").run()


def test_without_a_model_the_page_says_what_to_do() -> None:
    app = open_page(new_key())
    assert all_is_well(app)
    assert app.header[0].value == "No trained model yet"
    assert not app.file_uploader


def test_the_page_says_what_a_model_takes(key: str) -> None:
    app = open_page(key)
    assert all_is_well(app)
    assert app.header[0].value == "Predict kind"
    text = text_of(app).replace("\\", "")
    assert "mixed.csv · trained on mixed.csv · 7 columns · 88% of its test rows classified correctly" in text
    assert "<td>member</td><td>yes or no</td><td>no or yes</td>" in text


def test_the_newest_model_is_chosen_another_can_be_and_the_choice_stays(
    key: str, of_penguins: Trained
) -> None:
    keep(key, "Penguins", PENGUINS, of_penguins.content)
    app = open_page(key)
    assert app.header[0].value == "Predict species"
    app.selectbox(key="field:model").select_index(1).run()
    assert app.header[0].value == "Predict kind"
    app.switch_page("learn.py").run().switch_page("predict.py").run()
    assert app.header[0].value == "Predict kind"


def test_a_link_names_the_run_whose_model_is_meant(key: str, of_penguins: Trained) -> None:
    wanted = keep(key, "Penguins", PENGUINS, of_penguins.content)
    keep(key, "Others", MIXED, of_penguins.content)
    app = open_page(key, run=wanted)
    assert app.header[0].value == "Predict species"


def test_a_run_that_is_watched_anew_goes_before_an_earlier_choice(key: str, of_penguins: Trained) -> None:
    wanted = keep(key, "Penguins", PENGUINS, of_penguins.content)
    app = open_page(key)
    app.selectbox(key="field:model").select_index(1).run()
    assert app.header[0].value == "Predict kind"
    app.session_state[RUN_KEY] = wanted
    assert app.run().header[0].value == "Predict species"


def test_models_of_other_workspaces_are_not_there(key: str) -> None:
    assert open_page(new_key()).header[0].value == "No trained model yet"


def test_a_file_is_predicted_row_by_row(key: str, of_mixed: Trained) -> None:
    rows = of_mixed.rows(mixed().frame)
    app = upload(open_page(key), rows)
    assert all_is_well(app)
    shown = app.dataframe[0].value
    names = of_mixed.preparation.question.class_names
    assert shown["predicted kind"].tolist() == [names[k] for k in of_mixed.finished.predictions]
    assert shown["remark"].tolist() == rows["remark"].tolist()
    text = text_of(app).replace("\\", "")
    right = round(of_mixed.finished.test.accuracy * len(rows))
    assert f"**{right} of {len(rows)} rows** ({right / len(rows):.0%}) that are new to the model" in text
    assert "None of the rows is identical to a row that the model was trained or validated on." in text
    assert "1 column is none that the model learnt from: ‘remark’." in text


def test_the_accuracy_on_the_training_file_is_not_flattering(key: str, of_mixed: Trained) -> None:
    n_test = len(of_mixed.preparation.split.test)
    text = text_of(upload(open_page(key), mixed().frame))
    assert f"of {n_test} rows** (" in text
    assert f"{120 - n_test} of them are identical to training or validation rows of the model" in text
    text = text_of(upload(open_page(key), of_mixed.rows(mixed().frame, "train")))
    assert "says nothing about new rows." in text


def test_without_the_target_nothing_is_compared(key: str) -> None:
    app = upload(open_page(key), mixed().frame.drop(columns="kind"))
    assert all_is_well(app)
    assert "does not contain the true class of each row" in text_of(app)


def test_one_row_written_by_another_program_will_do(key: str) -> None:
    content = (
        "B;A;Weight;Member;COLOUR;size;Joined\r\n0,5;-1,25;70,5;yes;purple;small;2021-05-09\r\n"
    ).encode("cp1252")
    app = upload(open_page(key), gzip.compress(content), "new.csv.gz")
    assert all_is_well(app)
    text = text_of(app).replace("\\", "")
    assert "‘COLOUR’ was taken for ‘colour’." in text
    assert "‘purple’" in text
    assert app.dataframe[0].value["A"].tolist() == ["-1.25"]


def test_missing_columns_are_named_and_the_next_file_is_read(key: str) -> None:
    app = upload(open_page(key), mixed().frame.rename(columns={"weight": "wieght"}))
    assert "The file has no column ‘weight’." in complaints(app)
    assert "Did you mean ‘wieght’ for ‘weight’?" in complaints(app)
    assert not app.dataframe
    app.file_uploader[0].clear()
    assert all_is_well(upload(app, mixed().frame))
    assert app.dataframe


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, "not a text file"),
        (b"x,y\n" + b"1,2\n" * (limits.MAX_ROWS + 1), "20,001 rows, more than the 20,000"),
    ],
    ids=["empty", "binary", "too many rows"],
)
def test_a_file_that_cannot_be_read_says_why(key: str, content: bytes, says: str) -> None:
    app = upload(open_page(key), content)
    assert says in complaints(app)
    assert "sample" not in complaints(app), "a sample of the rows would be no answer"


def test_the_model_can_be_changed_under_a_file(key: str, of_penguins: Trained) -> None:
    keep(key, "Penguins", PENGUINS, of_penguins.content)
    app = upload(open_page(key), mixed().frame)
    assert "The file has no columns" in complaints(app)
    app.selectbox(key="field:model").select_index(1).run()
    assert all_is_well(app)
    assert "predicted kind" in app.dataframe[0].value


def test_a_row_by_hand_starts_typical_and_follows_each_change(key: str, of_mixed: Trained) -> None:
    app = by_hand(key)
    assert all_is_well(app)
    before = bars(app)
    for widget in app.number_input:
        if widget.label == "a":
            widget.set_value(2.0)
    app.run()
    assert all_is_well(app)
    assert bars(app) != before


def test_what_is_not_known_of_a_row_may_be_left_out(key: str) -> None:
    app = by_hand(key)
    for widget in (*app.number_input, *app.date_input):
        widget.set_value(None)
    for widget in app.selectbox:
        if widget.label != "Model":
            widget.set_value("unknown")
    app.run()
    assert all_is_well(app)
    assert "1 gap in ‘weight’ filled with the median of the training rows" in text_of(app).replace("\\", "")


def test_a_model_of_many_columns_is_filled_in_in_part() -> None:
    wide = pd.DataFrame({f"c{k}": [f"{(k * 7 + row * 13) % 11}.5" for row in range(40)] for k in range(130)})
    wide["kind"] = ["p", "q"] * 20
    model = trained(MIXED, Table(frame=wide, name="wide"))
    key = new_key()
    keep(key, "wide", MIXED, model.content)
    app = by_hand(key)
    assert all_is_well(app)
    assert len(app.number_input) <= 100


def test_a_damaged_model_is_told_and_others_can_be_chosen(key: str, of_mixed: Trained) -> None:
    keep(key, "spoilt", MIXED, of_mixed.content[:-400])
    app = open_page(key)
    assert "This trained model cannot be used." in complaints(app)
    app.selectbox(key="field:model").select_index(1).run()
    assert all_is_well(app)


def test_names_from_a_file_stay_text() -> None:
    image, formula = "<img src=x onerror=alert(1)>", "=1+1 $x$ **b**"
    rows = mixed().frame.rename(columns={"a": image, "kind": formula})
    rows[formula] = rows[formula].map({"up": image, "down": "**down**"})
    spec = csv_spec(data__target=formula).with_(**SMALL)
    key = new_key()
    keep(key, image, spec, trained(spec, Table(frame=rows, name=image)).content)
    app = upload(open_page(key), rows)
    assert all_is_well(app)
    assert image not in "\n".join(element.proto.body for element in app.get("html"))
    assert app.header[0].value == r"Predict =1\+1 \$x\$ \*\*b\*\*"
    assert all_is_well(app.radio[0].set_value("One row").run())


def bars(app: AppTest) -> str:
    [found] = [element.proto.body for element in app.get("html") if 'class="qenn-bars"' in element.proto.body]
    return found
