"""Bringing a CSV file: uploading it, correcting how it was read, and what happens when it is refused."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from pages._shared import form, questions, state
from qenn_core import limits
from qenn_core.errors import QennError, TooManyRowsError
from qenn_core.spec import CSV, DataSpec

_PLACE = "upload"


def uploader() -> None:
    """Draw the upload box; a file that is refused leaves the earlier data as they were."""
    data = state.spec().data
    if data.file_name and state.table() is None:
        st.info(
            f"This link uses the file **{form.plain(data.file_name)}**. Links carry settings, never data: "
            "upload the file to go on.",
            icon=":material/upload_file:",
        )
    megabytes = limits.MAX_UPLOAD_BYTES // 2**20
    st.file_uploader(
        f"CSV file, up to {megabytes} MB and {limits.MAX_ROWS:,} rows",
        key="uploaded",
        on_change=_uploaded,
        help="Text tables: .csv, .tsv, .txt, also gzipped. One row an example, one column a property.",
    )
    form.complaint(_PLACE)
    pending = st.session_state.get("too_many_rows")
    if pending and st.button(
        f"Use a random sample of {limits.MAX_ROWS:,} rows", icon=":material/filter_alt:", width="stretch"
    ):
        _read(pending["name"], pending["content"], {"sample_rows": limits.MAX_ROWS})
        st.rerun()


def _uploaded() -> None:
    file = st.session_state["uploaded"]
    if file is not None:
        _read(file.name, file.getvalue(), {})


def reread(**options: Any) -> None:
    """Read the file at hand again, with corrected options or for another target."""
    upload = st.session_state["upload"]
    _read(upload["name"], upload["content"], options)


def _read(name: str, content: bytes, options: dict[str, Any]) -> None:
    spec = state.spec()
    fingerprint = hashlib.sha256(content).hexdigest()
    asked_for = spec.data.is_csv and fingerprint == spec.data.fingerprint
    data = spec.data if asked_for else DataSpec(source=CSV)
    changes = {"file_name": name[:200], "fingerprint": fingerprint} | options
    state.forgive(_PLACE)
    st.session_state.pop("too_many_rows", None)
    try:
        data = spec.with_(data=data.model_dump() | changes).data
        table = questions.read_table(content, name, data, spec.seed)
    except TooManyRowsError as error:
        st.session_state["too_many_rows"] = {"name": name, "content": content}
        state.complain(_PLACE, error)
    except QennError as error:
        state.complain(_PLACE, error)
    else:
        st.session_state["table"] = table
        st.session_state["upload"] = {"name": name, "content": content}
        state.change(data=data.model_dump())
