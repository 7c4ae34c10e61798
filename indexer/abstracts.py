"""Names that a Chinese and an English abstract of one paper give, paired by their meaning.

An abstract and its translation name the same laws, reports and programmes, and mark them: in Chinese by 《》 or “”, in
English by “” or capitals. Two names are one thing's where each is the nearest to the other, by far and in fact: the
cosine of their vectors, the means of their languages taken off, is at least `NEAR` and `AHEAD` of the next on both
sides, and both have the same digits. The five papers, by which both were set, give these pairs, with 0.51 to 0.73, and
no others; wrong pairs have at most 0.43:

    再工业化                       re-industrialization
    国家制造创新网络                National Networking of Manufacturing Innovation
    2014年振兴美国制造业和创新法案   Revitalize American Manufacturing and Innovation Act of 2014
    国家制造业创新网络              National Network for Manufacturing Innovation
    2021年美国创新和竞争法案        United States Innovation and Competition Act of 2021
    重塑美国先进制造业的领导地位     Reclaiming America’s Leadership in Advanced Manufacturing
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from corpus.clean import HAN
from corpus.paper import Paper
from indexer.glossary import Entry

NEAR = 0.45
AHEAD = 0.1

_MARKED = re.compile(r"[《“\"](?P<name>[^《》“”\"]{2,80})[》”\"]")
_JOINED = r"(?: (?:of|and|for|in|the|on))*"
_CAPITALS = re.compile(rf"[A-Z][\w’'-]*(?:{_JOINED} [A-Z][\w’'-]*)+(?: of \d{{4}})?")
_FIRST = re.compile(r"(?:The|An?|In|On|As|At|With|Under|After|Since|From|This|These|For|By|And|Abstract) ")


def chinese_names(paper: Paper) -> tuple[str, ...]:
    """The names that the Chinese abstract marks."""
    return tuple(dict.fromkeys(name for name in _marked(_told(paper, paper.abstract)) if re.search(f"[{HAN}]", name)))


def english_names(paper: Paper) -> tuple[str, ...]:
    """The names that the English abstract marks, and its runs of capitalised words, with `and` and parted by it."""
    told = _told(paper, paper.abstract_en)
    names = _marked(told)
    for match in _CAPITALS.finditer(told):
        run = _FIRST.sub("", match[0])
        names += [part for part in (run, *run.split(" and ")) if " " in part]
    return tuple(dict.fromkeys(names))


def paired(chinese: Sequence[str], english: Sequence[str], cosines: NDArray[np.float32]) -> Iterator[Entry]:
    """Names that mean the same; `cosines` has the shape (chinese, english)."""
    if not chinese or not english:
        return
    for row, name in enumerate(chinese):
        column = int(cosines[row].argmax())
        nearest, found = float(cosines[row, column]), english[column]
        # A part of a name, or a name that it is part of, is no other thing.
        apart = [at for at, other in enumerate(english) if other not in found and found not in other]
        others = max(cosines[row, apart].max(initial=-1.0), np.delete(cosines[:, column], row).max(initial=-1.0))
        if nearest >= NEAR and nearest >= others + AHEAD and _digits(name) == _digits(found):
            yield Entry(frozenset({name, found}))


def _told(paper: Paper, abstract: tuple[int, int] | None) -> str:
    return paper.text[slice(*abstract)] if abstract else ""


def _marked(text: str) -> list[str]:
    return [match["name"].strip(" ,.，。") for match in _MARKED.finditer(text)]


def _digits(name: str) -> list[str]:
    return re.findall(r"\d+", name)
