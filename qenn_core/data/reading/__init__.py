"""Reading an uploaded file into a table.

`reader` is the caller's side. It starts a process of its own (`__main__`), in which `parsing` does the
work, so that a hostile file can neither hang nor exhaust the caller. All modules but `reader` know
nothing of processes; none imports pandas at its top, since the process would pay for it at each start.
"""

from qenn_core.data.reading.reader import read_table

__all__ = ["read_table"]
