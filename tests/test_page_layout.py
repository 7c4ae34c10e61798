"""What a page shows by place, type size and rules: notes, running heads, page numbers, watermarks, ruled tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, pairwise

import pytest

from corpus.edges import BARE, PAGE_NUMBER, furniture
from corpus.glyphs import Glyph
from corpus.layout import reading_order
from corpus.printed import PrintedLine
from corpus.raw import Mark
from corpus.read import read_paper
from corpus.rules import Rule
from tests.conftest import shared

WIDTH, HEIGHT = 595.0, 842.0


def written(text: str, x: float, y: float, size: float = 10.0) -> list[Glyph]:
    """A line of characters as wide as they are high."""
    return [Glyph(ch, x + i * size, y, x + (i + 1) * size, y + size) for i, ch in enumerate(text)]


def page(*lines: tuple[str, float, float, float], rules: Sequence[Rule] = ()) -> list[PrintedLine]:
    """The lines of a page on which these stand: text, x, y, size."""
    glyphs = [glyph for line in lines for glyph in written(*line)]
    return reading_order(glyphs, WIDTH, HEIGHT, rules)


TEXT = [
    (f"正文第{n}行排满一整行甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未", 60.0, 700.0 - 16 * i, 10.0)
    for i, n in enumerate("一二三四五六七八")
]
FOOTNOTES = [
    ("①混合生产指增材制造与减材制造的", 60.0, 540.0, 8.0),
    ("结合。", 60.0, 529.0, 8.0),
    ("②数字主线。", 60.0, 518.0, 8.0),
]
NUMBER = ("·26·", 280.0, 480.0, 9.0)


def marked(lines: Sequence[PrintedLine]) -> list[tuple[str, Mark]]:
    """The lines that bear a mark, with it."""
    return [(line.text, line.mark) for line in lines if line.mark]


NOTED = [
    ("①混合生产指增材制造与减材制造的", Mark("footnote")),
    ("结合。", Mark("footnote", goes_on=True)),
    ("②数字主线。", Mark("footnote")),
]


def test_smaller_lines_with_a_sign_at_the_foot_are_notes() -> None:
    assert marked(page(*TEXT, *FOOTNOTES, NUMBER)) == NOTED


def test_a_short_rule_parts_notes_that_begin_with_a_number() -> None:
    lines = [("[1]" + FOOTNOTES[0][0][1:], *FOOTNOTES[0][1:]), FOOTNOTES[1], ("[2]数字主线。", *FOOTNOTES[2][1:])]
    noted = [("[1]" + NOTED[0][0][1:], NOTED[0][1]), NOTED[1], ("[2]数字主线。", NOTED[2][1])]
    assert marked(page(*TEXT, *lines, rules=[Rule(True, 555.0, 60.0, 130.0)])) == noted
    assert marked(page(*TEXT, *lines)) == []  # without the rule it may be a list of references


def test_what_tells_of_the_paper_at_the_foot_of_its_first_page_is_front_matter() -> None:
    lines = [("收稿日期：2021-03-02；基金项目：国家", 60.0, 540.0, 8.0), ("社科基金。", 60.0, 529.0, 8.0)]
    assert marked(page(*TEXT, *lines, rules=[Rule(True, 555.0, 60.0, 130.0)])) == [
        (lines[0][0], Mark("front")),
        (lines[1][0], Mark("front", goes_on=True)),
    ]


def test_notes_of_the_left_column_do_not_mix_with_the_text_beside_them() -> None:
    left = [
        (f"左栏第{n}行的文字排满一整行甲乙丙丁戊己庚", 60.0, 700.0 - 16 * i, 10.0) for i, n in enumerate("一二三四五六")
    ]
    right = [
        (f"右栏第{n}行的文字排满一整行甲乙丙丁戊己庚", 320.0, 700.0 - 16 * i, 10.0)
        for i, n in enumerate("一二三四五六七八九")
    ]
    notes = [
        ("①注文的第一行用小字排在左栏的脚下", 60.0, 592.0, 7.0),
        ("注文的第二行。", 60.0, 583.0, 7.0),
        ("②又一条注。", 60.0, 574.0, 7.0),
    ]
    lines = page(*left, *notes, *right)
    assert [line.text for line in lines] == [text for text, *_ in (*left, *notes, *right)]
    assert [mark.goes_on for _, mark in marked(lines)] == [False, True, False]


def test_a_page_number_is_told_by_its_shape() -> None:
    for text in (
        "- 3 -",
        "— 26 —",
        "第 3 页",
        "第 3 页 共 9 页",
        "第3页，共9页",
        "· 3 ·",
        "(12)",
        "Page 3 of 9",
        "第十二页",
    ):
        assert PAGE_NUMBER.fullmatch(text), text
    for text in ("26", "3/9", "iv", "XII"):
        assert BARE.fullmatch(text), text
    for text in ("第 3 章", "3.5", "表 3", "2021 年", "1 引言", "12345"):
        assert not PAGE_NUMBER.fullmatch(text), text
        assert not BARE.fullmatch(text), text


def taken(*pages: Sequence[PrintedLine]) -> list[list[str]]:
    """The texts of the furniture, page by page."""
    return [[page[i].text for i in sorted(found)] for page, found in zip(pages, furniture(pages), strict=True)]


SERIAL = count()


def edged(head: str, foot: str, size: float = 9.0, y: float = 760.0) -> list[PrintedLine]:
    """A page of text of its own with a line far above it and another far below."""
    number = next(SERIAL)  # no two pages have the same text
    lines = [(text.replace("正", chr(ord("一") + 7 * number)), *place) for text, *place in TEXT]
    lines += [(head, 200.0, y, size)] if head else []
    lines += [(foot, 280.0, 500.0, 9.0)] if foot else []
    return page(*lines)


def test_heads_of_left_and_right_pages_and_bare_numbers_are_furniture() -> None:
    heads = ["智能制造研究", "2021年第3期", "智能制造研究", "2021年第3期", "智能制造研究"]
    sheets = [edged(head, str(45 + i)) for i, head in enumerate(heads)]
    assert taken(*sheets) == [[head, str(45 + i)] for i, head in enumerate(heads)]


def test_two_pages_are_enough_for_the_very_same_head_apart_from_the_text() -> None:
    assert taken(edged("智能制造研究", ""), edged("智能制造研究", "")) == [["智能制造研究"]] * 2
    assert taken(edged("智能制造研究", ""), edged("美国的战略", "")) == [[], []]


@pytest.mark.parametrize("heading", ["一、美国的战略", "1　引言的话", "表 2　各中心"])
def test_a_heading_that_tops_two_pages_stays(heading: str) -> None:
    assert taken(edged(heading, ""), edged(heading, "")) == [[], []]
    assert taken(edged("美国的战略", "", size=12.0), edged("美国的战略", "", size=12.0)) == [[], []]


def test_a_line_at_the_height_where_other_pages_have_text_stays() -> None:
    body = [edged("这一页从头到尾都是正文，没有别的", "") for _ in range(2)]
    body = [[replace(line, text=f"{line.text}{'甲乙'[i]}") for line in sheet] for i, sheet in enumerate(body)]
    sheets = [body[0], edged("续前页的项目", ""), edged("续前页的项目", ""), body[1], edged("续前页的项目", "")]
    assert taken(*sheets) == [[]] * 5


def test_a_new_chapters_head_at_the_place_of_the_others_is_furniture() -> None:
    heads = ["第一章　总论"] * 3 + ["第二章　各论"] + ["参考文献的页"] * 3
    assert taken(*(edged(head, "") for head in heads)) == [[head] for head in heads]


def test_a_tables_header_that_tops_every_page_stays() -> None:
    cells = [("年份", "项目数", "投资额"), *((f"201{n}", f"{n}个", f"{n}亿") for n in range(1, 6))]
    lines = [(cell, 60.0 + 150 * j, 700.0 - 15 * i, 10.0) for i, row in enumerate(cells) for j, cell in enumerate(row)]
    assert taken(page(*lines), page(*lines), page(*lines)) == [[], [], []]


def test_a_slanting_pale_watermark_is_furniture_and_leaves_the_text_whole() -> None:
    glyphs = [glyph for line in TEXT for glyph in written(*line)]
    mark = [
        replace(g, angle=45, pale=True, bottom=g.bottom + 40 * i, top=g.top + 40 * i)
        for i, g in enumerate(written("内部资料", 200.0, 560.0, 40.0))
    ]
    lines = reading_order([*glyphs[:40], *mark, *glyphs[40:]], WIDTH, HEIGHT)
    assert [line.text for line in lines if not line.furniture] == [text for text, *_ in TEXT]
    assert [line.text for line in lines if line.furniture] == ["内部资料"]


def test_a_page_drawn_sideways_is_read_as_it_stands_when_turned() -> None:
    glyphs = [glyph for line in TEXT for glyph in written(*line)]
    turned = [
        replace(g, left=WIDTH - g.top, right=WIDTH - g.bottom, bottom=g.left, top=g.right, angle=90) for g in glyphs
    ]
    assert [line.text for line in reading_order(turned, WIDTH, HEIGHT)] == [text for text, *_ in TEXT]


def ruled(xs: Sequence[float], ys: Sequence[float]) -> list[Rule]:
    """The rules of a grid, those across drawn anew for every cell as browsers do."""
    across = [Rule(True, y, a, b) for y in ys for a, b in pairwise(xs)]
    return across + [Rule(False, x, min(ys), max(ys)) for x in xs]


def test_a_ruled_table_gives_rows_of_cells_with_wrapped_lines_joined() -> None:
    lines = [
        ("年份", 65.0, 685.0, 10.0), ("评级机构", 125.0, 685.0, 10.0), ("2023", 65.0, 663.0, 10.0),
        ("联合资信评", 125.0, 670.0, 10.0), ("估公司", 125.0, 658.0, 10.0), ("稳定", 205.0, 663.0, 10.0),
    ]  # fmt: skip
    below = [(text, x, y - 80, size) for text, x, y, size in TEXT]
    found = page(*lines, *below, rules=ruled([60.0, 120.0, 200.0, 260.0], [700.0, 682.0, 650.0]))
    assert [line.text for line in found[:2]] == ["年份\t评级机构\t", "2023\t联合资信评估公司\t稳定"]
    assert [line.mark for line in found] == [Mark("table")] * 2 + [None] * len(TEXT)


def test_a_head_over_two_columns_stands_in_the_first_of_them() -> None:
    lines = [
        ("年份", 65.0, 675.0, 10.0), ("投资", 160.0, 685.0, 10.0), ("联邦", 125.0, 665.0, 10.0),
        ("地方", 205.0, 665.0, 10.0), ("2016", 65.0, 645.0, 10.0),
        ("三亿", 125.0, 645.0, 10.0), ("一亿", 205.0, 645.0, 10.0),
    ]  # fmt: skip
    rules = [
        *(Rule(True, y, 60.0, 260.0) for y in (700.0, 660.0, 640.0)), Rule(True, 680.0, 120.0, 260.0),
        *(Rule(False, x, 640.0, 700.0) for x in (60.0, 120.0, 260.0)), Rule(False, 200.0, 640.0, 680.0),
    ]  # fmt: skip
    assert [line.text for line in page(*lines, rules=rules)] == ["年份\t投资\t", "\t联邦\t地方", "2016\t三亿\t一亿"]


def test_a_frame_is_no_table() -> None:
    frame = ruled([50.0, 400.0], [720.0, 560.0])
    assert [line.text for line in page(*TEXT, rules=frame)] == [text for text, *_ in TEXT]


def test_a_few_lines_in_the_right_column_of_the_last_page_are_read_last() -> None:
    left = [
        (f"左栏第{n}行的文字排满一整行甲乙丙丁戊己庚", 90.0, 700.0 - 16 * i, 10.0) for i, n in enumerate("一二三四五六")
    ]
    right = [("右栏的头一行甲乙丙丁戊己庚", 320.0, 700.0, 10.0), ("完。", 320.0, 684.0, 10.0)]
    assert [line.text for line in page(*left, *right)] == [text for text, *_ in (*left, *right)]


# Real files ----------------------------------------------------------------------------------------------------------


def test_the_ruled_tables_of_a_prospectus() -> None:
    paper = read_paper(shared("pdfs/pymupdf_chinese_tables.pdf"), {})
    rows = [paper.text[b.start : b.end].split("\t") for b in paper.blocks if b.kind == "table"]
    risk = "偿还债务的能力很强，受不利经济环境的影响不大，违约风险很低"
    both, one = "中诚信国际信用评级有限责任公司、联合资信评估有限公司", "联合资信评估有限公司"
    assert rows[:5] == [
        ["年份", "主体信用评级", "涵义", "评级机构", "评级展望"],
        *([year, "AA+", risk, both, "稳定"] for year in ("2023", "2022")),
        *([year, "AA+", risk, one, "稳定"] for year in ("2021", "2020")),
    ]
    assert rows[5:8] == [
        ["单位：万元"],
        ["序号", "金融机构名称", "授信总额", "已使用情况", "剩余额度"],
        ["1", "工商银行", "330,435.30", "234,850.00", "95,585.30"],
    ]
    assert rows[-1] == ["11", "上海银行盐城分行", "46,265.00", "46,265.00", "0.00"]
    assert len(rows) == 5 + 1 + 12
    assert paper.report.removed == {"#": 1}


def test_a_journals_template_in_the_order_of_its_columns() -> None:
    paper = read_paper(shared("pdfs/cjc_template.pdf"), {})
    assert paper.title == "题目（中英文题目一致) 字体为 2 号黑体 (全文除特别声明外，外文统一用 Times New Roman)"
    assert paper.report.removed == {"# 计 算 机 学 报 # 年": 1, "? 期 作者姓名等：论文题目 #": 1}
    blocks = [(b.kind, paper.text[b.start : b.end]) for b in paper.blocks]
    items = [text for kind, text in blocks if kind == "paragraph" and text[:3].rstrip(")").rstrip(") ").isdigit()]
    assert [int(text.split(")")[0]) for text in items] == list(range(1, 16))
    assert items[10] == "11) 图的图例说明、坐标说明全部用中文或量符号。"
    assert items[14] == "15) 组合单位采用标准格式，如：“pJ/bit/m4”应为“pJ/(bit·m4)”"
    assert [text.split("]")[0] for kind, text in blocks if kind == "reference"] == [f"[{n}" for n in range(1, 12)]
    notes = [text for kind, text in blocks if kind == "footnote"]
    assert [note[:28] for note in notes] == ["*The Cooperative Association"]
    front = next(text for kind, text in blocks if kind == "front" and text.startswith("收稿日期"))
    assert front.endswith("此部分 6 号宋体 *")
