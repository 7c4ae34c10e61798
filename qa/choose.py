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
from indexer.store import Index
from qa.asked import Asked, attribute, phrases
from qa.lists import enumeration, is_list
from qa.retrieve import Hit, Search
from qa.support import covered, holds, phrase_matches, sentence_with_about

FEATURES = {"late": 0.4, "phrases": 1.0, "attribute": 0.2, "cosine": 0.6, "covered": 0.15, "held": 0.2, "passage": 3.0}
"""With their weights: the sentence's MaxSim, the mean cosine of the question's phrases and that of the one which is
asked for, its cosine, the share of the question's words in it, whether it holds the kind of thing asked for, and the
MaxSim of its passage; each with what the sentence is about."""
MOST = 3
"""Sentences quoted for a fact or an explanation."""
_NEAR = {"fact": 0.0, "list": 0.2, "explain": 0.25}
_FOREIGN = 0.12
_ADDS = 0.35
"""How far below the best a sentence may score to be quoted too: as it is, for a fact in another language, where the
best is less sure to be right, or if it adds what the others lack."""
_COMPARES = 0.45
"""The same where things are compared, within one paper: the other thing matches only a part of the question."""
_LEANS = re.compile(r".{0,3}(?:该|其(?!中|他)|它|他们|这一|这些|此)")
"""How a sentence begins that speaks of what the one before it named, and `LENT` what that one lends it."""
LENT = 0.9
_MATCHED, _GAIN = 0.6, 0.15
"""A sentence adds to others where they match a phrase of the question less than that, and it does better by so much."""
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
    holds what is asked for and the numbers of the question, and the kind of its block."""

    paper: Paper
    sentence: Sentence
    features: tuple[float, ...]
    phrases: NDArray[np.float32]
    held: bool
    numbered: bool
    kind: str

    @cached_property
    def score(self) -> float:
        """What it is worth; higher is better."""
        return sum(weight * value for weight, value in zip(FEATURES.values(), self.features, strict=True))

    @property
    def text(self) -> str:
        """The sentence."""
        return self.paper.text[self.sentence.start : self.sentence.end]


def choose(index: Index, found: Search, asked: Asked, read: Sequence[Hit]) -> tuple[Chosen, ...]:
    """What to quote from the hits that are read, in the order in which to read it; empty where nothing will do."""
    candidates = candidates_of(index, found, asked, read)
    if not candidates:
        return ()
    if found.each:
        best = {c.paper.id: c for c in reversed(candidates) if _mean(c) >= _MENTIONED}
        order = list(dict.fromkeys(hit.passage.paper for hit in read))
        return tuple(_span(best[paper]) for paper in order if paper in best) or (_span(candidates[0]),)
    if asked.form == "list":
        for candidate in candidates[:MOST]:
            if is_list(candidate.text):
                break
            if candidate.score >= candidates[0].score - _ADDS and (listed := _list(candidate)):
                return listed
    chosen = [candidates[0]]
    foreign = language_of(found.question) != language_of(candidates[0].text)
    for candidate in candidates[1:]:
        lacking = candidate.held and not any(c.held for c in chosen)
        so_far = np.max([c.phrases for c in chosen], axis=0)
        gained = bool(np.any((so_far < _MATCHED) & (candidate.phrases > so_far + _GAIN)))
        near = max(_NEAR[asked.form], _FOREIGN if foreign else 0.0)
        margin = _ADDS if lacking or gained else near
        if asked.compares and candidate.paper is chosen[0].paper:
            margin = _COMPARES
        if (chosen[0].numbered and not candidate.numbered) or candidate.kind == "reference":
            continue  # of another year, or the title of another work
        if candidate.score > chosen[0].score - margin and candidate.text not in {c.text for c in chosen}:
            chosen.append(candidate)
        if len(chosen) == MOST:
            break
    first = chosen[0].paper.id
    chosen.sort(key=lambda c: (c.paper.id != first, c.paper.id, c.sentence.start))
    return tuple(map(_span, chosen))


def candidates_of(index: Index, found: Search, asked: Asked, read: Sequence[Hit]) -> list[Candidate]:
    """The sentences of the passages read, best first."""
    names = [name for _, entry in index.glossary.named_in(found.asked) for name in entry.names]
    spans = phrases(found.asked, names)
    wanted = attribute(found.asked, spans)
    numbers = re.findall(r"\d+(?:\.\d+)?", folded(found.question))
    candidates = []
    for hit, matched in zip(read, found.matches, strict=False):
        paper = index.papers[hit.passage.paper]
        compared = phrase_matches(index, hit, found, matched, spans)
        near = np.maximum(matched[:, :1], matched[:, 1:]).mean(axis=0)
        for at in range(1, compared.shape[1]):
            sentence = hit.passage.sentences[at]
            if _LEANS.match(paper.text, sentence.start, sentence.end):
                compared[:, at] = np.maximum(compared[:, at], LENT * compared[:, at - 1])
        for at, sentence in enumerate(hit.passage.sentences):
            if not _says_something(paper, sentence):
                continue
            # A row is about what its caption says, but the years and numbers of a caption are not those of the row.
            told = sentence_with_about(index, hit, at)
            about = re.sub(r"\d+", " ", " ".join(hit.passage.about)) if hit.passage.kind == "table" else ""
            words = f"{about} {paper.text[sentence.start : sentence.end]}"
            held = holds(told if hit.passage.kind == "table" else words, asked)
            features = (
                float(near[at]),
                float(compared[:, at].mean()) if len(compared) else 0.0,
                float(compared[wanted, at]) if wanted is not None else 0.0,
                float(hit.cosines[at]),
                covered(index, found.words, words),
                float(held),
                hit.signals["late"],
            )
            kind = paper.block_at(sentence.start).kind
            numbered = bool(numbers) and all(number in folded(words) for number in numbers)
            own = compared[:, at]
            candidates.append(Candidate(paper, sentence, features, own, held and bool(asked.wants), numbered, kind))
    return sorted(candidates, key=lambda c: -c.score)


def _says_something(paper: Paper, sentence: Sentence) -> bool:
    """Whether a unit may stand as an answer: captions, column names, sources and bare names only lead to one."""
    kind = paper.block_at(sentence.start).kind
    text = paper.text[sentence.start : sentence.end]
    if kind == "caption" or len(text) < _SHORTEST or NOTE.match(text):
        return False
    table = paper.table_at(sentence.start) if kind == "table" else None
    return table is None or not table.rows or table.row_at(sentence.start) is not None


def _list(candidate: Candidate) -> tuple[Chosen, ...]:
    """The whole list around a sentence, or the rows under the same label as a row; those of a paragraph as one."""
    paper = candidate.paper
    sentences = enumeration(paper, candidate.sentence) or tuple(_rows(paper, candidate.sentence))
    runs = (list(group) for _, group in groupby(sentences, key=lambda s: paper.block_at(s.start).start))
    return tuple(Chosen(paper, start, end, candidate.score) for run in runs for start, end in _joined(paper, run))


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


def _mean(candidate: Candidate) -> float:
    return float(candidate.phrases.mean()) if len(candidate.phrases) else 0.0
