"""What of a quotation is the thing that was asked for: the amount, the date, the body; of a table's row the cell.

>>> said = row_marked(table, row, "2019年美国制造业创新研究所的私人投资是多少亿美元？")
>>> said.text, said.things
('2019年 · 私人投资（亿美元）：3.55', ['3.55'])
>>> told = sentence_marked("该中心的投资规模为 2.48 亿美元，其中能源部投资 0.7 亿美元。", "IACMI 的投资规模是多少？")
>>> told.things
['2.48 亿美元']

A question of several parts (资助了多少个项目、总共多少钱？) is taken part by part. Of several things of the kind asked
for, the one counts whose clause shares most with the part, then the one nearest to the phrase that is asked for. What
the question itself names is no answer to it. Where nothing tells, nothing is marked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from corpus.clean import HAN
from corpus.language import language_of
from corpus.paper import Table
from indexer.lexical import folded
from qa.asked import UNITS, Asked, Span, Want, asked_of, attribute, phrases, things, trimmed

_CLAUSE = re.compile(r"[，,。；;：:？?！!]|、(?=\s?\d)")
_PART = re.compile(r"[，,；;、]|(?<=[\u4e00-\u9fff])[和与及](?=[^，。]*(?:多少|几|什么|谁|哪))")
_ASKS = re.compile(
    r"多少|几(?!乎)|多[大长高久]|什么|何[时地]|哪|谁|\b(?:how|when|where|who|what|which)\b", re.IGNORECASE
)
_ALL = re.compile(r"分别|各(?![种类位级项地])|\beach\b|\brespectively\b")
"""The question asks for several amounts at once."""
_BEFORE = re.compile(r"(?:[\d.]+\s?[万亿]*|[一二三四五六七八九十百千万亿]+)\s?(?:[至到~～\-–—∶:：])\s?\Z")
_BEHIND = re.compile(
    r"\s?[多余]?\s?(?:%|％|‰|个百分点|[万亿]*\s?(?:[美欧日]元|英镑|人民币|元)|[个家所座处项条种类款份件名位人页次级届倍篇门台年月天周小])?"
)
_GENERIC = re.compile(r"(?:数量|总数|人数|数|情况|金额|额|位置|机构|名称)$")
"""How a column's name may end that a question need not say."""
_NAMED_BY = 0.6
"""A column is asked for where so much of its name stands in the question, and in one piece."""
_MOST_CELLS = 3


@dataclass(frozen=True, slots=True)
class Marked:
    """A text to read, and the starts and ends in it of what was asked for."""

    text: str
    strong: tuple[tuple[int, int], ...] = ()

    @property
    def things(self) -> list[str]:
        """What was asked for."""
        return [self.text[start:end] for start, end in self.strong]


def sentence_marked(text: str, question: str, known: Collection[str] = ()) -> Marked:
    """A sentence with what a question of fact asks for. `known` are the names of what the question speaks of."""
    return Marked(text, _strong(text, question, known))


def row_marked(table: Table, row: int, question: str, known: Collection[str] = ()) -> Marked:
    """The cells of a row that a question asks for, with the names of row and columns; else the whole row, described."""
    columns = _columns_asked(table, row, question)
    cells = table.rows[row]
    labels = [at for at in range(len(cells)) if at not in columns and cells[at]]
    if columns and labels:
        label = max(labels, key=lambda at: (_shared(cells[at], question), -at))
        text, strong = f"{cells[label]} · ", []
        for number, column in enumerate(columns):
            text += f"{'；' if number else ''}{table.header[column]}："
            strong.append((len(text), len(text) + len(cells[column])))
            text += cells[column]
        return Marked(text, tuple(strong))
    text = table.described(row)
    # The columns' names are not what is asked for.
    cells_only, at = text, 0
    for name, cell in zip(table.header, cells, strict=True):
        if cell:
            cells_only = f"{cells_only[:at]}{'　' * (len(name) + 1)}{cells_only[at + len(name) + 1 :]}"
            at += len(name) + len(cell) + 2
    # Of the names in a row nothing tells which one is meant.
    spans = _strong(cells_only, question, known)
    return Marked(text, tuple(span for span in spans if re.search(r"\d", text[span[0] : span[1]])))


def _columns_asked(table: Table, row: int, question: str) -> list[int]:
    """The columns that a question asks for, in their order; none unless every part of it names one."""
    if asked_of(question).form != "fact":
        return []
    parts = [_columns_named(table, row, part) for part in _parts(question)]
    return sorted({column for named in parts for column in named})[:_MOST_CELLS] if all(parts) else []


def _columns_named(table: Table, row: int, part: str) -> list[int]:
    """The columns whose names a part of a question says; the first aside, which names the row."""
    asked = asked_of(part)
    may = [at for at, cell in enumerate(table.rows[row]) if at and cell and _may_be(cell, table.header[at], asked)]
    said = {at: _said(table.header[at], part) for at in may}
    named = [at for at in may if said[at][0] >= _NAMED_BY]
    of_unit = [at for at in named or may if _unit_said(table.header[at], part)]
    if not named:  # a part of the name will do where the unit is right and no other column's name is told at all
        partly = [at for at in may if said[at][1] > 1]
        return partly if len(partly) == 1 and partly[0] in of_unit else []
    if len(named) > 1 and of_unit:
        named = of_unit
    if len(named) > 1 and not re.search(r"[和与及、]", part):
        named = [max(named, key=lambda at: said[at][2])]
    return named


def _may_be(cell: str, name: str, asked: Asked) -> bool:
    """Whether a cell can be what is asked for: an amount has a number in it, a name has not only numbers."""
    numbered, worded = re.search(r"\d", cell), re.search(rf"[{HAN}A-Za-z]", cell)
    kinds = {want.kind for want in asked.wants}
    if any(want.unit and want.unit not in UNITS and want.unit not in name + cell for want in asked.wants):
        return False  # levels are asked for, and this counts members
    return not kinds or bool((numbered and kinds & {"amount", "date"}) or (worded and kinds - {"amount", "date"}))


def _said(name: str, question: str) -> tuple[float, int, int]:
    """How much of a column's name the question says in one piece, 0 to 1, in how many characters, and up to where."""
    core = re.sub(r"[（(].*?[)）]|\s|^主要", "", folded(name))
    core = _GENERIC.sub("", core) or core
    said = folded(question)
    match = SequenceMatcher(None, core, said, autojunk=False).find_longest_match()
    return (match.size / len(core) if match.size > 1 else 0.0), match.size, match.b + match.size


def _unit_said(name: str, question: str) -> bool:
    """Whether the unit in a column's name is the one that the question counts in: 会员数量（家）, 多少家."""
    unit = re.search(r"[（(]([^）)]{1,6})[)）]", name)
    return (
        unit is not None
        and re.search(rf"(?:多少|几)\s?{re.escape(unit[1])}|{re.escape(unit[1])}", question) is not None
    )


def _strong(text: str, question: str, known: Collection[str]) -> tuple[tuple[int, int], ...]:
    if asked_of(question).form != "fact":
        return ()
    found: list[tuple[int, int]] = []
    for part in _parts(question):
        asked = asked_of(part)
        wants = asked.wants
        if {want.kind for want in wants} >= {"body", "place"}:  # 哪个国家的什么机构: the body's name has its place
            wants = tuple(want for want in wants if want.kind != "place")
        for want in wants:
            found += [(span.start, span.end) for span in _asked_for(text, part, question, want, known)]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(set(found), key=lambda span: (span[0], -span[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return tuple(apart)


def _parts(question: str) -> list[str]:
    """The parts of a question that ask, each with what stands before it and asks nothing."""
    parts: list[str] = []
    begun = asked = 0
    ends = [match.start() for match in _PART.finditer(question)]
    for end in [*ends, len(question)]:
        if _ASKS.search(question, asked, end):
            parts.append(question[begun:end])
            begun = end + 1
        asked = end + 1
    return parts or [question]


def _asked_for(text: str, part: str, question: str, want: Want, known: Collection[str]) -> list[Span]:
    """The things of a kind in a text that answer a part of a question."""
    spans = [_whole(text, span, want) for span in things(text, want)]
    spans = [span for span in spans if span.end > span.start and not _is_told(text, span, want, question, known)]
    spans = [s for s in spans if not any(o != s and o.start <= s.start and s.end <= o.end for o in spans)]
    counted = want.kind in ("amount", "date")
    if language_of(question) != language_of(text) or not spans:
        return spans if counted and len(spans) == 1 else []
    if counted and _ALL.search(part):
        money = [span for span in spans if re.search("[美欧日]?元", text[span.start : span.end])]
        return money or spans
    if counted and (beside := _before_their_nouns(text, spans, part)):
        return beside
    shared = {span: _shared(_clause(text, span), part) for span in spans}
    near = [span for span in spans if shared[span] == max(shared.values())]
    phrase = _attribute(part)
    if len(near) > 1 and phrase and (at := text.find(phrase)) >= 0:
        near.sort(key=lambda span: min(abs(span.start - at - len(phrase)), abs(at - span.end)))
    return near[:1]


def _whole(text: str, span: Span, want: Want) -> Span:
    """A thing with all that belongs to it: an amount's unit and lower bound, the abbreviation behind a name."""
    if want.kind == "date":
        return span
    start, end = span.start, span.end
    if want.kind == "amount":
        end = start + len(text[start:end].rstrip())
        end = behind.end() if (behind := _BEHIND.match(text, end)) and behind[0].strip() else end
        before = _BEFORE.search(text, max(0, start - 12), start)
        return Span(before.start() if before else start, end)
    name = trimmed(text, span)
    brackets = re.compile(r"\s?[（(][^（）()]{1,40}[)）]").match(text, name.end)
    return Span(name.start, brackets.end()) if brackets and name.end > name.start else name


def _is_told(text: str, span: Span, want: Want, question: str, known: Collection[str]) -> bool:
    """Whether the question itself names a thing."""
    core = re.sub(r"[（(].*", "", re.sub(r"\s", "", folded(text[span.start : span.end])))
    said = folded(question)
    if want.kind in ("amount", "date"):
        return bool(set(re.findall(r"[\d.]+", core)) & set(re.findall(r"[\d.]+", said))) or core in said
    return core in re.sub(r"\s", "", said) or any(core == re.sub(r"\s", "", folded(name)) for name in known)


def _before_their_nouns(text: str, spans: Sequence[Span], part: str) -> list[Span]:
    """The numbers that stand right before what a question counts: 51 个…中心、385 个服务点 of 多少个中心和服务点."""
    asks = re.search(r"多少|几", part)
    if asks is None:
        return []
    nouns = [part[s.start : s.end] for s in phrases(part) if s.start >= asks.end()]
    found = []
    for noun in nouns:
        before = [span for span in spans if text.find(noun, span.end, span.end + len(noun) + 10) >= 0]
        before = [span for span in before if not _CLAUSE.search(text, span.end, text.find(noun, span.end))]
        found += before[-1:]
    return list(dict.fromkeys(found)) if len(found) == len(nouns) else []


def _attribute(question: str) -> str:
    spans = phrases(question)
    at = attribute(question, spans)
    return question[spans[at].start : spans[at].end] if at is not None else ""


def _clause(text: str, span: Span) -> str:
    """The clause around a span."""
    before = [match.end() for match in _CLAUSE.finditer(text, 0, span.start)]
    behind = _CLAUSE.search(text, span.end)
    return text[before[-1] if before else 0 : behind.start() if behind else len(text)]


def _shared(text: str, question: str) -> int:
    """How many of a question's pairs of characters, words and numbers a text holds."""
    held = folded(text)
    return sum(piece in held for piece in set(_pieces(folded(question))))


def _pieces(text: str) -> Iterator[str]:
    for run in re.findall(f"[{HAN}]+", text):
        yield from (run[at : at + 2] for at in range(len(run) - 1))
    yield from re.findall(r"[a-z]{2,}|\d+(?:\.\d+)?", text)
