"""Answers for a writer's own text: one quotation with its reference, the references of an answer, a conversation.

>>> print(quotation(citation, paper))
“先进复合材料制造创新中心交由复合材料协同解决方案公司（CCS）经营。”（2.4 治理模式）
张华胜. 美国国家制造业创新网络建设及管理模式[Z].
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from corpus.paper import Paper
from qa.answer import Answer, Statement
from qa.citation import Citation, PaperRef
from qa.reference import bibtex, csl_item, gbt7714

EXPORTS = ("gbt7714", "bibtex", "csl-json", "markdown")
"""The forms of `exported`."""
_MARKUP = re.compile(r"(?:[\\`*_{}\[\]<>#|~&]|^\s*[-+](?=\s)|^\s*\d{1,9}[.)](?=\s))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of a conversation: the question as it was asked, and its answer."""

    question: str
    answer: Answer


def exported(answer: Answer, papers: Mapping[str, Paper], form: str) -> str:
    """An answer in one of `EXPORTS`: its references, or all of it as Markdown. A refusal has no references."""
    if form == "markdown":
        return markdown([Said(answer.question, answer)], papers)
    return references(answer.citations, papers, form)


def references(citations: Iterable[Citation], papers: Mapping[str, Paper], style: str) -> str:
    """The papers cited, each once, in the order of their first use; numbered from 1 in GB/T 7714 style."""
    cited = list(dict.fromkeys(citation.paper for citation in citations))
    told = [_paper(ref, papers) for ref in cited]
    if style == "csl-json":
        return json.dumps([csl_item(paper) for paper in told], ensure_ascii=False, indent=2)
    if style == "bibtex":
        return "\n\n".join(map(bibtex, told))
    return "\n".join(f"[{number}] {gbt7714(paper)}" for number, paper in enumerate(told, 1))


def quotation(citation: Citation, paper: Paper | None) -> str:
    """One citation to paste: the quotation in its marks, its place, and below it the reference."""
    known = {} if paper is None else {paper.id: paper}
    where = place(citation)
    return f"“{_one_line(citation.quote)}”{f'（{where}）' if where else ''}\n{gbt7714(_paper(citation.paper, known))}"


def markdown(turns: Sequence[Said], papers: Mapping[str, Paper]) -> str:
    """A conversation: every question with its answer, the quotations with their references as footnotes.

    What papers and questions say is text: whatever Markdown would take for its own is escaped.
    """
    parts = []
    for number, said in enumerate(turns, 1):
        answer = said.answer
        parts.append(f"## {escaped(_one_line(said.question))}")
        if answer.question.strip() != said.question.strip():
            parts.append(f"（{escaped(_one_line(answer.question))}）")
        lines = [_statement(statement, number) for statement in answer.statements]
        each = any(statement.about for statement in answer.statements)
        parts.append("\n".join(f"- {line}" for line in lines) if each else " ".join(lines))
        if answer.notice:
            parts.append(f"*{escaped(answer.notice)}*")
        notes = [
            f"[^{number}-{c.n}]: “{escaped(_one_line(c.quote))}” {escaped(gbt7714(_paper(c.paper, papers)))}"
            + (f" {escaped(place(c))}。" if place(c) else "")
            for c in answer.citations
        ]
        if notes:
            parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"


def place(citation: Citation) -> str:
    """Where a quotation stands: section, page and paragraph, as far as the paper has them.

    >>> place(citation)
    '2.4 治理模式，第5页，第41段'
    """
    pages = "、".join(citation.page_labels or map(str, citation.pages))
    parts = [
        citation.section, f"第{pages}页" if pages else "", f"第{citation.paragraph}段" if citation.paragraph else "",
    ]  # fmt: skip
    return "，".join(part for part in parts if part)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> escaped("[点此](http://x) <b>")
    '\\\\[点此\\\\](http://x) \\\\<b\\\\>'
    """
    return _MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)


def _statement(statement: Statement, turn: int) -> str:
    """A statement with what was asked for in bold and its footnotes' marks."""
    told, at = "", 0
    for start, end in statement.strong:
        told += f"{escaped(statement.text[at:start])}**{escaped(statement.text[start:end])}**"
        at = end
    about = f"{escaped(statement.about)}：" if statement.about else ""
    return about + told + escaped(statement.text[at:]) + "".join(f"[^{turn}-{n}]" for n in statement.cites)


def _paper(ref: PaperRef, papers: Mapping[str, Paper]) -> Paper:
    """The paper cited; where it is no longer in the library, what the citation knew of it."""
    return papers.get(ref.id) or Paper(ref.id, ref.file, "", "", title=ref.title, authors=ref.authors, year=ref.year)


def _one_line(text: str) -> str:
    """A text without line breaks; the cells of a row, parted by tabs, stay apart: 1 920 is one number."""
    return " | ".join(" ".join(cell.split()) for cell in text.split("\t"))
