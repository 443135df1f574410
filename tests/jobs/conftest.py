from __future__ import annotations

from collections.abc import Iterator

import pytest

from qenn_core.jobs.dispatcher import Jobs
from qenn_core.jobs.embedded import ThisMachine


@pytest.fixture(scope="session")
def jobs() -> Iterator[Jobs]:
    """Two training workers and one for questions, as real as the server's."""
    service = Jobs(ThisMachine(2))
    service.start()
    try:
        service.wait_until_warm(90)
        yield service
    finally:
        service.close()
