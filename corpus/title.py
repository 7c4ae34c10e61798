"""The title of a paper on its first page, told by its type: the largest on the page, above the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from corpus.printed import PrintedLine
from corpus.raw import Mark
from corpus.signs import ABSTRACT

_LARGER = 1.3
"""Times the size of the text: type this large is a title's."""


def with_title(pages: Sequence[Sequence[PrintedLine]]) -> list[list[PrintedLine]]:
    """The pages, the title on the first one marked `front` of level 1, and what stands between it and the abstract.

    Nothing is marked where the largest type stands in several places, or below the abstract, or is hardly larger.
    """
    marked = [list(page) for page in pages]
    if not marked or not marked[0]:
        return marked
    lines = marked[0]
    text = median(line.size for page in marked for line in page)
    largest = max(line.size for line in lines)
    title = [i for i, line in enumerate(lines) if line.size > 0.97 * largest]
    abstract = next((i for i, line in enumerate(lines) if ABSTRACT.match(line.text.strip())), None)
    # Fonts of a broken file may have no size, or less than none.
    if not title or largest < _LARGER * text or title != list(range(title[0], title[-1] + 1)) or len(title) > 4:
        return marked
    if abstract is None or abstract < title[0]:
        return marked
    for i in range(abstract):
        level = 1 if i in title else 0
        lines[i] = replace(lines[i], mark=Mark("front", level, goes_on=level == 1 and i > title[0]))
    return marked
