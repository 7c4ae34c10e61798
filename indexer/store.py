"""The index folder: numbered versions beside each other, one of them current.

    .yinju/index/
      CURRENT              the name of the version in use
      failed.json          the files that the last update could not read, and why
      000007/
        manifest.json      model, settings, papers, counts, and size and SHA-256 of every other file
        papers.json        the papers as they were read
        passages.json      the passages
        sentences.faiss    one vector a sentence, its language's mean taken off
        passages.npy       one vector a passage, likewise
        pieces.npy         one vector a piece as the model gave it, for the next update
        codes.npy          the token codes of the pieces, four bits a value
        pieces.npz         the pieces' keys, where their codes begin, and which make up each sentence and passage
        means.npz          the languages' means, and the ranges of the codes
        terms.npz          how often each term occurs in each passage
        vocabulary.json    the terms
        glossary.json      the names that each paper introduces

A version is written whole under a temporary name, then renamed, then made current by replacing `CURRENT`: whoever
reads sees the old version or the new one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged, IndexForeign, IndexMissing, IndexUnwritable, ReadingError
from corpus.language import language_of
from corpus.paper import Paper, Sentence
from indexer.centre import LANGUAGES, Centres
from indexer.codes import Quantiser
from indexer.glossary import Entry, Glossary
from indexer.lexical import Lexicon, Words
from indexer.passages import Passage
from indexer.pieces import Keys, Lists, Pieces
from indexer.vectors import FaissVectors, Vectors, VectorStore

FORMAT = 10
"""Raised whenever the files of a version change, or how papers are read and cut: old versions are then rebuilt."""
KEPT_VERSIONS = 3
_FAILED = "failed.json"


@dataclass(frozen=True)
class Manifest:
    """What an index was made from and what it holds."""

    format: int
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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be read; its fingerprint, empty where it could not be opened; and how it was `tried`.

    Tried in the same way, a file of the same fingerprint fails again.
    """

    error: ReadingError
    fingerprint: str
    tried: str


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
    def passage_languages(self) -> NDArray[np.int64]:
        """The language of each passage, as its number in `indexer.centre.LANGUAGES`."""
        texts = (self.papers[p.paper].text[p.start : p.end] for p in self.passages)
        return np.array([LANGUAGES.index(language_of(text)) for text in texts], dtype=np.int64)

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


class IndexStore:
    """The versions in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> str:
        """The name of the version in use. Raises `IndexMissing`."""
        pointer = self.folder / "CURRENT"
        if not pointer.is_file():
            raise IndexMissing(folder=self.folder)
        return pointer.read_text(encoding="utf-8").strip()

    def manifest(self) -> Manifest:
        """The current version's manifest. Raises `IndexMissing`, `IndexDamaged`."""
        return _read_manifest(self.folder / self.current() / "manifest.json")

    def load(self, model: str | None = None) -> Index:
        """Load the current version, every file checked against the manifest.

        Raises `IndexMissing`, `IndexDamaged`, and `IndexForeign` where `model` is not the one it was made with.
        """
        version = self.current()
        place = self.folder / version
        manifest = _read_manifest(place / "manifest.json")
        if model is not None and manifest.model != model:
            raise IndexForeign(folder=self.folder, made_by=manifest.model, wanted=model)
        for fault in check_files(place, manifest):
            raise fault
        try:
            papers = {paper.id: paper for paper in map(Paper.from_json, _read_json(place / "papers.json"))}
            passages = tuple(_passage(item) for item in _read_json(place / "passages.json"))
            lexicon = Lexicon(_read_json(place / "vocabulary.json"), **_arrays(place / "terms.npz"))
            parts = _arrays(place / "pieces.npz")
            pieces = Pieces(parts["keys"], _mapped(place / "pieces.npy"), parts["starts"], _mapped(place / "codes.npy"))
            means = _arrays(place / "means.npz")
            mined = {
                paper: tuple(Entry(frozenset(names)) for names in entries)
                for paper, entries in _read_json(place / "glossary.json").items()
            }
            index = Index(
                version=version,
                manifest=manifest,
                papers=papers,
                passages=passages,
                first_rows=np.cumsum([0, *(len(p.sentences) for p in passages)])[:-1],
                vectors=FaissVectors.load(place / "sentences.faiss"),
                passage_vectors=_mapped(place / "passages.npy"),
                pieces=pieces,
                sentence_pieces=Lists(parts["sentence_starts"], parts["sentence_numbers"]),
                about_pieces=Lists(parts["about_starts"], parts["about_numbers"]),
                quantiser=Quantiser(means.pop("low"), means.pop("width")),
                centres=Centres(**means),
                lexicon=lexicon,
                passage_keys=parts["passage_keys"],
                mined=mined,
            )
        except (ValueError, KeyError, TypeError, OSError) as exc:
            raise IndexDamaged(file=place, detail=str(exc)) from exc
        _check_counts(place, index)
        return index

    def write(self, index: Index) -> str:
        """Write `index` as the next version, make it current, drop all but the newest few; returns its name.

        Raises `IndexUnwritable`; the version before then stays current.
        """
        try:
            return self._write(index)
        except OSError as exc:
            raise IndexUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def failures(self) -> dict[str, Failure]:
        """What the last update could not read, by paper id. Empty where that is not known: then it is tried again."""
        try:
            stored = _read_json(self.folder / _FAILED)
            return {
                paper: Failure(ReadingError.from_json(item["error"]), str(item["fingerprint"]), str(item["tried"]))
                for paper, item in stored.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def note_failures(self, failures: Mapping[str, Failure]) -> None:
        """Keep in mind what could not be read, by paper id. Raises `IndexUnwritable`."""
        stored = {
            paper: {"error": failure.error.to_json(), "fingerprint": failure.fingerprint, "tried": failure.tried}
            for paper, failure in failures.items()
        }
        new = self.folder / f".{_FAILED}.new"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_json(new, stored)
            new.replace(self.folder / _FAILED)
        except OSError as exc:
            raise IndexUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def _write(self, index: Index) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".writing-", dir=self.folder))
        try:
            _write_files(scratch, index)
            name = f"{max((int(v) for v in self.versions()), default=0) + 1:06d}"
            scratch.replace(self.folder / name)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        pointer = self.folder / ".CURRENT.new"
        pointer.write_text(name, encoding="utf-8")
        pointer.replace(self.folder / "CURRENT")
        for old in self.versions()[:-KEPT_VERSIONS]:
            shutil.rmtree(self.folder / old, ignore_errors=True)
        return name

    def versions(self) -> list[str]:
        """Names of the versions in the folder, oldest first."""
        return sorted(p.name for p in self.folder.iterdir() if p.is_dir() and p.name.isdigit())


def check_files(place: Path, manifest: Manifest) -> list[IndexDamaged]:
    """What differs between a version's files and its manifest; empty when all is well."""
    faults = []
    for name, (size, digest) in manifest.files.items():
        file = place / name
        if not file.is_file():
            faults.append(IndexDamaged(file=file, detail="missing"))
        elif file.stat().st_size != size:
            faults.append(IndexDamaged(file=file, detail=f"{file.stat().st_size} bytes, expected {size}"))
        elif _sha256(file) != digest:
            faults.append(IndexDamaged(file=file, detail="checksum differs"))
    return faults


def _check_counts(place: Path, index: Index) -> None:
    """Raise `IndexDamaged` where the parts of a version are not of one size."""
    manifest = index.manifest
    rows = sum(len(passage.sentences) for passage in index.passages)
    counts = {
        "sentences": (manifest.sentences, len(index.vectors), len(index.sentence_pieces), rows),
        "passages": (
            manifest.passages, len(index.passages), len(index.passage_vectors), len(index.about_pieces),
            len(index.lexicon), len(index.passage_keys),
        ),
        "pieces": (manifest.pieces, len(index.pieces), len(index.pieces.vectors), len(index.pieces.starts) - 1),
        "tokens": (manifest.tokens, len(index.pieces.codes), int(index.pieces.starts[-1])),
    }  # fmt: skip
    for what, numbers in counts.items():
        if len(set(numbers)) > 1:
            raise IndexDamaged(file=place, detail=f"numbers of {what} differ: {', '.join(map(str, numbers))}")


def _write_files(place: Path, index: Index) -> None:
    _write_json(place / "papers.json", [paper.to_json() for paper in index.papers.values()])
    _write_json(place / "passages.json", [asdict(passage) for passage in index.passages])
    if not isinstance(index.vectors, FaissVectors):
        raise TypeError(f"an index folder holds FaissVectors, not {type(index.vectors).__name__}")
    index.vectors.save(place / "sentences.faiss")
    np.save(place / "passages.npy", index.passage_vectors)
    np.save(place / "pieces.npy", index.pieces.vectors)
    np.save(place / "codes.npy", index.pieces.codes)
    np.savez(
        place / "pieces.npz",
        keys=index.pieces.keys,
        starts=index.pieces.starts,
        sentence_starts=index.sentence_pieces.starts,
        sentence_numbers=index.sentence_pieces.numbers,
        about_starts=index.about_pieces.starts,
        about_numbers=index.about_pieces.numbers,
        passage_keys=index.passage_keys,
    )
    np.savez(place / "means.npz", low=index.quantiser.low, width=index.quantiser.width, **_parts(index.centres))
    lexicon = _parts(index.lexicon)
    _write_json(place / "vocabulary.json", lexicon.pop("vocabulary"))
    np.savez(place / "terms.npz", **lexicon)
    mined = {paper: [sorted(entry.names) for entry in entries] for paper, entries in index.mined.items()}
    _write_json(place / "glossary.json", mined)
    written = {p.name: (p.stat().st_size, _sha256(p)) for p in sorted(place.iterdir())}
    _write_json(place / "manifest.json", {**asdict(index.manifest), "files": written})


def _parts(whole: Lexicon | Centres) -> dict[str, Any]:
    return {f.name: getattr(whole, f.name) for f in fields(whole)}


def _arrays(file: Path) -> dict[str, Any]:
    """All arrays of an npz file."""
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}


def _mapped(file: Path) -> Any:
    """An array that stays on disk until it is used."""
    return np.asarray(np.load(file, allow_pickle=False, mmap_mode="r"))


def _read_manifest(file: Path) -> Manifest:
    try:
        stored = _read_json(file)
        manifest = Manifest(**{**stored, "files": {name: (size, sha) for name, (size, sha) in stored["files"].items()}})
    except FileNotFoundError as exc:
        raise IndexDamaged(file=file, detail="missing") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise IndexDamaged(file=file, detail="not a manifest") from exc
    if manifest.format != FORMAT:
        raise IndexForeign(folder=file.parent.parent, made_by=f"format {manifest.format}", wanted=f"format {FORMAT}")
    return manifest


def _passage(item: dict[str, Any]) -> Passage:
    sentences = tuple(Sentence(**sentence) for sentence in item["sentences"])
    return Passage(**{**item, "about": tuple(item["about"]), "sentences": sentences})


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=None), encoding="utf-8")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
