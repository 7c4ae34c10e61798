"""How an index grows: `python -m tests.bench.growth [--real 100000] [--xquad FOLDER] [--memory GB] [--json FILE]`.

First the growth table. Its first row is the five papers, with XQuAD's 48 Chinese articles where its folder is given.
The larger libraries hold copies of these, each with other numbers, other names (some words are exchanged for others)
and the clauses of its sentences in another order. Up to `--real` passages they are files, and what is measured is real
throughout: read, cut, embedded and indexed by `Shelf.update`, whose seconds are `index`. Of the still larger ones the
texts, passages and terms are kept as an update would keep them, but their **vectors are generated**: those of the
original mixed with another's and with noise; and so are the token codes, of which every half-byte may be one off. A
clause that no exchange touches is one piece in all copies, as the same clause always is. `index` is then what it takes
to train and add the vectors, to turn the terms round, and to write and hash the files, without reading and embedding.

What is asked is real: the questions of `tests/questions`, encoded by the model beforehand, searched by
`qa.retrieve.search` in a fresh process. With `--memory` that process has so many gigabytes, pages of mapped files
included, and reads the index from the disk. `recall@10` compares with the same search over all vectors (in float32, or
of a real library as its index keeps them): `rows`, of the ten nearest sentences; `hits`, of the ten passages found.
Copies share sentences and nearly whole passages, so what is as good as the tenth counts, whichever copy it is of.

Then, with `--crossing`, comparing all vectors against the inverted file, by the number of (generated) sentences.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.paper import Paper
from indexer.columns import Texts, Vocabulary
from indexer.glossary import Entry
from indexer.lexical import Lexicon
from indexer.model import Encoded
from indexer.papers import Card, Catalogue, Papers
from indexer.passage_table import PassageTable
from indexer.passages import cut_passages, pieces
from indexer.pieces import Lists, Pieces, key_of, keys_of
from indexer.vectors import FLAT_ROWS, FaissVectors, Rows, Vectors
from indexer.version import Index, read_version, write_version
from qa import Shelf
from qa.evaluate import read_questions
from qa.focus import focus_of
from qa.retrieve import in_chinese, search
from tests.bench.figures import PAPERS, PROJECT

ASKED, TOP = 100, 512
WARMING = 20
"""Questions that are told apart from the others: after them what all questions need is in memory."""
SIZES = (1_000, 10_000, 100_000, 1_000_000)
_EQUAL = 1e-6
"""Cosines and scores that differ by less are equal."""
EXCHANGED = 60
"""Words that are exchanged for others in each copy."""
_ROW = (
    "| {passages:,} | {sentences:,} | {vectors} | {index} | {disk} | {load:.2f} s · {first:.2f} s"
    " | {rss:.2f} · {anon:.2f} GB | {cold:.0f} ms | {p50:.0f} · {p95:.0f} ms | {rows:.3f} · {hits:.3f} |"
)
_HEAD = (
    "| passages | sentences | vectors | index | on disk | load · first question | memory: resident · private"
    " | first 20: median | then p50 · p95 | recall@10: rows · hits |\n|" + " --- |" * 10
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="how an index grows")
    parser.add_argument("--real", type=int, default=10_000, help="up to so many passages, all is embedded")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="passages of the largest index")
    parser.add_argument("--smallest", type=int, default=0, help="passages of the smallest grown index")
    parser.add_argument("--xquad", type=Path, help="the folder of XQuAD's zh.json")
    parser.add_argument("--base", type=Path, help="keep the library and the index that are grown in this folder")
    parser.add_argument("--scratch", type=Path, help="where the grown indexes are made and deleted")
    parser.add_argument("--json", type=Path, help="write the rows of the growth table here, too")
    parser.add_argument("--crossing", type=int, nargs="*", help="compare flat and inverted at these numbers of rows")
    parser.add_argument("--memory", type=float, default=0, help="gigabytes that a searching process may have (Linux)")
    parser.add_argument("--measure", type=Path, nargs=2, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.measure:
        print(json.dumps(measured(*told.measure)))
        return
    with tempfile.TemporaryDirectory(dir=told.scratch) as folder:
        scratch = Path(folder)
        shelf, seconds = base_shelf(told.base or scratch / "base", told.xquad)
        asked = scratch / "asked.npz"
        encode(shelf, asked)
        rows = []
        print(_HEAD, flush=True)
        if not told.smallest:
            rows.append(real_row(shelf, asked, seconds, told.memory))
            print(_ROW.format(**rows[-1]), flush=True)
        sizes = sorted({*(size for size in SIZES if size < told.largest), told.largest})
        for size in (size for size in sizes if size >= told.smallest):
            grow = indexed if size <= told.real else grown
            rows.append(grow(Copies(shelf.index, size), scratch, asked, told.memory))
            print(_ROW.format(**rows[-1]), flush=True)
            if told.json:
                told.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        if told.crossing is not None:
            crossing(shelf.index, told.crossing or [1_000, 10_000, 30_000, 100_000], scratch)


def base_shelf(folder: Path, xquad: Path | None) -> tuple[Shelf, float]:
    """What is grown, and the seconds that it took to index it; 0 where that was done before."""
    there = folder.exists()
    if not there:
        shutil.copytree(PAPERS, folder / "papers")
        articles = json.loads((xquad / "zh.json").read_text(encoding="utf-8"))["data"] if xquad else []
        for number, article in enumerate(articles):
            text = "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
            (folder / "papers" / f"xquad-{number:02d}.txt").write_text(text, encoding="utf-8")
    shelf = Shelf.open(folder / "papers", folder / "index")
    seconds = shelf.update().seconds
    return shelf, 0.0 if there else seconds


def encode(shelf: Shelf, file: Path) -> None:
    """Write the questions and what the model makes of them."""
    told = [question.question for question in read_questions(PROJECT / "tests" / "questions" / "questions.jsonl")]
    told += [question.question for question in read_questions(PROJECT / "tests" / "questions" / "written.jsonl")]
    index, arrays = shelf.index, dict[str, NDArray[Any]]()
    for number, question in enumerate(told[:ASKED]):
        focus = focus_of(question, index.catalogue)
        encoded = shelf.encoder.encode_question(in_chinese(focus.asked, index.glossary.named_in(focus.asked)))
        arrays.update({f"{name}{number}": getattr(encoded, name) for name in Kept.PARTS})
        arrays[f"searched{number}"] = index.centres.of_question(focus.asked, encoded).vector
    np.savez(file, questions=np.array(told[:ASKED]), **arrays)  # type: ignore[arg-type]


class Kept:
    """The encoder that gives what `encode` kept for question number `current`."""

    PARTS = ("vector", "tokens", "spans")

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self.questions: list[str] = arrays["questions"].tolist()
            self._kept = [
                Encoded(*(arrays[f"{name}{number}"] for name in self.PARTS)) for number in range(len(self.questions))
            ]
        self.current = 0

    def encode_question(self, text: str) -> Encoded:
        """See `indexer.model.Encoder`."""
        return self._kept[self.current]


# Copies ---------------------------------------------------------------------------------------------------------------


class Made:
    """An array whose parts are made when they are written: a first one, and one for each further copy."""

    def __init__(self, first: NDArray[Any], copies: int, each: int, make: Callable[[int], NDArray[Any]]) -> None:
        self._first, self._each, self._make = first, each, make
        self.dtype, self.itemsize = first.dtype, first.itemsize
        self.shape = (len(first) + (copies - 1) * each, *first.shape[1:])
        self.nbytes = int(np.prod(self.shape)) * self.itemsize
        self._made: tuple[int, NDArray[Any]] = (0, first)

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, end, _ = rows.indices(len(self))
        parts = []
        while start < end:
            copy = 0 if start < len(self._first) else 1 + (start - len(self._first)) // max(1, self._each)
            begin = 0 if copy == 0 else len(self._first) + (copy - 1) * self._each
            if self._made[0] != copy:
                self._made = (copy, self._first if copy == 0 else self._make(copy))
            part = self._made[1][start - begin : end - begin]
            parts.append(part)
            start += len(part)
        return np.concatenate(parts) if parts else self._first[:0]


@dataclass(frozen=True)
class Copies:
    """So many copies of an index that it has at least `size` passages."""

    index: Index
    size: int

    @cached_property
    def count(self) -> int:
        """Copies, the original among them."""
        return -(-self.size // len(self.index.passages))

    @cached_property
    def words(self) -> list[str]:
        """Chinese words of two characters that are neither rare nor everywhere."""
        lexicon, held = self.index.lexicon, np.diff(self.index.lexicon.holders)
        words = ((n, term) for n, term in enumerate(lexicon.vocabulary.terms) if re.fullmatch("[一-鿿]{2}", term))
        some = [term for n, term in words if 4 <= held[n] <= 60]
        return random.Random(0).sample(some, min(len(some), 20 * EXCHANGED))

    def exchange(self, copy: int) -> Callable[[str], str]:
        """What makes of a text that of a copy: of the same length, in characters and in bytes."""
        chance = random.Random(copy)
        digits = str.maketrans("0123456789", "".join(chance.sample("0123456789", 10)))
        others = dict(zip(self.words[:EXCHANGED], chance.sample(self.words, EXCHANGED), strict=True))
        pattern = self._pattern
        return lambda text: pattern.sub(lambda match: others[match[0]], text.translate(digits))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(self.words[:EXCHANGED]))

    @cached_property
    def changed(self) -> NDArray[np.int64]:
        """The pieces of the original that are others in a copy."""
        places = {key: number for number, key in enumerate(self.index.pieces.keys.tolist())}
        texts: set[str] = set()
        for paper in self.index.papers.values():
            for passage in cut_passages(paper, self.index.manifest.passage_characters):
                texts.update(passage.about)
                texts.update(text for sentence in passage.sentences for text in pieces(paper, sentence))
        exchanged = (text for text in texts if re.search(r"\d", text) or self._pattern.search(text))
        return np.array(sorted(places[key] for text in exchanged if (key := key_of(text).rstrip(b"\0")) in places))

    def id(self, paper: str, copy: int) -> str:
        """The id of a paper in a copy."""
        return f"{paper}-{copy:05d}"

    def papers(self, file: Path) -> Papers:
        """The papers of all copies, their records mapped from a file that is written here."""
        originals = list(self.index.papers.values())
        cards = tuple(self.card(paper, copy) for copy in range(self.count) for paper in originals)
        keys, lengths = [], []
        with file.open("wb") as stream:
            for copy in range(self.count):
                records = self.records(copy, originals)
                stream.write("".join(records).encode())
                keys.append(keys_of(records))
                lengths += [len(record.encode()) for record in records]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Papers(Texts(np.memmap(file, np.uint8, "r"), starts), np.concatenate(keys), Catalogue(cards))

    def card(self, paper: Paper, copy: int) -> Card:
        """The card of a paper in a copy."""
        exchange, card = self.exchange(copy), Card.of(paper)
        title = exchange(card.title) if card.title else None
        year = None if card.year is None else 1900 + (card.year + copy) % 100
        return replace(card, id=self.id(paper.id, copy), title=title, year=year)

    def records(self, copy: int, originals: Sequence[Paper]) -> list[str]:
        """The papers of a copy in JSON."""
        exchange = self.exchange(copy)
        records = []
        for paper, told in zip(originals, self._told, strict=True):
            card = self.card(paper, copy)
            text = exchange(_turned(paper, copy))
            item = {**told, "id": card.id, "title": card.title, "year": card.year, "text": text}
            records.append(json.dumps(item, ensure_ascii=False))
        return records

    @cached_property
    def _told(self) -> list[dict[str, Any]]:
        return [paper.to_json() for paper in self.index.papers.values()]

    def passages(self, ids: Sequence[str]) -> PassageTable:
        """The passages of all copies."""
        table, of_papers = self.index.passages, len(self.index.papers)
        columns = {name: np.tile(column, self.count) for name, column in table.columns().items() if name in _TILED}
        columns["papers"] = (_spread(table.papers, self.count, of_papers)).astype(np.int32)
        names = [self.exchange(copy)(name) if copy else name for copy in range(self.count) for name in table.names]
        for name in ("sections", "about"):
            columns[name] = _spread(table.columns()[name], self.count, len(table.names)).astype(np.int32)
        columns["about.starts"] = _joined(table.about.starts, self.count)
        columns["first_rows"] = _joined(table.first_rows, self.count)
        columns.update(Texts.of(names).columns("names"))
        return PassageTable(ids, columns)

    def lists(self, lists: Lists) -> Lists:
        """Lists of pieces, those of the copies of their own pieces where these are others."""
        numbers = np.arange(len(self.index.pieces))
        told = [lists.numbers]
        for copy in range(1, self.count):
            numbers[self.changed] = (
                len(self.index.pieces) + (copy - 1) * len(self.changed) + np.arange(len(self.changed))
            )
            told.append(numbers[lists.numbers].astype(np.int32))
        return Lists(_joined(lists.starts, self.count), np.concatenate(told))

    def pieces(self) -> Pieces:
        """The pieces of all copies."""
        old, changed, count = self.index.pieces, self.changed, self.count
        codes = old.codes_of(changed)
        keys = np.random.default_rng(9).integers(1, 256, ((count - 1) * len(changed), 16), np.uint8)

        def vectors_of(copy: int) -> Vectors:
            return noisy(np.asarray(old.vectors)[changed], np.random.default_rng(copy))

        def codes_of(copy: int) -> NDArray[np.uint8]:
            flips = np.random.default_rng(copy).integers(0, 256, codes.shape, np.uint8) & np.uint8(0x11)
            return codes ^ flips

        def squares_of(copy: int) -> NDArray[np.float32]:
            return self.index.quantiser.squares(codes_of(copy))

        lengths = np.concatenate([old.lengths, np.tile(old.lengths_of(changed), count - 1)])
        return Pieces(
            np.concatenate([old.keys, keys.view("S16").reshape(-1)]),
            Made(np.asarray(old.vectors), count, len(changed), vectors_of),  # type: ignore[arg-type]
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            Made(np.asarray(old.codes), count, len(codes), codes_of),  # type: ignore[arg-type]
            Made(np.asarray(old.squares), count, len(codes), squares_of),  # type: ignore[arg-type]
        )

    def lexicon(self) -> Lexicon:
        """The terms of all copies."""
        old = self.index.lexicon
        rows = [old.row(passage) for passage in range(len(old))]
        terms, counts = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        texts, places = list(old.vocabulary.terms), dict[str, int]()
        found = []
        for copy in range(self.count):
            exchange = self.exchange(copy)
            told = (exchange(text) if copy else text for text in texts)
            numbers = np.array([places.setdefault(text, len(places)) for text in told], np.int32)
            found.append(numbers[terms])
        vocabulary = Vocabulary.of(places)
        order = {term: number for number, term in enumerate(vocabulary.terms)}
        final = np.array([order[text] for text in places], np.int32)
        starts = _joined(np.concatenate([[0], np.cumsum([len(numbers) for numbers, _ in rows])]), self.count)
        return Lexicon.of_rows(vocabulary, starts, final[np.concatenate(found)], np.tile(counts, self.count))

    def mined(self) -> Mapping[str, tuple[Entry, ...]]:
        """The names of all copies."""
        return {
            self.id(paper, copy): tuple(Entry(frozenset(map(exchange, entry.names))) for entry in entries)
            for copy in range(self.count)
            for exchange in [self.exchange(copy) if copy else str]
            for paper, entries in self.index.mined.items()
        }


_TILED = ("starts", "ends", "kinds", "languages", "tables", "sentence_starts", "sentence_ends")


def _spread(numbers: NDArray[Any], count: int, by: int) -> NDArray[np.int64]:
    """The numbers of every copy, each copy's `by` higher."""
    return (np.arange(count, dtype=np.int64)[:, None] * by + np.asarray(numbers)[None, :]).ravel()


def _joined(starts: NDArray[Any], count: int) -> NDArray[np.int64]:
    """The starts of every copy's lists one after the other."""
    return np.append(_spread(np.asarray(starts)[:-1], count, int(starts[-1])), count * int(starts[-1])).astype(np.int64)


def _turned(paper: Paper, copy: int) -> str:
    """The text with the clauses of each longer sentence begun with another one; all lengths stay as they are."""
    text = list(paper.text)
    for sentence in paper.sentences:
        told = paper.text[sentence.start : sentence.end]
        *clauses, last = re.split("(?<=，)", told)
        if len(clauses) > 1 and "\n" not in told:
            at = copy % len(clauses)
            text[sentence.start : sentence.end] = "".join([*clauses[at:], *clauses[:at], last])
    return "".join(text)


def noisy(vectors: Vectors, chance: np.random.Generator) -> Vectors:
    """Each vector mixed with another one and with noise, of unit length.

    Half of them are at least 0.94 near to what they were: the model itself puts 60 sentences whose words and numbers
    were exchanged at 0.72, 0.94 and 0.99 (5, 50 and 95 %), these at 0.82, 0.94 and 0.96.
    """
    others = vectors[chance.integers(0, len(vectors), len(vectors))]
    made = vectors + np.float32(0.7) * chance.random((len(vectors), 1), np.float32) ** 2 * others
    made += chance.standard_normal(made.shape, np.float32) * np.float32(0.3 / made.shape[1] ** 0.5)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def all_vectors(index: Index) -> Vectors:
    """The vectors of an index's sentences: their products with each axis."""
    axes = np.eye(index.vectors.dimension, dtype=np.float32)
    return index.vectors.cosines(axes, np.arange(len(index.vectors)))


# Measuring ------------------------------------------------------------------------------------------------------------


def indexed(copies: Copies, scratch: Path, asked: Path, memory: float) -> dict[str, Any]:
    """Write a library of copies as files, index it as a user would, measure it, delete it."""
    folder, own = scratch / "papers", scratch / "own.npz"
    folder.mkdir()
    originals = list(copies.index.papers.values())
    for copy in range(copies.count):
        for record in copies.records(copy, originals):
            paper = json.loads(record)
            (folder / f"{paper['id']}.txt").write_text(paper["text"], encoding="utf-8")
    shelf = Shelf.open(folder, scratch / "index")
    seconds = shelf.update().seconds
    encode(shelf, own)  # the means that are taken off are this library's
    told = real_row(shelf, own, seconds, memory)
    shutil.rmtree(folder)
    shutil.rmtree(scratch / "index")
    return told


def real_row(shelf: Shelf, asked: Path, seconds: float, memory: float) -> dict[str, Any]:
    """A row of a library that was indexed in so many seconds, 0 where that was done before."""
    nearest(all_vectors(shelf.index), asked)
    place = shelf.store.folder / shelf.store.current()
    told = row(place, asked, "real", f"{seconds:.0f} s, all of it" if seconds else "made before", memory)
    return {**told, "distinct pieces": len(shelf.index.pieces)}


def grown(copies: Copies, scratch: Path, asked: Path, memory: float) -> dict[str, Any]:
    """Make an index of copies, measure it in a process of so many gigabytes, delete it."""
    index, place = copies.index, scratch / "000001"
    place.mkdir()
    original = all_vectors(index)
    file = scratch / "sentences.f32"
    vectors = np.memmap(file, np.float32, "w+", shape=(copies.count * len(original), original.shape[1]))
    for copy in range(copies.count):
        part = noisy(original, np.random.default_rng(10_000 + copy)) if copy else original
        vectors[copy * len(original) : (copy + 1) * len(original)] = part
    took = [time.perf_counter()]
    store = FaissVectors.build(vectors)
    took.append(time.perf_counter())
    print(f"{len(vectors):,} vectors indexed in {took[1] - took[0]:.0f} s", file=sys.stderr, flush=True)
    lexicon = copies.lexicon()
    took.append(time.perf_counter())
    papers, made = copies.papers(scratch / "records"), copies.pieces()
    table = copies.passages(tuple(papers))
    of_passages = np.asarray(index.passage_vectors)
    passage_vectors: Any = Made(
        of_passages, copies.count, len(of_passages), lambda copy: noisy(of_passages, np.random.default_rng(copy))
    )
    manifest = replace(
        index.manifest,
        papers=dict.fromkeys(papers, ""), passages=len(table), sentences=len(vectors), pieces=len(made),
        tokens=int(made.starts[-1]),
    )  # fmt: skip
    whole = replace(
        index,
        manifest=manifest, papers=papers, passages=table, vectors=store, passage_vectors=passage_vectors, pieces=made,
        sentence_pieces=copies.lists(index.sentence_pieces), about_pieces=copies.lists(index.about_pieces),
        lexicon=lexicon, mined=copies.mined(),
        passage_keys=np.arange(len(table), dtype=">u8").astype(">u8").repeat(2).view("S16"),
    )  # fmt: skip
    took.append(time.perf_counter())
    print(f"{len(lexicon.vocabulary):,} terms, {manifest.pieces:,} pieces", file=sys.stderr, flush=True)
    write_version(place, whole)
    took.append(time.perf_counter())
    del whole, store, lexicon, made, table, papers
    nearest(vectors, asked)
    told = f"vectors {took[1] - took[0]:.0f} s, terms {took[2] - took[1]:.0f} s, written {took[4] - took[3]:.0f} s"
    measured_row = row(place, asked, "**generated**", told, memory)
    measured_row["distinct pieces"] = manifest.pieces
    shutil.rmtree(place)
    file.unlink()
    (scratch / "records").unlink()
    return measured_row


def nearest(vectors: Vectors, asked: Path) -> None:
    """Write, for each question, the cosines and rows of the `TOP` nearest of all vectors, by comparing all."""
    index = read_kept(asked)
    best: list[tuple[Vectors, Rows]] = [(np.zeros(0, np.float32), np.zeros(0, np.int64)) for _ in index]
    queries = np.stack(index)
    for start in range(0, len(vectors), 200_000):
        cosines = queries @ np.asarray(vectors[start : start + 200_000]).T
        for n, (line, (scores, rows)) in enumerate(zip(cosines, best, strict=True)):
            few = np.argpartition(-line, min(TOP, len(line) - 1))[:TOP]
            joined, numbers = np.concatenate([scores, line[few]]), np.concatenate([rows, few + start])
            order = np.argsort(-joined, kind="stable")[:TOP]
            best[n] = joined[order], numbers[order]
    np.savez(
        asked.with_name("nearest.npz"), queries=queries,
        scores=np.stack([s for s, _ in best]), rows=np.stack([r for _, r in best]),
    )  # fmt: skip


def read_kept(asked: Path) -> list[Vectors]:
    """The vectors that the questions are searched by."""
    with np.load(asked) as arrays:
        return [arrays[f"searched{n}"] for n in range(len(arrays["questions"]))]


class Exact:
    """A store that knows the nearest of each question already, and takes all else from another."""

    def __init__(self, store: FaissVectors, file: Path) -> None:
        self._store = store
        with np.load(file) as arrays:
            self._queries, self._scores, self._rows = arrays["queries"], arrays["scores"], arrays["rows"]

    def __len__(self) -> int:
        return len(self._store)

    @property
    def dimension(self) -> int:
        """See `VectorStore.dimension`."""
        return self._store.dimension

    def search(self, query: Vectors, top: int, inside: NDArray[np.bool_] | None = None) -> tuple[Vectors, Rows]:
        """See `VectorStore.search`."""
        at = int(np.argmax(self._queries @ query))
        if inside is not None or self._queries[at] @ query < 0.9999:
            return self._store.search(query, top, inside)
        return self._scores[at][:top], self._rows[at][:top]

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """See `VectorStore.cosines`."""
        return self._store.cosines(query, rows)


def row(place: Path, asked: Path, vectors: str, index: str, memory: float = 0) -> dict[str, Any]:
    """A row of the table, from a fresh process; one of limited memory finds nothing of the index there."""
    command = [sys.executable, "-m", "tests.bench.growth", "--measure", str(place), str(asked)]
    with confined(command, place, memory) if memory else nullcontext(command) as confining:
        done = subprocess.run(confining, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    size = sum(file.stat().st_size for file in place.iterdir())
    disk = f"{size / 1e9:.2f} GB" if size > 1e9 else f"{size / 1e6:.0f} MB"
    files = {file.name: file.stat().st_size for file in place.iterdir()}
    return {**json.loads(done.stdout), "vectors": vectors, "index": index, "disk": disk, "files": files}


@contextmanager
def confined(command: list[str], place: Path, gigabytes: float) -> Iterator[list[str]]:
    """The command in a control group, which pages of mapped files count for, the files of a folder out of memory.

    Raises `OSError` where this is not Linux, or not allowed.
    """
    os.sync()
    for file in place.iterdir():
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    first = Path("/sys/fs/cgroup/memory")
    group = (first if first.is_dir() else first.parent) / "yinju-growth"
    group.mkdir()
    try:
        limit = "memory.limit_in_bytes" if first.is_dir() else "memory.max"
        (group / limit).write_text(str(int(gigabytes * 2**30)), encoding="utf-8")
        yield ["sh", "-c", f'echo $$ > "{group}/cgroup.procs" && exec "$@"', "sh", *command]
    finally:
        group.rmdir()


def measured(place: Path, asked: Path) -> dict[str, Any]:
    """What a fresh process finds: seconds to load, milliseconds of a search, gigabytes, shares found."""
    begun = time.perf_counter()
    index = read_version(place)
    loaded = time.perf_counter()
    kept: Any = Kept(asked)
    search(index, kept, kept.questions[0], 10)
    first = time.perf_counter() - loaded
    found, taken = [], []
    for number, question in enumerate(kept.questions):
        kept.current = number
        started = time.perf_counter()
        found.append(search(index, kept, question, 10).hits)
        taken.append(1e3 * (time.perf_counter() - started))
    memory = dict(re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8")))
    store: Any = index.vectors
    exact = replace(index, vectors=Exact(store, asked.with_name("nearest.npz")))
    hits = []
    for number, question in enumerate(kept.questions):
        kept.current = number
        wanted = search(exact, kept, question, 10).hits
        least = min((hit.score for hit in wanted), default=0.0) - _EQUAL
        hits.append(sum(hit.score >= least for hit in found[number]) / max(len(wanted), 1))
    with np.load(asked.with_name("nearest.npz")) as arrays:
        near = [
            {*nearest[scores >= scores[9] - _EQUAL].tolist()}
            for nearest, scores in zip(arrays["rows"], arrays["scores"], strict=True)
        ]
        rows = [
            len({*store.search(query, TOP)[1][:10].tolist()} & wanted) / 10
            for query, wanted in zip(arrays["queries"], near, strict=True)
        ]
    cold, later = taken[:WARMING], sorted(taken[WARMING:])
    return {
        "passages": len(index.passages), "sentences": len(index.vectors), "load": loaded - begun, "first": first,
        "rss": int(memory["VmRSS"]) / 1e6, "anon": int(memory["RssAnon"]) / 1e6, "cold": statistics.median(cold),
        "p50": statistics.median(later), "p95": later[int(0.95 * (len(later) - 1))],
        "rows": statistics.fmean(rows), "hits": statistics.fmean(hits),
    }  # fmt: skip


# The crossing point ---------------------------------------------------------------------------------------------------


def crossing(index: Index, sizes: Sequence[int], scratch: Path) -> None:
    """Print what comparing all vectors and the inverted file cost, by the number of rows."""
    print(f"\nAbove {FLAT_ROWS:,} rows an index has an inverted file; here both at every size:\n")
    print("| generated vectors | kind | built | on disk | search, median · 95 % | recall@10 | the ten in 512 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    real = np.concatenate([np.asarray(index.passage_vectors), all_vectors(index)])
    for size in sizes:
        compare(mixtures(real, size, seed=0), mixtures(real, ASKED, seed=1), scratch / "vectors.faiss")


def compare(vectors: Vectors, asked: Vectors, file: Path) -> None:
    """Two lines of the table."""
    best: list[set[int]] = []
    for kind, flat_rows in (("flat", len(vectors)), ("inverted file", 0)):
        begun = time.perf_counter()
        store = FaissVectors.build(vectors, flat_rows)
        built = time.perf_counter() - begun
        store.save(file)
        store = FaissVectors.load(file)
        found, taken = [], []
        for query in asked:
            begun = time.perf_counter()
            found.append(store.search(query, TOP)[1].tolist())
            taken.append(1e3 * (time.perf_counter() - begun))
        best = best or [{*rows[:10]} for rows in found]
        first, among = (
            statistics.fmean(len(ten & {*rows[:most]}) / len(ten) for ten, rows in zip(best, found, strict=True))
            for most in (10, TOP)
        )
        taken.sort()
        print(
            f"| {len(vectors):,} | {kind} | {built:.1f} s | {file.stat().st_size / 1e6:.0f} MB"
            f" | {statistics.median(taken):.1f} · {taken[int(0.95 * (len(taken) - 1))]:.1f} ms"
            f" | {first:.3f} | {among:.3f} |",
            flush=True,
        )


def mixtures(real: Vectors, count: int, seed: int) -> Vectors:
    """Unit vectors, shape (count, dimension)."""
    numbers = np.random.default_rng(seed)
    made = np.empty((count, real.shape[1]), np.float32)
    for start in range(0, count, 100_000):
        here = made[start : start + 100_000]
        one, other = (real[numbers.integers(0, len(real), len(here))] for _ in range(2))
        here[:] = one + numbers.random((len(here), 1), np.float32) * other
        noise = numbers.standard_normal(here.shape, np.float32) * np.float32(0.6 / real.shape[1] ** 0.5)
        here += noise * np.linalg.norm(here, axis=1, keepdims=True)
        here /= np.linalg.norm(here, axis=1, keepdims=True)
    return made


if __name__ == "__main__":
    main()
