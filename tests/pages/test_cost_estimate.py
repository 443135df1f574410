"""The estimate of a run, and the suggestion if it would take too long."""

from __future__ import annotations

import re
from time import monotonic, sleep

import pytest
from sessions import errors_of, has_no_errors, link_of, open_app, spec_of
from streamlit.testing.v1 import AppTest

from pages._shared import cost_estimate
from qenn_core import limits
from qenn_core.errors import JobError
from qenn_core.model.feasibility import largest_circuit
from qenn_core.model.run_cost import MachineSpeed


@pytest.fixture(autouse=True)
def speed() -> MachineSpeed:
    """The measured speed of the machine."""
    benchmark, deadline = cost_estimate.machine_benchmark(), monotonic() + 60
    benchmark.start()
    while benchmark.speed is None:
        assert monotonic() < deadline, "no worker has measured the speed"
        sleep(0.05)
    return benchmark.speed


def estimate_of(app: AppTest) -> str:
    [caption] = [caption for caption in app.caption if "Takes" in caption.value]
    return caption.value


def train_button(app: AppTest):
    [button] = [button for button in app.button if button.label == "Train"]
    return button


def test_worker_measures_its_speed(speed) -> None:
    assert 0.02 < speed.compiled < 50
    assert 0.02 < speed.pennylane < 50


def test_estimate_is_shown() -> None:
    app = open_app()
    assert has_no_errors(app)
    assert re.fullmatch(r"Takes about [\d.]+ m?s, uses about \d+ MB", estimate_of(app))
    assert not train_button(app).disabled


def test_estimate_without_patience_is_no_upper_bound() -> None:
    assert estimate_of(open_app(pat="0")).startswith("Takes about ")


def test_long_run_is_announced(monkeypatch) -> None:
    monkeypatch.setattr(limits, "LONG_RUN_SECONDS", 0.01)
    app = open_app()
    assert "Training continues even if you close this page" in estimate_of(app)
    assert not train_button(app).disabled


def test_too_long_run_cannot_start_until_its_suggestion_is_applied(monkeypatch, speed) -> None:
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 2 * speed.compiled)
    app = open_app(ep="150", pat="0")
    assert "This training would take about" in errors_of(app)
    assert train_button(app).disabled
    app.button(key="nearest:estimate").click().run()
    assert has_no_errors(app)
    assert 45 <= spec_of(app).training.epochs < 150
    assert link_of(app)["ep"] == str(spec_of(app).training.epochs)
    assert estimate_of(app)
    assert not train_button(app).disabled


def test_no_suggestion_if_no_single_change_is_enough(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 1e-6)
    app = open_app()
    assert "Use fewer epochs, fewer rows and a smaller circuit." in errors_of(app)
    assert not [button for button in app.button if str(button.key).startswith("nearest:")]


def test_nothing_is_refused_before_the_speed_is_known(monkeypatch) -> None:
    monkeypatch.setattr(cost_estimate.machine_benchmark(), "speed", None)
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 1e-6)
    app = open_app()
    assert has_no_errors(app)
    assert estimate_of(app)


def test_failed_benchmark_is_repeated(monkeypatch, caplog) -> None:
    results = iter([JobError("There was no answer."), MachineSpeed(2, 3)])

    class Service:
        def call(self, request: object) -> MachineSpeed:
            result = next(results)
            if isinstance(result, JobError):
                raise result
            return result

    monkeypatch.setattr(cost_estimate.jobs, "service", Service)
    benchmark = cost_estimate.MachineBenchmark()
    for _ in range(2):
        benchmark.start()
        with benchmark._running:  # wait for the result
            pass
    assert benchmark.speed == MachineSpeed(2, 3)
    assert "unknown: JobError" in caplog.text


def test_suggestion_for_noise_reduces_the_qubits() -> None:
    app = open_app(q="14", view="all")
    app.slider(key="field:noise.level").set_value(0.05).run()
    assert "A noisy circuit of 14 qubits would need about" in errors_of(app)
    app.button(key="nearest:noise.level").click().run()
    assert has_no_errors(app)
    spec = spec_of(app)
    assert spec.noise.level == 0.05
    assert spec.circuit.n_qubits == largest_circuit(spec)
