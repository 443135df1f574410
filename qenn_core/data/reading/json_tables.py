"""The tables in a JSON document, in the forms in which programs write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qenn_core import limits

Rows = list[list[Any]]


def json_tables(document: Any) -> dict[str, Rows]:
    """Return the tables of a parsed document by their names, each with its header as the first row.

    A table is a list of objects; a list of lists, the first of which holds the names; the columns, index and
    data of a data frame; an object of columns; or the features of a map, with their properties. An object
    may hold several tables.
    """
    table = _table(document)
    if table is not None:
        return {"": table}
    if not isinstance(document, dict):
        return {}
    found = {name: _table(value) for name, value in document.items() if isinstance(value, list)}
    return {name: rows for name, rows in found.items() if rows is not None}


def _table(value: Any) -> Rows | None:
    """Return the rows of a value that is a table, below their header; else ``None``."""
    if isinstance(value, list) and len(value) > 1:
        if all(isinstance(entry, dict) for entry in value):
            return _records(value)
        if all(isinstance(entry, list) and len(entry) == len(value[0]) > 1 for entry in value):
            return value
        if isinstance(value[0], dict) and isinstance(value[-1], list):
            return _table(value[-1])  # what is said of a table, and the table
    if isinstance(value, dict):
        if {"columns", "data"} <= set(value) and isinstance(value["data"], list):
            return _table([value["columns"], *value["data"]])
        return _columns(value)
    return None


def _columns(value: Mapping[str, Any]) -> Rows | None:
    """Return the rows of an object whose members are the columns of a table, by row or by index."""
    columns = list(value.values())
    if len(columns) < 2 or not all(isinstance(column, dict | list) and len(column) > 1 for column in columns):
        return None
    if all(isinstance(column, dict) for column in columns):
        keys = list(columns[0])
        is_table = all(list(column) == keys for column in columns)
        columns = [list(column.values()) for column in columns]
    else:
        is_table = all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns)
    if not is_table or any(map(_is_nested, columns)):
        return None
    return [list(value), *map(list, zip(*columns, strict=True))]


def _records(entries: Sequence[Mapping[str, Any]]) -> Rows | None:
    if all(entry.get("type") == "Feature" for entry in entries):
        entries = [entry.get("properties") or {} for entry in entries]
    names: dict[str, None] = {}
    for entry in entries:
        names.update(dict.fromkeys(entry))
        if len(names) > limits.MAX_COLUMNS:
            return [list(names)]  # too many, however many there are
    if len(names) < 2 or _is_nested(value for entry in entries for value in entry.values()):
        return None
    return [list(names), *([entry.get(name) for name in names] for entry in entries)]


def _is_nested(values: Iterable[Any]) -> bool:
    """Return whether most values are lists and objects themselves."""
    kinds = [isinstance(value, dict | list) for value in values]
    return 2 * sum(kinds) >= len(kinds) > 0
