"""What a question asks for and speaks of is read off its own words; a text holds such a thing or does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.asked import UNITS, Span, Want, asked_of, explains, phrases, things, trimmed


@pytest.mark.parametrize(
    ("question", "form", "wants"),
    [
        ("首家制造业创新研究所是什么时候在哪里成立的？", "fact", ["date", "place"]),
        ("德勤的评估报告有多少页？", "fact", ["amount page"]),
        ("MForesight 有多少名员工？", "fact", ["amount people"]),
        ("2019年美国制造业创新研究所的私人投资是多少亿美元？", "fact", ["amount money"]),
        ("中小型制造商占美国制造业企业的比例是多少？", "fact", ["amount share"]),
        ("联邦政府对创新中心的资助期是几年？", "fact", ["amount time"]),
        ("AFFOA 的首席执行官是谁？", "fact", ["agent"]),
        ("先进制造国家项目办公室设在哪个机构？", "fact", ["body"]),
        ("How many patents did America Makes file in 2019?", "fact", ["amount count"]),
        ("In which state was the first bridge deck built?", "fact", ["place"]),
        ("制造业创新研究所的评估方式主要包括哪两个方面？", "list", []),
        ("NNMI计划的四项战略目标是什么？", "list", []),
        ("什么是产业公地？", "explain", []),
        ("批评者为什么反对政府直接投资研发项目？", "explain", []),
        ("Why did offshoring hurt American innovation?", "explain", []),
    ],
)
def test_the_form_and_the_kind_of_thing(question: str, form: str, wants: list[str]) -> None:
    asked = asked_of(question)
    assert (asked.form, [f"{want.kind} {want.unit}".strip() for want in asked.wants]) == (form, wants)


@pytest.mark.parametrize(
    ("question", "explanation", "explaining", "repeating"),
    [
        ("什么是产业公地？", "definition", "产业公地是支持创新的集体能力。", "产业公地吸引企业进驻。"),
        ("外包为什么损害创新？", "reason", "由于研发紧靠工艺，外包带走了研发。", "外包与创新的讨论很多。"),
        ("创新网络怎样激励中小企业？", "way", "通过补贴和会员结构激励中小企业。", "激励中小企业十分重要。"),
        ("Why did offshoring hurt innovation?", "reason", "It hurt because research follows plants.", "It hurt much."),
    ],
)
def test_an_explanation_is_told_from_a_repetition(
    question: str, explanation: str, explaining: str, repeating: str
) -> None:
    asked = asked_of(question)
    assert asked.explanation == explanation
    assert explains(explaining, asked)
    assert not explains(repeating, asked)


@pytest.mark.parametrize(
    ("text", "held", "name"),
    [
        ("该办公室设在美国国家标准与技术研究院下", "设在美国国家标准与技术研究院", "美国国家标准与技术研究院"),
        ("交由复合材料协同解决方案公司经营", "交由复合材料协同解决方案公司", "复合材料协同解决方案公司"),
        ("由美国国防部牵头", "由美国国防部", "美国国防部"),
        ("已经成立了", "已经成立", ""),
    ],
)
def test_a_name_is_trimmed_of_what_stands_before_it(text: str, held: str, name: str) -> None:
    start = text.index(held)
    span = trimmed(text, Span(start, start + len(held)))
    assert text[span.start : span.end] == name


@pytest.mark.parametrize(
    ("want", "text", "found"),
    [
        (Want("amount", "money"), "2012年8月，国防部投资3 000万美元", ["3 000万美元"]),
        (Want("amount", "people"), "培训了19.1万人，分5期", ["19.1万人"]),
        (Want("amount", "page"), "报告发表于2017年，共有3章", []),
        (Want("amount", "级"), "会员分为 4 级，共 187 家", ["4 级"]),
        (Want("amount", "级"), "共有 187 家会员", []),
        (Want("amount", "money"), "在10个领域投资1000亿美元", ["1000亿美元"]),
        (Want("date"), "投资1000亿美元，1 970 家", []),
        (Want("amount"), "设有十四家中心", ["十四"]),
        (Want("amount"), "成立于2012年8月", []),
        (Want("date"), "2012 年 8 月成立", ["2012 年 8 月"]),
        (Want("body"), "由美国国防部牵头", ["美国国防部"]),
    ],
)
def test_things_are_found_by_kind_and_unit(want: Want, text: str, found: list[str]) -> None:
    told = [text[thing.start : thing.end].strip() for thing in things(text, want)]
    assert [word for word in found if not any(word in each for each in told)] == []
    assert bool(told) == bool(found)


@pytest.mark.parametrize(
    ("question", "names", "expected"),
    [
        ("德勤的评估报告有多少页？", (), ["德勤", "评估报告", "页"]),
        ("制造业拓展伙伴计划2023年的预算是多少？", ("制造业拓展伙伴计划",), ["制造业拓展伙伴计划", "2023年", "预算"]),
        ("国家制造创新网络是仿照哪个国家的什么机构？", ("国家制造创新网络",), ["国家制造创新网络", "仿照"]),
        ("各位专家：请问IACMI由谁经营", (), ["IACMI", "经营"]),
        ("How many patents did AFFOA file in 2017?", (), ["patents", "AFFOA", "file", "2017"]),
        ("的了吗呢", (), []),
    ],
)
def test_phrases_are_what_a_question_speaks_of(question: str, names: tuple[str, ...], expected: list[str]) -> None:
    assert [question[span.start : span.end] for span in phrases(question, names)] == expected


@given(
    st.text(max_size=60), st.sampled_from(["", *UNITS]), st.sampled_from(["amount", "date", "agent", "body", "place"])
)
def test_spans_lie_within_any_text_in_order(text: str, unit: str, kind: str) -> None:
    for spans in (phrases(text, ("创新", "AB")), list(things(text, Want(kind, unit if kind == "amount" else "")))):  # type: ignore[arg-type]
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert [span.start for span in spans] == sorted(span.start for span in spans)
