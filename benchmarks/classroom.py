"""Let classes train at once on a real server, and write down what they met.

Run it from the folder above, on an idle machine with Linux: ``python -m benchmarks.classroom``.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl

import uvloop

from benchmarks.document import DOCUMENT, write
from benchmarks.load.bare import BareWorkers, bare_workers
from benchmarks.load.figures import Classes
from benchmarks.load.lesson import give
from benchmarks.load.overhead import compare
from benchmarks.load.server import RunningServer, serving
from benchmarks.load.tab import until_ready
from benchmarks.load.tables import report
from qenn_core.experiment import ExperimentSpec

SECTION = "classroom"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Parameters
    ----------
    pupils : int
        Who train at once.
    lessons : int
        Classes, one after the other.
    repeats : int
        Runs that are watched alone, for the overhead.
    pure_every : int
        The pure computing is measured before each so many lessons, so that a drift of the machine meets both.
    link : str
        Settings of the runs, as in the app's link; the default run if there are none.
    """

    pupils: int = 30
    lessons: int = 18
    repeats: int = 15
    pure_every: int = 3
    link: str = ""

    @property
    def spec(self) -> ExperimentSpec:
        """What each pupil trains."""
        return ExperimentSpec.from_query(dict(parse_qsl(self.link)))


FULL = Effort()
QUICK = Effort(pupils=3, lessons=1, repeats=1, link="ep=3")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write them."""
    options = _parse(arguments)
    effort = QUICK if options.quick else FULL
    with (
        TemporaryDirectory(prefix="qenn-class-") as home,
        bare_workers(options.workers) as bare,
        serving(Path(home), options.workers) as server,
    ):
        classes = _measure(server, bare, effort, options.workers)
    tables = report(classes)
    print(tables)
    if options.output is not None:
        write(options.output, tables, SECTION)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--workers", type=int, default=2, help="training workers of the server")
    parser.add_argument("--quick", action="store_true", help="a few short runs, to see that all works")
    parser.add_argument("--output", type=Path, help=f"write the tables into this file, as {DOCUMENT.name}")
    return parser.parse_args(arguments)


def _measure(server: RunningServer, bare: BareWorkers, effort: Effort, workers: int) -> Classes:
    uvloop.run(until_ready(server.url))
    # The first run finds nothing warm; it is not counted.
    watched = uvloop.run(compare(server, bare, effort.link, effort.spec, 1 + effort.repeats))[1:]
    logger.info("one run alone: done")
    memory, lessons, pure = server.memory(), [], []
    for number in range(effort.lessons):
        if number % effort.pure_every == 0:
            pure.append(bare.seconds_for_runs(effort.spec, effort.pupils))
        lessons.append(uvloop.run(give(server, effort.pupils, link=effort.link, seed=number)))
        logger.info("class %d: %.1f s, %d errors", number + 1, lessons[-1].seconds, len(lessons[-1].errors))
    pure.append(bare.seconds_for_runs(effort.spec, effort.pupils))
    return Classes(effort.pupils, workers, memory, tuple(lessons), tuple(pure), tuple(watched))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
