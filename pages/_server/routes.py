"""HTTP routes besides the pages: run snapshots as JSON, static assets, and changing the workspace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from pages._server.assets import ASSETS, RevalidatedFiles
from pages._server.plotly_script import plotly_script
from pages._server.workspace_cookie import workspace_route
from qenn_core import jobs
from qenn_core.errors import JobError
from qenn_core.store import StoreError

NO_STORE = {"Cache-Control": "no-store"}


def routes(base_path: str) -> list[BaseRoute]:
    """Return all routes.

    Parameters
    ----------
    base_path : str
        Base path of the app, without a slash at its end.
    """
    return [
        Route(f"{base_path}/api/runs/{{run}}", run_feed),
        Route(f"{base_path}/assets/plotly.min.js", plotly_script),
        Mount(f"{base_path}/assets", RevalidatedFiles(directory=ASSETS)),
        workspace_route(base_path),
    ]


def run_feed(request: Request) -> Response:
    """Return a run as JSON, with what is new.

    That is the epochs after ``since``, a map newer than ``map``, and the kept maps of epochs after ``frame``.

    The header ``X-Feed-Key`` must hold the key of this run; without it the run is not found. Starlette calls
    this function in a thread, because the store may block.
    """
    try:
        since = _whole_number(request, "since")
        map_version = _whole_number(request, "map")
        frame = _whole_number(request, "frame")
    except ValueError as error:
        return _error(400, error)
    try:
        key = request.headers.get("X-Feed-Key", "")
        feed = jobs.service().feed(request.path_params["run"], key, since, map_version, frame)
    except JobError as error:
        return _error(404, error)
    except StoreError as error:
        return _error(503, error)
    return Response(feed.model_dump_json(), media_type="application/json", headers=NO_STORE)


def _error(status: int, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=status, headers=NO_STORE)


def _whole_number(request: Request, name: str) -> int:
    """Return the non-negative integer in a query parameter; 0 if it is missing."""
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name} must be a whole number from 0.")
    return int(text)
