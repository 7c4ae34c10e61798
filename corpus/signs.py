"""The signs by which a line of a paper shows what it is: a heading, a caption, a footnote, the end of a sentence.

Patterns only, and how a file breaks its lines; what is made of them is in `corpus.blocks`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.clean import HAN, Line, display_width

TERMINAL = re.compile(r"[。！？!?；;：:…■](?:[”’」』）)》】\]]|\[\d[\d,，\-–、 ]*\]|[①-⑳])*$|(?<=[A-Za-z)\]\d])\.$")
CAPTION = re.compile(
    r"(?P<label>(?:表|图|Table|Figure|Fig\.)\s?\d{1,3}(?:[-–.]\d+)?)(?:[\s　：:]+|(?=[\u4e00-\u9fff]))(?P<text>\S.*)"
)
NOT_CAPTION = re.compile(r"(?:[表图]\s?\d+)\s?(?:中|所示|和|、|与|给出|列出|可知|数据|显示|的)")
NOTE = re.compile(r"(?:注|资料来源|数据来源|来源|Data source|Source|Note)s?\s*[：:]|\*\s?表示")
FOOTNOTE = re.compile(r"[①-⑳]\s*\S")
CITED = re.compile(r"https?://|\.\s*\(\d{4}|\[\d{4}-\d\d-\d\d\]")
ITEM = re.compile(
    r"(?:（[0-9一二三四五六七八九十]{1,3}）|\([0-9]{1,2}\)|[①-⑳]|\d{1,2}[.、)](?!\d)|[•●◆■▪-]\s"
    r"|[一二三四五六七八九十]是|第[一二三四五六七八九十百零]+[条款])"
)
BULLET = re.compile(r"[•●◆■▪-]\s+")
ARTICLE = re.compile(r"第[一二三四五六七八九十百零]+条\s+\S")
ITEM_WITHIN = re.compile(r"[：:；;。，,](?:（\d{1,2}）|\(\d{1,2}\)|[①-⑳])")
DECIMAL = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.．、]?[\s　]+(?P<text>[^\s\d].*)")
CHINESE = (
    (1, re.compile(r"第[一二三四五六七八九十百零]+[章编][\s　]*\S.*")),
    (2, re.compile(r"第[一二三四五六七八九十百零]+节[\s　]*\S.*")),
    (1, re.compile(r"[一二三四五六七八九十]{1,3}、\S.*")),
    (2, re.compile(r"（[一二三四五六七八九十]{1,3}）\S.*")),
    (
        1,
        re.compile(r"(?:[引前]\s?言|绪\s?论|结\s?[论语]|结\s?束\s?语|致\s?谢|附\s?录.{0,20})"),
    ),
)
SENTENCE_MARK = re.compile(r"[。；！？]")
CELL_SPACE = re.compile(rf"[{HAN}）)]\s+[{HAN}（•]")
COLUMNS = re.compile(rf"[{HAN}]{{2}}\s+(?=[{HAN}]{{2}})")
MARKS = re.compile(r"(?:[√×✓*○●]\s+){2,}")
AFFILIATION = re.compile(
    r"[（(]?\s*\d\s*[.．]?\s*\S.{0,300}(?:大学|学院|中心|研究所|研究院|University|Institute|Academy).{0,300}\d{6}[^。]*"
)
CELLS = re.compile(rf"(?<=[{HAN}）)])[ \u3000]+(?=[{HAN}（•])")
TAIL = re.compile(r"[〔（(]?责任编辑|■\s*责任编辑|作者简介|Abstract[\s：:]|Received[\s：:]")
TAIL_ENTRY = re.compile(r"Abstract|Key\s?[Ww]ords|Received|DOI|本文引用格式|[\u4e00-\u9fff]")
ADDRESS_END = re.compile(r"(?:@|://|10\.\d{4,9}/)\S+$")
FRONT = re.compile(
    r"[\[【〔]?关\s?键\s?词|Key\s?[Ww]ords|DOI\b|\*\s?通信作者|\*Corresponding|资助项目|基金项目"
    r"|修改稿收到日期|收稿日期|中图法?分类号|文献标[识志]码|文章编号"
)
CONTENTS = re.compile(r"目\s*[录次]|Contents")
ABSTRACT_HEAD = re.compile(r"[\[【〔]?(?:摘\s*要|Abstract|ABSTRACT)[\]】〕]?[：:]?")
OPENING = re.compile(r"摘\s*要|Abstract|ABSTRACT|目\s*[录次]|[引前]\s?言|绪\s?论|(?:[1一0]|第[1一]章)[\s　、.．]")
ABSTRACT = re.compile(r"[\[【〔]?(?:摘\s*要|Abstract)(?:[\]】〕]|\s*[：:]|\s)")
REFERENCES = re.compile(r"[\[【〔]?参\s?考\s?文\s?献[\]】〕]?[：:]?|References:?")
REFERENCE_START = re.compile(r"(?:-\s*)?(?:[\[［]\d{1,3}[\]］]|\d{1,3}[.\s]\s*(?=\S))")
CONTINUED = re.compile(r"[（(]\s*(?P<way>上接|下转)\s*第?\s*\d+\s*页\s*[）)]")
AUTHOR_NOTE = re.compile(
    r"[\[【〔*＊]?\s*(?:(?:第一)?作者(?:简介|信息|单位)|通[信讯]作者|基金(?:项目|资助)|资助项目|收稿日期|修[回改]?稿?(?:收到)?日期"
    r"|Received[\s：:]|E-?mail[：:])"
)
AUTHOR = re.compile(r"[\u4e00-\u9fff]{2,4}\s?[，,]?\s?[（(]\s?(?:1[89]|20)\d\d\s?(?:[-—–－~～]|年)")
NAMED = re.compile(r"[A-Z]{2,} [A-Z][a-z]+(?:-[a-z]+)?[\d*²]*,\s?[A-Z]")
LABELLED = re.compile(rf"(?!例如|比如|其中|包括|具体|同时|此外|注|即|如)[{HAN}]{{2,6}}：\S")
HEADING_WIDTH = 76
FRONT_LINES = 80


@dataclass(frozen=True, slots=True)
class Measure:
    """How a file breaks its lines.

    `wrapped` tells whether a printed line is a line of the file (never where the format states whole paragraphs),
    `columns` how wide full lines are (a Chinese character counts 2) and `usual` how wide most of them, `spaced` whether
    Latin words and numbers stand apart from the Chinese around them, `strewn` whether spaces stand inside Chinese words
    everywhere, as in the text of many a PDF. `set_in` tells that the file shows on which lines paragraphs begin: they
    are set in, and all others are not.
    """

    wrapped: bool
    columns: tuple[int, ...]
    usual: int
    spaced: bool
    strewn: bool
    set_in: bool = False

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Measure:
        """Measured on all lines of a file; its columns, on those that break in the middle of a sentence."""
        widths = Counter(display_width(line.text.text) for line in lines)
        total = sum(widths.values())
        broken = Counter(display_width(line.text.text) for line in lines if not TERMINAL.search(line.text.text))
        near = {w: sum(broken[v] for v in range(w - 2, w + 3)) for w in broken if w >= 28}
        columns = tuple(sorted(w for w, n in near.items() if n >= max(4, 0.06 * total) and w < 130))
        within = sum(n for w, n in widths.items() if any(abs(w - c) <= 4 for c in columns))
        long = sum(n for w, n in widths.items() if w > 130)
        text = "\n".join(line.text.text for line in lines)
        running = [line.text.text for line in lines if SENTENCE_MARK.search(line.text.text)]
        strewn = sum(bool(CELL_SPACE.search(line)) for line in running) > 0.1 * len(running)
        usual = max(near, key=lambda w: near[w], default=0)
        set_in = sum(line.set_in for line in lines) >= max(4, 0.03 * total)
        wrapped = within >= 0.3 * total and long < 0.05 * total
        whole = any(line.mark and line.mark.kind == "paragraph" for line in lines)
        return cls(wrapped and not whole, columns, usual, set_apart(text), strewn, set_in)

    def full(self, width: int) -> bool:
        """Whether a line this wide reaches the right edge of a column."""
        return bool(self.columns) and (any(c - 7 <= width <= c + 5 for c in self.columns) or width > max(self.columns))

    def boxed(self, widths: Sequence[int]) -> bool:
        """Whether lines of these widths, the last of them short or not, are set narrower than any column.

        In running text a line may break a little early, but not every line; in the box of a figure none is full.
        """
        if len(widths) < 2 or not self.columns:
            return False
        return max(widths) < self.columns[0] and min(widths[:-1]) <= self.columns[0] - 4

    def celled(self, text: str) -> bool:
        """Whether spaces part a line into the cells of a table row. The one after an item's number never does."""
        if self.strewn:
            return len(COLUMNS.findall(text)) > 1 and not SENTENCE_MARK.search(text)
        item = ITEM.match(text)
        return "。" not in text[:-1] and bool(CELL_SPACE.search(text, item.end() if item else 0))


def set_apart(text: str) -> bool:
    """Whether Latin words and numbers mostly stand apart from the Chinese around them."""
    return len(re.findall(rf"[A-Za-z0-9] [{HAN}]", text)) > len(re.findall(rf"[A-Za-z0-9][{HAN}]", text))


def section_like(text: str) -> bool:
    """Whether a heading looks like a section's, not like the title of a paper."""
    numbered = DECIMAL.fullmatch(text) or any(pattern.fullmatch(text) for _, pattern in CHINESE)
    return bool(
        numbered or REFERENCES.fullmatch(text) or ABSTRACT_HEAD.fullmatch(text) or CONTENTS.fullmatch(text)
        or FRONT.match(text)
    )  # fmt: skip


def is_latin_text(unit: Sequence[Line]) -> bool:
    """Whether the lines are running text in a Latin script."""
    text = "".join(line.text.text for line in unit)
    return len(text) > 120 and len(re.findall(f"[{HAN}]", text)) < 0.1 * len(text)


def ends_references(text: str) -> bool:
    """Whether a line in the list of references begins something else: an English title, an appendix, a chapter."""
    if CHINESE[-1][1].fullmatch(text) or CHINESE[0][1].fullmatch(text) or REFERENCES.fullmatch(text):
        return True
    if REFERENCE_START.match(text) or re.search(r"https?:|www\.|\.pdf", text):
        return False
    return bool(
        re.fullmatch(r"(?:[A-Z][\w’'-]*|of|the|in|for|and|on|to|a|an|by|with|its|and)(?:[ :,][A-Za-z’'-]+){5,}", text)
    )
