"""A page is drawn by a child process within its limits, and only while its file is the one whose boxes are known."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject

from corpus import isolated
from corpus.errors import (
    FileDamaged,
    FileEncrypted,
    IndexOutdated,
    PagesMissing,
    PageUnknown,
    PaperUnknown,
    ReaderDied,
    ReadingError,
    ReadingOutgrown,
    ReadingTimedOut,
)
from corpus.isolated import Readers
from corpus.library import Library
from corpus.picture import NARROWEST, WIDEST, draw_page
from tests.conftest import shared
from tests.test_bad_files import pdf
from tests.test_isolation import MISREAD, PROSE, child_of, group, pdf_bomb, pdf_of

TEXT = pdf(["Manufacturing is the main body.", "It grew by 3.5 percent."])


def picture(data: bytes, page: int = 1, width: int = 800) -> Image.Image:
    """A page as it is drawn, as grey."""
    with Image.open(io.BytesIO(draw_page(data, "a.pdf", page, width))) as drawn:
        assert drawn.format == "WEBP"
        return drawn.convert("L")


def sheet(width: float, height: float, turned: int = 0) -> bytes:
    """A PDF of one white page with a black square in its upper left corner."""
    data = pdf_of(b"0 0 50 50 re f", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    page = writer.pages[0]
    page.mediabox = RectangleObject((0, 50 - height, width, 50))
    page.rotate(turned)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def slow() -> bytes:
    """A page that draws a form of ten forms of ten forms …, a thousand million squares."""
    forms = b"".join(b"/F%d %d 0 R" % (n, 5 + n) for n in range(10))
    calls = [
        b"<</Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<<%s>>>>/Length %d>>stream\n%s\nendstream"
        % (forms, len(content), content)
        for n in range(10)
        for content in [b"/F%d Do " % (n + 1) * 10 if n < 9 else b"0 0 500 500 re f"]
    ]
    data = pdf_of(b"/F0 Do", *calls)
    return data.replace(b"/Resources<</Font<</F1 5 0 R>>>>", b"/Resources<</XObject<<%s>>>>" % forms, 1)


# The picture ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "size"), [(800, (800, 1132)), (1, (NARROWEST, 283)), (10**9, (WIDEST, 3396)), (-5, (NARROWEST, 283))]
)
def test_a_picture_is_as_wide_as_asked_within_limits(asked: int, size: tuple[int, int]) -> None:
    drawn = picture(sheet(595, 842), width=asked)
    assert abs(drawn.width - size[0]) <= 1
    assert abs(drawn.height - size[1]) <= 2


def test_the_same_page_gives_the_same_picture_and_another_page_another() -> None:
    first, again, second = (draw_page(TEXT, "a.pdf", page, 800) for page in (1, 1, 2))
    assert first == again != second


@pytest.mark.parametrize(
    ("turned", "corner"), [(0, (True, True)), (90, (False, True)), (180, (False, False)), (270, (True, False))]
)
def test_a_page_is_drawn_as_it_is_turned(turned: int, corner: tuple[bool, bool]) -> None:
    drawn = picture(sheet(595, 842, turned))
    assert (drawn.width < drawn.height) is (turned % 180 == 0)
    for left in (True, False):
        for top in (True, False):
            x, y = 20 if left else drawn.width - 20, 20 if top else drawn.height - 20
            pixel = drawn.getpixel((x, y))
            assert isinstance(pixel, int | float)
            assert (pixel < 50) is ((left, top) == corner)


def test_only_the_part_that_is_shown_is_drawn() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(sheet(595, 842))))
    writer.pages[0].cropbox = RectangleObject((0, 0, 100, 50))
    out = io.BytesIO()
    writer.write(out)
    drawn = picture(out.getvalue(), width=400)
    assert drawn.size == (400, 200)
    assert [drawn.getpixel((x, 100)) for x in (190, 210)] == [0, 255]


@pytest.mark.parametrize(("width", "height"), [(10, 14_000), (14_000, 10)])
def test_a_strip_is_drawn_as_large_as_a_picture_may_be(width: int, height: int) -> None:
    drawn = picture(sheet(width, height), width=WIDEST)
    assert max(drawn.size) <= 16_383
    assert drawn.width * drawn.height <= 12_100_000


@pytest.mark.parametrize("page", [0, -1, 3, 10**9])
def test_a_page_that_is_not_there_is_told(page: int) -> None:
    with pytest.raises(PageUnknown) as caught:
        draw_page(TEXT, "a.pdf", page, 800)
    assert caught.value.message("en") == f"a.pdf: there is no page {page}; it has 2 pages, counted from 1"
    assert caught.value.message("zh") == f"a.pdf：没有第 {page} 页；共 2 页，从 1 数起"


def test_files_that_cannot_be_drawn_are_told_as_when_they_are_read() -> None:
    for data in (b"", b"<html></html>", TEXT[:100]):
        with pytest.raises(FileDamaged):
            draw_page(data, "a.pdf", 1, 800)
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(TEXT)))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(FileEncrypted):
        draw_page(out.getvalue(), "a.pdf", 1, 800)
    with pytest.raises(FileDamaged):
        draw_page(shared("pdfs/fuzz_poppler-742-0.pdf").read_bytes(), "a.pdf", 1, 800)


# In a child ----------------------------------------------------------------------------------------------------------


def test_a_child_draws_and_reads_one_after_the_other() -> None:
    with Readers(seconds=20, count=1, function=MISREAD) as readers:
        child = child_of(readers)
        assert readers.draw(TEXT, "a.pdf", 2, 800) == draw_page(TEXT, "a.pdf", 2, 800)
        with pytest.raises(PageUnknown) as caught:
            readers.draw(TEXT, "a.pdf", 3, 800)
        assert caught.value.values == {"file": "a.pdf", "page": 3, "pages": 2}
        assert child_of(readers) == child
        assert readers.read(TEXT, "a.pdf", {}).text.startswith("Manufacturing")


def test_a_page_that_is_drawn_without_end_is_ended() -> None:
    with Readers(seconds=2, count=1, function=MISREAD) as readers:
        child = child_of(readers)
        begun = time.monotonic()
        with pytest.raises(ReadingTimedOut) as caught:
            readers.draw(slow(), "slow.pdf", 1, 800)
        assert 1.9 < time.monotonic() - begun < 20
        assert caught.value.values == {"file": "slow.pdf", "seconds": 2}
        assert group(child) == []
        assert readers.draw(TEXT, "a.pdf", 1, 800)[8:12] == b"WEBP"


def test_a_page_that_unpacks_to_gigabytes_costs_its_child_only() -> None:
    with Readers(seconds=60, megabytes=200, count=1) as readers:
        with pytest.raises(ReadingError) as caught:
            readers.draw(pdf_bomb(3000), "bomb.pdf", 1, 800)
        assert type(caught.value) in (ReadingOutgrown, ReaderDied)
        assert readers.draw(TEXT, "a.pdf", 1, 800)[8:12] == b"WEBP"


def test_who_looks_at_a_page_does_not_wait_for_a_file_to_be_read() -> None:
    stop = threading.Event()
    with Readers(seconds=30, count=1, function=MISREAD) as readers:
        ended: list[ReadingError] = []

        def read() -> None:
            try:
                readers.read(PROSE, "sleep.txt", {}, stop)
            except ReadingError as exc:
                ended.append(exc)

        reading = threading.Thread(target=read)
        reading.start()
        try:
            begun = time.monotonic()
            assert readers.draw(TEXT, "a.pdf", 1, 800)[8:12] == b"WEBP"
            assert time.monotonic() - begun < 20
            assert ended == []
        finally:
            readers.abandon(stop)
            reading.join()
        assert [type(exc) for exc in ended] == [ReaderDied]


@pytest.mark.parametrize("reply", [b"", b"<svg onload=alert(1)>", b"RIFF\0\0\0\0WAVE", b"\x89PNG"])
def test_what_is_no_picture_is_refused(reply: bytes) -> None:
    with pytest.raises(ValueError, match="not WebP"):
        isolated._picture(reply, "a.pdf", TEXT)


# Of a library --------------------------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A PDF and a text."""
    (tmp_path / "a.pdf").write_bytes(TEXT)
    (tmp_path / "b.txt").write_bytes(PROSE)
    return Library(tmp_path)


def test_a_library_draws_the_pages_of_the_file_that_was_indexed(library: Library) -> None:
    paper = library.read(library.path("a"))
    assert library.picture("a", 2, 800, paper.sha256) == draw_page(TEXT, "a.pdf", 2, 800)
    library.path("a").write_bytes(pdf(["Something else."]))
    with pytest.raises(IndexOutdated) as caught:
        library.picture("a", 1, 800, paper.sha256)
    assert caught.value.values == {"file": "a.pdf", "change": "changed"}
    library.path("a").unlink()
    with pytest.raises(PaperUnknown):
        library.picture("a", 1, 800, paper.sha256)


def test_a_file_without_pages_has_no_picture(library: Library) -> None:
    with pytest.raises(PagesMissing) as caught:
        library.picture("b", 1, 800, hashlib.sha256(PROSE).hexdigest())
    assert caught.value.message("en").startswith("b.txt: ")
    assert caught.value.message("zh") == "b.txt：这种文件没有可显示的页面；请直接看文字"
    with pytest.raises(IndexOutdated):
        library.picture("b", 1, 800, "0" * 64)
