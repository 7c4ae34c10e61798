"""From a paper to the passages that are searched and shown.

A passage is a run of whole sentences, or of whole table rows, under one heading. What it is `about` (the headings above
it; for rows also caption and column names) is embedded with it and never quoted as part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Literal

from corpus.paper import Block, Paper, Sentence

PassageKind = Literal["text", "table", "front", "reference", "back"]

_FAMILY: dict[str, PassageKind] = {
    "front": "front", "abstract": "text", "paragraph": "text", "footnote": "text", "figure": "text",
    "caption": "table", "table": "table", "reference": "reference", "back": "back",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """`text[start:end]` of paper `paper`, made of the units `sentences`.

    `section` is the nearest heading, or empty; `about` is the heading path with caption and column names.
    """

    paper: str
    start: int
    end: int
    kind: PassageKind
    section: str
    about: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    sentence: Sentence
    block: Block
    kind: PassageKind
    section: int
    about: str


def cut_passages(paper: Paper, characters: int) -> list[Passage]:
    """The passages of a paper, in its order, each of about `characters` characters or one longer sentence.

    Every sentence outside headings and strays is in exactly one passage; no sentence is cut.
    """
    passages = []
    for (section, kind, about), group in groupby(_units(paper), key=lambda u: (u.section, u.kind, u.about)):
        # A table is worth little in parts: it may be twice as long.
        for run in _runs(list(group), 2 * characters if kind == "table" else characters):
            title = paper.sections[section].title if section >= 0 else ""
            sentences = tuple(unit.sentence for unit in run)
            passages.append(Passage(paper.id, sentences[0].start, sentences[-1].end, kind, title, about, sentences))
    return passages


def embedded_texts(paper: Paper, passage: Passage) -> list[str]:
    """What is embedded for each sentence of the passage: itself, after what it is about where it says little alone."""
    texts = []
    for sentence in passage.sentences:
        own = paper.text[sentence.start : sentence.end].replace("\t", " ")
        if label := _label(paper, sentence):
            own = f"{label} {own}"
        texts.append(f"{passage.about}：{own}" if passage.about and (passage.kind == "table" or len(own) < 20) else own)
    return texts


def _label(paper: Paper, sentence: Sentence) -> str:
    """What a table prints only once for a row and those above it, such as 国防部 before nine institutes."""
    table = paper.table_at(sentence.start)
    row = table.row_at(sentence.start) if table is not None else None
    if table is None or row is None:
        return ""
    printed = paper.text[sentence.start : sentence.end].split("\t")
    return " ".join(takewhile(lambda cell: cell != printed[0], table.rows[row]))


def _units(paper: Paper) -> Iterator[_Unit]:
    """The sentences with the block and section that they stand in."""
    captions = {table.start: table for table in paper.tables}
    table_until, table_about = -1, ""
    for sentence in paper.sentences:
        block = paper.block_at(sentence.start)
        if block.kind in ("heading", "stray"):
            continue
        if block.start in captions:
            table = captions[block.start]
            table_until, table_about = table.end, f"{table.number} {table.caption} {' '.join(table.header)}".strip()
        path = paper.section_path(sentence.start)
        kind = _FAMILY[block.kind]
        about = " › ".join(section.title for section in path)
        if kind == "table" and sentence.start < table_until:
            about = table_about
        section = paper.sections.index(path[-1]) if path else -1
        yield _Unit(sentence, block, kind, section, about)


def _runs(units: list[_Unit], characters: int) -> Iterator[list[_Unit]]:
    """Cut a section into runs of about equal length, no longer than asked where sentences allow it."""
    total = sum(unit.sentence.end - unit.sentence.start for unit in units)
    parts = max(1, round(total / characters))
    share = total / parts
    run: list[_Unit] = []
    length = 0
    for unit in units:
        size = unit.sentence.end - unit.sentence.start
        new_paragraph = bool(run) and unit.block.start != run[-1].block.start
        # A paragraph's end is a good place to stop a little early; a sentence that would double the run is kept out.
        if run and (length >= share or length + size > 1.5 * characters or (new_paragraph and length > 0.7 * share)):
            yield run
            run, length = [], 0
        run.append(unit)
        length += size
    if run:
        yield run
