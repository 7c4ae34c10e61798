"""Answers, citations, the library and parse reports as HTML: pure functions, nothing that a paper says is markup.

Papers, file names and questions are other people's text: every string of theirs goes through `html.escape`, and none is
rendered as Markdown. Elements that open something carry `data-turn` with `data-n` (a citation) or `data-rank` (a
passage); an example question carries `data-ask`, a completed one that may be changed `data-edit`, a text to be copied
`data-copy`, and `data-report` the id of the paper whose parse report is asked for
(empty: back to the library). The page listens for clicks on these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from corpus.errors import IndexFault, IndexMissing, YinjuError
from corpus.paper import Block, Paper, Table
from corpus.references import without_number
from indexer.build import Update
from qa.answer import Answer, FoundPassage, Statement
from qa.citation import Citation, PaperRef, cite
from qa.export import EXPORTS, Said, exported, markdown, quotation
from qa.kept import Reopened
from qa.shelf import PaperState
from ui.report import FoundTable, ParseReport, parse_report, ranges
from ui.words import BLOCKS, Words

_NEIGHBOUR_CHARACTERS = 400
_TABLE_LINES_AROUND = 4
_QUESTION_CHARACTERS = 600
_SHORT_CELL = 8
_NEAREST_OPEN = 3
_STAGE_SHARES = {"read": (0.0, 0.2), "embed": (0.2, 0.95), "write": (0.95, 1.0)}


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, an error, or neither yet.

    `papers` are those which the answer names, as they were when it was given. `address` is that of the answer, empty
    where it could not be kept; `standing` tells, of a kept answer that was opened again, how its quotations stand.
    """

    question: str
    answer: Answer | None = None
    papers: Mapping[str, Paper] = field(default_factory=dict)
    error: YinjuError | None = None
    broken: bool = False
    address: str = ""
    standing: Reopened | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What the evidence panel shows: citation `n` of a turn, or its passage of that rank."""

    turn: int
    kind: Literal["citation", "passage"]
    n: int


def header_html(words: Words) -> str:
    """The name of the page and what it is for."""
    return (
        f'<div class="yj-brand" data-lang="{words.html_language}"><span class="yj-seal" aria-hidden="true">引</span>'
        f'<h1>{escape(words.title)}</h1><p>{escape(words.tagline)}</p></div>'
    )  # fmt: skip


def account_html(name: str, words: Words) -> str:
    """Who is logged in, with the way out; nothing where no password is asked for."""
    if not name:
        return ""
    leave = f'<button type="submit">{escape(words.logout)}</button>'
    return f'<form class="yj-account" method="post" action="/logout"><span>{escape(name)}</span>{leave}</form>'


def tabs_html(words: Words) -> str:
    """The two tabs of the right side: the evidence and the library."""
    tabs = (("evidence", words.evidence), ("library", words.library))
    buttons = "".join(
        f'<button type="button" role="tab" id="yj-tab-{name}" data-tab="{name}" aria-controls="yj-{name}-panel">'
        f"{escape(text)}</button>"
        for name, text in tabs
    )
    return f'<div class="yj-tablist" role="tablist">{buttons}</div>'


def greeting_html(words: Words, examples: Sequence[str] = (), notice: str = "") -> str:
    """What stands where there is no conversation yet: what this is, a notice if there is one, example questions."""
    warned = f'<p class="yj-notice">{escape(notice)}</p>' if notice else ""
    chips = "".join(
        f'<li><button type="button" data-ask="{escape(example)}">{escape(example)}</button></li>'
        for example in examples
    )
    asked = f"<h3>{escape(words.examples)}</h3><ul>{chips}</ul>" if chips else ""
    hint = escape(words.greeting_hint)
    return f'<div class="yj-greeting"><h2>{escape(words.greeting)}</h2><p>{hint}</p>{warned}{asked}</div>'


def conversation_html(turns: Sequence[Turn], words: Words) -> str:
    """All turns, and a button that copies them as Markdown."""
    inner = "".join(_turn_html(turn, number, words) for number, turn in enumerate(turns))
    said = [Said(turn.question, turn.answer) for turn in turns if turn.answer is not None]
    papers = {name: paper for turn in turns for name, paper in turn.papers.items()}
    copied = _copy_html(words.export_conversation, markdown(said, papers), words) if said else ""
    export = f'<p class="yj-export">{copied}</p>' if copied else ""
    return f'<div class="yj-log" role="log" aria-label="{escape(words.conversation)}">{inner}{export}</div>'


def related_html(questions: Sequence[str], words: Words) -> str:
    """Further questions that the papers answer, each to be pressed."""
    if not questions:
        return ""
    chips = "".join(
        f'<li><button type="button" data-ask="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<div class="yj-related"><h3>{escape(words.related)}</h3><ul>{chips}</ul></div>'


def answer_html(answer: Answer, papers: Mapping[str, Paper], words: Words, turn: int = 0, address: str = "") -> str:
    """The answer's statements, each followed by its numbered marks, then its sources and the other passages.

    A refusal has no marks: it says so and offers the nearest passages as such.
    """
    notice = f'<p class="yj-note">{escape(answer.notice)}</p>' if answer.notice else ""
    if answer.abstained:
        return _refusal_html(answer, words, turn) + notice
    sources = "".join(_source_html(c, papers.get(c.paper.id), words, turn) for c in answer.citations)
    others = [p for p in answer.passages if not any(_overlap(p, c) for c in answer.citations)]
    confidence = escape(words.confidence.format(percent=min(round(answer.confidence * 100), 99)))
    return (
        f'<div class="yj-answer">{_statements_html(answer, words, turn)}{notice}'
        f'<div class="yj-sources"><h3>{escape(words.sources)}<small>{confidence}</small></h3><ol>{sources}</ol></div>'
        f"{_passages_html(others, words.other_passages.format(count=len(others)), words, turn)}"
        f"{_export_html(answer, papers, address, words)}</div>"
    )


def citation_html(
    citation: Citation, paper: Paper | None, words: Words, heading: str = "", tabs: str = "", moved: bool = False
) -> str:
    """The evidence card: whose paper, where in it, and the quotation highlighted in its context.

    Without `paper`, or where it no longer reads as it was quoted, the quotation stands alone with a note that says so.
    """
    current = paper if paper is not None and paper.text[citation.start : citation.end] == citation.quote else None
    if current is None:
        context = (
            f'<p class="yj-note">{escape(words.paper_changed)}</p>'
            f'<p class="yj-block yj-quoted"><mark>{escape(citation.quote)}</mark></p>'
        )
    else:
        note = f'<p class="yj-note">{escape(words.moved)}</p>' if moved else ""
        context = note + _context_html(citation, current, words) + _cited_html(citation, current, words)
    kicker = heading or words.citation_number.format(number=citation.n)
    return (
        '<article class="yj-card"><header>'
        f'<div class="yj-lead"><span class="yj-kicker">{escape(kicker)}</span>{tabs}</div>'
        f"<h2>{escape(citation.paper.title or words.title_unknown)}</h2>"
        f'<p class="yj-by">{escape(byline(citation.paper, words))}</p>'
        f"{_place_html(citation, current, words)}</header>"
        f'<div class="yj-context" lang="{"en" if current and current.language == "en" else "zh-CN"}">{context}</div>'
        f'<footer>{_copy_html(words.export_one, quotation(citation, paper), words)}'
        f'<span>{escape(words.file)}</span> <code>{escape(citation.paper.file)}</code>'
        f'<button type="button" class="yj-return" data-back="1">{escape(words.back)}</button></footer></article>'
    )  # fmt: skip


def evidence_html(turns: Sequence[Turn], opened: Opened | None, words: Words) -> str:
    """The evidence panel: the card of what is opened, with the answer's other citations to go on to."""
    turn = turns[opened.turn] if opened and opened.turn < len(turns) else None
    if opened is None or turn is None or turn.answer is None:
        inner = f'<p class="yj-empty">{escape(words.evidence_empty)}</p>'
        return f'<div class="yj-evidence" role="region" aria-label="{escape(words.evidence)}">{inner}</div>'
    citation = _opened_citation(turn, opened)
    heading = words.passage_number.format(number=opened.n) if opened.kind == "passage" else ""
    card = "" if citation is None else citation_html(
        citation, turn.papers.get(citation.paper.id), words, heading, _tabs_html(turn.answer, opened, words),
        _has_moved(turn, opened),
    )  # fmt: skip
    key = "data-n" if opened.kind == "citation" else "data-rank"
    return (
        f'<div class="yj-evidence" role="region" aria-live="polite" aria-label="{escape(words.evidence)}"'
        f' data-turn="{opened.turn}" {key}="{opened.n}">{card}</div>'
    )


def library_html(
    states: Sequence[PaperState], failed: Mapping[str, YinjuError], left_out: Sequence[str], words: Words
) -> str:
    """The list of papers, why some could not be read (`failed`, by id), and the files that are not taken as papers."""
    if not states and not left_out:
        return f'<p class="yj-empty">{escape(words.library_empty)}</p>'
    # What needs doing comes first: it must not be missed at the end of a long list.
    order = sorted(states, key=lambda state: (state.id not in failed, state.state == "indexed"))
    items = "".join(_entry_html(state, failed.get(state.id), words) for state in order)
    names = words.author_separator.join(left_out)
    rest = f'<p class="yj-note">{escape(words.left_out.format(files=names))}</p>' if left_out else ""
    count = escape(words.papers_count.format(count=len(states)))
    return f'<div class="yj-library"><p class="yj-count">{count}</p><ul>{items}</ul>{rest}</div>'


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


def progress_html(stage: str, file: str, share: float, words: Words) -> str:
    """The bar of a running update: its stage, and the paper being worked on."""
    first, last = _STAGE_SHARES.get(stage, (0.0, 0.0))
    percent = round(100 * (first + (last - first) * min(max(share, 0.0), 1.0)))
    named = {"wait": words.stage_wait, "read": words.stage_read, "embed": words.stage_embed, "write": words.stage_write}
    label = escape(named.get(stage, words.stage_start))
    name = f" <code>{escape(file)}</code>" if file else ""
    return (
        f'<div class="yj-status yj-busy" role="status"><p>{label}{name}<b>{percent}%</b></p>'
        f'<div class="yj-bar" role="progressbar" aria-label="{label}" aria-valuemin="0" aria-valuemax="100"'
        f' aria-valuenow="{percent}"><i style="width:{percent}%"></i></div></div>'
    )


def update_html(update: Update, words: Words) -> str:
    """What an update did, on one line, and one more for each file that could not be read."""
    done = words.update_done.format(
        added=len(update.added),
        changed=len(update.changed),
        removed=len(update.removed),
        unchanged=len(update.unchanged),
        seconds=f"{update.seconds:.1f}",
    )
    return lines_html([done], [error.message(words.language) for error in update.failed])


def lines_html(done: Sequence[str], failed: Sequence[str]) -> str:
    """A status of several lines: what was done, and what was not."""
    lines = [f'<p class="yj-done">{escape(line)}</p>' for line in done]
    lines += [f'<p class="yj-failed">{escape(line)}</p>' for line in failed]
    return f'<div class="yj-status" role="status">{"".join(lines)}</div>'


def replace_html(files: Sequence[str], words: Words) -> str:
    """A button for each uploaded file that could take the place of a paper."""
    buttons = "".join(
        f'<button type="button" class="yj-replace" data-replace="{escape(file, quote=True)}">'
        f"{escape(words.replace_one.format(file=file))}</button>"
        for file in files
    )
    return f'<div class="yj-status yj-replaces">{buttons}</div>' if buttons else ""


def error_text(error: YinjuError, words: Words) -> str:
    """The error's sentence; for an index that is missing or unfit, which button mends it (and no folder's path)."""
    if isinstance(error, IndexMissing):
        return words.no_index
    if isinstance(error, IndexFault):
        return words.index_unfit
    return error.message(words.language)


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


# ---- the conversation


def _turn_html(turn: Turn, number: int, words: Words) -> str:
    if turn.answer is not None:
        reply = _standing_html(turn.standing, words)
        reply += answer_html(turn.answer, turn.papers, words, number, turn.address)
    elif turn.error is not None or turn.broken:
        text = words.unexpected if turn.error is None else error_text(turn.error, words)
        reply = f'<div class="yj-error" role="alert"><p>{escape(text)}</p></div>'
    else:
        reply = f'<div class="yj-working" role="status"><i></i><i></i><i></i><span>{escape(words.working)}</span></div>'
    asked = _question_html(turn.question, words) + _completed_html(turn, words)
    return f'<section class="yj-turn" data-turn="{number}">{asked}{reply}</section>'


def _completed_html(turn: Turn, words: Words) -> str:
    """A follow-up as it was understood, and the button that puts it into the question box to be changed."""
    if turn.answer is None or turn.answer.question.strip() == turn.question.strip():
        return ""
    told = escape(words.completed.format(question=turn.answer.question))
    edit = f'<button type="button" data-edit="{escape(turn.answer.question)}">{escape(words.edit)}</button>'
    return f'<p class="yj-completed">{told}{edit}</p>'


def _standing_html(reopened: Reopened | None, words: Words) -> str:
    """Of a kept answer, whether its quotations still stand."""
    if reopened is None:
        return ""
    files = words.author_separator.join(reopened.changed)
    told = words.reopened_changed.format(files=files) if files else words.reopened
    return f'<p class="yj-note yj-standing">{escape(told)}</p>'


def _question_html(question: str, words: Words) -> str:
    shown = question.strip()
    if len(shown) > _QUESTION_CHARACTERS:
        shown = f"{shown[:_QUESTION_CHARACTERS]}…"
    you = f'<span class="yj-hidden">{escape(words.you)}</span>'
    return f'<p class="yj-question">{you}{escape(shown)}</p>' if shown else ""


def _statements_html(answer: Answer, words: Words, turn: int) -> str:
    """The statements as running text; where every paper is asked, a list with an item a paper."""
    cited = {citation.n: citation for citation in answer.citations}
    each = any(statement.about for statement in answer.statements)
    parts = []
    for statement in answer.statements:
        marks = "".join(_mark_html(cited[n], words, turn) for n in statement.cites)
        about = f"<b>{escape(statement.about)}</b>" if statement.about else ""
        told = f'<span class="yj-sentence">{_strong_html(statement)}{marks}</span>'
        silent = "" if statement.cites else ' class="yj-silent"'
        parts.append(f"<li{silent}>{about}{told}</li>" if each else f"{told} ")
    return f'<ul class="yj-each">{"".join(parts)}</ul>' if each else f'<p class="yj-text">{"".join(parts)}</p>'


def _strong_html(statement: Statement) -> str:
    """A statement with what was asked for set off."""
    told, at = "", 0
    for start, end in statement.strong:
        told += f"{escape(statement.text[at:start])}<strong>{escape(statement.text[start:end])}</strong>"
        at = end
    return told + escape(statement.text[at:])


def _export_html(answer: Answer, papers: Mapping[str, Paper], address: str, words: Words) -> str:
    """What a writer takes along: the answer's references in three styles, all of it as Markdown, its address."""
    names = {"gbt7714": "GB/T 7714", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "markdown": "Markdown"}
    copies = "".join(_copy_html(names[form], exported(answer, papers, form), words) for form in EXPORTS)
    opens = f'class="yj-link" href="/?answer={escape(address)}" target="_blank" rel="noopener"'
    link = f"<a {opens}>{escape(words.export_link)}</a>" if address else ""
    return f'<details class="yj-export"><summary>{escape(words.export)}</summary><p>{copies}{link}</p></details>'


def _copy_html(label: str, text: str, words: Words) -> str:
    """A button that copies a text."""
    copied = f'data-copy="{escape(text)}" data-copied="{escape(words.copied)}"'
    return f'<button type="button" {copied}>{escape(label)}</button>'


def _mark_html(citation: Citation, words: Words, turn: int) -> str:
    label = words.open_citation.format(number=citation.n, paper=citation.paper.title or citation.paper.file)
    return (
        f'<button type="button" class="yj-mark" data-turn="{turn}" data-n="{citation.n}"'
        f' aria-label="{escape(label)}" title="{escape(label)}">{citation.n}</button>'
    )


def _source_html(citation: Citation, paper: Paper | None, words: Words, turn: int) -> str:
    where = " · ".join(part for part in (citation.section, place(citation, paper, words)) if part)
    return (
        f'<li><button type="button" data-turn="{turn}" data-n="{citation.n}"><b>{citation.n}</b>'
        f"<span><cite>{escape(citation.paper.title or citation.paper.file)}</cite>"
        f"<small>{escape(byline(citation.paper, words))}</small><small>{escape(where)}</small></span></button></li>"
    )


def _refusal_html(answer: Answer, words: Words, turn: int) -> str:
    first, rest = answer.passages[:_NEAREST_OPEN], answer.passages[_NEAREST_OPEN:]
    hint = f"<p>{escape(words.refusal_hint)}</p>" if first else ""
    shown = f'<ul class="yj-passages">{"".join(_passage_html(p, words, turn) for p in first)}</ul>' if first else ""
    more = _passages_html(rest, words.other_passages.format(count=len(rest)), words, turn)
    nearest = f"<h3>{escape(words.nearest)}</h3>{hint}{shown}{more}" if first else ""
    return f'<div class="yj-refusal"><p class="yj-refused">{escape(words.refusal)}</p>{nearest}</div>'


def _passages_html(passages: Sequence[FoundPassage], summary: str, words: Words, turn: int) -> str:
    if not passages:
        return ""
    items = "".join(_passage_html(passage, words, turn) for passage in passages)
    return f'<details><summary>{escape(summary)}</summary><ul class="yj-passages">{items}</ul></details>'


def _passage_html(passage: FoundPassage, words: Words, turn: int) -> str:
    title = passage.paper.title or passage.paper.file
    page = words.page.format(number=ranges(passage.pages)) if passage.pages else ""
    where = " · ".join(part for part in (passage.section, page) if part)
    return (
        f'<li><button type="button" data-turn="{turn}" data-rank="{passage.rank}" title="{escape(words.open_passage)}">'
        f"<small>{escape(title)}{escape(' · ' + where if where else '')}</small>"
        f"<span>{escape(' '.join(passage.text.split()))}</span></button></li>"
    )


def _overlap(passage: FoundPassage, citation: Citation) -> bool:
    return passage.paper.id == citation.paper.id and passage.start < citation.end and citation.start < passage.end


# ---- the evidence


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
    states = () if turn.standing is None or opened.kind == "passage" else turn.standing.states
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


def _context_html(citation: Citation, paper: Paper, words: Words) -> str:
    """The quoted blocks with their neighbours of the same section, or the table with the quoted rows in it."""
    table = paper.table_at(citation.start) if paper.block_at(citation.start).kind == "table" else None
    if table is not None and table.header and table.rows:
        rows = _quoted_rows(table, citation)
        if rows:
            return _table_html(table, rows, words)
    sections = paper.section_path(citation.start)
    first, last = (sections[-1].start, sections[-1].end) if sections else (0, len(paper.text))
    around = 1 if table is None else _TABLE_LINES_AROUND
    within = [b for b in paper.blocks if first <= b.start < last or (b.start < citation.end and citation.start < b.end)]
    quoted = [i for i, b in enumerate(within) if b.start < citation.end and citation.start < b.end]
    if not quoted:
        return f'<p class="yj-block yj-quoted"><mark>{escape(citation.quote)}</mark></p>'
    shown = within[max(quoted[0] - around, 0) : quoted[-1] + 1 + around]
    return "".join(_block_html(block, citation, paper) for block in shown)


def _cited_html(citation: Citation, paper: Paper, words: Words) -> str:
    """The references whose marks stand in the quotation, each with its number, where the paper lists them."""
    items = "".join(
        f"<li>[{found.number}] {escape(without_number(paper.text[found.start : found.end]))}</li>"
        for found in paper.cited_in(citation.start, citation.end)
    )
    return f'<div class="yj-cited"><h3>{escape(words.cited)}</h3><ul>{items}</ul></div>' if items else ""


def _block_html(block: Block, citation: Citation, paper: Paper) -> str:
    text = paper.text
    start, end = max(block.start, citation.start), min(block.end, citation.end)
    if start < end:
        inner = (
            f"{escape(text[block.start : start])}<mark>{escape(text[start:end])}</mark>{escape(text[end : block.end])}"
        )
        return f'<p class="yj-block yj-quoted yj-{block.kind}">{inner}</p>'
    shown = text[block.start : block.end]
    if len(shown) > _NEIGHBOUR_CHARACTERS:
        # Of a long neighbour the end that touches the quotation is the one worth reading.
        before = block.end <= citation.start
        shown = f"…{shown[-_NEIGHBOUR_CHARACTERS:]}" if before else f"{shown[:_NEIGHBOUR_CHARACTERS]}…"
    return f'<p class="yj-block yj-{block.kind}">{escape(shown)}</p>'


def _quoted_rows(table: Table, citation: Citation) -> list[int]:
    """The numbers of the rows that are quoted. Empty where a line of the quotation is not a row."""
    found, at = [], citation.start
    for line in citation.quote.split("\n"):
        row = table.row_at(at)
        found.append(row if row is not None and table.places[row] == (at, at + len(line)) else None)
        at += len(line) + 1
    return [number for number in found if number is not None] if None not in found else []


def _table_html(table: Table, quoted: Sequence[int], words: Words) -> str:
    """The table around its quoted rows, with its header. Rows far from them are left out, and counted."""
    first = max(min(quoted) - _TABLE_LINES_AROUND, 0)
    last = min(max(quoted) + _TABLE_LINES_AROUND + 1, len(table.rows))
    width = max(len(table.header), 1)
    body = [_left_out_html(first, width, words)]
    body += [_row_html(table.rows[number], number in quoted, "td") for number in range(first, last)]
    body += [_left_out_html(len(table.rows) - last, width, words)]
    title = " ".join(part for part in (table.number, table.caption) if part)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    head = _row_html(table.header, False, "th")
    return (
        f'<div class="yj-table" tabindex="0"><table>{caption}<thead>{head}</thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


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


# ---- the library


def _entry_html(state: PaperState, error: YinjuError | None, words: Words) -> str:
    names = {
        "indexed": words.state_indexed, "new": words.state_new, "changed": words.state_changed,
        "deleted": words.state_deleted, "failed": words.state_failed,
    }  # fmt: skip
    name = "failed" if error is not None else state.state
    by = f"<p>{escape(byline(state, words))}</p>" if state.title or state.authors else ""
    reason = f'<p class="yj-reason">{escape(error.message(words.language))}</p>' if error is not None else ""
    label = words.report_of.format(paper=state.title or state.id)
    return (
        f'<li class="yj-entry yj-{name}"><h3>{escape(state.title or state.id)}</h3>{by}'
        f"<p><code>{escape(state.file)}</code><em>{escape(names[name])}</em>"
        f'<button type="button" data-report="{escape(state.id)}" aria-label="{escape(label)}">{escape(words.report)}'
        f"</button></p>{reason}</li>"
    )


# ---- the parse report


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
        f'<div class="yj-table" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
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
