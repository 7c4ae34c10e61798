"""The two panels in a real browser: marks that are pointed at, the keyboard, the section around a quotation, which
papers are searched, comparing, removing and putting back, cancelling, the language."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from corpus.library import Library
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Shelf
from tests.browsing import EN, NEEDS_BROWSER, ZH, Open, ask, browser, open_page
from tests.test_page import NEW_PAPER, GatedEncoder, ScriptedShelf, scripted

pytestmark = NEEDS_BROWSER
__all__ = ["browser", "open_page", "scripted"]
FUNDING = "制造业创新中心的经费从哪里来？"


def quotes(shelf: Shelf) -> list[str]:
    """What a scripted answer quotes."""
    *_, answer = shelf.snapshot().stream("问题")
    return [citation.quote for citation in answer.citations]


# ---- marks and the keyboard


def test_a_mark_shows_its_quotation_where_it_is_pointed_at_or_has_the_focus(
    scripted: ScriptedShelf, open_page: Open
) -> None:
    page = open_page(scripted)
    ask(page, "问题")
    first, second = quotes(scripted)
    tip, marks = page.locator(".yj-tip"), page.locator(".yj-mark")
    expect(tip).to_have_count(0)
    marks.last.hover()
    expect(tip.locator("q")).to_have_text(second)
    expect(tip).to_contain_text("张华胜 · 第4段")
    expect(marks.last).to_have_attribute("aria-describedby", "yj-tip")
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.locator(".yj-question").first.hover()
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    marks.first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(tip.locator("q")).to_have_text(first)
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_first_touch_shows_the_quotation_and_a_second_opens_it(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted, width=375, has_touch=True, is_mobile=True)
    ask(page, "问题")
    second = quotes(scripted)[1]
    mark = page.locator(".yj-mark").last
    mark.tap()
    expect(page.locator(".yj-tip q")).to_have_text(second)
    expect(mark).to_have_attribute("aria-pressed", "false")
    mark.tap()
    expect(mark).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".yj-tip")).to_be_hidden()
    expect(page.locator("#yj-evidence h2")).to_be_in_viewport()


def test_arrow_keys_go_on_to_the_next_citation_and_section(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted)
    ask(page, "问题")
    first, second = quotes(scripted)
    quoted = page.locator("#yj-evidence mark")
    expect(quoted).to_have_text(first)
    page.locator(".yj-mark").first.focus()
    page.keyboard.press("ArrowRight")
    expect(quoted).to_have_text(second)
    page.keyboard.press("ArrowRight")
    expect(quoted).to_have_text(second)
    page.keyboard.press("ArrowLeft")
    expect(quoted).to_have_text(first)
    page.keyboard.press("Shift+ArrowRight")
    expect(quoted).to_have_count(0)
    expect(page.locator(".yj-steps [data-aside='0']").first).to_be_visible()
    page.get_by_role("button", name=ZH.to_quotation).click()
    expect(quoted).to_have_text(first)
    # Whoever goes on by a button goes on from the button that takes its place.
    after = page.locator(".yj-steps [data-step='1']")
    for seen in ("1", "2"):
        after.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".yj-evidence")).to_have_attribute("data-at", seen)
        expect(after).to_be_focused()
    page.get_by_role("button", name=ZH.to_quotation).click()
    expect(quoted).to_have_text(first)
    # Where something is being written they move the caret.
    page.fill("#yj-question textarea", "甲乙")
    page.press("#yj-question textarea", "ArrowLeft")
    page.wait_for_timeout(300)
    expect(quoted).to_have_text(first)
    tab = page.locator("#yj-tab-evidence")
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#yj-tab-library")).to_be_focused()
    expect(page.locator("#yj-library-panel")).to_be_visible()


def test_the_section_of_a_quotation_is_read_on_to_the_end_of_the_paper(real_shelf: Shelf, open_page: Open) -> None:
    """The whole section stands there with the quotation in it; the button to the next one leads through all of them."""
    page = open_page(real_shelf)
    ask(page, "联邦政府对创新中心的资助期是几年，最多能延长多久？")
    answer = real_shelf.ask("联邦政府对创新中心的资助期是几年，最多能延长多久？")
    paper = real_shelf.index.papers["zhang"]
    citation = answer.citations[0]
    section = paper.section_path(citation.start)[-1]
    shown = " ".join(page.locator(".yj-context .yj-block").all_text_contents())
    for block in paper.blocks:
        if section.start <= block.start < section.end and block.kind == "paragraph":
            assert paper.text[block.start : block.end] in shown
    after = page.locator(".yj-steps [data-step='1']")
    seen = 0
    while after.count() and seen < 60:
        label = str(after.get_attribute("aria-label"))
        after.click()
        seen += 1
        expect(page.locator(".yj-evidence")).to_have_attribute("data-at", str(seen))
        title = label.removeprefix(ZH.section_after.format(title=""))
        expect(page.locator(".yj-context")).to_contain_text(title)
    assert paper.text.rstrip()[-20:] in page.locator(".yj-context").inner_text()


# ---- which papers are searched, and comparing them


def test_only_the_chosen_papers_are_searched(real_shelf: Shelf, open_page: Open) -> None:
    """By the boxes in the library; the line above the question says so and leads back to all."""
    page = open_page(real_shelf)
    scope = page.locator(".yj-choose")
    expect(scope).to_have_text(ZH.scope_all.format(count=5))
    page.click("#yj-tab-library")
    page.locator(".yj-count [data-search='']").click()
    expect(scope).to_have_text(ZH.scope_some.format(count=0, all=5))
    ask(page, FUNDING)
    expect(page.locator(".yj-error")).to_contain_text("没有选中任何论文")
    page.click("#yj-tab-library")
    page.locator("input[data-search='chen']").check()
    expect(scope).to_have_text(ZH.scope_some.format(count=1, all=5))
    ask(page, "美国的国家制造创新网络战略是什么？")
    turn = page.locator(".yj-turn").last
    expect(turn.locator(".yj-sources, .yj-refusal")).to_have_count(1)
    places = turn.locator(".yj-sources li, .yj-passages li").all_text_contents()
    assert places
    assert all("美国“国家制造创新网络”战略及其对中国制造业发展的启示" in place for place in places)
    page.click(".yj-scope [data-search='*']")
    expect(scope).to_have_text(ZH.scope_all.format(count=5))
    expect(page.locator(".yj-entry input:checked")).to_have_count(5)


def test_each_paper_answers_in_a_column_of_its_own(real_shelf: Shelf, open_page: Open) -> None:
    page = open_page(real_shelf)
    switch = page.locator("[data-compare]")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    ask(page, FUNDING)
    columns = page.locator(".yj-each > li")
    expect(columns).to_have_count(5)
    lefts = [box["x"] for column in columns.all() if (box := column.bounding_box())]
    assert lefts == sorted(set(lefts))
    tops = {round(box["y"]) for column in columns.all() if (box := column.bounding_box())}
    assert len(tops) == 1
    quoted = columns.filter(has=page.locator(".yj-mark"))
    assert quoted.count() >= 2
    quoted.last.scroll_into_view_if_needed()
    quoted.last.locator(".yj-mark").last.click()
    expect(page.locator("#yj-evidence .yj-by")).to_contain_text(str(quoted.last.locator("b").text_content())[:2])
    switch.click()
    ask(page, FUNDING)
    expect(page.locator(".yj-turn").last.locator(".yj-each")).to_have_count(0)


# ---- the library


def test_a_removed_paper_is_put_back_by_one_press(scripted: ScriptedShelf, open_page: Open, papers: Path) -> None:
    """Right after it, or later from the list of what was removed."""
    before = (papers / "zhang.txt").read_bytes()
    page = open_page(scripted)
    page.click("#yj-tab-library")
    page.locator("[data-remove='zhang']").click()
    expect(page.locator("#yj-status")).to_contain_text(ZH.removed_one.format(file="zhang.txt"))
    expect(page.locator(".yj-deleted")).to_contain_text("zhang.txt")
    assert not (papers / "zhang.txt").exists()
    page.locator(".yj-undo").click()
    expect(page.locator("#yj-status")).to_contain_text(ZH.restored_one.format(file="zhang.txt"))
    expect(page.locator(".yj-indexed")).to_have_count(5)
    assert (papers / "zhang.txt").read_bytes() == before
    page.locator("[data-remove='zhang']").click()
    page.click("#yj-update")
    expect(page.locator(".yj-entry")).to_have_count(4)
    page.reload()
    page.click("#yj-tab-library")
    page.locator(".yj-bin summary").click()
    page.locator(".yj-bin button").click()
    expect(page.locator(".yj-new")).to_contain_text("zhang.txt")
    assert (papers / "zhang.txt").read_bytes() == before


def test_an_update_that_is_cancelled_leaves_the_index_as_it_was(
    papers: Path, tmp_path: Path, open_page: Open, small_index: Path
) -> None:
    import shutil

    shutil.copytree(small_index, tmp_path / "own")
    encoder = GatedEncoder()
    shelf = Shelf(Library(papers), IndexStore(tmp_path / "own"), Settings(), encoder)
    (papers / "赤霞山风洞.txt").write_text(NEW_PAPER, encoding="utf-8")
    page = open_page(shelf)
    version = shelf.index.version
    page.click("#yj-tab-library")
    page.click("#yj-update")
    expect(page.locator(".yj-stage").nth(1)).to_contain_text("赤霞山风洞.txt")
    page.click("#yj-cancel")
    expect(page.locator("#yj-cancel")).to_have_text(ZH.stopping)
    encoder.gate.set()
    expect(page.locator("#yj-status")).to_have_text(ZH.update_cancelled)
    expect(page.locator("#yj-update")).to_be_visible()
    expect(page.locator("#yj-cancel")).to_be_hidden()
    assert shelf.index.version == version
    assert "赤霞山风洞" not in shelf.index.papers
    expect(page.locator(".yj-new")).to_contain_text("赤霞山风洞.txt")
    page.click("#yj-update")
    expect(page.locator(".yj-indexed")).to_have_count(6)


# ---- the language


def test_the_page_follows_the_browser_until_a_language_is_chosen(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted, words=EN)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".yj-greeting h2")).to_have_text(EN.greeting)
    page.click("#yj-switch")
    expect(page.locator(".yj-greeting h2")).to_have_text(ZH.greeting)
    page.reload()
    expect(page.locator(".yj-greeting h2")).to_have_text(ZH.greeting)
    expect(page.locator("#yj-switch")).to_have_text(ZH.switch)


def test_a_refusal_has_a_permanent_address_too(real_shelf: Shelf, open_page: Open) -> None:
    page = open_page(real_shelf)
    ask(page, "红楼梦的作者是谁？")
    address = page.locator(".yj-refusal .yj-link").get_attribute("href")
    nearest = page.locator(".yj-passages li").first.text_content()
    page.goto(page.url.rstrip("/") + str(address))
    expect(page.locator(".yj-refusal")).to_contain_text(ZH.refusal)
    expect(page.locator(".yj-passages li").first).to_have_text(str(nearest))
