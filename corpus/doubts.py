"""What a person should look at in a paper that was read: every doubt that reading can have, in English and Chinese.

A doubt says what was found, and where it matters also what was done about it or is to be done (`then`):

>>> Doubt("letters_strange", page=3, then="left_out", values={"count": "21", "total": "40"}).message("zh")
'40 个字母中有 21 个不属于论文常用的文字；没有收入'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from corpus.errors import Language

DoubtKind = Literal[
    "page_broken", "page_unread", "pages_unread", "fonts_unmapped", "characters_unnamed", "letters_strange",
    "characters_rare", "letters_accented", "capitals_within", "signs_many", "recognition_unsure", "lines_illegible",
    "cells_untold", "broken_off", "lines_foreign", "list_missing",
]  # fmt: skip
Then = Literal[
    "", "left_out", "recognised", "compare", "install", "broken", "recognise", "as_they_stand", "no_evidence"
]

SENTENCES: Mapping[DoubtKind, tuple[str, str]] = {
    "page_broken": ("could not be read ({reason})", "无法读取（{reason}）"),
    "page_unread": ("not read", "未读出"),
    "pages_unread": ("pages {pages}: not read", "第 {pages} 页未读出"),
    "fonts_unmapped": ("fonts without a character map ({fonts})", "字体缺少字符映射表（{fonts}）"),
    "characters_unnamed": (
        "its fonts name no character for {count} of {total}", "字体没有说明 {total} 个字符中的 {count} 个是什么字",
    ),
    "letters_strange": (
        "{count} of {total} letters are of strange scripts", "{total} 个字母中有 {count} 个不属于论文常用的文字",
    ),
    "characters_rare": (
        "{count} of {total} Chinese characters are rare ones", "{total} 个汉字中有 {count} 个是罕用字",
    ),
    "letters_accented": (
        "{count} of {total} Latin letters carry accents", "{total} 个拉丁字母中有 {count} 个带附加符号",
    ),
    "capitals_within": (
        "{count} of {total} pairs of letters run from small to capital",
        "{total} 对相邻字母中有 {count} 对先小写后大写",
    ),
    "signs_many": ("{count} rare signs of {total} kinds", "有 {count} 个少见的符号，共 {total} 种"),
    "recognition_unsure": (
        "{count} of {total} recognised characters are below a confidence of {percent}%, in: {lines}",
        "识别出的 {total} 个字符中有 {count} 个置信度低于 {percent}%，在：{lines}",
    ),
    "lines_illegible": ("{count} lines are too unclear to be recognised", "有 {count} 行过于模糊，无法识别"),
    "cells_untold": (
        "the cells of “{caption}” in {section} could not be told apart", "{section}中“{caption}”的单元格未能分开",
    ),
    "broken_off": (
        "the paper is broken off or interrupted in {section}: {words}", "论文在{section}处中断或被打断：{words}",
    ),
    "lines_foreign": (
        "lines of another article stand in or behind {section}, from “{words}” on",
        "{section}之中或之后有别的文章的文字，从“{words}”起",
    ),
    "list_missing": (
        "the text cites {marks}, but the file holds no list of references",
        "正文引用了 {marks}，但文件中没有参考文献表",
    ),
}  # fmt: skip
"""What was found, in English and Chinese; both name the same values."""

THEN: Mapping[Then, tuple[str, str]] = {
    "": ("", ""),
    "left_out": ("; left out", "；没有收入"),
    "recognised": ("; recognised from its picture", "；已按页面图像识别"),
    "compare": ("; compare with the page", "；请与原页核对"),
    "install": (
        "; run pip install 'yinju[ocr]' to have scanned pages recognised",
        "；请运行 pip install 'yinju[ocr]' 安装文字识别",
    ),
    "broken": ("; text recognition does not start ({reason})", "；文字识别无法启动（{reason}）"),
    "recognise": ("; run text recognition on the file", "；建议对文件做文字识别"),
    "as_they_stand": ("; its lines are kept as they stand", "；各行照原样保留"),
    "no_evidence": ("; they are kept out of the evidence", "；不作为引文"),
}
"""What was done about it, or is to be done."""

_BEGINNING = {"en": "the beginning of the paper", "zh": "开头"}
_TITLE = {"en": "{}", "zh": "“{}”"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about a page (from 1), or about the text from the offset `start` on; None where it is about neither.

    `values` fill the placeholders of its sentences: a `section` is the innermost heading, empty before the first one.
    """

    kind: DoubtKind
    page: int | None = None
    start: int | None = None
    then: Then = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.message()  # raises `KeyError` where a value is missing

    def message(self, language: Language = "en") -> str:
        """The sentence in that language, on one line; the page is not named in it."""
        at = 1 if language == "zh" else 0
        values = dict(self.values)
        if "section" in values:
            section = values["section"]
            values["section"] = _TITLE[language].format(section) if section else _BEGINNING[language]
        return " ".join((SENTENCES[self.kind][at] + THEN[self.then][at]).format(**values).split())
