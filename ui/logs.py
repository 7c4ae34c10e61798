"""What the server writes down: one JSON object a line on stderr, for each event.

    {"level": "INFO", "event": "answered", "ms": 71, "version": "000002", …, "time": "2026-11-25T03:40:12.877084+00:00"}

No text of a paper and no question stands in it, unless `verbose` is asked for. What breaks is written with its place in
the program, not with the values that broke it, which might be either. What others print to stderr, such as Gradio the
traceback of what it was sent, becomes an event as well.
"""

from __future__ import annotations

import io
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from pythonjsonlogger.json import JsonFormatter

_LOG = logging.getLogger("yinju")
_RAISED = re.compile(r"^(?P<error>[A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt)\b)", re.MULTILINE)


@contextmanager
def logged(verbose: bool = False) -> Iterator[None]:
    """Within the block, write events to stderr; with `verbose` the questions, too. All else goes by it."""
    stderr, before = sys.stderr, (_LOG.handlers, _LOG.propagate, _LOG.level)
    handler = _Handler(stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(message)s", rename_fields={"levelname": "level", "message": "event"},
            timestamp="time", json_ensure_ascii=False,
        )
    )  # fmt: skip
    _LOG.handlers, _LOG.propagate = [handler], False
    _LOG.setLevel(logging.DEBUG if verbose else logging.INFO)
    sys.stderr = _Stray()
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = stderr
        _LOG.handlers, _LOG.propagate = before[:2]
        _LOG.setLevel(before[2])


def event(name: str, *, private: dict[str, object] | None = None, **values: Any) -> None:
    """Write an event with its values. Those that are `private` are left out unless everything is asked for."""
    shown = {**values, **(private or {})} if _LOG.isEnabledFor(logging.DEBUG) else values
    _LOG.info(name, extra=shown)


def last_event(name: str) -> None:
    """Write an event after which none is written, though threads may still be at work."""
    event(name)
    for handler in _LOG.handlers:
        handler.addFilter(lambda record: False)


def broken(doing: str, exc: BaseException) -> None:
    """Write what broke and where, which is a mistake in the program; the message only if everything is asked for."""
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exc.__traceback__)]
    said = {"said": str(exc)} if _LOG.isEnabledFor(logging.DEBUG) else {}
    _LOG.error("broken", extra={"doing": doing, "error": type(exc).__name__, "places": places[-8:], **said})


class _Handler(logging.StreamHandler[TextIO]):
    """A log that cannot be written, to a closed pipe or a full disk, is no reason not to answer."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Nobody is left who could be told."""


class _Stray(io.TextIOBase):
    """What is printed to stderr past the log: an event for each time that something is printed whole."""

    def __init__(self) -> None:
        self._text = ""

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Keep what is printed; a traceback comes line by line, and its end has no indent."""
        self._text += text
        lines = self._text.splitlines(keepends=True)
        if lines and lines[-1].endswith("\n") and not lines[-1].startswith((" ", "Traceback", "During", "The above")):
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Write the event."""
        text, self._text = self._text, ""
        if text.strip():
            raised = _RAISED.findall(text)
            error = {"error": raised[-1]} if raised else {}
            event("printed", lines=len(text.splitlines()), **error, private={"text": text})
