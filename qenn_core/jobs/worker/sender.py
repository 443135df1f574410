"""Sending the events of a run to the server, a few times a second however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from time import monotonic
from typing import Any

from qenn_core.jobs.events import RunEvent

# Pages do not poll more often.
INTERVAL_SECONDS = 0.2


class EventSender:
    """Collects events and sends them in batches, in order.

    Parameters
    ----------
    send : callable
        Sends a batch of events.
    call_later : callable
        Calls a function after a number of seconds, perhaps in another thread.
    """

    def __init__(
        self,
        send: Callable[[Sequence[RunEvent]], None],
        call_later: Callable[[float, Callable[[], None]], Any],
    ) -> None:
        self._send = send
        self._call_later = call_later
        self._lock = Lock()
        self._pending: list[RunEvent] = []
        self._last_sent = -INTERVAL_SECONDS
        self._scheduled = False

    def send(self, event: RunEvent) -> None:
        """Send an event at once or with the next batch."""
        with self._lock:
            if event.latest_only:
                self._pending = [earlier for earlier in self._pending if earlier.kind != event.kind]
            self._pending.append(event)
            wait = self._last_sent + INTERVAL_SECONDS - monotonic()
            if wait <= 0 or event.urgent:
                self._send_pending()
            elif not self._scheduled:
                self._scheduled = True
                self._call_later(wait, self.flush)

    def flush(self) -> None:
        """Send the events that have not been sent."""
        with self._lock:
            self._scheduled = False
            self._send_pending()

    def _send_pending(self) -> None:
        if self._pending:
            self._send(self._pending)
            self._pending, self._last_sent = [], monotonic()
