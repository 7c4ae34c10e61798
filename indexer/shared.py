"""An index in Milvus as a reader sees it: what all questions need is here, passages come when a question needs them.

Milvus proposes candidates: the sentences nearest to the question, and the passages that share its terms, whose stored
weights make BM25 of the inner product with the terms' idf. The rows of these passages are then fetched and make a small
`Index`, which is searched as any other: scores are those of an index that held all of it.

The reader keeps of each paper its title, authors, year, table numbers and names; texts are fetched when something is
quoted from them, and those fetched last are kept. How many passages hold a term is asked of Milvus once a term.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged, IndexMissing
from corpus.paper import Paper
from corpus.stored import restored
from indexer.address import Address
from indexer.editions import Row, Shared, Shown, check, dimension_of, term_number, unpacked
from indexer.glossary import Entry, Glossary
from indexer.lexical import Lexicon, Words, norm
from indexer.milvus import Milvus, quoted
from indexer.papers import Card, Catalogue, LazyPapers
from indexer.passage_table import PassageTable
from indexer.passages import Passage
from indexer.pieces import Lists, Pieces
from indexer.vectors import FaissVectors
from indexer.version import Index, Manifest, Recipe, Where

_ROWS_A_PASSAGE = 8
"""Sentences looked for, for each passage that meaning may propose: several of the nearest may be of one."""
_OF_PASSAGE = ("number", "paper", "table", "length", "terms", "counts", "vector", "data")
_TRIES = 5
"""How often a question begins anew because papers have changed under it."""


class SharedLibrary:
    """A library in Milvus, opened to be asked. Safe to use from several threads."""

    def __init__(self, address: Address, recipe: Recipe, dimension: int = 0) -> None:
        """Connect; see `Milvus`. Raises `StoreMissing`, `StoreSilent`, `IndexMissing`."""
        self.milvus = Milvus(address, dimension)
        self._recipe = recipe
        self._lock = threading.RLock()
        self._view: View | None = None

    def index(self) -> View:
        """The papers as they are now. Raises `IndexMissing`, `IndexForeign`, `IndexDamaged`, `StoreSilent`."""
        with self._lock:
            changed = self.milvus.changed()
            if self._view is None or self._view.version != changed:
                self._view = self._open(changed)
            return self._view

    def close(self) -> None:
        """Disconnect."""
        self.milvus.close()

    def _open(self, changed: str) -> View:
        milvus, address = self.milvus, self.milvus.address
        shared = milvus.shared()
        if shared is None:
            raise IndexMissing(folder=address)
        check(address, shared, self._recipe)
        shown = milvus.shown(shared)
        hidden = milvus.hidden(shown)
        told = milvus.blobs([f"{paper.edition}/told" for paper in shown.values()])
        try:
            each = {paper: json.loads(told[f"{was.edition}/told"]) for paper, was in shown.items()}
            catalogue = Catalogue(tuple(restored(Card, item["card"]) for item in each.values()))
            mined = {paper: tuple(Entry(frozenset(names)) for names in item["mined"]) for paper, item in each.items()}
        except (KeyError, ValueError) as exc:
            raise IndexDamaged(file=address, detail=str(exc)) from exc
        return View.of(changed, milvus, shared, shown, hidden, catalogue, mined)


class FetchedPapers(LazyPapers):
    """Whole papers, each fetched when it is asked for."""

    def __init__(self, milvus: Milvus, shown: Mapping[str, Shown], catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self._milvus, self._shown = milvus, shown

    def made(self, paper_id: str) -> Paper:
        """See `LazyPapers.made`. Raises `StoreSilent`, too."""
        blob = self._milvus.blob(f"{self._shown[paper_id].edition}/paper")
        if blob is None:
            raise IndexDamaged(file=self._milvus.address, detail=f"{paper_id}: its text is missing")
        return Paper.from_json(json.loads(blob))


@dataclass(frozen=True)
class View(Index):
    """All of a library, of which only what every question needs is here: it has no passages. See `around`."""

    milvus: Milvus = field(kw_only=True)
    shared: Shared = field(kw_only=True)
    shown: Mapping[str, Shown] = field(kw_only=True)
    hidden: list[str] = field(kw_only=True)
    """Editions that are not searched; one that is begun later is added when it is met."""
    holders: dict[int, int] = field(default_factory=dict, kw_only=True)
    """How many passages hold a term, by its number."""

    @classmethod
    def of(
        cls,
        version: str,
        milvus: Milvus,
        shared: Shared,
        shown: Mapping[str, Shown],
        hidden: list[str],
        catalogue: Catalogue,
        mined: Mapping[str, tuple[Entry, ...]],
    ) -> View:
        """From what is read when a library is opened."""
        dimension = shared.centres.passages.shape[1]
        passages = sum(paper.passages for paper in shown.values())
        manifest = Manifest(
            format=shared.format, made="", model=shared.recipe.model, dimension=dimension,
            passage_characters=shared.recipe.passage_characters,
            papers={paper: was.fingerprint for paper, was in shown.items()},
            passages=passages, sentences=0, pieces=0, tokens=0, files={},
        )  # fmt: skip
        papers = FetchedPapers(milvus, shown, catalogue)
        return cls(
            **{**_part(manifest, shared, catalogue, [], {}, {}), "version": version, "papers": papers, "mined": mined},
            milvus=milvus, shared=shared, shown=shown, hidden=hidden,
        )  # fmt: skip

    @cached_property
    def with_body(self) -> NDArray[np.bool_]:
        """See `Index.with_body`."""
        return np.array([self.shown[paper].body for paper in self.papers], bool)

    def around(
        self, vector: NDArray[np.float32], terms: Mapping[str, float], where: Sequence[Where], most: int
    ) -> Index:
        """See `Index.around`. Raises `StoreSilent`, and `IndexDamaged` where papers change quicker than they can be
        read."""
        editions = {was.edition for was in self.shown.values()}
        for _ in range(_TRIES):
            found: dict[str, str] = {}
            for part in where:
                found |= self._candidates(vector, terms, part, most)
            foreign = set(found.values()) - editions
            if not foreign:
                passages = self._fetched("passages", "id", list(found), _OF_PASSAGE)
                if len(passages) == len(found):
                    return self._excerpt(passages, terms)
            # Begun since this was opened: not to be searched before it is opened again.
            self.hidden.extend(sorted(foreign - set(self.hidden)))
            self.holders.clear()
        raise IndexDamaged(file=self.milvus.address, detail="papers change faster than they can be read; ask again")

    def _candidates(
        self, vector: NDArray[np.float32], terms: Mapping[str, float], part: Where, most: int
    ) -> dict[str, str]:
        """Ids of passages, each with its edition."""
        where = self._filter(part)
        near = self.milvus.nearest("sentences", "vector", vector, _ROWS_A_PASSAGE * most, where, ["passage", "edition"])
        found = dict(list({row["passage"]: row["edition"] for row in near}.items())[:most])
        words: dict[int, float] = {}
        for term, weight in terms.items():
            number = term_number(term)
            if weight > 0 and self.held(number):
                at = dimension_of(number)
                words[at] = words.get(at, 0.0) + weight * self.idf(number)
        if words:
            sharing = self.milvus.nearest("passages", "words", words, most, where, ["edition"])
            found |= {row["id"]: row["edition"] for row in sharing}
        return found

    def _filter(self, part: Where) -> str:
        """A part of the library as a filter of Milvus."""
        said = [f"edition not in {quoted(self.hidden)}"] if self.hidden else []
        if part.papers is not None:
            said.append(f"paper in {quoted(sorted(part.papers))}")
        if part.years is not None:
            said.append(f"year >= {part.years[0]} and year <= {part.years[1]} and year >= 0")
        if part.kinds is not None:
            said.append(f"kind in {quoted(sorted(part.kinds))}")
        if part.tables is not None:
            either = (f"(paper == {quoted(p)} and table == {quoted(t)})" for p, t in sorted(part.tables))
            said.append(f"({' or '.join(either)})")
        return " and ".join(said)

    def held(self, number: int) -> int:
        """How many passages hold a term."""
        if number not in self.holders:
            hidden = f" and edition not in {quoted(self.hidden)}" if self.hidden else ""
            self.holders[number] = self.milvus.count("passages", f"array_contains(terms, {number}){hidden}")
        return self.holders[number]

    def idf(self, number: int) -> float:
        """See `Lexicon.idf`."""
        total, held = self.manifest.passages, self.held(number)
        return float(np.log1p((total - held + 0.5) / (held + 0.5))) if total else 0.0

    def _fetched(self, collection: str, key: str, values: Sequence[str], fields: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        for start in range(0, len(values), 100):
            rows += self.milvus.rows(collection, f"{key} in {quoted(values[start : start + 100])}", fields)
        return rows

    def _excerpt(self, passages: list[Row], terms: Mapping[str, float]) -> Index:
        """The index of these passages, the terms of a question counted in them."""
        passages = sorted(passages, key=lambda row: (row["paper"], int(row["number"])))
        ids = [row["id"] for row in passages]
        sentences: dict[str, list[Any]] = {own: [] for own in ids}
        for row in sorted(self._fetched("sentences", "passage", ids, ["passage", "vector"]), key=lambda r: r["id"]):
            sentences[row["passage"]].append(row["vector"])
        chunks: dict[str, dict[int, str]] = {own: {} for own in ids}
        for row in self._fetched("codes", "passage", ids, ["passage", "n", "data"]):
            chunks[row["passage"]][int(row["n"])] = row["data"]
        codes = {own: unpacked(parts[n] for n in sorted(parts)) for own, parts in chunks.items() if parts}
        made = _part(self.manifest, self.shared, self.catalogue, passages, sentences, codes)
        lexicon = _Counted.of(passages, terms, self)
        return _Excerpt(
            **{**made, "version": self.version, "papers": self.papers, "mined": self.mined, "lexicon": lexicon},
            view=self,
        )


@dataclass(frozen=True)
class _Excerpt(Index):
    """Some passages of a library; what concerns all papers is told by the whole."""

    view: View = field(kw_only=True)

    @property
    def with_body(self) -> NDArray[np.bool_]:
        """See `Index.with_body`."""
        return self.view.with_body

    @cached_property
    def glossary(self) -> Glossary:
        """See `Index.glossary`."""
        return self.view.glossary

    @cached_property
    def words(self) -> Words:
        """See `Index.words`."""
        return self.view.words


@dataclass(frozen=True)
class _Counted(Lexicon):
    """The terms of a question in some passages, with how many passages of the whole library hold them."""

    view: View

    @classmethod
    def of(cls, passages: Sequence[Row], terms: Mapping[str, float], view: View) -> _Counted:
        """From rows of passages."""
        names = {term_number(term): term for term in terms}
        counted = [
            {names[t]: int(n) for t, n in zip(row["terms"], row["counts"], strict=True) if t in names}
            for row in passages
        ]
        plain = Lexicon.build(counted)
        lengths = np.array([row["length"] for row in passages], np.int64)
        return cls(plain.vocabulary, plain.holders, plain.passages, plain.counts, lengths, view)

    def idf(self, term: str) -> float:
        """See `Lexicon.idf`: of the whole library."""
        return self.view.idf(term_number(term))

    def _idf(self, at: int | None) -> float:
        return 0.0 if at is None else self.idf(self.vocabulary[at])

    def known(self, query: Sequence[str]) -> float:
        """See `Lexicon.known`: of the whole library."""
        weights = {term: self.idf(term) for term in dict.fromkeys(query)}
        total = sum(weights.values())
        held = sum(weight for term, weight in weights.items() if self.view.held(term_number(term)))
        return held / total if total else 0.0

    @cached_property
    def _norms(self) -> NDArray[np.float32]:
        return norm(self.lengths.astype(np.float64), self.view.shared.mean_length).astype(np.float32)


def _part(
    manifest: Manifest,
    shared: Shared,
    catalogue: Catalogue,
    rows: Sequence[Row],
    sentences: Mapping[str, Sequence[Any]],
    codes: Mapping[str, bytes],
) -> dict[str, Any]:
    """The fields of an index of some passages. Pieces that several share are there once for each."""
    dimension = manifest.dimension
    items = [json.loads(unpacked([row["data"]])) for row in rows]
    told = [
        (restored(Passage, item["passage"]), int(item["language"]), row["table"])
        for row, item in zip(rows, items, strict=True)
    ]
    lengths = [np.array([*item["about"], *(n for each in item["sentences"] for n in each)], np.int64) for item in items]
    about, made_of, at = [], [], 0
    for item in items:
        about.append(list(range(at, at + len(item["about"]))))
        at += len(item["about"])
        for each in item["sentences"]:
            made_of.append(list(range(at, at + len(each))))
            at += len(each)
    starts = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, np.int64), *lengths]))]).astype(np.int64)
    joined = np.frombuffer(b"".join(codes[row["id"]] for row in rows), np.uint8).reshape(
        -1, shared.quantiser.code_bytes
    )
    vectors = [vector for row in rows for vector in sentences[row["id"]]]
    stacked = np.array(vectors, np.float32).reshape(-1, dimension)
    return {
        "manifest": manifest,
        "passages": PassageTable.of_told(told, catalogue.ids, catalogue.numbers),
        "vectors": FaissVectors.build(stacked),
        "passage_vectors": np.array([row["vector"] for row in rows], np.float32).reshape(-1, dimension),
        "pieces": Pieces(
            np.zeros(at, "S16"), np.zeros((at, 0), np.float32), starts, joined, shared.quantiser.squares(joined)
        ),
        "sentence_pieces": Lists.of(made_of),
        "about_pieces": Lists.of(about),
        "quantiser": shared.quantiser,
        "centres": shared.centres,
        "lexicon": Lexicon.build([]),
        "passage_keys": np.zeros(len(rows), "S16"),
    }
