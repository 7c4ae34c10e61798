"""What the server writes down: one JSON object a line on stderr, for each event.

    {"time": "2026-11-25T03:40:12+00:00", "level": "INFO", "event": "answered", "ms": 71, "citations": 2, …}

No text of a paper and no question stands in it, unless `verbose` is asked for. What breaks is written with its place in
the program, not with the values that broke it, which might be either.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_LOG = logging.getLogger("yinju")


def start_logging(verbose: bool = False) -> None:
    """Write events to stderr from now on; with `verbose` the questions, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(message)s", rename_fields={"levelname": "level", "message": "event"},
            timestamp="time", json_ensure_ascii=False,
        )
    )  # fmt: skip
    _LOG.handlers = [handler]
    _LOG.propagate = False
    _LOG.setLevel(logging.DEBUG if verbose else logging.INFO)


def event(name: str, *, private: dict[str, object] | None = None, **values: Any) -> None:
    """Write an event with its values. Those that are `private` are left out unless everything is asked for."""
    shown = {**values, **(private or {})} if _LOG.isEnabledFor(logging.DEBUG) else values
    _LOG.info(name, extra=shown)


def broken(doing: str, exc: BaseException) -> None:
    """Write what broke and where, which is a mistake in the program; the message only if everything is asked for."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exc.__traceback__)]
    said = {"said": str(exc)} if _LOG.isEnabledFor(logging.DEBUG) else {}
    _LOG.error("broken", extra={"doing": doing, "error": type(exc).__name__, "places": places[-8:], **said})
