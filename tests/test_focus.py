"""A question that names a paper, its author or a table is answered from there first."""

from __future__ import annotations

import pytest

from indexer.papers import Catalogue
from qa.focus import focus_of
from qa.shelf import Shelf
from tests.conftest import five_papers

BY_ID = five_papers()
CATALOGUE = Catalogue.of(BY_ID.values())


@pytest.mark.parametrize(
    ("question", "papers", "tables", "asked"),
    [
        ("张华胜的论文里有多少家创新中心？", {"zhang"}, set(), "有多少家创新中心？"),
        ("史冬梅等人指出的三大目标是什么？", {"shi-wang-zhang"}, set(), "的三大目标是什么？"),
        ("孙毅等的文章中，MEP的收益如何？", {"sun-luo"}, set(), "MEP的收益如何？"),
        ("《美国智能制造的发展及启示》一文中，会员有多少？", {"sun-luo"}, set(), "会员有多少？"),
        ("张华胜的论文里，表4中中小企业会员有多少？", {"zhang"}, {("zhang", "表4")}, "中小企业会员有多少？"),
        ("表9中ARM有多少成员？", set(), {("shi-wang-zhang", "表9")}, "ARM有多少成员？"),
        ("表4的内容是什么？", set(), {("shi-wang-zhang", "表4"), ("zhang", "表4")}, "内容是什么？"),
        ("表12里有什么？", set(), set(), "表12里有什么？"),
        ("什么是产业公地？", set(), set(), "什么是产业公地？"),
        ("谁认识张华胜？", set(), set(), "谁认识张华胜？"),
        ("表9？", set(), {("shi-wang-zhang", "表9")}, "表9？"),
    ],
)
def test_names_are_told_from_what_is_asked(
    question: str, papers: set[str], tables: set[tuple[str, str]], asked: str
) -> None:
    focus = focus_of(question, CATALOGUE)
    assert (focus.papers, focus.tables, focus.asked, focus.each) == (papers, tables, asked, False)


@pytest.mark.parametrize(
    ("question", "papers", "asked"),
    [
        ("各篇论文怎么评价PPP公私合作模式？", set(), "PPP公私合作模式？"),
        ("几篇论文分别如何介绍MEP？", set(), "MEP？"),
        ("How do the papers describe the MEP?", set(), "How do the papers describe the MEP?"),
        ("陈琳和张华胜两篇文章的说法有何异同", {"chen", "zhang"}, "的说法有何异同"),
        ("陈琳、孙毅和史冬梅的文章各自提了什么建议？", {"chen", "sun-luo", "shi-wang-zhang"}, "各自提了什么建议？"),
        ("孙毅、罗穆雄（2019年）和史冬梅等给出的项目数", {"sun-luo", "shi-wang-zhang"}, "的项目数"),
    ],
)
def test_a_question_may_ask_for_every_paper(question: str, papers: set[str], asked: str) -> None:
    focus = focus_of(question, CATALOGUE)
    assert (focus.papers, focus.asked, focus.each) == (papers, asked, True)


@pytest.mark.parametrize(
    "question",
    ["14家创新中心里国防部、能源部、商务部各设立了几家？", "孙毅发表过多少篇论文？", "孙毅的研究方向是什么？"],
)
def test_other_questions_do_not(question: str) -> None:
    focus = focus_of(question, CATALOGUE)
    assert (focus.papers, focus.asked, focus.each) == (set(), question, False)


def test_every_paper_has_a_passage_before_any_has_a_second(small_shelf: Shelf) -> None:
    found = small_shelf.search("各篇论文怎么介绍创新中心？", top=10).passages
    assert sorted(p.paper.id for p in found[:5]) == sorted(BY_ID)
    scores = [p.score for p in found]
    assert scores[:5] == sorted(scores[:5], reverse=True)
    assert scores[5:] == sorted(scores[5:], reverse=True)
    two = small_shelf.search("陈琳和张华胜的文章怎么介绍创新中心？", top=10).passages
    assert {p.paper.id for p in two[:2]} == {"chen", "zhang"}
    assert {p.paper.id for p in two[2:]} <= {"chen", "zhang"}


def test_the_paper_that_is_named_comes_first_in_its_own_order(small_shelf: Shelf) -> None:
    named = small_shelf.search("张华胜的论文里，会员分几级？", top=300).passages
    alone = small_shelf.search("会员分几级？", papers=["zhang"], top=300).passages
    of_zhang = [p for p in named if p.paper.id == "zhang"]
    assert [p.start for p in named[: len(of_zhang)]] == [p.start for p in of_zhang]
    assert of_zhang[0].start == alone[0].start
    assert {p.paper.id for p in named[len(of_zhang) :]} == set(BY_ID) - {"zhang"}


def test_the_table_that_is_named_comes_first(small_shelf: Shelf) -> None:
    first = small_shelf.search("表9中ARM有多少成员？").passages[0]
    table = next(t for t in BY_ID["shi-wang-zhang"].tables if t.number == "表9")
    assert first.paper.id == "shi-wang-zhang"
    assert table.start <= first.start < table.end


def test_papers_that_are_chosen_stay_the_only_ones(small_shelf: Shelf) -> None:
    found = small_shelf.search("张华胜的论文里，会员分几级？", papers=["chen"], top=5).passages
    assert [p.paper.id for p in found] == ["chen"] * 5


def test_the_answer_is_taken_from_the_table_that_is_named(real_shelf: Shelf) -> None:
    answer = real_shelf.ask("张华胜的论文里，表4中2017财年中小企业会员有多少？")
    table = next(t for t in BY_ID["zhang"].tables if t.number == "表4")
    assert all(c.paper.id == "zhang" and table.start <= c.start < table.end for c in answer.citations)
    assert "549" in answer.text
