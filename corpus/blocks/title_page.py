"""What stands before the body: title, authors, affiliations, keywords, a table of contents, the abstracts.

美国制造创新网络模式研究           front
王丽　于杰平                       front
摘　要：针对金融危机后…            abstract
关键词：制造业；创新网络           front
1　引言                            here the body begins
"""

from __future__ import annotations

import re

from corpus import signs
from corpus.blocks.flow import Flow, OpenParagraph, Unit
from corpus.blocks.headings import Headings
from corpus.clean import HAN, display_width

_SENTENCE = 60
"""A line of this width that ends a sentence is none of the front."""


def take_abstract(flow: Flow, unit: Unit) -> bool:
    """Take a line that begins an abstract, in either language, before the first heading.

    An English one may also end the paper; that is `signs.TAIL`.
    """
    if flow.part not in ("front", "body") or not signs.ABSTRACT.match(unit[0].text.text) or flow.headed:
        return False
    flow.begin("abstract", [line.text for line in unit])
    return True


def take_front(headings: Headings, unit: Unit, following: Unit) -> bool:
    """Take a printed line that stands around the title, if it does."""
    flow, text = headings.flow, unit[0].text.text
    if flow.part not in ("front", "body"):
        return False
    belongs = (
        _labelled(text)
        or (flow.part == "front" and _in_front(headings, unit, following))
        or (bool(signs.TAIL.match(text)) and not flow.headed)
    )
    if belongs:
        flow.set_aside("front", unit)
    return belongs


def is_front_block(headings: Headings, text: str, listed: bool) -> bool:
    """Whether a whole block stands around the title: keywords, authors, addresses, but no sentences.

    An item of a list (`listed`) does only where its first words say so.
    """
    flow = headings.flow
    if _labelled(text) or (signs.TAIL.match(text) and not flow.headed):
        return flow.part in ("front", "abstract", "body")
    if flow.part != "front" or listed or signs.TAIL.match(text):
        return False
    if signs.CONTENTS.fullmatch(text):
        headings.contents.begin()
    if flow.has_abstract:  # the title may follow, in either language
        return not signs.TERMINAL.search(text)
    return len(flow.done) < signs.FRONT_LINES and not _is_sentence(text)


def _labelled(text: str) -> bool:
    """Whether a line says itself that it belongs to the front: 关键词：…, 基金项目：…, an affiliation."""
    return bool(signs.FRONT.match(text) or signs.AFFILIATION.fullmatch(text))


def _is_sentence(text: str) -> bool:
    return display_width(text) >= _SENTENCE and bool(signs.TERMINAL.search(text))


def _in_front(headings: Headings, unit: Unit, following: Unit) -> bool:
    """Whether a printed line still belongs to the front, which ends at the first paragraph."""
    flow, text = headings.flow, unit[0].text.text
    if signs.CONTENTS.fullmatch(text):
        headings.contents.begin()
    if flow.paragraph:
        return _below_abstract(flow.paragraph, text, following)
    if len(flow.done) >= signs.FRONT_LINES or flow.has_abstract or _is_sentence(text):
        flow.part = "body"
        return False
    full = flow.measure.full
    if not flow.measure.wrapped or not full(display_width(text)):
        return True
    goes_on = len(following) == 1 and full(display_width(following[0].text.text))
    return not signs.TERMINAL.search(text) and not ((flow.done or unit[0].set_in) and goes_on)


def _below_abstract(abstract: OpenParagraph, text: str, following: Unit) -> bool:
    """Whether a line below an abstract, which is still open, is none of it: a title, or one between two abstracts."""
    below = following[0].text.text if len(following) == 1 else ""
    title = display_width(text) <= signs.HEADING_WIDTH and not signs.SENTENCE_MARK.search(text)
    if title and not abstract.unfinished and signs.AFFILIATION.fullmatch(below):
        return True
    if abstract.unfinished or signs.TERMINAL.search(text) or re.search(f"[{HAN}]", text):
        return False
    goes_on = not re.search(f"[{HAN}]", abstract.last) and display_width(text) > 0.85 * abstract.widest
    return not goes_on  # such as the English title between the abstracts, but not a line of the English one
