"""Logging of all processes: one line per event, as text or JSON, without any user data.

Logs never contain cells, names of columns or files, workspace keys, or messages of errors, which may quote
any of these. An error is logged by its type and its traceback, without its message.
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

FORMAT_VARIABLE, LEVEL_VARIABLE = "QENN_LOG", "QENN_LOG_LEVEL"
FORMATS = ("text", "json")
LEVELS = ("info", "debug", "warning", "error")

# The attributes of an event, passed as `extra` to a logger; any other attribute is not written.
EVENT_ATTRIBUTES = ("run", "state", "epochs", "seconds", "reason")
# These packages log from the configured level on. Libraries log from INFO on: their debug messages quote the
# data that they send and receive.
APP_PACKAGES = ("qenn_core", "pages", "app")
# The beginnings of library messages that quote the arguments of a task, by logger.
QUOTING_MESSAGES = {"distributed.worker": "Compute Failed"}


def configure() -> None:
    """Make all loggers of this process write to standard error, according to QENN_LOG and QENN_LOG_LEVEL.

    Raises
    ------
    QennError
        If one of these environment variables has an invalid value.
    """
    written_as = _environment_choice(FORMAT_VARIABLE, FORMATS)
    level = _environment_choice(LEVEL_VARIABLE, LEVELS)
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if written_as == "json" else _TextFormatter())
    handler.addFilter(_is_written)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for package in APP_PACKAGES:
        logging.getLogger(package).setLevel(level.upper())
    logging.setLogRecordFactory(_make_record)
    _send_all_to_root()
    warnings.showwarning = _log_warning
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def format_error(error: BaseException) -> str:
    """Return the types and tracebacks of an error and its causes, without their messages."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = [f"{format_error(cause)}\nwhich led to\n"] if cause else []
    parts += [*traceback.format_tb(error.__traceback__), type(error).__qualname__]
    if isinstance(error, BaseExceptionGroup):
        parts += [f"\nof\n{format_error(inner)}" for inner in error.exceptions]
    return "".join(parts)


def _environment_choice(name: str, allowed: Sequence[str]) -> str:
    """Return the value of an environment variable; the first allowed one by default."""
    value = os.environ.get(name) or allowed[0]
    if value not in allowed:
        raise QennError(
            "The server cannot start.", f"{name} is {value!r}.", f"Set it to one of: {', '.join(allowed)}."
        )
    return value


class _RootLogger(logging.Logger):
    """A logger that writes through the handlers of the root only, even if a library adds others."""

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        logging.root.callHandlers(record)


def _send_all_to_root() -> None:
    """Make all loggers, existing and future, write through the handlers of the root."""
    logging.setLoggerClass(_RootLogger)
    for logger in logging.root.manager.loggerDict.values():
        if type(logger) is logging.Logger:
            logger.__class__ = _RootLogger


def _make_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Make a record in which errors are replaced by their types and tracebacks."""
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[1]:
        record.exc_text = format_error(record.exc_info[1])
    record.exc_info = None
    if isinstance(record.msg, BaseException):
        record.msg = _without_message(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_without_message, record.args))
    elif record.args:
        record.args = {name: _without_message(value) for name, value in record.args.items()}
    return record


def _without_message(value: Any) -> Any:
    """Return the name of an error's type; any other value as it is."""
    return type(value).__qualname__ if isinstance(value, BaseException) else value


def _is_written(record: logging.LogRecord) -> bool:
    if record.name.partition(".")[0] in APP_PACKAGES:
        return True
    quotes_data = record.name in QUOTING_MESSAGES and str(record.msg).startswith(
        QUOTING_MESSAGES[record.name]
    )
    return record.levelno >= logging.INFO and not quotes_data


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Log the type and the location of a warning, without its message, which may quote data."""
    logging.getLogger("py.warnings").warning("%s at %s:%d", category.__qualname__, filename, lineno)


def _log_uncaught(_: type[BaseException], error: BaseException | None, *__: Any) -> None:
    """Log an error that ended the process or one of its threads."""
    logging.getLogger(__name__).critical("ended by an error", exc_info=error)


def _attributes(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in EVENT_ATTRIBUTES if (value := getattr(record, name, None)) is not None}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _TextFormatter(logging.Formatter):
    """Lines for people: time, level, logger, message, and the attributes as ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        attributes = "".join(f" {name}={value}" for name, value in _attributes(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{attributes}"
        return f"{line}\n{record.exc_text}" if record.exc_text else line


class _JsonFormatter(JsonFormatter):
    """Lines for programs: one JSON object per line."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data |= {"time": _time(record), "level": record.levelname, "logger": record.name}
        log_data |= {"message": record.getMessage(), **_attributes(record)}
        if record.exc_text:
            log_data["error"] = record.exc_text
