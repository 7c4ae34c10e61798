"""The conversation as HTML: questions, answers with their numbered marks, refusals, and what could be asked next.

See `ui.frame_html` for what all of this HTML has in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

from corpus.paper import Paper
from qa.answer import Answer, FoundPassage, Statement, readable
from qa.citation import Citation
from qa.export import EXPORTS, Said, exported, markdown
from qa.kept import Reopened
from ui.evidence_html import byline, place
from ui.frame_html import copy_html, error_text
from ui.report import ranges
from ui.state import Turn
from ui.words import Words

_QUESTION_CHARACTERS = 600
_QUOTE_CHARACTERS = 240
"""Of a quotation that are shown where its mark is pointed at."""
_NEAREST_OPEN = 3


def greeting_html(words: Words, examples: Sequence[str] = (), notice: str = "") -> str:
    """What stands where there is no conversation yet: what this is, a notice if there is one, example questions."""
    warned = f'<p class="yj-notice">{escape(notice)}</p>' if notice else ""
    chips = "".join(
        f'<li><button type="button" data-ask="{escape(example)}">{escape(example)}</button></li>'
        for example in examples
    )
    asked = f"<h3>{escape(words.examples)}</h3><ul>{chips}</ul>" if chips else ""
    hint = escape(words.greeting_hint)
    more = f'<p class="yj-more"><a href="/api/docs" target="_blank" rel="noopener">{escape(words.programs)}</a></p>'
    return f'<div class="yj-greeting"><h2>{escape(words.greeting)}</h2><p>{hint}</p>{warned}{asked}{more}</div>'


def conversation_html(turns: Sequence[Turn], words: Words) -> str:
    """All turns, and a button that copies them as Markdown."""
    inner = "".join(_turn_html(turn, number, words) for number, turn in enumerate(turns))
    said = [Said(turn.question, turn.answer) for turn in turns if turn.answer is not None]
    papers = {name: paper for turn in turns for name, paper in turn.papers.items()}
    copied = copy_html(words.export_conversation, markdown(said, papers), words) if said else ""
    export = f'<p class="yj-export">{copied}</p>' if copied else ""
    return f'<div class="yj-log" role="log" aria-label="{escape(words.conversation)}">{inner}{export}</div>'


def related_html(questions: Sequence[str], words: Words, turns: int) -> str:
    """Further questions that the papers answer, each to be pressed; shown only while there are so many `turns`."""
    if not questions:
        return ""
    chips = "".join(
        f'<li><button type="button" data-ask="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<div class="yj-related" data-after="{turns}"><h3>{escape(words.related)}</h3><ul>{chips}</ul></div>'


def answer_html(answer: Answer, papers: Mapping[str, Paper], words: Words, turn: int = 0, address: str = "") -> str:
    """The answer's statements, each followed by its numbered marks, then its sources and the other passages.

    A refusal has no marks: it says so and offers the nearest passages as such.
    """
    notice = f'<p class="yj-note">{escape(answer.notice)}</p>' if answer.notice else ""
    export = _export_html(answer, papers, address, words)
    if answer.abstained:
        return _refusal_html(answer, words, turn, export) + notice
    sources = "".join(_source_html(c, papers.get(c.paper.id), words, turn) for c in answer.citations)
    others = [p for p in answer.passages if not any(_overlap(p, c) for c in answer.citations)]
    confidence = escape(words.confidence.format(percent=min(round(answer.confidence * 100), 99)))
    return (
        f'<div class="yj-answer">{_statements_html(answer, papers, words, turn)}{notice}'
        f'<div class="yj-sources"><h3>{escape(words.sources)}<small>{confidence}</small></h3><ol>{sources}</ol></div>'
        f"{_passages_html(others, words.other_passages.format(count=len(others)), words, turn)}"
        f"{export}</div>"
    )


def _turn_html(turn: Turn, number: int, words: Words) -> str:
    if turn.answer is not None:
        reply = _standing_html(turn.standing, words, number)
        reply += answer_html(turn.answer, turn.papers, words, number, turn.address)
    elif turn.error is not None or turn.broken:
        text = words.unexpected if turn.error is None else error_text(turn.error, words)
        reply = f'<div class="yj-error" role="alert"><p>{escape(text)}</p></div>'
    else:
        reply = f'<div class="yj-working" role="status"><i></i><i></i><i></i><span>{escape(words.working)}</span></div>'
    asked = _question_html(turn.question, words) + _completed_html(turn, words)
    return f'<section class="yj-turn" data-turn="{number}">{asked}{reply}</section>'


def _completed_html(turn: Turn, words: Words) -> str:
    """A follow-up as it was understood, and the button that puts it into the question box to be changed."""
    if turn.answer is None or turn.answer.question.strip() == turn.question.strip():
        return ""
    told = escape(words.completed.format(question=turn.answer.question))
    edit = f'<button type="button" data-edit="{escape(turn.answer.question)}">{escape(words.edit)}</button>'
    return f'<p class="yj-completed">{told}{edit}</p>'


def _standing_html(reopened: Reopened | None, words: Words, turn: int) -> str:
    """Of a kept answer, whether its quotations still stand; of several that do, it is said once."""
    if reopened is None or (turn and not reopened.changed):
        return ""
    files = words.author_separator.join(reopened.changed)
    told = words.reopened_changed.format(files=files) if files else words.reopened
    return f'<p class="yj-note yj-standing">{escape(told)}</p>'


def _question_html(question: str, words: Words) -> str:
    shown = question.strip()
    if len(shown) > _QUESTION_CHARACTERS:
        shown = f"{shown[:_QUESTION_CHARACTERS]}…"
    you = f'<span class="yj-hidden">{escape(words.you)}</span>'
    return f'<p class="yj-question">{you}{escape(shown)}</p>' if shown else ""


def _statements_html(answer: Answer, papers: Mapping[str, Paper], words: Words, turn: int) -> str:
    """The statements as running text; where every paper is asked, a column a paper."""
    cited = {citation.n: citation for citation in answer.citations}

    def told(statement: Statement) -> str:
        marks = "".join(_mark_html(cited[n], papers.get(cited[n].paper.id), words, turn) for n in statement.cites)
        return f'<span class="yj-sentence">{_strong_html(statement)}{marks}</span>'

    if not any(statement.about for statement in answer.statements):
        return f'<p class="yj-text">{"".join(f"{told(statement)} " for statement in answer.statements)}</p>'
    columns = []
    for about, statements in groupby(answer.statements, lambda statement: statement.about):
        said = list(statements)
        silent = "" if any(statement.cites for statement in said) else ' class="yj-silent"'
        columns.append(f"<li{silent}><b>{escape(about)}</b>{' '.join(map(told, said))}</li>")
    return f'<ul class="yj-each" tabindex="0" aria-label="{escape(words.each_paper)}">{"".join(columns)}</ul>'


def _strong_html(statement: Statement) -> str:
    """A statement with what was asked for set off."""
    told, at = "", 0
    for start, end in statement.strong:
        told += f"{escape(statement.text[at:start])}<strong>{escape(statement.text[start:end])}</strong>"
        at = end
    return told + escape(statement.text[at:])


def _export_html(answer: Answer, papers: Mapping[str, Paper], address: str, words: Words) -> str:
    """What a writer takes along: the answer's references in three styles, all of it as Markdown, its address.

    Of a refusal there is nothing but its address.
    """
    names = {"gbt7714": "GB/T 7714", "bibtex": "BibTeX", "csl-json": "CSL-JSON", "markdown": "Markdown"}
    copies = "" if answer.abstained else "".join(
        copy_html(names[form], exported(answer, papers, form), words) for form in EXPORTS
    )  # fmt: skip
    opens = f'class="yj-link" href="/?answer={escape(address)}" target="_blank" rel="noopener"'
    link = f"<a {opens}>{escape(words.export_link)}</a>" if address else ""
    if answer.abstained:
        return f'<p class="yj-export">{link}</p>' if link else ""
    return f'<details class="yj-export"><summary>{escape(words.export)}</summary><p>{copies}{link}</p></details>'


def _mark_html(citation: Citation, paper: Paper | None, words: Words, turn: int) -> str:
    """The number of a citation. Pointed at it shows the quotation, which `ui/page.js` takes from its attributes."""
    label = words.open_citation.format(number=citation.n, paper=citation.paper.title or citation.paper.file)
    current = paper is not None and paper.text[citation.start : citation.end] == citation.quote
    quote = readable(paper, citation) if paper is not None and current else " ".join(citation.quote.split())
    if len(quote) > _QUOTE_CHARACTERS:
        quote = f"{quote[:_QUOTE_CHARACTERS]}…"
    where = " · ".join(
        part for part in (byline(citation.paper, words), place(citation, paper if current else None, words)) if part
    )
    return (
        f'<button type="button" class="yj-mark" data-turn="{turn}" data-n="{citation.n}" data-quote="{escape(quote)}"'
        f' data-source="{escape(citation.paper.title or citation.paper.file)}" data-where="{escape(where)}"'
        f' aria-label="{escape(label)}">{citation.n}</button>'
    )


def _source_html(citation: Citation, paper: Paper | None, words: Words, turn: int) -> str:
    where = " · ".join(part for part in (citation.section, place(citation, paper, words)) if part)
    return (
        f'<li><button type="button" data-turn="{turn}" data-n="{citation.n}"><b>{citation.n}</b>'
        f"<span><cite>{escape(citation.paper.title or citation.paper.file)}</cite>"
        f"<small>{escape(byline(citation.paper, words))}</small><small>{escape(where)}</small></span></button></li>"
    )


def _refusal_html(answer: Answer, words: Words, turn: int, export: str) -> str:
    first, rest = answer.passages[:_NEAREST_OPEN], answer.passages[_NEAREST_OPEN:]
    hint = f"<p>{escape(words.refusal_hint)}</p>" if first else ""
    shown = f'<ul class="yj-passages">{"".join(_passage_html(p, words, turn) for p in first)}</ul>' if first else ""
    more = _passages_html(rest, words.other_passages.format(count=len(rest)), words, turn)
    nearest = f"<h3>{escape(words.nearest)}</h3>{hint}{shown}{more}" if first else ""
    return f'<div class="yj-refusal"><p class="yj-refused">{escape(words.refusal)}</p>{nearest}{export}</div>'


def _passages_html(passages: Sequence[FoundPassage], summary: str, words: Words, turn: int) -> str:
    if not passages:
        return ""
    items = "".join(_passage_html(passage, words, turn) for passage in passages)
    return f'<details><summary>{escape(summary)}</summary><ul class="yj-passages">{items}</ul></details>'


def _passage_html(passage: FoundPassage, words: Words, turn: int) -> str:
    title = passage.paper.title or passage.paper.file
    page = words.page.format(number=ranges(passage.pages)) if passage.pages else ""
    where = " · ".join(part for part in (passage.section, page) if part)
    return (
        f'<li><button type="button" data-turn="{turn}" data-rank="{passage.rank}" title="{escape(words.open_passage)}">'
        f"<small>{escape(title)}{escape(' · ' + where if where else '')}</small>"
        f"<span>{escape(' '.join(passage.text.split()))}</span></button></li>"
    )


def _overlap(passage: FoundPassage, citation: Citation) -> bool:
    return passage.paper.id == citation.paper.id and passage.start < citation.end and citation.start < passage.end
