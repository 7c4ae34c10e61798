"""Follow-ups are completed from the questions before them, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa import Shelf
from qa.conversation import Conversation, complete, subject
from qa.evaluate import QuestionFileError, read_conversations, run, summarise
from tests.conftest import PROJECT

NAMES = ("产业公地", "IACMI", "美国审计总署")


@pytest.mark.parametrize(
    ("before", "asked", "completed"),
    [
        ("IACMI 五年的投资规模是多少？", "它由谁经营？", "IACMI由谁经营？"),
        ("IACMI由谁经营？", "那会员分几级？", "IACMI会员分几级？"),
        ("2019年制造业创新研究所的会员有多少家？", "那2015年呢？", "2015年制造业创新研究所的会员有多少家？"),
        ("2019年制造业创新研究所的私人投资是多少？", "联邦投资呢？", "2019年制造业创新研究所的联邦投资是多少？"),
        ("IACMI 由谁经营？", "那AFFOA呢？", "AFFOA 由谁经营？"),
        ("什么是产业公地？", "怎样恢复？", "产业公地怎样恢复？"),
        ("首家制造业创新研究所在哪里？", "什么时候成立的？", "首家制造业创新研究所什么时候成立的？"),
        ("MForesight是什么组织？", "谁资助的？", "MForesight谁资助的？"),
        ("数字化制造研究所MXD有多少成员？", "它的会员有多少？", "数字化制造研究所MXD的会员有多少？"),
        ("制造业拓展伙伴计划是什么？", "该计划有多少个中心？", "制造业拓展伙伴计划有多少个中心？"),
        ("What is IACMI?", "Who runs it?", "Who runs IACMI?"),
        ("How many members were there in 2019?", "What about 2018?", "How many members were there in 2018?"),
    ],
)
def test_a_follow_up_is_completed(before: str, asked: str, completed: str) -> None:
    assert complete(asked, [before], NAMES) == completed


@pytest.mark.parametrize(
    ("asked", "told", "completed"),
    [
        ("该公司是谁设立的？", ["复合材料协同解决方案公司"], "复合材料协同解决方案公司是谁设立的？"),
        (
            "这家公司的员工有多少？",
            ["CCS", "复合材料协同解决方案公司（CCS）"],
            "复合材料协同解决方案公司（CCS）的员工有多少？",
        ),
        ("它的投资规模是多少？", ["复合材料协同解决方案公司"], "IACMI的投资规模是多少？"),
        ("该公司是谁设立的？", [], "IACMI是谁设立的？"),
        ("他在哪里任教？", ["张华胜"], "张华胜在哪里任教？"),
        ("其他会员有多少？", ["张华胜"], "其他会员有多少？"),
    ],
)
def test_a_follow_up_may_lean_on_what_the_answer_said(asked: str, told: list[str], completed: str) -> None:
    """Where the pronoun says of which kind it is, and the subject is of another."""
    assert complete(asked, ["IACMI由谁经营？"], NAMES, told) == completed


def test_what_the_answer_gave_is_what_the_next_question_means(real_shelf: Shelf) -> None:
    talk = Conversation(real_shelf)
    assert "复合材料协同解决方案公司" in talk.ask("IACMI由谁经营？").text
    assert talk.ask("该公司是哪个机构下设的？").question == "复合材料协同解决方案公司（CCS）是哪个机构下设的？"


@pytest.mark.parametrize(
    "asked",
    [
        "美国审计总署建议了什么？", "德勤的评估结论是什么？", "LIFT的会员有多少？",
        "我国应该怎样支持中小企业？",
        "Which report says that offshoring hurt innovation?",
        "中小企业搞智能制造转型难在哪里？",
        "What did the GAO recommend about the program?",
    ],
)  # fmt: skip
def test_another_subject_is_not_dragged_back(asked: str) -> None:
    assert complete(asked, ["什么是产业公地？"], NAMES) == asked


def test_the_first_question_is_left_as_it_is() -> None:
    assert complete("它由谁经营？", []) == "它由谁经营？"
    assert complete("  ", ["什么是产业公地？"], NAMES) == ""


def test_a_completed_question_is_what_the_next_one_leans_on(real_shelf: Shelf) -> None:
    talk = Conversation(real_shelf)
    assert talk.ask("IACMI 五年的投资规模是多少？").question == "IACMI 五年的投资规模是多少？"
    assert talk.ask("它由谁经营？").question == "IACMI由谁经营？"
    assert talk.ask("那会员分几级？").question == "IACMI会员分几级？"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("什么是产业公地？", "产业公地"),
        ("2019年制造业创新研究所的会员有多少家？", "制造业创新研究所"),
        ("NIST 的 MFGTech 计划资助了几个项目？", "NIST 的 MFGTech 计划资助"),
        ("为什么？", ""),
    ],
)
def test_the_subject_is_the_first_noun_with_what_is_tied_to_it(question: str, expected: str) -> None:
    assert subject(question, NAMES) == expected


def test_the_given_conversations_are_answered(real_shelf: Shelf) -> None:
    outcomes = [
        outcome
        for turns in read_conversations(PROJECT / "tests" / "questions" / "conversations.jsonl")
        for outcome in run(turns, Conversation(real_shelf).ask)
    ]
    assert [o.question.kind for o in outcomes[:3]] == ["opening", "follow-up", "follow-up"]
    assert summarise(outcomes)["kinds"]["follow-up"]["hit@5"] == 1.0
    assert summarise(outcomes)["kinds"]["follow-up"]["answered"] >= 0.85


def test_a_line_that_is_no_conversation_is_named(tmp_path: Path) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(json.dumps({"id": "a", "turns": []}) + "\n" + json.dumps({"id": "b"}) + "\n", encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r"line 2.*turns"):
        read_conversations(file)
