"""Plotly's script, compressed once per server instead of once per visitor."""

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

# The script changes only with the installed version of Plotly.
CACHE_HEADERS = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
# Streamlit compresses every response without an encoding, which takes 0.2 s for these 4 MB.
GZIP_HEADERS = {"Content-Encoding": "gzip", "Content-Type": "text/javascript; charset=utf-8"}

_compression_lock = Lock()


async def plotly_script(request: Request) -> Response:
    """Return the script of the Plotly version that builds the figures of the pages."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return Response(await run_in_threadpool(_compressed), headers=CACHE_HEADERS | GZIP_HEADERS)
    return FileResponse(SCRIPT, headers=CACHE_HEADERS)


def _compressed() -> bytes:
    with _compression_lock:  # a class that opens the app at the same moment waits for one compression
        return _compress_once()


@cache
def _compress_once() -> bytes:
    return gzip.compress(SCRIPT.read_bytes())
