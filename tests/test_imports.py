"""Imports only go down, and the server process stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "qenn_core"
# Alembic runs these as files; they are no modules.
MIGRATIONS = CORE / "store" / "migrations"

# From the top down. What stands in one layer are siblings, which never import each other.
LAYERS = (
    {"jobs"},
    {"store"},
    {"comparison", "analysis", "plots"},
    {"training"},
    {"model"},
    {"data", "encodings", "ansatze", "noise", "engine", "baselines"},
    {"metrics"},
    {"spec"},
    {"registry", "logs"},
    {"errors", "limits", "workspace"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# What takes seconds to import or is not thread-safe; the server process does without.
HEAVY = {"torch", "pennylane", "sklearn"}
# Modules, or packages of them, that only workers import, with what they need it for. Every other module
# is light.
WORKER_MODULES = {
    "qenn_core.data.applying",  # the fitted preparation
    "qenn_core.data.features",  # the fitted preparation is a scikit-learn pipeline
    "qenn_core.data.plane",  # principal components
    "qenn_core.data.reduction",  # principal components, best features
    "qenn_core.data.preparation",  # all of these
    "qenn_core.engine.*",  # evaluates circuits
    "qenn_core.model.network",  # a torch module
    "qenn_core.model.stacked",  # a torch module
    "qenn_core.training.cohort",  # steps by torch
    "qenn_core.training.loop",  # the same
    "qenn_core.training.measuring",  # a torch model's answers
    "qenn_core.training.optimizers",  # torch's own
    "qenn_core.training.packing",  # tensors as bytes
    "qenn_core.training.prediction",  # a torch model's answers
    "qenn_core.training.reports",  # scores them
    "qenn_core.training.speed",  # steps by torch
    "qenn_core.training.table",  # rows as tensors
    "qenn_core.training.trainee",  # weights as tensors
    "qenn_core.training.training",  # the same as the cohort
    "qenn_core.training.weights",  # weights as tensors
    "qenn_core.analysis.decision_map",  # a torch model's answers
    "qenn_core.analysis.overview",  # runs the preparation
    "qenn_core.analysis.drawing",  # traces the circuit
    "qenn_core.analysis.packing",  # packs the fitted preparation
    "qenn_core.analysis.predicting",  # a torch model's answers
    "qenn_core.jobs.work",  # what a worker does
    "qenn_core.jobs.forked",  # what workers are forked from
}


def _modules() -> dict[str, Path]:
    names = {}
    for path in sorted(set(CORE.rglob("*.py")) - set(MIGRATIONS.rglob("*.py"))):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


MODULES = _modules()


def _imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports anywhere, each as far as its text tells."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else ())))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _part(name: str) -> str:
    return name.split(".")[1]


def test_every_part_has_a_layer() -> None:
    parts = {_part(name) for name in MODULES if "." in name}
    assert parts <= set(LEVEL), f"give these a layer: {parts - set(LEVEL)}"


@pytest.mark.parametrize("name", [name for name in MODULES if "." in name])
def test_imports_only_go_down(name: str) -> None:
    part = _part(name)
    wrong = {
        target
        for target in _imports(MODULES[name])
        if target.startswith("qenn_core.") and _part(target) != part and LEVEL[_part(target)] <= LEVEL[part]
    }
    assert not wrong, f"{name} imports upwards or sideways: {wrong}"


@pytest.mark.parametrize("name", MODULES)
def test_core_knows_no_streamlit(name: str) -> None:
    assert "streamlit" not in {target.split(".")[0] for target in _imports(MODULES[name])}


def test_core_has_no_top_level_import() -> None:
    assert not list(_imports(MODULES["qenn_core"])), "the root package would drag its imports into everything"


def _listed_as(module: str) -> str:
    """Return the entry of the list that a module falls under: itself, or its whole package."""
    package = module.rpartition(".")[0] + ".*"
    return package if package in WORKER_MODULES else module


def test_only_worker_modules_are_heavy() -> None:
    # A module that is None in sys.modules cannot be imported.
    script = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({HEAVY!r}))\n"
        f"for name in {list(MODULES)!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except ImportError as error: print(name, error, sep=': ')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {_listed_as(line.split(": ")[0]) for line in result.stdout.splitlines()}
    assert heavy - WORKER_MODULES == set(), result.stdout
    assert WORKER_MODULES - heavy == set(), "these are light, or gone: take them off the list"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("qenn_core.engine")])
def test_the_engine_stands_alone(name: str) -> None:
    """So that a PennyLane user can take it without the rest, as its README says."""
    targets = set(_imports(MODULES[name]))
    own = {target for target in targets if target.startswith("qenn_core")}
    assert all(target.startswith("qenn_core.engine") for target in own)
    packages = {target.split(".")[0] for target in targets - own} - sys.stdlib_module_names
    assert packages <= {"pennylane", "torch", "numpy", "scipy"}
