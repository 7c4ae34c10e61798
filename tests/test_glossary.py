"""The papers' own names are mined as a reader would pair them up, and found again in a question."""

from __future__ import annotations

import pytest

from corpus.paper import Block, Paper
from indexer.glossary import Entry, Glossary, mine
from qa.retrieve import in_chinese
from tests.conftest import five_papers

FIVE = Glossary.of(map(mine, five_papers().values()))


def paper_of(text: str, **facts: tuple[str, ...]) -> Paper:
    """A paper of one paragraph."""
    return Paper("p", "p.txt", "", text, blocks=(Block("paragraph", 0, len(text), 1),), **facts)  # type: ignore[arg-type]


def names(text: str, **facts: tuple[str, ...]) -> list[set[str]]:
    """What is mined from a text."""
    return [set(entry.names) for entry in mine(paper_of(text, **facts))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("委托美国审计总署（GAO）评估。", {"美国审计总署", "GAO"}),
        (
            "政府宣布启动国家制造业创新网络（National Network for Manufacturing Innovation，简称 NNMI）计划。",
            {"国家制造业创新网络", "National Network for Manufacturing Innovation", "NNMI"},
        ),
        ("通过《无尽前沿法案》（Endless Frontiers Act）。", {"无尽前沿法案", "Endless Frontiers Act"}),
        ("the National Science Foundation (NSF) of", {"National Science Foundation", "NSF"}),
        ("下属的国家标准与技术研究院（NIST）。国家标准与技术研究院是", {"国家标准与技术研究院", "NIST"}),
    ],
)  # fmt: skip
def test_a_bracket_gives_a_pair(text: str, expected: set[str]) -> None:
    assert names(text) == [expected]


@pytest.mark.parametrize(
    "text", ["会员（共 12 家）", "见（https://www.nist.gov）", "（GD13XYJ01）", "结果（见表 4）", "无括号"]
)
def test_other_brackets_give_none(text: str) -> None:
    assert names(text) == []


def test_keywords_pair_up_where_they_are_equally_many() -> None:
    text = "Key words: smart manufacturing; industrial commons"
    assert names(text, keywords=("智能制造", "产业公地")) == [
        {"智能制造", "smart manufacturing"}, {"产业公地", "industrial commons"},
    ]  # fmt: skip
    assert names(text, keywords=("智能制造",)) == []


def test_entries_that_share_a_name_are_one_but_not_by_a_word_of_three_characters() -> None:
    mined = [
        Entry(frozenset({"先进复合材料制造创新中心", "IACMI"})),
        Entry(frozenset({"先进复合材料制造创新研究所", "IACMI"})),
        Entry(frozenset({"研究所", "ARM"})),
        Entry(frozenset({"研究所", "LIFT"})),
    ]
    assert {frozenset(entry.names) for entry in Glossary.of([mined]).entries} == {
        frozenset({"先进复合材料制造创新中心", "先进复合材料制造创新研究所", "IACMI"}),
        frozenset({"研究所", "ARM"}),
        frozenset({"研究所", "LIFT"}),
    }


def test_no_entry_of_the_five_papers_holds_more_than_one_thing() -> None:
    """Each abbreviation of the sixteen institutes in an entry of its own."""
    institutes = "IACMI AFFOA CESMII NIIMBL RAPID REMADE LIFT ARM NextFlex BioFabUSA BioMADE MxD".split()
    held = [{name for name in institutes if name in entry.names} for entry in FIVE.entries]
    assert sorted(name for group in held for name in group) == sorted(institutes)
    assert max(len(group) for group in held) == 1


def test_of_an_abbreviation_with_many_meanings_the_usual_ones_are_taken() -> None:
    """Thirty fields have a CAD of their own; one is what three papers mean, another what two mean."""
    usual = [Entry(frozenset({"计算机辅助设计", "CAD"}))] * 3 + [Entry(frozenset({"冠状动脉疾病", "CAD"}))] * 2
    rare = [Entry(frozenset({f"第{number}号装置名称", "CAD"})) for number in range(30)]
    glossary = Glossary.of([[entry] for entry in [*rare, *usual]])
    ((name, entry),) = glossary.named_in("什么是CAD？")
    assert name == "CAD"
    assert {"CAD", "计算机辅助设计", "冠状动脉疾病"} < entry.names
    assert len(entry.names) == 8
    ((name, entry),) = glossary.named_in("第29号装置名称是什么？")
    assert {"第29号装置名称", "CAD", "计算机辅助设计", "冠状动脉疾病"} < entry.names
    assert len(glossary.words) == 32


def test_only_an_abbreviation_needs_its_capitals() -> None:
    glossary = Glossary((Entry(frozenset({"再工业化", "re-industrialization"})), Entry(frozenset({"机器人", "ARM"}))))
    assert [name for name, _ in glossary.named_in("Re-industrialization by an arm")] == ["Re-industrialization"]
    assert [name for name, _ in glossary.named_in("What does ARM do?")] == ["ARM"]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who runs IACMI?", "Who runs 美国先进复合材料制造创新中心?"),
        ("What did the GAO recommend?", "What did the 美国审计总署 recommend?"),
        ("What did the Government Accountability Office recommend?", "What did the 美国审计总署 recommend?"),
        ("Do GAOL and GAO differ?", "Do GAOL and 美国审计总署 differ?"),
        ("Does an arm lift a robot?", "Does an arm lift a robot?"),
        ("IACMI 由谁经营？", "IACMI 由谁经营？"),
    ],
)
def test_an_english_question_is_searched_with_the_chinese_names(question: str, asked: str) -> None:
    assert in_chinese(question, FIVE.named_in(question)) == asked


def test_the_longest_name_is_taken_and_none_within_it() -> None:
    found = FIVE.named_in("the Institute for Advanced Composites Manufacturing Innovation (IACMI)")
    assert [name for name, _ in found] == ["Institute for Advanced Composites Manufacturing Innovation", "IACMI"]
