"""The index folder: numbered versions beside each other, one of them current.

    .yinju/index/
      CURRENT              the name of the version in use
      failed.json          the files that the last update could not read, and why
      000007/
        manifest.json      model, settings, papers, counts, and size and SHA-256 of every other file
        papers.json        the papers as they were read
        passages.json      the passages, with the number of each one's first sentence row
        sentences.faiss    one vector a sentence, its language's mean taken off
        raw.npy            the same as the model gave them, for the next update
        centres.npz        the means
        keys.npy           what was embedded for each row, as a hash, so that an update embeds only what is new
        terms.npz          BM25 postings
        vocabulary.json    their terms

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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged, IndexForeign, IndexMissing, IndexUnwritable, ReadingError
from corpus.paper import Paper, Sentence
from indexer.centre import Centres
from indexer.lexical import Lexicon
from indexer.passages import Passage
from indexer.vectors import FaissVectors, Vectors, VectorStore

FORMAT = 8
"""Raised whenever the files of a version change, or how papers are read and cut: old versions are then rebuilt."""
KEPT_VERSIONS = 3
_FAILED = "failed.json"

Keys = NDArray[np.bytes_]


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
    """A version, loaded. `first_rows[i]` is the row of the first sentence of passage i; rows follow the passages."""

    version: str
    manifest: Manifest
    papers: Mapping[str, Paper]
    passages: tuple[Passage, ...]
    first_rows: NDArray[np.int64]
    vectors: VectorStore
    raw: Vectors
    """The rows' vectors as the model gave them, shape (rows, dimension); on disk until they are needed."""
    keys: Keys
    centres: Centres
    lexicon: Lexicon

    def passage_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the passages that hold these sentence rows."""
        return np.searchsorted(self.first_rows, rows, side="right") - 1


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
            stored = _read_json(place / "passages.json")
            postings = np.load(place / "terms.npz", allow_pickle=False)
            lexicon = Lexicon(_read_json(place / "vocabulary.json"), **{name: postings[name] for name in postings})
            keys = np.load(place / "keys.npy", allow_pickle=False)
            raw = np.load(place / "raw.npy", allow_pickle=False, mmap_mode="r")
            centres = Centres(**np.load(place / "centres.npz", allow_pickle=False))
        except (ValueError, KeyError, TypeError, OSError) as exc:
            raise IndexDamaged(file=place, detail=str(exc)) from exc
        vectors = FaissVectors.load(place / "sentences.faiss")
        if not len(vectors) == len(raw) == len(keys) == manifest.sentences:
            detail = f"{len(vectors)} vectors, {len(raw)} raw, {len(keys)} keys, {manifest.sentences} sentences"
            raise IndexDamaged(file=place, detail=detail)
        return Index(
            version=version,
            manifest=manifest,
            papers=papers,
            passages=tuple(_passage(item) for item in stored),
            first_rows=np.array([item["row"] for item in stored], dtype=np.int64),
            vectors=vectors,
            raw=raw,
            keys=keys,
            centres=centres,
            lexicon=lexicon,
        )

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


def _write_files(place: Path, index: Index) -> None:
    _write_json(place / "papers.json", [paper.to_json() for paper in index.papers.values()])
    stored = zip(index.passages, index.first_rows, strict=True)
    _write_json(place / "passages.json", [{**asdict(passage), "row": int(row)} for passage, row in stored])
    if not isinstance(index.vectors, FaissVectors):
        raise TypeError(f"an index folder holds FaissVectors, not {type(index.vectors).__name__}")
    index.vectors.save(place / "sentences.faiss")
    np.save(place / "raw.npy", index.raw)
    np.savez(place / "centres.npz", passages=index.centres.passages, questions=index.centres.questions)
    np.save(place / "keys.npy", index.keys)
    lexicon = {f.name: getattr(index.lexicon, f.name) for f in fields(Lexicon)}
    _write_json(place / "vocabulary.json", lexicon.pop("vocabulary"))
    np.savez(place / "terms.npz", **lexicon)
    written = {p.name: (p.stat().st_size, _sha256(p)) for p in sorted(place.iterdir())}
    _write_json(place / "manifest.json", {**asdict(index.manifest), "files": written})


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
    kept = {name: value for name, value in item.items() if name not in ("row", "sentences")}
    return Passage(**kept, sentences=tuple(Sentence(**s) for s in item["sentences"]))


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=None), encoding="utf-8")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
