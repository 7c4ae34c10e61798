"""Notes at the foot of a page or column, told by their place, their smaller type and the short rule above them.

…并逐步完善评价                    the text, to be continued in the next column
────────                           a short rule
① 混合生产指增材制造与减材制造     a footnote
的结合。                           its second line
② 数字主线。                       another footnote
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from statistics import median

from corpus.paper import Kind
from corpus.printed import PrintedLine
from corpus.raw import Mark
from corpus.rules import Rule
from corpus.signs import FRONT

_SIGN = re.compile(r"[*＊∗†‡§①-⑳]|注[:：\d]")
"""What a note begins with and no item of a list of references does."""
_NUMBER = re.compile(r"[\[［〔(（]?(?P<number>\d{1,2})(?!\d)[\]］〕)）]?")
_BRACKETED = re.compile(r"[\[［〔]\d{1,2}[\]］〕]")
_AUTHORS = re.compile(r"(?:作者简介|第一作者|通[信讯]作者|作者单位|本文)|[^，。]{0,20}E-?mail", re.IGNORECASE)
"""What a note on the paper itself begins with, at the foot of its first page."""
_SMALLER = 0.94
"""Of the size of the text; type of this size and less is smaller."""


def with_notes(lines: Sequence[PrintedLine], rules: Sequence[Rule], at_foot: bool) -> list[PrintedLine]:
    """The lines of a column, its notes marked `footnote`, or `front` where they tell of the paper or its authors.

    `at_foot` says that nothing but a running foot follows below the column.
    """
    if not lines:
        return []
    found = _under_rule(lines, rules, at_foot) or (_small_type(lines) if at_foot else None)
    if found is None:
        return list(lines)
    start, stop = found
    marks = _marks([line.text.strip() for line in lines[start:stop]])
    noted = [
        replace(line, text=line.text.replace("\t", " "), mark=mark)
        for line, mark in zip(lines[start:stop], marks, strict=True)
    ]
    return [*lines[:start], *noted, *lines[stop:]]


def _under_rule(lines: Sequence[PrintedLine], rules: Sequence[Rule], at_foot: bool) -> tuple[int, int] | None:
    """The lines under a short rule that begins at the column's left edge."""
    boxes = [line.box for line in lines if line.box]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    text = median(line.size for line in lines)
    for rule in rules:
        short = rule.across and 20 <= rule.length <= 0.75 * (right - left) and abs(rule.start - left) <= 3 * text
        if not short or any(_of_one_table(rule, other) for other in rules):
            continue
        start = next((i for i, box in enumerate(boxes) if (box[1] + box[3]) / 2 < rule.at), None)
        if start is None or boxes[start][3] < rule.at - 2.5 * text:
            continue
        signed = _opens_alone(lines[start].text.strip()) or _BRACKETED.match(lines[start].text.strip())
        stop = _end(lines, start, _SMALLER * text)
        small = all(line.size <= _SMALLER * max(text, _size_above(lines, start)) for line in lines[start:stop])
        if (signed and rule.length <= 0.5 * (right - left)) or (small and at_foot):
            return start, stop
    return None


def _of_one_table(rule: Rule, other: Rule) -> bool:
    """Whether two rules are those of a three-line table: as long as each other, one above the other."""
    return (
        other.across
        and abs(other.at - rule.at) > 4
        and max(abs(other.start - rule.start), abs(other.end - rule.end)) < 5
    )


def _size_above(lines: Sequence[PrintedLine], start: int) -> float:
    return median(line.size for line in lines[:start]) if start else 0.0


def _small_type(lines: Sequence[PrintedLine]) -> tuple[int, int] | None:
    """The last lines, where they are of smaller type than those above and begin as only notes do."""
    stop = len(lines)
    while len(lines) - stop < 2 and stop > 1 and lines[stop - 1].after_gap and len(lines[stop - 1].text) < 30:
        stop -= 1  # a running foot
    for end in (stop, len(lines)):
        start = end
        while start > 0 and lines[start - 1].size <= _SMALLER * _size_above(lines, start - 1):
            start -= 1
        opening = next((i for i in range(start, end) if _opens_alone(lines[i].text.strip())), None)
        if opening:
            return opening, end
    return None


def _end(lines: Sequence[PrintedLine], start: int, small: float) -> int:
    """Where the notes end that begin at `start`: before white space, or before type of the text's size."""
    first = lines[start]
    for i, line in islice(enumerate(lines), start + 1, None):
        text = line.text.strip()
        if (line.after_gap or _beside(first, line)) and _opens(text) is None:
            return i
        if first.size <= small < line.size and line.size > 1.1 * first.size:
            return i
    return len(lines)


def _beside(first: PrintedLine, line: PrintedLine) -> bool:
    """Whether a line begins far to the right of where the notes do, as text beside a picture does."""
    return bool(first.box and line.box and line.box[0] - first.box[0] > 4 * first.size)


def _opens_alone(text: str) -> bool:
    return bool(_SIGN.match(text) or FRONT.match(text) or _AUTHORS.match(text))


def _opens(text: str) -> Kind | None:
    """What kind of note begins with this line; None where none does."""
    if FRONT.match(text) or _AUTHORS.match(text):
        return "front"
    return "footnote" if _SIGN.match(text) or _NUMBER.match(text) else None


def _marks(texts: Sequence[str]) -> Iterator[Mark]:
    """A mark for each line of notes. A number begins a note only where it follows the last one's."""
    kind: Kind = "footnote"
    number = None
    for i, text in enumerate(texts):
        opened = _opens(text)
        if opened == "footnote" and not _SIGN.match(text):
            found = _NUMBER.match(text)
            this = int(found["number"]) if found else 0
            if i and this != (number or 0) + 1:
                opened = None
            else:
                number = this
        if not (opened == "footnote" and kind == "front"):  # the numbers of the authors' institutes
            kind = opened or kind
        yield Mark(kind, goes_on=i > 0 and opened is None)
