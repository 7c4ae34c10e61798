"""The JSON that other programs get and send, field by field: what `/api/openapi.json` and the MCP tools declare.

These classes are never filled: `to_json` of the dataclasses in `qa` makes the JSON, and the tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Body

from indexer.passages import PassageKind

Kinds = list[PassageKind]
_EXACT: dict[str, Any] = {"extra": "forbid"}


# What is sent --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Turn:
    """An earlier answer of a conversation, as it was given; of its fields the first four are read."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _EXACT

    question: str
    completed: str | None = None
    answer: str = ""
    strong: list[tuple[int, int]] = field(default_factory=list)
    id: str | None = None
    turn: int | None = None
    abstained: bool = False
    confidence: float | None = None
    citations: list[Any] = field(default_factory=list)
    passages: list[Any] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)
    notice: str | None = None


@dataclass(frozen=True, kw_only=True)
class AskRequest:
    """A question; `conversation` are the answers before it, oldest first, from which it is completed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _EXACT

    question: str
    papers: list[str] = field(default_factory=list)
    years: tuple[int, int] | None = None
    kinds: Kinds | None = None
    conversation: list[Turn] | None = None
    stream: Annotated[bool, Body(strict=True)] = False


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """A query for the best passages."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _EXACT

    query: str
    top: Annotated[int, Body(ge=1, le=100, strict=True)] = 10
    papers: list[str] = field(default_factory=list)
    years: tuple[int, int] | None = None
    kinds: Kinds | None = None


@dataclass(frozen=True, kw_only=True)
class IndexRequest:
    """Whether to hear how far it has come."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _EXACT

    stream: Annotated[bool, Body(strict=True)] = False


# What is given -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing: the class of the error, and its sentence."""

    error: str
    message: str
    language: Literal["zh", "en"]


@dataclass(frozen=True)
class PaperName:
    """A paper, by what a list shows of it."""

    id: str
    file: str
    title: str | None


@dataclass(frozen=True)
class PaperRef(PaperName):
    """A paper, by what a citation shows of it."""

    authors: list[str]
    year: int | None


@dataclass(frozen=True)
class Citation:
    """A quotation, `text[start:end]` of its paper to the character, and its place."""

    n: int
    paper: PaperRef
    section: str | None
    pages: list[int]
    page_labels: list[str]
    paragraph: int | None
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True)
class Passage:
    """A ranked passage, `text[start:end]` of its paper."""

    rank: int
    paper: PaperName
    section: str | None
    pages: list[int]
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True)
class Answer:
    """An answer; `[n]` in `answer` is the citation with that `n`. `abstained`: the papers do not answer."""

    id: str | None
    question: str
    answer: str
    abstained: bool
    confidence: float
    citations: list[Citation]
    passages: list[Passage]
    timings_ms: dict[str, float]
    strong: list[list[int]]
    notice: str | None


@dataclass(frozen=True)
class KeptAnswer(Answer):
    """A kept answer; `states` are how its quotations stand now."""

    states: list[Literal["verbatim", "moved", "not found", "removed"]]


@dataclass(frozen=True)
class Found:
    """Ranked passages."""

    id: str | None
    question: str
    passages: list[Passage]
    timings_ms: dict[str, float]


@dataclass(frozen=True)
class ListedPaper(PaperRef):
    """A paper of the library; `error` is why its file could not be read."""

    state: Literal["indexed", "new", "changed", "deleted", "failed"]
    error: Refusal | None


@dataclass(frozen=True)
class Listing:
    """The library; `left_out` are files that are not taken as papers."""

    papers: list[ListedPaper]
    left_out: list[str]


@dataclass(frozen=True)
class Span:
    """A stretch of a paper's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Context:
    """A quotation and what stands around it; `sections` are the headings above it, the outermost first."""

    paper: PaperRef
    section: str | None
    pages: list[int]
    page_labels: list[str]
    paragraph: int | None
    start: int
    end: int
    quote: str
    sections: list[str]
    context: Span


@dataclass(frozen=True)
class Reference:
    """A reference to a paper, ready to be pasted."""

    paper: str
    style: Literal["gbt7714", "bibtex", "csl-json"]
    reference: str


@dataclass(frozen=True)
class AddedFile:
    """What became of a file: the id of its paper, or why it was not added."""

    file: str
    paper: str | None
    error: Refusal | None


@dataclass(frozen=True)
class Added:
    """What became of each file, in the order in which they were sent."""

    files: list[AddedFile]


@dataclass(frozen=True)
class Removed:
    """A paper that was taken out, and the name of its file in the library's `.removed`."""

    paper: str
    kept: str


@dataclass(frozen=True)
class Updated:
    """What an update of the index did: paper ids by what became of them, and what it cost."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    unchanged: list[str]
    failed: list[Refusal]
    passages: int
    passages_embedded: int
    seconds: float


@dataclass(frozen=True)
class Paper:
    """A paper as it was read; every offset counts in `text`. The README says what is in it."""

    id: str
    file: str
    title: str | None
    authors: list[str]
    year: int | None
    language: str
    doi: str | None
    journal: str | None
    keywords: list[str]
    affiliations: list[str]
    title_en: str | None
    authors_en: list[str]
    abstract: list[int] | None
    abstract_en: list[int] | None
    text: str
    pages: list[dict[str, Any]]
    sections: list[dict[str, Any]]
    tables: list[dict[str, Any]]
    references: list[dict[str, Any]]
    report: dict[str, Any]
