"""The lines of a PDF page in reading order, found from where its characters stand.

Characters that share a height form a row; a row falls into segments where the gap is wider than a character. A page has
two columns where a vertical strip near its middle is almost free of ink and both sides of it are full; rows that cross
the strip (title, abstract, wide tables) keep their place, and between them the columns are read one after the other:

    title across both columns          1
    left column     right column       2   3
    a wide table                       4
    left again      right again        5   6
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Literal

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
        """Its characters. An inferred space is believed beside Latin letters and digits, or where the gap is wide."""
        parts = [self.glyphs[0].text]
        for last, glyph in pairwise(self.glyphs):
            latin = last.text.isascii() or glyph.text.isascii()
            wide = glyph.left - last.right > 0.45 * max(last.height, glyph.height)
            if glyph.space == "typed" or (glyph.space == "inferred" and (latin or wide)):
                parts.append(" ")
            parts.append(glyph.text)
        return "".join(parts)


Row = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line in reading order. Cells of a table's row are parted by tabs; `after_gap` tells of white space above it."""

    text: str
    after_gap: bool


def reading_order(glyphs: Sequence[Glyph], width: float) -> list[PrintedLine]:
    """The lines of a page of this width, in the order in which a person reads them."""
    rows = _rows(glyphs)
    gutter = _gutter(rows, width)
    if gutter is None:
        return _printed(rows)
    lines: list[PrintedLine] = []
    rows = [_parted(row, gutter) for row in rows]
    crossing = _crossing(rows, gutter)
    for across, run in groupby(zip(crossing, rows, strict=True), key=lambda pair: pair[0]):
        found = [row for _, row in run]
        if across:
            lines += _printed(found)
            continue
        for right in (False, True):
            column = [tuple(s for s in row if (s.left > gutter) == right) for row in found]
            lines += _printed([segments for segments in column if segments])
    return lines


def _rows(glyphs: Sequence[Glyph]) -> list[Row]:
    """Rows from the top of the page down. A raised or lowered run belongs to the row whose height it shares most."""
    rows: list[list[list[Glyph]]] = []
    for run in sorted(_drawn_runs(glyphs), key=lambda run: -_middle(run)):
        near = [(row, _shared_height(row[0], run)) for row in rows[-4:]]
        row, share = max(near, key=lambda pair: pair[1], default=([], 0.0))
        if share > 0.6:
            row.append(run)
            row.sort(key=len, reverse=True)  # the longest run stands for the row: marks and indices are short
        else:
            rows.append([run])
    return [_segments(sorted((glyph for run in row for glyph in run), key=lambda g: g.left)) for row in rows]


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
    return _shared_height([last], [glyph]) > 0.5 and -0.5 * height < gap <= _WIDE_GAP * height


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
    counts = [sum(not _clear(row, x) for row in rows) for x in candidates]
    least = min(counts)
    free = [x for x, count in zip(candidates, counts, strict=True) if count == least]
    x = free[len(free) // 2]
    left = sum(row[0].left < x and _clear(row, x) for row in rows)
    right = sum(row[-1].right > x and _clear(row, x) for row in rows)
    full = min(left, right) >= _FEWEST_LINES and min(left, right) > least and least <= 0.6 * len(rows)
    return x if full else None


def _clear(row: Row, x: float) -> bool:
    """Whether a row has white space at x, wider than a space between two words."""
    before = max((g for s in row for g in s.glyphs if g.left < x), key=lambda g: g.right, default=None)
    after = min((g for s in row for g in s.glyphs if g.left >= x), key=lambda g: g.left, default=None)
    if before is None or after is None:
        return before is None or before.right <= x
    return before.right <= x and after.left - before.right > _NARROW_GAP * max(before.height, after.height)


def _parted(row: Row, gutter: float) -> Row:
    """The row with the segment over the strip cut in two, where it has white space there."""
    if not _clear(row, gutter):
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


def _printed(rows: Sequence[Row]) -> list[PrintedLine]:
    """The rows of one column as lines: set in from its left edge? a row of a table? apart from the line above?"""
    if not rows:
        return []
    height = median(row[0].glyphs[0].height for row in rows)
    starts = Counter(round(row[0].left) for row in rows)
    edge = min((x for x, n in starts.items() if n >= 0.15 * len(rows)), default=min(starts))
    steps = [_base(above) - _base(below) for above, below in pairwise(rows)]
    usual = median(steps) if steps else 0.0
    table = _table_rows(rows)
    lines = []
    for i, row in enumerate(rows):
        text = ("\t" if table[i] else " ").join(segment.text for segment in row)
        indented = len(row) == 1 and 1.2 < (row[0].left - edge) / height < 3.0
        lines.append(PrintedLine((INDENT if indented else "") + text, i > 0 and steps[i - 1] > 1.4 * usual))
    return lines


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
