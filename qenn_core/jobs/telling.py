"""What a run tells, sent to the server a few times a second, however much it is."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

from qenn_core.jobs import messages

# A page does not look more often.
PACE = 0.2
# What somebody waits for.
AT_ONCE = (messages.ENDING,)
# Of these only the latest matters.
REPLACED = ("decision_map",)

News = list[tuple[str, Any]]


class Teller:
    """Collects what is told, and sends it together.

    Parameters
    ----------
    send : callable
        Sends news.
    later : callable
        Calls a function after so many seconds, perhaps in another thread.
    """

    def __init__(
        self, send: Callable[[News], None], later: Callable[[float, Callable[[], None]], Any]
    ) -> None:
        self._send = send
        self._later = later
        self._lock = Lock()
        self._news: News = []
        self._sent = -PACE
        self._awaited = False

    def tell(self, field: str, value: Any) -> None:
        """Take news, to be sent at once or with those of the next moment; the order stays."""
        with self._lock:
            if field in REPLACED:
                self._news = [item for item in self._news if item[0] != field]
            self._news.append((field, value))
            wait = self._sent + PACE - monotonic()
            if wait <= 0 or field in AT_ONCE:
                self._send_all()
            elif not self._awaited:
                self._awaited = True
                self._later(wait, self.flush)

    def flush(self) -> None:
        """Send what was not sent yet."""
        with self._lock:
            self._awaited = False
            self._send_all()

    def _send_all(self) -> None:
        if self._news:
            self._send(self._news)
            self._news, self._sent = [], monotonic()
