"""Scripts, styles and images of the app: the folder they lie in, and how they are served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).parents[1] / "_assets"


class RevalidatedFiles(StaticFiles):
    """Static files that the browser revalidates on each use, and downloads only if they have changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a file with the header that requires revalidation."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
