"""Errors shown to users: each says what happened, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict


class ErrorMessage(BaseModel):
    """The message of an error, as a record that can be stored and sent.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    why : str
        The reason, in one sentence.
    remedy : str
        What the user can do about it, in one sentence.
    place : str
        The control that caused it: a dotted field of the spec (``"data.target"``), ``"upload"``, ``"name"``
        or ``""``.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    why: str = ""
    remedy: str = ""
    place: str = ""


class QennError(Exception):
    """An error with a message for the user.

    Parameters
    ----------
    what, why, remedy, place : str
        The parts of the message; see `ErrorMessage`.
    """

    def __init__(self, what: str, why: str = "", remedy: str = "", place: str = "") -> None:
        super().__init__(what, why, remedy, place)
        self.what = what
        self.why = why
        self.remedy = remedy
        self.place = place

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.remedy) if part)

    @property
    def message(self) -> ErrorMessage:
        """The message of this error, as a record."""
        return ErrorMessage(what=self.what, why=self.why, remedy=self.remedy, place=self.place)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors are sent between processes, but constructors of subclasses differ: rebuild from the state.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[QennError], args: tuple[Any, ...], state: dict[str, Any]) -> QennError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


@dataclass(frozen=True)
class Problem:
    """An invalid value in a spec: the dotted field, the value and the allowed values."""

    field: str
    got: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} is {self.got}, but must be {self.allowed}."


class SpecError(QennError):
    """A spec has invalid values, listed in ``problems``."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            " ".join(map(str, self.problems)), place=self.problems[0].field if self.problems else ""
        )


class DataError(QennError):
    """The data cannot be used as they are."""


class TooManyRowsError(DataError):
    """A table has too many rows; the user may choose to use a sample."""

    def __init__(self, n_rows: int, limit: int) -> None:
        self.n_rows = n_rows
        self.limit = limit
        super().__init__(
            f"The file has {n_rows:,} rows, more than the {limit:,} that can be used.",
            "Every row is simulated as a quantum circuit in every epoch.",
            f"Use a random sample of {limit:,} rows, with the classes in the same proportions.",
            place="data.sample_rows",
        )


class TrainingError(QennError):
    """A training run could not start or continue."""


class JobError(QennError):
    """A run or a request was lost or is unknown."""


class ModelError(QennError):
    """A trained model cannot be used."""
