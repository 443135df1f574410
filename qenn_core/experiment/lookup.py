"""Settings by their dotted path: title, range, choices and display names, for forms and messages."""

from __future__ import annotations

from pydantic.fields import FieldInfo

from qenn_core.experiment import introspection
from qenn_core.experiment.spec import ExperimentSpec
from qenn_core.registry import Entry

_FIELDS = dict(introspection.iter_fields(ExperimentSpec))


def query_keys() -> dict[str, str]:
    """Return the dotted path of the field behind each key of a link; a key ending in a dot is a prefix."""
    return {introspection.query_key(field): path for path, field in _FIELDS.items()}


def field_of(path: str) -> FieldInfo:
    """Return title, description, default and metadata of a dotted field such as ``circuit.n_qubits``."""
    if path not in _FIELDS:
        raise KeyError(f"unknown field {path!r}; known: {', '.join(_FIELDS)}")
    return _FIELDS[path]


def bounds(path: str) -> tuple[float, float]:
    """Return the lowest and the highest value of a numeric field; raise ``KeyError`` without a range."""
    found = introspection.field_bounds(field_of(path))
    if found is None:
        raise KeyError(f"{path!r} has no range")
    return found


def step_of(path: str) -> float:
    """Return the distance between two values of a numeric field on a slider."""
    step = introspection.field_step(field_of(path))
    return 1 if step is None else step


def choices(path: str) -> tuple[str, ...]:
    """Return the allowed values of a field, in menu order; raise ``KeyError`` if they are no fixed set."""
    values = introspection.field_choices(field_of(path))
    if values is None:
        raise KeyError(f"{path!r} has no fixed set of values")
    return values


def entry_of(path: str, key: str) -> Entry:
    """Return the catalogue entry that a field's value stands for.

    Raises
    ------
    KeyError
        If the field's values are not keys of a catalogue, or `key` is not one of them.
    """
    validator = introspection.catalogue_validator(field_of(path))
    if validator is None:
        raise KeyError(f"the values of {path!r} are not keys of a catalogue")
    return validator.catalogue[key]


def label_of(path: str, value: str) -> str:
    """Return the display name of one of a field's choices.

    Parameters
    ----------
    path : str
        The dotted field, such as ``"circuit.entanglement"``.
    value : str
        One of ``choices(path)``, such as ``"linear"``.

    Returns
    -------
    str
        The name on the screen, such as ``"Chain"``.

    Raises
    ------
    KeyError
        If the field has no fixed set of values, or `value` is not one of them.
    """
    return introspection.choice_label(field_of(path), value)


def choice_help(path: str, value: str) -> str:
    """Return the one-line help of a field's choice; empty for a choice that is not a catalogue entry."""
    validator = introspection.catalogue_validator(field_of(path))
    if validator is None or value in validator.extra_labels:
        return ""
    return validator.catalogue[value].help
