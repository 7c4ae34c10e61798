"""The history of conversations as HTML: pure functions, nothing that somebody asked or a paper says is markup.

A conversation that is opened carries `data-conversation` with its key, one that is removed `data-forget`, and one that
is had back after that `data-remember`. The page listens for clicks on these; the files to take along are links to
`/conversations/{key}.md` and `.docx`, which `qa.history.History.exported` makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from html import escape
from itertools import groupby
from types import MappingProxyType

from corpus.errors import Language
from qa.history import Listing, Snippet, Summary

_QUESTION_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryWords:
    """The texts of the history in one language. What stands in braces is filled in with `str.format`."""

    language: Language
    history: str
    today: str
    yesterday: str
    earlier: str
    empty: str
    none_found: str
    more: str
    no_question: str
    one_answer: str
    answers: str
    open: str
    download: str
    forget: str
    forgotten: str
    remember: str


_ZH = HistoryWords(
    language="zh",
    history="历史对话",
    today="今天",
    yesterday="昨天",
    earlier="更早",
    empty="还没有对话；提问之后，对话会保存在这台机器上。",
    none_found="没有包含“{query}”的对话。",
    more="共 {found} 段对话，这里是最近的 {shown} 段；要找更早的，请搜索。",
    no_question="（没有提问）",
    one_answer="1 条回答",
    answers="{count} 条回答",
    open="打开对话：{question}",
    download="下载 {form}：{question}",
    forget="删除",
    forgotten="已删除：{question}",
    remember="撤销",
)
_EN = HistoryWords(
    language="en",
    history="History",
    today="Today",
    yesterday="Yesterday",
    earlier="Earlier",
    empty="No conversations yet; once you have asked, they are kept on this machine.",
    none_found="No conversation holds “{query}”.",
    more="{found} conversations, of which these are the latest {shown}; search for earlier ones.",
    no_question="(nothing asked)",
    one_answer="1 answer",
    answers="{count} answers",
    open="Open the conversation: {question}",
    download="Download as {form}: {question}",
    forget="Remove",
    forgotten="Removed: {question}",
    remember="Undo",
)
HISTORY_WORDS: Mapping[Language, HistoryWords] = MappingProxyType({"zh": _ZH, "en": _EN})


def history_html(
    listing: Listing, today: date, words: HistoryWords, query: str = "", current: str = "", zone: tzinfo | None = None
) -> str:
    """The conversations under today, yesterday and earlier, those that are damaged below.

    `current` is the key of the one that is open. Times are those of `zone`, by default of this machine.
    """
    if not listing.summaries and not listing.damaged:
        told = words.none_found.format(query=_short(query)) if query.strip() else words.empty
        return f'<div class="yj-history"><p class="yj-empty">{escape(told)}</p></div>'
    days = [(summary, datetime.fromtimestamp(summary.changed, zone)) for summary in listing.summaries]
    groups = groupby(days, key=lambda day: _group(day[1].date(), today, words))
    parts = [
        f"<section><h3>{escape(name)}</h3><ul>{''.join(_entry_html(*day, today, words, current) for day in group)}</ul>"
        "</section>"
        for name, group in groups
    ]
    if not listing.summaries and query.strip():
        parts.append(f'<p class="yj-empty">{escape(words.none_found.format(query=_short(query)))}</p>')
    if listing.found > len(listing.summaries):
        more = words.more.format(found=listing.found, shown=len(listing.summaries))
        parts.append(f'<p class="yj-note">{escape(more)}</p>')
    if listing.damaged:
        broken = (
            f'<li><p class="yj-reason">{escape(fault.message(words.language))}</p>'
            f"{_forget_html(str(fault.values['key']), words)}</li>"
            for fault in listing.damaged
        )
        parts.append(f'<ul class="yj-damaged">{"".join(broken)}</ul>')
    return f'<div class="yj-history" role="region" aria-label="{escape(words.history)}">{"".join(parts)}</div>'


def forgotten_html(removed: Iterable[tuple[str, str]], words: HistoryWords) -> str:
    """A line for each conversation that has just been removed, by key and question, with the way to have it back."""
    lines = "".join(
        f"<p>{escape(words.forgotten.format(question=_short(question) or words.no_question))} "
        f'<button type="button" data-remember="{escape(key)}">{escape(words.remember)}</button></p>'
        for key, question in removed
    )
    return f'<div class="yj-status yj-forgotten" role="status">{lines}</div>' if lines else ""


def _group(day: date, today: date, words: HistoryWords) -> str:
    """The clock of a machine may have stood ahead: what is of a day to come is of today."""
    if day >= today:
        return words.today
    return words.yesterday if day == today - timedelta(days=1) else words.earlier


def _entry_html(summary: Summary, changed: datetime, today: date, words: HistoryWords, current: str) -> str:
    question = _short(summary.question) or words.no_question
    shown = f"{changed:%H:%M}" if changed.date() >= today - timedelta(days=1) else f"{changed:%Y-%m-%d}"
    count = words.one_answer if summary.answers == 1 else words.answers.format(count=summary.answers)
    opened = ' aria-current="true"' if summary.key == current else ""
    return (
        f'<li><button type="button" class="yj-conversation" data-conversation="{escape(summary.key)}"{opened}'
        f' aria-label="{escape(words.open.format(question=question))}"><b>{escape(question)}</b>'
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


def _download_html(key: str, question: str, ending: str, form: str, words: HistoryWords) -> str:
    label = escape(words.download.format(form=form, question=question))
    return f'<a href="/conversations/{escape(key)}.{ending}" download aria-label="{label}">{form}</a>'


def _forget_html(key: str, words: HistoryWords) -> str:
    return f'<button type="button" data-forget="{escape(key)}">{escape(words.forget)}</button>'


def _short(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUESTION_CHARACTERS else f"{line[:_QUESTION_CHARACTERS]}…"
