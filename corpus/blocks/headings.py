"""Headings: what one looks like, which number may follow which, and where one stands in a table of contents.

1　美国制造业创新面临的问题
1.1　创新与制造脱节
1.2　共性技术供给不足           may follow 1.1; so may 1.1.1, 1.3 (one was misread) and 2
2014 年，美国国会通过了…        no heading: 2014 does not follow 1.2
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus import signs
from corpus.blocks.flow import Flow, Unit
from corpus.clean import HAN, Line, display_width
from corpus.draft import Draft
from corpus.traced import Traced

Number = tuple[int, ...]
"""A decimal heading number: (1, 2) for 1.2."""


class Contents:
    """A table of contents: a heading met for the first time is an entry of it, met again it begins the body."""

    def __init__(self) -> None:
        self._entries: set[str] | None = None

    def begin(self) -> None:
        """The word 目录 stands above it."""
        self._entries = set()

    def end(self) -> None:
        """No more entries come."""
        self._entries = None

    def lists(self, heading: str) -> bool:
        """Whether a heading is an entry, and not yet one of the body. Dots and the page number are no part of it."""
        entry = re.sub(r"[\s.…·]*\d*$", "", "".join(heading.split()))
        if self._entries is None or entry in self._entries:
            return False
        self._entries.add(entry)
        return True


class Headings:
    """Tells headings from other lines and puts them into the flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.contents = Contents()

    def begin(self, title: Traced, level: int) -> None:
        """A heading opens a section of the body, the list of references, or an abstract."""
        flow = self.flow
        flow.add(Draft("heading", title, level))
        flow.in_float = False
        self.contents.end()
        if signs.REFERENCES.fullmatch(title.text):
            flow.part = "references"
        elif signs.ABSTRACT_HEAD.fullmatch(title.text):
            flow.part = "back" if flow.part in ("references", "back") else "abstract"
        else:  # notes on the authors may stand at the foot of the first page: a heading ends them
            flow.part = "body"

    def take(self, unit: Unit, following: Unit) -> bool:
        """Take a printed line if it is a heading or the second line of one."""
        line, text, flow = unit[0], unit[0].text.text, self.flow
        if len(unit) > 1 or not _short(text) or (_mid_sentence(text) and not self._goes_on_in(line, following)):
            return False
        before = flow.number
        level = self.level(text)
        if not level:
            return self._continue(line)
        if self.contents.lists(text):
            flow.set_aside("front", unit)
            return True
        late = self._late_place(flow.number[0]) if len(flow.number) == 1 and text[0].isdigit() else None
        if late is not None and not flow.astray:
            flow.leave(late, before)
        else:
            flow.rejoin()
        self.begin(line.text, level)
        return True

    def level_of_block(self, text: str) -> int:
        """The level of the heading that a whole block is by its looks, or 0."""
        if not _short(text):
            return 0
        if signs.ABSTRACT_HEAD.fullmatch(text):
            return 1
        return 0 if _mid_sentence(text) else self.level(text)

    def level(self, text: str) -> int:
        """The level of the heading that a text is, or 0; its number is then the flow's last one."""
        if signs.REFERENCES.fullmatch(text):
            return 1
        if signs.SENTENCE_MARK.search(text):
            return 0
        for level, pattern in signs.CHINESE:
            if pattern.fullmatch(text):
                return level
        numbered = signs.DECIMAL.fullmatch(text)
        if not numbered or self.flow.part == "references" or not self._titles(numbered["text"]):
            return 0
        number = number_of(numbered)
        if not self._may_follow(number) or (self.flow.part == "back" and not () < self.flow.number < number):
            return 0
        self.flow.number = number
        return 3 if len(number) == 1 and self._under_chinese() else len(number)

    def _titles(self, text: str) -> bool:
        """Whether words behind a number can be a title, and not a quantity or the cells of a table row."""
        figures = re.search(r"\s[\d,.]{3,}(?:\s|$)", text)
        return bool(re.match(rf"[{HAN}A-Z“《（]", text)) and not figures and not self.flow.measure.celled(text)

    def _under_chinese(self) -> bool:
        """Whether the paper numbers its headings 一、 and （一）, under which 1 is of the third level."""
        return any(d.kind == "heading" and d.level == 2 and d.text.text.startswith("（") for d in self.flow.done)

    def _may_follow(self, number: Number) -> bool:
        """Whether a number may come after the last one: 1.2 → 1.2.1, 1.3, 2 (or 1 again, for items).

        2.1 may come after 1.2, too, and 2 after that: see `_late_place`.
        """
        if may_follow(self.flow.number, number):
            return True
        return len(number) == 1 and self._late_place(number[0]) is not None

    def _late_place(self, number: int) -> int | None:
        """Where a heading belongs that comes behind its own first subheading, as 2 behind 2.1; None if it does not.

        The file then holds the left column of a page after the right one:

            …的创新生态系统。     right column: ends the paragraph that the left one begins under 2
            2.1　组织架构
            2　主要做法           left column: it belongs before “…的创新生态系统。”
            美国建立了以研究所为核心
        """
        first = re.compile(rf"{number}\.1\s")
        done = self.flow.done
        child = next((i for i, d in enumerate(done) if d.kind == "heading" and first.match(d.text.text)), 0)
        return next((i for i in range(child - 1, 0, -1) if done[i].kind == "paragraph"), None)

    # Headings of two lines -----------------------------------------------------------------------------------------

    def _goes_on_in(self, line: Line, following: Unit) -> bool:
        """Whether a line that ends with a comma is the first of a heading that goes on in the next."""
        return line.text.text[-1] in "，、," and len(following) == 1 and self._is_second(line.text, following[0])

    def _continue(self, line: Line) -> bool:
        """Put the second line of a long heading to the first."""
        flow = self.flow
        if flow.paragraph or not flow.done or flow.done[-1].kind != "heading":
            return False
        last = flow.done[-1]
        if not self._is_second(last.text, line):
            return False
        flow.done[-1] = Draft("heading", flow.joined([last.text, line.text]), last.level)
        return True

    def _is_second(self, first: Traced, line: Line) -> bool:
        """Whether a line goes on with a full line of a heading. It is short, where a paragraph would begin full."""
        text, measure = line.text.text, self.flow.measure
        if not measure.wrapped or signs.CAPTION.fullmatch(text) or signs.TERMINAL.search(text):
            return False
        return measure.full(display_width(first.text)) and not measure.full(display_width(line.lead + text))


def number_of(numbered: re.Match[str]) -> Number:
    """The number that `signs.DECIMAL` has found."""
    return tuple(int(part) for part in numbered["number"].split("."))


def may_follow(last: Number, number: Number) -> bool:
    """Whether one heading number may come after another; one may be missing where a line was misread.

    >>> [n for n in [(1, 2, 1), (1, 3), (1, 4), (1, 5), (2,), (2, 1), (3,)] if may_follow((1, 2), n)]
    [(1, 2, 1), (1, 3), (1, 4), (2,), (2, 1)]
    """
    if number in ((1,), (*last, 1)) or (last and number == (last[0] + 1, 1)):
        return True
    same_level = last[: len(number)]
    if len(same_level) < len(number):
        return False
    step = number[-1] - same_level[-1]
    return number[:-1] == same_level[:-1] and 1 <= step <= (2 if len(number) > 1 else 1)


def last_heading(units: Sequence[Unit]) -> int:
    """The number of the last unit before the references that looks like a heading of the body, or -1."""
    found = -1
    for at, unit in enumerate(units):
        text = unit[0].text.text
        if signs.REFERENCES.fullmatch(text):
            break
        if len(unit) > 1 or display_width(text) > signs.HEADING_WIDTH or signs.TERMINAL.search(text):
            continue
        decimal = signs.DECIMAL.fullmatch(text)
        numbered = decimal and re.match(f"[{HAN}]", decimal["text"]) and "年" not in text
        if numbered or any(pattern.fullmatch(text) for _, pattern in signs.CHINESE):
            found = at
    return found


def _short(text: str) -> bool:
    return display_width(text) <= signs.HEADING_WIDTH and "\t" not in text


def _mid_sentence(text: str) -> bool:
    """Whether a line ends as parts of a text do and headings do not."""
    return bool(re.search(r"[。；：，、;:,]$", text)) and not signs.REFERENCES.fullmatch(text)
