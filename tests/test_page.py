"""The chat page in a real browser. Every test also proves that the browser asked no other host for anything."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from corpus.errors import AddressTaken
from corpus.library import Library
from corpus.settings import Settings
from indexer.model import Encoded
from indexer.store import IndexStore
from qa import Answer, Shelf
from qa.answer import FoundPassage, Statement
from qa.citation import PaperRef, cite
from qa.confidence import shipped
from qa.export import exported, quotation
from qa.retrieve import EVERYWHERE, Scope
from qa.snapshot import Snapshot
from tests.browsing import NEEDS_BROWSER, Open, ask, browser, open_page, overflow, upload
from tests.conftest import PROJECT, WordEncoder
from tests.served import free_port
from ui.serve import serve_page
from ui.words import WORDS, Words

pytestmark = NEEDS_BROWSER
__all__ = ["browser", "open_page"]
ZH, EN = WORDS["zh"], WORDS["en"]
QUESTION = "2019年美国制造业创新研究所的私人投资是多少亿美元？"
NEW_PAPER = """赤霞山风洞实验室运行情况研究

李青禾

摘要：本文介绍赤霞山风洞实验室的运行情况。

1 试验情况

赤霞山风洞实验室建于2026年，由三个试验段组成。2031年，赤霞山风洞实验室共完成飞行器模型试验4821次，比上一年增加312次。

2 人员情况

实验室有工作人员96名，其中研究人员51名。
"""


@dataclass(frozen=True)
class ScriptedSnapshot(Snapshot):
    """A snapshot whose answer is given: two quotations of the first paper, two passages, or an error."""

    error: Exception | None = None
    offered: tuple[str, ...] = ()

    def related(
        self, answer: Answer, asked: Sequence[str] = (), papers: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """See `Snapshot.related`."""
        return self.offered

    def stream(self, question: str, papers: object = None, scope: Scope = EVERYWHERE) -> Iterator[Answer]:
        """See `Snapshot.stream`; the checks of the question are the real ones."""
        self.search(question, top=1)
        if self.error is not None:
            raise self.error
        paper = self.index.papers["zhang"]
        first, second = (b for b in paper.blocks if b.paragraph in (3, 4))
        citations = tuple(cite(paper, b.start, b.start + 20, n, 1.0) for n, b in enumerate((first, second), 1))
        passages = tuple(
            FoundPassage(rank, PaperRef.of(paper), "节", (), b.start, b.end, paper.text[b.start : b.end], 1.0)
            for rank, b in enumerate((first, paper.blocks[-1]), 1)
        )
        statements = tuple(Statement(citation.quote, (citation.n,)) for citation in citations)
        yield Answer(question, statements, False, 0.8, citations, passages, {})


class ScriptedShelf(Shelf):
    """A shelf that hands out scripted snapshots."""

    error: Exception | None = None
    offered: tuple[str, ...] = ()

    def snapshot(self) -> Snapshot:
        """See `Shelf.snapshot`."""
        real = super().snapshot()
        parts = {name: getattr(real, name) for name in Snapshot.__slots__}
        return ScriptedSnapshot(**parts, error=self.error, offered=self.offered)


class GatedEncoder(WordEncoder):
    """The small encoder, which waits at a paper's first texts until it is let on."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `WordEncoder`."""
        assert self.gate.wait(60)
        return super().encode_passages(texts, progress)


@pytest.fixture
def own_shelf(real_shelf: Shelf, papers: Path, tmp_path: Path) -> Shelf:
    """The five papers and the real model with an index of its own, which a test may change."""
    index = shutil.copytree(real_shelf.store.folder, tmp_path / "own-index")
    return Shelf(Library(papers), IndexStore(index), Settings(), real_shelf.encoder)


@pytest.fixture
def scripted(small_shelf: Shelf) -> ScriptedShelf:
    """The five papers behind a given answer."""
    return ScriptedShelf(small_shelf.library, small_shelf.store, small_shelf.settings, WordEncoder())


def get(page: Page, path: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of a path of the page's server, asked for without the browser."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = urlsplit(page.url)
    try:
        with opener.open(f"http://{address.netloc}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


# ---- the whole way, with the real model


def test_ask_open_the_evidence_add_a_paper_and_ask_it(own_shelf: Shelf, open_page: Open, tmp_path: Path) -> None:
    """An answer out of a table with its evidence; then a new paper is uploaded, indexed, and answers."""
    page = open_page(own_shelf)
    ask(page, QUESTION)
    answer = page.locator(".yj-turn").first
    expect(answer.locator(".yj-text")).to_contain_text("3.55")
    expect(answer.locator(".yj-sources")).to_contain_text("孙毅")
    card = page.locator("#yj-evidence .yj-card")
    expect(card).to_be_visible()
    answer.locator(".yj-sentence", has_text="3.55").locator(".yj-mark").click()
    expect(card.locator("tr.yj-quoted")).to_contain_text("3.55")
    expect(card.locator("mark", has_text="3.55")).to_be_visible()
    expect(card.locator("table:has(.yj-quoted) thead")).to_contain_text("私人投资")
    expect(card).to_contain_text("孙毅")
    expect(card).to_contain_text("美国智能制造的发展及启示")

    paper = tmp_path / "赤霞山风洞.txt"
    paper.write_text(NEW_PAPER, encoding="utf-8")
    upload(page, paper)
    expect(page.locator("#yj-status")).to_contain_text(ZH.added_one.format(file="赤霞山风洞.txt"))
    expect(page.locator(".yj-new")).to_contain_text("赤霞山风洞.txt")
    page.click("#yj-update")
    done = ZH.update_done.format(added=1, changed=0, removed=0, unchanged=5, seconds="")[:-2]
    expect(page.locator("#yj-status")).to_contain_text(done)
    expect(page.locator("#yj-update")).to_be_enabled()
    expect(page.locator(".yj-indexed")).to_have_count(6)

    ask(page, "2031年赤霞山风洞实验室完成了多少次飞行器模型试验？")
    newest = page.locator(".yj-turn").last
    expect(newest.locator(".yj-text")).to_contain_text("4821")
    expect(newest.locator(".yj-sources li").first).to_contain_text("赤霞山风洞实验室运行情况研究")
    expect(card).to_be_visible()
    expect(card).to_contain_text("赤霞山风洞.txt")
    expect(card.locator("mark")).to_contain_text("4821")


def test_a_refusal_has_no_marks_and_offers_the_nearest_passages(own_shelf: Shelf, open_page: Open) -> None:
    """It looks different from an answer; a passage opens in the evidence panel as what it is."""
    own_shelf.calibration = replace(shipped(), threshold=1.1)
    page = open_page(own_shelf)
    ask(page, QUESTION)
    expect(page.locator(".yj-refusal")).to_contain_text(ZH.refusal)
    expect(page.locator(".yj-refusal")).to_contain_text(ZH.refusal_hint)
    expect(page.locator(".yj-answer")).to_have_count(0)
    expect(page.locator(".yj-mark")).to_have_count(0)
    expect(page.locator("#yj-evidence")).to_contain_text(ZH.evidence_empty)
    page.locator(".yj-passages button").first.click()
    expect(page.locator(".yj-kicker")).to_have_text(ZH.passage_number.format(number=1))
    expect(page.locator("#yj-evidence mark").first).to_be_visible()


# ---- answers and evidence


def test_the_first_citation_opens_by_itself_and_marks_open_theirs(scripted: ScriptedShelf, open_page: Open) -> None:
    """By click and by Enter on a focused mark; the open one is marked as pressed, here, in the sources and the card."""
    page = open_page(scripted)
    ask(page, "问题")
    *_, answer = scripted.snapshot().stream("问题")
    citations = answer.citations
    highlighted = page.locator("#yj-evidence mark")
    expect(highlighted).to_have_text(citations[0].quote)
    marks = page.locator(".yj-mark")
    expect(marks).to_have_text(["1", "2"])
    expect(marks.first).to_have_attribute("aria-pressed", "true")
    marks.last.focus()
    page.keyboard.press("Enter")
    expect(highlighted).to_have_text(citations[1].quote)
    assert highlighted.text_content() == citations[1].quote
    expect(marks.last).to_have_attribute("aria-pressed", "true")
    expect(marks.first).to_have_attribute("aria-pressed", "false")
    page.locator(".yj-tabs button").first.click()
    expect(highlighted).to_have_text(citations[0].quote)
    page.locator(".yj-sources button").last.click()
    expect(highlighted).to_have_text(citations[1].quote)
    page.click("#yj-tab-library")
    expect(page.locator("#yj-evidence")).to_be_hidden()
    marks.first.click()
    expect(highlighted).to_be_visible()


def test_other_passages_are_collapsed_and_can_be_opened(scripted: ScriptedShelf, open_page: Open) -> None:
    """Opening one leaves the list open."""
    page = open_page(scripted)
    ask(page, "问题")
    passage = page.locator(".yj-passages button")
    expect(passage).to_be_hidden()
    page.locator("#yj-conversation summary").first.click()
    passage.click()
    expect(page.locator(".yj-kicker")).to_have_text(ZH.passage_number.format(number=2))
    expect(passage).to_be_visible()


def test_questions_of_before_can_still_be_looked_up_after_a_paper_is_gone(
    scripted: ScriptedShelf, open_page: Open
) -> None:
    """The turn keeps the paper as it was; nothing breaks when it leaves the index."""
    page = open_page(scripted)
    ask(page, "问题")
    scripted.library.remove("zhang")
    scripted.update()
    page.locator(".yj-mark").last.click()
    expect(page.locator("#yj-evidence mark")).to_be_visible()
    expect(page.locator("#yj-evidence")).to_contain_text("张华胜")


def test_an_example_question_can_be_pressed(scripted: ScriptedShelf, open_page: Open) -> None:
    """Only those whose paper is in the library are shown; a new conversation brings them back."""
    scripted.library.remove("sun-luo")
    page = open_page(scripted)
    examples = page.locator("button[data-ask]")
    expect(examples).to_have_count(3)
    examples.first.click()
    expect(page.locator(".yj-question")).to_contain_text("制造业外包为什么最终会让一个国家丧失创新能力？")
    expect(page.locator(".yj-answer")).to_be_visible()
    page.click("#yj-clear")
    expect(examples).to_have_count(3)
    expect(page.locator("#yj-evidence")).to_contain_text(ZH.evidence_empty)


# ---- follow-ups, what could be asked next, what is taken along


def test_a_follow_up_is_shown_as_it_was_understood_and_can_be_changed(own_shelf: Shelf, open_page: Open) -> None:
    """The completed question stands below the one that was typed; changed, it is asked as it then stands."""
    page = open_page(own_shelf)
    ask(page, "IACMI 五年的投资规模是多少？")
    expect(page.locator(".yj-text strong")).to_have_text("2.48 亿美元")
    expect(page.locator(".yj-completed")).to_have_count(0)
    ask(page, "它由谁经营？")
    turn = page.locator(".yj-turn").last
    expect(turn.locator(".yj-question")).to_contain_text("它由谁经营？")
    expect(turn.locator(".yj-completed")).to_contain_text(ZH.completed.format(question="IACMI由谁经营？"))
    expect(turn.locator(".yj-text")).to_contain_text("CCS")
    turn.locator(".yj-completed button").click()
    box = page.locator("#yj-question textarea")
    expect(box).to_have_value("IACMI由谁经营？")
    expect(box).to_be_focused()
    box.fill("它的会员分几级？")
    box.press("Enter")
    expect(page.locator(".yj-turn")).to_have_count(3)
    expect(page.locator(".yj-working")).to_have_count(0)
    # As it stands: what 它 means was the user's to write.
    expect(page.locator(".yj-turn").last.locator(".yj-completed")).to_have_count(0)
    # The next one is completed again.
    ask(page, "那AFFOA由谁牵头？")
    expect(page.locator(".yj-turn")).to_have_count(4)


def test_what_could_be_asked_next_is_offered_and_can_be_pressed(scripted: ScriptedShelf, open_page: Open) -> None:
    scripted.offered = ("创新中心的经费来源是什么？", "<b>第二个</b>问题？")
    page = open_page(scripted)
    ask(page, "问题")
    chips = page.locator("#yj-related button")
    expect(chips).to_have_text(list(scripted.offered))
    chips.first.click()
    expect(page.locator(".yj-turn")).to_have_count(2)
    expect(page.locator(".yj-question").last).to_contain_text("创新中心的经费来源是什么？")
    expect(page.locator(".yj-working")).to_have_count(0)
    page.click("#yj-clear")
    expect(chips).to_have_count(0)


def test_of_every_paper_there_is_an_item_and_the_silent_ones_say_so(own_shelf: Shelf, open_page: Open) -> None:
    page = open_page(own_shelf)
    ask(page, "几篇论文分别如何介绍制造业拓展伙伴计划（MEP）？")
    items = page.locator(".yj-each li")
    expect(items).to_have_count(5)
    expect(items.filter(has_text="孙毅").locator(".yj-mark")).to_have_count(1)
    expect(page.locator(".yj-silent").first).to_contain_text("未提及")
    expect(page.locator(".yj-silent .yj-mark")).to_have_count(0)


def test_quotation_references_and_conversation_can_be_copied(scripted: ScriptedShelf, open_page: Open) -> None:
    """Each button says that it has copied; what is copied is what `qa.export` writes."""
    page = open_page(scripted)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "问题")
    page.locator(".yj-answer .yj-export summary").click()

    def copied(button: str) -> str:
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("button", name=ZH.copied, exact=True)).to_be_visible()
        expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
        return str(page.evaluate("navigator.clipboard.readText()"))

    *_, answer = scripted.snapshot().stream("问题")
    papers = scripted.index.papers
    assert copied("GB/T 7714") == "[1] 张华胜. 美国国家制造业创新网络建设及管理模式[Z]."
    assert copied("BibTeX").startswith("@misc{zhang,")
    assert copied("CSL-JSON").startswith("[")
    assert copied("Markdown") == exported(answer, papers, "markdown")
    assert copied(ZH.export_conversation) == exported(answer, papers, "markdown")
    assert copied(ZH.export_one) == quotation(answer.citations[0], papers["zhang"])


def test_an_answer_has_a_permanent_address(scripted: ScriptedShelf, open_page: Open, papers: Path) -> None:
    """It opens again with its evidence; after the paper has changed it says so and shows what was quoted then."""
    page = open_page(scripted)
    ask(page, "问题")
    page.locator(".yj-answer .yj-export summary").click()
    address = page.locator(".yj-link").get_attribute("href")
    assert address is not None
    quoted = page.locator("#yj-evidence mark").text_content()
    page.goto(urljoin(page.url, address))
    expect(page.locator(".yj-standing")).to_have_text(ZH.reopened)
    expect(page.locator(".yj-question")).to_contain_text("问题")
    expect(page.locator("#yj-evidence mark")).to_have_text(str(quoted))
    (papers / "zhang.txt").write_text(NEW_PAPER, encoding="utf-8")
    scripted.update()
    page.reload()
    expect(page.locator(".yj-standing")).to_have_text(ZH.reopened_changed.format(files="zhang.txt"))
    expect(page.locator("#yj-evidence mark")).to_have_text(str(quoted))
    expect(page.locator("#yj-evidence")).to_contain_text(ZH.paper_changed)
    page.goto(urljoin(page.url, "/?answer=0000000000000000"))
    expect(page.locator(".yj-error")).to_contain_text("没有保存过这个地址的回答")


# ---- what goes wrong


def test_a_question_that_cannot_be_asked_gets_its_sentence(scripted: ScriptedShelf, open_page: Open) -> None:
    """Empty and too long; the page goes on."""
    page = open_page(scripted)
    ask(page, "  ？ ")
    expect(page.locator(".yj-error")).to_contain_text("问题里没有文字")
    ask(page, "长" * 2001)
    expect(page.locator(".yj-error").last).to_contain_text("2001 个字，超过上限 2000")
    ask(page, "问题")
    expect(page.locator(".yj-answer")).to_be_visible()


def test_what_breaks_goes_to_the_log_and_not_to_the_page(
    scripted: ScriptedShelf, open_page: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback, no message of the exception; the next question is answered."""
    scripted.error = RuntimeError("/srv/secret")
    page = open_page(scripted)
    with caplog.at_level(logging.ERROR):
        ask(page, "问题")
    expect(page.locator(".yj-error")).to_have_text(ZH.unexpected)
    assert "secret" not in page.content()
    assert "Traceback" not in page.content()
    (record,) = (r for r in caplog.records if r.name == "yinju" and r.message == "broken")
    assert (record.__dict__["doing"], record.__dict__["error"]) == ("answering", "RuntimeError")
    assert any("test_page.py" in place for place in record.__dict__["places"])
    assert "secret" not in str(record.__dict__)
    scripted.error = None
    ask(page, "问题")
    expect(page.locator(".yj-answer")).to_be_visible()


def test_hostile_questions_are_shown_as_they_are(scripted: ScriptedShelf, open_page: Open) -> None:
    """Neither HTML nor the templates of Gradio's HTML component come alive."""
    page = open_page(scripted)
    hostile = "<img src=x onerror='alert(1)'> ${7*7} {{7*7}} `x` **粗** \\ </p><script>alert(2)</script>"
    ask(page, hostile)
    expect(page.locator(".yj-question")).to_contain_text(hostile)
    assert page.locator("#yj-conversation img, #yj-conversation script, #yj-conversation strong").count() == 0
    assert page.title() == ZH.title


def test_bad_uploads_get_a_line_each_and_the_good_ones_go_in(
    scripted: ScriptedShelf, open_page: Open, tmp_path: Path
) -> None:
    """HTML named .pdf, an empty file, an unknown kind, a taken name; among them one good paper."""
    files = {
        "网页.pdf": b"<!doctype html><title>404</title>",
        "空.txt": b"",
        "稿.wps": b"PK\x03\x04",
        "zhang.txt": "另一篇。\n\n这是另一篇论文的正文。".encode(),
        "好.txt": NEW_PAPER.encode(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    page = open_page(scripted)
    upload(page, *(tmp_path / name for name in files))
    failed, done = page.locator("#yj-status .yj-failed"), page.locator("#yj-status .yj-done")
    expect(failed).to_have_count(4)
    for line, name in zip(failed.all_text_contents(), list(files)[:4], strict=True):
        assert line.startswith(name), line
    expect(done.first).to_have_text(ZH.added_one.format(file="好.txt"))
    expect(page.locator(".yj-entry")).to_have_count(6)
    assert set(scripted.library.files()) == {"chen", "shi-wang-zhang", "sun-luo", "wang-yu-liu", "zhang", "好"}
    # The same button takes the same file again: adding the same bytes is no error.
    upload(page, tmp_path / "好.txt")
    expect(failed).to_have_count(0)
    expect(done.first).to_have_text(ZH.added_one.format(file="好.txt"))


def test_papers_can_be_dropped_on_the_page(scripted: ScriptedShelf, open_page: Open) -> None:
    """They go the way of the upload button, and the library comes to the front."""
    page = open_page(scripted)
    drop = """text => {
        const carried = new DataTransfer();
        carried.items.add(new File([text], '落下.txt', {type: 'text/plain'}));
        const options = {dataTransfer: carried, bubbles: true, cancelable: true};
        document.body.dispatchEvent(new DragEvent('dragover', options));
        document.body.dispatchEvent(new DragEvent('drop', options));
    }"""
    page.evaluate(drop, NEW_PAPER)
    expect(page.locator("#yj-status .yj-done").first).to_have_text(ZH.added_one.format(file="落下.txt"))
    expect(page.locator("#yj-status")).to_be_visible()


def test_a_file_that_fails_during_the_update_gets_its_reason(
    scripted: ScriptedShelf, open_page: Open, papers: Path
) -> None:
    """Under the update's line and in the list, also for the next visitor; in the language of the page."""
    (papers / "扫描.pdf").write_bytes(b"%PDF-1.4 broken")
    page = open_page(scripted, words=EN)
    page.click("#yj-tab-library")
    page.click("#yj-update")
    expect(page.locator("#yj-status .yj-done")).to_contain_text("0 added, 0 changed, 0 removed, 5 unchanged")
    expect(page.locator("#yj-status .yj-failed")).to_contain_text("扫描.pdf: damaged or not what its name says")
    expect(page.locator(".yj-entry.yj-failed .yj-reason")).to_contain_text("扫描.pdf: damaged")
    page.reload()
    page.click("#yj-tab-library")
    expect(page.locator(".yj-entry.yj-failed .yj-reason")).to_contain_text("扫描.pdf: damaged")


def test_the_parse_report_of_every_paper_can_be_opened_with_the_keyboard(
    scripted: ScriptedShelf, open_page: Open, papers: Path
) -> None:
    """In the library's place, in the language of the page, also for files that failed or carry a hostile name."""
    hostile = """<img src=x onerror="throw 1">'.txt"""
    (papers / hostile).write_text("<script>throw 1</script>的报告\n\n这里只有一句话。", encoding="utf-8")
    (papers / "扫描.pdf").write_bytes(b"%PDF-1.4 broken")
    page = open_page(scripted, width=375)
    page.click("#yj-tab-library")
    expect(page.locator(".yj-entry button[data-report]")).to_have_count(7)
    page.click("#yj-update")
    expect(page.locator(".yj-entry.yj-indexed")).to_have_count(6)
    report = page.locator(".yj-report")

    def open_report(of: str) -> None:
        button = page.locator(".yj-entry", has_text=of).locator("[data-report]")
        button.focus()
        page.keyboard.press("Enter")
        expect(report.locator("h2")).to_be_focused()
        expect(report.locator("h2")).to_be_in_viewport()
        expect(page.locator("#yj-library")).to_be_hidden()
        assert overflow(page) <= 0

    open_report("sun-luo.txt")
    expect(report.locator(".yj-removed li")).to_have_text("2 ×chinaXiv:#.#v#")
    expect(report.locator("tbody tr >> nth=0")).to_contain_text("表1")
    expect(report.locator(".yj-outline li")).to_have_count(20)
    expect(report.locator(".yj-facts dt")).to_have_text([ZH.characters, ZH.sentences, ZH.blocks])
    page.click("#yj-switch")
    expect(report.locator(".yj-facts dt")).to_have_text([EN.characters, EN.sentences, EN.blocks])
    page.locator("#yj-report-title").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(report).to_have_count(0)
    expect(page.locator(".yj-entry", has_text="sun-luo.txt").locator("[data-report]")).to_be_focused()
    open_report("扫描.pdf")
    expect(report.locator(".yj-reason")).to_contain_text("扫描.pdf: damaged")
    expect(report.locator(".yj-facts")).to_have_count(0)
    page.click(".yj-shut")
    expect(report).to_have_count(0)
    open_report(hostile)
    expect(report.locator("code")).to_have_text(hostile)
    expect(report.locator("img, script")).to_have_count(0)


# ---- the index


def test_without_an_index_the_page_opens_and_says_what_to_do(papers: Path, tmp_path: Path, open_page: Open) -> None:
    """The library comes first; a question gets the same sentence; the button makes the index, showing how far it is."""
    encoder = GatedEncoder()
    shelf = ScriptedShelf(Library(papers), IndexStore(tmp_path / "none"), Settings(), encoder)
    page = open_page(shelf)
    expect(page.locator(".yj-notice")).to_have_text(ZH.no_index)
    expect(page.locator("#yj-update")).to_be_visible()
    expect(page.locator(".yj-new")).to_have_count(5)
    page.click("#yj-update")
    stages = page.locator("#yj-status .yj-stage")
    expect(stages).to_have_text(
        [f"{ZH.stage_read}100%", re.compile(rf"{ZH.stage_embed} [\w-]+\.txt\d+%"), f"{ZH.stage_write}0%"]
    )
    expect(page.locator("#yj-update")).to_be_hidden()
    expect(page.locator("#yj-cancel")).to_be_visible()
    encoder.gate.set()
    expect(page.locator("#yj-status .yj-done")).to_contain_text("新增 5，改动 0，移除 0，未变 0")
    expect(page.locator(".yj-notice")).to_have_count(0)
    expect(page.locator(".yj-indexed")).to_have_count(5)


def test_without_an_index_a_question_is_told_so(papers: Path, tmp_path: Path, open_page: Open) -> None:
    """And no folder is named."""
    page = open_page(Shelf(Library(papers), IndexStore(tmp_path / "none"), Settings(), WordEncoder()))
    ask(page, "问题")
    expect(page.locator(".yj-error")).to_have_text(ZH.no_index)


def test_a_library_without_folder_or_papers_opens(tmp_path: Path, open_page: Open) -> None:
    """A missing folder is said, an empty one too."""
    page = open_page(Shelf(Library(tmp_path / "none"), IndexStore(tmp_path / "index"), Settings(), WordEncoder()))
    expect(page.locator("#yj-library .yj-failed")).to_contain_text("没有这个文件夹")
    page.click("#yj-update")
    expect(page.locator("#yj-status .yj-failed")).to_contain_text("没有这个文件夹")
    (tmp_path / "none").mkdir()
    page.reload()
    expect(page.locator("#yj-library .yj-empty")).to_have_text(ZH.library_empty)


# ---- the page itself


def test_the_switch_changes_every_label(scripted: ScriptedShelf, open_page: Open) -> None:
    """What is on the page by now is in the other language, and back again."""
    page = open_page(scripted)
    ask(page, "？")
    ask(page, "问题")

    def check(words: Words) -> None:
        expect(page.locator("#yj-send")).to_have_text(words.ask)
        expect(page.locator("html")).to_have_attribute("lang", words.html_language)
        for place, text in (
            ("#yj-header p", words.tagline), ("#yj-switch", words.switch), ("#yj-clear", words.clear),
            ("#yj-tab-evidence", words.evidence), ("#yj-tab-library", words.library), ("#yj-add", words.add_papers),
            ("#yj-update", words.update_index), (".yj-count span", words.papers_count.format(count=5)),
            (".yj-indexed em >> nth=0", words.state_indexed), (".yj-kicker", words.citation_number.format(number=1)),
        ):  # fmt: skip
            expect(page.locator(place)).to_have_text(text)
        box = page.locator("#yj-question textarea")
        expect(box).to_have_attribute("placeholder", words.question_placeholder)
        expect(page.get_by_label(words.question_label, exact=True)).to_have_count(1)
        expect(page.locator(".yj-sources h3")).to_contain_text(words.sources)
        expect(page.locator(".yj-where")).to_contain_text(words.paragraph.format(number=3))
        expect(page.locator(".yj-error")).to_contain_text("no words" if words is EN else "没有文字")

    check(ZH)
    page.click("#yj-switch")
    check(EN)
    chinese = re.compile(r"[一-鿿]")
    labels = [
        label.strip() for label in page.locator("button:visible:not([data-turn], [data-step])").all_text_contents()
    ]
    assert [label for label in labels if chinese.search(label)] == [EN.switch]
    page.click("#yj-switch")
    check(ZH)


def test_enter_that_ends_a_composition_does_not_send(scripted: ScriptedShelf, open_page: Open) -> None:
    """With a Chinese input method Enter picks a word; only the next one sends."""
    page = open_page(scripted)
    page.fill("#yj-question textarea", "zhizao")
    page.eval_on_selector(
        "#yj-question textarea",
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))",
    )
    page.wait_for_timeout(500)
    expect(page.locator(".yj-turn")).to_have_count(0)
    page.press("#yj-question textarea", "Enter")
    expect(page.locator(".yj-turn")).to_have_count(1)


def test_usable_on_a_telephone(real_shelf: Shelf, open_page: Open) -> None:
    """At 375 pixels nothing scrolls sideways, the answer stands above its evidence, a mark leads down and back up."""
    page = open_page(real_shelf, width=375)
    assert overflow(page) <= 0
    ask(page, QUESTION)
    expect(page.locator("#yj-evidence .yj-card")).to_be_visible()
    assert overflow(page) <= 0
    above, below = page.evaluate(
        "['#yj-left', '#yj-right'].map(name => document.querySelector(name).getBoundingClientRect().toJSON())"
    )
    assert above["bottom"] <= below["top"] + 1
    assert above["width"] == below["width"] == 375
    page.locator(".yj-mark").first.click()
    expect(page.locator("#yj-evidence tr.yj-quoted")).to_be_in_viewport()
    expect(page.locator("#yj-evidence .yj-place")).to_be_in_viewport()
    page.click(".yj-return")
    expect(page.locator(".yj-mark").first).to_be_in_viewport()
    page.click("#yj-tab-library")
    assert overflow(page) <= 0
    ask(page, "x" * 400)
    assert overflow(page) <= 0


def test_two_visitors_see_their_own_conversations(scripted: ScriptedShelf, open_page: Open) -> None:
    """One server, two pages, no mixing."""
    page = open_page(scripted)
    ask(page, "甲的问题")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".yj-greeting")).to_be_visible()
    ask(other, "乙的问题")
    expect(other.locator(".yj-question")).to_have_count(1)
    expect(page.locator(".yj-question")).to_have_count(1)


# ---- the server


def test_the_served_page_links_to_no_other_host(scripted: ScriptedShelf, open_page: Open) -> None:
    """Neither the HTML nor the theme, and a policy forbids the browser to follow any that would come in."""
    page = open_page(scripted)
    here = urlsplit(page.url).netloc
    for path in ("/", "/theme.css"):
        status, text, headers = get(page, path)
        assert status == 200
        found = {urlsplit(url).netloc for url in re.findall(r"(?:https?:)?//[\w.-]+\.[\w:]+[^\s\"'<>)]*", text)}
        assert found <= {here, "www.w3.org"}, found
        assert "default-src 'self'" in headers["content-security-policy"]
    html = get(page, "/")[1]
    assert '<html lang="zh-CN"' in html
    assert f"<title>{ZH.title}</title>" in html
    assert "gradio.app" not in html
    refused = page.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"


def test_the_server_tells_and_fetches_nothing_it_need_not(scripted: ScriptedShelf, open_page: Open) -> None:
    """No endpoint is described, no folder named, no file of the machine given out, nothing fetched for others."""
    page = open_page(scripted)
    assert get(page, "/gradio_api/info")[0] == 404
    for path in ("/", "/config"):
        assert str(scripted.library.folder) not in get(page, path)[1]
        assert str(scripted.store.folder) not in get(page, path)[1]
    for path in ("/gradio_api/file=https://example.com/", "/gradio_api/proxy=https://example.com/", "/monitoring"):
        assert get(page, path)[0] == 404, path
    for path in ("/gradio_api/file=/etc/passwd", f"/gradio_api/file={scripted.library.folder}/zhang.txt"):
        assert get(page, path)[0] == 404, path


def test_an_address_that_cannot_be_had_is_one_sentence(scripted: ScriptedShelf) -> None:
    """A port in use, and one that does not exist."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressTaken, match=str(port)):
            serve_page(scripted, port=port)
    with pytest.raises(AddressTaken, match="70000"):
        serve_page(scripted, port=70000)


def test_a_proxy_in_the_environment_does_not_keep_the_page_from_starting(
    scripted: ScriptedShelf, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page needs is here, and not to be had by way of the proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    page = open_page(scripted)
    expect(page.locator("#yj-send")).to_be_visible()


def test_starting_and_closing_calls_nobody_and_leaves_nothing_open(papers: Path, tmp_path: Path) -> None:
    """In a program of its own, where every warning is an error and every name looked up is written down."""
    program = f"""
import gc, socket
asked, look_up = set(), socket.getaddrinfo
def note(host, *rest, **options):
    asked.add(host)
    return look_up(host, *rest, **options)
socket.getaddrinfo = note
from qa.shelf import Shelf
from ui.serve import serve_page
page = serve_page(Shelf.open({str(papers)!r}, {str(tmp_path / "none")!r}), port={free_port()}, on_ready=print)
page.close()
gc.collect()
print(sorted(str(host) for host in asked))
"""
    ran = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, cwd=PROJECT)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n\['127\.0\.0\.1'\]\n", ran.stdout), ran.stdout
