"""Several servers, and servers that are killed."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import psutil
from store.changes import ANNA, change, epoch, later
from store.conftest import Opener, Place
from store.server import content
from store.servers import said, server, wait_until_saved
from store.waiting import until

from qenn_core.store.entities import SavedState

ENDLESS = 1_000_000


def test_what_was_said_to_be_saved_is_there_after_a_kill(place: Place, opening: Opener) -> None:
    with server(place, ENDLESS) as process:
        run = wait_until_saved(process, 60)
        process.kill()
        assert process.stdout is not None
        # What it had said by the time it died, but for a line that it had begun.
        last = max([60, *(int(line.split()[1]) for line in process.stdout if line.endswith("\n"))])
    store = opening(place)
    epochs = store.runs.epochs(ANNA, run)
    assert len(epochs) >= last
    assert epochs == [epoch(number) for number in range(1, len(epochs) + 1)]
    # A change is there as a whole: the checkpoint is that of the last epoch.
    assert store.runs.checkpoint(ANNA, run) == SavedState(len(epochs), content(len(epochs)))


def test_a_killed_servers_runs_are_interrupted_and_others_go_on(place: Place, opening: Opener) -> None:
    own = opening(place)
    own.runs.save(mine := change(state="running"))
    own.runs.save(finished := change(state="finished"))
    with server(place, 1) as killed, server(place, 1) as living:
        lost, kept = wait_until_saved(killed, 1), wait_until_saved(living, 1)
        # One that is too busy to answer is not dead.
        psutil.Process(living.pid).suspend()
        assert own.runs.interrupt_orphans() == 0
        killed.kill()
        killed.wait()
        until(lambda: own.runs.interrupt_orphans() == 1)
        assert own.runs.interrupt_orphans() == 0
        states = {run.id: run.state for run in own.runs.listed(ANNA)}
        assert states == {lost: "interrupted", kept: "running", mine.run: "running", finished.run: "finished"}
        psutil.Process(living.pid).resume()


def test_a_server_that_closes_leaves_no_run_behind(place: Place, opening: Opener) -> None:
    with server(place, 1) as process:
        run = wait_until_saved(process, 1)
        process.communicate("close\n", timeout=20)
        assert process.returncode == 0
    store = opening(place)
    until(lambda: store.runs.interrupt_orphans() == 1)
    stored = store.runs.get(ANNA, run)
    assert stored is not None
    assert stored.state == "interrupted"


def test_a_run_that_another_server_took_up_is_its_own(place: Place, opening: Opener) -> None:
    first, second, third = opening(place), opening(place), opening(place)
    first.runs.save(new := change(state="running"))
    second.runs.save(later(new.run, state="running"))
    first.close()
    assert third.runs.interrupt_orphans() == 0
    second.close()
    until(lambda: third.runs.interrupt_orphans() == 1)


def test_servers_that_start_at_once_share_a_new_place(new_place: Place, opening: Opener) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(server(new_place, 40)) for _ in range(2)]
        runs = [wait_until_saved(process, 40) for process in processes]
        store = opening(new_place)
        assert store.runs.interrupt_orphans() == 0
        for run in runs:
            assert store.runs.epochs(ANNA, run) == [epoch(number) for number in range(1, 41)]


def test_what_dead_servers_leave_is_swept_up(tmp_path: Path, opening: Opener) -> None:
    place = Place(tmp_path / "home")
    with server(place, 1) as process:
        said(process)
        process.kill()
        process.wait()
    assert len(os.listdir(place.home / "servers")) == 1
    opening(place)
    opening(place).close()
    assert len(os.listdir(place.home / "servers")) == 1
