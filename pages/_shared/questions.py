"""What pages ask of the worker that is kept free for small questions; equal questions are asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import state
from qenn_core import jobs
from qenn_core.data.table import Table
from qenn_core.errors import QennError
from qenn_core.spec import DataSpec, ExperimentSpec

if TYPE_CHECKING:
    from qenn_core.analysis.overview_records import Overview
    from qenn_core.model.drawing import Drawing

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


def drawing(n_inputs: int) -> Drawing:
    """Draw the circuit of the session's spec."""
    spec = state.spec()
    asked = ExperimentSpec.from_dict(
        {"encoding": spec.encoding, "circuit": spec.circuit, "noise": spec.noise}
    )
    return _drawing(asked.to_json(), n_inputs)


def read_table(content: bytes, file_name: str, data: DataSpec, seed: int) -> Table:
    """Read an uploaded file."""
    table: Table = jobs.service().ask("read_table", content, file_name, data, seed=seed)
    return table


def _identity(table: Table) -> tuple[object, ...]:
    return table.fingerprint, table.reading


@st.cache_data(max_entries=_KEPT, show_spinner=False, hash_funcs={Table: _identity})
def _overview(spec: str, table: Table | None) -> Overview:
    found: Overview = jobs.service().ask("describe", ExperimentSpec.from_json(spec), table)
    return found


@st.cache_data(max_entries=_KEPT, show_spinner=False)
def _drawing(spec: str, n_inputs: int) -> Drawing:
    found: Drawing = jobs.service().ask("draw_circuit", ExperimentSpec.from_json(spec), n_inputs)
    return found
