"""The Runs page: what is kept of a workspace is found and dealt with there; of others there is nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from sessions import MAIN, all_is_well, complaints, link_of, spec_of, text_of
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


def keep(key: str, spec: ExperimentSpec = SMALL, **values: Any) -> str:
    """Keep a run that has ended; return its id."""
    run = f"{next(_NUMBERS):032x}"
    plain = {"name": "Two moons", "state": "finished", "spec": spec.to_json(), "data_name": "Two moons"}
    change = RunChange(run, owner_of(key), plain | values, checkpoint=SavedState(1, b"a checkpoint"))
    jobs.service().store.runs.save(change)
    return run


def train(key: str, spec: ExperimentSpec = SMALL) -> str:
    """Train a run to its end; return its id."""
    service, owner = jobs.service(), owner_of(key)
    run = service.submit(spec, owner=owner)
    deadline = time.monotonic() + 60
    while not service.snapshot(run, owner).ended:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return run


def open_runs(key: str, *chosen: str) -> AppTest:
    """Open the Runs page of a workspace, with some runs ticked."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = key
    app.session_state[SELECTED_KEY] = chosen
    app.run()
    return app.switch_page("runs.py").run()


def names(app: AppTest) -> list[str]:
    """Return the names in the table of runs."""
    return list(app.dataframe[0].value["Name"]) if app.dataframe else []


def button(app: AppTest, label: str) -> Any:
    [found] = [button for button in app.button if button.label == label]
    return found


def test_an_empty_history_says_what_will_be_here(key: str) -> None:
    app = open_runs(key)
    assert all_is_well(app)
    assert "Every run is saved here" in text_of(app)
    assert not app.dataframe


def test_a_workspace_lists_its_own_runs_the_newest_first(key: str) -> None:
    keep(key, name="first")
    keep(new_key(), name="of somebody else")
    keep(key, name="second")
    app = open_runs(key)
    assert all_is_well(app)
    assert names(app) == ["second", "first"]


def test_names_are_searched(key: str) -> None:
    keep(key, name="Größe")
    keep(key, name="weight")
    app = open_runs(key)
    app.text_input(key="search").set_value("größ").run()
    assert names(app) == ["Größe"]
    app.text_input(key="search").set_value("nothing like it").run()
    assert "No run matches this search" in text_of(app)
    app.text_input(key="search").set_value("").run()
    assert len(names(app)) == 2


@pytest.mark.parametrize(
    ("n_chosen", "possible"),
    [
        (0, set()),
        (1, {"Open", "Train again", "Star"}),
        (2, {"Star"}),
    ],
)
def test_only_what_can_be_done_with_the_chosen_runs_is_offered(
    key: str, n_chosen: int, possible: set[str]
) -> None:
    chosen = [keep(key) for _ in range(3)][:n_chosen]
    app = open_runs(key, *chosen)
    enabled = {found.label for found in app.button if not found.disabled} - {"Delete everything"}
    assert enabled & {"Open", "Train again", "Resume", "Predict", "Star"} == possible


def test_an_interrupted_run_can_be_resumed(key: str) -> None:
    assert not button(open_runs(key, keep(key, state="interrupted")), "Resume").disabled


def test_a_run_is_opened_with_its_settings_and_curves(key: str) -> None:
    run = train(key)
    app = open_runs(key, run)
    button(app, "Open").click().run()
    assert all_is_well(app)
    assert spec_of(app) == SMALL
    assert link_of(app)["run"] == run
    assert "The settings have changed" not in text_of(app)
    assert "Logistic regression" in text_of(app), "the table"


def test_a_run_is_trained_again_from_its_settings(key: str) -> None:
    app = open_runs(key, keep(key))
    button(app, "Train again").click().run()
    assert all_is_well(app)
    assert spec_of(app) == SMALL
    assert "run" not in link_of(app)


def test_a_trained_model_is_taken_to_the_page_that_predicts(key: str) -> None:
    run, newer = train(key), train(key)
    jobs.service().store.writer.flush(5)
    app = open_runs(key, run)
    button(app, "Predict").click().run()
    assert all_is_well(app)
    assert app.selectbox(key="field:model").value == run != newer


def test_a_run_gets_a_star_and_loses_it(key: str) -> None:
    run = keep(key)
    app = open_runs(key, run)
    button(app, "Star").click().run()
    assert list(app.dataframe[0].value["★"]) == ["★"]
    button(app, "Unstar").click().run()
    assert list(app.dataframe[0].value["★"]) == [""]


def test_a_run_gets_a_name_that_is_text(key: str) -> None:
    run = keep(key)
    app = open_runs(key, run)
    name = "<img src=x> *bold* =1+1"
    app.text_input(key=f"name:{run}:Two moons").set_value(name).run()
    button(app, "Save name").click().run()
    assert all_is_well(app)
    assert names(app) == [name]


@pytest.mark.parametrize("name", ["", "   "])
def test_a_name_that_is_none_is_refused_in_words(key: str, name: str) -> None:
    run = keep(key)
    app = open_runs(key, run)
    app.text_input(key=f"name:{run}:Two moons").set_value(name).run()
    button(app, "Save name").click().run()
    assert str(MAX_NAME_LENGTH) in complaints(app)
    assert names(app) == ["Two moons"]


def test_runs_are_deleted_for_good(key: str) -> None:
    gone, kept = keep(key, name="gone"), keep(key, name="kept")
    app = open_runs(key, gone)
    button(app, "Delete permanently").click().run()
    assert all_is_well(app)
    assert names(app) == ["kept"]
    assert jobs.service().store.runs.get(owner_of(key), gone) is None
    assert jobs.service().store.runs.get(owner_of(key), kept)


@pytest.fixture
def two(key: str) -> Iterator[AppTest]:
    """The Runs page with two trained runs that are compared."""
    runs = [train(key), train(key, SMALL.with_(**{"circuit.n_qubits": 3}))]
    return open_runs(key, *runs)


def test_chosen_runs_are_compared(two: AppTest) -> None:
    assert all_is_well(two)
    text = text_of(two)
    assert "Settings that differ" in text
    assert ">Qubits<" in text
    assert ">Layers<" not in text
    assert len(two.get("plotly_chart")) == 3


def test_all_of_a_workspace_is_deleted_on_its_owners_word(key: str) -> None:
    service, owner, other = jobs.service(), owner_of(key), new_key()
    keep(key)
    theirs = keep(other)
    service.store.uploads.keep(owner, "mine.csv", b"a,b\n1,2\n")
    app = open_runs(key)
    assert button(app, "Delete everything").disabled
    app.checkbox[0].check().run()
    assert "1 run and 1 file" in text_of(app)
    button(app, "Delete everything").click().run()
    assert all_is_well(app)
    assert service.listed(owner) == []
    assert service.store.uploads.listed(owner) == []
    assert service.store.runs.get(owner_of(other), theirs)


def test_nobody_opens_a_run_of_somebody_else(key: str) -> None:
    run = train(key)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = new_key()
    app.query_params["run"] = run
    app.run()
    assert all_is_well(app)
    assert "run" not in link_of(app)
    with pytest.raises(JobError):
        jobs.service().snapshot(run, owner_of(new_key()))


def test_three_hundred_runs_do_not_slow_the_page_down(key: str) -> None:
    for _ in range(300):
        keep(key)
    app = open_runs(key)
    begun = time.perf_counter()
    app.run()
    assert time.perf_counter() - begun < 1
    assert len(names(app)) == 300
