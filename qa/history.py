"""Conversations kept on this machine, to be looked through, gone on with and taken along.

>>> turn = history.put("李明", key, "什么是产业公地？", answer)
>>> [summary.question for summary in history.list("李明", "公地").summaries]
['什么是产业公地？']
>>> history.exported("李明", key, shelf.index.papers, "docx")[:2]
b'PK'

Each user has a folder, whose name is a hash of theirs, and in it a JSON file a conversation: the questions, and the
addresses of the answers, which `qa.kept` keeps. An answer is kept for as long as a conversation holds it. Beside the
files lies an SQLite database of what `list` looks through: it is brought into step with the files whenever it is
used, and made anew where it is missing or broken.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from filelock import FileLock, Timeout

from corpus.disk import write_whole
from corpus.errors import (
    AnswerError,
    AnswerUnwritable,
    ConversationDamaged,
    ConversationsUnwritable,
    ConversationUnknown,
    Language,
    YinjuError,
)
from corpus.paper import Paper
from corpus.stored import restored
from indexer.lexical import folded, folded_in_place
from qa.answer import Answer
from qa.export import Said, markdown, one_line
from qa.kept import Answers, Reopened, reopen

Form = Literal["md", "docx"]
FORMS: tuple[Form, ...] = get_args(Form)
"""The forms of `History.exported`, each the ending of its file."""
ASIDE_SECONDS = 24 * 3600
"""A conversation that was removed can be had back for so long."""
SHOWN = 100
"""Conversations that `History.list` tells of."""
_KEY = re.compile(r"[0-9a-f]{16}")
_LOCKED_SECONDS = 10.0
_FORMAT = 1
_WORDS = 32
"""Of a search that are looked for; SQLite takes no more than some hundreds."""
_BEFORE, _SNIPPET = 24, 90
"""Characters of a snippet before its first match, and all of them."""


@dataclass(frozen=True, slots=True)
class KeptError:
    """An error by its name in the tree and its values, so that it can be told in either language."""

    error: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, error: YinjuError) -> KeptError:
        """What is kept of an error."""
        return cls(type(error).__name__, {name: str(value) for name, value in error.values.items()})

    def told(self) -> YinjuError:
        """The error. Raises `ValueError` where the tree has none of this name and with these values."""
        return YinjuError.from_json({"error": self.error, "values": dict(self.values)})


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question, when it was asked (seconds since 1970), and the address of its answer or the error that it got.

    Neither, where answering broke off.
    """

    question: str
    asked: float
    address: str = ""
    error: KeptError | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is kept. Times are seconds since 1970."""

    key: str
    begun: float
    changed: float
    turns: tuple[KeptTurn, ...]


@dataclass(frozen=True, slots=True)
class ReopenedTurn:
    """A turn, its answer against the papers as they are now; `fault` says why it cannot be had."""

    turn: KeptTurn
    reopened: Reopened | None
    fault: YinjuError | None


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a conversation, with the starts and ends in `text` of what was searched for."""

    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as the list shows it: its first question, and how many questions were answered or refused."""

    key: str
    begun: float
    changed: float
    question: str
    answers: int
    snippet: Snippet | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Conversations, those that went on last first; `found` are all that there are, `damaged` those that are broken."""

    summaries: tuple[Summary, ...]
    found: int
    damaged: tuple[ConversationDamaged, ...]


def new_key() -> str:
    """The key of a new conversation: 16 hexadecimal digits."""
    return secrets.token_hex(8)


class History:
    """The conversations in one folder, and the answers that they hold. Safe to use from several threads and processes.

    `most` are the conversations that are kept of each user. `clock` tells seconds since 1970.
    """

    def __init__(self, folder: Path, answers: Answers, most: int, clock: Callable[[], float] = time.time) -> None:
        self.folder, self.answers = folder, answers
        self._most = most
        self._clock = clock

    def put(self, user: str, key: str, question: str, outcome: Answer | YinjuError | str | None = None) -> KeptTurn:
        """Add a turn to a conversation, which begins where there is none of this key; see `new_key`.

        `outcome` is the answer, the address of one that is kept, the error, or None where answering broke off. What is
        then more than is kept is dropped, the oldest first. A conversation that was removed is no longer, as it goes
        on. Raises `ConversationUnknown` for what is no key, `ConversationDamaged`, `ConversationsUnwritable`,
        `AnswerUnknown`, `AnswerDamaged`, `AnswerUnwritable`.
        """
        file = self._file(user, key)
        with self._writing(file.parent):
            turn = self._turn(question, outcome)
            if self._most <= 0:
                self._clean(file.parent)
                return turn
            with suppress(FileNotFoundError):
                _aside(file).replace(file)
            try:
                before = _read(file)
            except FileNotFoundError:
                before = Conversation(key, turn.asked, turn.asked, ())
            after = replace(before, changed=max(turn.asked, before.changed), turns=(*before.turns, turn))
            write_whole(file, f"{json.dumps(asdict(after), ensure_ascii=False)}\n".encode(), mode=0o600)
            self._clean(file.parent)
        return turn

    def get(self, user: str, key: str) -> Conversation:
        """A conversation. Raises `ConversationUnknown`, `ConversationDamaged`."""
        try:
            return _read(self._file(user, key))
        except FileNotFoundError as exc:
            raise ConversationUnknown(key=key) from exc

    def reopen(self, user: str, key: str, papers: Mapping[str, Paper]) -> tuple[ReopenedTurn, ...]:
        """The turns of a conversation, their answers against the papers as they are now. Raises as `get` does.

        An answer that is gone or damaged is told in its turn.
        """
        return tuple(self._reopened(turn, papers) for turn in self.get(user, key).turns)

    def exported(
        self, user: str, key: str, papers: Mapping[str, Paper], form: Form, language: Language = "zh"
    ) -> bytes:
        """A conversation as a file to take along: Markdown or a Word document of its answered questions.

        The same bytes for the same conversation and papers. Raises as `get` does.
        """
        conversation = self.get(user, key)
        turns = [self._reopened(turn, papers) for turn in conversation.turns]
        said = [Said(t.turn.question, t.reopened.answer, t.reopened.states) for t in turns if t.reopened is not None]
        if form == "md":
            return markdown(said, papers, language).encode()
        from qa.document import document  # and lxml with it, which nothing else here needs

        return document(said, papers, datetime.fromtimestamp(conversation.changed, UTC).astimezone(), language)

    def list(self, user: str, query: str = "", most: int = SHOWN) -> Listing:
        """The conversations whose questions and answers hold every word of `query`, at most so many of them.

        Width, case, and Simplified or Traditional characters make no difference: 會員 finds 会员. Raises
        `ConversationsUnwritable`.
        """
        folder = self._folder(user)
        if not folder.is_dir():
            return Listing((), 0, ())
        told = query.encode("utf-8", "replace").decode()  # what is typed may hold half a character
        words = tuple(dict.fromkeys(folded(told).split()))[:_WORDS]
        wanted = " AND ".join(["NOT aside", "fault IS NULL", *["instr(folded, ?) > 0"] * len(words)])
        with self._index(folder) as index:
            (found,) = index.execute(f"SELECT count(*) FROM kept WHERE {wanted}", words).fetchone()
            rows = index.execute(
                f"SELECT key, begun, changed, question, answers, told, folded FROM kept WHERE {wanted}"
                " ORDER BY changed DESC, key LIMIT ?",
                (*words, most),
            ).fetchall()
            faults = index.execute(
                "SELECT key, fault FROM kept WHERE NOT aside AND fault IS NOT NULL ORDER BY key"
            ).fetchall()
        summaries = tuple(
            Summary(key, begun, changed, question, answers, _snippet(told, matched, words) if words else None)
            for key, begun, changed, question, answers, told, matched in rows
        )
        return Listing(summaries, found, tuple(ConversationDamaged(key=key, detail=detail) for key, detail in faults))

    def remove(self, user: str, key: str) -> None:
        """Take a conversation out of the list; for a day `restore` brings it back.

        Raises `ConversationUnknown`, `ConversationsUnwritable`.
        """
        file = self._file(user, key)
        with self._writing(file.parent):
            aside = _aside(file)
            aside.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                os.utime(file, (self._clock(), self._clock()))  # since when it lies there
                file.replace(aside)
            except FileNotFoundError as exc:
                raise ConversationUnknown(key=key) from exc
            self._clean(file.parent)

    def restore(self, user: str, key: str) -> None:
        """Bring back a conversation that was removed; one that is there already stays as it is.

        Raises `ConversationUnknown`, `ConversationsUnwritable`.
        """
        file = self._file(user, key)
        with self._writing(file.parent):
            if file.is_file():
                return
            try:
                _aside(file).replace(file)
            except FileNotFoundError as exc:
                raise ConversationUnknown(key=key) from exc

    def _folder(self, user: str) -> Path:
        """A user's name is no path: it may hold anything."""
        return self.folder / hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _file(self, user: str, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ConversationUnknown(key=key)
        return self._folder(user) / f"{key}.json"

    def _turn(self, question: str, outcome: Answer | YinjuError | str | None) -> KeptTurn:
        """The turn that is to be kept, its answer kept. The caller holds the lock, so that nobody drops that."""
        turn = KeptTurn(question.encode("utf-8", "replace").decode(), self._clock())
        if isinstance(outcome, YinjuError):
            return replace(turn, error=KeptError.of(outcome))
        if isinstance(outcome, Answer):
            return replace(turn, address=self.answers.keep(outcome))
        if outcome is not None:
            self.answers.get(outcome)
            return replace(turn, address=outcome)
        return turn

    def _reopened(self, turn: KeptTurn, papers: Mapping[str, Paper]) -> ReopenedTurn:
        if turn.error is not None:
            return ReopenedTurn(turn, None, turn.error.told())
        if not turn.address:
            return ReopenedTurn(turn, None, None)
        try:
            return ReopenedTurn(turn, reopen(self.answers.get(turn.address), papers), None)
        except AnswerError as exc:
            return ReopenedTurn(turn, None, exc)

    @contextmanager
    def _writing(self, folder: Path) -> Iterator[None]:
        """Be the only writer. The lock is the system's: it ends with the process that holds it.

        One for all users: whether an answer may be dropped hangs on all their conversations.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            with FileLock(self.folder / ".lock", timeout=_LOCKED_SECONDS):
                yield
        except Timeout as exc:
            raise ConversationsUnwritable(folder=self.folder, detail="another process is writing") from exc
        except OSError as exc:
            raise ConversationsUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def _clean(self, folder: Path) -> None:
        """Drop what is more than is kept, and what was removed a day ago. The caller holds the lock."""
        removed = (folder / _ASIDE / f"{key}.json" for key, _ in _files(folder / _ASIDE))
        aside = [file for file in removed if file.stat().st_mtime < self._clock() - ASIDE_SECONDS]
        over = sum(1 for _ in folder.glob("*.json")) - self._most
        if over <= 0 and not aside:
            return
        with self._index(folder) as index:
            oldest = index.execute(
                "SELECT key FROM kept WHERE NOT aside ORDER BY changed, key LIMIT ?", (max(over, 0),)
            ).fetchall()
            dropped = [*aside, *(folder / f"{key}.json" for (key,) in oldest)]
            held = {a for file in dropped for (a,) in index.execute(_HELD, (file.stem,))}
            for file in dropped:
                file.unlink(missing_ok=True)
        for address in held - self._held(held):
            with suppress(AnswerUnwritable):  # it takes some space; the conversations are what matters
                self.answers.drop(address)

    def _held(self, addresses: Collection[str]) -> set[str]:
        """Those of the addresses that some conversation of any user still holds."""
        held: set[str] = set()
        for folder in self.folder.iterdir():
            if folder.is_dir():
                with self._index(folder) as index:
                    held.update(a for a in addresses if index.execute(_HOLDS, (a,)).fetchone())
        return held

    @contextmanager
    def _index(self, folder: Path) -> Iterator[sqlite3.Connection]:
        """The database of a user's conversations, in step with the files. Raises `ConversationsUnwritable`."""
        file = folder / "index.sqlite3"
        try:
            try:
                index = self._opened(file)
            except sqlite3.DatabaseError:  # broken, or of another time: all that it says stands in the files
                file.unlink(missing_ok=True)
                index = self._opened(file)
            with closing(index):
                yield index
        except (sqlite3.Error, OSError) as exc:
            raise ConversationsUnwritable(folder=self.folder, detail=str(exc)) from exc

    def _opened(self, file: Path) -> sqlite3.Connection:
        file.touch(mode=0o600)
        index = sqlite3.connect(file, timeout=_LOCKED_SECONDS, isolation_level=None)
        try:
            if index.execute("PRAGMA user_version").fetchone() != (_FORMAT,):
                index.execute("BEGIN IMMEDIATE")
                for statement in _SCHEMA:
                    index.execute(statement)
                index.execute("COMMIT")
            self._bring_into_step(index, file.parent)
        except BaseException:
            index.close()
            raise
        return index

    def _bring_into_step(self, index: sqlite3.Connection, folder: Path) -> None:
        """Read what is new or has changed, forget what is gone."""
        known = {(key, aside): stamp for key, aside, stamp in index.execute("SELECT key, aside, stamp FROM kept")}
        places = (folder, folder / _ASIDE)
        there = {(key, aside): stamp for aside, within in enumerate(places) for key, stamp in _files(within)}
        gone = known.keys() - there.keys()
        new = [
            (key, aside, stamp, self._read_for_list(places[aside] / f"{key}.json"))
            for (key, aside), stamp in there.items()
            if known.get((key, aside)) != stamp
        ]
        if not gone and not new:
            return
        index.execute("BEGIN IMMEDIATE")
        index.executemany("DELETE FROM kept WHERE key = ? AND aside = ?", gone)
        index.executemany("DELETE FROM held WHERE key = ?", {(key,) for key, *_ in [*gone, *new]})
        for key, aside, stamp, (values, addresses) in new:
            index.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          (key, aside, stamp, *values))  # fmt: skip
            index.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", [(key, address) for address in addresses])
        index.execute("COMMIT")

    def _read_for_list(self, file: Path) -> tuple[tuple[object, ...], tuple[str, ...]]:
        """What the database holds of a conversation (`_SCHEMA`, from `begun` on), and the answers that it holds."""
        try:
            conversation = _read(file)
        except ConversationDamaged as exc:
            # It is as old as its file: what is too many is dropped in that order.
            return (0.0, file.stat().st_mtime, "", 0, "", "", str(exc.values["detail"])), ()
        except FileNotFoundError:  # gone in the meantime, as the next look at the folder will tell
            return (0.0, 0.0, "", 0, "", "", "gone"), ()
        told = [text for turn in conversation.turns for text in self._told(turn)]
        values = (
            conversation.begun, conversation.changed, conversation.turns[0].question if conversation.turns else "",
            sum(1 for turn in conversation.turns if turn.address), "\n".join(told),
            "\n".join(folded_in_place(text)[0] for text in told), None,
        )  # fmt: skip
        return values, tuple(turn.address for turn in conversation.turns if turn.address)

    def _told(self, turn: KeptTurn) -> Iterator[str]:
        """What is looked through of a turn, line by line: the question, also as it was completed, and the answer."""
        yield one_line(turn.question)
        if turn.address:
            with suppress(AnswerError):  # it is then told where the conversation is opened
                answer = self.answers.get(turn.address)
                yield from filter(None, [Said(turn.question, answer).completed])
                for statement in answer.statements:
                    yield one_line(f"{statement.about}：{statement.text}" if statement.about else statement.text)


_ASIDE = ".removed"
_HELD = "SELECT address FROM held WHERE key = ?"
_HOLDS = "SELECT 1 FROM held WHERE address = ?"
_SCHEMA = (
    "DROP TABLE IF EXISTS kept",
    "DROP TABLE IF EXISTS held",
    "CREATE TABLE kept (key TEXT PRIMARY KEY, aside INTEGER, stamp TEXT, begun REAL, changed REAL, question TEXT,"
    " answers INTEGER, told TEXT, folded TEXT, fault TEXT)",
    "CREATE TABLE held (key TEXT, address TEXT, PRIMARY KEY (address, key)) WITHOUT ROWID",
    "CREATE INDEX held_by_key ON held (key)",
    f"PRAGMA user_version = {_FORMAT}",
)


def _aside(file: Path) -> Path:
    return file.parent / _ASIDE / file.name


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """The keys of the conversations in a folder, each with what differs once its file has been written anew."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            key, ending = entry.name[:16], entry.name[16:]
            if ending == ".json" and _KEY.fullmatch(key):
                with suppress(FileNotFoundError):  # removed or dropped just now
                    stat = entry.stat()
                    yield key, f"{stat.st_mtime_ns} {stat.st_size} {stat.st_ino}"


def _read(file: Path) -> Conversation:
    """The conversation in a file. Raises `FileNotFoundError`, `ConversationDamaged`."""
    try:
        conversation = restored(Conversation, json.loads(file.read_text(encoding="utf-8")))
        if conversation.key != file.stem:
            raise ValueError(f"it says {conversation.key!r:.40}")
        for seconds in (conversation.begun, conversation.changed, *(turn.asked for turn in conversation.turns)):
            datetime.fromtimestamp(seconds, UTC)
        for turn in conversation.turns:
            if turn.error is not None:
                turn.error.told()
    except FileNotFoundError:
        raise
    except (OSError, ValueError, OverflowError, RecursionError) as exc:
        raise ConversationDamaged(key=file.stem, detail=str(exc)) from exc
    return conversation


def _snippet(told: str, matched: str, words: Sequence[str]) -> Snippet:
    """The line that holds most of the words, cut around the first of them, with all of them marked.

    `matched` is `told` as it is looked through, line by line.
    """
    lines = zip(told.split("\n"), matched.split("\n"), strict=True)
    text, _ = max(lines, key=lambda line: sum(word in line[1] for word in words))
    matched, places = folded_in_place(text)
    found = re.finditer("|".join(map(re.escape, sorted(words, key=len, reverse=True))), matched)
    spans = [(places[match.start()][0], places[match.end() - 1][1]) for match in found]
    first = max(0, spans[0][0] - _BEFORE) if spans else 0
    last = min(len(text), first + _SNIPPET)
    before, after = "…" if first else "", "…" if last < len(text) else ""
    shift = len(before) - first
    marks = tuple((start + shift, min(end, last) + shift) for start, end in spans if start < last)
    return Snippet(before + text[first:last] + after, marks)
