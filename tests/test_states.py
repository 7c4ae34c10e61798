"""The main states of the page, each looked at: by axe-core for what keeps people out, for its width, and as a picture.

The pictures are left in `build/screens`, to be looked at by people.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from qa import Shelf
from tests.browsing import EN, NEEDS_BROWSER, ZH, Open, ask, browser, open_page, overflow
from tests.conftest import PROJECT
from ui.words import Words

pytestmark = NEEDS_BROWSER
__all__ = ["browser", "open_page"]
AXE = Axe()
FAULTS = "axe.run({resultTypes: ['violations']}).then((results) => results.violations)"
"""What axe-core finds. Its script stays in the page, which is never left."""
STILL = """async () => {
    const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((one) => one.finished.catch(() => null)));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
"""Waits until whatever moves has come to its end, and is painted."""
SCREENS = PROJECT / "build" / "screens"
WAYS = [
    pytest.param(ZH, "light", 1280, id="zh-light-1280"), pytest.param(EN, "dark", 1280, id="en-dark-1280"),
    pytest.param(ZH, "dark", 375, id="zh-dark-375"), pytest.param(EN, "light", 375, id="en-light-375"),
]  # fmt: skip


def states(page: Page, words: Words) -> Iterator[str]:
    """Goes through the main states of the page, and tells the name of each."""
    yield "start"
    ask(page, "2019年美国制造业创新研究所的私人投资是多少亿美元？")
    expect(page.locator("#yj-evidence .yj-card")).to_be_visible()
    expect(page.locator("#yj-related button").first).to_be_visible()
    yield "answer"
    page.locator(".yj-mark").first.hover()
    expect(page.locator(".yj-tip")).to_be_visible()
    yield "mark"
    ask(page, "红楼梦的作者是谁？")
    expect(page.locator(".yj-refusal")).to_be_visible()
    yield "refusal"
    ask(page, "？")
    expect(page.locator(".yj-error")).to_be_visible()
    yield "error"
    page.click("[data-compare]")
    expect(page.locator("[data-compare]")).to_have_attribute("aria-checked", "true")
    ask(page, "制造业创新中心的经费从哪里来？")
    expect(page.locator(".yj-each")).to_be_visible()
    yield "compare"
    for tab, ready in (
        ("library", ".yj-entry"), ("map", ".yj-plane"), ("timeline", ".yj-event"), ("history", ".yj-conversation"),
    ):  # fmt: skip
        page.click(f"#yj-tab-{tab}")
        expect(page.locator(ready).first).to_be_visible()
        yield tab
    page.click("#yj-tab-library")
    page.locator("[data-report]").first.click()
    expect(page.locator(".yj-report")).to_be_visible()
    yield "report"


@pytest.mark.parametrize(("words", "scheme", "width"), WAYS)
def test_nothing_serious_keeps_anybody_out_and_nothing_scrolls_sideways(
    real_shelf: Shelf, open_page: Open, words: Words, scheme: str, width: int
) -> None:
    """In every state, in both languages, colours and widths; the pictures of all of them are kept."""
    page = open_page(real_shelf, width, words, color_scheme=scheme, reduced_motion="reduce")
    SCREENS.mkdir(parents=True, exist_ok=True)
    found = {}
    page.evaluate(AXE.axe_script)
    for state in states(page, words):
        page.evaluate(STILL)
        page.screenshot(path=SCREENS / f"{state}-{words.language}-{scheme}-{width}.png")
        assert overflow(page) <= 0, state
        serious = [v for v in page.evaluate(FAULTS) if v["impact"] in ("serious", "critical")]
        found |= {(state, v["id"]): [node["target"] for node in v["nodes"]][:4] for v in serious}
    assert found == {}


def test_all_of_it_can_be_reached_by_the_keyboard_alone(real_shelf: Shelf, open_page: Open) -> None:
    """Ask, open a citation, go through the tabs, ask from the map: with Tab, the arrows and Enter."""
    page = open_page(real_shelf)
    expect(page.locator("#yj-question textarea")).to_be_focused()
    page.keyboard.type("2019年美国制造业创新研究所的私人投资是多少亿美元？")
    page.keyboard.press("Enter")
    expect(page.locator(".yj-mark")).to_be_visible()

    def tab_to(selector: str, key: str = "Tab") -> None:
        for _ in range(60):
            if page.evaluate(f"document.activeElement?.matches({selector!r}) ?? false"):
                return
            page.keyboard.press(key)
        raise AssertionError(f"{selector} is not reached by {key}")

    tab_to(".yj-mark", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".yj-mark")).to_have_attribute("aria-pressed", "true")
    tab_to("#yj-tab-evidence")
    for tab in ("library", "map"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#yj-tab-{tab}")).to_be_focused()
    expect(page.locator(".yj-plane")).to_be_visible()
    tab_to(".yj-plane svg")
    page.keyboard.press("ArrowDown")
    question = page.locator(".yj-plane use[aria-selected='true']").get_attribute("data-ask")
    page.keyboard.press("Enter")
    expect(page.locator(".yj-turn")).to_have_count(2)
    expect(page.locator(".yj-working")).to_have_count(0)
    expect(page.locator(".yj-question").last).to_contain_text(str(question))
    expect(page.locator(".yj-answer")).to_have_count(2)


def test_the_page_is_seen_before_its_scripts_have_run(real_shelf: Shelf, open_page: Open) -> None:
    """Its head and greeting stand in the HTML, in the visitor's language; what Gradio makes takes their place."""
    page = open_page(real_shelf, words=EN)
    expect(page.locator(".yj-first")).to_have_count(0)
    plain = page.context.browser.new_context(java_script_enabled=False, locale="en-GB").new_page()  # type: ignore[union-attr]
    plain.goto(page.url)
    expect(plain.locator(".yj-first h2")).to_have_text(EN.greeting)
    expect(plain.locator(".yj-first h2")).to_be_visible()
    plain.context.close()
    painted, ready = page.evaluate("""() => [
        performance.getEntriesByName('first-contentful-paint')[0].startTime,
        performance.getEntriesByType('resource').filter((r) => r.name.includes('/queue/join'))[0].startTime,
    ]""")
    assert painted < ready
