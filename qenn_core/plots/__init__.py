"""Figures of results, as pure functions of plain data."""
