"""Pages of papers as pictures, at `/pages/{paper}/{page}?sha256=…&width=…`, for the evidence panel to draw boxes on.

The address names the very file (`sha256`) whose words the boxes are around: of another one there is no picture, and a
picture can be kept by the browser for good.
"""

from __future__ import annotations

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from corpus.errors import IndexOutdated, LibraryError, YinjuError
from corpus.library import Library

_DRAWING = 2
"""Pictures that are drawn at a time."""


def pictures(library: Library) -> Route:
    """The route that serves them: 404 for what is not there, 410 for a file that has changed, 422 if unreadable."""
    drawing: list[anyio.CapacityLimiter] = []

    async def picture(request: Request) -> Response:
        query = request.query_params
        if not query.get("width", "").isdecimal():
            return PlainTextResponse("no width", 400)
        if not drawing:  # it belongs to the event loop, which runs by now
            drawing.append(anyio.CapacityLimiter(_DRAWING))
        paper, page = request.path_params["paper"], request.path_params["page"]
        width, sha256 = int(query["width"][:6]), query.get("sha256", "")
        try:
            async with drawing[0]:
                drawn = await run_in_threadpool(library.picture, paper, page, width, sha256)
        except YinjuError as exc:
            missing = 410 if isinstance(exc, IndexOutdated) else 404 if isinstance(exc, LibraryError) else 422
            return PlainTextResponse(type(exc).__name__, missing)
        headers = {"cache-control": "private, max-age=31536000, immutable"}
        return Response(drawn, media_type="image/webp", headers=headers)

    return Route("/pages/{paper}/{page:int}", picture)
