"""The names of a table's columns, where the file gives them on one line or broken over many.

    环保局 / 卫生 / 与公众 / 服务部 / 航空 / 航天局     环保局 │ 卫生与公众服务部 │ 航空航天局

A name ends where one of the nouns does with which names of columns end: 编号, 名称, 数量, …部, …局.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.cells import MARKS
from corpus.clean import HAN, Line, close_up
from corpus.joining import joined
from corpus.traced import Traced

_SERIAL = re.compile(r"编\s?号|序\s?号|No\.?")
_COMPLETE = re.compile(
    r"(?:编号|序号|名称|时间|日期|期限|年[份度]|财年|领域|情况|数量?|机构|单位|地[点区]|位置|金额|类[别型]|指标|目标|建议|措施"
    r"|优点|内容|项目|备注|来源|[部局会院所司署厅委方]|中心|[)）])$"
)
MARKS_BEHIND = re.compile(rf"(?:(?:^|\s)[{MARKS}])+\s*$")
_NUMBERED = re.compile(r"(?P<name>[\u4e00-\u9fff]{1,4})\s?1\s?[：:]")


@dataclass(frozen=True, slots=True)
class Head:
    """The names of the columns, how many lines of the part they take, how many of the last columns hold marks.

    `above` is a name that stands over several of them.
    """

    names: tuple[Traced, ...]
    lines: int
    marks: int = 0
    above: tuple[Traced, ...] = ()


def head_of(lines: Sequence[Line], spaced: bool) -> Head | None:
    """The column names at the top of a part; None where they cannot be told.

    They stand on one line; or, over columns of marks, on several of which the first names the labels; or broken over
    many lines before row 1.
    """
    runs = [len(re.findall(rf"[{MARKS}]", m[0])) for line in lines if (m := MARKS_BEHIND.search(line.text.text))]
    marks = max(runs, default=0) if len(runs) > 1 else 0
    first = _cells_of(lines[0].text)
    if marks and min(runs) < marks:
        return _numbered_head(lines, spaced)
    if len(first) > marks and len(first) > 1 and (len(lines) == 1 or lines[1].chunk != lines[0].chunk):
        return Head(tuple(first), 1, marks)
    if marks and len(first) > 1:
        return _marked_head(lines, first, marks, spaced)
    if _SERIAL.fullmatch(lines[0].text.text):
        end = next((i for i, line in enumerate(lines) if re.match(r"\d+\s|\d+$", line.text.text)), 0)
        names = _whole_names([cell for line in lines[:end] for cell in _cells_of(line.text)], spaced)
        return Head(tuple(names), end) if len(names) > 1 else None
    return None


def _marked_head(lines: Sequence[Line], labels: list[Traced], marks: int, spaced: bool) -> Head | None:
    """Column names over marks: the labels' names, perhaps a name over all the other columns, the names of these."""
    over = len(lines) > 2 and len(_cells_of(lines[1].text)) == 1 and len(_cells_of(lines[2].text)) > 1
    start = 2 if over else 1
    for end in range(start + 1, len(lines)):
        names = _whole_names([cell for line in lines[start:end] for cell in _cells_of(line.text)], spaced)
        if len(names) == marks and lines[end].chunk != lines[end - 1].chunk and _COMPLETE.search(names[-1].text):
            return Head((*labels, *names), end, marks, (lines[1].text,) if over else ())
    return None


def _numbered_head(lines: Sequence[Line], spaced: bool) -> Head | None:
    """Column names that are numbered (目标 1：…, 目标 2：…), over marks of which the file does not tell the columns."""
    end = next((i for i, line in enumerate(lines) if MARKS_BEHIND.search(line.text.text)), 0)
    match = next((m for line in lines[:end] if (m := _NUMBERED.match(line.text.text))), None)
    if not match:
        return None
    starts = re.compile(rf"{match['name']}\s?\d+\s?[：:]")
    names: list[list[Traced]] = [[]]
    for line in lines[:end]:
        if starts.match(line.text.text) and names[-1]:
            names.append([])
        names[-1].append(line.text)
    return Head(tuple(close_up(joined(name, spaced)) for name in names), end, -1)


def _whole_names(pieces: Sequence[Traced], spaced: bool) -> list[Traced]:
    """Names put together from the lines that they were broken into: one ends where a noun of column names does."""
    names: list[list[Traced]] = []
    for piece in pieces:
        opened = bool(names) and "".join(p.text for p in names[-1])
        unfinished = opened and (not _COMPLETE.search(opened) or piece.text[0] in "（(" or _is_open(opened))
        if unfinished:
            names[-1].append(piece)
        else:
            names.append([piece])
    return [close_up(joined(name, spaced)) for name in names]


def _is_open(text: str) -> bool:
    return text.count("（") + text.count("(") > text.count("）") + text.count(")")


def _cells_of(line: Traced) -> list[Traced]:
    """A line of column names cut at its spaces: not within 2016 财年 or 机构 / 计划, nor before a bracket."""
    spans: list[tuple[int, int]] = []
    for match in re.finditer(r"\S+", line.text):
        last = line.text[slice(*spans[-1])] if spans else ""
        whole = bool(last) and (
            last.endswith("/")
            or match[0].startswith(("/", "（", "("))
            or (last[-1].isdigit() and bool(re.match(f"[{HAN}]", match[0])))
            or (last[-1].isascii() and match[0][0].isascii())
        )
        spans[-1:] = [(spans[-1][0], match.end())] if whole else [*spans[-1:], match.span()]
    return [line[start:end] for start, end in spans]
