"""A log line says what happened and where, as text or JSON, and nothing that an error quotes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "secret-of-a-user"

SETUP = f"""
import logging, warnings, threading
from qenn_core import logs
early = logging.getLogger("somebody.else")
early.addHandler(logging.StreamHandler())
early.propagate = False
logs.configure()
own = logging.getLogger("qenn_core.jobs")
foreign = logging.getLogger("library")
def fail():
    raise ValueError(SECRET)
SECRET = "-".join({SECRET.split("-")})
"""


def log(code: str, **environment: str) -> str:
    """Return what a process logs that is set up as the server's are."""
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code],
        cwd=ROOT,
        env=os.environ | environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert SECRET not in done.stderr
    return done.stderr


EVENT = 'own.info("run ended", extra={"run": "ab12", "seconds": 1.5, "file_name": SECRET})'
FAILURE = """
try:
    fail()
except ValueError as error:
    try:
        raise KeyError(SECRET) from error
    except KeyError:
        own.exception("question %s failed", "describe")
"""


def test_event_is_a_line_for_people() -> None:
    (line,) = log(EVENT).splitlines()
    assert line.endswith("INFO qenn_core.jobs: run ended run=ab12 seconds=1.5")


def test_event_is_a_line_for_programs() -> None:
    told = json.loads(log(EVENT, QENN_LOG="json"))
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "INFO",
        "logger": "qenn_core.jobs",
        "message": "run ended",
        "run": "ab12",
        "seconds": 1.5,
    }


@pytest.mark.parametrize("written_as", ["text", "json"])
def test_error_is_told_by_types_and_places(written_as: str) -> None:
    told = log(FAILURE, QENN_LOG=written_as)
    assert "question describe failed" in told
    assert told.index("ValueError") < told.index("which led to") < told.index("KeyError")
    assert "in fail" in told


@pytest.mark.parametrize(
    "code",
    [
        'own.error("lost: %r", ValueError(SECRET))',
        'own.error("lost: %(why)s", {"why": ValueError(SECRET)})',
        "own.error(ValueError(SECRET))",
        'foreign.error("lost", exc_info=ValueError(SECRET))',
        'foreign.error("lost", exc_info=ExceptionGroup(SECRET, [ValueError(SECRET)]))',
        "warnings.warn(SECRET)",
        "fail()",
        "thread = threading.Thread(target=fail); thread.start(); thread.join()",
        'logging.getLogger("distributed.worker").error("Compute Failed\\n%s", SECRET)',
        'foreign.setLevel("DEBUG"); foreign.debug(SECRET)',
    ],
)
def test_nothing_that_quotes_is_written(code: str) -> None:
    log(code, QENN_LOG_LEVEL="debug")


def test_failure_that_nobody_caught_is_told() -> None:
    assert "ended by an error" in log("fail()")


def test_every_logger_writes_one_line_however_it_was_set_up() -> None:
    lines = log(
        """
import streamlit.logger, distributed
for name in ("somebody.else", "distributed.worker", "asyncio"):
    streamlit.logger.get_logger(name).warning("hello")
streamlit.logger.update_formatter()
streamlit.logger.get_logger("somebody.else").warning("hello")
""",
        QENN_LOG="json",
    ).splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["hello"] * 4


@pytest.mark.parametrize(("level", "told"), [("debug", 2), ("info", 1), ("warning", 0)])
def test_level_is_that_of_the_app(level: str, told: int) -> None:
    lines = log('own.debug("a"); own.info("b")', QENN_LOG_LEVEL=level).splitlines()
    assert len(lines) == told


@pytest.mark.parametrize("name", ["QENN_LOG", "QENN_LOG_LEVEL"])
def test_setting_that_is_none_is_refused_in_words(name: str) -> None:
    assert f"{name} is 'loud'. Set it to one of: " in log("", **{name: "loud"})
