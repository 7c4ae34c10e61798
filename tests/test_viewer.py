"""What `ui.*_html` make of answers, citations and papers: safe, exact, and in both languages."""

from __future__ import annotations

import re
import string
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest

from corpus.doubts import Doubt
from corpus.errors import FileEmpty, IndexMissing, QuestionEmpty
from corpus.paper import Block, Page, Paper, Reference, Report, Section, Sentence, Table
from indexer.build import Update
from qa.answer import Answer, FoundPassage, Statement, readable
from qa.citation import PaperRef, cite
from qa.kept import Reopened
from qa.shelf import PaperState
from tests.conftest import PROJECT
from ui.conversation_html import answer_html, conversation_html, greeting_html
from ui.evidence_html import citation_html, evidence_html, place, runs_of
from ui.frame_html import error_text, header_html, lines_html, scope_html, tabs_html
from ui.library_html import library_html, progress_html, removed_html, update_html
from ui.report_html import report_html
from ui.state import Opened, Turn
from ui.words import LANGUAGE_COOKIE, WORDS, Words, preferred

ZH, EN = WORDS["zh"], WORDS["en"]
HOSTILE = (
    """<script>alert(1)</script> **粗** [链](javascript:x) ${7*7} {{7*7}} "双" '单' & <img src=x onerror=y> &lt;b&gt;"""
)


class Reader(HTMLParser):
    """Parses HTML as a browser would: its tags, attributes, and the text under each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.marked: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("input", "img"):  # they hold nothing
            self.open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))
        if "mark" in self.open:
            self.marked[-1] += data

    def text(self, within: str = "") -> str:
        """All text, or the text inside the elements of one name."""
        return "".join(data for path, data in self.texts if not within or within in path)

    def values(self, attribute: str) -> list[str | None]:
        """Every value of an attribute."""
        return [value for name, value in self.attributes if name == attribute]


def paper_of(*lines: tuple[str, str], table: Table | None = None, **facts: object) -> Paper:
    """A paper whose text is the lines, each a block of its kind; one section holds all of it."""
    text = "\n".join(line for _, line in lines)
    blocks, at, paragraph = [], 0, 0
    for kind, line in lines:
        paragraph += kind == "paragraph"
        blocks.append(Block(kind, at, at + len(line), paragraph if kind == "paragraph" else 0))  # type: ignore[arg-type]
        at += len(line) + 1
    given: dict[str, object] = {"title": "题目", "authors": ("甲", "乙"), "year": 2021, **facts}
    return Paper(
        id="p", file="p.txt", sha256="", text=text, blocks=tuple(blocks), sections=(Section("1 节", 1, 0, len(text)),),
        sentences=tuple(Sentence(b.start, b.end) for b in blocks), tables=(table,) if table else (), **given,  # type: ignore[arg-type]
    )  # fmt: skip


def table_paper() -> Paper:
    """A paper with a table of a header and twelve rows."""
    rows = tuple((f"{year}年", str(year % 100), f"{year / 1000:.2f}") for year in range(2008, 2020))
    header = ("年份", "研究所（个）", "投资（亿美元）")
    lines = [("paragraph", "表前。"), ("caption", "表1 效果"), ("table", "\t".join(header))]
    lines += [("table", "\t".join(row)) for row in rows]
    plain = paper_of(*lines)
    places = tuple((block.start, block.end) for block in plain.blocks[3:])
    return replace(plain, tables=(Table("表1", "效果", plain.blocks[1].start, len(plain.text), header, rows, places),))


def answer_of(paper: Paper, *quotes: str, abstained: bool = False, passages: tuple[FoundPassage, ...] = ()) -> Answer:
    """An answer that quotes these strings of the paper."""
    starts = [paper.text.index(quote) for quote in quotes]
    citations = tuple(
        cite(paper, s, s + len(q), n, 1.0) for n, (s, q) in enumerate(zip(starts, quotes, strict=True), 1)
    )
    statements = tuple(Statement(readable(paper, c), (c.n,)) for c in citations) or (Statement("没有回答。"),)
    return Answer("问", statements, abstained, 0.9, citations, passages, {})


def passage_of(paper: Paper, quote: str, rank: int = 1) -> FoundPassage:
    """A passage of the paper that reads like this."""
    start = paper.text.index(quote)
    return FoundPassage(rank, PaperRef.of(paper), "1 节", (), start, start + len(quote), quote, 1.0)


# ---- words


@pytest.mark.parametrize("field", [field.name for field in fields(Words)])
def test_both_languages_have_every_text_with_the_same_gaps(field: str) -> None:
    """No text is empty, and what is filled in is the same in both."""

    def gaps(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    chinese, english = getattr(ZH, field), getattr(EN, field)
    assert chinese.strip()
    assert english.strip()
    assert gaps(chinese) == gaps(english)


def test_words_of_a_language_are_in_that_language() -> None:
    """English texts hold no Chinese, save the product's name and the way back; Chinese texts hold some."""
    for field in fields(Words):
        if field.name not in {"title", "switch", "language", "html_language", "author_separator", "until"}:
            assert not re.search("[一-鿿]", getattr(EN, field.name)), field.name
            assert re.search("[一-鿿]|^$", getattr(ZH, field.name)), field.name


def test_words_cannot_be_changed() -> None:
    """The table is shared by all pages."""
    with pytest.raises(AttributeError):
        ZH.ask = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        WORDS["zh"] = EN  # type: ignore[index]


# ---- escaping


def hostile_pages() -> list[str]:
    """Every kind of HTML the viewer makes, with hostile text wherever other people's text can stand."""
    paper = paper_of(
        ("heading", HOSTILE), ("paragraph", f"前{HOSTILE}"), ("paragraph", f"引{HOSTILE}"), ("table", HOSTILE),
        title=HOSTILE, authors=(HOSTILE,),
    )  # fmt: skip
    paper = replace(paper, file=HOSTILE, sections=(Section(HOSTILE, 1, 0, len(paper.text)),))
    cells = (HOSTILE.replace("\t", " "), "2")
    start = paper.blocks[3].start
    tabled = replace(
        paper, tables=(Table(HOSTILE, HOSTILE, start, len(paper.text), (HOSTILE, "b"), (cells, (HOSTILE,))),)
    )
    answer = answer_of(paper, f"引{HOSTILE}", passages=(passage_of(paper, f"前{HOSTILE}"),))
    row = cite(tabled, start, len(paper.text), 1, 1.0)
    papers = {"p": paper}
    turns = [Turn(HOSTILE, answer, papers), Turn(HOSTILE, error=QuestionEmpty(question=HOSTILE)), Turn(HOSTILE)]
    turns.append(Turn(HOSTILE, replace(answer, abstained=True, citations=()), papers))
    states = [
        PaperState(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), 2020, "indexed"),
        PaperState("x", HOSTILE, None, (), None, "new"),
    ]
    update = Update((), (), (), (), (FileEmpty(file=HOSTILE),), 0, 0, 1.0)
    return [
        html
        for words in (ZH, EN)
        for html in (
            conversation_html(turns, words),
            greeting_html(words, [HOSTILE], HOSTILE),
            citation_html(answer.citations[0], paper, words),
            citation_html(answer.citations[0], None, words),
            citation_html(row, tabled, words),
            evidence_html(turns, Opened(0, "citation", 1), words),
            evidence_html(turns, Opened(0, "passage", 1), words),
            library_html(states, {"x": FileEmpty(file=HOSTILE)}, [HOSTILE], words, (), [HOSTILE]),
            removed_html(HOSTILE, HOSTILE, words),
            progress_html("read", HOSTILE, 0.5, words),
            update_html(update, words),
            lines_html([HOSTILE], [HOSTILE]),
        )
    ]


@pytest.mark.parametrize("html", hostile_pages())
def test_other_peoples_text_stays_text(html: str) -> None:
    """Nothing hostile becomes an element, an attribute, an address or markup; it reads as it was written."""
    page = Reader(html)
    assert not {"script", "img", "iframe", "link", "style"} & set(page.tags)
    assert not any(name.startswith("on") or name == "src" for name, _ in page.attributes)
    assert set(page.values("href")) <= {"/api/docs"}
    assert page.tags.count("a") == len(page.values("href"))
    assert "<script" not in html
    shown = " ".join([page.text(), *(value or "" for _, value in page.attributes)])
    assert """<script>alert(1)</script> **粗** [链](javascript:x) ${7*7} {{7*7}} "双" '单' & <img""" in shown
    assert not re.search(r"https?://", html)


def test_a_hostile_example_comes_back_whole() -> None:
    """The attribute that carries an example question is read back by the browser to the character."""
    page = Reader(greeting_html(ZH, [HOSTILE]))
    assert page.values("data-ask") == [HOSTILE]


# ---- the quotation


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize("quote", ["第二段第二句。", "第二段  有 空格。", HOSTILE, "1.2　标题", "末句没有句号"])
def test_the_highlight_is_the_quotation_to_the_character(quote: str, words: Words) -> None:
    """One mark, reading exactly as the citation's quote, in a paragraph that reads exactly as the paper's."""
    paper = paper_of(("paragraph", "第一段。"), ("paragraph", f"首句。{quote}尾句。"), ("paragraph", "第三段。"))
    citation = answer_of(paper, quote).citations[0]
    page = Reader(citation_html(citation, paper, words))
    assert page.marked == [citation.quote] == [quote]
    assert f"首句。{quote}尾句。" in page.text()


def test_a_quotation_over_two_blocks_is_marked_in_both() -> None:
    """The parts together are the quotation; the line break between blocks is what parts them."""
    paper = paper_of(("paragraph", "甲乙丙。"), ("paragraph", "丁戊己。"))
    page = Reader(citation_html(answer_of(paper, "丙。\n丁戊").citations[0], paper, ZH))
    assert "\n".join(page.marked) == "丙。\n丁戊"


def sectioned() -> Paper:
    """Three sections: the second has a heading over it that has no text of its own."""
    paper = paper_of(
        ("paragraph", "开头。"), ("heading", "1 背景"), ("paragraph", "背景甲。"), ("heading", "2 做法"),
        ("heading", "2.1 经费"), ("paragraph", "经费甲。"), ("paragraph", "经费乙。"), ("heading", "2.2 治理"),
        ("paragraph", "治理甲。"),
    )  # fmt: skip
    starts = {paper.text[b.start : b.end]: b.start for b in paper.blocks if b.kind == "heading"}
    end = len(paper.text)
    return replace(paper, sections=(
        Section("1 背景", 1, starts["1 背景"], starts["2 做法"]), Section("2 做法", 1, starts["2 做法"], end),
        Section("2.1 经费", 2, starts["2.1 经费"], starts["2.2 治理"]), Section("2.2 治理", 2, starts["2.2 治理"], end),
    ))  # fmt: skip


def test_the_whole_section_is_shown_and_its_neighbours_can_be_gone_on_to() -> None:
    """A heading without text of its own goes with the section below it; the buttons name where they lead."""
    paper = sectioned()
    citation = answer_of(paper, "经费乙。").citations[0]

    def shown(aside: int) -> tuple[list[str], list[str | None], list[str]]:
        page = Reader(citation_html(citation, paper, ZH, aside=aside))
        blocks = [data for path, data in page.texts if path[-1] == "p" and "div" in path and "header" not in path]
        steps = [data for path, data in page.texts if "nav" in path]
        return blocks, page.values("data-aside"), steps

    assert shown(0) == (["2 做法", "2.1 经费", "经费甲。"], ["-1", "1"], ["← 1 背景", "2.2 治理 →"])
    assert Reader(citation_html(citation, paper, ZH)).marked == ["经费乙。"]
    assert shown(-1) == (["1 背景", "背景甲。"], ["-2", "0", "0"], ["← 篇首", "2.1 经费 →", ZH.to_quotation])
    assert shown(-2) == (["开头。"], ["-1", "0"], ["1 背景 →", ZH.to_quotation])
    assert shown(1) == (["2.2 治理", "治理甲。"], ["0", "0"], ["← 2.1 经费", ZH.to_quotation])
    # Beyond the ends stands what is at the end.
    assert shown(-9)[0] == shown(-2)[0]
    assert shown(9)[0] == shown(1)[0]


def test_the_runs_of_a_paper_are_all_of_its_text() -> None:
    paper = sectioned()
    runs = runs_of(paper)
    assert "".join(paper.text[start:end] for start, end in runs) == paper.text
    assert [paper.text[start:end].split("\n")[0] for start, end in runs] == ["开头。", "1 背景", "2 做法", "2.2 治理"]
    assert runs_of(paper_of(("paragraph", "只有一段。"))) == ((0, 5),)


def test_of_a_very_long_section_what_is_far_from_the_quotation_is_left_out_and_said_to_be() -> None:
    paper = paper_of(*(("paragraph", f"第{n}段" + "远" * 996) for n in range(30)), ("paragraph", "引文。"))
    page = Reader(citation_html(answer_of(paper, "引文。").citations[0], paper, ZH))
    assert "第29段" in page.text()
    assert "第3段" not in page.text()
    assert page.text().count(ZH.text_left_out) == 1


def test_a_kept_passage_that_has_moved_says_so() -> None:
    paper = paper_of(("paragraph", "第一段。"), ("paragraph", "第二段。"))
    passages = (passage_of(paper, "第一段。"), passage_of(paper, "第二段。", rank=2))
    answer = answer_of(paper, abstained=True, passages=passages)
    turn = Turn("问", answer, {"p": paper}, standing=Reopened(answer, (), ("verbatim", "moved")))
    shown = [Reader(evidence_html([turn], Opened(0, "passage", n), ZH)).text() for n in (1, 2)]
    assert [ZH.moved in text for text in shown] == [False, True]


def test_a_mark_carries_what_is_shown_where_it_is_pointed_at() -> None:
    """The quotation, cut where it is very long, whose it is, and where it stands."""
    paper = paper_of(("paragraph", "第一段。"), ("paragraph", "引文" + "长" * 400))
    page = Reader(answer_html(answer_of(paper, "第一段。", "引文" + "长" * 400), {"p": paper}, ZH))
    assert page.values("data-quote") == ["第一段。", "引文" + "长" * 238 + "…"]
    assert page.values("data-source") == ["题目", "题目"]
    assert page.values("data-where") == ["甲、乙 · 2021 · 第1段", "甲、乙 · 2021 · 第2段"]


def test_a_row_is_shown_in_its_table_under_its_header() -> None:
    """A real table: caption, header, the quoted row marked cell by cell, far rows left out and counted."""
    paper = table_paper()
    quote = "2015年\t15\t2.02"
    html = citation_html(answer_of(paper, quote).citations[0], paper, ZH)
    page = Reader(html)
    assert page.text("caption") == "表1 效果"
    assert page.text("thead") == "年份研究所（个）投资（亿美元）"
    assert "\t".join(page.marked) == quote
    assert html.count('<tr class="yj-quoted">') == 1
    assert "2011年" in page.text("tbody")
    assert "2010年" not in page.text("tbody")
    assert "（略 3 行）" in page.text("tbody")
    assert "表1" in place(answer_of(paper, quote).citations[0], paper, ZH)


def test_a_passage_of_several_rows_marks_each_of_them() -> None:
    """Caption and lines that are no rows fall back to text; rows alone are a table."""
    paper = table_paper()
    rows = "2008年\t8\t2.01\n2009年\t9\t2.01"
    assert citation_html(answer_of(paper, rows).citations[0], paper, ZH).count('<tr class="yj-quoted">') == 2
    broken = Reader(citation_html(answer_of(paper, "年\t9\t2.01").citations[0], paper, ZH))
    assert broken.marked == ["年\t9\t2.01"]
    assert "table" not in broken.tags


def test_without_the_paper_as_it_was_the_quotation_stands_alone() -> None:
    """Removed or changed since the answer: the quote is shown, and that its context is not."""
    paper = paper_of(("paragraph", "甲乙丙。"), ("paragraph", "丁戊己。"))
    citation = answer_of(paper, "丁戊己。").citations[0]
    for now in (None, replace(paper, text=paper.text.replace("丁", "子"))):
        page = Reader(citation_html(citation, now, ZH))
        assert page.marked == ["丁戊己。"]
        assert ZH.paper_changed in page.text()
        assert "甲乙丙" not in page.text()


# ---- where it stands


def test_place_names_pages_labels_and_paragraph_in_both_languages() -> None:
    """A page with its printed label, several pages as a range, a paragraph where there is no page."""
    paper = paper_of(("paragraph", "甲。"), ("paragraph", "乙。"), ("reference", "[1] 文献。"))
    one = replace(paper, pages=(Page(3, "47", 0, len(paper.text)),))
    two = replace(paper, pages=(Page(3, None, 0, 2), Page(4, None, 2, len(paper.text))))
    assert place(cite(one, 3, 5, 1, 1.0), one, ZH) == "第3页（印刷页码 47） · 第2段"
    assert place(cite(one, 3, 5, 1, 1.0), one, EN) == "p. 3 (printed page 47) · para. 2"
    assert place(cite(two, 0, 5, 1, 1.0), two, ZH) == "第3–4页 · 第1段"
    assert place(cite(two, 0, 5, 1, 1.0), two, EN) == "pp. 3–4 · para. 1"
    assert place(cite(paper, 0, 2, 1, 1.0), paper, ZH) == "第1段"
    assert place(cite(paper, 6, 9, 1, 1.0), paper, ZH) == "参考文献"


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_the_card_says_whose_paper_it_is(words: Words) -> None:
    """Authors, title, year, section, place and file."""
    paper = paper_of(("paragraph", "甲。"))
    text = Reader(citation_html(cite(paper, 0, 2, 1, 1.0), paper, words)).text()
    for part in ("题目", f"甲{words.author_separator}乙 · 2021", "1 节", "p.txt", words.file, words.back):
        assert part in text
    unknown = replace(paper, title=None, authors=(), year=None)
    text = Reader(citation_html(cite(unknown, 0, 2, 1, 1.0), unknown, words)).text()
    assert words.title_unknown in text
    assert words.authors_unknown in text


# ---- the answer


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_every_sentence_is_followed_by_its_mark(words: Words) -> None:
    """Marks are buttons, numbered in order, that say what they open; sources and other passages follow."""
    paper = paper_of(("paragraph", "第一句。"), ("paragraph", "第二句[5]。"), ("paragraph", "第三句。"))
    passages = (passage_of(paper, "第一句。", 1), passage_of(paper, "第三句。", 2))
    html = answer_html(answer_of(paper, "第一句。", "第二句[5]。", passages=passages), {"p": paper}, words, 7)
    marks = re.findall(r'<button type="button" class="yj-mark" data-turn="(\d+)" data-n="(\d+)"[^>]*>(\d+)<', html)
    assert marks == [("7", "1", "1"), ("7", "2", "2")]
    assert html.index("第一句。") < html.index('data-n="1"') < html.index("第二句") < html.index('data-n="2"')
    page = Reader(html)
    assert words.sources in page.text()
    assert words.other_passages.format(count=1) in page.text("summary")
    assert page.values("data-rank") == ["2"]
    assert words.confidence.format(percent=90) in page.text()


def test_a_row_reads_with_its_column_names() -> None:
    """As `qa.answer.readable` writes it."""
    paper = table_paper()
    html = answer_html(answer_of(paper, "2015年\t15\t2.02"), {"p": paper}, ZH)
    assert "年份：2015年；研究所（个）：15；投资（亿美元）：2.02" in Reader(html).text()


def test_what_was_asked_for_is_set_off_and_nothing_in_it_is_markup() -> None:
    paper = paper_of(("paragraph", "投资<b>2.48</b>亿美元。"))
    answer = answer_of(paper, "投资<b>2.48</b>亿美元。")
    marked = replace(answer, statements=(replace(answer.statements[0], strong=((2, 12),)),))
    html = answer_html(marked, {"p": paper}, ZH)
    assert "投资<strong>&lt;b&gt;2.48&lt;/b</strong>&gt;亿美元。" in html


def test_where_every_paper_is_asked_each_has_its_item() -> None:
    paper = paper_of(("paragraph", "第一句。"))
    answer = answer_of(paper, "第一句。")
    lines = (replace(answer.statements[0], about="甲等（2021）"), Statement("未提及", about="<丙>"))
    html = answer_html(replace(answer, statements=lines), {"p": paper}, ZH)
    assert html.count("<li><b>甲等（2021）</b>") == 1
    assert '<li class="yj-silent"><b>&lt;丙&gt;</b><span class="yj-sentence">未提及</span></li>' in html


def test_a_completed_question_is_shown_with_a_button_to_change_it() -> None:
    paper = paper_of(("paragraph", "第一句。"))
    answer = replace(answer_of(paper, "第一句。"), question="IACMI由谁经营？")
    html = conversation_html([Turn("它由谁经营？", answer, {"p": paper})], ZH)
    assert ZH.completed.format(question="IACMI由谁经营？") in Reader(html).text()
    assert Reader(html).values("data-edit") == ["IACMI由谁经营？"]
    assert "yj-completed" not in conversation_html([Turn(" IACMI由谁经营？ ", answer, {"p": paper})], ZH)


def test_a_notice_stands_below_the_answer() -> None:
    paper = paper_of(("paragraph", "第一句。"))
    html = answer_html(replace(answer_of(paper, "第一句。"), notice="语言模型没有应答。"), {"p": paper}, ZH)
    assert html.index("第一句。") < html.index("语言模型没有应答。")


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_a_refusal_looks_different_and_offers_the_nearest_passages(words: Words) -> None:
    """No marks, no sources; the passages are called what they are."""
    paper = paper_of(*(("paragraph", f"第{n}段。") for n in range(6)))
    passages = tuple(passage_of(paper, f"第{n}段。", n + 1) for n in range(6))
    html = answer_html(answer_of(paper, abstained=True, passages=passages), {"p": paper}, words)
    page = Reader(html)
    assert "yj-mark" not in html
    assert "yj-answer" not in html
    assert "yj-refusal" in html
    assert words.refusal in page.text()
    assert words.refusal_hint in page.text()
    assert page.values("data-rank") == ["1", "2", "3", "4", "5", "6"]
    assert page.text("details").count("段。") == 3


def test_turns_show_question_answer_error_and_waiting() -> None:
    """An empty question has no bubble; a very long one is cut; each state looks its own way."""
    turns = [Turn("问" * 5000), Turn("  ", error=QuestionEmpty(question="")), Turn("问", broken=True)]
    html = conversation_html(turns, ZH)
    assert html.count("yj-question") == 2
    assert "问" * 601 not in html
    assert html.count("yj-working") == 1
    assert html.count("yj-error") == 2
    assert "问题里没有文字" in html
    assert ZH.unexpected in html


def test_the_evidence_follows_what_is_opened() -> None:
    """A citation, a passage, nothing yet, or something that is not there."""
    paper = paper_of(("paragraph", "第一句。"), ("paragraph", "第二句。"))
    turns = [
        Turn("问", answer_of(paper, "第一句。", "第二句。", passages=(passage_of(paper, "第二句。"),)), {"p": paper})
    ]
    page = Reader(evidence_html(turns, Opened(0, "citation", 2), ZH))
    assert page.marked == ["第二句。"]
    assert page.values("data-n") == ["2", "1", "2"]
    assert "引文 2" in page.text()
    passage = Reader(evidence_html(turns, Opened(0, "passage", 1), EN))
    assert passage.marked == ["第二句。"]
    assert "Related passage 1" in passage.text()
    assert ZH.evidence_empty in evidence_html((), None, ZH)
    assert ZH.evidence_empty in evidence_html(turns, Opened(5, "citation", 1), ZH)
    assert Reader(evidence_html(turns, Opened(0, "citation", 9), ZH)).marked == []
    gone = [replace(turns[0], papers={})]
    assert Reader(evidence_html(gone, Opened(0, "passage", 1), ZH)).marked == ["第二句。"]


# ---- the library


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_the_library_says_what_each_paper_needs(words: Words) -> None:
    """Indexed, new, changed, deleted, failed with its reason; files left out are named."""
    names = ("indexed", "new", "changed", "deleted")
    states = [PaperState(name, f"{name}.txt", f"题{name}", ("甲",), 2020, name) for name in names]
    states.append(PaperState("bad", "bad.pdf", None, (), None, "new"))
    html = library_html(states, {"bad": FileEmpty(file="bad.pdf")}, ["x.docx", "y.md"], words)
    text = Reader(html).text()
    for part in (words.state_indexed, words.state_new, words.state_changed, words.state_deleted, words.state_failed):
        assert part in text
    assert re.findall(r'class="yj-entry yj-(\w+)"', html) == ["failed", "new", "changed", "deleted", "indexed"]
    assert FileEmpty(file="bad.pdf").message(words.language) in text
    assert f"x.docx{words.author_separator}y.md" in text
    assert words.papers_count.format(count=5) in text
    assert Reader(library_html((), {}, (), words)).text() == words.library_empty


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_every_paper_of_the_library_has_a_button_for_its_report(words: Words) -> None:
    """Also the one that could not be read; the button says whose report it is."""
    states = [PaperState("a", "a.txt", "题", ("甲",), 2020, "indexed"), PaperState("b", "b.pdf", None, (), None, "new")]
    page = Reader(library_html(states, {"b": FileEmpty(file="b.pdf")}, [], words))
    assert page.values("data-report") == ["b", "a"]
    reports = [words.report_of.format(paper=paper) for paper in ("b", "题")]
    assert [label for label in page.values("aria-label") if label in reports] == reports


def test_a_paper_can_be_chosen_and_removed_and_its_pages_are_told() -> None:
    """Only what is indexed can be searched; only an editor is shown what removes a paper or puts one back."""
    states = [
        PaperState("a", "a.pdf", "甲文", ("甲",), 2020, "indexed", 12),
        PaperState("b", "b.txt", "乙文", ("乙",), 2020, "changed"),
        PaperState("c", "c.txt", None, (), None, "new"),
        PaperState("d", "d.txt", "丁文", (), None, "deleted"),
    ]
    html = library_html(states, {}, [], ZH, {"b"}, ["x.pdf"])
    page = Reader(html)
    assert re.findall(r'<input[^>]*data-search="(\w+)"( checked)?', html) == [
        ("b", ""),
        ("d", " checked"),
        ("a", " checked"),
    ]
    assert page.values("data-search")[:2] == ["*", ""]
    assert page.values("data-remove") == ["b", "c", "a"]
    assert page.values("data-restore") == ["x.pdf"]
    assert "12 页" in page.text()
    assert page.text().count("页") == 1
    reader = Reader(library_html(states, {}, [], ZH, (), (), may_edit=False))
    assert reader.values("data-remove") == []
    assert len(reader.values("data-report")) == 4


def test_where_questions_search_is_told_and_undone() -> None:
    every, some = Reader(scope_html(5, 5, False, ZH)), Reader(scope_html(2, 5, True, ZH))
    assert every.text() == "在全部 5 篇论文中查找逐篇对比"
    assert every.values("data-search") == []
    assert every.values("aria-checked") == ["false"]
    assert some.text() == "只在 2 / 5 篇论文中查找改为全部逐篇对比"
    assert some.values("data-search") == ["*"]
    assert some.values("aria-checked") == ["true"]
    assert scope_html(0, 0, False, ZH) == ""


def test_what_each_paper_says_stands_in_a_column_of_its_own() -> None:
    """Two sentences of one paper share its column; one that is silent says so."""
    paper = paper_of(("paragraph", "甲句。"), ("paragraph", "乙句。"))
    answer = answer_of(paper, "甲句。", "乙句。")
    first, second = answer.statements
    statements = (
        replace(first, about="甲（2021）"),
        replace(second, about="甲（2021）"),
        Statement("未提及", about="丙"),
    )
    page = Reader(answer_html(replace(answer, statements=statements), {"p": paper}, ZH))
    assert page.tags.count("li") - len(answer.citations) == 2
    assert page.values("class").count("yj-silent") == 1
    assert page.text("li").startswith("甲（2021）甲句。1 乙句。2丙未提及")


@pytest.mark.parametrize(
    ("accepts", "chosen", "expected"),
    [
        ("", "", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh"), ("en-US,en;q=0.9", "", "en"), ("fr, en;q=0.5", "", "en"),
        ("en;q=0.3, zh;q=0.7", "", "zh"), ("de", "", "zh"), ("en", "zh", "zh"), ("zh", "en", "en"), ("zh", "xx", "zh"),
        ("en;q=0, zh;q=0.1", "", "zh"), (";;,,q=9", "", "zh"), ("en;q=7", "", "zh"), ("*", "", "zh"),
    ],
)  # fmt: skip
def test_the_page_begins_in_the_language_of_the_browser_or_the_one_chosen(
    accepts: str, chosen: str, expected: str
) -> None:
    assert preferred({"accept-language": accepts}, {LANGUAGE_COOKIE: chosen} if chosen else {}) == expected


# ---- the references that a quotation cites


def citing_paper(entry: str = "张三. 制造[J].") -> Paper:
    """A paper whose one sentence cites two of its three references, one of them with a bare number."""
    lines = [
        ("paragraph", "甲乙丙丁[1,3]。"),
        ("reference", f"[1] {entry}"),
        ("reference", "[2] 李四."),
        ("reference", "3 王五."),
    ]
    paper = paper_of(*lines)
    listed = (Reference(n, b.start, b.end) for n, b in enumerate(paper.blocks[1:], 1))
    return replace(paper, references=tuple(listed))


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_the_references_of_a_quotation_stand_below_it(words: Words) -> None:
    paper = citing_paper()
    citation = answer_of(paper, "甲乙丙丁[1,3]。").citations[0]
    html = citation_html(citation, paper, words)
    assert re.findall(r"<li>(.*?)</li>", html) == ["[1] 张三. 制造[J].", "[3] 王五."]
    assert html.index("</mark>") < html.index(words.cited) < html.index("<footer>")
    assert "references" not in citation.to_json()


def test_a_quotation_without_marks_or_entries_has_no_such_list() -> None:
    """Nor one whose paper is gone or holds no list."""
    paper = citing_paper()
    marked, plain = answer_of(paper, "甲乙丙丁[1,3]。", "甲乙丙丁").citations
    bare = replace(paper, references=())
    for citation, shown in ((plain, paper), (marked, bare), (marked, None)):
        assert ZH.cited not in citation_html(citation, shown, ZH)


def test_a_hostile_reference_is_text() -> None:
    paper, harmless = citing_paper(HOSTILE), citing_paper()
    html = citation_html(answer_of(paper, "甲乙丙丁[1,3]。").citations[0], paper, ZH)
    page = Reader(html)
    assert page.tags == Reader(citation_html(answer_of(harmless, "甲乙丙丁[1,3]。").citations[0], harmless, ZH)).tags
    assert f"[1] {' '.join(HOSTILE.split())}" in page.text()
    assert HOSTILE not in html


# ---- the parse report


def test_a_page_that_was_recognised_in_vain_is_only_unread() -> None:
    paper = reported_paper()
    paper = replace(paper, report=replace(paper.report, recognised_pages=(2, 4)))
    text = Reader(report_html(state_of(paper), paper, None, ZH)).text()
    assert "文字识别（OCR）1 页：第 2 页" in text
    assert "未读出 1 页：第 4 页" in text


def test_a_block_behind_the_body_has_no_class_of_a_button() -> None:
    """On a wide screen the button back to the answer is hidden by its class."""
    paper = paper_of(("paragraph", "甲乙丙丁。"), ("back", "收稿日期：2020。"))
    html = citation_html(answer_of(paper, "甲乙丙丁。").citations[0], paper, ZH)
    assert '<p class="yj-block yj-back">收稿日期：2020。</p>' in html
    (button,) = re.findall(r'<button[^>]* class="([^"]*)" data-back', html)
    css = (PROJECT / "ui" / "page.css").read_text(encoding="utf-8")
    assert f".{button} {{ display: none" in css
    assert "yj-back" not in css


def reported_paper() -> Paper:
    """The paper with a table, of five pages: one recognised, one unread, two of which nothing is kept; two doubts."""
    paper = table_paper()
    half = paper.blocks[8].start
    return replace(
        paper,
        pages=(Page(1, None, 0, half), Page(2, None, half, len(paper.text))),
        report=Report(
            source_characters=400, kept_characters=390, page_count=5, removed={"甲刊": 1, "— # —": 4},
            recognised_pages=(2,), unread_pages=(4,),
            doubts=(
                Doubt("page_broken", 4, values={"reason": "no such object"}),
                Doubt("list_missing", start=0, values={"marks": "[1]–[3]"}),
            ),
        ),
    )  # fmt: skip


def state_of(paper: Paper, state: str = "indexed") -> PaperState:
    """The paper in the library."""
    return PaperState(paper.id, paper.file, paper.title, paper.authors, paper.year, state)


def test_the_report_says_everything_in_chinese() -> None:
    """Pages by how they were read, characters, blocks, doubts with pages, removed lines, tables, outline; in order."""
    paper = reported_paper()
    html = report_html(state_of(paper), paper, None, ZH)
    page = Reader(html)
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html)
    pages = ["5", "直接读出 1 页", "文字识别（OCR）1 页：第 2 页", "未读出 1 页：第 4 页", "整页删去 2 页：第 3, 5 页"]
    assert [(name, re.findall("<span>(.*?)</span>", spans)) for name, spans in facts] == [
        ("页", pages),
        ("字符", ["400 个中保留 390 个（97.5%），空白不计"]),
        ("句子", ["15"]),
        ("内容", ["段落 1", "图表题 1", "表行 13", "脚注 0", "参考文献 0"]),
    ]
    assert re.findall("<h3>(.*?)</h3>", html) == [
        "存疑之处", "删去的行<small>共 5 行，# 代表数字</small>", "表格<small>共 1 张，行数不含表头</small>", "章节",
    ]  # fmt: skip
    items = re.findall(r"<li[^>]*>(.*?)</li>", html)
    assert items == [
        "<b>第4页</b> 无法读取（no such object）", "正文引用了 [1]–[3]，但文件中没有参考文献表",
        "<b>4 ×</b><span>— # —</span>", "<b>1 ×</b><span>甲刊</span>", "<span>1 节</span><small>第1页</small>",
    ]  # fmt: skip
    assert re.findall(r"<t[hd](?: [^>]*)?>(.*?)</t[hd]>", html) == [
        "表号", "行\u00a0×\u00a0列", "表题", "位置", "表1", "12 × 3", "效果", "第1–2页 · 1 节",
    ]  # fmt: skip
    assert page.text("h2") == "题目"
    assert page.text("code") == "p.txt"
    assert page.values("data-report") == [""]
    assert page.values("data-paper") == ["p"]


def test_the_report_in_english_holds_no_chinese_but_the_papers_own() -> None:
    """A doubt is said in English; a table without cells says so."""
    paper = reported_paper()
    paper = replace(paper, title="T", authors=("A",), sections=(), tables=(Table("T1", "C", 4, 20),))
    paper = replace(paper, report=replace(paper.report, removed={}))
    text = Reader(report_html(state_of(paper), paper, None, EN)).text()
    assert not re.search("[一-鿿]", text)
    for part in ("1 by OCR: p. 2", "390 of 400 kept (97.5%)", "p. 4 could not be read (no such object)", "lines: 1"):
        assert part in text
    assert f"{EN.removed}{EN.removed_none}" in text
    assert f"{EN.outline}{EN.outline_none}" in text
    assert EN.table_cells in text


def test_a_paper_without_pages_shows_no_pages() -> None:
    """A text file has none, and none are made up."""
    paper = table_paper()
    text = Reader(report_html(state_of(paper), paper, None, ZH)).text()
    assert "页" not in text
    assert [text for path, text in Reader(report_html(state_of(paper), paper, None, EN)).texts if "dt" in path] == [
        EN.characters, EN.sentences, EN.blocks,
    ]  # fmt: skip


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_a_paper_that_was_not_read_as_it_is_now_says_why(words: Words) -> None:
    """Never read, failed, failed after it had been read once, changed, removed."""
    paper, error = table_paper(), FileEmpty(file="p.txt")
    reason = error.message(words.language)
    notes = (words.report_unread, words.report_failed, words.report_before, words.report_changed, words.report_deleted)
    for state, read, failed, note in (
        ("indexed", paper, None, ""), ("new", None, None, words.report_unread),
        ("new", None, error, words.report_failed), ("changed", paper, error, words.report_before),
        ("changed", paper, None, words.report_changed),
        ("deleted", paper, None, words.report_deleted),
    ):  # fmt: skip
        text = Reader(report_html(state_of(paper, state), read, failed, words)).text()
        assert [said for said in notes if said in text] == ([note] if note else [])
        assert (reason in text) == (failed is not None)
        assert (words.characters in text) == (read is not None)


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_a_hostile_paper_is_shown_as_it_is(words: Words) -> None:
    """Name, title, authors, headings, captions, removed lines, doubts and reasons are text, and nothing else."""
    paper = reported_paper()
    harmless = Reader(report_html(state_of(paper), paper, FileEmpty(file="x"), words))
    hostile = replace(
        paper, id=HOSTILE, file=HOSTILE, title=HOSTILE, authors=(HOSTILE,),
        sections=tuple(replace(section, title=HOSTILE) for section in paper.sections),
        tables=tuple(replace(table, number=HOSTILE, caption=HOSTILE) for table in paper.tables),
        report=replace(paper.report, removed={HOSTILE: 4, "b": 1}, doubts=(
            Doubt("page_broken", 1, values={"reason": HOSTILE}), Doubt("list_missing", values={"marks": HOSTILE}),
        )),
    )  # fmt: skip
    html = report_html(state_of(hostile), hostile, FileEmpty(file=HOSTILE), words)
    page = Reader(html)
    assert page.tags == harmless.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in harmless.attributes]
    assert page.values("data-paper") == [HOSTILE]
    assert page.text().count(HOSTILE) == 11
    assert HOSTILE not in html
    listed = library_html([state_of(hostile)], {}, [], words)
    assert Reader(listed).values("data-report") == [HOSTILE]
    assert HOSTILE not in listed


def test_progress_has_a_bar_for_each_stage_and_names_the_paper() -> None:
    """No bar ever goes back; the stages before are full, those to come are empty."""
    steps = [("", 0.0), ("read", 0.0), ("read", 0.6), ("embed", 0.0), ("embed", 0.5), ("write", 0.0), ("write", 1.0)]
    pages = [Reader(progress_html(stage, "甲.pdf", share, ZH)) for stage, share in steps]
    bars = [tuple(int(value or "") for value in page.values("aria-valuenow")) for page in pages]
    assert bars == [(0, 0, 0), (0, 0, 0), (60, 0, 0), (100, 0, 0), (100, 50, 0), (100, 100, 0), (100, 100, 100)]
    assert all("甲.pdf" in page.text() for page in pages[1:])
    assert pages[1].values("aria-label") == [ZH.stage_read, ZH.stage_embed, ZH.stage_write]
    waiting = Reader(progress_html("wait", "4711 on host", 0.0, ZH))
    assert waiting.text() == f"{ZH.stage_wait} 4711 on host"


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_an_update_is_one_line_and_one_for_each_failure(words: Words) -> None:
    """Counts and seconds; the reasons in the page's language."""
    failed = (FileEmpty(file="甲.txt"), FileEmpty(file="乙.txt"))
    update = Update(("a",), ("b", "c"), (), ("d",), failed, 9, 9, 3.21)
    html = update_html(update, words)
    assert html.count("<p ") == 3
    text = Reader(html).text()
    assert words.update_done.format(added=1, changed=2, removed=0, unchanged=1, seconds="3.2") in text
    assert failed[1].message(words.language) in text


def test_a_missing_index_names_the_button_and_no_folder() -> None:
    """The terminal's sentence names a command and a path; the page's names its button."""
    assert error_text(IndexMissing(folder="/home/me/secret"), ZH) == ZH.no_index
    assert "/home" not in error_text(IndexMissing(folder="/home/me/secret"), EN)


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
def test_the_frame_is_in_the_language(words: Words) -> None:
    """Heading and tabs."""
    assert words.tagline in header_html(words)
    assert words.evidence in tabs_html(words)
    assert words.library in tabs_html(words)
