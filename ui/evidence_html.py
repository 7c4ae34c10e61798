"""The evidence panel as HTML: whose paper, where in it, and the quotation highlighted in its section.

Of a paper with pages the page is shown as it is printed, the quoted words boxed; of another one the section. The reader
can go on to the pages or sections before and after it. See `ui.frame_html` for what all of this HTML has in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

from corpus.paper import Block, Paper, Table
from corpus.references import without_number
from qa.answer import Answer
from qa.citation import Citation, PaperRef, cite
from qa.export import quotation
from qa.shelf import PaperState
from ui.frame_html import copy_html
from ui.report import ranges
from ui.state import Opened, Place, Turn
from ui.words import Words

_MOST_CHARACTERS = 6000
"""Of a section that are shown before the quotation, and after it."""
_TABLE_LINES_AROUND = 4
_TABLE_LINES = 40
"""Rows that are shown of a table of which none is quoted."""
_SHORT_CELL = 8
_PICTURE_WIDTH = 1400
"""Pixels: the panel on a screen with two to a CSS pixel."""

Run = tuple[int, int]
"""Start and end of a part of a paper's text."""


def evidence_html(
    turns: Sequence[Turn],
    opened: Opened | None,
    words: Words,
    as_text: bool = False,
    papers: Mapping[str, Paper] = MappingProxyType({}),
) -> str:
    """The evidence panel: the card of what is opened, with the answer's other citations to go on to.

    `papers` are those that an event of the timeline may be of.
    """
    if opened is not None and opened.place is not None:
        return _event_html(opened.place, papers.get(opened.place.paper), opened.aside, words, as_text)
    turn = turns[opened.turn] if opened and 0 <= opened.turn < len(turns) else None
    if opened is None or turn is None or turn.answer is None:
        inner = f'<p class="yj-empty">{escape(words.evidence_empty)}</p>'
        return f'<div class="yj-evidence" role="region" aria-label="{escape(words.evidence)}">{inner}</div>'
    citation = _opened_citation(turn, opened)
    heading = words.passage_number.format(number=opened.n) if opened.kind == "passage" else ""
    card = "" if citation is None else citation_html(
        citation, turn.papers.get(citation.paper.id), words, heading, _tabs_html(turn.answer, opened, words),
        _has_moved(turn, opened), opened.aside, as_text,
    )  # fmt: skip
    key = "data-n" if opened.kind == "citation" else "data-rank"
    return (
        f'<div class="yj-evidence" role="region" aria-live="polite" aria-label="{escape(words.evidence)}"'
        f' data-turn="{opened.turn}" {key}="{opened.n}" data-at="{opened.aside}">{card}</div>'
    )


def _event_html(place: Place, paper: Paper | None, aside: int, words: Words, as_text: bool) -> str:
    """The panel with what tells an event; of a paper that has changed since, a word that it has."""
    stands = paper is not None and paper.sha256.startswith(place.sha256) and place.start < place.end <= len(paper.text)
    if paper is None or not stands:
        card = f'<p class="yj-empty">{escape(words.event_gone)}</p>'
    else:
        cited = cite(paper, place.start, place.end, 1, 0.0)
        card = citation_html(cited, paper, words, words.event_told, aside=aside, as_text=as_text)
    return (
        f'<div class="yj-evidence" role="region" aria-live="polite" aria-label="{escape(words.evidence)}"'
        f' data-turn="" data-place="{escape(str(place))}" data-at="{aside}">{card}</div>'
    )


def citation_html(
    citation: Citation,
    paper: Paper | None,
    words: Words,
    heading: str = "",
    tabs: str = "",
    moved: bool = False,
    aside: int = 0,
    as_text: bool = False,
) -> str:
    """The evidence card: whose paper, where in it, and the quotation boxed on its page or highlighted in its section.

    `aside` pages or sections further on another one is shown; `as_text` shows the section also where there are pages.
    Without `paper`, or where it no longer reads as it was quoted, the
    quotation stands alone with a note that says so.
    """
    current = paper if paper is not None and paper.text[citation.start : citation.end] == citation.quote else None
    pictured = current is not None and bool(current.boxes(citation.start, citation.end))
    if current is None:
        context = (
            f'<p class="yj-note">{escape(words.paper_changed)}</p>'
            f'<p class="yj-block yj-quoted"><mark>{escape(citation.quote)}</mark></p>'
        )
    else:
        note = f'<p class="yj-note">{escape(words.moved)}</p>' if moved else ""
        context = note + (_sheets_html if pictured and not as_text else _section_html)(citation, current, aside, words)
    kicker = heading or words.citation_number.format(number=citation.n)
    return (
        '<article class="yj-card"><header>'
        f'<div class="yj-lead"><span class="yj-kicker">{escape(kicker)}</span>{tabs}</div>'
        f"<h2>{escape(citation.paper.title or words.title_unknown)}</h2>"
        f'<p class="yj-by">{escape(byline(citation.paper, words))}</p>'
        f"{_place_html(citation, current, words)}"
        f'<p class="yj-take">{copy_html(words.export_one, quotation(citation, paper), words)}'
        f"{_view_html(as_text, words) if pictured else ''}"
        f'<button type="button" class="yj-return" data-back="1">{escape(words.back)}</button></p></header>'
        f'<div class="yj-context" lang="{"en" if current and current.language == "en" else "zh-CN"}">{context}</div>'
        f"<footer><span>{escape(words.file)}</span> <code>{escape(citation.paper.file)}</code></footer></article>"
    )


def runs_of(paper: Paper) -> tuple[Run, ...]:
    """The text parted at its headings; a heading without text of its own goes with the one below it.

    >>> [paper.text[start:end] for start, end in runs_of(paper)]
    ['1 背景\\n1.1 现状\\n制造业……\\n', '1.2 目标\\n……']
    """
    starts = sorted({0, *(section.start for section in paper.sections)})
    headings = {block.start for block in paper.blocks if block.kind == "heading"}
    bare = {
        start
        for start, end in zip(starts, [*starts[1:], len(paper.text)], strict=True)
        if all(b.start in headings for b in paper.blocks if start <= b.start < end)
    }
    kept = [start for at, start in enumerate(starts) if at == 0 or starts[at - 1] not in bare]
    return tuple(zip(kept, [*kept[1:], len(paper.text)], strict=True))


def _view_html(as_text: bool, words: Words) -> str:
    """The button that shows the page where the text is shown, and the text where the page is; and one that enlarges."""
    view, text = ("page", words.view_page) if as_text else ("text", words.view_text)
    zoom = "" if as_text else f'<button type="button" data-zoom="1" aria-pressed="false">{escape(words.zoom)}</button>'
    return f'<button type="button" data-view="{view}">{escape(text)}</button>{zoom}'


def _sheets_html(citation: Citation, paper: Paper, aside: int, words: Words) -> str:
    """The pages on which the quotation stands, its words boxed, or a page beside them; and the way to the next ones."""
    quoted = citation.pages
    shown = quoted if not aside else (quoted[0] + aside if aside < 0 else quoted[-1] + aside,)
    shown = tuple(min(max(number, 1), paper.report.page_count) for number in shown)
    sheets = "".join(_sheet_html(citation, paper, number, words) for number in shown)
    cited = _cited_html(citation, paper, words) if not aside else ""
    before, after = (aside - 1, aside + 1)
    steps = [(-1, before, shown[0] - 1), (1, after, shown[-1] + 1)]
    bar = "".join(
        _turn_html(_page_name(paper, number, words), at, step, words.page_before if step < 0 else words.page_after)
        for step, at, number in steps
        if 1 <= number <= paper.report.page_count
    )
    home = f'<button type="button" data-aside="0">{escape(words.to_quotation)}</button>' if aside else ""
    return f'{sheets}{cited}<nav class="yj-steps" aria-label="{escape(words.neighbour_pages)}">{bar}{home}</nav>'


def _sheet_html(citation: Citation, paper: Paper, number: int, words: Words) -> str:
    """A page as a picture, which `ui.pictures` serves, with a box around each line of the quotation that it holds."""
    address = f"/pages/{quote(paper.id, safe='')}/{number}?sha256={quote(paper.sha256)}&width={_PICTURE_WIDTH}"
    frames = "".join(
        f'<i style="left:{box.left:.3%};top:{box.top:.3%};width:{box.right - box.left:.3%};'
        f'height:{box.bottom - box.top:.3%}"></i>'
        for box in paper.boxes(citation.start, citation.end)
        if box.page == number
    )
    name = _page_name(paper, number, words)
    told = words.page_picture.format(page=name, quote=" ".join(citation.quote.split()) if frames else "")
    return (
        f'<figure class="yj-sheet" data-page="{number}"><div><div><img src="{escape(address)}" alt="{escape(told)}"'
        f' draggable="false">{frames}</div></div><figcaption>{escape(name)}</figcaption>'
        f'<p class="yj-note">{escape(words.picture_missing)}</p></figure>'
    )


def _page_name(paper: Paper, number: int, words: Words) -> str:
    """A page by its number, and the printed one where there is one: `第3页（印刷页码 47）`."""
    label = next((page.label for page in paper.pages if page.number == number and page.label), None)
    told = words.page.format(number=number)
    if label is None:
        return told
    printed = words.page_label.format(label=label)
    return f"{told}（{printed}）" if words.language == "zh" else f"{told} ({printed})"


def _section_html(citation: Citation, paper: Paper, aside: int, words: Words) -> str:
    """The section that holds the quotation, or a neighbour of it, and the way to the next ones."""
    runs = runs_of(paper)
    first = max(at for at, (start, _) in enumerate(runs) if start <= citation.start)
    last = max(at for at, (start, _) in enumerate(runs) if start < citation.end)
    shown = min(max(first + aside, 0), len(runs) - 1)
    end = runs[max(shown, last)][1] if shown == first else runs[shown][1]
    text = "".join(_blocks_html(paper, (runs[shown][0], end), citation, words))
    cited = _cited_html(citation, paper, words) if shown == first else ""
    bar = "".join(
        _step_html(paper, runs[at], at - first, step, words)
        for step, at in ((-1, shown - 1), (1, shown + 1))
        if 0 <= at < len(runs)
    )
    home = "" if shown == first else f'<button type="button" data-aside="0">{escape(words.to_quotation)}</button>'
    return f'{text}{cited}<nav class="yj-steps" aria-label="{escape(words.neighbours)}">{bar}{home}</nav>'


def _step_html(paper: Paper, run: Run, aside: int, step: int, words: Words) -> str:
    """The button to a neighbouring section, which names its innermost heading."""
    title = next((s.title for s in reversed(paper.sections) if run[0] <= s.start < run[1]), words.paper_begins)
    return _turn_html(title, aside, step, words.section_before if step < 0 else words.section_after)


def _turn_html(title: str, aside: int, step: int, told: str) -> str:
    """The button to what stands before (`step` -1) or after (1)."""
    shown = f"← {title}" if step < 0 else f"{title} →"
    label = escape(told.format(title=title))
    keys = "Shift+ArrowLeft" if step < 0 else "Shift+ArrowRight"
    return (
        f'<button type="button" data-aside="{aside}" data-step="{step}" aria-label="{label}"'
        f' aria-keyshortcuts="{keys}" title="{label}">{escape(shown)}</button>'
    )


def _blocks_html(paper: Paper, run: Run, citation: Citation, words: Words) -> Iterator[str]:
    """The blocks of a run of text, tables as tables. What is far from the quotation is left out, and said to be."""
    within = [b for b in paper.blocks if run[0] <= b.start < run[1]]
    quoted = run[0] < citation.end and citation.start < run[1]
    centre = (citation.start, citation.end) if quoted else (run[0], run[0])
    tables: set[int] = set()
    cut = False
    for block in within:
        if block.end < centre[0] - _MOST_CHARACTERS or block.start > centre[1] + _MOST_CHARACTERS:
            if not cut:
                yield f'<p class="yj-note">{escape(words.text_left_out)}</p>'
            cut = True
            continue
        cut = False
        table = paper.table_at(block.start) if block.kind in ("table", "caption") else None
        rows = _quoted_rows(table, citation) if table is not None else []
        touched = table is not None and table.start < citation.end and citation.start < table.end
        if table is None or not table.rows or not table.header or (touched and not rows):
            yield _block_html(block, citation, paper)
        elif table.start not in tables:
            tables.add(table.start)
            yield _table_html(table, rows, words)


def _block_html(block: Block, citation: Citation, paper: Paper) -> str:
    text = paper.text
    start, end = max(block.start, citation.start), min(block.end, citation.end)
    if start < end:
        inner = (
            f"{escape(text[block.start : start])}<mark>{escape(text[start:end])}</mark>{escape(text[end : block.end])}"
        )
        return f'<p class="yj-block yj-quoted yj-{block.kind}">{inner}</p>'
    return f'<p class="yj-block yj-{block.kind}">{escape(text[block.start : block.end])}</p>'


def _table_html(table: Table, quoted: Sequence[int], words: Words) -> str:
    """The table around its quoted rows, with its header. Rows far from them are left out, and counted."""
    first = max(min(quoted) - _TABLE_LINES_AROUND, 0) if quoted else 0
    last = min(max(quoted) + _TABLE_LINES_AROUND + 1 if quoted else _TABLE_LINES, len(table.rows))
    width = max(len(table.header), 1)
    body = [_left_out_html(first, width, words)]
    body += [_row_html(table.rows[number], number in quoted, "td") for number in range(first, last)]
    body += [_left_out_html(len(table.rows) - last, width, words)]
    title = " ".join(part for part in (table.number, table.caption) if part)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    label = escape(title or words.in_table)
    head = _row_html(table.header, False, "th")
    return (
        f'<div class="yj-table" tabindex="0" role="group" aria-label="{label}"><table>{caption}<thead>{head}</thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def byline(paper: PaperRef | PaperState, words: Words) -> str:
    """Authors and year: `孙毅、罗穆雄 · 2021`."""
    authors = words.author_separator.join(paper.authors) or words.authors_unknown
    return f"{authors} · {paper.year}" if paper.year is not None else authors


def place(citation: Citation, paper: Paper | None, words: Words) -> str:
    """Where the quotation stands: `第3页（印刷页码 47） · 第41段`; a row names its table, a reference says so."""
    parts = []
    if citation.pages:
        page = words.page if len(citation.pages) == 1 else words.pages
        text = page.format(number=ranges(citation.pages))
        if citation.page_labels:
            label = words.page_label if len(citation.page_labels) == 1 else words.page_labels
            printed = label.format(label=", ".join(citation.page_labels))
            text += f"（{printed}）" if words.language == "zh" else f" ({printed})"
        parts.append(text)
    if citation.paragraph:
        parts.append(words.paragraph.format(number=citation.paragraph))
    elif paper is not None:
        table = paper.table_at(citation.start) if paper.block_at(citation.start).kind == "table" else None
        kinds = {
            "caption": words.in_caption, "reference": words.in_reference, "footnote": words.in_footnote,
            "title": words.in_front, "front": words.in_front,
        }  # fmt: skip
        kind = kinds.get(paper.block_at(citation.start).kind, "")
        parts.append((table.number or words.in_table) if table is not None else kind)
    return " · ".join(part for part in parts if part)


def opened_by_itself(answer: Answer, turn: int) -> Opened | None:
    """What the evidence panel shows right after an answer: its first citation."""
    return Opened(turn, "citation", answer.citations[0].n) if answer.citations else None


def _opened_citation(turn: Turn, opened: Opened) -> Citation | None:
    """The citation that is opened, or the opened passage as if it were cited; None where the turn has no such thing."""
    assert turn.answer is not None
    if opened.kind == "citation":
        return next((c for c in turn.answer.citations if c.n == opened.n), None)
    passage = next((p for p in turn.answer.passages if p.rank == opened.n), None)
    if passage is None:
        return None
    paper = turn.papers.get(passage.paper.id)
    if paper is not None and paper.text[passage.start : passage.end] == passage.text:
        return cite(paper, passage.start, passage.end, passage.rank, passage.score)
    return Citation(
        n=passage.rank, paper=passage.paper, section=passage.section, pages=passage.pages, page_labels=(),
        paragraph=None, start=passage.start, end=passage.end, quote=passage.text, score=passage.score,
    )  # fmt: skip


def _has_moved(turn: Turn, opened: Opened) -> bool:
    if turn.standing is None:
        return False
    states = turn.standing.passage_states if opened.kind == "passage" else turn.standing.states
    return 0 < opened.n <= len(states) and states[opened.n - 1] == "moved"


def _tabs_html(answer: Answer, opened: Opened, words: Words) -> str:
    if len(answer.citations) < 2:
        return ""
    tabs = "".join(
        f'<button type="button" data-turn="{opened.turn}" data-n="{c.n}"'
        f' aria-label="{escape(words.citation_number.format(number=c.n))}">{c.n}</button>'
        for c in answer.citations
    )
    return f'<nav class="yj-tabs" aria-label="{escape(words.citations_of_answer)}">{tabs}</nav>'


def _place_html(citation: Citation, paper: Paper | None, words: Words) -> str:
    path = [s.title for s in paper.section_path(citation.start)] if paper is not None else []
    section = " › ".join(path or ([citation.section] if citation.section else []))
    where = place(citation, paper, words)
    shown = [f'<span class="yj-section">{escape(section)}</span>'] if section else []
    shown += [f'<span class="yj-where">{escape(where)}</span>'] if where else []
    return f'<p class="yj-place">{"".join(shown)}</p>' if shown else ""


def _cited_html(citation: Citation, paper: Paper, words: Words) -> str:
    """The references whose marks stand in the quotation, each with its number, where the paper lists them."""
    items = "".join(
        f"<li>[{found.number}] {escape(without_number(paper.text[found.start : found.end]))}</li>"
        for found in paper.cited_in(citation.start, citation.end)
    )
    return f'<div class="yj-cited"><h3>{escape(words.cited)}</h3><ul>{items}</ul></div>' if items else ""


def _quoted_rows(table: Table, citation: Citation) -> list[int]:
    """The numbers of the rows that are quoted. Empty where a line of the quotation is not a row."""
    found, at = [], citation.start
    for line in citation.quote.split("\n"):
        row = table.row_at(at)
        found.append(row if row is not None and table.places[row] == (at, at + len(line)) else None)
        at += len(line) + 1
    return [number for number in found if number is not None] if None not in found else []


def _row_html(cells: Sequence[str], quoted: bool, tag: Literal["td", "th"]) -> str:
    row = "".join(_cell_html(cell, quoted, tag) for cell in cells)
    return f'<tr class="yj-quoted">{row}</tr>' if quoted else f"<tr>{row}</tr>"


def _cell_html(cell: str, quoted: bool, tag: Literal["td", "th"]) -> str:
    shown = f"<mark>{escape(cell)}</mark>" if quoted and cell else escape(cell)
    if tag == "th":
        return f'<th scope="col">{shown}</th>'
    # A year or an amount is not to be broken over two lines.
    return f'<td class="yj-short">{shown}</td>' if len(cell) <= _SHORT_CELL else f"<td>{shown}</td>"


def _left_out_html(count: int, width: int, words: Words) -> str:
    if count <= 0:
        return ""
    text = escape(words.rows_left_out.format(count=count))
    return f'<tr class="yj-left-out"><td colspan="{width}">{text}</td></tr>'
