"""Answers for a writer's own text: one quotation with its reference, the references of an answer, a conversation.

>>> print(quotation(citation, paper))
“先进复合材料制造创新中心交由复合材料协同解决方案公司（CCS）经营。”（2.4 治理模式）
张华胜. 美国国家制造业创新网络建设及管理模式[Z].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus.errors import Language
from corpus.paper import Paper
from qa.answer import Answer, FoundPassage, Statement
from qa.citation import Citation, PaperRef
from qa.kept import Standing
from qa.reference import bibtex, csl_item, gbt7714

NEAREST = 3
"""Passages that are shown under a refusal."""
EXPORTS = ("gbt7714", "bibtex", "csl-json", "markdown")
"""The forms of `exported`."""
_MARKUP = re.compile(r"(?:[\\`*_{}\[\]<>#|~&]|^\s*[-+](?=\s)|^\s*\d{1,9}[.)](?=\s))", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The words of an export in one language. What stands in braces is filled in with `str.format`."""

    title: str
    """Of a document with several questions."""
    written: str
    """Below the title of a document."""
    understood: str
    """Before a follow-up question as it was completed."""
    refused: str
    nearest: str
    references: str
    page: str
    paragraph: str
    comma: str
    colon: str
    gone: Mapping[Standing, str]
    """After a quotation that does not stand in its paper any more."""


LABELS: Mapping[Language, Labels] = {
    "zh": Labels(
        title="问答记录",
        written="引据 · {date}",
        understood="理解为：{question}",
        refused="未回答",
        nearest="最接近的段落（不是回答）",
        references="参考文献",
        page="第{number}页",
        paragraph="第{number}段",
        comma="，",
        colon="：",
        gone={"not found": "论文已改动，其中不再有这段引文", "removed": "论文已不在论文库中"},
    ),
    "en": Labels(
        title="Questions and answers",
        written="引据 yinju · {date}",
        understood="Understood as: {question}",
        refused="Not answered",
        nearest="The nearest passages (no answer)",
        references="References",
        page="p. {number}",
        paragraph="para. {number}",
        comma=", ",
        colon=": ",
        gone={
            "not found": "the paper has changed and no longer holds this quotation",
            "removed": "the paper is no longer in the library",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of a conversation: the question as it was asked, and its answer.

    `states` tell how the citations of an answer that was kept stand by now; empty for a fresh one, where all stand.
    """

    question: str
    answer: Answer
    states: tuple[Standing, ...] = ()

    @property
    def completed(self) -> str:
        """A follow-up as it was understood; empty where it was asked in full."""
        asked = one_line(self.answer.question)
        return "" if asked == one_line(self.question) else asked

    def cited(self, statement: Statement) -> list[Citation]:
        """The citations of a statement, in the order of its marks."""
        by_number = {citation.n: citation for citation in self.answer.citations}
        return [by_number[n] for n in statement.cites if n in by_number]

    def state(self, citation: Citation) -> Standing:
        """How one of the citations stands."""
        states = {c.n: state for c, state in zip(self.answer.citations, self.states, strict=False)}
        return states.get(citation.n, "verbatim")


@dataclass(frozen=True, slots=True)
class Notes:
    """The footnotes of a conversation: each quotation once an answer, numbered from 1 through all of it.

    `papers` are those quoted, each once, in the order of their first use: the list of references, numbered from 1.
    """

    numbers: Mapping[tuple[int, int], int]
    """The number of the footnote by the place of the turn, from 0, and the `n` of the citation."""
    papers: tuple[PaperRef, ...]

    @classmethod
    def of(cls, turns: Sequence[Said]) -> Notes:
        """In the order in which a reader comes upon them."""
        numbers: dict[tuple[int, int], int] = {}
        papers: dict[str, PaperRef] = {}
        for at, said in enumerate(turns):
            for citation in (citation for statement in said.answer.statements for citation in said.cited(statement)):
                numbers.setdefault((at, citation.n), len(numbers) + 1)
                papers.setdefault(citation.paper.id, citation.paper)
        return cls(numbers, tuple(papers.values()))

    def reference(self, citation: Citation) -> int:
        """The number of its paper in the list of references."""
        return next(n for n, paper in enumerate(self.papers, 1) if paper.id == citation.paper.id)


def exported(answer: Answer, papers: Mapping[str, Paper], form: str, language: Language = "zh") -> str:
    """An answer in one of `EXPORTS`: its references, or all of it as Markdown. A refusal has no references."""
    if form == "markdown":
        return markdown([Said(answer.question, answer)], papers, language)
    return references(answer.citations, papers, form)


def references(citations: Iterable[Citation], papers: Mapping[str, Paper], style: str) -> str:
    """The papers cited, each once, in the order of their first use; numbered from 1 in GB/T 7714 style."""
    cited: dict[str, PaperRef] = {}
    for citation in citations:
        cited.setdefault(citation.paper.id, citation.paper)
    told = [known_paper(ref, papers) for ref in cited.values()]
    if style == "csl-json":
        return json.dumps([csl_item(paper) for paper in told], ensure_ascii=False, indent=2)
    if style == "bibtex":
        return "\n\n".join(map(bibtex, told))
    return "\n".join(f"[{number}] {gbt7714(paper)}" for number, paper in enumerate(told, 1))


def quotation(citation: Citation, paper: Paper | None) -> str:
    """One citation to paste: the quotation in its marks, its place, and below it the reference."""
    known = {} if paper is None else {paper.id: paper}
    where = place(citation)
    quoted = f"“{one_line(citation.quote)}”{f'（{where}）' if where else ''}"
    return f"{quoted}\n{gbt7714(known_paper(citation.paper, known))}"


def markdown(turns: Sequence[Said], papers: Mapping[str, Paper], language: Language = "zh") -> str:
    """A conversation: every question with its answer, the quotations as footnotes, the papers quoted at the end.

    A footnote names its paper by the number that it has in that list:

        产业公地可以恢复[^1]

        [^1]: “产业公地可以恢复” \\[1\\] 2.4 治理模式，第5页，第41段。

        ## 参考文献

        \\[1\\] 张华胜. 美国国家制造业创新网络建设及管理模式[Z].

    What papers and questions say is text: whatever Markdown would take for its own is escaped.
    """
    notes, labels = Notes.of(turns), LABELS[language]
    parts = []
    for at, said in enumerate(turns):
        parts.append(f"## {escaped(one_line(said.question))}")
        if said.completed:
            parts.append(f"（{escaped(labels.understood.format(question=said.completed))}）")
        parts += _refused(said, papers, language) if said.answer.abstained else [_answered(said, at, notes)]
        if said.answer.notice:
            parts.append(f"*{escaped(said.answer.notice)}*")
        told = [_note(said, citation, at, notes, language) for citation in said.answer.citations]
        if any(told):
            parts.append("\n".join(filter(None, told)))
    if notes.papers:
        listed = [f"\\[{n}\\] {escaped(gbt7714(known_paper(ref, papers)))}" for n, ref in enumerate(notes.papers, 1)]
        parts += [f"## {labels.references}", *listed]
    return "\n\n".join(parts) + "\n"


def place(citation: Citation, language: Language = "zh") -> str:
    """Where a quotation stands: section, page and paragraph, as far as the paper has them.

    >>> place(citation)
    '2.4 治理模式，第5页，第41段'
    """
    return _where(citation.section, citation.page_labels or citation.pages, citation.paragraph, language)


def passage_place(passage: FoundPassage, language: Language = "zh") -> str:
    """Where a passage stands: section and page, as far as the paper has them."""
    return _where(passage.section, passage.pages, None, language)


def _where(section: str, pages: Sequence[object], paragraph: int | None, language: Language) -> str:
    labels = LABELS[language]
    parts = [
        section,
        labels.page.format(number="、".join(map(str, pages))) if pages else "",
        labels.paragraph.format(number=paragraph) if paragraph else "",
    ]
    return labels.comma.join(part for part in parts if part)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> escaped("[点此](http://x) <b>")
    '\\\\[点此\\\\](http://x) \\\\<b\\\\>'
    """
    return _MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def known_paper(ref: PaperRef, papers: Mapping[str, Paper]) -> Paper:
    """The paper cited; where it is no longer in the library, what the citation knew of it."""
    return papers.get(ref.id) or Paper(ref.id, ref.file, "", "", title=ref.title, authors=ref.authors, year=ref.year)


def one_line(text: str) -> str:
    """A text without line breaks; the cells of a row, parted by tabs, stay apart: 1 920 is one number."""
    return " | ".join(" ".join(cell.split()) for cell in text.split("\t"))


def runs(statement: Statement) -> Iterator[tuple[str, bool]]:
    """The text of a statement piece by piece, each with whether it is what was asked for."""
    at = 0
    for start, end in statement.strong:
        yield statement.text[at:start], False
        yield statement.text[start:end], True
        at = end
    yield statement.text[at:], False


def _answered(said: Said, at: int, notes: Notes) -> str:
    """The statements as running text; where every paper is asked, a list with an item a paper."""
    lines = [_statement(said, statement, at, notes) for statement in said.answer.statements]
    each = any(statement.about for statement in said.answer.statements)
    return "\n".join(f"- {line}" for line in lines) if each else " ".join(lines)


def _statement(said: Said, statement: Statement, at: int, notes: Notes) -> str:
    """A statement with what was asked for in bold and its footnotes' marks."""
    about = f"{escaped(statement.about)}：" if statement.about else ""
    told = "".join(f"**{escaped(text)}**" if strong else escaped(text) for text, strong in runs(statement))
    return about + told + "".join(f"[^{notes.numbers[at, citation.n]}]" for citation in said.cited(statement))


def _note(said: Said, citation: Citation, at: int, notes: Notes, language: Language) -> str:
    """A footnote; nothing for a citation that no statement marks."""
    number = notes.numbers.get((at, citation.n))
    if number is None:
        return ""
    reference = notes.reference(citation)
    where = f" {escaped(place(citation, language))}" if place(citation, language) else ""
    gone = LABELS[language].gone.get(said.state(citation), "")
    return f"[^{number}]: “{escaped(one_line(citation.quote))}” \\[{reference}\\]{where}" + (
        f"（{gone}）" if gone else ""
    )


def _refused(said: Said, papers: Mapping[str, Paper], language: Language) -> Iterator[str]:
    """A refusal, and the passages that come nearest, which answer nothing."""
    labels = LABELS[language]
    yield f"**{labels.refused}**{labels.colon}{escaped(said.answer.text)}"
    if nearest := said.answer.passages[:NEAREST]:
        yield f"{labels.nearest}{labels.colon}".rstrip()
        yield "\n".join(
            f"- “{escaped(one_line(passage.text))}” {escaped(gbt7714(known_paper(passage.paper, papers)))}"
            f" {escaped(passage_place(passage, language))}".rstrip()
            for passage in nearest
        )
