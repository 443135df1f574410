"""Measure contenders in turns, so that a drift of the machine affects them all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from statistics import median
from typing import Self

import numpy as np
import psutil

from benchmarks.contenders.registry import CONTENDERS, Contender
from benchmarks.problem import Problem
from benchmarks.process import Burst, ContenderFailedError, ContenderProcess, OutOfMemoryError

logger = logging.getLogger(__name__)

WARM_UP_TIMEOUT = 120.0
# The rest is left to the system and the waiting contenders.
MEMORY_SHARE = 0.8
# Tolerance of the losses of the first two steps; the second depends on the gradients of the first.
LOSS_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Parameters
    ----------
    turns : int
        Number of turns of each contender.
    turn_seconds : float
        Approximate duration of a turn, which is at least one step.
    steps : int
        Steps of a whole training, at least 2.
    patience : float
        Seconds after which no further turns follow. A whole training that would take longer is extrapolated.
    timeout : float
        Seconds without a reply after which a contender has failed.
    """

    turns: int
    turn_seconds: float
    steps: int
    patience: float
    timeout: float


FULL = Effort(turns=9, turn_seconds=0.25, steps=500, patience=20, timeout=150)
QUICK = Effort(turns=1, turn_seconds=0, steps=5, patience=1, timeout=30)


@dataclass(frozen=True)
class Figures:
    """The measurements of one contender; times in seconds, memory in bytes.

    Parameters
    ----------
    first_step : float
        Building the model and its first step, including compilation.
    step : float
        Median time of a step, without compilation.
    training : float
        A training of `Effort.steps` steps, including building and compilation.
    extrapolated : bool
        Whether `training` was not run to the end; missing steps then count as `step` each.
    peak_memory, memory_before : float
        Peak memory of the process, and its peak before it built this model.
    share_of_core : float
        CPU time of the steps that `step` is the median of, divided by their time. If it is well below 1,
        other processes used the core, and long steps appear longer than they are.
    batch : int
        Rows per step: those of the problem, or as many as fitted into memory. Times are scaled to the rows of
        the problem, memory is not.
    """

    first_step: float
    step: float
    training: float
    extrapolated: bool
    peak_memory: float
    memory_before: float
    share_of_core: float
    batch: int


Outcome = Figures | str
"""Figures, or the reason why there are none."""


def measure(keys: Sequence[str], problem: Problem, effort: Effort) -> dict[str, Outcome]:
    """Measure contenders with one problem, in turns.

    Raises
    ------
    ValueError
        If the losses of contenders that should compute the same differ.
    """
    with ExitStack() as stack:
        entrants = {key: stack.enter_context(_Entrant(CONTENDERS[key], problem, effort)) for key in keys}
        for entrant in entrants.values():
            entrant.prepare()
        for _ in range(effort.turns):
            for entrant in entrants.values():
                entrant.take_turn()
        losses = {key: entrant.comparable_losses for key, entrant in entrants.items()}
        _check_losses({key: known for key, known in losses.items() if known is not None})
        return {key: entrant.outcome() for key, entrant in entrants.items()}


class _Entrant:
    """A contender in the benchmark. Its failure does not stop the others, and becomes its outcome."""

    def __init__(self, contender: Contender, problem: Problem, effort: Effort) -> None:
        self._contender = contender
        self._problem = self._fitting = problem
        self._effort = effort
        self._failure: str | None = None
        self._early_bursts: list[Burst] = []
        self._memory_before = 0
        self._turns: list[Burst] = []
        self._process = self._start()

    def _start(self) -> ContenderProcess:
        limit = int(MEMORY_SHARE * psutil.virtual_memory().available)
        return ContenderProcess(self._contender, self._fitting, memory_limit=limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.end()

    @contextmanager
    def _recording_failure(self) -> Iterator[None]:
        try:
            yield
        except ContenderFailedError as failure:
            logger.warning("%s: %s", self._contender.label, failure)
            self._failure = str(failure)
            self._process.end()

    def prepare(self) -> None:
        """Build the model, and train it as far as patience allows, with fewer rows if memory requires it."""
        with self._recording_failure():
            while True:
                try:
                    return self._train()
                except OutOfMemoryError as failure:
                    if self._fitting.batch == 1:
                        raise
                    logger.warning("%s, %d rows: %s", self._contender.label, self._fitting.batch, failure)
                    self._fitting = replace(self._fitting, batch=self._fitting.batch // 2)
                    self._process.end()
                    self._process = self._start()

    def _train(self) -> None:
        self._memory_before = self._process.wait_until_ready(WARM_UP_TIMEOUT)
        self._early_bursts = [self._run(1), self._run(1)]
        if self._typical_step() * self._effort.steps <= self._effort.patience:
            self._early_bursts.append(self._run(self._effort.steps - len(self._early_bursts)))

    def _run(self, n_steps: int) -> Burst:
        return self._process.run(n_steps, self._effort.timeout)

    def _typical_step(self) -> float:
        return median(self._early_bursts[-1].step_seconds)

    def take_turn(self) -> None:
        """Train for another turn, unless the contender failed or used up the patience."""
        taken = sum(sum(turn.step_seconds) for turn in self._turns)
        if self._failure is None and taken <= self._effort.patience:
            with self._recording_failure():
                self._turns.append(self._run(max(1, round(self._effort.turn_seconds / self._typical_step()))))

    @property
    def comparable_losses(self) -> tuple[float, ...] | None:
        """The losses that must equal those of other contenders; ``None`` if none must."""
        comparable = self._contender.same_losses and self._fitting == self._problem and self._failure is None
        return tuple(burst.losses[0] for burst in self._early_bursts[:2]) if comparable else None

    def outcome(self) -> Outcome:
        """Return the figures, or why there are none."""
        if self._failure is not None:
            return self._failure
        scale = self._problem.batch / self._fitting.batch
        first = self._early_bursts[0]
        first_step = first.build_seconds + first.step_seconds[0]
        turn_seconds = list(chain.from_iterable(turn.step_seconds for turn in self._turns))
        step = median(turn_seconds)
        seconds = list(chain.from_iterable(burst.step_seconds for burst in self._early_bursts))
        rest = self._effort.steps - len(seconds)
        return Figures(
            first_step=scale * first_step,
            step=scale * step,
            training=scale * (first.build_seconds + sum(seconds) + rest * step),
            extrapolated=rest > 0,
            peak_memory=self._turns[-1].peak_memory,
            memory_before=self._memory_before,
            share_of_core=sum(turn.cpu_seconds for turn in self._turns) / sum(turn_seconds),
            batch=self._fitting.batch,
        )


def _check_losses(losses: Mapping[str, tuple[float, ...]]) -> None:
    for (first, of_first), (second, of_second) in pairwise(losses.items()):
        if not np.allclose(of_first, of_second, rtol=0, atol=LOSS_TOLERANCE):
            raise ValueError(
                f"{first} and {second} do not train the same model: losses {of_first} and {of_second}"
            )
