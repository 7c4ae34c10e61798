"""How results look on a terminal: plain text, nothing but what there is to say."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any, TypeVar

from tqdm import tqdm

from corpus.clean import display_width
from corpus.paper import Paper
from indexer.build import Update
from qa.answer import Answer, FoundPassage
from qa.citation import Citation
from qa.shelf import PaperState

T = TypeVar("T")
_STAGES = {"load": "loading", "read": "reading", "embed": "embedding", "write": "writing"}


class ProgressBar:
    """A bar on stderr that names the paper being worked on; silent where stderr is not a terminal."""

    def __init__(self) -> None:
        self._bar = tqdm(
            total=100,
            file=sys.stderr,
            leave=False,
            disable=not sys.stderr.isatty(),
            bar_format="{desc:<44.44} {bar} {percentage:3.0f} %",
        )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, stage: str, what: str, share: float) -> None:
        """Stage, the paper being worked on, and the share of the stage done, 0 to 1."""
        self._bar.set_description_str(f"{_STAGES.get(stage, stage)} {what}", refresh=False)
        self._bar.n = round(100 * share)
        self._bar.refresh()

    def over(self, items: Sequence[T], stage: str) -> Iterator[T]:
        """The items, the bar moving on with each."""
        for done, item in enumerate(items):
            self.show(stage, f"{done + 1} of {len(items)}", done / len(items))
            yield item


def update_text(update: Update) -> str:
    """What an update did."""
    parts = {
        "added": update.added, "changed": update.changed, "removed": update.removed, "unchanged": update.unchanged,
    }  # fmt: skip
    lines = [f"{name:<10}{len(ids):>5}   {' '.join(ids)}".rstrip() for name, ids in parts.items()]
    lines.append(f"{'passages':<10}{update.passages:>5}   {update.passages_embedded} embedded")
    lines.append(f"{'seconds':<10}{update.seconds:>5.1f}")
    return "\n".join(lines)


def answer_text(answer: Answer) -> str:
    """An answer with its citations below it, or a refusal with the nearest passages."""
    lines = [answer.text, ""]
    if answer.abstained:
        lines.append("nearest passages:")
        lines.append(passages_text(answer.passages[:3]))
        return "\n".join(lines)
    lines.extend(f"[{c.n}] {citation_text(c)}" for c in answer.citations)
    return "\n".join([*lines, "", f"confidence {answer.confidence:.2f}"])


def citation_text(citation: Citation) -> str:
    """Where a quotation stands, on one line."""
    paper = citation.paper
    who = f"{'，'.join(paper.authors)}. " if paper.authors else ""
    year = f" ({paper.year})" if paper.year is not None else ""
    place = [f"{who}{paper.title or paper.file}{year}", citation.section]
    if citation.pages:
        labels = f" (printed {'–'.join(citation.page_labels)})" if citation.page_labels else ""
        place.append(f"p. {'–'.join(str(page) for page in citation.pages)}{labels}")
    if citation.paragraph is not None:
        place.append(f"paragraph {citation.paragraph}")
    place.append(f"{paper.file} {citation.start}:{citation.end}")
    return " · ".join(part for part in place if part)


def passages_text(passages: Iterable[FoundPassage]) -> str:
    """Ranked passages, each with its place and its text."""
    blocks = []
    for p in passages:
        pages = f" · p. {'–'.join(str(page) for page in p.pages)}" if p.pages else ""
        place = f"{p.rank:>2}. {p.paper.title or p.paper.file} · {p.section or '—'}{pages} · {p.start}:{p.end}"
        blocks.append(f"{place}   {p.score:.2f}\n    " + p.text.replace("\n", "\n    "))
    return "\n\n".join(blocks)


def library_text(states: Sequence[PaperState]) -> str:
    """The papers, one a line."""
    rows = [("id", "state", "year", "authors", "title")]
    for s in states:
        rows.append((s.id, s.state, str(s.year or "—"), "，".join(s.authors) or "—", s.title or "—"))
    return _columns(rows)


def paper_json(paper: Paper) -> dict[str, Any]:
    """The parse of one file, as the README documents it."""
    return {
        "id": paper.id, "file": paper.file, "title": paper.title, "authors": list(paper.authors), "year": paper.year,
        "language": paper.language, "doi": paper.doi, "journal": paper.journal, "keywords": list(paper.keywords),
        "text": paper.text,
        "pages": [{"page": p.number, "label": p.label, "start": p.start, "end": p.end} for p in paper.pages],
        "sections": [asdict(section) for section in paper.sections],
        "tables": [asdict(table) for table in paper.tables],
        "references": [asdict(reference) for reference in paper.references],
        "report": asdict(paper.report),
    }  # fmt: skip


def paper_text(paper: Paper) -> str:
    """The parse report of one file."""
    report = paper.report
    lines = [
        f"{paper.file}: {paper.title or 'title unknown'}",
        f"  authors     {'，'.join(paper.authors) or 'unknown'}",
        f"  year        {paper.year or 'unknown'}   DOI {paper.doi or 'unknown'}   language {paper.language}",
        f"  characters  {report.kept_characters} kept of {report.source_characters}",
        f"  pages       {len({p.number for p in paper.pages}) or 'none in this format'}",
        f"  sentences   {len(paper.sentences)} in {len(paper.blocks)} blocks",
    ]
    for line, count in sorted(report.removed.items(), key=lambda item: -item[1]):
        lines.append(f"  removed     {count} × {line}")
    lines.extend(f"  unread page {number}: no text on it" for number in report.unread_pages)
    lines.extend(f"  doubtful    {doubt}" for doubt in report.doubts)
    for table in paper.tables:
        size = f"{len(table.rows)} rows × {len(table.header)} columns" if table.rows else "cells not told apart"
        lines.append(f"  table       {table.number} {table.caption} ({size})")
    lines.extend(f"  section     {'  ' * (section.level - 1)}{section.title}" for section in paper.sections)
    return "\n".join(lines)


def evaluation_text(summary: dict[str, Any]) -> str:
    """The measures as a table, a row a kind, then the refusals and the misses."""
    names = [name for name in summary["all"] if name != "n"]
    rows = [("kind", "n", *names)]
    for kind, measures in [("all", summary["all"]), *summary["kinds"].items()]:
        rows.append((kind, str(measures["n"]), *(_number(measures[name]) for name in names)))
    lines = [_columns(rows), ""]
    lines.append(f"unanswerable questions refused  {_number(summary['refused_unanswerable'])}")
    lines.append(f"answerable questions refused    {_number(summary['refused_answerable'])}")
    lines.append(f"seconds a question (median)     {_number(summary['seconds_median'])}")
    for miss in summary["misses"]:
        lines.append(f"\nmissed {miss['id']} {miss['question']} (rank {miss['rank'] or 'none'}); returned instead:")
        lines.extend(f"    {returned}".replace("\n", " ") for returned in miss["returned"])
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """Cells in aligned columns; a Chinese character is two wide."""
    widths = [max(display_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    padded = (
        "  ".join(cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in padded)
