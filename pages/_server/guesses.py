"""Queues of wrong password guesses, one for each address they come from."""

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
    """More guesses are checked or wait than an address may have."""


@dataclass
class _Source:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    n_guesses: int = 0


class GuessQueues:
    """Lets the wrong guesses of an address wait for each other, but not for those of others.

    A queue exists only while guesses of its address are checked or wait.
    """

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}

    @asynccontextmanager
    async def admit(self, address: str) -> AsyncIterator[asyncio.Lock]:
        """Admit a guess of an address for the block; yield the lock that its wrong guesses wait for.

        Raises
        ------
        TooManyGuessesError
            If too many are admitted.
        """
        key = _source(address)
        source = self._sources.setdefault(key, _Source())
        if source.n_guesses >= MAX_WAITING_GUESSES:
            raise TooManyGuessesError
        source.n_guesses += 1
        try:
            yield source.turn
        finally:
            source.n_guesses -= 1
            if not source.n_guesses:
                del self._sources[key]


def _source(address: str) -> str:
    """Return what stands for all addresses that the sender of a guess may have."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), _CUSTOMER_BITS), strict=False))
