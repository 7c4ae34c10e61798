"""What interrupts a text and says so itself: captions, the notes under tables, footnotes, notes on the authors.

…国家制造业创新网络（NNMI）由          an open paragraph
表 2　创新研究所及其资金               a caption
注：数据截至 2019 年。                 the note under the table
① 现称“美国制造”（Manufacturing USA）。  a footnote
收稿日期：2019-10-11                   a note on the paper, at the foot of its first page
15 家创新研究所组成。                  the paragraph again
"""

from __future__ import annotations

import re

from corpus import signs
from corpus.blocks.flow import Flow, Unit
from corpus.clean import display_width

_CAPTION_WIDTH = 100
_CIRCLED = re.compile(r"[①-⑳][\s　]+\S")
_LIST_FOLLOWS = re.compile(r"[：:；;]$")


def take_continuation(flow: Flow, unit: Unit) -> bool:
    """Take a line that says where the paper goes on: （下转第 18 页）."""
    if not signs.CONTINUED.fullmatch(unit[0].text.text):
        return False
    if flow.part == "back":
        flow.close()
    flow.set_aside("stray", unit)
    return True


def take_label(flow: Flow, unit: Unit) -> bool:
    """Take a caption, a note under a table, or a footnote."""
    text = unit[0].text.text
    if _is_caption(text):
        flow.set_aside("caption", unit)
        # A figure's own text stands before its caption as often as behind it; a table's stands behind.
        flow.in_float = flow.measure.wrapped
    elif signs.NOTE.match(text) or (flow.is_under_aside(unit) and flow.note_unfinished):
        flow.set_aside("table", unit)
    elif _is_footnote(flow, text):
        flow.set_aside("footnote", unit)
    else:
        return False
    return True


def _is_caption(text: str) -> bool:
    return bool(
        signs.CAPTION.fullmatch(text)
        and not signs.NOT_CAPTION.match(text)
        and not signs.TERMINAL.search(text)
        and display_width(text) < _CAPTION_WIDTH
    )


def _is_footnote(flow: Flow, text: str) -> bool:
    """Whether a line that begins with ① is a footnote, and no item of a list."""
    if not signs.FOOTNOTE.match(text) or (flow.part == "front" and not flow.unfinished):
        return False
    if signs.CITED.search(text):
        return True
    if flow.paragraph and _LIST_FOLLOWS.search(flow.paragraph.last):
        return False
    return flow.cut_mid_sentence or bool(flow.measure.wrapped and _CIRCLED.match(text))


class AuthorNotes:
    """Notes on the authors at the foot of the first page: they are set aside, for the body goes on behind them."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._goes_on = False  # the last line was a full one of such a note

    def take(self, unit: Unit, headings_follow: bool) -> bool:
        """Take a line of such a note. One of which no heading follows belongs to the end of the paper."""
        flow, text = self.flow, unit[0].text.text
        if flow.part != "body":
            return False
        goes_on, self._goes_on = self._goes_on, False
        if signs.AUTHOR_NOTE.match(text):
            if not (flow.cut_mid_sentence or headings_follow):
                return False
            flow.set_aside("front", unit)
        elif goes_on:
            flow.extend_aside(unit)
        elif signs.AUTHOR.match(text) and self._is_under_note(unit):
            flow.set_aside("front", unit)
        else:
            return False
        last = unit[-1].text.text
        self._goes_on = (
            flow.measure.wrapped and flow.measure.full(display_width(last)) and not signs.TERMINAL.search(last)
        )
        return True

    def _is_under_note(self, unit: Unit) -> bool:
        beside = self.flow.beside
        return bool(beside) and beside[-1].kind == "front" and self.flow.is_next_to_aside(unit)
