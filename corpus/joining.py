"""Printed lines put together into running text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from corpus.clean import HAN
from corpus.traced import Traced

_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_COMPOUNDING = frozenset(
    "cost cross data decision early energy ever fast first five four full future half hard high industry large late "
    "long low market medium mid near next non one open private problem public quasi real second self short single "
    "small socio state technology third three top two ultra user well world zero".split()
)
"""Words before a hyphen that belongs to the word: cross-industry, small-scale."""
_SOMETIMES = frozenset("anti co inter multi post pre semi trans".split())
"""Prefixes whose hyphen stays where a word of the paper follows it: co-operation."""
_COMPOUNDED = frozenset(
    "aware based called centered centric driven effective efficient focused friendly intensive level making oriented "
    "related scale specific speed tech term".split()
)
"""Words behind such a hyphen: data-driven."""
_CLOSED = frozenset(
    "able age ages ally ary ation ations atic base bases dle ed en ence ent er ers est eth ful ible ic ing ings ion "
    "ise ish ism ist ity ive ize ized less light lights ly ment ments mon ness ous ple place set sets tion ty ware "
    "way ways wide y".split()
)
"""What is written together with the word before it: high-er, data-base, world-wide are parted at a line's end only."""
_ADDRESS = re.compile(r"(?:https?://|www\.|\b10\.\d{4,9}/)[^\s<>\"，。；：、（）]*$")
_SUFFIX = r"(?:html?|pdf|docx?|aspx?|php|com|org|net|gov|edu|cn)\b"
_ADDRESS_PART = re.compile(rf"[\w.%~-]*(?:[/=&%#~_?]|\.{_SUFFIX})", re.ASCII)


_LONGEST = 400
"""Characters of the text so far in which a word or an address is sought."""


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """The Latin words that stand whole in the lines, in lower case, compounds with their hyphens.

    >>> sorted(words_of(["A cross-industry road-", "map of Manufac-", "turing USA"]))
    ['a', 'cross-industry', 'of', 'usa']
    """
    found: set[str] = set()
    cut = False
    for line in lines:
        words = [match[0].lower() for match in _WORD.finditer(line)]
        ends_cut = bool(re.search(r"[A-Za-z]-$", line))
        found.update(words[cut and line[:1].isalpha() : len(words) - ends_cut])
        cut = ends_cut
    return frozenset(found)


def joined(lines: Sequence[Traced], spaced: bool, words: Collection[str] = frozenset()) -> Traced:
    """Wrapped lines as one: nothing between Chinese characters, a space between Latin words, hyphenation undone.

    A hyphen at a line's end goes only where it parts a word, not where it belongs to one (`cross-` and `industry`);
    `words` are the paper's whole words, which decide. No space comes into an address that goes on.
    """
    parts = [lines[0]]
    before = lines[0].text
    for line in lines[1:]:
        left, right = before[-2:], line.text[:2]
        tied = re.fullmatch(r"[A-Za-z0-9]-", left) and re.match(r"[A-Z0-9]", right)
        if tied or _address_goes_on(before, line.text):
            pass
        elif re.fullmatch(r"[A-Za-z]-", left) and re.match(r"[a-z]", right):
            if not _compound(before, line.text, words):
                parts[-1] = parts[-1][:-1]
                before = before[:-1]
        elif right[:1] == "•" or re.fullmatch(r"\s[+/×&=]", left) or _apart(left, right, spaced):
            parts.append(Traced.inserted(" "))
            before += " "
        parts.append(line)
        before = (before + line.text)[-_LONGEST:]
    return Traced.join("", parts)


def _compound(before: str, after: str, words: Collection[str]) -> bool:
    """Whether the hyphen that ends `before` stays: the paper writes the word so, or its parts are such as do it."""
    first = re.findall(r"[A-Za-z-]+$", before[:-1])[0].lower().strip("-")
    match = _WORD.match(after)
    second = match[0].lower() if match else ""
    if f"{first}-{second}" in words:
        return True
    if first + second in words or second in _CLOSED:
        return False
    last = first.rsplit("-", 1)[-1]
    return (
        last in _COMPOUNDING
        or (last in _SOMETIMES and second in words)
        or (len(first) > 3 and last not in _SOMETIMES and second in _COMPOUNDED)
    )


def _address_goes_on(before: str, after: str) -> bool:
    """Whether a web address or DOI that ends `before` goes on in `after`."""
    address = _ADDRESS.search(before)
    if not address or not re.match(r"[\w/%#?&=~-]", after, re.ASCII):
        return False
    if address[0][-1] in "/-_=&?#%~" or _ADDRESS_PART.match(after):
        return True
    return address[0][-1] == "." and bool(re.match(_SUFFIX, after))


def _apart(before: str, after: str, spaced: bool) -> bool:
    """Whether a space belongs between two texts: always in Latin text, by the paper's habit where scripts meet."""
    if _is_latin(before.rstrip("”’")[-1:]) and _is_latin(after.lstrip("([“‘")[:1]):
        return True
    left, right = before[-1:], after[:1]
    return spaced and ((_is_latin(left) and _is_han(right)) or (_is_han(left) and _is_latin(right)))


def _is_han(ch: str) -> bool:
    return bool(re.match(f"[{HAN}]", ch))


def _is_latin(ch: str) -> bool:
    return ch.isascii() and (ch.isalnum() or ch in ",.;:)]%&'\"!?-")
