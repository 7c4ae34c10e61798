"""A quotation's page is the page on which it stands, also where a sentence runs over the end of one."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle

from corpus.paper import Paper
from corpus.read import read_paper
from tests.conftest import print_pdf, shared

HEAD = "智能制造研究 2021 年第 3 期"
"""Printed at the top of every page; at its foot stands the page number."""

PAGES: list[list[str]] = [
    [
        "# 1 引言",
        "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"
        "2012 年，美国政府宣布启动国家制造业创新网络（National Network for Manufacturing Innovation，简称 NNMI）计划。",
        "为提高绩效评估的严谨性，先进制造国家项目办公室从第二年开始发布定量评价指标，并适当地整合定性和定量评价结果，"
        "由各部门共同参与各创新中心的考核，并逐步完善评价",
    ],
    [
        "指标体系。第一批创新中心建立了会员制度，会员缴纳会费并参与技术开发与成果转化。",
        "# 2 运行机制",
        "董事会作为决策机构，负责领导、管理和监督创新中心的研究开发与商业经营。其成员来自大学、企业和国家实验室。",
        "联邦政府的资助期为 5 年，此后各中心逐渐过渡到独立发展，与潜在的客户建立联系。",
    ],
    [
        "# 2.1 经费来源",
        "创新中心初期的建设资金由联邦政府和会员机构共同出资解决，联邦政府出资比重不超过总建设资金的 50%。"
        "能否最终实现财务上自给自足，是申请建设创新中心能否获得联邦支持的关键性评估指标。",
        "随着运营成熟，创新中心的主要收入来源将转向会员费、服务费、技术转让费、知识产权使用许可、合同研究、产品试制以及"
        "社会捐助等各方面，也就是说，创新中心要依靠自己",
    ],
    [
        "灵活多样的收入方式，逐步摆脱联邦财政的资助。轻型材料创新中心（LIFT）通过网络学习系统培训了许多学生。",
        "# 2.2 人才培养",
        "每个创新中心都是其所处领域所需人才的培养中心，人才涉及技术人员、工程师、科学家以及实验室人员等多个层次。",
    ],
    [
        "# 3 结论",
        "没有一家机构能够从全创新链、全供应链的角度考虑对创新的投资，面临“死亡之谷”，单靠企业无法承担风险。",
        "创新基地建设的重点除了放在技术攻关上，更要重视网络的建设、资源的集成，以及对区域经济的辐射带动。",
    ],
]
"""What is printed: a paragraph a string, headings marked with #. Pages 1 and 3 end in the middle of a sentence,
after two full lines of 40 characters, as a printed page does."""

ON_ONE_PAGE = [
    ("制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。", 1),
    (
        "2012 年，美国政府宣布启动国家制造业创新网络（National Network for Manufacturing Innovation，简称 NNMI）计划。",
        1,
    ),
    ("第一批创新中心建立了会员制度，会员缴纳会费并参与技术开发与成果转化。", 2),
    ("其成员来自大学、企业和国家实验室。", 2),
    ("联邦政府的资助期为 5 年，此后各中心逐渐过渡到独立发展，与潜在的客户建立联系。", 2),
    (
        "创新中心初期的建设资金由联邦政府和会员机构共同出资解决，联邦政府出资比重不超过总建设资金的 50%。",
        3,
    ),
    ("能否最终实现财务上自给自足，是申请建设创新中心能否获得联邦支持的关键性评估指标。", 3),
    ("轻型材料创新中心（LIFT）通过网络学习系统培训了许多学生。", 4),
    (
        "每个创新中心都是其所处领域所需人才的培养中心，人才涉及技术人员、工程师、科学家以及实验室人员等多个层次。",
        4,
    ),
    (
        "没有一家机构能够从全创新链、全供应链的角度考虑对创新的投资，面临“死亡之谷”，单靠企业无法承担风险。",
        5,
    ),
    ("创新基地建设的重点除了放在技术攻关上，更要重视网络的建设、资源的集成，以及对区域经济的辐射带动。", 5),
]
OVER_TWO_PAGES = [
    (
        "为提高绩效评估的严谨性，先进制造国家项目办公室从第二年开始发布定量评价指标，并适当地整合定性和定量评价结果，"
        "由各部门共同参与各创新中心的考核，并逐步完善评价",
        "指标体系。",
        (1, 2),
    ),
    (
        "随着运营成熟，创新中心的主要收入来源将转向会员费、服务费、技术转让费、知识产权使用许可、合同研究、产品试制以及"
        "社会捐助等各方面，也就是说，创新中心要依靠自己",
        "灵活多样的收入方式，逐步摆脱联邦财政的资助。",
        (3, 4),
    ),
]


def html() -> str:
    """The pages as a browser prints them."""
    sheets = []
    for number, paragraphs in enumerate(PAGES, 1):
        body = "".join(f"<h2>{p[2:]}</h2>" if p.startswith("# ") else f"<p>{p}</p>" for p in paragraphs)
        sheets.append(f"<section><header>{HEAD}</header>{body}<footer>— {number} —</footer></section>")
    style = (
        "@page { size: A4; margin: 20mm } section { break-after: page } h2 { font-size: 13pt }"
        " body { font: 11pt/1.6 'Noto Sans CJK SC'; margin: 0 } p { width: 40em }"
    )
    return f"<!doctype html><html lang=zh-CN><meta charset=utf-8><style>{style}</style>{''.join(sheets)}</html>"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`PAGES` as a PDF, printed by Chromium."""
    return print_pdf(html(), tmp_path_factory.mktemp("printed"))


@pytest.fixture(scope="module")
def paper(printed: Path) -> Paper:
    """The printed pages, read."""
    return read_paper(printed, {})


def place(paper: Paper, sentence: str) -> tuple[int, int]:
    """Where the one sentence with this text stands."""
    found = [(s.start, s.end) for s in paper.sentences if paper.text[s.start : s.end] == sentence]
    assert len(found) == 1, sentence
    return found[0]


def numbers(paper: Paper, start: int, end: int) -> tuple[int, ...]:
    """The numbers of the pages that `text[start:end]` touches."""
    return tuple(page.number for page in paper.pages_between(start, end))


@pytest.mark.parametrize(("sentence", "page"), ON_ONE_PAGE, ids=lambda value: str(value)[:12])
def test_a_sentence_knows_its_page(paper: Paper, sentence: str, page: int) -> None:
    assert numbers(paper, *place(paper, sentence)) == (page,)


@pytest.mark.parametrize(("first", "second", "pages"), OVER_TWO_PAGES, ids=["pages 1-2", "pages 3-4"])
def test_a_sentence_over_two_pages_knows_both_and_its_halves_theirs(
    paper: Paper, first: str, second: str, pages: tuple[int, int]
) -> None:
    start, end = place(paper, first + second)
    assert numbers(paper, start, end) == pages
    assert numbers(paper, start, start + len(first)) == pages[:1]
    assert numbers(paper, end - len(second), end) == pages[1:]


def test_running_heads_and_page_numbers_are_taken_out_and_counted(paper: Paper) -> None:
    assert "智能制造研究" not in paper.text
    assert not re.search(r"—\s*\d\s*—", paper.text)
    assert paper.report.removed == {"智能制造研究 # 年第 # 期": 5, "— # —": 5}
    assert (paper.report.unread_pages, paper.report.doubts) == ((), ())


def test_the_outline_and_nothing_but_the_printed_text_is_left(paper: Paper) -> None:
    assert [(s.title, s.level) for s in paper.sections] == [
        ("1 引言", 1), ("2 运行机制", 1), ("2.1 经费来源", 2), ("2.2 人才培养", 2), ("3 结论", 1),
    ]  # fmt: skip
    whole = "".join(p.removeprefix("# ") for paragraphs in PAGES for p in paragraphs)
    assert "".join(paper.text.split()) == "".join(whole.split())


def test_radicals_that_the_browser_put_in_are_characters_again(paper: Paper, printed: Path) -> None:
    radicals = re.compile("[⺀-⻳⼀-⿕]")
    assert not radicals.search(paper.text)
    raw = "".join(page.extract_text() for page in PdfReader(printed).pages)
    if not radicals.search(raw):
        pytest.skip("this Chromium prints no radicals")


def test_the_runs_of_pages_follow_one_another_through_the_text(paper: Paper) -> None:
    assert [page.number for page in paper.pages] == [1, 2, 3, 4, 5]
    assert [page.start for page in paper.pages] == [0, *(page.end for page in paper.pages[:-1])]
    assert paper.pages[-1].end == len(paper.text)


def test_labels_are_the_printed_numbers_where_the_file_carries_them(
    paper: Paper, printed: Path, tmp_path: Path
) -> None:
    assert [page.label for page in paper.pages] == [None] * 5
    writer = PdfWriter(clone_from=PdfReader(printed))
    writer.set_page_label(0, 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(2, 4, style=PageLabelStyle.DECIMAL, prefix="A-", start=45)
    out = io.BytesIO()
    writer.write(out)
    (tmp_path / "labelled.pdf").write_bytes(out.getvalue())
    labelled = read_paper(tmp_path / "labelled.pdf", {})
    assert [(p.number, p.label) for p in labelled.pages] == [(1, "i"), (2, "ii"), (3, "A-45"), (4, "A-46"), (5, "A-47")]
    assert labelled.text == paper.text
    first, second, _ = OVER_TWO_PAGES[1]
    assert [p.label for p in labelled.pages_between(*place(labelled, first + second))] == ["A-45", "A-46"]


# Real laws -----------------------------------------------------------------------------------------------------------

LAWS = {
    "data_security_law.pdf": (
        55,
        [
            ("第一章 总则", 1),
            ("第二章 数据安全与发展", 1),
            ("第三章 数据安全制度", 1),
            ("第四章 数据安全保护义务", 1),
            ("第五章 政务数据安全与开放", 1),
            ("第六章 法律责任", 1),
            ("第七章 附则", 1),
        ],
    ),
    "pipl_law.pdf": (
        74,
        [
            ("第一章 总则", 1),
            ("第二章 个人信息处理规则", 1),
            ("第一节 一般规定", 2),
            ("第二节 敏感个人信息的处理规则", 2),
            ("第三节 国家机关处理个人信息的特别规定", 2),
            ("第三章 个人信息跨境提供的规则", 1),
            ("第四章 个人在个人信息处理活动中的权利", 1),
            ("第五章 个人信息处理者的义务", 1),
            ("第六章 履行个人信息保护职责的部门", 1),
            ("第七章 法律责任", 1),
            ("第八章 附则", 1),
        ],
    ),
}
"""How many articles a law has, and its chapters and sections, read off the pages by eye."""


def article(number: int) -> str:
    """`第二十一条`"""
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    return f"第{(digits[tens] if tens > 1 else '') + ('十' if tens else '')}{digits[ones] if ones else ''}条"


@pytest.mark.parametrize("name", LAWS)
def test_every_article_of_a_law_begins_a_paragraph_in_order_on_its_page(name: str) -> None:
    path = shared(f"pdfs/{name}")
    law = read_paper(path, {})
    count, chapters = LAWS[name]
    opened = {
        found[0]: (block.start, block.kind)
        for block in law.blocks
        if (found := re.match(r"第[一二三四五六七八九十]+条(?= )", law.text[block.start : block.end]))
    }
    assert list(opened) == [article(number) for number in range(1, count + 1)]
    assert {kind for _, kind in opened.values()} == {"paragraph"}
    assert [(s.title, s.level) for s in law.sections] == chapters
    pages = [page.extract_text() for page in PdfReader(path).pages]
    for label, (start, _) in opened.items():
        printed_on = next(n for n, text in enumerate(pages, 1) if re.search(rf"^{label} ", text, re.MULTILINE))
        assert numbers(law, start, start + 1) == (printed_on,), label


@pytest.mark.parametrize(
    ("sentence", "pages"),
    [
        (
            "第一条 为了规范数据处理活动，保障数据安全，促进数据开发利用，保护个人、组织的合法权益，维护国家主权、安全"
            "和发展利益，制定本法。",
            (1,),
        ),
        (
            "工业、电信、交通、金融、自然资源、卫生健康、教育、科技等主管部门承担本行业、本领域数据安全监管职责。",
            (1, 2),
        ),
        ("第五十五条 本法自 2021 年 9 月 1 日起施行。", (7,)),
    ],
)
def test_an_article_of_a_law_is_whole(sentence: str, pages: tuple[int, ...]) -> None:
    law = read_paper(shared("pdfs/data_security_law.pdf"), {})
    assert law.title == "中华人民共和国数据安全法"
    assert numbers(law, *place(law, sentence)) == pages
