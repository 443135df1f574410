"""The Runs page: runs are found, opened, compared and deleted; those of other workspaces are invisible."""

from __future__ import annotations

import time
from itertools import count
from typing import Any, NamedTuple

import pytest
from sessions import MAIN, errors_of, has_no_errors, link_of, spec_of, text_of
from streamlit.testing.v1 import AppTest

from pages._server.workspace_cookie import COOKIE
from pages._shared.run_table import SELECTED_KEY
from qenn_core import jobs
from qenn_core.errors import JobError
from qenn_core.experiment import ExperimentSpec
from qenn_core.limits import MAX_NAME_LENGTH
from qenn_core.store.entities import RunChange, SavedState
from qenn_core.workspace import new_key, owner_of

SMALL = ExperimentSpec().with_(
    **{"circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 2, "data.params": {"n_samples": 60}}
)
_NUMBERS = count()


@pytest.fixture
def key() -> str:
    """The key of a new workspace."""
    return new_key()


def store_run(key: str, spec: ExperimentSpec = SMALL, **values: Any) -> str:
    """Store a finished run; return its id."""
    run = f"{next(_NUMBERS):032x}"
    plain = {"name": "Two moons", "state": "finished", "spec": spec.to_json(), "data_name": "Two moons"}
    change = RunChange(run, owner_of(key), plain | values, checkpoint=SavedState(1, b"a checkpoint"))
    jobs.service().store.runs.save(change)
    return run


class TrainedWorkspace(NamedTuple):
    """A workspace with two trained runs; tests only read it."""

    key: str
    older: str
    newer: str


@pytest.fixture(scope="module")
def trained() -> TrainedWorkspace:
    key, service = new_key(), jobs.service()
    runs = []
    for n_qubits in (2, 3):
        runs.append(service.submit(SMALL.with_(**{"circuit.n_qubits": n_qubits}), owner=owner_of(key)))
        deadline = time.monotonic() + 60
        while not service.snapshot(runs[-1], owner_of(key)).ended:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    service.store.writer.flush(5)
    return TrainedWorkspace(key, *runs)


def open_runs(key: str, *selected: str) -> AppTest:
    """Open the Runs page of a workspace, with these runs selected."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = key
    app.session_state[SELECTED_KEY] = selected
    app.run()
    return app.switch_page("runs.py").run()


def names(app: AppTest) -> list[str]:
    """Return the names in the table of runs."""
    return list(app.dataframe[0].value["Name"]) if app.dataframe else []


def button(app: AppTest, label: str) -> Any:
    [found] = [button for button in app.button if button.label == label]
    return found


def test_page_without_runs_says_what_it_is_for(key: str) -> None:
    app = open_runs(key)
    assert has_no_errors(app)
    assert "Every run is saved here" in text_of(app)
    assert not app.dataframe


def test_runs_of_the_workspace_are_listed_newest_first(key: str) -> None:
    store_run(key, name="first")
    store_run(new_key(), name="of somebody else")
    store_run(key, name="second")
    app = open_runs(key)
    assert has_no_errors(app)
    assert names(app) == ["second", "first"]


def test_search_by_name(key: str) -> None:
    store_run(key, name="Größe")
    store_run(key, name="weight")
    app = open_runs(key)
    app.text_input(key="search").set_value("größ").run()
    assert names(app) == ["Größe"]
    app.text_input(key="search").set_value("nothing like it").run()
    assert "No run matches this search" in text_of(app)
    app.text_input(key="search").set_value("").run()
    assert len(names(app)) == 2


@pytest.mark.parametrize(
    ("n_selected", "expected"),
    [
        (0, set()),
        (1, {"Open", "Train again", "Star"}),
        (2, {"Star"}),
    ],
)
def test_selection_decides_which_buttons_are_enabled(key: str, n_selected: int, expected: set[str]) -> None:
    selected = [store_run(key) for _ in range(3)][:n_selected]
    app = open_runs(key, *selected)
    enabled = {found.label for found in app.button if not found.disabled} - {"Delete everything"}
    assert enabled & {"Open", "Train again", "Resume", "Predict", "Star"} == expected


def test_interrupted_run_can_be_resumed(key: str) -> None:
    assert not button(open_runs(key, store_run(key, state="interrupted")), "Resume").disabled


def test_run_opens_with_its_settings_and_results(trained: TrainedWorkspace) -> None:
    app = open_runs(trained.key, trained.older)
    button(app, "Open").click().run()
    assert has_no_errors(app)
    assert spec_of(app) == SMALL
    assert link_of(app)["run"] == trained.older
    assert "The settings have changed" not in text_of(app)
    assert "Logistic regression" in text_of(app), "the table"


def test_train_again_starts_a_new_run_with_the_settings(key: str) -> None:
    stored = store_run(key)
    app = open_runs(key, stored)
    button(app, "Train again").click().run()
    assert has_no_errors(app)
    assert spec_of(app) == SMALL
    [new] = [run for run in jobs.service().list_runs(owner_of(key)) if run.id != stored]
    assert link_of(app)["run"] == new.id
    assert new.spec == SMALL.to_json()


def test_predict_opens_the_model_of_the_run(trained: TrainedWorkspace) -> None:
    app = open_runs(trained.key, trained.older)
    button(app, "Predict").click().run()
    assert has_no_errors(app)
    assert app.selectbox(key="field:model").value == trained.older


def test_star_and_unstar(key: str) -> None:
    run = store_run(key)
    app = open_runs(key, run)
    button(app, "Star").click().run()
    assert list(app.dataframe[0].value["★"]) == ["★"]
    button(app, "Unstar").click().run()
    assert list(app.dataframe[0].value["★"]) == [""]


def test_rename_accepts_any_text(key: str) -> None:
    run = store_run(key)
    app = open_runs(key, run)
    name = "<img src=x> *bold* =1+1"
    app.text_input(key=f"name:{run}:Two moons").set_value(name).run()
    button(app, "Save name").click().run()
    assert has_no_errors(app)
    assert names(app) == [name]


@pytest.mark.parametrize("name", ["", "   "])
def test_empty_name_is_an_error(key: str, name: str) -> None:
    run = store_run(key)
    app = open_runs(key, run)
    app.text_input(key=f"name:{run}:Two moons").set_value(name).run()
    button(app, "Save name").click().run()
    assert str(MAX_NAME_LENGTH) in errors_of(app)
    assert names(app) == ["Two moons"]


def test_delete_permanently(key: str) -> None:
    deleted, other = store_run(key, name="deleted"), store_run(key, name="other")
    app = open_runs(key, deleted)
    button(app, "Delete permanently").click().run()
    assert has_no_errors(app)
    assert names(app) == ["other"]
    assert jobs.service().store.runs.get(owner_of(key), deleted) is None
    assert jobs.service().store.runs.get(owner_of(key), other)


def test_selected_runs_are_compared(trained: TrainedWorkspace) -> None:
    app = open_runs(trained.key, trained.older, trained.newer)
    assert has_no_errors(app)
    text = text_of(app)
    assert "Settings that differ" in text
    assert ">Qubits<" in text
    assert ">Layers<" not in text
    assert len(app.get("plotly_chart")) == 3


def test_delete_everything_after_confirmation(key: str) -> None:
    service, owner, other = jobs.service(), owner_of(key), new_key()
    store_run(key)
    theirs = store_run(other)
    service.store.uploads.save(owner, "mine.csv", b"a,b\n1,2\n")
    app = open_runs(key)
    assert button(app, "Delete everything").disabled
    app.checkbox[0].check().run()
    assert "1 run and 1 file" in text_of(app)
    button(app, "Delete everything").click().run()
    assert has_no_errors(app)
    assert service.list_runs(owner) == []
    assert service.store.uploads.list_by_owner(owner) == []
    assert service.store.runs.get(owner_of(other), theirs)


def test_runs_of_others_cannot_be_opened(trained: TrainedWorkspace) -> None:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = new_key()
    app.query_params["run"] = trained.older
    app.run()
    assert has_no_errors(app)
    assert "run" not in link_of(app)
    with pytest.raises(JobError):
        jobs.service().snapshot(trained.older, owner_of(new_key()))


def test_three_hundred_runs_are_drawn_within_a_second(key: str) -> None:
    for _ in range(300):
        store_run(key)
    app = open_runs(key)
    start = time.perf_counter()
    app.run()
    assert time.perf_counter() - start < 1
    assert len(names(app)) == 300
