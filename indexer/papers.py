"""The papers of an index: each is made from its record when it is asked for; what searches need of all is at hand."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from corpus.paper import Paper
from corpus.stored import restored
from indexer.columns import Columns, Texts

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


class Papers(Mapping[str, Paper]):
    """Papers by id, in the order of the library. A record is a paper's JSON.

    The papers asked for last are kept, so that asking again gives the same object; threads may ask at once.
    """

    def __init__(self, records: Texts, catalogue: Catalogue) -> None:
        self.records, self.catalogue = records, catalogue
        self._kept: OrderedDict[str, Paper] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, papers: Mapping[str, Paper]) -> Papers:
        """From the papers."""
        if isinstance(papers, Papers):
            return papers
        records = Texts.of(json.dumps(paper.to_json(), ensure_ascii=False) for paper in papers.values())
        return cls(records, Catalogue.of(papers.values()))

    @classmethod
    def from_columns(cls, columns: Columns) -> Papers:
        """Those that `columns` gave. Raises `ValueError` for cards that are none."""
        cards = json.loads(columns["cards"].tobytes())
        return cls(Texts.from_columns(columns, "records"), Catalogue(tuple(restored(Card, card) for card in cards)))

    def columns(self) -> Columns:
        """As they are kept in a file."""
        told = json.dumps([asdict(card) for card in self.catalogue.cards], ensure_ascii=False).encode()
        return {**self.records.columns("records"), "cards": np.frombuffer(told, np.uint8)}

    def __getitem__(self, paper_id: str) -> Paper:
        number = self.catalogue.numbers[paper_id]
        with self._lock:
            if paper_id in self._kept:
                self._kept.move_to_end(paper_id)
                return self._kept[paper_id]
        made = Paper.from_json(json.loads(self.records[number]))
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
        return len(self.records)
