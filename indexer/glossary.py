"""Names that belong together, mined from the papers: 中文（English, ABBR） pairs and keywords in two languages.

Papers introduce what they speak of by its names: 美国审计总署（GAO）; 先进复合材料制造创新中心（Institute for Advanced
Composites Manufacturing Innovation, IACMI）; in an English abstract, National Institute of Standards and Technology
(NIST). A keyword line and its English counterpart pair up by position where they are equally long. Names that share one
of these are one entry. A question is searched for under all of them: no language model, no dictionary, no download.

Where a Chinese name begins is not marked. What stands in 《》 or “” counts as it is; else the name is the longest run
of words before the bracket that the paper uses elsewhere too, else what follows the last word that can be part of none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import rjieba

from corpus.clean import HAN
from corpus.paper import Paper
from corpus.signs import NOTE

_BRACKET = re.compile(r"(?P<before>[^（）()\n\t]{2,60}?)\s?[（(](?P<inside>[^（）()\n]{2,120})[）)]")
_QUOTED = re.compile(r"[《“](?P<name>[^《》“”]{2,40})[》”]\s*$")
_RUN = re.compile(rf"(?P<run>[{HAN}A-Za-z0-9 /·—-]*[{HAN}])\s*$")
_SPLIT = re.compile(r"[,，;；、]|——|简称|现称|全称|英文|即(?=[A-Z])")
_KIND = re.compile(r"\s?(?:法案|战略|计划)$")
_ABBREVIATION = re.compile(r"(?=(?:[^A-Z]*[A-Z]){2})[A-Z][A-Za-z&/.-]{1,14}(?: ?II)?")
_ENGLISH = re.compile(r"(?!https?)[A-Z][A-Za-z’'&.-]*(?: [A-Za-z’'&.-]+){1,11}")
_CAPITALISED = r"(?:[A-Z][\w’'-]+|of|and|for|in|the|on)"
_ENGLISH_BEFORE = re.compile(rf"(?P<name>{_CAPITALISED}(?: {_CAPITALISED}){{1,11}})\s?$")
_IN_FULL = re.compile(r"[A-Z][a-z]+(?: (?:[A-Z][a-z]+|of|and|for|the|in|on)){1,8} [A-Z][a-z]+|[A-Z][a-z]+ [A-Z][a-z]+")
_KEYWORDS_EN = re.compile(r"Key\s?[Ww]ords?[\s：:]+(?P<words>[^\n]{3,300})")
_NOT_IN_NAMES = re.compile(
    "[的了在和与及由为是对向将把被于从以经如即称叫]|通过|成立|建立|设立|组建|发布|启动|提出|宣布|下属|形成|写入|包括|委托"
    "|授予|涵盖|交由|作为|根据|按照|推动|名为|改名|更名|出台|确立|颁布|执行|实施|联合|参与|支持|资助|采取|一名|其|占|国会"
)
_LEAST_CHINESE, _MOST_CHINESE = 4, 24
_TELLING = 5
"""Chinese names shorter than this, such as 研究所, may mean different things: they do not make two entries one."""
_MOST_NAMES = 8
"""Of more names of one thing, those that most papers give are the other names of what a text names. An abbreviation has
one long form in a field, and as many as there are fields in all of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Names of one thing, each in the form in which a paper gives it."""

    names: frozenset[str]

    @property
    def chinese(self) -> tuple[str, ...]:
        """The Chinese ones, longest first."""
        return tuple(sorted((n for n in self.names if re.search(f"[{HAN}]", n)), key=lambda n: (-len(n), n)))


@dataclass(frozen=True)
class Glossary:
    """All entries of a library, and how many papers give a name where that is more than one."""

    entries: tuple[Entry, ...] = ()
    given: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, mined: Iterable[Iterable[Entry]]) -> Glossary:
        """From what `mine` found in each paper: entries that share a name become one."""
        papers = [tuple(of_paper) for of_paper in mined]
        given = Counter(name for of_paper in papers for name in {n for entry in of_paper for n in entry.names})
        groups: list[set[str]] = []
        group_of: dict[str, int] = {}
        for entry in (entry for of_paper in papers for entry in of_paper):
            keys = _keys(entry.names)
            same = sorted({group_of[key] for key in keys if key in group_of})
            if not same:
                same = [len(groups)]
                groups.append(set())
            first = groups[same[0]]
            first |= entry.names
            for other in same[1:]:
                first |= groups[other]
                groups[other] = set()
            group_of.update(dict.fromkeys([*keys, *_keys(first)] if len(same) > 1 else keys, same[0]))
        often = {name: times for name, times in given.items() if times > 1}
        return cls(tuple(Entry(frozenset(group)) for group in groups if group), often)

    @property
    def words(self) -> tuple[str, ...]:
        """The Chinese names, for the dictionary of words."""
        return tuple(sorted({name for entry in self.entries for name in entry.chinese}))

    @cached_property
    def all_names(self) -> frozenset[str]:
        """Every name, in both languages."""
        return frozenset(name for entry in self.entries for name in entry.names)

    def named_in(self, text: str) -> list[tuple[str, Entry]]:
        """The names that stand in a text, longest first, each with its entry, or with the best known part of that.

        English names count whatever their case; abbreviations only with two capitals at least: ARM is not an arm.

        >>> glossary.named_in("Who runs IACMI?")
        [('IACMI', Entry(names={'IACMI', '先进复合材料制造创新中心', …}))]
        """
        if not self.entries:
            return []
        found = [*self._by_initials(text)]
        pattern = self._pattern(text)
        for match in pattern.finditer(text) if pattern is not None else ():
            entry = self._entry_of[_spaceless(match[0])]
            abbreviated = any(_ABBREVIATION.fullmatch(n) and n.casefold() == match[0].casefold() for n in entry.names)
            if not abbreviated or sum(character.isupper() for character in match[0]) >= 2:
                found.append((match[0], entry))
        return [(name, self._known(name, entry)) for name, entry in sorted(found, key=lambda pair: -len(pair[0]))]

    def _known(self, name: str, entry: Entry) -> Entry:
        """An entry with no more than `_MOST_NAMES`: the one that was found, and those that most papers give."""
        if len(entry.names) <= _MOST_NAMES:
            return entry
        own = {each for each in entry.names if _spaceless(each) == _spaceless(name)}
        others = sorted(entry.names - own, key=lambda each: (-self.given.get(each, 1), each))
        return Entry(frozenset([*own, *others[: _MOST_NAMES - len(own)]]))

    def _by_initials(self, text: str) -> Iterator[tuple[str, Entry]]:
        """English names in full whose initials are an abbreviation of the papers: Government Accountability Office."""
        for match in _IN_FULL.finditer(text):
            initials = "".join(word[0] for word in match[0].split() if word[0].isupper())
            entry = self._entry_of.get(_spaceless(initials))
            if entry is not None and len(initials) >= 3 and _spaceless(match[0]) not in self._entry_of:
                yield match[0], entry

    @cached_property
    def _entry_of(self) -> dict[str, Entry]:
        return {_spaceless(name): entry for entry in self.entries for name in entry.names}

    def _pattern(self, text: str) -> re.Pattern[str] | None:
        """What finds the names that may stand in a text: a pattern of all names is slow to make and to try."""
        told = _spaceless(text)
        runs = {told[at : at + length] for at in range(len(told)) for length in self._lengths}
        names = sorted({name for run in runs for name in self._written.get(run, ())}, key=lambda n: (-len(n), n))
        return re.compile("|".join(map(_name_pattern, names)), re.IGNORECASE) if names else None

    @cached_property
    def _written(self) -> dict[str, tuple[str, ...]]:
        """How each name is written, by what it is without spaces and case."""
        written: dict[str, tuple[str, ...]] = {}
        for name in self.all_names:
            key = _spaceless(name)
            written[key] = (*written.get(key, ()), name)
        return written

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(sorted({len(name) for name in self._written}))


def mine(paper: Paper) -> tuple[Entry, ...]:
    """The names that one paper pairs up, in the order of its text."""
    groups = [*_keyword_pairs(paper), *_bracketed(paper)]
    return tuple(dict.fromkeys(Entry(frozenset(group)) for group in groups if len(group) > 1))


def _bracketed(paper: Paper) -> Iterator[set[str]]:
    for block in paper.blocks:
        line = paper.text[block.start : block.end]
        if block.kind in ("reference", "stray", "front") or NOTE.match(line):
            continue
        for match in _BRACKET.finditer(line):
            inside = _foreign(match["inside"])
            before = _chinese_name(match["before"], paper.text)
            if inside and before:
                yield {before, *inside}
            elif inside and (english := _ENGLISH_BEFORE.search(match["before"])):
                yield {re.sub(r"^(?:the|of|and|for|in|on) ", "", english["name"]), *inside}


def _keyword_pairs(paper: Paper) -> Iterator[set[str]]:
    match = _KEYWORDS_EN.search(paper.text)
    english = [word.strip(" .") for word in re.split("[;；,，]", match["words"])] if match else []
    if len(english) == len(paper.keywords) and any(re.search(f"[{HAN}]", word) for word in paper.keywords):
        yield from ({zh, en} for zh, en in zip(paper.keywords, english, strict=True) if zh and en)


def _foreign(inside: str) -> set[str]:
    """English names and abbreviations between brackets.

    >>> _foreign("National Network for Manufacturing Innovation，简称 NNMI")
    {'National Network for Manufacturing Innovation', 'NNMI'}
    """
    parts = (_KIND.sub("", part.strip(' *“”《》"')) for part in _SPLIT.split(inside))
    return {part for part in parts if _ABBREVIATION.fullmatch(part) or _ENGLISH.fullmatch(part)}


def _chinese_name(before: str, text: str) -> str | None:
    """The name that ends where a bracket opens; None where it is no Chinese one."""
    if quoted := _QUOTED.search(before):
        return quoted["name"] if re.search(f"[{HAN}]", quoted["name"]) else None
    run = _RUN.search(before)
    if run is None:
        return None
    words = rjieba.cut(run["run"].strip())
    suffixes = ["".join(words[at:]).strip() for at in range(len(words))]
    likely = [s for s in suffixes if _LEAST_CHINESE <= len(s) <= _MOST_CHINESE and re.match(f"[{HAN}]", s)]
    plain = next((name for name in likely if not _NOT_IN_NAMES.search(name)), "")
    again = (n for n in likely if len(n) > len(plain) and text.count(n) > 1 and not _NOT_IN_NAMES.match(n))
    return next(again, plain) or None


def _keys(names: Iterable[str]) -> set[str]:
    """By what names are known to be the same."""
    telling = (name for name in names if len(name) >= _TELLING or not re.search(f"[{HAN}]", name))
    return {re.sub(r"\s+", " ", name).casefold().removeprefix("the ") for name in telling}


def _spaceless(name: str) -> str:
    return "".join(name.split()).casefold().replace("’", "'")


def _name_pattern(name: str) -> str:
    escaped = r"\s?".join(re.escape(part) for part in name.split()).replace("’", "['’]")
    return rf"(?<![A-Za-z]){escaped}(?![A-Za-z])" if name.isascii() else escaped
