"""How results look on a terminal: plain text, nothing but what there is to say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from textwrap import wrap
from types import TracebackType
from typing import Any, TypeVar

from tqdm import tqdm

from corpus.clean import display_width
from corpus.errors import Language, YinjuError
from corpus.paper import Paper
from indexer.build import Update
from indexer.version import Manifest
from qa.answer import Answer, FoundPassage
from qa.citation import Citation
from qa.kept import Reopened
from qa.shelf import PaperState
from ui.report import FoundTable, ParseReport, parse_report, ranges
from ui.words import BLOCKS

T = TypeVar("T")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""What a file's name or its fonts' names could steer the terminal with; the line break is ours."""
_STAGES = {"load": "loading", "read": "reading", "embed": "embedding", "write": "writing", "wait": "waiting for"}


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


def fault_text(fault: YinjuError, language: Language) -> str:
    """What is wrong with the index, on a line that ends with the command that mends it."""
    message = fault.message(language)
    then = "；然后运行 `yinju index`" if language == "zh" else "; then run `yinju index`"
    return message if message.endswith("`") else f"{message}{then}"


def rollback_text(manifest: Manifest) -> str:
    """What the index holds after it has gone back."""
    held = f"{len(manifest.papers)} papers, {manifest.passages} passages"
    return f"the index is again as it was made at {manifest.made}: {held}; `yinju index` brings it up to date again"


def answer_text(answer: Answer, bold: bool = False) -> str:
    """An answer with its citations below it, or a refusal with the nearest passages.

    `bold` sets off what was asked for by the escape codes of a terminal.
    """
    text = answer.text
    for start, end in reversed(answer.strong if bold else ()):
        text = f"{text[:start]}\x1b[1m{text[start:end]}\x1b[0m{text[end:]}"
    lines = [text, ""]
    if answer.notice:
        lines[1:1] = ["", answer.notice]
    if answer.abstained:
        lines.append("nearest passages:")
        lines.append(passages_text(answer.passages[:3]))
        return "\n".join(lines)
    lines.extend(f"[{c.n}] {citation_text(c)}" for c in answer.citations)
    return "\n".join([*lines, "", f"confidence {answer.confidence:.2f}"])


def reopened_text(reopened: Reopened, bold: bool = False) -> str:
    """A kept answer, with a line for each quotation that no longer stands where it stood."""
    told = {
        "moved": "moved within its paper since; the place below is where it stands now",
        "not found": "changed: the paper no longer holds this quotation",
        "removed": "removed: the paper is no longer in the library",
    }
    lines = [answer_text(reopened.answer, bold)]
    for citation, state in zip(reopened.answer.citations, reopened.states, strict=True):
        if state != "verbatim":
            lines.append(f"[{citation.n}] {citation.paper.file}: {told[state]}: “{' '.join(citation.quote.split())}”")
    return "\n".join([lines[0], "", f"question  {reopened.answer.question}", *lines[1:]])


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


def library_text(states: Sequence[PaperState], reasons: Mapping[str, str]) -> str:
    """The papers, one a line, and below them why files could not be read (`reasons`, by paper id)."""
    rows = [("id", "state", "year", "authors", "title")]
    for s in states:
        state = "failed" if s.id in reasons else s.state
        rows.append((s.id, state, str(s.year or "—"), "，".join(s.authors) or "—", s.title or "—"))
    return "\n".join([_columns(rows), *reasons.values()])


def paper_json(paper: Paper) -> dict[str, Any]:
    """The parse of one file, as the README documents it."""
    return {
        "id": paper.id, "file": paper.file, "title": paper.title, "authors": list(paper.authors), "year": paper.year,
        "language": paper.language, "doi": paper.doi, "journal": paper.journal, "keywords": list(paper.keywords),
        "affiliations": list(paper.affiliations), "title_en": paper.title_en, "authors_en": list(paper.authors_en),
        "abstract": paper.abstract, "abstract_en": paper.abstract_en, "text": paper.text,
        "pages": [{"page": p.number, "label": p.label, "start": p.start, "end": p.end} for p in paper.pages],
        "sections": [asdict(section) for section in paper.sections],
        "tables": [asdict(table) for table in paper.tables],
        "references": [asdict(reference) for reference in paper.references],
        "report": parse_report(paper).to_json(),
    }  # fmt: skip


def paper_text(paper: Paper) -> str:
    """The parse report of one file: what was read, what was left out and what is doubtful, complete."""
    report = parse_report(paper)
    lines = [
        _row("file", paper.file),
        _row("title", paper.title or "unknown"),
        _row("authors", "，".join(paper.authors) or "unknown"),
        _row("year", f"{paper.year or 'unknown'}   DOI {paper.doi or 'unknown'}   language {paper.language}"),
    ]
    if report.page_count:
        lines.append(_row("pages", f"{report.page_count}: {_pages_text(report)}"))
    kept, source = report.kept_characters, report.source_characters
    lines.append(_row("characters", f"{kept} of {source} kept ({report.kept_percent} %; white space not counted)"))
    lines.append(_row("sentences", str(report.sentences)))
    blocks = _row("blocks", f"{len(paper.blocks)}: {', '.join(_blocks_text(report))}")
    lines.extend(wrap(blocks, 100, subsequent_indent=_row("", "")))
    lines.append(_row("doubts", str(len(report.doubts) or "none")))
    lines.extend(
        f"{n:>4}  {f'p. {doubt.page}  ' if doubt.page else ''}{doubt.message()}"
        for n, doubt in enumerate(report.doubts, 1)
    )
    lines.append(_row("removed", f"{_lines(report.removed_lines)}, digits as #" if report.removed else "none"))
    lines.extend(f"{count:>4} × {line}" for line, count in report.removed)
    lines.append(
        _row("tables", f"{len(report.tables)}, rows × columns without the header" if report.tables else "none")
    )
    lines.extend(_columns([_table_row(table) for table in report.tables]).split("\n") if report.tables else ())
    lines.append(_row("sections", str(len(report.sections) or "none")))
    width = len(f"{report.page_count}")
    for section in report.sections:
        page = f"p. {section.page:>{width}}  " if section.page else ""
        lines.append(f"  {page}{'  ' * (section.level - 1)}{section.title}")
    return _CONTROL.sub("�", "\n".join(lines))


def _row(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _pages_text(report: ParseReport) -> str:
    """How many pages were read how; those that a person may want to look at are named."""
    parts = [f"{report.text_pages} from their text"] if report.text_pages else []
    named = (
        (report.recognised_pages, "by OCR"), (report.unread_pages, "not read"), (report.furniture_pages, "all removed"),
    )  # fmt: skip
    parts.extend(f"{len(pages)} {what} (p. {ranges(pages)})" for pages, what in named if pages)
    return ", ".join(parts)


def _blocks_text(report: ParseReport) -> list[str]:
    """The blocks by kind; of footnotes and references also that there are none."""
    always = ("footnote", "reference")
    return [f"{BLOCKS['en'][kind]} {count}" for kind, count in report.blocks.items() if count or kind in always]


def _table_row(table: FoundTable) -> tuple[str, ...]:
    size = f"{table.rows} × {table.columns}" if table.rows else _lines(table.lines)
    about = (
        f"p. {ranges(table.pages)}" if table.pages else "", table.caption,
        f"in {table.section}" if table.section else "", "" if table.rows else "cells not told apart",
    )  # fmt: skip
    return f"  {table.number}", size, " · ".join(part for part in about if part)


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
    lines.append(f"seconds a question (95 %)       {_number(summary['seconds_95th'])}")
    for miss in summary["misses"]:
        lines.append(f"\nmissed {miss['id']} {miss['question']} (rank {miss['rank'] or 'none'}); returned instead:")
        lines.extend(f"    {returned}".replace("\n", " ") for returned in miss["returned"])
    return "\n".join(lines)


def ablation_text(table: dict[str, dict[str, Any]]) -> str:
    """The measures of each variant of the search, a row a variant."""
    names = list(next(iter(table.values())))
    rows = [("search", *names)]
    rows.extend((variant, *(_number(measures[name]) for name in names)) for variant, measures in table.items())
    return _columns(rows)


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
