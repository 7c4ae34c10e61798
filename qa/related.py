"""Further questions that the papers can answer, made from where an answer was cited.

From the headings around and beside the cited sections, from the rows and columns of cited and neighbouring tables, and
from the names that neighbouring passages introduce; each is asked before it is offered, and offered only if the answer
is cited from the place that it was made from:

>>> related(index, answer, asked=["IACMI 由谁经营？"], ask=shelf.ask)
('国家制造业创新网络的经费来源是什么？', '国家制造业创新网络的考核评价是怎样的？', '高级会员的所需投资是多少？')

They are in Chinese, as headings and tables are, whatever language the question was in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import rjieba

from corpus.clean import HAN
from corpus.paper import Paper, Section, Table
from indexer.version import Index
from qa.answer import Answer
from qa.citation import Citation

OFFERED = 3
TRIED = 14
"""Candidates that are asked at most, in turn from headings, tables and names: each takes as long as an answer."""
SURE = 0.6
"""The confidence that the answer to an offered question has at least."""
_NUMBERING = re.compile(
    r"^(?:第?[一二三四五六七八九十\d]+[章节]?|[（(][一二三四五六七八九十\d]+[)）])[、.．\s　]*"
    rf"|^[\d.．]+[\s　]*|[\s　]+$|[（(][{HAN}A-Za-z\d ,，]*[)）]$"
)
_MANY = (
    "措施",
    "建议",
    "启示",
    "特点",
    "经验",
    "问题",
    "挑战",
    "目标",
    "要点",
    "做法",
    "争议",
    "原因",
    "原则",
    "任务",
    "影响",
    "不足",
    "内容",
)
_WORKS = (
    "模式", "机制", "情况", "过程", "评价", "管理", "体系", "现状", "效果", "结构", "布局", "背景", "历程", "关系",
    "支持",
)  # fmt: skip
"""What works in some way, at the end of a heading."""
_DOES = re.compile(
    "(?:进一步|充分|积极|持续)?(?:深化|完善|加强|推进|推动|改革|增强|培育|建立|提升|促进|重视|扶持|构建|健全|优化|强化|加快|鼓励|支持|"
    "制[订定]|提高|注重|发挥|积聚|整合|创建|引导|激励|吸引|扩大|实施|开展|重建|恢复)"
)
"""How a heading begins that says what is to be done."""
_LONGEST_NOUN = 9
_UNASKED = re.compile("序号|编号|备注|说明|具体指标|优点")
_TITLE_GOES_ON = re.compile("建设|发展|战略|启示|研究|持续|措施|进展|现状|及|与|和|的|对|中|：|:|—")
_CAPTION_ENDS = re.compile("(?:产生的?)?(?:一览|简介|情况|效果|成效|结果|统计|概况|定量评价结果)?表?$")
_EMPTY = re.compile("引言|前言|绪论|结语|结论|总结|小结|参考文献|致谢|附录|摘要|讨论|了")
_LONGEST_HEADING = 24
_SHORTEST_NAME = 4
_LONGEST_LABEL, _LONGEST_CELL = 20, 24


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A question, and the span of its paper from which it was made."""

    question: str
    paper: str
    start: int
    end: int


def related(index: Index, answer: Answer, asked: Sequence[str], ask: Callable[[str], Answer]) -> tuple[str, ...]:
    """Up to `OFFERED` questions; none after a refusal. `asked` are those of the conversation, which are not offered."""
    before = {_plain(question) for question in (*asked, answer.question)}
    quoted = {(c.paper.id, c.start) for c in answer.citations}
    offered: list[str] = []
    for number, candidate in enumerate(_candidates(index, answer)):
        if number == TRIED or len(offered) == OFFERED:
            break
        if _plain(candidate.question) in before:
            continue
        before.add(_plain(candidate.question))
        told = ask(candidate.question)
        there = any(
            c.paper.id == candidate.paper and candidate.start <= c.start < candidate.end for c in told.citations
        )
        new = any((c.paper.id, c.start) not in quoted for c in told.citations)
        if told.confidence >= SURE and there and new:
            offered.append(candidate.question)
            quoted |= {(c.paper.id, c.start) for c in told.citations}
    return tuple(offered)


def _candidates(index: Index, answer: Answer) -> Iterator[_Candidate]:
    """In turn from tables, headings and names of the first citations, the nearest first."""
    seen: set[str] = set()
    for citation in answer.citations[:2]:
        paper = index.papers.get(citation.paper.id)
        if paper is None:
            continue
        sources = (_of_tables(paper, citation), _of_headings(paper, citation), _of_names(index, paper, citation))
        for several in zip_longest(*sources):
            for candidate in several:
                if candidate is not None and candidate.question not in seen:
                    seen.add(candidate.question)
                    yield candidate


def _of_headings(paper: Paper, citation: Citation) -> Iterator[_Candidate]:
    """The cited section's own heading, then those beside it, near ones first."""
    topic = topic_of(paper)
    path = paper.section_path(citation.start)
    if not path:
        return
    leaves = [s for s in paper.sections if not any(s.start < o.start < s.end for o in paper.sections)]
    for section in sorted(leaves, key=lambda s: (abs(s.start - path[-1].start), s.start)):
        question = question_of(section, topic)
        if question:
            yield _Candidate(question, paper.id, section.start, section.end)


def question_of(section: Section, topic: str) -> str:
    """A section's heading as a question about the paper's topic; empty where it makes none.

    >>> question_of(Section("2.3 经费来源", 2, 0, 9), "国家制造业创新网络")
    '国家制造业创新网络的经费来源是什么？'
    >>> question_of(Section("3.2 重视中小企业参与，扶持中小企业发展", 2, 0, 9), "美国智能制造")
    '怎样重视中小企业参与，扶持中小企业发展？'
    """
    heading = section.title
    while (shorter := _NUMBERING.sub("", heading)) != heading:
        heading = shorter
    heading = heading.strip(" 　。：:")
    if not re.search(f"[{HAN}]{{2}}", heading) or len(heading) > _LONGEST_HEADING or _EMPTY.search(heading):
        return ""
    if re.search("[？?]$", heading):
        return f"{heading.rstrip('？?')}？"
    if _DOES.match(heading):
        return f"怎样{heading}？" if len(heading) > 6 else ""
    noun = len(heading) <= _LONGEST_NOUN and rjieba.tag(heading)[-1][1][0] in "nlj"
    if not noun and not heading.endswith((*_MANY, *_WORKS)):
        return ""  # a sentence, which is no name for a thing
    about = heading if "的" in heading or _shares(heading, topic) or not topic else f"{topic}的{heading}"
    if heading.endswith(_MANY):
        return f"{about}有哪些？"
    return f"{about}是怎样的？" if heading.endswith(_WORKS) else f"{about}是什么？"


def topic_of(paper: Paper) -> str:
    """What a paper is about, as its title begins; empty where that tells too little.

    >>> topic_of(paper)  # 美国国家制造业创新网络建设及管理模式
    '美国国家制造业创新网络'
    """
    title = re.sub('[“”"《》]', "", paper.title or "")
    topic = _TITLE_GOES_ON.split(title, maxsplit=1)[0].strip()
    return topic if 4 <= len(topic) <= 16 and re.fullmatch(f"[{HAN}A-Za-z]+", topic) and not topic.isascii() else ""


def _of_tables(paper: Paper, citation: Citation) -> Iterator[_Candidate]:
    """Of the cited table another row's cell under the same column and the same row's under another; else of the table
    nearest to the citation the first cells."""
    with_cells = [table for table in paper.tables if table.rows and len(table.header) > 1]
    own = paper.table_at(citation.start)
    for table in sorted(with_cells, key=lambda t: (t is not own, abs(t.start - citation.start))):
        if table is not own and abs(table.start - citation.start) > 4000:
            return
        cited = table.row_at(citation.start) if table is own else None
        rows = sorted(range(len(table.rows)), key=lambda row: (row == cited, abs(row - (cited or 0)), row))
        for row in rows[:2]:
            yield from _of_row(paper, table, row)


def _of_row(paper: Paper, table: Table, row: int) -> Iterator[_Candidate]:
    cells = table.rows[row]
    named = [at for at, name in enumerate(table.header) if re.search("名称|年份|会员$|项目$|机构$|财年", name)]
    at = named[0] if named else 0
    label = re.sub(r"[（(].*?[)）]", "", cells[at]).strip()
    if not re.search(rf"[{HAN}A-Za-z]{{2}}|\d{{4}}", label) or len(label) > _LONGEST_LABEL:
        return
    of_year = re.fullmatch(r"\d{4}\s?(?:财?年)", label) is not None
    about = _CAPTION_ENDS.sub("", re.sub(r"^[\d\s—–\-~至年]+", "", table.caption)).strip() if of_year else ""
    for column in range(len(cells)):
        name = re.sub(r"[（(].*?[)）]|\s", "", table.header[column])
        cell = cells[column]
        if column == at or not 1 < len(cell) <= _LONGEST_CELL or not re.search(f"[{HAN}]{{2}}", name) or "/" in name:
            continue
        if _UNASKED.search(name) or name in about:  # 2018年美国制造业创新研究所的研究所
            continue
        unit = re.search(r"[（(]([^）)]{1,5})[)）]", table.header[column])
        asks = f"是多少{unit[1]}" if unit and re.search(r"\d", cell) else "是什么"
        asks = "是什么时候" if re.search("时间$|日期$", name) else asks
        yield _Candidate(f"{label}{about}的{name}{asks}？", paper.id, *table.places[row])


def _of_names(index: Index, paper: Paper, citation: Citation) -> Iterator[_Candidate]:
    """What the paper introduces with its English name, near the citation first."""
    found = []
    for entry in index.mined.get(paper.id, ()):
        for name in entry.chinese[:1] if len(entry.names) > 1 else ():
            match = re.search(rf"{re.escape(name)}（[^）]{{2,80}}）(?P<rest>(?:计划|法案|战略|项目)?)", paper.text)
            if match and len(name) >= _SHORTEST_NAME:
                found.append((abs(match.start() - citation.start), match.start(), name + match["rest"]))
    for _, at, name in sorted(found):
        block = paper.block_at(at)
        if block.kind == "paragraph" and not citation.start <= at < citation.end:
            yield _Candidate(f"什么是{name}？", paper.id, block.start, block.end)


def _shares(heading: str, topic: str) -> bool:
    """Whether a heading names its topic itself."""
    return any(heading[at : at + 3] in topic for at in range(len(heading) - 2))


def _plain(question: str) -> str:
    return re.sub(r"[\s？?。的]", "", question)
