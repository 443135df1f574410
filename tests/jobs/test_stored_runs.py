"""Runs that an earlier version stored are shown and resumed by this one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jobs.specs import STORED
from jobs.waiting import saved, until

from qenn_core.jobs.job_service import JobService

EXPECTED = json.loads((STORED / "expected.json").read_text("utf-8"))
OWNER: str = EXPECTED["owner"]


@pytest.fixture(params=EXPECTED["runs"], ids=lambda run: run["stored"]["state"])
def expected(request: pytest.FixtureRequest) -> dict[str, Any]:
    run: dict[str, Any] = request.param
    return run


def test_stored_run_is_shown_as_it_was(service: JobService, expected: dict[str, Any]) -> None:
    stored = expected["stored"]
    shown = service.snapshot(stored["id"], OWNER)
    assert (shown.state, shown.resumable, shown.saved) == (stored["state"], expected["resumable"], True)
    assert [epoch.model_dump() for epoch in shown.history] == expected["history"]
    assert len(shown.report.baselines) == expected["baselines"]
    assert len(shown.report.notes) == expected["notes"]
    finished = shown.report.finished and json.loads(shown.report.finished.model_dump_json())
    if finished:
        del finished["predictions"]
        assert shown.report.comparison is not None
        assert shown.report.decision_map is not None
    assert finished == expected["finished"]
    error = json.loads(shown.error.model_dump_json()) if shown.error else None
    assert error == (json.loads(stored["error"]) if stored["error"] else None)
    assert service.spec_of(stored["id"], OWNER).training.epochs == shown.epochs


def test_stored_run_resumes_from_its_checkpoint(service: JobService) -> None:
    [stopped] = (run for run in EXPECTED["runs"] if run["resumable"])
    run = stopped["stored"]["id"]
    done = len(stopped["history"])
    service.resume(run, OWNER)
    until(service, run, lambda snapshot: len(snapshot.history) > done + 2 or snapshot.settled)
    service.stop(run, OWNER)
    resumed = until(service, run, saved)
    assert resumed.error is None
    assert [epoch.model_dump() for epoch in resumed.history[:done]] == stopped["history"]
    assert resumed.history[done].epoch == done + 1
    assert resumed.report.comparison is not None
