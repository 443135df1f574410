"""The simulators and quantum computers that PennyLane finds on this machine.

They are listed from the entry points of the installed packages, as in PennyLane itself, but without importing
those packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from qenn_core.registry import Entry

DEFAULT = "default.qubit"
# Devices that PennyLane offers but that cannot train the app's circuits, with the reason.
UNSUPPORTED = {
    "default.clifford": "supports only gates without trainable parameters",
    "default.gaussian": "simulates modes of light instead of qubits",
    "default.qutrit": "has three levels per wire instead of two",
    "default.qutrit.mixed": "has three levels per wire instead of two",
    "default.tensor": "needs the package quimb, and approximates",
    "null.qubit": "returns zeros for every circuit",
}
# These devices simulate pure states and refuse noise channels. With noise, `DEFAULT` is replaced by
# default.mixed.
_PURE_STATE = ("lightning.", "reference.")


class Devices(Mapping[str, Entry]):
    """The devices that can train circuits, by name; the default one first."""

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        installed = {point.name: point for point in entry_points(group="pennylane.plugins")}
        names = sorted(installed.keys() - UNSUPPORTED.keys(), key=lambda name: (name != DEFAULT, name))
        return {name: _entry(installed[name]) for name in names}

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _entry(point: EntryPoint) -> Entry:
    assert point.dist is not None, "an entry point of an installed package"
    package = f"{point.dist.name} {point.dist.version}"
    return Entry(key=point.name, label=point.name, help=f"Provided by the package {package}.")


def refuses_noise(name: str) -> bool:
    """Return whether a device is known not to support noise channels."""
    return name.startswith(_PURE_STATE)


DEVICES = Devices()
