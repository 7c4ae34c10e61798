"""Printed lines put together into running text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.clean import HAN
from corpus.traced import Traced


def joined(lines: Sequence[Traced], spaced: bool) -> Traced:
    """Wrapped lines as one: nothing between Chinese characters, a space between Latin words, hyphenation undone."""
    parts = [lines[0]]
    left = lines[0].text[-2:]
    for line in lines[1:]:
        right = line.text[:2]
        if re.fullmatch(r"[A-Za-z]-", left) and re.match(r"[a-z]", right):
            parts[-1] = parts[-1][:-1]
        elif right[:1] == "•" or re.fullmatch(r"\s[+/×&=]", left) or _apart(left, right, spaced):
            parts.append(Traced.inserted(" "))
        parts.append(line)
        left = (left + line.text)[-2:]
    return Traced.join("", parts)


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
