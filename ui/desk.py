"""What happens when something on the page is pressed.

Each handler gets what the page shows, its `Session`, and hands back the components that change, with their new values.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import gradio as gr

from corpus.errors import (
    AnswerUnwritable,
    Language,
    PaperExists,
    RoleLacking,
    ServerBusy,
    UploadTooMany,
    YinjuError,
)
from corpus.paper import Paper
from indexer.build import Progress, Update
from qa.answer import Answer
from qa.conversation import follow_up
from qa.kept import reopen
from qa.shelf import Shelf
from qa.snapshot import Snapshot
from ui.gate import visitor_of
from ui.line import Line
from ui.logs import broken, event
from ui.viewer import (
    Opened,
    Turn,
    account_html,
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
    replace_html,
    report_html,
    tabs_html,
    update_html,
)
from ui.words import WORDS, Words

_ANSWERING, _WRITING = 2, 8
"""Questions that are answered at a time: without a language model, and with one, which is mostly waited for."""
_EXAMPLES = (
    ("sun-luo", "2019年美国制造业创新研究所的私人投资是多少亿美元？"),
    ("wang-yu-liu", "制造业外包为什么最终会让一个国家丧失创新能力？"),
    ("zhang", "联邦政府对创新中心的资助期是几年，最多能延长多久？"),
    ("wang-yu-liu", "What is an industrial commons?"),
)
"""Questions to start with, each with the paper that answers it: shown only while the library holds that paper."""


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
    refused: gr.State
    """Uploaded files that would replace a paper, by name: where they lie until that is wanted. Apart from the session:
    an upload may take longer than a question that is asked meanwhile, and must not write over its answer."""
    header: gr.HTML
    account: gr.HTML
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


Outcome = Literal["added", "taken", "failed"]
"""Of a file that is to be added: `taken` is a name that another paper has."""
Changes = dict[Any, Any]
"""New values by component: what a handler hands back to Gradio."""


class Desk:
    """What happens when something on the page is pressed. One for all open pages; what one shows is its `Session`."""

    def __init__(self, shelf: Shelf, parts: Parts) -> None:
        self.shelf = shelf
        self.parts = parts
        # A language model is waited for, which takes no core.
        self.line = Line(_ANSWERING if shelf.writer is None else _WRITING, shelf.settings.waiting_questions)
        self._updating = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a question is being answered, or the index brought up to date."""
        return self.line.busy or self._updating.locked()

    def arrive(self, session: Session, request: gr.Request) -> Changes:
        """The page has been opened: show the library, where there is no index say so, and the answer that is linked.

        Who may only read is not shown what only editors may press; what they may do is asked where it is done.
        """
        words, parts, visitor = session.words, self.parts, visitor_of(request.state)
        changes = {
            parts.library: self._library_html(words),
            parts.greeting: self._greeting_html(words),
            parts.account: account_html(visitor.name, words),
            parts.add: gr.UploadButton(visible=visitor.may_edit),
            parts.update: gr.Button(visible=visitor.may_edit),
        }
        address = str(request.query_params.get("answer", ""))
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

    async def ask(self, question: str, session: Session) -> AsyncIterator[Changes]:
        """A question has been sent: show it at once, then its answer as it grows or its error, with the first citation
        opened. Where too many are waiting already, it stays in the box."""
        if self.line.full:
            yield self._busy(question, session)
            return
        yield {
            self.parts.question: "",
            self.parts.session: replace(session, turns=(*session.turns, Turn(question)), edited=False),
            self.parts.conversation: conversation_html((*session.turns, Turn(question)), session.words),
            self.parts.related: "",
            **self._pressable(False),
        }
        try:
            async for changes in self.line.steps(self._asked(question, session)):
                yield changes
        except ServerBusy:
            yield self._busy(question, session)

    def _asked(self, question: str, before: Session) -> Iterator[Changes]:
        """The page as an answer grows. Each change costs the server about as much as a search: there are few."""
        turns, number = before.turns, len(before.turns)
        session = replace(before, edited=False)
        writing = self.shelf.writer is not None
        for turn in self._answered(question, () if before.edited else turns):
            opened = opened_by_itself(turn.answer, number) if turn.answer else None
            session = replace(session, turns=(*turns, turn), opened=opened or session.opened)
            yield {
                self.parts.session: session,
                self.parts.conversation: conversation_html(session.turns, session.words),
                self.parts.evidence: self._evidence_html(session),
                **({} if writing else self._pressable(True)),
            }
        if writing:
            yield self._pressable(True)

    def _busy(self, question: str, session: Session) -> Changes:
        """Too many are waiting: the question is told so, and stays in the box."""
        busy = ServerBusy(waiting=self.line.waiting)
        event("busy", waiting=self.line.waiting)
        session = replace(session, turns=(*session.turns, Turn(question, error=busy)))
        return {
            self.parts.session: session,
            self.parts.conversation: conversation_html(session.turns, session.words),
            self.parts.question: question,
            **self._pressable(True),
        }

    def relate(self, session: Session) -> Changes:
        """An answer has been given: offer what could be asked next."""
        # Each takes as long as some questions: where others wait for theirs, there is no time for it.
        offered = () if self.line.waiting else self._related(session.turns)
        return {self.parts.related: related_html(offered, session.words)}

    def _pressable(self, now: bool) -> Changes:
        """What changes the whole conversation cannot be pressed while an answer is on its way: it would undo that."""
        return {self.parts.clear: gr.Button(interactive=now), self.parts.switch: gr.Button(interactive=now)}

    async def ask_example(self, session: Session, pressed: gr.EventData) -> AsyncIterator[Changes]:
        """An example question has been pressed."""
        async for changes in self.ask(str(_data(pressed).get("question", "")), session):
            yield changes

    def edit(self, session: Session, pressed: gr.EventData) -> Changes:
        """A completed question is to be changed: it goes into the question box."""
        session = replace(session, edited=True)
        return {self.parts.session: session, self.parts.question: str(_data(pressed).get("question", ""))}

    def show(self, session: Session, pressed: gr.EventData) -> Changes:
        """A mark, a source or a passage has been pressed: show it in the evidence panel."""
        data = _data(pressed)
        turn, n, kind = data.get("turn"), data.get("n"), data.get("kind")
        if not (isinstance(turn, int) and isinstance(n, int) and 0 <= turn < len(session.turns)):
            return {self.parts.session: session}
        session = replace(session, opened=Opened(turn, "passage" if kind == "passage" else "citation", n))
        return {self.parts.session: session, self.parts.evidence: self._evidence_html(session)}

    def report(self, session: Session, pressed: gr.EventData) -> Changes:
        """A paper's parse report has been asked for, or the way back from it."""
        paper = _data(pressed).get("paper")
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

    def switch(self, session: Session, request: gr.Request) -> Changes:
        """The other language, for every text on the page."""
        session = replace(session, language="en" if session.language == "zh" else "zh")
        parts, words = self.parts, session.words
        return {
            parts.session: session,
            parts.header: header_html(words),
            parts.account: account_html(visitor_of(request.state).name, words),
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

    def add(self, files: Sequence[str] | None, session: Session, request: gr.Request) -> Changes:
        """Files have been uploaded: each is added or gets its one line; the others go on."""
        uploaded = [Path(file) for file in files or ()]
        limit = self.shelf.settings.upload_files
        refused: YinjuError | None = self._refused(request)
        if refused is None and len(uploaded) > limit:
            refused = UploadTooMany(count=len(uploaded), limit=limit)
        if refused is not None:
            event("upload refused", error=type(refused).__name__, files=len(uploaded))
            for file in uploaded:
                file.unlink(missing_ok=True)
            return self._added(session, {}, [], [refused.message(session.language)])
        told: list[tuple[Outcome, str]] = []
        waiting = {}
        for file in uploaded:
            outcome, said = self._add(file, session.words)
            told.append((outcome, said))
            if outcome == "taken":
                waiting[file.name] = str(file)
            else:
                file.unlink(missing_ok=True)
        done = [said for outcome, said in told if outcome == "added"]
        return self._added(session, waiting, done, [said for outcome, said in told if outcome != "added"])

    def replace(
        self, session: Session, refused: Mapping[str, str] | None, pressed: gr.EventData, request: gr.Request
    ) -> Changes:
        """An uploaded file is to take the place of the paper of its name."""
        name, waiting = str(_data(pressed).get("file", "")), dict(refused or {})
        if unable := self._refused(request):
            return self._added(session, waiting, [], [unable.message(session.language)])
        if name not in waiting:
            return self._added(session, waiting, [], [])
        file = Path(waiting.pop(name))
        outcome, said = self._add(file, session.words, replacing=True)
        file.unlink(missing_ok=True)
        done = outcome == "added"
        return self._added(session, waiting, [said] if done else [], [] if done else [said])

    def update(self, session: Session, request: gr.Request) -> Iterator[Changes]:
        """The index is brought up to date; the bar shows the stage and the paper being worked on."""
        parts, words = self.parts, session.words
        if refused := self._refused(request):
            yield {parts.status: lines_html([], [refused.message(words.language)])}
            return
        latest = ("", "", 0.0)

        def note(stage: str, file: str, share: float) -> None:
            nonlocal latest
            latest = (stage, file, share)

        running = self.update_in_background(note)
        yield {parts.update: gr.Button(interactive=False), parts.status: progress_html(*latest, words)}
        shown = latest
        while wait([running], timeout=0.1).not_done:
            if latest != shown:
                shown = latest
                yield {parts.status: progress_html(*shown, words)}
        try:
            update = running.result()
            status = update_html(update, words)
            event(
                "updated", seconds=round(update.seconds, 2), added=len(update.added), changed=len(update.changed),
                removed=len(update.removed), failed=len(update.failed), passages=update.passages,
            )  # fmt: skip
        except YinjuError as exc:
            event("update failed", error=type(exc).__name__)
            status = lines_html([], [words.update_failed.format(reason=error_text(exc, words))])
        except Exception as exc:  # noqa: BLE001 - logged, as below
            broken("updating the index", exc)
            status = lines_html([], [words.update_broken])
        yield {
            parts.update: gr.Button(interactive=True),
            parts.status: status,
            parts.library: self._library_html(words),
            parts.greeting: self._greeting_html(words),
        }

    def _add(self, file: Path, words: Words, *, replacing: bool = False) -> tuple[Outcome, str]:
        """What became of an uploaded file, and what to say of it."""
        try:
            name = self.shelf.library.add(file, file.name, replace=replacing).name
        except PaperExists as exc:
            return "taken", exc.message(words.language)
        except YinjuError as exc:
            event("paper refused", error=type(exc).__name__)
            return "failed", exc.message(words.language)
        except Exception as exc:  # noqa: BLE001 - logged; what one file breaks must not keep the others out
            broken("adding a paper", exc)
            return "failed", words.unexpected_file.format(file=file.name)
        event("paper added", replaced=replacing)
        return "added", words.added_one.format(file=name)

    def _added(
        self, session: Session, refused: Mapping[str, str], done: Sequence[str], failed: Sequence[str]
    ) -> Changes:
        """The page after papers were added, or were not."""
        words = session.words
        told = [*done, words.added_next] if done else done
        return {
            self.parts.refused: dict(refused),
            self.parts.add: gr.UploadButton(value=None),
            self.parts.status: lines_html(told, failed) + replace_html(list(refused), words),
            self.parts.library: self._library_html(words),
        }

    def _refused(self, request: gr.Request) -> RoleLacking | None:
        """Why whoever sent this request may not change the library; None where they may."""
        visitor = visitor_of(request.state)
        return None if visitor.may_edit else RoleLacking(name=visitor.name or "—")

    def update_in_background(self, note: Progress) -> Future[Update]:
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
        begun = perf_counter()
        private: dict[str, object] = {"question": question}
        try:
            answers = [turn.answer for turn in before if turn.answer is not None]
            snapshot = self.shelf.snapshot()
            completed = follow_up(question, answers, snapshot.index.glossary.all_names)
            answer = None
            for answer in snapshot.stream(completed):
                if self.shelf.writer is not None:
                    yield Turn(question, answer, _named(answer, snapshot))
            if answer is not None:
                event(
                    "answered", ms=round(1000 * (perf_counter() - begun)), version=snapshot.index.version,
                    citations=len(answer.citations), confidence=round(answer.confidence, 3), private=private,
                )  # fmt: skip
                address = ""
                if not answer.abstained:
                    with suppress(AnswerUnwritable):
                        address = self.shelf.keep(answer)
                yield Turn(question, answer, _named(answer, snapshot), address=address)
        except YinjuError as exc:
            event("not answered", error=type(exc).__name__, private=private)
            yield Turn(question, error=exc)
        except Exception as exc:  # noqa: BLE001 - what broke belongs in the log; the page says that it did
            broken("answering", exc)
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
        except Exception as exc:  # noqa: BLE001 - logged; the answer stands without it
            broken("related questions", exc)
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


def _data(pressed: gr.EventData) -> dict[str, Any]:
    """What the browser sent with the event: anything at all, if somebody else than our script sent it."""
    return pressed._data if isinstance(pressed._data, dict) else {}
