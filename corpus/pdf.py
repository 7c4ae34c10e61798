"""PDF files: pypdf opens and vouches for them, pdfium tells every character with its box, `corpus.layout` orders them.

pdfium is preferred for the text because it finds the true characters of many fonts that carry no character map, and
because only boxes tell columns, tables and paragraphs; where it cannot read a page, pypdf's text is taken instead. A
page that is a picture, or whose text is garbage, is recognised by `corpus.ocr` where that is installed. What shows only
over several pages, such as running heads, is found by `corpus.edges`.
"""

from __future__ import annotations

import ctypes
import io
import logging
import math
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf import PageObject, PdfReader

from corpus import ocr
from corpus.clean import HAN
from corpus.doubts import Doubt, Then
from corpus.edges import furniture
from corpus.errors import (
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    RecognitionBroken,
    TextMissing,
    TextUnrecognised,
)
from corpus.garbage import why_garbage
from corpus.glyphs import Glyph, Space
from corpus.layout import reading_order
from corpus.places import Place, Run, overlap, parted, place_of
from corpus.printed import Box, PrintedLine
from corpus.raw import Mark, RawPage, RawText
from corpus.rules import Rule, rule_of
from corpus.title import with_title

# pypdf reports every repaired oddity of a file on its logger; what matters reaches the reader's report instead.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_SPACES = (0x20, 0xA0, 0x3000)
_UNSEEN = (0x02, 0x09, 0x0A, 0x0D)
"""Characters that pdfium makes up: a hyphen at the end of a line, and the ends of lines."""
_STAMP = 100
"""Fewer characters on a page that is a picture are a stamp or a page number, not the page's text."""
_LARGE = 24.0
"""Points; only larger characters can be a watermark's."""
_SHARP = 10_000_000
"""Pixels of a page's sides when pdfium is asked where it draws a point: it answers in whole ones."""
_STEP = 1000.0
"""Points between those that it is asked about."""
_MOST_RULES = 3000
"""A page with more lines than this holds a drawing."""


def read_pdf(data: bytes, file: str, recogniser: ocr.Recogniser | None = None) -> RawText:
    """The text of every page in reading order, its columns one after the other, a printed line a line.

    A page without text, or whose text is garbage, is read by the `recogniser` (`corpus.ocr.installed` where none is
    given). Where there is none it is left empty and told in `doubts`, like a page that cannot be read; the others are
    kept. Raises `FileEmpty`, `FileEncrypted` (an empty password is tried first), `FileDamaged` for what is no PDF or
    too broken to list its pages; where no page gives text `TextMissing` (without a recogniser), `TextUnrecognised`
    (with one) or `RecognitionBroken`.
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
    marks: dict[int, Mark] = {}
    taken: set[int] = set()
    runs_on: set[int] = set()
    printed: list[Run] = []
    doubts: list[Doubt] = []
    recognition = _Recognition(recogniser)
    at = 0
    sheets = with_title(list(_pages(data, reader, count, doubts, recognition)))
    for number, (lines, edges) in enumerate(zip(sheets, furniture(sheets), strict=True), 1):
        start = at
        for i, line in enumerate(lines):
            if line.after_gap:
                gaps.add(start)
            if line.mark:
                marks[start] = line.mark
            if i in edges:
                taken.add(start)
            if line.runs_on:
                runs_on.add(start)
            printed.extend(Run(start + run.start, run.places) for run in line.runs)
            start += len(line.text) + 1
        texts.append("\n".join(line.text for line in lines))
        if number not in recognition.pages:
            doubts.extend(_font_doubts(reader, number, texts[-1]))
        at += len(texts[-1]) + 1
    if not any(text.strip() for text in texts):
        if count and recognition.wanted:
            raise recognition.failure(file, count)
        detail = f"page {doubts[0].page}: {doubts[0].message()}" if doubts else "no pages"
        raise FileDamaged(file=file, detail=detail)
    doubts.extend(recognition.doubts())
    pages, at = [], 0
    for number, text in enumerate(texts):
        pages.append(RawPage(number + 1, labels[number] if labels else None, at))
        at += len(text) + 1
    placed = any(line.box for lines in sheets for line in lines)
    return RawText(
        "\f".join(texts), tuple(pages), tuple(doubts), frozenset(gaps), marks, tuple(recognition.pages), literal=True,
        furniture=frozenset(taken) if placed else None, runs_on=frozenset(runs_on), printed=tuple(printed),
    )  # fmt: skip


@dataclass(slots=True)
class _Recognition:
    """The recogniser, looked for when the first page needs it, and what became of the pages that did."""

    recogniser: ocr.Recogniser | None
    pages: list[int] = field(default_factory=list)
    """Numbers of the pages that were read by it."""
    wanted: list[int] = field(default_factory=list)
    """Numbers of the pages that need it."""
    broken: str = ""

    def lines(self, page: pypdfium2.PdfPage, number: int) -> tuple[list[PrintedLine], list[Doubt]]:
        """The lines that are recognised on a page and the doubts; none without a recogniser or anything to read."""
        if not self.wanted and self.recogniser is None:
            try:
                self.recogniser = ocr.installed()
            except ImportError as exc:
                self.broken = _first_line(exc)
        self.wanted.append(number)
        if self.recogniser is None:
            return [], []
        read = ocr.recognise(page, self.recogniser)
        return reading_order(read.glyphs, read.width), [replace(doubt, page=number) for doubt in read.doubts]

    def doubts(self) -> list[Doubt]:
        """What is to be said of the pages that wanted recognition in vain."""
        if self.recogniser is not None or not self.wanted:
            return []
        then: Then = "broken" if self.broken else "install"
        reason = {"reason": self.broken} if self.broken else {}
        if len(self.wanted) == 1:
            return [Doubt("page_unread", self.wanted[0], then=then, values=reason)]
        return [Doubt("pages_unread", then=then, values={"pages": ", ".join(map(str, self.wanted)), **reason})]

    def failure(self, file: str, pages: int) -> TextMissing | TextUnrecognised | RecognitionBroken:
        """Why a file of which no page gives text cannot be read."""
        if self.broken:
            return RecognitionBroken(file=file, detail=self.broken)
        return (TextUnrecognised if self.recogniser is not None else TextMissing)(file=file, pages=pages)


def _pages(
    data: bytes, reader: PdfReader, count: int, doubts: list[Doubt], recognition: _Recognition
) -> Iterator[list[PrintedLine]]:
    """The lines of each page; what went wrong is added to `doubts`."""
    try:
        document = pypdfium2.PdfDocument(data, password="")
    except pypdfium2.PdfiumError:
        document = None
    for index in range(count):
        number = index + 1
        try:
            if document is not None and index < len(document):
                lines = _lines(document[index], number, doubts, recognition)
            else:
                lines = _plain_lines(reader.pages[index])
                if why := why_garbage("\n".join(line.text for line in lines)):
                    doubts.append(replace(why, page=number, then="left_out"))
                    lines = []
        except MemoryError:
            raise
        except Exception as exc:  # noqa: BLE001 - a dozen kinds of exception come out of broken pages
            doubts.append(Doubt("page_broken", number, values={"reason": _first_line(exc)}))
            lines = []
        yield lines


def _lines(page: pypdfium2.PdfPage, number: int, doubts: list[Doubt], recognition: _Recognition) -> list[PrintedLine]:
    """The lines of a page, from its characters or, where these are none or garbage, from its picture."""
    lines = _printed_lines(page)
    text = "\n".join(line.text for line in lines)
    unmapped = _unmapped(page)
    why = why_garbage(text, unmapped)
    if not why and unmapped:
        counted = {"count": str(unmapped), "total": str(len(text))}
        doubts.append(Doubt("characters_unnamed", number, then="compare", values=counted))
    stamped = not why and 0 < len(text) < _STAMP and _pictured(page)
    if not (why or stamped or (not text.strip() and _drawn_on(page))):
        return lines
    recognised, recognised_doubts = recognition.lines(page, number)
    found = sum(len(line.text) for line in recognised)
    if why:
        doubts.append(replace(why, page=number, then="recognised" if found else "left_out"))
    if found > (2 * len(text) if stamped else 0):
        recognition.pages.append(number)
        doubts.extend(recognised_doubts)
        return recognised
    return lines if stamped else []


def _unmapped(page: pypdfium2.PdfPage) -> int:
    """How many characters of a page have glyphs for which its fonts name no character."""
    with closing(page.get_textpage()) as text:
        codes = ((i, pdfium.FPDFText_GetUnicode(text, i)) for i in range(text.count_chars()))
        return sum(
            code not in _UNSEEN and (code < 0x20 or pdfium.FPDFText_HasUnicodeMapError(text, i) == 1)
            for i, code in codes
        )


def _drawn_on(page: pypdfium2.PdfPage) -> bool:
    """Whether a page holds anything but white paper."""
    return next(page.get_objects(max_depth=1), None) is not None


def _pictured(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover most of a page, as a scan does."""
    boxes = [image.get_bounds() for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])]
    covered: float = sum((right - left) * (top - bottom) for left, bottom, right, top in boxes)
    return bool(covered > 0.6 * page.get_width() * page.get_height())


def _printed_lines(page: pypdfium2.PdfPage) -> list[PrintedLine]:
    """The lines of a page from the boxes of its characters."""
    width, height = page.get_size()
    if page.get_rotation() % 180:  # boxes are those of the page before it is turned
        width, height = height, width
    with closing(page.get_textpage()) as text:
        return reading_order(list(_glyphs(text, _Shown.of(page))), width, height, _rules(page))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Maps a page's own space to fractions of the page as it is shown, from its upper left corner.

    A page may begin anywhere, show a part of itself only, and be turned. `origin` is where its (0, 0) comes to stand;
    by a point to the `right` or `up` in its own space, one moves so far to the right and down on the page as shown.
    """

    origin: tuple[float, float]
    right: tuple[float, float]
    up: tuple[float, float]

    @classmethod
    def of(cls, page: pypdfium2.PdfPage) -> _Shown:
        """As pdfium draws the page."""
        (x, y), (ax, ay), (ux, uy) = (_drawn_at(page, *point) for point in ((0, 0), (_STEP, 0), (0, _STEP)))
        return cls((x, y), ((ax - x) / _STEP, (ay - y) / _STEP), ((ux - x) / _STEP, (uy - y) / _STEP))

    def place(self, box: Box) -> Place | None:
        """The place of a box of the page's own space."""
        (x, y), (ax, ay), (ux, uy) = self.origin, self.right, self.up
        left, bottom, right, top = box
        x0, y0 = x + left * ax + bottom * ux, y + left * ay + bottom * uy
        x1, y1 = x + right * ax + top * ux, y + right * ay + top * uy
        return place_of(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _drawn_at(page: pypdfium2.PdfPage, x: float, y: float) -> tuple[float, float]:
    """Where pdfium draws a point, in fractions of the page."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _SHARP, _SHARP, 0, x, y, across, down)
    return across.value / _SHARP, down.value / _SHARP


def _glyphs(text: pypdfium2.PdfTextPage, shown: _Shown) -> Iterator[Glyph]:
    """The characters that have a box, in the order of the file, each with what stands before it and its place."""
    space: Space = ""
    code = 0
    last: tuple[int, Glyph] | None = None
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
        box = left, bottom, right, top = text.get_charbox(i, loose=True)
        if code > 0x20 and right > left and top > bottom:
            angle = -round(math.degrees(pdfium.FPDFText_GetCharAngle(text, i)))  # which counts with the clock
            # A page has few characters as large as those of a watermark, so few are asked for their colour.
            pale = (top - bottom > _LARGE or angle % 90 != 0) and _pale(text, i)
            glyph = Glyph(chr(code), left, bottom, right, top, space, angle % 360, pale, shown.place(box))
            if last is not None:
                if last[1].place and glyph.place and overlap(last[1].place, glyph.place):
                    inks = [shown.place(text.get_charbox(at)) for at in (last[0], i)]
                    own = parted(last[1].place, glyph.place, *inks)
                    last, glyph = (last[0], replace(last[1], place=own[0])), replace(glyph, place=own[1])
                yield last[1]
            last = i, glyph
        space = ""
    if last is not None:
        yield last[1]


def _pale(text: pypdfium2.PdfTextPage, i: int) -> bool:
    """Whether a character is drawn in a light colour, or so that the paper shines through."""
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFText_GetFillColor(text, i, red, green, blue, opacity):
        return False
    return opacity.value < 140 or min(red.value, green.value, blue.value) > 150


def _rules(page: pypdfium2.PdfPage) -> list[Rule]:
    """The straight lines that are drawn across or down the page: thin boxes, strokes, and edges of drawn frames."""
    rules: list[Rule | None] = []
    for drawn in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1):
        if len(rules) > _MOST_RULES:
            return []
        left, bottom, right, top = drawn.get_bounds()
        single = rule_of(left, bottom, right, top)
        if single:
            rules.append(single)
            continue
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        count = pdfium.FPDFPath_CountSegments(drawn)
        if pdfium.FPDFPath_GetDrawMode(drawn, fill, stroke) and stroke.value and count <= _MOST_RULES:
            points = [_point(drawn, i) for i in range(count)]
            for (a, b, _), (c, d, drawn_to) in pairwise(points):
                if drawn_to:
                    rules.append(rule_of(min(a, c), min(b, d), max(a, c), max(b, d), thickest=0.5))
    return [rule for rule in rules if rule]


def _point(path: pypdfium2.PdfObject, i: int) -> tuple[float, float, bool]:
    """A point of a path on the page, and whether a straight line leads to it from the point before."""
    segment = pdfium.FPDFPath_GetPathSegment(path, i)
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium.FPDFPathSegment_GetPoint(segment, x, y)
    straight = pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO
    return (*path.get_matrix().on_point(x.value, y.value), straight)


def _plain_lines(page: PageObject) -> list[PrintedLine]:
    text = page.extract_text().replace("\r", "\n").replace("\f", "\n")
    return [PrintedLine(line, after_gap=False) for line in text.split("\n")]


def _font_doubts(reader: PdfReader, number: int, text: str) -> list[Doubt]:
    """A doubt for a page whose fonts lack a character map: pdfium worked the characters out where pypdf could not."""
    if not text.strip():
        return []
    try:
        page = reader.pages[number - 1]
        resources: Any = page["/Resources"]
        fonts = [font.get_object() for font in resources["/Font"].values()]
        bare = [font.get("/BaseFont", "?") for font in fonts if _without_map(font)]
        if not bare or _chinese(page.extract_text()) > 0.5 * _chinese(text):
            return []
    except Exception:  # noqa: BLE001 - an odd font dictionary says nothing about the text
        return []
    names = ", ".join(sorted({str(name).lstrip("/").split("+")[-1] for name in bare}))
    return [Doubt("fonts_unmapped", number, then="compare", values={"fonts": names})]


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
