"""What a paper prints around its text in a fixed order: affiliations, the English title block, the two abstracts.

Inspiration of the Continuous …          the English title
WANG Li1,2, YU Jie-ping1                 the authors, with the numbers of their affiliations
(1. National Science Library, …)         the affiliations
Abstract: Problems and challenges …      the abstract
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus import signs
from corpus.clean import HAN
from corpus.draft import Draft
from corpus.language import language_of
from corpus.paper import Block

_PLACE = r"(?:大学|学院|中心|研究所|研究院|实验室|公司|委员会|图书馆|医院)"
_AFFILIATION = re.compile(rf"[（(]?\s*(?:\d\s*[.．]?\s*)?[{HAN}].*{_PLACE}.*\d{{6}}[^。]*")
_LONGEST = 1000
"""Characters; a longer line is none of affiliations, and the pattern would go over it many times."""
_NUMBERED = re.compile(
    r"[；;]\s*(?:\d\s*[.．、]?\s*(?=\D))?|(?<=\d{6})\s+\d\s*[.．]\s*(?=\D)|(?<=[,，])\s*\d\s*[.．]?\s+(?=[A-Z])"
)
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z’'-]*(?: (?:[A-Z][A-Za-z’'-]*|[A-Z]\.)){1,2}")
_MARKS_OF_NAMES = re.compile(r"(?<=[A-Za-z])\s?[\d¹²³⁴⁵*†‡#]+(?:,\s?[\d*†‡#]+)*")
_OTHER = re.compile(r"Received|Key\s?[Ww]ords|DOI|Abstract|\*|http|E-?mail", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EnglishBlock:
    """The English title, authors and affiliations; empty where the file does not give them in that order."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()


def affiliations(drafts: Sequence[Draft]) -> tuple[str, ...]:
    """The Chinese affiliations around the title, without their numbers; each ends with a postal code, or is left out.

    >>> affiliations([Draft("front", Traced.of("（1. 某某大学，北京　100190；2. 某某研究院，上海 200000）"))])
    ('某某大学，北京 100190', '某某研究院，上海 200000')
    """
    front = (d.text.text for d in drafts if d.kind == "front" and len(d.text) <= _LONGEST)
    lines = [line for line in front if _AFFILIATION.fullmatch(line)]
    return tuple(place for line in lines for place in _apart(line) if re.search(r"\d{6}", place))


def english_block(drafts: Sequence[Draft]) -> EnglishBlock:
    """What stands above the English abstract, read from there upwards."""
    lines = [d.text.text for d in drafts if d.kind in ("front", "back", "abstract")]
    at = next((i for i, line in enumerate(lines) if line.startswith("Abstract") and signs.ABSTRACT.match(line)), 0)
    places: list[str] = []
    while at > 0 and re.match(r"[（(]|\d\s*[.．]?\s*[A-Z]", lines[at - 1]) and not re.search(f"[{HAN}]", lines[at - 1]):
        at -= 1
        places.insert(0, lines[at])
    if at < 2:
        return EnglishBlock()
    names, bracket, place = lines[at - 1].partition(" (")
    authors = _latin_names(names)
    if not authors:
        return EnglishBlock()
    title = lines[at - 2]
    is_title = re.match("[A-Z]", title) and len(title.split()) > 2 and not re.search(f"[{HAN}]", title)
    return EnglishBlock(
        title=title if is_title and not _OTHER.match(title) else None,
        authors=authors,
        affiliations=tuple(p for line in ([bracket + place] if place else places) for p in _apart(line)),
    )


def abstracts(text: str, blocks: Sequence[Block]) -> dict[str, tuple[int, int]]:
    """Where the abstract in each language stands, `zh` and `en`, without the word 摘要 or Abstract before it."""
    found: dict[str, tuple[int, int]] = {}
    for block in blocks:
        label = signs.ABSTRACT.match(text, block.start, block.end)
        if label and block.kind in ("abstract", "back"):
            start = label.end() + len(text[label.end() : block.end]) - len(text[label.end() : block.end].lstrip())
            if start < block.end:
                found.setdefault(language_of(text[start : block.end]), (start, block.end))
    return found


def _apart(line: str) -> list[str]:
    """The affiliations in a line, without brackets and numbers."""
    inside = re.sub(r"^\s*[（(]?\s*(?:\d\s*[.．、]?\s*(?=\D))?|[）)；;，,]*\s*$", "", line)
    return [" ".join(part.split()).rstrip("；;，,") for part in _NUMBERED.split(inside) if part and part.strip()]


def _latin_names(line: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[,，;；]|\band\b", _MARKS_OF_NAMES.sub(",", line)) if part.strip()]
    return tuple(parts) if all(_LATIN_NAME.fullmatch(part) for part in parts) else ()
