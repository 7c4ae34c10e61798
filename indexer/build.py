"""Bring an index up to date with its folder of papers: read what changed, embed what is new, write a new version."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import (
    FileTooLarge,
    FileUnreadable,
    IndexFault,
    ReaderDied,
    ReadingError,
    RecognitionBroken,
    TextMissing,
)
from corpus.library import Library
from corpus.paper import Paper
from corpus.settings import Settings
from indexer.centre import Centres
from indexer.lexical import Lexicon, terms
from indexer.model import ModelSource
from indexer.passages import Passage, cut_passages, embedded_texts
from indexer.store import FORMAT, Failure, Index, IndexStore, Keys, Manifest
from indexer.vectors import FaissVectors, Vectors

Progress = Callable[[str, str, float], None]
"""Called with a stage (`read`, `embed` or `write`), the paper being worked on, and the share done, 0 to 1."""


_PASSING = (FileTooLarge, FileUnreadable, ReaderDied, RecognitionBroken, TextMissing)
"""What may have gone the next time though neither file nor settings change: text recognition is installed …."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did: paper ids by what became of them, the files that failed, and what it cost."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[ReadingError, ...]
    passages: int
    passages_embedded: int
    sentences_embedded: int
    seconds: float

    @property
    def papers(self) -> int:
        """How many papers the index now holds."""
        return len(self.added) + len(self.changed) + len(self.unchanged)


def update_index(
    library: Library,
    store: IndexStore,
    model: ModelSource,
    settings: Settings,
    progress: Progress = lambda stage, paper, share: None,
) -> Update:
    """Make the index hold exactly the readable papers of the library.

    A paper that cannot be read is reported in `failed`; if an earlier version of it is indexed, that one stays. It is
    not read again before the file, the limits or yinju's way of reading change, unless what failed may have passed.
    The model is loaded only when something must be embedded.
    Raises `LibraryError`, `ModelError`; never leaves the index worse than it was.
    """
    begun = time.perf_counter()
    old = _load_old(store)
    if old is not None and not _made_alike(old.manifest, model, settings):
        old = None
    known = store.failures()
    papers, fingerprints, failures = _read_library(library, old, known, progress)
    if _told(failures) != _told(known):
        store.note_failures(failures)
    before = old.manifest.papers if old else {}
    added = [p for p in papers if p not in before]
    changed = [p for p in papers if p in before and before[p] != fingerprints[p]]
    removed = [p for p in before if p not in papers]
    index, embedded = old, np.zeros(0, np.int64)
    if old is None or added or changed or removed or list(papers) != list(before):
        index, embedded = _build(papers, fingerprints, old, model, settings, progress)
        progress("write", "", 0.0)
        store.write(index)
    assert index is not None
    return Update(
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(removed),
        unchanged=tuple(p for p in papers if p not in added and p not in changed),
        failed=tuple(failure.error for failure in failures.values()),
        passages=len(index.passages),
        passages_embedded=len(np.unique(index.passage_of(embedded))) if len(embedded) else 0,
        sentences_embedded=len(embedded),
        seconds=time.perf_counter() - begun,
    )


def _load_old(store: IndexStore) -> Index | None:
    """The current version, or None where there is none or it is damaged: then all is made anew."""
    try:
        return store.load()
    except IndexFault:
        return None


def _made_alike(manifest: Manifest, model: ModelSource, settings: Settings) -> bool:
    return manifest.model == model.identity and manifest.passage_characters == settings.passage_characters


def _read_library(
    library: Library, old: Index | None, known: Mapping[str, Failure], progress: Progress
) -> tuple[dict[str, Paper], dict[str, str], dict[str, Failure]]:
    """The papers with their fingerprints, and what could not be read; `known` is what could not the last time."""
    papers: dict[str, Paper] = {}
    fingerprints: dict[str, str] = {}
    failures: dict[str, Failure] = {}
    files = library.files()
    tried = f"format {FORMAT}, {library.readers.seconds} s, {library.readers.megabytes} MB"
    now = {paper_id: _fingerprint(library, path) for paper_id, path in files.items()}
    same = {paper_id for paper_id in files if old is not None and old.manifest.papers.get(paper_id) == now[paper_id]}
    for paper_id, failure in known.items():
        alike = (failure.fingerprint, failure.tried) == (now.get(paper_id), tried) and paper_id not in same
        if alike and not isinstance(failure.error, _PASSING):
            failures[paper_id] = failure
    unread = [path for paper_id, path in files.items() if paper_id not in same and paper_id not in failures]
    with closing(library.read_many(unread)) as readings:
        for done, (paper_id, path) in enumerate(files.items()):
            progress("read", path.name, done / len(files))
            if paper_id not in same and paper_id not in failures:
                reading = next(readings)
                if isinstance(reading.result, Paper):
                    papers[paper_id], fingerprints[paper_id] = reading.result, reading.fingerprint
                    continue
                failures[paper_id] = Failure(reading.result, now[paper_id], tried)
            if old is not None and paper_id in old.papers:
                papers[paper_id], fingerprints[paper_id] = old.papers[paper_id], old.manifest.papers[paper_id]
    return papers, fingerprints, {paper_id: failures[paper_id] for paper_id in files if paper_id in failures}


def _fingerprint(library: Library, path: Path) -> str:
    """Empty for a file that cannot be opened, which is never the same as before: reading it tells why."""
    try:
        return library.fingerprint(path)
    except ReadingError:
        return ""


def _told(failures: Mapping[str, Failure]) -> dict[str, tuple[object, ...]]:
    """Failures in a form that can be compared."""
    return {paper: (str(f.error.to_json()), f.fingerprint, f.tried) for paper, f in failures.items()}


def _build(
    papers: dict[str, Paper],
    fingerprints: dict[str, str],
    old: Index | None,
    model: ModelSource,
    settings: Settings,
    progress: Progress,
) -> tuple[Index, NDArray[np.int64]]:
    """The new version, and the rows that had to be embedded."""
    passages: list[Passage] = []
    texts: list[str] = []
    owners: list[str] = []
    first_rows: list[int] = []
    for paper in papers.values():
        for passage in cut_passages(paper, settings.passage_characters):
            first_rows.append(len(texts))
            passages.append(passage)
            texts.extend(embedded_texts(paper, passage))
            owners.extend([paper.file] * (len(texts) - len(owners)))
    keys = np.array([hashlib.sha256(text.encode()).digest()[:16] for text in texts], dtype="S16")
    vectors, embedded = _embed(texts, keys, owners, old, model, progress)
    manifest = Manifest(
        format=FORMAT,
        model=model.identity,
        dimension=vectors.shape[1],
        passage_characters=settings.passage_characters,
        papers=fingerprints,
        passages=len(passages),
        sentences=len(texts),
        files={},
    )
    lexicon = Lexicon.build(terms(f"{p.about} {papers[p.paper].text[p.start : p.end]}") for p in passages)
    # Means that were estimated on nearly the same texts are kept: estimating them anew would need the model.
    centres = (
        old.centres if old is not None and not len(embedded) else Centres.estimate(texts, vectors, model.encoder())
    )
    index = Index(
        version="",
        manifest=manifest,
        papers=papers,
        passages=tuple(passages),
        first_rows=np.array(first_rows, dtype=np.int64),
        vectors=FaissVectors.build(centres.of_passages(texts, vectors)),
        raw=vectors,
        keys=keys,
        centres=centres,
        lexicon=lexicon,
    )
    return index, embedded


def _embed(
    texts: Sequence[str],
    keys: Keys,
    owners: Sequence[str],
    old: Index | None,
    model: ModelSource,
    progress: Progress,
) -> tuple[Vectors, NDArray[np.int64]]:
    """Vectors of all texts; those whose key the old version holds are taken from there."""
    known = {key: row for row, key in enumerate(old.keys.tolist())} if old is not None else {}
    taken = np.array([known.get(key, -1) for key in keys.tolist()], dtype=np.int64)
    new = np.flatnonzero(taken < 0)
    encoder = model.encoder() if len(new) or old is None else None
    width = encoder.dimension if encoder is not None else old.manifest.dimension if old is not None else 0
    vectors = np.zeros((len(texts), width), dtype=np.float32)
    if old is not None and (taken >= 0).any():
        vectors[taken >= 0] = old.raw[taken[taken >= 0]]
    at = 0
    # Paper by paper, so that the progress bar can name the one being worked on.
    while encoder is not None and at < len(new):
        owner = owners[new[at]]
        until = at
        while until < len(new) and owners[new[until]] == owner:
            until += 1
        done = at

        def tick(count: int, owner: str = owner) -> None:
            nonlocal done
            done += count
            progress("embed", owner, done / len(new))

        progress("embed", owner, at / len(new))
        vectors[new[at:until]] = encoder.encode_passages([texts[i] for i in new[at:until]], tick)
        at = until
    return vectors, new
