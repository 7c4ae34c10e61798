"""A shelf of papers that can be asked: the library, its index and the model, opened together.

from qa import Shelf

shelf = Shelf.open("corpus/papers")
answer = shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？")
print(answer.text, answer.citations[0].paper.title)
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import (
    IndexDamaged,
    IndexFault,
    IndexOutdated,
    ModelError,
    PaperUnknown,
    ReadingError,
    YinjuError,
)
from corpus.library import Library
from corpus.paper import Paper
from corpus.settings import Settings
from indexer.address import Address
from indexer.build import Progress, Update, update_index
from indexer.model import Encoder, ModelSource, load_encoder
from indexer.spread import Spread
from indexer.store import IndexStore, Opened
from indexer.version import Index, Manifest, Recipe
from qa.answer import Answer, Found
from qa.confidence import Calibration, shipped
from qa.history import History
from qa.kept import Answers, Reopened, reopen
from qa.notebook import shelf_html, shelf_repr
from qa.processes import AnsweringProcesses, Folders
from qa.retrieve import EVERYWHERE, WEIGHTS, Scope, Weights
from qa.snapshot import Snapshot
from qa.writer import Writer, writer_of

if TYPE_CHECKING:
    from indexer.shared import SharedLibrary


@dataclass(frozen=True, slots=True)
class PaperState:
    """A paper in the folder or the index. `state` is `indexed`, `new` (not yet indexed), `changed` or `deleted`.

    `pages` is 0 for a file without pages and for one that is not indexed.
    """

    id: str
    file: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None
    state: str
    pages: int = 0

    @property
    def indexed(self) -> bool:
        """Whether questions find it: as it is, or as it was before it changed."""
        return self.state != "new"


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
        address: Address | None = None,
        processes: AnsweringProcesses | None = None,
    ) -> None:
        """With an `address`, updates write to Milvus, too, and questions are answered from there. `processes` answer
        instead of this one; they have to be of the same folders and settings."""
        self.library = library
        self.address = address
        self.store = store
        # Beside the index, not in it: to rebuild that, one deletes its folder.
        self.answers = Answers(store.folder.with_name(f"{store.folder.name}-answers"))
        conversations = store.folder.with_name(f"{store.folder.name}-conversations")
        self.history = History(conversations, self.answers, settings.kept_conversations)
        self.settings = settings
        self.calibration = calibration or shipped()
        self.writer = writer or writer_of(settings)
        self.processes = processes
        self._model = ModelSource(settings, encoder)
        self._opened: Opened | None = None
        self._pointed = ""
        self._connected: SharedLibrary | None = None
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        corpus: str | Path = "corpus/papers",
        index: str | Path = ".yinju/index",
        settings: Settings | None = None,
        store: str = "",
    ) -> Shelf:
        """The shelf of a folder of papers. Nothing is read or loaded before it is needed.

        A `store` is the address of a library in Milvus, see `indexer.address`. Raises `SettingsError` for no address.
        """
        settings = settings or Settings()
        address = Address.of(store) if store else None
        return cls(Library.open(Path(corpus), settings), IndexStore(Path(index)), settings, address=address)

    @classmethod
    def served(cls, corpus: str | Path, index: str | Path, settings: Settings, store: str = "") -> Shelf:
        """The same for many users at once: of an index on this machine it is answered in several processes where the
        settings and the machine allow that. They end with `close`, or with this one."""
        if store:  # its answers are mostly waited for
            return cls.open(corpus, index, settings, store)
        folders = Folders(Path(corpus), Path(index), settings)
        processes = AnsweringProcesses.of(folders)
        return cls(Library.open(folders.corpus, settings), IndexStore(folders.index), settings, processes=processes)

    def close(self) -> None:
        """End the processes that answer, where there are any; what is asked from then on is answered in this one."""
        if self.processes is not None:
            self.processes.close()

    @property
    def encoder(self) -> Encoder:
        """The model, loaded at first use. Raises `ModelError`."""
        return self._model.encoder()

    @property
    def index(self) -> Index:
        """The version of the index that is asked: see `snapshot`."""
        return self.snapshot().index

    def snapshot(self) -> Snapshot:
        """The current version, open to be asked; where it is damaged, the last whole one before it.

        Raises `IndexFault` where there is none that fits the model and the settings.
        """
        if self.address is not None:
            return Snapshot(self._shared().index(), self._model, self.settings, self.calibration, self.writer)
        with self._lock:
            pointer = self._pointer()
            if self._opened is None or self._pointed != pointer:
                self._opened, self._pointed = self.store.open(self._recipe()), pointer
            index, fault = self._opened.index, self._opened.fault
        papers = frozenset(self.library.files()) if fault is not None else None
        return Snapshot(index, self._model, self.settings, self.calibration, self.writer, fault, papers, self.processes)

    def update(self, progress: Progress = lambda stage, paper, share: None, workers: int = 0) -> Update:
        """Bring the index up to date with the folder; see `indexer.build.update_index`. So many `workers` embed; with 0
        it is this process."""
        if self.address is not None:
            self.address.check()
        load = partial(load_encoder, self.settings)
        spread = Spread(load, workers, self.settings.worker_cores, self.settings.ray_address) if workers else None
        update = update_index(self.library, self.store, self._model, self.settings, progress, spread)
        if self.address is not None:
            self._publish(progress)
        return update

    def rollback(self) -> Manifest:
        """Go back to the version before the current one; returns what it holds. Raises `VersionMissing`, `IndexBusy`,
        `IndexUnwritable`."""
        with self.store.writing(self.settings.wait_seconds):
            self.store.rollback(self._recipe())
        return self.store.manifest()

    def states(self) -> list[PaperState]:
        """Every paper of the folder and the index, in the order of their ids. Raises `LibraryError`."""
        index = self._index_or_none()
        papers = index.papers if index else {}
        states = self._compared(index.manifest.papers if index else {})
        return [_state(papers.get(paper), paper, file, state) for paper, file, state in states]

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
        index = self._index_or_none()
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
        """What is wrong with the index: every fault names its file and what mends it. Raises `LibraryError`."""
        try:
            wanted = self._recipe()
        except ModelError as exc:
            yield exc
            wanted = None
        yield from self.store.faults(wanted)
        try:
            papers = self.store.manifest().papers
        except IndexFault:  # told already
            return
        index, failures = self._index_or_none(), self.failures()
        for paper, file, state in self._compared(papers):
            if state != "indexed":
                known = index.papers.get(paper) if index else None
                change = "added" if state == "new" else state
                yield failures.get(paper) or IndexOutdated(file=known.file if known else file, change=change)

    def ask(self, question: str, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE) -> Answer:
        """See `Snapshot.ask`; raises `IndexFault` too."""
        return self.snapshot().ask(question, papers, scope)

    def search(
        self,
        question: str,
        papers: Collection[str] | None = None,
        top: int | None = None,
        scope: Scope = EVERYWHERE,
        weights: Weights = WEIGHTS,
    ) -> Found:
        """See `Snapshot.search`; raises `IndexFault` too."""
        return self.snapshot().search(question, papers, top, scope, weights)

    def keep(self, answer: Answer) -> str:
        """Keep an answer under its permanent address, which is returned. Raises `AnswerUnwritable`."""
        return self.answers.keep(answer)

    def reopen(self, address: str) -> Reopened:
        """A kept answer, its quotations looked up in the papers as they are now.

        Raises `AnswerUnknown`, `AnswerDamaged`, `IndexFault`.
        """
        return reopen(self.answers.get(address), self.index.papers)

    def __repr__(self) -> str:
        return shelf_repr(self)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return shelf_html(self)

    def _publish(self, progress: Progress) -> None:
        """Write to Milvus what it does not hold yet of the index here."""
        from indexer.publish import publish

        index = self.store.load(self._recipe())
        origin = f"{socket.gethostname()}:{self.library.folder.resolve()}"
        publish(index, self._shared(index.manifest.dimension).milvus, origin, partial(progress, "write"))

    def _shared(self, dimension: int = 0) -> SharedLibrary:
        """The library in Milvus, connected to once; made there by whoever knows its vectors' `dimension`."""
        from indexer.shared import SharedLibrary

        assert self.address is not None
        with self._lock:
            if self._connected is None:
                self._connected = SharedLibrary(self.address, self._recipe(), dimension)
            return self._connected

    def _recipe(self) -> Recipe:
        return Recipe.of(self.settings, self._model.identity)

    def _pointer(self) -> str:
        """What `CURRENT` holds; where that names no version, what is wrong with it."""
        try:
            return f"{self.store.current()} {self.store.written()}"
        except IndexDamaged as fault:
            return str(fault)

    def _index_or_none(self) -> Index | None:
        try:
            return self.index
        except (IndexFault, ModelError):
            return None

    def _compared(self, indexed: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Id, file and state of every paper of the folder and of those that are `indexed` by fingerprint, by id."""
        files = self.library.files()
        compared = [(paper, paper, "deleted") for paper in indexed if paper not in files]
        for paper, path in files.items():
            was = indexed.get(paper)
            state = "new" if was is None else "indexed" if was == self._fingerprint(path) else "changed"
            compared.append((paper, path.name, state))
        return sorted(compared)

    def _fingerprint(self, path: Path) -> str | None:
        try:
            return self.library.fingerprint(path)
        except ReadingError:  # it cannot be opened any more, which is a change
            return None


def _state(paper: Paper | None, paper_id: str, file: str, state: str) -> PaperState:
    if paper is None:
        return PaperState(paper_id, file, None, (), None, state)
    return PaperState(paper_id, paper.file, paper.title, paper.authors, paper.year, state, paper.report.page_count)
