"""The boxes of a quotation hold its characters and no other ones, on every page, however it is turned or cut.

What stands in a box is asked of pdfium, which finds every character that the box touches; where a page was drawn, the
ink is looked for.
"""

from __future__ import annotations

import io
import random
import re
import zlib
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject

from corpus import ocr
from corpus.clean import mend
from corpus.library import Library
from corpus.paper import PageBox, Paper
from corpus.picture import draw_page
from corpus.places import UNITS, Place, Places, Run, overlap, parted, place_of
from corpus.read import read_data
from corpus.settings import Settings
from corpus.traced import Traced
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import PAPERS, WordEncoder, print_pdf, shared
from tests.test_isolation import zeros_packed
from tests.test_ocr import line, needs_ocr, paper_sheet, scan
from ui.terminal import paper_json

CUT = (
    "为提高绩效评估的严谨性，先进制造国家项目办公室从第二年开始发布定量评价指标，并适当地整合定性和定量评价结果，由"
    "各部门共同参与各创新中心的考核，并逐步完善评价",
    "指标体系。",
)
"""A sentence that runs over the end of a page, after two full lines of 40 characters."""
ROW = ("2019年", "14", "561", "3.55")
NOTE = "① 混合生产指增材制造与减材制造的结合。"
ENGLISH = (
    "The National Network for Manufacturing Innovation was formally started in 2012, and “Manufacturing USA” is the "
    "name by which its fourteen institutes have been known since 2016."
)
LABEL = "横排的一行字转过来印在页边"
LEFT = "在左栏里面的文字排到栏的末尾，（再从右栏的开头接着排下去。）"
STYLE = (
    "@page { size: A4; margin: 20mm } body { margin: 0; font: 11pt/1.6 'Noto Sans CJK SC' } p { margin: 0 0 4pt }"
    " section { break-after: page; position: relative; height: 250mm } .wide { width: 40em }"
    " .columns { columns: 2; column-gap: 2em } td, th { border: .5pt solid; padding: 2pt 12pt }"
    " table { border-collapse: collapse } .en { font-family: 'DejaVu Serif', serif; font-size: 10pt }"
    " .foot { position: absolute; bottom: 0; font-size: 8pt } hr { width: 25mm; margin: 0; border: 0;"
    " border-top: .5pt solid } .turned { position: absolute; right: -50mm; top: 120mm; transform: rotate(90deg);"
    " width: 120mm }"
)
HTML = f"""<!doctype html><html lang=zh-CN><meta charset=utf-8><style>{STYLE}</style>
<section><h2>1 引言</h2><p class=wide>制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段。</p>
<div class=columns>{f"<p>{LEFT * 3}</p>" * 7}</div><p class=wide>{CUT[0]}</p></section>
<section><p class=wide>{CUT[1]}</p><h2>2 经费</h2>
<table><tr><th>年份<th>研究所<th>会员<th>投资（亿美元）</tr><tr><td>2018年<td>14<td>411<td>2.91</tr>
<tr>{"".join(f"<td>{cell}" for cell in ROW)}</tr><tr><td>2020年<td>16<td>670<td>4.02</tr></table>
<p class="wide en">{ENGLISH}</p><p class=wide>能否最终实现财务上自给自足，是申请建设创新中心①能否获得支持的关键。</p>
<div class=turned>{LABEL}</div><div class=foot><hr>{NOTE}</div></section>"""


# What pdfium finds in a box, and the ink on a page -------------------------------------------------------------------


def bare(text: str) -> str:
    """The text without white space and the hyphens that end lines, its radicals and ligatures as characters."""
    return "".join(mend(Traced.of(text.replace("\ufffe", "").replace("\x02", ""))).text.split())


class Sheets:
    """The pages of a PDF, asked for the text in a box of a page as it is shown."""

    def __init__(self, data: bytes) -> None:
        document = pypdfium2.PdfDocument(data, password="")
        self.pages = [document[i] for i in range(len(document))]
        self.texts = [page.get_textpage() for page in self.pages]

    def text(self, box: PageBox, inset: float = 0.0) -> str:
        """What stands in a box, from which so much of its height is taken off at the top and the bottom."""
        page = self.pages[box.page - 1]
        left, bottom, right, top = page.get_bbox()
        off = inset * (box.bottom - box.top)
        corners = [(box.left, box.top + off), (box.right, box.bottom - off)]
        turned = {
            0: lambda u, v: (u, 1 - v), 90: lambda u, v: (v, u), 180: lambda u, v: (1 - u, v),
            270: lambda u, v: (1 - v, 1 - u),
        }[page.get_rotation()]  # fmt: skip
        (a, b), (c, d) = (turned(*corner) for corner in corners)
        width, height = right - left, top - bottom
        found = self.texts[box.page - 1].get_text_bounded(
            left + width * min(a, c), bottom + height * min(b, d), left + width * max(a, c), bottom + height * max(b, d)
        )
        return bare(found)

    def quoted(self, paper: Paper, start: int, end: int, inset: float = 0.0) -> str:
        """What stands in the boxes of a quotation, one after the other."""
        return "".join(self.text(box, inset) for box in paper.boxes(start, end))


def ink(data: bytes, page: int, width: int = 1600) -> NDArray[np.bool_]:
    """Where the drawn page is dark, of shape (height, width)."""
    with Image.open(io.BytesIO(draw_page(data, "a.pdf", page, width))) as picture:
        return np.asarray(picture.convert("L")) < 140


def part(picture: NDArray[np.bool_], box: PageBox) -> NDArray[np.bool_]:
    """The part of a picture in a box."""
    height, width = picture.shape
    return picture[
        round(box.top * height) : round(box.bottom * height), round(box.left * width) : round(box.right * width)
    ]


def check_on_ink(paper: Paper, data: bytes, page: int, covered: float) -> None:
    """Every character has ink in its box, and so much of the page's ink is in a box."""
    picture = ink(data, page)
    left = picture.copy()
    for at, ch in enumerate(paper.text):
        for box in paper.boxes(at, at + 1):
            if box.page == page:
                part(left, box)[:] = False
                assert part(picture, box).any(), (ch, box)
    assert left.sum() <= (1 - covered) * picture.sum()


def exact(data: bytes, file: str, inset: float = 0.0) -> tuple[float, list[tuple[str, str, str]]]:
    """Of how many sentences the boxes hold exactly the characters; of the others the kind, the text and what stands
    in the boxes."""
    paper, sheets = read_data(data, file, {}), Sheets(data)
    wrong = []
    for s in paper.sentences:
        wanted, found = bare(paper.text[s.start : s.end]), sheets.quoted(paper, s.start, s.end, inset)
        if wanted != found:
            wrong.append((paper.block_at(s.start).kind, wanted, found))
    return 1 - len(wrong) / len(paper.sentences), wrong


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two pages of columns, a table, a footnote, Chinese and English, as Chromium prints them."""
    return print_pdf(HTML, tmp_path_factory.mktemp("boxes")).read_bytes()


@pytest.fixture(scope="module")
def paper(printed: bytes) -> Paper:
    """The printed pages, read."""
    return read_data(printed, "a.pdf", {})


@pytest.fixture(scope="module")
def sheets(printed: bytes) -> Sheets:
    """The printed pages, for their text in a box."""
    return Sheets(printed)


def place(paper: Paper, text: str) -> tuple[int, int]:
    """Where the text first stands."""
    assert text in paper.text, text
    start = paper.text.index(text)
    return start, start + len(text)


# Typeset pages -------------------------------------------------------------------------------------------------------


def test_a_sentence_over_a_page_break_has_a_box_for_each_line_on_its_page(paper: Paper, sheets: Sheets) -> None:
    start, end = place(paper, "".join(CUT))
    boxes = paper.boxes(start, end)
    assert [box.page for box in boxes] == [1, 1, 2]
    assert [sheets.text(box) for box in boxes] == [CUT[0][:40], CUT[0][40:], CUT[1]]
    assert boxes[0].left == pytest.approx(20 / 210, abs=0.001)  # the margin of the page
    assert boxes[0].right == pytest.approx((20 + 40 * 11 / 72 * 25.4) / 210, abs=0.005)
    assert boxes[0].bottom - boxes[0].top == pytest.approx(11 / 72 * 25.4 / 297, rel=0.05)
    assert paper.boxes(start, end - len(CUT[1])) == boxes[:2]
    assert [sheets.text(box) for box in paper.boxes(start + 38, start + 42)] == [CUT[0][38:40], CUT[0][40:42]]


def test_a_sentence_goes_on_in_the_next_column(paper: Paper, sheets: Sheets) -> None:
    boxed = [paper.boxes(block.start, block.end) for block in paper.blocks]
    over = [boxes for boxes in boxed if any(b.left - a.left > 0.3 and a.top > b.bottom for a, b in pairwise(boxes))]
    assert len(over) == 1
    assert "".join(sheets.text(box) for box in over[0]) == LEFT * 3


def test_each_cell_of_a_row_has_its_box(paper: Paper, sheets: Sheets) -> None:
    start, end = place(paper, "\t".join(ROW))
    boxes = paper.boxes(start, end)
    assert [sheets.text(box) for box in boxes] == list(ROW)
    assert all(a.right < b.left and (a.top, a.page) == (b.top, b.page) for a, b in pairwise(boxes))


@pytest.mark.parametrize("quote", [NOTE, ENGLISH, LABEL, "1 引言", LEFT[3:-3]])
def test_what_stands_in_the_boxes_is_the_quotation(paper: Paper, sheets: Sheets, quote: str) -> None:
    assert sheets.quoted(paper, *place(paper, quote)) == bare(quote)


def test_a_line_that_runs_down_the_page_has_one_upright_box(paper: Paper) -> None:
    (box,) = paper.boxes(*place(paper, LABEL))
    assert (box.bottom - box.top) * 297 > 10 * (box.right - box.left) * 210


def test_boxes_do_not_depend_on_where_the_quotation_begins(paper: Paper) -> None:
    for s in paper.sentences:
        whole, ones = paper.boxes(s.start, s.end), [paper.boxes(at, at + 1) for at in range(s.start, s.end)]
        assert (min(b.left for b in whole), min(b.top for b in whole)) >= (0, 0)
        for box in (one for several in ones for one in several):
            held = [w for w in whole if w.page == box.page and w.left <= box.left and box.right <= w.right]
            assert held, paper.text[s.start : s.end]


def test_neighbours_never_overlap_on_a_line(paper: Paper) -> None:
    for block in paper.blocks:
        ones = [box for at in range(block.start, block.end) for box in paper.boxes(at, at + 1)]
        for a, b in pairwise(ones):
            level = a.page == b.page and a.top < b.bottom and b.top < a.bottom
            assert not level or a.right <= b.left or a == b or b.right <= a.left or a.bottom <= b.top


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_part_of_the_text_has_its_own_boxes(paper: Paper, sheets: Sheets, data: st.DataObject) -> None:
    """Of Latin words the whole: the ink of an f hangs over the letter behind it, and no upright cut parts the two."""
    start = data.draw(st.integers(0, len(paper.text) - 1))
    end = data.draw(st.integers(start, min(len(paper.text), start + 200)))
    start -= len(re.search("[A-Za-z“”]*$", paper.text[:start])[0])  # type: ignore[index]
    end += len(re.match("[A-Za-z“”]*", paper.text[end:])[0])  # type: ignore[index]
    assert sheets.quoted(paper, start, end) == bare(paper.text[start:end])
    for box in paper.boxes(start, end):
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1


def test_a_text_without_pages_and_an_empty_part_have_no_boxes(paper: Paper) -> None:
    assert paper.boxes(5, 5) == ()
    plain = Library(PAPERS).read(PAPERS / "chen.txt")
    assert (plain.places, plain.boxes(0, 1000)) == ("", ())


def test_a_typeset_paper_has_the_boxes_of_all_its_sentences(tmp_path: Path) -> None:
    """One of the five papers on pages of two columns with notes and a ruled table over a page break."""
    from tests.test_typeset import typeset

    source = Library(PAPERS).read(PAPERS / "zhang.txt")
    data = print_pdf(typeset(source).html, tmp_path).read_bytes()
    share, misses = exact(data, "zhang.pdf")
    print(f"typeset: {share:.4f} of the sentences exactly boxed; {misses}")
    assert share == 1.0


# Pages that are turned, cut, or drawn --------------------------------------------------------------------------------


def changed(data: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    """A PDF with something changed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_boxes_turn_with_their_page(printed: bytes, angle: int) -> None:
    data = changed(printed, lambda writer: [page.rotate(angle) for page in writer.pages])
    paper, sheets = read_data(data, "a.pdf", {}), Sheets(data)
    for text in CUT:
        start, end = place(paper, text)
        found = [sheets.text(box) for box in paper.boxes(start, end)]
        assert "".join(part[::-1] if angle == 180 else part for part in found) == text  # which pdfium reads backwards
    check_on_ink(paper, data, 1, 0.97)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_whose_text_is_turned_back_by_its_rotation_has_the_same_text_and_boxes(
    printed: bytes, paper: Paper, angle: int
) -> None:
    def turn(writer: PdfWriter) -> None:
        for page in writer.pages:
            page.rotate(angle)
            page.transfer_rotation_to_content()
            page.rotate(-angle)

    turned = read_data(changed(printed, turn), "a.pdf", {})
    for quote in ("".join(CUT), LEFT, NOTE[2:]):
        start, _ = place(turned, quote)
        first, _ = place(paper, quote)
        for at, ch in enumerate(quote):
            (a,), (b,) = paper.boxes(first + at, first + at + 1), turned.boxes(start + at, start + at + 1)
            edges = [(a.left, b.left), (a.top, b.top), (a.right, b.right), (a.bottom, b.bottom)]
            assert (a.page, max(abs(x - y) for x, y in edges) < 0.002) == (b.page, True), ch


def test_boxes_are_those_of_the_part_that_is_shown(printed: bytes) -> None:
    def crop(writer: PdfWriter) -> None:
        for page in writer.pages:
            page.mediabox = RectangleObject((-30, -10, 620, 900))
            page.cropbox = RectangleObject((40, 30, 590, 830))

    data = changed(printed, crop)
    paper, sheets = read_data(data, "a.pdf", {}), Sheets(data)
    start, end = place(paper, CUT[0])
    assert sheets.quoted(paper, start, end) == CUT[0]
    assert paper.boxes(start, end)[0].left == pytest.approx((20 / 25.4 * 72 - 40) / 550, abs=0.001)
    check_on_ink(paper, data, 1, 0.97)


def test_what_is_cut_off_has_no_box(printed: bytes) -> None:
    def crop(writer: PdfWriter) -> None:
        for page in writer.pages:
            page.cropbox = RectangleObject((85, 0, 595, 842))  # in the middle of the third character of a line

    data = changed(printed, crop)
    paper = read_data(data, "a.pdf", {})
    start, _ = place(paper, CUT[0][2:40])
    (box,) = paper.boxes(start - 2, start + 38)
    assert box == paper.boxes(start, start + 38)[0]
    assert (box.left, paper.boxes(start - 2, start)) == (0, ())
    assert Sheets(data).text(box) == CUT[0][2:40]


def test_the_boxes_of_a_drawn_page_lie_on_its_ink(paper: Paper, printed: bytes) -> None:
    check_on_ink(paper, printed, 1, 0.97)


# Recognised pages ----------------------------------------------------------------------------------------------------


def drawn_sheet(slope: float = 0.0) -> tuple[Image.Image, list[ocr.RecognisedLine]]:
    """A picture with black squares where the characters of two lines are said to stand."""
    sheet = paper_sheet()
    lines = [line("第一行的文字排满一整行甲乙丙丁", 250, 300, slope=slope), line("第二行短得多", 250, 350, slope=slope)]
    for ch in (ch for one in lines for ch in one.characters):
        ImageDraw.Draw(sheet).rectangle((ch.left + 2, ch.top + 2, ch.right - 2, ch.bottom - 2), fill="black")
    return sheet, lines


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("slope", [0.0, 0.02])
def test_recognised_characters_have_their_boxes_on_the_page_as_it_lies(
    quarters: int, slope: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, lines = drawn_sheet(slope)
    ImageDraw.Draw(sheet).rectangle((0, 0, 200, 200), fill="black")

    def upright_only(image: NDArray[np.uint8]) -> list[ocr.RecognisedLine]:
        upright = image.shape[0] > image.shape[1] and image[100, 100].max() < 50
        return lines if upright else [line("粪#", 250, 300, sure=0.3)]

    monkeypatch.setattr(ocr, "installed", lambda: upright_only)
    data = scan(sheet.rotate(90 * quarters, expand=True))
    paper = read_data(data, "a.pdf", {})
    assert bare(paper.text) == "".join(one.text for one in lines)
    picture = ink(data, 1)
    for at, ch in enumerate(paper.text):
        for box in paper.boxes(at, at + 1):
            assert part(picture, box).mean() > 0.7, ch
    (first,) = paper.boxes(*place(paper, lines[0].text))
    assert ((first.right - first.left) * 210 > (first.bottom - first.top) * 297) is (quarters % 2 == 0)


@needs_ocr
def test_the_boxes_of_a_scan_lie_on_its_ink(scanned_law: Paper) -> None:
    data = shared("pdfs/data_security_law_scanned_2p.pdf").read_bytes()
    for page in (1, 2):
        check_on_ink(scanned_law, data, page, 0.95)


# Real PDFs -----------------------------------------------------------------------------------------------------------

REAL = (
    "aas_template_noToUnicode", "cjc_template", "data_security_law", "data_security_law_aes256_emptypw", "pipl_law",
    "pymupdf_chinese_tables", "qwen_blood_routine",
)  # fmt: skip


def test_nearly_all_sentences_of_real_pdfs_are_boxed_exactly() -> None:
    """Not exact are formulas, whose signs stand over one another, and lines that are set so close that the box of one
    touches the ink of the next."""
    total = good = 0
    for name in REAL:
        data = shared(f"pdfs/{name}.pdf").read_bytes()
        count = len(read_data(data, f"{name}.pdf", {}).sentences)
        share, wrong = exact(data, f"{name}.pdf")
        print(f"{name}: {round(share * count)} of {count} sentences exactly boxed")
        for kind, wanted, found in wrong:
            print(f"  {kind}: {wanted[:60]} … {found[-20:]}")
        total, good = total + count, good + round(share * count)
    print(f"all: {good / total:.4f} of {total}")
    assert good / total >= 0.99


# Carried, packed, stored ---------------------------------------------------------------------------------------------

PLACES = st.builds(
    lambda left, top, width, height: (left, top, min(left + width, UNITS), min(top + height, UNITS)),
    st.integers(0, UNITS - 1), st.integers(0, UNITS - 1), st.integers(1, UNITS), st.integers(1, UNITS),
)  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.one_of(st.none(), PLACES), min_size=1, max_size=8)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_places_are_packed_and_come_back(parts: list[tuple[int, list[Place | None]]], order: random.Random) -> None:
    runs: list[Run] = []
    at = 0
    for gap, places in parts:
        runs.append(Run(at + gap, tuple(places)))
        at += gap + len(places)
    origin = [*range(at), -1, -1]
    order.shuffle(origin)
    found = Places.of(origin, runs)
    there = {run.start + i: (n, p) for n, run in enumerate(runs) for i, p in enumerate(run.places) if p}
    expected = [(i, *there[source]) for i, source in enumerate(origin) if source in there]
    assert list(zip(found.offsets, found.runs, found.places, strict=True)) == expected
    assert Places.unpacked(found.packed(), len(origin)) == found


def packed(data: bytes) -> str:
    """Bytes as a paper carries them."""
    return b64encode(zlib.compress(data)).decode()


SOME = Places((0, 1, 5), (0, 0, 1), ((0, 0, 9, 9), (9, 0, 18, 9), (0, 9, 9, 18)))


@pytest.mark.parametrize(
    ("told", "length"),
    [
        ("?", 9),
        ("AAAA", 9),
        (SOME.packed()[:-8], 9),
        (SOME.packed(), 5),  # the sixth character of five
        (SOME.packed(), 2),  # more places than characters
        (packed(bytes(24)), 9),  # one character, nothing wide
        (packed(bytes(25)), 9),
        (b64encode(zeros_packed(1000)).decode(), 1000),  # a bomb
        (Places((3, 3), (0, 0), ((0, 0, 9, 9), (9, 0, 18, 9))).packed(), 9),
        (Places((0,), (0,), ((0, 0, 9, UNITS + 1),)).packed(), 9),
        (Places((0,), (0,), ((-1, 0, 9, 9),)).packed(), 9),
    ],
)
def test_what_packs_no_places_is_refused(told: str, length: int) -> None:
    assert Places.unpacked(SOME.packed(), 9) == SOME
    with pytest.raises(ValueError, match="places: "):
        Places.unpacked(told, length)


def test_a_character_takes_a_byte_or_two(printed: bytes, paper: Paper) -> None:
    assert len(paper.places) < 2.5 * len(paper.text)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((-0.1, 0.25, 0.5, 0.50001), (0, UNITS // 4, UNITS // 2, UNITS // 2)),
        ((0.10001, 0.2, 1.1, 1.0), (820, 1639, UNITS, UNITS)),
        ((1.0, 0.0, 1.5, 1.0), None),
        ((0.5, 0.5, 0.50001, 0.6), None),
        ((float("-inf"), 0.0, float("inf"), 0.5), (0, 0, UNITS, UNITS // 2)),
        ((float("nan"), 0.0, 0.5, 0.5), None),
        ((0.0, 0.0, 0.5, float("nan")), None),
    ],
)
def test_a_place_is_rounded_inwards_and_cut_at_the_edges(
    box: tuple[float, float, float, float], expected: Place | None
) -> None:
    assert place_of(*box) == expected


@pytest.mark.parametrize(
    ("a", "b", "ink_a", "ink_b", "cut"),
    [
        ((0, 0, 10, 10), (5, 0, 15, 10), (1, 6, 4, 9), (6, 1, 14, 9), 5),  # 。国
        ((0, 0, 10, 10), (5, 0, 15, 10), (1, 1, 9, 9), (12, 1, 14, 9), 10),  # 国（
        ((0, 0, 10, 10), (8, 0, 18, 10), (1, 1, 9, 9), (8, 1, 17, 9), 8),  # inks that touch: the middle
        ((0, 0, 10, 10), (5, 0, 15, 10), None, None, 7),
    ],
)
def test_overlapping_neighbours_are_cut_between_their_inks(
    a: Place, b: Place, ink_a: Place | None, ink_b: Place | None, cut: int
) -> None:
    assert overlap(a, b)
    assert parted(a, b, ink_a, ink_b) == ((a[0], 0, cut, 10), (cut, 0, b[2], 10))
    assert parted(b, a, ink_b, ink_a) == ((cut, 0, b[2], 10), (a[0], 0, cut, 10))

    def down(place: Place | None) -> Place | None:
        return place and (place[1], place[0], place[3], place[2])

    turned = parted(down(a) or a, down(b) or b, down(ink_a), down(ink_b))
    assert turned == ((0, a[0], 10, cut), (0, cut, 10, b[2]))


def test_the_letters_of_a_ligature_stay_in_order_and_share_a_box() -> None:
    data = shared("pdfs/aas_template_noToUnicode.pdf").read_bytes()
    paper = read_data(data, "aas.pdf", {})
    start, _ = place(paper, "Define all nonstandard symbols")
    assert paper.boxes(start + 2, start + 3) == paper.boxes(start + 3, start + 4) != ()
    assert Sheets(data).quoted(paper, start, start + 6) == "Define"


def test_boxes_go_through_the_reader_and_the_index_and_into_no_output(
    printed: bytes, paper: Paper, tmp_path: Path
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a.pdf").write_bytes(printed)
    shelf = Shelf(Library(tmp_path / "papers"), IndexStore(tmp_path / "index"), Settings(), WordEncoder())
    shelf.update()
    kept = IndexStore(tmp_path / "index").load().papers["a"]
    assert kept == paper
    assert kept.boxes(*place(kept, CUT[0])) == paper.boxes(*place(paper, CUT[0]))
    assert list(IndexStore(tmp_path / "index").faults()) == []
    assert paper.places not in str(paper_json(paper))
    assert "places" not in paper_json(paper)
