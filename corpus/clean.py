"""From raw text to clean lines: characters mended, running heads and other furniture taken out, nothing else lost.

What disappears is listed here and nowhere else: control and private-use characters, Markdown emphasis and superscript
marks, the Markdown bullets before references, the hyphens of undone hyphenation, white space where lines are joined and
inside Chinese words, and the furniture lines of `FURNITURE` (running heads, watermarks, page numbers), which the parse
report counts. A label such as `◇张华胜：美国国家制造业创新网络建设及管理模式` is furniture, but its author and
title are kept.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from unicodedata import east_asian_width, normalize

from corpus.raw import Mark, RawText
from corpus.traced import Traced

HAN = "〇一-鿿㐀-䶿\U00020000-\U0003ffff"

FURNITURE = (
    re.compile(r"·[^·\s]{2,12}·"),  # column label: ·科技计划与管理·
    re.compile(r"◇[^：:]{2,30}[：:].{4,60}"),  # running head: ◇作者：题名
    re.compile(r"chinaXiv:\d{6}\.\d+v\d+"),
    re.compile(r"[—–-]\s*\d{1,4}\s*[—–-]"),  # page number: — 26 —
    re.compile(r"续表"),
)
LABEL = re.compile(r"◇(?P<authors>[^：:]{2,30})[：:](?P<title>.{4,60})")

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff"
    "\U000f0000-\U0010ffff]"
)
_FORM = re.compile("[⺀-⻳⼀-⿕\ufb00-\ufb06]")  # radicals, and ligatures such as ﬃ
# The CJK Radicals Supplement has no compatibility mappings in Unicode, so NFKC leaves it as it is. These are Unicode's
# equivalent ideographs (EquivalentUnifiedIdeograph.txt; ⺀ has none), but for thirteen beyond the basic plane, which no
# text holds as characters: for those, the character whose form they are.
_SUPPLEMENT = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢尣巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟罓罒㓁冗网羊羊羊耂肀聿肉臼艹艹艹虎衤覀西见角角讠贝足车辶辶辶邑钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
) | {"⼾": "户"}  # for which NFKC gives the traditional 戶
_EMPHASIS = re.compile(r"(\*\*)|(?<![\w*])(\*)(?=[^\s*\d])[^*\n]*[^*\s](\*)(?![\w*])")
_SUPERSCRIPT = re.compile(r"(\^\{)[^{}\n]{1,20}(\})|(\^)(?=[\[①-⑳])")
_SPACED_HAN = re.compile(
    rf"(?<=[{HAN}，。、；：？！“”‘’（）《》])[ \u00a0]+(?=[{HAN}，。、；：？！“”‘’（）《》])|(?<=\S )[ \u00a0]+(?=\S)"
    r"|(?<=[（《“‘])[ \u00a0]+(?=[A-Za-z0-9])|(?<=[A-Za-z0-9\]])[ \u00a0]+(?=[，。、；：？！）》])"
)
_LABEL_APART = re.compile(rf"(?:摘\s*要|第[一二三四五六七八九十百零]+[章节条])\s+(?=[{HAN}《“])")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file with something on it. `text` is stripped; `lead` is the white space that stood before it.

    Lines of the same `chunk` stood together, without a blank line between them; `after_gap` tells of white space above
    the line on its page; `mark` says what the line is, where the file does; `runs_on`, that it goes
    on with the line above.
    """

    text: Traced
    lead: str
    chunk: int
    after_gap: bool = False
    mark: Mark | None = None
    runs_on: bool = False

    @property
    def set_in(self) -> bool:
        """Whether the line is set in by two characters, as Chinese paragraphs begin."""
        return self.lead.startswith("　　")


@dataclass(frozen=True, slots=True)
class CleanLines:
    """`lines` that stay, `removed` furniture (the line with digits as `#`, how often), `labels` among the furniture."""

    lines: tuple[Line, ...]
    removed: dict[str, int]
    labels: tuple[str, ...]


def clean_lines(raw: RawText) -> CleanLines:
    """The lines of a file, mended and without its furniture."""
    repeated = _repeated_heads(raw) if raw.furniture is None else set()
    kept: list[Line] = []
    removed: Counter[str] = Counter()
    labels: list[str] = []
    chunk = 0
    whole = raw.text.replace("\f", "\n")
    for line in mend(Traced.of(whole), raw.literal).splitlines():
        text = _drawn_together(line.strip())
        if not text.text:
            chunk += 1
            continue
        start = whole.rfind("\n", 0, line.origin[0]) + 1
        placed = start in (raw.furniture or ())
        if placed or text.text in repeated or any(pattern.fullmatch(text.text) for pattern in FURNITURE):
            removed[_digits_folded(text.text)] += 1
            if LABEL.fullmatch(text.text) and text.text not in labels:
                labels.append(text.text)
            continue
        lead = line.text[: len(line.text) - len(line.text.lstrip())]
        start = whole.rfind("\n", 0, line.origin[0]) + 1
        mark = raw.marks.get(start)
        if mark and mark.kind == "table":  # tabs at its ends part empty cells
            text = line.strip(" \u3000")
        kept.append(Line(text, lead, chunk, start in raw.gaps, mark, runs_on=start in raw.runs_on))
    return CleanLines(tuple(kept), dict(removed), tuple(labels))


def _drawn_together(line: Traced) -> Traced:
    """A line that was justified by a space after every character (`从 曾 经 的 离 岸 外 包`) without those spaces."""
    gaps = len(_SPACED_HAN.findall(line.text))
    return line.without(_SPACED_HAN) if gaps >= 6 and gaps >= 0.7 * (len(line.text) - gaps) else line


def mend(text: Traced, literal: bool = False) -> Traced:
    """Radicals and ligatures to characters, invisible characters out, Markdown emphasis and superscript marks out.

    In a `literal` text stars and carets are the author's own, such as `0.35**` in a table, and stay.

    >>> mend(Traced.of("⻓⾜ **顶层设计** ^[12]")).text
    '长足 顶层设计 [12]'
    """
    text = text.without(_INVISIBLE).replaced(_FORM, lambda m: _SUPPLEMENT.get(m[0]) or normalize("NFKC", m[0]))
    return text if literal else text.without(_EMPHASIS).without(_SUPERSCRIPT)


def close_up(text: Traced) -> Traced:
    """Without the spaces between two Chinese characters, but for one after a label at the start; others single.

    >>> close_up(Traced.of("奥 巴马启动，旨在 联合 NSF 各方")).text
    '奥巴马启动，旨在联合 NSF 各方'
    >>> close_up(Traced.of("第一条 为了规范 数据处理")).text
    '第一条 为了规范数据处理'
    """
    label = _LABEL_APART.match(text.text)
    start = label.end() if label else 0
    return text[:start] + text[start:].without(_SPACED_HAN)


def display_width(text: str) -> int:
    """Columns of the text on a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(ch) in "WF" else 1 for ch in text)


def _repeated_heads(raw: RawText) -> set[str]:
    """Lines that head or foot at least three pages (numbers in them may differ): running heads and page numbers."""
    if len(raw.pages) < 3:
        return set()
    shapes: Counter[str] = Counter()
    seen: dict[str, set[str]] = {}
    for page in raw.text.split("\f"):
        lines = [stripped for line in mend(Traced.of(page)).text.split("\n") if (stripped := line.strip())]
        edge = {*lines[:2], *lines[-2:]}
        for shape in {_digits_folded(line) for line in edge}:
            shapes[shape] += 1
        for line in edge:
            seen.setdefault(_digits_folded(line), set()).add(line)
    often = max(3, len(raw.pages) // 3)
    return {line for shape, count in shapes.items() if count >= often for line in seen[shape]}


def _digits_folded(line: str) -> str:
    return re.sub(r"\d+", "#", line)
