"""The simulators and quantum computers that PennyLane finds installed here.

They are read from the entry points of the installed packages, as PennyLane itself does, but without importing
any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from qenn_core.registry import Entry

DEFAULT = "default.qubit"
# What PennyLane offers, but cannot train the app's circuits.
UNFIT = {
    "default.clifford": "knows only gates that leave nothing to train",
    "default.gaussian": "computes with light modes instead of qubits",
    "default.qutrit": "has three levels a wire instead of two",
    "default.qutrit.mixed": "has three levels a wire instead of two",
    "default.tensor": "needs the package quimb, and approximates",
    "null.qubit": "answers every circuit with zeros",
}
# They hold pure states, and refuse noise; `DEFAULT` gives way to another device when there is noise.
_NOISELESS = ("lightning.", "reference.")


class Devices(Mapping[str, Entry]):
    """The devices that can train circuits, by name; the default one first."""

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        found = {point.name: point for point in entry_points(group="pennylane.plugins")}
        names = sorted(found.keys() - UNFIT.keys(), key=lambda name: (name != DEFAULT, name))
        return {name: _entry(found[name]) for name in names}

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _entry(point: EntryPoint) -> Entry:
    assert point.dist is not None, "an entry point of an installed package"
    package = f"{point.dist.name} {point.dist.version}"
    return Entry(key=point.name, label=point.name, help=f"from the package {package}.")


def refuses_noise(name: str) -> bool:
    """Tell whether a device is known to compute without noise only."""
    return name.startswith(_NOISELESS)


DEVICES = Devices()
