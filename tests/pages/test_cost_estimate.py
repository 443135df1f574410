"""Before a run starts the page says what it would take, and what would do where that is too much."""

from __future__ import annotations

import re
from time import monotonic, sleep

import pytest
from sessions import all_is_well, complaints, link_of, open_app, spec_of
from streamlit.testing.v1 import AppTest

from pages._shared import cost_estimate
from qenn_core import limits
from qenn_core.errors import JobError
from qenn_core.model.feasibility import largest_circuit
from qenn_core.model.run_cost import MachineSpeed


@pytest.fixture(autouse=True)
def speed() -> MachineSpeed:
    """What a worker has found."""
    found, end = cost_estimate.machine_benchmark(), monotonic() + 60
    found.start()
    while found.speed is None:
        assert monotonic() < end, "no worker tells"
        sleep(0.05)
    return found.speed


def told(app: AppTest) -> str:
    [caption] = [caption for caption in app.caption if "Takes" in caption.value]
    return caption.value


def train_button(app: AppTest):
    [button] = [button for button in app.button if button.label == "Train"]
    return button


def test_a_worker_tells_how_quick_it_is(speed) -> None:
    assert 0.02 < speed.compiled < 50
    assert 0.02 < speed.pennylane < 50


def test_the_page_says_what_a_run_would_take() -> None:
    app = open_app()
    assert all_is_well(app)
    assert re.fullmatch(r"Takes up to [\d.]+ m?s, uses about \d+ MB", told(app))
    assert not train_button(app).disabled


def test_without_patience_it_is_about_that() -> None:
    assert told(open_app(pat="0")).startswith("Takes about ")


def test_who_will_wait_for_long_is_warned(monkeypatch) -> None:
    monkeypatch.setattr(limits, "LONG_RUN_SECONDS", 0.01)
    app = open_app()
    assert "Training continues even if you close this page" in told(app)
    assert not train_button(app).disabled


def test_a_run_that_is_too_long_cannot_be_started_and_one_click_makes_it_fit(monkeypatch, speed) -> None:
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 2 * speed.compiled)
    app = open_app(ep="150", pat="0")
    assert "This training would take about" in complaints(app)
    assert train_button(app).disabled
    app.button(key="nearest:estimate").click().run()
    assert all_is_well(app)
    assert 45 <= spec_of(app).training.epochs < 150
    assert link_of(app)["ep"] == str(spec_of(app).training.epochs)
    assert told(app)
    assert not train_button(app).disabled


def test_where_no_single_change_will_do_there_is_no_button(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 1e-6)
    app = open_app()
    assert "Use fewer epochs, fewer rows and a smaller circuit." in complaints(app)
    assert not [button for button in app.button if str(button.key).startswith("nearest:")]


def test_before_the_machine_is_known_nothing_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(cost_estimate.machine_benchmark(), "speed", None)
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 1e-6)
    app = open_app()
    assert all_is_well(app)
    assert told(app)


def test_a_machine_that_nobody_tells_about_is_asked_again(monkeypatch, caplog) -> None:
    answers = iter([JobError("There was no answer."), MachineSpeed(2, 3)])

    class Service:
        def ask(self, question: str) -> MachineSpeed:
            answer = next(answers)
            if isinstance(answer, JobError):
                raise answer
            return answer

    monkeypatch.setattr(cost_estimate.jobs, "service", Service)
    found = cost_estimate.MachineBenchmark()
    for _ in range(2):
        found.start()
        with found._running:  # until it is answered
            pass
    assert found.speed == MachineSpeed(2, 3)
    assert "unknown: JobError" in caplog.text


def test_a_change_that_does_not_fit_offers_one_that_does() -> None:
    app = open_app(q="14")
    app.slider(key="field:noise.level").set_value(0.05).run()
    assert "A noisy circuit of 14 qubits would need about" in complaints(app)
    app.button(key="nearest:noise.level").click().run()
    assert all_is_well(app)
    spec = spec_of(app)
    assert spec.noise.level == 0.05
    assert spec.circuit.n_qubits == largest_circuit(spec)
