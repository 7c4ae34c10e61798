"""How a file breaks its lines: measured once on all of them, asked about each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus import signs
from corpus.clean import HAN, Line, display_width

_NARROW, _LONG = 28, 130
"""Widths; narrower lines are no column's, longer ones whole paragraphs."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How a file breaks its lines.

    Of a paper set in two columns of 22 characters, whose abstract is as wide as the page, `columns` are 43, 44, 45, 90
    and their neighbours: `full(44)` and `full(89)`, but not `full(60)`.

    `wrapped` tells whether a printed line is a line of the file (never where the format states whole paragraphs),
    `columns` how wide full lines are (a Chinese character counts 2), `spaced` whether Latin words and numbers stand
    apart from the Chinese around them, `strewn` whether spaces stand inside Chinese words everywhere, as in the text of
    many a PDF, `set_in` that the file sets in the lines on which paragraphs begin, and no others.
    """

    wrapped: bool
    columns: tuple[int, ...]
    spaced: bool
    strewn: bool
    set_in: bool

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Measure:
        """Measured on all lines of a file."""
        texts = [line.text.text for line in lines]
        columns = _columns(texts)
        widths = [display_width(text) for text in texts]
        within = sum(any(abs(width - column) <= 4 for column in columns) for width in widths)
        long = sum(width > _LONG for width in widths)
        whole = any(line.mark and line.mark.kind == "paragraph" for line in lines)
        running = [text for text in texts if signs.SENTENCE_MARK.search(text)]
        return cls(
            wrapped=within >= 0.3 * len(lines) and long < 0.05 * len(lines) and not whole,
            columns=columns,
            spaced=set_apart("\n".join(texts)),
            strewn=sum(bool(signs.CELL_SPACE.search(text)) for text in running) > 0.1 * len(running),
            set_in=sum(line.set_in for line in lines) >= max(4, 0.03 * len(lines)),
        )

    def full(self, width: int) -> bool:
        """Whether a line this wide reaches the right edge of a column."""
        return bool(self.columns) and (any(c - 7 <= width <= c + 5 for c in self.columns) or width > max(self.columns))

    def boxed(self, widths: Sequence[int]) -> bool:
        """Whether lines of these widths, the last of them short or not, are set narrower than any column.

        In running text a line may break a little early, but not every line; in the box of a figure none is full.
        """
        if len(widths) < 2 or not self.columns:
            return False
        return max(widths) < self.columns[0] and min(widths[:-1]) <= self.columns[0] - 4

    def celled(self, text: str) -> bool:
        """Whether spaces part a line into the cells of a table row. The one after an item's number never does."""
        if self.strewn:
            return len(signs.COLUMNS.findall(text)) > 1 and not signs.SENTENCE_MARK.search(text)
        item = signs.ITEM.match(text)
        return "。" not in text[:-1] and bool(signs.CELL_SPACE.search(text, item.end() if item else 0))


def _columns(texts: Sequence[str]) -> tuple[int, ...]:
    """How wide full lines are: the widths at which many lines break in the middle of a sentence."""
    broken = Counter(display_width(text) for text in texts if not signs.TERMINAL.search(text))
    often = max(4, 0.06 * len(texts))
    near = {width: sum(broken[w] for w in range(width - 2, width + 3)) for width in broken}
    return tuple(sorted(width for width, count in near.items() if count >= often and _NARROW <= width < _LONG))


def set_apart(text: str) -> bool:
    """Whether Latin words and numbers mostly stand apart from the Chinese around them."""
    return len(re.findall(rf"[A-Za-z0-9] [{HAN}]", text)) > len(re.findall(rf"[A-Za-z0-9][{HAN}]", text))
