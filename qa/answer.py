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
from corpus.signs import NOTE
from indexer.store import Index
from qa.citation import Citation, PaperRef, cite, pages_of
from qa.confidence import Calibration, Measurements
from qa.retrieve import Hit, Search

_PASSAGES_READ = 5
_SENTENCES_QUOTED = 3
_CLOSE = 0.85
_SHORTEST = 5
_REFERENCE_MARK = re.compile(rf"\s?\[\d{{1,3}}(?:\s?[,，、\-–—]\s?\d{{1,3}})*\](?:\s(?=[{HAN}]))?")
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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that may be quoted. `covered` is the share of the question's informative words that it holds."""

    paper: Paper
    start: int
    end: int
    score: float
    covered: float

    @property
    def text(self) -> str:
        """The sentence."""
        return self.paper.text[self.start : self.end]


def compose(index: Index, question: str, found: Search, shown: int, calibration: Calibration) -> Answer:
    """Choose what to quote from the best passages, or refuse where the confidence is too low."""
    begun = time.perf_counter()
    # A question of stop words alone, such as 是什么呢, asks for nothing that could be found.
    confidence = calibration.probability(measure(index, found)) if found.hits and found.words else 0.0
    quoted = () if confidence < calibration.threshold else _choose(_candidates(index, found))
    abstained = not quoted
    citations = tuple(cite(c.paper, c.start, c.end, n, c.score) for n, c in enumerate(quoted, 1))
    return Answer(
        question=question,
        text=_REFUSAL[language_of(question)] if abstained else _written(index, citations),
        abstained=abstained,
        confidence=confidence,
        citations=citations,
        passages=shown_passages(index, found.hits[:shown]),
        timings_ms=timings(found, answer_ms=(time.perf_counter() - begun) * 1e3),
    )


def measure(index: Index, found: Search) -> Measurements:
    """What the confidence is computed from."""
    cosine = max(float(hit.cosines.max()) for hit in _read(found))
    ninety = float(np.quantile(found.background, 0.9))
    covered = max(_covered(index, found.words, _text(index, hit)) for hit in _read(found))
    return Measurements(
        late=max(hit.signals["late"] for hit in _read(found)),
        cosine=cosine,
        margin=cosine - ninety,
        covered=covered,
        known=found.known,
        foreign=float(language_of(found.question) != language_of(_text(index, found.hits[0]))),
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


def _candidates(index: Index, found: Search) -> list[_Candidate]:
    """The sentences of the best passages, by nearness in meaning, words shared with the question, and passage."""
    mean, spread = float(found.background.mean()), float(found.background.std()) or 1.0
    candidates = []
    for hit in _read(found):
        paper = index.papers[hit.passage.paper]
        for at, sentence in enumerate(hit.passage.sentences):
            text = paper.text[sentence.start : sentence.end]
            if not _says_something(paper, sentence.start, text):
                continue
            # A row is about what its caption says, but the years and numbers of a caption are not those of the row.
            about = re.sub(r"\d+", " ", " ".join(hit.passage.about)) if hit.passage.kind == "table" else ""
            covered = _covered(index, found.words, f"{about} {text}")
            near = (float(hit.cosines[at]) - mean) / spread
            score = near + 4 * found.known * covered + 20 * hit.score
            candidates.append(_Candidate(paper, sentence.start, sentence.end, score, covered))
    return sorted(candidates, key=lambda c: -c.score)


def _says_something(paper: Paper, start: int, text: str) -> bool:
    """Whether a unit may stand as an answer: captions, column names, sources and bare names only lead to one."""
    kind = paper.block_at(start).kind
    if kind == "caption" or len(text) < _SHORTEST or NOTE.match(text):
        return False
    table = paper.table_at(start) if kind == "table" else None
    return table is None or not table.rows or table.row_at(start) is not None


def _choose(candidates: Sequence[_Candidate]) -> tuple[_Candidate, ...]:
    """The best sentence, and up to two more that come close to it, those of one paper in the order of its text."""
    if not candidates:
        return ()
    best = candidates[0]
    chosen = [best]
    for candidate in candidates[1:]:
        near = candidate.score > _CLOSE * best.score and candidate.covered >= _CLOSE * best.covered
        if near and len(chosen) < _SENTENCES_QUOTED and candidate.text not in {c.text for c in chosen}:
            chosen.append(candidate)
    return tuple(sorted(chosen, key=lambda c: (c.paper.id != best.paper.id, c.paper.id, c.start)))


def _covered(index: Index, words: Sequence[str], text: str) -> float:
    """Share of the question's informative words, by idf, that the text holds."""
    weights = {word: index.lexicon.idf(word) for word in set(words)}
    total = sum(weights.values())
    held = set(index.words.terms(text))
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0


def _written(index: Index, citations: Sequence[Citation]) -> str:
    return " ".join(f"{readable(index.papers[c.paper.id], c)} [{c.n}]" for c in citations)


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
    return found.hits[: min(_PASSAGES_READ, found.named or _PASSAGES_READ)]


def _text(index: Index, hit: Hit) -> str:
    return f"{' '.join(hit.passage.about)} {index.papers[hit.passage.paper].text[hit.passage.start : hit.passage.end]}"
