"""Follow-up questions, completed from the conversation so far; no language model.

>>> complete("它由谁经营？", ["IACMI 五年的投资规模是多少？"])
'IACMI由谁经营？'
>>> complete("那2015年呢？", ["2019年制造业创新研究所的会员有多少家？"])
'2015年制造业创新研究所的会员有多少家？'
>>> complete("怎样恢复？", ["什么是产业公地？"])
'产业公地怎样恢复？'
>>> complete("该公司是谁设立的？", ["IACMI由谁经营？"], told=["复合材料协同解决方案公司"])
'复合材料协同解决方案公司是谁设立的？'
>>> complete("美国审计总署建议了什么？", ["什么是产业公地？"])  # another subject: left as it is
'美国审计总署建议了什么？'

A question is completed where its own words show that it needs it: a pronoun, 那…呢, 其中, or no noun at all. What it
is completed with is the subject of the question before, which may itself have been completed, or what the answer gave
as the thing asked for (`Answer.strong`), where the pronoun says of which kind it is and the subject is of another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from corpus.clean import HAN
from corpus.language import language_of
from qa.answer import Answer
from qa.asked import Span, Want, has_noun, phrases, speaks_of_things, things
from qa.retrieve import EVERYWHERE, Scope
from qa.shelf import Shelf

KEPT = 20
"""Questions of a conversation that are remembered."""
_PRONOUN = re.compile(
    r"它们?(?:的)?|他们|她们|(?:(?<!应)该|这个|那个|这家|那家|此(?![外前后次时处])|这项|那项|这一|上述)"
    "(?P<kind>机构|中心|研究所|计划|项目|组织|公司|法案|战略|报告|部门|办公室|政策|网络|大学|企业|城市|州|人)?"
    r"|(?<!其)(?P<person>[他她](?![们国人乡日])(?:的)?|\b(?:he|she|his|her|him)\b)|\b(?:it|its|they|them|their)\b",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"(?:那么?|而)?[，,]?\s*(?P<new>.+?)呢[？?]?$|(?:(?:and|but) )?(?:what|how) about (?P<english>.+?)\??$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:那么?|还|并且|而且|然后|另外|此外)[，,]?\s*(?!些|里|时|年)", re.IGNORECASE)
_BARE = re.compile(r"(?:是|由)?谁.{1,4}的?[？?]?")
"""A question whose only noun may be a verb: 谁资助的？"""
_AMONG = re.compile(r"(?:其中|里面|当中)[，,的]?\s*")
_NAME = re.compile(r"[A-Z][A-Za-z&.-]*[A-Za-z]")


class Conversation:
    """Questions to a shelf of which each may lean on those before it."""

    def __init__(self, shelf: Shelf, papers: Collection[str] | None = None, scope: Scope = EVERYWHERE) -> None:
        self._shelf, self._papers, self._scope = shelf, papers, scope
        self._before: list[Answer] = []

    def ask(self, question: str) -> Answer:
        """The answer to the completed question, which is the `question` of the answer. Raises as `Shelf.ask`."""
        snapshot = self._shelf.snapshot()
        completed = follow_up(question, self._before, snapshot.index.glossary.all_names)
        answer = snapshot.ask(completed, self._papers, self._scope)
        self._before = [*self._before, answer][-KEPT:]
        return answer


def follow_up(question: str, before: Sequence[Answer], names: Collection[str] = ()) -> str:
    """A question completed from the answers before it, oldest first; see `complete`."""
    told = [before[-1].text[start:end] for start, end in before[-1].strong] if before else []
    return complete(question, [answer.question for answer in before], names, told)


def complete(question: str, before: Sequence[str], names: Collection[str] = (), told: Sequence[str] = ()) -> str:
    """A question as it would stand alone; `before` are the completed questions before it, oldest first.

    `names` are those that the papers give to things, `told` is what the last answer gave as the thing asked for. A
    question that stands alone comes back as it is.
    """
    asked = question.strip()
    if not before or not re.search(r"[^\W_]", asked):  # of signs alone no question is made
        return asked
    last = before[-1]
    topic = subject(last, names)
    if not topic and not told:
        return asked
    instead = _INSTEAD.match(asked)
    if topic and instead and (changed := _with(last, (instead["new"] or instead["english"]).strip(), names)):
        return changed
    if (match := _PRONOUN.search(asked)) and (meant := _meant(match, topic, told)):
        owner = "的" if match[0].endswith("的") else "’s" if match[0].lower() in ("its", "their", "his") else ""
        return asked[: match.start()] + meant + owner + asked[match.end() :]
    if not topic:
        return asked
    if _AMONG.match(asked):
        return f"{topic}的{_AMONG.sub('', asked, count=1)}"
    own = _GOES_ON.sub("", asked, count=1)
    if own != asked:
        return own if _named(own, names) else f"{topic}{own}"
    return _joined(topic, asked) if _BARE.fullmatch(asked) or not speaks_of_things(asked) else asked


def _meant(pronoun: re.Match[str], topic: str, told: Sequence[str]) -> str:
    """What a pronoun stands for: the thing told that is of its kind, unless the subject is; else the subject."""
    if pronoun["person"]:
        return told[0] if told else topic
    kind = pronoun["kind"]
    if kind and kind not in topic:
        return next((thing for thing in told if kind in thing), topic)
    return topic


def subject(question: str, names: Collection[str] = ()) -> str:
    """What a question is about: its names with what belongs to them, else its first noun with what 的 ties to it.

    >>> subject("NIST 的 MFGTech 计划资助了几个项目？")
    'NIST 的 MFGTech 计划资助'
    """
    spans = [s for s in phrases(question, names) if not re.fullmatch(r"[\d.]+年?", question[s.start : s.end])]
    while spans:
        run = [spans.pop(0)]
        while spans and _tied(question, run[-1], spans[0], names):
            run.append(spans.pop(0))
        while run and not has_noun(question[run[-1].start : run[-1].end]):
            run.pop()
        if run:
            return question[run[0].start : run[-1].end]
    return ""


def _tied(question: str, one: Span, next_one: Span, names: Collection[str]) -> bool:
    """Whether two phrases make one subject: nothing between them, or 的 before a name, or a space behind one."""
    between = question[one.end : next_one.start]
    if not between:
        return True
    latin = _NAME.search(question[next_one.start : next_one.end]) is not None
    if between.strip() == "的":
        return latin or question[next_one.start : next_one.end] in names
    return not between.strip() and (latin or _NAME.search(question[one.start : one.end]) is not None)


def _with(last: str, new: str, names: Collection[str]) -> str:
    """The question before with `new` in the place of what it is like: a year for a year, a name for a name."""
    dates = list(things(new, Want("date")))
    old = next(things(last, Want("date")), None)
    if dates and old is not None:
        year = new[dates[0].start : dates[0].end]
        changed = last[: old.start] + year + last[old.end :]
        rest = (new[: dates[0].start] + new[dates[0].end :]).strip("的， ,")
        return _with(changed, rest, names) or changed if rest else changed
    if dates and old is None:
        return f"{new}{last}" if language_of(last) == "zh" else f"{last.rstrip('?')} in {new}?"
    new = new.strip("的")
    for span in phrases(last, names):
        if question_part := _alike(last[span.start : span.end], new):
            return last[: span.end - len(question_part)] + new + last[span.end :]
    topic = subject(last, names)
    return last.replace(topic, new, 1) if topic and len(new) <= 40 else ""


def _alike(old: str, new: str) -> str:
    """A phrase that ends as the new one does, so that 联邦投资 takes the place of 私人投资."""
    return old if old != new and len(new) > 2 and old[-2:] == new[-2:] and re.search(f"[{HAN}]", new) else ""


def _joined(topic: str, asked: str) -> str:
    return f"{topic}{asked}" if language_of(asked) == "zh" else f"{asked.rstrip('?')} {topic}?"


def _named(text: str, names: Collection[str]) -> bool:
    return _NAME.search(text) is not None or any(name in text for name in names if len(name) > 2)
