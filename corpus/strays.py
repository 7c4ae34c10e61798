"""Lines of another article that a file holds besides its paper.

A journal fills the foot of a page with the rest of an article from elsewhere, under a note such as `(上接第18页)`;
taken page by page, that rest ends up among the lines behind the paper. It stays in the text, where its place is known,
as blocks of kind `stray`, and is never searched or quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from corpus import signs
from corpus.doubts import Doubt
from corpus.draft import Draft
from corpus.paper import Block, Section
from corpus.references import entry_number

_FRAGMENT = re.compile(r"(?!e-?mail|https?:|www\.|doi)[a-z]|[,;:，；：、。）)]|\d+\s?[(（]\d+[)）]\s?[:：]")
"""How the middle of a sentence or of a reference begins."""
_RUNNING = re.compile(r"[\u4e00-\u9fff].*[\u4e00-\u9fff][。！？]$")
_PERSON = re.compile(r"E-?mail|研究(?:方向|领域)|教授|博士|硕士|研究员|学位")
_OWN_LABEL = re.compile(r"[\[【〔（(■\s]*[\u4e00-\u9fffA-Za-z ]{2,8}[\]】〕]?\s*[：:]")


def strays_named(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, those that belong to another article turned into strays.

    Behind the paper these are: what stands around a `(上接第N页)` to which no `(下转第N页)` of this paper leads, from
    the first broken sentence on, and references whose numbers do not go on with the paper's own. Within the list of
    references it is an entry out of sequence between two that follow each other.
    """
    stray = _misplaced_entries(drafts)
    led_on = False
    for at, draft in enumerate(drafts):
        note = signs.CONTINUED.fullmatch(draft.text.text) if draft.kind == "stray" else None
        if note and note["way"] == "下转":
            led_on = True
        elif note and not led_on:
            stray |= _around(drafts, at, stray)
    for at in sorted(stray):  # the broken sentences next to a foreign entry came with it
        stray |= _fragments(drafts, range(at - 1, -1, -1)) | _fragments(drafts, range(at + 1, len(drafts)))
    return [replace(draft, kind="stray") if at in stray else draft for at, draft in enumerate(drafts)]


def stray_doubts(text: str, blocks: Sequence[Block], sections: Sequence[Section]) -> list[Doubt]:
    """A doubt for each run of strays: where it stands and its first words."""
    doubts = []
    for is_stray, run in groupby(blocks, key=lambda block: block.kind == "stray"):
        if not is_stray:
            continue
        group = list(run)
        first = text[group[0].start : group[0].end]
        said = {
            "section": next((s.title for s in reversed(sections) if s.start <= group[0].start), ""),
            "words": first if len(first) <= 40 else first[:40].rsplit(" ", 1)[0] + "…",
        }
        if len(group) == 1 and signs.CONTINUED.fullmatch(first):
            doubts.append(Doubt("broken_off", start=group[0].start, values=said))
        else:
            doubts.append(Doubt("lines_foreign", start=group[0].start, then="no_evidence", values=said))
    return doubts


def _misplaced_entries(drafts: Sequence[Draft]) -> set[int]:
    """Entries out of sequence: in the list where the sequence goes on behind them, and anywhere behind the list."""
    stray: set[int] = set()
    numbers = [(i, n) for i, d in enumerate(drafts) if d.kind == "reference" and (n := entry_number(d.text.text))]
    last = 0
    for place, (at, number) in enumerate(numbers):
        follows = numbers[place + 1][1] if place + 1 < len(numbers) else None
        if number not in (1, last, last + 1) and (follows == last + 1 or number < last):
            stray.add(at)
        else:
            last = number
    for at, draft in enumerate(drafts):
        if draft.kind == "back" and draft.text.text.startswith(("[", "［")):
            entry = entry_number(draft.text.text)
            if entry is None:
                continue
            if entry in (1, last + 1):  # the paper's own list, where no heading stands above it
                last = entry
            else:
                stray.add(at)
    return stray


def _around(drafts: Sequence[Draft], note: int, stray: set[int]) -> set[int]:
    """The drafts that came with the note at `note`: back to the first broken one, and on while text runs on."""
    first = note
    for at in range(note - 1, -1, -1):
        if drafts[at].kind != "back" and at not in stray:
            break
        if at in stray or _FRAGMENT.match(drafts[at].text.text):
            first = at
    end = note + 1
    while end < len(drafts) and drafts[end].kind == "back" and _runs_on(drafts[end].text.text):
        end += 1
    return set(range(first, end))


def _runs_on(text: str) -> bool:
    own = _OWN_LABEL.match(text) or _PERSON.search(text)
    return bool(_FRAGMENT.match(text)) or bool(_RUNNING.search(text) and not own)


def _fragments(drafts: Sequence[Draft], places: range) -> set[int]:
    found = set()
    for at in places:
        if drafts[at].kind != "back" or not _FRAGMENT.match(drafts[at].text.text):
            break
        found.add(at)
    return found
