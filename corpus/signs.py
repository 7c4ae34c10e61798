"""The signs by which a line of a paper shows what it is: a heading, a caption, a footnote, the end of a sentence.

Patterns only; what is made of them is in `corpus.blocks`.
"""

from __future__ import annotations

import re

from corpus.clean import HAN

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


def section_like(text: str) -> bool:
    """Whether a heading looks like a section's, not like the title of a paper."""
    numbered = DECIMAL.fullmatch(text) or any(pattern.fullmatch(text) for _, pattern in CHINESE)
    return bool(
        numbered or REFERENCES.fullmatch(text) or ABSTRACT_HEAD.fullmatch(text) or CONTENTS.fullmatch(text)
        or FRONT.match(text)
    )  # fmt: skip


def ends_references(text: str) -> bool:
    """Whether a line in the list of references begins something else: an English title, an appendix, a chapter."""
    if CHINESE[-1][1].fullmatch(text) or CHINESE[0][1].fullmatch(text) or REFERENCES.fullmatch(text):
        return True
    if REFERENCE_START.match(text) or re.search(r"https?:|www\.|\.pdf", text):
        return False
    return bool(
        re.fullmatch(r"(?:[A-Z][\w’'-]*|of|the|in|for|and|on|to|a|an|by|with|its|and)(?:[ :,][A-Za-z’'-]+){5,}", text)
    )
