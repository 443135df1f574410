"""What a session holds: the spec, the uploaded file, the run being watched, and complaints by control.

The spec is the whole truth of the form; it starts as what the link says and is written back to the link
after every change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import streamlit as st

from pages._shared import workspace
from qenn_core import jobs
from qenn_core.data import Table
from qenn_core.errors import Problem, QennError, SpecError, TrainingError
from qenn_core.experiment import DataSpec, ExperimentSpec, field_of, query_keys
from qenn_core.model import largest_circuit, require_feasible

RUN_KEY = "run"
# The settings that decide what table comes of a file.
_READING = (
    "fingerprint",
    "text_encoding",
    "delimiter",
    "decimal",
    "header",
    "skip_rows",
    "sample_rows",
)


def turn_to(page: str) -> None:
    """Note which page is being drawn."""
    st.session_state["page"] = page


def page() -> str:
    """Return the page that is being drawn."""
    found: str = st.session_state["page"]
    return found


def spec() -> ExperimentSpec:
    """Return the session's spec."""
    return _read(st.session_state["spec"])


@lru_cache(maxsize=256)
def _read(text: str) -> ExperimentSpec:
    """Read a spec; a page asks for it dozens of times while it is drawn."""
    return ExperimentSpec.from_json(text)


def change(**fields: Any) -> None:
    """Change dotted fields of the spec, or complain at the first of them and change nothing."""
    place = next(iter(fields))
    forgive(place)
    try:
        proposed = spec().with_(**fields)
        require_feasible(proposed)
    except SpecError as error:
        complain(place, QennError(_in_words(error.problems)))
    except TrainingError as error:
        complain(place, error)
    else:
        st.session_state["spec"] = proposed.to_json()


def _in_words(problems: Iterable[Problem]) -> str:
    """Name settings as the form does, rather than by their fields."""
    return " ".join(
        f"{_title(problem.field)} is {problem.got}, but must be {problem.allowed}." for problem in problems
    )


def _title(field: str) -> str:
    titles = (str(field_of(path).title) for path in query_keys().values() if _within(field, path))
    return next(titles, field)


def _within(field: str, path: str) -> bool:
    return field == path or field.startswith(f"{path}.")


def complain(place: str, error: QennError) -> None:
    """Keep an error until the control at `place` is used again."""
    st.session_state["complaints"] = {**complaints(), place: error}


def settle_for(place: str, nearest: ExperimentSpec) -> None:
    """Take settings that fit, in place of those that were refused at a control."""
    forgive(place)
    st.session_state["spec"] = nearest.to_json()


def forgive(place: str) -> None:
    """Drop the complaint at a control."""
    st.session_state["complaints"] = {k: v for k, v in complaints().items() if k != place}


def complaints() -> Mapping[str, QennError]:
    """Return the complaint at each control."""
    found: Mapping[str, QennError] = st.session_state.get("complaints", {})
    return found


def open_link() -> None:
    """Start the session from its link; a value that is not allowed is named and its default used."""
    if "spec" in st.session_state:
        return
    query = dict(st.query_params)
    if RUN_KEY in query:
        st.session_state[RUN_KEY] = query[RUN_KEY]
    found, problems = read_link(query)
    st.session_state["spec"] = found.to_json()
    if problems:
        complain("link", QennError("Part of this link was not used.", _in_words(problems)))


def read_link(query: Mapping[str, str]) -> tuple[ExperimentSpec, tuple[Problem, ...]]:
    """Read a link as far as it is good, with what is wrong in it."""
    try:
        return _fitted(ExperimentSpec.from_query(query))
    except SpecError as error:
        good = {
            key: value
            for key, value in query.items()
            if not any(_within(problem.field, _field_behind(key)) for problem in error.problems)
        }
        found, more = read_link(good if len(good) < len(query) else {})
        return found, error.problems + more


def _fitted(asked: ExperimentSpec) -> tuple[ExperimentSpec, tuple[Problem, ...]]:
    """Make the circuit of a spec smaller, if it is too large to be trained here."""
    n_qubits, most = asked.circuit.n_qubits, largest_circuit(asked)
    if n_qubits <= most:
        return asked, ()
    found = asked.with_(**{"circuit.n_qubits": most}) if most else ExperimentSpec()
    return found, (Problem("circuit.n_qubits", str(n_qubits), f"at most {most} with the other settings"),)


def _field_behind(query_key: str) -> str:
    """Return the dotted field that a key of a link stands for."""
    for key, path in query_keys().items():
        if key == query_key:
            return path
        if key.endswith(".") and query_key.startswith(key):
            return f"{path}.{query_key.removeprefix(key)}"
    return ""


def write_link() -> None:
    """Put the spec and the run into the page's link."""
    query = spec().to_query()
    if run():
        query[RUN_KEY] = run()
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)


def run() -> str:
    """Return the id of the run being watched, or an empty text."""
    found: str = st.session_state.get(RUN_KEY, "")
    return found


def watch(run_id: str) -> None:
    """Watch a run, or none."""
    st.session_state[RUN_KEY] = run_id


def take_up(chosen: ExperimentSpec, run_id: str = "") -> None:
    """Set all settings to those of `chosen`, and watch a run, or none."""
    st.session_state["spec"] = chosen.to_json()
    st.session_state["complaints"] = {}
    want_upload(False)
    watch(run_id)


def want_upload(wanted: bool) -> None:
    """Note whether the user is about to bring a file; the data stay what they are until it is read."""
    st.session_state["wants_upload"] = wanted


def uploads() -> bool:
    """Tell whether the data are an uploaded file, or are about to be."""
    return spec().data.is_csv or bool(st.session_state.get("wants_upload"))


def table() -> Table | None:
    """Return the uploaded table that the spec names, read as it says; ``None`` if the file is not here.

    A session that does not have it, as after a refresh of the page, reads the file again that is kept.
    """
    now = spec()
    if not now.data.is_csv:
        return None
    if st.session_state.get("table of") != _read_as(now.data, now.seed):
        keep_table(_kept(now.data, now.seed), now.data, now.seed)
    found: Table | None = st.session_state["table"]
    return found


def keep_table(found: Table | None, data: DataSpec, seed: int) -> None:
    """Keep what came of a file for this session, with the settings by which it was read."""
    st.session_state["table"] = found
    st.session_state["table of"] = _read_as(data, seed)
    st.session_state["file"] = data.model_dump()


def drop_table(fingerprint: str) -> None:
    """Let go of what came of a file that was deleted."""
    if st.session_state.get("file", {}).get("fingerprint") == fingerprint:
        st.session_state["table"] = None


def last_file() -> DataSpec | None:
    """Return the settings of the file that is here, also while other data are in use."""
    here = st.session_state.get("table") is not None
    return DataSpec.model_validate(st.session_state["file"]) if here else None


def _kept(data: DataSpec, seed: int) -> Table | None:
    try:
        return jobs.service().read_upload(workspace.owner(), data, seed)
    except QennError as error:
        complain("upload", error)
        return None


def _read_as(data: DataSpec, seed: int) -> tuple[object, ...]:
    """Return what decides which table comes of a file; the seed, and the target, by a sample only."""
    sampled = (seed, data.target) if data.sample_rows else ()
    return *(getattr(data, name) for name in _READING), *sampled
