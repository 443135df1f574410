"""What can be read off the declaration of a field: its range, its choices, its key in a link."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from qenn_core.experiment.annotations import Allowed, Key, OneOf, SpecSection


def leaves(root: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield each setting with its dotted path, such as ``circuit.n_qubits``."""
    for name, field in root.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, SpecSection):
            for leaf, info in section.model_fields.items():
                yield f"{name}.{leaf}", info
        else:
            yield name, field


def link_key(field: FieldInfo) -> str:
    """Return the key of a field in a link."""
    return next(mark.name for mark in field.metadata if isinstance(mark, Key))


def is_text(field: FieldInfo) -> bool:
    """Tell whether a field's values are texts, which stand in a link as they are."""
    annotation = field.annotation
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return any(
        member is str or (get_origin(member) is Literal and isinstance(get_args(member)[0], str))
        for member in members
    )


def span(field: FieldInfo) -> tuple[float, float] | None:
    """Return the lowest and the highest value of a numeric field."""
    ends: dict[type, Any] = {type(mark): mark for mark in field.metadata}
    if annotated_types.Ge not in ends or annotated_types.Le not in ends:
        return None
    return ends[annotated_types.Ge].ge, ends[annotated_types.Le].le


def registered(field: FieldInfo) -> OneOf | None:
    """Return the catalogue that a field's values are keys of."""
    for mark in field.metadata:
        if isinstance(mark, AfterValidator) and isinstance(mark.func, OneOf):
            return mark.func
    return None


def options(field: FieldInfo) -> tuple[Any, ...] | None:
    """Return what a field of a fixed set of values may be, in menu order."""
    keys = registered(field)
    if keys:
        return keys.keys()
    for annotation in (field.annotation, *get_args(field.annotation)):
        if get_origin(annotation) is Literal:
            return get_args(annotation)
    return None


def allowed(field: FieldInfo) -> str | None:
    """Say what a field's value may be, where its declaration tells."""
    for mark in field.metadata:
        if isinstance(mark, Allowed):
            return mark.words
    keys, values, ends = registered(field), options(field), span(field)
    if keys is not None:
        return keys.allowed
    if values is not None:
        return "one of " + ", ".join(map(str, values))
    if ends is not None:
        kind = "a number" if "float" in str(field.annotation) else "a whole number"
        return f"{kind} from {ends[0]:g} to {ends[1]:g}"
    return None
