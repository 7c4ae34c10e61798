"""What a language model writes, checked sentence by sentence, beside the extractive answer that stands behind it.

The model sees passages under private handles, made anew for every question, so that neither it nor a paper can guess
one. Of what it writes a sentence is kept if every handle in it exists and one of the passages bears it (`qa.claims`);
any other is replaced by the next sentence of the extractive answer. What the reader sees is cited as ever: the
citation is the sentence of the paper that bears the statement, verbatim.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from corpus.errors import WriterError
from corpus.language import language_of
from indexer.model import Encoder
from indexer.version import Index
from qa.answer import REFERENCE_MARK, Answer, Statement, verified
from qa.asked import asked_of
from qa.citation import Citation, cite
from qa.claims import check
from qa.sought import sentence_marked
from qa.support import Reading, holds
from qa.writer import Writer

_HANDLE = re.compile(r"\[#\s?([^\[\]#]{1,40})\]")
_ENDS = re.compile(rf"(?P<text>.+?)(?P<handles>(?:\s*{_HANDLE.pattern})+)[。.]?|(?P<bare>[^\n]+)\n", re.DOTALL)
_GOES_ON = re.compile(r"\s*[^\s\[]|\s*\[[^\]]{45}")
_SENTENCE = re.compile(r"[^。！？!?\n]+(?:[。！？!?]+|$)|[^.\n]+\.(?=\s|$)")
_MOST = 8
"""Statements of an answer; a model that goes on is cut off."""
_NOTICES = {
    "zh": {
        "silent": "语言模型没有应答，以下是论文原文。",
        "replaced": "语言模型写的 {count} 句无法由引文证实，已换成论文原文。",
        "unborne": "语言模型写的话无法由引文证实，以下是论文原文。",
    },
    "en": {
        "silent": "The language model did not reply; this is quoted from the papers.",
        "replaced": "{count} of the language model's sentences were not borne out and replaced by the papers' own.",
        "unborne": "What the language model wrote was not borne out; this is quoted from the papers.",
    },
}


@dataclass
class _Draft:
    """The statements so far, and the citations that they rest on, in the order of first use."""

    statements: list[Statement] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    replaced: int = 0

    def add(self, text: str, citations: list[Citation], strong: tuple[tuple[int, int], ...]) -> None:
        """A statement with what bears it; said twice it is said once."""
        if any(statement.text == text for statement in self.statements):
            return
        cites = []
        for citation in citations:
            place = (citation.paper.id, citation.start, citation.end)
            known = next((c for c in self.citations if (c.paper.id, c.start, c.end) == place), None)
            if known is None:
                known = replace(citation, n=len(self.citations) + 1)
                self.citations.append(known)
            cites.append(known.n)
        self.statements.append(Statement(text, tuple(dict.fromkeys(cites)), strong))


def drafted(index: Index, encoder: Encoder, reading: Reading, extractive: Answer, writer: Writer) -> Iterator[Answer]:
    """The answer as it grows, a statement at a time, and at last as it stays. A refusal is not handed to the model."""
    if extractive.abstained or reading.found.each:
        yield extractive
        return
    notices = _NOTICES[language_of(extractive.question)]
    handles = {_handle(): hit.number for hit in reading.hits}
    texts = {handle: _passage(index, number) for handle, number in handles.items()}
    draft, left, borne = _Draft(), list(extractive.statements), 0
    try:
        for sentence, named in _sentences(writer.write(extractive.question, texts)):
            checked = _borne(index, encoder, sentence, named, handles)
            if checked:
                borne += 1
                draft.add(sentence, checked, sentence_marked(sentence, extractive.question).strong)
            else:
                draft.replaced += 1
                if not left:
                    continue
                _put(draft, left.pop(0), extractive)
            yield _answer(index, draft, extractive, None)
            if len(draft.statements) == _MOST:
                break
    except WriterError:
        yield replace(extractive, notice=notices["silent"])
        return
    if not borne:
        yield replace(extractive, notice=notices["unborne"])
        return
    if not _answers(draft, extractive):
        for statement in left:
            _put(draft, statement, extractive)
    notice = notices["replaced"].format(count=draft.replaced) if draft.replaced else None
    yield _answer(index, draft, extractive, notice)


def _answers(draft: _Draft, extractive: Answer) -> bool:
    """Whether what was written holds the kind of thing asked for, where the papers' own sentences do."""
    asked = asked_of(extractive.question)
    written = " ".join(statement.text for statement in draft.statements)
    return holds(written, asked) or not holds(extractive.text, asked)


def _put(draft: _Draft, statement: Statement, extractive: Answer) -> None:
    cited = [citation for citation in extractive.citations if citation.n in statement.cites]
    draft.add(statement.text, cited, statement.strong)


def _answer(index: Index, draft: _Draft, extractive: Answer, notice: str | None) -> Answer:
    citations = verified(index, draft.citations)
    if len(citations) != len(draft.citations):  # they were made from the papers' own text
        raise AssertionError("a citation that is not verbatim")
    return replace(extractive, statements=tuple(draft.statements), citations=citations, notice=notice)


def _borne(index: Index, encoder: Encoder, sentence: str, named: list[str], handles: dict[str, int]) -> list[Citation]:
    """What of the passages named bears a sentence; empty where one of the handles is none or no passage does."""
    if not named or any(handle not in handles for handle in named):
        return []
    found: list[Citation] = []
    for handle in dict.fromkeys(named):
        number = handles[handle]
        checked = check(index, encoder, sentence, number)
        if checked.fault is None:
            paper = index.papers[index.passages[number].paper]
            found.append(cite(paper, checked.start, checked.end, len(found) + 1, 0.0))
    return found


def _sentences(pieces: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    """The sentences of a stream, each with the handles that follow it; as soon as those are there."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        # After a handle another may follow, and be half written.
        while (match := _ENDS.match(waiting)) and (match["bare"] or _GOES_ON.match(waiting, match.end())):
            yield from _parts(match)
            waiting = waiting[match.end() :]
    if waiting.strip():
        match = _ENDS.match(waiting)
        if match is not None:
            yield from _parts(match)
            waiting = waiting[match.end() :]
        yield from ((sentence, []) for sentence in _split(waiting))


def _parts(match: re.Match[str]) -> Iterator[tuple[str, list[str]]]:
    named = [handle.strip() for handle in _HANDLE.findall(match["handles"] or "")]
    yield from ((sentence, named) for sentence in _split(match["text"] or match["bare"]))


def _split(text: str) -> list[str]:
    """The sentences of a text, without handles, marks of lists, and numbers in brackets, which would be citations."""
    told = (match[0] for match in _SENTENCE.finditer(REFERENCE_MARK.sub("", _HANDLE.sub("", text))))
    kept = (re.sub(r"^[\s\-*•·]+|^\s*\d{1,2}[.、)]\s*", "", sentence).strip() for sentence in told)
    return [sentence for sentence in kept if re.search(r"\w", sentence)]


def _handle() -> str:
    """Four characters that cannot be guessed and are no word or number."""
    return "".join(secrets.choice("bcdfghjkmnpqrstvwxz23456789") for _ in range(4))


def _passage(index: Index, number: int) -> str:
    """A passage as the model reads it: what it is about, and its text."""
    passage = index.passages[number]
    return f"（{'；'.join(passage.about)}）{index.papers[passage.paper].text[passage.start : passage.end]}"
