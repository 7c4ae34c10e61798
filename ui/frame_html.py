"""The page's frame as HTML: its head, its tabs, lines of status, buttons that copy; and how errors are told.

All of `ui.*_html` are pure functions. Papers, file names and questions are other people's text: every string of theirs
goes through `html.escape`, and none is rendered as Markdown. Elements say by an attribute what a press on them means:

    data-turn with data-n or data-rank    open a citation, or a passage, in the evidence panel
    data-ask, data-edit                   ask this question; put it into the question box to be changed
    data-copy                             copy this text
    data-aside, data-view                 go on to the neighbouring section or page; show page or text
    data-tab                              show this panel
    data-event                            open this place of a paper (`ui.state.Place`) in the evidence panel
    data-conversation, data-forget, data-remember    the history
    data-search, data-report, data-remove, data-restore, data-replace    the library
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from corpus.errors import IndexFault, IndexMissing, YinjuError
from ui.state import TABS
from ui.words import Words


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
    """The tabs of the right side."""
    buttons = "".join(
        f'<button type="button" role="tab" id="yj-tab-{tab}" data-tab="{tab}" aria-controls="yj-{tab}-panel">'
        f"{escape(getattr(words, tab))}</button>"
        for tab in TABS
    )
    return f'<div class="yj-tablist" role="tablist" aria-label="{escape(words.tabs)}">{buttons}</div>'


def scope_html(searched: int, papers: int, comparing: bool, words: Words) -> str:
    """The line above the question box: in how many papers is searched, and whether each is asked by itself."""
    if not papers:
        return ""
    every = searched == papers
    told = words.scope_all.format(count=papers) if every else words.scope_some.format(count=searched, all=papers)
    back = "" if every else f'<button type="button" data-search="*">{escape(words.scope_reset)}</button>'
    switch = (
        f'<button type="button" role="switch" data-compare="1" aria-checked="{str(comparing).lower()}"'
        f' title="{escape(words.compare_hint)}"><i aria-hidden="true"></i>{escape(words.compare)}</button>'
    )
    narrowed = "" if every else " yj-narrowed"
    return (
        f'<div class="yj-scope{narrowed}"><button type="button" class="yj-choose" data-tab="library">'
        f"{escape(told)}</button>{back}{switch}</div>"
    )


def waiting_html(words: Words) -> str:
    """What stands in a panel that is filled when it is first opened."""
    return f'<p class="yj-empty" role="status">{escape(words.drawing)}</p>'


def lines_html(done: Sequence[str], failed: Sequence[str]) -> str:
    """A status of several lines: what was done, and what was not."""
    lines = [f'<p class="yj-done">{escape(line)}</p>' for line in done]
    lines += [f'<p class="yj-failed">{escape(line)}</p>' for line in failed]
    return f'<div class="yj-status" role="status">{"".join(lines)}</div>'


def copy_html(label: str, text: str, words: Words) -> str:
    """A button that copies a text."""
    copied = f'data-copy="{escape(text)}" data-copied="{escape(words.copied)}"'
    return f'<button type="button" {copied}>{escape(label)}</button>'


def error_text(error: YinjuError, words: Words) -> str:
    """The error's sentence; for an index that is missing or unfit, which button mends it (and no folder's path)."""
    if isinstance(error, IndexMissing):
        return words.no_index
    if isinstance(error, IndexFault):
        return words.index_unfit
    return error.message(words.language)
