"""Tables of the built-in data sets."""

from __future__ import annotations

from qenn_core.data.table import Table
from qenn_core.experiment import DataSpec
from qenn_core.registry import DATASETS


def load_builtin(spec: DataSpec) -> Table:
    """Return the table of the built-in data set that `spec` names.

    Raises
    ------
    KeyError
        If the source is an uploaded file, whose rows are not part of a spec.
    DataError
        If the settings of the data set contradict each other.
    """
    entry = DATASETS[spec.source]
    values = entry.values(dict(spec.params))
    # A form or a link may give a whole number for a decimal setting, and vice versa.
    typed = {param.name: type(param.default)(values[param.name]) for param in entry.params}
    return Table(frame=entry.make(**typed), name=entry.label, target=entry.target)
