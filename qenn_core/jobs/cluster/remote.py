"""Workers elsewhere: a scheduler that somebody else runs, at an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from distributed import Client, Security

from qenn_core.errors import JobError
from qenn_core.jobs.dask_compat import allowed_failures

PROTOCOL = "tls://"
CONNECT_SECONDS = 10.0


class RemoteBackend:
    """The workers of a scheduler at an address; their number may change at any time.

    Certificates come from Dask's own settings. Dask processes unpickle what they receive, which can run any
    code, so there is no connection without certificates.

    Parameters
    ----------
    address : str
        ``tls://host:port``.

    Raises
    ------
    JobError
        If the address is not for TLS, or certificates are missing.
    """

    slots = None
    disconnected_message = (
        "The training cluster cannot be reached.",
        "Its scheduler does not answer, or it refuses this server.",
        "Try again in a minute: the server reconnects by itself as soon as it can. The server's "
        "administrator finds the reason in its log.",
    )

    def __init__(self, address: str) -> None:
        security = Security(require_encryption=True)
        if not address.startswith(PROTOCOL) or not security.get_connection_args("client")["ssl_context"]:
            raise JobError(
                f"The scheduler {address!r} is not used, because it would not use TLS with certificates.",
                "Without them, anyone who can reach a scheduler can run any code on its workers.",
                "Set QENN_SCHEDULER to tls://host:port, and name the certificates in Dask's settings; "
                "docs/deployment.md says how.",
            )
        self._address = address
        self._security = security

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Connect to the scheduler for the duration of the block."""
        async with Client(
            self._address,
            security=self._security,
            timeout=CONNECT_SECONDS,
            asynchronous=True,
            set_as_default=False,
        ) as client:
            if await allowed_failures(client):
                raise JobError(
                    "The scheduler would give a run that brought its worker down to the next worker.",
                    "The run would bring that one down too.",
                    "Start it with DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0.",
                )
            yield client
