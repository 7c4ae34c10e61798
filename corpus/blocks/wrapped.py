"""Printed lines, as PDFs and text files have them: each is judged by its looks and its place among the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from corpus import signs
from corpus.blocks.flow import Part, Unit
from corpus.blocks.headings import Headings
from corpus.blocks.interruptions import AuthorNotes, take_continuation, take_label
from corpus.blocks.prose import Prose
from corpus.blocks.reference_list import take_entry_lines
from corpus.blocks.title_page import take_abstract, take_front
from corpus.clean import HAN, Line, display_width
from corpus.measure import Measure
from corpus.paper import Kind

_LOOSE: dict[Part, Kind] = {"front": "front", "body": "figure", "references": "reference"}
"""What a line is, by the part of the paper, that is neither prose nor anything else; `back` elsewhere."""


class Wrapped:
    """Sorts units of printed lines into the flow."""

    def __init__(self, headings: Headings, lines: Sequence[Line]) -> None:
        self.headings = headings
        self.flow = headings.flow
        self.prose = Prose(self.flow, labelled=sum(bool(signs.LABELLED.match(line.text.text)) for line in lines) > 1)
        self.author_notes = AuthorNotes(self.flow)

    def take(self, unit: Unit, above: Unit, following: Unit, headings_follow: bool) -> None:
        """Take a unit that stands between two others, either of them empty at the ends of a file.

        `headings_follow` tells that the body is not over yet.
        """
        if above and self.prose.shown_to_go_on(above[-1], unit[0]):
            self.flow.extend([line.text for line in unit])
            return
        if self.flow.part == "abstract":
            self.flow.part = "body"
        if take_continuation(self.flow, unit) or self.author_notes.take(unit, headings_follow):
            return
        if self.flow.part == "references" and take_entry_lines(self.flow, unit):
            return
        if self.headings.take(unit, following) or take_label(self.flow, unit) or take_abstract(self.flow, unit):
            return
        if take_front(self.headings, unit, following):
            return
        if self.flow.part in ("front", "body") and signs.TAIL.match(unit[0].text.text):
            self.flow.close()
            self.flow.part = "back"
        self._take_text(unit, following)

    def _take_text(self, unit: Unit, following: Unit) -> None:
        """Prose, or what a table or figure holds."""
        flow = self.flow
        loose = _LOOSE.get(flow.part, "back")
        if len(unit) > 1 and _is_latin_text(unit):
            self.prose.begin([line.text for line in unit])
        elif len(unit) > 1:
            flow.set_aside(loose, unit)
            flow.in_float = True
        elif self.prose.is_prose(unit[0], following):
            self.prose.take(unit[0])
        else:
            flow.set_aside("table" if flow.in_float or "\t" in unit[0].text.text else loose, unit)
            flow.in_float = flow.in_float or flow.measure.wrapped


def units_of(lines: Sequence[Line], measure: Measure) -> Iterator[Unit]:
    """What is judged at once: a line, or the several lines of a table cell or a figure's box.

    Where blank lines stand between the printed lines, lines that stand together are a cell or a box; where a file has
    hardly any blank lines, every line is judged alone.
    """
    chunks = [list(group) for _, group in groupby(lines, key=lambda line: line.chunk)]
    boxed = measure.wrapped and sum(len(chunk) == 1 for chunk in chunks) >= 0.5 * len(chunks)
    for chunk in chunks:
        if not boxed or any("\t" in line.text.text for line in chunk):
            yield from ((line,) for line in chunk)
            continue
        box: list[Line] = []
        for line in chunk:
            if box and (line.mark or box[-1].mark or _parted(box[-1], line, measure)):
                yield tuple(box)
                box = []
            box.append(line)
        yield tuple(box)


def _parted(above: Line, line: Line, measure: Measure) -> bool:
    """Whether two lines stand together only because a page ended between them, or because one is a heading.

    Text taken from a PDF often marks the first line of a page with one space and no blank line before it.
    """
    before, after = above.text.text, line.text.text
    if line.lead == " ":
        full = measure.full(display_width(before)) or measure.full(display_width(after))
        if full or signs.TERMINAL.search(before) or signs.CAPTION.fullmatch(after):
            return True
    return bool((signs.DECIMAL.fullmatch(before) and "　" in before) or signs.CAPTION.fullmatch(before))


def _is_latin_text(unit: Unit) -> bool:
    """Whether the lines are running text in a Latin script."""
    text = "".join(line.text.text for line in unit)
    return len(text) > 120 and len(re.findall(f"[{HAN}]", text)) < 0.1 * len(text)
