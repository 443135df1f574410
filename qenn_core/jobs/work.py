"""A run, as a worker process carries it out; imports the whole core."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

from distributed import get_worker
from pydantic import TypeAdapter

from qenn_core.analysis.decision_map import decision_map, map_points
from qenn_core.comparison.baselines import fit_baselines
from qenn_core.comparison.compare import compare, quantum_result
from qenn_core.data.preparation import prepare
from qenn_core.data.sources import table_of
from qenn_core.data.table import Table
from qenn_core.errors import QennError
from qenn_core.jobs import turn
from qenn_core.jobs.control import PAUSE_SECONDS, Control, Wish, controlled
from qenn_core.jobs.live_map import RESOLUTION, RESOLUTION_NOISY, LiveMap
from qenn_core.jobs.memory import memory_limited, run_budget
from qenn_core.jobs.messages import WORKER
from qenn_core.jobs.snapshot import RunError
from qenn_core.model.network import build_model
from qenn_core.spec import ExperimentSpec
from qenn_core.training.loop import train
from qenn_core.training.records import Epoch, Finished, Started

logger = logging.getLogger(__name__)

LEFT_PAUSED = f"The run was paused for more than {PAUSE_SECONDS / 60:.0f} minutes, and ended to make room."

Update = tuple[str, Any]
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


def warm_up() -> None:
    """Train a little, so that the first run finds everything imported and set up."""
    spec = ExperimentSpec().with_(**{"training.epochs": 1})
    for _ in updates(spec, None, Control(Wish())):
        pass


def carry_out(topic: str, run: str, wish: Wish, spec: ExperimentSpec, table: Table | None) -> None:
    """Carry out a run, and tell under `topic` how it goes; an error becomes its last message."""
    worker = get_worker()

    def tell(field: str, value: Any) -> None:
        worker.log_event(topic, [run, field, _PLAIN.dump_python(value)])

    with controlled(run, wish) as control:
        # From now on the run can be told.
        tell(WORKER, worker.address)
        try:
            with memory_limited(run_budget()):
                for field, value in updates(spec, table, control):
                    tell(field, value)
        except QennError as error:
            tell("error", RunError.of(error))
        except Exception as error:
            logger.exception("run %s failed", run)
            tell("error", _unforeseen(error))


def updates(spec: ExperimentSpec, table: Table | None, control: Control) -> Iterator[Update]:
    """Carry out an experiment, yielding each field of its snapshot with the new value.

    Raises
    ------
    QennError
        If the data or the training do not allow it.
    """
    data = prepare(spec, table or table_of(spec.data))
    yield "class_names", data.class_names
    yield "notes", data.notes
    yield "map_points", map_points(data)
    if control.stopped():
        return
    baselines = fit_baselines(data, spec.seed)
    yield "baselines", baselines

    model = build_model(spec, data.n_inputs, data.n_classes)
    live_map = LiveMap(
        partial(decision_map, model, data), RESOLUTION_NOISY if spec.noise.active else RESOLUTION
    )

    def stop() -> bool:
        turn.give_way()
        return control.stopped()

    done, trained = 0, 0.0
    for record in train(spec, data, model, stop):
        match record:
            case Started():
                started = record
                yield "started", record
            case Epoch():
                done, trained = record.epoch, trained + record.seconds
                yield "history", record
                if live_map.affordable(trained):
                    yield "decision_map", live_map.draw()
            case Finished():
                yield "decision_map", live_map.draw_fully()
                yield "comparison", compare(quantum_result(started, record), baselines, data)
                yield "finished", record
        if control.must_wait(done) and done < spec.training.epochs:
            yield "decision_map", live_map.draw_fully()
            yield "state", "paused"
            with turn.left():
                in_time = control.wait(done)
            if not in_time:
                yield "notes", (*data.notes, LEFT_PAUSED)
            yield "state", "running"


def _unforeseen(error: Exception) -> RunError:
    return RunError(
        what="The training ended with an error that was not foreseen.",
        why=f"{type(error).__name__}: {error}"[:300],
        remedy="Try other settings; if it comes back, please report it with the settings in the link.",
        place="",
    )
