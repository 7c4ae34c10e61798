"""The map, the timeline and the history on the page, in a real browser, on the five papers."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from playwright.sync_api import Page, expect

from qa import Shelf
from qa.map import map_of
from qa.timeline import events_of
from tests.browsing import EN, NEEDS_BROWSER, ZH, Open, ask, browser, open_page
from tests.served import Visit, serving
from tests.test_page import ScriptedShelf, ScriptedSnapshot, scripted
from ui.passwords import Passwords
from ui.state import Place

pytestmark = NEEDS_BROWSER
__all__ = ["browser", "open_page", "scripted"]


def show(page: Page, tab: str) -> None:
    """Press a tab and wait until its panel is filled."""
    page.click(f"#yj-tab-{tab}")
    expect(page.locator(f"#yj-{tab}-panel")).to_be_visible()
    expect(page.locator(f"#yj-{tab}-panel")).not_to_contain_text(ZH.drawing)


# ---- the map


def test_a_point_shows_its_passage_and_asks_about_it(real_shelf: Shelf, open_page: Open) -> None:
    """Every passage of the body has its point; what a press asks is answered from that very passage."""
    page = open_page(real_shelf)
    show(page, "map")
    index = real_shelf.index
    drawn = map_of(index)
    expect(page.locator(".yj-plane use[data-ask]")).to_have_count(len(drawn.points))
    point = next(p for p in drawn.points if index.passages[p.passage].paper == "zhang")
    passage = index.passages[point.passage]
    text = " ".join(index.papers["zhang"].text[passage.start : passage.end].split())
    mark = page.locator(f"#yj-point-{point.passage}")
    mark.dispatch_event("pointerover", {"pointerType": "mouse"})
    expect(page.locator(".yj-point-tip")).to_contain_text(text[:60])
    expect(page.locator(".yj-point-tip")).to_contain_text(str(index.papers["zhang"].title))
    mark.dispatch_event("click")
    expect(page.locator(".yj-question")).to_contain_text(point.question)
    expect(page.locator(".yj-answer")).to_be_visible()
    citations = real_shelf.ask(point.question).citations
    assert any(c.paper.id == "zhang" and passage.start <= c.start < passage.end for c in citations)
    expect(page.locator("#yj-evidence .yj-card")).to_contain_text(citations[0].paper.file)


def test_the_map_is_drawn_anew_when_the_index_has_changed(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted)
    show(page, "map")
    expect(page.locator("#yj-map .yj-legend li")).to_have_count(5)
    scripted.library.remove("zhang")
    scripted.update()
    page.click("#yj-tab-map")
    expect(page.locator("#yj-map .yj-legend li")).to_have_count(4)
    page.click("#yj-switch")
    expect(page.locator("#yj-map h2")).to_have_text("Map of the papers")
    expect(page.locator("#yj-map .yj-legend li")).to_have_count(4)


# ---- the timeline


def test_an_event_opens_where_it_is_told_and_asks_about_itself(real_shelf: Shelf, open_page: Open) -> None:
    page = open_page(real_shelf)
    show(page, "timeline")
    events = events_of(real_shelf.index.papers.values())
    expect(page.locator(".yj-event")).to_have_count(len(events))
    years = [text.rstrip("年") for text in page.locator(".yj-year > h3").all_text_contents()]
    assert years == sorted(years)
    event = next(e for e in events if e.date.startswith("2012") and not e.tellings[0].row)
    telling = event.tellings[0]
    paper = real_shelf.index.papers[telling.paper]
    place = Place(telling.paper, paper.sha256[:16], telling.start, telling.end)
    page.locator(f"[data-event='{place}']").click()
    expect(page.locator("#yj-evidence .yj-kicker")).to_have_text(ZH.event_told)
    expect(page.locator("#yj-evidence mark").first).to_be_in_viewport()
    marked = "\n".join(page.locator("#yj-evidence mark").all_text_contents())
    assert marked == paper.text[telling.start : telling.end]
    page.locator(".yj-steps [data-step]").first.click()
    expect(page.locator("#yj-evidence mark")).to_have_count(0)
    page.get_by_role("button", name=ZH.to_quotation).click()
    expect(page.locator("#yj-evidence mark").first).to_be_visible()
    show(page, "timeline")
    page.locator(".yj-what", has_text=re.compile("国家制造业创新网络")).first.click()
    expect(page.locator(".yj-turn")).to_have_count(1)
    expect(page.locator(".yj-answer")).to_be_visible()


@pytest.mark.parametrize(
    "place",
    [
        "zhang::0:99999999",
        "zhang::5:5",
        "nobody::0:9",
        "zhang:0:9",
        ":::",
        "zhang::-1:4",
        "zhang::²:4",
        "zhang:ab0:0:9",
    ],
)
def test_a_place_that_is_none_opens_nothing(small_shelf: Shelf, place: str) -> None:
    with serving(small_shelf) as served, httpx.Client(base_url=served.url, trust_env=False, timeout=60) as client:
        visit = Visit(client)
        visit.arrive()
        told = visit.press(visit.handler("yj-timeline", "event"), [None], {"place": place})
        assert told[-1]["success"]
        assert "yj-card" not in str(told[-1]["output"])
        told = visit.press(visit.handler("yj-timeline", "event"), [None], {"place": "zhang::0:9"})
        assert "yj-card" in str(told[-1]["output"])


def test_an_event_of_a_paper_that_has_changed_since_opens_nothing_else(
    scripted: ScriptedShelf, open_page: Open, papers: Path
) -> None:
    """What stands there by now is not what was meant."""
    page = open_page(scripted)
    show(page, "timeline")
    told = page.locator("[data-event^='zhang:']").first
    told.click()
    expect(page.locator("#yj-evidence mark").first).to_be_visible()
    (papers / "zhang.txt").write_text("别的。\n" + (papers / "zhang.txt").read_text("utf-8"), encoding="utf-8")
    scripted.update()
    page.click("#yj-tab-timeline", trial=True)
    page.evaluate("document.getElementById('yj-right').setAttribute('data-tab', 'timeline')")  # as it was drawn before
    told.click()
    expect(page.locator("#yj-evidence")).to_have_text(ZH.event_gone)


# ---- the history


def test_a_conversation_is_kept_found_opened_again_and_taken_along(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted)
    page.click("#yj-tab-history")
    expect(page.locator("#yj-history")).to_contain_text(ZH.history_empty)
    ask(page, "第一次谈话的问题")
    ask(page, "？")
    page.click("#yj-clear")
    expect(page.locator(".yj-turn")).to_have_count(0)
    ask(page, "第二次谈话的问题")
    show(page, "history")
    entries = page.locator(".yj-conversation")
    expect(entries.locator("b")).to_have_text(["第二次谈话的问题", "第一次谈话的问题"])
    expect(entries.first).to_have_attribute("aria-current", "true")
    page.fill("#yj-wanted input, #yj-wanted textarea", "第一次")
    expect(entries).to_have_count(1)
    expect(entries.locator("mark")).to_have_text("第一次")
    entries.click()
    expect(page.locator(".yj-turn")).to_have_count(2)
    expect(page.locator(".yj-question").first).to_contain_text("第一次谈话的问题")
    expect(page.locator(".yj-answer")).to_have_count(1)
    expect(page.locator(".yj-error")).to_contain_text("没有文字")
    expect(page.locator(".yj-standing")).to_have_text(ZH.reopened)
    page.locator(".yj-mark").first.click()
    expect(page.locator("#yj-evidence mark").first).to_be_visible()
    # It goes on where it was.
    ask(page, "接着问")
    show(page, "history")
    page.fill("#yj-wanted input, #yj-wanted textarea", "")
    expect(entries).to_have_count(2)
    expect(entries.first).to_contain_text("第一次谈话的问题")
    links = page.locator(".yj-acts a")
    with page.expect_download() as loading:
        links.nth(1).click()
    data = loading.value.path().read_bytes()
    assert loading.value.suggested_filename.endswith(".docx")
    told = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)
    assert "第一次谈话的问题" in told
    assert "接着问" in told
    with page.expect_download() as loading:
        links.nth(0).click()
    assert "[^1]" in loading.value.path().read_text(encoding="utf-8")


def test_a_removed_conversation_can_be_had_back(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted)
    ask(page, "要删的问题")
    show(page, "history")
    page.locator("[data-forget]").click()
    expect(page.locator("#yj-forgotten")).to_contain_text(ZH.forgotten.format(question="要删的问题"))
    expect(page.locator(".yj-conversation")).to_have_count(0)
    page.locator("[data-remember]").click()
    expect(page.locator(".yj-conversation")).to_have_count(1)
    expect(page.locator("[data-remember]")).to_have_count(0)


def test_a_conversation_of_somebody_else_is_not_to_be_had(scripted: ScriptedShelf) -> None:
    """Nor one that there is not; its key is no way to another file."""
    kept = scripted.history.put("李明", "0123456789abcdef", "问题", None)
    assert kept.question == "问题"
    with serving(scripted) as served, httpx.Client(base_url=served.url, trust_env=False, timeout=60) as client:
        for path in ("0123456789abcdef.md", "0123456789abcdef.docx", "../index.md", "x.md", "0123456789abcdef.exe"):
            assert client.get(f"/conversations/{path}").status_code == 404, path
        visit = Visit(client)
        visit.arrive()
        told = visit.press(visit.handler("yj-history", "open"), [None, ""], {"key": "0123456789abcdef"})
        assert told[-1]["success"]
        assert "0123456789abcdef" in str(told[-1]["output"])  # which it says that there is not
        assert "yj-turn" not in str(told[-1]["output"])


def test_who_is_logged_in_takes_along_their_own_conversations_and_no_others(
    scripted: ScriptedShelf, tmp_path: Path
) -> None:
    """Nor those that were kept before anybody had a password."""
    scripted.settings = replace(scripted.settings, password_file=str(tmp_path / "passwords.json"))
    Passwords(tmp_path / "passwords.json").put("li", "a long enough password", "reader")
    for user, key in (("li", "a" * 16), ("wang", "b" * 16), ("", "c" * 16)):
        scripted.history.put(user, key, f"{user}的问题", scripted.ask("制造业创新网络的经费来源是什么？"))
    with serving(scripted) as served, httpx.Client(base_url=served.url, trust_env=False, timeout=60) as client:
        assert client.get(f"/conversations/{'a' * 16}.md").status_code == 401
        client.post("/login", data={"name": "li", "password": "a long enough password"})
        told = client.get(f"/conversations/{'a' * 16}.md")
        assert told.status_code == 200
        assert "li的问题" in told.text
        assert client.get(f"/conversations/{'b' * 16}.md").status_code == 404
        assert client.get(f"/conversations/{'c' * 16}.docx").status_code == 404


def test_a_second_question_waits_in_the_box_while_the_first_is_answered(
    scripted: ScriptedShelf, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer on its way would write over it; once that has come it is asked, in the same conversation."""
    gate = threading.Event()
    stream = ScriptedSnapshot.stream

    def held(snapshot: ScriptedSnapshot, *asked: Any) -> Any:
        assert gate.wait(60)
        return stream(snapshot, *asked)

    monkeypatch.setattr(ScriptedSnapshot, "stream", held)
    page = open_page(scripted)
    page.locator("button[data-ask]").first.click()
    expect(page.locator(".yj-working")).to_be_visible()
    page.fill("#yj-question textarea", "第二个问题")
    page.press("#yj-question textarea", "Enter")
    page.wait_for_timeout(500)
    expect(page.locator("#yj-question textarea")).to_have_value("第二个问题")
    gate.set()
    expect(page.locator(".yj-answer")).to_have_count(1)
    page.press("#yj-question textarea", "Enter")
    expect(page.locator(".yj-answer")).to_have_count(2)
    assert [s.answers for s in scripted.history.list("").summaries] == [2]


def test_of_a_question_that_is_too_long_little_is_kept(scripted: ScriptedShelf, open_page: Open) -> None:
    """It is refused before anything is made of it, also as a follow-up."""
    page = open_page(scripted)
    ask(page, "问题")
    ask(page, "那2019年呢？" * 4000)
    expect(page.locator(".yj-error")).to_contain_text("32000")
    (file,) = scripted.history.folder.rglob("*.json")
    assert file.stat().st_size < 20_000
    show(page, "history")
    page.fill("#yj-wanted input, #yj-wanted textarea", "词 " * 3000)
    expect(page.locator("#yj-history")).to_contain_text("没有包含")


def test_the_page_leads_to_the_api(scripted: ScriptedShelf, open_page: Open) -> None:
    page = open_page(scripted, words=EN)
    with page.context.expect_page() as opened:
        page.locator(".yj-more a").click()
    expect(opened.value.locator("h1")).to_be_visible()
    assert opened.value.url.endswith("/api/docs")


def test_a_damaged_conversation_does_not_keep_what_is_said_next_from_being_kept(
    scripted: ScriptedShelf, open_page: Open
) -> None:
    """It is listed with its fault; the next question begins another one."""
    page = open_page(scripted)
    ask(page, "先前的问题")
    (file,) = scripted.history.folder.rglob("*.json")
    file.write_text("{", encoding="utf-8")
    ask(page, "之后的问题")
    show(page, "history")
    expect(page.locator(".yj-conversation b")).to_have_text(["之后的问题"])
    expect(page.locator(".yj-damaged .yj-reason")).to_contain_text(file.stem)
    page.locator(".yj-damaged [data-forget]").click()
    expect(page.locator(".yj-damaged")).to_have_count(0)
