"""The document that benchmarks write their tables into, and what the tables have in common."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def insert(document: str, tables: str, section: str) -> str:
    """Return `document` with `tables` between the two marker lines of a section, in place of what was there.

    Raises
    ------
    ValueError
        If the marker lines are not there once each, in order.
    """
    first, last = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, begin, rest = document.partition(f"{first}\n")
    _, end, after = rest.partition(f"{last}\n")
    if not begin or not end or first in after or last in after:
        raise ValueError(f"the document needs the lines {first} and {last}, once each and in this order")
    return f"{before}{first}\n\n{tables}\n\n{last}\n{after}"


def write(path: Path, tables: str, section: str) -> None:
    """Put `tables` into a section of the document at `path`."""
    path.write_text(insert(path.read_text(encoding="utf-8"), tables, section), encoding="utf-8")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    ruled = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled)


def rounded(value: float) -> str:
    """Three digits, and not fewer than the whole ones."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def versions(packages: Iterable[str]) -> str:
    """Name Python and the packages with their versions."""
    named = (f"{name} {_version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {', '.join(named)}"


def cpu() -> str:
    """Name the processor."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
