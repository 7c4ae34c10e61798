"""Answers kept under a permanent address, each a JSON file named by a hash of what it says.

>>> address = answers.keep(answer)
>>> reopened = reopen(answers.get(address), index.papers)
>>> reopened.states
('verbatim', 'moved')

A reopened answer says what it said, whatever the index holds by then; a refusal stays one. Each of its quotations and
passages is looked for in its paper as that is now: one that stands elsewhere is shown there, one that is gone is shown
as it was, with a word that the paper has changed or been removed.

The files are for the user of this machine alone: they hold what somebody asked.
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
from qa.answer import Answer, FoundPassage
from qa.citation import Citation, cite
from qa.verify import verify

Standing = Literal["verbatim", "moved", "not found", "removed"]
_ADDRESS = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Reopened:
    """An answer as it was given, its citations and passages where they stand now, and how each of them stands."""

    answer: Answer
    states: tuple[Standing, ...]
    passage_states: tuple[Standing, ...] = ()

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
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_whole(file, f"{text}\n".encode(), mode=0o600)
        except OSError as exc:
            raise AnswerUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc
        return address

    def get(self, address: str) -> Answer:
        """The answer as it was given. Raises `AnswerUnknown`, `AnswerDamaged`."""
        if not _ADDRESS.fullmatch(address):
            raise AnswerUnknown(address=address)
        try:
            return restored(Answer, json.loads(self._file(address).read_text(encoding="utf-8")))
        except FileNotFoundError as exc:
            raise AnswerUnknown(address=address) from exc
        except (OSError, ValueError, RecursionError) as exc:
            raise AnswerDamaged(address=address, detail=str(exc)) from exc

    def drop(self, address: str) -> None:
        """Keep an answer no longer; one that is gone already is no error. Raises `AnswerUnwritable`."""
        try:
            if _ADDRESS.fullmatch(address):
                self._file(address).unlink(missing_ok=True)
        except OSError as exc:
            raise AnswerUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def _file(self, address: str) -> Path:
        return self.folder / f"{address}.json"


def reopen(answer: Answer, papers: Mapping[str, Paper]) -> Reopened:
    """An answer that was kept, against the papers as they are now."""
    cited = [_cited(citation, papers.get(citation.paper.id)) for citation in answer.citations]
    found = [_found(passage, papers.get(passage.paper.id)) for passage in answer.passages]
    return Reopened(
        replace(answer, citations=tuple(c for c, _ in cited), passages=tuple(p for p, _ in found)),
        tuple(state for _, state in cited),
        tuple(state for _, state in found),
    )


def _cited(citation: Citation, paper: Paper | None) -> tuple[Citation, Standing]:
    placed, state = _placed(citation.quote, citation.start, citation.end, paper)
    return citation if placed is None else replace(placed, n=citation.n, score=citation.score), state


def _found(passage: FoundPassage, paper: Paper | None) -> tuple[FoundPassage, Standing]:
    """A passage has no number that anything refers to but its rank, which it keeps."""
    placed, state = _placed(passage.text, passage.start, passage.end, paper)
    if placed is None:
        return passage, state
    place = (placed.paper, placed.section, placed.pages, placed.start, placed.end, placed.quote)
    return FoundPassage(passage.rank, *place, passage.score), state


def _placed(text: str, start: int, end: int, paper: Paper | None) -> tuple[Citation | None, Standing]:
    """Where a text that stood at `start`:`end` of a paper stands now; None where it does not."""
    if paper is None:
        return None, "removed"
    found = verify(text, start, end, paper.text)
    if found.state == "not found":
        return None, found.state
    return cite(paper, found.start, found.end, 0, 0.0), found.state
