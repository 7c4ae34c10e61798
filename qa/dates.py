"""Dates as papers write them, in ISO 8601: a year, a month, a day, or a span from one to another.

>>> [date.iso for date in dates_in("该计划于 2012 年提出，同年 8 月组建首家中心，“十三五”期间又建了六家。")]
['2012', '2012-08', '2016/2020']

同年, 次年 and 同月 are resolved from the date before them in the same text, else from the sentence before, and only
where there is one year that they can mean. A span that ends before it begins (2008年到2007年) is no date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_CHINESE = {sign: number for number, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_MONTHS = "january february march april may june july august september october november december".split()
_EARLIEST, _LATEST = 1000, 2199

_Y = r"(?<![\d.．])(?:\d{4}|[一二][〇○零一二三四五六七八九]{3})"
_M = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_D = r"(?:[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_TO = r"\s?(?:[—–―－\-~～]{1,2}|至|到)\s?"
_SPAN = re.compile(
    rf"(?P<y1>{_Y})\s?(?:财?年度?)?\s?(?:(?P<m1>{_M})\s?月?份?\s?)?(?:(?P<d1>{_D})\s?日?)?{_TO}"
    rf"(?:(?P<y2>{_Y})\s?财?年度?)?\s?(?:(?P<m2>{_M})\s?月份?)?\s?(?:(?P<d2>{_D})\s?日)?"
)
_DAY = rf"(?:(?P<m>{_M})\s?月份?(?:\s?(?P<d>{_D})\s?[日号])?)?"
_DATE = re.compile(rf"(?P<y>{_Y})\s?财?年(?!代|级)度?\s?{_DAY}")
_BARE_YEAR = re.compile(rf"(?P<y>{_Y})(?=\s?(?:[、,，和与及]\s?\d{{4}}\s?)+财?年(?!代|级))")
_NEXT_MONTH = re.compile(rf"\s?(?:[、和与及]|以及)\s?(?P<m>{_M})\s?月份?(?:\s?(?P<d>{_D})\s?[日号])?")
RELATIVE = re.compile(
    rf"(?P<which>同年(?!级|龄)|[次翌]年|当年(?=\s?{_M}\s?月))\s?的?\s?{_DAY}|(?P<month>同月)(?:\s?(?P<day>{_D})\s?[日号])?"
)
_DECADE = re.compile(
    r"(?P<century>1\d|2[01]|十[六七八九]|二十一?)\s?世纪\s?(?P<first>[1-9]0|[二三四五六七八九]十)"
    r"(?:\s?年代)?(?:\s?[、—–\-~～至到和]\s?(?P<last>[1-9]0|[二三四五六七八九]十))?\s?年代|(?P<year>\d{3}0)\s?年代"
)
_PLAN = re.compile(
    r"[“\"「]?(?P<plan>十[一二三四五]?|[六七八九])五[”\"」]?\s?(?:规划|计划)?(?:期间|时期|期末|末期|初期|[末初](?=[，,。；]))"
)
_ENGLISH = re.compile(
    rf"\b(?:(?P<month>{'|'.join(_MONTHS)})\s(?:(?P<day>\d{{1,2}}),?\s)?(?:of\s)?"
    r"|(?:in|since|by|during|from|until)\s(?:the\s)?(?:(?:fiscal|financial)\syear\s|(?:early|mid|late)[\s-])?)"
    r"(?P<year>1[5-9]\d\d|20\d\d)\b(?:\s?(?:[–—-]|to|until)\s?(?P<last>1[5-9]\d\d|20\d\d)\b)?(?!s\b|[\d.]|\s?%)",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?P<y>\d{4})\s?[.．/-]\s?(?P<m>0?[1-9]|1[0-2])(?:\s?[.．/-]\s?(?P<d>[12]\d|3[01]|0?[1-9]))?")

_FROM = re.compile(r"(?:从|由|自)\s?\Z")
_UNTIL = re.compile(r"(?:至|到)了?\s?\Z")
_CLAUSE = re.compile(r"[，,。；;：:！!？?]")

Moment = tuple[int, int, int]
"""Year, month and day; 0 for a part that is not told."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """`text[start:end]` says the date `iso`: `2012`, `2012-08`, `2012-08-01`, or a span such as `2022-05/2023-09`."""

    start: int
    end: int
    iso: str


def dates_in(text: str, before: str = "") -> tuple[WrittenDate, ...]:
    """The dates that a text states, in its order. `before` is the sentence before it, for 同年 and the like."""
    found: list[WrittenDate] = []
    for match, iso in sorted(_absolute(text), key=lambda each: (each[0].start(), -each[0].end())):
        if not found or match.start() >= found[-1].end:
            found.append(WrittenDate(match.start(), match.end(), iso))
            found.extend(_months_after(text, found[-1]))
    for match in RELATIVE.finditer(text):
        iso = _resolved(match, [date.iso for date in found if date.end <= match.start()], before)
        if iso and not any(date.start < match.end() and match.start() < date.end for date in found):
            found.append(WrittenDate(match.start(), match.end(), iso))
    found.sort(key=lambda date: date.start)
    return tuple(date for date in _joined(text, found) if date.iso)


def date_of_cell(cell: str) -> str:
    """The date that a table's cell consists of; empty where it says anything else.

    >>> date_of_cell("2012.8"), date_of_cell("2022 年 5 月—2023 年 9 月"), date_of_cell("2 012")
    ('2012-08', '2022-05/2023-09', '')
    """
    cell = cell.strip()
    if (match := _CELL.fullmatch(cell)) is not None:
        return _iso(_moment(match["y"], match["m"], match["d"]))
    dates = dates_in(cell)
    if len(dates) == 1 and (dates[0].start, dates[0].end) == (0, len(cell)):
        return dates[0].iso
    return cell if re.fullmatch(r"(?:1[5-9]|20)\d\d", cell) else ""


def moments(iso: str) -> tuple[Moment, Moment]:
    """The first and the last moment of a date; the same twice where it is no span.

    >>> moments("2012-08/2013")
    ((2012, 8, 0), (2013, 0, 0))
    """
    first, _, last = iso.partition("/")
    return _parts(first), _parts(last or first)


def said_in_chinese(iso: str) -> str:
    """A date in words.

    >>> said_in_chinese("2012-08-01"), said_in_chinese("2022-05/2023-09")
    ('2012年8月1日', '2022年5月—2023年9月')
    """
    return "—".join(
        f"{year}年" + (f"{month}月" if month else "") + (f"{day}日" if day else "")
        for year, month, day in map(_parts, iso.split("/"))
    )


def _parts(iso: str) -> Moment:
    numbers = [*map(int, iso.split("-")), 0, 0]
    return numbers[0], numbers[1], numbers[2]


def _absolute(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """What names its own year, overlapping; an `iso` that is empty covers what must not be read as a date."""
    for match in _SPAN.finditer(text):
        if match["y2"] is None and (match["m1"] is None or match["m2"] is None) and match["d2"] is None:
            continue
        if match["y2"] is not None and not re.search("年", text[match.start("y2") : match.end()]):
            continue
        first = _moment(match["y1"], match["m1"], match["d1"])
        last = _moment(match["y2"] or match["y1"], match["m2"] or (match["m1"] if match["d2"] else None), match["d2"])
        yield match, _span(first, last)
    for match in (*_DATE.finditer(text), *_BARE_YEAR.finditer(text)):
        groups = match.groupdict()
        yield match, _iso(_moment(groups["y"], groups.get("m"), groups.get("d")))
    for match in _DECADE.finditer(text):
        begins = int(match["year"] or 0) or 100 * (_number(match["century"]) - 1) + _number(match["first"])
        ends = 100 * (_number(match["century"]) - 1) + _number(match["last"]) if match["last"] else begins
        yield match, _span((begins, 0, 0), (ends + 9, 0, 0))
    for match in _PLAN.finditer(text):
        begins = 1951 + 5 * _number(match["plan"])
        yield match, _span((begins, 0, 0), (begins + 4, 0, 0))
    for match in _ENGLISH.finditer(text):
        month = str(_MONTHS.index(match["month"].lower()) + 1) if match["month"] else None
        first_day = _moment(match["year"], month, match["day"])
        yield match, _span(first_day, _moment(match["last"])) if match["last"] else _iso(first_day)


def _months_after(text: str, date: WrittenDate) -> Iterator[WrittenDate]:
    """The further months of a year: 8 月 of 2017 年 4 月和 8 月."""
    end, iso = date.end, date.iso
    while "/" not in iso and "-" in iso and (match := _NEXT_MONTH.match(text, end)) is not None:
        iso = _iso((_parts(iso)[0], _number(match["m"]), _number(match["d"] or "0")))
        yield WrittenDate(match.start("m"), match.end(), iso)
        end = match.end()


def _resolved(match: re.Match[str], earlier: list[str], before: str) -> str:
    """What 同年 8 月 means behind these dates, or else behind the sentence `before`; empty where it is not certain."""
    if earlier:
        known = earlier[-1:]
    else:
        known = [date.iso for date in dates_in(before)]
        if len({iso[:4] for iso in known}) != 1:
            return ""
    if not known or "/" in known[-1]:
        return ""
    year, month, _ = _parts(known[-1])
    if match["month"]:
        months = {_parts(iso)[1] for iso in known}
        return _iso((year, month, _number(match["day"] or "0"))) if month and len(months) == 1 else ""
    later = match["which"] in ("次年", "翌年")
    return _iso((year + later, _number(match["m"] or "0"), _number(match["d"] or "0")))


def _joined(text: str, dates: list[WrittenDate]) -> Iterator[WrittenDate]:
    """由 2016 年的 23 亿美元增长到了 2020 年的 130 亿美元 is one span."""
    passed = False
    for date, after in pairwise([*dates, None]):
        if passed or date is None:
            passed = False
            continue
        between = text[date.end : after.start] if after is not None else ""
        passed = (
            after is not None
            and "/" not in date.iso + after.iso
            and _FROM.search(text, 0, date.start) is not None
            and _UNTIL.search(between) is not None
            and not _CLAUSE.search(between)
        )
        if passed and after is not None:
            yield WrittenDate(date.start, after.end, _span(_parts(date.iso), _parts(after.iso)))
        else:
            yield date


def _span(first: Moment, last: Moment) -> str:
    begins, ends = _iso(first), _iso(last)
    return f"{begins}/{ends}" if begins and ends and _earlier(first, last) else ""


def _earlier(first: Moment, last: Moment) -> bool:
    """Whether a span can begin and end with these: 2012 and 2012-08 cannot, for nothing tells when it begins."""
    told = next((n for n in range(3) if not first[n] or not last[n]), 3)
    return first[:told] < last[:told]


def _moment(year: str, month: str | None = None, day: str | None = None) -> Moment:
    return _number(year), _number(month or "0"), _number(day or "0")


def _iso(moment: Moment) -> str:
    """A moment in ISO 8601; empty where there is no such day."""
    year, month, day = moment
    if not _EARLIEST <= year <= _LATEST or month > 12 or (day and (not month or day > monthrange(year, month)[1])):
        return ""
    return f"{year}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")


def _number(written: str) -> int:
    """A number in digits, digit by digit in Chinese (二〇一二), or up to 三十一 with 十."""
    if written.isdecimal():
        return int(written)
    if "十" in written:
        tens, ones = written.split("十")
        return 10 * (_CHINESE[tens] if tens else 1) + (_CHINESE[ones] if ones else 0)
    return int("".join(str(_CHINESE[sign]) for sign in written))
