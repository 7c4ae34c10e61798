"""Related questions are made from what stands near the citations, and each has been answered from there."""

from __future__ import annotations

import pytest

from corpus.paper import Paper, Section
from qa import Shelf
from qa.related import OFFERED, SURE, question_of, topic_of


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("2.3 经费来源", "国家制造业创新网络的经费来源是什么？"),
        ("2.7 考核评价", "国家制造业创新网络的考核评价是怎样的？"),
        ("（一）主要措施", "国家制造业创新网络的主要措施有哪些？"),
        ("3.2 重视中小企业参与，扶持中小企业发展", "怎样重视中小企业参与，扶持中小企业发展？"),
        ("4.1 制造业创新网络的争议", "制造业创新网络的争议有哪些？"),
        ("为什么要重建产业公地？", "为什么要重建产业公地？"),
        ("1 引言", ""),
        ("参考文献", ""),
        ("3 Results", ""),
        ("5.1 " + "很长的标题" * 6, ""),
    ],
)
def test_a_heading_becomes_a_question(heading: str, question: str) -> None:
    assert question_of(Section(heading, 2, 0, 9), "国家制造业创新网络") == question


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("美国国家制造业创新网络建设及管理模式", "美国国家制造业创新网络"),
        ("美国智能制造的发展及启示", "美国智能制造"),
        ("", ""),
        ("A Study", ""),
    ],
)
def test_the_topic_of_a_paper_is_the_first_noun_of_its_title(title: str, topic: str) -> None:
    assert topic_of(Paper("p", "p.txt", "", "", title=title or None)) == topic


@pytest.mark.parametrize(
    "question",
    [
        "先进复合材料制造创新中心由谁经营？", "2019年美国制造业创新研究所的私人投资是多少亿美元？", "什么是产业公地？",
        "What did the GAO recommend about the program?",
    ],
)  # fmt: skip
def test_each_question_offered_is_answered_by_the_papers(real_shelf: Shelf, question: str) -> None:
    answer = real_shelf.ask(question)
    asked = [question]
    offered = real_shelf.snapshot().related(answer, asked)
    assert len(offered) == OFFERED
    assert len(set(offered)) == OFFERED
    assert question not in offered
    cited = {(c.paper.id, c.start) for c in answer.citations}
    for each in offered:
        told = real_shelf.ask(each)
        assert not told.abstained
        assert told.confidence >= SURE
        assert {(c.paper.id, c.start) for c in told.citations} - cited, each


def test_what_has_been_asked_is_not_offered_again(real_shelf: Shelf) -> None:
    answer = real_shelf.ask("什么是产业公地？")
    first = real_shelf.snapshot().related(answer)
    again = real_shelf.snapshot().related(answer, asked=first)
    assert not set(first) & set(again)


def test_after_a_refusal_nothing_is_offered(real_shelf: Shelf) -> None:
    assert real_shelf.snapshot().related(real_shelf.ask("AFFOA 的首席执行官是谁？")) == ()
