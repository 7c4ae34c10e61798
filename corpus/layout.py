"""The lines of a PDF page in reading order, found from where its characters stand.

Characters that share a height form a row; a row falls into segments where the gap is wider than a character. A page has
two columns where a vertical strip near its middle is almost free of ink and both sides of it are full; rows that cross
the strip (title, abstract, wide tables) keep their place, and between them the columns are read one after the other:

    title across both columns          1
    left column     right column       2   3
    a wide table                       4
    left again      right again        5   6

Ruled tables are taken out first and come back as rows of cells; notes under the text, in smaller type or under a short
rule, are marked as such; what runs aslant over the page, or large and pale under the text, is a watermark.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median
from typing import Literal

from corpus.clean import HAN
from corpus.notes import with_notes
from corpus.printed import Box, PrintedLine
from corpus.raw import Mark
from corpus.rules import Grid, Rule, grids

INDENT = "　　"
"""What a line that is set in from its column's edge begins with, as Chinese typists do."""

_WIDE_GAP = 1.25
"""Of the character's height; a wider gap parts two segments."""
_NARROW_GAP = 0.75
"""Of the character's height; white space this wide parts two columns if it stands at one place down the page."""
_FEWEST_LINES = 5
"""Fewer lines on one side of a page are no column."""


Space = Literal["typed", "inferred", ""]
"""What stands before a character in the file: a space that was typed, one that is only inferred, or nothing."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and its box in points, the origin at the lower left of the page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    space: Space = ""
    angle: int = 0
    """Degrees by which it is turned against the clock."""
    pale: bool = False
    """Whether it is drawn in a light colour or lets the paper shine through; asked only of large or slanting ones."""

    @property
    def height(self) -> float:
        """Height of its box."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters of one row, from left to right, without a wide gap between them."""

    glyphs: tuple[Glyph, ...]

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.glyphs[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.glyphs[-1].right

    @property
    def text(self) -> str:
        """Its characters. An inferred space is believed beside Latin letters and numbers, or where the gap is wide."""
        parts = [self.glyphs[0].text]
        for last, glyph in pairwise(self.glyphs):
            latin = last.text.isascii() or glyph.text.isascii() or "①" <= last.text <= "⑳"
            wide = glyph.left - last.right > 0.45 * max(last.height, glyph.height)
            if glyph.space == "typed" or (glyph.space == "inferred" and (latin or wide)):
                parts.append(" ")
            parts.append(glyph.text)
        return "".join(parts)


Row = tuple[Segment, ...]
_left, _right = attrgetter("left"), attrgetter("right")


@dataclass(frozen=True, slots=True)
class _Table:
    """A ruled table: its grid, and the text of its cells row by row."""

    grid: Grid
    rows: tuple[tuple[str, ...], ...]


def reading_order(
    glyphs: Sequence[Glyph], width: float, height: float = 0.0, rules: Sequence[Rule] = ()
) -> list[PrintedLine]:
    """The lines of a page of this width and height, in the order in which a person reads them.

    Text that is turned by a quarter is read as it stands when the page is turned, after the rest; slanting text is a
    watermark where it is large or pale, else a label of a figure.
    """
    turned: dict[int, list[Glyph]] = {}
    aslant: list[Glyph] = []
    usual = median(glyph.height for glyph in glyphs) if glyphs else 0.0
    for glyph in glyphs:
        quarter = round(glyph.angle / 90) % 4
        if abs((glyph.angle - quarter * 90 + 180) % 360 - 180) > 3 or (glyph.pale and glyph.height > 1.8 * usual):
            aslant.append(glyph)
        else:
            turned.setdefault(quarter, []).append(glyph)
    lines: list[PrintedLine] = []
    for quarter, group in sorted(turned.items(), key=lambda item: -len(item[1])):
        found = _upright(group, quarter, width, height)
        drawn = [_turned_rule(rule, quarter, width, height) for rule in rules]
        page = _page_lines(found, height if quarter % 2 else width, drawn)
        lines += page if not lines else [replace(line, box=None) for line in page]
    return lines + _slanting(aslant, usual)


def _upright(glyphs: Sequence[Glyph], quarter: int, width: float, height: float) -> Sequence[Glyph]:
    """Glyphs as they stand when the page is turned so that they can be read."""
    if quarter == 0:
        return glyphs
    upright = []
    for glyph in glyphs:
        (left, bottom), (right, top) = (
            _turned(x, y, quarter, width, height) for x, y in ((glyph.left, glyph.bottom), (glyph.right, glyph.top))
        )
        box = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
        upright.append(replace(glyph, left=box[0], bottom=box[1], right=box[2], top=box[3]))
    return upright


def _turned(x: float, y: float, quarter: int, width: float, height: float) -> tuple[float, float]:
    return ((x, y), (y, width - x), (width - x, height - y), (height - y, x))[quarter]


def _turned_rule(rule: Rule, quarter: int, width: float, height: float) -> Rule:
    ends = [(rule.start, rule.at), (rule.end, rule.at)] if rule.across else [(rule.at, rule.start), (rule.at, rule.end)]
    (a, b), (c, d) = (_turned(x, y, quarter, width, height) for x, y in ends)
    if rule.across is (quarter % 2 == 0):
        return Rule(True, b, min(a, c), max(a, c))
    return Rule(False, a, min(b, d), max(b, d))


def _slanting(glyphs: Sequence[Glyph], usual: float) -> list[PrintedLine]:
    """Watermarks, and slanting labels of figures: each as far as its characters follow one another."""
    pieces: list[list[Glyph]] = []
    for glyph in glyphs:
        last = pieces[-1][-1] if pieces else None
        near = last and max(abs(glyph.left - last.left), abs(glyph.bottom - last.bottom)) <= 1.6 * max(
            last.height, last.right - last.left
        )
        if not last or not near or last.angle != glyph.angle:
            pieces.append([])
        pieces[-1].append(glyph)
    lines = []
    for piece in pieces:
        box = (piece[0].left, piece[0].bottom, piece[-1].right, piece[-1].top)
        mark = any(glyph.pale or glyph.height > 1.8 * usual for glyph in piece)
        lines.append(
            PrintedLine(Segment(tuple(piece)).text, False, None if mark else Mark("figure"), box, furniture=mark)
        )
    return lines


def _page_lines(glyphs: Sequence[Glyph], width: float, rules: Sequence[Rule]) -> list[PrintedLine]:
    """The lines of a page on which all glyphs stand upright."""
    tables, glyphs = _ruled_tables(glyphs, rules)
    rows = _rows(glyphs)
    gutter = _gutter(rows, width)
    if gutter is None:
        return _printed(rows, tables, rules, at_foot=True)
    centred = _centred(rows, gutter)
    rows = [row if row in centred else _parted(row, gutter) for row in rows]
    bands: list[tuple[bool, Row | _Table]] = list(zip(_crossing(rows, gutter), rows, strict=True))
    for table in tables:
        place = next((i for i, (_, item) in enumerate(bands) if _top(item) < table.grid.top), len(bands))
        bands.insert(place, (table.grid.left < gutter < table.grid.right, table))
    lines: list[PrintedLine] = []
    done = 0
    for across, run in groupby(bands, key=lambda band: band[0]):
        items = [item for _, item in run]
        done += len(items)
        at_foot = len(bands) - done <= 2  # but for a running foot
        found = [item for item in items if not isinstance(item, _Table)]
        ruled = [item for item in items if isinstance(item, _Table)]
        if across:
            lines += _printed(found, ruled, rules, at_foot)
            continue
        for right in (False, True):
            # Rows are found anew: a line of small type may stand beside two lines of the other column at once.
            side = {id(g) for row in found for s in row for g in s.glyphs if (g.left > gutter) == right}
            column = _rows([glyph for glyph in glyphs if id(glyph) in side])
            lines += _printed(column, [t for t in ruled if (t.grid.left > gutter) == right], rules, at_foot)
    return lines


def _top(item: Row | _Table) -> float:
    return item.grid.top if isinstance(item, _Table) else max(s.glyphs[0].top for s in item)


def _ruled_tables(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[list[_Table], Sequence[Glyph]]:
    """The ruled tables with the text of their cells, and the glyphs that stand outside of them."""
    tables: list[_Table] = []
    for grid in grids(rules):
        cells: list[list[Glyph]] = [[] for _ in grid.cells]
        within: set[int] = set()
        for glyph in glyphs:
            x, y = (glyph.left + glyph.right) / 2, (glyph.bottom + glyph.top) / 2
            if grid.left <= x <= grid.right and grid.bottom <= y <= grid.top:
                at = next(
                    (i for i, c in enumerate(grid.cells) if c.left <= x <= c.right and c.bottom <= y <= c.top), None
                )
                if at is not None:
                    cells[at].append(glyph)
                    within.add(id(glyph))
        rows = _cell_texts(grid, [_rows(cell) for cell in cells])
        if rows:
            tables.append(_Table(grid, rows))
            glyphs = [glyph for glyph in glyphs if id(glyph) not in within]
    return tables, glyphs


def _cell_texts(grid: Grid, cells: Sequence[Sequence[Row]]) -> tuple[tuple[str, ...], ...]:
    """The text of each cell, row by row; nothing where a grid holds too little text, or too much, to be a table.

    Where a row of the grid holds several printed rows that stand side by side in all its columns, rules are missing
    between them, and each is a row of its own.
    """
    filled = [bool(cell) for cell in cells]
    if sum(filled) < max(2, 0.3 * len(cells)) or (grid.rows <= 2 and max(len(cell) for cell in cells) > 15):
        return ()
    texts: list[tuple[str, ...]] = []
    for number in range(grid.rows):
        here = [(cell, rows) for cell, rows in zip(grid.cells, cells, strict=True) if cell.row == number]
        counts = {len(rows) for _, rows in here if rows}
        several = max(counts, default=0)
        split = several >= 3 and len(counts) == 1 and grid.rows <= 3 and sum(bool(rows) for _, rows in here) > 1
        for part in range(several) if split else (None,):
            row = [""] * grid.columns
            for cell, rows in here:
                kept = rows if part is None else rows[part : part + 1]
                row[cell.column] = _run_on(" ".join(s.text for s in line) for line in kept)
            if any(row):
                texts.append(tuple(row))
    return tuple(texts)


def _run_on(lines: Iterator[str]) -> str:
    """The lines of a cell as one: nothing between Chinese characters, a space between Latin words."""
    text = ""
    for line in lines:
        apart = text[-1:].isascii() and text[-1:].isalnum() and line[:1].isascii() and line[:1].isalnum()
        text += (" " if apart else "") + line
    return text


def _rows(glyphs: Sequence[Glyph]) -> list[Row]:
    """Rows from the top of the page down. A raised or lowered run belongs to the row whose height it shares most."""
    rows: list[list[list[Glyph]]] = []
    for run in sorted(_drawn_runs(glyphs), key=lambda run: -_middle(run)):
        near = [(row, _shared_height(row[0], run)) for row in rows[-4:] if not _overlaid(row, run)]
        row, share = max(near, key=lambda pair: pair[1], default=([], 0.0))
        if share > 0.6:
            row.append(run)
            row.sort(key=len, reverse=True)  # the longest run stands for the row: marks and indices are short
        else:
            rows.append([run])
    return [_segments(sorted((glyph for run in row for glyph in run), key=lambda g: g.left)) for row in rows]


def _overlaid(row: Sequence[Sequence[Glyph]], run: Sequence[Glyph]) -> bool:
    """Whether a run would stand on top of another of the row, as lines do that are set close under one another."""
    return len(run) >= 4 and any(
        len(other) >= 4
        and min(run[-1].right, other[-1].right) - max(run[0].left, other[0].left) > run[0].height
        and _shared_height(other, run) < 0.9
        for other in row
    )


def _drawn_runs(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """Characters that the file draws one after the other on one line: they are never parted.

    A single character is a poor witness of its line, since its box depends on its shape; a run is a good one.
    """
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        last = runs[-1][-1] if runs else None
        if last is None or not _follows(last, glyph):
            runs.append([])
        runs[-1].append(glyph)
    return runs


def _follows(last: Glyph, glyph: Glyph) -> bool:
    gap = glyph.left - last.right
    height = max(last.height, glyph.height)
    shared = min(last.top, glyph.top) - max(last.bottom, glyph.bottom)
    return shared > 0.5 * min(last.height, glyph.height) and -0.5 * height < gap <= _WIDE_GAP * height


def _shared_height(a: Sequence[Glyph], b: Sequence[Glyph]) -> float:
    """How much of the lower of two runs' heights both have in common, 0 to 1."""
    bottom_a, top_a = median(g.bottom for g in a), median(g.top for g in a)
    bottom_b, top_b = median(g.bottom for g in b), median(g.top for g in b)
    return (min(top_a, top_b) - max(bottom_a, bottom_b)) / min(top_a - bottom_a, top_b - bottom_b)


def _middle(run: Sequence[Glyph]) -> float:
    return median(g.top + g.bottom for g in run) / 2


def _segments(row: Sequence[Glyph]) -> Row:
    segments: list[list[Glyph]] = [[row[0]]]
    for last, glyph in pairwise(row):
        if glyph.left - last.right > _WIDE_GAP * max(last.height, glyph.height):
            segments.append([])
        segments[-1].append(glyph)
    return tuple(Segment(tuple(segment)) for segment in segments)


def _gutter(rows: Sequence[Row], width: float) -> float | None:
    """The x of the strip between two columns, or None on a page of one column."""
    candidates = [width * part / 200 for part in range(80, 121)]
    flat = [_flat(row) for row in rows]
    counts = [sum(not _clear(row, x) for row in flat) for x in candidates]
    least = min(counts)
    free = [x for x, count in zip(candidates, counts, strict=True) if count == least]
    x = free[len(free) // 2]
    left = sum(row[0].left < x and _clear(row, x) for row in flat)
    right = sum(row[-1].right > x and _clear(row, x) for row in flat)
    full = min(left, right) >= _FEWEST_LINES and min(left, right) > least and least <= 0.6 * len(rows)
    return x if full or (left >= _FEWEST_LINES > least and _last_column(rows, x)) else None


def _last_column(rows: Sequence[Row], x: float) -> bool:
    """Whether the few lines right of x are a column's that ends early, as on the last page of a paper.

    The left column's lines end at one edge, and the others begin a gutter's width beside it.
    """
    glyphs = [flat for row in rows if _clear(flat := _flat(row), x)]
    ends = [max(left) for row in glyphs if (left := [g.right for g in row if g.left < x])]
    starts = [min(right) for row in glyphs if (right := [g.left for g in row if g.left >= x])]
    if not ends or not starts:
        return False
    size = median(_size(row) for row in rows)
    edge = Counter(round(end) for end in ends).most_common(1)[0][0]
    flush = sum(abs(end - edge) < size for end in ends)
    return flush >= _FEWEST_LINES and flush > 0.5 * len(ends) and all(0 < s - edge < 5.5 * size for s in starts)


def _flat(row: Row) -> list[Glyph]:
    return [glyph for segment in row for glyph in segment.glyphs]


def _clear(row: Sequence[Glyph], x: float) -> bool:
    """Whether the glyphs of a row have white space at x, wider than a space between two words."""
    at = bisect_left(row, x, key=_left)
    if at == 0:
        return True
    before = max(row[max(at - 4, 0) : at], key=_right)  # a raised mark may stand over the glyph before it
    if at == len(row):
        return before.right <= x
    after = row[at]
    return before.right <= x and after.left - before.right > _NARROW_GAP * max(before.height, after.height)


def _centred(rows: Sequence[Row], gutter: float) -> list[Row]:
    """Short rows set across both columns, such as a wide table's caption, that have a space where the gutter is.

    The space is narrower than the gutter, and the row begins well inside the left column.
    """
    gaps = [gap for row in rows if _clear(_flat(row), gutter) and (gap := _gap(row, gutter))]
    if not gaps:
        return []
    edge = Counter(round(row[0].left) for row in rows).most_common(1)[0][0]
    return [
        row
        for row in rows
        if len(row) == 1
        and 0 < _gap(row, gutter) < 0.7 * median(gaps)
        and row[0].left > edge + 3 * row[0].glyphs[0].height
    ]


def _gap(row: Row, x: float) -> float:
    """How wide the white space of a row is at x; 0 where it has text on one side only."""
    before = [g.right for s in row for g in s.glyphs if g.left < x]
    after = [g.left for s in row for g in s.glyphs if g.left >= x]
    return min(after) - max(before) if before and after else 0.0


def _parted(row: Row, gutter: float) -> Row:
    """The row with the segment over the strip cut in two, where it has white space there."""
    if not _clear(_flat(row), gutter):
        return row
    parted: list[Segment] = []
    for segment in row:
        sides = [tuple(g for g in segment.glyphs if (g.left >= gutter) == right) for right in (False, True)]
        parted.extend(Segment(side) for side in sides if side)
    return tuple(parted)


def _crossing(rows: Sequence[Row], gutter: float) -> list[bool]:
    """For each row, whether it goes across both columns: over the strip, or as a row of a table as wide as the page.

    A table's row may keep clear of the strip by chance; three rows of three cells and more, one under the other, are a
    table and no accident.
    """
    over = [any(s.left < gutter < s.right for s in row) for row in rows]
    celled = [len(row) >= 3 and row[0].left < gutter < row[-1].right for row in rows]
    for start, stop in _runs(celled):
        edge = start == 0 or stop == len(rows)  # a running head or foot is one row, its parts far apart
        if (stop - start >= 3 or edge) and not any(over[start:stop]):
            over[start:stop] = [True] * (stop - start)
    return over


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the flags are set without a break: starts and ends."""
    at = 0
    for flag, run in groupby(flags):
        length = len(list(run))
        if flag:
            yield at, at + length
        at += length


def _printed(rows: Sequence[Row], tables: Sequence[_Table], rules: Sequence[Rule], at_foot: bool) -> list[PrintedLine]:
    """The rows of one column as lines: set in from its left edge? a row of a table? apart from the line above?

    Ruled tables come between them where they stand. `at_foot` tells that nothing but a running foot follows below.
    """
    lines: list[PrintedLine] = []
    if rows:
        height = median(row[0].glyphs[0].height for row in rows)
        starts = Counter(round(row[0].left) for row in rows)
        edge = min((x for x, n in starts.items() if n >= 0.15 * len(rows)), default=min(starts))
        steps = [_base(above) - _base(below) for above, below in pairwise(rows)]
        usual = median(steps) if steps else 0.0
        table = _table_rows(rows)
        ends = Counter(round(row[-1].right) for row in rows)
        half = (edge + max(ends)) / 2  # a right edge is where several lines end
        full = [x for x, n in ends.items() if n + ends[x - 1] + ends[x + 1] >= 3 and x > half] or [max(ends)]
        for i, row in enumerate(rows):
            text = ("\t" if table[i] else " ").join(segment.text for segment in row)
            indented = len(row) == 1 and 1.2 < (row[0].left - edge) / height < 3.0
            gap = i > 0 and steps[i - 1] > 1.4 * usual
            runs_on = i > 0 and not gap and not indented and not table[i] and _runs_on(rows[i - 1], row, full)
            lines.append(
                PrintedLine((INDENT if indented else "") + text, gap, None, _box(row), _size(row), runs_on=runs_on)
            )
        lines = with_notes(lines, rules, at_foot)
    for ruled in tables:
        grid = ruled.grid
        place = next((i for i, line in enumerate(lines) if line.box and line.box[3] < grid.top), len(lines))
        box = (grid.left, grid.bottom, grid.right, grid.top)
        lines[place:place] = [PrintedLine("\t".join(row), False, Mark("table"), box) for row in ruled.rows]
    return lines


def _runs_on(above: Row, row: Row, full: Sequence[float]) -> bool:
    """Whether a row goes on with the one above it, which reaches a right edge (an abstract may have its own)."""
    size = _size(above)
    return (
        len(above) == len(row) == 1
        and any(abs(above[0].right - x) < size for x in full)
        and row[0].left < above[0].left + 0.5 * size
        and abs(_size(row) - size) < 0.06 * size
    )


def _box(row: Row) -> Box:
    glyphs = [glyph for segment in row for glyph in segment.glyphs]
    return row[0].left, median(g.bottom for g in glyphs), row[-1].right, median(g.top for g in glyphs)


def _size(row: Row) -> float:
    """The size of the type: a Chinese character is as wide as its type is high."""
    glyphs = [glyph for segment in row for glyph in segment.glyphs]
    square = [glyph.right - glyph.left for glyph in glyphs if re.match(f"[{HAN}]", glyph.text)]
    return median(square) if square else 0.87 * median(glyph.height for glyph in glyphs)


def _table_rows(rows: Sequence[Row]) -> list[bool]:
    """Which rows are a table's: three or more of several segments under one another, with edges that line up."""
    flags = [len(row) > 1 for row in rows]
    for start, stop in _runs(flags):
        lined_up = sum(_line_up(a, b) for a, b in pairwise(rows[start:stop]))
        if stop - start < 3 or lined_up < 0.5 * (stop - start - 1):
            flags[start:stop] = [False] * (stop - start)
    return flags


def _line_up(above: Row, below: Row) -> bool:
    """Whether a segment other than the first begins or ends, or has its middle, where one of the row above has."""
    pairs = ((a, b) for a in above[1:] for b in below[1:])
    return any(
        abs(a.left - b.left) < 4 or abs(a.right - b.right) < 4 or abs(a.left + a.right - b.left - b.right) < 8
        for a, b in pairs
    )


def _base(row: Row) -> float:
    return median(glyph.bottom for segment in row for glyph in segment.glyphs)
