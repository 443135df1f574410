"""Settings of all tests."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# Tests run on every core already; a second thread would only fight for the same one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Tests start over a hundred processes; each would compile the app again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples in every run, however busy the machine is.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
# More random circuits, see `random_examples.py`. CI runs these.
settings.register_profile("thorough", parent=settings.get_profile("repeatable"))
settings.load_profile("repeatable")

# Folders whose tests share a server or a cluster of workers, the longest first: each is one process's work,
# begun before what can be handed out in small parts.
TOGETHER = ("browser", "jobs", "pages", "server")


class ByWhatTheyShare(LoadScopeScheduling):
    """Hands out tests to processes by folders that share something, else by files."""

    def _split_scope(self, nodeid: str) -> str:
        return _part(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWhatTheyShare:
    return ByWhatTheyShare(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest parts first."""
    items.sort(key=lambda item: (*TOGETHER, part := _part(item.nodeid)).index(part))


def _part(nodeid: str) -> str:
    """Return the folder of a test that shares something, or its file."""
    file = nodeid.partition("::")[0]
    folder = file.split("/")[1]
    return folder if folder in TOGETHER else file
