"""How well the passages found bear out a question: what no similarity of whole texts tells.

A near miss has the names and not the fact: of “MForesight 有多少名员工？” the papers know MForesight and no 员工.
So the question is taken apart into what it speaks of (`qa.asked.phrases`), and each phrase is looked for in one
sentence with what that sentence is about, token by token (`Search.matches`). What stands elsewhere in the passage
counts `ELSEWHERE`.

>>> support(index, read_passages(index, found)).phrases
(('MForesight', 0.95), ('员工', 0.34))
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from corpus.clean import HAN
from corpus.language import language_of
from indexer.glossary import Entry
from indexer.lexical import folded
from indexer.passages import Passage
from indexer.version import Index
from qa.asked import Asked, Kind, Span, asked_of, is_place, phrases, things
from qa.retrieve import COMPARED, Hit, Search

ELSEWHERE = 0.9
COUNTED: tuple[Kind, ...] = ("amount", "date")
"""The kinds of things that a pattern finds in nearly every sentence that holds one; names are found less surely."""
LENT = 0.9
"""What a sentence that leans on the one before it has of that one's matches."""
LEANS = re.compile(r".{0,3}(?:该|其(?!中|他)|它|他们|这一|这些|此)")
"""How such a sentence begins."""
_HOLDING = 0.15
_NUMBER = re.compile(r"[\d.]+年?")
SAID = 0.95
"""What a phrase is matched by at least where it is said word for word: a cosine tells of its context too."""
_ABSENT = 0.3
"""The most that a number or a place is matched by a sentence that does not hold it: near in meaning is another one."""

Floats = NDArray[np.float32]


class Asking(Protocol):
    """A text with the places of its tokens in it, shape (tokens, 2)."""

    @property
    def asked(self) -> str: ...

    @property
    def spans(self) -> NDArray[np.int64]: ...


@dataclass(frozen=True)
class Reading:
    """The passages that an answer is made from, and how well their sentences bear the question's phrases.

    `phrases` are spans of `found.asked`; `tables` has for each hit the cosines by which they are matched, shape
    (phrases, sentences).
    """

    found: Search
    asked: Asked
    hits: tuple[Hit, ...]
    phrases: tuple[Span, ...]
    tables: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """The sentence that bears most of a question, by number of hit and sentence, and what of the question it bears.

    `phrases` are the question's with the cosine by which each is matched, -1 to 1. `counted` tells whether the sentence
    holds the amounts and dates that are asked for, `numbered` whether it holds the question's own
    numbers: 1, or ½ where only another sentence read does, 0 where none does.
    """

    hit: int
    sentence: int
    phrases: tuple[tuple[str, float], ...]
    counted: bool
    numbered: float

    @property
    def mean(self) -> float:
        """Over the phrases; of a question that speaks of nothing, 0."""
        return float(np.mean([cosine for _, cosine in self.phrases])) if self.phrases else 0.0


def read_passages(index: Index, found: Search) -> Reading:
    """The first `COMPARED` hits, or all where each paper is asked; of what the question names, where there is such."""
    most = len(found.hits) if found.each else COMPARED
    hits = found.hits[: min(most, found.named or most)]
    names = index.glossary.named_in(found.asked)
    spans = phrases(found.asked, [name for _, entry in names for name in entry.names])
    others = [other_names(found.asked[span.start : span.end], names) for span in spans]
    tables = tuple(
        _lent(index, hit.passage, phrase_matches(index, hit.passage, found, matched, spans, others))
        for hit, matched in zip(hits, found.matches, strict=False)
    )
    return Reading(found, asked_of(found.question), hits[: len(tables)], tuple(spans), tables)


def support(index: Index, reading: Reading) -> Support:
    """Of a reading of at least one hit."""
    found, hits = reading.found, reading.hits
    # Nearly all of it in one sentence is better than all of it over a passage; best is one with what is asked for.
    scores = [
        (table.mean(axis=0) + 0.5 * table.max(axis=1).mean() if len(table) else np.zeros(table.shape[1]))
        + (_holding(index, reading.asked, hit.passage) if reading.asked.wants else 0.0)
        for hit, table in zip(hits, reading.tables, strict=True)
    ]
    best = max(range(len(hits)), key=lambda number: float(scores[number].max()))
    at = int(scores[best].argmax())
    table = reading.tables[best]
    matched = np.maximum(table[:, at], ELSEWHERE * table.max(axis=1)) if len(table) else np.zeros(0)
    told = sentence_with_about(index, hits[best].passage, at)
    return Support(
        hit=best,
        sentence=at,
        phrases=tuple((found.asked[s.start : s.end], float(m)) for s, m in zip(reading.phrases, matched, strict=True)),
        counted=holds(told, reading.asked, COUNTED),
        numbered=_numbered(index, reading, told),
    )


def _numbered(index: Index, reading: Reading, told: str) -> float:
    """How the question's numbers are held: see `Support`."""
    wanted = re.findall(r"\d+(?:\.\d+)?", folded(reading.found.question))
    if all(number in folded(told) for number in wanted):
        return 1.0
    every = (
        sentence_with_about(index, hit.passage, at) for hit in reading.hits for at in range(len(hit.passage.sentences))
    )
    read = folded(" ".join(every))
    return 0.5 if all(number in read for number in wanted) else 0.0


def phrase_matches(
    index: Index,
    passage: Passage,
    text: Asking,
    matched: Floats,
    spans: Sequence[Span],
    others: Sequence[Collection[str]],
) -> Floats:
    """How well each phrase of a text is matched by each sentence with what it is about, shape (phrases, sentences).

    That is the mean cosine of the phrase's tokens; at least `SAID` where it, or one of its `others` (the other names
    of what it names), is said word for word. `matched` are the text's tokens against the passage: see `Search.matches`.
    """
    nearest = np.maximum(matched[:, :1], matched[:, 1:])
    told = [folded(sentence_with_about(index, passage, at)) for at in range(nearest.shape[1])]
    close = [re.sub(r"\s+", "", text) for text in told]
    foreign = language_of(text.asked) != language_of(told[0]) if told else False
    rows = np.zeros((len(spans), nearest.shape[1]), np.float32)
    for row, span, other in zip(rows, spans, others, strict=True):
        own = (text.spans[:, 0] < span.end) & (text.spans[:, 1] > span.start)
        row[:] = (nearest[own] if own.any() else nearest).mean(axis=0)
        phrase = folded(text.asked[span.start : span.end])
        if _NUMBER.fullmatch(phrase):
            said = np.array([phrase.rstrip("年") in sentence for sentence in told])
            row[:] = np.where(said, 1.0, np.minimum(row, _ABSENT))
            continue
        if not foreign and is_place(phrase):
            row[:] = np.minimum(row, _ABSENT)  # 美国 is near to 中国, and not it
        # A printed name may be spaced out (孙 毅); words of other scripts stay apart.
        for name in (phrase, *map(folded, other)):
            texts = close if re.search(f"[{HAN}]", name) else told
            if len(name) > 1:
                said = np.array(
                    [re.sub(r"\s+", "", name) in text if texts is close else name in text for text in texts]
                )
                row[:] = np.where(said, np.maximum(row, SAID), row)
    return rows


def other_names(phrase: str, names: Sequence[tuple[str, Entry]]) -> tuple[str, ...]:
    """The other names of what a phrase names: of IACMI, 先进复合材料制造创新中心."""
    return tuple(other for name, entry in names if name == phrase for other in sorted(entry.names - {name}))


def _lent(index: Index, passage: Passage, table: Floats) -> Floats:
    """A table of matches in which a sentence that leans on the one before it (该中心…, or a note on an author) has what
    that one says, at `LENT` of its cosine."""
    paper = index.papers[passage.paper]
    sentences = passage.sentences
    for at in range(1, table.shape[1]):
        block = paper.block_at(sentences[at].start)
        of_a_note = block.kind == "back" and block == paper.block_at(sentences[at - 1].start)
        if of_a_note or LEANS.match(paper.text, sentences[at].start, sentences[at].end):
            table[:, at] = np.maximum(table[:, at], LENT * table[:, at - 1])
    return table


def sentence_with_about(index: Index, passage: Passage, at: int) -> str:
    """A sentence as a reader of its place has it: a row with its caption and the names of its columns."""
    paper, sentence = index.papers[passage.paper], passage.sentences[at]
    return f"{' '.join(passage.about)} {paper.text[sentence.start : sentence.end]}"


def _holding(index: Index, asked: Asked, passage: Passage) -> Floats:
    """What holding the amounts and dates asked for adds to each sentence."""
    told = (sentence_with_about(index, passage, at) for at in range(len(passage.sentences)))
    return np.array([_HOLDING * holds(text, asked, COUNTED) for text in told], np.float32)


def holds(text: str, asked: Asked, kinds: Collection[Kind] = get_args(Kind)) -> bool:
    """Whether a text holds every thing asked for that is of these kinds."""
    return all(next(things(text, want), None) is not None for want in asked.wants if want.kind in kinds)


def covered(index: Index, words: Sequence[str], text: str) -> float:
    """Share of the question's informative words, by idf, that the text holds."""
    # In the order of the question: by the order of a set the last digit would be another in another process.
    weights = {word: index.lexicon.idf(word) for word in dict.fromkeys(words)}
    total = sum(weights.values())
    held = set(index.words.terms(text))
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0
