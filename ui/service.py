"""What other programs can ask of a shelf, as the JSON they get: the one thing behind `ui.api` and `ui.mcp`.

Each call takes as long as it takes; whoever has an event loop calls from a thread.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

from corpus.errors import Language, PaperUnknown, QuestionTooLong, RequestUnclear, ServerBusy
from corpus.library import safe_name
from corpus.paper import Paper
from indexer.build import Update
from qa.answer import Answer
from qa.context import Context, context
from qa.conversation import KEPT, complete
from qa.reference import STYLES
from qa.retrieve import EVERYWHERE, Scope
from qa.shelf import Shelf
from ui.logs import event
from ui.refusal import error_json
from ui.terminal import paper_json


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier turn of a conversation: its question as it was searched for, and what the answer gave."""

    question: str
    told: tuple[str, ...] = ()


class Service:
    """A shelf for programs. Safe to use from several threads."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._reading = threading.Lock()

    def answers(
        self,
        question: str,
        papers: Collection[str] = (),
        scope: Scope = EVERYWHERE,
        before: Sequence[Before] = (),
    ) -> Iterator[Answer]:
        """The answer as it grows, to the question as the turns before complete it. Raises as `Shelf.ask`."""
        begun, limit = perf_counter(), self.shelf.settings.question_characters
        before = before[-KEPT:]
        for said in (question, *(turn.question for turn in before)):
            if len(said) > limit:
                raise QuestionTooLong(length=len(said), limit=limit)
        snapshot = self.shelf.snapshot()
        told = before[-1].told if before else ()
        names = snapshot.index.glossary.all_names
        completed = complete(question, [turn.question for turn in before], names, told)
        answer = None
        for answer in snapshot.stream(completed, papers, scope):
            yield answer
        assert answer is not None
        event(
            "answered", ms=round(1000 * (perf_counter() - begun)), version=snapshot.index.version,
            citations=len(answer.citations), confidence=round(answer.confidence, 3), private={"question": question},
        )  # fmt: skip

    def listing(self, language: Language) -> dict[str, Any]:
        """The papers of the library. Raises `LibraryError`."""
        failures = self.shelf.failures()
        papers = [
            {
                "id": s.id, "file": s.file, "title": s.title, "authors": list(s.authors), "year": s.year,
                "state": "failed" if s.id in failures else s.state,
                "error": error_json(failures[s.id], language) if s.id in failures else None,
            }
            for s in self.shelf.states()
        ]  # fmt: skip
        return {"papers": papers, "left_out": [path.name for path in self.shelf.library.left_out()]}

    def paper(self, paper_id: str) -> dict[str, Any]:
        """A paper as it was read. Raises `PaperUnknown`, `ReadingError`, `LibraryError`."""
        return paper_json(self._paper(paper_id))

    def reference(self, paper_id: str, style: str) -> str:
        """A reference to a paper. Raises as `paper`."""
        return STYLES[style](self._paper(paper_id))

    def context(self, paper_id: str, start: int, end: int, around: int = 1) -> Context:
        """What stands around `text[start:end]` of a paper as it is indexed.

        Raises `PaperUnknown`, `RequestUnclear`, `IndexFault`.
        """
        papers = self.shelf.index.papers
        if paper_id not in papers:
            raise PaperUnknown(paper=paper_id, known=", ".join(papers) or "none")
        paper = papers[paper_id]
        if not 0 <= start < end <= len(paper.text):
            raise RequestUnclear(
                field="start, end", value=f"{start}, {end}", expected=f"0 ≤ start < end ≤ {len(paper.text)}"
            )
        return context(paper, start, end, around)

    def kept(self, address: str) -> dict[str, Any]:
        """A kept answer, with how its quotations stand now. Raises `AnswerError`, `IndexFault`."""
        reopened = self.shelf.reopen(address)
        return {**reopened.answer.to_json(), "states": list(reopened.states)}

    def add(self, name: str, file: BinaryIO, folder: Path, *, replace: bool) -> str:
        """Add a file that came under a name, by way of an empty `folder`; returns its paper's id.

        Raises `ReadingError`, `LibraryError`.
        """
        source = folder / safe_name(name)
        with source.open("xb") as written:
            shutil.copyfileobj(file, written)
        added = self.shelf.library.add(source, replace=replace)
        event("paper added", replaced=replace)
        return added.stem

    def remove(self, paper_id: str) -> dict[str, Any]:
        """Take a paper out of the library. Raises `LibraryError`."""
        kept = self.shelf.library.remove(paper_id)
        event("paper removed")
        return {"paper": paper_id, "kept": self.shelf.library.place_of(kept)}

    def _paper(self, paper_id: str) -> Paper:
        """As it is indexed, in which the offsets of answers count; where it is not yet, as it is read now."""
        _, paper = self.shelf.find(paper_id)
        if paper is not None:
            return paper
        # It costs a process and up to minutes, and anybody may ask for it: one at a time.
        if not self._reading.acquire(blocking=False):
            raise ServerBusy(waiting=1)
        try:
            return self.shelf.library.read(self.shelf.library.path(paper_id))
        finally:
            self._reading.release()


def update_json(update: Update, language: Language) -> dict[str, Any]:
    """What an update did, as the README documents it."""
    return {
        "added": list(update.added), "changed": list(update.changed), "removed": list(update.removed),
        "unchanged": list(update.unchanged), "failed": [error_json(error, language) for error in update.failed],
        "passages": update.passages, "passages_embedded": update.passages_embedded,
        "seconds": round(update.seconds, 1),
    }  # fmt: skip
