"""A link opens with its settings; what is wrong in it is named, and the rest is used."""

from __future__ import annotations

import pytest
from sessions import all_is_well, complaints, link_of, open_app, owner_of_session, spec_of

from pages._shared.state import parse_link
from qenn_core import jobs
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.feasibility import largest_circuit

FULL = {
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


@pytest.mark.parametrize("page", ["train.py", "runs.py", "data.py", "learn.py"])
def test_a_link_opens_with_its_settings_and_keeps_them(page: str) -> None:
    app = open_app(page, **FULL)
    assert all_is_well(app)
    assert spec_of(app) == ExperimentSpec.from_query(FULL)
    assert link_of(app) == FULL


def test_a_value_between_the_steps_of_a_slider_is_kept() -> None:
    app = open_app(**FULL)
    assert app.select_slider(key="field:training.learning_rate").value == 0.03
    assert app.select_slider(key="field:noise.shots").value == 250


def test_the_link_of_one_session_opens_the_same_in_another() -> None:
    first = open_app()
    first.selectbox(key="field:data.source").set_value("digits").run()
    first.slider(key="field:circuit.n_qubits").set_value(6).run()
    first.text_input(key="field:head.hidden").set_value("4").run()
    second = open_app(**link_of(first))
    assert spec_of(second) == spec_of(first)
    assert link_of(second) == link_of(first)


def test_a_bad_value_is_named_and_the_rest_is_used() -> None:
    app = open_app(data="iris", q="99", l="2")
    assert "Qubits is 99" in complaints(app)
    assert link_of(app) == {"data": "iris", "l": "2"}


def test_a_bad_value_takes_no_other_with_it_whose_key_begins_alike() -> None:
    spec, problems = parse_link(
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
def test_only_what_is_bad_is_dropped(bad: dict[str, str], field: str) -> None:
    good = {"ent": "none", "seed": "7"}
    found, problems = parse_link(good | bad)
    assert found == ExperimentSpec.from_query(good)
    assert problems[0].field.startswith(field)


def test_values_that_are_good_alone_but_not_together_leave_an_allowed_spec() -> None:
    found, problems = parse_link({"eng": "pennylane", "dev": "lightning.qubit", "p": "0.05", "l": "2"})
    assert problems[0].field == "engine.device"
    assert found == ExperimentSpec.from_query({"eng": "pennylane", "p": "0.05", "l": "2"})


def test_a_circuit_that_is_too_large_for_the_other_settings_is_made_as_large_as_fits() -> None:
    found, problems = parse_link({"q": "14", "p": "0.05", "l": "10"})
    most = largest_circuit(found)
    assert 1 < most < 14
    assert str(problems[0]) == f"circuit.n_qubits is 14, but must be at most {most} with the other settings."
    assert found == ExperimentSpec.from_query({"q": str(most), "p": "0.05", "l": "10"})


def test_settings_with_which_no_circuit_fits_are_not_used() -> None:
    found, problems = parse_link(
        {"eng": "pennylane", "dev": "reference.qubit", "bs": "1024", "l": "10", "shots": "1000"}
    )
    assert problems[0].field == "circuit.n_qubits"
    assert found == ExperimentSpec()


def test_several_bad_values_are_all_named() -> None:
    found, problems = parse_link({"q": "99", "l": "0", "enc": "none", "seed": "7"})
    assert {problem.field for problem in problems} == {
        "circuit.n_qubits",
        "circuit.n_layers",
        "encoding.kind",
    }
    assert found == ExperimentSpec.from_query({"seed": "7"})


def test_words_that_are_not_the_app_s_own_are_left_alone() -> None:
    assert parse_link({"utm_source": "mail", "q": "3"}) == (ExperimentSpec.from_query({"q": "3"}), ())


def test_a_link_to_a_run_that_is_gone_opens_its_settings_without_a_word() -> None:
    app = open_app(run="0" * 32, q="3")
    assert all_is_well(app)
    assert link_of(app) == {"q": "3"}
    assert not app.button[0].disabled


def test_who_started_a_run_that_is_gone_is_told() -> None:
    app = open_app(ep="1")
    app.button[0].click().run()
    jobs.service().forget(link_of(app)["run"], owner_of_session(app))
    app.run()
    assert "This run no longer exists." in complaints(app)
    assert link_of(app) == {"ep": "1"}
    assert not app.button[0].disabled


def test_markup_in_a_link_is_shown_as_text() -> None:
    app = open_app(data="<img src=x onerror=alert(1)>")
    assert all("<img" not in error.value.replace("\\<", "") for error in app.error)
    assert "<img" in complaints(app)
