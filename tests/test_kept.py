"""A kept answer says what it said; its quotations are looked up in the papers as they are now."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.errors import AnswerDamaged, AnswerUnknown, AnswerUnwritable
from qa import Answer, Shelf
from qa.answer import Statement
from qa.citation import cite
from qa.kept import Answers


def answered(shelf: Shelf) -> Answer:
    """An answer that quotes a sentence of each of two papers."""
    papers = shelf.index.papers
    citations = []
    for n, (paper, said) in enumerate((("zhang", "5 家由能源部设立"), ("chen", "其数量达到了15家")), 1):
        start = papers[paper].text.index(said)
        citations.append(cite(papers[paper], start, start + len(said), n, 1.0))
    told = tuple(Statement(c.quote, (c.n,), ((0, 2),)) for c in citations)
    return Answer("各有几家？", told, False, 0.9, tuple(citations), (), {"answer": 1.0})


def refused(shelf: Shelf) -> Answer:
    """A refusal that shows the nearest passages of one paper."""
    found = shelf.search("创新中心的资助期", papers=["zhang"]).passages
    assert len(found) > 2
    return Answer("谁赢了？", (Statement("论文库中的论文没有回答这个问题。"),), True, 0.1, (), found, {"answer": 1.0})


def test_the_same_answer_has_the_same_address_and_comes_back_as_it_was(small_shelf: Shelf) -> None:
    answer = answered(small_shelf)
    address = small_shelf.keep(answer)
    assert small_shelf.keep(answer) == address
    reopened = small_shelf.reopen(address)
    assert reopened.states == ("verbatim", "verbatim")
    assert reopened.changed == ()
    assert reopened.answer.statements == answer.statements
    assert reopened.answer.citations == answer.citations
    assert reopened.answer.text == answer.text


def test_it_shows_the_same_spans_after_the_index_has_moved_on(small_shelf: Shelf, papers: Path) -> None:
    answer = answered(small_shelf)
    address = small_shelf.keep(answer)
    zhang = papers / "zhang.txt"
    told = zhang.read_text(encoding="utf-8")
    before = told.index("1.1")
    zhang.write_text(f"{told[:before]}新增的一段文字，放在前面。\n\n{told[before:]}", encoding="utf-8")
    small_shelf.update()
    reopened = small_shelf.reopen(address)
    assert reopened.states == ("moved", "verbatim")
    assert reopened.changed == ()
    moved = reopened.answer.citations[0]
    assert moved.start != answer.citations[0].start
    text = small_shelf.index.papers["zhang"].text
    assert text[moved.start : moved.end] == moved.quote == answer.citations[0].quote
    assert reopened.answer.text == answer.text


def test_it_says_that_a_paper_has_changed_or_gone(small_shelf: Shelf, papers: Path) -> None:
    answer = answered(small_shelf)
    address = small_shelf.keep(answer)
    chen = papers / "chen.txt"
    chen.write_text(chen.read_text(encoding="utf-8").replace("达到了15家", "达到了16家"), encoding="utf-8")
    small_shelf.library.remove("zhang")
    small_shelf.update()
    reopened = small_shelf.reopen(address)
    assert reopened.states == ("removed", "not found")
    assert reopened.changed == ("zhang.txt", "chen.txt")
    assert [c.quote for c in reopened.answer.citations] == ["5 家由能源部设立", "其数量达到了15家"]


def test_a_refusal_is_kept_and_comes_back_with_its_passages(small_shelf: Shelf) -> None:
    refusal = refused(small_shelf)
    address = small_shelf.keep(refusal)
    assert small_shelf.keep(refusal) == address
    reopened = small_shelf.reopen(address)
    assert reopened.answer == replace(refusal, timings_ms={})
    assert (reopened.states, reopened.changed) == ((), ())
    assert reopened.passage_states == ("verbatim",) * len(refusal.passages)


def test_the_passages_of_a_refusal_are_shown_where_they_stand_now(small_shelf: Shelf, papers: Path) -> None:
    refusal = refused(small_shelf)
    address = small_shelf.keep(refusal)
    first, second = refusal.passages[:2]
    zhang = papers / "zhang.txt"
    told = zhang.read_text(encoding="utf-8")
    before = told.index("1.1")
    parts = (second.text[at : at + 8] for at in range(len(second.text) - 8))
    gone = next(part for part in parts if told.count(part) == 1)
    told = told.replace(gone, "此处已经改写")
    zhang.write_text(f"{told[:before]}新增的一段文字，放在前面。\n\n{told[before:]}", encoding="utf-8")
    small_shelf.update()
    reopened = small_shelf.reopen(address)
    assert reopened.passage_states[:2] == ("moved", "not found")
    moved, lost = reopened.answer.passages[:2]
    text = small_shelf.index.papers["zhang"].text
    assert moved.start != first.start
    assert text[moved.start : moved.end] == moved.text == first.text
    assert (moved.rank, moved.score, moved.section) == (first.rank, first.score, first.section)
    assert lost == second
    assert reopened.answer.abstained
    assert reopened.answer.text == refusal.text


@pytest.mark.parametrize("address", ["", "0123456789abcdef", "../../etc/passwd", "0123456789ABCDEF", "a" * 17])
def test_an_address_that_was_never_given_is_unknown(small_shelf: Shelf, address: str) -> None:
    with pytest.raises(AnswerUnknown):
        small_shelf.reopen(address)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"question": 3}', "\x00"])
def test_a_broken_file_is_damaged(small_shelf: Shelf, content: str) -> None:
    address = small_shelf.keep(answered(small_shelf))
    (small_shelf.answers.folder / f"{address}.json").write_text(content, encoding="utf-8")
    with pytest.raises(AnswerDamaged, match=address):
        small_shelf.reopen(address)


def test_an_answer_is_dropped_once_for_all(small_shelf: Shelf) -> None:
    address = small_shelf.keep(answered(small_shelf))
    small_shelf.answers.drop(address)
    small_shelf.answers.drop(address)
    small_shelf.answers.drop("../index/CURRENT")
    with pytest.raises(AnswerUnknown):
        small_shelf.reopen(address)
    assert small_shelf.index.papers  # a wrong address reaches nothing else


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_answers_are_for_this_user_of_the_machine_alone(small_shelf: Shelf) -> None:
    address = small_shelf.keep(answered(small_shelf))
    folder = small_shelf.answers.folder
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / f"{address}.json")] == [0o700, 0o600]


def test_a_folder_that_cannot_be_written_is_said(small_shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AnswerUnwritable, match="file"):
        Answers(tmp_path / "file" / "answers").keep(answered(small_shelf))


def test_answers_outlive_the_index(small_shelf: Shelf) -> None:
    assert small_shelf.answers.folder.parent == small_shelf.store.folder.parent
    assert small_shelf.answers.folder != small_shelf.store.folder
