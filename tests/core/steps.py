"""Steps of a training and whole runs, and what they take. To be imported in a process of its own."""

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
from qenn_core.training.speed import measure_speed, seconds_of_steps
from qenn_core.training.training import Training

SAMPLE_SECONDS = 0.001


class Memory(Thread):
    """Watches the memory of this process until it is told that it is over."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process()
        self.before = self.most = self.process.memory_info().rss
        self.over = Event()

    def run(self) -> None:
        while not self.over.wait(SAMPLE_SECONDS):
            self.most = max(self.most, self.process.memory_info().rss)


def measure(text: str) -> Cost:
    """Return the most memory that the steps of a spec (JSON) took, and the seconds of the quickest."""
    torch.set_num_threads(1)
    spec = ExperimentSpec.from_json(text)
    # Whatever is set up once is not a step's.
    seconds_of_steps(spec.with_(**{"circuit.n_qubits": 4, "circuit.n_layers": 1, "training.batch_size": 1}))
    memory = Memory()
    memory.start()
    seconds = seconds_of_steps(spec)
    memory.over.set()
    memory.join()
    return Cost(bytes=memory.most - memory.before, seconds=min(seconds))


class Run(NamedTuple):
    """What a run has taken, of what data, on what machine."""

    cost: Cost
    workload: Workload
    speed: MachineSpeed


def measure_run(text: str) -> Run:
    """Carry out a spec (JSON) as a worker does, with the pictures of it; tell the processor's time."""
    torch.set_num_threads(1)
    spec = ExperimentSpec.from_json(text)
    speed = measure_speed()
    memory = Memory()
    memory.start()
    begun = thread_time()
    data = prepare(spec, load_builtin(spec.data))
    fit_baselines(data, spec.seed)
    training = Training(spec, data)
    resolution = RESOLUTION_NOISY if spec.noise.active else RESOLUTION
    live_map = LiveMap(partial(compute_decision_map, training.model, data), resolution, thread_time)
    trained = 0.0
    for record in training:
        if isinstance(record, Epoch):
            trained += record.seconds
            if live_map.is_due(trained):
                live_map.draw()
    live_map.draw_in_full()
    seconds = thread_time() - begun
    memory.over.set()
    memory.join()
    rows = {str(name): len(part.labels) for name, part in data.parts.items()}
    workload = Workload(rows, data.n_features, data.n_inputs, data.n_classes)
    return Run(Cost(memory.most - memory.before, seconds), workload, speed)
