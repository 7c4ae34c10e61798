"""A question in, ranked passages out.

Candidates are the passages with the sentences nearest to the question and those that share its rarest words. Their
scores add up four signals, each a cosine or a share, so that a score means the same in every library and at every time:

    late      MaxSim over the tokens of the question and the passage (`indexer.codes`)
    sentence  cosine of the question with the passage's best sentence
    passage   cosine of the question with the whole passage
    words     BM25 as a share of what the question's words could score at most (`Lexicon.explained`)

How far the words are trusted is thus up to the question: an English one shares few with a Chinese library, `words` is
then near 0 for every passage, and meaning decides. All vectors have the mean of their language taken off
(`indexer.centre`). The names that a question uses are looked up in the papers' own glossary (`indexer.glossary`).
The paper or table that a question names (`qa.focus`) comes first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from corpus.language import language_of
from corpus.settings import Settings
from indexer.centre import LANGUAGES
from indexer.codes import matches, maxsim
from indexer.columns import will_need
from indexer.glossary import Entry
from indexer.model import Encoded, Encoder
from indexer.passages import KINDS, Passage, PassageKind
from indexer.version import Index, Where
from qa.focus import Focus, focus_of

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_ROWS_A_PASSAGE = 8
"""Sentences looked for, for each passage that meaning may propose: several of the nearest may be of one."""
COMPARED = 5
"""Of so many hits the sentences are compared with the question token by token, and of all where each paper is asked."""
SIGNALS = ("late", "sentence", "passage", "words")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts.

    Chosen on XQuAD (`tests/bench/fit.py`) and on our own questions, `tests/questions/written.jsonl`; around these
    values the measures change by less than chance would change them.
    """

    late: float = 1.0
    sentence: float = 0.05
    passage: float = 0.05
    words: float = 0.1
    names: float = 0.5
    """What a term counts that stands only in another name of what the question names; 0 leaves the glossary out."""


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search: None means everywhere. `years` are the first and the last; a paper without a year is in none."""

    papers: frozenset[str] | None = None
    years: tuple[int, int] | None = None
    kinds: frozenset[PassageKind] | None = None

    def holds(self, index: Index) -> NDArray[np.bool_]:
        """Which passages are inside, shape (passages,)."""
        passages, catalogue = index.passages, index.catalogue
        inside = np.ones(len(passages), dtype=bool)
        if self.papers is not None:
            inside &= np.isin(passages.papers, [n for id_, n in catalogue.numbers.items() if id_ in self.papers])
        if self.years is not None:
            first, last = self.years
            inside &= ((catalogue.years >= first) & (catalogue.years <= last))[passages.papers]
        if self.kinds is not None:
            inside &= np.isin(passages.kinds, [KINDS.index(kind) for kind in self.kinds])
        return inside


EVERYWHERE = Scope()

# Reference lists, author notes and English abstracts are found when they fit best, not when they fit as well. A paper
# that is nothing else, such as a page of notes, has no body that they could crowd out.
_PENALTY: dict[PassageKind, float] = {"text": 0.0, "table": 0.0, "front": 0.025, "back": 0.05, "reference": 0.1}
_PENALTIES = np.array([_PENALTY[kind] for kind in KINDS], np.float32)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. `score` is the weighted sum of the signals, higher is better; `cosines` are its sentences'."""

    rank: int
    number: int
    passage: Passage
    score: float
    signals: Mapping[str, float] = field(default_factory=dict)
    cosines: Floats = field(default_factory=lambda: np.zeros(0, np.float32))


@dataclass(frozen=True)
class Search:
    """What a search found out: the hits, best first, and what the answer is made from.

    `words` are the question's terms and `known` is the share of the informative ones that the library holds;
    `background` holds the cosines of all candidates' sentences. The first `named` hits are of the paper or table that
    the question names; `each` tells that it asks for something of every paper. `asked` is the text that was searched
    for, `spans` where its tokens stand in it. `matches` tell, for the first `COMPARED` hits, how near each of these
    tokens comes to what the passage is about (first column) and to each of its sentences, shape (tokens,
    1 + sentences).
    """

    index: Index
    """What the hits' numbers count in: what was searched, or the part of it that can hold hits."""
    question: str
    hits: tuple[Hit, ...]
    words: tuple[str, ...]
    known: float
    background: Floats
    timings_ms: Mapping[str, float]
    named: int
    each: bool
    asked: str
    spans: Numbers
    matches: tuple[Floats, ...]


def search(
    index: Index,
    encoder: Encoder,
    question: str,
    top: int,
    scope: Scope = EVERYWHERE,
    candidates: int = Settings().candidates,
    weights: Weights = WEIGHTS,
) -> Search:
    """The `top` best passages for a question. `candidates` limits how many each of meaning and words proposes."""
    begun = time.perf_counter()
    focus = focus_of(question, index.catalogue)
    names = index.glossary.named_in(focus.asked) if weights.names else []
    told = in_chinese(focus.asked, names)
    asked = index.centres.of_question(focus.asked, encoder.encode_question(told))
    encoded = time.perf_counter()
    words = index.words.terms(focus.asked)
    weighted = weighted_terms(index, focus.asked, names, weights.names)
    index = index.around(asked.vector, weighted, _where(scope, focus), candidates)
    inside = scope.holds(index)
    named = focus.holds(index) & inside
    chosen = np.union1d(
        _candidates(index, asked.vector, weighted, inside, candidates),
        _candidates(index, asked.vector, weighted, named, candidates),
    )
    found = time.perf_counter()
    signals, cosines = _signals(index, asked, weighted, chosen)
    total = sum((getattr(weights, name) * signals[name] for name in SIGNALS), np.zeros(len(chosen), np.float32))
    total -= _penalties(index, chosen)
    order = np.lexsort((-total, ~named[chosen]))
    if focus.each:
        order = order[np.lexsort((_is_later(index, chosen[order]), ~named[chosen[order]]))]
    order = order[:top]
    hits = tuple(
        Hit(
            rank, int(chosen[at]), index.passages[chosen[at]], float(total[at]),
            {name: float(signals[name][at]) for name in SIGNALS}, cosines[at],
        )
        for rank, at in enumerate(order.tolist(), 1)
    )  # fmt: skip
    compared = tuple(
        token_matches(index, asked.tokens, hit.number) for hit in (hits if focus.each else hits[:COMPARED])
    )
    ended = time.perf_counter()
    timings = {"encode": encoded - begun, "search": found - encoded, "rerank": ended - found}
    return Search(
        index=index,
        question=question,
        hits=hits,
        words=words,
        known=index.lexicon.known(words),
        background=np.concatenate(cosines) if cosines else np.zeros(0, np.float32),
        timings_ms={step: 1e3 * seconds for step, seconds in timings.items()},
        named=int(named[chosen[order]].sum()),
        each=focus.each,
        asked=told,
        spans=asked.spans,
        matches=compared,
    )


def _penalties(index: Index, chosen: Numbers) -> Floats:
    """What is taken off the score of each of the chosen passages."""
    passages = index.passages
    penalties: Floats = np.where(index.with_body[passages.papers[chosen]], _PENALTIES[passages.kinds[chosen]], 0)
    return penalties


def _where(scope: Scope, focus: Focus) -> list[Where]:
    """The parts of an index that candidates are proposed from: the scope, and in it what the question names."""
    parts = [Where(scope.papers, scope.years, scope.kinds)]
    if focus.papers or focus.tables:
        papers = focus.papers if scope.papers is None else focus.papers & scope.papers
        named = Where(scope.papers, scope.years, scope.kinds, focus.tables) if focus.tables else Where(papers)
        parts.append(replace(named, years=scope.years, kinds=scope.kinds))
    return parts


def _is_later(index: Index, ranked: Numbers) -> NDArray[np.bool_]:
    """Which of the ranked passages have one of the same paper before them."""
    later = np.ones(len(ranked), dtype=bool)
    later[np.unique(index.passages.papers[ranked], return_index=True)[1]] = False
    return later


def weighted_terms(index: Index, asked: str, names: list[tuple[str, Entry]], other: float) -> dict[str, float]:
    """The terms that a question is searched by: its own, and those of the other names with the weight `other`."""
    weighted: dict[str, float] = {}
    for term in index.words.indexed(asked):
        weighted[term] = weighted.get(term, 0.0) + 1.0
    for name, entry in names:
        for term in index.words.terms(" ".join(sorted(entry.names - {name}))):
            weighted.setdefault(term, other)
    return weighted


def in_chinese(asked: str, names: list[tuple[str, Entry]]) -> str:
    """An English question with the names that the papers give in Chinese put in their place.

    >>> in_chinese("Who runs IACMI?", glossary.named_in("Who runs IACMI?"))
    'Who runs 美国先进复合材料制造创新中心?'
    """
    if language_of(asked) == "zh":
        return asked
    for name, entry in names:
        if entry.chinese and re.search("[A-Za-z]", name):
            chinese = entry.chinese[0].replace("\\", r"\\")
            asked = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", chinese, asked)
    return asked


def _candidates(
    index: Index, vector: Floats, terms: Mapping[str, float], inside: NDArray[np.bool_], most: int
) -> Numbers:
    """The passages inside that meaning or words propose, at most `most` each, in the order of their numbers."""
    if not inside.any():
        return np.zeros(0, np.int64)
    everywhere = inside.all()
    within = None if everywhere else np.repeat(inside, index.passages.sentence_counts)
    _, rows = index.vectors.search(vector, _ROWS_A_PASSAGE * most, within)
    near = list(dict.fromkeys(index.passage_of(rows).tolist()))[:most]
    sharing = index.lexicon.best(terms, most, None if everywhere else inside)
    return np.union1d(np.array(near, dtype=np.int64), sharing)


def _signals(
    index: Index, asked: Encoded, terms: Mapping[str, float], chosen: Numbers
) -> tuple[dict[str, Floats], list[Floats]]:
    """Every signal of the chosen passages, each of shape (chosen,), and the cosines of their sentences."""
    ranges = [index.rows(number) for number in chosen.tolist()]
    rows = np.concatenate([np.arange(r.start, r.stop) for r in ranges]) if ranges else np.zeros(0, np.int64)
    will_need(index.passage_vectors, zip(chosen.tolist(), (chosen + 1).tolist(), strict=True))
    cosines = np.split(index.vectors.cosines(asked.vector, rows), np.cumsum([len(r) for r in ranges])[:-1])
    signals = {
        "late": _late(index, asked.tokens, chosen),
        "sentence": np.array([each.max() for each in cosines if len(each)], dtype=np.float32),
        "passage": index.passage_vectors[chosen] @ asked.vector,
        "words": index.lexicon.explained(terms, chosen),
    }
    return signals, cosines[: len(chosen)]


def _late(index: Index, question: Floats, chosen: Numbers) -> Floats:
    """MaxSim of the chosen passages, those of each language with its mean taken off."""
    late = np.zeros(len(chosen), np.float32)
    for language in range(len(LANGUAGES)):
        where = np.flatnonzero(index.passages.languages[chosen] == language)
        pieces = [index.pieces_of(int(number)) for number in chosen[where]]
        if pieces:
            tokens = index.pieces.tokens_of(np.concatenate(pieces), index.quantiser)
            lengths = [int(index.pieces.lengths_of(each).sum()) for each in pieces]
            late[where] = maxsim(question, tokens, lengths, index.centres.passage_tokens[language])
    return late


def token_matches(index: Index, question: Floats, passage: int) -> Floats:
    """A text's tokens, their language's mean taken off, against a passage by its number; see `Search.matches`."""
    about = index.about_pieces[passage]
    of_sentences = [index.sentence_pieces[row] for row in index.rows(passage)]
    pieces = np.concatenate([about, *of_sentences]).astype(np.int64)
    tokens = index.pieces.tokens_of(pieces, index.quantiser)
    centre = index.centres.passage_tokens[index.passages.languages[passage]]
    nearest = matches(question, tokens, index.pieces.lengths_of(pieces), centre)
    starts = np.cumsum([len(about), *(len(numbers) for numbers in of_sentences)])[:-1]
    columns = [np.max(part, axis=1, initial=-1.0) for part in np.split(nearest, starts, axis=1)]
    return np.stack(columns, axis=1).astype(np.float32)
