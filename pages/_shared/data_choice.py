"""Which data are in use, and the ways to choose others: a gallery of data sets, and the upload of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import state, thumbnails, upload, uploaded_files, workspace
from pages._shared.markdown import escape_markdown
from qenn_core import jobs
from qenn_core.errors import QennError
from qenn_core.experiment import DataSpec
from qenn_core.plots import EMPTY_PICTURE
from qenn_core.registry import DATASETS, Dataset
from qenn_core.store import Upload

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_TILE_WIDTH = 218


def draw_data_choice() -> None:
    """Draw the button that opens the gallery, named after the data in use, and the upload button."""
    name = state.spec().data.name
    if st.button(
        f"Data: {escape_markdown(name)}" if name else "Choose data",
        key="choose_data",
        icon=":material/grid_view:",
        help="Choose a data set, or a file that you have uploaded before.",
        width="stretch",
    ):
        _draw_gallery()
    upload.draw_upload_button()


@st.dialog("Choose data", width="large")
def _draw_gallery() -> None:
    files = jobs.service().store.uploads.list_by_owner(workspace.owner())
    if files:
        st.markdown("**Your files**")
        with st.container(horizontal=True, gap="small"):
            for file in files:
                _draw_file(file)
        st.markdown("**Data sets to try**")
    with st.container(horizontal=True, gap="small"):
        places = {entry.key: _draw_data_set(entry) for entry in DATASETS}
    # The pictures come last, because the first visitor of a server waits for them.
    for source, place in places.items():
        try:
            place.image(thumbnails.picture_of_data_set(source), width="stretch", alt="")
        except QennError:
            break  # no worker is free: without pictures, the gallery does as well


def _draw_file(file: Upload) -> None:
    is_chosen = state.spec().data.fingerprint == file.fingerprint
    if st.button(
        escape_markdown(file.file_name),
        key=f"choose:{file.fingerprint}",
        icon=":material/check:" if is_chosen else ":material/table_chart:",
        on_click=uploaded_files.use,
        args=(file,),
    ):
        st.rerun()


def _draw_data_set(entry: Dataset) -> DeltaGenerator:
    """Draw the tile of a data set, and return the place of its picture."""
    is_chosen = state.spec().data.source == entry.key
    with st.container(border=True, width=_TILE_WIDTH, height="stretch", gap="small", key=f"data-{entry.key}"):
        place = st.empty()
        place.image(EMPTY_PICTURE, width="stretch", alt="")
        if st.button(
            entry.label,
            key=f"choose:{entry.key}",
            icon=":material/check:" if is_chosen else None,
            width="stretch",
            on_click=state.choose_data,
            args=(DataSpec(source=entry.key),),
        ):
            st.rerun()
        st.caption(entry.help)
    return place
