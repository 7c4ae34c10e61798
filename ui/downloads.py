"""Conversations to take along, at `/conversations/{key}.md` and `.docx`: each visitor's own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from corpus.errors import ConversationUnknown, YinjuError
from corpus.paper import Paper
from qa.history import Form
from qa.shelf import Shelf
from ui.gate import visitor_of
from ui.refusal import sentence
from ui.words import preferred

_TYPES: Mapping[Form, str] = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def downloads(shelf: Shelf) -> list[Route]:
    """The routes that serve them, in the language of the page; 404 for a conversation that there is not."""
    return [_route(shelf, "md"), _route(shelf, "docx")]


def _route(shelf: Shelf, form: Form) -> Route:
    async def conversation(request: Request) -> Response:
        language = preferred(request.headers, request.cookies)
        user, key = visitor_of(request.state).name, str(request.path_params["key"])

        def made() -> bytes:
            papers: Mapping[str, Paper] = {}
            with suppress(YinjuError):  # without an index the references say what the answers knew
                papers = shelf.index.papers
            return shelf.history.exported(user, key, papers, form, language)

        try:
            data = await run_in_threadpool(made)
        except YinjuError as exc:
            return PlainTextResponse(sentence(exc, language), 404 if isinstance(exc, ConversationUnknown) else 500)
        disposition = f'attachment; filename="yinju-{key}.{form}"'
        headers = {"content-disposition": disposition, "cache-control": "private, no-store"}
        return Response(data, media_type=_TYPES[form], headers=headers)

    return Route(f"/conversations/{{key}}.{form}", conversation)
