"""The runs of the workspace: found again, compared, opened, named, resumed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages._shared import comparing, form, history, models, state, workspace
from qenn_core import jobs
from qenn_core.errors import QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.limits import MAX_NAME_LENGTH
from qenn_core.store import ENDED_STATES, StoredRun
from qenn_core.text import count

PLACE = "runs"
REFRESH_SECONDS = 2
DRAWN = "runs as drawn"


def listed() -> list[StoredRun]:
    found: list[StoredRun] = service.list_runs(owner, st.session_state.get("search", ""))
    return found


def view(runs: Sequence[StoredRun]) -> list[tuple[object, ...]]:
    """Return what the buttons depend on, so that they are drawn again when it changes."""
    return [(run.id, run.state, run.name, run.starred) for run in runs]


def table(runs: Sequence[StoredRun]) -> None:
    """Draw the table, again and again by itself while something goes on."""

    def refresh() -> None:
        now = listed()
        before = history.chosen()
        if now:
            with st.container(key="history"):
                history.table(now)
        if view(now) != st.session_state[DRAWN] or (now and history.chosen() != before):
            st.rerun()

    st.session_state[DRAWN] = view(runs)
    active = any(run.state not in ENDED_STATES for run in runs)
    st.fragment(refresh, run_every=REFRESH_SECONDS if active else None)()


def actions(chosen: Sequence[StoredRun]) -> None:
    """Draw what can be done with the chosen runs."""
    one = chosen[0] if len(chosen) == 1 else None
    with st.container(horizontal=True, gap="small"):
        if button("Open", "open_in_full", "Show this run on the page Train.", one):
            attempt(open_run, one)
        if button("Train again", "replay", "Take its settings to the page Train, to train them anew.", one):
            attempt(open_run, one, anew=True)
        if button("Resume", "resume", "Go on where this training ended.", one and resumable(one)):
            attempt(resume, one)
        can_predict = one and one.has_weights
        if button("Predict", "online_prediction", "Apply what it has learnt to further rows.", can_predict):
            attempt(predict, one)
        starred = bool(chosen) and all(run.starred for run in chosen)
        if button("Unstar" if starred else "Star", "star", "Mark runs, to find them again.", chosen):
            attempt(star, chosen, not starred)
        rename(one)
        delete(chosen)


def resumable(run: StoredRun) -> bool:
    try:
        return run.state in ENDED_STATES and service.snapshot(run.id, owner).resumable
    except QennError:
        return False


def button(label: str, icon: str, about: str, enabled: object) -> bool:
    return st.button(label, icon=f":material/{icon}:", help=about, disabled=not enabled)


def attempt(action: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Do something and draw the page anew, or say on it why it could not be done."""
    state.forgive(PLACE)
    try:
        action(*args, **kwargs)
    except QennError as error:
        state.complain(PLACE, error)
    st.rerun()


def open_run(run: StoredRun, *, anew: bool = False) -> None:
    state.take_up(service.spec_of(run.id, owner), "" if anew else run.id)
    st.switch_page("train.py")


def resume(run: StoredRun) -> None:
    service.resume(run.id, owner)
    open_run(run)


def predict(run: StoredRun) -> None:
    models.choose(run.id)
    st.switch_page("predict.py")


def star(runs: Sequence[StoredRun], starred: bool) -> None:
    for run in runs:
        service.store.runs.star(owner, run.id, starred)


def rename(run: StoredRun | None) -> None:
    with st.popover("Rename", icon=":material/edit:", disabled=run is None):
        if run is not None:
            name = st.text_input("Name", run.name, max_chars=MAX_NAME_LENGTH, key=f"name:{run.id}:{run.name}")
            if st.button("Save the name", type="primary"):
                attempt(service.store.runs.rename, owner, run.id, name)


def delete(runs: Sequence[StoredRun]) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=not runs):
        if runs:
            active = [run for run in runs if run.state not in ENDED_STATES]
            st.markdown(
                f"Delete {count(len(runs), 'run')} for good, with curves, results and trained weights?"
                + (f" {count(len(active), 'training')} will be ended." if active else "")
            )
            if st.button("Delete for good", type="primary", icon=":material/delete:"):
                attempt(forget, runs)


def forget(runs: Sequence[StoredRun]) -> None:
    for run in runs:
        service.delete(run.id, owner)
        if state.run() == run.id:
            state.watch("")


def comparison(chosen: Sequence[StoredRun]) -> None:
    """Draw the chosen runs beside each other."""
    if len(chosen) < 2:
        return
    st.subheader("Comparison")
    compared = [found for run in chosen[: comparing.MOST] if (found := compared_run(run))]
    if len(chosen) > comparing.MOST:
        st.caption(f"The first {comparing.MOST} of the chosen runs; more cannot be told apart.")
    if len(compared) > 1:
        comparing.draw(compared, st.context.theme.type or "light")


def compared_run(run: StoredRun) -> comparing.Compared | None:
    try:
        spec, snapshot = service.spec_of(run.id, owner), service.snapshot(run.id, owner)
    except QennError as error:
        form.show(error)
        return None
    return comparing.Compared(run.name, spec, snapshot)


def nothing_yet() -> None:
    st.markdown(
        "Each training is kept here, with its settings, curves, results and trained weights: also when you "
        "close this tab in the middle of it. Come back to compare runs, to go on with one, or to use what "
        "it has learnt."
    )
    st.page_link("train.py", label="Train the first one", icon=":material/play_circle:")


def this_workspace(runs: Sequence[StoredRun]) -> None:
    """Draw the link to this workspace, and the way out of it."""
    if workspace.has_link():
        with st.expander("Continue on another device", icon=":material/devices:"):
            st.markdown(
                "This link opens these runs in another browser. **Whoever has it sees all of them, and can "
                "delete them**: show it to nobody else. To show somebody your settings, share the address "
                "of the page Train."
            )
            st.code(workspace.link(), language=None, wrap_lines=True)
            st.html('<a class="qenn-link" href="workspace">Start a new workspace in this browser</a>')
    with st.expander("Delete everything", icon=":material/delete_forever:"):
        files = service.store.uploads.list_by_owner(owner)
        st.markdown(
            f"All that is kept of you here: {count(len(runs), 'run')} and "
            f"{count(len(files), 'file')}. Nobody can bring it back."
        )
        sure = st.checkbox("Yes, delete all of it")
        if button("Delete everything", "delete_forever", "Runs, models and files.", sure):
            attempt(forget_everything)


def forget_everything() -> None:
    forget(service.list_runs(owner))
    for file in service.store.uploads.list_by_owner(owner):
        service.store.uploads.delete(owner, file.fingerprint)
        state.drop_table(file.fingerprint)
    state.take_up(ExperimentSpec())


service, owner = jobs.service(), workspace.owner()
st.title("Runs")
runs = listed()
searching = bool(st.session_state.get("search"))
if runs or searching:
    st.text_input(
        "Search",
        key="search",
        placeholder="Search names and data",
        icon=":material/search:",
        label_visibility="collapsed",
        width=360,
    )
    bar = st.container()
    table(runs)
    if not runs:
        st.markdown("No run has these words in its name or the name of its data.")
    chosen = [run for run in runs if run.id in history.chosen()]
    with bar:
        actions(chosen)
        form.complaint(PLACE)
    st.caption(
        "Tick runs at the left to open, name or delete them; tick several to compare them. By the keyboard: "
        "arrows, then Shift and space. A click on a column's name sorts by it."
    )
    comparison(chosen)
else:
    nothing_yet()
this_workspace(runs)
