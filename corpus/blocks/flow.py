"""The text while it is put together: the blocks so far, the paragraph that is still open, and what waits beside it.

…中小型制造商占美国制造业企业的      the open paragraph
表 2　开发和实施先进制造技术的…      set aside: it goes out behind the paragraph
98%，约占美国制造业服务和产品的 50%，  the open paragraph again
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from corpus import signs
from corpus.clean import Line, display_width
from corpus.draft import Draft
from corpus.joining import joined
from corpus.measure import Measure
from corpus.paper import Kind
from corpus.traced import Traced

Unit = tuple[Line, ...]
"""What is judged at once: a line, or the several lines of a table cell or of a box in a figure."""

Part = Literal["front", "abstract", "body", "references", "back"]
"""Where in a paper a line stands: around the title, under a heading that says 摘要, in the body, among the references,
or behind them."""

_NONE = -2
"""The chunk of what was set aside last, where no line goes on with it."""


@dataclass(slots=True)
class OpenParagraph:
    """A paragraph that further lines may go on with, and what has interrupted it so far.

    `in_float` tells that it began among the rows of a table or the labels of a figure.
    """

    kind: Kind
    in_float: bool
    lines: list[Traced] = field(default_factory=list)
    aside: list[Draft] = field(default_factory=list)
    widest: int = 0

    def add(self, line: Traced) -> None:
        """Go on with a line."""
        self.lines.append(line)
        self.widest = max(self.widest, display_width(line.text))

    @property
    def last(self) -> str:
        """Its last line so far."""
        return self.lines[-1].text

    @property
    def unfinished(self) -> bool:
        """Whether its last line stops in the middle of a sentence."""
        return not signs.TERMINAL.search(self.last)

    @property
    def reaches_edge(self) -> bool:
        """Whether its last line is about as wide as its widest."""
        return display_width(self.last) > 0.93 * self.widest


@dataclass(frozen=True, slots=True)
class _Detour:
    """What the flow was before it went into a left column that the file holds after the right one.

    `target` is the place in `done` of the paragraph before which the column belongs, `cut` the paragraph that the
    detour has interrupted.
    """

    done: list[Draft]
    target: int
    cut: OpenParagraph | None
    number: tuple[int, ...]


class Flow:
    """The blocks `done`, the open `paragraph`, and where the reading stands.

    `part` is the part of the paper, `number` that of the last numbered heading; `in_float` tells that the last line
    belonged to a table or figure, so that the next may, too.
    """

    def __init__(self, measure: Measure, words: frozenset[str]) -> None:
        self.measure = measure
        self.done: list[Draft] = []
        self.paragraph: OpenParagraph | None = None
        self.part: Part = "front"
        self.number: tuple[int, ...] = ()
        self.in_float = False
        self._words = words
        self._aside_chunk = _NONE
        self._detour: _Detour | None = None

    @property
    def beside(self) -> list[Draft]:
        """Where a block goes that is no part of the open paragraph: beside it, or where there is none, on the end."""
        return self.paragraph.aside if self.paragraph else self.done

    @property
    def unfinished(self) -> bool:
        """Whether a paragraph is open in the middle of a sentence."""
        return self.paragraph is not None and self.paragraph.unfinished

    @property
    def cut_mid_sentence(self) -> bool:
        """Whether that is a paragraph of the body."""
        return self.paragraph is not None and self.paragraph.unfinished and self.paragraph.kind == "paragraph"

    @property
    def headed(self) -> bool:
        """Whether the paper has a heading yet, other than 摘要."""
        return any(d.kind == "heading" and not signs.ABSTRACT_HEAD.fullmatch(d.text.text) for d in self.done)

    @property
    def has_abstract(self) -> bool:
        """Whether an abstract is done."""
        return any(draft.kind == "abstract" for draft in self.done)

    def joined(self, lines: Sequence[Traced]) -> Traced:
        """Lines as one text."""
        return joined(lines, self.measure.spaced, self._words)

    # The open paragraph --------------------------------------------------------------------------------------------

    def begin(self, kind: Kind, lines: Sequence[Traced]) -> None:
        """Open a paragraph with these lines; the one before it is finished."""
        self.close()
        self.paragraph = OpenParagraph(kind, self.in_float)
        self.extend(lines)

    def extend(self, lines: Sequence[Traced]) -> None:
        """Go on with the open paragraph. The sign ■ ends the body."""
        if self.paragraph is None:
            return
        for line in lines:
            self.paragraph.add(line)
        if self.part == "body" and any("■" in line.text for line in lines):
            self.close()
            self.part = "back"

    def close(self) -> None:
        """The open paragraph is finished: it goes out, then what had interrupted it.

        One that turns out to be set narrower than any column, and began among floats, is the text of a figure's box.
        """
        if self.paragraph is None:
            return
        paragraph, self.paragraph = self.paragraph, None
        boxed = (
            paragraph.kind == "paragraph"
            and paragraph.in_float
            and self.measure.boxed([display_width(line.text) for line in paragraph.lines])
        )
        self.done.append(Draft("figure" if boxed else paragraph.kind, self.joined(paragraph.lines)))
        self.done.extend(paragraph.aside)

    def add(self, draft: Draft) -> None:
        """Put a block on the end; the open paragraph is finished."""
        self.close()
        self.done.append(draft)

    # Beside it -----------------------------------------------------------------------------------------------------

    def set_aside(self, kind: Kind, unit: Unit, stated: bool = False) -> None:
        """Put down what is no running text, without ending the open paragraph; `stated` as in `Draft`."""
        if self.part == "back" and not stated and kind not in ("caption", "footnote", "stray"):
            kind = "back"
        text = self.joined([line.text for line in unit])
        next_to_last = bool(self.beside) and not stated and kind != "caption" and self.is_next_to_aside(unit)
        if next_to_last and (self.note_unfinished or _closes_quotation(self.beside[-1], text)):
            self.extend_aside(unit)
        else:
            self.beside.append(Draft(kind, text, lines=unit, stated=stated))
            self._aside_chunk = _NONE if stated else unit[-1].chunk
        if self.part == "front" and kind not in ("front", "footnote", "stray"):
            self.part = "body"

    def extend_aside(self, unit: Unit, stated: bool = False) -> None:
        """Go on with what was set aside last."""
        last = self.beside[-1]
        text = self.joined([last.text, *(line.text for line in unit)])
        self.beside[-1] = replace(last, text=text, lines=(*last.lines, *unit))
        self._aside_chunk = _NONE if stated else unit[-1].chunk

    def is_next_to_aside(self, unit: Unit) -> bool:
        """Whether at most blank lines part a unit from what was set aside last."""
        return self._aside_chunk >= unit[0].chunk - 1

    def is_under_aside(self, unit: Unit) -> bool:
        """Whether blank lines, and nothing else, part them."""
        return self._aside_chunk == unit[0].chunk - 1

    @property
    def note_unfinished(self) -> bool:
        """Whether the note that was set aside last stops in the middle of a sentence."""
        if not self.beside or not self.measure.wrapped:
            return False
        last = self.beside[-1]
        is_note = last.kind == "footnote" or (last.kind == "table" and signs.NOTE.match(last.text.text))
        return bool(is_note) and not signs.TERMINAL.search(last.text.text)

    # Columns in the wrong order ------------------------------------------------------------------------------------

    def leave(self, target: int, number: tuple[int, ...]) -> None:
        """Gather what follows apart, to go before block `target`; `number` is the last heading's before that."""
        self._detour = _Detour(self.done, target, self.paragraph, number)
        self.done, self.paragraph = [], None

    @property
    def astray(self) -> bool:
        """Whether the flow is in such a column."""
        return self._detour is not None

    def rejoin(self) -> None:
        """The column is over: its blocks go where they belong, and the interrupted paragraph is taken up again."""
        detour, self._detour = self._detour, None
        if detour is None:
            return
        aside: list[Draft] = []
        if self.paragraph:
            aside, self.paragraph.aside = self.paragraph.aside, []
        self.close()
        moved, target = self.done, detour.done[detour.target]
        if moved[-1].kind == "paragraph" and not signs.TERMINAL.search(moved[-1].text.text):
            target = Draft("paragraph", self.joined([moved.pop().text, target.text]))
        detour.done[detour.target : detour.target + 1] = [*moved, target]
        self.done, self.paragraph, self.number = detour.done, detour.cut, detour.number
        self.beside.extend(aside)


def _closes_quotation(item: Draft, text: Traced) -> bool:
    """Whether a text holds the end of a quotation that begins in the item of a figure or table before it."""
    broken = item.kind in ("figure", "table") and re.search(r"“[^”]*$", item.text.text)
    return bool(broken and re.match(r"[^“]*”", text.text))
