"""What happens in the history panel: conversations are looked through, opened again, removed and had back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import gradio as gr

from corpus.errors import ConversationDamaged, YinjuError
from corpus.paper import Paper
from qa.answer import Answer
from qa.history import ReopenedTurn, new_key
from qa.shelf import Shelf
from ui.evidence_html import opened_by_itself
from ui.frame_html import lines_html
from ui.gate import visitor_of
from ui.history_html import forgotten_html, history_html
from ui.logs import broken, event
from ui.refusal import sentence
from ui.sessions import Visitor
from ui.state import Changes, Parts, Session, Turn, data_of, named_papers

_TURNS = 100
"""Of a conversation that are kept together; its file is written anew with each."""


class Historian:
    """Keeps the conversations of a shelf's visitors, each to themselves; `shown` makes the page of a conversation."""

    def __init__(self, shelf: Shelf, parts: Parts, shown: Callable[[Session], Changes]) -> None:
        self.history = shelf.history
        self.shelf = shelf
        self.parts = parts
        self._shown = shown

    def begun(self, session: Session) -> Session:
        """The session with the key of the conversation that its next turn belongs to: a very long one is parted."""
        if session.conversation and (not session.turns or len(session.turns) % _TURNS):
            return session
        return replace(session, conversation=new_key())

    def kept(
        self, session: Session, visitor: Visitor, question: str, outcome: Answer | YinjuError | str | None
    ) -> Session:
        """Put a turn into the history, under the key that the session has from `begun`; see `History.put`.

        What keeps it from being written must not keep its answer from being shown.
        """
        try:
            try:
                self.history.put(visitor.name, session.conversation, question, outcome)
            except ConversationDamaged:  # its file stays for a person to look at; what is said from now on is kept
                session = replace(session, conversation=new_key())
                self.history.put(visitor.name, session.conversation, question, outcome)
        except YinjuError as exc:
            event("conversation not kept", error=type(exc).__name__)
        except Exception as exc:  # noqa: BLE001 - logged; the answer stands without it
            broken("keeping a conversation", exc)
        return session

    def look(self, session: Session, wanted: str, request: gr.Request) -> Changes:
        """The list of those that hold every word that is `wanted`."""
        return {self.parts.history: self._history_html(session, wanted, visitor_of(request.state))}

    def open(self, session: Session, wanted: str, pressed: gr.EventData, request: gr.Request) -> Changes:
        """A conversation is to be opened again, its quotations looked up in the papers as they are now."""
        key, visitor = str(data_of(pressed).get("key", "")), visitor_of(request.state)
        try:
            papers: Mapping[str, Paper] = {}
            with suppress(YinjuError):  # without an index the quotations are shown as they were
                papers = self.shelf.index.papers
            turns = tuple(_turn(turn, papers) for turn in self.history.reopen(visitor.name, key, papers))
        except YinjuError as exc:
            return {self.parts.forgotten: lines_html([], [sentence(exc, session.language)])}
        answered = next((n for n in reversed(range(len(turns))) if turns[n].answer is not None), None)
        opened = None
        if answered is not None and (answer := turns[answered].answer) is not None:
            opened = opened_by_itself(answer, answered)
        session = replace(session, turns=turns, opened=opened, conversation=key, edited=False)
        return {
            **self._shown(session),
            self.parts.forgotten: "",
            self.parts.history: self._history_html(session, wanted, visitor),
        }

    def forget(self, session: Session, wanted: str, pressed: gr.EventData, request: gr.Request) -> Changes:
        """A conversation is to be removed; for a day it can be had back."""
        key, visitor = str(data_of(pressed).get("key", "")), visitor_of(request.state)
        words = session.words

        def remove() -> str:
            question = ""
            with suppress(YinjuError):  # one that is damaged can be removed too
                turns = self.history.get(visitor.name, key).turns
                question = turns[0].question if turns else ""
            self.history.remove(visitor.name, key)
            return forgotten_html([(key, question)], words)

        return self._changed(remove, session, wanted, visitor)

    def remember(self, session: Session, wanted: str, pressed: gr.EventData, request: gr.Request) -> Changes:
        """A conversation that was removed is to be had back."""
        key, visitor = str(data_of(pressed).get("key", "")), visitor_of(request.state)

        def restore() -> str:
            self.history.restore(visitor.name, key)
            return ""

        return self._changed(restore, session, wanted, visitor)

    def _changed(self, change: Callable[[], str], session: Session, wanted: str, visitor: Visitor) -> Changes:
        try:
            told = change()
        except YinjuError as exc:
            told = lines_html([], [sentence(exc, session.language)])
        return {self.parts.forgotten: told, self.parts.history: self._history_html(session, wanted, visitor)}

    def _history_html(self, session: Session, wanted: str, visitor: Visitor) -> str:
        try:
            listing = self.history.list(visitor.name, wanted)
        except YinjuError as exc:
            return lines_html([], [sentence(exc, session.language)])
        today = datetime.now().astimezone().date()
        return history_html(listing, today, session.words, wanted, session.conversation)


def _turn(kept: ReopenedTurn, papers: Mapping[str, Paper]) -> Turn:
    """A kept turn as it is shown."""
    question = kept.turn.question
    if kept.reopened is None:
        return Turn(question, error=kept.fault, broken=kept.fault is None)
    answer = kept.reopened.answer
    return Turn(question, answer, named_papers(answer, papers), address=kept.turn.address, standing=kept.reopened)
