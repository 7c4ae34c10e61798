"""What a writer takes along: references in three styles, one quotation with its source, a conversation as Markdown."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from corpus.paper import Paper
from qa import Answer, Shelf
from qa.answer import Statement
from qa.citation import cite
from qa.export import (
    EXPORTS,
    Said,
    escaped,
    exported,
    markdown,
    passage_place,
    place,
    quotation,
    references,
)
from qa.reference import bibtex


@pytest.fixture
def answer(small_shelf: Shelf) -> Answer:
    """Two sentences of zhang and one of chen between them."""
    papers = small_shelf.index.papers
    citations, statements = [], []
    said = (("zhang", "8 家由国防部设立"), ("chen", "其数量达到了15家"), ("zhang", "5 家由能源部设立"))
    for n, (paper, quote) in enumerate(said, 1):
        start = papers[paper].text.index(quote)
        citations.append(cite(papers[paper], start, start + len(quote), n, 1.0))
        statements.append(Statement(quote, (n,), ((0, 3),) if n == 1 else ()))
    return Answer("各有几家？", tuple(statements), False, 0.9, tuple(citations), (), {})


def test_each_paper_is_referenced_once_in_the_order_of_first_use(small_shelf: Shelf, answer: Answer) -> None:
    papers = small_shelf.index.papers
    lines = references(answer.citations, papers, "gbt7714").splitlines()
    assert lines == [
        "[1] 张华胜. 美国国家制造业创新网络建设及管理模式[Z].",
        "[2] 陈琳. 美国“国家制造创新网络”战略及其对中国制造业发展的启示[J]. 社会科学理论与实践, 2019, 1(1): 15–22. "
        "DOI: 10.6914/TPSS.201906_1(1).0002.",
    ]
    assert [item["id"] for item in json.loads(references(answer.citations, papers, "csl-json"))] == ["zhang", "chen"]
    entries = references(answer.citations, papers, "bibtex")
    assert entries.index("@misc{zhang,") < entries.index("@article{chen,")


def test_one_quotation_has_its_place_and_reference(small_shelf: Shelf, answer: Answer) -> None:
    papers = small_shelf.index.papers
    paragraph = answer.citations[0].paragraph
    assert quotation(answer.citations[0], papers["zhang"]).splitlines() == [
        f"“8 家由国防部设立”（{answer.citations[0].section}，第{paragraph}段）",
        "张华胜. 美国国家制造业创新网络建设及管理模式[Z].",
    ]
    # Of a paper that has gone, what the citation knew of it.
    assert quotation(answer.citations[1], None).endswith("战略及其对中国制造业发展的启示[Z]. 2019.")


def test_an_answer_as_markdown_reads_as_it_was_shown(small_shelf: Shelf, answer: Answer) -> None:
    text = exported(answer, small_shelf.index.papers, "markdown")
    places = [escaped(place(citation)) for citation in answer.citations]
    assert text == (
        "## 各有几家？\n\n**8 家**由国防部设立[^1] 其数量达到了15家[^2] 5 家由能源部设立[^3]\n\n"
        f"[^1]: “8 家由国防部设立” \\[1\\] {places[0]}\n"
        f"[^2]: “其数量达到了15家” \\[2\\] {places[1]}\n"
        f"[^3]: “5 家由能源部设立” \\[1\\] {places[2]}\n\n"
        "## 参考文献\n\n"
        "\\[1\\] 张华胜. 美国国家制造业创新网络建设及管理模式\\[Z\\].\n\n"
        "\\[2\\] 陈琳. 美国“国家制造创新网络”战略及其对中国制造业发展的启示\\[J\\]. "
        "社会科学理论与实践, 2019, 1(1): 15–22. DOI: 10.6914/TPSS.201906\\_1(1).0002.\n"
    )


def test_its_footnotes_are_footnotes_of_markdown(small_shelf: Shelf, answer: Answer) -> None:
    text = markdown([Said("甲？", answer), Said("乙？", answer)], small_shelf.index.papers)
    page = MarkdownIt("commonmark").use(footnote_plugin).render(text)
    assert re.findall(r'<sup class="footnote-ref"><a href="#fn(\d+)"', page) == ["1", "2", "3", "4", "5", "6"]
    notes = re.findall(r'<li id="fn(\d+)" class="footnote-item"><p>“(.*?)” \[(\d)\]', page)
    quoted = ["8 家由国防部设立", "其数量达到了15家", "5 家由能源部设立"]
    assert notes == [(str(n), quoted[(n - 1) % 3], "121"[(n - 1) % 3]) for n in range(1, 7)]
    assert re.findall(r"<p>\[(\d)\] (..)", page) == [("1", "张华"), ("2", "陈琳")]


def test_the_cells_of_a_quoted_row_stay_apart(small_shelf: Shelf) -> None:
    paper = small_shelf.index.papers["sun-luo"]
    start = paper.text.index("2019年\t14")
    row = cite(paper, start, paper.text.index("\n", start), 1, 1.0)
    assert quotation(row, paper).startswith("“2019年 | 14 | 561 | 1 920 | 3.9 | 1.33 | 3.55”")


def test_a_conversation_shows_how_a_follow_up_was_understood(small_shelf: Shelf, answer: Answer) -> None:
    turns = [Said("各有几家？", answer), Said("那AFFOA呢？", replace(answer, question="AFFOA有几家？"))]
    text = markdown(turns, small_shelf.index.papers)
    assert "## 那AFFOA呢？\n\n（理解为：AFFOA有几家？）\n\n**8 家**由国防部设立[^4] " in text
    assert text.count("张华胜. 美国国家制造业创新网络建设及管理模式") == 1
    assert "（Understood as: AFFOA有几家？）" in markdown(turns, small_shelf.index.papers, "en")


def test_a_quotation_used_twice_has_one_footnote(small_shelf: Shelf, answer: Answer) -> None:
    twice = replace(answer, statements=(*answer.statements, Statement("合计13家。", (1, 3))))
    text = markdown([Said("各有几家？", twice)], small_shelf.index.papers)
    assert "5 家由能源部设立[^3] 合计13家。[^1][^3]\n" in text
    assert len(re.findall(r"^\[\^\d\]: ", text, re.MULTILINE)) == 3


def test_a_quotation_that_is_gone_says_so(small_shelf: Shelf, answer: Answer) -> None:
    said = Said("各有几家？", answer, ("verbatim", "not found", "removed"))
    lines = markdown([said], {}).splitlines()
    notes = [line.rpartition("（")[2] for line in lines if line.startswith("[^") and line.endswith("）")]
    assert notes == ["论文已改动，其中不再有这段引文）", "论文已不在论文库中）"]


def test_a_line_a_paper_becomes_a_list(small_shelf: Shelf, answer: Answer) -> None:
    each = (replace(answer.statements[0], about="张华胜"), Statement("未提及", about="史冬梅等"))
    text = markdown([Said("各篇怎么说？", replace(answer, statements=each))], small_shelf.index.papers)
    assert "- 张华胜：**8 家**由国防部设立[^1]\n- 史冬梅等：未提及\n" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "[点此](http://x.example)", "<script>alert(1)</script>", "**粗**", "# 标题", "- 项", "1. 项", "> 引", "`码`",
        "2021. 题", "![图](x)", "a_b_c", "| a | b |", "\\*", "&lt;b&gt;", "[^1]: 假注",
    ],
)  # fmt: skip
def test_what_a_paper_says_is_text_in_markdown(hostile: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").parse(escaped(hostile))
    assert [token.type for token in shown] == ["paragraph_open", "inline", "paragraph_close"]
    inline = shown[1].children or []
    assert {token.type for token in inline} == {"text"}
    assert "".join(token.content for token in inline) == hostile


def test_a_refusal_has_no_references(small_shelf: Shelf) -> None:
    refusal = Answer("问题", (Statement("论文库中的论文没有回答这个问题。"),), True, 0.1, (), (), {})
    told = {form: exported(refusal, small_shelf.index.papers, form) for form in EXPORTS}
    assert told == {
        "gbt7714": "", "bibtex": "", "csl-json": "[]",
        "markdown": "## 问题\n\n**未回答**：论文库中的论文没有回答这个问题。\n",
    }  # fmt: skip


def test_a_refusal_lists_the_nearest_passages_as_such(small_shelf: Shelf) -> None:
    papers = small_shelf.index.papers
    found = small_shelf.search("研究所的数量", papers=["chen"]).passages
    refusal = Answer("问题", (Statement("论文库中的论文没有回答这个问题。"),), True, 0.1, (), found, {})
    parts = exported(refusal, papers, "markdown").rstrip("\n").split("\n\n")
    assert parts[:3] == ["## 问题", "**未回答**：论文库中的论文没有回答这个问题。", "最接近的段落（不是回答）："]
    lines = parts[3].split("\n")
    assert len(parts) == 4
    assert len(lines) == 3 < len(found)
    for line, passage in zip(lines, found, strict=False):
        assert line.startswith(f"- “{escaped(' '.join(passage.text.split()))}” 陈琳. 美国“国家制造创新网络”战略")
        assert line.endswith(escaped(passage_place(passage)))


def test_what_is_a_command_in_latex_is_text_in_bibtex() -> None:
    paper = Paper("a b&c", "a.txt", "", "", title="R&D 50% of $1_{x}", authors=("A & B",), doi="10.1/a_b")
    assert bibtex(paper) == (
        "@misc{a-b-c,\n  author = {A \\& B},\n  title = {{R\\&D 50\\% of \\$1\\_\\{x\\}}},\n  doi = {10.1/a_b}\n}"
    )
