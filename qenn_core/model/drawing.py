"""A circuit to draw, as plain values that go from a worker to a page."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from qenn_core.model.circuit import SectionKind

Symbol = Literal["box", "cnot", "cz", "multi", "noise", "measurement"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class DrawnGate(_Value):
    """One symbol of the drawing."""

    name: str
    """What it is called: ``"RY"``, ``"Rot"``, ``"H"``, ``"RZZ"``, ``"|ψ⟩"``, ``"⟨Z⟩"``, or a channel."""
    symbol: Symbol
    """How to draw it: ``"box"`` on one wire, ``"multi"`` a box or link across several."""
    wires: tuple[int, ...]
    """All wires that it acts on, controls first."""
    controls: tuple[int, ...]
    """The wires among them that control, each drawn as a dot."""
    column: int
    section: SectionKind
    """The kind of section that it stands in; noise after a gate stands with the gate."""
    layer: int | None
    """Number of the layer, from 0; ``None`` for what belongs to none."""
    text: str
    """What it is and what feeds it: ``"RY(x₀)"``, ``"Rot(θ₀, θ₁, θ₂)"``. Inputs, and the angles of the
    whole circuit, are numbered from 0."""


class DrawnSection(_Value):
    """A run of columns that do one thing."""

    kind: SectionKind
    layer: int | None
    caption: str
    """``"Encoding"``, ``"Layer 1"``, ``"Noise"``, ``"Measurement"``."""
    first_column: int
    last_column: int


class Drawing(_Value):
    """A circuit to draw; column 0 and wire 0 are at the upper left."""

    n_wires: int
    n_columns: int
    gates: tuple[DrawnGate, ...]
    """In the order in which they act."""
    sections: tuple[DrawnSection, ...]
    """From left to right; each column is in one of them."""
