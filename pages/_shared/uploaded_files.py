"""The visitor's uploaded files: how long they are stored, and how to use or delete them."""

from __future__ import annotations

import streamlit as st

from pages._shared import error_messages, state, workspace
from pages._shared.markdown import escape_markdown
from qenn_core import jobs
from qenn_core.errors import QennError
from qenn_core.experiment import CSV, DataSpec
from qenn_core.store import Upload
from qenn_core.text import count

_CONTROL = "files"


def draw_files() -> None:
    """Draw the list of the visitor's files; nothing if there are none."""
    files = jobs.service().store.uploads.list_by_owner(workspace.owner())
    if not files:
        return
    with st.expander("Your files", icon=":material/folder:"):
        st.caption(
            "Only you can see these files. A file that is not used for a while is deleted; its runs are not."
        )
        for file in files:
            _draw_file(file)
        error_messages.show_at(_CONTROL)


def _draw_file(file: Upload) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"file-{file.fingerprint}"
    ):
        st.markdown(
            f"**{escape_markdown(file.file_name)}** · {_format_size(file.size)} · "
            f"{count(file.days_left, 'day')} left",
            width="stretch",
        )
        st.button(
            "Use",
            icon=":material/table_chart:",
            key=f"use {file.fingerprint}",
            on_click=use,
            args=(file,),
            disabled=state.spec().data.fingerprint == file.fingerprint,
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            key=f"delete {file.fingerprint}",
            on_click=_delete,
            args=(file,),
        )


def _format_size(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.1f} MB" if n_bytes >= 2**20 else f"{max(1, round(n_bytes / 2**10)):,} kB"


def use(file: Upload) -> None:
    """Use a stored file, read as it was last or, if that is not known, as detected."""
    last = state.last_upload()
    if last is None or last.fingerprint != file.fingerprint:
        last = DataSpec(source=CSV, file_name=file.file_name, fingerprint=file.fingerprint)
    state.choose_data(last)


def _delete(file: Upload) -> None:
    state.clear_error(_CONTROL)
    try:
        jobs.service().store.uploads.delete(workspace.owner(), file.fingerprint)
    except QennError as error:
        state.set_error(_CONTROL, error)
    else:
        state.discard_table(file.fingerprint)
