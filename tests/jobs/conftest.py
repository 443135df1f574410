from __future__ import annotations

from collections.abc import Iterator

import pytest

from qenn_core.jobs.dispatcher import Jobs


@pytest.fixture(scope="session")
def jobs() -> Iterator[Jobs]:
    """Two training workers and one for questions, as real as the server's."""
    service = Jobs(2)
    service.start()
    try:
        service.wait_until_warm(90)
        yield service
    finally:
        service.close()
