"""What a question asks for and speaks of, read off its own words, and where a text holds such a thing.

>>> asked_of("首家制造业创新研究所是什么时候在哪里成立的？")
Asked(form='fact', wants=(Want('date'), Want('place')))
>>> asked_of("德勤的评估报告有多少页？")
Asked(form='fact', wants=(Want('amount', unit='page'),))
>>> [text[thing.start:thing.end] for thing in things("2012年8月，国防部投资3 000万美元", Want("amount", "money"))]
['3 000万美元']
>>> phrases("德勤的评估报告有多少页？")
['德勤', '评估报告', '页']

An amount is of a unit where the question says so: pages are not counted in dollars. Names of persons, bodies and places
are those that jieba tags as such (rjieba), with what else shows them: a dot in a foreign name, the last character of a
body's name. Not done here: whether the thing found is the one asked for; that is left to `qa.confidence`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import rjieba

from corpus.clean import HAN
from corpus.language import language_of
from indexer.lexical import STOP, folded

Kind = Literal["amount", "date", "agent", "body", "place"]
Form = Literal["fact", "list", "explain"]
Explanation = Literal["definition", "reason", "way"]


@dataclass(frozen=True, slots=True)
class Want:
    """A kind of thing. An amount may be of a `unit`: a key of `UNITS`, or a counter such as 级; empty: any will do."""

    kind: Kind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The form of the answer and the things that it should hold; none where the question names no kind of thing."""

    form: Form
    wants: tuple[Want, ...] = ()
    compares: bool = False
    """Whether it asks how things differ: the answer has to speak of each."""
    explanation: Explanation | None = None
    """What is to be explained, where the question's form tells."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in a text."""

    start: int
    end: int


UNITS = {
    "money": r"(?:美元|欧元|英镑|日元|人民币|元|美金|dollars?|USD)",
    "people": r"(?:余?名|余?人|余?位|人次|people|persons|employees|workers|students|members)",
    "page": r"(?:页|pages?)",
    "share": r"(?:%|％|‰|个百分点|倍|成(?!立|为|员|果|本)|percent|per cent)",
    "time": r"(?:年(?!代|度|\d)|个月|周|天|小时|分钟|years?|months?|days?|hours?)",
    "area": r"(?:平方米|平方公里|平方英尺|公顷|亩|m2|m²|㎡)",
    "length": r"(?:公里|千米|英里|米|厘米|毫米|km|mm)",
    "count": r"(?:余?[个家所座处项条种类款份件只点级次届大套篇本门台例批]|(?=[A-Za-z\s]))",
}
"""What follows a number that counts a unit."""


def _any(*signs: str) -> re.Pattern[str]:
    return re.compile("|".join(signs), re.IGNORECASE)


_COUNTED = "个家所座处项条种类款份件只点级次届套篇本门台例"
_MONEY = (
    "投资|预算|收入|资金|经费|金额|费用?用?|逆差|赤字|工资|薪|钱|拨款|资助|补贴|出资|支出|利润|价格|售价|造价|咨询费|产值"
    "|营收"
)
_PEOPLE = "人口|员工|雇员|职工|人数|学生|工人|专家|成员|居民"
_UNIT_OF = (
    ("money", _any(r"多少\S{0,2}(?:美元|欧元|元|钱|资金|经费|投资|拨款)")),
    ("people", _any(
        r"多少\S{0,2}(?:名|人|位|员工|学生|专家)|几(?:名|位|个人)",
        rf"(?:{_PEOPLE})[^，。？]{{0,4}}(?:是|为|达|有|约)?多少",
    )),
    ("page", _any(r"[多几][少]?\S{0,2}页")),
    ("share", _any(
        r"百分之[几多]|几成|多少个?百分|多少倍|几倍|占\S{0,12}多少",
        r"[^，。？]?(?:比例|比重|占比|比率|率)[^，。？]{0,6}(?:多少|多大|多高|几)",
    )),
    ("time", _any(r"多久|多长时间|[几多][少]?(?:年|个月|天|小时|分钟|周)(?!代)|多少岁|多大年纪")),
    ("area", _any("面积")),
    ("length", _any(r"多少(?:公里|千米|英里|米)|多[长高深宽](?!时)")),
    ("count", _any(rf"[多几][少]?(?:余)?[{_COUNTED}]")),
    ("money", _any(
        rf"(?:{_MONEY})[^，。？]{{0,6}}(?:是|为|达|有|约)?多[少大高]",
        r"\bhow much (?:money|funding|federal|was|is|did|does|do|has)\b",
        r"\b(?:cost|price|budget|revenue|income|grant|salary)\b",
    )),
    ("people", _any(
        r"\bhow many (?:\w+ ){0,2}(?:people|persons|employees|workers|students|inhabitants|soldiers)\b",
        r"\bpopulation\b",
    )),
    ("page", _any(r"\bhow many pages\b")),
    ("share", _any(r"\bpercent|\bwhat (?:share|proportion|fraction)\b")),
    ("time", _any(r"\bhow (?:long|old)\b|\bhow many (?:years|months|days|hours)\b")),
    ("count", _any(r"\bhow many\b")),
)  # fmt: skip
"""By what signs an amount is of which unit, the first that is found."""
_COUNTER = re.compile(r"(?:多少|几)(?P<counter>[座级届篇章层期批门台条])")
"""Counters of things of their own kind, which no other number counts; 个, 家, 所, 项 take each other's place."""
_AMOUNT = _any(
    "多少|多大|多高|多长|多久|多远|百分之几|几成|面积|占比|比例|金额",
    rf"(?<![A-Za-z])几(?=[{_COUNTED}名位人年月天周小分成倍美亿万百千])",
    r"\bhow (?:many|much|long|old|large|big|far|high|tall)\b|\bpercent|\bpopulation\b",
)
_DATE = _any(
    "什么时候|何时|何年|哪一?[年天月日]|哪个?(?:年份|月份|月|日期|世纪|年代|时期)|几月|几号|什么(?:年份|日期|时间)",
    "年份|多少年(?=[建成创出])|时间(?=与|和|及|、|，|？|是|为|$)",
    r"^(?:since |from |until |and )?when\b|\b(?:what|which) (?:year|date|month|day|century|decade)\b",
)
_AGENT = _any(r"谁|哪一?位|何人|什么人|叫什么名字|姓名|\bwho(?:m|se)?\b")
_BODY = _any(
    r"(?:哪|(?<!为)什么|(?<!为)何)(?:一?[个家所些类]|几[个家所])?(?:\S{0,4})"
    "(?:机构|部门|公司|大学|高校|组织|单位|研究所|中心|企业|协会|学校|政府|团体|集团|银行)",
    "(?:工作)?单位(?=和|是|、|？)",
    r"\b(?:what|which) (?:\w+ )?(?:organi[sz]ation|agency|company|university|institution|department|body|group)\b",
)
_PLACE = _any(
    "哪里|哪儿|何处|何地|什么地方|哪一?个?(?:城市|州|省|国家|地区|地方|县|市|洲|国|地)|所在地|总部在哪|在哪(?!些|个|方)",
    r"\bwhere\b|\b(?:what|which) (?:\w+ )?(?:city|state|country|place|region|location|town)\b",
)
_NUMERAL = r"[两二三四五六七八九十\d]+"
_LIST = _any(
    rf"哪些|哪几|哪{_NUMERAL}|有哪|(?:包括|包含|涵盖|分为|分成|涉及|有)(?:了)?(?:什么|哪)|分别(?:是|有|为)|列出|列举|几件事",
    rf"{_NUMERAL}(?:个|项|点|条|大|种|类|级|方面|步)[^，。？]{{0,14}}(?:是什么|有什么|是哪)",
    "有什么(?:措施|举措|特点|特色|建议|启示|要求|做法|作用|好处|影响|问题|优势|目标|职责|职能)",
    r"\bwhat are\b|\bwhich (?:\w+ ){0,2}(?!was|is|has|does|did)\w+s\b|\blist\b|\bexamples? of\b|\bname the\b",
)
_EXPLAIN = _any(
    "什么是|何谓|何为|是什么(?:意思|概念|样)?[？?]?$|指(?:的是)?什么|为什么|为何|怎样|怎么|如何|原因|理由|区别|不同|异同|意味着",
    r"\bwhy\b|\bhow (?!many|much|long|old|large|big|far|high|tall)|\bwhat (?:is|does|do|did|would|went)\b",
)
_DIFFERS = _any(r"不同|区别|异同|差异|对比|相比之下|比较(?!好|大|高)|\bdiffer|\bcompared?\b")

_EXPLAINED: tuple[tuple[Explanation, re.Pattern[str]], ...] = (
    ("reason", _any("为什么|为何|原因|理由|凭什么", r"\bwhy\b")),
    ("way", _any("怎样|怎么(?!回事)|如何", r"\bhow\b")),
    ("definition", _any("什么是|何谓|何为|是什么|指(?:的是)?什么|什么意思", r"\bwhat (?:is|are)\b")),
)
_EXPLAINS = {
    "definition": _any(
        "(?:是|指|即|称为?|作为)(?:指|由|一[个种类项家]|[^，。；否]{2,})", r"\b(?:is|are|means?|refers?)\b"
    ),
    "reason": _any(
        "因为|由于|因此|因而|所以|从而|导致|原因|造成|使得?|以致|在于|如果|一旦|取决|不宜|为了|避免",
        r"\b(?:because|since|due|therefore|thus|hence|cause[sd]?|so that|led to)\b",
    ),
    "way": _any(
        "通过|借助|利用|采[取用]|包括|依托|依靠|凭借|措施|为了|提供|建[立设]|设立|推动|支持|鼓励|加[强大]|培[训育养]|制定",
        r"\b(?:by|through|using|via|includ\w+|provid\w+|establish\w+)\b",
    ),
}
"""Signs by which a sentence explains, rather than repeats, what is asked."""

_NUMBER = r"(?<![\d.A-Za-z])\d[\d ,，]*(?:\.\d+)?\s?(?:[万亿千百]+)?"
_CHINESE_NUMBER = "(?:[两二三四五六七八九十百千万亿]+|[零一二三四五六七八九十]+)"
_ANY_AMOUNT = _any(
    rf"{_NUMBER}(?:\s?[∶:：]\s?\d+)?",
    rf"{_CHINESE_NUMBER}(?=[个家所座处项条种类款份件名位人年月天次倍成])",
    f"百分之{_CHINESE_NUMBER}",
)
_DATES = re.compile(
    r"(?<!\d)(?:1\d|20)\d\d(?:\s?年(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?|\.\d{1,2}(?!\d))"
    r"|(?<![\d.,])(?:1[5-9]|20)\d\d(?![\d.,]*\d|\s?[万亿多余个家名人次件项座所美元%％])"
    r"|\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?|\d{1,2}\s?世纪(?:\s?\d0\s?年代)?|公元前?\s?\d+"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_BODIES = (
    rf"[{HAN}A-Za-z（）()·]{{2,}}?(?:局|部|署|院|研究所|公司|大学|学院|中心|委员会|协会|联盟|基金会|办公室|实验室|集团|组织"
    "|银行|理事会|学会|政府|国会|法院|企业|团队)|[A-Z][A-Za-z]*[A-Z][A-Za-z]*"
)
_PERSONS = rf"[{HAN}]{{1,8}}(?:·[{HAN}]{{1,8}})+|[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+"
_ROLES = rf"[{HAN}]{{2,}}(?:人|者|家|员|队|军|党|族|帝|王|汗|官|长|师|教授|总统|主席|大臣)"
_PLACES = rf"[{HAN}]{{2,6}}(?:州|市|省|县|岛|湾|河|山|洲|国|城|镇|区(?!别|分))"
_NAMED = {
    "agent": (re.compile(f"{_PERSONS}|{_BODIES}|{_ROLES}"), ("nr", "nrt", "nrfg", "nt")),
    "body": (re.compile(_BODIES), ("nt",)),
    "place": (re.compile(_PLACES), ("ns",)),
}

_SMALL = _any(
    "多少|什么|哪.*|谁|几.*|怎样|怎么.*|如何|为什么|为何|何.*|是.*|有.*|多[大长高久远]|吗|呢|请问|主要|分别|各.*|一共|总共|大约|大概"
    "|现在|目前|称为|叫做|名字|论文|文章|评价|介绍|认为|指出|提到|说|看待|描述|谈到|作者|学者|专家|各位|请|如下|时候|之间|说法|看法"
    "|方面|情况|相比",
    "which|what|when|where|who|whom|whose|why|how|many|much|did|does|do|is|are|was|were|the|of|in|to|an?|by|for|and|or|on|at"
    "|from|with|that|it|its|be|been|has|have|had|their|his|her|papers?|articles?",
)
"""Words by which a question asks, and small ones: it does not speak of them."""
_ASKS = _any(
    f"多少|百分之几|几成|几(?=[{_COUNTED}名位人年月天])|多[大高长久远]|什么|哪[一几里儿]?|谁|何|怎[样么]|如何",
    r"\b(?:how many|how much|how|who|whom|when|where|why|which|what)\b",
)
_SHORT_NAME = 4
_AS_NOUNS = ("创新", "制造", "发展", "研发")
"""Verbs that go on a compound: 国家制造业创新中心."""
_KIND_OF = _any(r"(?:哪[一几两二三四五六七八九十些]?[个家所类种条项些位]?|什么|何种|\b(?:which|what) )\s?\Z")


def asked_of(question: str) -> Asked:
    """What a question asks for."""
    wants: list[Want] = []
    if _DATE.search(question):
        wants.append(Want("date"))
    if _AMOUNT.search(question):
        unit = next((unit for unit, sign in _UNIT_OF if sign.search(question)), "")
        counter = _COUNTER.search(question) if unit == "count" else None
        wants.append(Want("amount", counter["counter"] if counter else unit))
    if _BODY.search(question):
        wants.append(Want("body"))
    if _AGENT.search(question) and not wants:
        wants.append(Want("agent"))
    if _PLACE.search(question):
        wants.append(Want("place"))
    form: Form = "fact"
    if _DIFFERS.search(question):
        return Asked("explain", compares=True)
    if _LIST.search(question) and not any(want.kind in ("amount", "date") for want in wants):
        form, wants = "list", []
    elif not wants and _EXPLAIN.search(question):
        form = "explain"
        explanation = next((kind for kind, sign in _EXPLAINED if sign.search(question)), None)
        return Asked(form, explanation=explanation)
    return Asked(form, tuple(wants))


def explains(text: str, asked: Asked) -> bool:
    """Whether a sentence has a sign of the explanation that is asked for; true where none is.

    >>> explains("产业公地是支持创新的集体能力。", asked_of("什么是产业公地？"))
    True
    >>> explains("这有利于形成产业公地。", asked_of("什么是产业公地？"))
    False
    """
    return asked.explanation is None or _EXPLAINS[asked.explanation].search(text) is not None


def things(text: str, want: Want) -> Iterator[Span]:
    """Where a text holds a thing of the kind that is wanted, in order."""
    if want.kind == "amount":
        pattern = _ANY_AMOUNT if want.unit in ("", "count") else _amounts(want.unit)
        dates = [(m.start(), m.end()) for m in _DATES.finditer(text)]
        for match in pattern.finditer(text):
            if want.unit == "time" or not any(start <= match.start() < end for start, end in dates):
                yield Span(match.start(), match.end())
    elif want.kind == "date":
        for match in _DATES.finditer(text):
            yield Span(match.start(), match.end())
    else:
        pattern, tags = _NAMED[want.kind]
        found = {(match.start(), match.end()) for match in pattern.finditer(text)} | set(_tagged(text, tags))
        yield from (Span(*place) for place in sorted(found))


def trimmed(text: str, span: Span) -> Span:
    """A name without what the pattern took with it in front; empty where no noun is left.

    >>> trimmed("该办公室设在美国国家标准与技术研究院下", Span(1, 18))  # 美国国家标准与技术研究院
    Span(start=6, end=18)
    """
    words = [(at, word, tag) for at, word, tag in tagged_words(text) if at < span.end and at + len(word) > span.start]
    start = span.end
    for number in range(len(words) - 1, -1, -1):
        at, word, tag = words[number]
        joins = word in "与和及·-" and 0 < number < len(words) - 1 and _is_nominal(words[number - 1][2])
        # 效仿德国…, 交由…公司: a verb before a name that jieba takes for a noun.
        verbal = word.endswith("由") or (tag == "vn" and number + 1 < len(words) and words[number + 1][2] in _NAMES)
        if at < span.start or verbal or not (joins or _is_nominal(tag)):
            break
        start = at
    return Span(start, span.end)


_NAMES = ("ns", "nr", "nrt", "nz", "nt")


def _is_nominal(tag: str) -> bool:
    return tag[0] in "njblzx" or tag in ("vn", "an", "eng")


def phrases(text: str, names: Collection[str] = ()) -> list[Span]:
    """What a question speaks of: names and compounds as one, verbs, numbers; not its question words, not small words.

    `names` are those that the papers give to things. A noun right behind a question word (哪个机构) tells of which kind
    the answer is, and is left out: the answer is not bound to repeat it.
    """
    found = [span for span in _content(text) if not _KIND_OF.search(text, max(0, span.start - 8), span.start)]
    for name in sorted(names, key=lambda name: (len(name), name)):  # the longest last: it has the last word
        for match in re.finditer(re.escape(name), text):
            start, end = match.span()
            inside = [span for span in found if span.start < end and start < span.end]
            # 制造业 is a name too, but 国家制造业创新中心 is one thing.
            of_compound = len(inside) == 1 and len(name) < _SHORT_NAME and re.fullmatch(f"[{HAN}]+", name)
            if inside and not of_compound:
                around = (Span(inside[0].start, start), Span(end, inside[-1].end))
                rest = [span for span in found if span not in inside] + [s for s in around if s.end - s.start > 1]
                found = sorted([*rest, Span(start, end)], key=lambda span: span.start)
    return found


def attribute(text: str, spans: Sequence[Span]) -> int | None:
    """Which of the phrases is asked for: the one right behind the question word, else the last one before it.

    >>> attribute("MForesight 有多少名员工？", phrases("MForesight 有多少名员工？"))  # 员工
    1
    """
    asks = _ASKS.search(text)
    if asks is None or not spans:
        return None
    behind = [at for at, span in enumerate(spans) if 0 <= span.start - asks.end() <= 2]
    before = [at for at, span in enumerate(spans) if span.end <= asks.start()]
    return behind[0] if behind else before[-1] if before else 0


def speaks_of_things(text: str) -> bool:
    """Whether a question has a noun of its own beside its question words."""
    if language_of(text) == "en":
        return len(_content(text)) > 1
    tags = {at: tag for at, _, tag in tagged_words(text)}
    told = [tags[at] for span in phrases(text) for at in tags if span.start <= at < span.end]
    # A verbal noun is none: of 谁资助的？ the subject is left out.
    return any(tag[0] in "nj" or tag in ("eng", "l") for tag in told)


def is_place(text: str) -> bool:
    """Whether a phrase is the name of a country, a state or a town."""
    return [tag for _, _, tag in tagged_words(text)] == ["ns"]


def has_noun(text: str) -> bool:
    """Whether a phrase holds a noun, a name or a word of another script."""
    return any(tag[0] in "nj" or tag in ("eng", "vn", "l") for _, _, tag in tagged_words(text))


def _content(text: str) -> list[Span]:
    if language_of(text) == "en":
        words = ((match.start(), match[0]) for match in re.finditer(r"[\w’'-]+", text))
        return [
            Span(at, at + len(word)) for at, word in words if not _SMALL.fullmatch(word) and folded(word) not in STOP
        ]
    found: list[Span] = []
    noun_before = False
    for at, word, tag in tagged_words(text):
        noun = tag[0] in "njlb" or tag in ("vn", "eng") or (noun_before and word in _AS_NOUNS)
        if word == "年" and found and found[-1].end == at and text[at - 1].isdigit():
            found[-1] = Span(found[-1].start, at + 1)
            continue
        small = _SMALL.fullmatch(word) or folded(word) in STOP or not re.search(r"\w", word)
        if small or tag[0] not in "nvamtjlisfbze" or (tag == "v" and len(word) == 1):
            noun_before = False
            continue
        if noun and noun_before and found[-1].end == at:
            found[-1] = Span(found[-1].start, at + len(word))
        else:
            found.append(Span(at, at + len(word)))
        noun_before = noun
    return found


def tagged_words(text: str) -> Iterator[tuple[int, str, str]]:
    """The words of a text with their places and jieba's tags."""
    at = 0
    for word, tag in rjieba.tag(text):
        at = text.index(word, at)
        yield at, word, tag
        at += len(word)


def _amounts(unit: str) -> re.Pattern[str]:
    counted = rf"(?:{_NUMBER}|{_CHINESE_NUMBER})\s?(?:[万亿]\s?)?(?:多|余)?\s?{UNITS.get(unit, unit)}"
    # A table's column may tell of what its bare numbers are shares.
    return _any(counted, f"百分之{_CHINESE_NUMBER}", _NUMBER) if unit == "share" else _any(counted)


def _tagged(text: str, tags: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    return ((at, at + len(word)) for at, word, tag in tagged_words(text) if tag in tags)
