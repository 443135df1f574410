"""What the server answers beside the pages: runs as JSON, and the scripts of the live charts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qenn_core import jobs
from qenn_core.errors import JobError

ASSETS = Path(__file__).parent / "assets"
PLOTLY = Path(str(files("plotly"))) / "package_data" / "plotly.min.js"

# Which sites may show the app within their own pages: as the browser's policy "frame-ancestors" reads.
FRAME_ANCESTORS = "'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": f"frame-ancestors {FRAME_ANCESTORS}",
}


def routes(base_path: str = "") -> list[BaseRoute]:
    """Return the routes, all below the path that the app is served under."""
    base = f"/{base_path.strip('/')}".rstrip("/")
    return [
        Route(f"{base}/api/runs/{{run}}", run_snapshot),
        Route(f"{base}/assets/plotly.min.js", plotly_script),
        Mount(f"{base}/assets", Assets(directory=ASSETS)),
    ]


async def run_snapshot(request: Request) -> Response:
    """Answer with a run, without the epochs up to ``since`` and without the map of version ``map``."""
    try:
        since = _count(request.query_params, "since")
        version = _count(request.query_params, "map")
    except ValueError as error:
        return JSONResponse({"error": str(error)}, status_code=400, headers=NOT_KEPT)
    try:
        snapshot = jobs.service().snapshot(request.path_params["run"], since, version)
    except JobError as error:
        return JSONResponse({"error": str(error)}, status_code=404, headers=NOT_KEPT)
    return Response(snapshot.to_json(), media_type="application/json", headers=NOT_KEPT)
