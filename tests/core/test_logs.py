"""Log lines, as text or JSON, say what happened and where, without any message of an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECRET = "secret-of-a-user"

SETUP = f"""
import logging, warnings, threading
from qenn_core import logs
early = logging.getLogger("other.library")
early.addHandler(logging.StreamHandler())
early.propagate = False
logs.configure()
own = logging.getLogger("qenn_core.jobs")
library = logging.getLogger("library")
def fail():
    raise ValueError(SECRET)
SECRET = "-".join({SECRET.split("-")})
"""


def log_of(code: str, **environment: str) -> str:
    """Run code in a process with the app's logging; return its log, which must not contain the secret."""
    process = subprocess.run(
        [sys.executable, "-c", SETUP + code],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert SECRET not in process.stderr
    return process.stderr


EVENT = 'own.info("run ended", extra={"run": "ab12", "seconds": 1.5, "file_name": SECRET})'
FAILURE = """
try:
    fail()
except ValueError as error:
    try:
        raise KeyError(SECRET) from error
    except KeyError:
        own.exception("request %s failed", "describe")
"""


def check_failure(text: str) -> None:
    """Check that the types and tracebacks of both errors of `FAILURE` are in `text`, in order."""
    assert "request describe failed" in text
    assert text.index("ValueError") < text.index("which led to") < text.index("KeyError")
    assert "in fail" in text


def test_text() -> None:
    event, *failure = log_of(f"{EVENT}\n{FAILURE}").splitlines()
    assert event.endswith("INFO qenn_core.jobs: run ended run=ab12 seconds=1.5")
    check_failure("\n".join(failure))


def test_json() -> None:
    lines = log_of(f"{EVENT}\n{FAILURE}", QENN_LOG="json").splitlines()
    event, failure = map(json.loads, lines)
    assert event.pop("time").endswith("+00:00")
    assert event == {
        "level": "INFO",
        "logger": "qenn_core.jobs",
        "message": "run ended",
        "run": "ab12",
        "seconds": 1.5,
    }
    check_failure(f"{failure['message']}\n{failure['error']}")


def test_messages_that_may_quote_data_are_not_written() -> None:
    statements = [
        'own.error("lost: %r", ValueError(SECRET))',
        'own.error("lost: %(why)s", {"why": ValueError(SECRET)})',
        "own.error(ValueError(SECRET))",
        'library.error("lost", exc_info=ValueError(SECRET))',
        'library.error("lost", exc_info=ExceptionGroup(SECRET, [ValueError(SECRET)]))',
        "warnings.warn(SECRET)",
        "thread = threading.Thread(target=fail); thread.start(); thread.join()",
        'logging.getLogger("distributed.worker").error("Compute Failed\\n%s", SECRET)',
        'library.setLevel("DEBUG"); library.debug(SECRET)',
        'own.info("all done")',
    ]
    assert "all done" in log_of("\n".join(statements), QENN_LOG_LEVEL="debug")


def test_uncaught_error_is_logged_without_its_message() -> None:
    text = log_of("fail()")
    assert "ended by an error" in text
    assert "ValueError" in text


def test_every_logger_writes_one_line_whoever_configured_it() -> None:
    lines = log_of(
        """
import streamlit.logger, distributed
for name in ("other.library", "distributed.worker", "asyncio"):
    streamlit.logger.get_logger(name).warning("hello")
streamlit.logger.update_formatter()
streamlit.logger.get_logger("other.library").warning("hello")
""",
        QENN_LOG="json",
    ).splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["hello"] * 4


def test_level_applies_to_the_app() -> None:
    code = """
import os
for level in ("debug", "info", "warning"):
    os.environ["QENN_LOG_LEVEL"] = level
    logs.configure()
    own.debug(f"{level}: a debug message")
    own.info(f"{level}: an event")
"""
    messages = [line.partition("jobs: ")[2] for line in log_of(code).splitlines()]
    assert messages == ["debug: a debug message", "debug: an event", "info: an event"]


def test_invalid_variables_are_refused() -> None:
    code = """
import os, sys
for name in ("QENN_LOG", "QENN_LOG_LEVEL"):
    os.environ[name] = "loud"
    try:
        logs.configure()
    except logs.QennError as error:
        print(error, file=sys.stderr)
    del os.environ[name]
"""
    text = log_of(code)
    for name in ("QENN_LOG", "QENN_LOG_LEVEL"):
        assert f"{name} is 'loud'. Set it to one of: " in text
