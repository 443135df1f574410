"""A run, as a worker process carries it out; imports the whole core."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from time import monotonic
from typing import Any

from distributed import get_worker
from pydantic import TypeAdapter

from qenn_core.analysis import compute_decision_map, map_points, pack_model
from qenn_core.comparison import compare_models, fit_baselines, quantum_result
from qenn_core.data import Table, label_table, load_builtin, prepare_labeled
from qenn_core.errors import ErrorMessage, QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import messages
from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.control import Control, Wish, controlled
from qenn_core.jobs.live_map import RESOLUTION, RESOLUTION_NOISY, LiveMap
from qenn_core.jobs.memory import memory_limited, run_budget
from qenn_core.jobs.reins import Reins, UnwantedError
from qenn_core.jobs.telling import Teller
from qenn_core.model import build_model
from qenn_core.store import SavedState
from qenn_core.training import RESUMABLE_REASONS, Epoch, Finished, Started, Training

logger = logging.getLogger(__name__)

Update = tuple[str, Any]
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


def warm_up() -> None:
    """Train a little, so that the first run finds everything imported and set up."""
    spec = ExperimentSpec().with_(**{"training.epochs": 1})
    for _ in updates(spec, None, Control(Wish())):
        pass


def carry_out(
    topic: str,
    run: str,
    wish: Wish,
    spec: ExperimentSpec,
    table: Table | None,
    checkpoint: SavedState | None,
    allowance: Allowance,
) -> None:
    """Carry out a run, and tell under `topic` how it goes; an error becomes its last message."""
    worker = get_worker()

    teller = Teller(
        # Always by way of the loop: what is sent from within it would overtake what was told just before.
        lambda news: worker.loop.add_callback(worker.log_event, topic, [run, news]),
        lambda seconds, flush: worker.loop.add_callback(worker.loop.call_later, seconds, flush),
    )

    def tell(field: str, value: Any) -> None:
        teller.tell(field, _PLAIN.dump_python(value))

    with controlled(run, wish) as control:
        # From now on the run can be told.
        tell(messages.WORKER, worker.address)
        try:
            with memory_limited(run_budget()):
                for field, value in updates(spec, table, control, checkpoint, allowance):
                    tell(field, value)
        except UnwantedError:
            pass
        except QennError as error:
            tell("error", error.message)
        except Exception as error:
            logger.exception("run %s failed", run)
            tell("error", _unforeseen(error))
        teller.flush()


def updates(
    spec: ExperimentSpec,
    table: Table | None,
    control: Control,
    checkpoint: SavedState | None = None,
    allowance: Allowance | None = None,
) -> Iterator[Update]:
    """Carry out an experiment, yielding each field of its snapshot with the new value.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    table : Table or None
        The rows of an uploaded file.
    control : Control
        How far it may go.
    checkpoint : SavedState, optional
        Where it is taken up again.
    allowance : Allowance, optional
        What it may take.

    Raises
    ------
    QennError
        If the data or the training do not allow it.
    UnwantedError
        If nobody wants to know the rest.
    """
    allowance = allowance or Allowance()
    first = checkpoint.epoch if checkpoint else 0
    preparation = prepare_labeled(spec, label_table(spec, table or load_builtin(spec.data)))
    data = preparation.data
    yield "class_names", data.class_names
    yield "notes", data.notes
    yield "map_points", map_points(data)
    if control.stopped and checkpoint is None:
        return
    baselines = fit_baselines(data, spec.seed)
    yield "baselines", baselines

    reins = Reins(control, allowance.seconds)
    model = build_model(spec, data.n_inputs, data.n_classes)
    training = Training(spec, data, model, reins.reason_to_end, checkpoint.content if checkpoint else None)
    live_map = LiveMap(
        partial(compute_decision_map, model, data), RESOLUTION_NOISY if spec.noise.active else RESOLUTION
    )
    done, trained, saved = first, 0.0, monotonic()
    for record in training:
        match record:
            case Started():
                started = record
                yield "started", record
            case Epoch():
                done, trained = record.epoch, trained + record.seconds
                yield "history", record
                if monotonic() - saved >= allowance.checkpoint_seconds:
                    yield messages.CHECKPOINT, (done, training.checkpoint())
                    saved = monotonic()
                if live_map.due(trained):
                    yield "decision_map", live_map.draw()
            case Finished():
                if record.reason in RESUMABLE_REASONS and record.epochs:
                    yield messages.CHECKPOINT, (record.epochs, training.checkpoint())
                yield "decision_map", live_map.draw_fully()
                yield messages.ENDING, True
                yield "comparison", compare_models(quantum_result(started, record), baselines, data)
                yield "finished", record
                yield messages.MODEL, pack_model(spec, preparation, training.weights())
                return
        if control.must_wait(done) and done < spec.training.epochs:
            yield messages.CHECKPOINT, (done, training.checkpoint())
            yield "decision_map", live_map.draw_fully()
            yield "state", "paused"
            with reins.resting():
                in_time = control.wait(done, allowance.pause_seconds)
            if not in_time:
                yield messages.PARKED, True
                return
            yield "state", "running"


def _unforeseen(error: Exception) -> ErrorMessage:
    return ErrorMessage(
        what="The training ended with an error that was not foreseen.",
        why=f"{type(error).__name__}: {error}"[:300],
        remedy="Try other settings; if it comes back, please report it with the settings in the link.",
        place="",
    )
