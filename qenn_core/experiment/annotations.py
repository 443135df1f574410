"""Annotations of spec fields: link keys, display names, allowed values; and the base of all sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from qenn_core.registry import Entry, Scalar

Role = Literal["numeric", "pair", "category", "boolean", "date", "text", "group", "ignore"]
Entanglement = Literal["ring", "linear", "all", "none"]
ReductionMethod = Literal["pca", "kbest", "linear"]


@dataclass(frozen=True)
class QueryKey:
    """The query parameter of a field in a link; short, and never changed once published."""

    name: str


@dataclass(frozen=True)
class Labels:
    """The display names of a literal field's values."""

    by_value: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """The distance between two values that a slider offers; all values are shown with its decimal places."""

    size: float


@dataclass(frozen=True)
class AllowedValues:
    """A description of the allowed values, where none can be derived from the declaration."""

    description: str


class Catalogue(Protocol):
    """Entries by key, such as a registry."""

    def keys(self) -> Iterable[str]:
        """Return the keys, in menu order."""
        ...

    def __getitem__(self, key: str, /) -> Entry:
        """Return an entry."""
        ...


@dataclass(frozen=True)
class OneOf:
    """A validator that accepts the keys of a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        The entries to choose from.
    extra_labels : mapping of str to str
        Display names of further values, by value.
    note : str
        Appended to the list of choices in error messages.
    """

    catalogue: Catalogue
    extra_labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def keys(self) -> tuple[str, ...]:
        """Return the allowed values, in menu order."""
        return (*self.catalogue.keys(), *self.extra_labels)

    def label_of(self, key: str) -> str:
        """Return the display name of an allowed value; raise ``KeyError`` for any other value."""
        return self.extra_labels[key] if key in self.extra_labels else self.catalogue[key].label

    @property
    def allowed(self) -> str:
        """The allowed values as a phrase, by their display names."""
        return f"one of {', '.join(map(self.label_of, self.keys()))}{self.note}"

    def __call__(self, value: str) -> str:
        """Return `value`; raise ``ValueError`` if it is not allowed."""
        if value not in self.keys():
            raise ValueError(f"must be {self.allowed}")
        return value


def one_of(
    catalogue: Catalogue, extra_labels: Mapping[str, str] | None = None, note: str = ""
) -> AfterValidator:
    """Restrict a field to the keys of a catalogue; see `OneOf`."""
    return AfterValidator(OneOf(catalogue, extra_labels or {}, note))


def _mapping_to_pairs(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


# Mappings are held as sorted pairs, so that specs are hashable, and written as mappings.
_STORED_AS_PAIRS = (BeforeValidator(_mapping_to_pairs), PlainSerializer(dict, when_used="always"))
Params = Annotated[tuple[tuple[str, Scalar], ...], *_STORED_AS_PAIRS]
Roles = Annotated[tuple[tuple[str, Role], ...], *_STORED_AS_PAIRS]


class SpecSection(BaseModel):
    """A section of the spec: frozen, without unknown fields, with finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
