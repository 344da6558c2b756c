"""The paths of the viewer, all below the token, and all to be read only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from agentscale.errors import AgentscaleError, SpecError
from agentscale.report.assets import asset, style
from agentscale.report.legible import visible
from agentscale.server.viewer.comparing import Comparing
from agentscale.server.viewer.guard import HEADERS
from agentscale.server.viewer.looking import Looked

OWN = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:"
"""What the viewer may load: its own."""
FOREIGN = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
FOREIGN += "style-src 'unsafe-inline'; img-src data:"
"""What a file of a run may do, which a stranger may have made: it is of no origin, and can ask nothing."""
_FRAMES = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SCRIPTS = ("elements.js", "served.js", "rounds.js", "trial.js", "browser.js", "comparison.js", "runs.js")
"""The scripts of the page, in the order in which they run; those that the report's page has too come from there."""
_OWN = ("viewer.css", "served.js", "comparison.js", "runs.js")
_TYPES = {
    ".html": "text/html",
    ".csv": "text/plain",
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".js": "text/javascript",
}


class Paths:
    """What is answered on each path.

    Args:
        runs: The runs, side by side.
    """

    def __init__(self, runs: Sequence[Looked]) -> None:
        self._runs = runs
        self._comparing = Comparing([run.folder for run in runs])

    async def page(self, request: Request) -> Response:
        """The page itself."""
        scripts = "\n".join(f'<script src="{name}"></script>' for name in SCRIPTS)
        html = _asset("viewer.html").replace("<!-- browser -->", asset("browser.html"))
        return _text(html.replace("<!-- scripts -->", scripts), ".html")

    async def asset(self, request: Request) -> Response:
        """A script or the style of the page."""
        name = request.path_params["name"]
        if name == "style.css":
            return _text(style(), ".css")
        if name not in (*_OWN, *SCRIPTS):
            raise HTTPException(404)
        return _text(_asset(name) if name in _OWN else asset(name), PurePath(name).suffix)

    def state(self, request: Request) -> Response:
        """All runs, and how far they are."""
        return _json([run.state() for run in self._runs])

    def cells(self, request: Request) -> Response:
        """The cells of a run."""
        return _json(self._run(request).cells())

    def rows(self, request: Request) -> Response:
        """A page of trials."""
        asked = request.query_params
        return _json(self._run(request).rows(_number(asked, "cell"), _number(asked, "marks"), _number(asked, "from")))

    def find(self, request: Request) -> Response:
        """The place of a trial."""
        asked = request.query_params
        replicate = _number(asked, "replicate") if "replicate" in asked else None
        return _json(self._run(request).find(_number(asked, "cell"), asked.get("sample", ""), replicate))

    def trial(self, request: Request) -> Response:
        """One trial."""
        asked = request.query_params
        return _json(self._run(request).trial(_number(asked, "cell"), _number(asked, "place")))

    def comparison(self, request: Request) -> Response:
        """The first run beside each of the others."""
        return _json(self._comparing.told())

    def file(self, request: Request) -> Response:
        """The page of a run, one of its tables, one of its figures."""
        path = self._run(request).file(request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        said = {**HEADERS, "Content-Security-Policy": FOREIGN + _FRAMES}
        return FileResponse(path, headers=said, media_type=_TYPES[path.suffix])

    def _run(self, request: Request) -> Looked:
        at: int = request.path_params["run"]
        if at >= len(self._runs):
            raise HTTPException(404)
        return self._runs[at]


def application(runs: Sequence[Looked], token: str) -> Starlette:
    """The application; it is not guarded.

    Args:
        runs: The runs, side by side.
        token: The first part of every path.
    """
    paths = Paths(runs)
    below = {
        "/": paths.page,
        "/state": paths.state,
        "/comparison": paths.comparison,
        "/{name}": paths.asset,
        "/{run:int}/cells": paths.cells,
        "/{run:int}/rows": paths.rows,
        "/{run:int}/find": paths.find,
        "/{run:int}/trial": paths.trial,
        "/{run:int}/files/{name:path}": paths.file,
    }
    return Starlette(
        routes=[Route(f"/{token}{path}", endpoint, methods=["GET"]) for path, endpoint in below.items()],
        exception_handlers={AgentscaleError: _failed},
    )


def _number(asked: Any, name: str) -> int:
    """A number ≥ 0 of a query."""
    written = asked.get(name, "0")
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise SpecError(f"got {written!r}", key=name, allowed="a whole number")
    return int(written)


def _failed(request: Request, error: Exception) -> Response:
    """What is wrong with what was asked, or with the run, in words for the page to show."""
    return _json({"error": visible(str(error))}, 400 if isinstance(error, SpecError) else 500)


def _json(value: Any, status: int = 200) -> Response:
    """JSON in ASCII, so that any text survives."""
    return Response(json.dumps(value, allow_nan=False).encode("ascii"), status, HEADERS, "application/json")


def _text(content: str, suffix: str) -> Response:
    return Response(content, headers={**HEADERS, "Content-Security-Policy": OWN + _FRAMES}, media_type=_TYPES[suffix])


def _asset(name: str) -> str:
    return (files("agentscale.server.viewer") / "page" / name).read_text("utf-8")
