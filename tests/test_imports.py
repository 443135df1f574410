"""Imports only go down, and the server process stays light."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "qenn_core"
PAGES = ROOT / "pages"
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
    {"experiment"},
    {"registry", "logs"},
    {"errors", "limits", "text", "workspace"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# What takes seconds to import or is not thread-safe; the server process does without.
HEAVY = {"torch", "pennylane", "sklearn", "numba"}
# Modules, or packages of them, that only workers import, with what they need it for. Every other module
# is light.
WORKER_MODULES = {
    "qenn_core.data.row_transformer",  # the fitted preparation
    "qenn_core.data.features",  # the fitted preparation is a scikit-learn pipeline
    "qenn_core.data.plane",  # principal components
    "qenn_core.data.reduction",  # principal components, best features
    "qenn_core.data.preparation",  # all of these
    "qenn_core.engine",  # evaluates circuits
    "qenn_core.engine.*",  # the same
    "qenn_core.engine.native.*",  # the same
    "qenn_core.model.network",  # a torch module
    "qenn_core.model.stacked",  # a torch module
    "qenn_core.training.trainer",  # steps by torch
    "qenn_core.training.loop",  # the same
    "qenn_core.training.executors",  # steps by torch
    "qenn_core.training.native_executor",  # the same natively
    "qenn_core.training.evaluation",  # evaluates a torch model
    "qenn_core.training.optimizers",  # torch's own
    "qenn_core.training.serialization",  # tensors as bytes
    "qenn_core.training.inference",  # evaluates a torch model
    "qenn_core.training.record_builders",  # the same, by way of the replicates
    "qenn_core.training.speed",  # steps by torch
    "qenn_core.training.stacked_data",  # rows as tensors
    "qenn_core.training.replicate",  # weights as tensors
    "qenn_core.training.training",  # the same as the trainer
    "qenn_core.training.weights",  # weights as tensors
    "qenn_core.analysis.decision_map",  # a torch model's answers
    "qenn_core.analysis.overview",  # runs the preparation
    "qenn_core.analysis.drawing",  # traces the circuit
    "qenn_core.analysis.skops_compat",  # reads and writes the fitted preparation
    "qenn_core.analysis.model_archive",  # packs the fitted preparation
    "qenn_core.analysis.row_prediction",  # a torch model's answers
    "qenn_core.jobs.worker.training",  # carries out a run
    "qenn_core.jobs.worker.training_imports",  # what forked workers share
}


def _modules(*roots: Path) -> dict[str, Path]:
    names = {}
    for path in sorted(
        {path for root in roots for path in root.rglob("*.py")} - set(MIGRATIONS.rglob("*.py"))
    ):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


MODULES = _modules(CORE)
PARTS = [name for name in MODULES if "." in name]
ALL_MODULES = _modules(CORE, PAGES, ROOT / "benchmarks") | {"app": ROOT / "app.py"}
PACKAGES = {path.parent for path in MODULES.values() if path.name == "__init__.py"} - {CORE}


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the dotted names that a file imports anywhere, as far as its text says."""
    return frozenset(_imported_names(path))


def _imported_names(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *([node.module] if node.module else ())))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _module_of(target: str) -> str | None:
    """Return the module of this project that an imported name belongs to."""
    parts = target.split(".")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in candidates if name in ALL_MODULES), None)


def _part(name: str) -> str:
    return name.split(".")[1]


def test_every_part_has_a_layer() -> None:
    parts = {_part(name) for name in PARTS}
    assert parts <= set(LEVEL), f"give these a layer: {parts - set(LEVEL)}"


@pytest.mark.parametrize("name", PARTS)
def test_imports_only_go_down(name: str) -> None:
    part = _part(name)
    wrong = {
        target
        for target in _imports(MODULES[name])
        if target.startswith("qenn_core.") and _part(target) != part and LEVEL[_part(target)] <= LEVEL[part]
    }
    assert not wrong, f"{name} imports upwards or sideways: {wrong}"


# The rooms of the job service, from the top down: the server, its connection to the workers, the workers, and
# what they exchange.
JOB_ROOMS = (
    {"job_service", "dispatcher", "maintenance", "recorder", "run", "snapshot", "report", "queue"},
    {"request_client"},
    {"cluster"},
    {"preload"},
    {"worker"},
    {"events", "requests"},
    {"commands", "dask_compat"},
)
JOB_LEVEL = {room: level for level, rooms in enumerate(JOB_ROOMS) for room in rooms}


@pytest.mark.parametrize("name", [name for name in PARTS if name.startswith("qenn_core.jobs.")])
def test_job_rooms_import_downwards(name: str) -> None:
    """So a worker imports nothing of the server."""
    room = name.split(".")[2]
    rooms = {
        target.split(".")[2] for target in _imports(MODULES[name]) if target.startswith("qenn_core.jobs.")
    }
    assert not {other for other in rooms if JOB_LEVEL[other] < JOB_LEVEL[room]}


def test_no_imports_are_circular() -> None:
    imported = {name: {_module_of(target) for target in _imports(path)} for name, path in ALL_MODULES.items()}
    sorter = TopologicalSorter({name: targets - {name, None} for name, targets in imported.items()})
    sorter.prepare()  # raises CycleError, which names the modules of a circle


@cache
def _offered(package: Path) -> set[str]:
    """Return the names that a package offers: those of its stub, or else of its ``__all__``."""
    stub = package / "__init__.pyi"
    source = stub if stub.exists() else package / "__init__.py"
    names: set[str] = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if stub.exists() and isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names |= set(ast.literal_eval(node.value))
    return names


@pytest.mark.parametrize("name", ALL_MODULES)
def test_packages_are_imported_by_what_they_offer(name: str) -> None:
    """From outside, a package of the core is what its ``__init__`` offers; from inside, its modules."""
    own = name.split(".")[:2]
    for target in _imports(ALL_MODULES[name]):
        parts = target.split(".")
        package = ROOT.joinpath(*parts[:2])
        if len(parts) < 3 or package not in PACKAGES:
            continue
        if parts[:2] == own:
            assert len(parts) > 3 or ".".join(parts) in ALL_MODULES, (
                f"{name}: import {target} from its module"
            )
        else:
            assert ".".join(parts[2:]) in _offered(package), f"{name} imports {target}"


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_what_a_package_offers_is_there(package: Path) -> None:
    module = importlib.import_module(".".join(package.relative_to(ROOT).parts))
    for name in _offered(package):
        assert getattr(module, name) is not None


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
    assert packages <= {"pennylane", "torch", "numpy", "scipy", "numba", "llvmlite", "platformdirs"}
