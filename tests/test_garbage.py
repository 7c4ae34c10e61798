"""Nonsense from fonts without a character map is told from text page by page, and never indexed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from corpus import ocr
from corpus.errors import TextMissing
from corpus.garbage import why_garbage
from corpus.pdf import read_pdf
from corpus.read import read_paper
from tests.conftest import PAPERS, said, shared

CHINESE = (
    "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"
    "董事会作为决策机构，负责领导、管理和监督创新中心的研究开发与商业经营，其成员来自大学、企业和国家实验室。"
)
LATIN = "The quick brown fox jumps over the lazy dog while two wise men look at it from a house on the hill. " * 4


def under(first: int, kinds: int, text: str = CHINESE) -> str:
    """A text whose characters a wrong map has moved into the `kinds` code points from `first` on."""
    return "".join(chr(first + ord(ch) * 7 % kinds) for ch in text)


GARBAGE = {
    "private use": (under(0xE000, 6000), "its fonts name no character for"),
    "replacement characters": ("\ufffd" * 60 + "的是", "its fonts name no character for"),
    "control characters": (under(0x80, 0x20), "its fonts name no character for"),
    "Ethiopic": (under(0x1200, 300), "letters are of strange scripts"),
    "scattered scripts": (under(0x0780, 2000), "letters are of strange scripts"),
    "rare Chinese": (under(0x4E00, 20000), "Chinese characters are rare ones"),
    "GBK as Latin-1": (CHINESE.encode("gbk").decode("latin-1"), "Latin letters carry accents"),
    "GBK as UTF-8": (CHINESE.encode().decode("gb18030", "ignore"), "Chinese characters are rare ones"),
    "random ASCII": (
        "".join(chr(0x21 + (ord(ch) + i) * 7 % 94) for i, ch in enumerate(CHINESE * 3)),
        "rare signs of 14 kinds",
    ),
    "random letters": ("".join("aZbXcWdVeRfT"[ord(ch) % 12] for ch in CHINESE * 3), "from small to capital"),
}

NO_GARBAGE = {
    "Chinese": CHINESE,
    "traditional": "製造業是國民經濟的主體，各國都把發展先進製造業作為經濟復甦的手段，並為此採取了一系列措施。蘭亭集序",
    "Japanese": "製造業は国民経済の主体であり、各国は先進製造業の発展を経済回復の手段として、一連の措置を講じている。",
    "Korean": "제조업은 국민경제의 주체이며 각국은 선진 제조업의 발전을 경제 회복의 수단으로 삼고 있다. " * 3,
    "English": LATIN,
    "French": "Le développement de l'économie française a été très élevé, où la qualité prévaut déjà. " * 3,
    "Vietnamese": "Sản xuất là bộ phận chính của nền kinh tế quốc dân, các nước đều coi trọng việc phát triển. " * 3,
    "Greek and Cyrillic quoted": CHINESE + "πάντες ἄνθρωποι τοῦ εἰδέναι ὀρέγονται φύσει Учиться, учиться и ещё раз",
    "Arabic quoted": CHINESE + "بسم الله الرحمن الرحيم الحمد لله رب العالمين الرحمن الرحيم مالك يوم الدين",
    "Tibetan": "བོད་ཀྱི་སྐད་ཡིག་ནི་རྒྱལ་ཁབ་ཀྱི་སྐད་ཡིག་ཅིག་ཡིན། བོད་ཀྱི་སྐད་ཡིག་ནི་རྒྱལ་ཁབ་ཀྱི་སྐད་ཡིག་ཅིག་ཡིན།",
    "formulas": "∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−f(a)|<ε (3.1)\n∑_{i=1}^{n} α_iβ_i = ∫_Ω ∇·F dV ≤ ‖x‖²\ue0a5, λ∈ℝ\n" * 9,
    "numbers": "2016 1 234.5 −3.2% 0.05** (0.12)\n2017 2 001.7 +4.1% <0.01*** [1.2, 3.4]\n" * 20,
    "abbreviations": "NNMI NIST DMDII AFFOA LIFT IACMI AIM NextFlex PowerAmerica BioFabUSA ARM CESMII REMADE " * 5,
    "genes": "基因 TP53 CDK4 KRAS EGFR MLH1 PMS2 CDKN2A PTPN11 SMARCB1 NF2，" * 20,
    "program": "def f(x: int) -> str:\n    return f'{x!r}' if x_1 < 3 and camelCase(x) else g[x] @ 2  # see {y}\n" * 9,
    "nothing": "",
    "a few letters": "ሱሰሲሳ",
}  # fmt: skip


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_told_with_its_reason(name: str) -> None:
    text, reason = GARBAGE[name]
    why = why_garbage(text)
    assert why is not None
    assert reason in why.message()


@pytest.mark.parametrize("name", NO_GARBAGE)
def test_what_a_chinese_paper_may_hold_is_no_garbage(name: str) -> None:
    assert why_garbage(NO_GARBAGE[name]) is None


@pytest.mark.parametrize("paper", sorted(PAPERS.glob("*.txt")), ids=lambda path: path.stem)
@pytest.mark.parametrize("length", [80, 600, 4000])
def test_no_piece_of_the_five_papers_is_garbage(paper: Path, length: int) -> None:
    text = paper.read_text(encoding="utf-8")
    assert [text[i : i + length] for i in range(0, len(text), length) if why_garbage(text[i : i + length])] == []


def test_unmapped_characters_count_but_not_where_english_came_out_all_the_same() -> None:
    why = why_garbage("H&/Íhð#já)7 ó p ªúÞð", unmapped=15)
    assert why is not None
    assert why.message() == "its fonts name no character for 15 of 17"
    assert why_garbage(CHINESE, unmapped=len(CHINESE) // 2) is not None
    assert why_garbage(CHINESE, unmapped=3) is None
    shifted = "".join(chr(ord(ch) - 29) if ch.isalpha() else " " for ch in LATIN)
    assert why_garbage(shifted, unmapped=len(LATIN)) is not None
    assert why_garbage(LATIN, unmapped=len(LATIN)) is None


# Files ---------------------------------------------------------------------------------------------------------------


def page_of(writer: PdfWriter, shown: str) -> None:
    """A page of lines of 20 characters under a Chinese font whose character map says `shown`."""
    page = writer.add_blank_page(width=595, height=842)
    pairs = "".join(f"<{i:04X}> <{ord(ch):04X}>\n" for i, ch in enumerate(shown, 1))
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
    space = "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    unicode_map = DecodedStreamObject()
    unicode_map.set_data(f"{head}{space}{len(shown)} beginbfchar\n{pairs}endbfchar endcmap end end".encode())
    described = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType2"),
            NameObject("/BaseFont"): NameObject("/SimSun"),
            NameObject("/DW"): NumberObject(1000),
        }
    )
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/SimSun"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/DescendantFonts"): ArrayObject([writer._add_object(described)]),
            NameObject("/ToUnicode"): writer._add_object(unicode_map),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    codes = [f"{i:04X}" for i in range(1, len(shown) + 1)]
    lines = [f"<{''.join(codes[at : at + 20])}> Tj 0 -20 Td" for at in range(0, len(codes), 20)]
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 72 720 Td {' '.join(lines)} ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)


def drawn(writer: PdfWriter) -> None:
    """A page of which text extraction finds nothing: here a drawing."""
    page = writer.add_blank_page(width=595, height=842)
    stream = DecodedStreamObject()
    stream.set_data(b"0 0 100 100 re f")
    page[NameObject("/Contents")] = writer._add_object(stream)


def mixed(*pages: str | None) -> bytes:
    """A file of such pages; None for one without text."""
    writer = PdfWriter()
    for shown in pages:
        if shown is None:
            drawn(writer)
        else:
            page_of(writer, shown)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def saying(text: str) -> ocr.Recogniser:
    """A recogniser that reads this on every page."""
    line = ocr.RecognisedLine(
        tuple(ocr.Character(ch, 200 + 30 * i, 200, 230 + 30 * i, 230, 0.99) for i, ch in enumerate(text))
    )
    return lambda image: [line]


@pytest.fixture
def without_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `ocr` is not installed."""
    monkeypatch.setattr(ocr, "installed", lambda: None)


BROKEN = ["private use", "control characters", "Ethiopic", "rare Chinese", "GBK as Latin-1"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_garbage_page_is_left_out_and_told_and_the_others_are_kept(without_recognition: None, name: str) -> None:
    text, reason = GARBAGE[name]
    raw = read_pdf(mixed(CHINESE, text[:95], None), "a.pdf")
    assert "".join(raw.text.split()) == CHINESE
    assert raw.unread_pages == (2, 3)
    assert raw.recognised_pages == ()
    garbage, unread = said(raw.doubts)
    assert garbage.startswith("page 2: ")
    assert reason in garbage
    assert garbage.endswith("; left out")
    assert unread == "pages 2, 3: not read; run pip install 'yinju[ocr]' to have scanned pages recognised"


@pytest.mark.parametrize("name", BROKEN)
def test_a_garbage_page_and_a_scanned_one_are_recognised(name: str) -> None:
    text, reason = GARBAGE[name]
    line = "第二页和第三页由文字识别读出来的一行文字。"
    raw = read_pdf(mixed(CHINESE, text[:95], None), "a.pdf", saying(line))
    assert ["".join(page.split()) for page in raw.text.split("\f")] == [CHINESE, line, line]
    assert (raw.unread_pages, raw.recognised_pages) == ((), (2, 3))
    (doubt,) = said(raw.doubts)
    assert reason in doubt
    assert doubt.endswith("; recognised from its picture")


def test_a_file_of_garbage_is_refused_like_a_scan(without_recognition: None) -> None:
    with pytest.raises(TextMissing) as caught:
        read_pdf(mixed(GARBAGE["private use"][0], GARBAGE["Ethiopic"][0]), "a.pdf")
    assert caught.value.values == {"file": "a.pdf", "pages": 2}
    assert "pip install 'yinju[ocr]'" in caught.value.message("zh")


def test_a_few_characters_without_a_name_raise_a_doubt_and_the_page_stands() -> None:
    shown = CHINESE.replace("大学", "\x01\x01")
    raw = read_pdf(mixed(shown), "a.pdf")
    assert "".join(raw.text.split()) == CHINESE.replace("大学", "")
    assert said(raw.doubts) == ["page 1: its fonts name no character for 2 of 100; compare with the page"]


def test_a_file_that_pypdf_reads_as_garbage_is_read_right_and_doubted_on_every_page() -> None:
    paper = read_paper(shared("pdfs/aas_template_noToUnicode.pdf"), {})
    assert "摘要内容包括研究目的、方法、结果等" in paper.text
    assert [doubt.page for doubt in paper.report.doubts] == [1, 2, 3, 4]
    assert (paper.report.unread_pages, paper.report.recognised_pages) == ((), ())
