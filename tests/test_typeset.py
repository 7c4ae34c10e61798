"""The five papers, typeset as a journal prints them, come back as they were: every word, in order, on its page.

The lines are broken and put on pages here, so that the page of every character is known; Chromium prints them.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape
from pathlib import Path

import pytest

from corpus.paper import Paper
from corpus.read import read_paper
from qa.citation import cite
from qa.verify import verify
from tests.conftest import five_papers, print_pdf

PAPER_IDS = ("chen", "shi-wang-zhang", "sun-luo", "wang-yu-liu", "zhang")
FIRST_PAGE = 45
"""What is printed on the first page as its number."""
LINES = 42
"""A column's lines."""
WIDTH = 44
"""A line's, a Chinese character counting two."""
UNBROKEN = re.compile(r".[，。、；：？！”’）》」％%\]]|[!-~]{2}|[“‘（《「\[].|——", re.DOTALL)
"""Two characters between which no line is broken."""
HEADER = ("序号", "企业名称", "所在地", "投资额")
ROWS = [
    (str(n), f"第{n}号增材制造企业", "俄亥俄州扬斯敦市与周边各县的产业园区", f"{n * 137 % 1000}.5")
    for n in range(1, 11)
]
STYLE = (
    "@page { size: A4; margin: 0 } body { margin: 0; font: 10.5pt/16pt 'Noto Serif CJK SC', 'Noto Sans CJK SC' }"
    " section { position: relative; width: 210mm; height: 296mm; overflow: hidden; break-after: page }"
    " section > div { position: absolute } .column { width: 22em } .column p { margin: 0; height: 16pt;"
    " white-space: nowrap; text-align-last: justify } p.first { text-indent: 2em }"
    " .column p.last { text-align-last: left }"
    " p.heading { font-weight: bold } .column .note { font-size: 8pt; line-height: 11pt; height: 11pt }"
    " .head { top: 12mm; left: 18mm; width: 174mm; text-align: center; border-bottom: .5pt solid }"
    " .rule { width: 25mm; border-top: 0.5pt solid; margin-top: 4pt }"
    " table { border-collapse: collapse; width: 174mm }"
    " td { border: 0.5pt solid; padding: 0 3pt } td:nth-child(3) { width: 60pt } .caption { text-align: center }"
)


@dataclass
class Line:
    """A printed line of the text: its class, what is printed, and where its characters stand in the paper."""

    kind: str
    text: str
    places: list[int]


@dataclass
class Typeset:
    """A paper in print: the pages of its characters, the notes at its feet, and what stands at the edges of pages."""

    paper: Paper
    html: str = ""
    page_of: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pages: int = 0


def width(text: str) -> int:
    """Columns of the text, a Chinese character counting two."""
    return sum(1 if ch.isascii() else 2 for ch in text)


def broken(text: str, start: int, kind: str) -> list[Line]:
    """A paragraph in lines: none begins with a mark that closes, and no Latin word is cut."""
    lines: list[Line] = []
    at = 0
    while at < len(text):
        room = WIDTH - (4 if kind == "first" and not lines else 0)
        end = at
        while end < len(text) and width(text[at : end + 1]) <= room:
            end += 1
        whole = end
        while at + 8 < end < len(text) and UNBROKEN.match(text, end - 1):
            end -= 1
        end = whole if end <= at + 8 else end
        kept = text[at:end]
        name = kind if kind == "heading" or not lines else ""
        lines.append(Line(name + (" last" if end == len(text) else ""), kept, list(range(start + at, start + end))))
        at = end + (len(text[end:]) - len(text[end:].lstrip(" ")))
    return lines


def typeset(paper: Paper) -> Typeset:
    """The headings and paragraphs of a paper on pages of two columns; heads and numbers differ left and right.

    On every third page a note stands under a short rule at the foot of the left column; a ruled table as wide as the
    page begins at the foot of page 2 and ends at the top of page 3, its header repeated.
    """
    lines: list[Line] = []
    for block in paper.blocks:
        if block.kind in ("heading", "paragraph"):
            kind = "heading" if block.kind == "heading" else "first"
            lines += broken(paper.text[block.start : block.end], block.start, kind)
    out = Typeset(paper)
    sections: list[str] = []
    while lines:
        number = out.pages = out.pages + 1
        head = "智 能 制 造 研 究" if number % 2 else f"{paper.title}"
        corner = "right" if number % 2 else "left"
        parts = [
            f"<div class=head>{head}</div>",
            f"<div style='bottom: 10mm; {corner}: 18mm'>· {FIRST_PAGE + number - 1} ·</div>",
        ]
        top, rows = 22.0, LINES
        if number == 2:
            rows -= 16
            parts.append(printed_table(top + (rows + 1) * 5.65, f"表 91　{paper.id} 的企业", ROWS[:5]))
        if number == 3:
            rows -= 15
            parts.append(printed_table(top, "", ROWS[5:]))
            top += 15 * 5.65
        for side, left in enumerate((18.0, 107.0)):
            here = rows
            note: list[str] = []
            if number % 3 == 1 and side == 0:
                text = f"① 本文第{number}页的脚注，说明混合生产与数字主线的含义，并给出资料的来源，供读者参考与核对。"
                out.notes.append(text)
                note = [text[:29], text[29:]]
                here -= 2
            taken, lines = lines[:here], lines[here:]
            out.page_of |= {place: number for line in taken for place in line.places}
            body = "".join(f"<p class='{line.kind}'>{escape(line.text)}</p>" for line in taken)
            if note:
                body += "<div class=rule></div>" + "".join(
                    f"<p class='note{' last' if i else ''}'>{part}</p>" for i, part in enumerate(note)
                )
            parts.append(f"<div class=column style='top: {top}mm; left: {left}mm'>{body}</div>")
        sections.append(f"<section>{''.join(parts)}</section>")
    out.html = f"<!doctype html><html lang=zh-CN><meta charset=utf-8><style>{STYLE}</style>{''.join(sections)}</html>"
    return out


def printed_table(top: float, caption: str, rows: list[tuple[str, ...]]) -> str:
    """A part of the table with its header; the third column is so narrow that its cells take two lines or more."""
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in (HEADER, *rows))
    return (
        f"<div style='top: {top}mm; left: 18mm; line-height: 12pt; font-size: 9pt'>"
        f"<div class=caption>{caption}</div><table>{body}</table></div>"
    )


@pytest.fixture(scope="module", params=PAPER_IDS)
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Typeset, Paper]:
    """A paper in print, and as it is read back."""
    sheet = typeset(five_papers()[request.param])
    folder: Path = tmp_path_factory.mktemp("typeset")
    return sheet, read_paper(print_pdf(sheet.html, folder), {})


def bare(text: str) -> str:
    """The text without white space, which the breaking of lines changes."""
    return "".join(text.split())


def blocks(paper: Paper, *kinds: str) -> list[str]:
    """The blocks of these kinds, without white space."""
    return [bare(paper.text[block.start : block.end]) for block in paper.blocks if block.kind in kinds]


def test_every_chinese_character_comes_back_in_order(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    wanted, got = (
        "".join(re.findall("[一-鿿]", "".join(blocks(p, "heading", "paragraph")))) for p in (sheet.paper, paper)
    )
    kept = sum(match.size for match in SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks())
    assert kept >= 0.998 * max(len(wanted), len(got))


def test_sections_and_paragraphs_are_the_same(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    assert [bare(s.title) for s in paper.sections] == [bare(s.title) for s in sheet.paper.sections]
    wanted, got = (blocks(p, "heading", "paragraph") for p in (sheet.paper, paper))
    matching = SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    assert sum(match.size for match in matching) >= 0.97 * len(wanted)


def test_forty_sampled_sentences_are_whole_and_know_their_pages(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    where: dict[str, list[tuple[int, ...]]] = {}
    for s in paper.sentences:
        pages = tuple(page.number for page in paper.pages_between(s.start, s.end))
        where.setdefault(bare(paper.text[s.start : s.end]), []).append(pages)
    printed_on = {
        bare(sheet.paper.text[s.start : s.end]): tuple(
            sorted({sheet.page_of[at] for at in range(s.start, s.end) if at in sheet.page_of})
        )
        for s in sheet.paper.sentences
        if s.start in sheet.page_of and sheet.paper.block_at(s.start).kind == "paragraph"
    }
    over = [text for text, pages in printed_on.items() if len(pages) > 1]
    sample = random.Random(3).sample(sorted(printed_on), 40) + over
    assert over
    assert {text: where.get(text) for text in sample} == {text: [printed_on[text]] for text in sample}


def test_every_citation_is_verbatim_and_has_the_right_page(printed: tuple[Typeset, Paper]) -> None:
    """Of each sentence that is printed once and comes back, which nearly all do."""
    sheet, paper = printed
    printed_on: dict[str, set[int]] = {}
    for s in sheet.paper.sentences:
        if s.start in sheet.page_of and sheet.paper.block_at(s.start).kind == "paragraph":
            pages = {sheet.page_of[at] for at in range(s.start, s.end) if at in sheet.page_of}
            printed_on.setdefault(bare(sheet.paper.text[s.start : s.end]), set()).update(pages)
    cited = [
        cite(paper, s.start, s.end, 1, 0.0) for s in paper.sentences if bare(paper.text[s.start : s.end]) in printed_on
    ]
    assert len({bare(c.quote) for c in cited}) >= 0.97 * len(printed_on)
    for citation in cited:
        assert verify(citation.quote, citation.start, citation.end, paper.text).state == "verbatim"
        assert set(citation.pages) == printed_on[bare(citation.quote)], citation.quote
        assert citation.paragraph == paper.block_at(citation.start).paragraph


def test_notes_are_footnotes_and_no_part_of_the_text(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    assert blocks(paper, "footnote") == [bare(note) for note in sheet.notes]


def test_a_ruled_table_over_a_page_break_keeps_its_rows_in_order(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    rows = [paper.text[block.start : block.end].split("\t") for block in paper.blocks if block.kind == "table"]
    assert rows == [list(HEADER), *map(list, ROWS)]
    (table,) = paper.tables
    assert (table.number, table.header, list(table.rows)) == ("表91", HEADER, [tuple(row) for row in ROWS])
    assert blocks(paper, "caption") == [bare(f"表 91 {sheet.paper.id} 的企业")]


def test_heads_and_numbers_of_left_and_right_pages_are_counted_out(printed: tuple[Typeset, Paper]) -> None:
    sheet, paper = printed
    assert paper.report.removed == {
        "智能制造研究": (sheet.pages + 1) // 2, bare(f"{sheet.paper.title}"): sheet.pages // 2, "· # ·": sheet.pages,
        " ".join(HEADER): 1,
    }  # fmt: skip
    assert len(blocks(paper, "front", "figure", "back")) <= 1
