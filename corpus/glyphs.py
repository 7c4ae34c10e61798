"""The characters of a page, and the rows and segments that they form.

Characters that share a height form a row; a row falls into segments where the gap is wider than a character:

    表 1　先进制造技术        2016 年     2017 年        one row of three segments
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from corpus.clean import HAN
from corpus.places import Place, Placed, Run
from corpus.printed import Box

_WIDE_GAP = 1.25
"""Of the character's height; a wider gap parts two segments."""

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
    place: Place | None = None
    """Where it stands on the page as shown; stays when `layout` turns the box so that text can be read."""

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
    def printed(self) -> Placed:
        """Its characters. An inferred space is believed beside Latin letters and numbers, or where the gap is wide."""
        parts = [self.glyphs[0].text]
        places = [self.glyphs[0].place]
        for last, glyph in pairwise(self.glyphs):
            latin = last.text.isascii() or glyph.text.isascii() or "①" <= last.text <= "⑳"
            wide = glyph.left - last.right > 0.45 * max(last.height, glyph.height)
            if glyph.space == "typed" or (glyph.space == "inferred" and (latin or wide)):
                parts.append(" ")
                places.append(None)
            parts.append(glyph.text)
            places.append(glyph.place)
        return Placed("".join(parts), (Run(0, tuple(places)),))


Row = tuple[Segment, ...]


def rows_of_glyphs(glyphs: Sequence[Glyph]) -> list[Row]:
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
    ligature = (last.left, last.right) == (glyph.left, glyph.right)  # pdfium gives each of its letters the whole box
    near = ligature or -0.5 * height < gap <= _WIDE_GAP * height
    return shared > 0.5 * min(last.height, glyph.height) and near


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


def glyphs_in(row: Row) -> list[Glyph]:
    """The characters of a row, from left to right."""
    return [glyph for segment in row for glyph in segment.glyphs]


def box_of(row: Row) -> Box:
    """The box around a row, raised and lowered characters not counted."""
    glyphs = glyphs_in(row)
    return row[0].left, median(g.bottom for g in glyphs), row[-1].right, median(g.top for g in glyphs)


def type_size(row: Row) -> float:
    """The size of the type: a Chinese character is as wide as its type is high."""
    glyphs = glyphs_in(row)
    square = [glyph.right - glyph.left for glyph in glyphs if re.match(f"[{HAN}]", glyph.text)]
    return median(square) if square else 0.87 * median(glyph.height for glyph in glyphs)


def base_of(row: Row) -> float:
    """The height at which a row stands."""
    return median(glyph.bottom for glyph in glyphs_in(row))
