"""Amounts of time and memory in words, no finer than an estimate is."""

from __future__ import annotations


def memory(n_bytes: float) -> str:
    """Return an amount of memory: ``"12 MB"``, ``"1.5 GB"``."""
    return f"{_rounded(n_bytes / 1e9)} GB" if n_bytes >= 1e8 else f"{_rounded(n_bytes / 1e6)} MB"


def duration(seconds: float) -> str:
    """Return an amount of time: ``"40 ms"``, ``"12 s"``, ``"3.5 min"``, ``"2 h"``."""
    if seconds < 0.1:
        return f"{_rounded(1000 * seconds)} ms"
    if seconds < 90:
        return f"{_rounded(seconds)} s"
    if seconds < 90 * 60:
        return f"{_rounded(seconds / 60)} min"
    return f"{_rounded(seconds / 3600)} h"


def qubits(number: int) -> str:
    """Return so many qubits: ``"1 qubit"``, ``"4 qubits"``."""
    return "1 qubit" if number == 1 else f"{number} qubits"


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{round(number, 1):g}"
