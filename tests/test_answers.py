"""Answers on the five papers with the real model: found, quoted to the character, or refused."""

from __future__ import annotations

import json
import re

import pytest

from corpus.errors import PaperUnknown, QuestionEmpty, QuestionTooLong
from qa import Answer, Shelf
from qa.asked import asked_of
from qa.evaluate import read_questions, run, summarise
from qa.focus import focus_of
from tests.conftest import PROJECT, check_citations
from ui.terminal import answer_text

QUESTIONS = PROJECT / "tests" / "questions" / "questions.jsonl"


@pytest.mark.parametrize(
    ("question", "held", "paper"),
    [
        ("2019年美国制造业创新研究所的私人投资是多少亿美元？", "3.55", "sun-luo"),
        ("什么是产业公地？", "支持创新的集体能力", "wang-yu-liu"),
        ("中小型制造商占美国制造业企业的比例是多少？", "中小型制造商占美国制造业企业的 98%", "shi-wang-zhang"),
        ("先进制造国家项目办公室设在哪个机构？", "该办公室设在美国国家标准与技术研究院下", "zhang"),
        ("波士顿咨询的报告说美国制造成本比中国高多少？", "仅高出了5%", "chen"),
        ("数字化制造研究所MXD有多少成员？", "314", "shi-wang-zhang"),
    ],
)
def test_the_answering_sentence_is_quoted(real_shelf: Shelf, question: str, held: str, paper: str) -> None:
    answer = real_shelf.ask(question)
    assert not answer.abstained
    assert any(held in c.quote and c.paper.id == paper for c in answer.citations)


def check_form(shelf: Shelf, answer: Answer) -> None:
    """What must hold for every answer, whatever the question."""
    papers = shelf.index.papers
    check_citations(shelf, answer)
    assert 0.0 <= answer.confidence <= 1.0
    assert re.findall(r"\[(\d+)\]", answer.text) == [str(n) for n in range(1, len(answer.citations) + 1)]
    for citation in answer.citations:
        paper = papers[citation.paper.id]
        assert citation.paper.title == paper.title
        assert (citation.section in {s.title for s in paper.sections}) or citation.section == ""
    # A list is quoted whole; of every paper one sentence is quoted.
    asked = asked_of(answer.question)
    each = focus_of(answer.question, shelf.index.catalogue).each
    assert len(answer.citations) <= (40 if asked.form == "list" or each else 3)
    for rank, passage in enumerate(answer.passages, 1):
        assert passage.rank == rank
        assert passage.text == papers[passage.paper.id].text[passage.start : passage.end]
    scores = [passage.score for passage in answer.passages]
    # A question that asks for every paper has the best passage of each first.
    assert scores == sorted(scores, reverse=True) or each


def test_the_given_questions_are_found_answered_or_refused(real_shelf: Shelf) -> None:
    def ask(question: str) -> Answer:
        answer = real_shelf.ask(question)
        check_form(real_shelf, answer)
        return answer

    summary = summarise(run(read_questions(QUESTIONS), ask))
    assert summary["all"]["n"] == 42
    assert summary["all"]["hit@5"] >= 0.85
    assert summary["refused_unanswerable"] >= 13 / 15
    assert summary["refused_answerable"] <= 0.05
    kinds = summary["kinds"]
    single = sum(kinds[kind]["answered"] * kinds[kind]["n"] for kind in ("fact", "table"))
    assert single / (kinds["fact"]["n"] + kinds["table"]["n"]) >= 0.9
    assert kinds["list"]["answered"] >= 0.8
    assert kinds["multi"]["evidence_cited"] == 1.0


@pytest.mark.parametrize(
    "question",
    ["如何用Python读取Excel文件？", "What is the boiling point of ethanol?", "特斯拉上海超级工厂年产能多少？"],
)
def test_a_far_off_question_is_refused_in_its_language(real_shelf: Shelf, question: str) -> None:
    answer = real_shelf.ask(question)
    assert answer.abstained
    assert answer.citations == ()
    assert answer.text == (
        "The papers in the library do not answer this question."
        if question.isascii()
        else "论文库中的论文没有回答这个问题。"
    )
    assert answer.passages


def test_only_the_papers_named_are_searched(real_shelf: Shelf) -> None:
    found = real_shelf.search("私人投资", papers=["chen", "zhang"], top=300)
    assert {p.paper.id for p in found.passages} == {"chen", "zhang"}
    answer = real_shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？", papers=["chen"])
    assert {p.paper.id for p in answer.passages} == {"chen"}
    with pytest.raises(PaperUnknown, match=r"nobody.*chen"):
        real_shelf.ask("私人投资", papers=["nobody"])


@pytest.mark.parametrize("question", ["", "   ", "？！……", "\n\t", "___"])
def test_a_question_without_words_is_refused_as_empty(real_shelf: Shelf, question: str) -> None:
    with pytest.raises(QuestionEmpty):
        real_shelf.ask(question)


def test_a_question_of_100000_characters_is_too_long(real_shelf: Shelf) -> None:
    with pytest.raises(QuestionTooLong, match="100000"):
        real_shelf.ask("长" * 100_000)


@pytest.mark.parametrize("question", ["的了吗呢", "\x00\x01 制造业", "制造业" * 600, "𠀀𠀁", "; DROP TABLE papers"])
def test_odd_questions_get_an_answer_or_a_refusal(real_shelf: Shelf, question: str) -> None:
    check_form(real_shelf, real_shelf.ask(question))


@pytest.mark.parametrize("question", ["的了吗呢", "这是什么？", "who is it", "怎么样呢"])
def test_a_question_of_stop_words_alone_is_refused(real_shelf: Shelf, question: str) -> None:
    answer = real_shelf.ask(question)
    assert (answer.abstained, answer.confidence, answer.citations) == (True, 0.0, ())


@pytest.mark.parametrize(
    "question",
    [
        "Какая погода будет завтра в Москве?",
        "明日の東京の天気はどうですか",
        "ما هي عاصمة البرازيل؟",
        "Wie koche ich Spätzle?",
    ],
)
def test_a_far_off_question_in_a_language_that_the_papers_do_not_have_is_refused(
    real_shelf: Shelf, question: str
) -> None:
    answer = real_shelf.ask(question)
    check_form(real_shelf, answer)
    assert answer.abstained


def test_the_json_is_that_of_the_readme(real_shelf: Shelf) -> None:
    answer = real_shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？").to_json()
    assert json.loads(json.dumps(answer)) == answer
    assert list(answer) == [
        "id", "question", "answer", "abstained", "confidence", "citations", "passages", "timings_ms", "strong",
        "notice",
    ]  # fmt: skip
    assert list(answer["citations"][0]) == [
        "n", "paper", "section", "pages", "page_labels", "paragraph", "start", "end", "quote", "score",
    ]  # fmt: skip
    assert list(answer["citations"][0]["paper"]) == ["id", "file", "title", "authors", "year"]
    assert list(answer["passages"][0]) == ["rank", "paper", "section", "pages", "start", "end", "text", "score"]
    assert list(answer["timings_ms"]) == ["retrieve", "rerank", "answer"]
    found = real_shelf.search("私人投资").to_json()
    assert list(found) == ["id", "question", "passages", "timings_ms"]


def test_the_readme_shows_the_answer_that_is_given(real_shelf: Shelf) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    answer = real_shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？")
    assert answer_text(answer) in readme


@pytest.mark.parametrize(
    "question",
    [
        "AFFOA 的首席执行官是谁？", "LIFT 2021年的营业收入是多少？", "《无尽前沿法案》是哪一天由总统签署生效的？",
        "MForesight 有多少名员工？", "扬斯敦市的人口是多少？", "陈琳的博士论文是在哪位导师指导下完成的？",
    ],
)  # fmt: skip
def test_a_near_miss_is_refused(real_shelf: Shelf, question: str) -> None:
    """The names are there, and the fact that is asked for is not."""
    answer = real_shelf.ask(question)
    check_form(real_shelf, answer)
    assert answer.abstained


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        ("什么是产业公地？", "支持创新的集体能力", "有利于形成产业公地"),
        ("制造业USA相比国家制造创新网络有哪些特色？", "其四，把科研机构作为平台", "NNMI被改名成"),
        ("NNMI计划的四项战略目标是什么？", "（4）推动创新中心探索", "使命："),
        ("IACMI会员分几级？", "联盟成员 4 级", "145"),
    ],
)
def test_what_only_repeats_the_words_is_not_quoted(real_shelf: Shelf, question: str, said: str, not_said: str) -> None:
    answer = real_shelf.ask(question)
    check_form(real_shelf, answer)
    assert said in answer.text
    assert not_said not in answer.text


def test_an_explanation_stands_in_the_order_of_the_paper(real_shelf: Shelf) -> None:
    for question in ("创新网络怎样激励中小企业参与？", "中国的创新模式和美国的创新模式有什么不同？"):
        citations = real_shelf.ask(question).citations
        assert len(citations) > 1
        places = [(c.paper.id, c.start) for c in citations]
        first = places[0][0]
        assert places == sorted(places, key=lambda place: (place[0] != first, place))


def test_a_paper_that_does_not_say_the_name_is_silent(real_shelf: Shelf) -> None:
    """“先进制造业伙伴计划” is another programme than 制造业拓展伙伴计划（MEP）."""
    answer = real_shelf.ask("几篇论文分别如何介绍制造业拓展伙伴计划（MEP）？")
    assert [c.paper.id for c in answer.citations] == ["sun-luo", "zhang"]
    silent = [s.about for s in answer.statements if not s.cites]
    assert silent == ["陈琳（2019）", "史冬梅等", "WANG Li等"]


def test_a_list_is_quoted_whole_and_in_order(real_shelf: Shelf) -> None:
    quotes = [c.quote for c in real_shelf.ask("加快微电子和半导体制造创新有哪三条技术建议？").citations]
    assert [quote.split("\t")[-2] for quote in quotes] == [
        "半导体和电子纳米制造", "半导体材料设计和制造", "半导体封装和异构设计",
    ]  # fmt: skip


def test_of_every_paper_one_sentence_is_quoted_or_it_is_said_to_be_silent(real_shelf: Shelf) -> None:
    answer = real_shelf.ask("几篇论文分别如何介绍制造业拓展伙伴计划（MEP）？")
    check_form(real_shelf, answer)
    cited = [c.paper.id for c in answer.citations]
    assert len(set(cited)) == len(cited)
    assert {"sun-luo", "zhang"} <= set(cited)
    lines = answer.text.splitlines()
    assert len(lines) == 5
    assert all(line.endswith(f"[{n}]") for n, line in enumerate(lines[: len(cited)], 1))
    assert all(line.endswith("：未提及") for line in lines[len(cited) :])


def test_rows_of_another_year_are_not_quoted(real_shelf: Shelf) -> None:
    answer = real_shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？")
    assert [c.quote[:5] for c in answer.citations] == ["2019年"]
