"""The parse report of a paper: what reading found, left out and doubts. `ui.terminal`, `ui.report_html` show it.

>>> parse_report(read_paper(Path("corpus/papers/sun-luo.txt"), {})).removed
(('chinaXiv:#.#v#', 2),)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from corpus.doubts import Doubt
from corpus.paper import Kind, Paper, Table

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table's number, caption, size and place; `pages` count from 1, `section` is the innermost heading.

    `rows` are those below the header. Both sizes are 0 where the cells could not be told apart; `lines` are the table's
    lines in the text, whether or not.
    """

    number: str
    caption: str
    rows: int
    columns: int
    lines: int
    section: str
    pages: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FoundSection:
    """A heading, its level from 1, and the page on which it stands; None in a file without pages."""

    title: str
    level: int
    page: int | None


@dataclass(frozen=True, slots=True)
class ParseReport:
    """What there is to say of how a paper was read. Pages count from 1; a file without pages has a `page_count` of 0.

    Of the pages, `recognised_pages` were read by OCR, `unread_pages` carry no text that could be read, and of
    `furniture_pages` nothing was kept: all their lines are among the `removed`, each with its count, the most frequent
    first, digits written as `#`. Characters are counted without white space; `blocks` counts every kind, 0 included.
    """

    page_count: int
    recognised_pages: tuple[int, ...]
    unread_pages: tuple[int, ...]
    furniture_pages: tuple[int, ...]
    source_characters: int
    kept_characters: int
    sentences: int
    blocks: Mapping[Kind, int]
    removed: tuple[tuple[str, int], ...]
    tables: tuple[FoundTable, ...]
    sections: tuple[FoundSection, ...]
    doubts: tuple[Doubt, ...]

    @property
    def text_pages(self) -> int:
        """The number of pages that were read from the file's own text, something of it kept."""
        return self.page_count - len({*self.unread_pages, *self.recognised_pages, *self.furniture_pages})

    @property
    def removed_lines(self) -> int:
        """How many lines were removed in all."""
        return sum(count for _, count in self.removed)

    @property
    def kept_percent(self) -> str:
        """The share of characters kept, such as `99.8`; never rounded up to 100."""
        kept, source = self.kept_characters, self.source_characters
        return f"{min(100 * kept / source, 99.9):.1f}" if kept < source else "100"

    def to_json(self) -> dict[str, Any]:
        """The report as the README documents it; the outline stands beside it, under `sections`."""
        return {
            "page_count": self.page_count,
            "recognised_pages": list(self.recognised_pages),
            "unread_pages": list(self.unread_pages),
            "furniture_pages": list(self.furniture_pages),
            "source_characters": self.source_characters,
            "kept_characters": self.kept_characters,
            "sentences": self.sentences,
            "blocks": dict(self.blocks),
            "removed": [{"line": line, "count": count} for line, count in self.removed],
            "tables": [
                {
                    "number": t.number, "caption": t.caption, "rows": t.rows, "columns": t.columns, "lines": t.lines,
                    "section": t.section, "pages": list(t.pages), "start": t.start, "end": t.end,
                }
                for t in self.tables
            ],
            "doubts": [{"page": doubt.page, "text": doubt.message()} for doubt in self.doubts],
        }  # fmt: skip


def parse_report(paper: Paper) -> ParseReport:
    """The report of a paper, from what reading it left in it; the file is not looked at again."""
    report = paper.report
    kept = {page.number for page in paper.pages}
    counts = Counter(block.kind for block in paper.blocks)
    return ParseReport(
        page_count=report.page_count,
        recognised_pages=tuple(n for n in report.recognised_pages if n not in report.unread_pages),
        unread_pages=report.unread_pages,
        furniture_pages=tuple(n for n in range(1, report.page_count + 1) if n not in {*kept, *report.unread_pages}),
        source_characters=report.source_characters,
        kept_characters=report.kept_characters,
        sentences=len(paper.sentences),
        blocks={kind: counts[kind] for kind in KINDS},
        removed=tuple(sorted(report.removed.items(), key=lambda item: -item[1])),
        tables=tuple(_found(paper, table) for table in paper.tables),
        sections=tuple(FoundSection(s.title, s.level, _page_at(paper, s.start)) for s in paper.sections),
        doubts=report.doubts,
    )


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in short: 3, 4, 5, 9 as `3–5, 9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _found(paper: Paper, table: Table) -> FoundTable:
    path = paper.section_path(table.start)
    return FoundTable(
        number=table.number,
        caption=table.caption,
        rows=len(table.rows),
        columns=max((len(row) for row in (table.header, *table.rows)), default=0) if table.rows else 0,
        lines=sum(block.kind == "table" and table.start <= block.start < table.end for block in paper.blocks),
        section=path[-1].title if path else "",
        pages=tuple(sorted({page.number for page in paper.pages_between(table.start, table.end)})),
        start=table.start,
        end=table.end,
    )


def _page_at(paper: Paper, offset: int) -> int | None:
    return next((page.number for page in paper.pages_between(offset, offset + 1)), None)
