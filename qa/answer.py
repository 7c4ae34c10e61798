"""From ranked passages to an answer: the sentences that answer best, quoted and cited, or a refusal."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.clean import HAN
from corpus.language import language_of
from corpus.paper import Paper
from indexer.store import Index
from qa.asked import asked_of
from qa.choose import choose
from qa.citation import Citation, PaperRef, cite, pages_of
from qa.confidence import Calibration, Measurements
from qa.retrieve import COMPARED, Hit, Search
from qa.support import covered, support

_REFERENCE_MARK = re.compile(rf"\s?\[\d{{1,3}}(?:\s?[,，、\-–—]\s?\d{{1,3}})*\](?:\s(?=[{HAN}]))?")
_SILENT = {"zh": "未提及", "en": "not mentioned"}
_REFUSAL = {"zh": "论文库中的论文没有回答这个问题。", "en": "The papers in the library do not answer this question."}


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


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every sentence is quoted: `[n]` in `text` is the citation with that `n`. A refusal has none."""

    question: str
    text: str
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[FoundPassage, ...]
    timings_ms: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As the README documents it; `id` is put in by whoever streams a file of questions."""
        return {
            "id": None, "question": self.question, "answer": self.text, "abstained": self.abstained,
            "confidence": round(self.confidence, 4), "citations": [c.to_json() for c in self.citations],
            "passages": [p.to_json() for p in self.passages], "timings_ms": self.timings_ms,
        }  # fmt: skip


def compose(index: Index, question: str, found: Search, shown: int, calibration: Calibration) -> Answer:
    """Choose what to quote from the best passages, or refuse where the confidence is too low."""
    begun = time.perf_counter()
    # A question of stop words alone, such as 是什么呢, asks for nothing that could be found.
    confidence = calibration.probability(measure(index, found)) if found.hits and found.words else 0.0
    quoted = () if confidence < calibration.threshold else choose(index, found, asked_of(question), _read(found))
    abstained = not quoted
    citations = tuple(cite(c.paper, c.start, c.end, n, c.score) for n, c in enumerate(quoted, 1))
    return Answer(
        question=question,
        text=_REFUSAL[language_of(question)] if abstained else _written(index, found, citations),
        abstained=abstained,
        confidence=confidence,
        citations=citations,
        passages=shown_passages(index, found.hits[:shown]),
        timings_ms=timings(found, answer_ms=(time.perf_counter() - begun) * 1e3),
    )


def measure(index: Index, found: Search) -> Measurements:
    """What the confidence is computed from."""
    read = _read(found)
    bearing = support(index, found, len(read))
    return Measurements(
        late=max(hit.signals["late"] for hit in read),
        margin=max(float(hit.cosines.max()) for hit in read) - float(np.quantile(found.background, 0.9)),
        covered=max(covered(index, found.words, _text(index, hit)) for hit in read),
        phrases=bearing.mean,
        held=float(bearing.held),
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


def _written(index: Index, found: Search, citations: Sequence[Citation]) -> str:
    """The quotations one after the other; where every paper is asked for, a line a paper."""
    told = {c.n: f"{readable(index.papers[c.paper.id], c)} [{c.n}]" for c in citations}
    if not found.each:
        return " ".join(told.values())
    lines = [f"{_name(index.papers[c.paper.id])}：{told[c.n]}" for c in citations]
    silent = _SILENT[language_of(found.question)]
    cited = {c.paper.id for c in citations}
    lines += [f"{_name(paper)}：{silent}" for paper in _spoken_of(index, found) if paper.id not in cited]
    return "\n".join(lines)


def _spoken_of(index: Index, found: Search) -> list[Paper]:
    """The papers that a question of each of them means: those it names, else all that were searched."""
    named = {hit.passage.paper for hit in found.hits[: found.named]}
    searched = {hit.passage.paper for hit in found.hits}
    return [paper for paper in index.papers.values() if paper.id in (named or searched)]


def _name(paper: Paper) -> str:
    """A paper as a line of a comparison begins with it: its first author and year, else its title or file."""
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
    table = paper.table_at(citation.start)
    row = table.row_at(citation.start) if table is not None else None
    if table is not None and row is not None and table.places[row] == (citation.start, citation.end):
        return table.described(row)
    return " ".join(_REFERENCE_MARK.sub("", citation.quote).split())


def _read(found: Search) -> Sequence[Hit]:
    """The passages that an answer is made from: of what the question names, where that is in the library."""
    most = len(found.hits) if found.each else COMPARED
    return found.hits[: min(most, found.named or most)]


def _text(index: Index, hit: Hit) -> str:
    return f"{' '.join(hit.passage.about)} {index.papers[hit.passage.paper].text[hit.passage.start : hit.passage.end]}"
