"""Whether a sentence that somebody wrote, such as a language model, is borne by the passages that it refers to.

A claim is borne by a sentence, or by two that follow on each other, in which stand all of its numbers, dates and names,
which is negated and hedged as the claim is, and which is near to it in meaning:

>>> checked = check(index, encoder, "IACMI 由 CCS 经营。", passage)
>>> paper.text[checked.start : checked.end], checked.fault
('先进复合材料制造创新中心交由复合材料协同解决方案公司（CCS）经营，该公司是…非营利组织。', None)
>>> check(index, encoder, "IACMI 由 GAO 经营。", passage).fault
'name'

Near in meaning is measured token by token: the mean cosine of the claim's tokens with the nearest of the quotation
(MaxSim, Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832), and that of its least borne phrase. Not seen are
roles that a claim exchanges within one clause, where every word stands in the quotation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from corpus.language import language_of
from indexer.glossary import Glossary
from indexer.lexical import folded, numbers
from indexer.model import Encoder
from indexer.passages import Passage
from indexer.version import Index
from qa.answer import REFERENCE_MARK
from qa.asked import Span, Want, phrases, tagged_words, things, trimmed
from qa.retrieve import token_matches
from qa.support import LEANS, SAID, Floats, other_names, phrase_matches

Fault = Literal["number", "name", "negation", "hedge", "opposite", "meaning"]

NEAR = {False: (0.72, 0.55), True: (0.46, 0.39)}
"""By whether a claim is in another language than the passage: its MaxSim, and the cosine of its least borne phrase, at
least. Set on the claims of `tests/questions/claims.jsonl`: `python -m tests.bench.claims`."""

_CAPITALS = re.compile(
    r"(?!(?:The|An?|In|On|Of|By|For|From)\b)[A-Z][\w&.-]*\w(?:\s+(?:(?:of|for|and|the|on)\s+)*[A-Z][\w&.-]*\w)*",
    re.ASCII,
)
_ALONE = re.compile(r"[\d.]+\D?|\D")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_MONTHS = "january february march april may june july august september october november december".split()
_NEGATION = re.compile(
    r"不(?![同仅但断少久等]|可或缺|可替代)|没有?|未(?!来)|无(?![人线尽])|非(?![营洲常政联])|并非|从不"
    r"|\b(?:not|no|never|none|nor|without|cannot)\b|n[’']t\b",
    re.IGNORECASE,
)
_UNREAL = re.compile(
    r"(?<![》）伴络业造个项该])计划(?=\s?(?:\d|到|在|于|投|建|把|将|用|开|设|增|通))|拟|打算|将(?!近|来|其)|准备|有望|预[计期]"
    r"|(?<![社协委国学联董大机工])会(?![员议计长])|可能|或许|也许|似乎|建议|提[出议]|应当?(?![用对])|需要|要求|主张"
    r"|\b(?:will|plans?|planned|expected|would|may|might|could|perhaps|possibly|should|must|recommend\w*|suggest\w*|propos\w*)\b",
    re.IGNORECASE,
)
"""What tells that something is not, or not yet, so."""
_BOUNDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"约|大约|左右|近(?=\s?\d)|\b(?:about|approximately|around|nearly|roughly)\b",
        r"至少|不少于|超过|以上|多(?=[名个家项人])|余(?=[名个家项人])|\b(?:at least|more than|over)\b",
        r"至多|最多|不超过|不到|以下|\b(?:at most|up to|less than|under(?=\s\d))\b",
    )
)
"""What bounds a number."""
_OPPOSITES = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        ("增加|上升|提高|提升|增长|扩大|升至|增强|更多", "减少|下降|降低|缩减|萎缩|缩小|降至|减弱|更少"),
        ("高于|高出|更高|[^最]高(?=\\d)", "低于|更低|低(?=\\d)"), ("支持|赞成|同意", "反对|批评"),
        ("允许|可以|可延", "禁止|不得"), ("盈余|顺差", "逆差|赤字"), ("首次|第一|首家", "最后"),
        ("最大|最高|最多", "最小|最低|最少"), ("(?<!中)大型", "小型"),
        ("联邦", "私人|州政府"), ("进口", "出口"), ("流往|流向|外流", "回流"),
        ("通过", "否决|拒绝"), ("合作", "竞争|对抗"), ("营利", "非营利"),
    )
)  # fmt: skip
_CLAUSE = re.compile(r"[，,。；;：:？?！!]|、(?=\s?\d)")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a claim: the span of its paper that bears it, or the fault of the sentence nearest to it."""

    start: int
    end: int
    fault: Fault | None


def check(index: Index, encoder: Encoder, claim: str, passage: int) -> Checked:
    """Look for the sentence, or the two together, of a passage (by its number) that bear a claim."""
    place = index.passages[passage]
    paper = index.papers[place.paper]
    asked = index.centres.of_question(claim, encoder.encode_question(claim))
    text = _Claim(claim, asked.spans)
    matched = token_matches(index, asked.tokens, passage)
    names = index.glossary.named_in(claim)
    # Numbers are compared as values, not by their nearness; a character alone is near to too much.
    spans = [s for s in phrases(claim, [name for name, _ in names]) if not _ALONE.fullmatch(claim[s.start : s.end])]
    others = [other_names(claim[span.start : span.end], names) for span in spans]
    table = phrase_matches(index, place, text, matched, spans, others)
    foreign = language_of(claim) != language_of(paper.text[place.start : place.end])
    near, least = NEAR[foreign]
    tokens = _with_names(matched, table, text, spans, others)
    checked: list[tuple[float, Checked]] = []
    for first, last in _runs(paper.text, place):
        start, end = place.sentences[first].start, place.sentences[last].end
        quote = paper.text[start:end]
        if _bare(claim) == _bare(quote):
            return Checked(start, end, None)
        late = float(tokens[:, first : last + 1].max(axis=1).mean())
        weakest = float(table[:, first : last + 1].max(axis=1).min()) if len(table) else 0.0
        fault = fault_of(claim, quote, index.glossary)
        if fault is None and (late < near or weakest < least):
            fault = "meaning"
        # The shortest quotation that bears the claim; of those that do not, the nearest tells why.
        checked.append((late + (2.0 if fault is None else 0.0) - 0.05 * (last - first), Checked(start, end, fault)))
    return max(checked, key=lambda pair: pair[0])[1]


@dataclass(frozen=True, slots=True)
class _Claim:
    asked: str
    spans: NDArray[np.int64]


def _with_names(
    matched: Floats, table: Floats, claim: _Claim, spans: Sequence[Span], others: Sequence[Collection[str]]
) -> Floats:
    """The claim's tokens against the sentences; those of a name that is said by another name count as said."""
    tokens: Floats = np.maximum(matched[:, :1], matched[:, 1:])
    for row, span, other in zip(table, spans, others, strict=True):
        own = (claim.spans[:, 0] < span.end) & (claim.spans[:, 1] > span.start)
        if other:
            tokens[np.ix_(own, row >= SAID)] = SAID
    return tokens


def _bare(text: str) -> str:
    """A sentence without reference marks, spaces and its full stop."""
    return re.sub(r"\s", "", REFERENCE_MARK.sub("", folded(text))).strip("。.")


def _runs(text: str, passage: Passage) -> list[tuple[int, int]]:
    """Every sentence, and with the one before it where it leans on that."""
    count = len(passage.sentences)
    leaning = [at for at, s in enumerate(passage.sentences) if at and LEANS.match(text, s.start, s.end)]
    return [(at, at) for at in range(count)] + [(at - 1, at) for at in leaning]


def fault_of(claim: str, quote: str, glossary: Glossary | None = None) -> Fault | None:
    """What a claim says that a quotation does not, read off the words alone; None where there is nothing.

    >>> fault_of("5 家由国防部设立。", "8 家由国防部设立、5 家由能源部设立。")
    'number'
    >>> fault_of("该法案已经通过。", "该法案尚未通过。")
    'negation'
    """
    said = folded(quote)
    if not _counted(claim) <= _counted(quote) or _other_units(claim, quote) or _elsewhere(claim, quote):
        return "number"
    if any(not _stands(name, said, glossary) for name in names_in(claim)):
        return "name"
    # In another language no clause can be told to be the one that is meant: then all of them are.
    foreign = language_of(claim) != language_of(quote)
    nearest = quote if foreign else _nearest(claim, quote)
    if bool(_NEGATION.search(claim)) != bool(_NEGATION.search(nearest)):
        return "negation"
    if bool(_UNREAL.search(claim)) != bool(_UNREAL.search(nearest)) and not (foreign and not _UNREAL.search(claim)):
        return "hedge"
    if _counted(claim) and any(bool(bound.search(claim)) != bool(bound.search(nearest)) for bound in _BOUNDS):
        return "hedge"
    for one, other in _OPPOSITES:
        for here, there in ((one, other), (other, one)):
            if here.search(claim) and not here.search(nearest) and there.search(nearest):
                return "opposite"
    return None


def names_in(text: str) -> list[str]:
    """What a text names: words with capitals, works in brackets, persons and places, and the nouns of bodies' names."""
    found = {match[0] for match in _CAPITALS.finditer(text) if match[0].lower() not in _MONTHS}
    found -= _sentence_starts(text)
    found |= set(re.findall("《([^》]+)》", text))
    spans = [trimmed(text, span) for want in (Want("agent"), Want("body")) for span in things(text, want)]
    for start, word, tag in tagged_words(text):
        named = tag in ("nr", "ns", "nt", "nz", "nrt", "nrfg")
        of_body = tag[0] == "n" and any(span.start <= start < span.end for span in spans)
        if len(word) > 1 and (named or of_body):
            found.add(word)
    return sorted(found)


def _sentence_starts(text: str) -> set[str]:
    """The English words that only begin a sentence: their capital names nothing."""
    starts = re.findall(r"(?:^|[.!?]\s+)([A-Z][a-z]+)\b", text)
    return {word for word in starts if text.count(word) == 1 and word.lower() not in _MONTHS}


def _stands(name: str, said: str, glossary: Glossary | None) -> bool:
    """Whether a name, or another name of the same thing, stands in a folded text."""
    close = re.sub(r"\s", "", said)
    others: Collection[str] = ()
    if glossary is not None:
        others = {other for told, entry in glossary.named_in(name) if told == name for other in entry.names}
    return any(re.sub(r"\s", "", folded(each)) in close for each in (name, *others))


def _counted(text: str) -> set[str]:
    """The numbers of a text as values: 7000万, 0.7亿 and 70 million are written one way."""
    told = folded(text)
    for number, month in enumerate(_MONTHS, 1):
        told = re.sub(rf"\b{month}\b", f"{number}月", told)
    worded = set(numbers(told))
    plain = re.sub(r"\d+(?:\.\d+)?\s?(?:[十百千万亿]+|hundred|thousand|million|billion)", " ", told)
    return worded | {f"{float(number):g}" for number in _DIGITS.findall(plain)}


def _other_units(claim: str, quote: str) -> bool:
    """Whether a number that both have counts something else in the quotation: 3 条 where that has 3 个."""
    theirs: dict[str, set[str]] = {}
    for number, unit in _units(quote):
        theirs.setdefault(number, set()).add(unit)
    return any(number in theirs and unit not in theirs[number] for number, unit in _units(claim))


def _units(text: str) -> Iterator[tuple[str, str]]:
    """The numbers in digits with the counter behind them, of money both characters: 3个, 400万美元."""
    counter = "[美欧日]元|[个家所座处项条种类款份件名位人年月天次倍级页]"
    for match in re.finditer(rf"(\d+(?:\.\d+)?\s?[万亿]?)\s?[多余]?({counter})", folded(text)):
        yield re.sub(r"\s", "", match[1]), match[2]


def _elsewhere(claim: str, quote: str) -> bool:
    """Whether a name of the claim stands in the quotation only beside other numbers than the claim's."""
    theirs = [part for part in _CLAUSE.split(quote) if _counted(part)]
    if len(theirs) < 2:
        return False
    for part in _CLAUSE.split(claim):
        counted = _counted(part)
        beside = [each for each in theirs if counted <= _counted(each)]
        if (
            counted
            and not beside
            and not any(counted <= _counted(quote_part) for quote_part in re.split("[。！？]", quote))
        ):
            return True
        # A clause without a name of its own goes on about that of the clause before it.
        if not counted or any(not names_in(each) for each in beside):
            continue
        for name in names_in(part):
            held = [each for each in theirs if _stands(name, folded(each), None)]
            if held and not any(each in beside for each in held):
                return True
    return False


def _nearest(claim: str, quote: str) -> str:
    """The clauses of a quotation that a claim speaks of: those that share most characters with each of its own."""
    theirs = [part for part in re.split(r"[，,。；;：:？?！!]", quote) if part.strip()] or [quote]
    own = [part for part in re.split(r"[，,。；;：:？?！!]", claim) if part.strip()] or [claim]
    return "，".join(dict.fromkeys(max(theirs, key=lambda part: _overlap(each, part)) for each in own))


def _overlap(one: str, other: str) -> float:
    a, b = _pairs(folded(one)), _pairs(folded(other))
    return len(a & b) / (len(a | b) or 1) + len(a & b) / (len(a) or 1)


def _pairs(text: str) -> set[str]:
    close = re.sub(r"\s", "", text)
    return {close[at : at + 2] for at in range(len(close) - 1)}
