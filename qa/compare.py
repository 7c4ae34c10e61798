"""One question put to each paper by itself: an answer with a line a paper, so that they can be laid side by side.

>>> answer = compare(shelf.snapshot(), "制造业创新中心的经费从哪里来？", ["sun-luo", "zhang"])
>>> print(answer.text)
孙毅等（2021）：联邦政府与非联邦机构按 1:1 的比例投入…… [1]
张华胜：联邦资金在 5 至 7 年内逐步退出…… [2]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from corpus.language import language_of
from qa.answer import SILENT, Answer, Statement, short_name
from qa.citation import Citation
from qa.snapshot import Snapshot

COLUMNS = 8
"""Papers that are compared at most: each is asked, and each takes a column."""
_LOOKED_AT = 200
_LEFT_OUT = {
    "zh": "只对比了与问题最接近的 {columns} 篇，另有 {count} 篇没有对比。",
    "en": "Only the {columns} papers nearest to the question are compared; {count} others are not.",
}


def compare(snapshot: Snapshot, question: str, papers: Collection[str] | None = None) -> Answer:
    """Ask each of the papers whose ids are given (None: all), and make one answer of what they say.

    The papers stand in the order of the library; those that do not answer come last and are said to be silent. Of more
    than `COLUMNS` those with the nearest passages are asked. `confidence` is that of the surest paper. Raises as
    `Snapshot.ask`.
    """
    language = language_of(question)
    found = snapshot.search(question, papers, top=_LOOKED_AT)
    asked = [paper for paper in snapshot.searched() if papers is None or paper in papers]
    nearest = list(dict.fromkeys(passage.paper.id for passage in found.passages))
    chosen = {*[*nearest, *(paper for paper in asked if paper not in nearest)][:COLUMNS]}
    columns = {paper: snapshot.ask(question, [paper]) for paper in asked if paper in chosen}
    if not columns:
        return snapshot.ask(question, papers)
    names = {paper: short_name(snapshot.index.papers[paper]) for paper in columns}
    alike = Counter(names.values())
    statements: list[Statement] = []
    silent: list[Statement] = []
    citations: list[Citation] = []
    for paper, answer in columns.items():
        about, first = names[paper], len(citations)
        if alike[about] > 1:  # two papers of one author and year are still two columns
            about += f"《{snapshot.index.papers[paper].title or snapshot.index.papers[paper].file}》"
        if answer.abstained:
            silent.append(Statement(SILENT[language], about=about))
            continue
        citations += [replace(citation, n=first + citation.n) for citation in answer.citations]
        statements += [replace(s, cites=tuple(first + n for n in s.cites), about=about) for s in answer.statements]
    passages = sorted((p for answer in columns.values() for p in answer.passages), key=lambda p: -p.score)
    notices = dict.fromkeys(answer.notice for answer in columns.values() if answer.notice)
    if len(asked) > len(columns):
        notices[_LEFT_OUT[language].format(columns=COLUMNS, count=len(asked) - len(columns))] = None
    steps = ("retrieve", "rerank", "answer")
    surest = max(columns.values(), key=lambda answer: answer.confidence)
    return Answer(
        question=question,
        statements=(*statements, *silent) if citations else surest.statements,
        abstained=not citations,
        confidence=surest.confidence,
        citations=tuple(citations),
        passages=tuple(replace(p, rank=n) for n, p in enumerate(passages[: snapshot.settings.passages_shown], 1)),
        timings_ms={step: round(sum(a.timings_ms.get(step, 0.0) for a in columns.values()), 1) for step in steps},
        notice=" ".join(notices) or None,
    )
