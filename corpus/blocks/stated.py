"""Lines of which the file says what they are: the paragraphs of Word, HTML and Markdown, a footnote on a PDF's page.

A mark is believed. A line marked as a paragraph is one whole block; its looks may still show that it is a heading
(一、引言 in bold), an entry of the references, a caption ….
"""

from __future__ import annotations

from corpus import signs
from corpus.blocks.headings import Headings, number_of
from corpus.blocks.interruptions import take_label
from corpus.blocks.reference_list import take_entry
from corpus.blocks.title_page import is_front_block
from corpus.clean import Line
from corpus.draft import Draft
from corpus.paper import Kind
from corpus.raw import Mark


class Stated:
    """Sorts marked lines into the flow."""

    def __init__(self, headings: Headings) -> None:
        self.headings = headings
        self.flow = headings.flow

    def take(self, line: Line, mark: Mark) -> None:
        """Take a line as what the file says that it is."""
        flow = self.flow
        if mark.goes_on and flow.beside and flow.beside[-1].kind == mark.kind:
            flow.extend_aside((line,), stated=True)
        elif mark.kind == "heading":
            if numbered := signs.DECIMAL.fullmatch(line.text.text):
                flow.number = number_of(numbered)
            self.headings.begin(line.text, mark.level)
        elif mark.kind == "paragraph":
            flow.close()
            self._block(line, listed=mark.level > 0)
        elif mark.kind in ("abstract", "back"):
            flow.add(Draft(mark.kind, line.text))
        elif mark.kind == "front" and mark.level:
            flow.add(Draft("front", line.text, mark.level))
            flow.part = "front"
        else:
            flow.set_aside(mark.kind, (line,), stated=True)

    def _block(self, line: Line, listed: bool) -> None:
        """Take a line that is one whole block, which only its looks tell from a paragraph, if anything does.

        Items of a list are never headings, nor part of the front: `1. 强化协同` in a row of items is one of them.
        """
        text, flow = line.text.text, self.flow
        if signs.CONTINUED.fullmatch(text):
            flow.add(Draft("stray", line.text))
        elif not listed and (level := self.headings.level_of_block(text)):
            self._heading(line, level)
        elif (flow.part == "references" and take_entry(flow, line)) or (not listed and take_label(flow, (line,))):
            pass
        elif flow.part in ("front", "body") and signs.ABSTRACT.match(text) and not flow.headed:
            flow.add(Draft("abstract", line.text))
        elif is_front_block(self.headings, text, listed):
            flow.set_aside("front", (line,))
            flow.part = "front" if flow.part == "abstract" else flow.part
        else:
            self._paragraph(line)

    def _heading(self, line: Line, level: int) -> None:
        if self.headings.contents.lists(line.text.text):
            self.flow.set_aside("front", (line,))
        else:
            self.headings.begin(line.text, level)

    def _paragraph(self, line: Line) -> None:
        """A paragraph of the part of the paper that it stands in, or the first of the next part."""
        text, flow = line.text.text, self.flow
        if signs.TAIL.match(text) and flow.part != "abstract":
            flow.part = "back"
        elif flow.part == "front":
            flow.part = "body"
        kind: Kind = "abstract" if flow.part == "abstract" else "back" if flow.part == "back" else "paragraph"
        flow.add(Draft(kind, line.text))
        if flow.part == "body" and "■" in text:
            flow.part = "back"
