"""A link opens with its settings; bad values in it are reported, and the rest is used."""

from __future__ import annotations

import pytest
from sessions import MAIN, choose_data, errors_of, has_no_errors, link_of, open_app, owner_of_session, spec_of
from streamlit.testing.v1 import AppTest

from pages._server.workspace_cookie import COOKIE
from pages._shared import link
from qenn_core import jobs
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.feasibility import largest_circuit

SETTINGS = {
    "data": "iris",
    "q": "5",
    "l": "2",
    "enc": "iqp",
    "ent": "none",
    "noise": "bit_flip",
    "p": "0.03",
    "hidden": "[8]",
    "lr": "0.03",
    "shots": "250",
    "seed": "7",
}


def test_link_opens_with_its_settings() -> None:
    app = open_app(**SETTINGS)
    for page in ("train.py", "runs.py", "data.py", "learn.py"):
        app.switch_page(page).run()
        assert has_no_errors(app), page
        assert spec_of(app) == ExperimentSpec.from_query(SETTINGS)
        assert link_of(app) == SETTINGS


def test_value_between_the_steps_of_a_slider_is_kept() -> None:
    app = open_app(**SETTINGS, view="all")
    assert app.select_slider(key="field:training.learning_rate").value == 0.03
    assert app.select_slider(key="field:noise.shots").value == 250


def test_link_of_one_session_opens_the_same_in_another() -> None:
    first = choose_data(open_app(view="all"), "digits")
    first.slider(key="field:circuit.n_qubits").set_value(6).run()
    first.text_input(key="field:head.hidden").set_value("4").run()
    second = open_app(**link_of(first))
    assert spec_of(second) == spec_of(first)
    assert link_of(second) == link_of(first)


def test_bad_value_is_reported_and_the_rest_is_used() -> None:
    app = open_app(data="iris", q="99", l="2")
    assert "Qubits is 99" in errors_of(app)
    assert link_of(app) == {"data": "iris", "l": "2"}


def test_bad_value_does_not_drop_keys_with_the_same_prefix() -> None:
    spec, problems = link.parse(
        {"p": "-1", "pat": "3", "l": "99", "lr": "0.1", "d.n_samples": "-5", "d.noise": "0.3"}
    )
    assert {problem.field for problem in problems} == {
        "noise.level",
        "circuit.n_layers",
        "data.params.n_samples",
    }
    assert spec.to_query() == {"pat": "3", "lr": "0.1", "d.noise": "0.3"}


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"q": "99"}, "circuit.n_qubits"),
        ({"q": "four"}, "circuit.n_qubits"),
        ({"q": "null"}, "circuit.n_qubits"),
        ({"enc": "telepathy"}, "encoding.kind"),
        ({"data": "moon"}, "data.source"),
        ({"p": "NaN"}, "noise.level"),
        ({"p": "Infinity"}, "noise.level"),
        ({"p": "-0.1"}, "noise.level"),
        ({"hidden": "[8,"}, "head.hidden"),
        ({"hidden": "[0]"}, "head.hidden"),
        ({"roles": "{}}"}, "data.roles"),
        ({"roles": '{"a":"magic"}'}, "data.roles"),
        ({"sha": "../../etc/passwd"}, "data.fingerprint"),
        ({"d.n_samples": "-5"}, "data.params.n_samples"),
        ({"d.nothing": "1"}, "data.params.nothing"),
    ],
    ids=str,
)
def test_only_bad_values_are_dropped(bad: dict[str, str], field: str) -> None:
    good = {"ent": "none", "seed": "7"}
    found, problems = link.parse(good | bad)
    assert found == ExperimentSpec.from_query(good)
    assert problems[0].field.startswith(field)


def test_bad_role_is_reported_with_its_column() -> None:
    _, problems = link.parse({"roles": '{"age":"numeric","home":"magic"}'})
    assert [problem.got for problem in problems] == ["‘home’ = ‘magic’"]
    assert "category" in problems[0].allowed
    _, problems = link.parse({"roles": "{bad"})
    assert problems[0].allowed == 'a role for each column name, such as {"age":"numeric"}'


def test_contradicting_values_leave_a_valid_spec() -> None:
    found, problems = link.parse({"eng": "pennylane", "dev": "lightning.qubit", "p": "0.05", "l": "2"})
    assert problems[0].field == "engine.device"
    assert found == ExperimentSpec.from_query({"eng": "pennylane", "p": "0.05", "l": "2"})


def test_too_large_circuit_is_reduced_to_the_largest_feasible() -> None:
    found, problems = link.parse({"q": "14", "p": "0.05", "l": "10"})
    most = largest_circuit(found)
    assert 1 < most < 14
    assert str(problems[0]) == f"circuit.n_qubits is 14, but must be at most {most} with the other settings."
    assert found == ExperimentSpec.from_query({"q": str(most), "p": "0.05", "l": "10"})


def test_settings_without_a_feasible_circuit_are_dropped() -> None:
    found, problems = link.parse(
        {"eng": "pennylane", "dev": "reference.qubit", "bs": "1024", "l": "10", "shots": "1000"}
    )
    assert problems[0].field == "circuit.n_qubits"
    assert found == ExperimentSpec()


def test_all_bad_values_are_reported() -> None:
    found, problems = link.parse({"q": "99", "l": "0", "enc": "none", "seed": "7"})
    assert {problem.field for problem in problems} == {
        "circuit.n_qubits",
        "circuit.n_layers",
        "encoding.kind",
    }
    assert found == ExperimentSpec.from_query({"seed": "7"})


def test_unknown_query_parameters_are_ignored() -> None:
    assert link.parse({"utm_source": "mail", "q": "3"}) == (ExperimentSpec.from_query({"q": "3"}), ())


def test_link_to_the_run_of_another_says_so_and_opens_its_settings() -> None:
    owner = open_app(ep="1")
    owner.button[0].click().run()
    for run in (link_of(owner)["run"], "0" * 32):
        app = open_app(run=run, q="3")
        assert has_no_errors(app)
        assert "The run in this link cannot be shown" in app.info[0].value
        assert link_of(app) == {"q": "3"}
        app.button[0].click().run()
        assert not app.info


def test_link_with_nothing_but_a_run_opens_its_settings() -> None:
    app = open_app(ep="1", q="3", data="circles")
    app.button[0].click().run()
    address, cookies = link_of(app), app.session_state[COOKIE]
    again = AppTest.from_file(MAIN, default_timeout=60)
    again.session_state[COOKIE] = cookies
    again.query_params["run"] = address["run"]
    again.run()
    assert has_no_errors(again)
    assert spec_of(again) == spec_of(app)
    assert link_of(again) == address


def test_deleted_run_is_reported_to_the_session_that_showed_it() -> None:
    app = open_app(ep="1")
    app.button[0].click().run()
    jobs.service().delete(link_of(app)["run"], owner_of_session(app))
    app.run()
    assert "This run no longer exists." in errors_of(app)
    assert link_of(app) == {"ep": "1"}
    assert not app.button[0].disabled


def test_markup_in_a_link_is_escaped() -> None:
    app = open_app(data="<img src=x onerror=alert(1)>")
    assert all("<img" not in error.value.replace("\\<", "") for error in app.error)
    assert "<img" in errors_of(app)
