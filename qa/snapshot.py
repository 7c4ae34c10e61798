"""One version of the index, open to be asked: whatever is asked of it, all of the answer comes from that version.

snapshot = shelf.snapshot()
answer = snapshot.ask("2019年私人投资是多少？")
snapshot.index.papers[answer.citations[0].paper.id]    # holds what is cited, though the index may be newer by now
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from corpus.errors import IndexDamaged, IndexForeign, PaperUnknown, QuestionEmpty, QuestionTooLong
from corpus.language import language_of
from corpus.settings import Settings
from indexer.model import Encoder, ModelSource
from indexer.version import Index
from qa.answer import Answer, Found, compose, shown_passages, timings
from qa.confidence import Calibration
from qa.draft import drafted
from qa.processes import AnsweringProcesses, Task
from qa.related import related
from qa.retrieve import COMPARED, EVERYWHERE, WEIGHTS, Scope, Search, Weights, search
from qa.support import Reading, read_passages
from qa.writer import Writer

T = TypeVar("T")

_STANDS_IN = {
    "zh": "索引的当前版本已损坏，以下依据更早的版本（{made}）；要修复，请运行 `yinju index`。",
    "en": "The current version of the index is damaged; this is from the one of {made}; mend it with `yinju index`.",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version of the index and what asking it needs. `fault` says why it is not the current one; then only `papers`
    that are still in the library are searched: what was removed must not come back. None means all of the index.
    Where there are `processes`, these do what is asked, unless a language model writes the answers.
    """

    index: Index
    model: ModelSource
    settings: Settings
    calibration: Calibration
    writer: Writer | None = None
    fault: IndexDamaged | None = None
    papers: frozenset[str] | None = None
    processes: AnsweringProcesses | None = None

    def ask(self, question: str, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE) -> Answer:
        """Answer from all papers, from those whose ids are named, or from a narrower scope.

        Raises `QuestionError`, `PaperUnknown`, `IndexForeign`, `ModelError`.
        """
        *_, answer = self.stream(question, papers, scope)
        return answer

    def stream(
        self, question: str, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE
    ) -> Iterator[Answer]:
        """The answer as it grows, where a language model writes it; else once. Raises as `ask`."""

        def here() -> Answer:
            return self._noted(self._quoted(question, papers, scope)[1])

        if self.writer is None:
            yield self._done("ask", (question, _plain(papers), scope), here)
        else:
            reading, answer = self._quoted(question, papers, scope)
            yield from map(self._noted, drafted(reading.found.index, self._encoder(), reading, answer, self.writer))

    def search(
        self,
        question: str,
        papers: Collection[str] | None = None,
        top: int | None = None,
        scope: Scope = EVERYWHERE,
        weights: Weights = WEIGHTS,
    ) -> Found:
        """The best passages only. Raises as `ask`."""

        def here() -> Found:
            found = self._search(self._encoder(), question, papers, scope, top or self.settings.passages_shown, weights)
            return Found(question, shown_passages(found.index, found.hits), timings(found))

        return self._done("search", (question, _plain(papers), top, scope, weights), here)

    def related(
        self, answer: Answer, asked: Sequence[str] = (), papers: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Questions that could be asked next, each answered by the papers; `asked` are left out. Raises as `ask`.

        None where the answer is from another version, and what it quotes does not stand in this one.
        """
        arguments = (answer, [*asked], _plain(papers))
        return self._done("related", arguments, lambda: self._related(answer, asked, papers))

    def searched(self) -> Collection[str]:
        """The ids of the papers that are searched where none are named, in the order of the library."""
        return self.index.papers if self.papers is None else self.papers & self.index.papers.keys()

    def _done(self, name: str, arguments: tuple[object, ...], here: Callable[[], T]) -> T:
        """What the method of that `name` comes to: done by the processes, which have no other than the current version
        open, or `here`."""
        if self.processes is None or self.writer is not None or self.fault is not None:
            return here()
        return self.processes.do(Task(self.index.manifest.files, name, arguments), here)

    def _quoted(self, question: str, papers: Collection[str] | None, scope: Scope) -> tuple[Reading, Answer]:
        """What the papers alone answer, and what it is made from."""
        found = self._search(self._encoder(), question, papers, scope, self.settings.passages_shown)
        reading = read_passages(found.index, found)
        return reading, compose(found.index, reading, self.settings.passages_shown, self.calibration)

    def _related(self, answer: Answer, asked: Sequence[str], papers: Collection[str] | None) -> tuple[str, ...]:
        searched = self.searched()
        for c in answer.citations:
            if c.paper.id not in searched or self.index.papers[c.paper.id].text[c.start : c.end] != c.quote:
                return ()
        encoder = self._encoder()

        def ask(question: str) -> Answer:
            found = self._search(encoder, question, papers, EVERYWHERE, COMPARED)
            return compose(found.index, read_passages(found.index, found), COMPARED, self.calibration)

        return related(self.index, answer, asked, ask)

    def _encoder(self) -> Encoder:
        encoder, manifest = self.model.encoder(), self.index.manifest
        if encoder.dimension != manifest.dimension:
            made_by, now = f"{manifest.dimension} dimensions", f"a model of {encoder.dimension}"
            raise IndexForeign(folder=self.index.version, made_by=made_by, wanted=now)
        return encoder

    def _search(
        self,
        encoder: Encoder,
        question: str,
        papers: Collection[str] | None,
        scope: Scope,
        top: int,
        weights: Weights = WEIGHTS,
    ) -> Search:
        limit = self.settings.question_characters
        if len(question) > limit:
            raise QuestionTooLong(length=len(question), limit=limit)
        if not re.search(r"[^\W_]", question):
            raise QuestionEmpty(question=question.strip())
        named, searched = frozenset(papers or scope.papers or ()), self.searched()
        for paper in sorted(named):
            if paper not in searched:
                raise PaperUnknown(paper=paper, known=", ".join(searched) or "none")
        if self.papers is not None:  # even where none is left
            scope = replace(scope, papers=named or self.papers)
        elif named:
            scope = replace(scope, papers=named)
        candidates = max(self.settings.candidates, top)
        return search(self.index, encoder, question, top, scope, candidates, weights)

    def _noted(self, answer: Answer) -> Answer:
        """The answer, with a word on the version that it is from where that is not the current one."""
        if self.fault is None:
            return answer
        made = self.index.manifest.made
        said = _STANDS_IN[language_of(answer.question)].format(made=made)
        return replace(answer, notice=" ".join(filter(None, (said, answer.notice))))


def _plain(papers: Collection[str] | None) -> list[str] | None:
    """As it goes to another process, whatever it was: the keys of a mapping do not."""
    return None if papers is None else [*papers]
