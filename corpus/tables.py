"""Tables, figures and footnotes put in order: rows to their captions, parts united, column names and rows told apart.

A file holds the parts of a table where its pages had room: rows before or behind their caption, the second half after a
page of text, under the same column names again. Here they are brought together at the caption, and every row gets a
cell for each column:

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
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from corpus import signs
from corpus.cells import MARKS, rows_of
from corpus.clean import HAN, Line, close_up
from corpus.doubts import Doubt
from corpus.draft import Draft
from corpus.joining import joined
from corpus.paper import Block, Kind, Section
from corpus.traced import Traced

_TABLE = ("表", "Table")
_SERIAL = re.compile(r"编\s?号|序\s?号|No\.?")
_COMPLETE = re.compile(
    r"(?:编号|序号|名称|时间|日期|期限|年[份度]|财年|领域|情况|数量?|机构|单位|地[点区]|位置|金额|类[别型]|指标|目标|建议|措施"
    r"|优点|内容|项目|备注|来源|[部局会院所司署厅委方]|中心|[)）])$"
)
_MARKS_BEHIND = re.compile(rf"(?:(?:^|\s)[{MARKS}])+\s*$")
_MARK_NOTE = re.compile(rf"[{MARKS}]\s?[{HAN}].*。")
_NUMBER = re.compile(r"(?:表|Table)\s?(\d{1,3})(?!\s?[-–.]\d)")
_NOTE_MARK = re.compile(rf"(?<=[{HAN}A-Za-z0-9”）)》」])[①-⑳](?!\s)")
_NUMBERED = re.compile(r"(?P<name>[\u4e00-\u9fff]{1,4})\s?1\s?[：:]")


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The blocks with their tables in order; column names that were repeated over a page."""

    drafts: tuple[Draft, ...]
    repeated: tuple[str, ...]


@dataclass(slots=True)
class _Gathered:
    """A table while it is being gathered: its captions (one a language), its parts' lines, the notes below it."""

    captions: list[Draft] = field(default_factory=list)
    parts: list[list[Draft]] = field(default_factory=list)
    notes: list[Draft] = field(default_factory=list)

    @property
    def opening(self) -> str:
        """The first line, by which another part is recognised."""
        return _folded(self.parts[0][0]) if self.parts else ""


@dataclass(frozen=True, slots=True)
class _Head:
    """The names of the columns, how many lines of the part they take, how many of the last columns hold marks.

    `above` is a name that stands over several of them.
    """

    names: tuple[Traced, ...]
    lines: int
    marks: int = 0
    above: tuple[Traced, ...] = ()


def tabulate(drafts: Sequence[Draft], spaced: bool) -> Tabulated:
    """Put tables and figures in order. `spaced` as in `corpus.measure.Measure`."""
    named = _named(drafts)
    pairs = _pairs(named)
    done: list[Draft] = []
    repeated: list[str] = []
    number = 0
    for item in _gathered(named):
        if isinstance(item, Draft):
            done.append(item)
            continue
        number += 1
        rows = _rows(item, pairs, spaced, repeated)
        done.extend(replace(draft, table=number) for draft in [*item.captions, *rows, *item.notes])
    return Tabulated(tuple(_by_their_mention(done)), tuple(repeated))


def table_doubts(drafts: Sequence[Draft], blocks: Sequence[Block], sections: Sequence[Section]) -> list[Doubt]:
    """A doubt for each table with a caption whose cells could not be told apart. Each draft has its block."""
    doubts = []
    for number, run in groupby(zip(drafts, blocks, strict=True), key=lambda pair: pair[0].table):
        pairs = list(run) if number else []
        caption = next((draft.text.text for draft, _ in pairs if draft.kind == "caption"), "")
        rows = [draft for draft, _ in pairs if draft.kind == "table" and not _is_note(draft)]
        if caption and rows and not any(draft.cells for draft in rows):
            start = pairs[0][1].start
            section = next((s.title for s in reversed(sections) if s.start <= start < s.end), "")
            values = {"caption": caption, "section": section}
            doubts.append(Doubt("cells_untold", start=start, then="as_they_stand", values=values))
    return doubts


def _named(drafts: Sequence[Draft]) -> list[Draft]:
    """Table rows and figure labels told apart by the caption nearest to them.

    In a run of floats a caption names what follows it, and the first one also what stands before it.
    """
    named: list[Draft] = []
    for loose, run in groupby(drafts, key=_is_loose):
        group = list(run)
        if not loose:
            named.extend(d if d.kind in ("front", "back") else replace(d, text=close_up(d.text)) for d in group)
            continue
        first = next((d.text.text for d in group if d.kind == "caption"), "")
        gridded = "\t" in "".join(d.text.text for d in group) or len(signs.COLUMNS.findall(group[0].text.text)) > 1
        kind: Kind = "table" if first.startswith(_TABLE) or (gridded and not first) else "figure"
        for draft in group:
            if draft.kind == "caption":
                kind = "table" if draft.text.text.startswith(_TABLE) else "figure"
                named.append(replace(draft, text=close_up(draft.text)))
            elif draft.stated or kind == "table":
                named.append(draft if draft.stated else replace(draft, kind=kind))
            else:
                named.append(replace(draft, kind="figure", text=_label(draft.text)))
    return named


def _is_loose(draft: Draft) -> bool:
    return draft.kind in ("table", "figure", "caption")


def _label(text: Traced) -> Traced:
    """A figure's label; several labels on one line are parted by tabs."""
    if len(signs.COLUMNS.findall(text.text)) > 1 and not re.search("[，。；]", text.text):
        return text.replaced(signs.CELLS, lambda _: "\t")
    return close_up(text)


def _pairs(drafts: Iterable[Draft]) -> frozenset[str]:
    """The pairs of Chinese characters that stand within a word: those that are frequent for how often either is."""
    texts = [line.text.text for d in drafts for line in d.lines] + [d.text.text for d in drafts if not d.lines]
    single = Counter(ch for text in texts for ch in text)
    pairs = Counter(a + b for run in re.findall(f"[{HAN}]+", "\n".join(texts)) for a, b in pairwise(run))
    return frozenset(pair for pair, n in pairs.items() if n >= 0.1 * min(single[pair[0]], single[pair[1]]))


def _by_their_mention(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with every table behind the first paragraph that mentions it, every footnote behind the one it is of.

    A table stands where a page had room, which may be sections later; a footnote, behind what else its page held.
    """
    mentions: dict[str, int] = {}
    for at, draft in enumerate(drafts):
        for number in re.findall(r"表\s?(\d{1,3})(?!\s?[-–.]\d)", draft.text.text) if draft.kind == "paragraph" else ():
            mentions.setdefault(number, at)
    behind: dict[int, list[Draft]] = {}
    done: list[Draft] = []
    marked: dict[str, int] = {}  # the last paragraph so far that bears each mark of a footnote
    at = 0
    for table, run in groupby(drafts, key=lambda draft: draft.table):
        group = list(run)
        match = _NUMBER.match(group[0].text.text) if table and group[0].kind == "caption" else None
        if match and match[1] in mentions:
            behind.setdefault(mentions[match[1]], []).extend(group)
            at += len(group)
            continue
        for draft in group:
            mark = draft.text.text[:1]
            if draft.kind == "footnote" and mark in marked:
                behind.setdefault(marked[mark], []).append(draft)
            else:
                done.append(draft)
            if draft.kind == "paragraph":
                marked |= dict.fromkeys(_NOTE_MARK.findall(draft.text.text), at)
            at += 1
    places = {id(drafts[at]): found for at, found in behind.items()}
    return [d for draft in done for d in (draft, *places.get(id(draft), ()))]


# Which rows belong to which caption ---------------------------------------------------------------------------------


def _gathered(drafts: Sequence[Draft]) -> list[Draft | _Gathered]:
    """The drafts, with all that belongs to a table in one place: where its caption or else its first row stands."""
    out: list[Draft | _Gathered] = []
    tables: list[_Gathered] = []
    for loose, run in groupby(drafts, key=_is_loose):
        if not loose:
            out.extend(run)
            continue
        waiting = [table for table in tables if not table.parts]
        current: _Gathered | None = None
        before: list[Draft] = []  # rows whose caption may follow
        for draft in run:
            if draft.kind == "caption" and draft.text.text.startswith(_TABLE):
                if current and not current.parts and draft.text.text.startswith("Table"):
                    current.captions.append(draft)
                    continue
                current = _Gathered([draft])
                _give(before, current, waiting, tables, out)
                before = []
                tables.append(current)
                out.append(current)
            elif draft.kind != "table":
                _give(before, None, waiting, tables, out)
                current, before = None, []
                out.append(draft)
            elif _is_note(draft) and (current or tables) and not before:
                _annotated(draft, current, tables).notes.append(draft)
            elif current is None:
                before.append(draft)
            elif current.parts and _folded(draft) != current.opening:
                current.parts[-1].append(draft)
            else:
                current.parts.append([draft])
        _give(before, None, waiting, tables, out)
    return out


def _give(
    rows: list[Draft],
    following: _Gathered | None,
    waiting: list[_Gathered],
    tables: list[_Gathered],
    out: list[Draft | _Gathered],
) -> None:
    """Give rows that stand before a caption, or under none, to their table.

    That is the one which opens with the same column names, else one whose caption is still without rows; such rows end
    where a page does. What is left belongs to the caption that follows, or is a table without a caption.
    """
    notes = [draft for draft in rows if _is_note(draft)]
    rows = [draft for draft in rows if not _is_note(draft)]
    if rows:
        same = next((table for table in reversed(tables) if table.opening == _folded(rows[0])), None)
        if same:
            same.parts.append(rows)
            rows = []
        elif waiting:
            first, rest = _page_turned(rows) if following else (rows, [])
            if first and (rest or not following):
                waiting.pop().parts.append(first)
                rows = rest
    owner = following
    if rows and owner is None:
        owner = _Gathered()
        tables.append(owner)
        out.append(owner)
    if rows and owner:
        owner.parts.append(rows)
    for note in notes:
        if owner or tables:
            _annotated(note, owner, tables).notes.append(note)
        else:
            out.append(note)


def _page_turned(rows: list[Draft]) -> tuple[list[Draft], list[Draft]]:
    """The rows before the first line that begins a page, and those from it on.

    Text taken from a PDF marks that line with a single space.
    """
    for i, draft in enumerate(rows):
        for j, line in enumerate(draft.lines):
            if (i or j) and line.lead == " ":
                parts = [draft.lines[:j], draft.lines[j:]]
                cut = [replace(draft, text=joined([x.text for x in part], True), lines=part) for part in parts if part]
                return [*rows[:i], *cut[: len(cut) - 1]], [cut[-1], *rows[i + 1 :]]
    return rows, []


def _annotated(note: Draft, current: _Gathered | None, tables: list[_Gathered]) -> _Gathered:
    """The table that a note explains: the last one that holds the marks which it explains, else the last one."""
    explained = set(re.findall(rf"([{MARKS}])\s?表示", note.text.text))
    candidates = [*([current] if current else []), *reversed(tables)]
    held = (t for t in candidates if explained <= set("".join(d.text.text for part in t.parts for d in part)))
    return next(held, candidates[0])


def _is_note(draft: Draft) -> bool:
    text = draft.text.text
    return "\t" not in text and bool(signs.NOTE.match(text) or _MARK_NOTE.fullmatch(text))


def _folded(draft: Draft) -> str:
    """The first line without white space."""
    first = draft.lines[0].text.text if draft.lines else draft.text.text
    return re.sub(r"\s+", "", first)


# Column names and rows ----------------------------------------------------------------------------------------------


def _rows(table: _Gathered, pairs: AbstractSet[str], spaced: bool, repeated: list[str]) -> list[Draft]:
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


def _broken(table: _Gathered, pairs: AbstractSet[str], spaced: bool, repeated: list[str]) -> list[Draft]:
    """The rows of a table of which the file gives broken lines; none if they cannot be told apart."""
    parts = [[line for draft in part for line in draft.lines] for part in table.parts]
    head = _head(parts[0], spaced) if parts else None
    if head is None:
        return []
    body: list[Line] = []
    for number, part in enumerate(parts):
        own = head if not number else _head(part, spaced)
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
        if _MARKS_BEHIND.search(line.text.text):
            rows.append([])
    return [Draft("table", close_up(joined(row, spaced))) for row in rows if row]


def _row_draft(row: Sequence[Traced], cells: tuple[str, ...], head: bool = False) -> Draft:
    """A row as a block: its cells parted by tabs, those that the file does not give at either end left out."""
    first = next((i for i, cell in enumerate(row) if cell.text), 0)
    last = next((i for i in range(len(row), 0, -1) if row[i - 1].text), 0)
    return Draft("table", Traced.join("\t", row[first:last]), cells=cells, head=head)


# The names of the columns -------------------------------------------------------------------------------------------


def _head(lines: Sequence[Line], spaced: bool) -> _Head | None:
    """The column names at the top of a part; None where they cannot be told.

    They stand on one line; or, over columns of marks, on several of which the first names the labels; or broken over
    many lines before row 1.
    """
    runs = [len(re.findall(rf"[{MARKS}]", m[0])) for line in lines if (m := _MARKS_BEHIND.search(line.text.text))]
    marks = max(runs, default=0) if len(runs) > 1 else 0
    first = _cells_of(lines[0].text)
    if marks and min(runs) < marks:
        return _numbered_head(lines, spaced)
    if len(first) > marks and len(first) > 1 and (len(lines) == 1 or lines[1].chunk != lines[0].chunk):
        return _Head(tuple(first), 1, marks)
    if marks and len(first) > 1:
        return _marked_head(lines, first, marks, spaced)
    if _SERIAL.fullmatch(lines[0].text.text):
        end = next((i for i, line in enumerate(lines) if re.match(r"\d+\s|\d+$", line.text.text)), 0)
        names = _whole_names([cell for line in lines[:end] for cell in _cells_of(line.text)], spaced)
        return _Head(tuple(names), end) if len(names) > 1 else None
    return None


def _marked_head(lines: Sequence[Line], labels: list[Traced], marks: int, spaced: bool) -> _Head | None:
    """Column names over marks: the labels' names, perhaps a name over all the other columns, the names of these."""
    over = len(lines) > 2 and len(_cells_of(lines[1].text)) == 1 and len(_cells_of(lines[2].text)) > 1
    start = 2 if over else 1
    for end in range(start + 1, len(lines)):
        names = _whole_names([cell for line in lines[start:end] for cell in _cells_of(line.text)], spaced)
        if len(names) == marks and lines[end].chunk != lines[end - 1].chunk and _COMPLETE.search(names[-1].text):
            return _Head((*labels, *names), end, marks, (lines[1].text,) if over else ())
    return None


def _numbered_head(lines: Sequence[Line], spaced: bool) -> _Head | None:
    """Column names that are numbered (目标 1：…, 目标 2：…), over marks of which the file does not tell the columns."""
    end = next((i for i, line in enumerate(lines) if _MARKS_BEHIND.search(line.text.text)), 0)
    match = next((m for line in lines[:end] if (m := _NUMBERED.match(line.text.text))), None)
    if not match:
        return None
    starts = re.compile(rf"{match['name']}\s?\d+\s?[：:]")
    names: list[list[Traced]] = [[]]
    for line in lines[:end]:
        if starts.match(line.text.text) and names[-1]:
            names.append([])
        names[-1].append(line.text)
    return _Head(tuple(close_up(joined(name, spaced)) for name in names), end, -1)


def _whole_names(pieces: Sequence[Traced], spaced: bool) -> list[Traced]:
    """Names put together from the lines that they were broken into: one ends where a noun of column names does."""
    names: list[list[Traced]] = []
    for piece in pieces:
        opened = bool(names) and "".join(p.text for p in names[-1])
        unfinished = opened and (not _COMPLETE.search(opened) or piece.text[0] in "（(" or _is_open(opened))
        if unfinished:
            names[-1].append(piece)
        else:
            names.append([piece])
    return [close_up(joined(name, spaced)) for name in names]


def _is_open(text: str) -> bool:
    return text.count("（") + text.count("(") > text.count("）") + text.count(")")


def _cells_of(line: Traced) -> list[Traced]:
    """A line of column names cut at its spaces: not within 2016 财年 or 机构 / 计划, nor before a bracket."""
    spans: list[tuple[int, int]] = []
    for match in re.finditer(r"\S+", line.text):
        last = line.text[slice(*spans[-1])] if spans else ""
        whole = bool(last) and (
            last.endswith("/")
            or match[0].startswith(("/", "（", "("))
            or (last[-1].isdigit() and bool(re.match(f"[{HAN}]", match[0])))
            or (last[-1].isascii() and match[0][0].isascii())
        )
        spans[-1:] = [(spans[-1][0], match.end())] if whole else [*spans[-1:], match.span()]
    return [line[start:end] for start, end in spans]
