"""A Word document of a conversation: real footnotes at the foot of the page, each with its quotation and reference."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.docx import read_docx
from corpus.paper import Paper
from corpus.read import read_data
from qa import Answer, Shelf
from qa.answer import FoundPassage, Statement
from qa.citation import Citation, PaperRef, cite
from qa.document import document
from qa.export import Said, passage_place, place
from qa.reference import gbt7714

WRITTEN = datetime(2026, 11, 25, 7, 30, tzinfo=timezone(timedelta(hours=8)))
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
QUOTED = (("zhang", "8 家由国防部设立"), ("chen", "其数量达到了15家"), ("zhang", "5 家由能源部设立"))


@pytest.fixture
def answer(small_shelf: Shelf) -> Answer:
    """Two sentences of zhang and one of chen between them."""
    papers = small_shelf.index.papers
    citations, statements = [], []
    for n, (paper, quote) in enumerate(QUOTED, 1):
        start = papers[paper].text.index(quote)
        citations.append(cite(papers[paper], start, start + len(quote), n, 1.0))
        statements.append(Statement(f"{quote}。", (n,), ((0, 3),) if n == 1 else ()))
    return Answer("各有几家？", tuple(statements), False, 0.9, tuple(citations), (), {})


@pytest.fixture
def refusal(small_shelf: Shelf) -> Answer:
    """A refusal with the nearest passages."""
    found = small_shelf.search("创新中心的资助期", papers=["zhang"]).passages
    return Answer("谁赢了？", (Statement("论文库中的论文没有回答这个问题。"),), True, 0.1, (), found, {})


def part(data: bytes, name: str) -> etree._Element:
    """The root of a part of the package."""
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(name))


def styled(data: bytes) -> list[tuple[str, str]]:
    """Style and text of every paragraph of the body, as python-docx reads them."""
    paragraphs = docx.Document(io.BytesIO(data)).paragraphs
    return [(paragraph.style.name if paragraph.style else "", paragraph.text) for paragraph in paragraphs]


def footnotes(data: bytes) -> dict[int, str]:
    """The text of every footnote by its id."""
    notes = part(data, "word/footnotes.xml")
    return {int(note.get(f"{W}id", "")): "".join(note.itertext(f"{W}t")).strip() for note in notes}


def marked(data: bytes) -> list[int]:
    """The ids of the footnotes in the order in which the body marks them."""
    return [int(mark.get(f"{W}id", "")) for mark in part(data, "word/document.xml").iter(f"{W}footnoteReference")]


def note_of(citation: Citation, papers: dict[str, Paper]) -> str:
    """What the footnote of a citation says."""
    return f"“{citation.quote}” {gbt7714(papers[citation.paper.id])} {place(citation)}"


def test_every_mark_is_a_footnote_with_quotation_reference_and_place(small_shelf: Shelf, answer: Answer) -> None:
    papers = dict(small_shelf.index.papers)
    data = document([Said("各有几家？", answer)], papers, WRITTEN)
    notes = footnotes(data)
    assert list(notes) == [-1, 0, 1, 2, 3]
    assert [notes[n] for n in marked(data)] == [note_of(citation, papers) for citation in answer.citations]
    assert marked(data) == [1, 2, 3]
    assert styled(data) == [
        ("Title", "各有几家？"),
        ("Subtitle", "引据 · 2026-11-25"),
        ("Body Text", "8 家由国防部设立。 其数量达到了15家。 5 家由能源部设立。"),
        ("Heading 1", "参考文献"),
        ("Bibliography", f"[1] {gbt7714(papers['zhang'])}"),
        ("Bibliography", f"[2] {gbt7714(papers['chen'])}"),
    ]


def test_what_was_asked_for_is_bold(small_shelf: Shelf, answer: Answer) -> None:
    data = document([Said("各有几家？", answer)], small_shelf.index.papers, WRITTEN)
    body = docx.Document(io.BytesIO(data)).paragraphs[2]
    assert [run.text for run in body.runs if run.bold] == ["8 家"]


def test_a_conversation_reads_in_order(small_shelf: Shelf, answer: Answer, refusal: Answer) -> None:
    papers = dict(small_shelf.index.papers)
    each = replace(
        answer, question="AFFOA各有几家？", notice="语言模型没有应答。",
        statements=(replace(answer.statements[0], about="张华胜"), Statement("未提及", about="史冬梅等")),
    )  # fmt: skip
    turns = [Said("各有几家？", answer), Said("那AFFOA呢？", each), Said("谁赢了？", refusal)]
    data = document(turns, papers, WRITTEN)
    nearest = [
        ("Quote", f"“{' '.join(p.text.split())}” {gbt7714(papers['zhang'])} {passage_place(p)}")
        for p in refusal.passages[:3]
    ]
    assert styled(data)[:12] == [
        ("Title", "问答记录"),
        ("Subtitle", "引据 · 2026-11-25"),
        ("Heading 1", "各有几家？"),
        ("Body Text", "8 家由国防部设立。 其数量达到了15家。 5 家由能源部设立。"),
        ("Heading 1", "那AFFOA呢？"),
        ("Remark", "理解为：AFFOA各有几家？"),
        ("List Paragraph", "张华胜：8 家由国防部设立。"),
        ("List Paragraph", "史冬梅等：未提及"),
        ("Remark", "语言模型没有应答。"),
        ("Heading 1", "谁赢了？"),
        ("Body Text", "未回答：论文库中的论文没有回答这个问题。"),
        ("Remark", "最接近的段落（不是回答）："),
    ]
    assert styled(data)[12:] == [
        *nearest,
        ("Heading 1", "参考文献"),
        ("Bibliography", f"[1] {gbt7714(papers['zhang'])}"),
        ("Bibliography", f"[2] {gbt7714(papers['chen'])}"),
    ]
    assert marked(data) == [1, 2, 3, 4]
    assert footnotes(data)[4] == footnotes(data)[1]


def test_a_quotation_marked_again_is_referred_to(small_shelf: Shelf, answer: Answer) -> None:
    twice = replace(answer, statements=(*answer.statements, Statement("合计13家。", (1, 3))))
    data = document([Said("各有几家？", twice)], small_shelf.index.papers, WRITTEN)
    assert marked(data) == [1, 2, 3]
    body = part(data, "word/document.xml")
    fields = [(f.get(f"{W}instr"), "".join(f.itertext())) for f in body.iter(f"{W}fldSimple")]
    assert fields == [(" NOTEREF _RefNote1 \\f \\h ", "1"), (" NOTEREF _RefNote3 \\f \\h ", "3")]
    bookmarks = [mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")]
    assert bookmarks == ["_RefNote1", "_RefNote2", "_RefNote3"]
    paragraph = next(p for p in body.iter(f"{W}p") if "合计13家。" in "".join(p.itertext()))
    assert "".join(paragraph.itertext()).endswith("合计13家。1,3")  # not the thirteenth


def test_a_quotation_that_is_gone_says_so(small_shelf: Shelf, answer: Answer) -> None:
    notes = footnotes(document([Said("各有几家？", answer, ("removed", "not found", "moved"))], {}, WRITTEN))
    assert notes[1].endswith("（论文已不在论文库中）")
    assert notes[2].endswith("（论文已改动，其中不再有这段引文）")
    assert not notes[3].endswith("）")


def test_the_cells_of_a_quoted_row_stay_apart(small_shelf: Shelf) -> None:
    paper = small_shelf.index.papers["sun-luo"]
    start = paper.text.index("2019年\t14")
    row = cite(paper, start, paper.text.index("\n", start), 1, 1.0)
    said = Said("2019年？", Answer("2019年？", (Statement("14家", (1,)),), False, 0.9, (row,), (), {}))
    note = footnotes(document([said], small_shelf.index.papers, WRITTEN))[1]
    assert note.startswith("“2019年 | 14 | 561 | 1 920 | 3.9 | 1.33 | 3.55” 孙毅, 罗穆雄. 美国智能制造")


def test_in_english(small_shelf: Shelf, answer: Answer, refusal: Answer) -> None:
    turns = [Said("How many?", answer), Said("Who won?", refusal)]
    data = document(turns, small_shelf.index.papers, WRITTEN, "en")
    texts = [text for _, text in styled(data)]
    assert texts[0] == "Questions and answers"
    assert "Not answered: 论文库中的论文没有回答这个问题。" in texts
    assert "The nearest passages (no answer):" in texts
    assert "References" in texts
    assert re.search(r", para\. \d+$", footnotes(data)[1])


def test_the_properties_say_what_and_when(small_shelf: Shelf, answer: Answer) -> None:
    data = document([Said("  各有\n几家？", answer)], small_shelf.index.papers, WRITTEN)
    core = docx.Document(io.BytesIO(data)).core_properties
    assert (core.title, core.author, core.language) == ("各有 几家？", "引据", "zh-CN")
    assert core.created == core.modified == datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


def test_the_same_conversation_gives_the_same_bytes(small_shelf: Shelf, answer: Answer) -> None:
    first, second = (document([Said("各有几家？", answer)], small_shelf.index.papers, WRITTEN) for _ in range(2))
    assert first == second
    assert {info.date_time for info in zipfile.ZipFile(io.BytesIO(first)).infolist()} == {(2026, 11, 25, 7, 30, 0)}
    for year in (1970, 2200):
        assert document([], {}, WRITTEN.replace(year=year))[:2] == b"PK"


def test_chinese_is_set_in_a_chinese_font(small_shelf: Shelf, answer: Answer) -> None:
    data = document([Said("各有几家？", answer)], small_shelf.index.papers, WRITTEN)
    defaults = part(data, "word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    assert defaults is not None
    fonts, language = defaults.find(f"{W}rFonts"), defaults.find(f"{W}lang")
    assert fonts is not None
    assert language is not None
    assert (fonts.get(f"{W}eastAsia"), language.get(f"{W}eastAsia")) == ("SimSun", "zh-CN")
    for run in part(data, "word/footnotes.xml").iter(f"{W}r"):
        text = "".join(run.itertext(f"{W}t"))
        hint = run.find(f"{W}rPr/{W}rFonts")
        assert (hint is not None and hint.get(f"{W}hint") == "eastAsia") == bool(text.strip())


def test_every_part_is_declared_and_every_style_defined(small_shelf: Shelf, answer: Answer, refusal: Answer) -> None:
    data = document([Said("甲", answer), Said("乙", refusal)], small_shelf.index.papers, WRITTEN)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    types = part(data, "[Content_Types].xml")
    declared = {e.get("PartName", "")[1:] for e in types if e.tag.endswith("Override")}
    assert declared == {name for name in names if not name.endswith((".rels", "[Content_Types].xml"))}
    targets = {f"word/{e.get('Target')}" for e in part(data, "word/_rels/document.xml.rels")}
    assert targets == {name for name in declared if name.startswith("word/")} - {"word/document.xml"}
    styles = {s.get(f"{W}styleId") for s in part(data, "word/styles.xml").iter(f"{W}style")}
    used = {
        e.get(f"{W}val")
        for name in ("word/document.xml", "word/footnotes.xml")
        for e in part(data, name).iter(f"{W}pStyle", f"{W}rStyle")
    }
    assert used <= styles
    separators = [e.get(f"{W}id") for e in part(data, "word/settings.xml").iter(f"{W}footnote")]
    assert separators == [e.get(f"{W}id") for e in part(data, "word/footnotes.xml") if e.get(f"{W}type")]


def test_our_own_reader_finds_the_footnotes(small_shelf: Shelf, answer: Answer) -> None:
    papers = dict(small_shelf.index.papers)
    turns = [Said("各有几家？", answer), Said("还有呢？", answer)]
    paper = read_data(document(turns, papers, WRITTEN), "对话.docx", {})
    assert paper.title == "问答记录"
    read = [paper.text[block.start : block.end] for block in paper.blocks if block.kind == "footnote"]
    signs = "①②③④⑤⑥"
    told = [note_of(citation, papers).replace("” ", "”") for citation in answer.citations] * 2  # as Chinese is cleaned
    assert read == [f"{sign} {note}" for sign, note in zip(signs, told, strict=True)]
    headings = [paper.text[block.start : block.end] for block in paper.blocks if block.kind == "heading"]
    assert headings == ["各有几家？", "还有呢？", "参考文献"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), min_size=1, max_size=30), min_size=5, max_size=5))
def test_no_text_breaks_the_document(texts: Sequence[str]) -> None:
    question, quote, title, about, passage = texts
    ref = PaperRef("p", "p.txt", title, (about,), 2020)
    citation = Citation(1, ref, title, (3,), (about,), 2, 0, 1, quote, 1.0)
    found = FoundPassage(1, ref, title, (1,), 0, 1, passage, 1.0)
    told = Answer(passage, (Statement(quote, (1,), ((0, 1),), about),), False, 0.9, (citation,), (), {}, notice=title)
    refused = Answer(question, (Statement(quote),), True, 0.1, (), (found,), {})
    data = document([Said(question, told), Said(question, refused)], {}, WRITTEN)
    assert len(docx.Document(io.BytesIO(data)).paragraphs) > 4
    assert list(footnotes(data)) == [-1, 0, 1]
    read_docx(data, "a.docx")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x00", "\ufffd"), ("\x08", "\ufffd"), ("\x0c", " "), ("\ud800", "\ufffd"), ("\uffff", "\ufffd"),
        ("\U0001f600", "\U0001f600"), ("<w:t>&amp;", "<w:t>&amp;"),
    ],
)  # fmt: skip
def test_what_xml_cannot_hold_is_shown_as_such(hostile: str, shown: str) -> None:
    citation = Citation(1, PaperRef("p", "p.txt", "题", (), None), "", (), (), None, 0, 1, f"甲{hostile}乙", 1.0)
    told = Answer("问", (Statement("答", (1,)),), False, 0.9, (citation,), (), {})
    note = footnotes(document([Said("问", told)], {}, WRITTEN))[1]
    assert note == f"“甲{shown}乙” 题[Z]."


def test_libreoffice_prints_the_footnotes_at_the_foot(small_shelf: Shelf, answer: Answer, tmp_path: Path) -> None:
    office, reader = shutil.which("soffice"), shutil.which("pdftotext")
    if office is None or reader is None:
        pytest.skip("needs LibreOffice to print a Word document: apt-get install libreoffice-writer poppler-utils")
    papers = dict(small_shelf.index.papers)
    long = replace(answer, statements=(*answer.statements, *[Statement(f"第{n}句没有脚注。" * 8) for n in range(40)]))
    turns = [Said("各有几家？", long), Said("还有呢？", answer)]
    (tmp_path / "a.docx").write_bytes(document(turns, papers, WRITTEN))
    subprocess.run(
        [office, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(tmp_path / "a.docx")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    text = subprocess.run(
        [reader, "-layout", str(tmp_path / "a.pdf"), "-"], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout
    pages = ["".join(page.split()) for page in text.split("\f") if page.strip()]
    second = next(at for at, page in enumerate(pages) if "还有呢？" in page)
    assert second > 1
    for page, numbers in ((pages[0], "123"), (pages[second], "456")):
        notes = [f"{n}{''.join(note_of(c, papers).split())}" for n, c in zip(numbers, answer.citations, strict=True)]
        assert page.endswith("".join(notes))
    assert not any("“" in page for page in pages[1:second])
