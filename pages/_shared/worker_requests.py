"""Requests to the worker process that serves pages; equal requests are computed once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages._shared import state
from qenn_core import jobs
from qenn_core.data import Table
from qenn_core.errors import DataError, QennError, TooManyRowsError
from qenn_core.experiment import CSV, DataSpec, ExperimentSpec, field_of
from qenn_core.model import AutomaticField, Workload, choose_training, max_automatic_qubits
from qenn_core.plots import circuit_svg

if TYPE_CHECKING:
    import pandas as pd

    from qenn_core.analysis import Overview, Predictions, PreparedSummary

T = TypeVar("T")

_CACHE_ENTRIES = 64


def data_overview() -> Overview | None:
    """Return a description of the session's data; ``None`` if they are not available or cannot be described.

    The settings that follow the data are chosen for them first. An error is set at the control
    ``"overview"``.
    """
    spec, automatic = state.spec(), state.fields_to_choose()
    state.clear_error("overview")
    if spec.data.is_csv and state.uploaded_table() is None:
        return None
    try:
        with st.spinner("Reading the data. Just after the server has started, this takes a few seconds."):
            overview = _describe(spec, state.uploaded_table(), automatic)
    except QennError as error:
        state.set_error("overview", error)
        return None
    if overview.prepared and automatic:
        state.set_spec(_choose_training(spec, automatic, overview.prepared))
    return overview


def _choose_training(
    spec: ExperimentSpec, automatic: Collection[AutomaticField], data: PreparedSummary
) -> ExperimentSpec:
    chosen = spec.with_(**{"circuit.n_qubits": data.n_qubits, "encoding.reduction": data.reduction})
    workload = Workload(data.rows, data.n_features, data.n_classes)
    return choose_training(chosen, automatic, workload)


def built_in_overview(source: str) -> Overview:
    """Return a description of a built-in data set with its default settings."""
    return _describe(ExperimentSpec(data=DataSpec(source=source)), None)


def circuit_drawing(n_inputs: int) -> str:
    """Return the circuit of the session's spec as SVG.

    Parameters
    ----------
    n_inputs : int
        Number of inputs of the model.
    """
    spec = state.spec()
    relevant = ExperimentSpec.from_dict(
        {"encoding": spec.encoding, "circuit": spec.circuit, "noise": spec.noise}
    )
    return _draw_circuit(relevant.to_json(), n_inputs)


def read_table(content: bytes, file_name: str, data: DataSpec, seed: int) -> Table:
    """Read an uploaded file into a table."""
    return jobs.service().call(jobs.READ_TABLE, content, file_name, data, seed=seed)


def read_rows_to_predict(content: bytes, file_name: str, gaps: tuple[str, ...] | None) -> Table:
    """Read a file of rows to predict, with the words for gaps that the model was trained with.

    Raises
    ------
    DataError
        If the file cannot be read or has too many rows.
    """
    try:
        return read_table(content, file_name, DataSpec(source=CSV, gaps=gaps), seed=0)
    except TooManyRowsError as error:
        raise DataError(
            f"The file has {error.n_rows:,} rows, more than the {error.limit:,} allowed at once.",
            "Each row is simulated as a quantum circuit.",
            "Split the file and upload the parts one by one.",
        ) from error


def predict(model: bytes, rows: pd.DataFrame) -> Predictions:
    """Return the predictions of a packed model for the rows of a table."""
    return jobs.service().call(jobs.PREDICT_ROWS, model, rows)


def compute_once(slot: str, key: Hashable, compute: Callable[[], T]) -> T:
    """Return the result of `compute`, which is called again only when `key` changes.

    Unlike the caches of Streamlit, which all sessions share, the result belongs to this session. Errors are
    not stored.

    Parameters
    ----------
    slot : str
        Name under which the session stores the last key and result.
    key : hashable
        What the result depends on.
    compute : callable
        Returns the result.
    """
    if slot not in st.session_state or st.session_state[slot][0] != key:
        st.session_state[slot] = key, compute()
    result: T = st.session_state[slot][1]
    return result


def _describe(
    spec: ExperimentSpec, table: Table | None, automatic: tuple[AutomaticField, ...] = ()
) -> Overview:
    relevant = ExperimentSpec.from_dict(
        {
            "data": spec.data,
            "encoding": spec.encoding,
            "circuit": {"n_qubits": spec.circuit.n_qubits},
            "seed": spec.seed,
        }
    ).with_(**{field: field_of(field).default for field in automatic})
    max_qubits = max_automatic_qubits(spec) if automatic else 0
    return _describe_data(relevant.to_json(), table, automatic, max_qubits)


def _table_identity(table: Table) -> tuple[object, ...]:
    return table.fingerprint, table.reading


@st.cache_data(max_entries=_CACHE_ENTRIES, show_spinner=False, hash_funcs={Table: _table_identity})
def _describe_data(
    spec: str, table: Table | None, automatic: tuple[AutomaticField, ...], max_qubits: int
) -> Overview:
    return jobs.service().call(
        jobs.DESCRIBE_TABLE, ExperimentSpec.from_json(spec), table, automatic, max_qubits
    )


@st.cache_data(max_entries=_CACHE_ENTRIES, show_spinner=False)
def _draw_circuit(spec: str, n_inputs: int) -> str:
    return circuit_svg(jobs.service().call(jobs.DRAW_CIRCUIT, ExperimentSpec.from_json(spec), n_inputs))
