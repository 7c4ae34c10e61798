"""The chat page: what stands on it, and which press calls what. `ui.desk` says what then happens, `ui.serve` serves it.

Nothing on the page comes from another host: fonts are the system's, and `PageShell` takes out Gradio's outward links.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import fastapi
import gradio as gr
from starlette.middleware import Middleware

from qa.shelf import Shelf
from ui.conversation_html import conversation_html, greeting_html
from ui.desk import Desk
from ui.evidence_html import evidence_html
from ui.frame_html import header_html, lines_html, tabs_html, waiting_html
from ui.shell import PageShell
from ui.state import HIDDEN, Parts, Session
from ui.words import WORDS, Words

_T = TypeVar("_T")

_GOING_ON, _EVENTS = 200, 500
"""Presses that may be going on and that may wait for it, over all open pages."""
_SESSIONS = 200
"""Pages whose conversation is kept in memory; of more the ones unused for longest lose theirs."""
_SANS = ("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Noto Sans Mono CJK SC", "monospace")

_CLICKS = """
const events = [
  ['ask', 'data-ask', (d) => ({question: d.ask})],
  ['edit', 'data-edit', (d) => ({question: d.edit})],
  ['replace', 'data-replace', (d) => ({file: d.replace})],
  ['report', 'data-report', (d) => ({paper: d.report})],
  ['remove', 'data-remove', (d) => ({paper: d.remove})],
  ['restore', 'data-restore', (d) => ({kept: d.restore})],
  ['open', 'data-conversation', (d) => ({key: d.conversation})],
  ['forget', 'data-forget', (d) => ({key: d.forget})],
  ['remember', 'data-remember', (d) => ({key: d.remember})],
  ['event', 'data-event', (d) => ({place: d.event})],
  ['recall', 'data-tab="history"', () => ({})],
  ['look', 'data-tab', (d) => ({tab: d.tab})],
  ['choose', 'data-search', (d) => ({paper: d.search})],
  ['compare', 'data-compare', () => ({})],
  ['view', 'data-view', (d) => ({view: d.view})],
  ['step', 'data-aside', (d) => ({aside: Number(d.aside)})],
  ['show', 'data-turn', (d) => ({turn: Number(d.turn), kind: d.n ? 'citation' : 'passage', n: Number(d.n || d.rank)})],
];
element.addEventListener('click', (event) => {
  const button = event.target.closest('button, use[data-ask]');
  const pressed = button && events.find(([, attribute]) => button.matches(`[${attribute}]`));
  if (pressed) trigger(pressed[0], pressed[2](button.dataset));
});
element.addEventListener('change', (event) => {
  const box = event.target.closest('input[data-search]');
  if (box) trigger('choose', {paper: box.dataset.search, on: box.checked});
});
"""
"""One listener for everything that `ui.*_html` make clickable; Enter on a focused button is a click too."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be served."""

    blocks: gr.Blocks
    desk: Desk

    @property
    def busy(self) -> bool:
        """Whether a question is being answered, or the index brought up to date."""
        return self.desk.busy

    @property
    def uploads(self) -> Path:
        """Where uploaded files lie until they are added."""
        return Path(_uploads().name)

    def close(self) -> None:
        """Begin nothing more, and let go of those who are waiting."""
        self.desk.line.close()
        self.blocks.is_running = False
        if hasattr(self.blocks, "app"):
            self.blocks.app.stop_event.set()

    def tidy(self) -> None:
        """Away with the copies of uploaded files, where the program will not end in the ordinary way."""
        _uploads().cleanup()


@cache
def _uploads() -> tempfile.TemporaryDirectory[str]:
    """Where Gradio keeps what is uploaded until it is added: this program's own, not the one that all Gradio apps of a
    machine share. It goes when the program ends."""
    folder = tempfile.TemporaryDirectory(prefix="yinju-uploads-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)
    return folder


def build_page(shelf: Shelf) -> Page:
    """The page of a shelf, not served yet. It opens whether or not there is an index."""
    os.environ["GRADIO_TEMP_DIR"] = _uploads().name
    return _in_event_loop(lambda: _built(shelf))


def _built(shelf: Shelf) -> Page:
    words = WORDS["zh"]
    # Uploaded copies live in Gradio's own folder: what is left of them after a day goes, looked at every hour.
    page = gr.Blocks(title=words.title, fill_width=True, analytics_enabled=False, delete_cache=(3600, 86400))
    with page:
        states = gr.State(Session()), gr.State({}), gr.State(frozenset[str]()), gr.State(False)
        with gr.Row(elem_id="yj-top"):
            header = gr.HTML(header_html(words), elem_id="yj-header", apply_default_css=False)
            account = gr.HTML("", elem_id="yj-account", apply_default_css=False)
            clear = gr.Button(words.clear, elem_id="yj-clear", size="sm", scale=0)
            switch = gr.Button(words.switch, elem_id="yj-switch", size="sm", scale=0)
        with gr.Row(elem_id="yj-desk"):
            with gr.Column(elem_id="yj-left"):
                left = _conversation_column(words)
            with gr.Column(elem_id="yj-right"):
                right = _evidence_column(words)
        desk = Desk(shelf, Parts(*states, header, account, switch, clear, *left, *right))
        _connect(page, desk)
    # Gradio looks at where a file lies only in what it has launched itself; this page is mounted.
    page.has_launched = page.is_running = True
    # Questions wait at the desk's own line, where they are counted; these only bound what a flood may heap up.
    page.max_threads = _GOING_ON
    page.queue(max_size=_EVENTS, api_open=False)
    page.state_session_capacity = _SESSIONS
    return Page(page, desk)


def _conversation_column(words: Words) -> tuple[Any, ...]:
    plain: dict[str, Any] = {"js_on_load": _CLICKS, "apply_default_css": False}
    with gr.Column(elem_id="yj-scroll"):
        # Two parts: what is found out about the library late must not write over a conversation begun early.
        greeting = gr.HTML(greeting_html(words), elem_id="yj-greeting", **plain)
        conversation = gr.HTML(conversation_html((), words), elem_id="yj-conversation", **plain)
        related = gr.HTML("", elem_id="yj-related", **plain)
    scope = gr.HTML("", elem_id="yj-scope", **plain)
    with gr.Row(elem_id="yj-composer"):
        question = gr.Textbox(
            label=words.question_label,
            placeholder=words.question_placeholder,
            lines=1,
            max_lines=6,
            container=False,
            autofocus=True,
            elem_id="yj-question",
        )
        send = gr.Button(words.ask, variant="primary", scale=0, elem_id="yj-send")
    return greeting, conversation, related, scope, question, send


def _evidence_column(words: Words) -> tuple[Any, ...]:
    # Not `gr.Tabs`: it mounts a tab when that is first opened, and a hidden library could not be brought up to date.
    pressed: dict[str, Any] = {"js_on_load": _CLICKS, "apply_default_css": False}
    tabs = gr.HTML(tabs_html(words), elem_id="yj-tabs", **pressed)
    with gr.Column(elem_id="yj-evidence-panel"):
        empty = evidence_html((), None, words)
        evidence = gr.HTML(empty, elem_id="yj-evidence", js_on_load=_CLICKS, apply_default_css=False)
    with gr.Column(elem_id="yj-library-panel"):
        with gr.Row(elem_id="yj-tools"):
            # No `file_types`: Gradio would refuse all files for one; the library says of each why it is refused.
            add = gr.UploadButton(words.add_papers, file_count="multiple", size="sm", elem_id="yj-add")
            update = gr.Button(words.update_index, variant="primary", size="sm", elem_id="yj-update")
            cancel = gr.Button(words.cancel, size="sm", visible=HIDDEN, elem_id="yj-cancel")
        status = gr.HTML("", elem_id="yj-status", **pressed)
        library = gr.HTML(lines_html([words.library_loading], []), elem_id="yj-library", **pressed)
        report = gr.HTML("", elem_id="yj-report", **pressed)
    with gr.Column(elem_id="yj-map-panel"):
        drawn = gr.HTML(waiting_html(words), elem_id="yj-map", **pressed)
    with gr.Column(elem_id="yj-timeline-panel"):
        timeline = gr.HTML(waiting_html(words), elem_id="yj-timeline", **pressed)
    with gr.Column(elem_id="yj-history-panel"):
        wanted = gr.Textbox(
            label=words.history_search, placeholder=words.history_search, container=False, elem_id="yj-wanted"
        )
        forgotten = gr.HTML("", elem_id="yj-forgotten", **pressed)
        history = gr.HTML(waiting_html(words), elem_id="yj-history", **pressed)
    kept = (drawn, timeline, wanted, forgotten, history)
    return tabs, evidence, add, update, cancel, status, library, report, *kept


def _connect(page: gr.Blocks, desk: Desk) -> None:
    """Which press calls what. None of it is an API endpoint."""
    parts = desk.parts
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    session, skipped, comparing = parts.session, parts.skipped, parts.comparing
    everything = [getattr(parts, name) for name in Parts.__slots__]
    page.load(desk.arrive, session, everything, concurrency_limit=4, **quiet)
    shown = [session, parts.conversation, parts.evidence]
    answer = [*shown, parts.question, parts.related, parts.clear, parts.switch]
    asking = [session, skipped, comparing]
    together: dict[str, Any] = {"concurrency_limit": None, **quiet}  # they wait in the desk's own line
    sent = [parts.send.click, parts.question.submit]
    asked = (
        gr.on(sent, desk.ask, [parts.question, *asking], answer, **together),
        parts.greeting.ask(desk.ask_example, asking, answer, **together),
        parts.related.ask(desk.ask_example, asking, answer, **together),
        parts.map.ask(desk.ask_example, asking, answer, **together),
        parts.timeline.ask(desk.ask_example, asking, answer, **together),
    )
    for event in asked:
        # Apart from the answer: while an event is going on, the same event cannot begin again.
        event.then(
            desk.relate, [session, skipped], parts.related, trigger_mode="multiple", concurrency_limit=2, **quiet
        )
    several: dict[str, Any] = {"concurrency_limit": 4, **quiet}
    opened = [session, parts.evidence]
    parts.conversation.edit(desk.edit, session, [session, parts.question], **quiet)
    # Whoever presses on quickly gets to where the last press leads.
    latest: dict[str, Any] = {"trigger_mode": "always_last", **several}
    parts.conversation.show(desk.show, session, opened, **latest)
    parts.evidence.show(desk.show, session, opened, **latest)
    parts.evidence.step(desk.step, session, opened, **latest)
    parts.evidence.view(desk.view, session, opened, **several)
    parts.clear.click(desk.clear, session, [*shown, parts.related], **quiet)
    parts.switch.click(desk.switch, asking, everything, **quiet)
    parts.scope.compare(desk.compare, asking, [comparing, parts.scope], **several)
    _connect_library(desk, quiet)
    _connect_overview(desk, quiet)
    _connect_history(desk, quiet)


def _connect_library(desk: Desk, quiet: dict[str, Any]) -> None:
    parts, librarian = desk.parts, desk.librarian
    session, skipped, comparing = parts.session, parts.skipped, parts.comparing
    several, alone = {"concurrency_limit": 4, **quiet}, {"concurrency_limit": 1, **quiet}
    chosen = [skipped, parts.scope, parts.library]
    for chooser in (parts.library, parts.scope):
        # Each of several quick presses counts, one after the other.
        chooser.choose(librarian.choose, [session, skipped, comparing], chosen, trigger_mode="multiple", **alone)
    for reporter in (parts.library, parts.report):
        reporter.report(librarian.report, session, [session, parts.report], **several)
    added = [parts.refused, parts.add, parts.status, parts.library]
    parts.add.upload(librarian.add, [parts.add, session, skipped], added, **alone)
    parts.status.replace(librarian.replace, [session, skipped, parts.refused], added, **alone)
    changed = [parts.status, parts.library]
    parts.library.remove(librarian.remove, [session, skipped], changed, **alone)
    for putter in (parts.library, parts.status):
        putter.restore(librarian.restore, [session, skipped], changed, **alone)
    updated = parts.update.click(librarian.update, session, [parts.update, parts.cancel, parts.status], **alone)
    # What was chosen, and in which language, may have changed meanwhile.
    shown = [parts.library, parts.greeting, parts.scope]
    updated.then(librarian.refresh, [session, skipped, comparing], shown, **several)
    parts.cancel.click(librarian.cancel, session, parts.cancel, **several)


def _connect_overview(desk: Desk, quiet: dict[str, Any]) -> None:
    parts, surveyor = desk.parts, desk.surveyor
    several = {"concurrency_limit": 4, "trigger_mode": "multiple", **quiet}
    parts.tabs.look(surveyor.look, parts.session, [parts.map, parts.timeline], **several)
    parts.timeline.event(surveyor.event, parts.session, [parts.session, parts.evidence], **several)


def _connect_history(desk: Desk, quiet: dict[str, Any]) -> None:
    parts, historian = desk.parts, desk.historian
    several = {"concurrency_limit": 4, **quiet}
    looking = [parts.session, parts.wanted]
    # One after the other: of two lists asked for the later one must be the one that stays. Not `input`, which Gradio
    # 6.31 does not send for this box.
    listed: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "listing", **quiet}
    parts.tabs.recall(historian.look, looking, parts.history, trigger_mode="multiple", **listed)
    parts.wanted.change(historian.look, looking, parts.history, trigger_mode="always_last", **listed)
    changed = [parts.forgotten, parts.history]
    shown = [parts.session, parts.conversation, parts.related, parts.evidence, *changed]
    parts.history.open(historian.open, looking, shown, **several)
    parts.history.forget(historian.forget, looking, changed, trigger_mode="multiple", **several)
    parts.forgotten.remember(historian.remember, looking, changed, **several)


def mount_page(app: fastapi.FastAPI, page: Page) -> None:
    """Put a built page under `/` of an app. Nothing that Gradio could do beyond showing it is switched on."""
    _in_event_loop(
        lambda: gr.mount_gradio_app(
            app,
            page.blocks,
            "/",
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            show_error=False,
            allowed_paths=[],
            # The library refuses larger files with a sentence; this only keeps an upload from filling the disk.
            max_file_size=f"{2 * page.desk.shelf.library.megabytes}mb",
            theme=_theme(),
            app_kwargs={
                "middleware": [Middleware(PageShell)], "docs_url": None, "redoc_url": None, "openapi_url": None,
            },
        )
    )  # fmt: skip


def _in_event_loop(make: Callable[[], _T]) -> _T:
    """Call with an event loop running: where none is, Gradio makes one for each of its locks and never closes it."""

    async def call() -> _T:
        return make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(call())
    return make()


def _theme() -> gr.themes.Base:
    """Gradio's plain theme in the page's colours, with fonts of the system only (its default ones are web fonts)."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.red,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=list(_SANS),
        font_mono=list(_MONO),
    )
    return theme.set(
        body_background_fill="#f6f4ef",
        body_background_fill_dark="#191816",
        body_text_color="#26231f",
        body_text_color_dark="#e8e4dc",
        block_background_fill="transparent",
        block_border_width="0px",
    )
