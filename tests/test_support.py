"""What of a question a sentence bears, phrase by phrase: this tells a near miss from an answer."""

from __future__ import annotations

import numpy as np
import pytest

from qa import Shelf
from qa.asked import Span
from qa.retrieve import search
from qa.support import Support, phrase_matches, read_passages, support


def borne(shelf: Shelf, question: str) -> tuple[Support, str]:
    """The support of a question, and the sentence that gives it."""
    reading = read_passages(shelf.index, search(shelf.index, shelf.encoder, question, top=10))
    bearing = support(shelf.index, reading)
    passage = reading.hits[bearing.hit].passage
    sentence = passage.sentences[bearing.sentence]
    return bearing, shelf.index.papers[passage.paper].text[sentence.start : sentence.end]


@pytest.mark.parametrize(
    ("question", "known", "lacking"),
    [
        ("MForesight 有多少名员工？", "MForesight", "员工"),
        ("德勤的评估报告有多少页？", "评估报告", "页"),
        ("AFFOA 的首席执行官是谁？", "AFFOA", "首席执行官"),
        ("扬斯敦市的人口是多少？", "扬斯敦", "人口"),
    ],
)
def test_a_near_miss_has_the_name_and_lacks_what_is_asked(
    real_shelf: Shelf, question: str, known: str, lacking: str
) -> None:
    phrases = dict(borne(real_shelf, question)[0].phrases)
    assert max(cosine for phrase, cosine in phrases.items() if phrase in known or known in phrase) > 0.7
    assert phrases[lacking] < 0.5


def test_an_answer_bears_every_phrase_the_kind_of_thing_and_the_numbers(real_shelf: Shelf) -> None:
    bearing, sentence = borne(real_shelf, "2022年美国先进技术产品的贸易逆差有多大？")
    assert "1 970 亿美元" in sentence
    assert min(cosine for _, cosine in bearing.phrases) > 0.5
    assert (bearing.counted, bearing.numbered) == (True, True)


def test_another_year_is_not_near(real_shelf: Shelf) -> None:
    bearing, _ = borne(real_shelf, "制造业拓展伙伴计划2023年的预算是多少？")
    assert dict(bearing.phrases)["2023年"] == pytest.approx(0.3)
    assert not bearing.numbered


def test_a_phrase_said_word_for_word_counts_as_said(real_shelf: Shelf) -> None:
    found = search(real_shelf.index, real_shelf.encoder, "什么是产业公地？", top=10)
    passage = found.hits[0].passage
    table = phrase_matches(real_shelf.index, passage, found, found.matches[0], [Span(3, 7)], [()])
    paper = real_shelf.index.papers[found.hits[0].passage.paper]
    said = ["产业公地" in paper.text[s.start : s.end] for s in found.hits[0].passage.sentences]
    assert any(said)
    assert np.all(table[0, said] >= 0.95)
    assert table.shape == (1, len(said))


def test_another_name_of_the_same_thing_counts_as_said(real_shelf: Shelf) -> None:
    """The row stands under 先进复合材料制造创新中心会员资格一览表, and nowhere near IACMI."""
    bearing, sentence = borne(real_shelf, "成为IACMI特许会员需要缴纳多少钱？")
    assert sentence.startswith("特许会员")
    assert dict(bearing.phrases)["IACMI"] == pytest.approx(0.95)
    assert bearing.counted


def test_a_sentence_that_leans_has_what_the_one_before_it_says(real_shelf: Shelf) -> None:
    """The note on an author names him once, spaced out as it is printed."""
    bearing, _ = borne(real_shelf, "孙毅的主要研究领域是什么？")
    assert min(cosine for phrase, cosine in bearing.phrases if phrase in ("孙毅", "研究领域")) > 0.8


def test_of_two_sentences_the_one_that_holds_what_is_asked_bears_more(real_shelf: Shelf) -> None:
    bearing, sentence = borne(real_shelf, "IACMI会员分几级？")
    assert "4 级" in sentence
    assert bearing.counted


def test_another_country_is_not_near(real_shelf: Shelf) -> None:
    found = search(real_shelf.index, real_shelf.encoder, "德国有多少家创新中心？", top=10)
    reading = read_passages(real_shelf.index, found)
    row = next(row for row, span in enumerate(reading.phrases) if found.asked[span.start : span.end] == "德国")
    for hit, table in zip(reading.hits, reading.tables, strict=True):
        text = real_shelf.index.papers[hit.passage.paper].text
        told = [" ".join(hit.passage.about) + text[s.start : s.end] for s in hit.passage.sentences]
        assert all(table[row, at] <= 0.301 for at, said in enumerate(told) if "德国" not in said)
