"""A drawing of a circuit as plain values, which a worker sends to a page."""

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
    """Its label: ``"RY"``, ``"Rot"``, ``"H"``, ``"RZZ"``, ``"|ψ⟩"``, ``"⟨Z⟩"``, or the name of a channel."""
    symbol: Symbol
    """How to draw it: ``"box"`` on one wire, ``"multi"`` a box or link across several."""
    wires: tuple[int, ...]
    """All wires that it acts on, controls first."""
    controls: tuple[int, ...]
    """The wires that control it, each drawn as a dot."""
    column: int
    section: SectionKind
    """The kind of its section; noise after a gate belongs to the gate's section."""
    layer: int | None
    """Index of its layer, from 0; ``None`` outside the layers."""
    text: str
    """The gate and its arguments: ``"RY(x₀)"``, ``"Rot(θ₀, θ₁, θ₂)"``. Inputs, and the angles of the whole
    circuit, are numbered from 0."""


class DrawnSection(_Value):
    """Consecutive columns with a single purpose."""

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
    """In the order in which they are applied."""
    sections: tuple[DrawnSection, ...]
    """From left to right; each column belongs to exactly one."""
