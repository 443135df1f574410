"""Freeing the memory in which Streamlit holds uploaded files until their session ends."""

from __future__ import annotations

from typing import cast

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx


def release(file_id: str) -> None:
    """Forget an uploaded file of this session, which no widget shows any more."""
    context = get_script_run_ctx()
    if context is not None:
        manager = cast(MemoryUploadedFileManager, context.uploaded_file_mgr)
        manager.remove_file(context.session_id, file_id)
