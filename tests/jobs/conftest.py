from __future__ import annotations

from collections.abc import Iterator

import pytest

from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.embedded import ThisMachine
from qenn_core.jobs.runs import Jobs
from qenn_core.store.store import Store


@pytest.fixture(scope="session")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """Two training workers and one for questions, as real as the server's."""
    store = Store(tmp_path_factory.mktemp("home"))
    service = Jobs(ThisMachine(2), store, Allowance(pause_seconds=1.0, checkpoint_seconds=0.1))
    try:
        service.wait_until_warm(90)
        yield service
    finally:
        service.close()
