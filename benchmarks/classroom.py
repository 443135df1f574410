"""Let classes of pupils train simultaneously on a real server, and write tables of the measurements.

Run it in the parent folder, on an idle Linux machine: ``python -m benchmarks.classroom``.
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
from benchmarks.load.lesson import run_lesson
from benchmarks.load.overhead import compare
from benchmarks.load.server import RunningServer, serving
from benchmarks.load.tab import until_ready
from benchmarks.load.tables import report
from qenn_core.experiment import ExperimentSpec

SECTION = "classroom"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Parameters
    ----------
    pupils : int
        Number of pupils that train simultaneously.
    lessons : int
        Number of consecutive classes.
    repeats : int
        Number of single runs that are watched, to measure the overhead.
    pure_every : int
        Interval, in lessons, at which pure computing is measured, so that a drift of the machine affects
        both.
    link : str
        Settings of the runs, as in a link of the app. With an empty one, they would follow the data.
    """

    pupils: int = 30
    lessons: int = 18
    repeats: int = 15
    pure_every: int = 3
    link: str = "ep=30"

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment of each pupil."""
        return ExperimentSpec.from_query(dict(parse_qsl(self.link)))


FULL = Effort()
QUICK = Effort(pupils=3, lessons=1, repeats=1, link="ep=3")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with command-line options, print the tables, and write them."""
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
    parser.add_argument("--quick", action="store_true", help="only a few short runs, as a check")
    parser.add_argument(
        "--output", type=Path, help=f"write the tables into this file, such as {DOCUMENT.name}"
    )
    return parser.parse_args(arguments)


def _measure(server: RunningServer, bare: BareWorkers, effort: Effort, workers: int) -> Classes:
    uvloop.run(until_ready(server.url))
    # The first run is not counted, because nothing is warmed up.
    watched = uvloop.run(compare(server, bare, effort.link, effort.spec, 1 + effort.repeats))[1:]
    logger.info("one run alone: done")
    memory, lessons, pure = server.memory(), [], []
    for number in range(effort.lessons):
        if number % effort.pure_every == 0:
            pure.append(bare.seconds_for_runs(effort.spec, effort.pupils))
        lessons.append(uvloop.run(run_lesson(server, effort.pupils, link=effort.link, seed=number)))
        logger.info("class %d: %.1f s, %d errors", number + 1, lessons[-1].seconds, len(lessons[-1].errors))
    pure.append(bare.seconds_for_runs(effort.spec, effort.pupils))
    return Classes(effort.pupils, workers, memory, tuple(lessons), tuple(pure), tuple(watched))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
