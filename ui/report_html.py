"""A paper's parse report as HTML. See `ui.frame_html` for what all of this HTML has in common."""

from __future__ import annotations

from html import escape

from corpus.errors import YinjuError
from corpus.paper import Paper
from qa.shelf import PaperState
from ui.evidence_html import byline
from ui.report import FoundTable, ParseReport, parse_report, ranges
from ui.words import BLOCKS, Words


def report_html(state: PaperState, paper: Paper | None, error: YinjuError | None, words: Words) -> str:
    """The parse report of a paper of the library, and the way back to the list.

    `paper` is as it was indexed, `error` why its file could not be read: where there is the one, the other, neither or
    both, the report says so.
    """
    notes = [f'<p class="yj-reason">{escape(error.message(words.language))}</p>'] if error is not None else []
    if error is not None:
        note = words.report_failed if paper is None else words.report_before
    elif paper is None:
        note = words.report_unread
    else:
        note = {"changed": words.report_changed, "deleted": words.report_deleted}.get(state.state, "")
    notes += [f'<p class="yj-note">{escape(note)}</p>'] if note else []
    body = "" if paper is None else _reading_html(parse_report(paper), words)
    by = f'<p class="yj-by">{escape(byline(state, words))}</p>' if state.title or state.authors else ""
    return (
        f'<article class="yj-report" data-paper="{escape(state.id)}" aria-labelledby="yj-report-title"><header>'
        f'<div class="yj-lead"><span class="yj-kicker">{escape(words.report)}</span>'
        f'<button type="button" class="yj-shut" data-report="">{escape(words.to_library)}</button></div>'
        f'<h2 id="yj-report-title" tabindex="-1">{escape(state.title or state.id)}</h2>{by}'
        f'<p class="yj-file"><code>{escape(state.file)}</code></p>{"".join(notes)}</header>{body}</article>'
    )


def _reading_html(report: ParseReport, words: Words) -> str:
    """What a person may have to look at first, then what was found."""
    removed = words.removed_hint.format(count=report.removed_lines)
    tables = words.tables_hint.format(count=len(report.tables))
    return (
        _facts_html(report, words)
        + _part_html(words.doubts, "", _doubts_html(report, words), words.doubts_none)
        + _part_html(words.removed, removed, _removed_html(report), words.removed_none)
        + _part_html(words.tables, tables, _tables_html(report, words), words.tables_none)
        + _part_html(words.outline, "", _outline_html(report, words), words.outline_none)
    )


def _part_html(title: str, hint: str, found: str, none: str) -> str:
    """A part of the report under its heading, which says what is to be known of the list, or that there is nothing."""
    small = hint if found else none
    hinted = f"<small>{escape(small)}</small>" if small else ""
    return f'<section class="yj-part"><h3>{escape(title)}{hinted}</h3>{found}</section>'


def _facts_html(report: ParseReport, words: Words) -> str:
    """Pages (not in a file that has none), characters, sentences and blocks."""
    named = (
        (words.pages_recognised, report.recognised_pages), (words.pages_unread, report.unread_pages),
        (words.pages_furniture, report.furniture_pages),
    )  # fmt: skip
    pages = [words.pages_text.format(count=report.text_pages)] if report.text_pages else []
    pages += [text.format(count=len(numbers), pages=ranges(numbers)) for text, numbers in named if numbers]
    characters = words.characters_kept.format(
        kept=report.kept_characters, source=report.source_characters, percent=report.kept_percent
    )
    names = BLOCKS[words.language]
    blocks = [
        f"{names[kind]} {count}" for kind, count in report.blocks.items() if count or kind in ("footnote", "reference")
    ]
    facts = [(words.pages_read, f"{report.page_count}", pages)] if report.page_count else []
    facts += [
        (words.characters, "", [characters]), (words.sentences, str(report.sentences), []), (words.blocks, "", blocks),
    ]  # fmt: skip
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{''.join(f'<span>{escape(text)}</span>' for text in (total, *parts) if text)}</dd>"
        for name, total, parts in facts
    )
    return f'<dl class="yj-facts">{rows}</dl>'


def _doubts_html(report: ParseReport, words: Words) -> str:
    if not report.doubts:
        return ""
    items = []
    for doubt in report.doubts:
        page = f"<b>{escape(words.page.format(number=doubt.page))}</b> " if doubt.page is not None else ""
        items.append(f"<li>{page}{escape(doubt.message(words.language))}</li>")
    return f'<ol class="yj-doubts">{"".join(items)}</ol>'


def _removed_html(report: ParseReport) -> str:
    if not report.removed:
        return ""
    items = "".join(f"<li><b>{count} ×</b><span>{escape(line)}</span></li>" for line, count in report.removed)
    return f'<ul class="yj-removed">{items}</ul>'


def _tables_html(report: ParseReport, words: Words) -> str:
    if not report.tables:
        return ""
    names = (words.table_number, words.table_size, words.table_caption, words.table_place)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(_found_table_html(table, words) for table in report.tables)
    return (
        f'<div class="yj-table" tabindex="0" role="group" aria-label="{escape(words.tables)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _found_table_html(table: FoundTable, words: Words) -> str:
    size = f"{table.rows} × {table.columns}" if table.rows else words.table_lines.format(lines=table.lines)
    page = (words.page if len(table.pages) == 1 else words.pages).format(number=ranges(table.pages))
    place = " · ".join(part for part in (page if table.pages else "", table.section) if part)
    note = "" if table.rows else f"<small>{escape(words.table_cells)}</small>"
    row = (
        f'<td class="yj-short">{escape(table.number)}</td><td class="yj-short">{escape(size)}</td>'
        f"<td>{escape(table.caption)}{note}</td><td>{escape(place)}</td>"
    )
    return f"<tr>{row}</tr>"


def _outline_html(report: ParseReport, words: Words) -> str:
    """The headings, set in by their level; the page at the right edge."""
    items = []
    for section in report.sections:
        page = f"<small>{escape(words.page.format(number=section.page))}</small>" if section.page is not None else ""
        level = min(max(section.level, 1), 6)
        items.append(f'<li class="yj-level-{level}"><span>{escape(section.title)}</span>{page}</li>')
    return f'<ul class="yj-outline">{"".join(items)}</ul>' if items else ""
