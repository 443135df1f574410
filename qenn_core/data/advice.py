"""What looks wrong with a table, with the settings that would put it right."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from qenn_core.experiment import DataSpec


class Advice(BaseModel):
    """Advice that the user may follow with one click.

    Parameters
    ----------
    text : str
        What looks wrong, and when it is, in plain sentences.
    action : str
        What following the advice does, as the label of a button.
    data : DataSpec
        The settings with which it is done.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    action: str
    data: DataSpec


def with_role(data: DataSpec, column: str, role: str) -> DataSpec:
    """Return the settings with the role of one column changed."""
    return DataSpec.model_validate(data.model_dump() | {"roles": dict(data.roles) | {column: role}})
