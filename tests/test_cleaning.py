"""Cleaning can be undone: each kept character knows its place in the file, and nothing goes but what is listed.

The properties are checked on the five papers and on papers made up by hypothesis: wrapped paragraphs with headings,
running heads, tables, footnotes, radicals, control and private-use characters, full-width forms and emphasis marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.clean import CleanLines, clean_lines, close_up, mend
from corpus.draft import Draft
from corpus.raw import RawText
from corpus.text import read_text
from corpus.traced import INSERTED, Traced
from tests.conftest import PAPERS
from tests.test_offsets import take

NAMES = sorted(path.name for path in PAPERS.glob("*.txt"))
INVISIBLE = {"Cc", "Cf", "Co"}
FLOATS = ("caption", "table", "figure")
RADICAL = re.compile("[⺀-⻳⼀-⿕]")

# Papers made up ------------------------------------------------------------------------------------------------------

WORDS = (
    "先进制造业 创新网络 联邦政府 投入资金 研究机构 推动发展 技术成果 中小企业 劳动力培训 供应链 国家战略 产业公地 "
    "规模化生产 NNMI ARM ５Ｇ 98% ２０２０年 “美国制造” （IMI） 长期稳定 风险投资 提升能力 共享设施 合作研究"
).split()  # fmt: skip
RADICALS = {"长": "⻓", "足": "⾜", "风": "⻛", "户": "⼾", "见": "⻅", "工": "⼯"}
HEADS = ["·科技与经济·", "— 26 —", "— 27 —", "chinaXiv:202303.08756v1", "◇张三：美国先进制造业研究"]
JUNK = ["\x07", "\x1f", "\ue001", "\uf8ff", "\u200b", "\ufeff", "\xad"]
COLUMN = 44


@dataclass(frozen=True)
class Made:
    """A made-up file, and the blocks that a person would read in it: kind and text."""

    raw: str
    blocks: tuple[tuple[str, str], ...]


SENTENCES = st.lists(st.sampled_from([*WORDS, "足见风力", "户外工程"]), min_size=6, max_size=16).map(
    lambda words: "，".join("".join(words[i : i + 3]) for i in range(0, len(words), 3)) + "。"
)
PARAGRAPHS = st.lists(SENTENCES, min_size=2, max_size=4).map("".join)


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def wrapped(text: str) -> list[str]:
    """A paragraph as printed lines, set in by two characters; no Latin word is cut, no line begins with a comma."""
    lines, line = [], "　　"
    for piece in re.findall(r"[“（]*(?:[A-Za-z0-9%]+|.)[，。”）]*", text):
        if width(line + piece) > COLUMN:
            lines.append(line)
            line = ""
        line += piece
    return [*lines, line]


@st.composite
def made(draw: st.DrawFn, floats: bool = True) -> Made:
    """A paper of two to four sections, its lines wrapped and disturbed."""
    lines: list[str] = []
    blocks: list[tuple[str, str]] = []
    for section in range(1, draw(st.integers(2, 4)) + 1):
        lines.append(f"{section}　发展和演变")
        blocks.append(("heading", f"{section}　发展和演变"))
        for paragraph in draw(st.lists(PARAGRAPHS, min_size=2, max_size=3)):
            printed = wrapped(paragraph)
            breaks = [i for i in range(1, len(printed)) if not re.search(r"[。，”）]$", printed[i - 1])]
            aside: list[tuple[str, str]] = []
            if floats and breaks and draw(st.integers(0, 2)) == 0:
                at = draw(st.sampled_from(breaks))
                aside = [("caption", "表 1　各国的投入"), ("table", "年份\t数量"), ("table", "2019年\t15")]
                if draw(st.booleans()):
                    aside = [("footnote", "①　见该计划的年度报告，其中有各研究所的成员数量和资金情况。")]
                printed[at:at] = [text for _, text in aside]
            lines += printed
            blocks += [("paragraph", paragraph), *aside]
    return Made(draw(disturbed(lines)), tuple(blocks))


@st.composite
def disturbed(draw: st.DrawFn, lines: list[str]) -> str:
    """The lines with running heads between them, and with what must go out of them or be mended in them."""
    gap = draw(st.sampled_from(["\n", "\n\n"]))
    printed: list[str] = []
    for line in lines:
        if draw(st.integers(0, 11)) == 0:
            printed.append(draw(st.sampled_from(HEADS)))
        if "\t" not in line and len(line) > 4 and draw(st.booleans()):
            at = draw(st.integers(3, len(line) - 1))
            line = line[:at] + draw(st.sampled_from(JUNK)) + line[at:]
        if draw(st.booleans()):
            line = "".join(RADICALS.get(ch, ch) for ch in line)
        if draw(st.integers(0, 3)) == 0:
            line = re.sub(r"([\u4e00-\u9fff]{4})", r"**\1**", line, count=1) if line[:1] in ("　", "技", "研") else line
        printed.append(line)
    return gap.join(printed) + "\n"


# The properties ------------------------------------------------------------------------------------------------------


def traced(raw: RawText) -> tuple[CleanLines, list[Draft]]:
    """The clean lines of a raw text and its blocks."""
    _, clean, tabulated, _ = take(raw)
    return clean, list(tabulated.drafts)


def names_repeated(raw: RawText) -> str:
    """The column names that a table repeats on another page, without white space."""
    return "".join("".join(take(raw)[2].repeated).split())


def descents(text: Traced) -> int:
    """How often the places in the raw text go back from one character to the next."""
    places = [source for source in text.origin if source != INSERTED]
    return sum(after <= before for before, after in pairwise(places))


def check_each_character_stands_for_itself(raw: RawText, drafts: list[Draft]) -> None:
    """A kept character is the raw one at its place, its NFKC form, or a tab where white space parted two cells."""
    for draft in drafts:
        for ch, source in zip(draft.text.text, draft.text.origin, strict=True):
            there = raw.text[source] if source != INSERTED else ""
            if source == INSERTED:
                assert ch == " " or (ch == "\t" and draft.kind in ("table", "figure"))
            elif ch == "\t":
                assert there.isspace()
                assert draft.kind in ("table", "figure")
            else:
                assert ch == there or ch in unicodedata.normalize("NFKC", there) or RADICAL.match(there), (ch, there)


def check_only_what_is_listed_goes(raw: RawText, clean: CleanLines, drafts: list[Draft]) -> None:
    """The raw characters that are not kept: white space, invisible ones, markup, hyphens, and lines of furniture."""
    kept = {source for draft in drafts for source in draft.text.origin}
    furniture: Counter[str] = Counter()
    at = 0
    for line in raw.text.split("\n"):
        places = range(at, at + len(line))
        at += len(line) + 1
        if kept.intersection(places):
            for i in set(places) - kept:
                ch = raw.text[i]
                hyphen = ch == "-" and (line.lstrip().startswith("- ") or line.rstrip().endswith("-"))
                allowed = ch.isspace() or ch in "*^{}" or unicodedata.category(ch) in INVISIBLE or hyphen
                assert allowed, (ch, line)
        elif mended := mend(Traced.of(line)).text.strip():
            furniture[re.sub(r"\d+", "#", mended)] += 1
    repeated = "".join((furniture - Counter(clean.removed)).elements())
    assert sorted("".join(repeated.split())) == sorted(names_repeated(raw))
    assert Counter(clean.removed) <= furniture


def prose_of(drafts: list[Draft]) -> list[str]:
    """The blocks that are no tables, captions or figures."""
    return [draft.text.text for draft in drafts if draft.kind not in FLOATS]


def check_cleaning_twice_changes_nothing(drafts: list[Draft]) -> None:
    """Every block passes the cleaning of characters as it is; the prose, written to a file, is read as the same lines.

    Left out of the file are tables, captions and figures: without the raw file's line breaks a table whose cells only
    spaces part cannot be told from prose.
    """
    for draft in drafts:
        again = clean_lines(RawText(draft.text.text))
        assert ([line.text.text for line in again.lines], again.removed) == ([draft.text.text], {})
        if draft.kind not in ("front", "back", "table"):
            assert close_up(draft.text) == draft.text
    told = prose_of(drafts)
    clean, second = traced(RawText("\n".join(told)))
    assert clean.removed == {}
    assert prose_of(second) == told
    assert [draft for draft in second if draft.kind in FLOATS] == []


# Characters -----------------------------------------------------------------------------------------------------------

SUPPLEMENT = """
⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇几 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 ⺑尣 ⺒巳 ⺓幺
⺔彑 ⺕彐 ⺖忄 ⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺟母 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺧牛
⺨犭 ⺩王 ⺪疋 ⺫目 ⺬示 ⺭礻 ⺮竹 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳㓁 ⺴冗 ⺵网 ⺶羊 ⺷羊 ⺸羊 ⺹耂 ⺺肀
⺻聿 ⺼肉 ⺽臼 ⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇角 ⻈讠 ⻉贝 ⻊足 ⻋车 ⻌辶 ⻍辶
⻎辶 ⻏邑 ⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕阜 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞食 ⻟飠 ⻠饣
⻡首 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ⻳龟
"""
"""Each radical of the supplement block and what it is: EquivalentUnifiedIdeograph of Unicode, or, where that is beyond
the basic plane (⺇⺑⺪⺮⺵⺷⺸⺽⻇⻊⻕⻞⻡), the character whose form it is."""


def test_every_radical_of_the_supplement_becomes_its_character() -> None:
    pairs = SUPPLEMENT.split()
    assert [pair[0] for pair in pairs] == [chr(code) for code in range(0x2E81, 0x2EF4) if code != 0x2E9A]
    assert [mend(Traced.of(pair[0])).text for pair in pairs] == [pair[1] for pair in pairs]


def test_every_kangxi_radical_becomes_its_character() -> None:
    block = [chr(code) for code in range(0x2F00, 0x2FD6)]
    mended = [mend(Traced.of(radical)).text for radical in block]
    expected = [unicodedata.normalize("NFKC", radical) for radical in block]
    expected[block.index("⼾")] = "户"
    assert mended == expected
    assert all(unicodedata.name(ch).startswith("CJK UNIFIED IDEOGRAPH") for ch in mended)


@pytest.mark.parametrize(
    "written", ["５Ｇ", "２０２０年", "（ＩＭＩ）", "％＋－／＝", "ａｂｃ：；！？", "①②½㎡℃", "㈠㊣", "　全角　"]
)
def test_full_width_and_other_forms_are_left_as_written(written: str) -> None:
    assert mend(Traced.of(written)).text == written
    assert close_up(Traced.of(written)).text == written


@pytest.mark.parametrize("ch", [*JUNK, "\x0b", "\x7f", "\x85", "\u202e", "\u2060", "\U000f0000", "\U0010fffd"])
def test_an_invisible_character_goes_and_takes_nothing_along(ch: str) -> None:
    mended = mend(Traced.of(f"制{ch}造"))
    assert (mended.text, mended.origin) == ("制造", (0, 2))


# The five papers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_places_ascend_within_each_block_of_a_paper(name: str) -> None:
    _, drafts = traced(read_text((PAPERS / name).read_bytes(), name))
    back = [(d.text.text[:10], descents(d.text)) for d in drafts if d.kind != "table" and descents(d.text)]
    # Of one paragraph the file holds the left column behind the right one: its first half stands later.
    assert back == ([("2022 年 4 月", 1)] if name == "shi-wang-zhang.txt" else [])


@pytest.mark.parametrize("name", NAMES)
def test_each_character_of_a_paper_stands_for_itself_and_only_what_is_listed_goes(name: str) -> None:
    raw = read_text((PAPERS / name).read_bytes(), name)
    clean, drafts = traced(raw)
    check_each_character_stands_for_itself(raw, drafts)
    check_only_what_is_listed_goes(raw, clean, drafts)


@pytest.mark.parametrize("name", NAMES)
def test_cleaning_a_paper_twice_changes_nothing(name: str) -> None:
    check_cleaning_twice_changes_nothing(traced(read_text((PAPERS / name).read_bytes(), name))[1])


@pytest.mark.parametrize("name", ["chen.txt", "sun-luo.txt"])
def test_a_paper_whose_tables_are_ruled_is_read_again_whole(name: str) -> None:
    body = take(read_text((PAPERS / name).read_bytes(), name))[3]
    assert take(RawText(body.text))[3].text == body.text


# Papers made up ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(made())
def test_the_map_of_a_made_up_paper_ascends_and_leads_to_the_same_characters(paper: Made) -> None:
    raw = RawText(paper.raw)
    clean, drafts = traced(raw)
    assert [draft.text.text[:20] for draft in drafts if descents(draft.text)] == []
    check_each_character_stands_for_itself(raw, drafts)
    check_only_what_is_listed_goes(raw, clean, drafts)


@settings(max_examples=60, deadline=None)
@given(made())
def test_the_paragraphs_of_a_made_up_paper_are_those_that_were_written(paper: Made) -> None:
    _, drafts = traced(RawText(paper.raw))
    assert [(draft.kind, draft.text.text) for draft in drafts] == list(paper.blocks)


@settings(max_examples=60, deadline=None)
@given(made())
def test_cleaning_a_made_up_paper_twice_changes_nothing(paper: Made) -> None:
    check_cleaning_twice_changes_nothing(traced(RawText(paper.raw))[1])
