"""Reading an uploaded file into a table.

`reader` is the caller's side. It starts a separate process (`__main__`), in which `parsing` does the work, so
that a malicious file can neither hang nor exhaust the caller. The two exchange the messages of `protocol`.
All modules except `reader` are unaware of processes; none imports pandas at the top, because the process
would pay for it at every start.
"""

from qenn_core.data.reading.folders import delete_abandoned_folders
from qenn_core.data.reading.reader import read_table

__all__ = ["delete_abandoned_folders", "read_table"]
