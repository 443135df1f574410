from __future__ import annotations

from collections.abc import Iterator

import pytest

from qenn_core import jobs


@pytest.fixture(scope="session", autouse=True)
def warm_workers() -> Iterator[None]:
    """Start what the server's lifespan would; the service ends itself with the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QENN_WORKERS", "1")
        jobs.service().wait_until_warm(90)
        yield
