"""Bringing a CSV file: uploading it, correcting how it was read, and what happens when it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._shared import form, questions, state, workspace
from qenn_core import jobs, limits
from qenn_core.errors import DataError, QennError, TooManyRowsError
from qenn_core.experiment import CSV, DataSpec, field_of
from qenn_core.registry import DATASETS

_PLACE = "upload"
_NOT_KEPT = "upload.kept"
_AS_FOUND = "as found"
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
_ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (Western)",
    "latin-1": "Latin-1",
    "utf-16": "UTF-16",
    "mac_roman": "Mac",
}


def uploader() -> None:
    """Draw the upload box; a file that is refused leaves the earlier data as they were."""
    data = state.spec().data
    if data.file_name and state.table() is None:
        st.info(
            f"This link uses the file **{form.plain(data.file_name)}**. Links carry settings, never data: "
            "upload the file to go on.",
            icon=":material/upload_file:",
        )
    if not data.is_csv:
        st.caption(f"Until a file is read, the data are: {form.plain(DATASETS[data.source].label)}.")
    file = st.file_uploader(
        f"CSV file, up to {limits.MAX_ROWS:,} rows",
        key="uploaded",
        help="Text tables: .csv, .tsv, .txt, also gzipped, up to "
        f"{limits.MAX_UPLOAD_BYTES // 2**20} MB. One row an example, one column a property.",
    )
    if file is not None and file.file_id != st.session_state.get("read_file"):
        with st.spinner("Reading the file …"):
            _read(file.name, file.getvalue(), {})
        st.session_state["read_file"] = file.file_id
        st.rerun()
    elif state.table() is not None and file is None:
        st.caption(f"In use: **{form.plain(data.file_name)}**")
    form.complaint(_PLACE)
    _word_of_what_is_not_kept()
    pending = st.session_state.get("too_many_rows")
    if pending:
        st.button(
            f"Use a random sample of {limits.MAX_ROWS:,} rows",
            icon=":material/filter_alt:",
            width="stretch",
            on_click=_read,
            args=(pending["name"], pending["content"], {"sample_rows": limits.MAX_ROWS}),
        )


def _word_of_what_is_not_kept() -> None:
    error = state.complaints().get(_NOT_KEPT)
    if error and state.table() is not None:
        st.caption(form.plain(f"This file lasts until this tab is closed. {error.what} {error.why}"))


def invitation() -> None:
    """Draw what a page shows while there is no file yet."""
    st.header("Bring your own data")
    st.markdown(
        "Upload a table at the left: one row an example, one column a property, and one column that says "
        "what each example is. Commas, semicolons or tabs, gaps and text columns are all fine."
    )


def reading() -> None:
    """Draw how the file was read beside its first raw lines, where each guess can be corrected."""
    table = state.table()
    if table is None or table.reading is None:
        return
    found = table.reading
    with st.expander("How the file was read", icon=":material/fact_check:"):
        st.caption("The first lines of the file as they are. If a guess below is wrong, correct it.")
        st.code("\n".join(found.raw_lines), language=None)
        text, sign, decimal, header, skip = st.columns(5)
        with text:
            _correct("text_encoding", _ENCODINGS, found.text_encoding)
        with sign:
            _correct("delimiter", _DELIMITERS, found.delimiter)
        with decimal:
            _correct("decimal", {".": "point", ",": "comma"}, found.decimal)
        with header:
            _correct("header", {True: "has names", False: "is data"}, found.header)
        with skip:
            _correct("skip_rows", {n: str(n) for n in range(21)}, found.skip_rows)


def _correct(name: str, options: Mapping[Any, str], found: Any) -> None:
    path = f"data.{name}"
    key = f"read:{name}"
    told = getattr(state.spec().data, name)
    form.settle(key, _AS_FOUND if told is None else told)

    def changed() -> None:
        chosen = st.session_state[key]
        reread(**{name: None if chosen == _AS_FOUND else chosen})

    st.selectbox(
        str(field_of(path).title),
        list(dict.fromkeys([_AS_FOUND, *options, st.session_state[key]])),
        key=key,
        format_func=lambda item: (
            f"as found: {options.get(found, found)}" if item == _AS_FOUND else options.get(item, str(item))
        ),
        on_change=changed,
        help=field_of(path).description,
    )
    form.complaint(path)


def reread(**options: Any) -> None:
    """Read the file at hand again, with corrected options or for another target."""
    data = state.spec().data
    try:
        content = _content(data.fingerprint)
    except QennError as error:
        state.complain(_PLACE, error)
    else:
        _read(data.file_name, content, options)


def _content(fingerprint: str) -> bytes:
    """Return the bytes of a file, from where they are kept or, if that was not possible, from the session."""
    kept = jobs.service().store.uploads.content(workspace.owner(), fingerprint)
    content: bytes | None = kept or st.session_state.get("not_kept", {}).get(fingerprint)
    if content is None:
        raise DataError(
            "The file is no longer here.",
            "It was deleted, or not used for too long.",
            "Upload it again.",
            place=_PLACE,
        )
    return content


def _keep(name: str, content: bytes, fingerprint: str) -> None:
    """Keep a file beyond the session; where that fails the session goes on with it."""
    try:
        jobs.service().store.uploads.save(workspace.owner(), name, content)
    except QennError as error:
        st.session_state["not_kept"] = {fingerprint: content}
        state.complain(_NOT_KEPT, error)
    else:
        st.session_state.pop("not_kept", None)
        state.forgive(_NOT_KEPT)


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
        _keep(data.file_name, content, fingerprint)
        state.want_upload(False)
        state.keep_table(table, data, spec.seed)
        state.change(data=data.model_dump())
