"""The evidence of a typeset PDF in a real browser: the page as it is printed, the quoted words boxed on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from corpus.library import Library
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Answer, Shelf
from qa.answer import Statement
from qa.citation import cite
from tests.browsing import NEEDS_BROWSER, ZH, Open, ask, browser, open_page
from tests.conftest import PAPERS, PROJECT, WordEncoder, print_pdf
from tests.served import serving
from tests.test_typeset import typeset

pytestmark = NEEDS_BROWSER
__all__ = ["browser", "open_page"]
SCREENS = PROJECT / "build" / "screens"
FUNDED = "联邦政府对创新中心的资助期是几年，最多能延长多久？"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paper of the five as a journal prints it: two columns, running heads, notes, page numbers from 45."""
    return print_pdf(typeset(Library(PAPERS).read(PAPERS / "zhang.txt")).html, tmp_path_factory.mktemp("printed"))


@pytest.fixture
def shelf(printed: Path, tmp_path: Path) -> Shelf:
    """A library of that PDF."""
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "张 华胜.pdf").write_bytes(printed.read_bytes())
    shelf = Shelf(Library(tmp_path / "papers"), IndexStore(tmp_path / "index"), Settings(), WordEncoder())
    shelf.update()
    return shelf


def linked(shelf: Shelf, *spans: tuple[int, int]) -> str:
    """The address of an answer that quotes these parts of the paper."""
    (paper,) = shelf.index.papers.values()
    citations = tuple(cite(paper, start, end, n, 1.0) for n, (start, end) in enumerate(spans, 1))
    statements = tuple(Statement(c.quote, (c.n,)) for c in citations)
    return f"/?answer={shelf.keep(Answer('问题', statements, False, 0.9, citations, (), {}))}"


def over_pages(shelf: Shelf) -> tuple[int, int]:
    """A sentence that goes on from one page to the next."""
    (paper,) = shelf.index.papers.values()
    return next(
        (s.start, s.end)
        for s in paper.sentences
        if len({box.page for box in paper.boxes(s.start, s.end)}) == 2 and paper.block_at(s.start).kind == "paragraph"
    )


def frames(page: Page) -> list[tuple[int, list[float]]]:
    """The boxes that are drawn: their page, and their edges as shares of its picture."""
    found = page.evaluate("""() => Array.from(document.querySelectorAll('.yj-sheet i'), (frame) => {
        const sheet = frame.closest('.yj-sheet');
        const [at, inside] = [sheet.querySelector('img').getBoundingClientRect(), frame.getBoundingClientRect()];
        const [x, y] = [(v) => (v - at.left) / at.width, (v) => (v - at.top) / at.height];
        return [Number(sheet.dataset.page), [x(inside.left), y(inside.top), x(inside.right), y(inside.bottom)]];
    })""")
    return [(number, edges) for number, edges in found]


def drawn(page: Page, sheets: int) -> None:
    """Wait until so many pages are drawn."""
    expect(page.locator(".yj-sheet.yj-drawn")).to_have_count(sheets)
    expect(page.locator(".yj-sheet")).to_have_count(sheets)


def check_frames(page: Page, shelf: Shelf, start: int, end: int) -> None:
    """Each line of the quotation has its box on its page, two pixels larger than the words at each side."""
    (paper,) = shelf.index.papers.values()
    boxes = paper.boxes(start, end)
    found = frames(page)
    assert [number for number, _ in found] == [box.page for box in boxes]
    size = page.locator(".yj-sheet img").first.bounding_box()
    assert size is not None
    across, down = 2 / size["width"], 2 / size["height"]
    for (_, edges), box in zip(found, boxes, strict=True):
        expected = [box.left - across, box.top - down, box.right + across, box.bottom + down]
        assert edges == pytest.approx(expected, abs=0.002)


def test_a_question_opens_the_page_with_the_quoted_words_boxed(
    real_shelf: Shelf, printed: Path, tmp_path: Path, open_page: Open
) -> None:
    """The whole way with the real model: the page's picture, where it stands in print, and the text one press away."""
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "zhang.pdf").write_bytes(printed.read_bytes())
    shutil.copy(PAPERS / "papers.toml", tmp_path / "papers")  # which tells title and author: it is printed without
    shelf = Shelf(Library(tmp_path / "papers"), IndexStore(tmp_path / "index"), Settings(), real_shelf.encoder)
    shelf.update()
    page = open_page(shelf)
    ask(page, FUNDED)
    citation = shelf.ask(FUNDED).citations[0]
    assert "资助期为 5 年，最多可延长两年" in citation.quote
    drawn(page, len(citation.pages))
    check_frames(page, shelf, citation.start, citation.end)
    number = citation.pages[0]
    expect(page.locator(".yj-where")).to_contain_text(ZH.page.format(number=number))
    expect(page.locator(".yj-sheet figcaption").first).to_contain_text(ZH.page.format(number=number))
    expect(page.locator(".yj-sheet i").first).to_be_in_viewport()
    assert page.locator(".yj-sheet img").first.evaluate("picture => picture.naturalWidth") == 1400
    expect(page.locator("#yj-related button").first).to_be_visible()
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "page-zh-light-1280.png")
    narrow = page.locator(".yj-sheet img").first.bounding_box()
    page.get_by_role("button", name=ZH.zoom).click()
    expect(page.get_by_role("button", name=ZH.zoom)).to_have_attribute("aria-pressed", "true")
    large = page.locator(".yj-sheet img").first.bounding_box()
    assert narrow is not None
    assert large is not None
    assert large["width"] == pytest.approx(2.2 * narrow["width"], rel=0.05)
    expect(page.locator(".yj-sheet i").first).to_be_in_viewport()
    check_frames(page, shelf, citation.start, citation.end)
    page.get_by_role("button", name=ZH.view_text).click()
    expect(page.locator("#yj-evidence mark")).to_have_text(citation.quote)
    expect(page.locator(".yj-sheet")).to_have_count(0)
    # The choice holds for what is opened next.
    ask(page, "国家制造业创新网络的经费来源是什么？")
    expect(page.locator("#yj-evidence mark").first).to_be_visible()
    page.get_by_role("button", name=ZH.view_page).click()
    expect(page.locator(".yj-sheet.yj-drawn").first).to_be_visible()
    page.click("#yj-tab-library")
    (paper,) = shelf.index.papers.values()
    expect(page.locator(".yj-entry")).to_contain_text(ZH.pages_count.format(count=paper.report.page_count))


def test_a_quotation_over_two_pages_is_boxed_on_both(shelf: Shelf, open_page: Open) -> None:
    start, end = over_pages(shelf)
    page = open_page(shelf, path=linked(shelf, (start, end)))
    drawn(page, 2)
    check_frames(page, shelf, start, end)


def test_the_pages_before_and_after_can_be_gone_on_to(shelf: Shelf, open_page: Open) -> None:
    """By button and by arrow key, to the ends of the paper and back to the quotation."""
    (paper,) = shelf.index.papers.values()
    start, end = over_pages(shelf)
    first, last = sorted({box.page for box in paper.boxes(start, end)})
    pages = paper.report.page_count
    page = open_page(shelf, path=linked(shelf, (start, end)))
    drawn(page, 2)
    shown = page.locator(".yj-sheet figcaption")
    for number in range(last + 1, pages + 1):
        page.keyboard.press("ArrowRight")
        expect(shown).to_have_text([ZH.page.format(number=number)])
    expect(page.locator(".yj-steps [data-step='1']")).to_have_count(0)
    assert frames(page) == []
    page.get_by_role("button", name=ZH.to_quotation).click()
    drawn(page, 2)
    for number in range(first - 1, 0, -1):
        page.keyboard.press("Shift+ArrowLeft")
        expect(shown).to_have_text([ZH.page.format(number=number)])
    expect(page.locator(".yj-steps [data-step='-1']")).to_have_count(0)


def test_of_a_file_that_has_changed_no_page_is_shown(shelf: Shelf, open_page: Open) -> None:
    """The sheet says so; the text that was indexed is one press away."""
    start, end = over_pages(shelf)
    (file,) = shelf.library.files().values()
    file.write_bytes(file.read_bytes() + b"\n% changed")
    page = open_page(shelf, path=linked(shelf, (start, end)))
    expect(page.locator(".yj-sheet .yj-note").first).to_have_text(ZH.picture_missing)
    expect(page.locator(".yj-sheet .yj-note").first).to_be_visible()
    expect(page.locator(".yj-sheet i").first).to_be_hidden()
    page.get_by_role("button", name=ZH.view_text).click()
    quoted = shelf.index.papers["张 华胜"].text[start:end]
    expect(page.locator("#yj-evidence mark").first).to_be_visible()
    assert "\n".join(page.locator("#yj-evidence mark").all_text_contents()) == quoted


def test_pages_are_served_to_be_kept_and_only_of_the_file_that_is_meant(shelf: Shelf) -> None:
    (paper,) = shelf.index.papers.values()
    address = "/pages/%E5%BC%A0%20%E5%8D%8E%E8%83%9C/1"
    with serving(shelf) as served, httpx.Client(base_url=served.url, trust_env=False) as client:
        picture = client.get(address, params={"sha256": paper.sha256, "width": "600"})
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
        assert "immutable" in picture.headers["cache-control"]
        assert picture.content[8:12] == b"WEBP"
        for path, query, status in (
            (address, {"sha256": "0" * 64, "width": "600"}, 410),
            (address, {"sha256": paper.sha256}, 400),
            (address, {"sha256": paper.sha256, "width": "-1"}, 400),
            ("/pages/nobody/1", {"sha256": paper.sha256, "width": "600"}, 404),
            (address.replace("/1", "/999"), {"sha256": paper.sha256, "width": "600"}, 422),
            ("/pages/..%2F..%2Fetc/1", {"sha256": paper.sha256, "width": "600"}, 404),
            ("/pages/%E5%BC%A0%20%E5%8D%8E%E8%83%9C/x", {"sha256": paper.sha256, "width": "600"}, 404),
        ):
            assert client.get(path, params=query).status_code == status, path
