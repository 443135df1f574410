"""Uploading a CSV file, and correcting how it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._shared import error_messages, form, state, worker_requests, workspace
from pages._shared.markdown import escape_markdown
from qenn_core import jobs, limits
from qenn_core.errors import DataError, QennError, TooManyRowsError
from qenn_core.experiment import CSV, DataSpec, choices, field_of, label_of
from qenn_core.registry import DATASETS

FILE_LABEL = f"CSV file, up to {limits.MAX_ROWS:,} rows"
FILE_FORMATS = f"Text tables: .csv, .tsv, .txt, also gzipped, up to {limits.MAX_UPLOAD_BYTES // 2**20} MB."

_CONTROL = "upload"
_STORAGE = "upload.storage"
_AUTOMATIC = "automatic"
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
_HEADERS = {True: "has names", False: "is data"}
_TEXT_ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (Western)",
    "latin-1": "Latin-1",
    "utf-16": "UTF-16",
    "mac_roman": "Mac",
}


def draw_uploader() -> None:
    """Draw the upload box. A file that cannot be read leaves the current data in use."""
    data = state.spec().data
    if data.file_name and state.uploaded_table() is None:
        st.info(
            f"This link uses the file **{escape_markdown(data.file_name)}**. A link contains settings but no "
            "data: upload the file to continue.",
            icon=":material/upload_file:",
        )
    if not data.is_csv:
        st.caption(
            f"Until you upload a file, the data set is {escape_markdown(DATASETS[data.source].label)}."
        )
    file = st.file_uploader(
        FILE_LABEL, key="uploaded", help=f"{FILE_FORMATS} One row per example, one column per property."
    )
    if file is not None and file.file_id != st.session_state.get("read_file"):
        with st.spinner("Reading the file …"):
            _read(file.name, file.getvalue(), {})
        st.session_state["read_file"] = file.file_id
        st.rerun()
    elif state.uploaded_table() is not None and file is None:
        st.caption(f"In use: **{escape_markdown(data.file_name)}**")
    error_messages.show_at(_CONTROL)
    _draw_storage_warning()
    too_large = st.session_state.get("too_many_rows")
    if too_large:
        st.button(
            f"Use a random sample of {limits.MAX_ROWS:,} rows",
            icon=":material/filter_alt:",
            width="stretch",
            on_click=_read,
            args=(too_large["name"], too_large["content"], {"sample_rows": limits.MAX_ROWS}),
        )


def _draw_storage_warning() -> None:
    error = state.errors().get(_STORAGE)
    if error and state.uploaded_table() is not None:
        st.caption(
            escape_markdown(f"This file is lost when you close this tab. {error.what} {error.why}".rstrip())
        )


def draw_invitation() -> None:
    """Draw what a page shows before a file is uploaded."""
    st.header("Upload your own data")
    st.markdown(
        "Upload a table on the left: one row per example, one column per property, and one column with the "
        "class of each example. Commas, semicolons or tabs, gaps and text columns are all fine."
    )


def draw_reading() -> None:
    """Draw the first lines of the file and how they were read; each guess can be corrected."""
    table = state.uploaded_table()
    if table is None or table.reading is None:
        return
    reading = table.reading
    with st.expander("How the file was read", icon=":material/fact_check:"):
        st.caption("These are the first lines of the file. If a guess below is wrong, correct it.")
        st.code("\n".join(reading.raw_lines), language=None)
        encoding, delimiter, decimal, header, skip_rows = st.columns(5)
        with encoding:
            _draw_correction("text_encoding", _TEXT_ENCODINGS, reading.text_encoding)
        with delimiter:
            _draw_correction("delimiter", _DELIMITERS, reading.delimiter)
        with decimal:
            _draw_correction("decimal", _decimal_labels(), reading.decimal)
        with header:
            _draw_correction("header", _HEADERS, reading.header)
        with skip_rows:
            _draw_correction("skip_rows", {n: str(n) for n in range(21)}, reading.skip_rows)


def _decimal_labels() -> dict[str, str]:
    return {sign: label_of("data.decimal", sign) for sign in choices("data.decimal")}


def _draw_correction(name: str, labels: Mapping[Any, str], guess: object) -> None:
    path = f"data.{name}"
    key = f"read:{name}"
    current = getattr(state.spec().data, name)
    form.set_widget_value(key, _AUTOMATIC if current is None else current)

    def correct() -> None:
        chosen = st.session_state[key]
        # The browser may answer with a label of the last file, which is not an option any more.
        if chosen in (_AUTOMATIC, *labels):
            read_again(**{name: None if chosen == _AUTOMATIC else chosen})

    def label(choice: Any) -> str:
        if choice == _AUTOMATIC:
            return f"{_AUTOMATIC}: {labels.get(guess, str(guess))}"
        return labels.get(choice, str(choice))

    st.selectbox(
        str(field_of(path).title),
        list(dict.fromkeys([_AUTOMATIC, *labels, st.session_state[key]])),
        key=key,
        format_func=label,
        on_change=correct,
        help=field_of(path).description,
    )
    error_messages.show_at(path)


def read_again(**options: Any) -> None:
    """Read the current file again, with corrected options or for another target.

    Parameters
    ----------
    **options
        New values of fields of `DataSpec`.
    """
    data = state.spec().data
    try:
        content = _load_content(data.fingerprint)
    except QennError as error:
        state.set_error(_CONTROL, error)
    else:
        _read(data.file_name, content, options)


def _load_content(fingerprint: str) -> bytes:
    """Return the content of a file, from the store or, if it could not be stored, from the session."""
    stored = jobs.service().store.uploads.content(workspace.owner(), fingerprint)
    content: bytes | None = stored or st.session_state.get("unstored_files", {}).get(fingerprint)
    if content is None:
        raise DataError(
            "The file is no longer available.",
            "It was deleted, or has not been used for a long time.",
            "Upload it again.",
            place=_CONTROL,
        )
    return content


def _store_content(name: str, content: bytes, fingerprint: str) -> None:
    """Store a file beyond the session; if that fails, the session keeps it."""
    try:
        jobs.service().store.uploads.save(workspace.owner(), name, content)
    except QennError as error:
        st.session_state["unstored_files"] = {fingerprint: content}
        state.set_error(_STORAGE, error)
    else:
        st.session_state.pop("unstored_files", None)
        state.clear_error(_STORAGE)


def _read(name: str, content: bytes, options: dict[str, Any]) -> None:
    spec = state.spec()
    fingerprint = hashlib.sha256(content).hexdigest()
    is_same_file = spec.data.is_csv and fingerprint == spec.data.fingerprint
    data = spec.data if is_same_file else DataSpec(source=CSV)
    changes = {"file_name": name[: limits.MAX_FILE_NAME_LENGTH], "fingerprint": fingerprint} | options
    state.clear_error(_CONTROL)
    st.session_state.pop("too_many_rows", None)
    try:
        data = spec.with_(data=data.model_dump() | changes).data
        table = worker_requests.read_table(content, name, data, spec.seed)
    except TooManyRowsError as error:
        st.session_state["too_many_rows"] = {"name": name, "content": content}
        state.set_error(_CONTROL, error)
    except QennError as error:
        state.set_error(_CONTROL, error)
    else:
        _store_content(data.file_name, content, fingerprint)
        state.set_upload_expected(False)
        state.store_table(table, data, spec.seed)
        state.update_spec(data=data.model_dump())
