"""What stands at the foot of the first page or in a figure is itself only: the text goes on behind it where it was."""

from __future__ import annotations

import pytest

from corpus.raw import RawText
from corpus.read import parse
from corpus.structure import Body
from tests.conftest import five_papers
from tests.test_outline import read

FRONT = "智能制造的发展研究\n张三1，李四2\n（1. 某某大学，北京 100190；2. 某某研究院，上海 200000）\n"
FRONT += "摘要：智能制造很重要。\n"
LINES = """制造业是国民经济的主体，各国都把发展先进制造业作
为经济复苏的手段，并为此采取了一系列措施，取得了
明显的成效。各国的经验表明，发展先进制造业需要政
府、企业和科研机构的共同努力，也需要长期的投入和
稳定的政策环境，还需要一支高水平的人才队伍。我国
制造业门类齐全，规模居世界首位，但是大而不强，核
心技术受制于人，需要加快转型升级的步伐，走创新驱
动的道路。
"""
WHOLE = LINES.replace("\n", "")


def kinds(body: Body) -> list[tuple[str, str]]:
    """The blocks behind the first heading, with their kinds."""
    blocks = [(b.kind, body.text[b.start : b.end]) for b in body.blocks]
    return blocks[next(i for i, (kind, _) in enumerate(blocks) if kind == "heading") + 1 :]


def wrapped(note: str, after: int = 4, before: str = LINES, tail: str = "") -> Body:
    """A wrapped paper whose first paragraph a note interrupts after so many lines."""
    lines = before.splitlines(keepends=True)
    text = (
        f"{FRONT}1 引言\n{''.join(lines[:after])}{note}{''.join(lines[after:])}1.1 现状\n{LINES}2 结论\n{LINES}{tail}"
    )
    return read(text)[0]


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("作者简介：张三，男，教授。\n", ["作者简介：张三，男，教授。"]),
        (
            "作者简介：张三（1980—），男，某某大学教授，研究方向为智\n能制造。\n",
            ["作者简介：张三（1980—），男，某某大学教授，研究方向为智能制造。"],
        ),
        (
            "基金项目：国家自然科学基金面上项目“先进制造业的创新网\n络研究”（72073125）。\n收稿日期：2021-11-01\n",
            ["基金项目：国家自然科学基金面上项目“先进制造业的创新网络研究”（72073125）。", "收稿日期：2021-11-01"],
        ),
        (
            "第一作者简介：张三（1980—），男，教授。\n李四（1985—），女，讲师。\n*通信作者 E-mail: a@b.cn\n",
            ["第一作者简介：张三（1980—），男，教授。", "李四（1985—），女，讲师。", "*通信作者 E-mail: a@b.cn"],
        ),
        ("Received: 2021-11-01\n", ["Received: 2021-11-01"]),
    ],
)  # fmt: skip
def test_the_sentence_that_a_note_on_the_authors_interrupts_is_whole(note: str, told: list[str]) -> None:
    blocks = kinds(wrapped(note))
    assert blocks[0] == ("paragraph", WHOLE)
    assert blocks[1 : 1 + len(told)] == [("front", line) for line in told]
    assert blocks[1 + len(told) :] == [
        ("heading", "1.1 现状"), ("paragraph", WHOLE), ("heading", "2 结论"), ("paragraph", WHOLE),
    ]  # fmt: skip


def test_paragraphs_behind_a_note_that_stands_between_two_are_the_body() -> None:
    blocks = kinds(wrapped("作者简介：张三，男，教授。\n" + LINES, after=8))
    assert [(kind, line[:4]) for kind, line in blocks[:4]] == [
        ("paragraph", "制造业是"), ("front", "作者简介"), ("paragraph", "制造业是"), ("heading", "1.1 "),
    ]  # fmt: skip


def test_notes_at_the_end_end_the_paper() -> None:
    blocks = kinds(
        wrapped("", tail="作者简介：张三，男，教授。\n李四，女，讲师，毕业于某某大学。\n参考文献\n[1] 甲. 一[J].\n")
    )
    assert [kind for kind, _ in blocks[-5:]] == ["paragraph", "back", "back", "heading", "reference"]


def test_a_note_in_a_file_of_one_line_a_paragraph_is_set_aside_alone() -> None:
    half, rest = WHOLE[:60], WHOLE[60:]
    body, _ = read(f"{FRONT}一、引言\n{half}\n作者简介：张三，男，教授。\n{rest}\n{WHOLE}\n二、结论\n{WHOLE}\n")
    assert kinds(body) == [
        ("paragraph", WHOLE), ("front", "作者简介：张三，男，教授。"), ("paragraph", WHOLE), ("heading", "二、结论"),
        ("paragraph", WHOLE),
    ]  # fmt: skip


def test_the_words_in_a_figure_are_no_paragraph() -> None:
    paper = five_papers()["wang-yu-liu"]
    figures = [paper.text[b.start : b.end] for b in paper.blocks if b.kind == "figure"]
    assert (
        figures[0] == "美国的资金资助很大程度上取决于技术成熟度，即技术成熟度水平（TRLs），而非制造成熟度水平（MRLs）。"
    )
    assert figures[1].startswith("2011 年 6 月，奥巴马启动先进制造业伙伴计划，")
    assert len(figures) == 11


def test_a_paragraph_behind_a_figure_is_no_label_of_it() -> None:
    note = "图 1　各国的投入\n\n"
    blocks = kinds(wrapped(note + LINES, after=8))
    assert blocks[:3] == [("paragraph", WHOLE), ("caption", "图 1　各国的投入"), ("paragraph", WHOLE)]


def test_paragraphs_that_begin_with_parallel_labels_stand_apart() -> None:
    paper = five_papers()["zhang"]
    section = next(s for s in paper.sections if s.title == "1.2 愿景和目标")
    blocks = [b for b in paper.blocks if section.start <= b.start < section.end and b.kind == "paragraph"]
    assert [paper.text[b.start : b.start + 5] for b in blocks] == [
        "根据《NN",
        "愿景：确保",
        "使命：将人",
        "宗旨：（1",
        "战略目标：",
    ]


ITEMS = {
    "chen": [],
    "shi-wang-zhang": [],
    "sun-luo": [
        "（1）顶层设计", "（2）运行模式", "（3）实际效果", "（1）计划定位", "(2) 运行模式", "(3) 实际效果",
        "① 建立以企业",
    ],
    "wang-yu-liu": ["（1）发挥制造", "（2）创建转化", "（3）加强共性", "（4）建立产业", "（5）保持开放"],
    "zhang": ["（1）强化总体", "（2）深化改革", "（3）创新基地", "（4）创新基地"],
}  # fmt: skip
"""Read off the files by eye: the items of lists that begin a line of their own."""


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_that_begins_a_line_begins_a_paragraph_and_all_others_stay_in_their_sentence(name: str) -> None:
    paper = five_papers()[name]
    told = [paper.text[b.start : b.start + 20] for b in paper.blocks if b.kind == "paragraph"]
    begun = [line for line in told if line[0] in "（(①②③④⑤⑥" and line[1] in "1234567 "]
    assert len(begun) == len(ITEMS[name])
    assert all(line.startswith(item) for line, item in zip(begun, ITEMS[name], strict=True))


def test_lines_that_stand_with_one_that_the_page_shows_to_go_on_are_kept() -> None:
    lines = LINES.splitlines()
    text = FRONT.replace("\n", "\n\n") + "1 引言\n\n" + "\n\n".join(lines[:4]) + "\n\n" + "\n".join(lines[4:6])
    text += "\n\n" + "\n\n".join(lines[6:]) + "\n"
    raw = RawText(text, runs_on=frozenset([text.index(lines[4])]))
    assert kinds(parse(raw)[2]) == [("paragraph", WHOLE)]
