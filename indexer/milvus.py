"""A library in Milvus, the distributed vector database: its collections, and what is asked of them.

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

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from corpus.errors import IndexMissing, StoreSilent
from indexer.address import Address
from indexer.editions import Row, Shared, Shown, chunks, edition_of, unpacked

MOST_TERMS = 4096
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


class Milvus:
    """The collections of one library, made where they are not there yet. Every method raises `StoreSilent`."""

    def __init__(self, address: Address, dimension: int = 0) -> None:
        """Connect; with a `dimension`, make what is not there yet. Raises `StoreMissing` where pymilvus is not
        installed, and `IndexMissing` where nothing is there."""
        address.check()
        import pymilvus

        # What they log is raised, too, or Milvus Lite does without.
        for name in ("pymilvus", "milvus_lite", "grpc._server"):
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
        return Shared.from_json(blob, self.address) if blob is not None else None

    def share(self, shared: Shared) -> Shared:
        """Fix what all papers share, where nobody has; returns what holds from now on."""
        if self.shared() is None:
            self.put("blobs", chunks("", _SHARED, shared.to_json().encode()))
        return self.shared() or shared

    def changed(self) -> str:
        """Another whenever a paper has come, changed or gone; empty before the first."""
        return (self.blob(_CHANGED) or b"").decode()

    def tell_changed(self) -> None:
        """Have readers look at the papers again."""
        self.put("blobs", chunks("", _CHANGED, uuid.uuid4().hex.encode()))

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
                ("terms", DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": MOST_TERMS}),
                ("counts", DataType.ARRAY, {"element_type": DataType.INT64, "max_capacity": MOST_TERMS}), data,
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


def quoted(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, in a filter of Milvus."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)


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
