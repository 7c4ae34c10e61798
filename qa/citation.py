"""From a span of a paper's text to a citation that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from corpus.paper import Paper
from qa.notebook import citation_html, citation_repr


@dataclass(frozen=True, slots=True)
class PaperRef:
    """Which paper: what a citation shows of it."""

    id: str
    file: str
    title: str | None
    authors: tuple[str, ...]
    year: int | None

    @classmethod
    def of(cls, paper: Paper) -> PaperRef:
        """The paper's own facts."""
        return cls(paper.id, paper.file, paper.title, paper.authors, paper.year)

    def to_json(self) -> dict[str, Any]:
        """As the README documents it."""
        return {"id": self.id, "file": self.file, "title": self.title, "authors": list(self.authors), "year": self.year}


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation and its place. `quote` is `text[start:end]` of the paper; `pages` are those of the quote."""

    n: int
    paper: PaperRef
    section: str
    pages: tuple[int, ...]
    page_labels: tuple[str, ...]
    paragraph: int | None
    start: int
    end: int
    quote: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """As the README documents it."""
        return {
            "n": self.n, "paper": self.paper.to_json(), "section": self.section or None, "pages": list(self.pages),
            "page_labels": list(self.page_labels), "paragraph": self.paragraph, "start": self.start, "end": self.end,
            "quote": self.quote, "score": round(self.score, 4),
        }  # fmt: skip

    def __repr__(self) -> str:
        return citation_repr(self)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return citation_html(self)


def cite(paper: Paper, start: int, end: int, n: int, score: float) -> Citation:
    """The citation of `text[start:end]`. Raises `ValueError` for an empty span or one outside the text."""
    if not 0 <= start < end <= len(paper.text):
        raise ValueError(f"{paper.id}: no text at {start}:{end} of {len(paper.text)} characters")
    path = paper.section_path(start)
    numbers, labels = pages_of(paper, start, end)
    return Citation(
        n=n,
        paper=PaperRef.of(paper),
        section=path[-1].title if path else "",
        pages=numbers,
        page_labels=labels,
        paragraph=paper.block_at(start).paragraph or None,
        start=start,
        end=end,
        quote=paper.text[start:end],
        score=score,
    )


def pages_of(paper: Paper, start: int, end: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Physical page numbers of a span, ascending, and the printed labels of those pages that carry one."""
    runs = {page.number: page.label for page in paper.pages_between(start, end)}
    numbers = tuple(sorted(runs))
    return numbers, tuple(label for number in numbers if (label := runs[number]) is not None)
