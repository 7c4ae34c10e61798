"""What another program is told when it gets nothing: one of the tree's errors as JSON, with its status.

>>> error_json(PaperUnknown(paper="x", known="zhang"), "en")
{'error': 'PaperUnknown', 'message': 'x: no paper with this id; known: zhang', 'language': 'en'}

Where something lies on this machine is told to nobody: of a path only its last name is left.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from starlette.responses import JSONResponse

from corpus.errors import (
    AddressUnknown,
    AnswerUnknown,
    FileTooLarge,
    IndexBusy,
    Language,
    LoginBarred,
    LoginMissing,
    NameUnusable,
    PaperExists,
    PaperUnknown,
    QuestionError,
    ReadingError,
    RequestBroken,
    RequestTooLarge,
    RequestUnclear,
    RoleLacking,
    ServerBusy,
    SiteForeign,
    UploadTooMany,
    YinjuError,
)
from ui.words import accepted

_STATUSES: tuple[tuple[tuple[type[YinjuError], ...], int], ...] = (
    ((LoginMissing,), 401),
    ((RoleLacking, SiteForeign), 403),
    ((PaperUnknown, AnswerUnknown, AddressUnknown), 404),
    ((PaperExists,), 409),
    ((FileTooLarge, UploadTooMany, RequestTooLarge), 413),
    ((RequestUnclear, QuestionError, NameUnusable, ReadingError), 422),
    ((LoginBarred,), 429),
    ((RequestBroken,), 500),
)
"""The first that fits counts; all else is a library, model or index that cannot be used just now: 503."""
_BUSY_SECONDS = "5"
_FOLDER = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'\"]+[/\\])+")


def status_of(error: YinjuError) -> int:
    """The HTTP status of an error."""
    return next((status for kinds, status in _STATUSES if isinstance(error, kinds)), 503)


def sentence(error: YinjuError, language: Language) -> str:
    """The error's sentence without the folders in which things lie; a `path` is that of a request."""
    values = {name: value if name == "path" else _bare(value) for name, value in error.values.items()}
    return type(error)(**values).message(language)


def error_json(error: YinjuError, language: Language) -> dict[str, Any]:
    """As the README documents it."""
    return {"error": type(error).__name__, "message": sentence(error, language), "language": language}


def refusal(
    error: YinjuError, accepts: str, status: int | None = None, more: dict[str, Any] | None = None
) -> JSONResponse:
    """The answer to a request that gets nothing, in the language that it `accepts` best."""
    headers = {}
    if isinstance(error, ServerBusy | IndexBusy):
        headers["retry-after"] = _BUSY_SECONDS
    if isinstance(error, LoginBarred):
        headers["retry-after"] = str(60 * int(str(error.values["minutes"])))
    if isinstance(error, LoginMissing):
        headers["www-authenticate"] = 'Basic realm="yinju", charset="UTF-8"'
    told = {**error_json(error, accepted(accepts)), **(more or {})}
    return JSONResponse(told, status or status_of(error), headers)


def _bare(value: object) -> object:
    if isinstance(value, int | float | None):
        return value
    return value.name if isinstance(value, PurePath) else _FOLDER.sub("", str(value))
