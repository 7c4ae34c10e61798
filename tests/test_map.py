"""The map of the papers: where points lie, which passages have one, and what a point asks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from corpus.library import Library
from corpus.paper import Paper
from corpus.settings import Settings
from indexer.model import unit
from indexer.passage_table import PassageTable
from indexer.store import IndexStore
from indexer.vectors import FaissVectors
from indexer.version import Index
from qa import Shelf
from qa import map as paper_map
from qa.leads import question_of_row, question_of_words
from qa.map import LEAST_APART, Positions, layout, map_of
from qa.overview import Overview
from tests.conftest import WordEncoder


def random_vectors(count: int, groups: int = 0) -> Positions:
    """Unit vectors; with groups, each near to one of so many centres, in turn."""
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((count, 32))
    if groups:
        vectors = chance.standard_normal((groups, 32))[np.arange(count) % groups] + 0.2 * vectors
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 9, 40])
def test_any_number_of_vectors_has_places(count: int) -> None:
    places = layout(random_vectors(count))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()


def test_one_point_lies_in_the_middle_and_two_at_the_sides() -> None:
    assert layout(random_vectors(1)).tolist() == [[0.5, 0.5]]
    assert sorted(layout(random_vectors(2)).tolist()) == [[0.0, 0.5], [1.0, 0.5]]


@pytest.mark.parametrize("vectors", [np.full((12, 16), 0.25), np.full((3, 16), 0.25), random_vectors(10).repeat(2, 0)])
def test_equal_vectors_lie_side_by_side(vectors: Positions) -> None:
    places = layout(vectors)
    assert np.isfinite(places).all()
    assert least_distance(places) > LEAST_APART / 2


def least_distance(places: Positions) -> float:
    """Between the two points that are nearest to each other."""
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    return float(distances[~np.eye(len(places), dtype=bool)].min())


def test_what_is_near_in_meaning_lies_near() -> None:
    vectors = random_vectors(60, groups=4)
    places = layout(vectors)
    assert trustworthiness(vectors, places, n_neighbors=10) > 0.9
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert (nearest % 4 == np.arange(60) % 4).all()


def test_the_same_index_has_the_same_map(small_shelf: Shelf) -> None:
    first = map_of(small_shelf.index)
    assert map_of(IndexStore(small_shelf.store.folder).load()) == first
    overview = Overview(small_shelf.index)
    assert overview.map is overview.map
    assert overview.map == first
    assert overview.events is overview.events


def test_text_and_tables_have_points_in_their_order(small_shelf: Shelf) -> None:
    index = small_shelf.index
    drawn = map_of(index)
    body = [number for number, passage in enumerate(index.passages) if passage.kind in ("text", "table")]
    assert [point.passage for point in drawn.points] == body
    assert [point.paper for point in drawn.points] == [index.passages[number].paper for number in body]
    assert drawn.left_out == 0
    kinds = {passage.kind for passage in index.passages}
    assert {"front", "reference", "back"} <= kinds  # which have none


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_few_passages_are_a_map(small_shelf: Shelf, count: int) -> None:
    index = small_shelf.index
    body = [number for number, passage in enumerate(index.passages) if passage.kind == "text"][:count]
    assert [point.passage for point in map_of(only(index, body)).points] == list(range(count))


def only(index: Index, numbers: list[int]) -> Index:
    """An index of a few passages of another one."""
    rows = np.concatenate([np.zeros(0, np.int64), *(np.array(index.rows(number)) for number in numbers)])
    axes = np.eye(index.vectors.dimension, dtype=np.float32)
    return replace(
        index,
        passages=PassageTable.of([index.passages[number] for number in numbers], index.papers),
        passage_vectors=index.passage_vectors[numbers],
        vectors=FaissVectors.build(np.stack([index.vectors.cosines(axis, rows) for axis in axes], axis=1)),
    )


def test_of_many_passages_an_even_sample_is_drawn(small_shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    index = small_shelf.index
    of_all = Counter(point.paper for point in map_of(index).points)
    monkeypatch.setattr(paper_map, "LIMIT", 60)
    drawn = map_of(index)
    assert len(drawn.points) == 60
    assert drawn.left_out == of_all.total() - 60
    of_some = Counter(point.paper for point in drawn.points)
    assert {paper: abs(of_some[paper] - of_all[paper] * 60 / of_all.total()) <= 1 for paper in of_all} == dict.fromkeys(
        of_all, True
    )
    monkeypatch.setattr(paper_map, "LIMIT", 2)
    assert Counter(point.paper for point in map_of(index).points) == dict.fromkeys(of_all, 1)


TABLE = (
    "试点研究\n\n李明\n\n一、会员\n\n会员分为三级，各级的义务和权利都不同，详见下表所列的各项内容。\n\n"
    "表1 会员资格\n会员\t所需投资\t加入时间\n特许会员\t500万美元\t2012年8月\n正式会员\t50万美元\t2013年1月\n"
)


def test_questions_say_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.txt").write_text(TABLE, encoding="utf-8")
    shelf = Shelf(Library(tmp_path / "papers"), IndexStore(tmp_path / "index"), Settings(), WordEncoder())
    shelf.update()
    assert [point.question for point in map_of(shelf.index).points] == [
        "《试点研究》怎样论述“会员分为三级，各级的义务和权利都不同”？",
        "《试点研究》中，特许会员的加入时间是什么时候？",
    ]
    paper = shelf.index.papers["a"]
    assert question_of_row(paper, paper.text.index("正式会员")) == "《试点研究》中，正式会员的加入时间是什么时候？"
    assert question_of_row(paper, 0) == ""


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("此外，首家创新研究所在扬斯敦市正式成立，随后又成立七家。", "怎样论述“首家创新研究所在扬斯敦市正式成立”？"),
        ("（1）建成 15 家（表1）中心[3]，遍布全国各州。", "怎样论述“建成 15 家中心，遍布全国各州”？"),
        ("由于研发与工艺技术结合得越来越密切，企业回流。", "怎样论述“由于研发与工艺技术结合得越来越密切，企业回流”？"),
        ("It trains many workers, and lends.", "What does the paper say of this: It trains many workers?"),
    ],
)  # fmt: skip
def test_a_sentence_becomes_a_question(text: str, question: str) -> None:
    assert question_of_words(Paper("p", "p.txt", "", ""), text) == question


def test_points_lead_to_their_passages(real_shelf: Shelf) -> None:
    """A sample; all of them are asked by `python -m tests.bench.maps`."""
    index = real_shelf.index
    points = map_of(index).points[::12]
    led = []
    for point in points:
        passage = index.passages[point.passage]
        cited = [(citation.paper.id, citation.start) for citation in real_shelf.ask(point.question).citations]
        led.append(any(paper == passage.paper and passage.start <= start < passage.end for paper, start in cited))
    assert sum(led) >= 0.9 * len(points)


def test_languages_lie_together_where_their_means_are_taken_off() -> None:
    """Pairs of like meaning, and a part that tells the language, as the model's vectors have it."""
    meanings, language = random_vectors(40), random_vectors(2)
    pairs = np.concatenate([meanings + 3 * language[0], meanings + 3 * language[1]])
    means = np.repeat([pairs[:40].mean(axis=0), pairs[40:].mean(axis=0)], 40, axis=0)
    places = layout(np.asarray(unit((pairs - means).astype(np.float32)), np.float64))
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) == (np.arange(80) + 40) % 80).mean() > 0.9
