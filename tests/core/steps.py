"""Steps of a training, and what they take. To be imported in a process that does nothing else."""

from threading import Event, Thread
from time import perf_counter

import psutil
import torch

from qenn_core.model.cost import Cost
from qenn_core.model.network import build_model
from qenn_core.spec import ExperimentSpec

N_INPUTS = 4
STEPS = 4
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


def seconds_of_steps(spec: ExperimentSpec) -> list[float]:
    """Return the seconds of some steps of a new model, the first of which compiles the circuit."""
    model = build_model(spec, N_INPUTS, 2)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    inputs = torch.linspace(-1, 1, spec.training.batch_size * N_INPUTS).reshape(-1, N_INPUTS)
    labels = torch.arange(len(inputs)) % 2
    seconds = []
    for _ in range(STEPS):
        begun = perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        seconds.append(perf_counter() - begun)
    return seconds


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
