"""Carrying out a run in a worker process."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from time import monotonic

from distributed import get_worker

from qenn_core.analysis import MapFrame, compute_decision_map, map_points, pack_model
from qenn_core.comparison import compare_models, fit_baselines, quantum_result
from qenn_core.data import label_table, load_builtin, prepare_labeled
from qenn_core.errors import ErrorMessage, QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import events
from qenn_core.jobs.commands import RunCommand, TrainingTask
from qenn_core.jobs.worker.control import RunControl, RunDiscardedError, registered
from qenn_core.jobs.worker.live_map import RESOLUTION, RESOLUTION_NOISY, LiveMap
from qenn_core.jobs.worker.memory_limit import memory_limited, run_budget
from qenn_core.jobs.worker.sender import EventSender
from qenn_core.jobs.worker.unforeseen import describe_unforeseen
from qenn_core.model import build_model
from qenn_core.store import SavedState
from qenn_core.training import RESUMABLE_REASONS, Epoch, Finished, Started, Training

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Train for an epoch, so that the first run finds everything imported and set up."""
    spec = ExperimentSpec().with_(**{"training.epochs": 1})
    for _ in run_events(TrainingTask(spec), RunControl(RunCommand())):
        pass


def carry_out(topic: str, run: str, command: RunCommand, task: TrainingTask) -> None:
    """Carry out a run and log its events under `topic`; an error becomes the last event."""
    worker = get_worker()

    def send(batch: Sequence[events.RunEvent]) -> None:
        message = events.EventBatch(run=run, events=tuple(batch)).to_message()
        # Always through the loop: a message sent from within it would overtake one that is on its way there.
        worker.loop.add_callback(worker.log_event, topic, message)

    sender = EventSender(
        send, lambda seconds, flush: worker.loop.add_callback(worker.loop.call_later, seconds, flush)
    )
    with registered(run, command) as control:
        sender.send(events.RunStarted(worker=worker.address))
        try:
            with memory_limited(run_budget()):
                for event in run_events(task, control):
                    sender.send(event)
        except RunDiscardedError:
            pass
        except QennError as error:
            sender.send(events.RunFailed(error=error.message))
        except Exception as error:
            logger.exception("run %s failed", run)
            sender.send(events.RunFailed(error=_unforeseen(error)))
        sender.flush()


def run_events(task: TrainingTask, control: RunControl) -> Iterator[events.RunEvent]:
    """Carry out a run, yielding its events.

    Parameters
    ----------
    task : TrainingTask
        The run.
    control : RunControl
        How far it may go.

    Raises
    ------
    QennError
        If the data or the settings do not allow training.
    RunDiscardedError
        If the run was deleted.
    """
    spec, checkpoint, limits = task.spec, task.checkpoint, task.limits
    preparation = prepare_labeled(spec, label_table(spec, task.table or load_builtin(spec.data)))
    data = preparation.data
    yield events.DataPrepared(class_names=data.class_names, notes=data.notes, map_points=map_points(data))
    if control.stopped and checkpoint is None:
        return
    baselines = fit_baselines(data, spec.seed)
    yield events.BaselinesFitted(baselines=baselines)

    control.limit_time(limits.seconds)
    model = build_model(spec, data.n_inputs, data.n_classes)
    training = Training(spec, data, model, control.should_stop, checkpoint.content if checkpoint else None)
    epochs_done = checkpoint.epoch if checkpoint else 0
    live_map = LiveMap(
        partial(compute_decision_map, model, data),
        RESOLUTION_NOISY if spec.noise.active else RESOLUTION,
        epochs_done,
    )

    def checkpoint_after(epochs: int) -> events.CheckpointTaken:
        return events.CheckpointTaken(checkpoint=SavedState(epochs, training.checkpoint()))

    training_seconds, last_checkpoint = 0.0, monotonic()
    for record in training:
        match record:
            case Started():
                started = record
                yield events.TrainingStarted(started=record)
            case Epoch():
                epochs_done, training_seconds = record.epoch, training_seconds + record.seconds
                yield events.EpochCompleted(epoch=record)
                if monotonic() - last_checkpoint >= limits.checkpoint_seconds:
                    yield checkpoint_after(epochs_done)
                    last_checkpoint = monotonic()
                if live_map.is_due(epochs_done, training_seconds):
                    decision_map = live_map.draw()
                    yield events.DecisionMapDrawn(decision_map=decision_map)
                    if live_map.is_kept(epochs_done) and decision_map:
                        frame = MapFrame.of(decision_map, epochs_done, len(data.class_names))
                        yield events.MapFrameDrawn(frame=frame)
            case Finished():
                if record.reason in RESUMABLE_REASONS and record.epochs:
                    yield checkpoint_after(record.epochs)
                yield events.DecisionMapDrawn(decision_map=live_map.draw_in_full())
                yield events.RunEnding()
                comparison = compare_models(quantum_result(started, record), baselines, data)
                yield events.TrainingFinished(finished=record, comparison=comparison)
                yield events.ModelPacked(content=pack_model(spec, preparation, training.weights()))
                return
        if control.must_pause(epochs_done) and epochs_done < spec.training.epochs:
            yield checkpoint_after(epochs_done)
            yield events.DecisionMapDrawn(decision_map=live_map.draw_in_full())
            yield events.RunPaused()
            if not control.wait_while_paused(epochs_done, limits.pause_seconds):
                yield events.WorkerReleased()
                return
            yield events.RunResumed()


def _unforeseen(error: Exception) -> ErrorMessage:
    what, why, remedy = describe_unforeseen(error, "Training ended with an unexpected error.")
    return ErrorMessage(what=what, why=why, remedy=remedy)
