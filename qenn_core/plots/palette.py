"""The colours of all figures and pages by role, for the light and the dark theme.

Quantum parts are violet, classical parts burnt orange, noise is a greyish red. Classes have the colours of
Okabe and Ito (2008), which colour-blind people can distinguish, in a fixed order; no role uses the colour
of a class.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Theme = Literal["light", "dark"]


class Shade(NamedTuple):
    """A colour in both themes."""

    light: str
    dark: str


ROLES: dict[str, Shade] = {
    "background": Shade("#FFFFFF", "#14131C"),
    "surface": Shade("#F6F4FD", "#1D1B2A"),
    "line": Shade("#DDD9EC", "#38354C"),
    "text": Shade("#1D1A2B", "#F0EEF9"),
    "muted": Shade("#5F5B73", "#ABA6C0"),
    "quantum": Shade("#5B3FD1", "#A08CFF"),
    "quantum-soft": Shade("#E8E3FB", "#2C2650"),
    "encoding": Shade("#35617D", "#8FBAD6"),
    "encoding-soft": Shade("#E2EDF4", "#1E313E"),
    "classical": Shade("#B4540F", "#F0A35E"),
    "classical-soft": Shade("#FBEBDD", "#3D2A1B"),
    "noise": Shade("#8C4A52", "#D39BA2"),
    "noise-soft": Shade("#F5E8E9", "#3B2529"),
    "on-colour": Shade("#FFFFFF", "#14131C"),
}

# The colours of Okabe and Ito, then two of Tol's; classes also differ in their symbols and labels.
CLASS_COLOURS: tuple[str, ...] = (
    "#56B4E9",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#0072B2",
    "#D55E00",
    "#F0E442",
    "#999999",
    "#882255",
    "#44AA99",
)

# The symbols of classes and of runs, for readers who cannot distinguish the colours; Plotly's names.
SYMBOLS: tuple[str, ...] = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "x",
    "star",
    "pentagon",
    "hexagon",
    "triangle-down",
)

# The colours of runs in a comparison; runs also differ in their symbols.
RUN_COLOURS: tuple[Shade, ...] = (
    Shade("#5B3FD1", "#A08CFF"),
    Shade("#0B7A80", "#55CBD0"),
    Shade("#A8327E", "#F08CC8"),
    Shade("#8A6500", "#E3C04A"),
    Shade("#2563A8", "#7FB2F0"),
    Shade("#B3262E", "#FF8A85"),
    Shade("#2F7A1F", "#8CCB6B"),
    Shade("#5A5A66", "#B8B6C6"),
)

# `SYMBOLS` as characters, for legends in text.
SYMBOL_CHARACTERS = "●■◆▲✚✖★⬟⬢▼"


def colour(role: str, theme: Theme) -> str:
    """Return the colour of a role; raise ``KeyError`` on an unknown role."""
    shade = ROLES[role]
    return shade.dark if theme == "dark" else shade.light


def run_colour(number: int, theme: Theme) -> str:
    """Return the colour of run `number` of a comparison."""
    shade = RUN_COLOURS[number % len(RUN_COLOURS)]
    return shade.dark if theme == "dark" else shade.light


def class_colour(number: int) -> str:
    """Return the colour of class `number`, which is the same in both themes."""
    return CLASS_COLOURS[number % len(CLASS_COLOURS)]


def css_variables() -> str:
    """Return CSS variables for all colours, such as ``--qenn-<role>``, which follow the theme of the page."""
    roles = [f"--qenn-{name}: light-dark({shade.light}, {shade.dark});" for name, shade in ROLES.items()]
    classes = [f"--qenn-class-{number}: {value};" for number, value in enumerate(CLASS_COLOURS)]
    runs = [
        f"--qenn-run-{number}: light-dark({shade.light}, {shade.dark});"
        for number, shade in enumerate(RUN_COLOURS)
    ]
    return ":root {\n" + "\n".join(roles + classes + runs) + "\n}"
