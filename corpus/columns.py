"""Two columns on a page: the gutter between them, and the rows that cross it.

表 1　先进制造技术的现状        crosses the gutter
…的企业  │  美国政府于          one row on the page, of two columns; it is parted
2016 年     2017 年    2018 年  three cells across the gutter: with two more such rows, a wide table
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import median

from corpus.glyphs import Glyph, Row, Segment, glyphs_in, type_size

_NARROW_GAP = 0.75
"""Of the character's height; white space this wide parts two columns if it stands at one place down the page."""
_FEWEST_LINES = 5
"""Fewer lines on one side of a page are no column."""
_left, _right = attrgetter("left"), attrgetter("right")


def gutter_of(rows: Sequence[Row], width: float) -> float | None:
    """The x of the strip between two columns, or None on a page of one column."""
    candidates = [width * part / 200 for part in range(80, 121)]
    flat = [glyphs_in(row) for row in rows]
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
    glyphs = [flat for row in rows if _clear(flat := glyphs_in(row), x)]
    ends = [max(left) for row in glyphs if (left := [g.right for g in row if g.left < x])]
    starts = [min(right) for row in glyphs if (right := [g.left for g in row if g.left >= x])]
    if not ends or not starts:
        return False
    size = median(type_size(row) for row in rows)
    edge = Counter(round(end) for end in ends).most_common(1)[0][0]
    flush = sum(abs(end - edge) < size for end in ends)
    return flush >= _FEWEST_LINES and flush > 0.5 * len(ends) and all(0 < s - edge < 5.5 * size for s in starts)


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


def centred_rows(rows: Sequence[Row], gutter: float) -> list[Row]:
    """Short rows set across both columns, such as a wide table's caption, that have a space where the gutter is.

    The space is narrower than the gutter, and the row begins well inside the left column.
    """
    gaps = [gap for row in rows if _clear(glyphs_in(row), gutter) and (gap := _gap(row, gutter))]
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


def parted(row: Row, gutter: float) -> Row:
    """The row with the segment over the strip cut in two, where it has white space there."""
    if not _clear(glyphs_in(row), gutter):
        return row
    parted: list[Segment] = []
    for segment in row:
        sides = [tuple(g for g in segment.glyphs if (g.left >= gutter) == right) for right in (False, True)]
        parted.extend(Segment(side) for side in sides if side)
    return tuple(parted)


def crossing(rows: Sequence[Row], gutter: float) -> list[bool]:
    """For each row, whether it goes across both columns: over the strip, or as a row of a table as wide as the page.

    A table's row may keep clear of the strip by chance; three rows of three cells and more, one under the other, are a
    table and no accident. Where one side is filled by running text, the cells on the other are a table beside it.
    """
    over = [any(s.left < gutter < s.right for s in row) for row in rows]
    celled = [len(row) >= 3 and row[0].left < gutter < row[-1].right for row in rows]
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    for start, stop in runs_of(celled):
        edge = start == 0 or stop == len(rows)  # a running head or foot is one row, its parts far apart
        beside = any(
            sum(_filled([s for s in row if low <= s.left < high], low, high) for row in rows[start:stop])
            > 0.5 * (stop - start)
            for low, high in ((left, gutter), (gutter, right))
        )
        if (stop - start >= 3 or edge) and not any(over[start:stop]) and not beside:
            over[start:stop] = [True] * (stop - start)
    return over


def _filled(segments: Sequence[Segment], left: float, right: float) -> bool:
    """Whether one line of text, and nothing else, fills a column with these edges."""
    return len(segments) == 1 and segments[0].right - segments[0].left > 0.85 * (right - left)


def runs_of(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where the flags are set without a break: starts and ends."""
    at = 0
    for flag, run in groupby(flags):
        length = len(list(run))
        if flag:
            yield at, at + length
        at += length
