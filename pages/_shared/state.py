"""State of a session: its spec, uploaded table, current run, and the errors at its controls.

The spec is the single source of truth for the form. See `link` for how it is read from the page's link and
written to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from pages._shared import workspace
from qenn_core import jobs
from qenn_core.data import Table
from qenn_core.errors import Problem, QennError, SpecError, TrainingError
from qenn_core.experiment import DataSpec, ExperimentSpec, field_of, query_keys, setting_differences
from qenn_core.model import (
    AUTOMATIC_FIELDS,
    AutomaticField,
    max_automatic_qubits,
    require_feasible,
)

# The last file that was refused, until other data are chosen.
REFUSED_FILE = "refused_file"
_RUN = "run"
_DETAIL = "detail"
_LEFT_DATA = "left_data"
_LEFT_RUN = "left_run"
_SERIES = "series"
# The settings that followed the data when this session started each of its runs.
_AUTOMATIC_OF_RUNS = "automatic_of_runs"
# The settings that determine which table results from a file.
_READING_SETTINGS = (
    "fingerprint",
    "sheet",
    "text_encoding",
    "delimiter",
    "quote",
    "decimal",
    "header",
    "skip_rows",
    "gaps",
    "sample_rows",
)


# Pages


def set_current_page(name: str) -> None:
    """Note which page is being drawn."""
    st.session_state["page"] = name


def current_page() -> str:
    """Return the name of the page that is being drawn."""
    name: str = st.session_state["page"]
    return name


# Spec


def spec() -> ExperimentSpec:
    """Return the spec of the session."""
    return _parse_spec(st.session_state["spec"])


@lru_cache(maxsize=256)
def _parse_spec(text: str) -> ExperimentSpec:
    """Parse a spec; cached, because drawing one page reads it dozens of times."""
    return ExperimentSpec.from_json(text)


def is_started() -> bool:
    """Return whether the session has a spec yet."""
    return "spec" in st.session_state


def set_spec(new: ExperimentSpec) -> None:
    """Replace the spec, and nothing else."""
    st.session_state["spec"] = new.to_json()


def update_spec(**fields: Any) -> None:
    """Change dotted fields of the spec, or set an error at the first of them if the result is not allowed.

    Parameters
    ----------
    **fields
        New values by dotted field, such as ``**{"circuit.n_qubits": 3}``.
    """
    update_spec_at(next(iter(fields)), **fields)


def update_spec_at(control: str, **fields: Any) -> None:
    """Change dotted fields of the spec, or set an error at a control; see `update_spec`."""
    clear_error(control)
    try:
        proposed = spec().with_(**fields)
        automatic = _still_automatic(proposed)
        if "circuit.n_qubits" in automatic:
            n_qubits = min(proposed.circuit.n_qubits, max_automatic_qubits(proposed))
            proposed = proposed.with_(**{"circuit.n_qubits": n_qubits})
        require_feasible(proposed)
    except SpecError as error:
        set_error(control, QennError(describe_problems(error.problems)))
    except TrainingError as error:
        set_error(control, error)
    else:
        set_automatic_fields(automatic)
        set_spec(proposed)


def use_suggestion(control: str, suggestion: ExperimentSpec) -> None:
    """Replace the spec by a suggested one, and clear the error at the control that led to it."""
    clear_error(control)
    set_automatic_fields(_still_automatic(suggestion))
    set_spec(suggestion)


def load_spec(new: ExperimentSpec, run: str = "") -> None:
    """Replace the spec and the current run, and clear all errors.

    Parameters
    ----------
    new : ExperimentSpec
        The new settings.
    run : str
        Id of the run to show, or empty for none.
    """
    set_spec(new)
    set_automatic_fields(st.session_state.get(_AUTOMATIC_OF_RUNS, {}).get(run, ()))
    st.session_state["errors"] = {}
    for key in (_LEFT_DATA, REFUSED_FILE):
        st.session_state.pop(key, None)
    set_current_run(run)


def start_over() -> None:
    """Return to the settings of a new session."""
    load_spec(ExperimentSpec())
    set_automatic_fields(AUTOMATIC_FIELDS)


def choose_data(data: DataSpec) -> None:
    """Use other data, split as before.

    What the last data led to is cleared: their run, which goes on by itself, and the errors of the last file.

    Parameters
    ----------
    data : DataSpec
        The data. Those of a CSV file without a fingerprint are still to be uploaded.
    """
    before = spec().data
    if before.is_csv and uploaded_table() is not None:
        # The settings of the file as they are now, to return to them.
        store_table(uploaded_table(), before, spec().seed)
    if not awaits_file():
        st.session_state[_LEFT_DATA] = before.model_dump()
    if (data.source, data.fingerprint) != (before.source, before.fingerprint):
        leave_run()
    clear_error("upload")
    st.session_state.pop(REFUSED_FILE, None)
    split = {name: getattr(before, name) for name in ("validation_size", "test_size")}
    update_spec(data=data.model_dump() | split)


def left_data() -> DataSpec | None:
    """Return the data that were in use before the ones that are, or ``None``."""
    left = st.session_state.get(_LEFT_DATA)
    return DataSpec.model_validate(left) if left else None


def describe_problems(problems: Iterable[Problem]) -> str:
    """Describe bad values, with the labels that the form shows instead of field names."""
    return " ".join(
        f"{_label(problem.field)} is {problem.got}, but must be {problem.allowed}." for problem in problems
    )


def _label(field: str) -> str:
    labels = (str(field_of(path).title) for path in query_keys().values() if is_within(field, path))
    return next(labels, field)


def is_within(field: str, path: str) -> bool:
    """Return whether a dotted field is `path`, or a part of it."""
    return field == path or field.startswith(f"{path}.")


# Settings that follow the data


def automatic_fields() -> tuple[AutomaticField, ...]:
    """Return the settings that follow the data, because the user has not chosen their values."""
    fields: tuple[AutomaticField, ...] = st.session_state.get("automatic", ())
    return fields


def set_automatic_fields(fields: Iterable[AutomaticField]) -> None:
    """Let these settings follow the data from now on, and no others."""
    st.session_state["automatic"] = tuple(fields)
    st.session_state["linked"] = ""


def fields_to_choose() -> tuple[AutomaticField, ...]:
    """Return the settings to choose for the current data: those that follow them.

    None are chosen as long as nothing else has changed since a link was opened: its values hold, even if this
    version of the app would choose others.
    """
    return () if st.session_state["linked"] == _other_settings() else automatic_fields()


def keep_automatic_values() -> None:
    """Keep the values of the automatic settings until another setting changes."""
    st.session_state["linked"] = _other_settings()


def _still_automatic(proposed: ExperimentSpec) -> tuple[AutomaticField, ...]:
    changed = setting_differences([spec(), proposed])
    return tuple(field for field in automatic_fields() if field not in changed)


def _other_settings() -> str:
    """Return all settings but the automatic ones."""
    return spec().with_(**{field: field_of(field).default for field in automatic_fields()}).to_json()


# Errors


def errors() -> Mapping[str, QennError]:
    """Return the error at each control that has one."""
    found: Mapping[str, QennError] = st.session_state.get("errors", {})
    return found


def set_error(control: str, error: QennError) -> None:
    """Show an error at a control until the control is used again."""
    st.session_state["errors"] = {**errors(), control: error}


def clear_error(control: str) -> None:
    """Remove the error at a control, if there is one."""
    st.session_state["errors"] = {name: error for name, error in errors().items() if name != control}


# Level of detail


def shows_all_settings() -> bool:
    """Return whether the form shows all settings, rather than the few that matter most."""
    return bool(st.session_state.get(_DETAIL))


def set_detail(*, all_settings: bool) -> None:
    """Choose whether the form shows all settings."""
    st.session_state[_DETAIL] = all_settings


# Current run


def current_run() -> str:
    """Return the id of the run that the session shows, or an empty string."""
    run: str = st.session_state.get(_RUN, "")
    return run


def spec_of_run() -> ExperimentSpec | None:
    """Return the spec of the current run; ``None`` without a run, or if it or its settings do not exist."""
    run = current_run()
    try:
        return jobs.service().spec_of(run, workspace.owner()) if run else None
    except QennError:
        return None


def set_current_run(run: str) -> None:
    """Show a run, or none if `run` is empty."""
    st.session_state[_RUN] = run
    st.session_state.pop(_LEFT_RUN, None)


def show_started_run(run: str) -> None:
    """Show a run that was started with the settings of the session."""
    st.session_state.setdefault(_AUTOMATIC_OF_RUNS, {})[run] = automatic_fields()
    set_current_run(run)


def start_series(runs: Sequence[str]) -> None:
    """Show the first of several runs that were started together."""
    st.session_state[_SERIES] = tuple(runs)
    show_started_run(runs[0])


def series() -> tuple[str, ...]:
    """Return the runs that were started together with the current one, itself included; else none."""
    runs: tuple[str, ...] = st.session_state.get(_SERIES, ())
    return runs if current_run() in runs else ()


def leave_run() -> None:
    """Show no run any more, because the data are others; if it is in training, that goes on."""
    run = current_run()
    if run:
        set_current_run("")
        st.session_state[_LEFT_RUN] = run


def left_run() -> str:
    """Return the id of the run that was shown before other data were chosen, or an empty string."""
    run: str = st.session_state.get(_LEFT_RUN, "")
    return run


# Uploaded file


def awaits_file() -> bool:
    """Return whether the data are a file that has not been uploaded, or is not available any more."""
    return spec().data.is_csv and uploaded_table() is None


def uploaded_table() -> Table | None:
    """Return the table of the uploaded file that the spec names; ``None`` if the file is not available.

    A session that has not read it, for example after a page reload, reads the stored file again.
    """
    current = spec()
    if not (current.data.is_csv and current.data.fingerprint):
        return None
    if st.session_state.get("table_key") != _table_key(current.data, current.seed):
        store_table(_read_stored_file(current.data, current.seed), current.data, current.seed)
    table: Table | None = st.session_state["table"]
    return table


def store_table(table: Table | None, data: DataSpec, seed: int) -> None:
    """Store in the session the table that a file was read into, with the settings used to read it."""
    st.session_state["table"] = table
    st.session_state["table_key"] = _table_key(data, seed)
    st.session_state["file"] = data.model_dump()


def discard_table(fingerprint: str) -> None:
    """Remove the table of a deleted file from the session."""
    if st.session_state.get("file", {}).get("fingerprint") == fingerprint:
        st.session_state["table"] = None


def last_upload() -> DataSpec | None:
    """Return the settings of the last uploaded file, even while other data are in use, or ``None``."""
    available = st.session_state.get("table") is not None
    return DataSpec.model_validate(st.session_state["file"]) if available else None


def _read_stored_file(data: DataSpec, seed: int) -> Table | None:
    try:
        return jobs.service().read_upload(workspace.owner(), data, seed)
    except QennError as error:
        set_error("upload", error)
        return None


def _table_key(data: DataSpec, seed: int) -> tuple[object, ...]:
    """Return what determines the table of a file; seed and target count only if its rows are sampled."""
    sampled = (seed, data.target) if data.sample_rows else ()
    return *(getattr(data, name) for name in _READING_SETTINGS), *sampled
