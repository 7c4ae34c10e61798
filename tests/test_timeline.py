"""The dates that papers write, the events they tell of them, and what several papers tell of one."""

from __future__ import annotations

import pytest

from corpus.paper import Paper
from corpus.read import read_data
from qa.dates import date_of_cell, dates_in, moments, said_in_chinese
from qa.timeline import DatedEvent, events_of
from tests.bench.events import TUNED_ON, compare, read_papers, read_written


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2012 年美国启动了该计划，2016 年 9 月更名。", ["2012", "2016-09"]),
        ("该法案于２０１４年12月16日通过。", ["2014-12-16"]),
        ("二〇一二年八月成立，二零一三年十二月三十一日解散。", ["2012-08", "2013-12-31"]),
        ("2012—2016年建了九家，2017年至2019年停建。", ["2012/2016", "2017/2019"]),
        ("2022 年 5 月—2023 年 9 月执行，2012年3—5月试行。", ["2022-05/2023-09", "2012-03/2012-05"]),
        ("由 2016 年的 23 亿美元增长到了 2020 年的 130 亿美元。", ["2016/2020"]),
        ("“十二五”期间建成，十三五时期扩建，“十五”末，“十一五”规划。", ["2011/2015", "2016/2020", "2001/2005"]),
        ("20世纪80年代开始外流，20世纪60、70年代曾繁荣，2010年代回流。", ["1980/1989", "1960/1979", "2010/2019"]),
        ("计划于2012年提出，同年8月成立，次年 1 月发布设计。", ["2012", "2012-08", "2013-01"]),
        ("2017 年 4 月和 8 月分别召开会议。", ["2017-04", "2017-08"]),
        ("2015、2016和2018财年各有一份。", ["2015", "2016", "2018"]),
        ("到2025年建成15家。", ["2025"]),
        ("In June 2019 a report appeared; since 2012 there were 14.", ["2019-06", "2012"]),
        # No dates: a span that ends before it begins, no such day, years of age, amounts, a plain number.
        ("2008年到2007年维持不变。", []),
        ("2013年2月30日。", []),
        ("有 1 970 亿美元，“中国制造 2025”，GB/T 7714-2015，2016年级学生。", []),
    ],
)
def test_dates_are_read_as_papers_write_them(text: str, dates: list[str]) -> None:
    assert [date.iso for date in dates_in(text)] == dates


def test_a_date_names_its_place_in_the_text() -> None:
    text = "计划于 2012 年提出，同年 8 月成立。"
    assert [text[date.start : date.end] for date in dates_in(text)] == ["2012 年", "同年 8 月"]


@pytest.mark.parametrize(
    ("before", "dates"),
    [
        ("2011 年 2 月实行了战略。", ["2011-06"]),
        ("2011 年 2 月制定，2011 年 5 月实行。", ["2011-06"]),
        ("2011 年制定，2012 年实行。", []),
        ("2009—2011年制定。", []),
        ("制定了战略。", []),
    ],
)
def test_the_same_year_is_resolved_only_where_there_is_one(before: str, dates: list[str]) -> None:
    assert [date.iso for date in dates_in("同年 6 月发布报告。", before)] == dates


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2012.8", "2012-08"), ("2012年8月", "2012-08"), ("2022 年 5 月—2023 年 9 月", "2022-05/2023-09"),
        ("2015", "2015"), ("2015-05-08", "2015-05-08"), ("2 012", ""), ("6.5 / 6.8", ""), ("2015年成立", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_is_a_date_or_not(cell: str, date: str) -> None:
    assert date_of_cell(cell) == date


def test_a_date_is_said_and_taken_apart() -> None:
    assert said_in_chinese("2012-08-01") == "2012年8月1日"
    assert said_in_chinese("2022-05/2023") == "2022年5月—2023年"
    assert moments("2012-08/2013") == ((2012, 8, 0), (2013, 0, 0))
    assert moments("2012") == ((2012, 0, 0), (2012, 0, 0))


HEAD = "滨江制造研究\n\n李明\n\n一、历程\n\n"


def paper(body: str, name: str = "a") -> Paper:
    """A paper with this body, read as files are."""
    return read_data((HEAD + body).encode(), f"{name}.txt", {})


def told(events: tuple[DatedEvent, ...]) -> list[tuple[str, list[str]]]:
    """Dates, and what each telling says."""
    return [(event.date, [telling.what for telling in event.tellings]) for event in events]


def test_each_date_of_a_sentence_has_its_own_clause() -> None:
    read = paper("为促进繁荣，该计划于 2012 年提出，同年 8 月滨江市组建了首家试点工厂。\n")
    events = events_of([read])
    assert told(events) == [
        ("2012", ["为促进繁荣，该计划于 2012 年提出"]),
        ("2012-08", ["同年 8 月滨江市组建了首家试点工厂。"]),
    ]
    for event in events:
        for telling in event.tellings:
            assert read.text[telling.start : telling.end] == telling.what
            assert (telling.paper, telling.section, telling.pages) == ("a", "一、历程", ())
    assert events[1].question == "《滨江制造研究》怎样论述“2012年8月滨江市组建了首家试点工厂”？"


@pytest.mark.parametrize(
    "body",
    [
        "《2021年滨江市创新法案》规定了资金的用途。", "《国家智能制造标准体系建设指南（2018年版）》规定了方法。",
        "逆差升至5.3%，为 2008 年以来的最高水平。", "项目数是 2015 年项目数量的近 3 倍。", "产值小于 2000 年的产值。",
        "与2015年相比，会员增长了很多。", "滨江市颁布了2017年度“滨江制造”报告。", "以2010年不变价计算，产值有所增长。",
        "滨江市已有近2000年的历史。", "李明（2018年）认为应当加大投入。", "近年来，制造业呈现衰退趋势。",
        "工业和信息化部. 关于印发规划的通知. (2015-05-08)[2021-08-27]. http://www.gov.cn/2015年/a.htm.",
    ],
)  # fmt: skip
def test_dates_of_names_bases_and_references_are_no_events(body: str) -> None:
    assert events_of([paper(f"{body}\n")]) == ()


def test_events_stand_in_the_order_of_their_dates() -> None:
    body = "2015年工厂扩建。2012年12月1日厂房落成。2012—2014年试产。2012年立项。2012年3月开工。到2030年将停产。\n"
    assert [event.date for event in events_of([paper(body)])] == [
        "2012", "2012/2014", "2012-03", "2012-12-01", "2015", "2030",
    ]  # fmt: skip


def test_what_two_papers_tell_of_one_month_is_one_event() -> None:
    one = paper("2014年12月，国会通过《制造业振兴法案》，确立了网络的地位。2015年，网络有7家中心。\n")
    other = paper("2014年12月，众议院通过了《制造业振兴法案》。2015年，政府投资了1.04亿美元。\n", "b")
    assert [(e.date, [t.paper for t in e.tellings]) for e in events_of([one, other])] == [
        ("2014-12", ["a", "b"]),
        ("2015", ["a"]),
        ("2015", ["b"]),
    ]


def test_rows_tell_events_where_they_name_one(zhang: Paper, sun_luo: Paper) -> None:
    events = events_of([zhang, sun_luo])
    rows = [telling for event in events for telling in event.tellings if telling.row]
    assert len(rows) == 14 + 16
    (arm,) = [e for e in events if e.date == "2017-01"]
    assert [(t.paper, "ARM" in t.what) for t in arm.tellings] == [("zhang", True), ("sun-luo", True)]
    # Rows of mere figures under 年份: 2015年 7 147 800 3.5 1.04 2.17
    assert not any("1 937" in telling.what for telling in rows)


@pytest.fixture(scope="module")
def five() -> dict[str, Paper]:
    """The five papers."""
    return dict(read_papers())


@pytest.fixture
def zhang(five: dict[str, Paper]) -> Paper:
    """One with a table of institutes."""
    return five["zhang"]


@pytest.fixture
def sun_luo(five: dict[str, Paper]) -> Paper:
    """Another one with a table of institutes, and tables of figures by year."""
    return five["sun-luo"]


def test_what_was_written_down_by_hand_is_found(five: dict[str, Paper]) -> None:
    written = read_written()
    assert len(written) == 146
    for some in (TUNED_ON, tuple(name for name in five if name not in TUNED_ON)):
        compared = compare([five[name] for name in some], [each for each in written if each.paper in some])
        assert compared.precision >= 0.95, compared.wrong
        assert compared.recall >= 0.95, compared.missed
