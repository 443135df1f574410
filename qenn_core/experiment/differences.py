"""The settings in which experiments differ."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from qenn_core.experiment.lookup import query_keys
from qenn_core.experiment.spec import ExperimentSpec


def setting_differences(specs: Sequence[ExperimentSpec]) -> dict[str, tuple[Any, ...]]:
    """Return the settings whose values are not the same in all `specs`.

    Parameters
    ----------
    specs : sequence of ExperimentSpec
        At least one.

    Returns
    -------
    dict of str to tuple
        For the dotted path of each such setting, its value in each spec; in the order of the fields.
    """
    settings = {path: tuple(map(attrgetter(path), specs)) for path in query_keys().values()}
    return {path: values for path, values in settings.items() if any(value != values[0] for value in values)}
