"""How a file breaks its lines: measured once on all of them, asked about each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus import signs
from corpus.clean import HAN, Line, display_width


@dataclass(frozen=True, slots=True)
class Measure:
    """How a file breaks its lines.

    `wrapped` tells whether a printed line is a line of the file (never where the format states whole paragraphs),
    `columns` how wide full lines are (a Chinese character counts 2) and `usual` how wide most of them, `spaced` whether
    Latin words and numbers stand apart from the Chinese around them, `strewn` whether spaces stand inside Chinese words
    everywhere, as in the text of many a PDF. `set_in` tells that the file shows on which lines paragraphs begin: they
    are set in, and all others are not.
    """

    wrapped: bool
    columns: tuple[int, ...]
    usual: int
    spaced: bool
    strewn: bool
    set_in: bool = False

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Measure:
        """Measured on all lines of a file; its columns, on those that break in the middle of a sentence."""
        widths = Counter(display_width(line.text.text) for line in lines)
        total = sum(widths.values())
        broken = Counter(display_width(line.text.text) for line in lines if not signs.TERMINAL.search(line.text.text))
        near = {w: sum(broken[v] for v in range(w - 2, w + 3)) for w in broken if w >= 28}
        columns = tuple(sorted(w for w, n in near.items() if n >= max(4, 0.06 * total) and w < 130))
        within = sum(n for w, n in widths.items() if any(abs(w - c) <= 4 for c in columns))
        long = sum(n for w, n in widths.items() if w > 130)
        text = "\n".join(line.text.text for line in lines)
        running = [line.text.text for line in lines if signs.SENTENCE_MARK.search(line.text.text)]
        strewn = sum(bool(signs.CELL_SPACE.search(line)) for line in running) > 0.1 * len(running)
        usual = max(near, key=lambda w: near[w], default=0)
        set_in = sum(line.set_in for line in lines) >= max(4, 0.03 * total)
        wrapped = within >= 0.3 * total and long < 0.05 * total
        whole = any(line.mark and line.mark.kind == "paragraph" for line in lines)
        return cls(wrapped and not whole, columns, usual, set_apart(text), strewn, set_in)

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


def set_apart(text: str) -> bool:
    """Whether Latin words and numbers mostly stand apart from the Chinese around them."""
    return len(re.findall(rf"[A-Za-z0-9] [{HAN}]", text)) > len(re.findall(rf"[A-Za-z0-9][{HAN}]", text))
