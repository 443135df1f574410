"""The document that benchmarks write their tables into, and helpers for these tables."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def insert(document: str, tables: str, section: str) -> str:
    """Return `document` with the text between the two marker lines of a section replaced by `tables`.

    Raises
    ------
    ValueError
        If the marker lines do not occur exactly once each, in order.
    """
    first, last = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, begin, rest = document.partition(f"{first}\n")
    _, end, after = rest.partition(f"{last}\n")
    if not begin or not end or first in after or last in after:
        raise ValueError(f"the document needs the lines {first} and {last}, once each and in this order")
    return f"{before}{first}\n\n{tables}\n\n{last}\n{after}"


def write(path: Path, tables: str, section: str) -> None:
    """Write `tables` into a section of the document at `path`."""
    path.write_text(insert(path.read_text(encoding="utf-8"), tables, section), encoding="utf-8")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    ruled = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled)


def rounded(value: float) -> str:
    """Format a number with three significant digits, or all its digits before the decimal point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def versions(packages: Iterable[str]) -> str:
    """Return the versions of Python and the packages."""
    named = (f"{name} {_version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {', '.join(named)}"


def cpu() -> str:
    """Return the name of the processor."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
