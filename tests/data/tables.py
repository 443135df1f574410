"""Small tables for tests, with cells as a file gives them: texts, or missing."""

import numpy as np
import pandas as pd

from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec


def table(**columns) -> Table:
    """Return a table with the given columns; every cell becomes a text."""
    frame = pd.DataFrame({name: pd.Series(list(cells)).astype("str") for name, cells in columns.items()})
    return Table(frame=frame, name="a test")


def measured(n_rows: int = 60, **more) -> Table:
    """Return a table of two numbers and a class that depends on the first, with `more` columns before."""
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, n_rows)).round(3)
    return table(**more, a=a, b=b, kind=np.where(a + rng.normal(0, 0.3, n_rows) > 0, "up", "down"))


def csv_spec(**changes) -> ExperimentSpec:
    """Return the spec for an uploaded file, with dotted fields changed (``__`` for the dot)."""
    return ExperimentSpec().with_(
        **{"data.source": "csv"}, **{name.replace("__", "."): value for name, value in changes.items()}
    )
