"""What the processes tell of themselves: one line an event, as text or as JSON, and nothing of a user's.

Not in a log are cells, names of columns and files, keys of workspaces, and texts of errors, which may quote
any of these: an error is told by its type and the places in the code that it passed.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

from qenn_core.errors import QennError

FORMAT, LEVEL = "QENN_LOG", "QENN_LOG_LEVEL"
FORMATS = ("text", "json")
LEVELS = ("info", "debug", "warning", "error")

# What an event may be told with, as `extra` of a call of a logger; other extras are not written.
FIELDS = ("run", "state", "epochs", "seconds", "reason", "question", "worker")
# These packages are heard from the level that is set. Libraries are heard from INFO on: below, they quote
# what they send and get.
OWN = ("qenn_core", "pages", "app")
# How messages of libraries begin that quote what a task was given.
QUOTING = {"distributed.worker": "Compute Failed"}


def configure() -> None:
    """Let all loggers of this process write to its standard error, as QENN_LOG and QENN_LOG_LEVEL say.

    Raises
    ------
    QennError
        If one of them is set to what it cannot be.
    """
    written_as, level = _setting(FORMAT, FORMATS), _setting(LEVEL, LEVELS)
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if written_as == "json" else _Text())
    handler.addFilter(_may_be_told)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for package in OWN:
        logging.getLogger(package).setLevel(level.upper())
    logging.setLogRecordFactory(_record)
    _pass_on_to_the_root()
    warnings.showwarning = _tell_warning
    sys.excepthook = _tell_end
    threading.excepthook = lambda end: _tell_end(end.exc_type, end.exc_value, end.exc_traceback)


def places(error: BaseException) -> str:
    """Tell an error, and those that led to it, by types and places, without their texts."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    told = [f"{places(before)}\nwhich led to\n"] if before else []
    told += [*traceback.format_tb(error.__traceback__), type(error).__qualname__]
    if isinstance(error, BaseExceptionGroup):
        told += [f"\nof\n{places(inner)}" for inner in error.exceptions]
    return "".join(told)


def _setting(name: str, allowed: Sequence[str]) -> str:
    """Return an environment variable's value, the first of those allowed where it is not set."""
    value = os.environ.get(name) or allowed[0]
    if value not in allowed:
        raise QennError(
            "The server cannot start.", f"{name} is {value!r}.", f"Set it to one of: {', '.join(allowed)}."
        )
    return value


class _Passing(logging.Logger):
    """A logger that leaves the writing to the root's handlers, though a library gives it its own."""

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        logging.root.callHandlers(record)


def _pass_on_to_the_root() -> None:
    """Let loggers pass on what they are told: those that libraries have set up, and those to come."""
    logging.setLoggerClass(_Passing)
    for logger in logging.root.manager.loggerDict.values():
        if type(logger) is logging.Logger:
            logger.__class__ = _Passing


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Make a record that holds no text of an error."""
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[1]:
        record.exc_text = places(record.exc_info[1])
    record.exc_info = None
    if isinstance(record.msg, BaseException):
        record.msg = _type_of(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_type_of, record.args))
    elif record.args:
        record.args = {name: _type_of(value) for name, value in record.args.items()}
    return record


def _type_of(value: Any) -> Any:
    return type(value).__qualname__ if isinstance(value, BaseException) else value


def _may_be_told(record: logging.LogRecord) -> bool:
    if record.name.partition(".")[0] in OWN:
        return True
    quotes = record.name in QUOTING and str(record.msg).startswith(QUOTING[record.name])
    return record.levelno >= logging.INFO and not quotes


def _tell_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Tell that something warned; its text may quote data."""
    logging.getLogger("py.warnings").warning("%s at %s:%d", category.__qualname__, filename, lineno)


def _tell_end(_: type[BaseException], error: BaseException | None, *__: Any) -> None:
    """Tell of an error that ended the process, or a thread of it."""
    logging.getLogger(__name__).critical("ended by an error", exc_info=error)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Text(logging.Formatter):
    """For people: time, level, logger, message, and the facts as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{facts}"
        return f"{line}\n{record.exc_text}" if record.exc_text else line


class _Json(JsonFormatter):
    """For programs: one object a line."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data |= {"time": _time(record), "level": record.levelname, "logger": record.name}
        log_data |= {"message": record.getMessage(), **_facts(record)}
        if record.exc_text:
            log_data["error"] = record.exc_text
