"""What the server answers beside the pages: runs as JSON, and the scripts of the live charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages._shared.plotly import plotly_script
from pages._shared.visitors import workspace_route
from qenn_core import jobs
from qenn_core.errors import JobError
from qenn_core.store import StoreError

ASSETS = Path(__file__).parent / "assets"

# Which sites may show the app within their own pages: as the browser's policy "frame-ancestors" reads.
FRAME_ANCESTORS = "'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": f"frame-ancestors {FRAME_ANCESTORS}",
}
NOT_KEPT = {"Cache-Control": "no-store"}
# The app's own scripts are asked for each time, and sent only if they have changed.
ASKED_FOR = "no-cache"


def routes(base_path: str) -> list[BaseRoute]:
    """Return the routes, all below the path that the app is served under."""
    return [
        Route(f"{base_path}/api/runs/{{run}}", run_snapshot),
        Route(f"{base_path}/assets/plotly.min.js", plotly_script),
        Mount(f"{base_path}/assets", Assets(directory=ASSETS)),
        workspace_route(base_path),
    ]


def run_snapshot(request: Request) -> Response:
    """Answer with a run, without the epochs up to ``since`` and without the map of version ``map``.

    Who asks has the key of this one run; without it no run is there. It is called in a thread, since the
    store may let it wait.
    """
    try:
        since = _count(request, "since")
        version = _count(request, "map")
    except ValueError as error:
        return JSONResponse({"error": str(error)}, status_code=400, headers=NOT_KEPT)
    try:
        key = request.headers.get("X-Feed-Key", "")
        feed = jobs.service().feed(request.path_params["run"], key, since, version)
    except JobError as error:
        return JSONResponse({"error": str(error)}, status_code=404, headers=NOT_KEPT)
    except StoreError as error:
        return JSONResponse({"error": str(error)}, status_code=503, headers=NOT_KEPT)
    return Response(feed.model_dump_json(), media_type="application/json", headers=NOT_KEPT)


class Assets(StaticFiles):
    """Files of one folder; whatever path is asked for, nothing outside of it."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file, to be asked for again the next time."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = ASKED_FOR
        return response


class SafeHeaders:
    """Adds to every answer what keeps a browser from being misled."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, and its answer with the headers."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safely)


def _count(request: Request, name: str) -> int:
    """Return the whole number from 0 in a query parameter, 0 where it is missing."""
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{name} must be a whole number from 0.")
    return int(text)
