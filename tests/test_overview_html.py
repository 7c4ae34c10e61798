"""The map and the timeline as HTML, and what their style and script make of them in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from corpus.paper import Paper
from indexer.passage_table import PassageTable
from indexer.version import Index
from qa import Shelf
from qa.map import MapPoint, PaperMap, map_of
from qa.timeline import DatedEvent, Telling, events_of
from tests.browsing import NEEDS_BROWSER, browser, overflow
from ui.map_html import map_html
from ui.marks import COLOURS, SHAPES, mark_of
from ui.state import Place
from ui.timeline_html import date_said, timeline_html, what_said
from ui.words import WORDS

__all__ = ["browser"]
UI = Path(__file__).resolve().parent.parent / "ui"
ZH, EN = WORDS["zh"], WORDS["en"]
EVIL = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture
def index(small_shelf: Shelf) -> Index:
    """The five papers."""
    return small_shelf.index


def test_each_point_carries_its_question_and_its_passage(index: Index) -> None:
    points = map_of(index).points
    html = map_html(PaperMap(points, 0), index, ZH)
    uses = re.findall(r"<use [^>]*>", html)
    assert [unescape(re.search(r'data-ask="([^"]*)"', use)[1]) for use in uses] == [point.question for point in points]  # type: ignore[index]
    first = index.passages[points[0].passage]
    text = " ".join(index.papers[first.paper].text[first.start : first.end].split())
    assert f'aria-label="摘要：{text[:120]}…"' in unescape(uses[0])
    assert html.count('tabindex="0"') == 1
    assert f'aria-label="{ZH.map_title}"' in html
    assert ZH.map_left_out[:2] not in html
    assert ZH.map_left_out.format(count=7) in map_html(PaperMap(points, 7), index, ZH)


def test_papers_differ_in_colour_and_shape(index: Index) -> None:
    html = map_html(map_of(index), index, ZH)
    drawn = set(re.findall(r'href="#(yj-shape-\d)" class="(yj-paint-\d)" [^>]*data-shown="(\d)"', html))
    assert drawn == {(f"yj-shape-{n}", f"yj-paint-{n}", str(n)) for n in range(5)}
    names = re.findall(r'<span class="yj-number">(\d)</span><span class="yj-name">([^<]*)</span>', html)
    assert [(number, unescape(name)) for number, name in names] == [
        (str(n + 1), paper.title) for n, paper in enumerate(index.papers.values())
    ]
    assert len({mark_of(number) for number in range(COLOURS * len(SHAPES))}) == COLOURS * len(SHAPES)


def test_places_are_per_cent_within_the_edges(index: Index) -> None:
    corners = PaperMap((MapPoint(1, "chen", 0, 0, "一？"), MapPoint(2, "chen", 1, 0.5, "二？")), 0)
    assert re.findall(r'x="(\S+)" y="(\S+)" data-shown', map_html(corners, index, ZH)) == [
        ("4.00%", "4.00%"),
        ("96.00%", "50.00%"),
    ]


def test_nothing_to_draw_is_said(index: Index) -> None:
    assert ZH.map_empty in map_html(PaperMap((), 0), index, ZH)
    assert EN.timeline_empty in timeline_html((), {}, EN)


def test_what_papers_say_is_no_markup(index: Index) -> None:
    paper = replace(index.papers["chen"], title=EVIL, text=EVIL * 400)
    passage = replace(index.passages[1], section=EVIL)
    papers = {**index.papers, "chen": paper}
    evil = replace(index, papers=papers, passages=PassageTable.of([index.passages[0], passage], papers))
    told = DatedEvent("2012", (Telling("chen", 0, 9, EVIL, EVIL, ()),), EVIL)
    for html in (
        map_html(PaperMap((MapPoint(1, "chen", 0, 0, EVIL),), 0), evil, ZH),
        timeline_html((told,), {"chen": paper}, ZH),
    ):
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;" in html
        assert not re.search("""["']&(?!\\w+;|#)""", html)


def test_the_timeline_has_years_dates_and_places(index: Index) -> None:
    events = events_of(index.papers.values())
    html = timeline_html(events, index.papers, ZH)
    years = re.findall(r"<h3>(\d+)年</h3>", html)
    assert years == [str(year) for year in sorted({event.year for event in events})]
    asked = re.findall(r'class="yj-what" data-ask="([^"]*)"', html)
    assert [unescape(question) for question in asked] == [event.question for event in events]
    places = [Place.of(unescape(place)) for place in re.findall(r'data-event="([^"]*)"', html)]
    assert places == [
        Place(telling.paper, index.papers[telling.paper].sha256[:16], telling.start, telling.end)
        for event in events
        for telling in event.tellings
    ]
    assert ZH.timeline_hint.format(count=len(events)) in html


def test_pages_are_told_where_there_are_any() -> None:
    paper = Paper("a", "a.pdf", "", "2012年立项。", title="一")
    told = DatedEvent("2012", (Telling("a", 0, 8, "2012年立项。", "一、背景", (3,)),), "？")
    assert "一、背景 · 第3页" in timeline_html((told,), {"a": paper}, ZH)
    assert "一、背景 · p. 3" in timeline_html((told,), {"a": paper}, EN)


@pytest.mark.parametrize(
    ("date", "chinese", "english"),
    [
        ("2012", "", ""), ("2012-08", "8月", "August"), ("2014-12-16", "12月16日", "16 December"),
        ("2009/2017", "2009—2017年", "2009–2017"), ("2022-05/2023-09", "2022.5 — 2023.9", "2022.5 – 2023.9"),
    ],
)  # fmt: skip
def test_a_date_is_said_within_its_year(date: str, chinese: str, english: str) -> None:
    assert date_said(date, ZH) == chinese
    assert date_said(date, EN) == english


def test_a_row_is_said_without_its_dates_and_figures() -> None:
    row = "8\t纤维材料\t美国先进功能性织物创新中心\t2016.4\t110\t7 500 万\t麻省理工学院"
    said = what_said(Telling("a", 0, 9, row, "", (), row=True))
    assert said == "纤维材料 · 美国先进功能性织物创新中心 · 麻省理工学院"
    assert what_said(Telling("a", 0, 9, "2012 年提出 [1]。", "", ())) == "2012 年提出。"


def colours(css: str, name: str) -> dict[str, str]:
    """What the rules of this selector set."""
    rules = re.findall(rf"^{re.escape(name)} {{(.*?)}}", css, re.MULTILINE | re.DOTALL)
    return {name: value for rule in rules for name, value in re.findall(r"(--[\w-]+): (#\w{6})\b", rule)}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("theme", [":root", ".dark"])
def test_every_colour_stands_out_from_its_ground(theme: str) -> None:
    css = (UI / "page.css").read_text("utf-8") + (UI / "overview.css").read_text("utf-8")
    set_there = colours(css, theme)
    for number in range(COLOURS):
        for ground in ("--yj-sheet", "--yj-page"):
            assert contrast(set_there[f"--yj-paint-{number}"], set_there[ground]) >= 3, (theme, number, ground)


# In the browser ---------------------------------------------------------------------------------------------------

Static = Callable[..., Page]
LISTEN = """addEventListener('click', (event) => {
  const asked = event.target.closest('[data-ask], [data-event]');
  if (asked) (window.asked ??= []).push(asked.dataset.ask ?? asked.dataset.event);
});"""
NINE = tuple(MapPoint(20 + n, ("chen", "zhang")[n % 2], n % 3 / 2, n // 3 / 2, f"第{n}问？") for n in range(9))
"""Three rows of three, from the left above: 0 1 2, 3 4 5, 6 7 8."""


@pytest.fixture
def static(browser: Browser, index: Index) -> Iterator[Static]:
    """Opens a page that holds the map of `NINE` and the timeline, and the style and script of both."""
    opened: list[Page] = []
    broken: list[str] = []

    def start(width: int = 1280, *, dark: bool = False, touch: bool = False) -> Page:
        script = (UI / "overview.js").read_text("utf-8")
        css = (UI / "page.css").read_text("utf-8").partition("/* ---- Gradio")[0] + (UI / "overview.css").read_text(
            "utf-8"
        )
        body = map_html(PaperMap(NINE, 0), index, ZH) + timeline_html(
            events_of(index.papers.values()), index.papers, ZH
        )
        page = browser.new_page(viewport={"width": width, "height": 800}, has_touch=touch)
        opened.append(page)
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.set_content(
            f'<!doctype html><html lang="zh-CN" class="{"dark" * dark}"><style>{css} body {{ margin: 0 }}</style>'
            f'<body><button id="before">前</button>{body}<script>{script}{LISTEN}</script>'
        )
        return page

    yield start
    for page in opened:
        page.close()
    assert broken == []


def asked(page: Page) -> list[str]:
    """What was asked or opened, in order."""
    return list(page.evaluate("window.asked ?? []"))


def current(page: Page) -> str | None:
    """The question of the point at which the keyboard is."""
    point = page.locator('.yj-plane use[aria-selected="true"]')
    if not point.count():
        return None
    assert page.locator(".yj-plane > svg").get_attribute("aria-activedescendant") == point.get_attribute("id")
    return point.get_attribute("data-ask")


def centre(page: Page, selector: str) -> tuple[float, float]:
    """The middle of what is drawn, in pixels."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@NEEDS_BROWSER
@pytest.mark.parametrize("width", [1280, 375])
def test_the_map_is_one_stop_and_arrows_go_to_the_nearest_point(static: Static, width: int) -> None:
    page = static(width)
    page.focus("#before")
    page.keyboard.press("Tab")
    assert current(page) == "第0问？"
    expect(page.locator(".yj-point-tip")).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert centre(page, ".yj-ring") == pytest.approx(centre(page, 'use[data-ask="第3问？"]'), abs=1.5)
    page.keyboard.press("Home")
    went = []
    for key in (
        "ArrowRight",
        "ArrowRight",
        "ArrowRight",
        "ArrowDown",
        "ArrowDown",
        "ArrowLeft",
        "ArrowUp",
        "Home",
        "End",
    ):
        page.keyboard.press(key)
        went.append(current(page))
    assert went == [f"第{n}问？" for n in (1, 2, 2, 5, 8, 7, 4, 0, 8)]
    page.keyboard.press("Enter")
    page.keyboard.press(" ")
    assert asked(page) == ["第8问？", "第8问？"]
    page.keyboard.press("Escape")
    expect(page.locator(".yj-point-tip")).to_be_hidden()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.shows") == "0"  # the legend, not the next point


@NEEDS_BROWSER
def test_hovering_tells_what_a_point_is_and_a_click_asks(static: Static, index: Index) -> None:
    page = static()
    passage = index.passages[24]
    page.hover('use[data-ask="第4问？"]')
    tip = page.locator(".yj-point-tip")
    expect(tip).to_be_visible()
    text = " ".join(index.papers[passage.paper].text[passage.start : passage.end].split())
    assert tip.locator("b").text_content() == index.papers["chen"].title
    assert tip.locator("i").text_content() == passage.section
    assert tip.locator("span").text_content() == (f"{text[:120].rstrip()}…" if len(text) > 120 else text)
    page.click('use[data-ask="第4问？"]')
    assert asked(page) == ["第4问？"]
    page.hover("h2 >> nth=0")
    expect(tip).to_be_hidden()


@NEEDS_BROWSER
def test_the_first_tap_tells_and_the_second_asks(static: Static) -> None:
    page = static(375, touch=True)
    page.tap('use[data-ask="第3问？"]')
    expect(page.locator(".yj-point-tip em")).to_have_text(ZH.map_again)
    assert asked(page) == []
    page.tap('use[data-ask="第3问？"]')
    assert asked(page) == ["第3问？"]


@NEEDS_BROWSER
def test_a_paper_can_be_left_out_of_the_map(static: Static) -> None:
    page = static()
    page.click(".yj-map [data-shows='1']")
    expect(page.locator(".yj-map [data-shows='1']")).to_have_attribute("aria-pressed", "false")
    shown = page.locator(".yj-plane use:visible")
    assert [shown.nth(n).get_attribute("data-ask") for n in range(shown.count())] == [
        f"第{n}问？" for n in (0, 2, 4, 6, 8)
    ]
    page.focus(".yj-plane > svg")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert current(page) == "第6问？"
    page.click(".yj-map [data-shows='1']")
    expect(shown).to_have_count(9)


@NEEDS_BROWSER
def test_the_script_works_on_what_takes_the_place_of_the_map(static: Static) -> None:
    page = static()
    page.evaluate("document.querySelector('.yj-map').outerHTML = document.querySelector('.yj-map').outerHTML")
    page.focus(".yj-plane > svg")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert asked(page) == ["第8问？"]


@NEEDS_BROWSER
@pytest.mark.parametrize("width", [1280, 375])
def test_a_paper_can_be_left_out_of_the_timeline(static: Static, index: Index, width: int) -> None:
    page = static(width)
    events = events_of(index.papers.values())
    only = next(event for event in events if {telling.paper for telling in event.tellings} == {"chen"})
    several = next(
        event for event in events if {telling.paper for telling in event.tellings} == {"chen", "wang-yu-liu"}
    )
    number = list(index.papers).index("chen")
    page.click(f".yj-time [data-shows='{number}']")
    there = page.locator(".yj-what:visible").evaluate_all("all => all.map((one) => one.dataset.ask)")
    kept = [event for event in events if any(telling.paper != "chen" for telling in event.tellings)]
    assert there == [event.question for event in kept]
    assert only not in kept
    assert several in kept
    years = page.locator(".yj-year:visible h3").all_text_contents()
    assert years == [f"{year}年" for year in sorted({event.year for event in kept})]
    for other in range(len(index.papers)):
        if other != number:
            page.click(f".yj-time [data-shows='{other}']")
    expect(page.locator(".yj-none")).to_be_visible()


@NEEDS_BROWSER
def test_an_event_asks_and_its_marks_open_the_evidence(static: Static, index: Index) -> None:
    page = static()
    event = events_of(index.papers.values())[0]
    telling = event.tellings[0]
    page.click(".yj-what >> nth=0")
    page.click(".yj-telling >> nth=0")
    sha256 = index.papers[telling.paper].sha256[:16]
    assert asked(page) == [event.question, f"{telling.paper}:{sha256}:{telling.start}:{telling.end}"]


@NEEDS_BROWSER
@pytest.mark.parametrize("width", [1280, 700, 375])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(static: Static, width: int, dark: bool) -> None:
    page = static(width, dark=dark)
    for point in range(9):
        page.hover(f'use[data-ask="第{point}问？"]')
        tip = page.locator(".yj-point-tip").bounding_box()
        assert tip is not None
        assert tip["x"] >= 0
        assert tip["x"] + tip["width"] <= width
    assert overflow(page) <= 0
    fonts = page.locator(".yj-event time").evaluate_all(
        "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert fonts == 0
