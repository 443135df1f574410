"""The name and the value of a setting as every page, table and message shows them."""

from __future__ import annotations

from qenn_core.experiment.introspection import field_choices, field_step
from qenn_core.experiment.lookup import field_of, label_of
from qenn_core.registry import DATASETS
from qenn_core.text import decimal_places


def title_of(path: str) -> str:
    """Return the name of a setting."""
    return str(field_of(path).title)


def display_value(path: str, value: object) -> str:
    """Return the value of a setting as the form shows it.

    Parameters
    ----------
    path : str
        The dotted field, such as ``"noise.level"``.
    value : object
        A value that the field allows.

    Returns
    -------
    str
        The name of a choice; a number with the decimal places of its slider's step, so that no two values of
        the slider look the same; options of a data set with their names.
    """
    match path, value:
        case _, None:
            return "automatic"
        case ("data.fingerprint", str(fingerprint)):
            return fingerprint[:8] or "–"
        case ("noise.shots", 0):
            return "exact"
        case _, bool():
            return "yes" if value else "no"
        case ("data.params", tuple(options)):
            return ", ".join(f"{_dataset_labels()[name]}: {value}" for name, value in options) or "defaults"
        case _, tuple(items):
            return ", ".join(map(_display_item, items)) or "–"
        case _, str() if field_choices(field_of(path)):
            return label_of(path, value)
        case _, int():
            return f"{value:,}"
        case _, float():
            return f"{value:.{number_decimals(path, value)}f}"
    return str(value) or "–"


def number_decimals(path: str, value: float) -> int:
    """Return the decimal places of a numeric setting: those of its step, or more if the value has more."""
    step = field_step(field_of(path))
    return decimal_places(value) if step is None else decimal_places(step, value)


def _dataset_labels() -> dict[str, str]:
    """Return the display name of each parameter of a built-in data set."""
    return {param.name: param.label for entry in DATASETS for param in entry.params}


def _display_item(item: object) -> str:
    return " ".join(map(str, item)) if isinstance(item, tuple) else str(item)
