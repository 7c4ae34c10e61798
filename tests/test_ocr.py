"""Pages that are pictures are read by text recognition where the extra `ocr` is installed, and reported where not.

What follows on recognition is tested with recognisers that say what they are told; the real one, whose models come with
its package, reads a scanned law.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from corpus import ocr
from corpus.clean import clean_lines
from corpus.errors import RecognitionBroken, TextMissing, TextUnrecognised
from corpus.ocr import Character, RecognisedLine, Recogniser
from corpus.paper import Paper
from corpus.pdf import read_pdf
from corpus.read import read_data, read_paper
from tests.conftest import said, shared
from tests.test_bad_files import pdf
from tests.test_pdf_pages import article

SIZE = 30
"""Pixels that a character takes in these pictures; at 200 dpi 10.8 points."""

needs_ocr = pytest.mark.skipif(
    find_spec("rapidocr_onnxruntime") is None, reason="needs the extra `ocr`: make test EXTRAS=ocr"
)


def scan(*pictures: Image.Image) -> bytes:
    """A PDF whose pages are these pictures, at 200 dpi."""
    out = io.BytesIO()
    pictures[0].save(out, "PDF", resolution=200, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def paper_sheet(width: int = 1654, height: int = 2339) -> Image.Image:
    """White paper, A4 unless told."""
    return Image.new("RGB", (width, height), "white")


def line(text: str, x: float = 250, y: float = 300, *, sure: float = 0.99, slope: float = 0.0) -> RecognisedLine:
    """A line from x on, its top at y: half a step for ASCII, `_` a step of white, `<` half a step back."""
    characters = []
    for ch in text:
        step = {"_": SIZE, "<": -SIZE / 2}.get(ch, SIZE / 2 if ch.isascii() else SIZE)
        if ch not in "_<":
            top = y + slope * x
            characters.append(Character(ch, x, top, x + step, top + SIZE, sure))
        x += step
    return RecognisedLine(tuple(characters))


def saying(*lines: RecognisedLine) -> Recogniser:
    """A recogniser that finds these lines in every picture."""
    return lambda image: list(lines)


def printed(*lines: RecognisedLine) -> list[str]:
    """The lines of a scanned page on which these are recognised."""
    return read_pdf(scan(paper_sheet()), "a.pdf", saying(*lines)).text.split("\n")


def test_lines_come_in_reading_order_column_after_column() -> None:
    left = [line(f"左栏第{n}行的文字排满一整行甲乙丙丁", 150, 300 + 50 * i) for i, n in enumerate("一二三四五六")]
    right = [line(f"右栏第{n}行的文字排满一整行甲乙丙丁", 880, 300 + 50 * i) for i, n in enumerate("一二三四五六")]
    mixed = [found for pair in zip(left, right, strict=True) for found in pair]
    assert printed(*mixed) == [found.text for found in left + right]


def test_the_rows_of_a_table_keep_their_cells_apart() -> None:
    rows = [("机构", "会员", "年份"), ("甲中心", "65", "2014"), ("乙中心", "102", "2015"), ("丙中心", "323", "2016")]
    cells = [line(cell, 250 + 400 * j, 300 + 50 * i) for i, row in enumerate(rows) for j, cell in enumerate(row)]
    assert printed(*cells) == ["\t".join(row) for row in rows]


@pytest.mark.parametrize("slope", [0.02, -0.02])
def test_a_skewed_page_is_laid_level(slope: float) -> None:
    left = [
        line(f"左栏第{n}行的文字排满一整行甲乙丙丁", 150, 300 + 50 * i, slope=slope)
        for i, n in enumerate("一二三四五六")
    ]
    right = [
        line(f"右栏第{n}行的文字排满一整行甲乙丙丁", 880, 300 + 50 * i, slope=slope)
        for i, n in enumerate("一二三四五六")
    ]
    assert printed(*left, *right) == [found.text for found in left + right]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_page_is_read_the_right_way_up(quarters: int) -> None:
    sheet = paper_sheet()
    ImageDraw.Draw(sheet).rectangle((0, 0, 200, 200), fill="black")
    lines = [line("第一行的文字排满一整行甲乙丙丁", 250, 300), line("第二行的文字排满一整行甲乙丙丁", 250, 350)]

    def upright_only(image: NDArray[np.uint8]) -> list[RecognisedLine]:
        upright = image.shape[0] > image.shape[1] and image[100, 100].max() < 50
        return lines if upright else [line("粪#", 250, 300, sure=0.3)]

    turned = sheet.rotate(90 * quarters, expand=True)
    assert read_pdf(scan(turned), "a.pdf", upright_only).text == "\n".join(found.text for found in lines)


@pytest.mark.parametrize(
    ("recognised", "expected"),
    [
        ("促进发展<,_美国制造业", "促进发展，美国制造业"),  # as wide as a character
        ("促进发展,美国制造业", "促进发展，美国制造业"),  # squeezed, as full-width marks are
        ("创新网络_(Plan)_是国家计划", "创新网络（Plan）是国家计划"),
        ("创新网络的计划(Plan)是国家的", "创新网络的计划(Plan)是国家的"),
        ("创新网络的计划（Plan)是国家的", "创新网络的计划（Plan）是国家的"),
        ("计划分为三步:_第一步;_第二步", "计划分为三步：第一步；第二步"),
        ("由众多的“创新中心\"组成", "由众多的“创新中心”组成"),
        ("共有1,234.5亿元和10:30两项", "共有1,234.5亿元和10:30两项"),
        ("sensing,networking(a)and(b)", "sensing,networking(a)and(b)"),
    ],
)  # fmt: skip
def test_half_width_marks_become_full_where_the_picture_or_their_place_says_so(recognised: str, expected: str) -> None:
    assert printed(line(recognised)) == [expected]


def test_white_space_that_was_lost_after_a_label_is_given_back() -> None:
    assert printed(line("第一条_为了规范数据处理活动"), line("法权益，维护国家主权", y=350)) == [
        "第一条 为了规范数据处理活动", "法权益，维护国家主权",
    ]  # fmt: skip


def test_spaces_that_were_lost_between_latin_words_are_seen_in_the_picture_but_not_between_figures() -> None:
    text = "The National Network for 11 1 institutes"
    font = ImageFont.load_default(40)
    sheet = paper_sheet()
    ImageDraw.Draw(sheet).text((250, 300), text, fill="black", font=font)
    characters = [
        Character(ch, 250 + font.getlength(text[:i]), 300, 250 + font.getlength(text[: i + 1]), 348, 0.99)
        for i, ch in enumerate(text)
        if ch != " "
    ]
    raw = read_pdf(scan(sheet), "a.pdf", saying(RecognisedLine(tuple(characters))))
    assert raw.text.replace(" 111", "111").replace("111 ", "111") == "The National Network for111institutes"


def test_doubtful_characters_are_counted_with_their_lines_and_illegible_lines_left_out() -> None:
    poor = RecognisedLine((*line("清楚的文字").characters[:4], Character("宇", 370, 300, 400, 330, 0.4)))
    raw = read_pdf(
        scan(paper_sheet()), "a.pdf", saying(poor, line("第二行都清楚", y=350), line("厂#丨", y=400, sure=0.3))
    )
    assert raw.text == "清楚的文宇\n第二行都清楚"
    assert said(raw.doubts) == [
        "page 1: 1 of 11 recognised characters are below a confidence of 60%, in: 清楚的文宇",
        "page 1: 1 lines are too unclear to be recognised; left out",
    ]
    assert raw.recognised_pages == (1,)


def test_a_page_with_text_and_one_of_white_paper_are_not_recognised() -> None:
    def never(image: NDArray[np.uint8]) -> list[RecognisedLine]:
        raise AssertionError("no page to recognise")

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["Manufacturing is the main body."]))))
    writer.add_blank_page()
    out = io.BytesIO()
    writer.write(out)
    raw = read_pdf(out.getvalue(), "a.pdf", never)
    assert (raw.text, raw.unread_pages, raw.recognised_pages, raw.doubts) == (
        "Manufacturing is the main body.\f", (2,), (), (),
    )  # fmt: skip


def stamped() -> bytes:
    """A scanned page over which a library has printed a line."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(scan(paper_sheet()))))
    writer.pages[0].merge_page(PdfReader(io.BytesIO(pdf(["chinaXiv:202303.08756v1"]))).pages[0])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_scan_with_a_stamp_is_still_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    page = [line("第一行的文字排满一整行甲乙丙丁", y=300 + 50 * i) for i in range(5)]
    read = read_pdf(stamped(), "a.pdf", saying(*page))
    assert (read.text.split("\n"), read.recognised_pages) == ([found.text for found in page], (1,))
    poorly = read_pdf(stamped(), "a.pdf", saying(line("一行")))
    assert (poorly.text, poorly.recognised_pages) == ("chinaXiv:202303.08756v1", ())
    monkeypatch.setattr(ocr, "installed", lambda: None)
    without = read_pdf(stamped(), "a.pdf")
    assert without.text == "chinaXiv:202303.08756v1"
    assert said(without.doubts) == ["page 1: not read; run pip install 'yinju[ocr]' to have scanned pages recognised"]


def test_running_heads_are_taken_out_of_recognised_pages_as_of_others() -> None:
    pages = iter(range(1, 5))
    bodies = ["制造业是国民经济的主体。", "董事会作为决策机构。", "资助期为五年。", "没有一家机构能够承担风险。"]

    def page(image: NDArray[np.uint8]) -> list[RecognisedLine]:
        n = next(pages)
        body = [line(bodies[n - 1] * 2, y=400 + 50 * i) for i in range(3)]
        return [line(f"智能制造研究2021年第{n}期", y=200), *body, line(f"—{n}—", y=2200)]

    raw = read_pdf(scan(*[paper_sheet()] * 4), "a.pdf", page)
    assert raw.recognised_pages == (1, 2, 3, 4)
    assert [text.split("\n")[0] for text in raw.text.split("\f")] == [
        f"智能制造研究2021年第{n}期" for n in (1, 2, 3, 4)
    ]
    clean = clean_lines(raw)
    assert clean.removed == {"智能制造研究#年第#期": 4, "—#—": 4}
    assert [found.text.text for found in clean.lines] == [body * 2 for body in bodies for _ in range(3)]


# Without the extra, or with one that does not work -------------------------------------------------------------------


def test_without_the_extra_pages_are_reported_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: None)
    report = read_data(
        pdf(["Manufacturing is the main body.", None, "It grew by 3.5 percent.", None]), "a.pdf", {}
    ).report
    assert (report.unread_pages, report.recognised_pages) == ((2, 4), ())
    assert said(report.doubts) == [
        "pages 2, 4: not read; run pip install 'yinju[ocr]' to have scanned pages recognised"
    ]
    with pytest.raises(TextMissing) as caught:
        read_pdf(pdf([None, None]), "scan.pdf")
    for language in ("en", "zh"):
        assert "pip install 'yinju[ocr]'" in caught.value.message(language)  # type: ignore[arg-type]


def test_a_recogniser_that_does_not_start_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Recogniser:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(ocr, "installed", broken)
    raw = read_pdf(pdf(["Manufacturing is the main body.", None]), "a.pdf")
    assert said(raw.doubts) == [
        "page 2: not read; text recognition does not start (libGL.so.1: cannot open shared object file)"
    ]
    with pytest.raises(RecognitionBroken) as caught:
        read_pdf(pdf([None]), "scan.pdf")
    assert "scan.pdf" in caught.value.message("zh")
    assert "libgl1" in caught.value.message("zh")


def test_a_scan_on_which_nothing_is_recognised_is_told_apart_from_a_missing_extra() -> None:
    with pytest.raises(TextUnrecognised) as caught:
        read_pdf(pdf([None, None, None]), "scan.pdf", saying())
    assert caught.value.values == {"file": "scan.pdf", "pages": 3}
    assert "add a clearer scan" in caught.value.message("en")
    assert "请换用更清晰的扫描件" in caught.value.message("zh")


def test_nothing_of_the_extra_is_imported_before_a_page_needs_it() -> None:
    code = "import sys, corpus.read; print({'rapidocr_onnxruntime', 'onnxruntime', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


# The real one --------------------------------------------------------------------------------------------------------


def accuracy(read: str, truth: str) -> float:
    """1 minus the edit distance over the length, white space aside."""
    read, truth = "".join(read.split()), "".join(truth.split())
    row = list(range(len(truth) + 1))
    for i, a in enumerate(read, 1):
        above, row = row, [i]
        for j, b in enumerate(truth, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return 1 - row[-1] / len(truth)


@needs_ocr
@pytest.mark.parametrize("dropped", [r"\s", r"[^\w]"], ids=["all", "without punctuation"])
def test_a_scanned_law_is_read_like_the_unscanned_one(scanned_law: Paper, dropped: str) -> None:
    raw = read_pdf(shared("pdfs/data_security_law.pdf").read_bytes(), "law.pdf")
    truth = raw.text.split("\f")
    for page, expected in zip(scanned_law.pages, truth, strict=False):
        read = re.sub(dropped, "", scanned_law.text[page.start : page.end])
        assert accuracy(read, re.sub(dropped, "", expected)) >= 0.995, page.number
    assert [page.number for page in scanned_law.pages] == [1, 2]


@needs_ocr
def test_the_articles_and_chapters_of_a_scanned_law_stand_in_order(scanned_law: Paper) -> None:
    opened = [
        found[0]
        for block in scanned_law.blocks
        if (found := re.match(r"第[一二三四五六七八九十]+条(?= )", scanned_law.text[block.start : block.end]))
    ]
    assert opened == [article(number) for number in range(1, 16)]
    assert scanned_law.title == "中华人民共和国数据安全法"
    assert [(s.title, s.level) for s in scanned_law.sections] == [("第一章 总则", 1), ("第二章 数据安全与发展", 1)]
    report = scanned_law.report
    assert (report.recognised_pages, report.unread_pages, report.doubts) == ((1, 2), (), ())


@needs_ocr
def test_a_scanned_law_has_the_sentences_of_the_unscanned_one(scanned_law: Paper) -> None:
    whole = read_paper(shared("pdfs/data_security_law.pdf"), {})
    expected = ["".join(whole.text[s.start : s.end].split()) for s in whole.sentences]
    read = ["".join(scanned_law.text[s.start : s.end].split()) for s in scanned_law.sentences]
    assert read == expected[: len(read)]


def misnamed(writer: PdfWriter, number: int) -> None:
    """Let the Chinese fonts of a page say that their characters are private ones."""
    ranges = "".join(f"<{high:02X}00> <{high:02X}FF> <{0xE0 + high % 24:02X}00>\n" for high in range(100))
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
    for font in writer.pages[number]["/Resources"]["/Font"].values():  # type: ignore[index]
        if font.get_object()["/Subtype"] == "/Type0":
            stream = DecodedStreamObject()
            space = "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            stream.set_data(f"{head}{space}100 beginbfrange\n{ranges}endbfrange endcmap end end".encode())
            font.get_object()[NameObject("/ToUnicode")] = writer._add_object(stream)


@needs_ocr
def test_a_garbage_page_and_a_turned_scan_are_really_recognised_and_the_page_before_is_kept() -> None:
    law = shared("pdfs/data_security_law.pdf")
    truth = read_pdf(law.read_bytes(), "law.pdf").text.split("\f")
    picture = pypdfium2.PdfDocument(law)[2].render(scale=200 / 72).to_pil().crop((200, 150, 1500, 700))
    writer = PdfWriter()
    for source in (PdfReader(law), PdfReader(law)):  # two readers, so that the pages share no font
        writer.append(source, pages=(1, 2))
    misnamed(writer, 1)
    writer.append(PdfReader(io.BytesIO(scan(picture.rotate(90, expand=True)))))
    out = io.BytesIO()
    writer.write(out)
    raw = read_pdf(out.getvalue(), "a.pdf")
    own, garbage, turned = raw.text.split("\f")
    assert raw.recognised_pages == (2, 3)
    assert own == truth[1]
    assert accuracy(garbage, truth[1]) >= 0.995
    assert "".join(turned.split()) in "".join(truth[2].split())
    assert len(turned) > 200
    assert said(raw.doubts)[0] == "page 2: its fonts name no character for 830 of 830; recognised from its picture"
