"""Facts derived from the declaration of a field: its range, its choices, their names, its query key."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Literal, TypeVar, Union, get_args, get_origin

import annotated_types
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from qenn_core.experiment.annotations import (
    AllowedValues,
    Labels,
    OneOf,
    QueryKey,
    SpecSection,
    Step,
)
from qenn_core.text import count

T = TypeVar("T")


def iter_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each setting with its dotted path, such as ``circuit.n_qubits``."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, SpecSection):
            for setting, info in section.model_fields.items():
                yield f"{name}.{setting}", info
        else:
            yield name, field


def query_key(field: FieldInfo) -> str:
    """Return the query parameter of a field in a link."""
    annotation = _metadata(field, QueryKey)
    assert annotation is not None, "every setting has a query key"
    return annotation.name


def holds_text(field: FieldInfo) -> bool:
    """Return whether the values of a field are strings, which a link holds without quotes."""
    annotation = field.annotation
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return any(
        member is str or (get_origin(member) is Literal and isinstance(get_args(member)[0], str))
        for member in members
    )


def field_bounds(field: FieldInfo) -> tuple[float, float] | None:
    """Return the lowest and the highest value of a numeric field; ``None`` if it has no range."""
    low, high = _metadata(field, annotated_types.Ge), _metadata(field, annotated_types.Le)
    if low is None or high is None:
        return None
    return low.ge, high.le  # type: ignore[return-value]


def field_step(field: FieldInfo) -> float | None:
    """Return the distance between two values that a slider offers; ``None`` if the field declares none."""
    step = _metadata(field, Step)
    return step.size if step else None


def catalogue_validator(field: FieldInfo) -> OneOf | None:
    """Return the validator of a field whose values are keys of a catalogue, else ``None``."""
    for annotation in field.metadata:
        if isinstance(annotation, AfterValidator) and isinstance(annotation.func, OneOf):
            return annotation.func
    return None


def field_choices(field: FieldInfo) -> tuple[str, ...] | None:
    """Return the allowed values of a field, in menu order; ``None`` if they are not a fixed set."""
    validator = catalogue_validator(field)
    if validator is not None:
        return validator.keys()
    for annotation in (field.annotation, *get_args(field.annotation)):
        if get_origin(annotation) is Literal:
            return get_args(annotation)
    return None


def choice_label(field: FieldInfo, value: str) -> str:
    """Return the display name of one of a field's choices; raise ``KeyError`` for any other value."""
    validator, labels = catalogue_validator(field), _metadata(field, Labels)
    if validator is not None:
        return validator.label_of(value)
    if labels is not None:
        return labels.by_value[value]
    raise KeyError(f"{value!r} has no display name")


def describe_allowed(field: FieldInfo) -> str | None:
    """Describe the allowed values of a field, where they follow from its declaration."""
    described = _metadata(field, AllowedValues)
    if described is not None:
        return described.description
    validator, values, bounds = catalogue_validator(field), field_choices(field), field_bounds(field)
    if validator is not None:
        return validator.allowed
    if values is not None:
        return "one of " + ", ".join(choice_label(field, value) for value in values)
    if bounds is not None:
        kind = "a number" if "float" in str(field.annotation) else "a whole number"
        return f"{kind} from {bounds[0]:.10g} to {bounds[1]:.10g}"
    shortest = _metadata(field, annotated_types.MinLen)
    longest = _metadata(field, annotated_types.MaxLen)
    if longest is not None and holds_text(field):
        is_exact = shortest is not None and shortest.min_length == longest.max_length
        return f"{'' if is_exact else 'at most '}{count(longest.max_length, 'character')}"
    return None


def _metadata(field: FieldInfo, kind: type[T]) -> T | None:
    return next((annotation for annotation in field.metadata if isinstance(annotation, kind)), None)
