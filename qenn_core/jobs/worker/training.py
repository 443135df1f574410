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
from qenn_core.errors import ErrorMessage, QennError, TrainingError
from qenn_core.experiment import ExperimentSpec, display_value
from qenn_core.jobs import events
from qenn_core.jobs.commands import RunCommand, TrainingTask
from qenn_core.jobs.worker.control import RunControl, RunDiscardedError, registered
from qenn_core.jobs.worker.live_map import RESOLUTION, RESOLUTION_NOISY, LiveMap
from qenn_core.jobs.worker.memory_limit import memory_limited, run_budget
from qenn_core.jobs.worker.sender import EventSender
from qenn_core.jobs.worker.unforeseen import describe_unforeseen
from qenn_core.model import build_model
from qenn_core.store import SavedState
from qenn_core.training import RESUMABLE_REASONS, Epoch, Finished, Started, StopReason, Training

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
    points = map_points(data)
    yield events.DataPrepared(class_names=data.class_names, notes=data.notes, map_points=points)
    if control.stopped and checkpoint is None:
        return
    baselines = fit_baselines(data, spec.seed)
    yield events.BaselinesFitted(baselines=baselines)

    control.limit_time(limits.seconds)
    model = build_model(spec, data.n_inputs, data.n_classes)
    training = Training(spec, data, model, control.should_stop, checkpoint.content if checkpoint else None)
    epochs_done = checkpoint.epoch if checkpoint else 0
    resolution = RESOLUTION_NOISY if spec.noise.active else RESOLUTION
    draw_map = partial(compute_decision_map, model, data)
    live_map = LiveMap(draw_map, resolution, epochs_done, n_rows=len(points))

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
                if not record.epochs:
                    # An untrained network gets no scores, and no model to predict with.
                    if record.reason != "user":
                        raise _untrained(spec, record.reason)
                    return
                if record.reason in RESUMABLE_REASONS:
                    yield checkpoint_after(record.epochs)
                full_map = draw_map(resolution, test_rows=True)
                yield events.DecisionMapDrawn(decision_map=full_map)
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


def _untrained(spec: ExperimentSpec, reason: StopReason) -> TrainingError:
    """Return the error of a run that ended by itself before its first epoch was complete."""
    if reason == "time":
        return TrainingError(
            "The time limit for a run was reached before the first epoch was complete.",
            "An untrained network has no scores and makes no predictions.",
            "Choose fewer qubits, layers or rows.",
        )
    rate = display_value("training.learning_rate", spec.training.learning_rate)
    return TrainingError(
        "The loss was not a finite number in the first epoch.",
        "The steps were probably too long.",
        f"Try a learning rate below {rate}, or another optimizer.",
        place="training.learning_rate",
    )


def _unforeseen(error: Exception) -> ErrorMessage:
    what, why, remedy = describe_unforeseen(error, "Training ended with an unexpected error.")
    return ErrorMessage(what=what, why=why, remedy=remedy)
