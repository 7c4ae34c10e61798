"""The parse report: complete, counted right, the same on the terminal and in JSON; the README shows a true one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import get_args

import pytest

from corpus.doubts import Doubt
from corpus.paper import Block, Kind, Paper, Report
from corpus.raw import RawPage, RawText
from corpus.read import READERS, read_data, read_paper
from tests.conftest import PAPERS, PROJECT, shared
from ui import cli
from ui.report import FoundSection, ParseReport, parse_report, ranges
from ui.terminal import paper_json, paper_text
from ui.words import BLOCKS

HEAD = "◇李青禾：风洞实验室运行情况研究"
PAGES = (
    f"""{HEAD}
摘要：本文介绍风洞实验室的运行情况。

1 试验情况

实验室建于2016年，由三个试验段组成①，各试验段的运行情况见表1。

表1 各试验段的运行情况
试验段\t年份\t次数
亚音速\t2019\t480
超音速\t2020\t312

① 参见 http://example.org/fd。
— 45 —""",
    f"""{HEAD}
1.1 人员

实验室有工作人员九十六名，其中研究人员五十一名。
— 46 —""",
    f"""{HEAD}
2 结论

实验室运行平稳，达到了预期的目标。

参考文献

[1] 李青禾. 风洞试验[J]. 实验科学, 2019(3): 12-15.
[2] 王之遥. 气动力学[M]. 北京: 某出版社, 2015.
— 47 —""",
    "",
    f"{HEAD}\n— 49 —",
)
DOUBTS = (
    Doubt("lines_illegible", 3, then="left_out", values={"count": "2"}),
    Doubt("pages_unread", then="install", values={"pages": "4, 5"}),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Paper:
    """A paper of five pages: two of text, one recognised, one unread, and one of which nothing is kept."""
    starts = [sum(len(page) + 1 for page in PAGES[:n]) for n in range(len(PAGES))]
    raw = RawText(
        "\f".join(PAGES),
        tuple(RawPage(n + 1, str(45 + n), start) for n, start in enumerate(starts)),
        DOUBTS,
        recognised_pages=(3,),
    )
    monkeypatch.setitem(READERS, ".pdf", lambda data, file: raw)
    return read_data(b"", "fengdong.pdf", {"year": 2019})


def readme() -> str:
    """The README's text."""
    return (PROJECT / "README.md").read_text(encoding="utf-8")


# The small paper -----------------------------------------------------------------------------------------------------


def test_the_report_on_the_terminal_to_the_line(small: Paper) -> None:
    assert paper_text(small).split("\n") == [
        "file        fengdong.pdf",
        "title       风洞实验室运行情况研究",
        "authors     李青禾",
        "year        2019   DOI unknown   language zh",
        "pages       5: 2 from their text, 1 by OCR (p. 3), 1 not read (p. 4), 1 all removed (p. 5)",
        "characters  235 of 315 kept (74.6 %; white space not counted)",
        "sentences   15",
        "blocks      15: abstract 1, headings 4, paragraphs 3, captions 1, table rows 3, footnotes 1,",
        "            references 2",
        "doubts      2",
        "   1  p. 3  2 lines are too unclear to be recognised; left out",
        "   2  pages 4, 5: not read; run pip install 'yinju[ocr]' to have scanned pages recognised",
        "removed     8 lines, digits as #",
        "   4 × ◇李青禾：风洞实验室运行情况研究",
        "   4 × — # —",
        "tables      1, rows × columns without the header",
        "  表1  2 × 3  p. 1 · 各试验段的运行情况 · in 1 试验情况",
        "sections    4",
        "  p. 1  1 试验情况",
        "  p. 2    1.1 人员",
        "  p. 3  2 结论",
        "  p. 3  参考文献",
    ]


def test_the_report_in_json(small: Paper) -> None:
    report = paper_json(small)["report"]
    assert json.loads(json.dumps(report)) == report
    table = report["tables"][0]
    assert small.text[table["start"] : table["end"]].split("\n") == [
        "表1 各试验段的运行情况", "试验段\t年份\t次数", "亚音速\t2019\t480", "超音速\t2020\t312",
    ]  # fmt: skip
    assert report == {
        "page_count": 5, "recognised_pages": [3], "unread_pages": [4], "furniture_pages": [5],
        "source_characters": 315, "kept_characters": 235, "sentences": 15,
        "blocks": {
            "front": 0, "abstract": 1, "heading": 4, "paragraph": 3, "caption": 1, "table": 3, "figure": 0,
            "footnote": 1, "reference": 2, "back": 0, "stray": 0,
        },
        "removed": [{"line": "◇李青禾：风洞实验室运行情况研究", "count": 4}, {"line": "— # —", "count": 4}],
        "tables": [
            {
                "number": "表1", "caption": "各试验段的运行情况", "rows": 2, "columns": 3, "lines": 3,
                "section": "1 试验情况", "pages": [1], "start": table["start"], "end": table["end"],
            }
        ],
        "doubts": [
            {"page": 3, "text": "2 lines are too unclear to be recognised; left out"},
            {
                "page": None,
                "text": "pages 4, 5: not read; run pip install 'yinju[ocr]' to have scanned pages recognised",
            },
        ],
    }  # fmt: skip


def test_every_character_that_is_not_kept_stands_in_a_removed_line(small: Paper) -> None:
    report = parse_report(small)
    assert 4 * len(HEAD) + 4 * len("—45—") == report.source_characters - report.kept_characters


def test_sections_know_their_pages_and_pages_add_up(small: Paper) -> None:
    report = parse_report(small)
    assert report.sections == (
        FoundSection("1 试验情况", 1, 1), FoundSection("1.1 人员", 2, 2), FoundSection("2 结论", 1, 3),
        FoundSection("参考文献", 1, 3),
    )  # fmt: skip
    assert report.doubts == DOUBTS
    parts = (report.recognised_pages, report.unread_pages, report.furniture_pages)
    assert report.text_pages + sum(map(len, parts)) == report.page_count == 5
    assert report.removed_lines == 8


@pytest.mark.parametrize(
    ("kept", "source", "percent"),
    [(0, 0, "100"), (0, 9, "0.0"), (1, 3, "33.3"), (99_999, 100_000, "99.9"), (7, 7, "100"), (8, 7, "100")],
)
def test_a_loss_is_never_rounded_away(small: Paper, kept: int, source: int, percent: str) -> None:
    """A ligature that becomes letters can make the text longer than its source."""
    paper = replace(small, report=Report(source_characters=source, kept_characters=kept))
    assert parse_report(paper).kept_percent == percent


@pytest.mark.parametrize(("numbers", "text"), [((), ""), ((7,), "7"), ((3, 4, 5, 9), "3–5, 9"), ((1, 3, 4), "1, 3–4")])
def test_ranges_of_pages(numbers: tuple[int, ...], text: str) -> None:
    assert ranges(numbers) == text


def test_a_file_without_anything_says_so() -> None:
    """Nothing removed, no table, no heading, no doubt, no pages; facts that are not known stay unknown."""
    paper = Paper(id="a", file="a.txt", sha256="", text="一句。", blocks=(Block("paragraph", 0, 3, 1),))
    assert paper_text(paper).split("\n") == [
        "file        a.txt",
        "title       unknown",
        "authors     unknown",
        "year        unknown   DOI unknown   language zh",
        "characters  0 of 0 kept (100 %; white space not counted)",
        "sentences   0",
        "blocks      1: paragraphs 1, footnotes 0, references 0",
        "doubts      none",
        "removed     none",
        "tables      none",
        "sections    none",
    ]


def test_what_a_file_says_cannot_steer_the_terminal(small: Paper) -> None:
    """Names of files and fonts come from elsewhere; an escape sequence among them is not passed on."""
    doubt = Doubt("page_broken", 1, values={"reason": "\x1b[2J\r\x9b"})
    hostile = replace(small, file="\x1b]0;x\x07.pdf", report=replace(small.report, doubts=(doubt,)))
    text = paper_text(hostile)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "file        �]0;x�.pdf" in text
    assert "   1  p. 1  could not be read (�[2J �)" in text


# Words ---------------------------------------------------------------------------------------------------------------


def test_every_kind_of_block_has_a_name_in_both_languages() -> None:
    for names in BLOCKS.values():
        assert tuple(names) == get_args(Kind)
        assert len(set(names.values())) == len(names)


# The real papers -----------------------------------------------------------------------------------------------------


OVER_AGENCIES = (
    "美国政府部门 三大目标 特定技术目标 商务部 国防部 能源部 劳工部 交通部 教育部 环保局 卫生与公众服务部 航空航天局 "
    "美国国家卫生基金会 农业部"
)
CENTRES = "编号 技术领域 机构名称 成立时间 出资情况（联邦政府 / 其他；单位：美元） 会员数量（个） 牵头机构 地点"
"""Column names that are printed again where a table goes on over the page."""


def real(name: str) -> ParseReport:
    """The report of one of the five papers."""
    return parse_report(read_paper(PAPERS / f"{name}.txt", {}))


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("chen", ()),
        ("sun-luo", (("chinaXiv:#.#v#", 2),)),
        (
            "shi-wang-zhang",
            (
                ("·科技与经济·", 4), ("续表", 2), ("◇史冬梅，王　晶，张景胤：美国拜登政府制造业发展战略措施及启示", 2),
                ("— # —", 1), (OVER_AGENCIES, 1), ("特定技术目标 技术建议 具体措施", 1),
            ),
        ),
        (
            "zhang",
            (
                ("·科技计划与管理·", 3), ("续表", 1), ("◇张华胜：美国国家制造业创新网络建设及管理模式", 1),
                (CENTRES, 1),
            ),
        ),
    ],
)  # fmt: skip
def test_the_furniture_of_the_papers_and_nothing_else(name: str, removed: tuple[tuple[str, int], ...]) -> None:
    report = real(name)
    assert report.removed == removed
    assert float(report.kept_percent) > 98.5  # of shi-wang-zhang, 82 characters are repeated column names
    assert (report.page_count, report.recognised_pages, report.unread_pages, report.furniture_pages) == (0, (), (), ())


def test_the_tables_and_notes_of_sun_luo() -> None:
    report = real("sun-luo")
    assert [(t.number, t.rows, t.columns, t.caption, t.pages) for t in report.tables] == [
        ("表1", 16, 10, "美国 16 个制造业创新中心简介", ()),
        ("表2", 5, 7, "2015—2019 年美国制造业创新研究所产生效果", ()),
        ("表3", 5, 6, "2016—2020 年美国制造业拓展伙伴计划产生效果", ()),
    ]
    assert (report.blocks["footnote"], report.blocks["reference"]) == (4, 12)


def test_a_paper_without_pages_shows_none() -> None:
    text = paper_text(read_paper(PAPERS / "sun-luo.txt", {}))
    assert "pages" not in text
    assert "p. " not in text


def test_the_pages_of_a_pdf() -> None:
    paper = read_paper(shared("pdfs/data_security_law.pdf"), {})
    report = parse_report(paper)
    assert report.page_count == len({page.number for page in paper.pages}) == report.text_pages
    assert [s.page for s in report.sections] == sorted(s.page or 0 for s in report.sections)
    assert f"pages       {report.page_count}: {report.page_count} from their text" in paper_text(paper)


# The README ----------------------------------------------------------------------------------------------------------


def test_the_readme_shows_the_report_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it differs: paste what `yinju read corpus/papers/sun-luo.txt` prints."""
    assert cli.main(["read", str(PAPERS / "sun-luo.txt")]) == 0
    assert f"$ yinju read corpus/papers/sun-luo.txt\n{capsys.readouterr().out}```" in readme()


def test_the_readme_documents_every_key_of_the_json(small: Paper) -> None:
    block = re.search(r"```json\n(\{\"id\": \"lun-wen\".*?)\n```", readme(), re.DOTALL)
    assert block is not None
    shown, printed = json.loads(block[1]), paper_json(small)
    assert list(shown) == list(printed)
    for part in ("pages", "sections", "tables"):
        assert list(shown[part][0]) == list(printed[part][0])
    shown, printed = shown["report"], printed["report"]
    assert list(shown) == list(printed)
    assert list(shown["blocks"]) == list(printed["blocks"])
    for part in ("removed", "tables", "doubts"):
        assert list(shown[part][0]) == list(printed[part][0])
