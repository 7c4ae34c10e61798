"""The history of conversations as HTML: pure functions, nothing that somebody asked or a paper says is markup.

A conversation that is opened carries `data-conversation` with its key, one that is removed `data-forget`, and one that
is had back after that `data-remember`. The page listens for clicks on these; the files to take along are links to
`/conversations/{key}.md` and `.docx`, which `qa.history.History.exported` makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from html import escape
from itertools import groupby

from qa.history import Listing, Snippet, Summary
from ui.words import Words

_QUESTION_CHARACTERS = 120


def history_html(
    listing: Listing, today: date, words: Words, query: str = "", current: str = "", zone: tzinfo | None = None
) -> str:
    """The conversations under today, yesterday and earlier, those that are damaged below.

    `current` is the key of the one that is open. Times are those of `zone`, by default of this machine.
    """
    if not listing.summaries and not listing.damaged:
        told = words.history_none.format(query=_short(query)) if query.strip() else words.history_empty
        return f'<div class="yj-history"><p class="yj-empty">{escape(told)}</p></div>'
    days = [(summary, datetime.fromtimestamp(summary.changed, zone)) for summary in listing.summaries]
    groups = groupby(days, key=lambda day: _group(day[1].date(), today, words))
    parts = [
        f"<section><h3>{escape(name)}</h3><ul>{''.join(_entry_html(*day, today, words, current) for day in group)}</ul>"
        "</section>"
        for name, group in groups
    ]
    if not listing.summaries and query.strip():
        parts.append(f'<p class="yj-empty">{escape(words.history_none.format(query=_short(query)))}</p>')
    if listing.found > len(listing.summaries):
        more = words.history_more.format(found=listing.found, shown=len(listing.summaries))
        parts.append(f'<p class="yj-note">{escape(more)}</p>')
    if listing.damaged:
        broken = (
            f'<li><p class="yj-reason">{escape(fault.message(words.language))}</p>'
            f"{_forget_html(str(fault.values['key']), words)}</li>"
            for fault in listing.damaged
        )
        parts.append(f'<ul class="yj-damaged">{"".join(broken)}</ul>')
    return f'<div class="yj-history" role="region" aria-label="{escape(words.history_list)}">{"".join(parts)}</div>'


def forgotten_html(removed: Iterable[tuple[str, str]], words: Words) -> str:
    """A line for each conversation that has just been removed, by key and question, with the way to have it back."""
    lines = "".join(
        f"<p>{escape(words.forgotten.format(question=_short(question) or words.no_question))} "
        f'<button type="button" data-remember="{escape(key)}">{escape(words.remember)}</button></p>'
        for key, question in removed
    )
    return f'<div class="yj-status yj-forgotten" role="status">{lines}</div>' if lines else ""


def _group(day: date, today: date, words: Words) -> str:
    """The clock of a machine may have stood ahead: what is of a day to come is of today."""
    if day >= today:
        return words.today
    return words.yesterday if day == today - timedelta(days=1) else words.earlier


def _entry_html(summary: Summary, changed: datetime, today: date, words: Words, current: str) -> str:
    question = _short(summary.question) or words.no_question
    shown = f"{changed:%H:%M}" if changed.date() >= today - timedelta(days=1) else f"{changed:%Y-%m-%d}"
    count = words.one_answer if summary.answers == 1 else words.answers_count.format(count=summary.answers)
    opened = ' aria-current="true"' if summary.key == current else ""
    return (
        f'<li><button type="button" class="yj-conversation" data-conversation="{escape(summary.key)}"{opened}'
        f' aria-label="{escape(words.open_conversation.format(question=question))}"><b>{escape(question)}</b>'
        f'<small><time datetime="{changed.isoformat(timespec="seconds")}">{shown}</time> · {escape(count)}</small>'
        f"{_snippet_html(summary.snippet)}</button>"
        f'<span class="yj-acts">{_download_html(summary.key, question, "md", "Markdown", words)}'
        f'{_download_html(summary.key, question, "docx", "Word", words)}{_forget_html(summary.key, words)}</span></li>'
    )  # fmt: skip


def _snippet_html(snippet: Snippet | None) -> str:
    """A piece of the conversation with what was searched for set off."""
    if snippet is None:
        return ""
    told, at = "", 0
    for start, end in snippet.marks:
        told += f"{escape(snippet.text[at:start])}<mark>{escape(snippet.text[start:end])}</mark>"
        at = end
    return f'<span class="yj-snippet">{told}{escape(snippet.text[at:])}</span>'


def _download_html(key: str, question: str, ending: str, form: str, words: Words) -> str:
    label = escape(words.download.format(form=form, question=question))
    return f'<a href="/conversations/{escape(key)}.{ending}" download aria-label="{label}">{form}</a>'


def _forget_html(key: str, words: Words) -> str:
    return f'<button type="button" data-forget="{escape(key)}">{escape(words.forget)}</button>'


def _short(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUESTION_CHARACTERS else f"{line[:_QUESTION_CHARACTERS]}…"
