"""What a measurement of classes comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import linear_regression, median, quantiles

from benchmarks.load.lesson import Lesson
from benchmarks.load.overhead import Comparison
from benchmarks.load.pupil import Answer, Kind

# What a pupil waits for while all train.
PAGES: tuple[Kind, ...] = ("train", "state", "setting")


@dataclass(frozen=True)
class Spread:
    """How long answers took, in seconds."""

    count: int
    middle: float
    slow: float
    slowest: float

    @classmethod
    def of(cls, answers: Iterable[Answer], *kinds: Kind) -> Spread | None:
        """Return the spread of the answers of some kinds; ``None`` if there are none."""
        seconds = [answer.seconds for answer in answers if answer.kind in kinds]
        if not seconds:
            return None
        slow = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        return cls(len(seconds), median(seconds), slow, max(seconds))


@dataclass(frozen=True)
class Classes:
    """What was measured.

    Parameters
    ----------
    n_pupils, workers : int
        Of each class; of the server.
    memory_at_start : int
        Bytes that the server's process held before the first class came.
    lessons : tuple of Lesson
        One after the other, on one server.
    pure : tuple of float
        Seconds that the same number of runs took in as many bare processes, each time it was tried.
    comparisons : tuple of Comparison
        Of one run that is watched on the idle server.
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
        """All that went wrong."""
        return tuple(error for lesson in self.lessons for error in lesson.errors)

    @property
    def stored(self) -> int:
        """Number of runs that the database has as finished."""
        return sum(lesson.stored for lesson in self.lessons)

    @property
    def slowdowns(self) -> list[float]:
        """How much longer each class took than the computing of its runs alone."""
        return [lesson.seconds / median(self.pure) for lesson in self.lessons]

    def growth(self, after: int) -> float | None:
        """Return by how many bytes a run the server's memory grew after so many lessons, fitted by a line."""
        held = [lesson.memory for lesson in self.lessons[after:]]
        if len(held) < 2:
            return None
        return linear_regression([self.n_pupils * number for number in range(len(held))], held).slope
