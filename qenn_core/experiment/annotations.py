"""What the fields of a spec have in common: frozen sections, link keys, registry keys, named values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from qenn_core.registry import Entry, Scalar

Role = Literal["numeric", "category", "boolean", "date", "text", "ignore"]
Entanglement = Literal["ring", "linear", "all", "none"]


@dataclass(frozen=True)
class Key:
    """The key of a field in a link; short, and never changed once published."""

    name: str


@dataclass(frozen=True)
class Allowed:
    """What a field may be, in words, where its declaration is hard to read."""

    words: str


class Catalogue(Protocol):
    """Named entries, such as a registry's."""

    def keys(self) -> Iterable[str]:
        """Return the names, in menu order."""
        ...

    def __getitem__(self, key: str, /) -> Entry:
        """Return an entry."""
        ...


@dataclass(frozen=True)
class OneOf:
    """A field whose value is a key of a catalogue; `hint` says where other keys come from."""

    catalogue: Catalogue
    also: tuple[str, ...] = ()
    hint: str = ""

    def keys(self) -> tuple[str, ...]:
        """Return what the value may be."""
        return (*self.catalogue.keys(), *self.also)

    @property
    def allowed(self) -> str:
        """What the value may be, in words."""
        return f"one of {', '.join(self.keys())}{self.hint}"

    def __call__(self, value: str) -> str:
        """Return `value`, or raise ``ValueError`` if it is not a key."""
        if value not in self.keys():
            raise ValueError(f"must be {self.allowed}")
        return value


def one_of(catalogue: Catalogue, *also: str, hint: str = "") -> Any:
    """Mark a field as a key of `catalogue`, for validation and for menus."""
    check = OneOf(catalogue, also, hint)
    return AfterValidator(check)


def _pairs(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


Pairs = (BeforeValidator(_pairs), PlainSerializer(dict, when_used="always"))
Params = Annotated[tuple[tuple[str, Scalar], ...], *Pairs]
Roles = Annotated[tuple[tuple[str, Role], ...], *Pairs]


class SpecSection(BaseModel):
    """A part of the experiment: frozen, without unknown fields, all numbers finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
