"""Compare training steps of the engine and of other simulators, and write the tables.

Run it in the parent folder, on an idle Linux machine: ``python -m benchmarks.engine``.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.registry import CONTENDERS
from benchmarks.document import DOCUMENT, write
from benchmarks.measure import FULL, QUICK, Effort, Outcome, measure
from benchmarks.process import ONE_THREAD
from benchmarks.report import report
from benchmarks.rows import ROWS, Row

SECTION = "measured"

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with command-line options, print the tables, and write them."""
    options = _parse(arguments)
    os.environ.update(ONE_THREAD)
    effort = QUICK if options.quick else FULL
    results = {key: _measure(key, ROWS[key], options.contenders, effort) for key in options.rows}
    tables = report(results, steps=effort.steps)
    print(tables)
    if options.output is not None:
        write(options.output, tables, SECTION)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="rows to measure")
    parser.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), help="contenders to measure"
    )
    parser.add_argument("--quick", action="store_true", help="only a few steps, as a check")
    parser.add_argument(
        "--output", type=Path, help=f"write the tables into this file, such as {DOCUMENT.name}"
    )
    return parser.parse_args(arguments)


def _measure(key: str, row: Row, selected: Sequence[str], effort: Effort) -> dict[str, Outcome]:
    logger.info("measuring %s", key)
    contenders = [name for name in row.contenders if name in selected]
    installed = [name for name in contenders if CONTENDERS[name].installed]
    outcomes = measure(installed, row.problem, effort)
    return {name: outcomes.get(name, "not installed") for name in contenders}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
