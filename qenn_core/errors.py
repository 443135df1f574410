"""The errors a user can meet: each says what happened, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict


class ErrorMessage(BaseModel):
    """What an error says to the person at the screen, as a record that can be stored and sent.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    why : str
        The reason, in one sentence.
    remedy : str
        What the user can do about it.
    place : str
        The control that caused it, as a dotted field of the spec (``"data.target"``) or ``""``.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    why: str = ""
    remedy: str = ""
    place: str = ""


class QennError(Exception):
    """An error with a message for the person at the screen.

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
        # Subclasses take other arguments; errors cross process borders, so they are rebuilt from their state.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[QennError], args: tuple[Any, ...], state: dict[str, Any]) -> QennError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


@dataclass(frozen=True)
class Problem:
    """One bad value of a spec: the field, what it got and what it may be."""

    field: str
    got: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field} is {self.got}, but must be {self.allowed}."


class SpecError(QennError):
    """A spec with one or more bad values, listed in ``problems``."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            " ".join(map(str, self.problems)), place=self.problems[0].field if self.problems else ""
        )


class DataError(QennError):
    """Data that cannot be used as it is."""


class TooManyRowsError(DataError):
    """A table over the row limit, which can be sampled on the user's word."""

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
    """A training that could not start or go on."""


class JobError(QennError):
    """A run, or a question to a worker, that was lost or is not known."""


class ModelError(QennError):
    """A trained model that cannot be used."""
