"""Settings as text: their names and values as the form shows them."""

from __future__ import annotations

from qenn_core.experiment import choices, field_of, label_of


def title_of(path: str) -> str:
    """Return the name of a setting."""
    return str(field_of(path).title)


def display_value(path: str, value: object) -> str:
    """Return the value of a setting as the form shows it."""
    match path, value:
        case _, None:
            return "automatic"
        case ("data.fingerprint", str(fingerprint)):
            return fingerprint[:8] or "–"
        case ("noise.shots", 0):
            return "exact"
        case _, bool():
            return "yes" if value else "no"
        case _, tuple(items):
            return ", ".join(_display_item(item) for item in items) or "–"
        case _, str() if _has_labels(path):
            return label_of(path, value)
        case _, float():
            return f"{value:g}"
    return str(value) or "–"


def _display_item(item: object) -> str:
    return " ".join(map(str, item)) if isinstance(item, tuple) else str(item)


def _has_labels(path: str) -> bool:
    try:
        choices(path)
    except KeyError:
        return False
    return True
