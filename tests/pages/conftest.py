from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import START_SECONDS

from qenn_core import jobs


@pytest.fixture(scope="session", autouse=True)
def warm_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start what the server's lifespan would; the service ends itself with the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QENN_WORKERS", "1")
        patch.setenv("QENN_HOME", str(tmp_path_factory.mktemp("home")))
        jobs.service().wait_until_ready(START_SECONDS)
        yield
