"""The circuit as an SVG figure in the colours of the page's theme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from qenn_core.model import Drawing, DrawnGate, DrawnSection

# In pixels. With many wires the gaps are smaller, so that the figure fits in half the screen of a laptop.
_LABEL_WIDTH = 30.0
_CAPTION_HEIGHT = 22.0
_BOX_HEIGHT = 24.0
_CONTROL_WIDTH = 23.0
_CHARACTER_WIDTH = 8.0
_CAPTION_CHARACTER_WIDTH = 6.3
_BOX_PADDING = 12.0
_COLUMN_GAP = 5.0
_SECTION_GAP = 11.0
_FIGURE_HEIGHT = 180.0
_WIRE_GAPS = (29.0, 42.0)

# The figure may shrink to this scale to fit the page; its text stays readable.
_MIN_SCALE = 0.8

# The colour role of the gates in each kind of section; noise channels have their own role in all sections.
_ROLES = {"encoding": "encoding", "layer": "quantum", "noise": "noise", "measurement": "classical"}


def circuit_svg(drawing: Drawing) -> str:
    """Draw a circuit from left to right, with wire 0 at the top and sections in their colours.

    Parameters
    ----------
    drawing : Drawing
        The circuit to draw.

    Returns
    -------
    str
        An SVG document, with escaped texts and with the palette's CSS variables as colours.
    """
    return tostring(_Figure(drawing).svg(), encoding="unicode")


class _Figure:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        low, high = _WIRE_GAPS
        self.wire_gap = min(high, max(low, _FIGURE_HEIGHT / drawing.n_wires))
        widths = [_CONTROL_WIDTH] * drawing.n_columns
        for gate in drawing.gates:
            widths[gate.column] = max(widths[gate.column], _width(gate))
        starts = {section.first_column for section in drawing.sections}
        column_widths = [
            width + _COLUMN_GAP + (_SECTION_GAP if column in starts else 0)
            for column, width in enumerate(widths)
        ]
        self.widths = widths
        self.right = [_LABEL_WIDTH + edge for edge in accumulate(column_widths)]
        self.width = self.right[-1] + _SECTION_GAP
        self.height = _CAPTION_HEIGHT + self.wire_gap * drawing.n_wires

    def x(self, column: int) -> float:
        return self.right[column] - self.widths[column] / 2

    def y(self, wire: int) -> float:
        return _CAPTION_HEIGHT + self.wire_gap * (wire + 0.5)

    def svg(self) -> Element:
        svg = _element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "aria-label": self._description(),
                "style": f"max-width:{self.width:.0f}px;min-width:{_MIN_SCALE * self.width:.0f}px",
                "viewBox": f"0 0 {self.width:g} {self.height:g}",
            },
        )
        for section in self.drawing.sections:
            self._section(svg, section)
        for wire in range(self.drawing.n_wires):
            _text(svg, _LABEL_WIDTH / 2, self.y(wire), f"q{wire}", "muted")
            _line(svg, (_LABEL_WIDTH, self.width), (self.y(wire), self.y(wire)), "muted", 1.0)
        for gate in self.drawing.gates:
            group = SubElement(svg, "g")
            SubElement(group, "title").text = gate.text
            self._gate(group, gate)
        return svg

    def _description(self) -> str:
        captions = ", ".join(section.caption for section in self.drawing.sections)
        return f"Circuit of {self.drawing.n_wires} qubits, from left to right: {captions}"

    def _section(self, svg: Element, section: DrawnSection) -> None:
        left = self.right[section.first_column] - self.widths[section.first_column] - _COLUMN_GAP
        right = self.right[section.last_column] + _COLUMN_GAP
        role = _ROLES[section.kind]
        area = {
            "x": left,
            "y": _CAPTION_HEIGHT,
            "width": right - left,
            "height": self.height - _CAPTION_HEIGHT,
        }
        _add(svg, "rect", {**area, "rx": 6}, fill=f"{role}-soft")
        caption = (
            section.caption
            if _CAPTION_CHARACTER_WIDTH * len(section.caption) < right - left + 1.5 * _SECTION_GAP
            else ""
        )
        _text(svg, (left + right) / 2, _CAPTION_HEIGHT / 2, caption, role, size=12)

    def _gate(self, group: Element, gate: DrawnGate) -> None:
        role = "noise" if gate.symbol == "noise" else _ROLES[gate.section]
        x = self.x(gate.column)
        targets = [wire for wire in gate.wires if wire not in gate.controls]
        if len(gate.wires) > 1:
            span = (self.y(min(gate.wires)), self.y(max(gate.wires)))
            _line(group, (x, x), span, role, 1.6)
        for wire in gate.controls:
            self._dot(group, x, wire, role)
        if gate.symbol == "multi" and len(targets) > 2:
            self._box(group, x, targets, gate, role)
            return
        for wire in targets:
            if gate.symbol == "cnot":
                self._target(group, x, wire, role)
            elif gate.symbol == "cz":
                self._dot(group, x, wire, role)
            elif gate.symbol == "noise":
                self._dot(group, x, wire, role, radius=8.5)
                _text(group, x, self.y(wire), "≈", "on-colour")
            else:
                self._box(group, x, [wire], gate, role)

    def _box(self, group: Element, x: float, wires: Sequence[int], gate: DrawnGate, role: str) -> None:
        width, top, bottom = _width(gate), self.y(min(wires)), self.y(max(wires))
        height = bottom - top + _BOX_HEIGHT
        area = {"x": x - width / 2, "y": top - _BOX_HEIGHT / 2, "width": width, "height": height}
        _add(group, "rect", {**area, "rx": 4}, fill=role)
        _text(group, x, (top + bottom) / 2, gate.name, "on-colour", size=12)

    def _dot(self, group: Element, x: float, wire: int, role: str, radius: float = 4) -> None:
        _add(group, "circle", {"cx": x, "cy": self.y(wire), "r": radius}, fill=role)

    def _target(self, group: Element, x: float, wire: int, role: str) -> None:
        y, radius = self.y(wire), 8.0
        _add(group, "circle", {"cx": x, "cy": y, "r": radius}, fill="background", stroke=role)
        _line(group, (x - radius, x + radius), (y, y), role, 1.6)
        _line(group, (x, x), (y - radius, y + radius), role, 1.6)


def _width(gate: DrawnGate) -> float:
    """Return the width of a gate's symbol; those of CNOT, CZ and noise are narrow."""
    if gate.symbol in ("cnot", "cz", "noise"):
        return _CONTROL_WIDTH
    return _CHARACTER_WIDTH * len(gate.name) + _BOX_PADDING


def _element(tag: str, attributes: Mapping[str, str | float]) -> Element:
    return Element(
        tag, {name: value if isinstance(value, str) else f"{value:g}" for name, value in attributes.items()}
    )


def _add(
    parent: Element,
    tag: str,
    attributes: Mapping[str, str | float],
    *,
    fill: str | None = None,
    stroke: str | None = None,
) -> Element:
    child = _element(tag, attributes)
    parent.append(child)
    style = [f"fill:var(--qenn-{fill})" if fill else "fill:none"]
    if stroke:
        style.append(f"stroke:var(--qenn-{stroke});stroke-width:1.6")
    child.set("style", ";".join(style))
    return child


def _line(parent: Element, xs: tuple[float, float], ys: tuple[float, float], role: str, width: float) -> None:
    ends: dict[str, str | float] = {"x1": xs[0], "x2": xs[1], "y1": ys[0], "y2": ys[1], "stroke-width": width}
    line = _add(parent, "line", ends)
    line.set("style", f"stroke:var(--qenn-{role})")


def _text(parent: Element, x: float, y: float, text: str, role: str, size: float = 13) -> None:
    attributes: dict[str, str | float] = {
        "x": x,
        "y": y,
        "font-size": size,
        "text-anchor": "middle",
        "dominant-baseline": "central",
    }
    _add(parent, "text", attributes, fill=role).text = text
