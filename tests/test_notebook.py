"""Results show themselves in a notebook: short as text, whole as HTML, safe as both, and unharmed as data."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from corpus.library import Library
from corpus.settings import Settings
from corpus.stored import restored
from indexer.store import IndexStore
from qa import Answer, Citation, Found, Shelf
from tests.browsing import NEEDS_BROWSER, browser
from tests.conftest import PROJECT, WordEncoder
from tests.lab import QUESTION, Lab
from tests.test_hostile import IMAGE, SAID, SCRIPT, hostile

__all__ = ["browser", "hostile"]


def shown(html: str) -> str:
    """The text of HTML, which is well-formed."""
    text: list[str] = []
    left: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "br":
                left.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert left.pop() == tag

        def handle_data(self, data: str) -> None:
            text.append(data)

    Reader().feed(html)
    assert left == []
    return " ".join("".join(text).split())


def test_the_readmes_lines_show_an_answer(papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpus").mkdir()
    papers.rename(tmp_path / "corpus" / "papers")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("indexer.model.load_encoder", lambda settings: WordEncoder())
    monkeypatch.setattr("indexer.model.model_identity", lambda settings: WordEncoder.identity)
    section = (PROJECT / "README.md").read_text(encoding="utf-8").partition("\n## In Python, for notebooks\n")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    *lines, last = code[1].splitlines()
    assert len(list(filter(None, [*lines, last]))) == 5
    room: dict[str, Any] = {}
    exec("\n".join(lines), room)
    answer = eval(last, room)
    assert isinstance(answer, Answer)
    question, text, first, *_ = repr(answer).splitlines()
    assert question == "先进复合材料制造创新中心由谁经营？"
    assert "复合材料协同解决方案公司（CCS）" in text
    assert re.match(r"\[1\] 美国国家制造业创新网络建设及管理模式 · .+ · 第\d+段$", first)
    assert answer.citations[0].quote in answer._repr_html_()
    assert repr(room["shelf"]) == "<Shelf corpus/papers: 5 papers; .yinju/index: 5 papers indexed>"


def test_an_answer_shows_its_question_its_text_and_its_places(lab: Lab) -> None:
    answer = lab.shelf().ask(QUESTION)
    assert repr(answer).splitlines() == [
        QUESTION,
        "滨江市的光刻胶试点工厂的年产能为7103吨。 [1]",
        "[1] 光刻胶试点研究 · 一、试点 · 第1段",
        "把握 1.00",
    ]
    html = answer._repr_html_()
    assert shown(html) == (
        f"{QUESTION}滨江市的光刻胶试点工厂的年产能为7103吨。 [1][1] 光刻胶试点研究 · 一、试点 · 第1段"
        "滨江市的光刻胶试点工厂的年产能为7103吨。把握 1.00"
    )
    assert [answer.text[start:end] for start, end in answer.strong] == re.findall("<b>(.+?)</b>", html) == ["7103"]


def test_pages_are_those_that_are_printed_where_there_are_any(lab: Lab) -> None:
    (citation,) = lab.shelf().ask(QUESTION).citations
    paged = replace(citation, pages=(5, 6))
    assert repr(paged) == ("[1] “滨江市的光刻胶试点工厂的年产能为7103吨。” 光刻胶试点研究 · 一、试点 · 第5–6页 · 第1段")
    printed = replace(paged, page_labels=("47", "48"), paragraph=None)
    assert repr(printed).endswith("一、试点 · 第47–48页")
    assert repr(replace(citation, section="", paragraph=None)).endswith("光刻胶试点研究 · alpha.txt 16:38")
    assert "第5–6页" in shown(paged._repr_html_())
    english = replace(lab.shelf().ask(QUESTION), question="What is the capacity?", citations=(paged,))
    assert repr(english).splitlines()[2:] == ["[1] 光刻胶试点研究 · 一、试点 · p. 5–6 · para. 1", "confidence 1.00"]


def test_a_refusal_shows_what_is_nearest_and_that_it_is_no_answer(lab: Lab) -> None:
    answer = lab.shelf().ask("谁发明了电话？")
    question, said, note, *passages = repr(answer).splitlines()
    assert (question, said, note) == ("谁发明了电话？", "论文库中的论文没有回答这个问题。", "最接近的段落，不是答案：")
    assert [line[:3] for line in passages] == [" 1.", " 2.", " 3."]
    assert "最接近的段落，不是答案：" in shown(answer._repr_html_())
    assert answer.passages[0].text.split("\n")[0] in shown(answer._repr_html_())


def test_what_was_found_has_a_line_a_passage(lab: Lab) -> None:
    found = lab.shelf().search("碳纤维材料", top=2)
    query, *lines = repr(found).splitlines()
    assert query == "碳纤维材料"
    assert [line[:3] for line in lines] == [" 1.", " 2."]
    assert lines[0].startswith(f" 1. {found.passages[0].paper.title} · ")
    assert all(" ".join(passage.text.split()) in shown(found._repr_html_()) for passage in found.passages)
    nothing = Found("碳纤维材料", (), {})
    assert repr(nothing) == "碳纤维材料\n没有找到段落"
    assert "没有找到段落" in shown(nothing._repr_html_())


def test_a_shelf_shows_its_papers_and_what_is_wrong_with_it(lab: Lab, tmp_path: Path) -> None:
    shelf = lab.shelf()
    (lab.papers / "new.txt").write_text("新论文，写的是新材料。", encoding="utf-8")
    assert repr(shelf) == f"<Shelf {lab.papers}: 4 papers; {lab.index}: 3 papers indexed>"
    table = shown(shelf._repr_html_())
    assert "alpha光刻胶试点研究李明indexed" in table
    assert "newnew.txtnew" in table
    absent = Shelf(Library(tmp_path / "none"), IndexStore(tmp_path / "no"), Settings(), WordEncoder())
    assert repr(absent) == f"<Shelf {tmp_path / 'none'}: FolderMissing; {tmp_path / 'no'}: IndexMissing>"
    assert "没有这个文件夹" in absent._repr_html_()


def test_they_are_the_same_data_as_before(lab: Lab) -> None:
    shelf = lab.shelf()
    answer = shelf.ask(QUESTION)
    for again in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer)), replace(answer)):
        assert again == answer
    stored = restored(Answer, json.loads(json.dumps(asdict(answer))))
    assert (stored, repr(stored)) == (answer, repr(answer))
    (citation,) = answer.citations
    assert hash(citation) == hash(replace(citation))
    assert citation != replace(citation, start=0)
    assert restored(Citation, json.loads(json.dumps(asdict(citation)))) == citation
    assert shelf.reopen(shelf.keep(answer)).answer.citations == answer.citations
    assert not hasattr(answer, "__dict__")


def results(hostile: Shelf) -> list[Answer | Found | Citation | Shelf]:
    """What a hostile paper can show itself in."""
    answers = [hostile.ask(f"琥珀项目的第{n}条记载是什么？{SCRIPT}") for n in range(len(SAID))]
    cited = [citation for answer in answers for citation in answer.citations]
    assert cited
    return [*answers, *cited, hostile.search(f"琥珀项目{IMAGE}"), hostile]


def test_a_terminal_is_not_steered(hostile: Shelf) -> None:
    for result in results(hostile):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", repr(result))


def test_nothing_of_a_paper_becomes_mark_up(hostile: Shelf) -> None:
    for result in results(hostile):
        html = result._repr_html_()
        tags = set(re.findall(r"<(\w+)", html))
        assert tags <= {"div", "p", "b", "sup", "span", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
        assert set(re.findall(r"<[^<>]*?\s(\w+)=", html)) <= {"style"}
        shown(html)


@NEEDS_BROWSER
def test_it_can_be_read_on_light_and_on_dark(hostile: Shelf, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 600, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for ground, ink in (("#ffffff", "rgb(20, 20, 20)"), ("#111111", "rgb(230, 230, 230)")):
        inner = "".join(result._repr_html_() for result in results(hostile))
        page.set_content(f'<body style="background:{ground};color:{ink};margin:8px">{inner}</body>')
        assert page.evaluate("window.hacked") is None
        colours = page.eval_on_selector_all("body *", "all => [...new Set(all.map(e => getComputedStyle(e).color))]")
        assert colours == [ink]
        grounds = "all => [...new Set(all.map(e => getComputedStyle(e).backgroundColor))]"
        assert page.eval_on_selector_all("body *", grounds) == ["rgba(0, 0, 0, 0)"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 600
    assert asked == []
    page.close()
