"""Several servers, and servers that are killed."""

from __future__ import annotations

import os
from contextlib import ExitStack

import psutil
from store.changes import ANNA, epoch, first_change, later_change
from store.conftest import Location, StoreOpener
from store.server import checkpoint_content
from store.servers import server, wait_until_saved
from store.waiting import wait_until

from qenn_core.store import SavedState

ENDLESS = 1_000_000


def test_saved_epochs_survive_a_kill(location: Location, open_store: StoreOpener) -> None:
    with server(location, ENDLESS) as process:
        run = wait_until_saved(process, 40)
        process.kill()
        assert process.stdout is not None
        # Everything it printed before it died, except an incomplete last line.
        last = max([40, *(int(line.split()[1]) for line in process.stdout if line.endswith("\n"))])
    store = open_store(location)
    epochs = store.runs.epochs(ANNA, run)
    assert len(epochs) >= last
    assert epochs == [epoch(number) for number in range(1, len(epochs) + 1)]
    # Changes are saved as a whole, so the checkpoint belongs to the last epoch.
    assert store.runs.checkpoint(ANNA, run) == SavedState(len(epochs), checkpoint_content(len(epochs)))


def test_runs_of_a_killed_server_are_interrupted(location: Location, open_store: StoreOpener) -> None:
    own = open_store(location)
    own.runs.save(mine := first_change(state="running"))
    own.runs.save(finished := first_change(state="finished"))
    with server(location, 1) as killed, server(location, 1) as alive:
        lost, others = wait_until_saved(killed, 1), wait_until_saved(alive, 1)
        # A server that does not respond is not dead.
        psutil.Process(alive.pid).suspend()
        assert own.runs.interrupt_orphans() == 0
        killed.kill()
        killed.wait()
        wait_until(lambda: own.runs.interrupt_orphans() == 1)
        assert own.runs.interrupt_orphans() == 0
        states = {run.id: run.state for run in own.runs.list_by_owner(ANNA)}
        assert states == {
            lost: "interrupted",
            others: "running",
            mine.run: "running",
            finished.run: "finished",
        }
        psutil.Process(alive.pid).resume()


def test_closed_server_releases_its_runs(location: Location, open_store: StoreOpener) -> None:
    with server(location, 1) as process:
        run = wait_until_saved(process, 1)
        process.communicate("close\n", timeout=20)
        assert process.returncode == 0
    store = open_store(location)
    wait_until(lambda: store.runs.interrupt_orphans() == 1)
    stored = store.runs.get(ANNA, run)
    assert stored is not None
    assert stored.state == "interrupted"


def test_run_belongs_to_the_server_that_saved_it_last(location: Location, open_store: StoreOpener) -> None:
    first, second, third = open_store(location), open_store(location), open_store(location)
    first.runs.save(new := first_change(state="running"))
    second.runs.save(later_change(new.run, state="running"))
    first.close()
    assert third.runs.interrupt_orphans() == 0
    second.close()
    wait_until(lambda: third.runs.interrupt_orphans() == 1)


def test_servers_that_start_at_once_share_a_new_location(
    new_location: Location, open_store: StoreOpener
) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(server(new_location, 40)) for _ in range(2)]
        runs = [wait_until_saved(process, 40) for process in processes]
        store = open_store(new_location)
        assert store.runs.interrupt_orphans() == 0
        for run in runs:
            assert store.runs.epochs(ANNA, run) == [epoch(number) for number in range(1, 41)]


def test_lock_files_of_dead_servers_are_deleted(sqlite_location: Location, open_store: StoreOpener) -> None:
    folder = sqlite_location.home / "servers"
    (folder / ("0" * 32)).touch()
    open_store(sqlite_location)
    open_store(sqlite_location).close()
    assert len(os.listdir(folder)) == 1
    assert "0" * 32 not in os.listdir(folder)
