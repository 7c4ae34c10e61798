"""Which sentences of the passages found answer a question: one for a fact, all of a list, one a paper
where each is asked.

How much a sentence is worth is a weighted sum of `FEATURES`, measured on XQuAD, where the sentence that holds the
answer is known: `python -m tests.bench.sentences XQUAD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from corpus.language import language_of
from corpus.paper import Paper, Sentence
from corpus.signs import NOTE
from indexer.lexical import folded
from indexer.version import Index
from qa.asked import Asked, attribute, explains
from qa.lists import enumeration, is_list, label_of
from qa.support import LEANS, SAID, Reading, covered, holds, sentence_with_about

FEATURES = {
    "late": 0.4, "phrases": 1.0, "attribute": 0.2, "cosine": 0.6, "covered": 0.15, "held": 0.2, "explains": 0.1,
    "passage": 3.0,
}  # fmt: skip
"""With their weights: the sentence's MaxSim, the mean cosine of the question's phrases and that of the one which is
asked for, its cosine, the share of the question's words in it, whether it holds the kind of thing asked for, whether it
has a sign of the explanation asked for, and the MaxSim of its passage; each with what the sentence is about."""
MOST = 3
"""Sentences quoted for a fact or an explanation."""
_NEAR = {"fact": 0.0, "list": 0.2, "explain": 0.25}
_FOREIGN = 0.12
_ADDS = 0.35
"""How far below the best a sentence may score to be quoted too: as it is, for a fact in another language, where the
best is less sure to be right, or if it adds what the others lack."""
_COMPARES = 0.45
"""The same where things are compared, within one paper: the other thing matches only a part of the question."""
_MATCHED, _GAIN = 0.6, 0.15
"""A sentence adds to others where they match a phrase of the question less than that, and it more, by so much."""
_SHORTEST = 5
_MENTIONED = 0.6
"""A paper speaks of a question of all papers if its best sentence matches the phrases so well on average."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A span to be quoted, in its paper, and the score of the sentence for which it was chosen."""

    paper: Paper
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Candidate:
    """A sentence that may be quoted: its `features` in the order of `FEATURES`, how the phrases are matched, whether it
    holds what is asked for and the numbers of the question, whether it explains it or leans on the sentence before it,
    and the kind of its block."""

    paper: Paper
    sentence: Sentence
    features: tuple[float, ...]
    phrases: NDArray[np.float32]
    held: bool
    numbered: bool
    explains: bool
    leans: bool
    kind: str

    @cached_property
    def score(self) -> float:
        """What it is worth; higher is better."""
        return sum(weight * value for weight, value in zip(FEATURES.values(), self.features, strict=True))

    @property
    def text(self) -> str:
        """The sentence."""
        return self.paper.text[self.sentence.start : self.sentence.end]


def choose(index: Index, reading: Reading) -> tuple[Chosen, ...]:
    """What to quote of the passages read, in the order in which to read it; empty where nothing will do."""
    found, asked = reading.found, reading.asked
    candidates = candidates_of(index, reading)
    if not candidates:
        return ()
    if found.each:
        best = {c.paper.id: c for c in reversed(candidates) if _speaks_of_it(index, reading, c)}
        order = list(dict.fromkeys(hit.passage.paper for hit in reading.hits))
        return tuple(_span(best[paper]) for paper in order if paper in best) or (_span(candidates[0]),)
    if asked.form == "list":
        for candidate in candidates[:MOST]:
            if is_list(candidate.text) and candidate.score > candidates[0].score - _NEAR["list"]:
                return (_span(candidate),)
            if candidate.score >= candidates[0].score - _ADDS and (listed := _list(candidate, found.asked)):
                return listed
    candidates = _holding_first(candidates, asked)
    chosen = [candidates[0]]
    foreign = language_of(found.question) != language_of(candidates[0].text)
    for candidate in candidates[1:]:
        lacking = candidate.held and not any(c.held for c in chosen)
        so_far = np.max([c.phrases for c in chosen], axis=0)
        gained = bool(np.any((so_far < _MATCHED) & (candidate.phrases > np.maximum(so_far + _GAIN, _MATCHED))))
        near = max(_NEAR[asked.form], _FOREIGN if foreign else 0.0)
        margin = _ADDS if lacking or gained else near
        if asked.compares and candidate.paper is chosen[0].paper:
            margin = _COMPARES
        if (chosen[0].numbered and not candidate.numbered) or candidate.kind == "reference":
            continue  # of another year, or the title of another work
        if chosen[0].held and not candidate.held and not gained and asked.form == "fact":
            continue  # without what the first one has
        if candidate.score > chosen[0].score - margin and candidate.text not in {c.text for c in chosen}:
            chosen.append(candidate)
        if len(chosen) == MOST:
            break
    if asked.explanation == "definition" and chosen[0].explains:
        # What is told of a thing beside its definition answers another question.
        chosen = [c for c in chosen if c is chosen[0] or (c.explains and c.leans)]
    first = chosen[0].paper.id
    chosen.sort(key=lambda c: (c.paper.id != first, c.paper.id, c.sentence.start))
    return tuple(map(_span, chosen))


def _holding_first(candidates: list[Candidate], asked: Asked) -> list[Candidate]:
    """An amount or a date stands in nearly every sentence that answers with one: the best that has it comes first."""
    counts = any(want.kind in ("amount", "date") for want in asked.wants)
    holding = next((c for c in candidates if c.held and c.score > candidates[0].score - _ADDS), None)
    return [holding, *(c for c in candidates if c is not holding)] if counts and holding else candidates


def candidates_of(index: Index, reading: Reading) -> list[Candidate]:
    """The sentences of the passages read, best first."""
    found, asked = reading.found, reading.asked
    wanted = attribute(found.asked, reading.phrases)
    numbers = re.findall(r"\d+(?:\.\d+)?", folded(found.question))
    candidates = []
    for hit, table, matched in zip(reading.hits, reading.tables, found.matches, strict=False):
        paper = index.papers[hit.passage.paper]
        near = np.maximum(matched[:, :1], matched[:, 1:]).mean(axis=0)
        for at, sentence in enumerate(hit.passage.sentences):
            if not _says_something(paper, sentence):
                continue
            # A row is about what its caption says, but the years and numbers of a caption are not those of the row.
            text = paper.text[sentence.start : sentence.end]
            told = sentence_with_about(index, hit.passage, at)
            about = re.sub(r"\d+", " ", " ".join(hit.passage.about)) if hit.passage.kind == "table" else ""
            words = f"{about} {text}"
            held = holds(told if hit.passage.kind == "table" else words, asked)
            features = (
                float(near[at]),
                float(table[:, at].mean()) if len(table) else 0.0,
                float(table[wanted, at]) if wanted is not None else 0.0,
                float(hit.cosines[at]),
                covered(index, found.words, words),
                float(held),
                float(explains(text, asked)),
                hit.signals["late"],
            )
            candidates.append(
                Candidate(
                    paper=paper,
                    sentence=sentence,
                    features=features,
                    phrases=table[:, at],
                    held=held and bool(asked.wants),
                    numbered=bool(numbers) and all(number in folded(words) for number in numbers),
                    explains=explains(text, asked),
                    leans=LEANS.match(text) is not None,
                    kind=paper.block_at(sentence.start).kind,
                )
            )
    return sorted(candidates, key=lambda c: -c.score)


def _speaks_of_it(index: Index, reading: Reading, candidate: Candidate) -> bool:
    """Whether a sentence speaks of what every paper is asked about: it says the name, or is near to what has none."""
    names = {name for name, _ in index.glossary.named_in(reading.found.asked)}
    rows = [row for row, span in enumerate(reading.phrases) if reading.found.asked[span.start : span.end] in names]
    if rows:
        return float(candidate.phrases[rows].max()) > SAID - 0.01
    return len(candidate.phrases) > 0 and float(candidate.phrases.mean()) >= _MENTIONED


def _says_something(paper: Paper, sentence: Sentence) -> bool:
    """Whether a unit may stand as an answer: captions, column names, sources and bare names only lead to one."""
    kind = paper.block_at(sentence.start).kind
    text = paper.text[sentence.start : sentence.end]
    if kind == "caption" or len(text) < _SHORTEST or NOTE.match(text):
        return False
    table = paper.table_at(sentence.start) if kind == "table" else None
    return table is None or not table.rows or table.row_at(sentence.start) is not None


def _list(candidate: Candidate, question: str) -> tuple[Chosen, ...]:
    """The whole list around a sentence, or the rows under the same label as a row; those of a paragraph as one.

    Of items that have labels of their own (愿景：…, 战略目标：（1）…) only the one that the question names.
    """
    paper = candidate.paper
    sentences = enumeration(paper, candidate.sentence) or tuple(_rows(paper, candidate.sentence))
    runs = [list(group) for _, group in groupby(sentences, key=lambda s: paper.block_at(s.start).start)]
    named = [run for run in runs if (label := label_of(paper, run[0])) and label in question]
    spans = (span for run in (named if len(named) == 1 else runs) for span in _joined(paper, run))
    return tuple(Chosen(paper, start, end, candidate.score) for start, end in spans)


def _joined(paper: Paper, sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """Sentences of one paragraph that follow on each other, as one span each."""
    start, end = sentences[0].start, sentences[0].end
    for sentence in sentences[1:]:
        if paper.text[end : sentence.start].strip():
            yield start, end
            start = sentence.start
        end = sentence.end
    yield start, end


def _rows(paper: Paper, sentence: Sentence) -> Iterator[Sentence]:
    """The rows of a table that share the label of their first column; none where a row stands alone."""
    table = paper.table_at(sentence.start)
    row = table.row_at(sentence.start) if table is not None else None
    if table is None or row is None:
        return
    same = [at for at, cells in enumerate(table.rows) if cells[:1] == table.rows[row][:1]]
    if len(same) > 1:
        yield from (Sentence(*table.places[at]) for at in same)


def _span(candidate: Candidate) -> Chosen:
    return Chosen(candidate.paper, candidate.sentence.start, candidate.sentence.end, candidate.score)
