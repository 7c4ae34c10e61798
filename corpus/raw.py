"""A file's text as its reader found it, before any cleaning.

`RawText.text` is the whole file, pages separated by form feeds; offsets in it are what `Traced.origin` counts in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from corpus.doubts import Doubt
from corpus.paper import Kind
from corpus.places import Run


@dataclass(frozen=True, slots=True)
class RawPage:
    """One physical page, from 1, its printed label where the file carries one, and where its text begins."""

    number: int
    label: str | None
    start: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line is, where the format or the page says so: a style, a tag, a type size, a rule.

    `paragraph` says that the line is one whole block, never joined to its neighbours nor cut; its looks may still show
    it to be a heading, an abstract, a caption …. `level` is a heading's; the title, a `front`, has level 1; an item of
    a list, a `paragraph`, has the depth of its list. A line that `goes_on` belongs to the block of the line before it.
    """

    kind: Kind
    level: int = 0
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class RawText:
    """What a reader returns. `pages` is empty for formats without pages.

    `gaps` are the offsets of the lines that white space on the page parts from the line above; `marks` say of a line,
    by its offset, what it is. Lines without a mark are judged by their looks.
    `furniture` are the offsets of the running heads, page numbers and watermarks that the pages show as such, None
    where the reader knows nothing of the places of its lines. `runs_on` are the offsets of the lines that stand on
    their page right under a line that reaches the right edge, and are set neither in nor apart. `recognised_pages` are
    the numbers of the pages whose text comes from OCR. `title` and `authors` are those of the file's properties, which
    are often a template's. In a `literal` text, stars and carets are the author's own signs. `printed` are the runs
    of characters whose places on their pages are known.
    """

    text: str
    pages: tuple[RawPage, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    gaps: frozenset[int] = frozenset()
    marks: Mapping[int, Mark] = field(default_factory=dict)
    recognised_pages: tuple[int, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] = ()
    literal: bool = False
    furniture: frozenset[int] | None = None
    runs_on: frozenset[int] = frozenset()
    printed: tuple[Run, ...] = ()

    def page_at(self, offset: int) -> RawPage | None:
        """The page that holds the raw character at `offset`; None where the format has no pages."""
        if not self.pages:
            return None
        return self.pages[max(bisect_right(self.pages, offset, key=lambda page: page.start) - 1, 0)]

    @property
    def unread_pages(self) -> tuple[int, ...]:
        """Numbers of the pages that carry no text."""
        ends = [page.start for page in self.pages[1:]] + [len(self.text)]
        return tuple(p.number for p, end in zip(self.pages, ends, strict=False) if not self.text[p.start : end].strip())
