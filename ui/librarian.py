"""What happens when something in the library panel is pressed: add, replace, remove, put back, update, cancel, choose.

Each handler gets what the page shows and hands back the components that change, as in `ui.desk`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Literal

import gradio as gr

from corpus.errors import PaperExists, RoleLacking, UpdateCancelled, UploadTooMany, YinjuError
from indexer.build import Progress, Update
from qa.shelf import Shelf
from ui.frame_html import error_text, lines_html
from ui.gate import visitor_of
from ui.library_html import library_html, progress_html, removed_html, replace_html, update_html
from ui.logs import broken, event
from ui.refusal import sentence
from ui.report_html import report_html
from ui.sessions import Visitor
from ui.state import HIDDEN, Changes, Parts, Session, data_of
from ui.words import Words

Outcome = Literal["added", "taken", "failed"]
"""Of a file that is to be added: `taken` is a name that another paper has."""
_EVERY = "*"


class Librarian:
    """Looks after the library of a shelf, for all open pages.

    `greeting` makes the greeting, and `scope` the line above the question box: both tell what is indexed.
    """

    def __init__(
        self,
        shelf: Shelf,
        parts: Parts,
        greeting: Callable[[Words], str],
        scope: Callable[[Words, Collection[str], bool], str],
    ) -> None:
        self.shelf = shelf
        self.parts = parts
        self._greeting_html, self._scope_html = greeting, scope
        self._updating = threading.Lock()
        self._stops: dict[str, threading.Event] = {}

    @property
    def busy(self) -> bool:
        """Whether the index is being brought up to date."""
        return self._updating.locked()

    def everything(self, session: Session, skipped: Collection[str], visitor: Visitor) -> Changes:
        """The whole panel, in the session's language."""
        parts, words = self.parts, session.words
        return {
            parts.add: gr.UploadButton(words.add_papers, visible=visitor.may_edit),
            parts.update: gr.Button(words.update_index, visible=visitor.may_edit),
            parts.cancel: gr.Button(words.cancel),
            parts.status: "",
            parts.library: self.library_html(words, skipped, visitor),
            parts.report: self._report_html(session),
        }

    def choose(
        self,
        session: Session,
        skipped: Collection[str] | None,
        comparing: bool | None,
        pressed: gr.EventData,
        request: gr.Request,
    ) -> Changes:
        """A paper is to be searched or not, by its id; or all of them (`*`), or none (an empty name)."""
        data, words = data_of(pressed), session.words
        paper, on = data.get("paper"), data.get("on")
        listed = self._indexed()
        before = frozenset(skipped or ())
        several = paper in (_EVERY, "")
        if several:
            now = frozenset[str]() if paper == _EVERY else frozenset(listed)
        elif isinstance(paper, str) and paper in listed and isinstance(on, bool):
            now = before - {paper} if on else before | {paper}
        else:
            now = before
        changes: Changes = {
            self.parts.skipped: now, self.parts.scope: self._scope_html(words, now, bool(comparing)),
        }  # fmt: skip
        if several:  # else the box that was pressed shows it already
            changes[self.parts.library] = self.library_html(words, now, visitor_of(request.state))
        return changes

    def report(self, session: Session, pressed: gr.EventData) -> Changes:
        """A paper's parse report has been asked for, or the way back from it."""
        paper = data_of(pressed).get("paper")
        session = replace(session, reported=paper if isinstance(paper, str) else "")
        return {self.parts.session: session, self.parts.report: self._report_html(session)}

    def add(
        self, files: Sequence[str] | None, session: Session, skipped: Collection[str] | None, request: gr.Request
    ) -> Changes:
        """Files have been uploaded: each is added or gets its one line; the others go on."""
        uploaded = [Path(file) for file in files or ()]
        limit = self.shelf.settings.upload_files
        visitor = visitor_of(request.state)
        refused: YinjuError | None = refusal_of(visitor)
        if refused is None and len(uploaded) > limit:
            refused = UploadTooMany(count=len(uploaded), limit=limit)
        if refused is not None:
            event("upload refused", error=type(refused).__name__, files=len(uploaded))
            for file in uploaded:
                file.unlink(missing_ok=True)
            return self._added(session, skipped, visitor, {}, [], [refused.message(session.language)])
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
        failed = [said for outcome, said in told if outcome != "added"]
        return self._added(session, skipped, visitor, waiting, done, failed)

    def replace(
        self,
        session: Session,
        skipped: Collection[str] | None,
        refused: Mapping[str, str] | None,
        pressed: gr.EventData,
        request: gr.Request,
    ) -> Changes:
        """An uploaded file is to take the place of the paper of its name."""
        name, waiting = str(data_of(pressed).get("file", "")), dict(refused or {})
        visitor = visitor_of(request.state)
        if unable := refusal_of(visitor):
            return self._added(session, skipped, visitor, waiting, [], [unable.message(session.language)])
        if name not in waiting:
            return self._added(session, skipped, visitor, waiting, [], [])
        file = Path(waiting.pop(name))
        outcome, said = self._add(file, session.words, replacing=True)
        file.unlink(missing_ok=True)
        done = outcome == "added"
        return self._added(session, skipped, visitor, waiting, [said] if done else [], [] if done else [said])

    def remove(
        self, session: Session, skipped: Collection[str] | None, pressed: gr.EventData, request: gr.Request
    ) -> Changes:
        """A paper is to be removed: its file is kept, and the status has the button that puts it back."""
        words, visitor = session.words, visitor_of(request.state)
        paper = str(data_of(pressed).get("paper", ""))

        def take() -> str:
            kept = self.shelf.library.remove(paper)
            event("paper removed")
            return removed_html(kept.name, self.shelf.library.place_of(kept), words)

        return self._changed(take, "removing a paper", words, skipped, visitor)

    def restore(
        self, session: Session, skipped: Collection[str] | None, pressed: gr.EventData, request: gr.Request
    ) -> Changes:
        """A paper that was removed is to be put back."""
        words, visitor = session.words, visitor_of(request.state)
        kept = str(data_of(pressed).get("kept", ""))

        def put() -> str:
            file = self.shelf.library.restore(kept).name
            event("paper put back")
            return lines_html([words.restored_one.format(file=file)], [])

        return self._changed(put, "putting a paper back", words, skipped, visitor)

    def update(self, session: Session, request: gr.Request) -> Iterator[Changes]:
        """The index is brought up to date; bars show each stage and the paper being worked on."""
        parts, words = self.parts, session.words
        if refused := refusal_of(visitor_of(request.state)):
            yield {parts.status: lines_html([], [refused.message(words.language)])}
            return
        latest = ("", "", 0.0)
        stop = threading.Event()

        def note(stage: str, file: str, share: float) -> None:
            nonlocal latest
            latest = (stage, file, share)
            if stop.is_set() and stage != "write":  # what is being written is done in a moment
                raise UpdateCancelled

        visit = str(request.session_hash)
        running = self.update_in_background(note)
        self._stops[visit] = stop
        running.add_done_callback(lambda _: self._stops.pop(visit, None))  # also where nobody waits for it any more
        yield {
            parts.update: gr.Button(visible=HIDDEN),
            parts.cancel: gr.Button(words.cancel, visible=True, interactive=True),
            parts.status: progress_html(*latest, words),
        }
        shown = latest
        while wait([running], timeout=0.1).not_done:
            if latest != shown:
                shown = latest
                yield {parts.status: progress_html(*shown, words)}
        yield {
            parts.update: gr.Button(visible=True),
            parts.cancel: gr.Button(visible=HIDDEN),
            parts.status: self._update_html(running, words),
        }

    def refresh(
        self, session: Session, skipped: Collection[str] | None, comparing: bool | None, request: gr.Request
    ) -> Changes:
        """What an update changes, as the page is by now."""
        words = session.words
        return {
            self.parts.library: self.library_html(words, skipped or (), visitor_of(request.state)),
            self.parts.greeting: self._greeting_html(words),
            self.parts.scope: self._scope_html(words, skipped or (), bool(comparing)),
        }

    def cancel(self, session: Session, request: gr.Request) -> Changes:
        """The update that was begun on this page is to end. Nothing of it stays."""
        if stop := self._stops.get(str(request.session_hash)):
            stop.set()
        return {self.parts.cancel: gr.Button(session.words.stopping, interactive=False)}

    def library_html(self, words: Words, skipped: Collection[str], visitor: Visitor) -> str:
        """The list of papers."""
        shelf = self.shelf
        try:
            left_out = [path.name for path in shelf.library.left_out()]
            removed = shelf.library.removed() if visitor.may_edit else []
            states = shelf.states()
            return library_html(states, shelf.failures(), left_out, words, skipped, removed, visitor.may_edit)
        except YinjuError as exc:
            return lines_html([], [error_text(exc, words)])

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

    def _update_html(self, running: Future[Update], words: Words) -> str:
        """What became of an update that has ended."""
        try:
            update = running.result()
        except UpdateCancelled:
            event("update cancelled")
            return lines_html([words.update_cancelled], [])
        except YinjuError as exc:
            event("update failed", error=type(exc).__name__)
            return lines_html([], [words.update_failed.format(reason=error_text(exc, words))])
        except Exception as exc:  # noqa: BLE001 - logged; the page says that it did not work
            broken("updating the index", exc)
            return lines_html([], [words.update_broken])
        event(
            "updated", seconds=round(update.seconds, 2), added=len(update.added), changed=len(update.changed),
            removed=len(update.removed), failed=len(update.failed), passages=update.passages,
        )  # fmt: skip
        return update_html(update, words)

    def _changed(
        self, change: Callable[[], str], doing: str, words: Words, skipped: Collection[str] | None, visitor: Visitor
    ) -> Changes:
        """The panel after an editor's change, which says of itself what it has done; or why it has not been made."""
        try:
            if refused := refusal_of(visitor):
                raise refused
            status = change()
        except YinjuError as exc:
            status = lines_html([], [sentence(exc, words.language)])
        except Exception as exc:  # noqa: BLE001 - logged; the page says that it did not work
            broken(doing, exc)
            status = lines_html([], [words.unexpected_change])
        return {self.parts.status: status, self.parts.library: self.library_html(words, skipped or (), visitor)}

    def _add(self, file: Path, words: Words, *, replacing: bool = False) -> tuple[Outcome, str]:
        """What became of an uploaded file, and what to say of it."""
        try:
            name = self.shelf.library.add(file, file.name, replace=replacing).name
        except PaperExists as exc:
            return "taken", sentence(exc, words.language)
        except YinjuError as exc:
            event("paper refused", error=type(exc).__name__)
            return "failed", sentence(exc, words.language)
        except Exception as exc:  # noqa: BLE001 - logged; what one file breaks must not keep the others out
            broken("adding a paper", exc)
            return "failed", words.unexpected_file.format(file=file.name)
        event("paper added", replaced=replacing)
        return "added", words.added_one.format(file=name)

    def _added(
        self,
        session: Session,
        skipped: Collection[str] | None,
        visitor: Visitor,
        refused: Mapping[str, str],
        done: Sequence[str],
        failed: Sequence[str],
    ) -> Changes:
        """The page after papers were added, or were not."""
        words = session.words
        told = [*done, words.added_next] if done else done
        return {
            self.parts.refused: dict(refused),
            self.parts.add: gr.UploadButton(value=None),
            self.parts.status: lines_html(told, failed) + replace_html(list(refused), words),
            self.parts.library: self.library_html(words, skipped or (), visitor),
        }

    def _indexed(self) -> Collection[str]:
        try:
            return self.shelf.snapshot().searched()
        except YinjuError:
            return ()

    def _report_html(self, session: Session) -> str:
        """The report as the index has it: no file is read for it."""
        name, words = session.reported, session.words
        if not name:
            return ""
        try:
            return report_html(*self.shelf.find(name), self.shelf.failures().get(name), words)
        except YinjuError as exc:
            return lines_html([], [error_text(exc, words)])


def refusal_of(visitor: Visitor) -> RoleLacking | None:
    """Why a visitor may not change the library; None where they may."""
    return None if visitor.may_edit else RoleLacking(name=visitor.name or "—")
