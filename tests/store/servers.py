"""Server processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.conftest import Location

TESTS = Path(__file__).parent.parent


@contextmanager
def server(location: Location, n_epochs: int) -> Iterator[subprocess.Popen[str]]:
    """Start a server that saves a run of `n_epochs`; it is killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "store.server", location.home, location.url or "", str(n_epochs)],
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


def wait_until_saved(process: subprocess.Popen[str], epoch: int) -> str:
    """Wait until a server has saved an epoch, and return the id of its run."""
    assert process.stdout is not None
    while True:
        run, saved = process.stdout.readline().split()
        if int(saved) >= epoch:
            return run
