"""The list of references: which line begins an entry, and where the list ends.

[9] 张华胜. 美国国家制造业创新网络建设及管理      begins an entry
模式[J]. 全球科技经济瞭望, 2019, 34(1): 15-25.    goes on with it
[10] 丁明磊, 陈志. 美国建设国家制造业创新网络…    begins the next
"""

from __future__ import annotations

import re

from corpus import signs
from corpus.blocks.flow import Flow, Unit
from corpus.clean import Line
from corpus.draft import Draft
from corpus.references import entry_number


def take_entry_lines(flow: Flow, unit: Unit) -> bool:
    """Take printed lines as parts of the list; where something else begins, the list is over."""
    text = unit[0].text.text
    if _is_note(text):
        flow.done.append(Draft("footnote", flow.joined([line.text for line in unit])))
        return True
    if signs.TAIL.match(text) or _ends(flow, text):
        flow.part = "back"
        return False
    for line in unit:
        entry = line.text[2:] if line.text.text.startswith("- ") else line.text
        if flow.done[-1].kind == "heading" or _begins_entry(flow, line.text.text):
            flow.done.append(Draft("reference", entry))
        else:
            places = range(len(flow.done) - 1, -1, -1)
            at = next(i for i in places if flow.done[i].kind in ("reference", "heading"))
            flow.done[at] = Draft("reference", flow.joined([flow.done[at].text, entry]))
    return True


def take_entry(flow: Flow, line: Line) -> bool:
    """Take a whole block as an entry of the list, or a note within it; where something else begins, the list is over.

    Notes on the authors do not end it: a page may hold them beside the list.
    """
    text = line.text.text
    if signs.TAIL.match(text):
        return False
    if _ends(flow, text):
        flow.part = "back"
        return False
    bullet = signs.BULLET.match(text)
    entry = line.text[bullet.end() if bullet else 0 :]
    flow.done.append(Draft("footnote" if _is_note(text) else "reference", entry))
    return True


def _ends(flow: Flow, text: str) -> bool:
    return flow.done[-1].kind != "heading" and signs.ends_references(text)


def _is_note(text: str) -> bool:
    return bool(signs.FOOTNOTE.match(text) and signs.CITED.search(text))


def _begins_entry(flow: Flow, text: str) -> bool:
    """Whether a line begins an entry: with a number, which without brackets must be the next."""
    match = signs.REFERENCE_START.match(text)
    if not match or not match[0][0].isdigit():
        return bool(match)
    number = int(re.findall(r"\d+", match[0])[0])
    entries = (entry_number(d.text.text) for d in reversed(flow.done) if d.kind == "reference")
    last = next((n for n in entries if n is not None), 0)
    return number == 1 or last < number <= last + 2
