"""Start servers in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.conftest import Place

TESTS = Path(__file__).parent.parent


@contextmanager
def server(place: Place, n_epochs: int) -> Iterator[subprocess.Popen[str]]:
    """Start a server that saves a run of that many epochs; killed at the end, if it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "store.server", place.home, place.url or "", str(n_epochs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Return the run of a server and the epoch that it says is saved."""
    assert process.stdout is not None
    run, number = process.stdout.readline().split()
    return run, int(number)


def wait_until_saved(process: subprocess.Popen[str], number: int) -> str:
    """Return the run of a server once an epoch of it is saved."""
    while (report := said(process))[1] < number:
        pass
    return report[0]
