"""A shelf of papers that can be asked: the library, its index and the model, opened together.

from qa import Shelf

shelf = Shelf.open("corpus/papers")
answer = shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？")
print(answer.text, answer.citations[0].paper.title)
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus.errors import (
    IndexFault,
    IndexForeign,
    IndexMissing,
    IndexOutdated,
    PaperUnknown,
    QuestionEmpty,
    QuestionTooLong,
    ReadingError,
    YinjuError,
)
from corpus.library import Library
from corpus.paper import Paper
from corpus.settings import Settings
from indexer.build import Progress, Update, update_index
from indexer.model import Encoder, ModelSource
from indexer.store import Index, IndexStore, check_files
from qa.answer import Answer, Found, compose, shown_passages, timings
from qa.confidence import Calibration, shipped
from qa.draft import drafted
from qa.kept import Answers, Reopened, reopen
from qa.related import related
from qa.retrieve import COMPARED, EVERYWHERE, WEIGHTS, Scope, Search, Weights, search
from qa.support import read_passages
from qa.writer import Writer, writer_of


@dataclass(frozen=True, slots=True)
class PaperState:
    """A paper in the folder or the index. `state` is `indexed`, `new` (not yet indexed), `changed` or `deleted`."""

    id: str
    file: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None
    state: str


class Shelf:
    """Papers, index and model. Safe to use from several threads; a new index version is picked up by itself."""

    def __init__(
        self,
        library: Library,
        store: IndexStore,
        settings: Settings,
        encoder: Encoder | None = None,
        calibration: Calibration | None = None,
        writer: Writer | None = None,
    ) -> None:
        self.library = library
        self.store = store
        # Beside the index, not in it: to rebuild that, one deletes its folder.
        self.answers = Answers(store.folder.with_name(f"{store.folder.name}-answers"))
        self.settings = settings
        self.calibration = calibration or shipped()
        self.writer = writer or writer_of(settings)
        self._model = ModelSource(settings, encoder)
        self._index: Index | None = None
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls, corpus: str | Path = "corpus/papers", index: str | Path = ".yinju/index", settings: Settings | None = None
    ) -> Shelf:
        """The shelf of a folder of papers. Nothing is read or loaded before it is needed."""
        settings = settings or Settings()
        return cls(Library.open(Path(corpus), settings), IndexStore(Path(index)), settings)

    @property
    def encoder(self) -> Encoder:
        """The model, loaded at first use. Raises `ModelError`."""
        return self._model.encoder()

    @property
    def index(self) -> Index:
        """The current version of the index. Raises `IndexFault` where there is none that fits the model."""
        version = self.store.current()
        with self._lock:
            if self._index is None or self._index.version != version:
                self._index = self.store.load(self._model.identity)
            return self._index

    def update(self, progress: Progress = lambda stage, paper, share: None) -> Update:
        """Bring the index up to date with the folder; see `indexer.build.update_index`."""
        return update_index(self.library, self.store, self._model, self.settings, progress)

    def states(self) -> list[PaperState]:
        """Every paper of the folder and the index, in the order of their ids. Raises `LibraryError`."""
        try:
            manifest, papers = self.store.manifest(), self.store.load().papers
        except IndexFault:
            manifest, papers = None, {}
        before = dict(manifest.papers) if manifest else {}
        states = []
        for paper_id, path in self.library.files().items():
            current = before.pop(paper_id, None)
            state = "new" if current is None else "indexed" if current == self._fingerprint(path) else "changed"
            states.append(_state(papers.get(paper_id), paper_id, path.name, state))
        states.extend(_state(papers.get(gone), gone, gone, "deleted") for gone in before)
        return sorted(states, key=lambda state: state.id)

    def failures(self) -> dict[str, ReadingError]:
        """Why files could not be read in the last update, by paper id; left out are those that have changed since.

        Raises `LibraryError`.
        """
        files = self.library.files()
        return {
            paper_id: failure.error
            for paper_id, failure in self.store.failures().items()
            if paper_id in files and (self._fingerprint(files[paper_id]) or "") == failure.fingerprint
        }

    def find(self, paper_id: str) -> tuple[PaperState, Paper | None]:
        """The state of one paper, and the paper as it was indexed: None where it was not, or by another model.

        Raises `PaperUnknown`, `LibraryError`.
        """
        path = self.library.files().get(paper_id)
        try:
            index: Index | None = self.index
        except IndexFault:
            index = None
        paper = index.papers.get(paper_id) if index else None
        if path is None:
            if paper is None:
                raise PaperUnknown(paper=paper_id, known=", ".join(self.library.files()) or "none")
            return _state(paper, paper_id, paper.file, "deleted"), paper
        if index is None or paper is None:
            return _state(None, paper_id, path.name, "new"), None
        same = index.manifest.papers[paper_id] == self.library.fingerprint(path)
        return _state(paper, paper_id, path.name, "indexed" if same else "changed"), paper

    def faults(self) -> Iterator[YinjuError]:
        """What is wrong with the index: every fault names its file and what mends it."""
        try:
            version = self.store.current()
            manifest = self.store.manifest()
        except (IndexMissing, IndexFault) as exc:
            yield exc
            return
        damaged = check_files(self.store.folder / version, manifest)
        yield from damaged
        if manifest.model != self._model.identity:
            yield IndexForeign(folder=self.store.folder, made_by=manifest.model, wanted=self._model.identity)
        changes = {"new": "added", "changed": "changed", "deleted": "deleted"}
        failures = self.failures() if not damaged else {}
        for state in self.states() if not damaged else ():
            if state.state != "indexed":
                yield failures.get(state.id) or IndexOutdated(file=state.file, change=changes[state.state])

    def ask(self, question: str, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE) -> Answer:
        """Answer from all papers, from those whose ids are named, or from a narrower scope.

        Raises `QuestionError`, `PaperUnknown`, `IndexFault`, `ModelError`.
        """
        *_, answer = self.stream(question, papers, scope)
        return answer

    def stream(
        self, question: str, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE
    ) -> Iterator[Answer]:
        """The answer as it grows, where a language model writes it; else once. Raises as `ask`."""
        index = self.index
        shown = self.settings.passages_shown
        found = self._search(index, question, _narrowed(scope, papers), shown)
        reading = read_passages(index, found)
        answer = compose(index, reading, shown, self.calibration)
        if self.writer is None:
            yield answer
        else:
            yield from drafted(index, self.encoder, reading, answer, self.writer)

    def related(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        """Questions that could be asked next, each answered by the papers; `asked` are left out. Raises as `ask`."""
        index = self.index

        def ask(question: str) -> Answer:
            found = self._search(index, question, EVERYWHERE, COMPARED)
            return compose(index, read_passages(index, found), COMPARED, self.calibration)

        return related(index, answer, asked, ask)

    def keep(self, answer: Answer) -> str:
        """Keep an answer under its permanent address, which is returned. Raises `AnswerUnwritable`."""
        return self.answers.keep(answer)

    def reopen(self, address: str) -> Reopened:
        """A kept answer, its quotations looked up in the papers as they are now.

        Raises `AnswerUnknown`, `AnswerDamaged`, `IndexFault`.
        """
        return reopen(self.answers.get(address), self.index.papers)

    def search(
        self,
        question: str,
        papers: Collection[str] | None = None,
        top: int | None = None,
        scope: Scope = EVERYWHERE,
        weights: Weights = WEIGHTS,
    ) -> Found:
        """The best passages only. Raises as `ask`."""
        index = self.index
        top = top or self.settings.passages_shown
        found = self._search(index, question, _narrowed(scope, papers), top, weights)
        return Found(question, shown_passages(index, found.hits), timings(found))

    def _fingerprint(self, path: Path) -> str | None:
        try:
            return self.library.fingerprint(path)
        except ReadingError:  # it cannot be opened any more, which is a change
            return None

    def _search(self, index: Index, question: str, scope: Scope, top: int, weights: Weights = WEIGHTS) -> Search:
        limit = self.settings.question_characters
        if len(question) > limit:
            raise QuestionTooLong(length=len(question), limit=limit)
        if not re.search(r"[^\W_]", question):
            raise QuestionEmpty(question=question.strip())
        for paper in sorted(scope.papers or ()):
            if paper not in index.papers:
                raise PaperUnknown(paper=paper, known=", ".join(index.papers) or "none")
        candidates = max(self.settings.candidates, top)
        return search(index, self.encoder, question, top, scope, candidates, weights)


def _narrowed(scope: Scope, papers: Collection[str] | None) -> Scope:
    return replace(scope, papers=frozenset(papers)) if papers else scope


def _state(paper: Paper | None, paper_id: str, file: str, state: str) -> PaperState:
    if paper is None:
        return PaperState(paper_id, file, None, (), None, state)
    return PaperState(paper_id, paper.file, paper.title, paper.authors, paper.year, state)
