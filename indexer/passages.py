"""From a paper to the passages that are searched and shown, and to the pieces of them that are embedded.

A passage is a run of whole sentences, or of whole table rows, under one heading. What it is `about` (the headings above
it; for rows also caption and column names) is embedded with it and never quoted as part of it.

Where a section is cut is the cheapest way through it: passages near the length asked for, breaks between paragraphs
rather than within one, behind a lead-in ("…主要包括：") or between the items of a list only where the list is too long,
and no crumbs. What is cut off from its lead-in keeps it in what it is `about`.

A sentence is embedded clause by clause, because the token vectors of short texts are told apart better:
`python -m tests.bench.late XQUAD` compares late interaction over clauses, sentences and whole paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, takewhile
from typing import Literal, get_args

from corpus.clean import HAN
from corpus.paper import Block, Paper, Sentence
from corpus.signs import ITEM, LABELLED

PassageKind = Literal["text", "table", "front", "reference", "back"]
KINDS: tuple[PassageKind, ...] = get_args(PassageKind)

_FAMILY: dict[str, PassageKind] = {
    "front": "front", "abstract": "text", "paragraph": "text", "footnote": "text", "figure": "text",
    "caption": "table", "table": "table", "reference": "reference", "back": "back",
}  # fmt: skip

CLAUSE_WORDS = 12
"""The least length of a clause, in Chinese characters and other words."""
SHORT_CHARACTERS = 20
"""A sentence shorter than this says little alone: its vector includes what the passage is about."""

_CLAUSE_END = re.compile(r"[，；：、,;:](?=\D)|\t")
_CELL_END = re.compile("；")
_WORD = re.compile(rf"[{HAN}]|[^\W{HAN}]+")
_LEADS_IN = re.compile(r"[：:]\s*(?:\[\d[\d,，\-– ]*\])?$|(?:如下|以下)[^。]{0,12}。?$")

_ITEM = re.compile(f"{ITEM.pattern}|{LABELLED.pattern}")

# What breaks cost, in the unit of a passage twice as long as asked for.
_WITHIN_PARAGRAPH = 0.15
_WITHIN_LIST = 0.6


@dataclass(frozen=True, slots=True)
class Passage:
    """`text[start:end]` of paper `paper`, made of the units `sentences`.

    `section` is the nearest heading, or empty; `about` is the heading path, for rows also caption and column names, for
    the further part of a list also the sentence that leads in to it.
    """

    paper: str
    start: int
    end: int
    kind: PassageKind
    section: str
    about: tuple[str, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    sentence: Sentence
    block: Block
    kind: PassageKind
    section: int
    about: tuple[str, ...]
    lead: Sentence | None = None
    """Of an item of a list: the sentence before the list that leads in to it."""

    @property
    def length(self) -> int:
        return self.sentence.end - self.sentence.start


def cut_passages(paper: Paper, characters: int) -> list[Passage]:
    """The passages of a paper, in its order, each of about `characters` characters or one longer sentence.

    Every sentence outside headings and strays is in exactly one passage; no sentence is cut.
    """
    passages = []
    for (section, kind, about), group in groupby(_units(paper), key=lambda u: (u.section, u.kind, u.about)):
        # A table is worth little in parts: it may be twice as long.
        for run in _runs(paper.text, list(group), 2 * characters if kind == "table" else characters):
            title = paper.sections[section].title if section >= 0 else ""
            sentences = tuple(unit.sentence for unit in run)
            lead = run[0].lead
            led = (paper.text[lead.start : lead.end],) if lead is not None else ()
            passages.append(
                Passage(paper.id, sentences[0].start, sentences[-1].end, kind, title, (*about, *led), sentences)
            )
    return passages


def pieces(paper: Paper, sentence: Sentence) -> list[str]:
    """The clauses of a sentence as they are embedded, or of a table row, each cell under the name of its column.

    >>> pieces(paper, sentence)  # the row "2019年\\t14\\t561\\t1 920\\t3.9\\t1.33\\t3.55"
    ['年份：2019年；研究所（个）：14；项目数（个）：561；', '会员数量（家）：1 920；培训劳动力人数（万人）：3.9；', …]
    """
    table = paper.table_at(sentence.start)
    row = table.row_at(sentence.start) if table is not None else None
    text = paper.text[sentence.start : sentence.end]
    if table is not None and row is not None and table.header:
        return clauses(table.described(row), _CELL_END)
    if table is not None and row is not None:
        # What the table prints only once for a row and those above it, such as 国防部 before nine institutes.
        printed = text.split("\t")
        text = " ".join([*takewhile(lambda cell: cell != printed[0], table.rows[row]), text])
    return [clause.replace("\t", " ") for clause in clauses(text)]


def clauses(text: str, ends: re.Pattern[str] = _CLAUSE_END) -> list[str]:
    """A text cut behind commas and the like into parts of at least `CLAUSE_WORDS` words; joined they are the text.

    >>> clauses("该办公室设在美国国家标准与技术研究院下，工作人员包括来自其他部门的雇员，以及借调人员。")
    ['该办公室设在美国国家标准与技术研究院下，', '工作人员包括来自其他部门的雇员，以及借调人员。']
    """
    parts: list[str] = []
    start = 0
    for end in [*(match.end() for match in ends.finditer(text)), len(text)]:
        words = len(_WORD.findall(text, start, end))
        if words >= CLAUSE_WORDS or (end == len(text) and (words >= CLAUSE_WORDS // 2 or not parts)):
            parts.append(text[start:end])
            start = end
    if start < len(text):
        parts[-1] += text[start:]
    return parts


def _units(paper: Paper) -> Iterator[_Unit]:
    """The sentences with the block and section that they stand in."""
    captions = {table.start: table for table in paper.tables}
    table_until = -1
    table_about: tuple[str, ...] = ()
    lead: Sentence | None = None
    for sentence in paper.sentences:
        block = paper.block_at(sentence.start)
        if block.kind == "heading" or (sentence.start == block.start and not _ITEM.match(paper.text, block.start)):
            lead = None
        if block.kind in ("heading", "stray"):
            continue
        if block.start in captions:
            table = captions[block.start]
            table_until = table.end
            table_about = tuple(part for part in (f"{table.number} {table.caption}", " ".join(table.header)) if part)
        path = paper.section_path(sentence.start)
        kind = _FAMILY[block.kind]
        about = tuple(section.title for section in path)
        if kind == "table":
            # A caption without rows, as a figure's, is one more line of the text around it.
            kind, about = ("table", (*about, *table_about)) if sentence.start < table_until else ("text", about)
        section = paper.sections.index(path[-1]) if path else -1
        yield _Unit(sentence, block, kind, section, about, lead if kind == "text" else None)
        if _LEADS_IN.search(paper.text, sentence.start, sentence.end):
            lead = sentence


def _runs(text: str, units: Sequence[_Unit], characters: int) -> list[Sequence[_Unit]]:
    """Cut the units of a section into passages by the cheapest path; see the module's docstring."""
    costs = [0.0] + [float("inf")] * len(units)
    came_from = [0] * (len(units) + 1)
    breaks = [0.0, *(_break_cost(text, a, b) for a, b in pairwise(units)), 0.0]
    for end in range(1, len(units) + 1):
        length = 0
        for start in range(end - 1, -1, -1):
            length += units[start].length
            cost = costs[start] + breaks[end] + _length_cost(length / characters)
            if cost < costs[end]:
                costs[end], came_from[end] = cost, start
            if length > 3 * characters:
                break
    runs = []
    end = len(units)
    while end:
        runs.append(units[came_from[end] : end])
        end = came_from[end]
    return runs[::-1]


def _length_cost(share: float) -> float:
    """Of a passage `share` times as long as asked for: 0 at 1, 1 at 2; for a crumb nearly 1."""
    return (share - 1) ** 2


def _break_cost(text: str, before: _Unit, after: _Unit) -> float:
    """Of ending a passage between two units."""
    same = before.block.start == after.block.start
    cost = _WITHIN_PARAGRAPH if same and before.block.kind not in ("table", "reference") else 0.0
    if before.kind == "text" and (
        _LEADS_IN.search(text, before.sentence.start, before.sentence.end)
        or (_ITEM.match(text, after.sentence.start) and _ITEM.match(text, before.sentence.start))
    ):
        cost += _WITHIN_LIST
    return cost
