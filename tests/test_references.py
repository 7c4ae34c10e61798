"""A mark such as `[7,8]` in a text leads to the entries of the list of references with those numbers, and no other."""

from __future__ import annotations

import json

import pytest

from corpus.paper import Paper
from corpus.read import read_data
from corpus.references import cited_numbers, entry_number, without_number
from tests.conftest import PAPERS, five_papers
from ui.cli import main

BY_ID = five_papers()

ENTRIES = {
    "chen": [
        (1, "[1] 中国电子信息产业发展研究院.美国制造创新研究院解读"),
        (2, "[2] 林雪萍, 贾霖, 王晓明. 美国国家制造创新模式探析[J]"),
        (3, "[3] 袁东明, 郑舒丹. 美国制造业创新中心的运作模式与启示[J]"),
        (4, "[4] US Department of Commerce. Manufacturing USA 2017Annual Report"),
        (5, "[5]杨凯. 美国国家制造创新网络的经验及启示科技风[J]"),
        (6, "[6]刘亚威.重塑美国制造业——NNMI 首份年度报告和战略规划分析."),
        (7, "[7]白宫发布首份国家制造创新网络年度报告和战略规划."),
        (8, "[8]朱焕焕, 陈志.从“国家制造业创新网络”到“美国制造”"),
    ],
    "shi-wang-zhang": [],
    "sun-luo": [
        (1, "1 United States Congress. H R 2996 - Revitalize American Manufacturing"),
        (2, "2 United States Congress. United States Innovation and Competition Act of 2021."),
        (3, "3 United States Congress. National Science Foundation for the Future Act."),
        (4, "4 Executive Office of the President President's Council of Advisors"),
        (5, "5 Rudnitsky R G, Molnar M F, Gayle F W. Manufacturing USA Annual Report, FY 2018."),
        (6, "6 Executive Office of the President National Science and Technology Council Advanced"),
        (7, "7 Georgia Tech Enterprise Innovation Institute (EI2). Manufacturing Incubator"),
        (8, "8 Congressional Research Service. The Manufacturing Extension Partnership Program."),
        (9, "9 NIST. MEP National Network: Meeting the Challenge."),
        (10, "10 National Science & Technology Council. Strategy for American Leadership"),
        (11, "11 Manufacturing USA. Leading the Digital Revolution"),
        (12, "12 Manufacturing Skills Institute. Manufacturing Technician Level I"),
    ],
    "wang-yu-liu": [],
    "zhang": [],
}  # fmt: skip
"""How each entry begins; read off the files by eye. The lists of three papers are not in their files."""

CITED = [
    ("建立和完善创新生态系统[1]。", [1]),
    ("增强美国新技术实力[2]。", [2]),
    ("另一方面倡导对多个技术领域的投资与关注[3]。", [3]),
    ("促进创业公司科技成果的商业化[4]。", [4]),
    ("打通了先进制造技术从基础研究到产业化、规模化应用的创新链条[5]。", [5]),
    ("对《国家制造业创新网络》中的各部门进行协调[6]。", [6]),
    ("资金、设备、材料及劳动力[7]。", [7]),
    ("① 采用科学、精准的政策评估指标体系[6]；", [6]),
    ("385 个服务点及 1 400 多名专家[8]。", [8]),
    ("解决劳动力需求和技能缺口问题[8]。", [8]),
    ("研究成果及中心的专业知识[8]。", [8]),
    ("新增了 105 748 个制造业岗位[8]。", [8]),
    ("重塑美国智能制造生态系统[7,8]。", [7, 8]),
    ("的中小型制造企业进行改造创新[9]。", [9]),
    ("以确保其能获得相应的技术和专业知识[10]。", [10]),
    ("是《国家制造业创新网络》的优先事项[11]。", [11]),
    ("重塑制造业形象[11]；", [11]),
    ("帮助美国公民更好地从事高技能制造业工作[12]。", [12]),
    ("创新性的工作和商业机会联系起来[2]。", [2]),
]
"""Every mark of sun-luo with the words before it, and the numbers in it."""

FRONT = "智能制造的发展研究\n张三1，李四2\n（1. 某某大学，北京 100190；2. 某某研究院，上海 200000）\n"
PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"


def resolved(paper: Paper, words: str) -> list[tuple[int, str]]:
    """The number and text of each reference that the words cite."""
    start = paper.text.index(words)
    return [(r.number, paper.text[r.start : r.end]) for r in paper.cited_in(start, start + len(words))]


def read(text: str) -> Paper:
    """A text file as a paper."""
    return read_data(f"{FRONT}摘要：{PROSE}\n{text}".encode(), "甲.txt", {})


@pytest.mark.parametrize("paper_id", ENTRIES)
def test_the_references_are_the_entries_of_the_list(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    told = [(r.number, paper.text[r.start : r.end]) for r in paper.references]
    assert [number for number, _ in told] == [number for number, _ in ENTRIES[paper_id]]
    for (_, text), (_, begins) in zip(told, ENTRIES[paper_id], strict=True):
        assert text.startswith(begins)
        assert "\n" not in text


@pytest.mark.parametrize(("words", "numbers"), CITED)
def test_every_mark_of_a_paper_leads_to_the_entry_with_its_number(words: str, numbers: list[int]) -> None:
    begun = dict(ENTRIES["sun-luo"])
    told = resolved(BY_ID["sun-luo"], words)
    assert [number for number, _ in told] == numbers
    assert all(text.startswith(begun[number]) for number, text in told)


def test_no_mark_of_the_paper_is_left_out_of_the_table_above() -> None:
    paper = BY_ID["sun-luo"]
    body = paper.text[: paper.references[0].start]
    marks = list(dict.fromkeys(at for at, _ in cited_numbers(body, 0, len(body))))
    assert marks == sorted(paper.text.index(words) + words.index("[") for words, _ in CITED)


@pytest.mark.parametrize("paper_id", ENTRIES)
def test_the_marks_of_a_paper_whose_list_is_not_in_its_file_lead_nowhere(paper_id: str) -> None:
    paper = BY_ID[paper_id]
    cited = paper.cited_in(0, len(paper.text))
    assert [r.number for r in cited] == (list(range(1, 13)) if paper_id == "sun-luo" else [])


def test_references_are_told_in_order_of_mention_and_once() -> None:
    paper = BY_ID["sun-luo"]
    section = next(s for s in paper.sections if s.title.startswith("3.3"))
    assert [r.number for r in paper.cited_in(section.start, section.end)] == [11, 12, 2]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("见文献[3,5]。", [3, 5]),
        ("见文献[1-3]。", [1, 2, 3]),
        ("见文献[1–3, 7]。", [1, 2, 3, 7]),
        ("见文献［12］和［2、4—6］。", [12, 2, 4, 5, 6]),
        ("见文献[ 9 ]。", [9]),
        ("见文献 NNMI[7]。", [7]),
        ("表 9　成员数量 [7]", [7]),
        ("在[2016]年", []),
        ("智能制造[J]. 北京[M]", []),
        ("[2021-08-27]", []),
        ("数组 x[1] 和 a_[2]", []),
        ("区间[0,1]上", []),
        ("取值[1-200]内", []),
        ("倒序[5-3]", []),
        ("[]和[,]和[1.5]", []),
    ],
)
def test_a_mark_is_a_bracket_with_numbers_of_entries(text: str, numbers: list[int]) -> None:
    assert [number for _, number in cited_numbers(text, 0, len(text))] == numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("[10] 张三", 10),
        ("［3］李四", 3),
        ("2 United States", 2),
        ("4. 王五", 4),
        ("10.1016/j.x", None),
        ("张三. 一[J].", None),
    ],
)
def test_an_entry_begins_with_its_number(text: str, number: int | None) -> None:
    assert entry_number(text) == number


def test_superscript_and_full_width_marks_resolve_and_numbers_without_an_entry_do_not() -> None:
    paper = read(
        "1 引言\n美国如此^[2]，德国如此^{[1]}，日本也如此［1，3］，其他国家不同[4]。\n"
        "参考文献\n[1] 甲. 一[J]. 2016[7].\n［2］ 乙. 二[J].\n[3] 丙. 三[J].\n"
    )
    assert [r.number for r in paper.references] == [1, 2, 3]
    assert resolved(paper, "美国如此[2]，德国如此[1]，日本也如此［1，3］，其他国家不同[4]。") == [
        (2, "［2］ 乙. 二[J]."), (1, "[1] 甲. 一[J]. 2016[7]."), (3, "[3] 丙. 三[J]."),
    ]  # fmt: skip
    first = paper.references[0]
    assert paper.cited_in(first.start, paper.references[-1].end) == ()  # an entry cites nothing


def test_a_mark_means_the_next_list_where_each_chapter_has_its_own() -> None:
    chapter = "第{}章 {}\n" + PROSE + "见文献[1]。\n参考文献\n[1] {}. 题名[J].\n"
    paper = read(chapter.format("一", "绪论", "甲") + chapter.format("二", "方法", "乙"))
    entries = [paper.text[r.start : r.end] for r in paper.references]
    assert entries == ["[1] 甲. 题名[J].", "[1] 乙. 题名[J]."]
    at = [paper.text.index("见文献[1]"), paper.text.rindex("见文献[1]")]
    assert [paper.cited_in(a, a + 7) for a in at] == [(paper.references[0],), (paper.references[1],)]


def test_the_entry_of_another_article_is_no_reference() -> None:
    paper = read(
        "1 引言\n如此[2,9]。\n参考文献\n[1] 甲. 一[J].\n[2] 乙. 二[J].\nReceived: 2020-01-01\n[9] 己. 九[J].\n"
    )
    assert [r.number for r in paper.references] == [1, 2]
    assert [r.number for r in paper.cited_in(0, len(paper.text))] == [2]


def test_reading_prints_the_references(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(PAPERS / "chen.txt"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [r["number"] for r in told["references"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    first = told["references"][0]
    assert told["text"][first["start"] : first["end"]].startswith("[1] 中国电子信息产业发展研究院.")


@pytest.mark.parametrize(
    ("entry", "rest"),
    [
        ("［10］ Markusen J R", "Markusen J R"), ("2 United States  Congress", "United States Congress"),
        ("[5]杨凯. 美国[J]", "杨凯. 美国[J]"), ("3. 甲", "甲"), ("张三. 智能制造[J].", "张三. 智能制造[J]."),
    ],
)  # fmt: skip
def test_an_entry_without_its_number(entry: str, rest: str) -> None:
    assert without_number(entry) == rest
