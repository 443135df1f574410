"""Worker processes elsewhere: a scheduler that somebody else keeps, found at an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
        As ``tls://host:port``; any other is a `JobError`.
    """

    slots = None
    trouble = (
        "The cluster that trains cannot be reached.",
        "Its scheduler does not answer, or refuses this server.",
        "Try again in a minute: the server connects by itself as soon as it can. Whoever runs it finds the "
        "reason in its log.",
    )

    def __init__(self, address: str) -> None:
        if not address.startswith(PROTOCOL):
            raise JobError(
                f"QENN_SCHEDULER is {address!r}, which is not the address of a scheduler that speaks TLS.",
                "Whoever can reach a scheduler without TLS can run any code on its workers.",
                "Give it as tls://host:port, and the certificates in Dask's settings; docs/deployment.md "
                "says how.",
            )
        self._address = address

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Be connected to the scheduler."""
        async with Client(
            self._address,
            security=Security(require_encryption=True),
            timeout=CONNECT_SECONDS,
            asynchronous=True,
            set_as_default=False,
        ) as client:
            yield client
