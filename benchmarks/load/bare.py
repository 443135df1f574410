"""The computing alone: runs in warm processes, without pages and without anything that lines them up."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier

from qenn_core.experiment import ExperimentSpec

# For the libraries that read these when they are imported; as the workers of the app have them.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class BareWorkers:
    """As many processes as the app has workers, warmed up as these are."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def seconds_for_runs(self, spec: ExperimentSpec, n_runs: int) -> float:
        """Carry out a run `n_runs` times, shared out among the processes, and return the seconds for all."""
        begun = time.monotonic()
        self._pool.map(_carry_out, [spec] * n_runs, chunksize=1)
        return time.monotonic() - begun

    def seconds_for_training(self, spec: ExperimentSpec) -> float:
        """Exhaust the generator of one training, on data prepared before, and return its seconds."""
        return self._pool.apply(_train, (spec,))


@contextmanager
def bare_workers(workers: int) -> Iterator[BareWorkers]:
    """Start the processes, and end them with the block."""
    os.environ.update(ONE_THREAD)
    spawning = multiprocessing.get_context("spawn")
    ready = spawning.Barrier(workers + 1)
    with spawning.Pool(workers, _get_ready, (ready,)) as pool:
        ready.wait()
        yield BareWorkers(pool)


def _get_ready(ready: Barrier) -> None:
    import torch

    torch.set_num_threads(1)
    from qenn_core.jobs import warm_up

    warm_up()
    ready.wait()


def _carry_out(spec: ExperimentSpec) -> None:
    from qenn_core.jobs import RunCommand, RunControl, TrainingTask, run_events

    for _ in run_events(TrainingTask(spec), RunControl(RunCommand())):
        pass


def _train(spec: ExperimentSpec) -> float:
    from qenn_core.data import load_builtin, prepare
    from qenn_core.training import train

    data = prepare(spec, load_builtin(spec.data))
    begun = time.monotonic()
    for _ in train(spec, data):
        pass
    return time.monotonic() - begun
