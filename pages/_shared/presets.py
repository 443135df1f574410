"""Presets: experiments of one click. Each changes a setting, and changes it back when pressed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._shared import cost_estimate, error_messages, run_table, state, workspace
from qenn_core import jobs
from qenn_core.errors import QennError
from qenn_core.experiment import display_value, field_of, title_of

if TYPE_CHECKING:
    from qenn_core.analysis import PreparedSummary

N_SEEDS = 5

_CONTROL = "preset"
_BEFORE = "before_presets"
_COMPARABLE = "seeds_to_compare"


@dataclass(frozen=True)
class Preset:
    """A change of one setting.

    Parameters
    ----------
    path : str
        The dotted field.
    value : object
        The value that the preset gives it.
    is_on : callable
        Whether a value of the field counts as that of the preset.
    start, end : str
        Labels of the button: to change the setting, and to change it back.
    help : str
        What it shows.
    """

    path: str
    value: Any
    is_on: Callable[[Any], bool]
    start: str
    end: str
    help: str


PRESETS = (
    Preset(
        "circuit.entanglement",
        "none",
        lambda value: bool(value == "none"),
        "Switch off entanglement",
        "Switch entanglement on again",
        "Does the network need linked qubits? Often it does just as well without.",
    ),
    Preset(
        "noise.level",
        0.02,
        lambda value: value > 0,
        "Add noise",
        "Remove the noise",
        "What do the errors of a real quantum computer do to training?",
    ),
    Preset(
        "circuit.n_layers",
        6,
        lambda value: value >= 6,
        "More layers",
        "Fewer layers",
        "Does a deeper circuit learn more, or is it only harder to train?",
    ),
)


def draw_presets(data: PreparedSummary | None) -> None:
    """Draw the buttons, and which settings they have changed.

    Parameters
    ----------
    data : PreparedSummary or None
        The prepared data; without them nothing can be trained.
    """
    spec = state.spec()
    st.html('<div class="qenn-title">Try an experiment</div>')
    with st.container(horizontal=True, gap="small", key="presets"):
        for preset in PRESETS:
            is_on = preset.is_on(attrgetter(preset.path)(spec))
            st.button(
                preset.end if is_on else preset.start,
                key=f"preset:{preset.path}",
                icon=":material/check:" if is_on else None,
                help=preset.help,
                on_click=_toggle,
                args=(preset,),
            )
        st.button(
            "Train with five seeds",
            key="preset:seeds",
            help="Is it luck? Five runs, each with another split and other initial weights, to compare.",
            disabled=data is None,
            on_click=_train_seeds,
            args=(data,),
        )
    error_messages.show_at(_CONTROL)
    changed = [
        f"{title_of(path)}: {display_value(path, value)}"
        for preset in PRESETS
        if preset.is_on(value := attrgetter(path := preset.path)(spec))
    ]
    if changed:
        st.caption(f"Set by an experiment: {' · '.join(changed)}.")
    if state.series():
        st.caption(
            "The first of the five runs is shown; the others follow it. Stop or Reset ends all of them."
        )
    if _COMPARABLE in st.session_state and st.button(
        "Compare the five runs", icon=":material/compare_arrows:", width="stretch"
    ):
        run_table.select_runs(*st.session_state.pop(_COMPARABLE))
        st.switch_page("runs.py")


def _toggle(preset: Preset) -> None:
    """Give the setting the value of the preset, or the one that it had before."""
    path, current = preset.path, attrgetter(preset.path)(state.spec())
    before: dict[str, Any] = st.session_state.setdefault(_BEFORE, {})
    if preset.is_on(current):
        state.update_spec_at(_CONTROL, **{path: before.pop(path, field_of(path).default)})
    else:
        before[path] = current
        state.update_spec_at(_CONTROL, **{path: preset.value})


def _train_seeds(data: PreparedSummary) -> None:
    """Queue a run for each of several seeds, and show the first of them."""
    spec, table = state.spec(), state.uploaded_table()
    runs: list[str] = []
    state.clear_error(_CONTROL)
    try:
        cost_estimate.estimate(data)
        for number in range(N_SEEDS):
            seeded = spec.with_(seed=spec.seed + number)
            runs.append(jobs.service().submit(seeded, table, owner=workspace.owner()))
    except QennError as error:
        state.set_error(_CONTROL, error)
    if runs:
        state.start_series(runs)
        st.session_state[_COMPARABLE] = runs
