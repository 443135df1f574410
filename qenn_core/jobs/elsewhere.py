"""Worker processes elsewhere: a scheduler that somebody else keeps, found at an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from distributed import Client, Security

from qenn_core.errors import JobError

PROTOCOL = "tls://"
CONNECT_SECONDS = 10.0


class Elsewhere:
    """The workers of a scheduler at an address, whose number may change at any time.

    Certificates are those of Dask's own settings. What is sent is unpickled by who receives it, which can run
    code, so that without certificates there is no connection.

    Parameters
    ----------
    address : str
        As ``tls://host:port``; any other is a `JobError`, as are missing certificates.
    """

    slots = None
    trouble = (
        "The cluster that trains cannot be reached.",
        "Its scheduler does not answer, or refuses this server.",
        "Try again in a minute: the server connects by itself as soon as it can. Whoever runs it finds the "
        "reason in its log.",
    )

    def __init__(self, address: str) -> None:
        security = Security(require_encryption=True)
        if not address.startswith(PROTOCOL) or not security.get_connection_args("client")["ssl_context"]:
            raise JobError(
                f"The scheduler {address!r} is not used, since it would not be by TLS with certificates.",
                "Whoever can reach a scheduler without them can run any code on its workers.",
                "Set QENN_SCHEDULER to tls://host:port, and name the certificates in Dask's settings; "
                "docs/deployment.md says how.",
            )
        self._address = address
        self._security = security

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Be connected to the scheduler."""
        async with Client(
            self._address,
            security=self._security,
            timeout=CONNECT_SECONDS,
            asynchronous=True,
            set_as_default=False,
        ) as client:
            if await client.run_on_scheduler(_allowed_failures):
                raise JobError(
                    "The scheduler would hand a run that brought its worker down to the next one.",
                    "It brings that one down too.",
                    "Start it with DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0.",
                )
            yield client


def _allowed_failures(dask_scheduler: Any) -> int:
    return int(dask_scheduler.allowed_failures)
