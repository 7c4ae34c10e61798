"""A file that cannot be read gets one line that names it and says what to do; nothing else is ever raised."""

from __future__ import annotations

import io
import random
import re
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from corpus import ocr
from corpus.docx import read_docx
from corpus.errors import (
    EncodingUnknown,
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    FileTooLarge,
    FileUnreadable,
    FolderMissing,
    FormatUnknown,
    ReadingError,
    SettingsError,
    TextMissing,
    WordsMissing,
    YinjuError,
)
from corpus.library import Library
from corpus.paper import Paper
from corpus.pdf import read_pdf
from corpus.read import read_paper
from tests.conftest import PAPERS, shared
from tests.documents import WORD, new_document, packed, saved
from tests.test_formats import MARKDOWN, PAGE

CHEN = (PAPERS / "chen.txt").read_text(encoding="utf-8")
WHAT_TO_DO = {
    EncodingUnknown: ("save it as UTF-8", "请另存为 UTF-8"),
    FileDamaged: ("download it again", "请重新下载"),
    FileEmpty: ("add the paper again", "重新添加"),
    FileEncrypted: ("save a copy without one", "请另存一份不加密的副本"),
    FileTooLarge: ("split it", "请拆分文件"),
    FileUnreadable: ("check that it is there", "请检查"),
    FormatUnknown: ("use one of .txt .pdf", "支持的格式：.txt .pdf"),
    WordsMissing: ("check that this is the paper's text", "请检查它是否为论文的正文"),
    TextMissing: ("pip install 'yinju[ocr]'", "pip install 'yinju[ocr]'"),
    FolderMissing: ("make it or name another", "请先建立"),
    SettingsError: ("expected", "应为"),
}


@pytest.fixture(autouse=True)
def without_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans are refused, as where the extra `ocr` is not installed; `test_ocr` reads them."""
    monkeypatch.setattr(ocr, "installed", lambda: None)


def check_message(error: YinjuError, name: str) -> None:
    """One line in both languages, which names the file and says what to do."""
    for language, advice in zip(("en", "zh"), WHAT_TO_DO[type(error)], strict=True):
        message = error.message(language)  # type: ignore[arg-type]
        assert name in message
        assert advice in message
        assert len(message.splitlines()) == 1


def pdf(pages: list[str | None]) -> bytes:
    """A PDF of one line of Latin text a page; None for a page without text (a drawing, or a scan)."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(width=595, height=842)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        stream = DecodedStreamObject()
        drawing = "0 0 100 100 re f" if text is None else f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        stream.set_data(drawing.encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked(data: bytes, password: str) -> bytes:
    """The same PDF under AES-256; an empty password opens at once in every viewer."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def in_docx(body: str, declared: str = "") -> bytes:
    """A document whose body is this XML."""
    return packed({"word/document.xml": f"{declared}<w:document {WORD}><w:body>{body}</w:body></w:document>"})


def flagged(archive: bytes) -> bytes:
    """The same ZIP archive, its entries marked as encrypted."""
    return re.sub(
        rb"(PK\x03\x04..)\x00|(PK\x01\x02....)\x00", lambda m: (m[1] or m[2]) + b"\x01", archive, flags=re.DOTALL
    )


def with_paragraphs(*texts: str) -> bytes:
    """A Word document of these paragraphs."""
    document = new_document()
    for text in texts:
        document.add_paragraph(text)
    return saved(document)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORDY = with_paragraphs("制造业是立国之本。", "强国之基。")
LAUGHS = "<!DOCTYPE a [<!ENTITY a '哈哈哈哈'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 20}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
) + "<!ENTITY file SYSTEM 'file:///etc/passwd'>]>"  # fmt: skip
ENTITIES = in_docx("<w:p><w:r><w:t>制造&i;&file;</w:t></w:r></w:p>", LAUGHS)
SPOKEN = pdf(["Manufacturing is the main body of the economy.", "It grew by 3.5 percent."])


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", FileEmpty),
        ("blank.txt", b" \r\n\t \n", FileEmpty),
        ("wide.txt", "　　\n　".encode(), FileEmpty),
        ("mark.txt", b"\xef\xbb\xbf", FileEmpty),
        ("digits.txt", b"12 34\n", WordsMissing),
        ("utf16.txt", CHEN.encode("utf-16"), EncodingUnknown),
        ("utf16le.txt", CHEN[:40].encode("utf-16-le"), EncodingUnknown),
        ("utf32.txt", CHEN.encode("utf-32"), EncodingUnknown),
        ("latin1.txt", "Développement à l'étranger, déjà présenté".encode("latin-1"), EncodingUnknown),
        ("big5.txt", ("製造業是國家經濟的基礎，美國政府啟動了計劃。" * 9).encode("big5"), EncodingUnknown),
        ("cut.txt", CHEN[:300].encode("gb18030") + b"\xff", EncodingUnknown),
        ("zero.txt", b"text\x00text", EncodingUnknown),
        ("picture.txt", bytes(range(256)) * 20, EncodingUnknown),
        ("renamed.txt", SPOKEN, FileDamaged),
        ("page.txt", b"\n<!DOCTYPE html>\n<html><body>404</body></html>", FileDamaged),
        ("empty.pdf", b"", FileEmpty),
        ("page.pdf", b"<!DOCTYPE html><html><body>404</body></html>", FileDamaged),
        ("text.pdf", CHEN.encode(), FileDamaged),
        ("head.pdf", b"%PDF-1.7\n", FileDamaged),
        ("half.pdf", SPOKEN[: len(SPOKEN) // 2], FileDamaged),
        ("locked.pdf", locked(SPOKEN, "secret"), FileEncrypted),
        ("blank.pdf", pdf([None]), TextMissing),
        ("scan.pdf", pdf([None, None, None]), TextMissing),
        ("none.pdf", pdf([]), FileDamaged),
        ("empty.md", b"\n", FileEmpty),
        ("page.md", b"<!DOCTYPE html><html></html>", FileDamaged),
        ("utf16.md", CHEN.encode("utf-16"), EncodingUnknown),
        ("pictures.md", b"![](a.png)", FileEmpty),
        ("nested.md", b"<div>" * 3000 + CHEN.encode(), FileDamaged),
        ("empty.html", b" ", FileEmpty),
        ("script.html", b"<html><script>let a = 1</script><nav>menu</nav></html>", FileEmpty),
        ("text.html", CHEN.encode(), FileDamaged),
        ("paper.htm", SPOKEN, FileDamaged),
        ("office.html", b"PK\x03\x04", FileDamaged),
        ("latin1.html", "<p>déjà présenté</p>".encode("latin-1"), EncodingUnknown),
        ("wrong.html", b'<meta charset="utf-8"><p>\xff\xfe\xd6</p>', EncodingUnknown),
        ("made_up.html", b'<meta charset="chinese-9"><p>\xff\xfe\xd6</p>', EncodingUnknown),
        ("zero.html", b"<p>text\x00text</p>", EncodingUnknown),
        ("nested.html", b"<div>" * 3000 + CHEN.encode(), FileDamaged),
        ("empty.docx", b"", FileEmpty),
        ("blank.docx", saved(new_document()), FileEmpty),
        ("cut.docx", WORDY[: len(WORDY) // 2], FileDamaged),
        ("text.docx", CHEN.encode(), FileDamaged),
        ("archive.docx", packed({"a.txt": "制造业"}), FileDamaged),
        ("sheet.docx", packed({"word/document.xml": "<workbook/>"}), FileDamaged),
        ("broken.docx", packed({"word/document.xml": "<w:document"}), FileDamaged),
        ("nested.docx", in_docx("<w:sdt><w:sdtContent>" * 900 + "</w:sdtContent></w:sdt>" * 900), FileDamaged),
        ("entities.docx", ENTITIES, FileDamaged),
        ("old.docx", OLE + bytes(600), FileDamaged),
        ("locked.docx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), FileEncrypted),
        ("zip_locked.docx", flagged(WORDY), FileEncrypted),
        ("paper.rtf", b"{\\rtf1}", FormatUnknown),
        ("paper", b"text", FormatUnknown),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, name: str, data: bytes, expected: type[ReadingError]) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ReadingError) as caught:
        read_paper(path, {})
    assert type(caught.value) is expected
    check_message(caught.value, name)


@pytest.mark.parametrize("pages", [1, 3])
def test_a_scan_is_told_with_its_number_of_pages(pages: int) -> None:
    with pytest.raises(TextMissing) as caught:
        read_pdf(pdf([None] * pages), "scan.pdf")
    assert caught.value.values["pages"] == pages
    assert f"共 {pages} 页" in caught.value.message("zh")


def test_a_folder_or_a_missing_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    for name, reason in (("x.txt", "Is a directory"), ("gone.txt", "No such file or directory")):
        with pytest.raises(FileUnreadable, match=reason) as caught:
            read_paper(tmp_path / name, {})
        check_message(caught.value, name)


def test_a_file_without_permission_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(CHEN, encoding="utf-8")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # as root, nothing is ever refused for good
    with pytest.raises(FileUnreadable, match="Permission denied") as caught:
        read_paper(path, {})
    check_message(caught.value, "mine.txt")


def test_a_file_over_the_limit_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"a" * (2**20 + 2**19))
    with pytest.raises(FileTooLarge) as caught:
        read_paper(path, {}, megabytes=1)
    assert caught.value.values == {"file": "large.txt", "megabytes": "1.5", "limit": 1}
    check_message(caught.value, "large.txt")
    with pytest.raises(FileTooLarge):
        Library(tmp_path, megabytes=0).read(path)
    assert isinstance(read_paper(path, {}, megabytes=2), Paper)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_text_is_read_right_in_every_known_encoding(tmp_path: Path, encoding: str, ends: str) -> None:
    path = tmp_path / "chen.txt"
    path.write_bytes(CHEN.replace("\n", ends).encode(encoding))
    paper, same = read_paper(path, {}), read_paper(PAPERS / "chen.txt", {})
    assert (paper.text, paper.blocks, paper.sections) == (same.text, same.blocks, same.sections)


def test_an_empty_password_opens_an_encrypted_pdf(tmp_path: Path) -> None:
    path = tmp_path / "open.pdf"
    path.write_bytes(locked(SPOKEN, ""))
    paper = read_paper(path, {})
    assert paper.text == "Manufacturing is the main body of the economy.\nIt grew by 3.5 percent."
    assert [(p.number, p.label, paper.text[p.start : p.end]) for p in paper.pages] == [
        (1, None, "Manufacturing is the main body of the economy.\n"),
        (2, None, "It grew by 3.5 percent."),
    ]


def test_a_page_without_text_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "mixed.pdf"
    path.write_bytes(pdf(["Manufacturing is the main body.", None, "It grew by 3.5 percent.", None]))
    paper = read_paper(path, {})
    assert paper.report.unread_pages == (2, 4)
    assert [(p.number, paper.text[p.start : p.end].strip()) for p in paper.pages] == [
        (1, "Manufacturing is the main body."),
        (3, "It grew by 3.5 percent."),
    ]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for folder in (tmp_path / "gone", file):
        with pytest.raises(FolderMissing) as caught:
            Library(folder).files()
        check_message(caught.value, str(folder))


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ('[zhang]\nauthor = ["张华胜"]', "author"),
        ('[zhang]\nyear = "2018"', "zhang.year"),
        ("[zhang]\nyear = true", "zhang.year"),
        ('[zhang]\nauthors = "张华胜"', "zhang.authors"),
        ("[zhang]\nauthors = [1]", "zhang.authors"),
        ('zhang = "张华胜"', "zhang"),
        ("[zhang\nyear = 2018", "papers.toml"),
        (b"[zhang]\ntitle = '\xc3\xc0'", "papers.toml"),
    ],
)
def test_a_fact_that_is_not_understood_is_refused_by_name(tmp_path: Path, facts: str | bytes, named: str) -> None:
    (tmp_path / "papers.toml").write_bytes(facts if isinstance(facts, bytes) else facts.encode())
    with pytest.raises(SettingsError) as caught:
        Library(tmp_path).facts()
    assert named in caught.value.message("en")
    check_message(caught.value, "papers.toml")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("zero_bytes.pdf", FileEmpty),
        ("html_named.pdf", FileDamaged),
        ("pypdf_lo_password.pdf", FileEncrypted),
        ("data_security_law_scanned_2p.pdf", TextMissing),
    ],
)
def test_a_broken_pdf_from_the_wild_is_refused_by_name(name: str, expected: type[ReadingError]) -> None:
    with pytest.raises(ReadingError) as caught:
        read_paper(shared(f"pdfs/{name}"), {})
    assert type(caught.value) is expected
    assert expected is not TextMissing or caught.value.values["pages"] == 2
    check_message(caught.value, name)


def test_an_aes_256_pdf_with_an_empty_password_reads_like_the_open_one() -> None:
    shut = read_paper(shared("pdfs/data_security_law_aes256_emptypw.pdf"), {})
    free = read_paper(shared("pdfs/data_security_law.pdf"), {})
    assert (shut.text, shut.pages, shut.sections) == (free.text, free.pages, free.sections)


@pytest.mark.parametrize(
    "name",
    [
        "fuzz_Pages-tree-refs_cyclic.pdf",
        "fuzz_REDHAT-1531897-0.pdf",
        "fuzz_poppler-742-0.pdf",
        "pipl_truncated_60pct.pdf",
    ],
)
def test_a_damaged_pdf_is_read_or_refused_but_never_hangs_or_crashes(name: str) -> None:
    path = shared(f"pdfs/{name}")
    before = time.monotonic()
    try:
        assert isinstance(read_paper(path, {}), Paper)
    except ReadingError as error:
        check_message(error, name)
    assert time.monotonic() - before < 5


def test_a_pdf_cut_anywhere_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.pdf"
    for end in range(0, len(SPOKEN), 37):
        path.write_bytes(SPOKEN[:end])
        try:
            assert isinstance(read_paper(path, {}), Paper)
        except ReadingError as error:
            check_message(error, "cut.pdf")


@pytest.mark.parametrize("announced", [None, 100])
def test_an_archive_bomb_is_refused_before_it_is_unpacked(
    announced: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever sizes it announces: the memory that reading takes stays below what it would unpack to."""
    monkeypatch.setattr("corpus.docx.UNPACKED_MEGABYTES", 16)
    blank = " " * (17 * 2**20)
    bomb = in_docx(blank)
    if announced is not None:
        size = struct.pack("<I", len(f"<w:document {WORD}><w:body>{blank}</w:body></w:document>"))
        assert bomb.count(size) == 2
        bomb = bomb.replace(size, struct.pack("<I", announced))
    tracemalloc.start()
    with pytest.raises(FileDamaged) as caught:
        read_docx(bomb, "bomb.docx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    check_message(caught.value, "bomb.docx")
    assert announced or "16 MB" in caught.value.message("zh")
    assert peak < 8 * 2**20


def test_large_pictures_in_a_document_are_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.docx.UNPACKED_MEGABYTES", 1)
    with zipfile.ZipFile(io.BytesIO(WORDY)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    picture = bytes(2**21)
    assert read_docx(packed({**files, "word/media/a.bmp": picture}), "a.docx").text == "制造业是立国之本。\n强国之基。"


def test_entities_of_a_page_are_not_expanded(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(f"{LAUGHS}<html><p>制造业&i;&file;。</p></html>", encoding="utf-8")
    assert read_paper(path, {}).text.endswith("制造业&i;&file;。")
    assert "root" not in read_paper(path, {}).text


def test_a_document_damaged_anywhere_is_read_or_refused() -> None:
    chance = random.Random(1)
    cases = [WORDY[:end] for end in range(0, len(WORDY), 499)]
    for _ in range(200):
        damaged = bytearray(WORDY)
        for _ in range(chance.choice([1, 3, 20])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        cases.append(bytes(damaged))
    for data in cases:
        try:
            assert read_docx(data, "cut.docx").text
        except ReadingError as error:
            check_message(error, "cut.docx")


def test_a_page_or_a_markdown_file_cut_anywhere_is_read(tmp_path: Path) -> None:
    for name, source in (("a.html", PAGE.encode()), ("a.md", MARKDOWN.encode())):
        for end in range(200, len(source), 97):
            path = tmp_path / name
            path.write_bytes(source[:end])
            try:
                assert isinstance(read_paper(path, {}), Paper)
            except ReadingError as error:
                check_message(error, name)


def test_letters_of_a_strange_script_raise_a_doubt(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("ሱሰሲሳ 2021 Acta", encoding="utf-8")
    (doubt,) = read_paper(path, {}).report.doubts
    assert doubt.message() == "4 of 8 letters are of strange scripts; run text recognition on the file"
    assert doubt.message("zh") == "8 个字母中有 4 个不属于论文常用的文字；建议对文件做文字识别"
    path.write_text("Ακτα Акта “自动化学报”２０２１ ｶﾅ", encoding="utf-8")
    assert read_paper(path, {}).report.doubts == ()


def test_fonts_without_a_character_map_raise_a_doubt() -> None:
    paper = read_paper(shared("pdfs/aas_template_noToUnicode.pdf"), {})
    assert [(doubt.kind, doubt.page) for doubt in paper.report.doubts] == [
        ("fonts_unmapped", number) for number in (1, 2, 3, 4)
    ]
    assert paper.report.doubts[1].message("zh") == ("字体缺少字符映射表（FandolSong-Regular-Identity-H）；请与原页核对")
    assert "摘要内容包括研究目的、方法、结果等" in paper.text
    assert read_paper(shared("pdfs/cjc_template.pdf"), {}).report.doubts == ()
