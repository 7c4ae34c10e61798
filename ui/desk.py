"""What happens when something on the page is pressed: questions, and their evidence. `ui.librarian` has the library.

Each handler gets what the page shows, its `Session`, and hands back the components that change, with their new values.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter

import gradio as gr

from corpus.errors import AnswerUnwritable, PapersUnchosen, QuestionTooLong, ServerBusy, YinjuError
from corpus.paper import Paper
from qa.compare import compare
from qa.conversation import follow_up
from qa.kept import reopen
from qa.shelf import Shelf
from qa.snapshot import Snapshot
from ui.conversation_html import conversation_html, greeting_html, related_html
from ui.evidence_html import evidence_html, opened_by_itself
from ui.frame_html import account_html, error_text, header_html, scope_html, tabs_html, waiting_html
from ui.gate import visitor_of
from ui.historian import Historian
from ui.librarian import Librarian
from ui.line import Line
from ui.logs import broken, event
from ui.sessions import Visitor
from ui.state import Changes, Opened, Parts, Session, Turn, data_of, named_papers
from ui.surveyor import Surveyor
from ui.words import Words, preferred

_ANSWERING, _WRITING = 2, 8
"""Questions that are answered at a time in this process: without a language model, and with one, which is mostly waited
for."""
_FARTHEST = 10_000
"""Sections that one may go on from a quotation."""
_EXAMPLES = (
    ("sun-luo", "2019年美国制造业创新研究所的私人投资是多少亿美元？"),
    ("wang-yu-liu", "制造业外包为什么最终会让一个国家丧失创新能力？"),
    ("zhang", "联邦政府对创新中心的资助期是几年，最多能延长多久？"),
    ("wang-yu-liu", "What is an industrial commons?"),
)
"""Questions to start with, each with the paper that answers it: shown only while the library holds that paper."""


class Desk:
    """What happens when something on the page is pressed. One for all open pages; what one shows is its `Session`."""

    def __init__(self, shelf: Shelf, parts: Parts) -> None:
        self.shelf = shelf
        self.parts = parts
        at_work = _ANSWERING if shelf.writer is None else _WRITING
        if shelf.processes is not None:
            at_work = shelf.processes.count
        self.line = Line(at_work, shelf.settings.waiting_questions)
        self.librarian = Librarian(shelf, parts, self._greeting_html, self.scope_html)
        self.historian = Historian(shelf, parts, self._conversation)
        self.surveyor = Surveyor(shelf, parts, self._open)

    @property
    def busy(self) -> bool:
        """Whether a question is being answered, or the index brought up to date."""
        return self.line.busy or self.librarian.busy

    def arrive(self, session: Session, request: gr.Request) -> Changes:
        """The page has been opened: in the visitor's language, with the library and the answer that is linked.

        Who may only read is not shown what only editors may press; what they may do is asked where it is done.
        """
        chosen = preferred(request.headers, request.cookies)
        visitor = visitor_of(request.state)
        session = replace(session, language=chosen)
        if address := str(request.query_params.get("answer", "")):
            turn = self._reopened(address)
            opened = opened_by_itself(turn.answer, 0) if turn.answer else None
            session = replace(session, turns=(turn,), opened=opened)
        return self._everything(session, frozenset(), False, visitor)

    async def ask(
        self,
        question: str,
        session: Session,
        skipped: Collection[str] | None,
        comparing: bool | None,
        request: gr.Request,
    ) -> AsyncIterator[Changes]:
        """A question has been sent: show it at once, then its answer as it grows or its error, with the first citation
        opened. Where too many are waiting already, it stays in the box."""
        limit = self.shelf.settings.question_characters
        if len(question) > limit:
            yield self._turned_away(question, session, QuestionTooLong(length=len(question), limit=limit))
            return
        if self.line.full:
            yield self._busy(question, session)
            return
        if self.line.busy and session.turns and session.turns[-1].pending:
            yield {self.parts.question: question}  # one at a time: the answer on its way would write over this one
            return
        session = self.historian.begun(session)
        turns = (*session.turns, Turn(question))
        yield {
            self.parts.question: "",
            self.parts.session: replace(session, turns=turns, edited=False),
            self.parts.conversation: conversation_html(turns, session.words),
            self.parts.related: "",
            **self._pressable(False),
        }
        try:
            visitor = visitor_of(request.state)
            work = self._asked(question, session, skipped or (), bool(comparing), visitor)
            async for changes in self.line.steps(work):
                yield changes
        except ServerBusy:
            yield self._busy(question, session)

    def _asked(
        self, question: str, before: Session, skipped: Collection[str], comparing: bool, visitor: Visitor
    ) -> Iterator[Changes]:
        """The page as an answer grows. Each change costs the server about as much as a search: there are few."""
        turns, number = before.turns, len(before.turns)
        session = replace(before, edited=False)
        for turn in self._answered(question, () if before.edited else turns, skipped, comparing):
            opened = opened_by_itself(turn.answer, number) if turn.answer else None
            session = replace(session, turns=(*turns, turn), opened=opened or session.opened)
            if (
                not turn.pending
            ):  # kept before it is shown: what is pressed after that must not find this still going on
                session = self.historian.kept(session, visitor, question, turn.address or turn.answer or turn.error)
            yield {
                self.parts.session: session,
                self.parts.conversation: conversation_html(session.turns, session.words),
                self.parts.evidence: self._evidence_html(session),
                **({} if turn.pending else self._pressable(True)),
            }

    def _busy(self, question: str, session: Session) -> Changes:
        """Too many are waiting: the question is told so, and stays in the box."""
        event("busy", waiting=self.line.waiting)
        return self._turned_away(question, session, ServerBusy(waiting=self.line.waiting))

    def _turned_away(self, question: str, session: Session, error: YinjuError) -> Changes:
        """A question that is not asked stays in the box; of one without end only the beginning is a turn."""
        turn = Turn(question[: self.shelf.settings.question_characters], error=error)
        session = replace(session, turns=(*session.turns, turn))
        return {
            self.parts.session: session,
            self.parts.conversation: conversation_html(session.turns, session.words),
            self.parts.question: question,
            **self._pressable(True),
        }

    def relate(self, session: Session, skipped: Collection[str] | None) -> Changes:
        """An answer has been given: offer what could be asked next."""
        # Each takes as long as some questions: where others wait for theirs, there is no time for it.
        offered = () if self.line.waiting else self._related(session.turns, skipped or ())
        return {self.parts.related: related_html(offered, session.words, len(session.turns))}

    def _pressable(self, now: bool) -> Changes:
        """What changes the whole conversation cannot be pressed while an answer is on its way: it would undo that."""
        return {self.parts.clear: gr.Button(interactive=now), self.parts.switch: gr.Button(interactive=now)}

    async def ask_example(
        self,
        session: Session,
        skipped: Collection[str] | None,
        comparing: bool | None,
        pressed: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[Changes]:
        """A question that stands on the page has been pressed."""
        question = str(data_of(pressed).get("question", ""))
        async for changes in self.ask(question, session, skipped, comparing, request):
            yield changes

    def edit(self, session: Session, pressed: gr.EventData) -> Changes:
        """A completed question is to be changed: it goes into the question box."""
        session = replace(session, edited=True)
        return {self.parts.session: session, self.parts.question: str(data_of(pressed).get("question", ""))}

    def compare(self, session: Session, skipped: Collection[str] | None, comparing: bool | None) -> Changes:
        """From now on each paper is asked by itself, or no longer."""
        now = not comparing
        return {self.parts.comparing: now, self.parts.scope: self.scope_html(session.words, skipped or (), now)}

    def show(self, session: Session, pressed: gr.EventData) -> Changes:
        """A mark, a source or a passage has been pressed: show it in the evidence panel."""
        data = data_of(pressed)
        turn, n, kind = data.get("turn"), data.get("n"), data.get("kind")
        if not (isinstance(turn, int) and isinstance(n, int) and 0 <= turn < len(session.turns)):
            return {self.parts.session: session}
        return self._open(replace(session, opened=Opened(turn, "passage" if kind == "passage" else "citation", n)))

    def step(self, session: Session, pressed: gr.EventData) -> Changes:
        """The reader goes on to a neighbouring section of what is opened, or back to it."""
        aside = data_of(pressed).get("aside")
        if session.opened is None or not isinstance(aside, int) or abs(aside) > _FARTHEST:
            return {self.parts.session: session}
        return self._open(replace(session, opened=replace(session.opened, aside=aside)))

    def view(self, session: Session, pressed: gr.EventData) -> Changes:
        """Evidence is to be shown as text, or as a picture of the page."""
        opened = replace(session.opened, aside=0) if session.opened else None
        return self._open(replace(session, as_text=data_of(pressed).get("view") == "text", opened=opened))

    def clear(self, session: Session) -> Changes:
        """A new conversation."""
        return self._conversation(Session(session.language, reported=session.reported, as_text=session.as_text))

    def _conversation(self, session: Session) -> Changes:
        """A conversation, with what is opened of it."""
        return {
            self.parts.session: session,
            self.parts.conversation: conversation_html(session.turns, session.words),
            self.parts.related: "",
            self.parts.evidence: self._evidence_html(session),
        }

    def switch(
        self, session: Session, skipped: Collection[str] | None, comparing: bool | None, request: gr.Request
    ) -> Changes:
        """The other language, for every text on the page."""
        session = replace(session, language="en" if session.language == "zh" else "zh")
        return self._everything(session, skipped or frozenset(), bool(comparing), visitor_of(request.state))

    def scope_html(self, words: Words, skipped: Collection[str], comparing: bool) -> str:
        """In how many papers is searched."""
        try:
            papers = self.shelf.snapshot().searched()
        except YinjuError:
            return ""
        return scope_html(sum(paper not in skipped for paper in papers), len(papers), comparing, words)

    def _everything(self, session: Session, skipped: Collection[str], comparing: bool, visitor: Visitor) -> Changes:
        """The whole page, in the session's language."""
        parts, words = self.parts, session.words
        return {
            parts.session: session,
            parts.header: header_html(words),
            parts.account: account_html(visitor.name, words),
            parts.switch: gr.Button(words.switch),
            parts.clear: gr.Button(words.clear),
            parts.greeting: self._greeting_html(words),
            parts.conversation: conversation_html(session.turns, words),
            parts.related: "",
            parts.scope: self.scope_html(words, skipped, comparing),
            parts.question: gr.Textbox(label=words.question_label, placeholder=words.question_placeholder),
            parts.send: gr.Button(words.ask),
            parts.tabs: tabs_html(words),
            parts.evidence: self._evidence_html(session),
            **self.librarian.everything(session, skipped, visitor),
            parts.map: waiting_html(words),
            parts.timeline: waiting_html(words),
            parts.wanted: gr.Textbox(label=words.history_search, placeholder=words.history_search),
            parts.forgotten: "",
            parts.history: waiting_html(words),
        }

    def _open(self, session: Session) -> Changes:
        return {self.parts.session: session, self.parts.evidence: self._evidence_html(session)}

    def _answered(
        self, question: str, before: Sequence[Turn], skipped: Collection[str], comparing: bool
    ) -> Iterator[Turn]:
        """The turn as its answer grows; the last one is kept, and has its address."""
        begun = perf_counter()
        private: dict[str, object] = {"question": question}
        try:
            answers = [turn.answer for turn in before if turn.answer is not None]
            snapshot = self.shelf.snapshot()
            papers = _chosen(snapshot, skipped)
            completed = follow_up(question, answers, snapshot.index.glossary.all_names)
            told = [compare(snapshot, completed, papers)] if comparing else snapshot.stream(completed, papers)
            answer = None
            for answer in told:
                if self.shelf.writer is not None:
                    yield Turn(question, answer, named_papers(answer, snapshot.index.papers), growing=True)
            if answer is not None:
                event(
                    "answered", ms=round(1000 * (perf_counter() - begun)), version=snapshot.index.version,
                    citations=len(answer.citations), confidence=round(answer.confidence, 3), private=private,
                )  # fmt: skip
                address = ""
                with suppress(AnswerUnwritable):
                    address = self.shelf.keep(answer)
                yield Turn(question, answer, named_papers(answer, snapshot.index.papers), address=address)
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
            papers = named_papers(answer, snapshot.index.papers)
            return Turn(answer.question, answer, papers, address=address, standing=reopened)
        except YinjuError as exc:
            return Turn("", error=exc)

    def _related(self, turns: Sequence[Turn], skipped: Collection[str]) -> tuple[str, ...]:
        """What could be asked next; nothing where that cannot be found out."""
        answers = [turn.answer for turn in turns if turn.answer is not None]
        if not turns or turns[-1].answer is None:
            return ()
        try:
            snapshot = self.shelf.snapshot()
            asked = [answer.question for answer in answers]
            return snapshot.related(answers[-1], asked, _chosen(snapshot, skipped))
        except YinjuError:
            return ()
        except Exception as exc:  # noqa: BLE001 - logged; the answer stands without it
            broken("related questions", exc)
            return ()

    def _greeting_html(self, words: Words) -> str:
        error = self._index_error()
        return greeting_html(words, self._examples(), "" if error is None else error_text(error, words))

    def _evidence_html(self, session: Session) -> str:
        papers: Mapping[str, Paper] = {}
        if session.opened is not None and session.opened.place is not None:
            with suppress(YinjuError):
                papers = self.shelf.index.papers
        return evidence_html(session.turns, session.opened, session.words, session.as_text, papers)

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


def _chosen(snapshot: Snapshot, skipped: Collection[str]) -> list[str] | None:
    """The papers that are searched: None means all. Raises `PapersUnchosen`."""
    searched = snapshot.searched()
    chosen = [paper for paper in searched if paper not in skipped]
    if searched and not chosen:
        raise PapersUnchosen
    return None if len(chosen) == len(searched) else chosen
