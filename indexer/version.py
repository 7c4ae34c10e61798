"""One version of the index: its files, what they hold, and whether they are what was written.

    000007/
      manifest.json          model, settings, papers, counts, size and SHA-256 of every other file, and its own digest
      papers.safetensors     the papers as they were read, each a record in JSON, and what searches need of all of them
      passages.safetensors   the passages by columns; one vector a passage, its language's mean taken off; by what its
                             terms are known again; and what passages and sentences are made of
      sentences.faiss        one vector a sentence, likewise
      pieces.safetensors     keys, vectors and tokens of what was embedded (codes of four bits a value, and squared
                             lengths), and the ranges of the codes
      means.safetensors      the languages' means
      terms.safetensors      the terms, and which passages hold each, how often
      glossary.json          the names that each paper introduces

Files are mapped, not read: what a question does not need stays on disk. A version is never changed once it is written.
Nothing in it is a pickle: loading runs no code.

What is checked: every file of up to `WHOLE_BYTES` whole whenever it is loaded; of a larger one then its size and
`SAMPLED_BLOCKS` blocks evenly spaced, first and last among them, and all of it by an update that builds on it and by
`yinju check`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.disk import sync
from corpus.errors import IndexDamaged, IndexForeign
from corpus.paper import Paper
from corpus.settings import Settings
from corpus.stored import restored
from indexer.centre import Centres
from indexer.codes import Quantiser
from indexer.columns import Columns, read_columns, write_columns
from indexer.glossary import Entry, Glossary
from indexer.lexical import Lexicon, Words
from indexer.papers import Catalogue, Papers
from indexer.passage_table import PassageTable
from indexer.passages import KINDS, PassageKind
from indexer.pieces import Keys, Lists, Pieces, key_bytes, keys_in
from indexer.vectors import FaissVectors, Vectors, VectorStore

FORMAT = 15
"""Raised whenever the files of a version change, or how papers are read and cut: old versions are then rebuilt."""
MANIFEST = "manifest.json"
WHOLE_BYTES = 2**26
"""Larger files are checked by samples when they are loaded: the SHA-256 of so many bytes takes 0.05 to 0.2 s."""
SAMPLED_BLOCKS = 64
_BLOCK_BYTES = 2**16
_PIECES = ("pieces.safetensors",)


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
    files: Mapping[str, tuple[int, str, str]]
    """Bytes, SHA-256 and SHA-256 of the sampled blocks of every file of the version."""

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
    """A version, loaded. Papers and passages are made when they are asked for; arrays are mapped.

    This is the seam at which an index may lie elsewhere: `papers`, `passages` and `vectors` are asked, not walked
    through, by whatever answers a question.
    """

    version: str
    manifest: Manifest
    papers: Mapping[str, Paper]
    passages: PassageTable
    """A sequence of `Passage`; their sentences are the rows of `vectors`."""
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
        return range(int(self.passages.first_rows[passage]), int(self.passages.first_rows[passage + 1]))

    def passage_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the passages that hold these sentence rows."""
        return np.searchsorted(self.passages.first_rows, rows, side="right") - 1

    def pieces_of(self, passage: int) -> NDArray[np.int64]:
        """The pieces of a passage: of what it is about, then of its sentences."""
        rows = self.rows(passage)
        return np.concatenate([self.about_pieces[passage], self.sentence_pieces.between(rows.start, rows.stop)])

    @cached_property
    def catalogue(self) -> Catalogue:
        """What is known of all papers without making them."""
        return self.papers.catalogue if isinstance(self.papers, Papers) else Catalogue.of(self.papers.values())

    @cached_property
    def with_body(self) -> NDArray[np.bool_]:
        """Which papers hold running text, not only front matter, references or notes; shape (papers,)."""
        body = np.zeros(len(self.papers), bool)
        body[self.passages.papers[self.passages.kinds == KINDS.index("text")]] = True
        return body

    def around(
        self, vector: NDArray[np.float32], terms: Mapping[str, float], where: Sequence[Where], most: int
    ) -> Index:
        """An index that holds all passages that can be hits: for each `where`, the `most` with the sentences nearest to
        a question's `vector`, and the `most` that share its weighted `terms`. Of an index on this machine, itself."""
        return self

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
    written = {p.name: (p.stat().st_size, sha256_of(p), sampled_sha256_of(p)) for p in sorted(place.iterdir())}
    _write_manifest(place / MANIFEST, replace(index.manifest, files=written))
    for file in place.iterdir():
        sync(file)
    sync(place)


def read_version(place: Path, wanted: Recipe | None = None, *, whole: bool = False) -> Index:
    """Load the version in the folder `place`, its files checked against the manifest: large ones by samples, unless
    they are to be read `whole`.

    Raises `IndexDamaged`, and `IndexForeign` where it was made by other `wanted` things.
    """
    manifest = read_manifest(place)
    if wanted is not None:
        check_recipe(place, manifest, wanted)
    for fault in damaged_files(place, manifest, whole=whole):
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
        if manifest.model != model or any(damaged_files(place, manifest, _PIECES, whole=True)):
            return None
        columns = read_columns(place / "pieces.safetensors")
        return Embedded(Pieces.from_columns(columns), _quantiser(columns), manifest.dimension)
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


def damaged_files(
    place: Path, manifest: Manifest, names: Iterable[str] | None = None, *, whole: bool
) -> Iterator[IndexDamaged]:
    """What differs between a version's files (all, or those of these `names`) and its manifest; see `read_version`."""
    for name in manifest.files if names is None else names:
        size, digest, sampled = manifest.files[name]
        file = place / name
        try:
            actual = file.stat().st_size
            if actual != size:
                yield IndexDamaged(file=file, detail=f"{actual} bytes, expected {size}")
            elif (sha256_of(file) != digest) if whole else (sampled_sha256_of(file) != sampled):
                yield IndexDamaged(file=file, detail="checksum differs")
        except FileNotFoundError:
            yield IndexDamaged(file=file, detail="missing")
        except OSError as exc:
            yield IndexDamaged(file=file, detail=exc.strerror or str(exc))


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sampled_sha256_of(file: Path) -> str:
    """The SHA-256 of a large file's sampled blocks; that of all of it where it has up to `WHOLE_BYTES`."""
    size = file.stat().st_size
    if size <= WHOLE_BYTES:
        return sha256_of(file)
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        for at in np.linspace(0, size - _BLOCK_BYTES, SAMPLED_BLOCKS).astype(np.int64).tolist():
            stream.seek(at)
            digest.update(stream.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _index(place: Path, manifest: Manifest) -> Index:
    papers = Papers.from_columns(read_columns(place / "papers.safetensors"))
    passages = read_columns(place / "passages.safetensors")
    pieces = read_columns(place / "pieces.safetensors")
    means = read_columns(place / "means.safetensors")
    return Index(
        version=place.name,
        manifest=manifest,
        papers=papers,
        passages=PassageTable(tuple(papers), passages),
        vectors=FaissVectors.load(place / "sentences.faiss"),
        passage_vectors=passages["vectors"],
        pieces=Pieces.from_columns(pieces),
        sentence_pieces=Lists(passages["sentence_pieces.starts"], passages["sentence_pieces"]),
        about_pieces=Lists(passages["about_pieces.starts"], passages["about_pieces"]),
        quantiser=_quantiser(pieces),
        centres=Centres(**{name: np.array(mean) for name, mean in means.items()}),
        lexicon=Lexicon.from_columns(read_columns(place / "terms.safetensors")),
        passage_keys=keys_in(passages["keys"]),
        mined={
            paper: tuple(Entry(frozenset(names)) for names in entries)
            for paper, entries in _read_json(place / "glossary.json").items()
        },
    )


def _quantiser(columns: Columns) -> Quantiser:
    return Quantiser(np.array(columns["low"]), np.array(columns["width"]))


def _check_counts(place: Path, index: Index) -> None:
    """Raise `IndexDamaged` where the parts of a version are not of one size."""
    manifest, passages = index.manifest, index.passages
    counts = {
        "sentences": (
            manifest.sentences, len(index.vectors), len(index.sentence_pieces), len(passages.sentence_starts),
            int(passages.first_rows[-1]),
        ),
        "passages": (
            manifest.passages, len(passages), len(passages.first_rows) - 1, len(index.passage_vectors),
            len(index.about_pieces), len(index.lexicon), len(index.passage_keys),
        ),
        "pieces": (manifest.pieces, len(index.pieces), len(index.pieces.vectors), len(index.pieces.starts) - 1),
        "tokens": (
            manifest.tokens, len(index.pieces.codes), len(index.pieces.squares), int(index.pieces.starts[-1]),
        ),
        "papers": (len(manifest.papers), len(index.papers), len(index.catalogue.cards), len(index.mined)),
        "dimensions": (
            manifest.dimension, index.vectors.dimension, index.passage_vectors.shape[1], index.pieces.vectors.shape[1],
            index.centres.passages.shape[1], len(index.quantiser.low),
        ),
    }  # fmt: skip
    for what, numbers in counts.items():
        if len(set(numbers)) > 1:
            raise IndexDamaged(file=place, detail=f"numbers of {what} differ: {', '.join(map(str, numbers))}")
    known = (passages.papers >= 0) & (passages.papers < len(index.papers))
    if set(manifest.papers) != set(index.papers) or not known.all():
        raise IndexDamaged(file=place, detail="passages of papers that it does not hold")


def _write_files(place: Path, index: Index) -> None:
    if not isinstance(index.vectors, FaissVectors):
        raise TypeError(f"an index folder holds FaissVectors, not {type(index.vectors).__name__}")
    write_columns(place / "papers.safetensors", Papers.of(index.papers).columns())
    passages = {
        **index.passages.columns(),
        "vectors": index.passage_vectors,
        "keys": key_bytes(index.passage_keys),
        "sentence_pieces": index.sentence_pieces.numbers,
        "sentence_pieces.starts": index.sentence_pieces.starts,
        "about_pieces": index.about_pieces.numbers,
        "about_pieces.starts": index.about_pieces.starts,
    }
    write_columns(place / "passages.safetensors", passages)
    index.vectors.save(place / "sentences.faiss")
    ranges = {"low": index.quantiser.low, "width": index.quantiser.width}
    write_columns(place / "pieces.safetensors", {**index.pieces.columns(), **ranges})
    write_columns(place / "means.safetensors", asdict(index.centres))
    write_columns(place / "terms.safetensors", index.lexicon.columns())
    mined = {paper: [sorted(entry.names) for entry in entries] for paper, entries in index.mined.items()}
    _write_json(place / "glossary.json", mined)


def _write_manifest(file: Path, manifest: Manifest) -> None:
    stored = json.loads(json.dumps(asdict(manifest), ensure_ascii=False))
    _write_json(file, {**stored, "digest": _digest(stored)})


def _digest(manifest: Mapping[str, object]) -> str:
    """By what a manifest is known to be whole: the SHA-256 of its JSON without the digest itself."""
    return hashlib.sha256(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _write_json(file: Path, value: object) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
