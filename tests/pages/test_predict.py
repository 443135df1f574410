"""The Predict page: a model of the workspace, applied to rows of a file or entered by hand."""

from __future__ import annotations

import gzip
import math
import re
from uuid import uuid4

import pandas as pd
import pytest
from sessions import MAIN, errors_of, has_no_errors, text_of
from streamlit.testing.v1 import AppTest

from pages._server.workspace_cookie import COOKIE
from pages._shared.image_form import parse_levels
from pages._shared.link import RUN_KEY
from qenn_core import jobs, limits
from qenn_core.analysis.row_prediction import predict_rows
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
BARS = ExperimentSpec().with_(**SMALL | {"data.source": "bars_and_stripes", "data.params": {"side": 3}})


@pytest.fixture(scope="module")
def mixed_model() -> Trained:
    return trained(MIXED, mixed())


@pytest.fixture(scope="module")
def penguins_model() -> Trained:
    return trained(PENGUINS, load_builtin(PENGUINS.data))


@pytest.fixture(scope="module")
def bars_model() -> Trained:
    return trained(BARS, load_builtin(BARS.data))


def store_model(key: str, name: str, spec: ExperimentSpec, content: bytes) -> str:
    """Store a trained model in the workspace of `key`; return the id of its run."""
    run = uuid4().hex
    values = {
        "name": name,
        "state": "finished",
        "spec": spec.to_json(),
        "data_name": name,
        "test_accuracy": 0.875,
    }
    jobs.service().store.runs.save(RunChange(run, owner_of(key), values, model=SavedState(1, content)))
    return run


@pytest.fixture
def key(mixed_model: Trained) -> str:
    """The key of a workspace with a model."""
    key = new_key()
    store_model(key, "mixed.csv", MIXED, mixed_model.content)
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


def open_row_form(key: str) -> AppTest:
    return open_page(key).radio[0].set_value("One row").run()


def test_page_without_a_model_says_what_to_do() -> None:
    app = open_page(new_key())
    assert has_no_errors(app)
    assert app.header[0].value == "No trained model yet"
    assert not app.file_uploader


def test_page_lists_the_columns_of_the_model(key: str) -> None:
    app = open_page(key)
    assert has_no_errors(app)
    assert app.header[0].value == "Predict kind"
    text = text_of(app).replace("\\", "")
    assert "trained on mixed.csv · 8 columns · 87.5% of its test rows classified correctly" in text
    assert "mixed.csv · trained" not in text, "no name is said twice"
    assert "<td>member</td><td>yes or no</td><td>no or yes</td>" in text
    assert "<td>pressure</td><td>two numbers</td><td>written like 1" in text


def test_newest_model_is_the_default_and_another_choice_is_kept(key: str, penguins_model: Trained) -> None:
    store_model(key, "Penguins", PENGUINS, penguins_model.content)
    app = open_page(key)
    assert app.header[0].value == "Predict species"
    app.selectbox(key="field:model").select_index(1).run()
    assert app.header[0].value == "Predict kind"
    app.switch_page("learn.py").run().switch_page("predict.py").run()
    assert app.header[0].value == "Predict kind"


def test_link_chooses_the_model_of_a_run(key: str, penguins_model: Trained) -> None:
    wanted = store_model(key, "Penguins", PENGUINS, penguins_model.content)
    store_model(key, "Others", MIXED, penguins_model.content)
    app = open_page(key, run=wanted)
    assert app.header[0].value == "Predict species"


def test_new_current_run_replaces_an_earlier_choice(key: str, penguins_model: Trained) -> None:
    wanted = store_model(key, "Penguins", PENGUINS, penguins_model.content)
    app = open_page(key)
    app.selectbox(key="field:model").select_index(1).run()
    assert app.header[0].value == "Predict kind"
    app.session_state[RUN_KEY] = wanted
    assert app.run().header[0].value == "Predict species"


def test_models_of_other_workspaces_are_invisible(key: str) -> None:
    assert open_page(new_key()).header[0].value == "No trained model yet"


def test_file_is_predicted(key: str, mixed_model: Trained) -> None:
    rows = mixed_model.rows(mixed().frame)
    app = upload(open_page(key), rows)
    assert has_no_errors(app)
    shown = app.dataframe[0].value
    names = mixed_model.preparation.labeled.class_names
    assert shown["predicted kind"].tolist() == [names[k] for k in mixed_model.finished.predictions]
    assert shown["remark"].tolist() == rows["remark"].tolist()
    text = text_of(app).replace("\\", "")
    right = round(mixed_model.finished.test.accuracy * len(rows))
    assert f"**{right} of {len(rows)} rows** ({right / len(rows):.1%}) that are new to the model" in text
    assert "None of the rows is identical to a row that the model was trained or validated on." in text
    assert "Ignored 1 column that the model does not use: ‘remark’." in text


def test_accuracy_excludes_training_rows(key: str, mixed_model: Trained) -> None:
    n_test = len(mixed_model.preparation.split.test)
    text = text_of(upload(open_page(key), mixed().frame))
    assert f"of {n_test} rows** (" in text
    assert f"{120 - n_test} of them are identical to training or validation rows of the model" in text
    text = text_of(upload(open_page(key), mixed_model.rows(mixed().frame, "train")))
    assert "says nothing about new rows." in text


def test_no_accuracy_without_the_target_column(key: str) -> None:
    app = upload(open_page(key), mixed().frame.drop(columns="kind"))
    assert has_no_errors(app)
    assert "does not contain the true class of each row" in text_of(app)


def test_file_in_another_format_is_predicted(key: str) -> None:
    content = (
        "B;A;Weight;Member;COLOUR;size;Joined;Pressure\r\n0,5;-1,25;70,5;yes;purple;small;2021-05-09;126/83\r\n"
    ).encode("cp1252")
    app = upload(open_page(key), gzip.compress(content), "new.csv.gz")
    assert has_no_errors(app)
    text = text_of(app).replace("\\", "")
    assert "Column ‘COLOUR’ was used as ‘colour’." in text
    assert "‘purple’" in text
    assert app.dataframe[0].value["A"].tolist() == ["-1.25"]


def test_missing_columns_are_reported_and_the_next_file_is_read(key: str) -> None:
    app = upload(open_page(key), mixed().frame.rename(columns={"weight": "wieght"}))
    assert "The file is missing 1 column: ‘weight’." in errors_of(app)
    assert "did you mean ‘wieght’ for ‘weight’?" in errors_of(app)
    assert not app.dataframe
    app.file_uploader[0].clear()
    assert has_no_errors(upload(app, mixed().frame))
    assert app.dataframe


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, "not a text file"),
        (b"x,y\n" + b"1,2\n" * (limits.MAX_ROWS + 1), "20,001 rows, more than the 20,000"),
    ],
    ids=["empty", "binary", "too many rows"],
)
def test_unreadable_file_is_an_error(key: str, content: bytes, message: str) -> None:
    app = upload(open_page(key), content)
    assert message in errors_of(app)
    assert "sample" not in errors_of(app), "predictions for a sample of the rows would be useless"


def test_model_can_be_changed_after_the_upload(key: str, penguins_model: Trained) -> None:
    store_model(key, "Penguins", PENGUINS, penguins_model.content)
    app = upload(open_page(key), mixed().frame)
    assert "The file is missing" in errors_of(app)
    app.selectbox(key="field:model").select_index(1).run()
    assert has_no_errors(app)
    assert "predicted kind" in app.dataframe[0].value


def test_row_form_starts_typical_and_updates_the_prediction(key: str, mixed_model: Trained) -> None:
    app = open_row_form(key)
    assert has_no_errors(app)
    before = class_bars(app)
    for widget in app.number_input:
        if widget.label == "a":
            widget.set_value(2.0)
    app.run()
    assert has_no_errors(app)
    assert class_bars(app) != before


def test_row_form_accepts_unknown_values(key: str) -> None:
    app = open_row_form(key)
    for widget in (*app.number_input, *app.date_input):
        widget.set_value(None)
    for widget in app.selectbox:
        if widget.label != "Model":
            widget.set_value("unknown")
    app.run()
    assert has_no_errors(app)
    assert "Filled 1 gap in ‘weight’ with the median of the training rows" in text_of(app).replace("\\", "")


def test_row_form_is_limited_for_many_columns() -> None:
    wide = pd.DataFrame({f"c{k}": [f"{(k * 7 + row * 13) % 11}.5" for row in range(40)] for k in range(130)})
    wide["kind"] = ["p", "q"] * 20
    model = trained(MIXED, Table(frame=wide, name="wide"))
    key = new_key()
    store_model(key, "wide", MIXED, model.content)
    app = open_row_form(key)
    assert has_no_errors(app)
    assert len(app.number_input) <= 100


def test_image_is_drawn_and_predicted(bars_model: Trained) -> None:
    key = new_key()
    run = store_model(key, "Bars and stripes", BARS, bars_model.content)
    app = open_page(key)
    assert has_no_errors(app)
    assert not app.number_input, "no pixel is a field of its own"
    assert "Draw an image" in text_of(app)
    bar = [0.0, 1.0, 0.0] * 3
    app.session_state[f"drawn:{run}"]["levels"] = bar
    app.session_state[f"numbers:{run}"] = True
    assert has_no_errors(app.run())
    pixels = [f"pixel {row},{column}" for row in (1, 2, 3) for column in (1, 2, 3)]
    row = pd.DataFrame([[str(int(2 * level - 1)) for level in bar]], columns=pixels)
    expected = predict_rows(bars_model.content, row).probabilities[0]
    assert re.findall(r"<b>(\S+)%</b>", class_bars(app)) == [f"{100 * share:.1f}" for share in expected]
    [numbers] = [shown.value for shown in app.dataframe]
    assert numbers.to_numpy().tolist() == [[-1, 1, -1]] * 3


@pytest.mark.parametrize(
    "levels",
    [None, "0000", [0.5] * 3, [0.5] * 5, ["0"] * 4, *([0, 0, 0, level] for level in (1.01, -1, math.nan))],
)
def test_what_is_no_image_is_an_empty_one(levels: object) -> None:
    assert parse_levels(levels, 4) == []
    assert parse_levels([0, 0.25, 0.5, 1], 4) == [0, 0.25, 0.5, 1]


def test_rows_that_are_images_show_them(bars_model: Trained) -> None:
    key = new_key()
    store_model(key, "Bars and stripes", BARS, bars_model.content)
    rows = bars_model.rows(load_builtin(BARS.data).frame).assign(Image="mine")
    app = upload(open_page(key).radio[0].set_value("A file").run(), rows)
    assert has_no_errors(app)
    shown = app.dataframe[0].value
    assert shown["Image"].tolist() == ["mine"] * len(rows)
    assert shown["Image "].str.startswith("data:image/png;base64,").all()
    assert shown["Image "].nunique() == len(rows)


def test_only_misclassified_rows_can_be_shown(key: str, mixed_model: Trained) -> None:
    app = upload(open_page(key), mixed().frame)
    everything = app.dataframe[0].value
    wrong = everything[everything["kind"] != everything["predicted kind"]]
    assert 0 < len(wrong) < len(everything)
    [only_wrong] = app.toggle
    assert f"Only the {len(wrong)} rows" in only_wrong.label
    shown = only_wrong.set_value(True).run().dataframe[0].value
    assert shown["remark"].tolist() == wrong["remark"].tolist()


def test_damaged_model_is_an_error_and_others_can_be_chosen(key: str, mixed_model: Trained) -> None:
    store_model(key, "damaged", MIXED, mixed_model.content[:-400])
    app = open_page(key)
    assert "This trained model cannot be used." in errors_of(app)
    app.selectbox(key="field:model").select_index(1).run()
    assert has_no_errors(app)


def test_names_from_a_file_are_escaped() -> None:
    image, formula = "<img src=x onerror=alert(1)>", "=1+1 $x$ **b**"
    rows = mixed().frame.rename(columns={"a": image, "kind": formula})
    rows[formula] = rows[formula].map({"up": image, "down": "**down**"})
    spec = csv_spec(data__target=formula).with_(**SMALL)
    key = new_key()
    store_model(key, image, spec, trained(spec, Table(frame=rows, name=image)).content)
    app = upload(open_page(key), rows)
    assert has_no_errors(app)
    assert image not in "\n".join(element.proto.body for element in app.get("html"))
    assert app.header[0].value == r"Predict \=1\+1 \$x\$ \*\*b\*\*"
    assert has_no_errors(app.radio[0].set_value("One row").run())


def class_bars(app: AppTest) -> str:
    [found] = [element.proto.body for element in app.get("html") if 'class="qenn-bars"' in element.proto.body]
    return found
