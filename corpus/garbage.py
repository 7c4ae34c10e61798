"""Whether a page's text is what stands on it, or nonsense from fonts that do not say which characters they draw.

Such a page looks right on paper and reads as `ሱ߄࿐Б`, `ÖÐ¹ú`, private-use characters or rare characters at random.
A page is judged by its text alone, so that every way in which fonts fail is met; what fonts say of themselves (glyphs
without any character) is counted by the reader and passed in.
"""

from __future__ import annotations

import re
from functools import cache
from unicodedata import normalize

from corpus.clean import HAN
from corpus.doubts import Doubt, DoubtKind

FAMILIAR = re.compile(
    f"[{HAN}A-Za-zª-\u052f\u1100-\u11ff\u1d00-\u2fff\u3005-\u318f\uac00-\ud7a3\uf900-\ufaff\uff21-\uff9f\U0001d400-\U0001d7ff]"
)
"""Letters of the scripts that stand in Chinese papers: Chinese, Japanese, Korean, Latin, Greek, Cyrillic; formulas."""

_NONSENSE = re.compile("[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ue000-\uf8ff\ufffd-\uffff\U000f0000-\U0010ffff]")
_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ]")
_ASCII_PAIR = re.compile("(?=([A-Za-z][A-Za-z]))")
_ASCII = re.compile("[!-~]")
_SIGN = re.compile(r"[#$&@\\^_`{|}~<>]")
_FEW = 20
"""Fewer characters of a kind tell nothing about a page."""


def why_garbage(text: str, unmapped: int = 0) -> Doubt | None:
    """Why the text of a page is nonsense, as a doubt without its page; None where it may be what stands on the page.

    `unmapped` is the number of its characters for which the fonts name no character.

    >>> why_garbage("ÖÐ¹úµÄÖÆÔìÒµÊÇ¹úÃñ¾\xad¼ÃµÄÖ÷Ìå£¬¸÷¹ú¶¼°Ñ·¢Õ¹").message()
    '22 of 22 Latin letters carry accents'
    >>> why_garbage("制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段。")
    """
    dense = "".join(text.split())
    nonsense = max(len(_NONSENSE.findall(dense)), 0 if _words(dense) else unmapped)
    if nonsense and nonsense >= 0.1 * len(dense):
        return _counted("characters_unnamed", nonsense, max(len(dense), nonsense))
    return _strange(dense) or _rare(dense) or _latin(text)


def _strange(text: str) -> Doubt | None:
    """Letters of scripts foreign to Chinese papers, and more kinds of them than an alphabet has.

    A passage of Arabic or Tibetan comes back to the same few dozen letters; Chinese under a wrong map does not.
    """
    letters = [ch for ch in text if ch.isalpha()]
    strange = [ch for ch in letters if not FAMILIAR.match(ch)]
    if len(strange) < max(_FEW, 0.1 * len(letters)) or len(set(strange)) <= 3.5 * len(strange) ** 0.5:
        return None
    return _counted("letters_strange", len(strange), len(letters))


def _rare(text: str) -> Doubt | None:
    """Chinese characters of which too few are common ones, in simplified, traditional or Japanese writing."""
    han = [ch for ch in normalize("NFKC", text) if _HAN.match(ch)]
    rare = sum(not _common(ch) for ch in han)
    return _counted("characters_rare", rare, len(han)) if len(han) >= _FEW and rare > 0.3 * len(han) else None


@cache
def _common(ch: str) -> bool:
    """Whether a character is of the first level, that of the common ones, of GB 2312, Big5 or JIS X 0208."""
    levels = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "shift_jis": (0x88, 0x97)}
    return any(first <= ch.encode(name, "replace")[0] <= last for name, (first, last) in levels.items())


def _words(text: str) -> bool:
    """Whether a text is Latin letters for the most part, with the vowels that words have.

    Old TeX files draw English from fonts without names whose codes are ASCII all the same.
    """
    letters = [ch for ch in text if ch.isascii() and ch.isalpha()]
    vowels = sum(ch in "aeiouyAEIOUY" for ch in letters)
    return len(letters) > 0.6 * len(text) and 0.25 < vowels / len(letters) < 0.55


def _latin(text: str) -> Doubt | None:
    """Latin letters and signs that no language would write, on a page that has next to no Chinese."""
    letters = _LATIN.findall(text)
    accented = sum(not ch.isascii() for ch in letters)
    if len(letters) >= _FEW and accented > 0.5 * len(letters):
        return _counted("letters_accented", accented, len(letters))
    if len(_HAN.findall(text)) > 0.05 * len("".join(text.split())):
        return None
    pairs = _ASCII_PAIR.findall(text)
    risen = sum(a.islower() and b.isupper() for a, b in pairs)
    if len(pairs) >= 5 * _FEW and risen > 0.18 * len(pairs):
        return _counted("capitals_within", risen, len(pairs))
    signs = _SIGN.findall(text)
    if len(set(signs)) > 10 and len(signs) > 0.07 * len(_ASCII.findall(text)):
        return _counted("signs_many", len(signs), len(set(signs)))
    return None


def _counted(kind: DoubtKind, count: int, total: int) -> Doubt:
    return Doubt(kind, values={"count": str(count), "total": str(total)})
