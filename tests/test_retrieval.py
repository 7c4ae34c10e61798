"""A search adds up its four signals as it says, finds what a full comparison finds, and stays inside its scope."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corpus.language import language_of
from indexer.centre import LANGUAGES
from indexer.model import unit
from indexer.version import Index
from qa import Shelf
from qa.retrieve import SIGNALS, WEIGHTS, Scope, Weights, search
from tests.conftest import WordEncoder

QUESTIONS = [
    "什么是产业公地？",
    "IACMI的会员分几级？",
    "How many members does the NNMI have?",
    "2017财年总支出是多少亿美元",
]


def naive_signals(index: Index, encoder: WordEncoder, question: str, number: int) -> dict[str, float]:
    """The signals of one passage, from its sentences and tokens one by one."""
    passage = index.passages[number]
    language = LANGUAGES.index(language_of(index.papers[passage.paper].text[passage.start : passage.end]))
    asked = index.centres.of_question(question, encoder.encode_question(question))
    cosines = []
    for row, sentence in zip(index.rows(number), passage.sentences, strict=True):
        pieces = index.sentence_pieces[row]
        if passage.kind == "table" or sentence.end - sentence.start < 20:
            pieces = np.concatenate([index.about_pieces[number], pieces])
        lengths = index.pieces.lengths[pieces]
        mean = (lengths[:, None] * index.pieces.vectors[pieces]).sum(axis=0) / lengths.sum()
        cosines.append(float(unit(mean - index.centres.passages[language]) @ asked.vector))
    codes = [index.pieces.codes_of(np.array([piece])) for piece in index.pieces_of(number)]
    moved = unit(index.quantiser.decode(np.concatenate(codes)) - index.centres.passage_tokens[language])
    return {"late": float((asked.tokens @ moved.T).max(axis=1).mean()), "sentence": max(cosines)}


@pytest.mark.parametrize("question", QUESTIONS[:2])
def test_signals_are_what_they_are_said_to_be(small_shelf: Shelf, encoder: WordEncoder, question: str) -> None:
    index = small_shelf.index
    for hit in search(index, encoder, question, top=20).hits:
        for name, value in naive_signals(index, encoder, question, hit.number).items():
            assert hit.signals[name] == pytest.approx(value, abs=1e-4), name
        assert hit.signals["sentence"] == pytest.approx(hit.cosines.max(), abs=1e-6)
        assert len(hit.cosines) == len(hit.passage.sentences)
        assert 0 <= hit.signals["words"] < 1


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_ordered_by_the_weighted_sum(small_shelf: Shelf, encoder: WordEncoder, question: str) -> None:
    hits = search(small_shelf.index, encoder, question, top=40).hits
    assert [hit.rank for hit in hits] == list(range(1, 41))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in (hit for hit in hits if hit.passage.kind == "text"):
        assert hit.score == pytest.approx(sum(getattr(WEIGHTS, name) * hit.signals[name] for name in SIGNALS), abs=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_candidates_lose_none_of_the_first_ten(small_shelf: Shelf, encoder: WordEncoder, question: str) -> None:
    index = small_shelf.index
    few = search(index, encoder, question, top=10, candidates=50).hits
    every = search(index, encoder, question, top=10, candidates=len(index.passages)).hits
    assert [hit.number for hit in few] == [hit.number for hit in every]
    assert [hit.score for hit in few] == pytest.approx([hit.score for hit in every], abs=1e-5)


def test_a_weight_of_zero_leaves_a_signal_out(small_shelf: Shelf, encoder: WordEncoder) -> None:
    only = Weights(late=0, sentence=0, passage=0, words=1, names=0)
    hits = search(small_shelf.index, encoder, "产业公地", top=5, weights=only).hits
    assert [hit.score for hit in hits] == pytest.approx([hit.signals["words"] for hit in hits])
    assert all(
        "产业公地" in small_shelf.index.papers[hit.passage.paper].text[hit.passage.start : hit.passage.end]
        for hit in hits[:2]
    )


@pytest.mark.parametrize(
    "scope",
    [
        Scope(papers=frozenset({"chen", "zhang"})),
        Scope(years=(2019, 2019)),
        Scope(years=(2020, 2024)),
        Scope(kinds=frozenset({"table"})),
        Scope(kinds=frozenset({"reference", "back"}), papers=frozenset({"sun-luo"})),
    ],
)
def test_nothing_is_found_outside_the_scope(small_shelf: Shelf, scope: Scope) -> None:
    papers = small_shelf.index.papers
    found = small_shelf.search("制造业创新网络", scope=scope, top=500).passages
    assert found
    inside = {
        (p.paper, p.start)
        for p in small_shelf.index.passages
        if (scope.papers is None or p.paper in scope.papers)
        and (scope.kinds is None or p.kind in scope.kinds)
        and (scope.years is None or scope.years[0] <= (papers[p.paper].year or 0) <= scope.years[1])
    }
    assert {(p.paper.id, p.start) for p in found} == inside


def test_a_scope_without_papers_finds_nothing_and_refuses(small_shelf: Shelf) -> None:
    scope = Scope(years=(1850, 1860))
    assert small_shelf.search("制造业", scope=scope).passages == ()
    answer = small_shelf.ask("制造业创新网络是什么？", scope=scope)
    assert (answer.abstained, answer.confidence, answer.passages) == (True, 0.0, ())


def test_other_names_of_what_is_asked_are_searched_too(small_shelf: Shelf, encoder: WordEncoder) -> None:
    """The paper says 美国审计总署（GAO）; its table and its paragraphs use the Chinese name alone."""
    index = small_shelf.index
    with_names = search(index, encoder, "What did the GAO say?", top=3).hits
    without = search(index, encoder, "What did the GAO say?", top=3, weights=replace(WEIGHTS, names=0.0)).hits
    assert with_names[0].signals["words"] > without[0].signals["words"]
    held = index.passages[with_names[0].number]
    assert "审计总署" in index.papers[held.paper].text[held.start : held.end]


def test_references_and_abstracts_in_english_do_not_crowd_out_the_body(real_shelf: Shelf) -> None:
    for question in ("制造业拓展伙伴计划", "Manufacturing USA institutes", "advanced manufacturing partnership"):
        hits = search(real_shelf.index, real_shelf.encoder, question, top=5).hits
        assert sum(hit.passage.kind in ("text", "table") for hit in hits) >= 3
    found = real_shelf.search("刘亚威 重塑美国制造业——NNMI首份年度报告", top=1).passages[0]
    assert "刘亚威.重塑美国制造业" in found.text
