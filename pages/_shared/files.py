"""The files that are kept for the visitor: how long, and the way to be rid of them."""

from __future__ import annotations

import streamlit as st

from pages._shared import form, state, workspace
from qenn_core import jobs
from qenn_core.errors import QennError
from qenn_core.experiment import CSV, DataSpec
from qenn_core.store import Upload
from qenn_core.text import count

_PLACE = "files"


def kept() -> None:
    """Draw the list of the visitor's files; nothing where there are none."""
    files = jobs.service().store.uploads.list_by_owner(workspace.owner())
    if not files:
        return
    with st.expander("Your files", icon=":material/folder:"):
        st.caption(
            "Kept for you alone, until they have not been used for a while. Deleting one keeps its runs."
        )
        for file in files:
            _one(file)
        form.complaint(_PLACE)


def _one(file: Upload) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"file-{file.fingerprint}"
    ):
        st.markdown(
            f"**{form.plain(file.file_name)}** · {_size(file.size)} · {count(file.days_left, 'day')} left",
            width="stretch",
        )
        st.button(
            "Use",
            icon=":material/table_chart:",
            key=f"use {file.fingerprint}",
            on_click=_use,
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


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{max(1, round(size / 2**10)):,} kB"


def _use(file: Upload) -> None:
    data = DataSpec(source=CSV, file_name=file.file_name, fingerprint=file.fingerprint)
    state.forgive("upload")
    state.want_upload(False)
    state.change(data=data.model_dump())


def _delete(file: Upload) -> None:
    state.forgive(_PLACE)
    try:
        jobs.service().store.uploads.delete(workspace.owner(), file.fingerprint)
    except QennError as error:
        state.complain(_PLACE, error)
    else:
        state.drop_table(file.fingerprint)
