"""Small tables for tests, with cells as a file gives them: text, or missing."""

import numpy as np
import pandas as pd

from qenn_core.data.labeling import label_table
from qenn_core.data.preparation import Preparation, prepare_labeled
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec


def table(**columns) -> Table:
    """Return a table with the given columns; every cell becomes text."""
    frame = pd.DataFrame({name: pd.Series(list(cells)).astype("str") for name, cells in columns.items()})
    return Table(frame=frame, name="a test")


def measured(n_rows: int = 60, **more) -> Table:
    """Return a table of two numbers and a class that depends on the first, preceded by `more` columns."""
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, n_rows)).round(3)
    return table(**more, a=a, b=b, kind=np.where(a + rng.normal(0, 0.3, n_rows) > 0, "up", "down"))


def mixed(n_rows: int = 120) -> Table:
    """Return a table with columns of every role, some of them with gaps."""
    rng = np.random.default_rng(3)
    gaps = rng.random(n_rows) < 0.2
    dates = pd.Timestamp(2020, 1, 1) + pd.to_timedelta(rng.integers(0, 900, n_rows), unit="D")
    return measured(
        n_rows,
        weight=np.where(gaps, None, rng.normal(70, 12, n_rows).round(1)),
        member=rng.choice(["yes", "no"], n_rows),
        colour=rng.choice(["red", "green", "blue", None], n_rows),
        size=rng.choice(["small", "large"], n_rows),
        joined=dates.strftime("%Y-%m-%d"),
        pressure=[f"{high}/{low}" for high, low in rng.integers([100, 60], [160, 100], (n_rows, 2))],
        remark=[f"remark {k}" for k in range(n_rows)],
    )


def csv_spec(**changes) -> ExperimentSpec:
    """Return the spec for an uploaded file, with dotted fields changed (``__`` for the dot)."""
    return ExperimentSpec().with_(
        **{"data.source": "csv"}, **{name.replace("__", "."): value for name, value in changes.items()}
    )


def fit(spec: ExperimentSpec, rows: Table) -> Preparation:
    """Label and prepare a table."""
    return prepare_labeled(spec, label_table(spec, rows))
