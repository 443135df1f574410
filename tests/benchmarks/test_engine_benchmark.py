"""The engine benchmark: its tables contain the measurements, and are written to their section."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.contenders.registry import CONTENDERS
from benchmarks.document import DOCUMENT, insert
from benchmarks.engine import SECTION
from benchmarks.measure import LOSS_TOLERANCE, Figures
from benchmarks.problem import Circuit, Problem
from benchmarks.report import report
from benchmarks.targets import Target

ROOT = Path(__file__).parents[2]


BEGIN, END = f"<!-- {SECTION}: begin -->", f"<!-- {SECTION}: end -->"

PURE = Problem(Circuit(3, 2), batch=4)
NOISY = Problem(Circuit(2, 2, noisy=True, reuploading=True), batch=4)


def figures(**known: float) -> Figures:
    others = {"first_step": 0.5, "step": 0.01, "training": 5.0, "peak_memory": 5e8, "memory_before": 4e8}
    return Figures(**(others | known), extrapolated=False, share_of_core=1.0, batch=32)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    document = tmp_path_factory.mktemp("docs") / "benchmarks.md"
    document.write_text(f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n", encoding="utf-8")
    options = ["--quick", "--rows=noisy-2-2", "--contenders", "fused", "default.mixed", "--output", document]
    subprocess.run([sys.executable, "-m", "benchmarks.engine", *options], cwd=ROOT, check=True)
    return document.read_text(encoding="utf-8")


def cells(document: str, first: str) -> list[str]:
    (line,) = (line for line in document.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.slow
@pytest.mark.parametrize("key", ["fused", "default.mixed"])
def test_contender_is_measured(quick_run: str, key: str) -> None:
    _, step, times_fused, first_step, training, memory = cells(quick_run, CONTENDERS[key].label)
    assert float(step) > 0
    assert float(times_fused) > 0
    assert float(first_step) > 0
    assert float(training) >= float(first_step)
    peak, before = memory.rstrip(")").split(" (")
    assert int(peak) >= int(before) > 0


@pytest.mark.parametrize(
    ("key", "reference", "problem"),
    [
        *((key, "default.qubit", PURE) for key in ("fused", "encoded", "models", "shared", "lightning")),
        *((key, "default.mixed", NOISY) for key in ("fused", "encoded")),
    ],
)
def test_contenders_train_the_same_model(key: str, reference: str, problem: Problem) -> None:
    def losses(name: str) -> list[float]:
        step = CONTENDERS[name].load()(problem)
        return [step() for _ in range(3)]

    assert losses(key) == pytest.approx(losses(reference), abs=LOSS_TOLERANCE)


@pytest.mark.slow
def test_target_has_a_verdict(quick_run: str) -> None:
    speedup = "2 qubits, 2 layers, noisy | step: `TorchLayer`, `default.mixed`, backprop ÷ `FusedTorchLayer`"
    *_, target, measured, _, verdict = cells(quick_run, speedup)
    assert target == "≥ 15×"
    assert measured.endswith("×")
    assert verdict in {"reached", "**missed**"}


@pytest.mark.slow
def test_document_keeps_its_text(quick_run: str) -> None:
    assert quick_run.startswith(f"Before.\n{BEGIN}\n")
    assert quick_run.endswith(f"{END}\nAfter.\n")
    assert "old" not in quick_run


def test_tables_are_replaced() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert insert(insert(document, "first", SECTION), "second", SECTION) == insert(
        document, "second", SECTION
    )


@pytest.mark.parametrize("document", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n" * 2])
def test_document_without_markers_is_rejected(document: str) -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        insert(document, "tables", SECTION)


def test_ratio_is_compared_with_its_bound() -> None:
    target = Target("step", "default.qubit", over="fused", at_least=15)
    measured = target.measured({"default.qubit": figures(step=0.03), "fused": figures(step=0.002)})
    assert measured == pytest.approx(15)
    assert target.reached(15)
    assert not target.reached(14.9)


def test_quantity_is_compared_with_its_bound() -> None:
    target = Target("peak_memory", "fused", at_most=1e9)
    assert target.measured({"fused": figures(peak_memory=2e9)}) == 2e9
    assert target.reached(1e9)
    assert not target.reached(2e9)


def test_failed_contender_is_listed_with_the_reason() -> None:
    outcomes = {"fused": figures(), "jax": "not installed", "lightning": "took longer than 150 s"}
    tables = report({"pure-4-2": outcomes}, steps=500)
    assert cells(tables, CONTENDERS["jax"].label)[1] == "not installed"
    assert cells(tables, CONTENDERS["lightning"].label)[1] == "took longer than 150 s"
    assert (
        "whole training: `FusedTorchLayer` ÷ PennyLane, `jax.jit` | ≤ 1× | – | – | not measured |" in tables
    )


def test_fewer_rows_are_reported() -> None:
    halved = replace(figures(training=5000), extrapolated=True, batch=16)
    tables = report({"noisy-8-3": {"default.mixed": halved}}, steps=500)
    assert "ran out of memory with 32 rows. It was measured with 16: its times are multiplied by 2" in tables
    assert cells(tables, CONTENDERS["default.mixed"].label)[4] == "5000 †"
