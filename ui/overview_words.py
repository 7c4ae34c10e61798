"""The texts of the map and the timeline, in Chinese and in English.

>>> OVERVIEW_WORDS["en"].years.format(first=2012, last=2016)
'2012–2016'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from corpus.errors import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewWords:
    """The texts of one language. What stands in braces is filled in with `str.format`."""

    map_title: str
    map_hint: str
    map_keys: str
    map_again: str
    map_left_out: str
    map_empty: str
    papers: str
    untitled: str
    no_section: str
    abstract: str

    timeline_title: str
    timeline_hint: str
    timeline_empty: str
    timeline_none_left: str
    ask_event: str
    open_evidence: str
    year: str
    years: str
    months: tuple[str, ...]
    day: str
    until: str
    page: str


_ZH = OverviewWords(
    map_title="论文地图",
    map_hint="每个点是一段话，意思相近的靠在一起；坐标轴没有含义。点一个点，就问它所在的那段话。",
    map_keys="方向键移到那个方向最近的点，回车提问。",
    map_again="再点一次提问",
    map_left_out="另有 {count} 段没有画出。",
    map_empty="建好索引之后，这里会画出各篇论文的段落。",
    papers="显示哪些论文",
    untitled="无标题（{file}）",
    no_section="标题之前",
    abstract="摘要",
    timeline_title="时间线",
    timeline_hint="论文里写明日期的事件，共 {count} 件；每件下方的标记打开原文。",
    timeline_empty="论文里没有写明日期的事件。",
    timeline_none_left="所选论文没有写明日期的事件。",
    ask_event="提问：{question}",
    open_evidence="打开原文：{title}，{section}",
    year="{year}年",
    years="{first}—{last}年",
    months=tuple(f"{month}月" for month in range(1, 13)),
    day="{month}{day}日",
    until="{first} — {last}",
    page="第 {page} 页",
)

_EN = OverviewWords(
    map_title="Map of the papers",
    map_hint="Each point is a passage; those of near meaning lie together. The axes mean nothing. "
    "Click a point to ask about its passage.",
    map_keys="Arrow keys move to the nearest point that way, Enter asks.",
    map_again="Tap again to ask",
    map_left_out="{count} more passages are not drawn.",
    map_empty="Once the index is made, the passages of the papers are drawn here.",
    papers="Papers shown",
    untitled="Untitled ({file})",
    no_section="Before the first heading",
    abstract="Abstract",
    timeline_title="Timeline",
    timeline_hint="{count} events to which the papers give a date. The marks below one open its evidence.",
    timeline_empty="The papers date no events.",
    timeline_none_left="The papers chosen date no events.",
    ask_event="Ask: {question}",
    open_evidence="Open the evidence: {title}, {section}",
    year="{year}",
    years="{first}–{last}",
    months=tuple("January February March April May June July August September October November December".split()),
    day="{day} {month}",
    until="{first} – {last}",
    page="p. {page}",
)

OVERVIEW_WORDS: Mapping[Language, OverviewWords] = MappingProxyType({"zh": _ZH, "en": _EN})
