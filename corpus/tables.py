"""Tables as rows: column names and rows told apart, a cell for every column.

表 9　美国制造业创新网络联邦机构、研究所及成员数量
美国联邦机构 │ 参与研究所及机构 / 计划        │ 成员数量（个）
国防部       │ 国家增材制造创新研究所（America Makes） │ 240
             │ 数字化制造研究所（MXD）              │ 314       its label is 国防部, from the row above
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from corpus import signs
from corpus.cells import rows_of
from corpus.clean import HAN, Line, close_up
from corpus.column_names import MARKS_BEHIND, head_of
from corpus.doubts import Doubt
from corpus.draft import Draft
from corpus.floats import Gathered, by_their_mention, gathered, is_note
from corpus.joining import joined
from corpus.paper import Block, Section
from corpus.traced import Traced


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The blocks with their tables in order; column names that were repeated over a page."""

    drafts: tuple[Draft, ...]
    repeated: tuple[str, ...]


def tabulate(drafts: Sequence[Draft], spaced: bool) -> Tabulated:
    """Put floats in order and tables into rows. `spaced` as in `corpus.measure.Measure`."""
    pairs = _pairs(drafts)
    done: list[Draft] = []
    repeated: list[str] = []
    number = 0
    for item in gathered(drafts):
        if isinstance(item, Draft):
            done.append(item)
            continue
        number += 1
        rows = _rows(item, pairs, spaced, repeated)
        done.extend(replace(draft, table=number) for draft in [*item.captions, *rows, *item.notes])
    return Tabulated(tuple(by_their_mention(done)), tuple(repeated))


def table_doubts(drafts: Sequence[Draft], blocks: Sequence[Block], sections: Sequence[Section]) -> list[Doubt]:
    """A doubt for each table with a caption whose cells could not be told apart. Each draft has its block."""
    doubts = []
    for number, run in groupby(zip(drafts, blocks, strict=True), key=lambda pair: pair[0].table):
        pairs = list(run) if number else []
        caption = next((draft.text.text for draft, _ in pairs if draft.kind == "caption"), "")
        rows = [draft for draft, _ in pairs if draft.kind == "table" and not is_note(draft)]
        if caption and rows and not any(draft.cells for draft in rows):
            start = pairs[0][1].start
            section = next((s.title for s in reversed(sections) if s.start <= start < s.end), "")
            values = {"caption": caption, "section": section}
            doubts.append(Doubt("cells_untold", start=start, then="as_they_stand", values=values))
    return doubts


def _pairs(drafts: Iterable[Draft]) -> frozenset[str]:
    """The pairs of Chinese characters that stand within a word: those that are frequent for how often either is."""
    texts = [line.text.text for d in drafts for line in d.lines] + [d.text.text for d in drafts if not d.lines]
    single = Counter(ch for text in texts for ch in text)
    pairs = Counter(a + b for run in re.findall(f"[{HAN}]+", "\n".join(texts)) for a, b in pairwise(run))
    return frozenset(pair for pair, n in pairs.items() if n >= 0.1 * min(single[pair[0]], single[pair[1]]))


def _rows(table: Gathered, pairs: AbstractSet[str], spaced: bool, repeated: list[str]) -> list[Draft]:
    """The rows of a table, the column names first; column names that a later part repeats are put to `repeated`."""
    drafts = [draft for part in table.parts for draft in part]
    if any("\t" in draft.text.text for draft in drafts):
        return _gridded(drafts, repeated)
    found = _broken(table, pairs, spaced, repeated) if table.captions else []
    return found or [replace(d, text=d.text.replaced(signs.CELLS, lambda _: "\t")) for d in drafts]


def _gridded(drafts: Sequence[Draft], repeated: list[str]) -> list[Draft]:
    """The rows of a table whose cells are parted by tabs. The first of the usual length names the columns."""
    lines = [line.text for draft in drafts for line in draft.lines]
    rows = [tuple(close_up(cell.strip()) for cell in _split(line)) for line in lines]
    usual = Counter(len(row) for row in rows if len(row) > 1).most_common(1)
    width = usual[0][0] if usual else 0
    done: list[Draft] = []
    head: tuple[str, ...] | None = None
    for row in rows:
        cells = tuple(cell.text for cell in row)
        if len(row) == width and head is None:
            head = cells
            done.append(_row_draft(row, cells, head=True))
        elif cells == head:
            repeated.append(" ".join(cells))
        else:
            done.append(_row_draft(row, cells if len(row) == width else ()))
    if sum(bool(draft.cells) for draft in done) < max(2, 0.5 * len(rows)):
        done = [replace(draft, cells=(), head=False) for draft in done]
    return done


def _split(line: Traced) -> list[Traced]:
    cells, at = [], 0
    for cell in line.text.split("\t"):
        cells.append(line[at : at + len(cell)])
        at += len(cell) + 1
    return cells


def _broken(table: Gathered, pairs: AbstractSet[str], spaced: bool, repeated: list[str]) -> list[Draft]:
    """The rows of a table of which the file gives broken lines; none if they cannot be told apart."""
    parts = [[line for draft in part for line in draft.lines] for part in table.parts]
    head = head_of(parts[0], spaced) if parts else None
    if head is None:
        return []
    body: list[Line] = []
    for number, part in enumerate(parts):
        own = head if not number else head_of(part, spaced)
        same = own is not None and [n.text for n in own.names] == [n.text for n in head.names]
        if number and own and same:
            repeated.append(" ".join(name.text for name in (*own.above, *own.names)))
        shift = body[-1].chunk + 2 - part[0].chunk if body else 0
        body += [replace(line, chunk=line.chunk + shift) for line in part[own.lines if own and same else 0 :]]
    if head.marks < 0:
        return [_row_draft(head.names, (), head=True), *_unplaced(body, spaced)]
    names = tuple(name.text for name in head.names)
    rows = rows_of(body, names, head.marks, pairs, spaced)
    above = ("",) * len(names)
    drafts = []
    for row in rows:
        spanned = next((i for i, cell in enumerate(row) if cell.text), 0)
        above = tuple(above[i] if i < spanned else cell.text for i, cell in enumerate(row))
        drafts.append(_row_draft(row, above))
    above_names = [Draft("table", name) for name in head.above]
    return [*above_names, _row_draft(head.names, names, head=True), *drafts] if drafts else []


def _unplaced(body: Sequence[Line], spaced: bool) -> list[Draft]:
    """Rows whose marks cannot be put under their columns: the label with as many marks as the file gives."""
    rows: list[list[Traced]] = [[]]
    for line in body:
        rows[-1].append(line.text)
        if MARKS_BEHIND.search(line.text.text):
            rows.append([])
    return [Draft("table", close_up(joined(row, spaced))) for row in rows if row]


def _row_draft(row: Sequence[Traced], cells: tuple[str, ...], head: bool = False) -> Draft:
    """A row as a block: its cells parted by tabs, those that the file does not give at either end left out."""
    first = next((i for i, cell in enumerate(row) if cell.text), 0)
    last = next((i for i in range(len(row), 0, -1) if row[i - 1].text), 0)
    return Draft("table", Traced.join("\t", row[first:last]), cells=cells, head=head)
