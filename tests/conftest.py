"""Settings of all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests run on every core already; a second thread would only fight for the same one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run, however busy the machine is.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

TESTS = Path(__file__).parent
# Folders whose tests share a server or a cluster of workers, the longest first: each is one process's work,
# begun before what can be handed out in small parts.
TOGETHER = ("browser", "jobs", "pages", "server")


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares something, and put the longest parts first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_part(item)))
    items.sort(key=lambda item: TOGETHER.index(part) if (part := _part(item)) in TOGETHER else len(TOGETHER))


def _part(item: pytest.Item) -> str:
    """Return the folder of a test that shares something, or its file."""
    place = item.path.relative_to(TESTS)
    return place.parts[0] if place.parts[0] in TOGETHER else str(place)
