"""Lines come out in the order in which a person reads a page, whatever the order in which the file draws them."""

from __future__ import annotations

import random
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from corpus.glyphs import Glyph
from corpus.layout import INDENT, reading_order
from corpus.library import Library
from corpus.read import read_paper
from tests.conftest import PAPERS, print_pdf

SIZE = 10.0
WIDTH = 595.0


def written(text: str, x: float, y: float) -> list[Glyph]:
    """A line of characters ten points wide from x on; `_` leaves a typed space, `~` one that is only inferred."""
    glyphs: list[Glyph] = []
    space = ""
    for ch in text:
        if ch in "_~":
            space = "typed" if ch == "_" else "inferred"
            x += 0.25 * SIZE
            continue
        glyphs.append(Glyph(ch, x, y, x + SIZE, y + SIZE, space))  # type: ignore[arg-type]
        space = ""
        x += SIZE
    return glyphs


def read(*lines: tuple[str, float, float]) -> list[str]:
    """The lines of a page on which these stand, drawn in a random order."""
    glyphs = [glyph for line in lines for glyph in written(*line)]
    random.Random(7).shuffle(glyphs)
    return [line.text for line in reading_order(glyphs, WIDTH)]


LEFT = [f"左栏第{i}行的文字排满一整行甲乙丙丁戊己庚" for i in "一二三四五六"]
RIGHT = [f"右栏第{i}行的文字排满一整行甲乙丙丁戊己庚" for i in "一二三四五六"]


def columns(top: float) -> list[tuple[str, float, float]]:
    """Two columns side by side, their first lines at height `top`."""
    rows = enumerate(zip(LEFT, RIGHT, strict=True))
    return [line for i, (a, b) in rows for line in ((a, 60.0, top - 15 * i), (b, 320.0, top - 15 * i))]


def test_a_column_is_read_to_its_end_before_the_next() -> None:
    assert read(*columns(700)) == LEFT + RIGHT


def test_what_crosses_both_columns_stays_in_its_place() -> None:
    title, note = (
        "一个跨过两栏的题名它比一栏要宽得多占满版心的一大半还有余",
        "同样跨过两栏的一行它把上下两段双栏文字分开放在中间",
    )
    lines = [(title, 120.0, 760.0), *columns(700), (note, 150.0, 580.0), *columns(540)]
    assert read(*lines) == [title, *LEFT, *RIGHT, note, *LEFT, *RIGHT]


def test_one_column_is_not_cut() -> None:
    lines = [f"单栏排版的第{i}行从左边一直排到右边没有中缝甲乙丙丁戊己庚辛壬癸子丑寅卯" for i in "一二三四五六七"]
    assert read(*((line, 60.0, 700.0 - 15 * i) for i, line in enumerate(lines))) == lines


def test_rows_whose_cells_line_up_are_a_table() -> None:
    cells = [("年份", "项目数", "投资"), ("甲", "丑丑", "一"), ("乙", "寅寅", "二"), ("丙", "卯卯", "三")]
    lines = [(cell, 60.0 + 150 * j, 700.0 - 15 * i) for i, row in enumerate(cells) for j, cell in enumerate(row)]
    assert read(*lines) == ["\t".join(row) for row in cells]


def test_a_table_in_one_column_is_not_mixed_with_the_text_beside_it() -> None:
    cells = [("年份", "项目", "投资"), ("甲年", "丑", "一"), ("乙年", "寅", "二"), ("丙年", "卯", "三")]
    table = [(cell, 60.0 + 80 * j, 610.0 - 15 * i) for i, row in enumerate(cells) for j, cell in enumerate(row)]
    beside = [(line, 320.0, 610.0 - 15 * i) for i, line in enumerate(RIGHT[:4])]
    told = read(*columns(700), *table, *beside)
    assert told == [*LEFT, *("\t".join(row) for row in cells), *RIGHT, *RIGHT[:4]]


def test_a_first_line_set_in_is_marked() -> None:
    lines = [("首行缩进两字", 80.0, 700.0), *((f"后面各行{i}", 60.0, 685.0 - 15 * i) for i in range(6))]
    assert read(*lines)[:2] == [INDENT + "首行缩进两字", "后面各行0"]


def test_spaces_are_those_that_were_typed_or_that_part_latin_words() -> None:
    assert read(("在_中国~制造~2025~年A~B", 60.0, 700.0)) == ["在 中国制造 2025 年A B"]


def test_a_raised_mark_stays_on_its_line() -> None:
    base = written("创新周期", 60.0, 700.0)
    mark = [Glyph(ch, 100.0 + 4 * i, 705.0, 104.0 + 4 * i, 710.0) for i, ch in enumerate("[1]")]
    after = written("是指", 112.0, 700.0)
    assert [line.text for line in reading_order([*after, *mark, *base], WIDTH)] == ["创新周期[1]是指"]


def test_white_space_above_a_line_is_told() -> None:
    heights = [700, 685, 670, 640, 625]
    glyphs = [glyph for i, y in enumerate(heights) for glyph in written(f"第{i}行", 60.0, float(y))]
    assert [line.after_gap for line in reading_order(glyphs, WIDTH)] == [False, False, False, True, False]


def test_an_empty_page_has_no_lines() -> None:
    assert reading_order([], WIDTH) == []


def difference(wanted: str, got: str) -> float:
    """Share of the Chinese characters wanted that are not where they should be."""
    a, b = ("".join(ch for ch in text if "一" <= ch <= "鿿") for text in (wanted, got))
    kept = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 1 - kept / max(len(a), len(b))


@pytest.mark.parametrize("paper_id", ["zhang", "chen", "wang-yu-liu"])
def test_a_paper_typeset_in_two_columns_comes_back_as_it_was(paper_id: str, tmp_path: Path) -> None:
    library = Library(PAPERS)
    paper = library.read(library.path(paper_id))
    body = "".join(
        f"<{tag}>{paper.text[b.start : b.end]}</{tag}>"
        for b in paper.blocks
        if (tag := {"heading": "h2", "paragraph": "p"}.get(b.kind))
    )
    style = (
        "@page { size: A4; margin: 22mm 18mm } p { text-indent: 2em; margin: 0 } h2 { font-size: 11pt }"
        " body { font: 10.5pt/1.5 'Noto Serif CJK SC', 'Noto Sans CJK SC'; margin: 0; columns: 2; column-gap: 8mm;"
        " text-align: justify }"
    )
    page = f"<!doctype html><html lang=zh-CN><meta charset=utf-8><style>{style}</style>{body}"
    read_back = read_paper(print_pdf(page, tmp_path), {})
    wanted = ["".join(paper.text[b.start : b.end].split()) for b in paper.blocks if b.kind in ("heading", "paragraph")]
    got = ["".join(read_back.text[b.start : b.end].split()) for b in read_back.blocks]
    assert difference("".join(wanted), "".join(got)) <= 0.002
    outlines = [["".join(section.title.split()) for section in p.sections] for p in (paper, read_back)]
    assert outlines[0] == outlines[1]
