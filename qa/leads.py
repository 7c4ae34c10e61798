"""Questions that lead back to the place of a paper from which they are made, by what stands there.

>>> question_of_words(paper, "此外，首家创新研究所在俄亥俄州扬斯敦成立，随后又成立了七家。")
'《美国“国家制造创新网络”战略及其对中国制造业发展的启示》怎样论述“首家创新研究所在俄亥俄州扬斯敦成立”？'

How many are answered, and from there: `python -m tests.bench.maps`.
"""

from __future__ import annotations

import re

from corpus.clean import HAN
from corpus.language import language_of
from corpus.paper import Paper
from qa.answer import REFERENCE_MARK

SHORTEST = 14
"""Characters that a clause must have to say something alone."""
_LONGEST = 60
_LONGEST_LABEL = 40

_LEADS = re.compile(
    r"(?:[（(]?[一二三四五六七八九十\d]{1,2}(?:[)）、]|[.．](?!\d))|[①-⑳]|[•●■▪-]\s|第?[一二三四五六七八九十]+[是，、])\s*"
    r"|(?:此外|除此之外|其中|目前|因此|同样|同时|与此同时|另外|例如|如|即|首先|其次|再次|最后|然而|但是?|而且|并且|不过|总之|对此|随后|为此)"
    r"[，,]\s?"
)
_DEPENDENT = re.compile(
    r"(?:为[了贯推促加提协抢实]|由于|随着|在|基于|根据|只有|通过|当|作为|从|按照|近年|\d{4}\s?[年财])"
)
"""How a clause begins that leads in to the next one: 由于研发创新与工艺技术越来越密切，…"""
_BRACKETS = re.compile(r"[（(][^（）()]*(?:[)）]|\Z)")
_PART_END = re.compile(r"[，；：。！？]|[,;:!?](?!\d)")
_FIGURES = re.compile(rf"[^{HAN}A-Za-z]*\d[^{HAN}A-Za-z]*(?:[万亿]?[{HAN}]{{0,2}})")


def question_of_words(paper: Paper, text: str) -> str:
    """How a paper speaks of what a sentence of it says."""
    said = _clause(REFERENCE_MARK.sub("", text).replace("\t", " "))
    if language_of(said) == "en":
        return f"What does the paper say of this: {said}?"
    return f"《{paper.title}》怎样论述“{said}”？" if paper.title else f"怎样论述“{said}”？"


def question_of_row(paper: Paper, offset: int) -> str:
    """What a cell of the row at `offset` holds, as a question: 特许会员的优点是什么？ Empty where there is no row."""
    table = paper.table_at(offset)
    row = table.row_at(offset) if table is not None else None
    if table is None or row is None or not table.header:
        return ""
    cells = table.rows[row]
    named = [
        at for at, cell in enumerate(cells)
        if re.search(rf"[{HAN}]{{2}}|[A-Za-z]{{3}}|\d{{4}}\s?年", cell) and [r[at] for r in table.rows].count(cell) == 1
    ]  # fmt: skip
    asked = [
        at for at, (name, cell) in enumerate(zip(table.header, cells, strict=True))
        if named and at != named[0] and re.search(rf"[{HAN}]{{2}}", name) and cell not in ("", "√", "×")
    ]  # fmt: skip
    if not asked:
        return ""
    name = re.sub(r"\s*[（(].*?[)）]", "", table.header[asked[-1]])
    if re.search("时间$|日期$|期限$", name):
        asks = "是什么时候"
    else:
        asks = "是多少" if _FIGURES.fullmatch(cells[asked[-1]]) else "是什么"
    said = f"{cells[named[0]][:_LONGEST_LABEL]}的{name}{asks}？"
    return f"《{paper.title}》中，{said}" if paper.title else said


def _clause(text: str) -> str:
    """As many clauses of a sentence as make `_SHORTEST` characters, without brackets and what leads in to them.

    >>> _clause("此外，2012 年 8 月，首家制造业创新研究所在俄亥俄州扬斯敦成立，随后又陆续成立了七家。")
    '2012 年 8 月，首家制造业创新研究所在俄亥俄州扬斯敦成立'
    """
    text = _BRACKETS.sub("", text).strip(" 　，,。；;：:！!？?")
    while (lead := _LEADS.match(text)) and lead.end() < len(text):
        text = text[lead.end() :]
    ends = [*(match.start() for match in _PART_END.finditer(text)), len(text)]
    if len(ends) > 1 and _DEPENDENT.match(text):
        ends = ends[1:]
    return _cut(text[: next((end for end in ends if end >= SHORTEST), ends[-1])])


def _cut(text: str) -> str:
    """A clause cut to `_LONGEST` characters, or three times as many letters, before a word or number that goes on."""
    longest = _LONGEST if language_of(text) == "zh" else 3 * _LONGEST
    return re.sub(r"[A-Za-z\d.]+\Z", "", text[:longest]).strip() if len(text) > longest else text
