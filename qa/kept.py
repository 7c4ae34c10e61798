"""Answers kept under a permanent address, each a JSON file named by a hash of what it says.

>>> address = answers.keep(answer)
>>> reopened = reopen(answers.get(address), index.papers)
>>> reopened.states
('verbatim', 'moved')

A reopened answer says what it said, whatever the index holds by then. Each of its quotations is looked for in its
paper as that is now: one that stands elsewhere is shown there, one that is gone is shown as it was, with a word that
the paper has changed or been removed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from corpus.disk import write_whole
from corpus.errors import AnswerDamaged, AnswerUnknown, AnswerUnwritable
from corpus.paper import Paper
from corpus.stored import restored
from qa.answer import Answer
from qa.citation import Citation, cite
from qa.verify import verify

Standing = Literal["verbatim", "moved", "not found", "removed"]
_ADDRESS = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Reopened:
    """An answer as it was given, its citations where they stand now, and how each of them stands."""

    answer: Answer
    states: tuple[Standing, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """The files of the papers that no longer hold what was quoted, each once."""
        gone = (c.paper.file for c, s in zip(self.answer.citations, self.states, strict=True) if s in _GONE)
        return tuple(dict.fromkeys(gone))


_GONE = ("not found", "removed")


class Answers:
    """The answers kept in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, answer: Answer) -> str:
        """Keep an answer; returns its address, 16 hexadecimal digits, the same for the same answer.

        Raises `AnswerUnwritable`.
        """
        told = {**asdict(answer), "timings_ms": {}}
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        address = hashlib.sha256(text.encode()).hexdigest()[:16]
        file = self._file(address)
        try:
            if not file.is_file():
                self.folder.mkdir(parents=True, exist_ok=True)
                write_whole(file, f"{text}\n".encode())
        except OSError as exc:
            raise AnswerUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc
        return address

    def get(self, address: str) -> Answer:
        """The answer as it was given. Raises `AnswerUnknown`, `AnswerDamaged`."""
        file = self._file(address)
        if not _ADDRESS.fullmatch(address) or not file.is_file():
            raise AnswerUnknown(address=address)
        try:
            return restored(Answer, json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as exc:
            raise AnswerDamaged(address=address, detail=str(exc)) from exc

    def _file(self, address: str) -> Path:
        return self.folder / f"{address}.json"


def reopen(answer: Answer, papers: Mapping[str, Paper]) -> Reopened:
    """An answer that was kept, against the papers as they are now."""
    placed = [_placed(citation, papers.get(citation.paper.id)) for citation in answer.citations]
    return Reopened(
        replace(answer, citations=tuple(citation for citation, _ in placed)), tuple(state for _, state in placed)
    )


def _placed(citation: Citation, paper: Paper | None) -> tuple[Citation, Standing]:
    if paper is None:
        return citation, "removed"
    found = verify(citation.quote, citation.start, citation.end, paper.text)
    if found.state == "not found":
        return citation, found.state
    return cite(paper, found.start, found.end, citation.n, citation.score), found.state
