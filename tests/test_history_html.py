"""The history as the page shows it: by day, newest first, what was searched for marked, nothing taken for markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape

import pytest
from lxml import etree, html

from corpus.errors import ConversationDamaged
from qa.history import Listing, Snippet, Summary
from ui.history_html import forgotten_html, history_html
from ui.words import WORDS, Words

ZH, EN = WORDS["zh"], WORDS["en"]
TODAY = date(2026, 11, 25)
HOSTILE = "<script>alert('\"&x')</script>"


def summary(key: str, day: str, question: str = "几家？", answers: int = 2, snippet: Snippet | None = None) -> Summary:
    """A conversation that went on last at a time such as `2026-11-25 08:30` UTC."""
    at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return Summary(key * 16, at - 60, at, question, answers, snippet)


def shown(listing: Listing, words: Words = ZH, query: str = "", current: str = "") -> etree._Element:
    """The list as a browser reads it."""
    return html.fragment_fromstring(history_html(listing, TODAY, words, query, current, UTC))


def test_conversations_stand_under_their_day() -> None:
    summaries = (
        summary("a", "2026-11-26 00:10"), summary("b", "2026-11-25 00:00"), summary("c", "2026-11-24 23:59"),
        summary("d", "2026-11-23 23:59"), summary("e", "2025-01-02 03:04"),
    )  # fmt: skip
    groups = [
        (section.findtext("h3"), [button.get("data-conversation", "")[0] for button in section.iter("button")
                                  if button.get("data-conversation")])
        for section in shown(Listing(summaries, 5, ())).iter("section")
    ]  # fmt: skip
    assert groups == [("今天", ["a", "b"]), ("昨天", ["c"]), ("更早", ["d", "e"])]
    times = [(t.text, t.get("datetime")) for t in shown(Listing(summaries, 5, ())).iter("time")]
    assert times[1:4] == [
        ("00:00", "2026-11-25T00:00:00+00:00"), ("23:59", "2026-11-24T23:59:00+00:00"),
        ("2026-11-23", "2026-11-23T23:59:00+00:00"),
    ]  # fmt: skip


def test_an_entry_can_be_opened_taken_along_and_removed() -> None:
    listing = Listing((summary("a", "2026-11-25 08:30"), summary("b", "2026-11-25 08:00", answers=1)), 2, ())
    first, second = shown(listing, current="b" * 16).iter("li")
    opens, forget = first.iter("button")
    assert opens.get("data-conversation") == forget.get("data-forget") == "a" * 16
    assert opens.findtext("b") == "几家？"
    assert "".join(opens.itertext()) == "几家？08:30 · 2 条回答"
    assert [(a.get("href"), a.text, a.get("download")) for a in first.iter("a")] == [
        (f"/conversations/{'a' * 16}.md", "Markdown", ""), (f"/conversations/{'a' * 16}.docx", "Word", ""),
    ]  # fmt: skip
    assert [button.get("aria-current") for button in (opens, next(second.iter("button")))] == [None, "true"]
    assert "1 条回答" in "".join(second.itertext())


def test_what_was_searched_for_is_marked() -> None:
    snippet = Snippet("…投资<b>的投资额", ((1, 3), (7, 9)))
    listing = Listing((summary("a", "2026-11-25 08:30", snippet=snippet),), 1, ())
    (told,) = shown(listing, query="投资").find_class("yj-snippet")
    assert [mark.text for mark in told.iter("mark")] == ["投资", "投资"]
    assert "".join(told.itertext()) == snippet.text
    assert told.find(".//b") is None


def test_nothing_is_markup() -> None:
    entry = summary("a", "2026-11-25 08:30", HOSTILE, snippet=Snippet(HOSTILE, ((0, 3), (8, 9))))
    entry = replace(entry, key=HOSTILE)
    listing = Listing((entry,), 9, (ConversationDamaged(key=HOSTILE, detail=HOSTILE),))
    for words in (ZH, EN):
        page = history_html(listing, TODAY, words, HOSTILE, "", UTC) + forgotten_html([(HOSTILE, HOSTILE)], words)
        page += history_html(Listing((), 0, ()), TODAY, words, HOSTILE, "", UTC)
        tree = html.fragment_fromstring(f"<div>{page}</div>")
        assert not list(tree.iter("script"))
        assert HOSTILE in [element.get("data-forget") for element in tree.iter("button")]
        assert HOSTILE in [element.get("data-remember") for element in tree.iter("button")]
        assert all(set(element.keys()) <= KNOWN for element in tree.iter())


KNOWN = {
    "class", "role", "aria-label", "aria-current", "type", "data-conversation", "data-forget", "data-remember", "href",
    "download", "datetime",
}  # fmt: skip


@pytest.mark.parametrize(
    ("listing", "query", "told"),
    [
        (Listing((), 0, ()), "", "还没有对话；提问之后，对话会保存在这台机器上。"),
        (Listing((), 0, ()), "  ", "还没有对话；提问之后，对话会保存在这台机器上。"),
        (Listing((), 0, ()), "投资 & 会员", "没有包含“投资 & 会员”的对话。"),
    ],
)
def test_where_there_are_none_it_says_so(listing: Listing, query: str, told: str) -> None:
    assert "".join(shown(listing, query=query).itertext()) == told


def test_more_than_are_shown_are_counted() -> None:
    listing = Listing((summary("a", "2026-11-25 08:30"),), 5000, ())
    assert "共 5000 段对话，这里是最近的 1 段" in unescape(history_html(listing, TODAY, ZH))
    assert "5000 conversations, of which these are the latest 1" in history_html(listing, TODAY, EN)


def test_a_damaged_one_is_told_and_can_be_removed() -> None:
    fault = ConversationDamaged(key="d" * 16, detail="no JSON")
    listing = Listing((summary("a", "2026-11-25 08:30"),), 1, (fault,))
    (broken,) = shown(listing).find_class("yj-damaged")
    assert "".join(broken.itertext()) == f"{fault.message('zh')}删除"
    assert [button.get("data-forget") for button in broken.iter("button")] == ["d" * 16]
    alone = shown(Listing((), 0, (fault,)), EN, "x")
    assert "No conversation holds “x”." in "".join(alone.itertext())
    assert fault.message("en") in "".join(alone.itertext())


def test_what_was_removed_can_be_had_back() -> None:
    tree = html.fragment_fromstring(forgotten_html([("a" * 16, "几家？"), ("b" * 16, "")], ZH))
    assert ["".join(line.itertext()) for line in tree.iter("p")] == ["已删除：几家？ 撤销", "已删除：（没有提问） 撤销"]
    assert [button.get("data-remember") for button in tree.iter("button")] == ["a" * 16, "b" * 16]
    assert forgotten_html([], ZH) == ""


def test_a_long_question_is_cut() -> None:
    listing = Listing((summary("a", "2026-11-25 08:30", "问 \n" * 100),), 1, ())
    (question,) = shown(listing).iter("b")
    assert question.text == f"{('问 ' * 60)}…"
