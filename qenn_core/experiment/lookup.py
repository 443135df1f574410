"""Settings by their dotted path, for whoever draws a form."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from qenn_core.experiment import introspection
from qenn_core.experiment.spec import ExperimentSpec
from qenn_core.registry import Entry

_FIELDS = dict(introspection.leaves(ExperimentSpec))


def query_keys() -> dict[str, str]:
    """Return the dotted field of each key of a link; a key that ends with a dot is a prefix."""
    return {introspection.link_key(field): path for path, field in _FIELDS.items()}


def field_of(path: str) -> FieldInfo:
    """Return title, description, default and metadata of a dotted field such as ``circuit.n_qubits``."""
    if path not in _FIELDS:
        raise KeyError(f"unknown field {path!r}; known: {', '.join(_FIELDS)}")
    return _FIELDS[path]


def bounds(path: str) -> tuple[float, float]:
    """Return the lowest and the highest value of a numeric field."""
    ends = introspection.span(field_of(path))
    if ends is None:
        raise KeyError(f"{path!r} has no range")
    return ends


def choices(path: str) -> tuple[Any, ...]:
    """Return what a field of a fixed set of values may be, in menu order."""
    values = introspection.options(field_of(path))
    if values is None:
        raise KeyError(f"{path!r} has no fixed set of values")
    return values


def entry_of(path: str, key: str) -> Entry:
    """Return the registered entry behind the value of a field."""
    keys = introspection.registered(field_of(path))
    if keys is None:
        raise KeyError(f"{path!r} is not the key of a catalogue")
    return keys.catalogue[key]
