"""Uploading a CSV file, and correcting how it was read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._shared import components, error_messages, form, state, upload_memory, worker_requests, workspace
from pages._shared.markdown import escape_markdown
from qenn_core import jobs, limits
from qenn_core.data import UnreadableTableError
from qenn_core.errors import DataError, QennError, TooManyRowsError
from qenn_core.experiment import CSV, DataSpec, choices, field_of, label_of

if TYPE_CHECKING:
    from qenn_core.data import RawText, Reading

FILE_LABEL = f"CSV or Excel file, up to {limits.MAX_ROWS:,} rows"
FILE_FORMATS = (
    "Text tables (.csv, .tsv, .txt, also gzipped), workbooks (.xlsx, .xls, .ods), Parquet, Arrow, ARFF and "
    f"JSON, up to {limits.MAX_UPLOAD_BYTES // 2**20} MB."
)

_CONTROL = "upload"
_STORAGE = "upload.storage"
_CORRECTED = "corrected_file"
# The fingerprints of the files in Streamlit's memory, by their ids there; and the content of the last file if
# it could not be stored, by its fingerprint.
_UPLOADED, _UNSTORED = "uploaded_files", "unstored_files"
_GAPS = "data.gaps"
_AUTOMATIC = "automatic"
_CORRECTION_WIDTH = 190
_SHOWN_WORDS = " · "
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}
_HEADERS = {number: str(number) if number else "none" for number in range(limits.MAX_HEADER_ROWS + 1)}
# Where no character of the file shows which encoding is right.
_TEXT_ENCODINGS = ("utf-8", "utf-16", "cp1252")


def draw_upload_button() -> None:
    """Draw the button that uploads a file, and what is wrong with the one in use."""
    _release_unused()
    n_uploads = st.session_state.get("n_uploads", 0)
    with st.container(key="upload"):
        file = st.file_uploader(FILE_LABEL, key=f"uploaded:{n_uploads}", label_visibility="collapsed")
    components.drop_target(key="drop_target")
    if file is not None:
        with st.spinner("Reading the file …"):
            content = file.getvalue()
            st.session_state.setdefault(_UPLOADED, {})[file.file_id] = hashlib.sha256(content).hexdigest()
            _read(file.name, content, {})
        # A new widget, which is ready for the next file.
        st.session_state["n_uploads"] = n_uploads + 1
        st.rerun()
    if not state.awaits_file():
        error_messages.show_at(_CONTROL)
    elif error := state.errors().get(_CONTROL):
        # On a phone, the sidebar covers the page, on which the whole message stands.
        with st.container(key="refusal"):
            st.caption(f":red[{escape_markdown(error.what)}] Close this menu to see why.")
    _draw_storage_warning()


def _release_unused() -> None:
    """Free the uploaded files that the session does not keep; those that it keeps count as its memory."""
    refused = _refused_file()
    kept = {*st.session_state.get(_UNSTORED, ()), refused.data.fingerprint if refused else ""}
    uploaded: dict[str, str] = st.session_state.get(_UPLOADED, {})
    for file_id in [file_id for file_id, fingerprint in uploaded.items() if fingerprint not in kept]:
        upload_memory.release(file_id)
        del uploaded[file_id]


def _draw_refusal() -> None:
    """Draw why the last file was refused or, after a link, which file is missing."""
    data = state.spec().data
    if data.file_name:
        st.info(
            f"This link uses the file **{escape_markdown(data.file_name)}**. A link contains settings but no "
            "data: upload the file to continue.",
            icon=":material/upload_file:",
        )
    error_messages.show_at(_CONTROL)
    refused = _refused_file()
    if refused is not None and refused.can_be_sampled:
        st.button(
            f"Use a random sample of {limits.MAX_ROWS:,} rows",
            icon=":material/filter_alt:",
            on_click=_read,
            args=(refused.data.file_name, refused.content, {"sample_rows": limits.MAX_ROWS}),
        )


def _draw_storage_warning() -> None:
    error = state.errors().get(_STORAGE)
    if error and state.uploaded_table() is not None:
        st.caption(
            escape_markdown(f"This file is lost when you close this tab. {error.what} {error.why}".rstrip())
        )


def draw_invitation() -> None:
    """Draw what a page shows instead of data until a file is uploaded."""
    st.header("Upload your own data")
    _draw_refusal()
    left = state.left_data()
    if left is not None:
        st.button(
            f"Go back to {escape_markdown(left.name)}",
            icon=":material/undo:",
            on_click=state.choose_data,
            args=(left,),
        )
    draw_reading()
    st.markdown(
        "Press **Upload your CSV** in the sidebar (behind » on a phone), or drop the file anywhere on this "
        f"page. {FILE_FORMATS}\n\n"
        "The file needs one row per example, one column per property, and one column with the class of each "
        "example. Commas, semicolons or tabs, gaps and text columns are all fine."
    )


def draw_reading() -> None:
    """Draw the first lines of the file and how they were read; each guess can be corrected."""
    table, refused = state.uploaded_table(), _refused_file()
    if refused is not None and refused.raw is not None:
        data, raw, guesses = refused.data, refused.raw, {}
    elif table is not None and table.reading is not None:
        data, raw, guesses = state.spec().data, table.reading.raw, asdict(table.reading)
    else:
        return
    labels = _correction_labels(raw)
    # Stays open while the reading is corrected.
    is_open = refused is not None or data.fingerprint == st.session_state.get(_CORRECTED)
    with st.expander("How the file was read", icon=":material/fact_check:", expanded=is_open):
        lines = "lines of the file" if raw.is_text else "rows of the table"
        st.caption(f"These are the first {lines}. If a guess below is wrong, correct it.")
        st.code("\n".join(raw.lines), language=None)
        with st.container(horizontal=True):
            for name in labels:
                with st.container(width=_CORRECTION_WIDTH):
                    _draw_correction(name, labels[name], getattr(data, name), guesses.get(name))
        if refused is None and table is not None and table.reading is not None:
            _draw_gap_words(table.reading)


def _draw_gap_words(reading: Reading) -> None:
    """Draw the words that count as gaps; others can be added."""
    chosen = state.spec().data.gaps
    words = list(reading.gap_words if chosen is None else chosen)
    options = list(dict.fromkeys([*words, *reading.gap_words]))
    key = "read:gaps"
    form.set_widget_value(key, words, *options)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            str(field_of(_GAPS).title),
            options,
            key=key,
            accept_new_options=True,
            placeholder="None: only empty cells count as missing. Type a word to add it.",
            on_change=lambda: _correct(gaps=tuple(st.session_state[key])),
            help=field_of(_GAPS).description,
        )
        st.button(
            "Detect",
            icon=":material/auto_fix:",
            help="Count the usual words as missing, unless they are as frequent as a class in the column to "
            "predict.",
            disabled=chosen is None,
            on_click=_correct,
            kwargs={"gaps": None},
        )
    error_messages.show_at(_GAPS)


def _correction_labels(raw: RawText) -> dict[str, Mapping[Any, str]]:
    """Return the settings that can be corrected for a file, with the labels of their choices."""
    labels: dict[str, Mapping[Any, str]] = {}
    if len(raw.sheets) > 1:
        labels["sheet"] = {sheet: sheet for sheet in raw.sheets}
    if raw.is_text:
        labels |= {
            "text_encoding": _encoding_labels(raw),
            "delimiter": _DELIMITERS,
            "quote": _labels("data.quote"),
        }
    return labels | {
        "decimal": _labels("data.decimal"),
        "header": _HEADERS,
        "skip_rows": {n: str(n) for n in range(21)},
    }


def _encoding_labels(raw: RawText) -> dict[str, str]:
    """Return the encodings that fit, the most likely first, each with the words that it shows."""
    if not raw.encodings:
        return {name: name for name in _TEXT_ENCODINGS}
    return {name: f"{name}{_SHOWN_WORDS}{text}" for name, text in raw.encodings}


def _labels(path: str) -> dict[str, str]:
    return {choice: label_of(path, choice) for choice in choices(path)}


def _draw_correction(name: str, labels: Mapping[Any, str], current: object, guess: object) -> None:
    path, key = f"data.{name}", f"read:{name}"
    value = _AUTOMATIC if current is None else current
    options = list(dict.fromkeys([_AUTOMATIC, *labels, value]))

    def correct() -> None:
        chosen = st.session_state[key]
        # The browser may answer with a label of the last file, which is not an option any more.
        if chosen in options:
            _correct(**{name: None if chosen == _AUTOMATIC else chosen})

    def label(choice: Any) -> str:
        if choice != _AUTOMATIC:
            return labels.get(choice, str(choice))
        if guess is None or current is not None:
            return _AUTOMATIC
        # The words that an encoding shows are for its choice.
        return f"{_AUTOMATIC}: {labels.get(guess, str(guess)).partition(_SHOWN_WORDS)[0]}"

    form.set_widget_value(key, value, *map(label, options))
    st.selectbox(
        str(field_of(path).title),
        options,
        key=key,
        format_func=label,
        on_change=correct,
        help=field_of(path).description,
    )
    error_messages.show_at(path)


def _correct(**options: Any) -> None:
    st.session_state[_CORRECTED] = _data_being_read().fingerprint
    read_again(**options)


def read_again(**options: Any) -> None:
    """Read the current file, or the refused one, again, with corrected options or for another target.

    Parameters
    ----------
    **options
        New values of fields of `DataSpec`.
    """
    refused = _refused_file()
    if refused is not None:
        _read(refused.data.file_name, refused.content, options)
        return
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
    content: bytes | None = stored or st.session_state.get(_UNSTORED, {}).get(fingerprint)
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
        st.session_state[_UNSTORED] = {fingerprint: content}
        state.set_error(_STORAGE, error)
    else:
        st.session_state.pop(_UNSTORED, None)
        state.clear_error(_STORAGE)


@dataclass(frozen=True)
class _RefusedFile:
    """A file that was refused, but may be used with other settings of its reading.

    Parameters
    ----------
    data : DataSpec
        How it was read.
    content : bytes
        The file.
    raw : RawText or None
        Its text, if it could be read.
    can_be_sampled : bool
        Whether it only has too many rows.
    """

    data: DataSpec
    content: bytes
    raw: RawText | None
    can_be_sampled: bool


def _refused_file() -> _RefusedFile | None:
    """Return the last file if it was refused, until other data are chosen."""
    refused = st.session_state.get(state.REFUSED_FILE)
    return _RefusedFile(DataSpec.model_validate(refused["data"]), *refused["rest"]) if refused else None


def _data_being_read() -> DataSpec:
    """Return how the last file was read, whether it was refused or is in use."""
    refused = _refused_file()
    return refused.data if refused is not None else state.spec().data


def _read(name: str, content: bytes, options: dict[str, Any]) -> None:
    """Read a file and use it; if that fails, no data are in use until there is another one."""
    spec, before = state.spec(), _data_being_read()
    fingerprint = hashlib.sha256(content).hexdigest()
    data = before if before.is_csv and before.fingerprint == fingerprint else DataSpec(source=CSV)
    changes = {"file_name": name[: limits.MAX_FILE_NAME_LENGTH], "fingerprint": fingerprint} | options
    data = DataSpec.model_validate(data.model_dump() | changes)
    try:
        table = worker_requests.read_table(content, name, data, spec.seed)
    except QennError as error:
        _refuse(data, content, error)
    else:
        _store_content(data.file_name, content, fingerprint)
        state.choose_data(data)
        state.store_table(table, data, spec.seed)


def _refuse(data: DataSpec, content: bytes, error: QennError) -> None:
    # The file of a link is still asked for.
    state.choose_data(state.spec().data if state.awaits_file() else DataSpec(source=CSV))
    state.set_error(_CONTROL, error)
    raw = error.raw if isinstance(error, UnreadableTableError) else None
    can_be_sampled = isinstance(error, TooManyRowsError)
    if raw or can_be_sampled:
        rest = content, raw, can_be_sampled
        st.session_state[state.REFUSED_FILE] = {"data": data.model_dump(), "rest": rest}
