"""The timeline as a list by year: a pure function, and nothing that a paper says is markup.

An event carries `data-ask`, the question about it; the marks of the papers that tell it carry `data-event`, a
`ui.state.Place`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from corpus.clean import HAN
from corpus.paper import Paper
from qa.answer import REFERENCE_MARK
from qa.dates import Moment, date_of_cell, moments
from qa.timeline import DatedEvent, Telling
from ui.marks import legend_html, mark_html, section_of, title_of
from ui.state import Place
from ui.words import Words

_FIGURE = re.compile(rf"[^\w]*|[^A-Za-z{HAN}]*\d[^A-Za-z{HAN}]*[{HAN}]{{0,3}}")


def timeline_html(events: Sequence[DatedEvent], papers: Mapping[str, Paper], words: Words) -> str:
    """The events in their order under their years; a word on it where there is none."""
    if not events:
        return f'<section class="yj-time"><p class="yj-hint">{escape(words.timeline_empty)}</p></section>'
    told = {telling.paper for event in events for telling in event.tellings}
    shown = [paper for paper in papers if paper in told]
    numbers = {paper: number for number, paper in enumerate(shown)}
    years = "".join(
        f'<li class="yj-year"><h3>{escape(words.in_year.format(year=year))}</h3><ol>'
        f"{''.join(_event_html(event, papers, numbers, words) for event in some)}</ol></li>"
        for year, some in groupby(events, key=lambda event: event.year)
    )
    return (
        f'<section class="yj-time" aria-label="{escape(words.timeline_title)}"><h2>{escape(words.timeline_title)}</h2>'
        f'<p class="yj-hint">{escape(words.timeline_hint.format(count=len(events)))}</p>'
        f"{legend_html(shown, papers, words)}"
        f'<ol class="yj-years">{years}</ol><p class="yj-none" hidden>{escape(words.timeline_none_left)}</p></section>'
    )


def _event_html(event: DatedEvent, papers: Mapping[str, Paper], numbers: Mapping[str, int], words: Words) -> str:
    tellings = "".join(_telling_html(each, papers[each.paper], numbers[each.paper], words) for each in event.tellings)
    when = date_said(event.date, words)
    return (
        f'<li class="yj-event"><time>{escape(when)}</time><div>'
        f'<button type="button" class="yj-what" data-ask="{escape(event.question)}" '
        f'title="{escape(words.ask_event.format(question=event.question))}">{escape(what_said(event.tellings[0]))}</button>'
        f'<span class="yj-tellings">{tellings}</span></div></li>'
    )


def _telling_html(telling: Telling, paper: Paper, number: int, words: Words) -> str:
    section = section_of(paper, telling.section, telling.start, words)
    place = f"{section} · {words.page.format(number=telling.pages[0])}" if telling.pages else section
    stands = Place(telling.paper, paper.sha256[:16], telling.start, telling.end)
    label = words.open_telling.format(title=title_of(paper, words), section=place)
    return (
        f'<button type="button" class="yj-telling" data-shown="{number}" title="{escape(label)}" '
        f'aria-label="{escape(label)}" data-event="{escape(str(stands))}">'
        f'{mark_html(number)}<span>{number + 1} ·</span><span class="yj-told-where">{escape(place)}</span></button>'
    )


def what_said(telling: Telling) -> str:
    """What a telling says, to be read: without marks of references, a row without its dates and bare figures.

    >>> what_said(telling)  # the row "8\\t纤维材料\\t美国先进功能性织物创新中心\\t2016.4\\t110\\t麻省理工学院"
    '纤维材料 · 美国先进功能性织物创新中心 · 麻省理工学院'
    """
    if not telling.row:
        return REFERENCE_MARK.sub("", telling.what)
    cells = (cell.strip() for cell in telling.what.split("\t"))
    return " · ".join(cell for cell in cells if not _FIGURE.fullmatch(cell) and not date_of_cell(cell))


def date_said(date: str, words: Words) -> str:
    """A date within its year, or a span; of a year alone nothing.

    >>> date_said("2014-12-16", ZH), date_said("2009/2017", ZH), date_said("2022-05/2023-09", ZH), date_said("2012", ZH)
    ('12月16日', '2009—2017年', '2022.5 — 2023.9', '')
    """
    first, last = moments(date)
    if "/" not in date:
        _, month, day = first
        if not month:
            return ""
        name = words.months.split()[month - 1]
        return words.on_day.format(month=name, day=day) if day else name
    if not first[1] and not last[1]:
        return words.in_years.format(first=first[0], last=last[0])
    return words.until.format(first=_dotted(first), last=_dotted(last))


def _dotted(moment: Moment) -> str:
    return ".".join(str(part) for part in moment if part)
