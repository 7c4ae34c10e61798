"""What was asked for is marked in an answer, and of a table's row the cell is given, with its row and column named."""

from __future__ import annotations

import pytest

from corpus.paper import Table
from qa import Shelf
from qa.sought import row_marked, sentence_marked

IACMI = (
    "以先进复合材料制造创新中心（IACMI）为例，该中心由能源部负责支持建设，计划 5 年的投资规模为 2.48 亿美元，"
    "其中能源部投资 0.7 亿美元，田纳西州政府出资 0.58 亿美元，其余 1.2 亿美元由参与的企业会员出资。"
)
CCS = (
    "先进复合材料制造创新中心交由复合材料协同解决方案公司（CCS）经营，"
    "该公司是田纳西大学研究基金会下设的一个非营利组织。"
)
YEARS = Table(
    "表2", "2015—2019 年美国制造业创新研究所产生效果", 0, 60,
    ("年份", "研究所（个）", "会员数量（家）", "联邦投资（亿美元）", "私人投资（亿美元）"),
    (("2018年", "14", "1 937", "1.83", "3.04"), ("2019年", "14", "1 920", "1.33", "3.55")), ((0, 30), (31, 60)),
)  # fmt: skip
PROJECTS = Table(
    "表5", "项目一览", 0, 60, ("项目", "执行期限", "主要执行机构", "资助金额（美元）"),
    (("量子技术制造", "2022 年 5 月", "斯坦福国际研究院", "299 110"),), ((0, 60),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("question", "sentence", "things"),
    [
        ("IACMI 五年的投资规模是多少？", IACMI, ["2.48 亿美元"]),
        ("IACMI 的投资规模是多少，各方分别出多少？", IACMI, ["2.48 亿美元", "0.7 亿美元", "0.58 亿美元", "1.2 亿美元"]),
        ("田纳西州政府给IACMI出资多少？", IACMI, ["0.58 亿美元"]),
        ("先进复合材料制造创新中心由谁经营？", CCS, ["复合材料协同解决方案公司（CCS）"]),
        (
            "14家创新中心里国防部、能源部、商务部各设立了几家？",
            "这 14 家创新中心中， 8 家由国防部设立、5 家由能源部设立、1 家由商务部设立。", ["8 家", "5 家", "1 家"],
        ),
        (
            "联邦政府的资助期是几年，最多能延长多久？",
            "联邦政府的资助期为 5 年，最多可延长两年，此后逐渐独立发展。", ["5 年", "两年"],
        ),
        (
            "MFGTech计划资助了多少个项目、总共多少钱？",
            "MFGTech 计划面向 4 个领域，为 14 个项目提供了约 400 万美元的资助。", ["14 个", "400 万美元"],
        ),
        (
            "MEP有多少个中心和服务点？",
            "位于美国全部 50 个州和波多黎各的 51 个制造业拓展伙伴中心、385 个服务点及 1 400 多名专家。",
            ["51 个", "385 个"],
        ),
        ("政府先行投入多少？", "通常情况下，政府先行投入七千万至1.2亿美元不等的资金。", ["七千万至1.2亿美元"]),
        ("RAMI法案是什么时候通过的？", "2014 年 12 月，美国国会通过《RAMI 法案》。", ["2014 年 12 月"]),
        (
            "办公室设在哪个机构？",
            "该办公室设在美国国家标准与技术研究院下，工作人员包括专家。", ["美国国家标准与技术研究院"],
        ),
        (
            "会员分几级？",
            "会员分为特许会员、高级会员、资源成员、联盟成员 4 级，任何成员都可以参与 3 个项目。", ["4 级"],
        ),
        ("2019年的逆差是多少？", "2019 年贸易逆差高达 1 970 亿美元，比 2018 年多 20%。", ["1 970 亿美元"]),
        # What is not asked for as a thing is not marked; nor in another language where more than one could be meant.
        ("什么是产业公地？", "产业公地是支持创新的集体能力，2012 年提出。", []),
        ("How much does Tennessee give to IACMI?", IACMI, []),
    ],
)  # fmt: skip
def test_the_thing_asked_for_is_marked(question: str, sentence: str, things: list[str]) -> None:
    marked = sentence_marked(sentence, question)
    assert marked.text == sentence
    assert marked.things == things


@pytest.mark.parametrize(
    ("table", "row", "question", "text"),
    [
        (YEARS, 1, "2019年美国制造业创新研究所的私人投资是多少亿美元？", "2019年 · 私人投资（亿美元）：3.55"),
        (YEARS, 0, "2018年制造业创新研究所的会员有多少家？", "2018年 · 会员数量（家）：1 937"),
        (YEARS, 1, "2019年研究所有几个？", "2019年 · 研究所（个）：14"),
        (PROJECTS, 0, "量子技术制造项目由谁执行？", "量子技术制造 · 主要执行机构：斯坦福国际研究院"),
        (PROJECTS, 0, "量子技术制造的资助金额是多少？", "量子技术制造 · 资助金额（美元）：299 110"),
        (
            PROJECTS, 0, "量子技术制造由谁执行，资助金额多少？",
            "量子技术制造 · 主要执行机构：斯坦福国际研究院；资助金额（美元）：299 110",
        ),
        (YEARS, 1, "2019年联邦投资和私人投资各是多少？", "2019年 · 联邦投资（亿美元）：1.33；私人投资（亿美元）：3.55"),
        # Levels are not counted in families.
        (YEARS, 1, "2019年会员分几级？", YEARS.described(1)),
    ],
)  # fmt: skip
def test_the_cell_asked_for_is_given_with_its_row_and_column(table: Table, row: int, question: str, text: str) -> None:
    marked = row_marked(table, row, question)
    assert marked.text == text
    if " · " in text:
        assert marked.things == [cell.partition("：")[2] for cell in text.partition(" · ")[2].split("；")]


def test_what_the_question_names_is_not_what_it_asks_for() -> None:
    assert sentence_marked(CCS, "IACMI由谁经营？", known={"先进复合材料制造创新中心"}).things == [
        "复合材料协同解决方案公司（CCS）"
    ]


def test_in_a_row_the_names_of_columns_are_not_marked() -> None:
    marked = row_marked(YEARS, 1, "2019年每家企业多少亿美元？")
    assert marked.text == YEARS.described(1)
    assert all("亿美元" not in thing for thing in marked.things)


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("2019年美国制造业创新研究所的私人投资是多少亿美元？", "3.55"),
        ("数字化制造研究所MXD有多少成员？", "314"),
        ("无尽前沿法案要求美国国家科学基金会在关键技术领域投资多少？", "1000亿美元"),
        ("先进制造国家项目办公室设在哪个机构？", "美国国家标准与技术研究院"),
        ("成为IACMI特许会员需要缴纳多少钱？", "500 万美元"),
    ],
)
def test_in_an_answer_of_the_five_papers(real_shelf: Shelf, question: str, thing: str) -> None:
    answer = real_shelf.ask(question)
    assert [answer.text[start:end] for start, end in answer.strong] == [thing]
    assert answer.to_json()["strong"] == [list(span) for span in answer.strong]
