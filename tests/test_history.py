"""Conversations are kept whole on this machine, found by what was said in them, and dropped when many."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import (
    AnswerUnknown,
    ConversationDamaged,
    ConversationsUnwritable,
    ConversationUnknown,
    QuestionTooLong,
)
from corpus.settings import Settings
from indexer.lexical import folded, folded_in_place
from qa import Answer, Shelf
from qa.answer import Statement
from qa.citation import cite
from qa.history import ASIDE_SECONDS, History, KeptError, Snippet, new_key
from qa.kept import Answers
from tests.conftest import PROJECT

A, B, C, D = "a" * 16, "b" * 16, "c" * 16, "d" * 16


class Clock:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of `history`."""
    return Clock()


@pytest.fixture
def history(tmp_path: Path, clock: Clock) -> History:
    """No conversations yet; three are kept."""
    return History(tmp_path / "conversations", Answers(tmp_path / "answers"), 3, clock)


def said(text: str, question: str = "几家？") -> Answer:
    """An answer that says so, without citations: what a history makes of it does not hang on them."""
    return Answer(question, (Statement(text),), False, 0.9, (), (), {"answer": 1.0})


def keys(history: History, query: str = "", user: str = "") -> list[str]:
    """The keys of the conversations that are listed."""
    listing = history.list(user, query)
    assert listing.found == len(listing.summaries)
    return [summary.key for summary in listing.summaries]


# Kept and had back ---------------------------------------------------------------------------------------------------


def test_a_conversation_comes_back_turn_by_turn(history: History) -> None:
    first = history.put("", A, "几家？", said("14家。"))
    broken = history.put("", A, "然后呢？")
    refused = history.put("", A, "长" * 9, QuestionTooLong(length=9, limit=8))
    again = history.put("", A, "还有呢？", first.address)
    conversation = history.get("", A)
    assert conversation.turns == (first, broken, refused, again)
    assert (conversation.key, conversation.begun, conversation.changed) == (A, first.asked, again.asked)
    assert [turn.question for turn in conversation.turns] == ["几家？", "然后呢？", "长" * 9, "还有呢？"]
    assert history.answers.get(first.address).text == "14家。"
    assert again.address == first.address
    assert (broken.address, broken.error) == ("", None)
    assert refused.error == KeptError("QuestionTooLong", {"length": "9", "limit": "8"})
    assert refused.error.told().message("zh") == "问题有 9 个字，超过上限 8；请缩短"


def test_its_answers_are_checked_against_the_papers_of_today(small_shelf: Shelf, papers: Path) -> None:
    paper = small_shelf.index.papers["chen"]
    start = paper.text.index("其数量达到了15家")
    citation = cite(paper, start, start + 9, 1, 1.0)
    answer = Answer("几家？", (Statement(citation.quote, (1,)),), False, 0.9, (citation,), (), {})
    history = small_shelf.history
    lost = history.put("李明", A, "几家？", answer)
    history.put("李明", A, "长", QuestionTooLong(length=9, limit=8))
    history.put("李明", A, "断了")
    history.put("李明", A, "丢了", said("回答。"))
    history.answers.drop(history.get("李明", A).turns[3].address)
    chen = papers / "chen.txt"
    chen.write_text(chen.read_text(encoding="utf-8").replace("达到了15家", "达到了16家"), encoding="utf-8")
    small_shelf.update()
    turns = history.reopen("李明", A, small_shelf.index.papers)
    assert turns[0].reopened is not None
    assert turns[0].reopened.states == ("not found",)
    assert turns[0].reopened.answer.text == f"{citation.quote} [1]"
    assert turns[0].turn == lost
    assert [type(turn.fault) for turn in turns] == [type(None), QuestionTooLong, type(None), AnswerUnknown]
    assert [turn.reopened for turn in turns[1:]] == [None, None, None]


def test_the_folders_lie_beside_the_index(small_shelf: Shelf) -> None:
    index = small_shelf.store.folder
    assert small_shelf.history.folder == index.with_name(f"{index.name}-conversations")
    assert small_shelf.history.answers is small_shelf.answers
    small_shelf.history.put("", A, "几家？", said("14家。"))
    assert keys(small_shelf.history) == [A]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_they_are_for_this_user_of_the_machine_alone(history: History) -> None:
    history.put("李明", A, "几家？", said("14家。"))
    history.put("李明", B, "几家？", said("14家。"))
    history.remove("李明", B)
    history.list("李明")
    (folder,) = (path for path in history.folder.iterdir() if path.is_dir())
    there = {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert there == {f"{A}.json": 0o600, "index.sqlite3": 0o600, ".removed": 0o700, f".removed/{B}.json": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(history.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("user", ["../..", "/etc", "a/b", "CON", "", ".", "\x00", "\ud800", "名" * 300, "Li", "li"])
def test_a_name_is_no_path(history: History, tmp_path: Path, user: str) -> None:
    before = set(tmp_path.iterdir())
    history.put(user, A, "几家？", said("14家。"))
    assert keys(history, user=user) == [A]
    assert keys(history, user="别人") == []
    (folder,) = (path for path in history.folder.iterdir() if path.is_dir())
    assert re.fullmatch("[0-9a-f]{32}", folder.name)
    assert set(tmp_path.iterdir()) - before == {history.folder, history.answers.folder}


def test_users_that_differ_in_case_do_not_share(history: History) -> None:
    history.put("Li", A, "几家？")
    history.put("li", B, "几家？")
    assert (keys(history, user="Li"), keys(history, user="li")) == ([A], [B])
    with pytest.raises(ConversationUnknown):
        history.get("li", A)


@pytest.mark.parametrize("key", ["", "../../x", "A" * 16, "a" * 15, "a" * 17, f"{'a' * 16}\n"])
def test_what_is_no_key_is_unknown(history: History, key: str) -> None:
    for act in (history.get, history.remove, history.restore):
        with pytest.raises(ConversationUnknown):
            act("", key)
    with pytest.raises(ConversationUnknown):
        history.put("", key, "几家？")
    with pytest.raises(ConversationUnknown):
        history.get("", new_key())


def test_an_address_that_was_never_given_is_not_kept(history: History) -> None:
    with pytest.raises(AnswerUnknown):
        history.put("", A, "几家？", "0" * 16)
    with pytest.raises(ConversationUnknown):
        history.get("", A)


def test_half_a_character_does_not_break_a_question(history: History) -> None:
    history.put("", A, "几\ud800家？")
    assert history.get("", A).turns[0].question == "几?家？"
    assert keys(history, "家") == [A]


# Found again ---------------------------------------------------------------------------------------------------------


def test_the_latest_comes_first_as_conversations_go_on(history: History) -> None:
    history.put("", A, "  甲\n问？ ", said("一。"))
    history.put("", B, "乙问？")
    history.put("", C, "丙问？", said("三。"))
    history.put("", A, "甲又问？", said("四。"))
    listing = history.list("")
    assert [(s.key, s.question, s.answers) for s in listing.summaries] == [
        (A, "  甲\n问？ ", 2), (C, "丙问？", 1), (B, "乙问？", 0),
    ]  # fmt: skip
    assert [s.snippet for s in listing.summaries] == [None, None, None]
    assert (listing.found, listing.damaged) == (3, ())
    assert listing.summaries[0].begun < listing.summaries[1].begun < listing.summaries[0].changed
    few = history.list("", most=2)
    assert ([s.key for s in few.summaries], few.found) == ([A, C], 3)


@pytest.mark.parametrize(
    ("query", "found", "marked"),
    [
        ("会员", [A], ["會員"]),
        ("會員", [A], ["會員"]),
        ("２０１９", [A], ["2019"]),
        ("1920", [A], ["1 920"]),
        ("iacmi", [B], ["ＩＡＣＭＩ"]),
        ("IACMI 经营", [B], ["ＩＡＣＭＩ", "经营"]),
        ("经营 iacmi", [B], ["ＩＡＣＭＩ", "经营"]),
        ("会员 经营", [], []),
        ("完整", [B], ["完整"]),
        ("几家", [B, A], ["几家"]),
        ("%", [], []),
        ("_", [], []),
        ("'", [], []),
    ],
)
def test_every_word_must_stand_in_it(history: History, query: str, found: list[str], marked: list[str]) -> None:
    history.put("", A, "几家？", said("2019年會員 1 920 家。"))
    history.put("", B, "几家？", said("ＩＡＣＭＩ由CCS经营。", question="完整的问题"))
    assert keys(history, query) == found
    for summary in history.list("", query).summaries:
        assert summary.snippet is not None
        assert [summary.snippet.text[start:end] for start, end in summary.snippet.marks] == marked


def test_a_snippet_is_cut_around_the_first_word(history: History) -> None:
    history.put("", A, "几家？", said("前" * 50 + "目标" + "后" * 100))
    history.put("", B, "几家？", replace(said("投资。"), statements=(Statement("目标", about="张三"),)))
    b, a = history.list("", "目标").summaries
    assert a.snippet == Snippet(f"…{'前' * 24}目标{'后' * 64}…", ((25, 27),))
    assert b.snippet == Snippet("张三：目标", ((3, 5),))


def test_white_space_finds_all(history: History) -> None:
    history.put("", A, "几家？")
    assert keys(history, " 　\n") == [A]
    assert history.list("", " ").summaries[0].snippet is None


@given(st.text(), st.text(max_size=3))
def test_what_is_folded_in_place_is_where_it_says(before: str, word: str) -> None:
    text = before + word + before
    matched, places = folded_in_place(text)
    assert len(matched) == len(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@pytest.mark.parametrize("text", ["２０１９年會員 1 920 家", "ＩＡＣＭＩ，㎡e\u0301ﬁ", "後臺，干部乾燥", "İI", ""])
def test_a_text_is_folded_in_place_as_it_is_folded(text: str) -> None:
    assert folded_in_place(text)[0] == folded(text)


def test_a_damaged_file_is_told_and_the_others_are_listed(history: History) -> None:
    for key, question in ((A, "甲？"), (B, "乙？"), (C, "丙？")):
        history.put("", key, question, said("一。"))
    folder = next(path for path in history.folder.iterdir() if path.is_dir())
    assert keys(history) == [C, B, A]
    (folder / f"{A}.json").write_text('{"key": 3', encoding="utf-8")
    (folder / f"{B}.json").write_text((folder / f"{C}.json").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "notes.txt").write_text("", encoding="utf-8")
    listing = history.list("")
    assert [summary.key for summary in listing.summaries] == [C]
    assert listing.found == 1
    assert [fault.values["key"] for fault in listing.damaged] == [A, B]
    for act in (lambda: history.get("", A), lambda: history.put("", A, "又？")):
        with pytest.raises(ConversationDamaged, match=A):
            act()
    history.remove("", A)
    assert [fault.values["key"] for fault in history.list("").damaged] == [B]


@pytest.mark.parametrize(
    "change",
    [
        {"changed": float("nan")}, {"changed": 1e300}, {"turns": [{"question": 3, "asked": 1.0}]},
        {"turns": [{"question": "甲", "asked": 1.0, "error": {"error": "NoSuchError", "values": {}}}]},
        {"turns": [{"question": "甲", "asked": 1.0, "error": {"error": "QuestionTooLong", "values": {}}}]},
        {"turns": [{"question": "\ud800", "asked": 1.0}]}, {"more": 1},
    ],
)  # fmt: skip
def test_what_was_never_written_is_damaged(history: History, change: dict[str, object]) -> None:
    history.put("", A, "甲？")
    (file,) = history.folder.rglob("*.json")
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(ConversationDamaged):
        history.get("", A)
    assert [fault.values["key"] for fault in history.list("").damaged] == [A]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_the_list_is_made_anew_where_its_database_is_broken(history: History, content: bytes) -> None:
    history.put("", A, "甲？", said("一。"))
    assert keys(history, "一") == [A]
    (database,) = history.folder.rglob("index.sqlite3")
    database.write_bytes(content)
    history.put("", B, "乙？", said("一。"))
    assert keys(history, "一") == [B, A]
    database.unlink()
    assert keys(history, "一") == [B, A]


def test_an_answer_that_is_gone_does_not_hide_its_question(history: History) -> None:
    turn = history.put("", A, "甲？", said("一。"))
    history.answers.drop(turn.address)
    assert keys(history, "甲") == [A]
    assert keys(history, "一") == []


# Removed and dropped -------------------------------------------------------------------------------------------------


def test_what_was_removed_can_be_had_back(history: History) -> None:
    turn = history.put("", A, "甲？", said("一。"))
    history.put("", B, "乙？")
    history.remove("", A)
    assert keys(history) == [B]
    with pytest.raises(ConversationUnknown):
        history.get("", A)
    with pytest.raises(ConversationUnknown):
        history.remove("", A)
    history.restore("", A)
    history.restore("", A)
    assert keys(history) == [B, A]
    assert history.get("", A).turns == (turn,)
    assert history.answers.get(turn.address).text == "一。"
    with pytest.raises(ConversationUnknown):
        history.restore("", C)


def test_what_was_removed_comes_back_as_it_goes_on(history: History) -> None:
    first = history.put("", A, "甲？", said("一。"))
    history.remove("", A)
    second = history.put("", A, "然后？")
    assert history.get("", A).turns == (first, second)
    history.restore("", A)
    assert history.get("", A).turns == (first, second)


def test_after_a_day_it_is_gone_with_its_answers(history: History, clock: Clock) -> None:
    only, shared = said("一。"), said("二。")
    address = history.put("", A, "甲？", only).address
    kept = history.put("", A, "乙？", shared).address
    assert history.put("别人", B, "乙？", shared).address == kept
    history.remove("", A)
    clock.now += ASIDE_SECONDS - 100
    history.put("", C, "丙？")
    history.restore("", A)
    history.remove("", A)
    clock.now += ASIDE_SECONDS + 1
    history.put("", C, "丁？")
    with pytest.raises(ConversationUnknown):
        history.restore("", A)
    with pytest.raises(AnswerUnknown):
        history.answers.get(address)
    assert history.answers.get(kept).text == "二。"


def test_the_newest_are_kept_and_the_others_go_with_their_answers(history: History) -> None:
    first = history.put("", A, "甲？", said("一。")).address
    second = history.put("", B, "乙？", said("二。")).address
    history.put("", C, "丙？", said("一。"))
    history.put("", A, "甲又？", said("三。"))
    history.put("别人", B, "乙？")  # each user has as many
    assert keys(history) == [A, C, B]
    history.put("", D, "丁？", said("四。"))
    assert keys(history) == [D, A, C]
    assert keys(history, user="别人") == [B]
    with pytest.raises(AnswerUnknown):
        history.answers.get(second)
    history.put("", "e" * 16, "戊？")
    assert keys(history) == ["e" * 16, D, A]
    assert history.answers.get(first).text == "一。"  # C held it too, and A still does
    history.put("", "f" * 16, "己？")
    with pytest.raises(AnswerUnknown):
        history.answers.get(first)


def test_an_answer_of_what_was_removed_is_not_dropped_before_that(history: History) -> None:
    address = history.put("", A, "甲？", said("一。")).address
    history.put("", B, "乙？", said("一。"))
    history.remove("", B)
    for key in (C, D, "e" * 16):
        history.put("", key, "丙？")
    assert A not in keys(history)
    history.restore("", B)
    assert history.answers.get(address).text == "一。"


def test_none_are_kept_where_none_are_wanted(tmp_path: Path, clock: Clock) -> None:
    answers = Answers(tmp_path / "answers")
    earlier = History(tmp_path / "conversations", answers, 3, clock).put("", A, "甲？", said("一。")).address
    history = History(tmp_path / "conversations", answers, 0, clock)
    address = history.put("", B, "乙？", said("二。")).address
    assert keys(history) == []
    assert answers.get(address).text == "二。"
    with pytest.raises(AnswerUnknown):
        answers.get(earlier)
    assert Settings().kept_conversations == 500


# Several at once -----------------------------------------------------------------------------------------------------

WRITE = """
import sys
from pathlib import Path
from qa.history import History
from qa.kept import Answers
from tests.test_history import said
folder, key, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
history = History(folder / "conversations", Answers(folder / "answers"), 3)
for n in range(20):
    history.put("", key, f"{name}{n}", said(f"{name}{n}。"))
"""


def test_two_processes_lose_none_of_each_others_turns(history: History, tmp_path: Path) -> None:
    writing = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(tmp_path), key, name], cwd=PROJECT)
        for key, name in ((A, "甲"), (A, "乙"), (B, "丙"))
    ]
    seen = 0
    while any(process.poll() is None for process in writing):
        listing = history.list("")
        assert listing.damaged == ()
        seen = max(seen, sum(summary.answers for summary in listing.summaries))
    assert [process.returncode for process in writing] == [0, 0, 0]
    asked = [turn.question for turn in history.get("", A).turns]
    assert [q for q in asked if q[0] == "甲"] == [f"甲{n}" for n in range(20)]
    assert [q for q in asked if q[0] == "乙"] == [f"乙{n}" for n in range(20)]
    assert len(asked) == 40
    assert [turn.question for turn in history.get("", B).turns] == [f"丙{n}" for n in range(20)]
    assert {summary.key: summary.answers for summary in history.list("").summaries} == {A: 40, B: 20}
    assert 0 < seen <= 60


def test_threads_lose_none_either(history: History) -> None:
    def ask(name: str) -> None:
        for n in range(10):
            history.put("", A, f"{name}{n}", said(f"{name}{n}。"))
            history.list("", name)

    threads = [threading.Thread(target=ask, args=(name,)) for name in "甲乙丙"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = [turn.question for turn in history.get("", A).turns]
    assert sorted(asked) == sorted(f"{name}{n}" for name in "甲乙丙" for n in range(10))


def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    history = History(tmp_path / "file" / "conversations", Answers(tmp_path / "answers"), 3)
    with pytest.raises(ConversationsUnwritable, match="file"):
        history.put("", A, "甲？")
    assert history.list("").summaries == ()
    history = History(tmp_path / "conversations", Answers(tmp_path / "answers"), 3)
    history.put("", A, "甲？")
    monkeypatch.setattr("qa.history._LOCKED_SECONDS", 0.1)
    with FileLock(history.folder / ".lock"), pytest.raises(ConversationsUnwritable, match="another process"):
        threaded(lambda: history.put("", A, "乙？"))
    assert [turn.question for turn in history.get("", A).turns] == ["甲？"]


def threaded(act: Callable[[], object]) -> None:
    """Do it in another thread, and raise here what it raises."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as exc:  # noqa: BLE001 - raised below
            raised.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    for exc in raised:
        raise exc


# Taken along ---------------------------------------------------------------------------------------------------------


def test_a_conversation_is_taken_along_without_what_was_not_answered(history: History) -> None:
    history.put("", A, "甲？", said("一。", "甲？"))
    history.put("", A, "断了？")
    history.put("", A, "乙？", said("二。", "完整的乙？"))
    told = history.exported("", A, {}, "md").decode()
    assert told == "## 甲？\n\n一。\n\n## 乙？\n\n（理解为：完整的乙？）\n\n二。\n"
    assert "Understood as" in history.exported("", A, {}, "md", "en").decode()
    first = history.exported("", A, {}, "docx")
    assert first == history.exported("", A, {}, "docx")
    assert first.startswith(b"PK")
    with pytest.raises(ConversationUnknown):
        history.exported("", B, {}, "docx")
