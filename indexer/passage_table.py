"""The passages of an index as columns: a question compares numbers of all of them, and makes those that it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from corpus.language import language_of
from corpus.paper import Paper, Sentence
from indexer.centre import LANGUAGES
from indexer.columns import Columns, Texts
from indexer.passages import KINDS, Passage
from indexer.pieces import Lists, Numbers

Small = NDArray[np.int32]


class PassageTable(Sequence[Passage]):
    """The passages in the order of the library. Each is made when it is asked for; every column has a value for each.

    `papers` are places in `ids`, `kinds` numbers in `indexer.passages.KINDS`, `languages` in
    `indexer.centre.LANGUAGES`; `sections` and `tables` are numbers in `names`, `about` lists of such. `tables` tell the
    number (表2) of the table that a passage begins in, -1 outside of tables. The sentences of passage i are the rows
    `first_rows[i]:first_rows[i + 1]` of all sentences.
    """

    def __init__(self, ids: Sequence[str], columns: Columns) -> None:
        self.ids = ids
        self._columns = columns
        self.papers: Small = columns["papers"]
        self.starts: Small = columns["starts"]
        self.ends: Small = columns["ends"]
        self.kinds: NDArray[np.uint8] = columns["kinds"]
        self.languages: NDArray[np.uint8] = columns["languages"]
        self.sections: Small = columns["sections"]
        self.tables: Small = columns["tables"]
        self.about = Lists(columns["about.starts"], columns["about"])
        self.first_rows: Numbers = columns["first_rows"]
        self.sentence_starts: Small = columns["sentence_starts"]
        self.sentence_ends: Small = columns["sentence_ends"]
        self.names = Texts.from_columns(columns, "names")

    @classmethod
    def of(cls, passages: Iterable[Passage], papers: Mapping[str, Paper]) -> PassageTable:
        """From passages of these papers."""

        def told() -> Iterator[tuple[Passage, int, str]]:
            for passage in passages:
                paper = papers[passage.paper]
                table = paper.table_at(passage.start)
                language = LANGUAGES.index(language_of(paper.text[passage.start : passage.end]))
                yield passage, language, table.number if table is not None else ""

        ids = tuple(papers)
        return cls.of_told(told(), ids, {paper: number for number, paper in enumerate(ids)})

    @classmethod
    def of_told(
        cls, passages: Iterable[tuple[Passage, int, str]], ids: Sequence[str], numbers: Mapping[str, int]
    ) -> PassageTable:
        """From passages, each with its language and the number of the table that it begins in, empty for none.

        `numbers` are the places in `ids`.
        """
        names: dict[str, int] = {}
        fixed: list[tuple[int, ...]] = []
        about: list[list[int]] = []
        sentences: list[tuple[int, int]] = []
        first_rows = [0]
        for passage, language, table in passages:
            fixed.append(
                (
                    numbers[passage.paper], passage.start, passage.end, KINDS.index(passage.kind), language,
                    names.setdefault(passage.section, len(names)),
                    names.setdefault(table, len(names)) if table else -1,
                )
            )  # fmt: skip
            about.append([names.setdefault(name, len(names)) for name in passage.about])
            sentences.extend((sentence.start, sentence.end) for sentence in passage.sentences)
            first_rows.append(len(sentences))
        told = np.array(fixed, np.int32).reshape(-1, 7).T.copy()
        rows = np.array(sentences, np.int32).reshape(-1, 2).T.copy()
        lists = Lists.of(about)
        columns = {
            "papers": told[0], "starts": told[1], "ends": told[2], "kinds": told[3].astype(np.uint8),
            "languages": told[4].astype(np.uint8), "sections": told[5], "tables": told[6], "about": lists.numbers,
            "about.starts": lists.starts, "first_rows": np.array(first_rows, np.int64), "sentence_starts": rows[0],
            "sentence_ends": rows[1], **Texts.of(names).columns("names"),
        }  # fmt: skip
        return cls(ids, columns)

    def columns(self) -> Columns:
        """As they are kept in a file, but for the papers' ids."""
        return self._columns

    def __len__(self) -> int:
        return len(self.papers)

    @overload
    def __getitem__(self, at: int) -> Passage: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, at: int | slice) -> Passage | tuple[Passage, ...]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        number = range(len(self))[at]
        rows = slice(int(self.first_rows[number]), int(self.first_rows[number + 1]))
        places = zip(self.sentence_starts[rows].tolist(), self.sentence_ends[rows].tolist(), strict=True)
        return Passage(
            paper=self.ids[self.papers[number]],
            start=int(self.starts[number]),
            end=int(self.ends[number]),
            kind=KINDS[self.kinds[number]],
            section=self.names[int(self.sections[number])],
            about=tuple(self.names[name] for name in self.about[number].tolist()),
            sentences=tuple(Sentence(start, end) for start, end in places),
        )

    @cached_property
    def sentence_counts(self) -> Numbers:
        """Sentences of each passage."""
        return np.diff(self.first_rows)

    @cached_property
    def table_numbers(self) -> Mapping[str, int]:
        """The number in `names` of each table's number that passages begin in."""
        return {self.names[number]: number for number in np.unique(self.tables).tolist() if number >= 0}
