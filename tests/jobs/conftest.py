from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from jobs.specs import STORED
from serving import START_SECONDS

from qenn_core.jobs.cluster.local import LocalBackend
from qenn_core.jobs.commands import RunLimits
from qenn_core.jobs.job_service import JobService
from qenn_core.store.store import Store


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobService]:
    """Two training workers and one for requests, as in the server."""
    # It starts with a database of the first version, so that every test works on an upgraded one.
    home = tmp_path_factory.mktemp("home")
    shutil.copy(STORED / "studio.db", home)
    store = Store(home)
    service = JobService(LocalBackend(2), store, RunLimits(pause_seconds=1.0, checkpoint_seconds=0.1))
    try:
        service.wait_until_ready(START_SECONDS)
        yield service
    finally:
        service.close()
