"""What a question names besides its subject: a paper by its author or title, a table by its number.

Search begins there, and the rest of the question is what is searched for:

>>> focus = focus_of("张华胜的论文里，表4中中小企业会员有多少？", index.papers)
>>> focus.papers, focus.tables, focus.asked
(frozenset({'zhang'}), frozenset({('zhang', '表4')}), '中小企业会员有多少？')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from corpus.paper import Paper
from indexer.passages import Passage

_TABLE = re.compile(r"(?:表|Table)\s?(?P<number>\d{1,3})(?!\d)\s?(?:里|中|上|的|所示)?[，,]?")
# A name may be a word of another meaning, so it counts only where what follows shows it to be an author's.
_WORK = (
    r"(?:(?:等人?)?(?:在|的)?(?:这篇|那篇|其)?(?:论文|文章|一文|研究)(?:里|中|里面|当中)?"
    r"|等人?(?:认为|指出|提出)?|认为|指出|提出)[，,]?"
)
_LEAST = 4
"""Fewer characters of a question say nothing; then the whole question is searched for."""


@dataclass(frozen=True, slots=True)
class Focus:
    """The papers (by id) and tables (paper id and number) that a question names, and what it asks without the names."""

    papers: frozenset[str]
    tables: frozenset[tuple[str, str]]
    asked: str

    def holds(self, passage: Passage, papers: Mapping[str, Paper]) -> bool:
        """Whether a passage is of what the question names; false where it names nothing."""
        if self.tables:
            table = papers[passage.paper].table_at(passage.start)
            return table is not None and (passage.paper, table.number) in self.tables
        return passage.paper in self.papers


def focus_of(question: str, papers: Mapping[str, Paper]) -> Focus:
    """What a question names of these papers. A table's number is one of the papers named, else of any that has it."""
    asked = question
    named: set[str] = set()
    for paper in papers.values():
        signs = [rf"{re.escape(author)}\s?{_WORK}" for author in paper.authors]
        if paper.title:
            signs.append(rf"《{re.escape(paper.title)}》(?:一文|这篇论文)?(?:里|中|的)?[，,]?")
        for sign in signs:
            if re.search(sign, asked):
                named.add(paper.id)
                asked = re.sub(sign, "", asked)
    tables: set[tuple[str, str]] = set()
    for match in _TABLE.finditer(asked):
        number = f"表{match['number']}"
        tables |= {(p.id, number) for p in papers.values() if any(t.number == number for t in p.tables)}
    if named:
        tables = {(paper, number) for paper, number in tables if paper in named}
    if tables:
        asked = _TABLE.sub("", asked)
    return Focus(frozenset(named), frozenset(tables), asked if len(asked) >= _LEAST else question)
