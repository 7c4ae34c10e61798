"""Tables come out as rows under their column names, whole, in one place, whatever the file did to them.

`tables.tsv` holds the tables of the five papers as a person reads them in the files: after a line with paper and
number, the names of the columns and the rows, a label that stands over several rows in each of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.cells import rows_of
from corpus.clean import clean_lines, display_width
from corpus.paper import Paper, Table
from corpus.raw import RawText
from corpus.read import read_data
from tests.conftest import PROJECT

Rows = list[tuple[str, ...]]
TRUTH = Path(__file__).with_name("tables.tsv")


def truths() -> Iterator[tuple[str, str, Rows]]:
    """Paper, number and rows of every table of the five papers, the names of the columns first."""
    for part in TRUTH.read_text(encoding="utf-8").split("# ")[1:]:
        place, *rows = part.rstrip("\n").split("\n")
        paper, number = place.split()
        yield paper, number, [tuple(row.split("\t")) for row in rows]


def read(text: str) -> Paper:
    """The paper that a text file of this content is read as."""
    return read_data(text.encode(), "paper.txt", {})


def table(paper: Paper, number: str) -> Table:
    """The one table of this number."""
    (found,) = [table for table in paper.tables if table.number == number]
    return found


@pytest.fixture(scope="module")
def papers() -> dict[str, Paper]:
    """The three papers that have tables."""
    folder = PROJECT / "corpus" / "papers"
    return {
        name: read_data((folder / f"{name}.txt").read_bytes(), f"{name}.txt", {})
        for name in ("shi-wang-zhang", "sun-luo", "zhang")
    }


@pytest.mark.parametrize(("paper_id", "number", "rows"), [pytest.param(*t, id=f"{t[0]}-{t[1]}") for t in truths()])
def test_a_table_of_the_five_papers_is_read_cell_by_cell(
    papers: dict[str, Paper], paper_id: str, number: str, rows: Rows
) -> None:
    found = table(papers[paper_id], number)
    assert ([found.header, *found.rows] if found.rows else []) == rows


def test_the_sizes_are_those_of_the_papers(papers: dict[str, Paper]) -> None:
    sizes = {(p.id, t.number): (len(t.rows), len(t.header)) for p in papers.values() for t in p.tables}
    assert sizes == {
        ("zhang", "表1"): (14, 8), ("zhang", "表2"): (4, 3), ("zhang", "表3"): (0, 0), ("zhang", "表4"): (12, 5),
        ("shi-wang-zhang", "表1"): (11, 13), ("shi-wang-zhang", "表2"): (18, 3), ("shi-wang-zhang", "表3"): (3, 2),
        ("shi-wang-zhang", "表4"): (11, 2), ("shi-wang-zhang", "表5"): (4, 5), ("shi-wang-zhang", "表6"): (2, 5),
        ("shi-wang-zhang", "表7"): (4, 5), ("shi-wang-zhang", "表8"): (4, 5), ("shi-wang-zhang", "表9"): (22, 3),
        ("sun-luo", "表1"): (16, 10), ("sun-luo", "表2"): (5, 7), ("sun-luo", "表3"): (5, 6),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("paper_id", "number", "row", "column", "cell"),
    [
        ("zhang", "表4", "中小企业（雇员在 500 人以下）数量（个）", "2017 财年", "549"),
        ("zhang", "表1", "机器人制造", "牵头机构", "卡耐基梅隆大学"),
        ("zhang", "表1", "纤维材料及制造工艺", "会员数量（个）", "110"),
        ("shi-wang-zhang", "表9", "先进制造机器人研究所（ARM）", "成员数量（个）", "323"),
        ("shi-wang-zhang", "表9", "先进制造机器人研究所（ARM）", "美国联邦机构", "国防部"),
        ("shi-wang-zhang", "表5", "5G/6G 毫米波材料与电气测试技术", "资助金额（美元）", "290 865"),
        ("shi-wang-zhang", "表5", "5G/6G 毫米波材料与电气测试技术", "主要执行机构", "国际电子生产商联盟"),
        ("shi-wang-zhang", "表1", "加强雇主和教育组织之间的联系", "能源部", "×"),
        ("sun-luo", "表2", "2019年", "私人投资（亿美元）", "3.55"),
        ("sun-luo", "表1", "增材制造", "联邦/非联邦投资情况 (亿美元)", "6.5 / 6.8"),
        ("sun-luo", "表1", "增材制造", "联邦", "6.5"),
        ("sun-luo", "表1", "增材制造", "非联邦", "6.8"),
        ("sun-luo", "表1", "增材制造", "州政府", None),
    ],
)
def test_a_cell_is_found_by_its_row_and_column(
    papers: dict[str, Paper], paper_id: str, number: str, row: str, column: str, cell: str | None
) -> None:
    found = table(papers[paper_id], number)
    (at,) = [i for i, cells in enumerate(found.rows) if row in cells]
    assert found.cell(at, column) == cell


def test_the_premium_members_fee_stands_in_their_row(papers: dict[str, Paper]) -> None:
    found = table(papers["zhang"], "表2")
    assert "每年 2 万美元作为创新中心管理费用" in (found.cell(1, "所需投资") or "")
    assert found.cell(1, "会员") == "高级会员"


def test_a_table_stands_whole_under_its_caption_and_above_its_notes(papers: dict[str, Paper]) -> None:
    zhang, shi = papers["zhang"], papers["shi-wang-zhang"]
    first = table(zhang, "表1")
    lines = zhang.text[first.start : first.end].split("\n")
    assert (len(lines), lines[0], lines[1][:8]) == (17, "表 1　美国制造业创新中心一览", "编号\t技术领域\t")
    assert lines[-1].startswith("注：本表根据《制造业美国年度报告（2017 财年）》编制")
    assert lines[-1].endswith("REMADE 会员数截至 2017 年底。")
    last = table(zhang, "表4")
    assert zhang.text[last.start : last.end].endswith("\n* 初期对资本设备、生产设施的投入较大。")
    matrix = table(shi, "表1")
    assert shi.text[matrix.start : matrix.end].endswith("\n注：√表示参与；× 表示未参与。")


def test_a_row_is_quoted_as_it_is_printed_and_told_with_its_column_names(papers: dict[str, Paper]) -> None:
    shi = papers["shi-wang-zhang"]
    found = table(shi, "表9")
    at = found.row_at(shi.text.index("数字化制造研究所（MXD）"))
    assert at is not None
    assert shi.text[slice(*found.places[at])] == "数字化制造研究所（MXD）\t314"
    assert found.described(at) == (
        "美国联邦机构：国防部；参与研究所及机构 / 计划：数字化制造研究所（MXD）；成员数量（个）：314"
    )
    assert found.row_at(found.start) is None


def test_marks_without_a_place_are_not_put_under_columns(papers: dict[str, Paper]) -> None:
    """zhang's table 3 gives `* *` for a row of four columns: nobody can tell which two."""
    zhang = papers["zhang"]
    found = table(zhang, "表3")
    lines = zhang.text[found.start : found.end].split("\n")
    assert found.rows == ()
    assert lines[1].split("\t")[:2] == ["评价指标分类", "目标 1：提升“美国制造”的竞争力"]
    assert lines[2:4] == ["对创新生态的影响 * * *", "对投资的带动作用 * *"]
    (doubt,) = (doubt for doubt in zhang.report.doubts if doubt.kind == "cells_untold")
    assert doubt.start == found.start
    assert doubt.message() == (
        "the cells of “表 3 美国制造业创新网络定量评价指标与战略目标的关系” in 2.7 考核评价 could not be told apart; "
        "its lines are kept as they stand"
    )


PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"


def test_a_table_goes_on_over_a_page_under_its_column_names_again() -> None:
    rows = [f"{year}年\t{year - 2000}\t{year / 1000:.1f}" for year in range(2011, 2019)]
    names = "年份\t研究所（个）\t投资（亿美元）"
    body = "\n".join([PROSE, "表1 效果", names, *rows[:4], PROSE * 3, "续表", names, *rows[4:], PROSE])
    paper = read(f"1 引言\n{PROSE}\n{body}\n")
    found = table(paper, "表1")
    assert found.header == tuple(names.split("\t"))
    assert found.rows == tuple(tuple(row.split("\t")) for row in rows)
    assert paper.report.removed == {"续表": 1, names.replace("\t", " "): 1}
    assert paper.text[found.start : found.end] == "\n".join(["表1 效果", names, *rows])


def test_a_table_stands_behind_the_paragraph_that_mentions_it(papers: dict[str, Paper]) -> None:
    """Table 3 of shi-wang-zhang is printed two sections after the paragraph that it belongs to."""
    shi = papers["shi-wang-zhang"]
    found = table(shi, "表3")
    assert shi.text[: found.start].endswith("NSAM 战略提出 3 个特定技术目标和 8 条建议（见表 3）。\n")
    assert shi.section_path(found.start)[-1].title == "1.2 促进先进制造业劳动力发展"


@pytest.mark.parametrize(
    ("paper_id", "note", "marked"),
    [
        ("shi-wang-zhang", "①　混合生产：相对于单线型生产而言", "以打破高混合生产①中的高优先级技术壁垒"),
        ("shi-wang-zhang", "①　数字主线是指利用数字化技术", "“通过数字主线①制定加强美国制造业供应链的路线图”项目"),
        ("sun-luo", "① 国务院. 国务院关于印发《中国制造2025》的通知", "创新体系不完善等问题依旧突出①。"),
        ("sun-luo", "④ 工业和信息化部. 智能制造发展规划", "脱节等问题④"),
    ],
)
def test_a_footnote_stands_behind_the_paragraph_that_bears_its_mark(
    papers: dict[str, Paper], paper_id: str, note: str, marked: str
) -> None:
    paper = papers[paper_id]
    at = paper.text.index(note)
    assert paper.block_at(at).kind == "footnote"
    section = paper.section_path(at)
    assert paper.section_path(paper.text.index(marked)) == section
    before = [b for b in paper.blocks if b.start < at and b.kind == "paragraph"][-1]
    assert marked in paper.text[before.start : before.end]


def test_two_tables_of_the_same_columns_stay_two() -> None:
    names = "项目\t金额（美元）"
    text = "\n".join([PROSE, "表1 甲", names, "一号\t10", "二号\t20", "表2 乙", names, "三号\t30", "四号\t40", PROSE])
    paper = read(f"1 引言\n{text}\n")
    assert table(paper, "表1").rows == (("一号", "10"), ("二号", "20"))
    assert table(paper, "表2").rows == (("三号", "30"), ("四号", "40"))
    assert paper.report.removed == {}


# Tables nobody has tuned anything on --------------------------------------------------------------------------------

WORDS = "制造 创新 研究 先进 材料 数字 智能 工业 技术 发展 国家 中心 设计 系统 平台 机器人 传感器 供应链".split()
CITIES = "北京 上海 广州 深圳 南京 武汉 成都 西安 杭州 天津".split()


def phrase(rng: random.Random, least: int, most: int) -> str:
    """A run of Chinese words of about that many characters."""
    text = ""
    while len(text) < least:
        text += rng.choice(WORDS)
    return text[:most]


def made_table(rng: random.Random) -> tuple[list[str], list[int], Rows]:
    """Names, widths (in Chinese characters) and rows of a table: a label, then text, dates, numbers, places."""
    kinds = ["label", *rng.sample(["text", "date", "number", "place", "number"], rng.randint(2, 4))]
    names = {"label": "项目名称", "text": "主要内容", "date": "成立时间", "number": "会员数量（个）", "place": "地点"}
    rows = []
    for _ in range(rng.randint(4, 9)):
        cells = {
            "label": phrase(rng, 4, 14), "text": phrase(rng, 14, 40), "place": f"{rng.choice(CITIES)}市",
            "date": f"{rng.randint(2000, 2020)} 年 {rng.randint(1, 12)} 月",
            "number": rng.choice([str(rng.randint(2, 999)), f"{rng.randint(1, 9)} {rng.randint(100, 999)}"]),
        }  # fmt: skip
        rows.append(tuple(cells[kind] for kind in kinds))
    widths = {"label": 8, "text": 14, "date": 12, "number": 8, "place": 6}
    return [names[kind] for kind in kinds], [widths[kind] for kind in kinds], rows


def typeset(rng: random.Random, widths: list[int], rows: Rows) -> str:
    """The rows as the text of a PDF gives them: cells wrapped, lines of neighbouring one-line cells run together."""
    out: list[str] = []
    for row in rows:
        cells = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        line = ""
        for cell in cells:
            if line and len(cell) == 1:
                line += " " + cell[0]
            else:
                out += [line, ""] if line else []
                out += cell[:-1]
                line = cell[-1]
                if len(cell) > 1:
                    out += [line, ""]
                    line = ""
        out += [line, ""] if line else []
        if rng.random() < 0.2 and out[-1] != "":
            out.append("")
    return "\n".join(out)


def wrapped(cell: str, width: int) -> list[str]:
    """The lines of a cell of this width in Chinese characters."""
    lines = [""]
    for ch in cell:
        if display_width(lines[-1] + ch) > 2 * width:
            lines.append("")
        lines[-1] += ch
    return [line.strip() for line in lines]


def test_most_cells_of_made_tables_are_told_apart() -> None:
    """Sixty tables that nothing was tuned on, wrapped as in a PDF's text: nearly all of their cells come back."""
    right = total = 0
    for seed in range(60):
        rng = random.Random(seed)
        names, widths, rows = made_table(rng)
        text = typeset(rng, widths, rows)
        pairs = frozenset(word[i : i + 2] for word in WORDS for i in range(len(word) - 1))
        found = rows_of(clean_lines(RawText(text)).lines, names, 0, pairs, spaced=True)
        cells = [tuple(re.sub(r"\s", "", cell.text) for cell in row) for row in found]
        total += sum(len(row) for row in rows)
        for row in rows:
            wanted = tuple(re.sub(r"\s", "", cell) for cell in row)
            alike = [sum(a == b for a, b in zip(wanted, row, strict=True)) for row in cells]
            if alike:  # each row that is found stands for one row only
                right += max(alike)
                cells.pop(alike.index(max(alike)))
    print(f"{right} of {total} cells")
    assert right / total > 0.95
