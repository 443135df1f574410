"""Who is next: fair between users, whatever the number of runs that each of them has."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence


def fair_order(owners: Sequence[str], under_way: Iterable[str], served: Mapping[str, int]) -> list[int]:
    """Order those who wait.

    The next is always of the user with the fewest runs under way; of several such users, of the one who was
    served the longest ago; of that user's own runs, the first to arrive. So the first run of a user never
    waits for another's second to begin, and users with many runs take turns.

    Parameters
    ----------
    owners : sequence of str
        Whose each waiting run is, in the order of their arrival.
    under_way : iterable of str
        Whose each run under way is.
    served : mapping of str to int
        When a run of a user began last, as a number that grows; users who are not in it come first.

    Returns
    -------
    list of int
        Positions in `owners`, the next to begin first.
    """
    queues: dict[str, deque[int]] = {}
    for position, owner in enumerate(owners):
        queues.setdefault(owner, deque()).append(position)
    running = Counter(under_way)
    turns = [(running[owner], served.get(owner, 0), queue[0], owner) for owner, queue in queues.items()]
    heapq.heapify(turns)
    latest = max(served.values(), default=0)
    order: list[int] = []
    while turns:
        n_running, _, position, owner = heapq.heappop(turns)
        order.append(position)
        latest += 1
        queues[owner].popleft()
        if queues[owner]:
            heapq.heappush(turns, (n_running + 1, latest, queues[owner][0], owner))
    return order
