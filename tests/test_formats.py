"""Markdown, HTML and DOCX: what the format knows of a paper is kept, and every paragraph stays whole."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.blocks import build_blocks
from corpus.clean import clean_lines
from corpus.library import Library
from corpus.marked import Cell, Said, raw_text, row_lines
from corpus.measure import Measure
from corpus.numerals import numeral
from corpus.paper import Paper
from corpus.raw import Mark
from corpus.read import READERS, read_data
from tests.conftest import PAPERS
from tests.documents import add_xml, item, level, new_document, note, notes_part, numbering_part, run, saved
from tests.test_offsets import LINES, check

FIVE = sorted(path.stem for path in PAPERS.glob("*.txt"))


def read(source: str | bytes, name: str) -> Paper:
    """The paper in these bytes, its offsets checked."""
    data = source.encode() if isinstance(source, str) else source
    check(READERS[Path(name).suffix](data, name))
    return read_data(data, name, {})


def blocks(paper: Paper) -> list[tuple[str, str]]:
    """Kind and text of every block."""
    return [(block.kind, paper.text[block.start : block.end]) for block in paper.blocks]


def outline(paper: Paper) -> list[tuple[int, str]]:
    """Level and title of every section."""
    return [(section.level, section.title) for section in paper.sections]


# The five papers, there and back -------------------------------------------------------------------------------------


def as_markdown(paper: Paper, headed: bool) -> bytes:
    """A paper in Markdown; its section headings marked as such, or bold paragraphs."""

    def plain(text: str) -> str:
        return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)

    parts = [f"# {plain(paper.title or '')}"]
    for kind, texts, levels in runs(paper):
        if kind == "table":
            rows = [[plain(cell) for cell in row] for row in squared(texts)]
            lines = [rows[0], ["-"] * len(rows[0]), *rows[1:]]
            parts.append("\n".join("| " + " | ".join(row) + " |" for row in lines))
        elif kind == "figure":
            parts.extend(f"![{plain(text)}](figure.png)" for text in texts)
        elif kind == "heading":
            parts.extend(
                f"#{'#' * at} {plain(text)}" if headed else f"**{plain(text)}**"
                for text, at in zip(texts, levels, strict=True)
            )
        else:
            parts.extend(plain(text) for text in texts)
    return "\n\n".join(parts).encode()


def as_html(paper: Paper, headed: bool) -> bytes:
    """A paper as a web page."""
    parts = [f"<h1>{html.escape(paper.title or '')}</h1>"]
    for kind, texts, levels in runs(paper):
        told = [html.escape(text) for text in texts]
        if kind == "table":
            rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in squared(texts)]
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        elif kind == "figure":
            parts.extend(f'<img src="figure.png" alt="{text}">' for text in told)
        elif kind == "heading" and headed:
            parts.extend(f"<h{at + 1}>{text}</h{at + 1}>" for text, at in zip(told, levels, strict=True))
        else:
            parts.extend(f"<p>{text}</p>" for text in told)
    return ("<!DOCTYPE html><meta charset=utf-8><title>论文库</title><body>" + "\n".join(parts)).encode()


def as_docx(paper: Paper, headed: bool) -> bytes:
    """A paper as a Word document."""
    document = new_document()
    document.add_heading(paper.title or "", 0)
    for kind, texts, levels in runs(paper):
        if kind in ("table", "figure"):
            rows = squared(texts)
            table = document.add_table(len(rows), len(rows[0]))
            for cells, row in zip(table.rows, rows, strict=True):
                for cell, text in zip(cells.cells, row, strict=True):
                    cell.text = text
        elif kind == "heading" and headed:
            for text, at in zip(texts, levels, strict=True):
                document.add_heading(text, at)
        else:
            for text in texts:
                document.add_paragraph(text, style="Caption" if kind == "caption" else None)
    return saved(document)


def runs(paper: Paper) -> list[tuple[str, list[str], list[int]]]:
    """Blocks of a kind that follow one another, with the levels of headings. Footnotes and the title are left out."""
    levels = {section.start: section.level for section in paper.sections}
    kept = [b for b in paper.blocks if b.kind != "footnote" and paper.text[b.start : b.end] != paper.title]
    found = []
    for kind, group in groupby(kept, key=lambda block: block.kind):
        part = list(group)
        found.append((kind, [paper.text[b.start : b.end] for b in part], [levels.get(b.start, 0) for b in part]))
    return found


def squared(rows: Sequence[str]) -> list[list[str]]:
    """The cells of rows, two at least, and as many in each."""
    cells = [row.split("\t") for row in rows]
    width = max(2, *map(len, cells))
    return [row + [""] * (width - len(row)) for row in cells]


@pytest.mark.parametrize("headed", [True, False], ids=["headed", "bare"])
@pytest.mark.parametrize(("write", "ending"), [(as_markdown, "md"), (as_html, "html"), (as_docx, "docx")])
@pytest.mark.parametrize("name", FIVE)
def test_a_paper_comes_back_from_every_format(
    name: str, write: Callable[[Paper, bool], bytes], ending: str, headed: bool
) -> None:
    paper = Library(PAPERS).read(PAPERS / f"{name}.txt")
    back = read(write(paper, headed), f"{name}.{ending}")
    kinds = ("heading", "abstract", "paragraph", "reference", "back")
    assert [b for b in blocks(back) if b[0] in kinds] == [b for b in blocks(paper) if b[0] in kinds]
    assert outline(back) == outline(paper)
    assert back.title == paper.title
    assert back.keywords == paper.keywords


# One paper, written by hand in every format --------------------------------------------------------------------------

MARKDOWN = r"""---
author: admin
---

# 国家制造业创新网络的运行机制

张 三<sup>1</sup>，李四<sup>2,\*</sup>

（1. 北京大学光华管理学院，北京 100871）

**摘要：**本文研究**国家制造业创新网络**的运行机制[^2]，
占98%的企业，结论如下。

**关键词：** 制造业；创新网络

## 一、引言

制造业比重[^1]下降，降幅
为12%，见[官网](https://a.cn)。第二句有 $x_1*y_1$。
　　缩进的新段落。

### （一）现状

#### 1.1 组织

现状**如下：**

- 第一点；
- 第二点：
  1. 甲；
  2. 乙。

五、另一点，这是句子。

表1 会员数量

| 年份 | 高校 | 企业 |
|------|:----:|-----:|
| 2016 | 12 | |
| | 13 | 549 |

```text
机构 = 14
  州 = 8
```

![网络结构示意](b.png)

图 1　网络结构

## 二、结论

机制有效^[1]，达10<sup>5</sup>家<sup>[2]</sup>。

## 参考文献

- [1] 张三. 论制造业[J]. 经济研究, 2019(1): 1-9.
- [2] Smith J. Manufacturing. 2020.

[^1]: 指工业增加值的比重，
    不含采矿业。
[^2]: 数据截至2019年。
"""

EXPECTED_MARKDOWN = [
    ("front", "国家制造业创新网络的运行机制"),
    ("front", "张 三¹，李四2,*"),
    ("front", "（1. 北京大学光华管理学院，北京 100871）"),
    ("abstract", "摘要：本文研究国家制造业创新网络的运行机制①，占98%的企业，结论如下。"),
    ("footnote", "① 数据截至2019年。"),
    ("front", "关键词： 制造业；创新网络"),
    ("heading", "一、引言"),
    ("paragraph", "制造业比重②下降，降幅为12%，见官网。第二句有 x_1*y_1。"),
    ("footnote", "② 指工业增加值的比重，不含采矿业。"),
    ("paragraph", "缩进的新段落。"),
    ("heading", "（一）现状"),
    ("heading", "1.1 组织"),
    ("paragraph", "现状如下："),
    ("paragraph", "• 第一点；"),
    ("paragraph", "• 第二点："),
    ("paragraph", "1. 甲；"),
    ("paragraph", "2. 乙。"),
    ("paragraph", "五、另一点，这是句子。"),
    ("caption", "表1 会员数量"),
    ("table", "年份\t高校\t企业"),
    ("table", "2016\t12"),
    ("table", "13\t549"),
    ("paragraph", "机构 = 14"),
    ("paragraph", "州 = 8"),
    ("figure", "网络结构示意"),
    ("caption", "图 1　网络结构"),
    ("heading", "二、结论"),
    ("paragraph", "机制有效[1]，达10⁵家[2]。"),
    ("heading", "参考文献"),
    ("reference", "[1] 张三. 论制造业[J]. 经济研究, 2019(1): 1-9."),
    ("reference", "[2] Smith J. Manufacturing. 2020."),
]
OUTLINE = [(1, "一、引言"), (2, "（一）现状"), (3, "1.1 组织"), (1, "二、结论"), (1, "参考文献")]


def test_a_paper_in_markdown() -> None:
    paper = read(MARKDOWN, "a.md")
    assert blocks(paper) == EXPECTED_MARKDOWN
    assert outline(paper) == OUTLINE
    assert (paper.title, paper.authors) == ("国家制造业创新网络的运行机制", ("张三", "李四"))
    assert paper.keywords == ("制造业", "创新网络")
    (table,) = paper.tables
    assert (table.number, table.caption, table.header) == ("表1", "会员数量", ("年份", "高校", "企业"))
    assert table.rows == (("2016", "12", ""), ("", "13", "549"))
    assert blocks(read_data(MARKDOWN.replace("\n", "\r\n").encode("gb18030"), "a.markdown", {})) == EXPECTED_MARKDOWN


PAGE = """<!DOCTYPE html><html><head><meta charset="gb2312"><title>创新网络的运行机制_期刊网</title>
<meta name="citation_author" content="张三"><style>p{color:red}</style><script>alert("脚本")</script></head><body>
<nav>首页 | 期刊</nav><header><p>期刊网站</p></header><p>当前位置：论文</p>
<h2 class="t">创新网络的<br>运行机制</h2><p>张 三</p><p>北京大学光华管理学院</p>
<p><b>摘　要：</b>本文研究网络<sup><a href="#fn1" id="fnref1">1</a></sup>。结论如下。</p><p>关键词：制造业；网络</p>
<h2>一、引言</h2>
<p>第一行的文字
在源码里换行，<br>仍是一段。<br><br>第二段<!-- 注释 -->&nbsp;&lt;5%&gt;好。</p>
<p style="display:none">隐藏</p><p hidden>隐藏</p>
<h3>（一）现状</h3>
<ol start="3" type="a"><li>甲方；</li><li><p>乙方。</p><p>乙方续段。</p></li></ol>
<ul><li>要点<ul><li>子要点</li></ul></li></ul>
<table border=1><caption>表 1　会员<sup><a href="#fn2">2</a></sup></caption>
<thead><tr><th rowspan=2>年份<th colspan=2>会员</tr><tr><th>高校<th>企业</thead>
<tr><td>2016<td>12<td>0.35**<tr><td>2017<td><td><p>甲</p><p>乙</p></table>
<figure><img src=a.png alt="网络结构示意"><figcaption>图1　网络结构</figcaption></figure>
<table><tr><td><p>布局表格里的段落，不是数据。</p></td></tr></table>
<pre>机构 = 14
  州 = 8</pre>
<h2>参考文献</h2><ol><li>张三. 论制造业[J].</li><li>[2] 李四. 论网络[J].</li></ol>
<section class="footnotes"><ol><li id="fn1"><p>数据截至2019年。<a href="#fnref1">↩</a></p></li>
<li id="fn2"><p>含个人会员。</p></li></ol></section>
<footer>版权所有</footer><button>下载</button></body></html>"""

EXPECTED_PAGE = [
    ("front", "当前位置：论文"),
    ("front", "创新网络的运行机制"),
    ("front", "张 三"),
    ("front", "北京大学光华管理学院"),
    ("abstract", "摘　要：本文研究网络①。结论如下。"),
    ("footnote", "① 数据截至2019年。"),
    ("front", "关键词：制造业；网络"),
    ("heading", "一、引言"),
    ("paragraph", "第一行的文字在源码里换行，仍是一段。"),
    ("paragraph", "第二段\xa0<5%>好。"),
    ("heading", "（一）现状"),
    ("paragraph", "c. 甲方；"),
    ("paragraph", "d. 乙方。"),
    ("paragraph", "乙方续段。"),
    ("paragraph", "• 要点"),
    ("paragraph", "• 子要点"),
    ("caption", "表 1　会员②"),
    ("table", "年份\t会员\t会员"),
    ("table", "年份\t高校\t企业"),
    ("table", "2016\t12\t0.35**"),
    ("table", "2017\t\t甲　乙"),
    ("footnote", "② 含个人会员。"),
    ("figure", "网络结构示意"),
    ("caption", "图1　网络结构"),
    ("paragraph", "布局表格里的段落，不是数据。"),
    ("paragraph", "机构 = 14"),
    ("paragraph", "州 = 8"),
    ("heading", "参考文献"),
    ("reference", "1. 张三. 论制造业[J]."),
    ("reference", "[2] 李四. 论网络[J]."),
]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_paper_in_html(encoding: str) -> None:
    paper = read(PAGE.encode(encoding), "a.html")
    assert blocks(paper) == EXPECTED_PAGE
    assert outline(paper) == [(1, "一、引言"), (2, "（一）现状"), (1, "参考文献")]
    assert (paper.title, paper.authors) == ("创新网络的运行机制", ("张三",))
    (table,) = paper.tables
    assert (table.number, table.caption, table.header) == ("表1", "会员②", ("年份", "会员", "会员"))
    assert table.rows == (("年份", "高校", "企业"), ("2016", "12", "0.35**"), ("2017", "", "甲　乙"))


NOTED = "<p>甲说{}。</p><p>乙说{}。</p>{}"


@pytest.mark.parametrize(
    ("first", "second", "notes"),
    [
        (  # LibreOffice
            '<a name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a>',
            '<a name="sdfootnote2anc" href="#sdfootnote2sym"><sup>2</sup></a>',
            '<div id="sdfootnote1"><p><a name="sdfootnote1sym" href="#sdfootnote1anc">1</a>一注</p></div>'
            '<div id="sdfootnote2"><p><a name="sdfootnote2sym" href="#sdfootnote2anc">2</a>二注</p></div>',
        ),
        (  # Word
            '<a href="#_ftn1" name="_ftnref1"><span>[1]</span></a>',
            '<a href="#_ftn2" name="_ftnref2"><span>[2]</span></a>',
            '<div id=ftn1><p><a href="#_ftnref1" name="_ftn1">[1]</a> 一注</p></div>'
            '<div id=ftn2><p><a href="#_ftnref2" name="_ftn2">[2]</a> 二注</p></div>',
        ),
        (  # pandoc
            '<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a>',
            '<a href="#fn2" class="footnote-ref" id="fnref2" role="doc-noteref"><sup>2</sup></a>',
            '<section role="doc-endnotes"><ol><li id="fn1"><p>一注<a href="#fnref1" role="doc-backlink">↩︎</a></p></li>'
            '<li id="fn2"><p>二注<a href="#fnref2">↩︎</a></p></li></ol></section>',
        ),
    ],
)
def test_notes_are_found_as_the_usual_programs_write_them(first: str, second: str, notes: str) -> None:
    paper = read("<html><body><h2>一、引言</h2>" + NOTED.format(first, second, notes), "a.html")
    assert blocks(paper) == [
        ("heading", "一、引言"), ("paragraph", "甲说①。"), ("footnote", "① 一注"), ("paragraph", "乙说②。"),
        ("footnote", "② 二注"),
    ]  # fmt: skip


def test_a_page_within_a_form_is_read_without_the_fields() -> None:
    page = "<form id=aspnetForm><input value=x><h2>一、引言</h2><p>正文<select><option>选项</select>在此。</p></form>"
    assert blocks(read(page, "a.html")) == [("heading", "一、引言"), ("paragraph", "正文在此。")]


def test_a_note_whose_link_is_not_read_is_kept() -> None:
    paper = read('<nav><a href="#fn1">1</a></nav><h2>一、引言</h2><p>正文在此。</p><p id="fn1">注文。</p>', "a.html")
    assert blocks(paper) == [("heading", "一、引言"), ("paragraph", "正文在此。"), ("footnote", "① 注文。")]


@pytest.mark.parametrize(
    "declared",
    [
        '<?xml version="1.0" encoding="big5"?>',
        '<meta charset="big5">',
        '<meta http-equiv=x content="text/html; charset=Big5">',
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_names(declared: str) -> None:
    page = f"<html><head>{declared}</head><body><p>製造業是國家經濟的基礎。</p></body></html>"
    assert blocks(read(page.encode("big5"), "a.htm")) == [("front", "製造業是國家經濟的基礎。")]


RESTARTED = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
NUMBERING = numbering_part(
    [
        level(0, "chineseCountingThousand", "%1、") + level(1, "chineseCounting", "（%2）")
        + level(2, "decimal", "%1.%2.%3", "<w:isLgl/>"),
        level(0, "decimal", "（%1）") + level(1, "lowerLetter", "%2)") + level(2, "bullet", "\uf0b7"),
        level(0, "decimal", "[%1]"),
    ],
    {1: (0, ""), 2: (1, ""), 3: (1, RESTARTED), 4: (2, "")},
)  # fmt: skip
TEXT_BOX = (
    "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx><w:txbxContent><w:p>{run}</w:p>"
    "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p>{run}</w:p>"
    "</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)
DELETED = '<w:del w:id="1" w:author="a"><w:r><w:delText>99%</w:delText></w:r></w:del>'


def docx_paper() -> bytes:
    """A paper as Chinese authors write them in Word: a title style, automatic numbers, bold lines for headings."""
    document = new_document()
    document.sections[0].header.paragraphs[0].text = "页眉不是正文"
    document.add_heading("国家制造业创新网络的运行机制", 0)
    up = '<w:vertAlign w:val="superscript"/>'
    add_xml(document, f"<w:p>{run('张三')}{run('1', up)}{run(',2', up)}{run('　李四')}{run('2', up)}</w:p>")
    document.add_paragraph("（1. 北京大学光华管理学院，北京 100871）")
    add_xml(document, f"<w:p>{run('摘　要：', '<w:b/>')}{run('本文研究网络')}{note(2)}{run('。结论如下。')}</w:p>")
    document.add_paragraph("关键词：制造业；网络")
    add_xml(document, item("引言", 1))
    add_xml(
        document,
        f"<w:p>{run('比重')}{note(3)}{run('下降了')}{DELETED}<w:ins w:id='2' w:author='a'>{run('12%')}</w:ins>"
        f"{run('隐藏', '<w:vanish/>')}{run('。')}<w:r><w:br/></w:r>{run('仍是同一段。')}</w:p>",
    )
    add_xml(document, f"<w:p>{run('（一）现状', '<w:b/>')}</w:p>")
    add_xml(
        document, f"<w:p><w:pPr><w:rPr><w:del w:id='3' w:author='a'/></w:rPr></w:pPr>{run('段落标记已删除，')}</w:p>"
    )
    add_xml(document, f"<w:p>{run('两段已合并。')}{TEXT_BOX.format(run=run('文本框里的一句话。'))}</w:p>")
    for text, number, at in [
        ("设立机构；", 2, 0), ("国家层面；", 2, 1), ("地方层面；", 2, 1), ("要点；", 2, 2), ("加大投入。", 2, 0),
        ("重新编号；", 3, 0), ("接续编号。", 3, 0),
    ]:  # fmt: skip
        add_xml(document, item(text, number, at))
    document.add_paragraph("表1　会员数量", style="Caption")
    table = document.add_table(4, 4)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "年份"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "会员"
    for row, cells in enumerate(
        [("资金",), ("高校", "企业", ""), ("2016", "12", "", "0.35**"), ("2017", "", "549", "")]
    ):
        for column, text in zip(range(4 - len(cells), 4), cells, strict=True):
            table.cell(row, column).text = text
    table.cell(3, 3).text = "甲"
    table.cell(3, 3).add_paragraph("乙")
    document.add_paragraph("注：数据来自官网")
    document.add_paragraph("图 1　网络结构")
    document.add_heading("方法", 1)
    document.add_heading("数据", 2)
    add_xml(
        document,
        f"<w:p>{run('已有研究')}{note(2, 'endnote')}{run('不足')}{run('[', up)}{run('2]', up)}{run('。')}</w:p>",
    )
    document.add_paragraph("参 考 文 献")
    add_xml(document, item("张三. 论制造业[J]. 经济研究, 2019(1): 1-9.", 4))
    add_xml(document, item("Smith J. Manufacturing. 2020.", 4))
    return saved(
        document, numbering=NUMBERING, footnotes=notes_part({2: "数据截至2019年。", 3: "指工业增加值。"}),
        endnotes=notes_part({2: "见综述。"}, "endnote"),
    )  # fmt: skip


EXPECTED_DOCX = [
    ("front", "国家制造业创新网络的运行机制"),
    ("front", "张三¹,²　李四²"),
    ("front", "（1. 北京大学光华管理学院，北京 100871）"),
    ("abstract", "摘　要：本文研究网络①。结论如下。"),
    ("footnote", "① 数据截至2019年。"),
    ("front", "关键词：制造业；网络"),
    ("heading", "一、引言"),
    ("paragraph", "比重②下降了12%。仍是同一段。"),
    ("footnote", "② 指工业增加值。"),
    ("heading", "（一）现状"),
    ("paragraph", "段落标记已删除，两段已合并。"),
    ("paragraph", "文本框里的一句话。"),
    ("paragraph", "（1）设立机构；"),
    ("paragraph", "a) 国家层面；"),
    ("paragraph", "b) 地方层面；"),
    ("paragraph", "• 要点；"),
    ("paragraph", "（2）加大投入。"),
    ("paragraph", "（1）重新编号；"),
    ("paragraph", "（2）接续编号。"),
    ("caption", "表1　会员数量"),
    ("table", "年份\t会员\t会员\t资金"),
    ("table", "年份\t高校\t企业"),
    ("table", "2016\t12\t\t0.35**"),
    ("table", "2017\t\t549\t甲　乙"),
    ("table", "注：数据来自官网"),
    ("caption", "图 1　网络结构"),
    ("heading", "方法"),
    ("heading", "数据"),
    ("paragraph", "已有研究[1]不足[2]。"),
    ("footnote", "[1] 见综述。"),
    ("heading", "参考文献"),
    ("reference", "[1] 张三. 论制造业[J]. 经济研究, 2019(1): 1-9."),
    ("reference", "[2] Smith J. Manufacturing. 2020."),
]


def test_a_paper_in_docx() -> None:
    paper = read(docx_paper(), "a.docx")
    assert blocks(paper) == EXPECTED_DOCX
    assert outline(paper) == [(1, "一、引言"), (2, "（一）现状"), (1, "方法"), (2, "数据"), (1, "参考文献")]
    assert (paper.title, paper.authors) == ("国家制造业创新网络的运行机制", ("张三", "李四"))
    assert paper.keywords == ("制造业", "网络")
    (table,) = paper.tables
    assert table.header == ("年份", "会员", "会员", "资金")
    assert table.rows == (("年份", "高校", "企业", ""), ("2016", "12", "", "0.35**"), ("2017", "", "549", "甲　乙"))


# Titles and authors --------------------------------------------------------------------------------------------------

BODY = "\n\n".join(["正文的第一段话。", "正文的第二段话。"])


@pytest.mark.parametrize(
    ("source", "title", "sections"),
    [
        (f"# 创新网络研究\n\n## 1 引言\n\n### 1.1 背景\n\n{BODY}", "创新网络研究", [(1, "1 引言"), (2, "1.1 背景")]),
        (f"# 创新网络研究\n\n# 摘要\n\n{BODY}\n\n# 一、引言\n\n{BODY}", "创新网络研究", [(1, "摘要"), (1, "一、引言")]),
        (f"期刊名\n\n创新网络研究\n===\n\n**一、引言**\n\n{BODY}", "创新网络研究", [(1, "一、引言")]),
        (f"---\ntitle: \"创新网络研究\"\n---\n\n# 一、引言\n\n{BODY}", "创新网络研究", [(1, "一、引言")]),
        (f"---\ntitle: 创新网络研究\n---\n\n创新网络研究\n\n# 引言\n\n{BODY}", "创新网络研究", [(1, "引言")]),
        (f"# 一、引言\n\n{BODY}\n\n# 二、结论\n\n{BODY}", None, [(1, "一、引言"), (1, "二、结论")]),
        (f"# 引言\n\n{BODY}", None, [(1, "引言")]),
        (f"# 美国的经验\n\n{BODY}\n\n# 参考文献\n\n[1] 张三.", None, [(1, "美国的经验"), (1, "参考文献")]),
    ],
)  # fmt: skip
def test_the_title_of_a_markdown_file(source: str, title: str | None, sections: list[tuple[int, str]]) -> None:
    paper = read(source, "a.md")
    assert paper.title == title
    assert outline(paper) == sections
    assert [text for kind, text in blocks(paper) if kind == "front" and text == title] == [title] * bool(title)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>某学报</title>", "<h1>创新网络研究</h1><h2>一、引言</h2>", "创新网络研究"),
        ("<title>创新网络研究 - 某学报</title>", "<h1>某学报</h1><p>创新网络研究</p><h1>一、引言</h1>", "创新网络研究"),
        ('<meta name="citation_title" content="创新网络研究"><title>某学报</title>', "<p>首页</p>", "创新网络研究"),
        ("<title>创新网络研究_某学报</title>", "<p>首页</p><h2>一、引言</h2>", "创新网络研究"),
        ("", "<h2>一、引言</h2>", None),
    ],
)
def test_the_title_of_a_page(head: str, body: str, title: str | None) -> None:
    paper = read(f"<html><head>{head}</head><body>{body}<p>这是正文的一段话。</p></body></html>", "a.html")
    assert paper.title == title


def test_the_properties_of_a_document_help_where_its_text_agrees() -> None:
    document = new_document()
    document.core_properties.title, document.core_properties.author = "创新网络研究", "张三; 李四"
    for text in ("某某学报", "创新网络研究", "张三（北京大学） 李四（清华大学）", "一、引言", "正文的第一段话。"):
        document.add_paragraph(text)
    paper = read(saved(document), "a.docx")
    assert (paper.title, paper.authors) == ("创新网络研究", ("张三", "李四"))
    document.core_properties.title, document.core_properties.author = "Microsoft Word - 文档1", "微软用户"
    paper = read(saved(document), "a.docx")
    assert (paper.title, paper.authors) == ("某某学报", ())


def test_a_subtitle_belongs_to_the_title() -> None:
    document = new_document()
    document.add_heading("创新网络研究", 0)
    document.add_paragraph("——以美国为例", style="Subtitle")
    for text in ("张三　李四", "一、引言", "正文的第一段话。"):
        document.add_paragraph(text)
    paper = read(saved(document), "a.docx")
    assert (paper.title, paper.authors) == ("创新网络研究——以美国为例", ("张三", "李四"))


# Numbers and cells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "numbers", "expected"),
    [
        ("chineseCounting", [1, 10, 11, 21, 105, 1001, 12345], "一 十 十一 二十一 一百零五 一千零一 12345"),
        ("chineseLegalSimplified", [1, 10, 25], "壹 壹拾 贰拾伍"),
        ("upperRoman", [1, 4, 9, 14, 1990], "I IV IX XIV MCMXC"),
        ("lowerLetter", [1, 26, 27], "a z aa"),
        ("decimalEnclosedCircleChinese", [1, 20, 21, 36, 50, 51], "① ⑳ ㉑ ㊱ ㊿ 51"),
        ("ideographTraditional", [1, 10, 11], "甲 癸 11"),
        ("decimalZero", [3, 12], "03 12"),
        ("decimalFullWidth", [12], "１２"),
        ("unknown", [0, 7], "0 7"),
    ],
)  # fmt: skip
def test_numerals(form: str, numbers: list[int], expected: str) -> None:
    assert " ".join(numeral(number, form) for number in numbers) == expected


def test_a_heading_that_word_numbers_by_its_style_carries_its_number() -> None:
    document = new_document()
    for name, at in (("Heading 1", 0), ("Heading 2", 1)):
        style = document.styles[name]
        properties = style.element.get_or_add_pPr()
        number = properties.get_or_add_numPr()
        number.get_or_add_numId().val = 5
        assert at == 0 or number.get_or_add_ilvl() is not None
        if at:
            number.ilvl.val = at
    for text, at in (("引言", 1), ("背景", 2), ("意义", 2), ("方法", 1), ("数据", 2)):
        document.add_heading(text, at)
        document.add_paragraph("正文的一段话。")
    numbering = numbering_part(
        [level(0, "decimal", "第%1章") + level(1, "decimal", "%1.%2")], {5: (0, "")}
    )  # fmt: skip
    paper = read(saved(document, numbering=numbering), "a.docx")
    assert outline(paper) == [
        (1, "第1章 引言"), (2, "1.1 背景"), (2, "1.2 意义"), (1, "第2章 方法"), (2, "2.1 数据"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("10<sup>5</sup>", "10⁵"), ("10<sup>-</sup><sup>3</sup>", "10⁻³"), ("CO<sub>2</sub>", "CO2"),
        ("研究<sup>[1</sup><sup>2]</sup>", "研究[12]"), ("张三<sup>1,2</sup>", "张三¹,²"), ("甲<sup>注</sup>", "甲注"),
        ("10<sup hidden>5</sup>万", "10万"), ("x<sup>2", "x²"),
    ],
)  # fmt: skip
def test_raised_numbers_are_told_from_others(source: str, expected: str) -> None:
    assert blocks(read(f"<html><h2>一、引言</h2><p>{source}</p></html>", "a.html"))[1] == ("paragraph", expected)


def test_rows_keep_their_columns_whatever_is_merged() -> None:
    rows = [
        [Cell("甲", 2, 2), Cell("乙", 1, 3)],
        [],
        [Cell("丙"), Cell("丁")],
        [Cell("x" * 300, 2), Cell("戊")],
    ]
    assert row_lines(rows) == ["甲\t甲\t乙", "甲\t甲\t乙", "丙\t丁\t乙", "x" * 300 + "\t\t戊"]


def test_an_empty_item_is_counted_as_word_counts_it() -> None:
    document = new_document()
    for text in ("设立机构；", "", "加大投入。"):
        add_xml(document, item(text, 2))
    paper = read(saved(document, numbering=NUMBERING), "a.docx")
    assert [text for _, text in blocks(paper)] == ["（1）设立机构；", "（3）加大投入。"]


def test_paragraphs_that_are_set_in_are_no_code() -> None:
    paper = read("# 题名在此\n\n## 引言\n\n    第一段的前半，\n    第一段的后半。\n\n\t第二段。\n", "a.md")
    assert blocks(paper)[2:] == [("paragraph", "第一段的前半，第一段的后半。"), ("paragraph", "第二段。")]


def test_items_in_a_row_are_no_headings_and_a_bold_number_alone_is() -> None:
    paper = read("# 题名在此\n\n1. 引言\n\n正文一段。\n\n1. 强化协同\n2. 注重创新\n\n2. 方法\n\n正文又一段。", "a.md")
    assert blocks(paper) == [
        ("front", "题名在此"), ("heading", "1. 引言"), ("paragraph", "正文一段。"), ("paragraph", "1. 强化协同"),
        ("paragraph", "2. 注重创新"), ("paragraph", "3. 方法"), ("paragraph", "正文又一段。"),
    ]  # fmt: skip


# Whole paragraphs ----------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(LINES, st.integers(0, 3)), min_size=1, max_size=30))
def test_a_stated_paragraph_is_one_block_in_its_place_whatever_it_looks_like(lines: list[tuple[str, int]]) -> None:
    said = [Said(line.replace("\n", " "), Mark("paragraph", max(depth - 1, 0))) for line, depth in lines]
    raw = raw_text(said)
    clean = clean_lines(raw)
    made = [re.sub(r"\s", "", draft.text.text) for draft in build_blocks(clean.lines, Measure.of(clean.lines))]
    given_ = [re.sub(r"\s", "", line.text.text) for line in clean.lines]
    assert [text.lstrip("•●◆■▪-") for text in made] == [text.lstrip("•●◆■▪-") for text in given_]
    check(raw)
