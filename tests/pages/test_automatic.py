"""Settings that follow the data until the user chooses them."""

from __future__ import annotations

import sessions
from sessions import has_no_errors, link_of, open_app, spec_of, text_of
from streamlit.testing.v1 import AppTest

from qenn_core.experiment import ExperimentSpec

ALL = "red.q.lr.ep.pat"
BUTTON = "Choose automatically"


def choose_data(app: AppTest, source: str) -> ExperimentSpec:
    sessions.choose_data(app, source)
    assert has_no_errors(app)
    return spec_of(app)


def button_labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_settings_follow_the_data_until_they_are_changed() -> None:
    app = open_app()
    assert link_of(app)["auto"] == ALL
    assert BUTTON not in button_labels(app)
    few = spec_of(app)
    assert (few.circuit.n_qubits, few.encoding.reduction) == (4, "pca")

    many = choose_data(app, "two_curves")
    assert (many.circuit.n_qubits, many.encoding.reduction) == (6, "linear")
    assert app.slider(key="field:circuit.n_qubits").value == 6
    assert "auto" in app.slider(key="field:circuit.n_qubits").label
    assert "10 features → 6 (linear layer)" in text_of(app)

    app.slider(key="field:circuit.n_qubits").set_value(5).run()
    assert link_of(app)["auto"] == "red.lr.ep.pat"
    assert "auto" not in app.slider(key="field:circuit.n_qubits").label
    assert choose_data(app, "iris").circuit.n_qubits == 5
    assert spec_of(app).training.epochs > many.training.epochs, "iris has half as many rows"

    next(button for button in app.button if button.label == BUTTON).click().run()
    assert link_of(app)["auto"] == ALL
    assert spec_of(app).circuit.n_qubits == 4


def test_linked_values_hold_until_the_data_change() -> None:
    link = {"data": "two_curves", "q": "7", "red": "kbest", "ep": "12", "auto": ALL}
    app = open_app(**link)
    assert link_of(app) == link
    assert spec_of(app) == ExperimentSpec.from_query(link)
    assert choose_data(app, "moons").circuit.n_qubits == 4


def test_link_of_a_new_session_opens_the_same_settings() -> None:
    first = open_app()
    choose_data(first, "wine")
    second = open_app(**link_of(first))
    assert spec_of(second) == spec_of(first)
    assert link_of(second) == link_of(first)


def test_links_without_automatic_settings_keep_their_meaning() -> None:
    app = open_app(data="two_curves")
    assert spec_of(app) == ExperimentSpec.from_query({"data": "two_curves"})
    assert link_of(app) == {"data": "two_curves"}
    # The data of an empty link, but nothing that follows them.
    choose_data(app, "moons")
    assert link_of(app) == {"auto": ""}
    assert spec_of(open_app(**link_of(app))) == ExperimentSpec()


def test_noise_makes_automatic_circuits_smaller() -> None:
    app = open_app()
    assert choose_data(app, "digits_all").circuit.n_qubits == 8
    app.button(key="preset:noise.level").click().run()
    assert has_no_errors(app)
    assert 4 <= spec_of(app).circuit.n_qubits < 8
    app.button(key="preset:noise.level").click().run()
    assert spec_of(app).circuit.n_qubits == 8
