"""Run a contender in a separate process: on one core, with nothing compiled before, and its own memory."""

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

# Libraries read these variables when they are imported, in the processes that inherit them.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


class ContenderFailedError(Exception):
    """A contender could not train; the message states the reason."""


class OutOfMemoryError(ContenderFailedError):
    """A contender needed more memory than its limit."""


@dataclass(frozen=True)
class Burst:
    """Measurements of consecutive steps.

    Parameters
    ----------
    build_seconds : float
        Time to build the model before the first of these steps; 0 if it was built already.
    step_seconds, losses : tuple of float
        Time and loss of each step.
    cpu_seconds : float
        CPU time of these steps, without waiting for the core.
    peak_memory : int
        Maximum resident memory of the process since its start, in bytes.
    """

    build_seconds: float
    step_seconds: tuple[float, ...]
    losses: tuple[float, ...]
    cpu_seconds: float
    peak_memory: int


class ContenderProcess:
    """A process that trains on request.

    It warms up immediately, in parallel with other processes: it imports its libraries, and trains a tiny
    circuit for a step, so that the measured circuit does not pay for what a library does on its first use.

    Parameters
    ----------
    contender : Contender
        The contender to measure.
    problem : Problem
        The problem that it trains.
    memory_limit : int
        Maximum memory in bytes.
    """

    def __init__(self, contender: Contender, problem: Problem, *, memory_limit: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._connection, child_connection = spawning.Pipe()
        self._process = spawning.Process(
            target=_serve, args=(child_connection, contender, problem, memory_limit), daemon=True
        )
        self._process.start()
        child_connection.close()

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()

    def wait_until_ready(self, timeout: float) -> int:
        """Wait until the process is warmed up, and return its peak memory in bytes."""
        peak_memory: int = self._receive(timeout)
        return peak_memory

    def run(self, n_steps: int, timeout: float) -> Burst:
        """Train for some steps; the first call builds the model before.

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
            reply = self._connection.recv()
        except EOFError:
            raise OutOfMemoryError("its process was killed, probably for lack of memory") from None
        if isinstance(reply, ContenderFailedError):
            raise reply
        return reply


def _serve(connection: Connection, contender: Contender, problem: Problem, memory_limit: int) -> None:
    try:
        make_step = contender.load()
        # Before a library starts threads, which inherit the affinity.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        make_step(problem.tiny)()
        resource.setrlimit(resource.RLIMIT_DATA, (memory_limit, memory_limit))
        connection.send(_peak_memory())
        n_steps: int = connection.recv()
        started = time.perf_counter()
        step = make_step(problem)
        build_seconds = time.perf_counter() - started
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
        started = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - started)
    cpu_seconds = time.process_time() - cpu_before
    return Burst(build_seconds, tuple(seconds), tuple(losses), cpu_seconds, _peak_memory())


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB


def _failure(error: Exception) -> ContenderFailedError:
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    # Torch and jax have no exception type for failed memory allocations.
    if isinstance(error, MemoryError) or "memory" in text:
        return OutOfMemoryError(text)
    return ContenderFailedError(text)
