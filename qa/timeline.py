"""The dated events that the papers tell, in the order of their dates, each with the words and places that tell it.

An event is a clause or a table's row that says of a date what happened then, was done, measured or is to come:

>>> [(event.date, event.tellings[0].what) for event in events_of([paper])]
[('2012', '国家制造业创新网络计划于 2012 年提出'), ('2012-08', '同年 8 月美国国防部宣布组建“国家增材制造…中心”。')]

No events are dates that only belong to a name (《2021年美国创新和竞争法案》, 2018年版), with which something is
compared (是2015年的3倍, 2008年以来的最高水平), or of references, captions, the front and back matter; of tables, rows
that hold a date and figures only. What several places tell of one date in mostly the same words is one event with
several tellings. How well that goes: `python -m tests.bench.events`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.clean import HAN
from corpus.paper import Paper, Sentence
from corpus.signs import CITED, NOTE
from indexer.lexical import terms
from qa.citation import pages_of
from qa.dates import RELATIVE, Moment, WrittenDate, date_of_cell, dates_in, moments, said_in_chinese
from qa.leads import question_of_row, question_of_words

_TELLING = ("abstract", "paragraph", "figure", "footnote")
_CLAUSE = re.compile(r"[，；;：:。]|,(?!\d)")
_NAME = re.compile(r"《[^》]*》|〈[^〉]*〉")
_ALIKE = {(False, False): 0.5, (False, True): 0.6, (True, False): 0.22, (True, True): 0.28}
"""Two tellings of one date are of one event where they share so much of the shorter one's words, weighed by rarity:
less is enough where the date names a month, more is needed (second key) where one paper tells both."""

_BEFORE_NONE = re.compile(r"(?:相[较比]于?|[较比]|[大小低高多少]于|超过|不[及如]|相当于|距离?|近|约|长达|历时)\s?\Z")
"""What stands before a date that something is compared with, or before 2000 years."""
_AFTER_NONE = re.compile(
    r"\s?(?:年?版|[（(][^（）()]*[)）]?\s?相比|相比|水平|不变价|可比价|为基|以来的?(?:最|不曾|未|没|从未|首|新|历)"
    r"|[^，,。；;：:]{0,12}(?:年度报告|年报)|的?历史|之久|[间内中]?所[做作取获])"
)
"""What stands behind a date that belongs to a version, a base or a report, or that is compared with."""
_TIMES = re.compile(r"[^，,。；;]{0,24}的\s?[近约]?\s?[\d.一二三四五六七八九十两]+\s?(?:倍|成|[%％])")
_OF_YEAR = re.compile(r"[^，,。；;：:]{0,16}(?:报告|预算|决算|计划|规划|名单|奖)")
"""What 2017年度 belongs to, where it is no time at which something happened."""
_DATED = re.compile(r"(?:时间|日期|期限|年月|起止|年份|年代|年度)\s*\Z")
_WORDY = re.compile(rf"[{HAN}]{{4}}|[A-Za-z]{{4,}}")


@dataclass(frozen=True, slots=True)
class Telling:
    """`text[start:end]` of paper `paper`, which is `what`, tells an event; with the section and pages it stands in."""

    paper: str
    start: int
    end: int
    what: str
    section: str
    pages: tuple[int, ...]
    row: bool = False
    """Whether it is the row of a table."""


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """What happened at a date, or over a span of time (ISO 8601), by one telling or several, prose before rows.

    `question` asks about it, by its first telling.
    """

    date: str
    tellings: tuple[Telling, ...]
    question: str

    @property
    def year(self) -> int:
        """The year in which it began."""
        return moments(self.date)[0][0]


def events_of(papers: Iterable[Paper]) -> tuple[DatedEvent, ...]:
    """The events of all papers by date: a year before its months, a moment before the spans that begin with it."""
    by_id = {paper.id: paper for paper in papers}
    told = [each for paper in by_id.values() for each in _told(paper)]
    rarity = _rarity([telling for _, telling in told])
    told.sort(key=lambda each: _order(each[0]))
    events = []
    for date, same in groupby(told, key=lambda each: each[0]):
        for group in _grouped(date, [telling for _, telling in same], rarity):
            events.append(DatedEvent(date, tuple(group), _question(by_id[group[0].paper], date, group[0])))
    return tuple(events)


def _order(date: str) -> tuple[Moment, bool, Moment]:
    first, last = moments(date)
    return first, "/" in date, last


def _told(paper: Paper) -> Iterator[tuple[str, Telling]]:
    """The dates and tellings of a paper, in its order."""
    for table in paper.tables:
        for row, (start, end) in enumerate(table.places):
            for name, cell in zip(table.header, table.rows[row], strict=True):
                others = (each for each in table.rows[row] if each != cell)
                if _DATED.search(name) and (date := date_of_cell(cell)) and any(map(_WORDY.search, others)):
                    yield date, _telling(paper, start, end, row=True)
                    break
    before: Sentence | None = None
    for sentence in paper.sentences:
        block = paper.block_at(sentence.start)
        text = paper.text[sentence.start : sentence.end]
        if block.kind in _TELLING and not CITED.search(text) and not NOTE.match(text):
            near = paper.text[before.start : before.end] if before and before.start >= block.start else ""
            stated = [date for date in dates_in(text, near) if _is_event(text, date)]
            for each, (start, end) in zip(stated, _clauses(text, stated), strict=True):
                yield each.iso, _telling(paper, sentence.start + start, sentence.start + end)
        before = sentence


def _question(paper: Paper, date: str, telling: Telling) -> str:
    """A question that the telling answers."""
    if telling.row:
        return question_of_row(paper, telling.start)
    # 同年 8 月 says nothing where its sentence before it is not there.
    named = RELATIVE.match(telling.what)
    said = f"{said_in_chinese(date)}{telling.what[named.end() :]}" if named else telling.what
    return question_of_words(paper, said)


def _telling(paper: Paper, start: int, end: int, row: bool = False) -> Telling:
    path = paper.section_path(start)
    section = path[-1].title if path else ""
    return Telling(paper.id, start, end, paper.text[start:end], section, pages_of(paper, start, end)[0], row)


def _is_event(text: str, date: WrittenDate) -> bool:
    """Whether a date is one of which the text tells what happened; see the module's docstring."""
    before, after = text[: date.start], text[date.end :]
    if any(name.start() < date.end and date.start < name.end() for name in _NAME.finditer(text)):
        return False
    if before.endswith(("（", "(")) and after.startswith(("）", ")")):  # beside an author's or a law's name
        return False
    if _BEFORE_NONE.search(before) or _AFTER_NONE.match(after):
        return False
    if text[date.start : date.end].endswith("度") and _OF_YEAR.match(after):
        return False
    return not _TIMES.match(after)


def _clauses(text: str, dates: Sequence[WrittenDate]) -> Iterator[tuple[int, int]]:
    """For each date the part of the sentence that tells of it: from its clause to that of the next date."""
    ends = [0, *(match.end() for match in _CLAUSE.finditer(text) if not _within_name(text, match.start()))]
    starts = [max(end for end in ends if end <= date.start) for date in dates]
    starts[:1] = [0] * bool(starts)  # what leads in to the first date belongs to it
    for start in starts:
        end = min((other for other in starts if other > start), default=len(text))
        piece = text[start:end]
        left = len(piece) - len(piece.lstrip())
        yield start + left, start + len(piece.rstrip(" 　，,；;：:" if end < len(text) else None))


def _within_name(text: str, at: int) -> bool:
    """Whether a place stands between quotation marks or brackets."""
    return any(
        text.count(opening, 0, at) > text.count(closing, 0, at) for opening, closing in ("“”", "《》", "（）", "()")
    )


def _rarity(tellings: Sequence[Telling]) -> dict[str, float]:
    """The weight of each term: the logarithm of its inverse document frequency over the tellings, plus one half."""
    frequency = Counter(term for telling in tellings for term in _words(telling))
    return {term: math.log((len(tellings) + 0.5) / (count + 0.5)) for term, count in frequency.items()}


def _words(telling: Telling) -> frozenset[str]:
    """What a telling says besides dates and figures."""
    return frozenset(term for term in terms(telling.what) if not re.search(r"\d", term) and len(term) > 1)


def _grouped(date: str, tellings: Sequence[Telling], rarity: dict[str, float]) -> list[list[Telling]]:
    """Tellings of one date, those of one event together: prose before rows, groups in the order of their first."""
    groups: list[list[Telling]] = []
    for telling in tellings:
        home = next((group for group in groups if any(_same(date, telling, other, rarity) for other in group)), None)
        if home is None:
            groups.append([telling])
        else:
            home.append(telling)
    return [sorted(group, key=lambda telling: telling.row) for group in groups]


def _same(date: str, one: Telling, other: Telling, rarity: dict[str, float]) -> bool:
    """Whether two tellings of one date tell one event."""
    if one.row and other.row and one.paper == other.paper:
        return False
    words, others = _words(one), _words(other)
    lesser = min(sum(rarity[word] for word in each) for each in (words, others))
    shared = sum(rarity[word] for word in words & others)
    return lesser > 0 and shared / lesser >= _ALIKE["-" in date, one.paper == other.paper]
