"""Databases written by earlier versions still open and show the same content."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qenn_core.analysis import predict_rows
from qenn_core.experiment import ExperimentSpec
from qenn_core.store import Store

STORED = Path(__file__).parent / "stored"
VERSIONS = sorted(path.name for path in STORED.iterdir() if path.is_dir())


def expected_of(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STORED / version / "expected.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def expected(version: str) -> dict[str, Any]:
    return expected_of(version)


@pytest.fixture(scope="module")
def upgraded(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = tmp_path_factory.mktemp("stored")
    shutil.copy(STORED / version / "studio.db", home)
    store = Store(home)
    yield store
    store.close()


def test_lists_the_runs(upgraded: Store, expected: dict[str, Any]) -> None:
    owner = expected["owner"]
    listed = [asdict(run) for run in upgraded.runs.list_by_owner(owner)]
    for run in listed:
        run |= {key: run[key].isoformat() for key in ("created", "ended")}
    assert listed == [run["stored"] for run in reversed(expected["runs"])]
    for run in expected["runs"]:
        stored = upgraded.runs.get(owner, run["stored"]["id"])
        assert stored is not None
        # Settings that a later version added have their defaults.
        spec = ExperimentSpec.from_json(stored.spec)
        assert json.loads(spec.model_dump_json(exclude_unset=True)) == json.loads(stored.spec)


def test_reads_epochs_and_report(upgraded: Store, expected: dict[str, Any]) -> None:
    for run in expected["runs"]:
        owner, run_id = expected["owner"], run["stored"]["id"]
        assert upgraded.runs.epochs(owner, run_id) == run["history"]
        report = upgraded.runs.report(owner, run_id)
        assert report is not None
        shown = json.loads(report)
        if shown["finished"]:
            del shown["finished"]["predictions"]
        assert shown["finished"] == run["finished"]
        assert (len(shown["baselines"]), len(shown["notes"])) == (run["baselines"], run["notes"])
        assert shown["resumable"] == run["resumable"]


def test_models_predict_the_same(upgraded: Store, expected: dict[str, Any]) -> None:
    for run in expected["runs"]:
        owner, run_id = expected["owner"], run["stored"]["id"]
        checkpoint = upgraded.runs.checkpoint(owner, run_id)
        model = upgraded.runs.model(owner, run_id)
        assert (checkpoint and checkpoint.epoch) == run.get("checkpoint_epoch")
        assert (model and model.epoch) == run.get("model_epoch")
        if model:
            predictions = predict_rows(model.content, pd.DataFrame(run["rows"]))
            expected_probabilities = [pytest.approx(row, abs=1e-5) for row in run["probabilities"]]
            assert predictions.probabilities.tolist() == expected_probabilities


def test_reads_uploads(upgraded: Store, expected: dict[str, Any]) -> None:
    uploads = {file.fingerprint: file.file_name for file in upgraded.uploads.list_by_owner(expected["owner"])}
    assert uploads == {file["fingerprint"]: file["file_name"] for file in expected["uploads"]}
    for file in expected["uploads"]:
        content = upgraded.uploads.content(expected["owner"], file["fingerprint"])
        assert content == file["content"].encode()
