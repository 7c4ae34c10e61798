"""How well the passages found bear out a question: what no similarity of whole texts tells.

A near miss has the names and not the fact: of “MForesight 有多少名员工？” the papers know MForesight and no 员工.
So the question is taken apart into what it speaks of (`qa.asked.phrases`), and each phrase is looked for in one
sentence with what that sentence is about, token by token (`Search.matches`). What stands elsewhere in the passage
counts `ELSEWHERE`.

>>> support(index, found).phrases
(('MForesight', 0.85), ('员工', 0.34))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.lexical import folded
from indexer.store import Index
from qa.asked import Asked, Span, asked_of, phrases, things
from qa.retrieve import Hit, Search

ELSEWHERE = 0.9
_NUMBER = re.compile(r"[\d.]+年?")
_SAID = 0.95
"""What a phrase is matched by at least where it is said word for word: a cosine tells of its context too."""
_ABSENT = 0.3
"""The most that a number is matched by a sentence that does not hold it: near in meaning is another number."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Support:
    """The sentence that bears most of a question, by number of hit and sentence, and what of the question it bears.

    `phrases` are the question's with the cosine by which each is matched, -1 to 1; `held` tells whether the sentence
    holds the kinds of things asked for, `numbered` whether it holds the question's numbers.
    """

    hit: int
    sentence: int
    phrases: tuple[tuple[str, float], ...]
    held: bool
    numbered: bool

    @property
    def mean(self) -> float:
        """Over the phrases; of a question that speaks of nothing, 0."""
        return float(np.mean([cosine for _, cosine in self.phrases])) if self.phrases else 0.0


def support(index: Index, found: Search, read: int) -> Support:
    """Of the first `read` hits, at least one of which there must be."""
    asked = asked_of(found.question)
    spans = phrases(found.asked, [name for _, entry in index.glossary.named_in(found.asked) for name in entry.names])
    hits = list(zip(found.hits[:read], found.matches, strict=False))
    compared = [phrase_matches(index, hit, found, matched, spans) for hit, matched in hits]
    # Nearly all of it in one sentence is better than all of it over a passage.
    scores = [
        table.mean(axis=0) + 0.5 * table.max(axis=1).mean() if len(table) else np.zeros(table.shape[1])
        for table in compared
    ]
    best = max(range(len(hits)), key=lambda number: float(scores[number].max()))
    at = int(scores[best].argmax())
    table = compared[best]
    matched = np.maximum(table[:, at], ELSEWHERE * table.max(axis=1)) if len(table) else np.zeros(0)
    told = sentence_with_about(index, hits[best][0], at)
    return Support(
        hit=best,
        sentence=at,
        phrases=tuple((found.asked[s.start : s.end], float(m)) for s, m in zip(spans, matched, strict=True)),
        held=holds(told, asked),
        numbered=all(number in folded(told) for number in re.findall(r"\d+(?:\.\d+)?", folded(found.question))),
    )


def phrase_matches(index: Index, hit: Hit, found: Search, matched: Floats, spans: list[Span]) -> Floats:
    """How well each phrase is matched by each sentence with what it is about, shape (phrases, sentences).

    That is the mean cosine of the phrase's tokens; at least `_SAID` where it is said word for word.
    """
    nearest = np.maximum(matched[:, :1], matched[:, 1:])
    told = [folded(sentence_with_about(index, hit, at)) for at in range(nearest.shape[1])]
    rows = np.zeros((len(spans), nearest.shape[1]), np.float32)
    for row, span in zip(rows, spans, strict=True):
        own = (found.spans[:, 0] < span.end) & (found.spans[:, 1] > span.start)
        row[:] = (nearest[own] if own.any() else nearest).mean(axis=0)
        phrase = folded(found.asked[span.start : span.end])
        if _NUMBER.fullmatch(phrase):
            said = np.array([phrase.rstrip("年") in text for text in told])
            row[:] = np.where(said, 1.0, np.minimum(row, _ABSENT))
        elif len(phrase) > 1:
            row[:] = np.where([phrase in text for text in told], np.maximum(row, _SAID), row)
    return rows


def sentence_with_about(index: Index, hit: Hit, at: int) -> str:
    """A sentence as a reader of its place has it: a row with its caption and the names of its columns."""
    paper, sentence = index.papers[hit.passage.paper], hit.passage.sentences[at]
    return f"{' '.join(hit.passage.about)} {paper.text[sentence.start : sentence.end]}"


def holds(text: str, asked: Asked) -> bool:
    """Whether a text holds every kind of thing that is asked for."""
    return all(next(things(text, want), None) is not None for want in asked.wants)


def covered(index: Index, words: Sequence[str], text: str) -> float:
    """Share of the question's informative words, by idf, that the text holds."""
    weights = {word: index.lexicon.idf(word) for word in set(words)}
    total = sum(weights.values())
    held = set(index.words.terms(text))
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0
