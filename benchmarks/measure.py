"""Contenders measured side by side: they take turns, so that a drift of the machine meets them all."""

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

SECONDS_TO_GET_READY = 120.0
# What the system and the waiting contenders need stays free.
MEMORY_SHARE = 0.8
# Of the losses of the first two steps; the second follows from the gradients of the first.
LOSS_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Parameters
    ----------
    turns : int
        How many turns each contender gets.
    turn_seconds : float
        About how long a turn takes; it is one step at least.
    steps : int
        Steps of the training whose whole time is told, at least 2.
    patience : float
        Seconds: a whole training that would take longer is extrapolated, and turns that have taken as
        long together are the last ones.
    timeout : float
        Seconds: a contender that is silent for longer has failed.
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
    """What was measured of one contender; times in seconds, memory in bytes.

    Parameters
    ----------
    first_step : float
        Building the model and its first step, with all that is compiled.
    step : float
        Median of a step, nothing compiled.
    training : float
        A training of `Effort.steps` steps from nothing, with all that is compiled.
    extrapolated : bool
        Whether `training` was not run to its end, the steps that lack counted as `step` each.
    peak_memory, memory_before : float
        The most that the process held; the most before it built this model.
    share_of_core : float
        Computing time of the steps that `step` is the median of, over their time. Well below 1, other
        processes had the core meanwhile, and long steps seem longer than they are.
    batch : int
        Rows of a step: those of the problem, or as many as fitted into memory. Times are scaled to those
        of the problem, memory is not.
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
"""Figures, or why there are none."""


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
    """A contender on its way through the benchmark. Its failing ends it alone, and becomes its outcome."""

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
    def _failing_alone(self) -> Iterator[None]:
        try:
            yield
        except ContenderFailedError as failure:
            logger.warning("%s: %s", self._contender.label, failure)
            self._failure = str(failure)
            self._process.end()

    def prepare(self) -> None:
        """Build the model, and train it as far as patience goes; with fewer rows if memory asks for it."""
        with self._failing_alone():
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
        self._memory_before = self._process.wait_until_ready(SECONDS_TO_GET_READY)
        self._early_bursts = [self._run(1), self._run(1)]
        if self._typical_step() * self._effort.steps <= self._effort.patience:
            self._early_bursts.append(self._run(self._effort.steps - len(self._early_bursts)))

    def _run(self, n_steps: int) -> Burst:
        return self._process.run(n_steps, self._effort.timeout)

    def _typical_step(self) -> float:
        return median(self._early_bursts[-1].step_seconds)

    def take_turn(self) -> None:
        """Train on for a turn, unless it failed or took long enough."""
        taken = sum(sum(turn.step_seconds) for turn in self._turns)
        if self._failure is None and taken <= self._effort.patience:
            with self._failing_alone():
                self._turns.append(self._run(max(1, round(self._effort.turn_seconds / self._typical_step()))))

    @property
    def comparable_losses(self) -> tuple[float, ...] | None:
        """The losses that equal those of other contenders, if there are any."""
        comparable = self._contender.same_losses and self._fitting == self._problem and self._failure is None
        return tuple(burst.losses[0] for burst in self._early_bursts[:2]) if comparable else None

    def outcome(self) -> Outcome:
        """Return what the measurement came to."""
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
    for (one, ours), (other, theirs) in pairwise(losses.items()):
        if not np.allclose(ours, theirs, rtol=0, atol=LOSS_TOLERANCE):
            raise ValueError(f"{one} and {other} do not train the same model: losses {ours} and {theirs}")
