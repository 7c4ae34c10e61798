"""Numbers of references: in the marks in a text, `[12]`, `[3,5]`, `［1–3，7］`, and in the list itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = r"\d{1,3}"
_RANGE = rf"{_NUMBER}(?:\s?[-–—－~～]\s?{_NUMBER})?"
_MARK = re.compile(rf"[\[［]\s?(?P<numbers>{_RANGE}(?:\s?[,，、;；]\s?{_RANGE})*)\s?[\]］]")
_INDEXED = re.compile(r"(?:^|[^A-Za-z])[a-z]$|[_=<]$")
_ENTRY = re.compile(r"[\[［](?P<number>\d{1,3})[\]］]|(?P<bare>\d{1,3})(?:[.．、](?!\d)|\s)")
_LONGEST_RANGE = 50
"""A mark such as [1-200] is a range of values: nobody cites so many at once."""


def cited_numbers(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each mark in `text[start:end]` stands and each number in it, ranges told out, in the order of the text.

    No mark is a year or a date, an interval from 0, or the index of a variable of one letter.

    >>> list(cited_numbers("生态系统[7,8]，见［1–3］，而 x[1] 和[2016]不是", 0, 30))
    [(4, 7), (4, 8), (11, 1), (11, 2), (11, 3)]
    """
    for match in _MARK.finditer(text, start, end):
        parts = [[int(n) for n in re.findall(r"\d+", part)] for part in re.split(r"[,，、;；]", match["numbers"])]
        meant = all(0 < ends[0] <= ends[-1] < ends[0] + _LONGEST_RANGE for ends in parts)
        if meant and not _INDEXED.search(text[max(match.start() - 2, 0) : match.start()]):
            yield from ((match.start(), number) for ends in parts for number in range(ends[0], ends[-1] + 1))


def entry_number(text: str) -> int | None:
    """The number that an entry of a list of references begins with.

    >>> entry_number("[10] Markusen J R"), entry_number("2 United States"), entry_number("张三. 智能制造[J].")
    (10, 2, None)
    """
    match = _ENTRY.match(text)
    return int(match["number"] or match["bare"]) if match else None


def without_number(entry: str) -> str:
    """An entry of a list of references without its number, white space closed up.

    >>> without_number("［10］ Markusen J R"), without_number("2 United States  Congress")
    ('Markusen J R', 'United States Congress')
    """
    match = _ENTRY.match(entry)
    return " ".join(entry[match.end() if match else 0 :].split())
