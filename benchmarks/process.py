"""A contender in a process of its own: one core, nothing compiled before, its memory its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.contenders.registry import Contender, Step
from benchmarks.problem import Problem

# For the libraries that read these when they are imported, in the processes that inherit them.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


class ContenderFailedError(Exception):
    """A contender could not train; the text says why."""


class OutOfMemoryError(ContenderFailedError):
    """A contender needed more memory than it was given."""


@dataclass(frozen=True)
class Burst:
    """Some steps in a row.

    Parameters
    ----------
    build_seconds : float
        What was spent before the first of these steps on building the model; 0 if it stood already.
    step_seconds, losses : tuple of float
        Of each step.
    cpu_seconds : float
        Computing time of these steps, waiting for the core not included.
    peak_memory : int
        The most bytes that the process has held since its start.
    """

    build_seconds: float
    step_seconds: tuple[float, ...]
    losses: tuple[float, ...]
    cpu_seconds: float
    peak_memory: int


class ContenderProcess:
    """Trains when told to.

    It gets ready at once, beside others that do so: it imports what it needs, and trains a tiny circuit for
    a step, so that what a library does on its first use is not laid to the circuit that is measured.

    Parameters
    ----------
    contender : Contender
        What is measured.
    problem : Problem
        What it trains.
    memory_limit : int
        Bytes that it may hold.
    """

    def __init__(self, contender: Contender, problem: Problem, *, memory_limit: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._connection, there = spawning.Pipe()
        self._process = spawning.Process(
            target=_serve, args=(there, contender, problem, memory_limit), daemon=True
        )
        self._process.start()
        there.close()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.join()

    def wait_until_ready(self, timeout: float) -> int:
        """Wait, and return the most bytes that it has held so far."""
        held: int = self._receive(timeout)
        return held

    def run(self, n_steps: int, timeout: float) -> Burst:
        """Train for some steps; before the first of all, build the model.

        Raises
        ------
        OutOfMemoryError, ContenderFailedError
            If it fails, dies, or takes longer than `timeout` seconds.
        """
        self._connection.send(n_steps)
        burst: Burst = self._receive(timeout)
        return burst

    def _receive(self, timeout: float) -> Any:
        if not self._connection.poll(timeout):
            raise ContenderFailedError(f"took longer than {timeout:g} s")
        try:
            answer = self._connection.recv()
        except EOFError:
            raise OutOfMemoryError("its process was ended from outside, as for lack of memory") from None
        if isinstance(answer, ContenderFailedError):
            raise answer
        return answer


def _serve(connection: Connection, contender: Contender, problem: Problem, memory_limit: int) -> None:
    try:
        make_step = contender.load()
        # Before a library starts threads, which inherit it.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        make_step(problem.tiny)()
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))
        connection.send(_peak_memory())
        n_steps: int = connection.recv()
        before = time.perf_counter()
        step = make_step(problem)
        build_seconds = time.perf_counter() - before
        while True:
            connection.send(_burst(step, n_steps, build_seconds))
            n_steps = connection.recv()
            build_seconds = 0.0
    except Exception as error:
        connection.send(_failure(error))


def _burst(step: Step, n_steps: int, build_seconds: float) -> Burst:
    seconds, losses = [], []
    cpu_before = time.process_time()
    for _ in range(n_steps):
        before = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - before)
    cpu_seconds = time.process_time() - cpu_before
    return Burst(build_seconds, tuple(seconds), tuple(losses), cpu_seconds, _peak_memory())


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB


def _failure(error: Exception) -> ContenderFailedError:
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    # Torch and jax have no exception type of their own for memory that the system refuses.
    if isinstance(error, MemoryError) or "memory" in text:
        return OutOfMemoryError(text)
    return ContenderFailedError(text)
