"""What pages ask of the worker that is kept free for small questions; equal questions are asked once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages._shared import state
from qenn_core import jobs
from qenn_core.data import Table
from qenn_core.errors import DataError, QennError, TooManyRowsError
from qenn_core.experiment import CSV, DataSpec, ExperimentSpec
from qenn_core.plots import circuit_svg

if TYPE_CHECKING:
    import pandas as pd

    from qenn_core.analysis import Overview, Predictions

T = TypeVar("T")

_KEPT = 64


def overview() -> Overview | None:
    """Describe the data of the session's spec as prepared for its circuit; ``None`` if they are not here."""
    spec = state.spec()
    if spec.data.is_csv and state.table() is None:
        return None
    asked = ExperimentSpec.from_dict(
        {
            "data": spec.data,
            "encoding": spec.encoding,
            "circuit": {"n_qubits": spec.circuit.n_qubits},
            "seed": spec.seed,
        }
    )
    state.forgive("overview")
    try:
        with st.spinner("Reading the data. The first time after a start of the server takes a few seconds."):
            return _overview(asked.to_json(), state.table())
    except QennError as error:
        state.complain("overview", error)
        return None


def circuit(n_inputs: int) -> str:
    """Draw the circuit of the session's spec, as SVG."""
    spec = state.spec()
    asked = ExperimentSpec.from_dict(
        {"encoding": spec.encoding, "circuit": spec.circuit, "noise": spec.noise}
    )
    return _circuit(asked.to_json(), n_inputs)


def read_table(content: bytes, file_name: str, data: DataSpec, seed: int) -> Table:
    """Read an uploaded file."""
    return jobs.service().call(jobs.READ_TABLE, content, file_name, data, seed=seed)


def read_rows(content: bytes, file_name: str) -> Table:
    """Read a file whose rows are to be predicted."""
    try:
        return read_table(content, file_name, DataSpec(source=CSV), seed=0)
    except TooManyRowsError as error:
        raise DataError(
            f"The file has {error.n_rows:,} rows, more than the {error.limit:,} that go at once.",
            "Each row is simulated as a quantum circuit.",
            "Bring it in parts.",
        ) from error


def predict(model: bytes, rows: pd.DataFrame) -> Predictions:
    """Ask a packed model about further rows."""
    return jobs.service().call(jobs.PREDICT_ROWS, model, rows)


def once(slot: str, key: object, work: Callable[[], T]) -> T:
    """Return what `work` gives; it is done again only when this session last wanted another `key` here.

    Unlike what is asked for everybody, it goes with the session. What fails is done anew the next time.
    """
    if slot not in st.session_state or st.session_state[slot][0] != key:
        st.session_state[slot] = key, work()
    found: T = st.session_state[slot][1]
    return found


def _identity(table: Table) -> tuple[object, ...]:
    return table.fingerprint, table.reading


@st.cache_data(max_entries=_KEPT, show_spinner=False, hash_funcs={Table: _identity})
def _overview(spec: str, table: Table | None) -> Overview:
    return jobs.service().call(jobs.DESCRIBE_TABLE, ExperimentSpec.from_json(spec), table)


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _circuit(spec: str, n_inputs: int) -> str:
    return circuit_svg(jobs.service().call(jobs.DRAW_CIRCUIT, ExperimentSpec.from_json(spec), n_inputs))
