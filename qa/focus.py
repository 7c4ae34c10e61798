"""What a question names besides its subject: papers by author or title, tables by number, or every paper at once.

Search begins there, and the rest of the question is what is searched for:

>>> focus = focus_of("张华胜的论文里，表4中中小企业会员有多少？", index.catalogue)
>>> focus.papers, focus.tables, focus.asked
(frozenset({'zhang'}), frozenset({('zhang', '表4')}), '中小企业会员有多少？')
>>> focus_of("各篇论文怎么评价公私合作？", index.catalogue).each
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.language import language_of
from indexer.papers import Catalogue
from indexer.version import Index

_TABLE = re.compile(r"(?:表|\bTable)\s?(?P<number>\d{1,3})(?!\d)\s?(?:里|中|上|的|所示)?[，,]?")
# A name may be a word of another meaning, so it counts only where what follows shows it to be an author's.
_WORK = (
    r"(?:(?:等人?)?(?:在|的)?(?:这|那|其|[两二三四五几]|各自的?)?篇?(?:论文|文章|一文|研究)(?:里|中|里面|当中)?(?!方向|领域|所|院|由)"
    r"|等人?(?:认为|指出|提出|给出)?|认为|指出|提出|给出|的(?:表述|说法|观点|看法|建议)|(?:’s|'s)?\s(?:paper|article|study))[，,]?"
)
_YEAR = r"(?:\s?[（(]\d{4}年?[）)])?"
_AND = r"(?:等人?)?\s?(?:[、，,]|和|与|及|以及|同|跟|\sand\s)\s?"
_EACH = re.compile(
    r"(?:各|每|几|这些|这几|[两二三四五])篇(?:论文|文章)|各(?:论文|文章|文献|位?作者|位?学者)|(?:论文|文章|作者|学者|文献)们?(?:分别|各自)"
    r"|(?:each|both|every|all)(?: of)?(?: the)? (?:papers?|articles?|stud(?:y|ies)|authors?)|\bthe papers\b",
    re.IGNORECASE,
)
_EACH_SAYS = re.compile(
    rf"(?:{_EACH.pattern})(?:里|中|当中)?[，,]?(?:都|分别|各自|对)?(?:是)?(?:怎么|怎样|如何)?(?:评价|介绍|看待|描述|谈|论述|讨论|说明|认为)?(?:了)?",
    re.IGNORECASE,
)
"""What every paper is asked to say something of is what stands beside this."""
_LEAST = 4
"""Fewer characters of a question say nothing; then the whole question is searched for."""


@dataclass(frozen=True, slots=True)
class Focus:
    """The papers (by id) and tables (paper id and number) that a question names, and what it asks without the names.

    `each` tells that it asks for something of every paper, or of every one named.
    """

    papers: frozenset[str]
    tables: frozenset[tuple[str, str]]
    asked: str
    each: bool = False

    def holds(self, index: Index) -> NDArray[np.bool_]:
        """Which passages are of what the question names, shape (passages,); none where it names nothing."""
        passages, numbers = index.passages, index.catalogue.numbers
        if not self.tables:
            return np.isin(passages.papers, [numbers[paper] for paper in self.papers])
        held = np.zeros(len(passages), bool)
        for paper, table in self.tables:
            if (name := passages.table_numbers.get(table)) is not None:
                held |= (passages.tables == name) & (passages.papers == numbers[paper])
        return held


def focus_of(question: str, papers: Catalogue) -> Focus:
    """What a question names of these papers. A table's number is one of the papers named, else of any that has it."""
    asked, named = _authors(question, papers)
    for title in _titles(asked, papers):
        sign = rf"《{re.escape(title)}》(?:一文|这篇论文)?(?:里|中|的)?[，,]?"
        if re.search(sign, asked):
            named |= papers.by_title[title]
            asked = re.sub(sign, "", asked)
    tables: set[tuple[str, str]] = set()
    for match in _TABLE.finditer(asked):
        number = f"表{match['number']}"
        tables |= {(paper, number) for paper in papers.by_table.get(number, ())}
    if named:
        tables = {(paper, number) for paper, number in tables if paper in named}
    if tables:
        asked = _TABLE.sub("", asked)
    each = len(named) > 1 or _EACH.search(question) is not None
    if not named and language_of(asked) == "zh" and len(rest := _EACH_SAYS.sub("", asked)) >= _LEAST:
        asked = rest
    return Focus(frozenset(named), frozenset(tables), asked if len(asked) >= _LEAST else question, each)


def _titles(asked: str, papers: Catalogue) -> list[str]:
    """The titles that stand between 《 and 》, which may hold others."""
    opened = [match.end() for match in re.finditer("《", asked)]
    closed = [match.start() for match in re.finditer("》", asked)]
    between = (asked[start:end] for start in opened for end in closed if start < end)
    return [title for title in dict.fromkeys(between) if title in papers.by_title]


def _authors(question: str, papers: Catalogue) -> tuple[str, set[str]]:
    """The question without the authors whose work it speaks of, one or several in a row, and their papers."""
    authors = sorted((author for author in papers.by_author if author in question), key=lambda a: (-len(a), a))
    if not authors:
        return question, set()
    one = rf"(?:{'|'.join(map(re.escape, authors))})"
    several = re.compile(rf"(?P<who>(?:{one}{_YEAR}{_AND})*{one}{_YEAR})\s?{_WORK}")
    named: set[str] = set()
    for match in several.finditer(question):
        named |= {paper for author in re.findall(one, match["who"]) for paper in papers.by_author[author]}
    return several.sub("", question), named
