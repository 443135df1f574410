"""The link of a page: the spec, the run, the settings that follow the data, and the level of detail."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._shared import state
from qenn_core.errors import Problem, QennError, SpecError
from qenn_core.experiment import ExperimentSpec, query_keys
from qenn_core.model import AUTOMATIC_FIELDS, largest_circuit, read_fields, write_fields

# Parameters besides the settings.
RUN_KEY = "run"
AUTOMATIC_KEY = "auto"
DETAIL_KEY = "view"
_ALL_SETTINGS = "all"


def load() -> None:
    """Start the session from the page's link; report bad values, and use their defaults instead.

    A link with nothing but a run opens the settings of that run.
    """
    if state.is_started():
        return
    query = dict(st.query_params)
    state.set_current_run(query.get(RUN_KEY, ""))
    state.set_detail(all_settings=query.get(DETAIL_KEY) == _ALL_SETTINGS)
    found, problems = parse(query)
    if not any(map(_field_of_key, query)):
        found = state.spec_of_run() or found
    state.set_spec(found)
    is_link = any(key in (RUN_KEY, AUTOMATIC_KEY, DETAIL_KEY) or _field_of_key(key) for key in query)
    state.set_automatic_fields(read_fields(query.get(AUTOMATIC_KEY, "")) if is_link else AUTOMATIC_FIELDS)
    if is_link:
        state.keep_automatic_values()
    if problems:
        why = state.describe_problems(problems)
        state.set_error("link", QennError("Part of this link could not be used.", why))


def write() -> None:
    """Write the spec, the run, the automatic settings and the level of detail into the page's link."""
    query = state.spec().to_query()
    if state.shows_all_settings():
        query[DETAIL_KEY] = _ALL_SETTINGS
    if state.current_run():
        query[RUN_KEY] = state.current_run()
    if state.automatic_fields() or not query:
        # An address without parameters opens with all of them.
        query[AUTOMATIC_KEY] = write_fields(state.automatic_fields())
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)


def parse(query: Mapping[str, str]) -> tuple[ExperimentSpec, tuple[Problem, ...]]:
    """Parse the valid part of a link.

    Parameters
    ----------
    query : mapping of str to str
        Query parameters; unknown ones are ignored.

    Returns
    -------
    spec : ExperimentSpec
        The valid settings, with defaults for the others and a circuit that is small enough to train.
    problems : tuple of Problem
        The bad values.
    """
    try:
        return _shrink_circuit(ExperimentSpec.from_query(query))
    except SpecError as error:
        valid = {
            key: value
            for key, value in query.items()
            if not any(state.is_within(problem.field, _field_of_key(key)) for problem in error.problems)
        }
        found, more = parse(valid if len(valid) < len(query) else {})
        return found, error.problems + more


def _shrink_circuit(requested: ExperimentSpec) -> tuple[ExperimentSpec, tuple[Problem, ...]]:
    """Reduce the qubits of a spec to what can be trained here; use the default spec if no circuit can."""
    n_qubits, most = requested.circuit.n_qubits, largest_circuit(requested)
    if n_qubits <= most:
        return requested, ()
    found = requested.with_(**{"circuit.n_qubits": most}) if most else ExperimentSpec()
    return found, (Problem("circuit.n_qubits", str(n_qubits), f"at most {most} with the other settings"),)


def _field_of_key(query_key: str) -> str:
    """Return the dotted field of a link's key; empty for an unknown key."""
    for key, path in query_keys().items():
        if key == query_key:
            return path
        if key.endswith(".") and query_key.startswith(key):
            return f"{path}.{query_key.removeprefix(key)}"
    return ""
