"""PDF files: pypdf opens and vouches for them, pdfium tells every character with its box, `corpus.layout` orders them.

pdfium is preferred for the text because it finds the true characters of many fonts that carry no character map, and
because only boxes tell columns, tables and paragraphs; where it cannot read a page, pypdf's text is taken instead.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf import PageObject, PdfReader

from corpus.clean import HAN
from corpus.errors import FileDamaged, FileEmpty, FileEncrypted, TextMissing
from corpus.layout import Glyph, PrintedLine, Space, reading_order
from corpus.raw import RawPage, RawText

# pypdf reports every repaired oddity of a file on its logger; what matters reaches the reader's report instead.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_NONSENSE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ue000-\uf8ff\ufffd-\uffff]")
_SPACES = (0x20, 0xA0, 0x3000)


def read_pdf(data: bytes, file: str) -> RawText:
    """The text of every page in reading order, its columns one after the other, a printed line a line.

    A page that cannot be read, or whose fonts give nonsense, is left empty and named in `doubts`; the others are kept.
    Raises `FileEmpty`, `FileEncrypted` (an empty password is tried first), `FileDamaged` for what is no PDF or
    too broken to list its pages, `TextMissing` where no page carries text.
    """
    if not data:
        raise FileEmpty(file=file)
    if b"%PDF-" not in data[:1024]:
        kind = "an HTML page" if b"<html" in data[:1024].lower() else "no PDF header"
        raise FileDamaged(file=file, detail=kind)
    reader = _open(data, file)
    labels = _labels(reader)
    try:
        count = len(reader.pages)
    except Exception as exc:
        raise FileDamaged(file=file, detail=_first_line(exc)) from exc
    texts: list[str] = []
    gaps: set[int] = set()
    doubts: list[str] = []
    at = 0
    for number, lines in enumerate(_pages(data, reader, count, doubts), 1):
        starts = [at]
        for line in lines:
            starts.append(starts[-1] + len(line.text) + 1)
        gaps.update(start for start, line in zip(starts, lines, strict=False) if line.after_gap)
        texts.append("\n".join(line.text for line in lines))
        doubts.extend(f"page {number}: {doubt}" for doubt in _font_doubts(reader, number - 1, texts[-1]))
        at += len(texts[-1]) + 1
    if not any(text.strip() for text in texts):
        if doubts or not count:
            raise FileDamaged(file=file, detail=doubts[0] if doubts else "no pages")
        raise TextMissing(file=file, pages=count)
    pages, at = [], 0
    for number, text in enumerate(texts):
        pages.append(RawPage(number + 1, labels[number] if labels else None, at))
        at += len(text) + 1
    return RawText("\f".join(texts), tuple(pages), tuple(doubts), frozenset(gaps))


def _pages(data: bytes, reader: PdfReader, count: int, doubts: list[str]) -> Iterator[list[PrintedLine]]:
    """The lines of each page; what went wrong is added to `doubts`."""
    try:
        document = pypdfium2.PdfDocument(data, password="")
    except pypdfium2.PdfiumError:
        document = None
    for number in range(count):
        try:
            if document is not None and number < len(document):
                lines = _printed_lines(document[number])
            else:
                lines = _plain_lines(reader.pages[number])
        except MemoryError:
            raise
        except Exception as exc:  # noqa: BLE001 - a dozen kinds of exception come out of broken pages
            doubts.append(f"page {number + 1}: could not be read ({_first_line(exc)})")
            lines = []
        text = "".join(line.text for line in lines)
        if len(_NONSENSE.findall(text)) > 0.1 * len(text):
            doubts.append(f"page {number + 1}: its fonts give no readable characters; left out")
            lines = []
        yield lines


def _printed_lines(page: pypdfium2.PdfPage) -> list[PrintedLine]:
    """The lines of a page from the boxes of its characters."""
    with closing(page.get_textpage()) as text:
        return reading_order(list(_glyphs(text)), page.get_width())


def _glyphs(text: pypdfium2.PdfTextPage) -> Iterator[Glyph]:
    """The characters that have a box, in the order of the file, each with what stands before it."""
    space: Space = ""
    code = 0
    for i in range(text.count_chars()):
        before, code = code, pdfium.FPDFText_GetUnicode(text, i)
        if 0xD800 <= code < 0xDC00:  # rare characters come in two halves (UTF-16)
            continue
        if 0xDC00 <= code < 0xE000:  # a half alone is no character, and no file could be written with it
            halves = 0xD800 <= before < 0xDC00
            code = 0x10000 + ((before - 0xD800) << 10) + code - 0xDC00 if halves else 0xFFFD
        if code in _SPACES:
            inferred = pdfium.FPDFText_IsGenerated(text, i) == 1 and space != "typed"
            space = "inferred" if inferred else "typed"
            continue
        left, bottom, right, top = text.get_charbox(i, loose=True)
        if code > 0x20 and right > left and top > bottom:
            yield Glyph(chr(code), left, bottom, right, top, space)
        space = ""


def _plain_lines(page: PageObject) -> list[PrintedLine]:
    text = page.extract_text().replace("\r", "\n").replace("\f", "\n")
    return [PrintedLine(line, after_gap=False) for line in text.split("\n")]


def _font_doubts(reader: PdfReader, number: int, text: str) -> list[str]:
    """A doubt for a page whose fonts lack a character map: pdfium worked the characters out where pypdf could not."""
    if not text.strip():
        return []
    try:
        resources: Any = reader.pages[number]["/Resources"]
        fonts = [font.get_object() for font in resources["/Font"].values()]
        bare = [font.get("/BaseFont", "?") for font in fonts if _without_map(font)]
        if not bare or _chinese(reader.pages[number].extract_text()) > 0.5 * _chinese(text):
            return []
    except Exception:  # noqa: BLE001 - an odd font dictionary says nothing about the text
        return []
    names = ", ".join(sorted({str(name).lstrip("/").split("+")[-1] for name in bare}))
    return [f"fonts without a character map ({names}); compare with the page"]


def _chinese(text: str) -> int:
    return len(re.findall(f"[{HAN}]", text))


def _without_map(font: object) -> bool:
    """Whether a font is composite (as Chinese ones are) and carries no ToUnicode map."""
    return isinstance(font, dict) and font.get("/Subtype") == "/Type0" and "/ToUnicode" not in font


def _open(data: bytes, file: str) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    except Exception as exc:
        raise FileDamaged(file=file, detail=_first_line(exc)) from exc
    if locked:
        raise FileEncrypted(file=file)
    return reader


def _labels(reader: PdfReader) -> list[str] | None:
    """Printed page labels, or None where the file has none (pypdf would invent 1, 2, 3)."""
    try:
        return list(reader.page_labels) if "/PageLabels" in reader.root_object else None
    except Exception:  # noqa: BLE001 - as above; labels are not worth losing a file for
        return None


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:120]
