"""Measure the cost of training steps and of whole runs; meant for a separate process."""

from functools import partial
from threading import Event, Thread
from time import thread_time
from typing import NamedTuple

import psutil
import torch

from qenn_core.analysis.decision_map import compute_decision_map
from qenn_core.comparison.baselines import fit_baselines
from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.worker.live_map import RESOLUTION, RESOLUTION_NOISY, LiveMap
from qenn_core.model.cost import Cost
from qenn_core.model.run_cost import MachineSpeed, Workload
from qenn_core.training.records import Epoch
from qenn_core.training.speed import measure_speed, time_steps
from qenn_core.training.training import Training

SAMPLE_SECONDS = 0.001


class Memory(Thread):
    """Records the peak memory of this process until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process()
        self.before = self.peak = self.process.memory_info().rss
        self.stopped = Event()

    def run(self) -> None:
        while not self.stopped.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self.process.memory_info().rss)

    def stop(self) -> None:
        self.stopped.set()
        self.join()


def measure_steps(spec_json: str) -> Cost:
    """Return the peak memory of a few steps of a spec (JSON), and the seconds of the fastest."""
    torch.set_num_threads(1)
    spec = ExperimentSpec.from_json(spec_json)
    # Exclude what is set up only once.
    time_steps(spec.with_(**{"circuit.n_qubits": 4, "circuit.n_layers": 1, "training.batch_size": 1}))
    memory = Memory()
    memory.start()
    seconds = time_steps(spec)
    memory.stop()
    return Cost(bytes=memory.peak - memory.before, seconds=min(seconds))


class MeasuredRun(NamedTuple):
    """The cost of a run, the size of its data, and the speed of the machine."""

    cost: Cost
    workload: Workload
    speed: MachineSpeed


def measure_run(spec_json: str) -> MeasuredRun:
    """Run a spec (JSON) like a worker, including the decision maps; measure CPU time."""
    torch.set_num_threads(1)
    spec = ExperimentSpec.from_json(spec_json)
    speed = measure_speed()
    memory = Memory()
    memory.start()
    start = thread_time()
    data = prepare(spec, load_builtin(spec.data))
    fit_baselines(data, spec.seed)
    training = Training(spec, data)
    resolution = RESOLUTION_NOISY if spec.noise.active else RESOLUTION
    live_map = LiveMap(partial(compute_decision_map, training.model, data), resolution, clock=thread_time)
    trained_seconds = 0.0
    for record in training:
        if isinstance(record, Epoch):
            trained_seconds += record.seconds
            if live_map.is_due(record.epoch, trained_seconds):
                live_map.draw()
                live_map.is_kept(record.epoch)
    live_map.draw_in_full()
    seconds = thread_time() - start
    memory.stop()
    rows = {str(name): len(part.labels) for name, part in data.parts.items()}
    workload = Workload(rows, data.n_features, data.n_classes)
    return MeasuredRun(Cost(memory.peak - memory.before, seconds), workload, speed)
