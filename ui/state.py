"""What an open page shows, and the components that show it: small values that the handlers hand to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from corpus.errors import Language, YinjuError
from corpus.paper import Paper
from qa.answer import Answer
from qa.kept import Reopened
from ui.words import WORDS, Words

if TYPE_CHECKING:
    import gradio as gr

Changes = dict[Any, Any]
"""New values by component: what a handler hands back to Gradio."""
HIDDEN: Literal["hidden"] = "hidden"
"""Not seen, but on the page: Gradio can lose a change of what it has to put onto the page first (`visible=False`)."""

_PLACE = re.compile(r"(.+):([0-9a-f]{0,64}):([0-9]{1,9}):([0-9]{1,9})", re.DOTALL)
Tab = Literal["evidence", "library", "map", "timeline", "history"]
TABS: tuple[Tab, ...] = get_args(Tab)
"""The panels of the right side."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, which may be `growing` still, an error, or neither yet.

    `papers` are those which the answer names, as they were when it was given. `address` is that of the answer, empty
    where it could not be kept; `standing` tells, of a kept answer that was opened again, how its quotations stand.
    """

    question: str
    answer: Answer | None = None
    papers: Mapping[str, Paper] = field(default_factory=dict)
    error: YinjuError | None = None
    broken: bool = False
    address: str = ""
    standing: Reopened | None = None
    growing: bool = False

    @property
    def pending(self) -> bool:
        """Whether it is still being answered."""
        return self.growing or (self.answer is None and self.error is None and not self.broken)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a paper's text, of the very file (`sha256`, or how it begins) in whose text `start` and `end` count."""

    paper: str
    sha256: str
    start: int
    end: int

    @classmethod
    def of(cls, told: str) -> Self | None:
        """The place that `str` tells, such as `zhang:9f86d081:400:529`; None for anything else."""
        match = _PLACE.fullmatch(told)
        return cls(match[1], match[2], int(match[3]), int(match[4])) if match else None

    def __str__(self) -> str:
        return f"{self.paper}:{self.sha256}:{self.start}:{self.end}"


@dataclass(frozen=True, slots=True)
class Opened:
    """What the evidence panel shows: citation `n` of a turn, or its passage of that rank.

    Of an event of the timeline it is the `place` that counts, whatever the turns are.
    `aside` tells how many sections (or pages) further on the reader has gone from where that stands; before it, less
    than 0.
    """

    turn: int
    kind: Literal["citation", "passage", "event"]
    n: int
    aside: int = 0
    place: Place | None = None


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
    conversation: str = ""
    """The key of the conversation in the history; empty before its first question."""
    as_text: bool = False
    """Whether the evidence of a paper with pages is shown as text, not as a picture of the page."""

    @property
    def words(self) -> Words:
        """The texts of its language."""
        return WORDS[self.language]


@dataclass(frozen=True, slots=True)
class Parts:
    """The components that change.

    What may be pressed while an answer is on its way has a state of its own, apart from the session, over which the
    answer writes when it comes.
    """

    session: gr.State
    refused: gr.State
    """Uploaded files that would replace a paper, by name: where they lie until that is wanted."""
    skipped: gr.State
    """The ids of the papers that questions leave out."""
    comparing: gr.State
    """Whether each paper is asked by itself, and the answers stand side by side."""
    header: gr.HTML
    account: gr.HTML
    switch: gr.Button
    clear: gr.Button
    greeting: gr.HTML
    conversation: gr.HTML
    related: gr.HTML
    scope: gr.HTML
    question: gr.Textbox
    send: gr.Button
    tabs: gr.HTML
    evidence: gr.HTML
    add: gr.UploadButton
    update: gr.Button
    cancel: gr.Button
    status: gr.HTML
    library: gr.HTML
    report: gr.HTML
    map: gr.HTML
    timeline: gr.HTML
    wanted: gr.Textbox
    forgotten: gr.HTML
    history: gr.HTML


def named_papers(answer: Answer, papers: Mapping[str, Paper]) -> dict[str, Paper]:
    """Those of the papers that an answer names."""
    named = {c.paper.id for c in answer.citations} | {p.paper.id for p in answer.passages}
    return {name: papers[name] for name in named if name in papers}


def data_of(pressed: gr.EventData) -> dict[str, Any]:
    """What the browser sent with the event: anything at all, if somebody else than our script sent it."""
    return pressed._data if isinstance(pressed._data, dict) else {}
