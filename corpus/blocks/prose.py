"""Running text in printed lines: which lines are prose, and whether one goes on with the open paragraph.

从制造业的规模来看，美国制造业长期居世界      set in: a paragraph begins
第一。2010 年被中国超过，退居第二位。            goes on with its unfinished sentence
其占全球的比重由 2001 年的 25% 降到              goes on, too, for the line above it is full
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus import signs
from corpus.blocks.flow import Flow, OpenParagraph
from corpus.clean import Line, display_width
from corpus.traced import Traced

_LONG = 24
"""Width of a line that is prose where lines are whole paragraphs."""
_WHOLE = 100
"""Width beyond which a line behind the paper is part of a longer text, and no note of its own."""


class Prose:
    """Tells prose, and puts it into the flow. `labelled`: paragraphs begin with labels, 愿景：… 使命：…"""

    def __init__(self, flow: Flow, labelled: bool) -> None:
        self.flow = flow
        self.labelled = labelled

    def take(self, line: Line) -> None:
        """Take a line of prose: the next of the open paragraph, or the first of another."""
        flow = self.flow
        if flow.astray and flow.paragraph and flow.paragraph.aside:
            flow.rejoin()
        if flow.paragraph and self._goes_on(flow.paragraph, line):
            flow.extend([line.text])
        else:
            self.begin([line.text])
        flow.in_float = False

    def begin(self, lines: Sequence[Traced]) -> None:
        """Begin a paragraph. Where it is the first, the body begins with it."""
        self.flow.close()
        if self.flow.part == "front":
            self.flow.part = "body"
        self.flow.begin("back" if self.flow.part == "back" else "paragraph", lines)

    # Does a line go on with the open paragraph? --------------------------------------------------------------------

    def shown_to_go_on(self, above: Line, line: Line) -> bool:
        """Whether the page itself shows that a line goes on with the open paragraph: then it is judged no further."""
        paragraph = self.flow.paragraph
        if paragraph is None or not line.runs_on or line.mark or "\t" in line.text.text:
            return False
        return paragraph.lines[-1] is above.text and paragraph.unfinished

    def _goes_on(self, paragraph: OpenParagraph, line: Line) -> bool:
        """Whether a line of prose goes on with the open paragraph: in its last sentence, or with a new one."""
        if line.set_in:
            return False
        if paragraph.unfinished and self._finishes(paragraph, line):
            return True
        return self.flow.measure.wrapped and not line.after_gap and self._follows_sentence(paragraph, line)

    def _finishes(self, paragraph: OpenParagraph, line: Line) -> bool:
        """Whether a line goes on with an unfinished sentence: always, but for the short notes behind the paper."""
        if self.flow.part != "back":
            return True
        text, last = line.text.text, paragraph.last
        if signs.TAIL_ENTRY.match(text) or signs.NAMED.match(text) or signs.ADDRESS_END.search(last):
            return False
        return self.flow.measure.wrapped or min(display_width(text), display_width(last)) > _WHOLE

    def _follows_sentence(self, paragraph: OpenParagraph, line: Line) -> bool:
        """Whether a line goes on with a paragraph whose last line ended with a sentence.

        Where the file sets paragraphs in, every line that is not set in does; else one behind a line up to the edge.
        """
        text, measure = line.text.text, self.flow.measure
        if measure.set_in and paragraph.reaches_edge:
            return True
        in_body = measure.set_in and self.flow.part == "body"
        if paragraph.aside and not in_body:
            return False
        if signs.ITEM.match(text) and not any(signs.ITEM_WITHIN.search(line.text) for line in paragraph.lines):
            return False
        if self.labelled and signs.LABELLED.match(text):
            return False
        if in_body:
            return True
        return paragraph.reaches_edge if len(paragraph.lines) > 1 else measure.full(display_width(paragraph.last))

    # Is a line prose? ----------------------------------------------------------------------------------------------

    def is_prose(self, line: Line, following: Sequence[Line]) -> bool:
        """Whether a line is running text, and not the row of a table or the label of a figure."""
        text, width, measure = line.text.text, display_width(line.text.text), self.flow.measure
        if "\t" in text or signs.MARKS.search(text):
            return False
        if self._closes_bracket(text) or signs.ARTICLE.match(text):
            return True
        if line.set_in and not self.flow.in_float and not measure.celled(text):
            return True
        if not measure.wrapped:
            return bool(signs.TERMINAL.search(text)) or width >= _LONG
        if self.flow.in_float:
            return self._resumes(text, following)
        if signs.TERMINAL.search(text):
            return not measure.celled(text) or self.flow.unfinished
        if not measure.full(width):
            return False
        if self.flow.unfinished:  # a justified line may be spread out, but not into whole words
            return len(signs.COLUMNS.findall(text)) < 2
        ahead = following[0].text.text if len(following) == 1 else ""
        runs_on = measure.full(display_width(ahead)) and not measure.celled(ahead)
        return not measure.celled(text) or (runs_on and len(signs.CELL_SPACE.findall(text)) == 1)

    def _closes_bracket(self, text: str) -> bool:
        """Whether a line behind the paper is the rest of an address in brackets."""
        paragraph = self.flow.paragraph
        if self.flow.part != "back" or not paragraph or not paragraph.unfinished or not text.endswith((")", "）")):
            return False
        told = "".join(line.text for line in paragraph.lines)
        return told.count("(") + told.count("（") > told.count(")") + told.count("）")

    def _resumes(self, text: str, following: Sequence[Line]) -> bool:
        """Whether prose goes on after a float: two full lines, or the short end of the sentence that was cut."""
        measure = self.flow.measure
        if measure.celled(text) or text[0] in "•*-" or re.search(r"\s\d[\d ,.]*$", text) or len(following) > 1:
            return False
        ends = bool(signs.TERMINAL.search(text))
        if not measure.full(display_width(text)):
            return ends and bool(signs.SENTENCE_MARK.search(text)) and self.flow.unfinished
        if ends or not following:
            return True
        ahead = following[0].text.text
        return not measure.celled(ahead) and (measure.full(display_width(ahead)) or bool(signs.TERMINAL.search(ahead)))
