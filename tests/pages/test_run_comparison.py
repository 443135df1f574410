"""Comparison and table of runs: display values as in the form, and escaped names."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pandas as pd
import pytest
from pages.test_html import HOSTILE, HtmlText

from pages._shared import html, run_comparison, run_table
from qenn_core.analysis import to_csv
from qenn_core.experiment import ExperimentSpec, display_value, query_keys
from qenn_core.jobs.run import Run
from qenn_core.store.entities import StoredRun
from qenn_core.training.records import Epoch

DEFAULT = ExperimentSpec()
EPOCH = Epoch(
    epoch=1,
    train_loss=0.6,
    validation_loss=0.7,
    train_accuracy=0.8,
    validation_accuracy=0.75,
    gradient_norm=1.0,
    seconds=0.5,
)


def compared_run(name: str = "a run", **changes: object) -> run_comparison.ComparedRun:
    spec = DEFAULT.with_(**changes)
    return run_comparison.ComparedRun(
        name, spec, Run("1", "", spec, state="running", history=[EPOCH]).snapshot()
    )


def stored_run(**fields: object) -> StoredRun:
    plain: dict[str, object] = dict.fromkeys(StoredRun.__dataclass_fields__)
    plain |= {"id": "1", "state": "finished", "epochs": 3, "seconds": 1.5, "starred": False, "name": "a run"}
    plain |= {"spec": DEFAULT.to_json(), "created": pd.Timestamp.now("UTC").to_pydatetime()}
    return StoredRun(**(plain | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "value", "displayed"),
    [
        ("data.source", "moons", "Two moons"),
        ("data.source", "csv", "Your own CSV file"),
        ("data.params", (("n_samples", 60), ("noise", 0.2)), "Rows: 60, Scatter: 0.2"),
        ("data.params", (), "defaults"),
        ("data.fingerprint", "0123456789abcdef", "01234567"),
        ("data.file_name", "", "–"),
        ("data.target", None, "automatic"),
        ("data.header", 2, "2"),
        ("data.decimal", ",", "comma"),
        ("encoding.kind", "angle_y", "Angle Y"),
        ("encoding.reduction", "kbest", "Best features"),
        ("circuit.entanglement", "none", "None (no entanglement)"),
        ("engine.device", "default.qubit", "default.qubit"),
        ("noise.shots", 0, "exact"),
        ("noise.shots", 1000, "1,000"),
        ("noise.level", 0.005, "0.005"),
        ("noise.level", 0.01, "0.010"),
        ("noise.level", 0.0075, "0.0075"),
        ("data.test_size", 0.3, "0.30"),
        ("head.hidden", (), "–"),
        ("head.hidden", (16, 8), "16, 8"),
        ("training.learning_rate", 0.05, "0.05"),
    ],
)
def test_settings_are_displayed_as_in_the_form(path: str, value: object, displayed: str) -> None:
    assert display_value(path, value) == displayed


def test_every_setting_has_a_display_value() -> None:
    for path in query_keys().values():
        section, _, name = path.rpartition(".")
        value = getattr(getattr(DEFAULT, section) if section else DEFAULT, name)
        assert display_value(path, value)


def test_axes_are_the_settings_and_results_that_differ() -> None:
    small = compared_run(**{"circuit.n_qubits": 2, "circuit.entanglement": "none"})
    axes = run_comparison.axes([compared_run(), small])
    assert [(axis.title, list(axis.values)) for axis in axes] == [
        ("Qubits", [4, 2]),
        ("Entanglement", ["Ring", "None (no entanglement)"]),
    ]
    quick = run_comparison.ComparedRun("quick", DEFAULT, Run("2", "", DEFAULT).snapshot())
    assert [(axis.title, list(axis.values)) for axis in run_comparison.axes([small, quick])][2:] == [
        ("Validation accuracy", [75.0, None]),
        ("Epochs", [1, 0]),
        ("Training time", [0.5, 0]),
    ]


def test_names_in_the_table_are_escaped() -> None:
    reader = HtmlText(html.run_table([HOSTILE, "b"], [html.TableRow(HOSTILE, [HOSTILE, "1"])], []))
    assert reader.text.count(HOSTILE) == 3
    assert not {"img", "script"} & set(reader.tags)
    assert "onerror" not in reader.attributes


def test_run_table_has_one_row_per_run() -> None:
    frame = run_table.to_frame(
        [
            stored_run(validation_accuracy=0.75, test_accuracy=0.5, starred=True),
            stored_run(state="interrupted"),
        ]
    )
    first, second = frame.to_dict("records")
    assert first["★"] == "★"
    assert (first["Validation"], first["Test"]) == (75, 50)
    assert (first["Encoding"], first["Qubits"], first["Layers"], first["Noise"]) == ("Angle Y", 4, 3, "none")
    assert (first["Ansatz"], first["Entanglement"]) == ("Strongly entangling", "Ring")
    assert second["State"] == "interrupted"
    assert pd.isna(second["Validation"])


def test_equal_names_are_told_apart_by_the_start_of_their_runs() -> None:
    early, late = (datetime(2026, 5, 4, 3, 2, second, tzinfo=UTC) for second in (1, 2))
    runs = [stored_run(created=early), stored_run(created=late), stored_run(name="another")]
    assert run_table.distinct_names(runs) == ["a run, 4 May 03:02:01", "a run, 4 May 03:02:02", "another"]


def test_file_of_runs_has_units_and_no_formulas() -> None:
    runs = [stored_run(name="=1+1", test_accuracy=0.5, created=datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC))]
    [row] = csv.DictReader(to_csv(run_table.to_file(runs)).decode("utf-8-sig").splitlines())
    assert row["Name"] == "'=1+1"
    assert (row["Test accuracy (%)"], row["Time (s)"], row["Validation accuracy (%)"]) == ("50.0", "1.5", "")
    assert (row["Qubits"], row["Entanglement"]) == ("4", "Ring")
    assert row["Started"] == "2026-05-04T03:02:01+00:00"


def test_run_with_unknown_settings_is_listed() -> None:
    unknown = DEFAULT.to_json().replace("angle_y", "telepathy")
    [row] = run_table.to_frame([stored_run(spec=unknown)]).to_dict("records")
    assert row["Name"] == "a run"
    assert pd.isna(row["Encoding"])


def test_noise_is_shown_with_its_level() -> None:
    noisy = DEFAULT.with_(**{"noise.level": 0.05}).to_json()
    [row] = run_table.to_frame([stored_run(spec=noisy)]).to_dict("records")
    assert row["Noise"] == "Depolarizing 0.050"
