"""What a paper says about itself: title, authors, year, DOI, keywords.

◇张华胜：美国国家制造业创新网络建设及管理模式      a running head names authors and title
全球科技经济瞭望  2019 年第 1 期                    the year
关键词：制造业；国家制造创新网络                    the keywords
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from corpus.clean import HAN, LABEL
from corpus.draft import Draft

_NAME = re.compile(rf"[{HAN}]{{2,4}}|[{HAN}]\s[{HAN}]")
_DOI = re.compile(r"10\.\d{4,9}/[-._;()/:A-Za-z0-9]+[A-Za-z0-9)]")
_PUBLISHED = re.compile(r"Published:\s*(?P<year>(?:19|20)\d\d)|(?P<issue>(?:19|20)\d\d)\s*年第\s*\d+\s*[期卷]")
_KEYWORDS = (
    re.compile(r"[\[【〔]?关\s?键\s?词[\]】〕\s：:]*(?P<words>.+)"),
    re.compile(r"Key\s?[Ww]ords[\s：:]*(?P<words>.+)"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the paper says about itself."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    doi: str | None = None
    keywords: tuple[str, ...] = ()


def read_facts(
    drafts: Sequence[Draft], labels: Iterable[str], given_title: str | None = None, given_authors: Sequence[str] = ()
) -> Facts:
    """Title, authors, year, DOI and keywords, from the first lines, the running heads and the last lines.

    A title that the format states comes first, one given by the file's properties last; authors of the properties count
    only where the first lines name all of them, since the properties often name a template's author.
    """
    front = [d.text.text for d in drafts if d.kind == "front"]
    around = front + [d.text.text for d in drafts if d.kind == "back"]
    title, authors = _from_labels(labels)
    if title is None or any(_states_title(draft) for draft in drafts):
        title, authors = _from_front(drafts)
    named = ["".join(name.split()) for name in given_authors]
    if not authors and named and all(name in "".join("".join(front).split()) for name in named):
        authors = tuple(named if re.search(f"[{HAN}]", named[0]) else (" ".join(n.split()) for n in given_authors))
    doi = next((m[0] for line in around if "DOI" in line.upper() and (m := _DOI.search(line))), None)
    published = next((m for line in around if (m := _PUBLISHED.search(line))), None)
    words = next((m["words"] for pattern in _KEYWORDS for line in around if (m := pattern.match(line))), "")
    return Facts(
        title=title or given_title,
        authors=authors,
        year=int(published["year"] or published["issue"]) if published else None,
        doi=doi,
        keywords=_listed(words),
    )


def _listed(words: str) -> tuple[str, ...]:
    """The keywords of a line. Where only spaces part them, a space before a Latin word is part of a name.

    >>> _listed("制造业；制造业 USA"), _listed("制造业 国家制造创新网络 制造业 USA")
    (('制造业', '制造业 USA'), ('制造业', '国家制造创新网络', '制造业 USA'))
    """
    parts = re.split(r"[，,；;、]", words)
    if len(parts) == 1:
        parts = re.split(rf"\s+(?=[{HAN}])", words)
    return tuple(stripped for part in parts if (stripped := part.strip(" \u3000.。")))


def _from_labels(labels: Iterable[str]) -> tuple[str | None, tuple[str, ...]]:
    for label in labels:
        if match := LABEL.fullmatch(label):
            names = (re.sub(r"\s+", "", name) for name in re.split(r"[，,、]", match["authors"]))
            return match["title"].strip(), tuple(name for name in names if name and name != "等")
    return None, ()


def _from_front(drafts: Sequence[Draft]) -> tuple[str | None, tuple[str, ...]]:
    """The title that the file states, or its first line where it opens like a paper; the next line as authors."""
    first = next((i for i, draft in enumerate(drafts) if _states_title(draft)), None)
    unnoted = (draft for draft in drafts[first or 0 :] if draft.kind != "footnote")
    opening = list(takewhile(lambda draft: draft.kind == "front", unnoted))
    parts = list(takewhile(_states_title, opening)) or opening[:1]
    title = "".join(part.text.text for part in parts)
    if first is None and (not 4 <= len(title) <= 80 or not re.search(rf"[{HAN}A-Za-z]{{4}}", title)):
        return None, ()
    if len(opening) == len(parts):
        return title, ()
    line = re.sub(r"^作\s*者\s*[：:]", "", opening[len(parts)].text.text)
    names = re.sub(r"[\d*,，、⁰¹²³⁴-⁹†‡①-⑳]+", "　", line)
    found = [re.sub(r"\s", "", name) for name in re.split(r"[　]+|(?<=[^\s])\s{2,}|\s(?=\S{2})", names) if name.strip()]
    return title, tuple(found) if found and all(_NAME.fullmatch(name) for name in found) else ()


def _states_title(draft: Draft) -> bool:
    return draft.kind == "front" and draft.level > 0
