"""What stands at the edges of pages and is none of the text: running heads and feet, page numbers.

A line at an edge is furniture where other pages have the same line at the same height (numbers in it may differ), or
where the number in it counts with the pages; heads of left and right pages may differ, and a new chapter may bring a
new head at the old place. A heading or a table's head that tops two pages is none, nor is a line at whose height other
pages have text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from corpus.clean import display_width
from corpus.printed import Box, PrintedLine
from corpus.signs import CAPTION, CHINESE, DECIMAL

PAGE_NUMBER = re.compile(
    r"[—–―\-~·•.〔\[(（]\s*\d{1,4}\s*[—–―\-~·•.〕\])）]"  # — 3 —, · 3 ·, (3)
    r"|第\s*[\d一二三四五六七八九十百]+\s*页"  # 第 3 页 共 9 页
    r"(?:\s*[,，/（(]?\s*共\s*[\d一二三四五六七八九十百]+\s*页\s*[)）]?)?"
    r"|(?:Page|page|p\.|P\.)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?"
)
"""What can be nothing but a page number where it stands alone at the edge of a page."""
BARE = re.compile(r"\d{1,4}(?:\s*/\s*\d{1,4})?|[ivxl]{1,7}|[IVXL]{1,7}")
"""What is a page number where it also stands apart from the text."""
_DEPTH = 3
"""So many rows at each edge may be furniture."""
_APART = 1.25
"""Times the distance between two lines of text: wider white space parts a head from the text."""
_LEVEL = 4.0
"""Points; rows at heights that differ by no more stand at the same height."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row at the edge of a page: the lines that make it up, its text, and how far out it stands.

    `apart` tells of white space between it and the text; `spread`, that its parts stand far from one another as those
    of a running head do; `large`, of type larger than the text's; `front`, of a title page.
    """

    page: int
    lines: tuple[int, ...]
    text: str
    out: float
    apart: bool
    spread: bool
    large: bool
    front: bool

    @property
    def shape(self) -> str:
        """Its text without spaces, the numbers in it as `#`."""
        return re.sub(r"\d+", "#", "".join(self.text.split()))


def furniture(pages: Sequence[Sequence[PrintedLine]]) -> list[set[int]]:
    """For each page, which of its lines are furniture (by their place in the page's list)."""
    found = [{i for i, line in enumerate(page) if line.furniture} for page in pages]
    for side in (1, -1):
        inner = [_edge(number, page, side) for number, page in enumerate(pages)]
        for depth in range(_DEPTH):  # nothing is taken from under text that stays
            taken = _furniture_rows([rows[0] for rows in inner if rows], depth == 0, len(pages))
            for row in taken:
                found[row.page].update(row.lines)
                inner[row.page] = inner[row.page][1:]
    return found


def _edge(number: int, page: Sequence[PrintedLine], side: int) -> list[_Row]:
    """The outermost rows of a page from its edge inwards; side 1 is the top, -1 the foot."""
    placed = [(i, line.box, line) for i, line in enumerate(page) if line.box and not line.furniture]
    if not placed:
        return []
    usual = median(line.size for _, _, line in placed)
    steps = [_middle(a) - _middle(b) for (_, a, _), (_, b, _) in pairwise(placed) if _middle(a) > _middle(b)]
    step = median(steps) if steps else 0.0
    width = max(box[2] for _, box, _ in placed) - min(box[0] for _, box, _ in placed)
    rows: list[list[tuple[int, Box, PrintedLine]]] = []
    for entry in sorted(placed, key=lambda entry: -side * _middle(entry[1])):
        if rows and abs(_middle(rows[-1][0][1]) - _middle(entry[1])) <= 0.4 * usual:
            rows[-1].append(entry)
        elif len(rows) > _DEPTH:
            break
        else:
            rows.append([entry])
    edge: list[_Row] = []
    for i, row in enumerate(rows[:_DEPTH]):
        row.sort(key=lambda entry: entry[1][0])
        lines = [line for _, _, line in row]
        text = " ".join(line.text.strip() for line in lines)
        if "\t" in text or CAPTION.fullmatch(text) or any(line.mark and line.mark.kind == "table" for line in lines):
            break  # a table goes on over the page's end
        gap = abs(_middle(row[0][1]) - _middle(rows[i + 1][0][1])) if i + 1 < len(rows) else 2 * step
        length = row[-1][1][2] - row[0][1][0]
        inked = 0.5 * sum(display_width("".join(line.text.split())) * line.size for line in lines)
        edge.append(
            _Row(
                page=number,
                lines=tuple(at for at, _, _ in row),
                text=text,
                out=side * _middle(row[0][1]),
                apart=gap > _APART * step,
                spread=length > 0.6 * width and inked < 0.8 * length,
                large=any(line.size > 1.08 * usual for line in lines),
                front=any(line.mark and line.mark.kind == "front" for line in lines),
            )
        )
    last = max((i for i, row in enumerate(edge) if row.apart), default=-1)
    return [replace(row, apart=i <= last) for i, row in enumerate(edge)]  # of a head of two lines, both


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _furniture_rows(rows: Sequence[_Row], outermost: bool, pages: int) -> list[_Row]:
    """Which of these rows, one a page, are furniture. A head close above the text has to be the `outermost` row."""
    proven = {row.page for row in rows if PAGE_NUMBER.fullmatch(row.text) or (row.apart and BARE.fullmatch(row.text))}
    numbers = set(proven)
    for row in rows:
        level = [other for other in rows if abs(other.out - row.out) <= _LEVEL]
        same = [other for other in level if other.shape == row.shape]
        counting = [other for other in level if row.spread and other.spread and _counting(row, other)]
        enough = 3 if row.apart else max(3, pages // 2)
        if (
            (len(same) >= enough and (row.apart or outermost))
            or (len(same) == 2 and _unmistakable(*same))
            or (row.apart and len(counting) > 1)
        ):
            proven.add(row.page)
    kept = []
    for row in rows:
        beyond = [
            other for other in rows if other.out > row.out - _LEVEL and not other.front and other.page not in numbers
        ]
        sure = [other for other in beyond if other.page in proven]
        uncontested = len(sure) >= 3 * (len(beyond) - len(sure))
        new_chapter = row.apart and not row.large and len(sure) > 2
        if row.page in numbers or (uncontested and (row.page in proven or new_chapter)):
            kept.append(row)
    return kept


def _unmistakable(row: _Row, other: _Row) -> bool:
    """Whether a line on two pages only can be no heading and no part of the text."""
    return (
        row.text == other.text
        and row.apart
        and other.apart
        and not (row.large or other.large)
        and not DECIMAL.fullmatch(row.text)
        and not any(pattern.fullmatch(row.text) for _, pattern in CHINESE)
    )


def _counting(row: _Row, other: _Row) -> bool:
    """Whether a number at an end of both rows goes up as their pages do."""
    ends = [re.findall(r"^\d{1,4}\b|\b\d{1,4}$", text) for text in (row.text, other.text)]
    return any(int(a) - row.page == int(b) - other.page for a in ends[0] for b in ends[1])
