"""Offsets hold: blocks cover the text, sentences lie in blocks, sections nest, every character knows whence it came."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.clean import CleanLines
from corpus.paper import Paper
from corpus.pdf import read_pdf
from corpus.raw import RawPage, RawText
from corpus.read import parse, read_paper
from corpus.structure import Body
from corpus.tables import Tabulated
from corpus.text import read_text
from corpus.traced import INSERTED, Traced
from tests.conftest import PAPERS, shared

NAMES = sorted(path.name for path in PAPERS.glob("*.txt"))
RADICALS = re.compile("[⺀-⻳⼀-⿕]")
LIGATURES = re.compile("[\ufb00-\ufb06]")
Taken = tuple[RawText, CleanLines, Tabulated, Body]


def take(raw: RawText) -> Taken:
    """All that reading makes of a raw text, step by step."""
    return raw, *parse(raw)


@cache
def taken(name: str) -> Taken:
    """All that reading makes of one of the five papers."""
    return take(read_text((PAPERS / name).read_bytes(), name))


# The properties ------------------------------------------------------------------------------------------------------


def check_blocks(body: Body | Paper) -> None:
    """Blocks are lines of the text, in order, none empty; numbered paragraphs count from 1."""
    assert body.text == "\n".join(body.text[b.start : b.end] for b in body.blocks)
    at = 0
    for block in body.blocks:
        assert (block.start, block.end > block.start) == (at, True)
        assert "\n" not in body.text[block.start : block.end]
        at = block.end + 1
    assert at == len(body.text) + 1 or not body.blocks
    numbers = [b.paragraph for b in body.blocks if b.kind in ("abstract", "paragraph")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not any(b.paragraph for b in body.blocks if b.kind not in ("abstract", "paragraph"))


def check_sentences(body: Body | Paper) -> None:
    """Sentences are in order, lie in one block each, are stripped, and hold every word but the label of an abstract."""
    inside = bytearray(len(body.text))
    blocks = iter(body.blocks)
    block, at = next(blocks, None), 0
    for sentence in body.sentences:
        while block is not None and block.end < sentence.end:
            block = next(blocks)
        text = body.text[sentence.start : sentence.end]
        assert block is not None
        assert max(at, block.start) <= sentence.start < sentence.end <= block.end
        assert text == text.strip() != ""
        inside[sentence.start : sentence.end] = b"\1" * len(text)
        at = sentence.end
    for found in re.finditer(r"\w+", body.text):
        covered = inside[found.start() : found.end()]
        assert all(covered) or re.fullmatch(r"摘|要|摘要|Abstract", found[0]), found


def check_sections(body: Body | Paper) -> None:
    """A section begins at a heading, holds deeper ones whole, and touches no other."""
    headings = [b.start for b in body.blocks if b.kind == "heading"]
    assert [s.start for s in body.sections] == headings
    for i, section in enumerate(body.sections):
        line = body.text[section.start : section.end].split("\n")[0]
        assert section.title == " ".join(line.split())
        assert 0 <= section.start < section.end <= len(body.text)
        for other in body.sections[i + 1 :]:
            if other.start < section.end:
                assert other.end <= section.end
                assert other.level > section.level


def check_tables(body: Body | Paper) -> None:
    """A table lies in the text, on whole blocks, with the cells that it gives."""
    starts, ends = {b.start for b in body.blocks}, {b.end for b in body.blocks}
    for table in body.tables:
        assert table.start in starts
        assert table.end in ends
        assert table.start < table.end
        assert len(table.places) == len(table.rows)
        for row, (start, end) in zip(table.rows, table.places, strict=True):
            assert table.start <= start < end <= table.end
            assert start in starts
            printed = body.text[start:end].split("\t")
            assert len(row) == len(table.header)
            # Labels from the rows above stand before what is printed, empty cells behind it.
            at = next(i for i in range(len(row)) if list(row[i : i + len(printed)]) == printed)
            assert not any(row[at + len(printed) :])


def check_pages(raw: RawText, origin: tuple[int, ...], body: Body | Paper) -> None:
    """Page runs follow one another and hold the characters of their page."""
    if not raw.pages:
        assert body.pages == ()
        return
    at = body.pages[0].start if body.pages else 0
    for page in body.pages:
        assert (page.start, page.end > page.start) == (at, True)
        at = page.end
        for source in origin[page.start : page.end]:
            held = raw.page_at(source) if source != INSERTED else None
            assert held is None or (held.number, held.label) == (page.number, page.label)
    assert at == len(body.text)


def check_origins(raw: RawText, clean: CleanLines, tabulated: Tabulated, body: Body) -> None:
    """A kept character is the one that stands at its origin; none is kept twice, none lost but for column names that
    a table repeats."""
    whole = Traced.join("\n", [draft.text for draft in tabulated.drafts])
    assert whole.text == body.text
    used: Counter[int] = Counter()
    for ch, source in zip(whole.text, whole.origin, strict=True):
        if source == INSERTED:
            assert ch in "\n \t"  # a tab where a space parted two cells
            continue
        there = raw.text[source]
        used[source] += not LIGATURES.match(there)  # one of these becomes several letters
        told = unicodedata.normalize("NFKC", there) if LIGATURES.match(there) else there
        assert ch in told or RADICALS.match(there) or (ch == "\t" and there.isspace()), (ch, there)
    assert max(used.values(), default=1) == 1
    cleaned = {source: ch for line in clean.lines for ch, source in zip(line.text.text, line.text.origin, strict=True)}
    lost = [ch for source, ch in cleaned.items() if re.match(r"\w", ch) and source not in used]
    assert sorted(lost) == sorted(re.findall(r"\w", "".join(tabulated.repeated)))
    at = 0
    for line in re.split("[\n\f]", raw.text):
        words = [i for i in range(at, at + len(line)) if re.match(r"\w", raw.text[i])]
        assert len({i in cleaned for i in words}) < 2, line  # a line goes or stays as a whole
        at += len(line) + 1


def check(raw: RawText) -> None:
    """All of the above, and that reading again gives the same."""
    _, clean, tabulated, body = take(raw)
    check_blocks(body)
    check_sentences(body)
    check_sections(body)
    check_tables(body)
    check_origins(raw, clean, tabulated, body)
    check_pages(raw, Traced.join("\n", [draft.text for draft in tabulated.drafts]).origin, body)
    assert take(raw)[1:] == (clean, tabulated, body)


# The five papers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_offsets_of_a_paper_hold(name: str) -> None:
    check(taken(name)[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_carries_what_its_reading_made(name: str) -> None:
    raw, clean, tabulated, body = taken(name)
    paper = read_paper(PAPERS / name, {})
    assert (paper.text, paper.blocks, paper.sections, paper.sentences, paper.tables, paper.pages) == (
        body.text, body.blocks, body.sections, body.sentences, body.tables, (),
    )  # fmt: skip
    assert paper == read_paper(PAPERS / name, {})
    assert paper.report.source_characters == sum(not ch.isspace() for ch in raw.text)
    assert paper.report.kept_characters == sum(not ch.isspace() for ch in paper.text)
    assert paper.report.removed == {**clean.removed, **dict.fromkeys(tabulated.repeated, 1)}
    for block in paper.blocks:
        assert paper.block_at(block.start) == paper.block_at(block.end - 1) == paper.block_at(block.end) == block


@pytest.mark.parametrize("name", ["data_security_law.pdf", "pipl_law.pdf", "cjc_template.pdf"])
def test_the_offsets_of_a_pdf_hold(name: str) -> None:
    path = shared(f"pdfs/{name}")
    check(read_pdf(path.read_bytes(), name))


# Any text ------------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "国家制造业创新网络计划设计的初衷是在先进制造的若干重点领域", "建立和培育创新中心，", "以点带面。",
        "占 98%，", " [6]。", "1　建设背景", "1.1　发展和演变", "2.1 战略布局", "2 管理", "3　取得成效", "一、引言",
        "（一）现状", "第一章 总 则", "第三条 本法所称", "（1）强化；", "① 委托", "②", "参考文献", "[1] 张三. 论[J].",
        "摘   要：", "摘要 随着", "Abstract: ", "关键词：A；B", "表 1　一览", "表1 甲", "续表", "图 2 乙",
        "Table 1 Results", "年份\t数量", "2019\t5", "√ √ ×", "注：√表示", "资料来源：网", "◇张三：某某研究",
        "·科技与经济·", "— 26 —", "chinaXiv:202303.08756v1", "目录", "作者简介：", "责任编辑", "Manufac-", "turing ",
        "NNMI", "J. Smith. ", "“美国制造”", "**粗**", "*Act*", "^{1*}", "^[3]", "⻓⾜", "oﬃce", "■", "…", "?", "！”",
        "　　",
        " ", "\t", "\u200b", "\ue001", "\x07", "\xad", "DOI 10.1/x", "资助项目：", "https://a.cn/b?c=1", "a@b.cn",
        "• 至少 50％", "3 386 4 302", "编号 技术 领域", "1. 从国家", "致谢", "附录 A", "*通信作者",
        "(1. 某大学，北京 100190)",
    ]
)  # fmt: skip
NOISE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\f"), max_size=6)
LINES = st.builds("".join, st.lists(st.one_of(PIECES, PIECES, PIECES, NOISE), min_size=1, max_size=4))
BREAKS = st.sampled_from(["\n", "\n\n", "\n\n", "\n ", "\n　　", "\f"])


@st.composite
def raw_texts(draw: st.DrawFn) -> RawText:
    """Texts of many lines, wrapped or not, with blank lines or without, of one page, many or none."""
    lines = draw(st.lists(LINES, min_size=1, max_size=40))
    usual = draw(BREAKS)
    breaks = [draw(BREAKS) if draw(st.integers(0, 3)) == 0 else usual for _ in lines]
    text = "".join(line + end for line, end in zip(lines, breaks, strict=True))
    if not draw(st.booleans()):
        return RawText(text.replace("\f", "\n"))
    starts = [0, *(found.end() for found in re.finditer("\f", text))]
    label = draw(st.sampled_from([None, "i"]))
    pages = tuple(RawPage(number, label, start) for number, start in enumerate(starts, 1))
    gaps = draw(st.sets(st.sampled_from([found.end() for found in re.finditer("[\n\f]", text)])))
    return RawText(text, pages, gaps=frozenset(gaps))


@settings(max_examples=150, deadline=None)
@given(raw_texts())
def test_the_offsets_of_any_text_hold(raw: RawText) -> None:
    check(raw)


@settings(max_examples=60, deadline=None)
@given(raw_texts())
def test_no_control_character_is_left_but_the_tab(raw: RawText) -> None:
    text = take(raw)[3].text
    assert {ch for ch in text if unicodedata.category(ch) in ("Cc", "Co") and ch not in "\t\n"} == set()


# Traced against str --------------------------------------------------------------------------------------------------

TRACED = st.text("制造 a1\n\t\u3000", max_size=12).flatmap(
    lambda text: st.builds(
        lambda origin: Traced(text, tuple(origin)),
        st.lists(st.integers(-1, 99), min_size=len(text), max_size=len(text)),
    )
)
PATTERNS = st.sampled_from([re.compile(p) for p in ("制", "a|1", r"\s+", "[a1]*", "造(?= )", "", "制造", r"\n")])
GROUPED = st.sampled_from([re.compile(p) for p in ("(制)造", r"(\s)a(1)?", "(a)|(1)", "制(造*)a")])


def pairs(traced: Traced) -> list[tuple[str, int]]:
    """Each character with its origin."""
    return list(zip(traced.text, traced.origin, strict=True))


@given(st.text(max_size=8), st.lists(TRACED, max_size=4))
def test_joining_is_joining_the_strings(separator: str, parts: list[Traced]) -> None:
    joined = Traced.join(separator, parts)
    assert joined.text == separator.join(part.text for part in parts)
    expected: list[tuple[str, int]] = []
    for i, part in enumerate(parts):
        expected += [(ch, INSERTED) for ch in separator] if i else []
        expected += pairs(part)
    assert pairs(joined) == expected


@given(TRACED, TRACED, st.integers(-14, 14), st.integers(-14, 14))
def test_adding_slicing_and_stripping_are_those_of_the_string(a: Traced, b: Traced, start: int, end: int) -> None:
    assert (a + b).text == a.text + b.text
    assert pairs(a + b) == pairs(a) + pairs(b)
    assert a[start:end].text == a.text[start:end]
    assert pairs(a[start:end]) == pairs(a)[start:end]
    assert len(a) == len(a.text)
    assert a.strip().text == a.text.strip()
    left = len(a.text) - len(a.text.lstrip())
    assert pairs(a.strip()) == pairs(a)[left : left + len(a.text.strip())]


@given(TRACED)
def test_lines_are_those_of_the_string(traced: Traced) -> None:
    lines = traced.splitlines()
    assert [line.text for line in lines] == traced.text.split("\n")
    assert [pair for line in lines for pair in pairs(line)] == [pair for pair in pairs(traced) if pair[0] != "\n"]


@given(TRACED, PATTERNS, st.sampled_from(["", "x", "yz"]))
def test_replacing_is_substituting_in_the_string(traced: Traced, pattern: re.Pattern[str], new: str) -> None:
    replaced = traced.replaced(pattern, lambda _: new)
    assert replaced.text == pattern.sub(new, traced.text)
    kept = traced.without(pattern)
    assert kept.text == pattern.sub("", traced.text)
    gone = {i for found in pattern.finditer(traced.text) for i in range(found.start(), found.end())}
    assert pairs(kept) == [pair for i, pair in enumerate(pairs(traced)) if i not in gone]
    if new:  # what takes the place of a match stands where the match began
        starts = [found.start() for found in pattern.finditer(traced.text)]
        expected = [(*traced.origin, INSERTED)[start] for start in starts for _ in new]
        assert [source for ch, source in pairs(replaced) if ch in new] == expected


@given(TRACED, GROUPED)
def test_a_pattern_with_groups_takes_out_its_groups_only(traced: Traced, pattern: re.Pattern[str]) -> None:
    gone = {
        i
        for found in pattern.finditer(traced.text)
        for group in range(1, pattern.groups + 1)
        for i in range(*found.span(group))
    }
    assert pairs(traced.without(pattern)) == [pair for i, pair in enumerate(pairs(traced)) if i not in gone]


def test_text_of_a_file_counts_from_its_place_and_inserted_text_has_none() -> None:
    assert Traced.of("制造", 7) == Traced("制造", (7, 8))
    assert Traced.inserted(" ·") == Traced(" ·", (INSERTED, INSERTED))
