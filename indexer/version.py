"""One version of the index: its files, what they hold, and whether they are what was written.

    000007/
      manifest.json      model, settings, papers, counts, size and SHA-256 of every other file, and its own digest
      papers.json        the papers as they were read, the places of their characters on the pages packed in them
      passages.json      the passages
      sentences.faiss    one vector a sentence, its language's mean taken off
      passages.npy       one vector a passage, likewise
      pieces.npy         one vector a piece as the model gave it, for the next update
      codes.npy          the token codes of the pieces, four bits a value
      pieces.npz         the pieces' keys, where their codes begin, the ranges of these, what is made of which, and the
                         language of each passage
      means.npz          the languages' means
      terms.npz          how often each term occurs in each passage
      vocabulary.json    the terms
      glossary.json      the names that each paper introduces

A version is never changed once it is written. Nothing in it is a pickle: loading runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from corpus.disk import sync
from corpus.errors import IndexDamaged, IndexForeign
from corpus.paper import Paper
from corpus.settings import Settings
from corpus.stored import restored
from indexer.centre import Centres
from indexer.codes import Quantiser
from indexer.glossary import Entry, Glossary
from indexer.lexical import Lexicon, Words
from indexer.passages import KINDS, Passage, PassageKind
from indexer.pieces import Keys, Lists, Pieces
from indexer.vectors import FaissVectors, Vectors, VectorStore

FORMAT = 13
"""Raised whenever the files of a version change, or how papers are read and cut: old versions are then rebuilt."""
MANIFEST = "manifest.json"
_PIECES = ("pieces.npz", "pieces.npy", "codes.npy")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how papers become an index. Versions of different recipes are never searched for each other."""

    model: str
    """The identity of the embedding model."""
    passage_characters: int

    @classmethod
    def of(cls, settings: Settings, model: str) -> Recipe:
        """From the settings and the identity of their model."""
        return cls(model, settings.passage_characters)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version was made from and what it holds."""

    format: int
    made: str
    """When it was made: 2026-11-25T10:02:07+00:00."""
    model: str
    dimension: int
    passage_characters: int
    papers: Mapping[str, str]
    """Fingerprint of each paper, by id."""
    passages: int
    sentences: int
    pieces: int
    tokens: int
    files: Mapping[str, tuple[int, str]]
    """Bytes and SHA-256 of every file of the version."""

    @property
    def recipe(self) -> Recipe:
        """What it was made with."""
        return Recipe(self.model, self.passage_characters)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the model has given already: good for the next version even where the rest of its own is damaged."""

    pieces: Pieces
    quantiser: Quantiser
    dimension: int


@dataclass(frozen=True, slots=True)
class Where:
    """A part of an index: passages of these papers, of the years from the first to the last, of these kinds, and of
    these tables (paper id and number). None means all."""

    papers: frozenset[str] | None = None
    years: tuple[int, int] | None = None
    kinds: frozenset[PassageKind] | None = None
    tables: frozenset[tuple[str, str]] | None = None


@dataclass(frozen=True)
class Index:
    """A version, loaded. Sentence rows follow the passages: those of passage i begin at `first_rows[i]`."""

    version: str
    manifest: Manifest
    papers: Mapping[str, Paper]
    passages: tuple[Passage, ...]
    first_rows: NDArray[np.int64]
    vectors: VectorStore
    passage_vectors: Vectors
    """Shape (passages, dimension), the languages' means taken off, of unit length."""
    pieces: Pieces
    sentence_pieces: Lists
    """For each sentence row the pieces it is made of."""
    about_pieces: Lists
    """For each passage the pieces of what it is about."""
    quantiser: Quantiser
    centres: Centres
    lexicon: Lexicon
    passage_keys: Keys
    """By what a passage's terms are known again."""
    passage_languages: NDArray[np.int64]
    """The language of each passage, as its number in `indexer.centre.LANGUAGES`."""
    mined: Mapping[str, tuple[Entry, ...]]
    """The names that each paper introduces, by its id."""

    def rows(self, passage: int) -> range:
        """The sentence rows of a passage."""
        first = int(self.first_rows[passage])
        return range(first, first + len(self.passages[passage].sentences))

    def passage_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the passages that hold these sentence rows."""
        return np.searchsorted(self.first_rows, rows, side="right") - 1

    def pieces_of(self, passage: int) -> NDArray[np.int64]:
        """The pieces of a passage: of what it is about, then of its sentences."""
        rows = self.rows(passage)
        of_sentences = self.sentence_pieces.numbers[
            self.sentence_pieces.starts[rows.start] : self.sentence_pieces.starts[rows.stop]
        ]
        return np.concatenate([self.about_pieces[passage], of_sentences])

    @cached_property
    def sentence_counts(self) -> NDArray[np.int64]:
        """Sentences of each passage."""
        return np.diff(self.first_rows, append=len(self.vectors))

    @cached_property
    def passage_papers(self) -> NDArray[np.int64]:
        """The paper of each passage, as its place in `papers`."""
        places = {paper: place for place, paper in enumerate(self.papers)}
        return np.array([places[passage.paper] for passage in self.passages], dtype=np.int64)

    @cached_property
    def passage_kinds(self) -> NDArray[np.int64]:
        """The kind of each passage, as its number in `indexer.passages.KINDS`."""
        return np.array([KINDS.index(passage.kind) for passage in self.passages], dtype=np.int64)

    @property
    def heads(self) -> Mapping[str, Paper]:
        """The papers, for what can be told of them without their texts; where those lie elsewhere, these are here."""
        return self.papers

    def around(
        self, vector: NDArray[np.float32], terms: Mapping[str, float], where: Sequence[Where], most: int
    ) -> Index:
        """An index that holds all passages that can be hits: for each `where`, the `most` with the sentences nearest to
        a question's `vector`, and the `most` that share its weighted `terms`. Of an index in memory, itself."""
        return self

    def of_papers(self, those: Callable[[Paper], bool]) -> NDArray[np.bool_]:
        """Which passages are of those papers, shape (passages,). Asked for each paper, not for each passage."""
        chosen = np.array([those(paper) for paper in self.heads.values()], dtype=bool)
        return chosen[self.passage_papers] if len(self.passages) else np.zeros(0, dtype=bool)

    @cached_property
    def with_body(self) -> frozenset[str]:
        """The papers that hold running text, not only front matter, references or notes."""
        return frozenset(passage.paper for passage in self.passages if passage.kind == "text")

    @cached_property
    def glossary(self) -> Glossary:
        """The names that all papers introduce."""
        return Glossary.of(self.mined[paper] for paper in self.papers)

    @cached_property
    def words(self) -> Words:
        """How texts are cut into the terms of the lexicon."""
        return Words(self.glossary.words)


def write_version(place: Path, index: Index) -> None:
    """Write all files of `index` into the folder `place`, and wait until the disk has them. Raises `OSError`."""
    _write_files(place, index)
    written = {p.name: (p.stat().st_size, sha256_of(p)) for p in sorted(place.iterdir())}
    _write_manifest(place / MANIFEST, replace(index.manifest, files=written))
    for file in place.iterdir():
        sync(file)
    sync(place)


def read_version(place: Path, wanted: Recipe | None = None) -> Index:
    """Load the version in the folder `place`, every file checked against the manifest.

    Raises `IndexDamaged`, and `IndexForeign` where it was made by other `wanted` things.
    """
    manifest = read_manifest(place)
    if wanted is not None:
        check_recipe(place, manifest, wanted)
    for fault in damaged_files(place, manifest):
        raise fault
    try:
        index = _index(place, manifest)
    except (ValueError, KeyError, TypeError, OSError) as exc:
        raise IndexDamaged(file=place, detail=str(exc)) from exc
    _check_counts(place, index)
    return index


def read_embedded(place: Path, model: str) -> Embedded | None:
    """The embedded pieces of a version, whatever became of its other files. None where these are damaged themselves,
    or were made by another model."""
    try:
        manifest = read_manifest(place)
        if manifest.model != model or any(damaged_files(place, manifest, _PIECES)):
            return None
        parts = _arrays(place / "pieces.npz")
        return Embedded(_pieces(place, parts), Quantiser(parts["low"], parts["width"]), manifest.dimension)
    except (IndexDamaged, IndexForeign, ValueError, KeyError, OSError):
        return None


def read_manifest(place: Path) -> Manifest:
    """The manifest in the folder `place`. Raises `IndexDamaged`, `IndexForeign` for one of another format."""
    file = place / MANIFEST
    try:
        stored = _read_json(file)
        told = stored.pop("digest") if stored.get("format") == FORMAT else None
        if stored.get("format") != FORMAT:
            made_by = f"format {stored.get('format')!s:.20}"
            raise IndexForeign(folder=place.parent, made_by=made_by, wanted=f"format {FORMAT}")
        if told != _digest(stored):
            raise IndexDamaged(file=file, detail="checksum differs")
        return restored(Manifest, stored)
    except FileNotFoundError as exc:
        raise IndexDamaged(file=file, detail="missing") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as exc:
        raise IndexDamaged(file=file, detail="not a manifest") from exc


def check_recipe(place: Path, manifest: Manifest, wanted: Recipe) -> None:
    """Raise `IndexForeign` where a version was made by another model or other settings."""
    for name in Recipe.__slots__:
        made_by, now = getattr(manifest.recipe, name), getattr(wanted, name)
        if made_by != now:
            raise IndexForeign(folder=place.parent, made_by=f"{name} {made_by}", wanted=f"{name} {now}")


def damaged_files(place: Path, manifest: Manifest, names: Iterable[str] | None = None) -> Iterator[IndexDamaged]:
    """What differs between a version's files (all, or those of these `names`) and its manifest."""
    for name in manifest.files if names is None else names:
        size, digest = manifest.files[name]
        file = place / name
        try:
            actual = file.stat().st_size
            if actual != size:
                yield IndexDamaged(file=file, detail=f"{actual} bytes, expected {size}")
            elif sha256_of(file) != digest:
                yield IndexDamaged(file=file, detail="checksum differs")
        except FileNotFoundError:
            yield IndexDamaged(file=file, detail="missing")
        except OSError as exc:
            yield IndexDamaged(file=file, detail=exc.strerror or str(exc))


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _index(place: Path, manifest: Manifest) -> Index:
    papers = {paper.id: paper for paper in map(Paper.from_json, _read_json(place / "papers.json"))}
    passages = tuple(restored(Passage, item) for item in _read_json(place / "passages.json"))
    parts = _arrays(place / "pieces.npz")
    return Index(
        version=place.name,
        manifest=manifest,
        papers=papers,
        passages=passages,
        first_rows=np.cumsum([0, *(len(p.sentences) for p in passages)])[:-1],
        vectors=FaissVectors.load(place / "sentences.faiss"),
        passage_vectors=_mapped(place / "passages.npy"),
        pieces=_pieces(place, parts),
        sentence_pieces=Lists(parts["sentence_starts"], parts["sentence_numbers"]),
        about_pieces=Lists(parts["about_starts"], parts["about_numbers"]),
        quantiser=Quantiser(parts["low"], parts["width"]),
        centres=Centres(**_arrays(place / "means.npz")),
        lexicon=Lexicon(_read_json(place / "vocabulary.json"), **_arrays(place / "terms.npz")),
        passage_keys=parts["passage_keys"],
        passage_languages=parts["passage_languages"],
        mined={
            paper: tuple(Entry(frozenset(names)) for names in entries)
            for paper, entries in _read_json(place / "glossary.json").items()
        },
    )


def _pieces(place: Path, parts: Mapping[str, Any]) -> Pieces:
    return Pieces(parts["keys"], _mapped(place / "pieces.npy"), parts["starts"], _mapped(place / "codes.npy"))


def _check_counts(place: Path, index: Index) -> None:
    """Raise `IndexDamaged` where the parts of a version are not of one size."""
    manifest = index.manifest
    rows = sum(len(passage.sentences) for passage in index.passages)
    counts = {
        "sentences": (manifest.sentences, len(index.vectors), len(index.sentence_pieces), rows),
        "passages": (
            manifest.passages, len(index.passages), len(index.passage_vectors), len(index.about_pieces),
            len(index.lexicon), len(index.passage_keys), len(index.passage_languages),
        ),
        "pieces": (manifest.pieces, len(index.pieces), len(index.pieces.vectors), len(index.pieces.starts) - 1),
        "tokens": (manifest.tokens, len(index.pieces.codes), int(index.pieces.starts[-1])),
        "papers": (len(manifest.papers), len(index.papers), len(index.mined)),
        "dimensions": (
            manifest.dimension, index.vectors.dimension, index.passage_vectors.shape[1], index.pieces.vectors.shape[1],
            index.centres.passages.shape[1], len(index.quantiser.low),
        ),
    }  # fmt: skip
    for what, numbers in counts.items():
        if len(set(numbers)) > 1:
            raise IndexDamaged(file=place, detail=f"numbers of {what} differ: {', '.join(map(str, numbers))}")
    if set(manifest.papers) != set(index.papers) or not {p.paper for p in index.passages} <= set(index.papers):
        raise IndexDamaged(file=place, detail="passages of papers that it does not hold")


def _write_files(place: Path, index: Index) -> None:
    _write_json(place / "papers.json", [paper.to_json() for paper in index.papers.values()])
    _write_json(place / "passages.json", [asdict(passage) for passage in index.passages])
    if not isinstance(index.vectors, FaissVectors):
        raise TypeError(f"an index folder holds FaissVectors, not {type(index.vectors).__name__}")
    index.vectors.save(place / "sentences.faiss")
    _save(place / "passages.npy", index.passage_vectors)
    _save(place / "pieces.npy", index.pieces.vectors)
    _save(place / "codes.npy", index.pieces.codes)
    np.savez(
        place / "pieces.npz",
        keys=index.pieces.keys,
        starts=index.pieces.starts,
        sentence_starts=index.sentence_pieces.starts,
        sentence_numbers=index.sentence_pieces.numbers,
        about_starts=index.about_pieces.starts,
        about_numbers=index.about_pieces.numbers,
        passage_keys=index.passage_keys,
        passage_languages=index.passage_languages,
        low=index.quantiser.low,
        width=index.quantiser.width,
    )
    np.savez(place / "means.npz", **_parts(index.centres))
    lexicon = _parts(index.lexicon)
    _write_json(place / "vocabulary.json", lexicon.pop("vocabulary"))
    np.savez(place / "terms.npz", **lexicon)
    mined = {paper: [sorted(entry.names) for entry in entries] for paper, entries in index.mined.items()}
    _write_json(place / "glossary.json", mined)


def _write_manifest(file: Path, manifest: Manifest) -> None:
    stored = json.loads(json.dumps(asdict(manifest), ensure_ascii=False))
    _write_json(file, {**stored, "digest": _digest(stored)})


def _digest(manifest: Mapping[str, object]) -> str:
    """By what a manifest is known to be whole: the SHA-256 of its JSON without the digest itself."""
    return hashlib.sha256(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class _Plain:
    """A file that NumPy does not take for one: it writes to real files by C's buffers and misses it when the last of
    them does not fit on the disk any more, which leaves a file cut short and no error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.write = stream.write


def _save(file: Path, array: NDArray[Any]) -> None:
    with file.open("wb") as stream:
        np.save(_Plain(stream), array, allow_pickle=False)


def _parts(whole: Lexicon | Centres) -> dict[str, Any]:
    return {f.name: getattr(whole, f.name) for f in fields(whole)}


def _arrays(file: Path) -> dict[str, Any]:
    """All arrays of an npz file."""
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}


def _mapped(file: Path) -> Any:
    """An array that stays on disk until it is used."""
    return np.asarray(np.load(file, allow_pickle=False, mmap_mode="r"))


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
