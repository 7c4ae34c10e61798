"""How results look in a notebook or a Python prompt: as plain text, and as HTML that takes the notebook's own colours.

>>> answer
2019年美国制造业创新研究所的私人投资是多少亿美元？
2019年 · 私人投资（亿美元）：3.55 [1]
[1] 美国智能制造的发展及启示 · 2.1 制造业创新研究所的实施方案及效果 · sun-luo.txt 6958:6990
把握 0.99

Labels are in the language of the question. What questions, papers and files' names say is text: no control character of
theirs reaches a terminal, no mark-up a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from corpus.errors import Language, YinjuError
from corpus.language import language_of

if TYPE_CHECKING:
    from qa.answer import Answer, Found, FoundPassage, Statement
    from qa.citation import Citation
    from qa.shelf import Shelf

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SHOWN = 80
"""Characters of a passage that stand on its line."""
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "page": "第{}页", "paragraph": "第{}段", "confidence": "把握 {:.2f}", "nearest": "最接近的段落，不是答案：",
        "none": "没有找到段落",
    },
    "en": {
        "page": "p. {}", "paragraph": "para. {}", "confidence": "confidence {:.2f}",
        "nearest": "The nearest passages, which are not an answer:", "none": "no passages",
    },
}  # fmt: skip
_BOX = "max-width:48em;line-height:1.65;overflow-wrap:anywhere"
_QUOTE = "margin:.15em 0 .5em;padding-left:.8em;border-left:3px solid #b8564a;unicode-bidi:isolate;white-space:pre-wrap"
_FAINT = "opacity:.75;font-size:.92em"
_CELL = "text-align:left;padding:.15em 1em .15em 0"


# As text -------------------------------------------------------------------------------------------------------------


def answer_repr(answer: Answer) -> str:
    """The question, the answer with its marks, what each mark stands for, and how sure it is."""
    language = language_of(answer.question)
    words = _WORDS[language]
    lines = [answer.question, answer.text]
    lines += [answer.notice] if answer.notice else []
    if answer.abstained:
        lines += [words["nearest"], *map(_passage_line, answer.passages[:3])]
    else:
        lines += [f"[{c.n}] {_place(c, language)}" for c in answer.citations]
        lines.append(words["confidence"].format(answer.confidence))
    return _plain("\n".join(lines))


def found_repr(found: Found) -> str:
    """The query, and a line a passage."""
    passages = [_passage_line(passage) for passage in found.passages]
    return _plain("\n".join([found.question, *(passages or [_WORDS[language_of(found.question)]["none"]])]))


def citation_repr(citation: Citation) -> str:
    """Its number, its words and where they stand."""
    return _plain(f"[{citation.n}] “{_line(citation.quote)}” {_place(citation, language_of(citation.quote))}")


def shelf_repr(shelf: Shelf) -> str:
    """Its folders, and how many papers lie in the one and are indexed in the other."""
    return _plain(f"<Shelf {shelf.library.folder}: {_lying(shelf)}; {shelf.store.folder}: {_indexed(shelf)}>")


# As HTML -------------------------------------------------------------------------------------------------------------


def answer_html(answer: Answer) -> str:
    """The answer with its quotations below it, or the refusal with the nearest passages."""
    language = language_of(answer.question)
    words = _WORDS[language]
    inner = "".join(map(_statement_html, answer.statements))
    if answer.notice:
        inner += f'<p style="{_FAINT}">{escape(answer.notice)}</p>'
    if answer.abstained:
        inner += f'<p style="{_FAINT}">{words["nearest"]}</p>{_passages_html(answer.passages[:3])}'
    else:
        inner += "".join(_citation_html(citation, language) for citation in answer.citations)
        inner += f'<p style="{_FAINT}">{words["confidence"].format(answer.confidence)}</p>'
    return _box(f'<p style="{_FAINT}">{escape(answer.question)}</p>{inner}')


def found_html(found: Found) -> str:
    """The query and its passages, whole."""
    passages = _passages_html(found.passages) or f"<p>{_WORDS[language_of(found.question)]['none']}</p>"
    return _box(f'<p style="{_FAINT}">{escape(found.question)}</p>{passages}')


def citation_html(citation: Citation) -> str:
    """The quotation under its place."""
    return _box(_citation_html(citation, language_of(citation.quote)))


def shelf_html(shelf: Shelf) -> str:
    """The papers with their states; a sentence where the library cannot be looked at."""
    try:
        rows = [(s.id, s.title or s.file, "，".join(s.authors), str(s.year or ""), s.state) for s in shelf.states()]
    except YinjuError as exc:
        return _box(f"<p>{escape(exc.message('zh'))}<br>{escape(exc.message('en'))}</p>")
    head = _row_html(("id", "题名 title", "作者 authors", "年份 year", "状态 state"), "th")
    return _box(f"<table><thead>{head}</thead><tbody>{''.join(_row_html(row, 'td') for row in rows)}</tbody></table>")


# What they share -----------------------------------------------------------------------------------------------------


def _place(citation: Citation, language: Language) -> str:
    """Paper, section, page and paragraph, as far as the paper has them; without either, its file and offsets."""
    words, labels = _WORDS[language], citation.page_labels or tuple(map(str, citation.pages))
    parts = [
        citation.paper.title or citation.paper.file,
        citation.section,
        words["page"].format("–".join(labels)) if labels else "",
        words["paragraph"].format(citation.paragraph) if citation.paragraph else "",
    ]
    if not labels and not citation.paragraph:
        parts.append(f"{citation.paper.file} {citation.start}:{citation.end}")
    return _line(" · ".join(part for part in parts if part))


def _passage_line(passage: FoundPassage) -> str:
    text = _line(passage.text)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"{passage.rank:>2}. {_passage_place(passage)}: {shown}"


def _passage_place(passage: FoundPassage) -> str:
    pages = _WORDS[language_of(passage.text)]["page"].format("–".join(map(str, passage.pages))) if passage.pages else ""
    return _line(" · ".join(filter(None, (passage.paper.title or passage.paper.file, passage.section, pages))))


def _statement_html(statement: Statement) -> str:
    """A statement with what was asked for in bold and its marks raised."""
    told, at = "", 0
    for start, end in statement.strong:
        told += f"{escape(statement.text[at:start])}<b>{escape(statement.text[start:end])}</b>"
        at = end
    about = f"{escape(statement.about)}：" if statement.about else ""
    marks = "".join(f"<sup>[{n}]</sup>" for n in statement.cites)
    return f'<p style="unicode-bidi:isolate">{about}{told}{escape(statement.text[at:])} {marks}</p>'


def _citation_html(citation: Citation, language: Language) -> str:
    place = f'<span style="{_FAINT}">[{citation.n}] {escape(_place(citation, language))}</span>'
    return f'<div>{place}<blockquote style="{_QUOTE}">{escape(citation.quote)}</blockquote></div>'


def _passages_html(passages: Sequence[FoundPassage]) -> str:
    return "".join(
        f'<div><span style="{_FAINT}">{p.rank}. {escape(_passage_place(p))}</span>'
        f'<blockquote style="{_QUOTE}">{escape(p.text)}</blockquote></div>'
        for p in passages
    )


def _row_html(cells: Iterable[str], kind: str) -> str:
    row = "".join(f'<{kind} style="{_CELL}">{escape(cell)}</{kind}>' for cell in cells)
    return f"<tr>{row}</tr>"


def _box(inner: str) -> str:
    """Without colours of its own but the mark of a quotation, which is seen on light and on dark."""
    return f'<div style="{_BOX}">{_CONTROL.sub("�", inner)}</div>'


def _lying(shelf: Shelf) -> str:
    try:
        return _papers(len(shelf.library.files()))
    except YinjuError as exc:
        return type(exc).__name__


def _indexed(shelf: Shelf) -> str:
    try:
        return f"{_papers(len(shelf.store.manifest().papers))} indexed"
    except YinjuError as exc:
        return type(exc).__name__


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count} papers"


def _line(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    return _CONTROL.sub("�", text)
