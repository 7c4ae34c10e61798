"""A list is quoted whole and in its order, by whichever of its sentences it was found."""

from __future__ import annotations

import pytest

from corpus.paper import Block, Paper, Sentence
from qa import Shelf
from qa.lists import enumeration


def paper_of(*blocks: tuple[str, ...]) -> Paper:
    """A paper whose blocks are paragraphs of the sentences given; one that begins with # is a heading."""
    text, told, sentences = "", [], []
    for parts in blocks:
        start = len(text)
        for part in parts:
            sentences.append(Sentence(len(text), len(text) + len(part)))
            text += part
        told.append(Block("heading" if parts[0].startswith("#") else "paragraph", start, len(text), len(told) + 1))
        text += "\n"
    return Paper("p", "p.txt", "", text, blocks=tuple(told), sentences=tuple(sentences))


def listed(paper: Paper, at: int) -> list[str]:
    """The list around the sentence with this number."""
    return [paper.text[s.start : s.end] for s in enumeration(paper, paper.sentences[at])]


ITEMS = ("（1）加强研发投入。", "（2）培养人才队伍。", "（3）完善评估体系。")


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_list_of_paragraphs_is_found_from_its_lead_in_and_from_each_item(at: int) -> None:
    paper = paper_of(("前文不提。",), ("主要措施如下：",), *((item,) for item in ITEMS), ("后文另说。",))
    assert listed(paper, at) == ["主要措施如下：", *ITEMS]


def test_what_stands_around_is_no_part_of_it() -> None:
    paper = paper_of(("前文不提。",), ("主要措施如下：",), *((item,) for item in ITEMS), ("后文另说。",))
    assert listed(paper, 0) == []
    assert listed(paper, 5) == []


@pytest.mark.parametrize(
    "items",
    [
        ("一是商务部每年报告。", "二是委托第三方评估。", "三是提交年度报告。"),
        ("首先，要有规划。", "其次，要有资金。", "最后，要有人才。"),
        ("其一，本土制造。", "其二，军民融合。"),
        ("①规划先行。", "②资金到位。"),
    ],
)
def test_items_may_be_sentences_of_one_paragraph(items: tuple[str, ...]) -> None:
    paper = paper_of(("有以下几点。", *items, "以上各点都有例外。"))
    assert listed(paper, 2) == ["有以下几点。", *items]


def test_an_item_may_have_several_sentences() -> None:
    paper = paper_of(("措施如下：",), ("（1）加强投入。", "每年增加一成。"), ("（2）培养人才。",))
    assert listed(paper, 2) == ["措施如下：", "（1）加强投入。", "每年增加一成。", "（2）培养人才。"]


def test_of_items_that_are_chapters_the_first_sentences_are_given() -> None:
    paper = paper_of(("启示如下：",), *((f"（{n}）第{n}点。", *("说明。",) * 6) for n in (1, 2, 3)))
    assert listed(paper, 0) == ["启示如下：", "（1）第1点。", "（2）第2点。", "（3）第3点。"]


def test_one_mark_alone_or_a_heading_between_makes_no_list() -> None:
    assert listed(paper_of(("（1）只有一点。",), ("正文。",)), 0) == []


def test_the_four_goals_of_zhang_are_given_whole(real_shelf: Shelf) -> None:
    paper = real_shelf.index.papers["zhang"]
    at = next(n for n, s in enumerate(paper.sentences) if paper.text.startswith("（3）加速满足先进制造", s.start))
    assert [text[:12] for text in listed(paper, at)] == [
        "战略目标：（1）提升美国", "（2）促进新技术的规模化", "（3）加速满足先进制造需", "（4）推动创新中心探索有",
    ]  # fmt: skip
