"""The order in which waiting runs start: fair between users, however many runs each of them has."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence


def fair_order(owners: Sequence[str], running: Iterable[str], last_served: Mapping[str, int]) -> list[int]:
    """Return the order in which waiting runs start.

    The next run belongs to the user with the fewest running; among several such users, to the one who was
    served longest ago; among the runs of that user it is the one that arrived first. So the first run of a
    user never waits for the second of another, and users with many runs alternate.

    Parameters
    ----------
    owners : sequence of str
        Owner of each waiting run, in order of arrival.
    running : iterable of str
        Owner of each running run.
    last_served : mapping of str to int
        When a run of each owner started last, as a number that grows; owners without one come first.

    Returns
    -------
    list of int
        Positions in `owners`, the next run first.
    """
    queues: dict[str, deque[int]] = {}
    for position, owner in enumerate(owners):
        queues.setdefault(owner, deque()).append(position)
    n_running = Counter(running)
    heap = [(n_running[owner], last_served.get(owner, 0), queue[0], owner) for owner, queue in queues.items()]
    heapq.heapify(heap)
    latest = max(last_served.values(), default=0)
    order: list[int] = []
    while heap:
        count, _, position, owner = heapq.heappop(heap)
        order.append(position)
        latest += 1
        queues[owner].popleft()
        if queues[owner]:
            heapq.heappush(heap, (count + 1, latest, queues[owner][0], owner))
    return order
