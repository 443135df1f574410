"""The Runs page: find, compare, open, name, resume and delete the runs of the workspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from pages._shared import (
    error_messages,
    model_choice,
    run_comparison,
    run_controls,
    run_table,
    state,
    workspace,
)
from pages._shared.run_comparison import ComparedRun
from qenn_core import jobs
from qenn_core.analysis import to_csv
from qenn_core.errors import QennError
from qenn_core.limits import MAX_NAME_LENGTH
from qenn_core.store import ENDED_STATES, StoredRun
from qenn_core.text import count

CONTROL = "runs"
REFRESH_SECONDS = 2
DRAWN_KEY = "drawn_runs"
# How many actions were carried out: after each, the popovers are new ones, and thus closed.
ACTIONS_KEY = "actions"


def matching_runs() -> list[StoredRun]:
    """Return the runs that match the search, newest first."""
    return service.list_runs(owner, st.session_state.get("search", ""))


def button_state(runs: Sequence[StoredRun]) -> list[tuple[object, ...]]:
    """Return what the buttons depend on; when it changes, they have to be drawn again."""
    return [(run.id, run.state, run.name, run.starred) for run in runs]


def draw_table(runs: Sequence[StoredRun]) -> None:
    """Draw the table, and update it regularly while a run is active."""

    def refresh() -> None:
        current = matching_runs()
        selected_before = run_table.selected_runs()
        if current:
            with st.container(key="history"):
                run_table.draw_table(current)
        if button_state(current) != st.session_state[DRAWN_KEY] or (
            current and run_table.selected_runs() != selected_before
        ):
            st.rerun()

    st.session_state[DRAWN_KEY] = button_state(runs)
    is_active = any(run.state not in ENDED_STATES for run in runs)
    st.fragment(refresh, run_every=REFRESH_SECONDS if is_active else None)()


def draw_actions(selected: Sequence[StoredRun]) -> None:
    """Draw the buttons that act on the selected runs."""
    single = selected[0] if len(selected) == 1 else None
    resumable = single if single and is_resumable(single) else None
    with_model = single if single and single.has_model else None
    with st.container(horizontal=True, gap="small"):
        draw_action("Open", "open_in_full", "Show this run on the Train page.", single, open_run)
        draw_action("Train again", "replay", "Start a new run with its settings.", single, train_again)
        draw_action("Resume", "resume", "Continue where training ended.", resumable, resume)
        draw_action("Predict", "online_prediction", "Apply the model to new rows.", with_model, predict)
        are_starred = bool(selected) and all(run.starred for run in selected)
        star_label = "Unstar" if are_starred else "Star"
        if draw_button(star_label, "star", "Mark runs to find them again.", bool(selected), key="star"):
            attempt(partial(star, selected, not are_starred))
        draw_rename(single)
        draw_delete(selected)


def is_resumable(run: StoredRun) -> bool:
    try:
        return run.state in ENDED_STATES and service.snapshot(run.id, owner).resumable
    except QennError:
        return False


def draw_action(
    label: str, icon: str, help: str, run: StoredRun | None, action: Callable[[StoredRun], None]
) -> None:
    """Draw a button that acts on a single run; it is disabled without one."""
    if draw_button(label, icon, help, run is not None) and run is not None:
        attempt(partial(action, run))


def draw_button(label: str, icon: str, help: str, is_enabled: bool, key: str | None = None) -> bool:
    return st.button(label, key=key, icon=f":material/{icon}:", help=help, disabled=not is_enabled)


def n_actions() -> int:
    number: int = st.session_state.get(ACTIONS_KEY, 0)
    return number


def attempt(action: Callable[[], object]) -> None:
    """Run an action and draw the page again, with an error message if the action failed."""
    state.clear_error(CONTROL)
    st.session_state[ACTIONS_KEY] = n_actions() + 1
    try:
        action()
    except QennError as error:
        state.set_error(CONTROL, error)
    st.rerun()


def open_run(run: StoredRun) -> None:
    state.load_spec(service.spec_of(run.id, owner), run.id)
    st.switch_page("train.py")


def train_again(run: StoredRun) -> None:
    state.load_spec(service.spec_of(run.id, owner))
    run_controls.train()
    st.switch_page("train.py")


def resume(run: StoredRun) -> None:
    service.resume(run.id, owner)
    open_run(run)


def predict(run: StoredRun) -> None:
    model_choice.choose_model(run.id)
    st.switch_page("predict.py")


def star(runs: Sequence[StoredRun], starred: bool) -> None:
    for run in runs:
        service.store.runs.star(owner, run.id, starred)


def draw_rename(run: StoredRun | None) -> None:
    with st.popover("Rename", icon=":material/edit:", disabled=run is None, key=f"rename-{n_actions()}"):
        if run is not None:
            name = st.text_input("Name", run.name, max_chars=MAX_NAME_LENGTH, key=f"name:{run.id}:{run.name}")
            if st.button("Save name", type="primary"):
                attempt(partial(service.store.runs.rename, owner, run.id, name))


def draw_delete(runs: Sequence[StoredRun]) -> None:
    with st.popover("Delete", icon=":material/delete:", disabled=not runs, key=f"delete-{n_actions()}"):
        if runs:
            n_active = sum(run.state not in ENDED_STATES for run in runs)
            st.markdown(
                f"Delete {count(len(runs), 'run')} permanently, including curves, results and trained models?"
                + (f" {count(n_active, 'run')} still in training will be stopped." if n_active else "")
            )
            if st.button("Delete permanently", type="primary", icon=":material/delete:"):
                attempt(partial(delete_runs, runs))


def delete_runs(runs: Sequence[StoredRun]) -> None:
    for run in runs:
        service.delete(run.id, owner)
        if state.current_run() == run.id:
            state.set_current_run("")


def draw_comparison(selected: Sequence[StoredRun]) -> None:
    """Draw a comparison of the selected runs, if there are several."""
    if len(selected) < 2:
        return
    st.subheader("Comparison")
    shown = selected[: run_comparison.MAX_RUNS]
    names = run_table.distinct_names(shown)
    compared = [found for run, name in zip(shown, names, strict=True) if (found := load_run(run, name))]
    if len(selected) > run_comparison.MAX_RUNS:
        st.caption(
            f"Only the first {run_comparison.MAX_RUNS} of the selected runs are shown, to keep the charts "
            "readable."
        )
    if len(compared) > 1:
        run_comparison.draw_comparison(compared)


def load_run(run: StoredRun, name: str) -> ComparedRun | None:
    """Return a run for the comparison, under a name; draw an error if it cannot be loaded."""
    try:
        return ComparedRun(name, service.spec_of(run.id, owner), service.snapshot(run.id, owner))
    except QennError as error:
        error_messages.show(error)
        return None


def draw_download(runs: Sequence[StoredRun]) -> None:
    if runs:
        st.download_button(
            "Download as CSV",
            lambda: to_csv(run_table.to_file(runs)),
            file_name="runs.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="The runs of the table with their settings and results.",
        )


def draw_no_runs_yet() -> None:
    st.markdown(
        "Every run is saved here with its settings, curves, results and trained model, even if you close "
        "this tab during training. Come back to compare runs, continue one, or use its model."
    )
    st.page_link("train.py", label="Train your first model", icon=":material/play_circle:")


def draw_workspace(runs: Sequence[StoredRun]) -> None:
    """Draw the link to the workspace, and the button that empties it."""
    if workspace.has_link():
        # The key leaves the server only when somebody opens this.
        with st.expander(
            "Continue on another device", icon=":material/devices:", on_change="rerun"
        ) as device:
            if device.open:
                st.markdown(
                    "This link opens your runs in another browser. **Anyone who has it can see and delete "
                    "all of them**, so keep it private. To share only your settings, share the address of "
                    "the Train page instead."
                )
                st.code(workspace.link(), language=None, wrap_lines=True)
                st.html('<a class="qenn-link" href="workspace">Start a new workspace in this browser</a>')
    with st.expander("Delete everything", icon=":material/delete_forever:"):
        files = service.store.uploads.list_by_owner(owner)
        st.markdown(
            f"Everything stored here for you: {count(len(runs), 'run')} and {count(len(files), 'file')}. "
            "This cannot be undone."
        )
        is_confirmed = st.checkbox("Yes, delete everything")
        if draw_button(
            "Delete everything", "delete_forever", "Deletes runs, models and files.", is_confirmed
        ):
            attempt(delete_everything)


def delete_everything() -> None:
    delete_runs(service.list_runs(owner))
    for file in service.store.uploads.list_by_owner(owner):
        service.store.uploads.delete(owner, file.fingerprint)
        state.discard_table(file.fingerprint)
    state.start_over()


service, owner = jobs.service(), workspace.owner()
st.title("Runs")
runs = matching_runs()
is_search = bool(st.session_state.get("search"))
if runs or is_search:
    st.text_input(
        "Search",
        key="search",
        placeholder="Search by name or data",
        icon=":material/search:",
        label_visibility="collapsed",
        width=360,
    )
    actions = st.container()
    draw_table(runs)
    if not runs:
        st.markdown("No run matches this search by its name or its data.")
    selected = [run for run in runs if run.id in run_table.selected_runs()]
    with actions:
        draw_actions(selected)
        error_messages.show_at(CONTROL)
    st.caption(
        "Click a name, or tick runs on the left, to select them: one to open it, several to compare them. "
        "With the keyboard: arrow keys, then Shift+Space. Click a column heading to sort."
    )
    draw_download(runs)
    draw_comparison(selected)
else:
    draw_no_runs_yet()
draw_workspace(runs)
