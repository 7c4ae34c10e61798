"""Lines of another article in a paper's file are told, and never searched or quoted."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.doubts import Doubt
from corpus.read import read_data
from indexer.passages import cut_passages
from qa import Shelf
from tests.conftest import five_papers

FRONT = "智能制造的发展研究\n张三1，李四2\n（1. 某某大学，北京 100190；2. 某某研究院，上海 200000）\n"
PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措施。"
LIST = "参考文献\n[1] 张三. 智能制造[J]. 科技导报, 2016(1): 1-6.\n[2] 李四. 制造业[J]. 科技导报, 2017(2): 7-9.\n"


def parts(text: str) -> tuple[list[str], tuple[Doubt, ...], list[tuple[str, str]]]:
    """The strays of a text, what its report doubts, and its other blocks with their kinds."""
    paper = read_data(text.encode(), "甲.txt", {})
    held = [(b.kind, paper.text[b.start : b.end]) for b in paper.blocks]
    return [line for kind, line in held if kind == "stray"], paper.report.doubts, [h for h in held if h[0] != "stray"]


def test_the_tail_of_another_article_is_doubted_and_no_passage() -> None:
    paper = five_papers()["wang-yu-liu"]
    strays = [paper.text[b.start : b.end] for b in paper.blocks if b.kind == "stray"]
    assert strays == [
        "instable and weakening; the influence of FDI is more obvious than trade on industrial structure of Xinjiang. "
        "Key words: resource allocation; technology assignment; FDI; industrial structure 92(1): 1-16.",
        "[10] Markusen J R, Venables A J. Foreign direct investment as a catalyst for industrial development[J]. "
        "European Economic Review, 1999, 43(2): 335-356.",
        "(上接第18页)",
    ]
    at = paper.text.index("instable")
    doubt = paper.report.doubts[0]
    assert (doubt.kind, doubt.page, doubt.start) == ("lines_foreign", None, at)
    assert doubt.message() == (
        "lines of another article stand in or behind 4 对我国制造业创新发展的启示, "
        "from “instable and weakening; the influence…” on; they are kept out of the evidence"
    )
    assert doubt.message("zh") == (
        "“4 对我国制造业创新发展的启示”之中或之后有别的文章的文字，"
        "从“instable and weakening; the influence…”起；不作为引文"
    )
    held = "\n".join(paper.text[p.start : p.end] for p in cut_passages(paper, 280))
    assert [word for word in ("instable", "Xinjiang", "Markusen", "上接") if word in held] == []
    assert "Inspiration of the Continuous Reclaiming" in held
    assert paper.sections[-1].end <= at


@pytest.mark.parametrize("name", ["chen", "shi-wang-zhang", "sun-luo", "zhang"])
def test_a_paper_without_strays_has_none(name: str) -> None:
    paper = five_papers()[name]
    assert [b for b in paper.blocks if b.kind == "stray"] == []
    assert [doubt for doubt in paper.report.doubts if doubt.kind in ("lines_foreign", "broken_off")] == []


@pytest.mark.parametrize(
    "question", ["influence of FDI on industrial structure of Xinjiang", "Markusen foreign direct investment catalyst"]
)
def test_a_question_that_only_the_stranger_answers_is_not_answered_from_it(small_shelf: Shelf, question: str) -> None:
    found: Any = small_shelf.search(question).to_json()
    assert found["passages"]
    assert [p["text"] for p in found["passages"] if "Xinjiang" in p["text"] or "Markusen" in p["text"]] == []


def test_references_whose_numbers_do_not_go_on_belong_to_another_article() -> None:
    foreign = "[17] 王五. 对外直接投资[J]. 经济研究, 2010(3): 11-15.\n"
    tail = "Received: 2020-01-01\n"
    strays, doubts, kept = parts(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}\n{LIST}{tail}{foreign}")
    assert strays == [foreign.strip()]
    assert len(doubts) == 1
    assert "stand in or behind 参考文献, " in doubts[0].message()
    assert "from “[17] 王五. 对外直接投资[J]." in doubts[0].message()
    assert ("back", "Received: 2020-01-01") in kept
    assert [line[:3] for kind, line in kept if kind == "reference"] == ["[1]", "[2]"]


def test_an_entry_between_two_that_follow_each_other_belongs_to_another_list() -> None:
    entries = "[1] 甲. 一[J].\n[2] 乙. 二[J].\n[10] 丙. 十[J].\n[3] 丁. 三[J].\n[4] 戊. 四[J].\n"
    strays, doubts, kept = parts(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}\n参考文献\n{entries}")
    assert strays == ["[10] 丙. 十[J]."]
    assert len(doubts) == 1
    assert [line for kind, line in kept if kind == "reference"] == [
        "[1] 甲. 一[J].", "[2] 乙. 二[J].", "[3] 丁. 三[J].", "[4] 戊. 四[J].",
    ]  # fmt: skip


def test_a_list_that_misses_a_number_or_begins_again_is_the_papers_own() -> None:
    entries = "[1] 甲. 一[J].\n[3] 丙. 三[J].\n[4] 丁. 四[J].\n[1] Jia. One[J].\n[3] Bing. Three[J].\n"
    strays, doubts, _ = parts(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}\n参考文献\n{entries}")
    assert (strays, doubts) == ([], ())


def test_a_list_without_a_heading_behind_the_paper_and_a_number_given_twice_are_its_own() -> None:
    entries = "[1] 甲. 一[J].\n[2] 乙. 二[J].\n[3] 丙. 三[J].\n"
    strays, _, kept = parts(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}■\n{entries}[8] 丁. 八[J].\n")
    assert strays == ["[8] 丁. 八[J]."]
    assert [line for kind, line in kept if kind == "back"] == entries.splitlines()
    twice = "[1] 甲. 一[J].\n[2] 乙. 二[J].\n[2] 丙. 三[J].\n[3] 丁. 四[J].\n"
    assert parts(f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}\n参考文献\n{twice}")[:2] == ([], ())


def test_a_paper_that_goes_on_elsewhere_is_whole_again_without_its_notes() -> None:
    lines = "\n".join(PROSE[i : i + 20] for i in range(0, 40, 20))
    text = (
        f"{FRONT}摘要：{PROSE}\n1 引言\n"
        + f"{lines}\n并为此采取了一系列措施。\n" * 6
        + (
            "我国制造业的规模居世界首位，门类齐全，但\n（下转第64页）\n（上接第18页）\n仍然大而不强，需要加快发展智能制造技术。\n"
        )
    )
    strays, doubts, kept = parts(text)
    assert strays == ["（下转第64页）", "（上接第18页）"]
    assert kept[-1] == ("paragraph", "我国制造业的规模居世界首位，门类齐全，但仍然大而不强，需要加快发展智能制造技术。")
    assert len(doubts) == 1


def test_what_runs_on_behind_the_note_is_the_strangers_up_to_the_papers_own_notes() -> None:
    text = (
        f"{FRONT}摘要：{PROSE}\n1 引言\n{PROSE}■\n(上接第 18 页)\n业的进一步发展，因此应当扩大对外开放。\n"
        f"[9] 王五. 对外直接投资[J].\n作者简介：张三，男，教授，研究方向为智能制造。\nAbstract: It is studied.\n"
    )
    strays, _, kept = parts(text)
    assert strays == ["(上接第 18 页)", "业的进一步发展，因此应当扩大对外开放。", "[9] 王五. 对外直接投资[J]."]
    assert [line for kind, line in kept if kind == "back"] == [
        "作者简介：张三，男，教授，研究方向为智能制造。", "Abstract: It is studied.",
    ]  # fmt: skip
