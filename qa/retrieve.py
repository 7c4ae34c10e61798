"""A question in, ranked passages out.

Two signals are added as z-scores over the passages searched: the cosine of the question with a passage's best
sentence, and BM25. How much the words count depends on the question: as far as the library knows its informative words.
A question in another language than the papers' shares no words with them, and BM25 then says nothing but noise.
The paper or table that a question names (`qa.focus`) comes first.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.lexical import terms
from indexer.model import Encoder
from indexer.passages import Passage
from indexer.store import Index
from qa.focus import focus_of

Floats = NDArray[np.float32]

# Reference lists, author notes and English abstracts are found when they fit best, not when they fit as well.
_PENALTY = {"text": 0.0, "table": 0.0, "front": 0.5, "back": 0.5, "reference": 1.0}


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `score` is in standard deviations above the mean passage, higher is better."""

    rank: int
    number: int
    passage: Passage
    score: float


@dataclass(frozen=True)
class Search:
    """What a search found out: the hits, best first, and what the answer is made from.

    `cosines` holds for every sentence row of the index its cosine with the question; `words` are the question's terms
    and `known` is the share of the informative ones that the library holds. The first `named` hits are of the paper or
    table that the question names.
    """

    question: str
    hits: tuple[Hit, ...]
    cosines: Floats
    words: tuple[str, ...]
    known: float
    encode_ms: float
    rank_ms: float
    named: int = 0


def search(index: Index, encoder: Encoder, question: str, top: int, papers: Collection[str] | None = None) -> Search:
    """The `top` best passages for a question, from all papers or only those named."""
    begun = time.perf_counter()
    focus = focus_of(question, index.papers)
    vector = index.centres.of_question(focus.asked, encoder.encode_question(focus.asked))
    encoded = time.perf_counter()
    found, rows = index.vectors.search(vector, len(index.vectors))
    cosines = np.zeros(len(index.vectors), dtype=np.float32)
    cosines[rows] = found
    words = terms(focus.asked)
    known = index.lexicon.known(words)
    inside = np.array([papers is None or p.paper in papers for p in index.passages], dtype=bool)
    total = _fused(index, cosines, words, known, inside)
    named = inside & np.array([focus.holds(p, index.papers) for p in index.passages], dtype=bool)
    order = [int(i) for i in np.lexsort((-total, ~named))[:top] if inside[i]]
    hits = tuple(Hit(rank, i, index.passages[i], float(total[i])) for rank, i in enumerate(order, 1))
    ended = time.perf_counter()
    ahead = int(named[order].sum())
    return Search(question, hits, cosines, words, known, (encoded - begun) * 1e3, (ended - encoded) * 1e3, ahead)


def _fused(index: Index, cosines: Floats, words: Sequence[str], known: float, inside: NDArray[np.bool_]) -> Floats:
    """Score of every passage, shape (passages,); those not inside score minus infinity."""
    best = np.maximum.reduceat(cosines, index.first_rows) if len(cosines) else np.zeros(0, np.float32)
    penalty = np.array([_PENALTY[p.kind] for p in index.passages], dtype=np.float32)
    words_say = standardised(index.lexicon.scores(words), inside)
    total: Floats = standardised(best, inside) + np.float32(known) * words_say - penalty
    total[~inside] = -np.inf
    return total


def standardised(values: Floats, inside: NDArray[np.bool_]) -> Floats:
    """z-scores by the mean and standard deviation of the values inside; zeros where these do not differ."""
    chosen = values[inside]
    spread = float(chosen.std()) if len(chosen) else 0.0
    if spread < 1e-6:
        return np.zeros_like(values)
    scaled: Floats = ((values - chosen.mean()) / spread).astype(np.float32)
    return scaled
