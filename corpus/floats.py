"""Floats put in order: figures and tables named by their captions, each table's parts brought together, footnotes.

A file holds the parts of a table where its pages had room: rows before or behind their caption, the second half after a
page of text, under the same column names again:

    …中小型制造商占美国制造业企业的            …中小型制造商占美国制造业企业的 98%，…（见表 2）
    特定技术目标 技术建议 具体措施             表 2　开发和实施先进制造技术的特定技术目标及具体建议
    实施先进制造技术支持生物经济 …      ──▶    特定技术目标 技术建议 具体措施
    98%，…（见表 2）                           实现清洁和可持续制造以支持脱碳 …
                                               实施先进制造技术支持生物经济 …
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from corpus import signs
from corpus.cells import MARKS
from corpus.clean import HAN, close_up
from corpus.draft import Draft
from corpus.joining import joined
from corpus.paper import Kind
from corpus.traced import Traced

_TABLE = ("表", "Table")
_MARK_NOTE = re.compile(rf"[{MARKS}]\s?[{HAN}].*。")
_NUMBER = re.compile(r"(?:表|Table)\s?(\d{1,3})(?!\s?[-–.]\d)")
_NOTE_MARK = re.compile(rf"(?<=[{HAN}A-Za-z0-9”）)》」])[①-⑳](?!\s)")


@dataclass(slots=True)
class Gathered:
    """A table while it is being gathered: its captions (one a language), its parts' rows, the notes below it."""

    captions: list[Draft] = field(default_factory=list)
    parts: list[list[Draft]] = field(default_factory=list)
    notes: list[Draft] = field(default_factory=list)

    @property
    def opening(self) -> str:
        """The first line, by which another part is recognised; empty while there is none."""
        return _folded(self.parts[0][0]) if self.parts else ""


def gathered(drafts: Sequence[Draft]) -> list[Draft | Gathered]:
    """The drafts, with all that belongs to a table in one place: where its caption or else its first row stands."""
    gathering = _Gathering()
    for loose, run in groupby(_named(drafts), key=_is_loose):
        if loose:
            gathering.take_floats(list(run))
        else:
            gathering.out.extend(run)
    return gathering.out


def _named(drafts: Sequence[Draft]) -> list[Draft]:
    """Table rows and figure labels told apart by the caption nearest to them.

    In a run of floats a caption names what follows it, and the first one also what stands before it.
    """
    told: list[Draft] = []
    for loose, run in groupby(drafts, key=_is_loose):
        group = list(run)
        if not loose:
            told.extend(d if d.kind in ("front", "back") else replace(d, text=close_up(d.text)) for d in group)
            continue
        first = next((d.text.text for d in group if d.kind == "caption"), "")
        gridded = "\t" in "".join(d.text.text for d in group) or len(signs.COLUMNS.findall(group[0].text.text)) > 1
        kind: Kind = "table" if first.startswith(_TABLE) or (gridded and not first) else "figure"
        for draft in group:
            if draft.kind == "caption":
                kind = "table" if draft.text.text.startswith(_TABLE) else "figure"
                told.append(replace(draft, text=close_up(draft.text)))
            elif draft.stated or kind == "table":
                told.append(draft if draft.stated else replace(draft, kind=kind))
            else:
                told.append(replace(draft, kind="figure", text=_label(draft.text)))
    return told


def _is_loose(draft: Draft) -> bool:
    return draft.kind in ("table", "figure", "caption")


def _label(text: Traced) -> Traced:
    """A figure's label; several labels on one line are parted by tabs."""
    if len(signs.COLUMNS.findall(text.text)) > 1 and not re.search("[，。；]", text.text):
        return text.replaced(signs.CELLS, lambda _: "\t")
    return close_up(text)


class _Gathering:
    """One pass over the blocks of a file: which rows belong to which caption."""

    def __init__(self) -> None:
        self.out: list[Draft | Gathered] = []
        self.tables: list[Gathered] = []
        self.current: Gathered | None = None
        self.before: list[Draft] = []  # rows whose caption may follow
        self.waiting: list[Gathered] = []  # tables of earlier runs that have a caption and no rows yet

    def take_floats(self, run: Sequence[Draft]) -> None:
        """Sort the blocks of a run of floats, between two blocks of text."""
        self.waiting = [table for table in self.tables if not table.parts]
        for draft in run:
            if draft.kind == "caption" and draft.text.text.startswith(_TABLE):
                self._take_caption(draft)
            elif draft.kind == "table":
                self._take_row(draft)
            else:
                self._end()
                self.out.append(draft)
        self._end()

    def _end(self) -> None:
        """No caption follows, nor do rows of the table so far."""
        self._give(None)
        self.current = None

    def _take_caption(self, draft: Draft) -> None:
        if self.current and not self.current.parts and draft.text.text.startswith("Table"):
            self.current.captions.append(draft)
            return
        self.current = Gathered([draft])
        self._give(self.current)
        self.tables.append(self.current)
        self.out.append(self.current)

    def _take_row(self, draft: Draft) -> None:
        if is_note(draft) and (self.current or self.tables) and not self.before:
            self._annotated(draft, self.current).notes.append(draft)
        elif self.current is None:
            self.before.append(draft)
        elif self.current.parts and _folded(draft) != self.current.opening:
            self.current.parts[-1].append(draft)
        else:
            self.current.parts.append([draft])

    def _give(self, following: Gathered | None) -> None:
        """Give the rows that stand before a caption, or under none, to their table.

        That is the one which opens with the same column names, else one whose caption is still without rows; such rows
        end where a page does. What is left belongs to the caption that follows, or is a table without a caption.
        """
        notes = [draft for draft in self.before if is_note(draft)]
        rows = [draft for draft in self.before if not is_note(draft)]
        self.before = []
        same = next((t for t in reversed(self.tables) if rows and t.opening == _folded(rows[0])), None)
        if same:
            same.parts.append(rows)
            rows = []
        elif rows and self.waiting:
            first, rest = _page_turned(rows) if following else (rows, [])
            if first and (rest or not following):
                self.waiting.pop().parts.append(first)
                rows = rest
        owner = following
        if rows and owner is None:
            owner = Gathered()
            self.tables.append(owner)
            self.out.append(owner)
        if rows and owner:
            owner.parts.append(rows)
        for note in notes:
            if owner or self.tables:
                self._annotated(note, owner).notes.append(note)
            else:
                self.out.append(note)

    def _annotated(self, note: Draft, current: Gathered | None) -> Gathered:
        """The table that a note explains: the last one that holds the marks which it explains, else the last one."""
        explained = set(re.findall(rf"([{MARKS}])\s?表示", note.text.text))
        candidates = [*([current] if current else []), *reversed(self.tables)]
        held = (t for t in candidates if explained <= set("".join(d.text.text for part in t.parts for d in part)))
        return next(held, candidates[0])


def _page_turned(rows: list[Draft]) -> tuple[list[Draft], list[Draft]]:
    """The rows before the first line that begins a page, and those from it on.

    Text taken from a PDF marks that line with a single space.
    """
    for i, draft in enumerate(rows):
        for j, line in enumerate(draft.lines):
            if (i or j) and line.lead == " ":
                parts = [draft.lines[:j], draft.lines[j:]]
                cut = [replace(draft, text=joined([x.text for x in part], True), lines=part) for part in parts if part]
                return [*rows[:i], *cut[: len(cut) - 1]], [cut[-1], *rows[i + 1 :]]
    return rows, []


def is_note(draft: Draft) -> bool:
    """Whether a line under a table explains it or names its source."""
    text = draft.text.text
    return "\t" not in text and bool(signs.NOTE.match(text) or _MARK_NOTE.fullmatch(text))


def _folded(draft: Draft) -> str:
    """The first line without white space."""
    first = draft.lines[0].text.text if draft.lines else draft.text.text
    return re.sub(r"\s+", "", first)


def by_their_mention(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with every table behind the first paragraph that mentions it, every footnote behind the one it is of.

    A table stands where a page had room, which may be sections later; a footnote, behind what else its page held.
    """
    mentions: dict[str, int] = {}
    for at, draft in enumerate(drafts):
        for number in re.findall(r"表\s?(\d{1,3})(?!\s?[-–.]\d)", draft.text.text) if draft.kind == "paragraph" else ():
            mentions.setdefault(number, at)
    behind: dict[int, list[Draft]] = {}
    done: list[Draft] = []
    marked: dict[str, int] = {}  # the last paragraph so far that bears each mark of a footnote
    at = 0
    for table, run in groupby(drafts, key=lambda draft: draft.table):
        group = list(run)
        match = _NUMBER.match(group[0].text.text) if table and group[0].kind == "caption" else None
        if match and match[1] in mentions:
            behind.setdefault(mentions[match[1]], []).extend(group)
            at += len(group)
            continue
        for draft in group:
            mark = draft.text.text[:1]
            if draft.kind == "footnote" and mark in marked:
                behind.setdefault(marked[mark], []).append(draft)
            else:
                done.append(draft)
            if draft.kind == "paragraph":
                marked |= dict.fromkeys(_NOTE_MARK.findall(draft.text.text), at)
            at += 1
    places = {id(drafts[at]): found for at, found in behind.items()}
    return [d for draft in done for d in (draft, *places.get(id(draft), ()))]
