"""The script of Plotly as the server sends it: compressed once, not for every visitor again."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

SCRIPT = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"

# The script changes with the app's version of Plotly only.
KEPT = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
# Streamlit compresses what has not said yet how it is encoded: 0.2 s for these 4 MB.
ENCODED = {"Content-Encoding": "gzip", "Content-Type": "text/javascript; charset=utf-8"}

_compressing = Lock()


async def plotly_script(request: Request) -> Response:
    """Answer with the very Plotly that the figures of the pages are made for."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(await run_in_threadpool(_compressed), headers=KEPT | ENCODED)
    return FileResponse(SCRIPT, headers=KEPT)


def _compressed() -> bytes:
    with _compressing:  # a class that opens the app at once waits for one compression
        return _compressed_once()


@cache
def _compressed_once() -> bytes:
    return gzip.compress(SCRIPT.read_bytes())
