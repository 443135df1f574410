"""Controls change the spec, the spec changes the link, and invalid values change neither."""

from __future__ import annotations

from typing import Any

import pytest
from sessions import (
    choose_data,
    errors_of,
    has_no_errors,
    link_of,
    open_app,
    owner_of_session,
    spec_of,
    text_of,
    train_button,
)
from streamlit.testing.v1 import AppTest

from qenn_core import jobs
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.feasibility import largest_circuit

CHANGES = [
    ("selectbox", "encoding.kind", "iqp", {"enc": "iqp"}),
    ("selectbox", "encoding.reduction", "linear", {"red": "linear"}),
    ("slider", "circuit.n_qubits", 2, {"q": "2"}),
    ("slider", "circuit.n_layers", 5, {"l": "5"}),
    ("selectbox", "circuit.ansatz", "hardware_efficient", {"ans": "hardware_efficient"}),
    ("selectbox", "circuit.entanglement", "none", {"ent": "none"}),
    ("selectbox", "noise.channel", "bit_flip", {"noise": "bit_flip"}),
    ("slider", "noise.level", 0.03, {"p": "0.03"}),
    ("selectbox", "noise.placement", "layer", {"at": "layer"}),
    ("select_slider", "noise.shots", 1000, {"shots": "1000"}),
    ("text_input", "head.hidden", "16, 8", {"hidden": "[16,8]"}),
    ("selectbox", "head.activation", "tanh", {"act": "tanh"}),
    ("selectbox", "training.optimizer", "sgd", {"opt": "sgd"}),
    ("select_slider", "training.learning_rate", 0.01, {"lr": "0.01"}),
    ("number_input", "training.batch_size", 64, {"bs": "64"}),
    ("number_input", "training.epochs", 12, {"ep": "12"}),
    ("number_input", "training.patience", 0, {"pat": "0"}),
    ("slider", "data.validation_size", 0.3, {"val": "0.3"}),
    ("slider", "data.test_size", 0.1, {"test": "0.1"}),
    ("number_input", "seed", 7, {"seed": "7"}),
    ("selectbox", "engine.gradient", "parameter-shift", {"grad": "parameter-shift"}),
    ("selectbox", "engine.kind", "pennylane", {"eng": "pennylane"}),
]
ENGINE = CHANGES[-1][:2]

MAX_NOISY_QUBITS = largest_circuit(ExperimentSpec().with_(**{"noise.level": 0.05}))


@pytest.fixture(scope="module")
def app() -> AppTest:
    """A session in which the controls are used one after another."""
    return open_app(view="all")


def control(app: AppTest, kind: str, path: str) -> Any:
    return getattr(app, kind)(key=f"field:{path}")


def test_every_field_has_a_control_on_the_train_page(app: AppTest) -> None:
    kinds = ("selectbox", "slider", "select_slider", "number_input", "text_input")
    keys = {widget.key for kind in kinds for widget in app.get(kind)}
    assert {f"field:{path}" for _, path, *_ in CHANGES} == {key for key in keys if key.startswith("field:")}


def test_controls_change_their_fields_and_the_link(app: AppTest) -> None:
    defaults = {path: control(app, kind, path).value for kind, path, *_ in CHANGES}
    link = {"view": "all"}
    for kind, path, value, query in CHANGES:
        control(app, kind, path).set_value(value).run()
        assert has_no_errors(app), path
        link |= query
        assert link_of(app) == link
        assert spec_of(app) == ExperimentSpec.from_query(link)
    # The last change hides the control of the one before it.
    control(app, *ENGINE).set_value(defaults[ENGINE[1]]).run()
    for kind, path, *_ in CHANGES[:-1]:
        control(app, kind, path).set_value(defaults[path])
    app.run()
    assert has_no_errors(app)
    assert link_of(app) == {"view": "all"}
    assert spec_of(app) == ExperimentSpec()


def test_few_settings_are_in_sight_until_all_are_asked_for() -> None:
    app = open_app(auto="")
    assert [slider.key for slider in app.slider] == ["field:circuit.n_qubits", "field:circuit.n_layers"]
    assert not app.selectbox
    app.toggle(key="all_settings").set_value(True).run()
    assert app.selectbox(key="field:circuit.ansatz").value == "strongly_entangling"
    assert link_of(app) == {"view": "all"}
    app.switch_page("data.py").run()
    app.switch_page("train.py").run()
    assert app.toggle(key="all_settings").value, "remembered between pages"
    app.toggle(key="all_settings").set_value(False).run()
    assert link_of(app) == {"auto": ""}


def test_experiments_change_a_setting_and_change_it_back() -> None:
    app = open_app(ent="all", l="2")
    for path, key, value in (
        ("circuit.entanglement", "ent", "none"),
        ("noise.level", "p", "0.02"),
        ("circuit.n_layers", "l", "6"),
    ):
        before = link_of(app)
        app.button(key=f"preset:{path}").click().run()
        assert link_of(app) == before | {key: value}
        app.button(key=f"preset:{path}").click().run()
        assert link_of(app) == before, "as it was, not the default"
    app.button(key="preset:noise.level").click().run()
    assert "Noise level: 0\\.02" in text_of(app) or "Noise level: 0.02" in text_of(app)


def test_experiment_that_is_not_feasible_is_an_error_and_changes_nothing() -> None:
    app = open_app(q="12")
    app.button(key="preset:noise.level").click().run()
    assert f"Use at most {MAX_NOISY_QUBITS} qubits" in errors_of(app)
    assert link_of(app) == {"q": "12"}


def test_five_seeds_train_five_runs_that_differ_in_the_seed_alone() -> None:
    app = open_app(ep="1", q="2", l="1", seed="3", **{"d.n_samples": "60"})
    app.button(key="preset:seeds").click().run()
    assert has_no_errors(app)
    service, owner = jobs.service(), owner_of_session(app)
    specs = [service.spec_of(run.id, owner) for run in reversed(service.list_runs(owner))]
    assert [spec.seed for spec in specs] == [3, 4, 5, 6, 7]
    assert {spec.with_(seed=0) for spec in specs} == {spec_of(app).with_(seed=0)}
    assert service.spec_of(link_of(app)["run"], owner) == spec_of(app), "the page shows the first"


def test_dataset_param_changes_the_link() -> None:
    app = open_app(data="circles", view="all")
    app.number_input(key="param:circles:n_samples").set_value(120).run()
    assert has_no_errors(app)
    assert link_of(app) == {"data": "circles", "d.n_samples": "120", "view": "all"}


def test_new_data_set_drops_params_but_keeps_the_split() -> None:
    app = open_app(**{"data": "circles", "d.n_samples": "120", "val": "0.3", "q": "3"})
    choose_data(app, "iris")
    assert link_of(app) == {"data": "iris", "val": "0.3", "q": "3"}


def test_controls_keep_their_values_between_pages() -> None:
    app = open_app(view="all")
    app.slider(key="field:circuit.n_qubits").set_value(2).run()
    app.switch_page("learn.py").run()
    assert link_of(app) == {"q": "2", "view": "all"}
    app.switch_page("data.py").run()
    app.selectbox(key="field:encoding.reduction").set_value("kbest").run()
    app.switch_page("train.py").run()
    assert app.slider(key="field:circuit.n_qubits").value == 2
    assert app.selectbox(key="field:encoding.reduction").value == "kbest"


def test_noise_on_too_many_qubits_is_an_error_and_changes_nothing() -> None:
    app = open_app(q="12", view="all")
    app.slider(key="field:noise.level").set_value(0.05).run()
    assert "A noisy circuit of 12 qubits would need about" in errors_of(app)
    assert f"Use at most {MAX_NOISY_QUBITS} qubits" in errors_of(app)
    assert link_of(app) == {"q": "12", "view": "all"}
    assert app.slider(key="field:noise.level").value == 0
    assert not train_button(app).disabled, "the unchanged settings can be trained"


def test_error_is_cleared_when_its_control_is_used_again() -> None:
    app = open_app(q="12", view="all")
    app.slider(key="field:noise.level").set_value(0.05).run()
    app.slider(key="field:circuit.n_qubits").set_value(4).run()
    app.slider(key="field:noise.level").set_value(0.05).run()
    assert has_no_errors(app)
    assert link_of(app) == {"p": "0.05", "view": "all"}
    assert app.slider(key="field:circuit.n_qubits").max == MAX_NOISY_QUBITS


def test_engine_decides_between_device_and_gradient_menu() -> None:
    app = open_app(view="all")
    app.selectbox(key="field:engine.kind").set_value("pennylane").run()
    assert "field:engine.gradient" not in {widget.key for widget in app.selectbox}
    app.selectbox(key="field:engine.device").set_value("lightning.qubit").run()
    assert has_no_errors(app)
    assert link_of(app) == {"eng": "pennylane", "dev": "lightning.qubit", "view": "all"}
    app.selectbox(key="field:engine.kind").set_value("fused").run()
    assert "field:engine.device" not in {widget.key for widget in app.selectbox}


def test_noise_on_a_device_without_noise_is_an_error() -> None:
    app = open_app(eng="pennylane", dev="lightning.qubit", view="all")
    app.slider(key="field:noise.level").set_value(0.05).run()
    assert "PennyLane device is ‘lightning.qubit’, but must be one that supports noise" in errors_of(app)
    assert spec_of(app).noise.level == 0


def test_channel_with_a_lower_highest_level_is_an_error() -> None:
    app = open_app(noise="depolarizing", p="0.7", view="all")
    app.selectbox(key="field:noise.channel").set_value("bit_flip").run()
    assert "from 0 to 0.5" in errors_of(app)
    assert app.selectbox(key="field:noise.channel").value == "depolarizing"
    assert link_of(app) == {"p": "0.7", "view": "all"}


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("16", (16,)), ("", ()), ("16, 8", (16, 8)), (" 4;4 ,4 ", (4, 4, 4)), ("1, 128", (1, 128))],
)
def test_hidden_layers_are_parsed(app: AppTest, text: str, sizes: tuple[int, ...]) -> None:
    app.text_input(key="field:head.hidden").set_value(text).run()
    assert has_no_errors(app)
    assert spec_of(app).head.hidden == sizes


@pytest.mark.parametrize("text", ["big", "16 8", "0", "129", "-4", "2.5", "1,1,1,1,1", "<b>8</b>"])
def test_invalid_hidden_layers_are_an_error(app: AppTest, text: str) -> None:
    before = spec_of(app)
    app.text_input(key="field:head.hidden").set_value(text).run()
    assert errors_of(app).startswith("Hidden layers is ")
    assert errors_of(app).endswith("but must be up to 4 whole numbers from 1 to 128.")
    assert spec_of(app) == before


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        # In each of 30 epochs: 180 rows with 1 + 2 · 36 circuits, then 240 rows to measure the loss.
        (
            {"ep": "30"},
            "On a quantum computer: about 400,000 circuits, each measured many times, by the parameter-shift",
        ),
        ({"shots": "1000", "ep": "500"}, "about 6.7 million circuits of 1,000 shots, by"),
    ],
    ids=str,
)
def test_circuit_runs_on_a_quantum_computer_are_shown(link: dict[str, str], sentence: str) -> None:
    assert sentence in text_of(open_app(**link))


def test_circuit_runs_are_not_shown_without_the_parameter_shift_rule() -> None:
    assert "On a quantum computer" not in text_of(open_app(enc="amplitude", red="linear"))


def test_pipeline_shows_the_shapes_of_the_settings() -> None:
    text = text_of(open_app(data="wine", q="3", l="2", hidden="[5]"))
    for shape in (
        "13 features → 3",
        "3 numbers → 3 qubits",
        "2 layers · 18 angles",
        "3 → 5 → 3",
        "3 classes",
    ):
        assert shape in text


def test_changed_settings_are_named_beside_those_of_the_run_that_is_shown() -> None:
    app = open_app(ep="1", q="2")
    train_button(app).click().run()
    app.slider(key="field:circuit.n_qubits").set_value(3).run()
    assert "Qubits: **2**, now 3" in text_of(app)
    [back] = [button for button in app.button if button.label == "Back to its settings"]
    back.click().run()
    assert spec_of(app).circuit.n_qubits == 2
    assert "now 3" not in text_of(app)


def test_run_goes_on_without_being_shown_when_other_data_are_chosen() -> None:
    app = open_app(ep="500", pat="0", bs="1", q="2", l="1")
    train_button(app).click().run()
    link, spec = link_of(app), spec_of(app)
    choose_data(app, "circles")
    assert "run" not in link_of(app)
    [show] = [button for button in app.button if button.label == "Show it"]
    show.click().run()
    assert (link_of(app), spec_of(app)) == (link, spec)
    jobs.service().delete(link["run"], owner_of_session(app))
