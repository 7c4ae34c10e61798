"""A map of the papers: every passage a point of a plane, passages of near meaning near each other.

The points are laid out by t-SNE (van der Maaten & Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html) from
the passage vectors of the index, each language's mean taken off (`indexer.centre`). It was chosen by trustworthiness
(how many of a point's ten nearest on the plane are near in truth) and continuity (how many of its ten truly nearest are
near on the plane), both of Venna & Kaski 2001, "Neighborhood preservation in nonlinear projection methods: an
experimental study", against PCA, metric MDS, Isomap and spectral embedding: `python -m tests.bench.maps`.

A point's question leads to its passage: it says what the passage's most central sentence says, and the answer to it is
cited from there.

>>> point = map_of(index).points[138]
>>> point.question
'《美国国家制造业创新网络建设及管理模式》怎样论述“美国国家制造业创新网络的核心单元是制造业创新中心”？'
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from corpus.paper import Paper
from indexer.passages import KINDS, Passage
from indexer.version import Index
from qa.leads import SHORTEST, question_of_row, question_of_words

LIMIT = 2000
"""Points that are drawn at most, but for one of each paper."""
LEAST_APART = 0.018
"""How near two points may come, in the width of the map: nearer ones could not be told apart."""
_PERPLEXITY = 50.0
_LEAST_POINTS = 8
"""Fewer passages have no neighbourhoods: their first two principal components are drawn."""
_SEED = 0
_ROUNDS = 60
_GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
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
    kinds = [KINDS.index("text"), KINDS.index("table")]
    body = np.flatnonzero(np.isin(index.passages.kinds, kinds)).tolist()
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
    for sentence in passage.sentences:
        if asked := question_of_row(paper, sentence.start):
            return asked
    return question_of_words(paper, _central_sentence(index, number, paper, passage))


def _sampled(index: Index, body: list[int]) -> list[int]:
    """Up to `LIMIT` of these passages, evenly spaced, and one of each paper that would have none."""
    if len(body) <= LIMIT:
        return body
    chosen = {body[at] for at in np.linspace(0, len(body) - 1, LIMIT).astype(int)}
    papers = index.passages.papers
    with_points = set(papers[sorted(chosen)].tolist())
    of_paper: dict[int, list[int]] = {}
    for number, paper in zip(body, papers[body].tolist(), strict=True):
        of_paper.setdefault(paper, []).append(number)
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


def _central_sentence(index: Index, number: int, paper: Paper, passage: Passage) -> str:
    """The sentence that is nearest to the whole passage, of those that say something alone."""
    cosines = index.vectors.cosines(index.passage_vectors[number], np.array(index.rows(number), np.int64))
    said = [paper.text[(s := passage.sentences[at]).start : s.end] for at in np.argsort(-cosines, kind="stable")]
    return next((text for text in said if len(text) >= SHORTEST), said[0])
