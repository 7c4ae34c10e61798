"""Bring an index up to date with its folder of papers: read what changed, embed what is new, write a new version."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from corpus.errors import (
    FileTooLarge,
    FileUnreadable,
    ReaderDied,
    ReadingError,
    RecognitionBroken,
    TextMissing,
    YinjuError,
)
from corpus.language import language_of
from corpus.library import Library
from corpus.paper import Paper
from corpus.settings import Settings
from indexer.abstracts import chinese_names, english_names, paired
from indexer.centre import LANGUAGES, NEUTRAL, SAMPLED_TOKENS, Centres
from indexer.codes import Codes, Floats, Quantiser
from indexer.glossary import Entry, Glossary, mine
from indexer.lexical import Lexicon, Words, counted, folded
from indexer.model import Encoder, ModelSource
from indexer.passage_table import PassageTable
from indexer.passages import SHORT_CHARACTERS, Passage, cut_passages, pieces
from indexer.pieces import Keys, Lists, Pieces, keys_of
from indexer.spread import Blocks, Made, Spread
from indexer.store import Failure, IndexStore
from indexer.vectors import FaissVectors, Vectors
from indexer.version import FORMAT, Embedded, Index, Manifest, Recipe

Progress = Callable[[str, str, float], None]
"""Called with a stage (`wait`, `read`, `embed` or `write`), the paper being worked on (or the process waited for), and
the share done, 0 to 1. It may raise to end the update, which then leaves everything as it was."""


_PASSING = (FileTooLarge, FileUnreadable, ReaderDied, RecognitionBroken, TextMissing)
"""What may have gone the next time though neither file nor settings change: text recognition is installed …."""
_TOGETHER = 1000
"""Texts embedded at once, at least: of a short paper's few alone, each takes longer."""


_Embed = Callable[[Sequence[str], Sequence[str], Encoder, Quantiser, Progress], Iterable[Made]]
"""From texts and the files that they are of, a vector and codes for each text, in their order."""


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
    """Passages of which something had to be embedded."""
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
    spread: Spread | None = None,
) -> Update:
    """Make the index hold exactly the readable papers of the library.

    A paper that cannot be read is reported in `failed`; if an earlier version of it is indexed, that one stays. It is
    not read again before the file, the limits or yinju's way of reading change, unless what failed may have passed.
    The model is loaded only when something must be embedded. Of two updates at once the second waits for the first.
    With `spread`, other processes embed; what they have done by the time that an update ends early is kept beside the
    index for the next one.
    Raises `LibraryError`, `ModelError`, `WorkersError`, `IndexBusy`, `IndexUnwritable`; never leaves the index worse
    than it was.
    """
    begun = time.perf_counter()
    library.files()  # a missing folder is said before one is made for the index
    if spread is not None:
        spread.check()
    with store.writing(settings.wait_seconds, lambda holder: progress("wait", holder, 0.0)):
        update = _update(library, store, model, settings, progress, spread)
    return replace(update, seconds=time.perf_counter() - begun)


def _update(
    library: Library,
    store: IndexStore,
    model: ModelSource,
    settings: Settings,
    progress: Progress,
    spread: Spread | None,
) -> Update:
    old, embedded_before = store.for_update(model.identity)
    known = store.failures()
    loading = threading.Thread(target=_load, args=(model,), name="yinju-load")
    papers, fingerprints, failures = _read_library(
        library, old, known, progress, (lambda: None) if embedded_before else loading.start
    )
    if _told(failures) != _told(known):
        store.note_failures(failures)
    before = old.manifest.papers if old else {}
    added = [p for p in papers if p not in before]
    changed = [p for p in papers if p in before and before[p] != fingerprints[p]]
    removed = [p for p in before if p not in papers]
    index, embedded = old, frozenset[int]()
    stands = old is not None and store.is_current(old) and old.manifest.recipe == Recipe.of(settings, model.identity)
    if not stands or added or changed or removed or list(papers) != list(before):
        blocks = store.folder.with_name(f"{store.folder.name}-embedded")
        embed = _here if spread is None else partial(_elsewhere, spread, blocks)
        index, embedded = _build(papers, fingerprints, old, embedded_before, model, settings, progress, embed)
        progress("write", "", 0.0)
        store.write(index)
        with suppress(OSError):  # it holds what the workers have done
            shutil.rmtree(blocks)
    assert index is not None
    return Update(
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(removed),
        unchanged=tuple(p for p in papers if p not in added and p not in changed),
        failed=tuple(failure.error for failure in failures.values()),
        passages=len(index.passages),
        passages_embedded=len(embedded),
        seconds=0.0,
    )


def _read_library(
    library: Library,
    old: Index | None,
    known: Mapping[str, Failure],
    progress: Progress,
    begun: Callable[[], None],
) -> tuple[dict[str, Paper], dict[str, str], dict[str, Failure]]:
    """The papers with their fingerprints, and what could not be read; `known` is what could not the last time.

    `begun` is called when the first of several that have to be read has been.
    """
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
    at, several = ("", 0.0), len(unread) > 1
    with closing(library.read_many(unread, lambda: progress("read", *at))) as readings:
        for done, (paper_id, path) in enumerate(files.items()):
            at = (path.name, done / len(files))
            progress("read", *at)
            if paper_id not in same and paper_id not in failures:
                reading = next(readings)
                if isinstance(reading.result, Paper):
                    if several:
                        begun()
                        several = False
                    papers[paper_id], fingerprints[paper_id] = reading.result, reading.fingerprint
                    continue
                failures[paper_id] = Failure(reading.result, now[paper_id], tried)
            if old is not None and paper_id in old.papers:
                papers[paper_id], fingerprints[paper_id] = old.papers[paper_id], old.manifest.papers[paper_id]
    return papers, fingerprints, {paper_id: failures[paper_id] for paper_id in files if paper_id in failures}


def _load(model: ModelSource) -> None:
    """Have the model loaded while papers are read in processes of their own; it takes as long as reading several."""
    with suppress(YinjuError):  # who needs it is told
        model.encoder().encode_passages(())


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
    before: Embedded | None,
    model: ModelSource,
    settings: Settings,
    progress: Progress,
    embed: _Embed,
) -> tuple[Index, frozenset[int]]:
    """The new version, and the numbers of the passages of which something had to be embedded."""
    passages = [p for paper in papers.values() for p in cut_passages(paper, settings.passage_characters)]
    texts: dict[str, int] = {}
    owners: list[str] = []

    def numbered(paper: str, several: Sequence[str]) -> list[int]:
        numbers = [texts.setdefault(text, len(texts)) for text in several]
        owners.extend([paper] * (len(texts) - len(owners)))
        return numbers

    about: list[list[int]] = []
    made_of: list[list[int]] = []
    for passage in passages:
        paper = papers[passage.paper]
        about.append(numbered(paper.file, passage.about))
        made_of.extend(numbered(paper.file, pieces(paper, sentence)) for sentence in passage.sentences)
    for paper in papers.values():
        numbered(paper.file, (*chinese_names(paper), *english_names(paper)))
    about_pieces, sentence_pieces = Lists.of(about), Lists.of(made_of)
    told = list(texts)
    embedded, new, quantiser = _embed(told, owners, before, model, progress, embed)
    # Means that were estimated on nearly the same texts are kept: estimating them anew would need the model.
    same = old is not None and before is not None and before.pieces is old.pieces and not new
    centres = old.centres if old is not None and same else _centres(told, embedded, quantiser, model.encoder())
    table = PassageTable.of(passages, papers)
    mined = {
        paper_id: old.mined[paper_id]
        if old is not None and old.manifest.papers.get(paper_id) == fingerprints[paper_id]
        else (*mine(paper), *_of_abstracts(paper, texts, embedded, centres))
        for paper_id, paper in papers.items()
    }
    lexicon, passage_keys = _lexicon(papers, passages, mined, old)
    sentence_vectors, passage_vectors = _vectors(passages, embedded, about_pieces, sentence_pieces)
    of_rows = np.repeat(table.languages, table.sentence_counts)
    manifest = Manifest(
        format=FORMAT,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        model=model.identity,
        dimension=embedded.vectors.shape[1],
        passage_characters=settings.passage_characters,
        papers=fingerprints,
        passages=len(passages),
        sentences=len(made_of),
        pieces=len(told),
        tokens=len(embedded.codes),
        files={},
    )
    index = Index(
        version="",
        manifest=manifest,
        papers=papers,
        passages=table,
        vectors=FaissVectors.build(centres.of_passages(sentence_vectors, of_rows)),
        passage_vectors=centres.of_passages(passage_vectors, table.languages),
        pieces=embedded,
        sentence_pieces=sentence_pieces,
        about_pieces=about_pieces,
        quantiser=quantiser,
        centres=centres,
        lexicon=lexicon,
        passage_keys=passage_keys,
        mined=mined,
    )
    return index, frozenset(i for i in range(len(passages)) if not new.isdisjoint(index.pieces_of(i).tolist()))


def _of_abstracts(paper: Paper, texts: Mapping[str, int], embedded: Pieces, centres: Centres) -> tuple[Entry, ...]:
    """The names that the two abstracts of a paper pair up."""
    names = chinese_names(paper), english_names(paper)
    chinese, english = (
        centres.of_passages(embedded.vectors[[texts[name] for name in told]], np.full(len(told), language, np.int64))
        for language, told in enumerate(names)
    )
    return tuple(paired(*names, chinese @ english.T))


def _text(papers: Mapping[str, Paper], passage: Passage) -> str:
    return papers[passage.paper].text[passage.start : passage.end]


def _embed(
    texts: Sequence[str],
    owners: Sequence[str],
    before: Embedded | None,
    model: ModelSource,
    progress: Progress,
    embed: _Embed,
) -> tuple[Pieces, frozenset[int], Quantiser]:
    """All texts as pieces, those that were embedded before taken from there, and the numbers of the others."""
    keys = keys_of(texts)
    known = {key: number for number, key in enumerate(before.pieces.keys.tolist())} if before is not None else {}
    taken = [known.get(key, -1) for key in keys.tolist()]
    new = [number for number, at in enumerate(taken) if at < 0]
    if before is not None and not new:
        encoder, quantiser, width = None, before.quantiser, before.dimension
    else:
        progress("embed", owners[new[0]] if new else "", 0.0)  # loading the model takes seconds
        encoder = model.encoder()
        quantiser, width = before.quantiser if before is not None else estimate_quantiser(encoder), encoder.dimension
    vectors: list[Floats] = [np.zeros(0, np.float32)] * len(texts)
    codes: list[Codes] = [np.zeros((0, quantiser.code_bytes), np.uint8)] * len(texts)
    for number, at in enumerate(taken):
        if before is not None and at >= 0:
            vectors[number], codes[number] = before.pieces.vectors[at], before.pieces.codes_of(np.array([at]))
    if new:
        assert encoder is not None
        made = embed([texts[i] for i in new], [owners[i] for i in new], encoder, quantiser, progress)
        for number, (vector, coded) in zip(new, made, strict=True):
            vectors[number], codes[number] = vector, coded
    starts = np.concatenate([[0], np.cumsum([len(each) for each in codes])]).astype(np.int64)
    stacked = np.stack(vectors) if vectors else np.zeros((0, width), np.float32)
    joined = np.concatenate(codes) if codes else np.zeros((0, quantiser.code_bytes), np.uint8)
    return Pieces(keys, stacked, starts, joined, quantiser.squares(joined)), frozenset(new), quantiser


def _here(
    texts: Sequence[str], owners: Sequence[str], encoder: Encoder, quantiser: Quantiser, progress: Progress
) -> Iterator[Made]:
    """What becomes of texts in this process.

    Papers are embedded one after the other, short ones several at once: what a batch of few texts takes is mostly
    overhead. So the progress bar names where it is, and floats of a few papers only are in memory.
    """
    done = start = 0
    while start < len(texts):
        end = _end_of_papers(owners, start + _TOGETHER)
        owner = owners[start]
        progress("embed", owner, done / len(texts))

        def tick(count: int, owner: str = owner) -> None:
            nonlocal done
            done += count
            progress("embed", owner, done / len(texts))

        for encoded in encoder.encode_passages(texts[start:end], tick):
            yield encoded.vector, quantiser.encode(encoded.tokens)
        start = end


def _end_of_papers(owners: Sequence[str], least: int) -> int:
    """Where the texts of a paper end, behind so many at least."""
    end = min(least, len(owners))
    while 0 < end < len(owners) and owners[end] == owners[end - 1]:
        end += 1
    return end


def _elsewhere(
    spread: Spread,
    folder: Path,
    texts: Sequence[str],
    owners: Sequence[str],
    encoder: Encoder,
    quantiser: Quantiser,
    progress: Progress,
) -> Iterable[Made]:
    """What becomes of texts in other processes; what is done is kept in `folder`."""
    done = 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        progress("embed", "", done / len(texts))

    return spread.embed(texts, quantiser, Blocks(folder, encoder.identity, quantiser), tick)


def estimate_quantiser(encoder: Encoder) -> Quantiser:
    """The ranges of the codes, from the tokens of `NEUTRAL`: the same for every library of this model."""
    neutral = encoder.encode_passages([text for texts in NEUTRAL.values() for text in texts])
    return Quantiser.estimate(np.concatenate([encoded.tokens for encoded in neutral]))


def _centres(texts: Sequence[str], embedded: Pieces, quantiser: Quantiser, encoder: Encoder) -> Centres:
    """The languages' means; see `indexer.centre`."""
    languages = np.array([LANGUAGES.index(language_of(text)) for text in texts], dtype=np.int64)
    of_tokens = np.repeat(languages, embedded.lengths)
    tokens = []
    for number in range(len(LANGUAGES)):
        rows = np.flatnonzero(of_tokens == number)
        spaced = rows[np.linspace(0, len(rows) - 1, min(SAMPLED_TOKENS, len(rows))).astype(np.int64)]
        tokens.append(quantiser.decode(embedded.codes[spaced]))
    return Centres.estimate(texts, embedded.vectors, tokens, encoder)


def _vectors(passages: Sequence[Passage], embedded: Pieces, about: Lists, made_of: Lists) -> tuple[Vectors, Vectors]:
    """One vector a sentence and one a passage, as the model would give them."""
    of_sentences: list[Floats] = []
    of_passages: list[Floats] = []
    row = 0
    for number, passage in enumerate(passages):
        own = []
        for sentence in passage.sentences:
            numbers = made_of[row]
            own.append(numbers)
            if passage.kind == "table" or sentence.end - sentence.start < SHORT_CHARACTERS:
                numbers = np.concatenate([about[number], numbers])
            of_sentences.append(embedded.vector_of(numbers))
            row += 1
        of_passages.append(embedded.vector_of(np.concatenate(own)))
    empty = np.zeros((0, embedded.vectors.shape[1]), np.float32)
    return np.stack(of_sentences) if of_sentences else empty, np.stack(of_passages) if of_passages else empty


def _lexicon(
    papers: Mapping[str, Paper],
    passages: Sequence[Passage],
    mined: Mapping[str, tuple[Entry, ...]],
    old: Index | None,
) -> tuple[Lexicon, Keys]:
    """The terms of every passage: kept from the old version, unless a name that came or went stands in it."""
    words = Words(Glossary.of(mined[paper] for paper in papers).words)
    texts = [" ".join([*passage.about, _text(papers, passage)]) for passage in passages]
    keys = keys_of(texts)
    kept = {key: number for number, key in enumerate(old.passage_keys.tolist())} if old is not None else {}
    turned = set(words.names) ^ set(old.words.names) if old is not None else set()
    counts: list[Mapping[str, int] | int] = []
    for text, key in zip(texts, keys.tolist(), strict=True):
        at = kept.get(key)
        told = folded(text) if turned and at is not None else ""
        if old is not None and at is not None and not any(name in told for name in turned):
            counts.append(at)
        else:
            counts.append(counted(words.indexed(text)))
    return Lexicon.build(counts, old.lexicon if old is not None else None), keys
