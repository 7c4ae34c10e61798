"""The HTTP API, under `/api`: what the page does, for programs. `/api/docs` tells how, `ui.gate` lets in.

    curl http://127.0.0.1:7860/api/ask --json '{"question": "什么是产业公地？"}'

Questions wait in the same line as those of the page. Work is done by threads; the event loop only passes things on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any, Literal

import anyio
import fastapi
from fastapi import Depends, File, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from corpus.errors import (
    AddressUnknown,
    AnswerUnwritable,
    Language,
    RequestBroken,
    RequestUnclear,
    RoleLacking,
    UploadTooMany,
    YinjuError,
)
from indexer.build import Progress, Update
from qa.answer import Answer
from qa.retrieve import Scope
from ui import shapes
from ui.docs import docs_html
from ui.gate import visitor_of
from ui.line import Line
from ui.logs import broken, event
from ui.refusal import error_json, refusal, status_of
from ui.service import Before, Service, update_json
from ui.words import accepted

NDJSON = "application/x-ndjson"
Style = Literal["gbt7714", "bibtex", "csl-json"]
_STYLE_TYPES = {
    "gbt7714": "text/plain", "bibtex": "application/x-bibtex", "csl-json": "application/vnd.citationstyles.csl+json",
}  # fmt: skip
_NOTED_SECONDS = 0.1
"""How often is looked how far an update has come."""

Begin = Callable[[Progress], Future[Update]]
"""Begins to bring the index up to date, after whatever update is going on."""


def build_api(service: Service, line: Line, begin: Begin, uploads: Path) -> fastapi.FastAPI:
    """The API as an app to be mounted at `/api`; `uploads` is where files lie until they are added."""
    app = fastapi.FastAPI(
        title="yinju 引据",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        servers=[{"url": "/api"}],
        root_path_in_servers=False,
        dependencies=[Depends(_known_parameters)],
        exception_handlers={HTTPException: _unknown},
    )
    app.router.route_class = _Route
    api = _Api(service, line, begin, uploads)

    def route(method: str, path: str, call: Callable[..., Any], about: tuple[str, str], gives: Any = None) -> None:
        refused: dict[int | str, dict[str, Any]] = {
            status: {"model": shapes.Refusal} for status in (401, 403, 404, 409, 413, 422, 429, 503)
        }
        app.add_api_route(
            path, call, methods=[method], summary=about[1], openapi_extra={"x-summary-zh": about[0]},
            responses={200: {"model": gives}, **refused} if gives else refused, response_model=None,
        )  # fmt: skip

    route(
        "POST", "/ask", api.ask, ("提问，回答逐句注明出处", "Ask; every sentence of the answer is cited"), shapes.Answer
    )
    route("POST", "/search", api.search, ("只查段落", "The best passages only"), shapes.Found)
    route("GET", "/context", api.context, ("引文的上下文", "What stands around a quotation"), shapes.Context)
    route("GET", "/answers/{address}", api.kept, ("打开保存过的回答", "A kept answer"), shapes.KeptAnswer)
    route("GET", "/papers", api.papers, ("论文库", "The library"), shapes.Listing)
    route("POST", "/papers", api.add, ("添加论文（编辑者）", "Add papers (editors)"), shapes.Added)
    route("GET", "/papers/{paper_id}", api.paper, ("论文全文与解析报告", "A paper with its parse report"), shapes.Paper)
    route(
        "DELETE", "/papers/{paper_id}", api.remove, ("移除论文（编辑者）", "Remove a paper (editors)"), shapes.Removed
    )
    route("GET", "/papers/{paper_id}/reference", api.reference, ("参考文献", "A reference to a paper"))
    route("POST", "/index", api.update, ("更新索引（编辑者）", "Bring the index up to date (editors)"), shapes.Updated)
    route("GET", "/openapi.json", api.openapi, ("本接口的 OpenAPI 描述", "This API as an OpenAPI document"))
    route("GET", "/docs", api.docs, ("本页", "This page"))
    return app


class _Api:
    """The handlers; FastAPI reads from their signatures what they take."""

    def __init__(self, service: Service, line: Line, begin: Begin, uploads: Path) -> None:
        self._service, self._line, self._begin, self._uploads = service, line, begin, uploads

    async def ask(self, asked: shapes.AskRequest, request: Request) -> Response:
        """An answer; as `stream`, one a line as it grows."""
        turns = asked.conversation
        before = [Before(turn.completed or turn.question, _told(turn)) for turn in turns or ()]
        work = self._service.answers(asked.question, asked.papers, _scope(asked), before)

        def told(answer: Answer) -> dict[str, Any]:
            if turns is None:
                return answer.to_json()
            completed = {"turn": len(turns) + 1, "completed": answer.question}
            return {**answer.to_json(), "question": asked.question, **completed}

        if _streams(asked.stream, request):
            return await _ndjson(self._line.steps(map(told, work)), request)
        *_, answer = [step async for step in self._line.steps(work)]
        return JSONResponse(told(answer), headers=await run_in_threadpool(self._address, answer))

    async def search(self, asked: shapes.SearchRequest) -> Response:
        """Ranked passages."""

        def work() -> Iterator[dict[str, Any]]:
            yield self._service.shelf.search(asked.query, asked.papers, asked.top, _scope(asked)).to_json()

        (found,) = [step async for step in self._line.steps(work())]
        return JSONResponse(found)

    async def context(
        self, paper: str, start: int, end: int, around: Annotated[int, Query(ge=0, le=50)] = 1
    ) -> Response:
        """The quotation with the paragraphs `around` it."""
        found = await run_in_threadpool(self._service.context, paper, start, end, around)
        return JSONResponse(found.to_json())

    async def kept(self, address: str) -> Response:
        """An answer that was given before; a response to `ask` names its address in `Content-Location`."""
        return JSONResponse(await run_in_threadpool(self._service.kept, address))

    async def papers(self, request: Request) -> Response:
        """Every paper with its state."""
        return JSONResponse(await run_in_threadpool(self._service.listing, _language(request)))

    async def paper(self, paper_id: str) -> Response:
        """What `yinju read --json` prints."""
        return JSONResponse(await run_in_threadpool(self._service.paper, paper_id))

    async def reference(self, paper_id: str, style: Style = "gbt7714") -> Response:
        """The reference as text."""
        told = await run_in_threadpool(self._service.reference, paper_id, style)
        return Response(f"{told}\n", media_type=f"{_STYLE_TYPES[style]}; charset=utf-8")

    async def add(
        self, files: Annotated[list[UploadFile], File()], request: Request, replace: bool = False
    ) -> Response:
        """The outcome of each file. Where none was added, the status and the error are the first file's."""
        _editors_only(request)
        limit, language = self._service.shelf.settings.upload_files, _language(request)
        if len(files) > limit:
            raise UploadTooMany(count=len(files), limit=limit)
        outcomes: list[dict[str, Any]] = []
        errors = []
        for file in files:
            try:
                paper = await run_in_threadpool(self._add, file, replace)
                outcomes.append({"file": file.filename, "paper": paper, "error": None})
            except YinjuError as exc:
                event("paper refused", error=type(exc).__name__)
                errors.append(exc)
                outcomes.append({"file": file.filename, "paper": None, "error": error_json(exc, language)})
        if len(errors) == len(files):
            accepts = request.headers.get("accept-language", "")
            return refusal(errors[0], accepts, status_of(errors[0]), {"files": outcomes})
        return JSONResponse({"files": outcomes})

    async def remove(self, paper_id: str, request: Request) -> Response:
        """Its file is kept."""
        _editors_only(request)
        return JSONResponse(await run_in_threadpool(self._service.remove, paper_id))

    async def update(self, request: Request, asked: shapes.IndexRequest | None = None) -> Response:
        """What the update did; as `stream`, how far it has come before that."""
        _editors_only(request)
        language = _language(request)
        if _streams(asked is not None and asked.stream, request):
            return await _ndjson(self._updating(language), request)
        *_, done = [step async for step in self._updating(language)]
        return JSONResponse(done)

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(request.app.openapi())

    async def docs(self, request: Request, language: Language | None = None) -> Response:
        """The documentation, in the language that is asked for or that the browser accepts best."""
        return HTMLResponse(docs_html(request.app.openapi(), language or _language(request)))

    def _add(self, file: UploadFile, replace: bool) -> str:
        with tempfile.TemporaryDirectory(dir=self._uploads) as folder:
            return self._service.add(file.filename or "", file.file, Path(folder), replace=replace)

    def _address(self, answer: Answer) -> dict[str, str]:
        """Where an answer can be had again, if it could be kept."""
        try:
            return {"content-location": f"/api/answers/{self._service.shelf.keep(answer)}"}
        except AnswerUnwritable:
            return {}

    async def _updating(self, language: Language) -> AsyncIterator[dict[str, Any]]:
        """How far the update has come, whenever that changes, and last what it did."""
        latest: tuple[str, str, float] | None = None

        def note(stage: str, paper: str, share: float) -> None:
            nonlocal latest
            latest = (stage, paper, share)

        running, shown = self._begin(note), None
        while not running.done():
            await anyio.sleep(_NOTED_SECONDS)
            if latest is not None and latest != shown:
                shown = latest
                yield {"stage": shown[0], "paper": shown[1] or None, "share": round(shown[2], 3)}
        yield update_json(running.result(), language)


class _Route(APIRoute):
    """A route that says what went wrong as the API says it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, its errors turned into answers."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except YinjuError as exc:
                error = exc
            except RequestValidationError as exc:
                error = _unclear(exc, request)
            except HTTPException as exc:  # a form that is none
                error = RequestUnclear(field="body", value=None, expected=exc.detail)
            except Exception as exc:  # noqa: BLE001 - logged; no trace of it goes out
                broken("answering the API", exc)
                error = RequestBroken(path=request.scope["path"])
            event("request unanswered", error=type(error).__name__, status=status_of(error))
            return refusal(error, request.headers.get("accept-language", ""))

        return answered


async def _ndjson(steps: AsyncIterator[Any], request: Request) -> Response:
    """A line of JSON a step. What speaks against the first step has a status of its own."""
    first = await anext(steps)

    async def all_of_them() -> AsyncIterator[Any]:
        yield first
        async for step in steps:
            yield step

    return StreamingResponse(_lines(all_of_them(), request), media_type=NDJSON)


async def _lines(steps: AsyncIterator[Any], request: Request) -> AsyncIterator[str]:
    """Each step as a line of JSON; what goes wrong on the way is the last line."""
    error: YinjuError
    try:
        async for step in steps:
            yield f"{json.dumps(step, ensure_ascii=False)}\n"
        return
    except YinjuError as exc:
        error = exc
    except Exception as exc:  # noqa: BLE001 - logged, as above
        broken("answering the API", exc)
        error = RequestBroken(path=request.scope["path"])
    yield f"{json.dumps(error_json(error, _language(request)), ensure_ascii=False)}\n"


def _streams(asked: bool, request: Request) -> bool:
    return asked or NDJSON in request.headers.get("accept", "")


def _language(request: Request) -> Language:
    return accepted(request.headers.get("accept-language", ""))


def _editors_only(request: Request) -> None:
    visitor = visitor_of(request.state)
    if not visitor.may_edit:
        raise RoleLacking(name=visitor.name or "—")


def _scope(asked: shapes.AskRequest | shapes.SearchRequest) -> Scope:
    return Scope(years=asked.years, kinds=frozenset(asked.kinds) if asked.kinds else None)


def _told(turn: shapes.Turn) -> tuple[str, ...]:
    """What an earlier answer gave as the thing asked for."""
    return tuple(turn.answer[start:end] for start, end in turn.strong)


async def _unknown(request: Request, exc: Exception) -> Response:
    """An address or a method that there is not."""
    error = AddressUnknown(method=request.method, path=request.scope["path"])
    return refusal(error, request.headers.get("accept-language", ""))


async def _known_parameters(request: Request) -> None:
    """Refuses a parameter in the address that the route does not know: it may be one that is misspelt."""
    known = [p["name"] for p in _operation(request).get("parameters", []) if p["in"] == "query"]
    for name in request.query_params:
        if name not in known:
            raise RequestUnclear(field="?", value=name, expected=" | ".join(known) or "—")


def _operation(request: Request) -> dict[str, Any]:
    """What the OpenAPI document says of the route that a request is for."""
    operation: dict[str, Any] = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    return operation


def _unclear(exc: RequestValidationError, request: Request) -> RequestUnclear:
    """The first thing that is wrong with a request; what was `expected` is JSON Schema, the same in every language."""
    first = exc.errors()[0]
    kind, source, where = first["type"], first["loc"][0], first["loc"][1:]
    if kind == "json_invalid":
        return RequestUnclear(field="body", value=None, expected="JSON")
    schema = _schema(source, where, request)
    if not where:
        fields = " | ".join(schema.get("properties", {}))
        return RequestUnclear(field="body", value=None, expected=f"Content-Type: application/json, {{{fields}}}")
    field, value = ".".join(map(str, where)), None if kind == "missing" else first.get("input")
    if kind == "unexpected_keyword_argument":
        value, expected = where[-1], " | ".join(schema.get("properties", {}))
    else:
        told = {name: said for name, said in schema.items() if name not in ("title", "description", "default")}
        expected = json.dumps(told, ensure_ascii=False)
    return RequestUnclear(
        field=field, value=value if isinstance(value, int | None) else f"{value}"[:80], expected=expected
    )


def _schema(source: str, where: Sequence[str | int], request: Request) -> dict[str, Any]:
    """What the OpenAPI document says of a place in a request; of a field that is unknown, what it says around it."""
    operation = _operation(request)
    if source != "body":
        named = {p["name"]: p["schema"] for p in operation.get("parameters", [])}
        return dict(named.get(where[0], {}))
    (content,) = operation["requestBody"]["content"].values()
    schema = _resolved(content["schema"], request)
    for part in where:
        inner = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part)
        if inner is None:
            return schema
        schema = _resolved(inner, request)
    return schema


def _resolved(schema: dict[str, Any], request: Request) -> dict[str, Any]:
    """A schema without `null` and without being a reference to another."""
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
    if "$ref" in schema:
        schema = request.app.openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
