"""The chat page: `build_page` makes it, `serve_page` serves it on this machine only.

    shelf = Shelf.open("corpus/papers")
    serve_page(shelf, port=7860, on_ready=print)

Nothing on the page comes from another host: fonts are the system's, and `PageShell` takes out Gradio's outward links.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from starlette.middleware import Middleware

from corpus.errors import AddressTaken, AnswerUnwritable, Language, YinjuError
from corpus.paper import Paper
from indexer.build import Progress, Update
from qa.answer import Answer
from qa.conversation import follow_up
from qa.kept import reopen
from qa.shelf import Shelf
from qa.snapshot import Snapshot
from ui.shell import PageShell
from ui.viewer import (
    Opened,
    Turn,
    conversation_html,
    error_text,
    evidence_html,
    greeting_html,
    header_html,
    library_html,
    lines_html,
    opened_by_itself,
    progress_html,
    related_html,
    report_html,
    tabs_html,
    update_html,
)
from ui.words import WORDS, Words

# Gradio and the Hugging Face client read these when they are imported: neither is to send anything anywhere.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# After every event Gradio would summarise all events with pandas, by a call that pandas warns of: never, in effect.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"

import gradio as gr

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

_SANS = ("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Noto Sans Mono CJK SC", "monospace")

_EXAMPLES = (
    ("sun-luo", "2019年美国制造业创新研究所的私人投资是多少亿美元？"),
    ("wang-yu-liu", "制造业外包为什么最终会让一个国家丧失创新能力？"),
    ("zhang", "联邦政府对创新中心的资助期是几年，最多能延长多久？"),
    ("wang-yu-liu", "What is an industrial commons?"),
)
"""Questions to start with, each with the paper that answers it: shown only while the library holds that paper."""

_CLICKS = """
element.addEventListener('click', (event) => {
  const example = event.target.closest('button[data-ask]');
  if (example) return trigger('ask', {question: example.dataset.ask});
  const completed = event.target.closest('button[data-edit]');
  if (completed) return trigger('edit', {question: completed.dataset.edit});
  const report = event.target.closest('button[data-report]');
  if (report) return trigger('report', {paper: report.dataset.report});
  const mark = event.target.closest('button[data-turn]');
  if (!mark) return;
  const {turn, n, rank} = mark.dataset;
  trigger('show', {turn: Number(turn), kind: n ? 'citation' : 'passage', n: Number(n || rank)});
});
"""
"""One listener for everything that `ui.viewer` makes clickable; Enter on a focused button is a click too."""


@dataclass(frozen=True, slots=True)
class Session:
    """What one open page shows."""

    language: Language = "zh"
    turns: tuple[Turn, ...] = ()
    opened: Opened | None = None
    reported: str = ""
    """The id of the paper whose parse report stands in the library's place."""
    edited: bool = False
    """Whether the question box holds a completed question to be changed: it is then asked as it stands."""

    @property
    def words(self) -> Words:
        """The texts of its language."""
        return WORDS[self.language]


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that change."""

    session: gr.State
    header: gr.HTML
    switch: gr.Button
    clear: gr.Button
    greeting: gr.HTML
    conversation: gr.HTML
    related: gr.HTML
    question: gr.Textbox
    send: gr.Button
    tabs: gr.HTML
    evidence: gr.HTML
    add: gr.UploadButton
    update: gr.Button
    status: gr.HTML
    library: gr.HTML
    report: gr.HTML


Changes = dict[Any, Any]
"""New values by component: what a handler hands back to Gradio."""


class Desk:
    """What happens when something on the page is pressed. One for all open pages; what one shows is its `Session`."""

    def __init__(self, shelf: Shelf, parts: Parts) -> None:
        self.shelf = shelf
        self.parts = parts
        self._updating = threading.Lock()

    def arrive(self, session: Session, request: gr.Request) -> Changes:
        """The page has been opened: show the library, where there is no index say so, and the answer that is linked."""
        words, parts = session.words, self.parts
        changes = {parts.library: self._library_html(words), parts.greeting: self._greeting_html(words)}
        address = str(request.query_params.get("answer", "")) if request is not None else ""
        if not address:
            return changes
        turn = self._reopened(address)
        opened = opened_by_itself(turn.answer, 0) if turn.answer else None
        session = replace(session, turns=(turn,), opened=opened)
        return {
            **changes,
            parts.session: session,
            parts.conversation: conversation_html(session.turns, words),
            parts.evidence: self._evidence_html(session),
        }

    def ask(self, question: str, session: Session) -> Iterator[Changes]:
        """A question has been sent: show it at once, then its answer as it grows or its error, with the first citation
        opened."""
        parts, number, before = self.parts, len(session.turns), session.turns
        as_it_stands, session = session.edited, replace(session, turns=(*before, Turn(question)), edited=False)
        yield {
            parts.question: "",
            parts.session: session,
            parts.conversation: conversation_html(session.turns, session.words),
            parts.related: "",
            **self._pressable(False),
        }
        turn = Turn(question)
        for turn in self._answered(question, () if as_it_stands else before):
            opened = opened_by_itself(turn.answer, number) if turn.answer else None
            session = replace(session, turns=(*before, turn), opened=opened or session.opened)
            yield {
                parts.session: session,
                parts.conversation: conversation_html(session.turns, session.words),
                parts.evidence: self._evidence_html(session),
            }
        yield self._pressable(True)

    def relate(self, session: Session) -> Changes:
        """An answer has been given: offer what could be asked next."""
        return {self.parts.related: related_html(self._related(session.turns), session.words)}

    def _pressable(self, now: bool) -> Changes:
        """What changes the whole conversation cannot be pressed while an answer is on its way: it would undo that."""
        return {self.parts.clear: gr.Button(interactive=now), self.parts.switch: gr.Button(interactive=now)}

    def ask_example(self, session: Session, event: gr.EventData) -> Iterator[Changes]:
        """An example question has been pressed."""
        yield from self.ask(str(_data(event).get("question", "")), session)

    def edit(self, session: Session, event: gr.EventData) -> Changes:
        """A completed question is to be changed: it goes into the question box."""
        session = replace(session, edited=True)
        return {self.parts.session: session, self.parts.question: str(_data(event).get("question", ""))}

    def show(self, session: Session, event: gr.EventData) -> Changes:
        """A mark, a source or a passage has been pressed: show it in the evidence panel."""
        data = _data(event)
        turn, n, kind = data.get("turn"), data.get("n"), data.get("kind")
        if not (isinstance(turn, int) and isinstance(n, int) and 0 <= turn < len(session.turns)):
            return {self.parts.session: session}
        session = replace(session, opened=Opened(turn, "passage" if kind == "passage" else "citation", n))
        return {self.parts.session: session, self.parts.evidence: self._evidence_html(session)}

    def report(self, session: Session, event: gr.EventData) -> Changes:
        """A paper's parse report has been asked for, or the way back from it."""
        paper = _data(event).get("paper")
        session = replace(session, reported=paper if isinstance(paper, str) else "")
        return {self.parts.session: session, self.parts.report: self._report_html(session)}

    def clear(self, session: Session) -> Changes:
        """A new conversation."""
        session = Session(session.language, reported=session.reported)
        return {
            self.parts.session: session,
            self.parts.conversation: conversation_html((), session.words),
            self.parts.related: "",
            self.parts.evidence: self._evidence_html(session),
        }

    def switch(self, session: Session) -> Changes:
        """The other language, for every text on the page."""
        session = replace(session, language="en" if session.language == "zh" else "zh")
        parts, words = self.parts, session.words
        return {
            parts.session: session,
            parts.header: header_html(words),
            parts.switch: gr.Button(words.switch),
            parts.clear: gr.Button(words.clear),
            parts.greeting: self._greeting_html(words),
            parts.conversation: conversation_html(session.turns, words),
            parts.related: "",
            parts.question: gr.Textbox(label=words.question_label, placeholder=words.question_placeholder),
            parts.send: gr.Button(words.ask),
            parts.tabs: tabs_html(words),
            parts.evidence: self._evidence_html(session),
            parts.add: gr.UploadButton(words.add_papers),
            parts.update: gr.Button(words.update_index),
            parts.status: "",
            parts.library: self._library_html(words),
            parts.report: self._report_html(session),
        }

    def add(self, files: Sequence[str] | None, session: Session) -> Changes:
        """Files have been uploaded: each is added or gets its one line; the others go on."""
        words, added, failed = session.words, [], []
        for file in map(Path, files or ()):
            try:
                added.append(words.added_one.format(file=self.shelf.library.add(file, file.name).name))
            except YinjuError as exc:
                failed.append(exc.message(words.language))
            except Exception:  # noqa: BLE001 - logged; what one file breaks must not keep the others out
                _LOG.exception("adding %s", file.name)
                failed.append(words.unexpected_file.format(file=file.name))
            file.unlink(missing_ok=True)
        if added:
            added.append(words.added_next)
        return {
            self.parts.add: gr.UploadButton(value=None),
            self.parts.status: lines_html(added, failed),
            self.parts.library: self._library_html(words),
        }

    def update(self, session: Session) -> Iterator[Changes]:
        """The index is brought up to date; the bar shows the stage and the paper being worked on."""
        parts, words = self.parts, session.words
        latest = ("", "", 0.0)

        def note(stage: str, file: str, share: float) -> None:
            nonlocal latest
            latest = (stage, file, share)

        running = self._update_in_background(note)
        yield {parts.update: gr.Button(interactive=False), parts.status: progress_html(*latest, words)}
        shown = latest
        while wait([running], timeout=0.1).not_done:
            if latest != shown:
                shown = latest
                yield {parts.status: progress_html(*shown, words)}
        try:
            status = update_html(running.result(), words)
        except YinjuError as exc:
            status = lines_html([], [words.update_failed.format(reason=error_text(exc, words))])
        except Exception:  # noqa: BLE001 - logged, as below
            _LOG.exception("updating the index")
            status = lines_html([], [words.update_broken])
        yield {
            parts.update: gr.Button(interactive=True),
            parts.status: status,
            parts.library: self._library_html(words),
            parts.greeting: self._greeting_html(words),
        }

    def _update_in_background(self, note: Progress) -> Future[Update]:
        """One update at a time, even where the page that began it has been closed; the thread ends with the program."""
        running: Future[Update] = Future()

        def work() -> None:
            try:
                with self._updating:
                    running.set_result(self.shelf.update(note))
            except Exception as exc:  # noqa: BLE001 - whoever waits for the result gets it
                running.set_exception(exc)

        threading.Thread(target=work, name="yinju-update", daemon=True).start()
        return running

    def _answered(self, question: str, before: Sequence[Turn]) -> Iterator[Turn]:
        """The turn as its answer grows; the last one is kept, and has its address."""
        try:
            answers = [turn.answer for turn in before if turn.answer is not None]
            snapshot = self.shelf.snapshot()
            completed = follow_up(question, answers, snapshot.index.glossary.all_names)
            answer = None
            for answer in snapshot.stream(completed):
                yield Turn(question, answer, _named(answer, snapshot))
            if answer is not None and not answer.abstained:
                with suppress(AnswerUnwritable):
                    yield Turn(question, answer, _named(answer, snapshot), address=self.shelf.keep(answer))
        except YinjuError as exc:
            yield Turn(question, error=exc)
        except Exception:  # noqa: BLE001 - what broke belongs in the log; the page says that it did and stays usable
            _LOG.exception("answering")
            yield Turn(question, broken=True)

    def _reopened(self, address: str) -> Turn:
        try:
            snapshot = self.shelf.snapshot()
            reopened = reopen(self.shelf.answers.get(address), snapshot.index.papers)
            answer = reopened.answer
            return Turn(answer.question, answer, _named(answer, snapshot), address=address, standing=reopened)
        except YinjuError as exc:
            return Turn("", error=exc)

    def _related(self, turns: Sequence[Turn]) -> tuple[str, ...]:
        """What could be asked next; nothing where that cannot be found out."""
        answers = [turn.answer for turn in turns if turn.answer is not None]
        try:
            asked = [answer.question for answer in answers]
            return self.shelf.snapshot().related(answers[-1], asked) if turns and turns[-1].answer is not None else ()
        except YinjuError:
            return ()
        except Exception:  # noqa: BLE001 - logged; the answer stands without it
            _LOG.exception("related questions")
            return ()

    def _greeting_html(self, words: Words) -> str:
        error = self._index_error()
        return greeting_html(words, self._examples(), "" if error is None else error_text(error, words))

    def _evidence_html(self, session: Session) -> str:
        return evidence_html(session.turns, session.opened, session.words)

    def _examples(self) -> list[str]:
        """The example questions that a paper of the library answers."""
        try:
            files = self.shelf.library.files()
        except YinjuError:
            return []
        return [question for paper, question in _EXAMPLES if paper in files]

    def _index_error(self) -> YinjuError | None:
        try:
            _ = self.shelf.index
        except YinjuError as exc:
            return exc
        return None

    def _library_html(self, words: Words) -> str:
        library = self.shelf.library
        try:
            left_out = [path.name for path in library.left_out()]
            return library_html(self.shelf.states(), self.shelf.failures(), left_out, words)
        except YinjuError as exc:
            return lines_html([], [error_text(exc, words)])

    def _report_html(self, session: Session) -> str:
        """The report as the index has it: no file is read for it."""
        name, words = session.reported, session.words
        if not name:
            return ""
        try:
            return report_html(*self.shelf.find(name), self.shelf.failures().get(name), words)
        except YinjuError as exc:
            return lines_html([], [error_text(exc, words)])


def _named(answer: Answer, snapshot: Snapshot) -> dict[str, Paper]:
    """The papers that an answer names, as they are in the version that it is from."""
    indexed = snapshot.index.papers
    named = {c.paper.id for c in answer.citations} | {p.paper.id for p in answer.passages}
    return {name: indexed[name] for name in named if name in indexed}


def _data(event: gr.EventData) -> dict[str, Any]:
    """What the browser sent with the event: anything at all, if somebody else than our script sent it."""
    return event._data if isinstance(event._data, dict) else {}


def build_page(shelf: Shelf) -> gr.Blocks:
    """The page of a shelf, not served yet. It opens whether or not there is an index."""
    return _in_event_loop(lambda: _built(shelf))


def _built(shelf: Shelf) -> gr.Blocks:
    words = WORDS["zh"]
    # Uploaded copies live in Gradio's own folder: what is left of them after a day goes, looked at every hour.
    page = gr.Blocks(title=words.title, fill_width=True, analytics_enabled=False, delete_cache=(3600, 86400))
    with page:
        session = gr.State(Session())
        with gr.Row(elem_id="yj-top"):
            header = gr.HTML(header_html(words), elem_id="yj-header", apply_default_css=False)
            clear = gr.Button(words.clear, elem_id="yj-clear", size="sm", scale=0)
            switch = gr.Button(words.switch, elem_id="yj-switch", size="sm", scale=0)
        with gr.Row(elem_id="yj-desk"):
            with gr.Column(elem_id="yj-left"):
                left = _conversation_column(words)
            with gr.Column(elem_id="yj-right"):
                right = _evidence_column(words)
        parts = Parts(session, header, switch, clear, *left, *right)
        _connect(page, parts, Desk(shelf, parts))
    return page


def _conversation_column(words: Words) -> tuple[Any, ...]:
    plain: dict[str, Any] = {"js_on_load": _CLICKS, "apply_default_css": False}
    with gr.Column(elem_id="yj-scroll"):
        # Two parts: what is found out about the library late must not write over a conversation begun early.
        greeting = gr.HTML(greeting_html(words), elem_id="yj-greeting", **plain)
        conversation = gr.HTML(conversation_html((), words), elem_id="yj-conversation", **plain)
        related = gr.HTML("", elem_id="yj-related", **plain)
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
    return greeting, conversation, related, question, send


def _evidence_column(words: Words) -> tuple[Any, ...]:
    # Not `gr.Tabs`: it mounts a tab when that is first opened, and a hidden library could not be brought up to date.
    tabs = gr.HTML(tabs_html(words), elem_id="yj-tabs", apply_default_css=False)
    with gr.Column(elem_id="yj-evidence-panel"):
        empty = evidence_html((), None, words)
        evidence = gr.HTML(empty, elem_id="yj-evidence", js_on_load=_CLICKS, apply_default_css=False)
    with gr.Column(elem_id="yj-library-panel"):
        with gr.Row(elem_id="yj-tools"):
            # No `file_types`: Gradio would refuse all files for one; the library says of each why it is refused.
            add = gr.UploadButton(words.add_papers, file_count="multiple", size="sm", elem_id="yj-add")
            update = gr.Button(words.update_index, variant="primary", size="sm", elem_id="yj-update")
        status = gr.HTML("", elem_id="yj-status", apply_default_css=False)
        pressed: dict[str, Any] = {"js_on_load": _CLICKS, "apply_default_css": False}
        library = gr.HTML(lines_html([words.library_loading], []), elem_id="yj-library", **pressed)
        report = gr.HTML("", elem_id="yj-report", **pressed)
    return tabs, evidence, add, update, status, library, report


def _connect(page: gr.Blocks, parts: Parts, desk: Desk) -> None:
    """Which press calls what. None of it is an API endpoint."""
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    shown = [parts.session, parts.conversation, parts.evidence]
    answer = [*shown, parts.question, parts.related, parts.clear, parts.switch]
    opened = [parts.session, parts.evidence]
    page.load(desk.arrive, parts.session, [parts.library, parts.greeting, *shown], **quiet)
    together: dict[str, Any] = {"concurrency_limit": 4, **quiet}
    asked = (
        gr.on([parts.send.click, parts.question.submit], desk.ask, [parts.question, parts.session], answer, **together),
        parts.greeting.ask(desk.ask_example, parts.session, answer, **together),
        parts.related.ask(desk.ask_example, parts.session, answer, **together),
    )
    for event in asked:
        # Apart from the answer: while an event is going on, the same event cannot begin again.
        event.then(desk.relate, parts.session, parts.related, trigger_mode="multiple", concurrency_limit=2, **quiet)
    parts.conversation.edit(desk.edit, parts.session, [parts.session, parts.question], **quiet)
    parts.conversation.show(desk.show, parts.session, opened, concurrency_limit=4, **quiet)
    parts.evidence.show(desk.show, parts.session, opened, concurrency_limit=4, **quiet)
    reported = [parts.session, parts.report]
    parts.library.report(desk.report, parts.session, reported, concurrency_limit=4, **quiet)
    parts.report.report(desk.report, parts.session, reported, concurrency_limit=4, **quiet)
    parts.clear.click(desk.clear, parts.session, [*shown, parts.related], **quiet)
    everything = [getattr(parts, name) for name in Parts.__slots__]
    parts.switch.click(desk.switch, parts.session, everything, **quiet)
    added = [parts.add, parts.status, parts.library]
    parts.add.upload(desk.add, [parts.add, parts.session], added, concurrency_limit=1, **quiet)
    updated = [parts.update, parts.status, parts.library, parts.greeting]
    parts.update.click(desk.update, parts.session, updated, concurrency_limit=1, **quiet)


def serve_page(
    shelf: Shelf,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    on_ready: Callable[[str], object] = print,
    block: bool = True,
) -> gr.Blocks:
    """Serve the page of a shelf; see `launch_page`. The model is loaded meanwhile: the first question is quick."""
    threading.Thread(target=_warm, args=(shelf,), name="yinju-warm", daemon=True).start()
    return launch_page(build_page(shelf), host, port, on_ready=on_ready, block=block, megabytes=shelf.library.megabytes)


def _warm(shelf: Shelf) -> None:
    # What is wrong with the index or the model is said where a question is asked.
    with suppress(YinjuError):
        shelf.search("引据", top=1)


def launch_page(
    page: gr.Blocks,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    on_ready: Callable[[str], object] = print,
    block: bool = True,
    megabytes: int = 100,
) -> gr.Blocks:
    """Serve a built page and call `on_ready` with its address; returns at once if not `block`, else on Ctrl-C.

    Raises `AddressTaken` where the address cannot be taken. `page.close()` ends it.
    """
    _check_free(host, port)
    _reach_without_proxy(host)
    options = _launch_options(megabytes)
    address = f"[{host}]" if ":" in host else host
    _in_event_loop(lambda: page.launch(server_name=address, server_port=port, **options))
    on_ready(str(page.local_url))
    if block:
        _wait_for_interrupt(page)
    return page


def _launch_options(megabytes: int) -> dict[str, Any]:
    return {
        "share": False,
        "inline": False,
        "quiet": True,
        "show_error": False,
        "prevent_thread_lock": True,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "ssr_mode": False,
        "pwa": False,
        # The library refuses larger files with a sentence; this only keeps an upload from filling the disk.
        "max_file_size": f"{2 * megabytes}mb",
        "theme": _theme(),
        "app_kwargs": {
            "middleware": [Middleware(PageShell)],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    }


def _in_event_loop(make: Callable[[], _T]) -> _T:
    """Call with an event loop running: where none is, Gradio makes one for each of its locks and never closes it."""

    async def call() -> _T:
        return make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(call())
    return make()


def _wait_for_interrupt(page: gr.Blocks) -> None:
    try:
        with suppress(KeyboardInterrupt):
            while page.is_running:
                time.sleep(0.2)
    finally:
        page.close(verbose=False)


def _check_free(host: str, port: int) -> None:
    """Gradio's own complaint about a taken port names environment variables that nobody here has set."""
    try:
        if not 0 < port < 2**16:
            raise OSError("ports are 1 to 65535")
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as exc:
        reason = exc.strerror or exc
        raise AddressTaken(address=f"{host}:{port}", detail=reason) from exc


def _reach_without_proxy(host: str) -> None:
    """Gradio calls its own server once at the start; where HTTP_PROXY is set, that call must not go to the proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        listed = [entry for entry in os.environ.get(name, "").split(",") if entry]
        wanted = [entry for entry in ("127.0.0.1", "localhost", host) if entry not in listed]
        os.environ[name] = ",".join([*listed, *wanted])


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
