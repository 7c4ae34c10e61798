"""From ranked passages to an answer: the sentences that answer best, quoted and cited, or a refusal."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corpus.clean import HAN
from corpus.language import language_of
from corpus.paper import Paper, Table
from indexer.version import Index
from qa.choose import choose
from qa.citation import Citation, PaperRef, cite, pages_of
from qa.confidence import WIDE, Calibration, Measurements
from qa.notebook import answer_html, answer_repr, found_html, found_repr
from qa.retrieve import Hit, Search
from qa.sought import Marked, row_marked, sentence_marked
from qa.support import Reading, covered, support
from qa.verify import verify

REFERENCE_MARK = re.compile(rf"\s?\[\d{{1,3}}(?:\s?[,，、\-–—]\s?\d{{1,3}})*\](?:\s(?=[{HAN}]))?")
"""The marks of a paper's own references: [5], [7,8], [9–12]."""
SILENT = {"zh": "未提及", "en": "not mentioned"}
REFUSAL = {"zh": "论文库中的论文没有回答这个问题。", "en": "The papers in the library do not answer this question."}


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage as it is shown under an answer."""

    rank: int
    paper: PaperRef
    section: str
    pages: tuple[int, ...]
    start: int
    end: int
    text: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """As the README documents it."""
        paper = {"id": self.paper.id, "file": self.paper.file, "title": self.paper.title}
        return {
            "rank": self.rank, "paper": paper, "section": self.section or None, "pages": list(self.pages),
            "start": self.start, "end": self.end, "text": self.text, "score": round(self.score, 4),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: ranked passages and nothing more."""

    question: str
    passages: tuple[FoundPassage, ...]
    timings_ms: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As the README documents it; `id` is put in by whoever streams a file of questions."""
        return {
            "id": None, "question": self.question, "passages": [p.to_json() for p in self.passages],
            "timings_ms": self.timings_ms,
        }  # fmt: skip

    def __repr__(self) -> str:
        return found_repr(self)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return found_html(self)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer and the numbers of the citations that it rests on.

    `strong` are the starts and ends in `text` of what was asked for. Where every paper is asked, `about` is the paper
    that a line is about; one without `cites` says that this paper is silent.
    """

    text: str
    cites: tuple[int, ...] = ()
    strong: tuple[tuple[int, int], ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every statement is cited. A refusal has one statement, which says so, and no citations.

    `notice` says what the reader has to know of how it was made, such as a language model that does not reply.
    """

    question: str
    statements: tuple[Statement, ...]
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[FoundPassage, ...]
    timings_ms: Mapping[str, float]
    notice: str | None = None

    @property
    def text(self) -> str:
        """The statements with their marks: `[n]` is the citation with that `n`."""
        return self._written()[0]

    @property
    def strong(self) -> tuple[tuple[int, int], ...]:
        """The starts and ends in `text` of what was asked for."""
        return self._written()[1]

    def _written(self) -> tuple[str, tuple[tuple[int, int], ...]]:
        written, strong = "", []
        for number, statement in enumerate(self.statements):
            between = "" if not number else "\n" if statement.about else " "
            written += between + (f"{statement.about}：" if statement.about else "")
            strong += [(len(written) + start, len(written) + end) for start, end in statement.strong]
            written += statement.text + "".join(f" [{n}]" for n in statement.cites)
        return written, tuple(strong)

    def to_json(self) -> dict[str, Any]:
        """As the README documents it; `id` is put in by whoever streams a file of questions."""
        return {
            "id": None, "question": self.question, "answer": self.text, "abstained": self.abstained,
            "confidence": round(self.confidence, 4), "citations": [c.to_json() for c in self.citations],
            "passages": [p.to_json() for p in self.passages], "timings_ms": dict(self.timings_ms),
            "strong": [list(span) for span in self.strong], "notice": self.notice,
        }  # fmt: skip

    def __repr__(self) -> str:
        return answer_repr(self)

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return answer_html(self)


def compose(index: Index, reading: Reading, shown: int, calibration: Calibration) -> Answer:
    """Choose what to quote from the best passages, or refuse where the confidence is too low."""
    begun = time.perf_counter()
    found = reading.found
    # A question of stop words alone, such as 是什么呢, asks for nothing that could be found.
    confidence = calibration.probability(measure(index, reading)) if found.hits and found.words else 0.0
    quoted = () if confidence < calibration.threshold else choose(index, reading)
    citations = verified(index, (cite(c.paper, c.start, c.end, n, c.score) for n, c in enumerate(quoted, 1)))
    abstained = not citations
    refusal = (Statement(REFUSAL[language_of(found.question)]),)
    return Answer(
        question=found.question,
        statements=refusal if abstained else _statements(index, found, citations),
        abstained=abstained,
        confidence=confidence,
        citations=citations,
        passages=shown_passages(index, found.hits[:shown]),
        timings_ms=timings(found, answer_ms=(time.perf_counter() - begun) * 1e3),
    )


def verified(index: Index, citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """The citations that stand in their papers as they are quoted, numbered anew from 1; no other is ever shown."""
    stand = [c for c in citations if verify(c.quote, c.start, c.end, index.papers[c.paper.id].text).state == "verbatim"]
    return tuple(replace(citation, n=n) for n, citation in enumerate(stand, 1))


def measure(index: Index, reading: Reading) -> Measurements:
    """What the confidence is computed from."""
    found, hits = reading.found, reading.hits
    bearing = support(index, reading)
    return Measurements(
        late=max(hit.signals["late"] for hit in hits),
        margin=min(max(float(hit.cosines.max()) for hit in hits) - float(np.quantile(found.background, 0.9)), WIDE),
        covered=max(covered(index, found.words, _text(index, hit)) for hit in hits),
        phrases=bearing.mean,
        counted=float(bearing.counted),
        numbered=float(bearing.numbered),
        foreign=language_of(found.question) != language_of(_text(index, found.hits[0])),
    )


def shown_passages(index: Index, hits: Sequence[Hit]) -> tuple[FoundPassage, ...]:
    """The hits as they are shown."""
    shown = []
    for hit in hits:
        paper, passage = index.papers[hit.passage.paper], hit.passage
        pages, _ = pages_of(paper, passage.start, passage.end)
        text = paper.text[passage.start : passage.end]
        place = (hit.rank, PaperRef.of(paper), passage.section, pages)
        shown.append(FoundPassage(*place, passage.start, passage.end, text, hit.score))
    return tuple(shown)


def timings(found: Search, answer_ms: float | None = None) -> dict[str, float]:
    """Milliseconds spent on each step."""
    steps = found.timings_ms
    spent = {"retrieve": round(steps["encode"] + steps["search"], 1), "rerank": round(steps["rerank"], 1)}
    return spent if answer_ms is None else {**spent, "answer": round(answer_ms, 1)}


def _statements(index: Index, found: Search, citations: Sequence[Citation]) -> tuple[Statement, ...]:
    """A statement a quotation; where every paper is asked for, a line a paper."""
    known = {name for _, entry in index.glossary.named_in(found.question) for name in entry.names}
    marked = [(c, _marked(index.papers[c.paper.id], c, found.question, known)) for c in citations]
    if not found.each:
        return tuple(Statement(told.text, (c.n,), told.strong) for c, told in marked)
    lines = [Statement(told.text, (c.n,), told.strong, short_name(index.papers[c.paper.id])) for c, told in marked]
    silent = SILENT[language_of(found.question)]
    cited = {c.paper.id for c in citations}
    lines += [Statement(silent, about=short_name(paper)) for paper in _spoken_of(index, found) if paper.id not in cited]
    return tuple(lines)


def _marked(paper: Paper, citation: Citation, question: str, known: Collection[str]) -> Marked:
    """A quotation as the answer gives it: of a row the cell that is asked for, with what was asked for marked."""
    if quoted := _row(paper, citation):
        return row_marked(*quoted, question, known)
    return sentence_marked(readable(paper, citation), question, known)


def _spoken_of(index: Index, found: Search) -> list[Paper]:
    """The papers that a question of each of them means: those it names, else all that were searched."""
    named = {hit.passage.paper for hit in found.hits[: found.named]}
    searched = {hit.passage.paper for hit in found.hits}
    return [index.papers[paper] for paper in index.papers if paper in (named or searched)]


def short_name(paper: Paper) -> str:
    """A paper as a line or column of a comparison begins with it: first author and year, else its title or file."""
    if not paper.authors:
        return f"《{paper.title}》" if paper.title else paper.file
    others = "等" if len(paper.authors) > 1 else ""
    return f"{paper.authors[0]}{others}" + (f"（{paper.year}）" if paper.year else "")


def readable(paper: Paper, citation: Citation) -> str:
    """The quotation as a reader wants it: a table row with its column names, all else without its own reference marks.

    A `[5]` that the paper's author put there would be taken for the fifth citation of the answer.

    >>> "2019年\\t14\\t3.55" under the columns 年份, 研究所（个）, 私人投资（亿美元）
    '年份：2019年；研究所（个）：14；私人投资（亿美元）：3.55'
    """
    if quoted := _row(paper, citation):
        table, row = quoted
        return table.described(row)
    return " ".join(REFERENCE_MARK.sub("", citation.quote).split())


def _row(paper: Paper, citation: Citation) -> tuple[Table, int] | None:
    """The table and the number of the row that is quoted, where the quotation is a whole row."""
    table = paper.table_at(citation.start)
    row = table.row_at(citation.start) if table is not None else None
    whole = table is not None and row is not None and table.places[row] == (citation.start, citation.end)
    return (table, row) if table is not None and row is not None and whole else None


def _text(index: Index, hit: Hit) -> str:
    return f"{' '.join(hit.passage.about)} {index.papers[hit.passage.paper].text[hit.passage.start : hit.passage.end]}"
