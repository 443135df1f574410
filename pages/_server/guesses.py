"""Queues of password guesses, one for each address they come from."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# A class behind one address may log in at the same moment.
MAX_WAITING_GUESSES = 60
# The part of an IPv6 address that a single customer gets, and can vary the rest of.
_CUSTOMER_BITS = 64


class TooManyGuessesError(Exception):
    """More guesses wait for their turn than an address may have."""


@dataclass
class _Queue:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    n_guesses: int = 0


class GuessQueues:
    """Lets the guesses of an address wait for each other, but not for those of others.

    A queue exists only while guesses are in it.
    """

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait until the earlier guesses of an address are done; the block is the turn of this one.

        Raises
        ------
        TooManyGuessesError
            If too many are waiting.
        """
        source = _source(address)
        queue = self._queues.setdefault(source, _Queue())
        if queue.n_guesses >= MAX_WAITING_GUESSES:
            raise TooManyGuessesError
        queue.n_guesses += 1
        try:
            async with queue.turn:
                yield
        finally:
            queue.n_guesses -= 1
            if not queue.n_guesses:
                del self._queues[source]


def _source(address: str) -> str:
    """Return what stands for all addresses that the sender of a guess may have."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), _CUSTOMER_BITS), strict=False))
