"""Registries of data sets, encodings, ansätze, noise channels and baselines.

Menus, links, the glossary and the contract tests are all derived from them. Each entry is one module in the
package of its registry and registers itself when imported. A registry imports the modules of its package on
first use, so adding a file is enough to add an entry. The server process reads the entries and must stay
light: a module imports PennyLane, torch and scikit-learn inside the functions that use them.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

if TYPE_CHECKING:
    import pandas as pd

Scalar = int | float | str


@dataclass(frozen=True)
class Param:
    """A parameter of an entry, with its range.

    A number lies between ``low`` and ``high``, both included; a text is one of ``choices``. The type of
    ``default`` is the type of the parameter.
    """

    name: str
    label: str
    help: str
    default: Scalar
    low: float = -math.inf
    high: float = math.inf
    step: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values as a phrase."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{kind} from {self.low:.10g} to {self.high:.10g}"

    def accepts(self, value: Scalar) -> bool:
        """Return whether `value` has the type of this parameter and lies in its range."""
        if self.choices:
            return value in self.choices
        if isinstance(value, bool | str) or (isinstance(self.default, int) and value != int(value)):
            return False
        return self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of a registry.

    Parameters
    ----------
    key : str
        The name in specs and links; never changed.
    label : str
        The display name.
    help : str
        One line for a user who does not know the entry yet.
    order : int
        The position in menus; entries with the same order are sorted by label.
    params : tuple of Param
        The entry's own parameters.
    """

    key: str
    label: str
    help: str
    order: int = 100
    params: tuple[Param, ...] = ()

    def param(self, name: str) -> Param:
        """Return the parameter `name`; raise ``KeyError`` if it does not exist."""
        for param in self.params:
            if param.name == name:
                return param
        known = ", ".join(param.name for param in self.params) or "none"
        raise KeyError(f"unknown parameter {name!r} of {self.key!r}; known: {known}")

    def values(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the value of every parameter: the `given` one or the default."""
        return {p.name: given.get(p.name, p.default) for p in self.params}


@dataclass(frozen=True, kw_only=True)
class Dataset(Entry):
    """A built-in data set.

    ``make(**params)`` returns a data frame with one column per feature and the class in the column
    ``target``; the same parameters give the same frame. Rows are images if the features are called
    ``pixel row,column``: then ``brightness`` holds the values of a dark and of a bright pixel (``None`` for
    the extremes of the data), and ``preprocessing`` says how images were made from what was drawn, so that
    new drawings are treated alike: ``"nist"`` is the way of NIST's handwritten digits, ``None`` leaves them.
    """

    target: str
    make: Callable[..., pd.DataFrame]
    brightness: tuple[float, float] | None = None
    preprocessing: Literal["nist"] | None = None


@dataclass(frozen=True, kw_only=True)
class Encoding(Entry):
    """A method of encoding classical features in qubits.

    ``apply(inputs, wires)`` is a PennyLane quantum function. `inputs` has the shape ``(..., n_inputs)`` with
    ``1 <= n_inputs <= capacity(len(wires))`` and values within ``input_range`` (in radians; ``None`` if any
    range is suitable). ``n_angles(n_qubits)`` is the number of gates whose angle depends on inputs; ``None``
    if inputs do not enter as angles. If ``repeated``, the encoding is applied before every layer. If
    ``needs_constant``, it keeps only the proportions of its inputs, so the preparation appends a constant to
    each row: relative to this number, the row keeps its sign and its length.
    """

    apply: Callable[[Any, Any], None]
    capacity: Callable[[int], int]
    input_range: tuple[float, float] | None
    n_angles: Callable[[int], int] | None
    repeated: bool = False
    needs_constant: bool = False

    def max_features(self, n_qubits: int) -> int:
        """Return how many features of a row can be encoded, besides a constant if one is needed."""
        return self.capacity(n_qubits) - self.needs_constant


@dataclass(frozen=True, kw_only=True)
class Ansatz(Entry):
    """The trainable part of a circuit.

    ``layer(weights, wires, index, entanglement)`` is a PennyLane quantum function that applies layer number
    `index`, counted from 0; `weights` has the shape ``weight_shape(n_qubits)``, in radians.
    """

    layer: Callable[[Any, Any, int, str], None]
    weight_shape: Callable[[int], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class NoiseChannel(Entry):
    """A model of the errors of a real device, with one level from 0 to ``max_level``.

    ``apply(level, wire)`` is a PennyLane quantum function that applies the channel to one qubit.
    ``on_measurement`` marks a readout error, which is applied once, just before the measurement.
    """

    max_level: float
    apply: Callable[[float, Any], None]
    on_measurement: bool = False


@dataclass(frozen=True, kw_only=True)
class Baseline(Entry):
    """A classical classifier for comparison.

    ``make(seed)`` returns an unfitted scikit-learn classifier with ``predict_proba``, which standardises its
    columns itself if it is sensitive to their scale. ``count_parameters(fitted)`` returns the number of
    fitted parameters.
    """

    make: Callable[[int], Any]
    count_parameters: Callable[[Any], int]


E = TypeVar("E", bound=Entry)


class Registry(Generic[E]):
    """The entries of one kind, registered by the modules of one package.

    Parameters
    ----------
    kind : str
        The name of an entry in error messages, for example ``"encoding"``.
    package : str
        The dotted name of the package whose modules register the entries.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._entries: dict[str, E] = {}
        self._discovered = False
        self._lock = RLock()

    def add(self, entry: E) -> E:
        """Register `entry`; raise ``ValueError`` if its key is already registered."""
        if entry.key in self._entries:
            raise ValueError(f"two entries of kind {self.kind} have the key {entry.key!r}")
        self._entries[entry.key] = entry
        return entry

    def _discover(self) -> dict[str, E]:
        with self._lock:
            if not self._discovered:
                package = importlib.import_module(self.package)
                for module in pkgutil.iter_modules(package.__path__):
                    if not module.name.startswith("_"):
                        importlib.import_module(f"{self.package}.{module.name}")
                self._entries = {
                    e.key: e for e in sorted(self._entries.values(), key=lambda e: (e.order, e.label))
                }
                self._discovered = True
        return self._entries

    def __getitem__(self, key: str) -> E:
        entries = self._discover()
        if key not in entries:
            raise KeyError(f"unknown {self.kind} {key!r}; known: {', '.join(entries)}")
        return entries[key]

    def __contains__(self, key: object) -> bool:
        return key in self._discover()

    def __iter__(self) -> Iterator[E]:
        return iter(self._discover().values())

    def __len__(self) -> int:
        return len(self._discover())

    def keys(self) -> tuple[str, ...]:
        """Return the keys in menu order."""
        return tuple(self._discover())


DATASETS: Registry[Dataset] = Registry("data set", "qenn_core.data.sets")
ENCODINGS: Registry[Encoding] = Registry("encoding", "qenn_core.encodings")
ANSATZE: Registry[Ansatz] = Registry("ansatz", "qenn_core.ansatze")
NOISE_CHANNELS: Registry[NoiseChannel] = Registry("noise channel", "qenn_core.noise")
BASELINES: Registry[Baseline] = Registry("baseline", "qenn_core.baselines")
