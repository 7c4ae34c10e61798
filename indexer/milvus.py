"""Where a library lies in Milvus, the distributed vector database: its address, its collections, and how it is written.

    milvus:///data/papers.db              a file of Milvus Lite, for one process at a time
    milvus://10.0.0.5:19530/papers        a server or a cluster, and the name of the library there
    milvus://name:password@10.0.0.5:19530/papers

A paper is written under an `edition`, a hash of its id, its file's fingerprint and all that decides what its rows are.
One last row, in `papers`, makes an edition the one that is searched. So several indexers may write at once, whoever
reads sees a paper whole or not at all, and what one leaves behind that dies half way is hidden: its edition stands in
`editions` and not in `papers`. Written again, the same edition has the same rows.

    blobs      what is read whole: papers, what is told of them, names, and what all papers share
    passages   vectors, terms (as sparse vectors, by which they are found, and as numbers with counts) and what they are
    sentences  vectors
    codes      the token codes of each passage
    editions   every edition that somebody has begun to write
    papers     the edition of each paper that is searched

What all papers share is fixed by whoever writes the first of them: the languages' means, the ranges of the codes, and
the mean length of a passage. Nothing that is stored then depends on papers that come later. Of two indexers that are
first at the same moment, one writes its papers again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged, IndexForeign, IndexMissing, SettingsError, StoreMissing, StoreSilent
from corpus.paper import Paper
from indexer.centre import LANGUAGES, Centres
from indexer.codes import Quantiser
from indexer.lexical import norm
from indexer.papers import Card
from indexer.passages import KINDS, SHORT_CHARACTERS
from indexer.version import FORMAT, Index, Recipe

Row = dict[str, Any]
Floats = NDArray[np.float32]

_EXPECTED = "milvus://HOST:PORT/LIBRARY or milvus:///FOLDER/FILE.db"
_LIBRARY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CHUNK = 60_000
"""Characters of a chunk: a VARCHAR field of Milvus holds 65,535 bytes."""
_MOST_TERMS = 4096
"""Different terms of a passage, as many as an ARRAY field holds; a passage of the usual length has 300."""
_BATCH_BYTES = 4 * 2**20
_SECONDS = 10.0
"""How long connecting may take."""
_PAGE = 16_384
"""Rows that Milvus gives in one answer."""
_COLLECTIONS = ("blobs", "editions", "passages", "sentences", "codes", "papers")
"""In the order in which they are made."""
_SHARED = "shared"
_CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a library is. `uri` is what pymilvus connects to."""

    uri: str
    library: str
    token: str = ""

    @classmethod
    def of(cls, text: str) -> Address:
        """From a text such as `milvus://10.0.0.5:19530/papers`. Raises `SettingsError`."""
        parts = urlsplit(text)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme == "milvus" and not parts.netloc and parts.path.endswith(".db"):
            return cls(unquote(parts.path), "library")
        library = parts.path.strip("/")
        if parts.scheme != "milvus" or not parts.hostname or port is None or not _LIBRARY.fullmatch(library):
            raise SettingsError(where="store", value=text, expected=_EXPECTED)
        token = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        return cls(f"http://{parts.hostname}:{port}", library, token)

    def check(self) -> None:
        """Raise `StoreMissing` where pymilvus is not installed: before papers are read and embedded."""
        if find_spec("pymilvus") is None or (self.is_file and find_spec("milvus_lite") is None):
            raise StoreMissing(address=self)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of Milvus Lite."""
        return self.uri.endswith(".db")

    def __str__(self) -> str:
        return f"milvus://{self.uri}" if self.is_file else f"milvus://{self.uri.removeprefix('http://')}/{self.library}"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all papers of a library share."""

    format: int
    recipe: Recipe
    centres: Centres
    quantiser: Quantiser
    mean_length: float
    """Terms of a passage, as the first papers had them: what BM25 compares lengths with."""

    @property
    def digest(self) -> bytes:
        """Another for other values."""
        return hashlib.sha256(_shared_json(self).encode()).digest()


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper that is searched: its edition, and the indexer that wrote it."""

    edition: str
    origin: str
    fingerprint: str
    passages: int
    body: bool
    """Whether it holds running text."""


class Milvus:
    """The collections of one library, made where they are not there yet. Every method raises `StoreSilent`."""

    def __init__(self, address: Address, dimension: int = 0) -> None:
        """Connect; with a `dimension`, make what is not there yet. Raises `StoreMissing` where pymilvus is not
        installed, and `IndexMissing` where nothing is there."""
        address.check()
        import pymilvus

        for name in (
            "pymilvus",
            "milvus_lite",
            "grpc._server",
        ):  # what they say there is raised, too, or Milvus Lite does without
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self.address = address
        self._failures: tuple[type[Exception], ...] = (pymilvus.MilvusException,)
        with self._answering("another process may have the file open" if address.is_file else ""):
            self._client = pymilvus.MilvusClient(address.uri, token=address.token, timeout=_SECONDS)
            if dimension:
                self._create(dimension)
            there = self._client.has_collection(self._named(_COLLECTIONS[-1]))
        if not there:
            raise IndexMissing(folder=address)
        with self._answering():
            for collection in _COLLECTIONS:
                self._client.load_collection(self._named(collection))  # nothing where it is

    def close(self) -> None:
        """Disconnect; a file of Milvus Lite may then be opened by another process."""
        self._client.close()
        if self.address.is_file:
            from milvus_lite import server_manager_instance

            server_manager_instance.release_server(self.address.uri)

    # Rows -----------------------------------------------------------------------------------------------------------

    def put(self, collection: str, rows: Iterable[Row]) -> None:
        """Write rows, in place of those of the same ids."""
        for batch in _batches(rows):
            with self._answering():
                self._client.upsert(self._named(collection), batch)

    def drop(self, collection: str, where: str) -> None:
        """Delete the rows of a filter."""
        with self._answering():
            self._client.delete(self._named(collection), filter=where)

    def rows(self, collection: str, where: str, fields: Sequence[str]) -> list[Row]:
        """All rows of a filter, however many, in the order of their ids."""
        named, output = self._named(collection), ["id", *fields]
        with self._answering():
            found: list[Row] = list(self._client.query(named, filter=where, output_fields=output, limit=_PAGE))
            if len(found) < _PAGE:
                return sorted(found, key=lambda row: str(row["id"]))
            found = []
            pages = self._client.query_iterator(named, filter=where, output_fields=output, batch_size=1000)
            while page := pages.next():
                found.extend(page)
            pages.close()
        return sorted(found, key=lambda row: str(row["id"]))

    def count(self, collection: str, where: str) -> int:
        """How many rows a filter has."""
        with self._answering():
            (row,) = self._client.query(self._named(collection), filter=where, output_fields=["count(*)"])
            return int(row["count(*)"])

    def nearest(
        self, collection: str, field: str, query: Any, top: int, where: str, output: Sequence[str]
    ) -> list[Row]:
        """The rows of a filter with the largest inner product, the largest first."""
        with self._answering():
            (found,) = self._client.search(
                self._named(collection), data=[query], anns_field=field, limit=top, filter=where,
                output_fields=list(output), search_params={"metric_type": "IP"},
            )  # fmt: skip
            return [{"id": hit["id"], **hit["entity"]} for hit in found]

    def blob(self, name: str) -> bytes | None:
        """What was kept under a name; None where nothing was."""
        chunks = self.rows("blobs", f"name == {quoted(name)}", ["n", "data"])
        return unpacked([row["data"] for row in sorted(chunks, key=lambda row: int(row["n"]))]) if chunks else None

    def blobs(self, names: Sequence[str]) -> dict[str, bytes]:
        """What was kept under several names."""
        chunks: dict[str, list[tuple[int, str]]] = {}
        for start in range(0, len(names), 200):
            for row in self.rows("blobs", f"name in {quoted(names[start : start + 200])}", ["name", "n", "data"]):
                chunks.setdefault(row["name"], []).append((int(row["n"]), row["data"]))
        return {name: unpacked([data for _, data in sorted(parts)]) for name, parts in chunks.items()}

    # What they mean -------------------------------------------------------------------------------------------------

    def shared(self) -> Shared | None:
        """What all papers share; None in a library without papers. Raises `IndexDamaged`, `IndexForeign`."""
        blob = self.blob(_SHARED)
        return _shared(blob, self.address) if blob is not None else None

    def share(self, shared: Shared) -> Shared:
        """Fix what all papers share, where nobody has; returns what holds from now on."""
        if self.shared() is None:
            self.put("blobs", _chunks("", _SHARED, _shared_json(shared).encode()))
        return self.shared() or shared

    def changed(self) -> str:
        """Another whenever a paper has come, changed or gone; empty before the first."""
        return (self.blob(_CHANGED) or b"").decode()

    def shown(self, shared: Shared) -> dict[str, Shown]:
        """The papers that are searched, by id, in the order of their ids: those that were written with what all papers
        share now."""
        every = self.written().items()
        return {paper: was for paper, was in every if was.edition == edition_of(paper, was.fingerprint, shared)}

    def written(self) -> dict[str, Shown]:
        """All papers of which an edition is whole, by id."""
        fields = ["edition", "origin", "fingerprint", "passages", "body"]
        return {
            row["id"]: Shown(row["edition"], row["origin"], row["fingerprint"], int(row["passages"]), bool(row["body"]))
            for row in self.rows("papers", "", fields)
        }

    def hidden(self, shown: Mapping[str, Shown]) -> list[str]:
        """The editions of which rows may be there that are not to be searched."""
        seen = {paper.edition for paper in shown.values()}
        return [row["id"] for row in self.rows("editions", "", []) if row["id"] not in seen]

    # Setting up -----------------------------------------------------------------------------------------------------

    def _create(self, dimension: int) -> None:
        from pymilvus import DataType, MilvusClient

        text, number, vector = DataType.VARCHAR, DataType.INT64, DataType.FLOAT_VECTOR
        of_passage: list[tuple[str, DataType, dict[str, Any]]] = [
            ("edition", text, {"max_length": 64}), ("paper", text, {"max_length": 1024}), ("year", number, {}),
            ("kind", text, {"max_length": 16}), ("table", text, {"max_length": 64}),
            ("vector", vector, {"dim": dimension}),
        ]  # fmt: skip
        n: tuple[str, DataType, dict[str, Any]] = ("n", number, {})
        data = ("data", text, {"max_length": 65_535})
        # Every collection of Milvus has a vector; of these none is searched.
        none = ("none", vector, {"dim": 2})
        collections: dict[str, list[tuple[str, DataType, dict[str, Any]]]] = {
            "blobs": [
                ("edition", text, {"max_length": 64}), ("name", text, {"max_length": 128}), n, data, none,
            ],
            "editions": [("paper", text, {"max_length": 1024}), none],
            "passages": [
                *of_passage, ("number", number, {}), ("length", number, {}),
                ("words", DataType.SPARSE_FLOAT_VECTOR, {}),
                ("terms", DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": _MOST_TERMS}),
                ("counts", DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": _MOST_TERMS}), data,
            ],
            "sentences": [*of_passage, ("passage", text, {"max_length": 64})],
            "codes": [
                ("edition", text, {"max_length": 64}), ("passage", text, {"max_length": 64}), n, data, none,
            ],
            "papers": [
                ("edition", text, {"max_length": 64}), ("origin", text, {"max_length": 1024}),
                ("fingerprint", text, {"max_length": 256}), ("passages", number, {}), ("body", DataType.BOOL, {}), none,
            ],
        }  # fmt: skip
        for collection, fields in collections.items():
            own = self._named(collection)
            schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", text, is_primary=True, max_length=1024)
            indexes: dict[str, dict[str, str]] = {}
            for name, kind, more in fields:
                schema.add_field(name, kind, **more)
                if kind == vector:
                    exact = self.address.is_file or name == "none"
                    indexes[name] = {"index_type": "FLAT" if exact else "AUTOINDEX", "metric_type": "IP"}
                elif kind == DataType.SPARSE_FLOAT_VECTOR:
                    indexes[name] = {"index_type": "SPARSE_INVERTED_INDEX", "metric_type": "IP"}
                elif name in ("edition", "paper", "passage", "name", "terms"):
                    indexes[name] = {"index_type": "INVERTED"}
            self._unless(
                partial(self._client.has_collection, own),
                partial(self._client.create_collection, own, schema=schema, consistency_level="Strong"),
            )
            for name, how in indexes.items():
                one = MilvusClient.prepare_index_params()
                one.add_index(name, **how)
                # Milvus Lite has no index of arrays, and counts without.
                with suppress(*self._failures) if name == "terms" else nullcontext():
                    self._unless(
                        partial(self._client.list_indexes, own, field_name=name),
                        partial(self._client.create_index, own, one),
                    )

    def _unless(self, done: Callable[[], Any], do: Callable[[], Any]) -> None:
        """Do what has not been done: by another indexer at the same moment, or by one that died behind this step."""
        if not done():
            try:
                do()
            except self._failures:
                if not done():
                    raise

    def _named(self, collection: str) -> str:
        return f"{self.address.library}_{collection}"

    @contextmanager
    def _answering(self, hint: str = "") -> Iterator[None]:
        try:
            yield
        except self._failures as exc:
            detail = str(getattr(exc, "message", "") or exc).splitlines()[0][:200]
            detail = f"{detail}; {hint}" if hint else detail
            raise StoreSilent(address=self.address, detail=detail) from exc


def publish(
    index: Index, milvus: Milvus, origin: str, progress: Callable[[str, float], None] = lambda paper, share: None
) -> tuple[list[str], list[str]]:
    """Make the library hold the papers of `index`; returns the ids of those written and of those taken out.

    Papers that other indexers wrote, known by another `origin`, stay. `progress` is told the paper and the share done;
    it may raise, which leaves the papers written so far.
    Raises `StoreSilent`, and `IndexForeign` where the library was made by another model or other settings.
    """
    shared = milvus.share(Shared(FORMAT, index.manifest.recipe, index.centres, index.quantiser, _mean_length(index)))
    check(milvus.address, shared, index.manifest.recipe)
    before = milvus.written()
    written = []
    passages_of = {paper: np.flatnonzero(index.passages.papers == at).tolist() for at, paper in enumerate(index.papers)}
    for done, (paper_id, fingerprint) in enumerate(index.manifest.papers.items()):
        edition, was = edition_of(paper_id, fingerprint, shared), before.get(paper_id)
        if was is None or was.edition != edition:
            progress(paper_id, done / len(index.papers))
            _write(index, index.papers[paper_id], passages_of[paper_id], edition, origin, milvus, shared)
            if was is not None:
                _forget(milvus, was.edition)
            written.append(paper_id)
    gone = [paper for paper, was in before.items() if was.origin == origin and paper not in index.papers]
    for paper_id in gone:
        milvus.drop("papers", f"id == {quoted(paper_id)}")
        _tell(milvus)
        _forget(milvus, before[paper_id].edition)
    now = milvus.shared()
    if now is not None and now.digest != shared.digest:
        # Another indexer began at the same moment, and what it shares holds: what was written here is not searched.
        return publish(index, milvus, origin, progress)
    return written, gone


def check(address: Address, shared: Shared, wanted: Recipe) -> None:
    """Raise `IndexForeign` where a library was made by another model or other settings."""
    if shared.recipe != wanted:
        raise IndexForeign(folder=address, made_by=str(shared.recipe), wanted=str(wanted))


def edition_of(paper: str, fingerprint: str, shared: Shared) -> str:
    """The name of what a paper becomes."""
    return hashlib.sha256(json.dumps([paper, fingerprint]).encode() + shared.digest).hexdigest()[:32]


def term_number(term: str) -> int:
    """A term's number, 63 bits of its SHA-256; among a million terms two are the same once in ten million libraries."""
    return int.from_bytes(hashlib.sha256(term.encode("utf-8", "surrogatepass")).digest()[:8], "big") >> 1


def dimension_of(number: int) -> int:
    """The dimension of a term in sparse vectors: the lower 31 bits of its number."""
    return number & 0x7FFF_FFFF


def quoted(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, in a filter of Milvus."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


def passage_id(edition: str, number: int) -> str:
    """The id of a passage: by it the passages of a paper are in its order."""
    return f"{edition}/{number:06d}"


def _write(
    index: Index, paper: Paper, numbers: Sequence[int], edition: str, origin: str, milvus: Milvus, shared: Shared
) -> None:
    """Write an edition: hidden until its last row is there."""
    milvus.put("editions", [{"id": edition, "paper": paper.id, "none": [0.0, 0.0]}])
    _tell(milvus)
    mined = [sorted(entry.names) for entry in index.mined[paper.id]]
    whole = json.dumps(paper.to_json(), ensure_ascii=False).encode()
    told = json.dumps({"card": asdict(Card.of(paper)), "mined": mined}, ensure_ascii=False).encode()
    milvus.put("blobs", [*_chunks(edition, f"{edition}/paper", whole), *_chunks(edition, f"{edition}/told", told)])
    rows: dict[str, list[Row]] = {"passages": [], "sentences": [], "codes": []}
    for place, number in enumerate(numbers):
        for collection, row in _passage_rows(index, paper, number, place, edition, shared):
            rows[collection].append(row)
    for collection, several in rows.items():
        milvus.put(collection, several)
    body = bool((index.passages.kinds[numbers] == KINDS.index("text")).any())
    milvus.put("papers", [{
        "id": paper.id, "edition": edition, "origin": origin, "fingerprint": index.manifest.papers[paper.id],
        "passages": len(numbers), "body": body, "none": [0.0, 0.0],
    }])  # fmt: skip
    _tell(milvus)


def _passage_rows(
    index: Index, paper: Paper, number: int, place: int, edition: str, shared: Shared
) -> Iterator[tuple[str, Row]]:
    """The rows of one passage, each with its collection."""
    passage, own = index.passages[number], passage_id(edition, place)
    language = int(index.passages.languages[number])
    table = paper.table_at(passage.start)
    common = {
        "edition": edition, "paper": paper.id, "year": -1 if paper.year is None else paper.year, "kind": passage.kind,
        "table": table.number if table is not None else "",
    }  # fmt: skip
    about, made_of = index.about_pieces[number], [index.sentence_pieces[row] for row in index.rows(number)]
    vectors = [index.pieces.vector_of(np.concatenate(made_of))]
    for sentence, pieces in zip(passage.sentences, made_of, strict=True):
        short = passage.kind == "table" or sentence.end - sentence.start < SHORT_CHARACTERS
        vectors.append(index.pieces.vector_of(np.concatenate([about, pieces]) if short else pieces))
    centred = shared.centres.of_passages(np.stack(vectors), np.full(len(vectors), language, np.int64))
    counts = index.lexicon.counted(number)
    kept = sorted((term_number(term), count) for term, count in counts.items())[:_MOST_TERMS]
    length = sum(counts.values())
    against = float(norm(np.array([length], np.float64), shared.mean_length)[0])
    words: dict[int, float] = {}
    for term, count in kept:
        words[dimension_of(term)] = max(words.get(dimension_of(term), 0.0), count / (count + against))
    data = {
        "passage": asdict(passage), "language": language,
        "about": index.pieces.lengths[about].tolist(),
        "sentences": [index.pieces.lengths[pieces].tolist() for pieces in made_of],
    }  # fmt: skip
    (packed,) = _packed(json.dumps(data, ensure_ascii=False).encode())
    yield "passages", {
        **common, "id": own, "number": place, "vector": centred[0], "length": length,
        "words": words or {0x7FFF_FFFF: 1e-9},  # Milvus takes no empty vector
        "terms": [term for term, _ in kept], "counts": [count for _, count in kept], "data": packed,
    }  # fmt: skip
    for at, vector in enumerate(centred[1:]):
        yield "sentences", {**common, "id": f"{own}/{at:04d}", "passage": own, "vector": vector}
    codes = index.pieces.codes_of(np.concatenate([about, *made_of]).astype(np.int64))
    for n, chunk in enumerate(_packed(codes.tobytes(), level=0)):
        yield (
            "codes",
            {"id": f"{own}/{n}", "edition": edition, "passage": own, "n": n, "data": chunk, "none": [0.0, 0.0]},
        )


def _forget(milvus: Milvus, edition: str) -> None:
    """Delete the rows of an edition that is not searched any more; that it was there, last."""
    for collection in ("sentences", "codes", "passages", "blobs"):
        milvus.drop(collection, f"edition == {quoted(edition)}")
    milvus.drop("editions", f"id == {quoted(edition)}")


def _tell(milvus: Milvus) -> None:
    milvus.put("blobs", _chunks("", _CHANGED, uuid.uuid4().hex.encode()))


def _mean_length(index: Index) -> float:
    return float(index.lexicon.lengths.sum()) / max(len(index.lexicon), 1)


def _shared_json(shared: Shared) -> str:
    numbers = {
        name: getattr(shared.centres, name) for name in ("passages", "questions", "passage_tokens", "question_tokens")
    }
    numbers |= {"low": shared.quantiser.low, "width": shared.quantiser.width}
    told = {
        name: base64.b64encode(np.ascontiguousarray(each, np.float32).tobytes()).decode()
        for name, each in numbers.items()
    }
    return json.dumps(
        {"format": shared.format, "recipe": asdict(shared.recipe), "mean_length": shared.mean_length, **told},
        ensure_ascii=False,
    )


def _shared(blob: bytes, address: Address) -> Shared:
    try:
        told = json.loads(blob)
        if told["format"] != FORMAT:
            made_by = f"format {told['format']!s:.20}"
            raise IndexForeign(folder=address, made_by=made_by, wanted=f"format {FORMAT}")
        arrays = {
            name: np.frombuffer(base64.b64decode(told[name]), np.float32)
            for name in ("passages", "questions", "passage_tokens", "question_tokens", "low", "width")
        }
        quantiser = Quantiser(arrays.pop("low"), arrays.pop("width"))
        centres = Centres(**{name: each.reshape(len(LANGUAGES), -1) for name, each in arrays.items()})
        return Shared(FORMAT, Recipe(**told["recipe"]), centres, quantiser, float(told["mean_length"]))
    except (ValueError, KeyError, TypeError) as exc:
        raise IndexDamaged(file=address, detail=str(exc)) from exc


def _chunks(edition: str, name: str, value: bytes) -> list[Row]:
    return [
        {"id": f"{name}/{n}", "edition": edition, "name": name, "n": n, "data": chunk, "none": [0.0, 0.0]}
        for n, chunk in enumerate(_packed(value))
    ]


def _packed(value: bytes, level: int = 6) -> list[str]:
    """Bytes as texts that fit a field."""
    told = base64.b64encode(zlib.compress(value, level)).decode()
    return [told[start : start + _CHUNK] for start in range(0, len(told), _CHUNK)]


def unpacked(chunks: Iterable[str]) -> bytes:
    """What `_packed` packed."""
    return zlib.decompress(base64.b64decode("".join(chunks)))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in messages that Milvus takes."""
    batch: list[Row] = []
    room = _BATCH_BYTES
    for row in rows:
        size = len(row.get("data", "")) + 4 * len(row.get("vector", ())) + 30 * len(row.get("terms", ())) + 256
        if batch and size > room:
            yield batch
            batch, room = [], _BATCH_BYTES
        batch.append(row)
        room -= size
    if batch:
        yield batch
