"""A map of the papers: every passage a point of a plane, passages of near meaning near each other.

The points are laid out by t-SNE (van der Maaten & Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html) from the
passage vectors of the index, each language's mean taken off (`indexer.centre`). It was chosen by trustworthiness (how
many of a point's ten nearest on the plane are near in truth) and continuity (how many of its ten truly nearest are near
on the plane), both of Venna & Kaski 2001, "Neighborhood preservation in nonlinear projection methods", against PCA,
metric MDS, Isomap and spectral embedding: `python -m tests.bench.maps`.

A point's question leads to its passage: it says what the passage's most central sentence says, and the answer to it is
cited from there.

>>> point = map_of(index).points[41]
>>> index.passages[point.passage].section, point.question
QQ
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from corpus.clean import HAN
from corpus.language import language_of
from corpus.paper import Paper
from indexer.passages import Passage
from indexer.version import Index
from qa.answer import REFERENCE_MARK

LIMIT = 2000
"""Points that are drawn at most, but for one of each paper."""
LEAST_APART = 0.016
"""How near two points may come, in the width of the map: nearer ones could not be told apart."""
_PERPLEXITY = 30.0
_LEAST_POINTS = 8
"""Fewer passages have no neighbourhoods: their first two principal components are drawn."""
_SEED = 0
_ROUNDS = 60
_GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
_SHORTEST, _LONGEST = 14, 60
_LONGEST_LABEL = 40

_LEADS = re.compile(
    r"(?:[（(]?[一二三四五六七八九十\d]{1,2}(?:[)）、]|[.．](?!\d))|[①-⑳]|[•●■▪-]\s|第?[一二三四五六七八九十]+[是，、])\s*"
    r"|(?:此外|除此之外|其中|目前|因此|同样|同时|与此同时|另外|例如|如|即|首先|其次|再次|最后|然而|但是?|而且|并且|不过|总之|对此|随后|为此)"
    r"[，,]\s?"
)
_DEPENDENT = re.compile(r"(?:为[了贯推促加提协抢实]|由于|随着|在|基于|根据|只有|通过|当|作为|从|按照|近年|\d{4}\s?[年财])")
"""How a clause begins that leads in to the next one: 由于研发创新与工艺技术越来越密切，…"""
_BRACKETS = re.compile(r"[（(][^（）()]*(?:[)）]|\Z)")
_PART_END = re.compile(r"[，；：。！？]|[,;:!?](?!\d)")
_FIGURES = re.compile(rf"[^{HAN}A-Za-z]*\d[^{HAN}A-Za-z]*(?:[万亿]?[{HAN}]{{0,2}})")

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MapPoint:
    """Passage number `passage` of the index, which is of paper `paper`, at `x` and `y` of 0 to 1, y downwards.

    `question` is what is asked when the point is chosen.
    """

    passage: int
    paper: str
    x: float
    y: float
    question: str


@dataclass(frozen=True, slots=True)
class PaperMap:
    """The points in the order of their passages, and how many passages of text and tables are not drawn."""

    points: tuple[MapPoint, ...]
    left_out: int


def map_of(index: Index) -> PaperMap:
    """The map of a version of the index; the same for the same version. Front matter, references and notes are left
    out, and of more than `LIMIT` passages an even sample is drawn."""
    body = [number for number, passage in enumerate(index.passages) if passage.kind in ("text", "table")]
    drawn = _sampled(index, body)
    places = layout(np.asarray(index.passage_vectors[drawn], np.float64))
    points = (
        MapPoint(number, index.passages[number].paper, float(x), float(y), question_of(index, number))
        for number, (x, y) in zip(drawn, places, strict=True)
    )
    return PaperMap(tuple(points), len(body) - len(drawn))


def layout(vectors: Positions) -> Positions:
    """Places of 0 to 1 for unit vectors of shape (points, dimension), as (points, 2), none on top of another."""
    if len(vectors) < _LEAST_POINTS or np.ptp(vectors, axis=0).max() < 1e-6:
        places = _principal(vectors)
    else:
        tsne = TSNE(perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3), init="pca", random_state=_SEED)
        # Threads add up in any order, and a last digit that differs becomes another picture.
        with threadpool_limits(1):
            places = tsne.fit_transform(vectors.astype(np.float32)).astype(np.float64)
    return _apart(_scaled(places))


def question_of(index: Index, number: int) -> str:
    """A question that is answered from a passage: of a table's row one cell, else what its central sentence says."""
    passage = index.passages[number]
    paper = index.papers[passage.paper]
    row = next((asked for sentence in passage.sentences if (asked := _of_row(paper, sentence.start))), "")
    if row:
        return f"《{paper.title}》中，{row}" if paper.title else row
    said = _central_clause(index, number, paper, passage)
    if language_of(said) == "en":
        return f"What does the paper say of this: {said}?"
    return f"《{paper.title}》怎样论述“{said}”？" if paper.title else f"怎样论述“{said}”？"


def _sampled(index: Index, body: list[int]) -> list[int]:
    """Up to `LIMIT` of these passages, evenly spaced, and one of each paper that would have none."""
    if len(body) <= LIMIT:
        return body
    chosen = {body[at] for at in np.linspace(0, len(body) - 1, LIMIT).astype(int)}
    with_points = {index.passages[number].paper for number in chosen}
    of_paper: dict[str, list[int]] = {}
    for number in body:
        of_paper.setdefault(index.passages[number].paper, []).append(number)
    chosen |= {some[len(some) // 2] for paper, some in of_paper.items() if paper not in with_points}
    return sorted(chosen)


def _principal(vectors: Positions) -> Positions:
    """The first two principal components, each with its largest value positive; zeros where there are fewer."""
    places = np.zeros((len(vectors), 2))
    if len(vectors) > 1:
        left, size, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
        parts = (left * size)[:, :2]
        parts[:, size[:2] < 1e-6] = 0  # what is left of equal vectors is noise
        largest = parts[np.abs(parts).argmax(axis=0), range(parts.shape[1])]
        places[:, : parts.shape[1]] = parts * np.where(largest < 0, -1, 1)
    return places


def _scaled(places: Positions) -> Positions:
    """Each axis from 0 to 1; where all are alike on it, in the middle."""
    if not len(places):
        return places
    low, width = places.min(axis=0), np.ptp(places, axis=0)
    scaled: Positions = np.where(width > 0, (places - low) / np.where(width > 0, width, 1), 0.5)
    return scaled


def _apart(places: Positions) -> Positions:
    """Push points that are nearer than `LEAST_APART` away from each other, as far as there is room."""
    if len(places) < 2:
        return places
    turns = np.arange(len(places)) * _GOLDEN_ANGLE
    for _ in range(_ROUNDS):
        near = NearestNeighbors(radius=LEAST_APART).fit(places)
        distances, others = near.radius_neighbors()
        one = np.repeat(np.arange(len(places)), [len(each) for each in others])
        if not len(one):
            break
        other, distance = np.concatenate(others).astype(int), np.concatenate(distances)
        away = places[one] - places[other]
        same = distance < 1e-9
        away[same] = np.stack([np.cos(turns[one[same]]), np.sin(turns[one[same]])], axis=1)
        away /= np.where(same, 1, np.maximum(distance, 1e-9))[:, None]
        step = np.zeros_like(places)
        np.add.at(step, one, away * (0.55 * (LEAST_APART - distance))[:, None])
        places = np.clip(places + step, 0, 1)
    return places


def _of_row(paper: Paper, offset: int) -> str:
    """What a cell of the row at `offset` holds, as a question: 特许会员的所需投资是什么？ Empty where there is no such row."""
    table = paper.table_at(offset)
    row = table.row_at(offset) if table is not None else None
    if table is None or row is None or not table.header:
        return ""
    cells = table.rows[row]
    named = [
        at for at, cell in enumerate(cells)
        if re.search(rf"[{HAN}]{{2}}|[A-Za-z]{{3}}|\d{{4}}\s?年", cell) and [r[at] for r in table.rows].count(cell) == 1
    ]  # fmt: skip
    asked = [
        at for at, (name, cell) in enumerate(zip(table.header, cells, strict=True))
        if named and at != named[0] and re.search(rf"[{HAN}]{{2}}", name) and cell not in ("", "√", "×")
    ]  # fmt: skip
    if not asked:
        return ""
    name = re.sub(r"\s*[（(].*?[)）]", "", table.header[asked[-1]])
    if re.search("时间$|日期$|期限$", name):
        asks = "是什么时候"
    else:
        asks = "是多少" if _FIGURES.fullmatch(cells[asked[-1]]) else "是什么"
    return f"{cells[named[0]][:_LONGEST_LABEL]}的{name}{asks}？"


def _central_clause(index: Index, number: int, paper: Paper, passage: Passage) -> str:
    """The first clauses of the sentence that is nearest to the whole passage, of those that say something alone."""
    cosines = index.vectors.cosines(index.passage_vectors[number], np.array(index.rows(number), np.int64))
    sentences = [passage.sentences[at] for at in np.argsort(-cosines, kind="stable")]
    said = [REFERENCE_MARK.sub("", paper.text[s.start : s.end]).replace("\t", " ") for s in sentences]
    return _clause(next((text for text in said if len(text) >= _SHORTEST), said[0]))


def _clause(text: str) -> str:
    """As many clauses of a sentence as make `_SHORTEST` characters, without brackets and what leads in to them.

    >>> _clause("此外，2012 年 8 月，首家制造业创新研究所在俄亥俄州扬斯敦成立，随后又陆续成立了七家。")
    '2012 年 8 月，首家制造业创新研究所在俄亥俄州扬斯敦成立'
    """
    text = _BRACKETS.sub("", text).strip()
    while (lead := _LEADS.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    ends = [*(match.start() for match in _PART_END.finditer(text)), len(text)]
    if len(ends) > 1 and _DEPENDENT.match(text):
        ends = ends[1:]
    return _cut(text[: next((end for end in ends if end >= _SHORTEST), ends[-1])])


def _cut(text: str) -> str:
    """A clause cut to `_LONGEST` characters, or three times as many letters, before a word or number that goes on."""
    longest = _LONGEST if language_of(text) == "zh" else 3 * _LONGEST
    return re.sub(r"[A-Za-z\d.]+\Z", "", text[:longest]).strip() if len(text) > longest else text
