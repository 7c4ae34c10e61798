"""The whole enumeration that a sentence leads in to or is a part of, in the paper's order.

A list is told by its marks: （1）, ①, 1., 一是, 其一, 第一, 首先 …最后, bullets. Its items may be sentences of one
paragraph or paragraphs of their own, of one sentence or several; what leads in to it stands before its first mark.

>>> [paper.text[s.start:s.end] for s in enumeration(paper, sentence)]  # the second of three items
['主要措施如下：', '（1）加强研发投入。', '（2）培养人才队伍。', '（3）完善评估体系。']
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from corpus.clean import HAN
from corpus.paper import Paper, Sentence

_ORDINALS = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_STYLES = tuple(
    re.compile(pattern)
    for pattern in (
        r"[（(](?P<n>\d{1,2})[）)]",
        rf"[（(](?P<n>[{_ORDINALS}])[）)]",
        rf"(?P<n>[{_CIRCLED}])",
        r"(?P<n>\d{1,2})[.．、)）](?!\d)",
        rf"(?P<n>[{_ORDINALS}])是",
        rf"其(?P<n>[{_ORDINALS}])",
        rf"第(?P<n>[{_ORDINALS}])[，,、是]?(?!批|次|届|个|家|代|章|节|条|阶段|部分)",
        r"(?P<n>首先|其次|再次|此外|最后)",
        r"(?P<n>[•●◆■▪])\s?",
        rf"(?P<n>[{HAN}]{{2,8}}[：:])(?=\S)",
    )
)
_LABEL = re.compile(rf"[{HAN}]{{2,12}}[：:]")
"""What may stand before a first mark: 战略目标：（1）…"""
_WORDS = {"首先": 1, "其次": 2, "再次": 3, "此外": 3, "最后": 4}
_LEADS = re.compile(
    r"[：:]$|如下|以下|包括|方面|分为|分成|主要有|措施|建议|目标|特点|任务|原则|内容|[两二三四五六七八九十\d]\s?(?:个(?:方面|层面|部分|问题|阶段|步骤)|项|点|条|大|种|类)"
)
_MOST = 40
"""Sentences of a list; what is longer is a chapter."""
_WHOLE = 12
"""Up to so many sentences a list is given whole, beyond that the first sentence of each item."""


def is_list(text: str) -> bool:
    """Whether a sentence holds a list itself: 主要包括2个方面：① …；② …"""
    marks = (re.compile(rf"[：:；;，,。]\s?{style.pattern}") for style in _STYLES[:7])
    return any(len(mark.findall(text)) > 1 for mark in marks)


def label_of(paper: Paper, sentence: Sentence) -> str:
    """What a sentence says it is about: 战略目标 of 战略目标：（1）提升…; empty where it has no label."""
    label = _LABEL.match(paper.text, sentence.start, sentence.end)
    return label[0].rstrip("：:") if label else ""


def enumeration(paper: Paper, sentence: Sentence) -> tuple[Sentence, ...]:
    """The sentences of the list around a sentence, its lead-in first; empty where there is none of two items."""
    at = bisect_left(paper.sentences, sentence.start, key=lambda s: s.start)
    if at >= len(paper.sentences) or paper.sentences[at] != sentence:
        return ()
    for style in _STYLES:
        first = _first(paper, at, style)
        if first is None:
            continue
        items = _items(paper, first, style)
        if len(items) < 2 or not first - 1 <= at <= items[-1]:
            continue
        lead = first - 1 if first and _leads(paper, first - 1, first) else first
        if style is _STYLES[-1] and lead == first:
            continue  # 资助项目：… 收稿日期：… list nothing that the text would speak of
        if items[-1] - lead < _WHOLE:
            return paper.sentences[lead : items[-1] + 1]
        # The items are paragraphs: their first sentences name them. A sentence within one is about something less.
        begins = [first, *(end + 1 for end in items[:-1])]
        if at not in (lead, *begins):
            continue
        return tuple(paper.sentences[number] for number in dict.fromkeys([lead, *begins]))
    return ()


def _first(paper: Paper, at: int, style: re.Pattern[str]) -> int | None:
    """The number of the sentence with the first mark: the next one, this one, or one before it."""
    if _number(paper, at, style) == 1:
        return at
    if at + 1 < len(paper.sentences) and _number(paper, at + 1, style) == 1 and _same_section(paper, at, at + 1):
        return at + 1
    for before in range(at - 1, max(at - _MOST, -1), -1):
        if not _same_section(paper, before, at):
            return None
        if _number(paper, before, style) == 1:
            return before
    return None


def _items(paper: Paper, first: int, style: re.Pattern[str]) -> list[int]:
    """The last sentence of every item."""
    ends: list[int] = []
    expected, apart = 1, False
    for at in range(first, min(first + _MOST, len(paper.sentences))):
        number = _number(paper, at, style)
        same_block = at == first or _block(paper, at) == _block(paper, at - 1)
        if number is not None and (
            number == expected or (expected > 1 and style is _STYLES[-3] and number >= expected - 1)
        ):
            apart = apart or (at > first and not same_block)
            ends.append(at)
            expected += 1
        elif number is not None or not _same_section(paper, first, at) or not same_block:
            break
        else:
            ends[-1] = at
    # Where the items share a paragraph, what follows the last one's own sentence may be about something else.
    if len(ends) > 1 and not apart:
        while _number(paper, ends[-1], style) is None:
            ends[-1] -= 1
    return ends


def _leads(paper: Paper, lead: int, first: int) -> bool:
    sentence = paper.sentences[lead]
    return _same_section(paper, lead, first) and _LEADS.search(paper.text[sentence.start : sentence.end]) is not None


def _number(paper: Paper, at: int, style: re.Pattern[str]) -> int | None:
    """The number of the mark with which a sentence begins; 1 for every bullet that has none before it."""
    start, end = paper.sentences[at].start, paper.sentences[at].end
    label = _LABEL.match(paper.text, start, end)
    match = style.match(paper.text, start, end) or (style.match(paper.text, label.end(), end) if label else None)
    if match is None:
        return None
    told = match["n"]
    if told in _WORDS:
        return _WORDS[told]
    if told in _CIRCLED:
        return _CIRCLED.index(told) + 1
    if told in _ORDINALS:
        return _ORDINALS.index(told) + 1
    if told.isdigit():
        return int(told)
    number = 1  # bullets and labels have none of their own
    while number <= _MOST and at and _block(paper, at) != _block(paper, at - 1):
        before = paper.sentences[at - 1]
        if not style.match(paper.text, paper.block_at(before.start).start):
            break
        at, number = bisect_left(paper.sentences, paper.block_at(before.start).start, key=lambda s: s.start), number + 1
    return number


def _block(paper: Paper, at: int) -> int:
    return paper.block_at(paper.sentences[at].start).start


def _same_section(paper: Paper, one: int, other: int) -> bool:
    places: Sequence[Sentence] = (paper.sentences[one], paper.sentences[other])
    here, there = (paper.section_path(place.start) for place in places)
    return here == there and all(paper.block_at(p.start).kind not in ("heading", "table") for p in places)
