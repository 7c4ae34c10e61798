"""The papers of an index: each is made from its record when it is asked for; what searches need of all is at hand."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus.errors import IndexDamaged
from corpus.paper import Paper
from corpus.stored import restored
from indexer.columns import Columns, Texts
from indexer.pieces import Keys, key_bytes, keys_in, keys_of

KEPT_PAPERS = 256
"""So many papers stay in memory, those asked for last: all of an ordinary library."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a paper without making it. `tables` are the numbers of its tables, such as 表2."""

    id: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None
    tables: tuple[str, ...]

    @classmethod
    def of(cls, paper: Paper) -> Card:
        """Of a paper."""
        tables = tuple(dict.fromkeys(table.number for table in paper.tables))
        return cls(paper.id, paper.title, paper.authors, paper.year, tables)


@dataclass(frozen=True)
class Catalogue:
    """The cards of all papers in their order, and the ways to find one."""

    cards: tuple[Card, ...]

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> Catalogue:
        """Of papers."""
        return cls(tuple(map(Card.of, papers)))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The papers' ids in their order."""
        return tuple(card.id for card in self.cards)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The place of each paper in their order, by its id."""
        return {card.id: number for number, card in enumerate(self.cards)}

    @cached_property
    def years(self) -> NDArray[np.float64]:
        """The year of each paper, NaN where it has none: no comparison holds of it."""
        return np.array([np.nan if card.year is None else card.year for card in self.cards], np.float64)

    @cached_property
    def by_author(self) -> Mapping[str, frozenset[str]]:
        """The ids of each author's papers."""
        return _found((author, card.id) for card in self.cards for author in card.authors)

    @cached_property
    def by_title(self) -> Mapping[str, frozenset[str]]:
        """The ids of the papers of each title."""
        return _found((card.title, card.id) for card in self.cards if card.title)

    @cached_property
    def by_table(self) -> Mapping[str, frozenset[str]]:
        """The ids of the papers that have a table of each number."""
        return _found((table, card.id) for card in self.cards for table in card.tables)


def _found(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, paper in pairs:
        found.setdefault(name, set()).add(paper)
    return {name: frozenset(papers) for name, papers in found.items()}


class LazyPapers(ABC, Mapping[str, Paper]):
    """Papers by id, in the order of their catalogue, each made when it is asked for.

    The papers asked for last are kept, so that asking again gives the same object; threads may ask at once.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._kept: OrderedDict[str, Paper] = OrderedDict()
        self._lock = threading.Lock()

    @abstractmethod
    def made(self, paper_id: str) -> Paper:
        """A paper of the catalogue. Raises `IndexDamaged` where it is not as it was kept."""

    def __getitem__(self, paper_id: str) -> Paper:
        if paper_id not in self.catalogue.numbers:
            raise KeyError(paper_id)
        with self._lock:
            if paper_id in self._kept:
                self._kept.move_to_end(paper_id)
                return self._kept[paper_id]
        made = self.made(paper_id)
        with self._lock:
            paper = self._kept.setdefault(paper_id, made)
            while len(self._kept) > KEPT_PAPERS:
                self._kept.popitem(last=False)
            return paper

    def __iter__(self) -> Iterator[str]:
        return iter(self.catalogue.numbers)

    def __contains__(self, paper_id: object) -> bool:
        return paper_id in self.catalogue.numbers

    def __len__(self) -> int:
        return len(self.catalogue.cards)


class Papers(LazyPapers):
    """The papers of an index folder. A record is a paper's JSON, known by its key: a flipped bit must not be quoted."""

    def __init__(self, records: Texts, keys: Keys, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.records, self._known_by = records, keys

    @classmethod
    def of(cls, papers: Mapping[str, Paper]) -> Papers:
        """From the papers."""
        if isinstance(papers, Papers):
            return papers
        told = [json.dumps(paper.to_json(), ensure_ascii=False) for paper in papers.values()]
        return cls(Texts.of(told), keys_of(told), Catalogue.of(papers.values()))

    @classmethod
    def from_columns(cls, columns: Columns) -> Papers:
        """Those that `columns` gave. Raises `ValueError` for cards that are none."""
        cards = json.loads(columns["cards"].tobytes())
        catalogue = Catalogue(tuple(restored(Card, card) for card in cards))
        return cls(Texts.from_columns(columns, "records"), keys_in(columns["keys"]), catalogue)

    def columns(self) -> Columns:
        """As they are kept in a file."""
        told = json.dumps([asdict(card) for card in self.catalogue.cards], ensure_ascii=False).encode()
        cards = np.frombuffer(told, np.uint8)
        return {**self.records.columns("records"), "keys": key_bytes(self._known_by), "cards": cards}

    def made(self, paper_id: str) -> Paper:
        """See `LazyPapers.made`."""
        number = self.catalogue.numbers[paper_id]
        with suppress(UnicodeDecodeError):
            record = self.records[number]
            if keys_of([record])[0] == self._known_by[number]:
                return Paper.from_json(json.loads(record))
        raise IndexDamaged(file=paper_id, detail="its text is not as it was indexed")
