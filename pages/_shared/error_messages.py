"""Error messages on a page, next to the control that caused them."""

from __future__ import annotations

import streamlit as st

from pages._shared import state
from pages._shared.markdown import escape_markdown
from qenn_core.errors import ErrorMessage, QennError
from qenn_core.model import InfeasibleError


def show(error: QennError | ErrorMessage, *, as_choice: bool = False) -> None:
    """Show what happened, why, and what to do.

    Parameters
    ----------
    error : QennError or ErrorMessage
        The message; empty parts are left out.
    as_choice : bool
        Whether the message leaves the user a choice, and is no error.
    """
    parts = (f"**{escape_markdown(error.what)}**", escape_markdown(error.why), escape_markdown(error.remedy))
    (st.info if as_choice else st.error)(" ".join(part for part in parts if part))


def show_with_suggestion(error: QennError, control: str) -> None:
    """Show an error, and a button that applies the nearest settings that work, if there are any.

    Parameters
    ----------
    error : QennError
        The message.
    control : str
        Name of the control that caused it, such as ``"noise.level"``.
    """
    show(error)
    if isinstance(error, InfeasibleError) and error.nearest is not None:
        st.button(
            f"Use {error.nearest.change}",
            key=f"nearest:{control}",
            icon=":material/tune:",
            on_click=state.use_suggestion,
            args=(control, error.nearest.spec),
        )


def show_at(control: str) -> None:
    """Show the error at a control, if there is one."""
    error = state.errors().get(control)
    if error:
        show_with_suggestion(error, control)
