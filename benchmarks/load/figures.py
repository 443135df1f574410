"""The results of measuring classes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import linear_regression, median, quantiles

from benchmarks.load.lesson import Lesson
from benchmarks.load.overhead import Comparison
from benchmarks.load.pupil import Answer, Kind

# The answers that a pupil waits for while all train.
PAGES: tuple[Kind, ...] = ("train", "state", "setting")


@dataclass(frozen=True)
class Spread:
    """The distribution of answer times, in seconds."""

    count: int
    middle: float
    slow: float
    slowest: float

    @classmethod
    def of(cls, answers: Iterable[Answer], *kinds: Kind) -> Spread | None:
        """Return the spread of the answers of these kinds; ``None`` if there are none."""
        seconds = [answer.seconds for answer in answers if answer.kind in kinds]
        if not seconds:
            return None
        slow = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        return cls(len(seconds), median(seconds), slow, max(seconds))


@dataclass(frozen=True)
class Classes:
    """The measurements of all classes.

    Parameters
    ----------
    n_pupils, workers : int
        Number of pupils of each class, and of workers of the server.
    memory_at_start : int
        Memory of the server process before the first class, in bytes.
    lessons : tuple of Lesson
        The lessons, one after the other on one server.
    pure : tuple of float
        Seconds of each measurement of the same number of runs in as many bare processes.
    comparisons : tuple of Comparison
        Comparisons of one run that is watched on the idle server.
    """

    n_pupils: int
    workers: int
    memory_at_start: int
    lessons: tuple[Lesson, ...]
    pure: tuple[float, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def runs(self) -> int:
        """Number of runs that were started."""
        return self.n_pupils * len(self.lessons)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """All answers of all lessons."""
        return tuple(answer for lesson in self.lessons for answer in lesson.answers)

    @property
    def errors(self) -> tuple[str, ...]:
        """All errors."""
        return tuple(error for lesson in self.lessons for error in lesson.errors)

    @property
    def stored(self) -> int:
        """Number of runs that are stored as finished."""
        return sum(lesson.stored for lesson in self.lessons)

    @property
    def slowdowns(self) -> list[float]:
        """The time of each class divided by the time of the pure computing of its runs."""
        return [lesson.seconds / median(self.pure) for lesson in self.lessons]

    def growth(self, after: int) -> float | None:
        """Return the growth of the server's memory in bytes per run, `after` a number of lessons.

        It is the slope of a linear regression; ``None`` if there are fewer than two further lessons.
        """
        memory = [lesson.memory for lesson in self.lessons[after:]]
        if len(memory) < 2:
            return None
        return linear_regression([self.n_pupils * n for n in range(len(memory))], memory).slope
