"""What a paper is once it has been read.

`Paper.text` is the one truth: every offset anywhere in yinju counts in it (Python string offsets, end exclusive), so
`paper.text[s.start:s.end]` is sentence, block or section `s` to the character. Blocks stand in reading order, one a
line:

>>> paper.text[block.start:block.end]
'1.2　愿景和目标'
>>> block.kind
'heading'
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, Self

from corpus.doubts import Doubt
from corpus.places import UNITS, PageBox, Places
from corpus.references import cited_numbers
from corpus.stored import restored

Kind = Literal[
    "front", "abstract", "heading", "paragraph", "caption", "table", "figure", "footnote", "reference", "back", "stray"
]
"""`front` stands around the title: authors, affiliations, keywords, DOI. `back` follows the body: English abstract,
notes on the authors, funding. `table` and `figure` blocks hold one row or one label each. `stray` lines belong to
another article: they are no evidence."""


@dataclass(frozen=True, slots=True)
class Page:
    """A run of the text on one physical page. `number` counts from 1; `label` is the printed page number."""

    number: int
    label: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (`title`) and everything under it, subsections included. `level` 1 is the outermost."""

    title: str
    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, table row …: a line of the text. `paragraph` numbers the prose from 1, else it is 0."""

    kind: Kind
    start: int
    end: int
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of prose, or a whole row, caption or heading."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its number (`表2`), caption, place, and its cells as far as the file lets them be told apart.

    Every row has a cell for each column of `header`; a label that stands over several rows is in each of them, a cell
    that the file leaves empty is "". `places` are the rows' starts and ends in the text, where they are verbatim: cells
    parted by tabs, and a label only in the row before which it is printed.
    """

    number: str
    caption: str
    start: int
    end: int
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    places: tuple[tuple[int, int], ...] = ()

    def row_at(self, offset: int) -> int | None:
        """The number of the row, from 0, that holds the character at `offset`; None outside rows."""
        number = bisect_right(self.places, offset, key=lambda place: place[0]) - 1
        return number if number >= 0 and offset < self.places[number][1] else None

    def described(self, row: int) -> str:
        """A row with the names of its columns, empty cells left out.

        >>> 2019年, 14 and 3.55 under 年份, 研究所（个） and 私人投资（亿美元）
        '年份：2019年；研究所（个）：14；私人投资（亿美元）：3.55'
        """
        return "；".join(f"{name}：{cell}" for name, cell in zip(self.header, self.rows[row], strict=True) if cell)

    def cell(self, row: int, column: str) -> str | None:
        """What a row holds under a column; None where there is no such column.

        Of a column of pairs either half has a name of its own: 非联邦 of 联邦/非联邦投资情况, where the cell is
        `6.5 / 6.8`, is `6.8`.
        """
        if column in self.header:
            return self.rows[row][self.header.index(column)]
        for name, cell in zip(self.header, self.rows[row], strict=True):
            names, cells = re.split(r"\s?/\s?", name), re.split(r"\s?/\s?", cell)
            for at, half in enumerate(names):
                if len(names) == len(cells) and column and half.startswith(column):
                    return cells[at]
        return None


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of the list of references: its number, and where it stands, number included."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Report:
    """What reading did to the file: what it left out and what deserves a doubt.

    Characters are counted without white space. `page_count` is 0 for a file without pages.
    `removed` maps each removed line, digits written as `#`, to how often it stood in the file;
    `unread_pages` are pages without text and `recognised_pages` those read by OCR (from 1); `doubts` are for a person
    to look at.
    """

    source_characters: int = 0
    kept_characters: int = 0
    page_count: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    unread_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Paper:
    """One paper, read. Facts that neither the file nor `papers.toml` gives are None or empty, never guessed."""

    id: str
    file: str
    sha256: str
    text: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    language: str = "zh"
    doi: str | None = None
    journal: str | None = None
    volume: str | None = None
    issue: str | None = None
    page_range: str | None = None
    keywords: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    title_en: str | None = None
    authors_en: tuple[str, ...] = ()
    affiliations_en: tuple[str, ...] = ()
    abstract: tuple[int, int] | None = None
    """Start and end of the Chinese abstract, the word 摘要 left out; `abstract_en` likewise."""
    abstract_en: tuple[int, int] | None = None
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    blocks: tuple[Block, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[Table, ...] = ()
    references: tuple[Reference, ...] = ()
    report: Report = field(default_factory=Report)
    places: str = field(default="", repr=False)
    """Where the characters stand on their pages, as `Places.packed` packs it; see `boxes`."""

    def to_json(self) -> dict[str, Any]:
        """The paper in dicts, lists, strings and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, item: object) -> Self:
        """The paper that `to_json` wrote.

        Raises `ValueError` for whatever is no paper: a wrong type, an unknown or missing field, an offset beyond the
        text.
        """
        paper = restored(cls, item)
        for name in (part.name for part in fields(cls)):
            for run in value if isinstance(value := getattr(paper, name), tuple) else ():
                if hasattr(run, "start") and not 0 <= run.start <= run.end <= len(paper.text):
                    raise ValueError(f"{name}: {run.start} to {run.end} lies beyond the text")
        for doubt in paper.report.doubts:
            if doubt.start is not None and not 0 <= doubt.start <= len(paper.text):
                raise ValueError(f"doubts: {doubt.start} lies beyond the text")
        return paper

    @cached_property
    def _block_starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    def block_at(self, offset: int) -> Block:
        """The block that holds the character at `offset` (or the line break right after it)."""
        return self.blocks[max(bisect_right(self._block_starts, offset) - 1, 0)]

    def section_path(self, offset: int) -> tuple[Section, ...]:
        """The sections around `offset`, outermost first; empty before the first heading."""
        return tuple(s for s in self.sections if s.start <= offset < s.end)

    def table_at(self, offset: int) -> Table | None:
        """The table that holds the character at `offset`, its caption and notes included."""
        return next((table for table in self.tables if table.start <= offset < table.end), None)

    def pages_between(self, start: int, end: int) -> tuple[Page, ...]:
        """The page runs that `text[start:end]` touches, in the order of the text."""
        return tuple(p for p in self.pages if p.start < end and start < p.end)

    @cached_property
    def _places(self) -> Places:
        return Places.unpacked(self.places, len(self.text))

    def boxes(self, start: int, end: int) -> tuple[PageBox, ...]:
        """Where `text[start:end]` stands on its pages, in reading order; nothing for a file without pages.

        A box for each run of neighbouring characters on a printed line, so that the cells of a row have one each.
        Spaces have no place, nor has what stands beyond the edge of its page.

        >>> paper.text[746:758]                      # seven characters end a page, five begin the next
        '并逐步完善评价指标体系。'
        >>> paper.boxes(746, 758)                    # of which three decimals are shown here
        (PageBox(page=1, left=0.669, top=0.573, right=0.798, bottom=0.586),
         PageBox(page=2, left=0.096, top=0.072, right=0.188, bottom=0.085))
        """
        boxes = []
        for at, place in self._places.boxes(start, end):
            page = self.pages[bisect_right(self.pages, at, key=lambda page: page.start) - 1]
            boxes.append(PageBox(page.number, *(edge / UNITS for edge in place)))
        return tuple(boxes)

    def cited_in(self, start: int, end: int) -> tuple[Reference, ...]:
        """The references whose marks stand in `text[start:end]`, in order of mention, each once.

        Ranges are told out; a number without an entry is left out. Where the paper has several lists (one a chapter,
        or a second one in English) a mark means the next list behind it.

        >>> [r.number for r in paper.cited_in(sentence.start, sentence.end)]  # …创新生态系统[7,8]。
        [7, 8]
        """
        found: dict[Reference, None] = {}
        for at, number in cited_numbers(self.text, start, end):
            entries = [r for r in self.references if r.number == number]
            if entries and self.block_at(at).kind not in ("reference", "stray"):
                found[next((r for r in entries if r.start > at), entries[-1])] = None
        return tuple(found)
