"""Formats that say what each of their lines is: the lines, gathered with that word, as a `RawText`.

What Markdown, HTML and DOCX have in common is here: soft breaks within a paragraph, the title, list items, the levels
of headings, merged cells, the marks of footnotes. Every line of the `RawText` is one whole block and carries a mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus import signs
from corpus.clean import HAN, display_width
from corpus.joining import joined
from corpus.measure import set_apart
from corpus.raw import Mark, RawText
from corpus.traced import Traced

_MOST_COLUMNS = 200
RAISED, LOWERED = "\x02", "\x03"
_RAISED_NUMBER = re.compile(rf"{RAISED}(\s*[+\-−]?[\d,，、\s]+){LOWERED}")
_RAISED_DIGITS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LONGEST_REPEATED = 200
_NEW_PARAGRAPH = re.compile(r"\n(?=[　 ]*\n)|\n(?=　　)")  # a blank line, or a line set in as paragraphs begin
_SITE = re.compile(r"\s*(?:[_|－–—·/]|\s-).*")  # what follows the title in the title of a web page


@dataclass(frozen=True, slots=True)
class Said:
    """A block's text and what its format says of it. Line breaks within a paragraph stand in it as `\\n`."""

    text: str
    mark: Mark


PARAGRAPH = Mark("paragraph")
TITLE = Mark("front", level=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell that stretches over `columns` and `rows`."""

    text: str
    columns: int = 1
    rows: int = 1


def raw_text(
    blocks: Sequence[Said], title: str = "", authors: Sequence[str] = (), *, shown: bool = False, literal: bool = True
) -> RawText:
    """The blocks, one a line. `title` and `authors` are those of the file's properties.

    The title is the line that is marked so, that the properties name, or the topmost heading. Where there is none and
    the format shows the title of its properties (`shown`), it becomes the first line; else `RawText.title`.
    """
    blocks = [part for block in blocks for part in _paragraphs(block)]
    spaced = set_apart("\n".join(block.text for block in blocks))
    blocks = [replace(block, text=_one_line(block.text, spaced)) for block in blocks]
    blocks = [block for block in blocks if block.text.strip()]
    blocks = _lone_items_freed(blocks)
    at = _title_at(blocks, title)
    if at is not None:
        blocks[at] = Said(blocks[at].text, TITLE)
    elif shown and title and not any(block.mark == TITLE for block in blocks):
        short = _SITE.sub("", title)
        blocks.insert(0, Said(short if len(short) >= 4 else title, TITLE))
    outermost = min((block.mark.level for block in blocks if block.mark.kind == "heading"), default=1)
    lines: list[str] = []
    marks: dict[int, Mark] = {}
    offset = 0
    for block in blocks:
        mark = block.mark
        marks[offset] = replace(mark, level=mark.level - outermost + 1) if mark.kind == "heading" else mark
        lines.append(block.text)
        offset += len(block.text) + 1
    return RawText("\n".join(lines), marks=marks, title=title or None, authors=tuple(authors), literal=literal)


def row_lines(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """The rows of a table, cells parted by tabs; a merged cell stands in each place that it covers.

    >>> row_lines([[Cell("年份", rows=2), Cell("会员", columns=2)], [Cell("高校"), Cell("企业")]])
    ['年份\\t会员\\t会员', '年份\\t高校\\t企业']
    """
    filled: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # by column: rows that a cell above still covers, and its text
    for row in rows:
        line: list[str] = []

        def hang(line: list[str] = line) -> None:
            while (covered := hanging.get(len(line))) is not None:
                left, text = covered
                if left > 1:
                    hanging[len(line)] = (left - 1, text)
                else:
                    del hanging[len(line)]
                line.append(text)

        for cell in row:
            hang()
            again = repeated(cell.text)
            for i in range(min(cell.columns, _MOST_COLUMNS - len(line))):
                if cell.rows > 1:
                    hanging[len(line)] = (cell.rows - 1, again)
                line.append(again if i else cell.text)
        hang()
        filled.append(line)
    width = max(map(len, filled), default=0)
    return ["\t".join(line + [""] * (width - len(line))) for line in filled if any(line)]


def settled(text: str) -> str:
    """The text of a block with its raised parts, which stand between `RAISED` and `LOWERED`, written plainly.

    Raised numbers become raised digits, so that 10⁵ is not read as 105; reference marks such as [12] stay as they are.

    >>> settled(f"10{RAISED}-3{LOWERED}，已有研究{RAISED}[1{LOWERED}{RAISED}2]{LOWERED}")
    '10⁻³，已有研究[12]'
    """
    joint = text.replace(LOWERED + RAISED, "")
    plain = _RAISED_NUMBER.sub(lambda number: number[1].translate(_RAISED_DIGITS), joint)
    return plain.replace(RAISED, "").replace(LOWERED, "")


def repeated(text: str) -> str:
    """What stands in the further places of a merged cell: its text, but nothing where that is so long as to swell."""
    return text if len(text) <= _LONGEST_REPEATED else ""


def cell_text(paragraphs: Sequence[str]) -> str:
    """The paragraphs of a table cell on one line, a wide space between Chinese ones."""
    text = ""
    for paragraph in paragraphs:
        part = re.sub(r"[ \t\n]+", " ", paragraph).strip()
        chinese = re.search(f"[{HAN}）]$", text) and re.match(f"[{HAN}（]", part)
        text += ("　" if chinese else " " if text and part else "") + part
    return text


def labelled(label: str, text: str) -> str:
    """A list item or heading after its number or bullet, which is left out where the text brings its own.

    >>> labelled("1.", "强化协同"), labelled("一、", "引言"), labelled("第1章", "引言"), labelled("1.", "[1] 张三.")
    ('1. 强化协同', '一、引言', '第1章　引言', '[1] 张三.')
    """
    if not label or re.match(r"\[\d{1,3}\]", text):
        return text
    if label[-1] in "、）．】":
        return label + text
    return label + ("　" if re.match(f"[{HAN}]", label[-1]) else " ") + text


def _paragraphs(block: Said) -> list[Said]:
    """The block, or the paragraphs that line breaks within it set apart."""
    if block.mark.kind != "paragraph":
        return [block]
    return [replace(block, text=text) for text in _NEW_PARAGRAPH.split(block.text) if text.strip()]


def _one_line(text: str, spaced: bool) -> str:
    lines = [Traced.of(line.strip()) for line in text.split("\n") if line.strip()]
    return joined(lines, spaced).text if len(lines) > 1 else text.strip("\n")


def _lone_items_freed(blocks: Sequence[Said]) -> list[Said]:
    """An item that stands alone may be a heading that a word processor has numbered; items in a row are a list."""
    lone = [not _listed(blocks, i - 1) and not _listed(blocks, i + 1) for i in range(len(blocks))]
    return [
        Said(block.text, PARAGRAPH) if alone and block.mark.kind == "paragraph" else block
        for block, alone in zip(blocks, lone, strict=True)
    ]


def _listed(blocks: Sequence[Said], i: int) -> bool:
    return 0 <= i < len(blocks) and blocks[i].mark.kind == "paragraph" and blocks[i].mark.level > 0


def _title_at(blocks: Sequence[Said], title: str) -> int | None:
    """Where the title stands, unless a line is marked as the title already."""
    if any(block.mark == TITLE for block in blocks):
        return None
    for i, block in enumerate(blocks[:40]):
        if block.mark.kind in ("heading", "paragraph") and _named(block.text, title):
            return i
    headings = [i for i, block in enumerate(blocks) if block.mark.kind == "heading"]
    if not headings or signs.section_like(blocks[headings[0]].text) or len(blocks[headings[0]].text) < 4:
        return None
    first, *others = headings
    level = blocks[first].mark.level
    same = [i for i in others if blocks[i].mark.level <= level]
    if others and not same:
        return first
    opens = first <= 3 and all(display_width(block.text) < 60 for block in blocks[:first])
    return first if opens and (not same or signs.OPENING.match(blocks[same[0]].text)) else None


def _named(text: str, title: str) -> bool:
    """Whether a line is the title, after which a web page may name its site."""
    line, whole = (re.sub(r"\s+", " ", part.strip()) for part in (text, title))
    return len(line) >= 4 and whole.startswith(line) and bool(re.fullmatch(rf"|{_SITE.pattern}", whole[len(line) :]))
