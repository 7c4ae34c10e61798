"""Whether a quotation stands in a paper as it is quoted.

White space, line wraps and the widths of characters are no difference (NFKC, https://unicode.org/reports/tr15/):

>>> verify("投资规模为２.48 亿美元", 0, 12, "投资规模为 2.48\\n亿美元。")
Verified(state='verbatim', start=0, end=15)
>>> verify("2.48亿美元", 0, 7, "投资规模为 2.48 亿美元。").state
'moved'
>>> verify("2.84亿美元", 0, 7, "投资规模为 2.48 亿美元。").state
'not found'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

State = Literal["verbatim", "moved", "not found"]
_WRAPPED = re.compile(r"(?<=[A-Za-z])[-\u00ad]\s*\n\s*(?=[a-z])")
"""A hyphen that a line's end put into a word."""


@dataclass(frozen=True, slots=True)
class Verified:
    """`verbatim` where the quotation stands at its place, `moved` where it stands elsewhere, else `not found`.

    `start` and `end` are where it stands now, for `not found` those that were given.
    """

    state: State
    start: int
    end: int


def verify(quote: str, start: int, end: int, text: str) -> Verified:
    """Look for a quotation in `text`, first at `start`:`end`, then anywhere; of several places the nearest one."""
    wanted, _ = _folded(quote)
    if not wanted:
        return Verified("not found", start, end)
    if 0 <= start < end <= len(text) and _folded(text[start:end])[0] == wanted:
        return Verified("verbatim", start, end)
    folded, places = _folded(text)
    found = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", folded)]
    # One folded character may be a part of a ligature: only whole characters of the text can be quoted.
    spans = [(places[at], places[at + len(wanted) - 1] + 1) for at in found]
    spans = [span for span in spans if _folded(text[span[0] : span[1]])[0] == wanted]
    if not spans:
        return Verified("not found", start, end)
    nearest = min(spans, key=lambda span: abs(span[0] - start))
    return Verified("moved", *nearest)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without what makes no difference, and the place of each of its characters."""
    wrapped = {at for match in _WRAPPED.finditer(text) for at in range(*match.span())}
    kept, places = [], []
    for at, character in enumerate(text):
        if at in wrapped or character.isspace():
            continue
        for normal in unicodedata.normalize("NFKC", character):
            if not normal.isspace():
                kept.append(normal)
                places.append(at)
    return "".join(kept), places
