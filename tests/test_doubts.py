"""Every doubt is said in English and Chinese, with the same values, and goes through JSON; a missing list is told."""

from __future__ import annotations

import json
import string
from dataclasses import asdict, replace
from typing import get_args

import pytest

from corpus.doubts import SENTENCES, THEN, Doubt, DoubtKind, Then
from corpus.paper import Paper
from corpus.raw import RawPage, RawText
from corpus.read import READERS, read_data, read_paper
from corpus.stored import restored
from tests.conftest import PAPERS

PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段"


def fields(sentence: str) -> set[str]:
    """The names of a sentence's placeholders."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def whole(kind: DoubtKind, then: Then) -> Doubt:
    """A doubt with every value."""
    values = dict.fromkeys(fields(SENTENCES[kind][0] + THEN[then][0]), "甲\n{乙}")
    return Doubt(kind, page=3, start=7, then=then, values=values)


def test_the_tables_hold_every_kind_once() -> None:
    assert tuple(SENTENCES) == get_args(DoubtKind)
    assert tuple(THEN) == get_args(Then)


@pytest.mark.parametrize("kind", get_args(DoubtKind))
@pytest.mark.parametrize("then", get_args(Then))
def test_both_languages_say_the_same_values(kind: DoubtKind, then: Then) -> None:
    for en, zh in (SENTENCES[kind], THEN[then]):
        assert fields(en) == fields(zh)
        assert en != zh or not en
    doubt = whole(kind, then)
    for language in ("en", "zh"):
        message = doubt.message(language)  # type: ignore[arg-type]
        assert "\n" not in message
        assert message.count("甲 {乙}") >= len(doubt.values)
    assert restored(Doubt, json.loads(json.dumps(asdict(doubt)))) == doubt


def test_a_section_is_quoted_in_chinese_and_its_absence_said() -> None:
    values = {"section": "1 引言", "words": "的"}
    assert Doubt("broken_off", values=values).message("zh") == "论文在“1 引言”处中断或被打断：的"
    doubt = Doubt("broken_off", values={**values, "section": ""})
    assert doubt.message("zh") == "论文在开头处中断或被打断：的"
    assert doubt.message("en") == "the paper is broken off or interrupted in the beginning of the paper: 的"


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "poem"},
        {"kind": "page_broken"},
        {"kind": "page_unread", "then": "x"},
        {"kind": "page_unread", "page": "1"},
    ],
)
def test_what_is_no_doubt_is_refused(item: object) -> None:
    with pytest.raises(ValueError, match=r"is no|Doubt: 'reason'"):
        restored(Doubt, item)


def test_a_doubt_beyond_the_text_is_no_papers() -> None:
    paper = Paper(id="a", file="a.txt", sha256="", text="一句。")
    item = json.loads(json.dumps(paper.to_json()))
    doubts = [asdict(Doubt("list_missing", start=at, values={"marks": "[1]"})) for at in (3, 4)]
    item["report"]["doubts"] = doubts[:1]
    assert Paper.from_json(item).report.doubts[0].start == 3
    item["report"]["doubts"] = doubts
    with pytest.raises(ValueError, match="doubts: 4 lies beyond the text"):
        Paper.from_json(item)


# References that are cited and not listed ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("chen", None),
        ("sun-luo", None),
        ("shi-wang-zhang", "[1]–[8]"),
        ("wang-yu-liu", "[1]–[8]"),
        ("zhang", "[1]–[12]"),
    ],
)
def test_the_papers_without_a_list_are_told(name: str, marks: str | None) -> None:
    paper = read_paper(PAPERS / f"{name}.txt", {})
    found = [doubt for doubt in paper.report.doubts if doubt.kind == "list_missing"]
    assert [doubt.values for doubt in found] == ([] if marks is None else [{"marks": marks}])
    for doubt in found:
        assert paper.text[doubt.start :].startswith(("[", "［"))
        assert doubt.message() == f"the text cites {marks}, but the file holds no list of references"
        assert doubt.message("zh") == f"正文引用了 {marks}，但文件中没有参考文献表"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (f"{PROSE}[1]。{PROSE}［3,4］。", "[1], [3]–[4]"),
        (f"{PROSE}[1]。", None),  # one number may be anything
        (f"{PROSE}[1,2]。\n参考文献\n[1] 李明. 制造业[J]. 科技, 2019.\n[2] 王平. 制造业[J]. 科技, 2020.", None),
        (f"{PROSE}。", None),
    ],
)
def test_marks_without_a_list_are_one_doubt(text: str, marks: str | None) -> None:
    doubts = read_data(f"1 引言\n{text}\n".encode(), "a.txt", {}).report.doubts
    assert [doubt.values["marks"] for doubt in doubts] == ([] if marks is None else [marks])


def test_a_doubt_about_a_place_knows_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    first = f"1 引言\n{PROSE}。\f"
    raw = RawText(f"{first}{PROSE}[1-3]。", (RawPage(1, None, 0), RawPage(2, None, len(first))))
    monkeypatch.setitem(READERS, ".pdf", lambda data, file: raw)
    paper = read_data(b"", "a.pdf", {})
    (doubt,) = paper.report.doubts
    assert (doubt.page, doubt.start) == (2, paper.text.index("[1-3]"))
    assert replace(doubt, page=None, start=None) == Doubt("list_missing", values={"marks": "[1]–[3]"})
