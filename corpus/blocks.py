"""From clean lines to blocks: paragraphs made whole again, headings, captions, table rows, footnotes.

Chinese papers reach us hard-wrapped: every printed line is a line of the file, and tables, figures and footnotes stand
wherever the page had room, often in the middle of a sentence. A paragraph is put together line by line; what interrupts
it is set aside and follows it:

    …中小型制造商占美国制造业企业的      a paragraph that stays open
    表 2　开发和实施先进制造技术的…      set aside
    98%，约占美国制造业服务和产品的 50%，  joined to the open paragraph
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from corpus.clean import HAN, Line, close_up, display_width
from corpus.paper import Kind
from corpus.traced import Traced

TERMINAL = re.compile(r"[。！？!?；;：:…■](?:[”’」』）)》】\]]|\[\d[\d,，\-–、 ]*\]|[①-⑳])*$|(?<=[A-Za-z)\]\d])\.$")
CAPTION = re.compile(r"(?P<label>(?:表|图|Table|Figure|Fig\.)\s?\d{1,3}(?:[-–.]\d+)?)(?:[\s　：:]+|(?=[\u4e00-\u9fff]))(?P<text>\S.*)")
_NOT_CAPTION = re.compile(r"(?:[表图]\s?\d+)\s?(?:中|所示|和|、|与|给出|列出|可知|数据|显示|的)")
_NOTE = re.compile(r"(?:注|资料来源|数据来源|来源|Data source|Source|Note)s?\s*[：:]|\*\s?表示")
_FOOTNOTE = re.compile(r"[①-⑳]\s*\S")
_CITED = re.compile(r"https?://|\.\s*\(\d{4}|\[\d{4}-\d\d-\d\d\]")
_ITEM = re.compile(r"(?:（[0-9一二三四五六七八九十]{1,3}）|\([0-9]{1,2}\)|[①-⑳]|\d{1,2}[.、)](?!\d)|[•●◆■▪-]\s|[一二三四五六七八九十]是|第[一二三四五六七八九十百零]+[条款])")
_DECIMAL = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})[.．、]?[\s　]+(?P<text>[^\s\d].*)")
_CHINESE = (
    (1, re.compile(r"第[一二三四五六七八九十百零]+[章编][\s　]*\S.*")),
    (2, re.compile(r"第[一二三四五六七八九十百零]+节[\s　]*\S.*")),
    (1, re.compile(r"[一二三四五六七八九十]{1,3}、\S.*")),
    (2, re.compile(r"（[一二三四五六七八九十]{1,3}）\S.*")),
    (1, re.compile(r"(?:引\s?言|前\s?言|绪\s?论|结\s?论|结\s?语|结\s?束\s?语|致\s?谢|参\s?考\s?文\s?献|附\s?录.{0,20}|References)")),
)
_SENTENCE_MARK = re.compile(r"[。；！？]")
_CELL_SPACE = re.compile(rf"[{HAN}）)]\s+[{HAN}（•]")
_COLUMNS = re.compile(rf"[{HAN}]{{2,}}\s+(?=[{HAN}]{{2,}})")
_MARKS = re.compile(r"(?:[√×✓*○●]\s+){2,}")
_AFFILIATION = re.compile(r"[（(]?\s*\d\s*[.．]?\s*\S.*(?:大学|学院|中心|研究所|研究院|University|Institute|Academy).*\d{6}[^。]*")
_CELLS = re.compile(rf"(?<=[{HAN}）)])[ \u3000]+(?=[{HAN}（•])")
_TAIL = re.compile(r"[〔（(]?责任编辑|■\s*责任编辑|作者简介|Abstract[\s：:]|Received[\s：:]")
_TAIL_ENTRY = re.compile(r"Abstract|Key\s?[Ww]ords|Received|DOI|本文引用格式|[\u4e00-\u9fff]")
_FRONT = re.compile(r"关\s?键\s?词|Key\s?[Ww]ords|DOI\b|\*\s?通信作者|\*Corresponding|资助项目|基金项目|修改稿收到日期|收稿日期|中图分类号|文献标[识志]码|文章编号")
_ABSTRACT = re.compile(r"摘\s*要[\s：:]")
_REFERENCES = re.compile(r"参\s?考\s?文\s?献[：:]?|References")
_REFERENCE_START = re.compile(r"(?:-\s*)?(?:\[\d{1,3}\]|\d{1,3}[.\s]\s*(?=\S))")
_HEADING_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Draft:
    """A block on its way into a paper: what it is, its text, and for headings their level."""

    kind: Kind
    text: Traced
    level: int = 0


@dataclass(slots=True)
class _Open:
    """The paragraph being put together, and what has interrupted it so far."""

    kind: Kind = "paragraph"
    lines: list[Traced] = field(default_factory=list)
    aside: list[Draft] = field(default_factory=list)
    widest: int = 0


@dataclass(slots=True)
class _Detour:
    """A left column that the file holds after the right one, noticed because heading 2 comes after heading 2.1.

    Its blocks are gathered apart and go before the paragraph that stands before 2.1; `cut` is the paragraph that the
    detour has interrupted.
    """

    done: list[Draft]
    target: int
    cut: _Open | None
    number: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a file breaks its lines: `wrapped` at the `columns` widths, and whether Latin words stand `spaced` in Chinese."""

    wrapped: bool
    columns: tuple[int, ...]
    spaced: bool

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Measure:
        widths = Counter(display_width(line.text.text) for line in lines)
        total = sum(widths.values())
        near = {w: sum(widths[v] for v in range(w - 2, w + 3)) for w in widths if w >= 28}
        columns = tuple(sorted(w for w, n in near.items() if n >= max(4, 0.06 * total) and w < 130))
        within = sum(n for w, n in widths.items() if any(abs(w - c) <= 4 for c in columns))
        long = sum(n for w, n in widths.items() if w > 130)
        text = "\n".join(line.text.text for line in lines)
        apart = len(re.findall(rf"[A-Za-z0-9] [{HAN}]", text))
        together = len(re.findall(rf"[A-Za-z0-9][{HAN}]", text))
        return cls(within >= 0.3 * total and long < 0.05 * total, columns, apart > together)

    def full(self, width: int) -> bool:
        """Whether a line this wide reaches the right edge of a column."""
        return bool(self.columns) and (any(c - 7 <= width <= c + 5 for c in self.columns) or width > max(self.columns))


def build_blocks(lines: Sequence[Line]) -> list[Draft]:
    """The blocks of a file, in reading order."""
    measure = _Measure.of(lines)
    return _Assembly(measure).run(lines)


class _Assembly:
    """One pass over the lines of a file. Kept as an object because a paragraph's state spans many lines."""

    def __init__(self, measure: _Measure) -> None:
        self.measure = measure
        self.done: list[Draft] = []
        self.para: _Open | None = None
        self.number: tuple[int, ...] = ()
        self.in_float = False
        self.part = "front"  # then body, references, back
        self.last_aside_chunk = -1
        self.detour: _Detour | None = None

    def run(self, lines: Sequence[Line]) -> list[Draft]:
        """Sort every line into a block."""
        chunks = [list(group) for _, group in groupby(lines, key=lambda line: line.chunk)]
        units = list(self._units(chunks))
        for at, unit in enumerate(units):
            following = units[at + 1] if at + 1 < len(units) else ()
            self._take(unit, following)
        self._return()
        self._close()
        return _floats_named(self.done)

    def _units(self, chunks: list[list[Line]]) -> Iterator[tuple[Line, ...]]:
        """What is judged at once: a line, or the several lines of a table cell or a figure's box.

        Where blank lines stand between the printed lines, lines that stand together are a cell or a box;
        where a file has hardly any blank lines, every line is judged alone.
        """
        single = sum(len(chunk) == 1 for chunk in chunks)
        boxed = self.measure.wrapped and single >= 0.5 * len(chunks)
        for chunk in chunks:
            if not boxed or any("\t" in line.text.text for line in chunk):
                yield from ((line,) for line in chunk)
                continue
            box: list[Line] = []
            for line in chunk:
                if box and self._page_turns(box[-1], line):
                    yield tuple(box)
                    box = []
                box.append(line)
            yield tuple(box)

    def _page_turns(self, last: Line, line: Line) -> bool:
        """Whether two lines stand together only because a page ended between them, or because one is a heading.

        Text taken from a PDF often marks the first line of a page with one space and no blank line before it.
        """
        before, after = last.text.text, line.text.text
        full = self.measure.full(display_width(before)) or self.measure.full(display_width(after))
        turned = line.lead == " " and (full or bool(TERMINAL.search(before)) or bool(CAPTION.fullmatch(after)))
        return turned or bool(_DECIMAL.fullmatch(before) and "　" in before) or bool(CAPTION.fullmatch(before))

    def _take(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> None:
        text = unit[0].text.text
        if self.part == "references" and self._reference(unit):
            return
        if self._heading(unit) or self._label(unit, following):
            return
        if self.part == "front" and self._front(unit):
            return
        if self.part == "body" and (_FRONT.match(text) or _AFFILIATION.fullmatch(text)):
            self._set_aside("front", unit)
            return
        if self.part == "body" and _TAIL.match(text):
            self._close()
            self.part = "back"
        if len(unit) > 1 and not _latin(unit):
            self._set_aside("figure" if self.part == "body" else self._stray_kind(), unit)
            self.in_float = True
        elif len(unit) > 1:
            self._start_prose([line.text for line in unit])
        elif self._is_prose(unit[0], following):
            self._prose(unit[0])
        else:
            self._set_aside("table" if self.in_float or "\t" in text else self._stray_kind(), unit)
            self.in_float = self.in_float or self.measure.wrapped

    def _stray_kind(self) -> Kind:
        return {"front": "front", "body": "figure", "references": "reference"}.get(self.part, "back")  # type: ignore[return-value]

    # What a line is ------------------------------------------------------------------------------------------------

    def _is_prose(self, line: Line, following: tuple[Line, ...]) -> bool:
        text = line.text.text
        width = display_width(text)
        if "\t" in text or _MARKS.search(text):
            return False
        if not self.measure.wrapped:
            return bool(TERMINAL.search(text)) or width >= 24
        if self.in_float:
            return self._resumes(text, width, following)
        if TERMINAL.search(text):
            return not _CELL_SPACE.search(text) or self._is_open()
        if self._is_open():  # a justified line may be spread out, but not into whole words
            return self.measure.full(width) and len(_COLUMNS.findall(text)) < 2
        return self.measure.full(width) and not _CELL_SPACE.search(text)

    def _resumes(self, text: str, width: int, following: tuple[Line, ...]) -> bool:
        """Whether prose goes on after a float: two full lines, or the short end of the sentence that was cut."""
        if _CELL_SPACE.search(text) or text[0] in "•*-" or re.search(r"\s\d[\d ,.]*$", text):
            return False
        if len(following) > 1:
            return False
        ahead = following[0].text.text if following else "。"
        goes_on = not _CELL_SPACE.search(ahead) and (self.measure.full(display_width(ahead)) or bool(TERMINAL.search(ahead)))
        if self.measure.full(width):
            return goes_on or bool(TERMINAL.search(text))
        return bool(TERMINAL.search(text)) and bool(_SENTENCE_MARK.search(text)) and self._is_open()

    def _heading(self, unit: tuple[Line, ...]) -> bool:
        text = unit[0].text.text
        if self.done and self.para is None and self.done[-1].kind == "heading" and unit[0].lead.strip(" ") and len(unit) == 1:
            last = self.done.pop()  # the second line of a long heading is set in from the left
            self.done.append(Draft("heading", Traced.join("", [last.text, unit[0].text]), last.level))
            return True
        if len(unit) > 1 or display_width(text) > _HEADING_WIDTH or re.search(r"[。；：，、]$", text) or "\t" in text:
            return False
        before = self.number
        level = self._heading_level(text)
        if not level:
            return False
        target = self._late(self.number[0]) if len(self.number) == 1 and text[0].isdigit() else None
        if target is not None and self.detour is None:
            self.detour = _Detour(self.done, target, self.para, before)
            self.done, self.para = [], None
        elif self.detour:
            self._return()
        self._close()
        self.in_float = False
        if _REFERENCES.fullmatch(text):
            self.part = "references"
        elif self.part == "front":
            self.part = "body"
        self.done.append(Draft("heading", unit[0].text, level))
        return True

    def _heading_level(self, text: str) -> int:
        for level, pattern in _CHINESE:
            if pattern.fullmatch(text) and not _SENTENCE_MARK.search(text):
                return level
        match = _DECIMAL.fullmatch(text)
        if not match or self.part in ("references", "back") or _SENTENCE_MARK.search(text):
            return 0
        if not re.match(rf"[{HAN}A-Z“《（]", match["text"]) or re.search(rf"[{HAN}]\s+[{HAN}]|\s[\d,.]{{3,}}(?:\s|$)", match["text"]):
            return 0
        number = tuple(int(part) for part in match["number"].split("."))
        if not self._follows(number):
            return 0
        self.number = number
        under_chinese = any(d.kind == "heading" and d.level == 2 and d.text.text.startswith("（") for d in self.done)
        return 3 if under_chinese and len(number) == 1 else len(number)

    def _follows(self, number: tuple[int, ...]) -> bool:
        """Whether a decimal heading number may come after the last one: 1.2 → 1.2.1, 1.3, 2 (or 1 again, for items)."""
        last = self.number
        if number == (*last, 1) or (len(number) == 1 and number[0] == 1):
            return True
        if number == (last[:1] and (last[0] + 1, 1)) or (len(number) == 1 and self._late(number[0]) is not None):
            return True  # the parent heading comes later: see _Detour
        shorter = last[: len(number)]
        if len(number) > 1 and len(shorter) == len(number):
            return number[:-1] == shorter[:-1] and shorter[-1] < number[-1] <= shorter[-1] + 2
        return len(shorter) == len(number) and number == (*shorter[:-1], shorter[-1] + 1)

    def _late(self, number: int) -> int | None:
        """Where the blocks of a late heading `number` belong: at the last paragraph before heading `number`.1, if that stands."""
        child = next((i for i, d in enumerate(self.done) if d.kind == "heading" and re.match(rf"{number}\.1\s", d.text.text)), 0)
        return next((i for i in range(child - 1, 0, -1) if self.done[i].kind == "paragraph"), None)

    def _return(self) -> None:
        """The detour is over: its blocks go where they belong, and the paragraph it had interrupted is taken up again."""
        detour, self.detour = self.detour, None
        if detour is None:
            return
        aside = self.para.aside if self.para else []
        if self.para:
            self.para.aside = []
        self._close()
        moved, target = self.done, detour.done[detour.target]
        if moved[-1].kind == "paragraph" and not TERMINAL.search(moved[-1].text.text):
            target = Draft("paragraph", _joined([moved.pop().text, target.text], self.measure.spaced))
        detour.done[detour.target : detour.target + 1] = [*moved, target]
        self.done, self.para, self.number = detour.done, detour.cut, detour.number
        (self.para.aside if self.para else self.done).extend(aside)

    def _label(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> bool:
        """Captions, notes under tables, and footnotes."""
        text = unit[0].text.text
        caption = CAPTION.fullmatch(text)
        if caption and not _NOT_CAPTION.match(text) and not TERMINAL.search(text) and display_width(text) < 100:
            self._set_aside("caption", unit)
            # A figure's own text stands before its caption as often as behind it; a table's stands behind.
            self.in_float = self.measure.wrapped
            return True
        if _NOTE.match(text) or (self.last_aside_chunk == unit[0].chunk - 1 and self._note_unfinished()):
            self._set_aside("table", unit)
            return True
        if not _FOOTNOTE.match(text) or self.part == "front" and not self._is_open():
            return False
        if _CITED.search(text) or self._cut_mid_sentence() or (self.measure.wrapped and re.match(r"[①-⑳][\s　]+\S", text)):
            self._set_aside("footnote", unit)
            return True
        return False

    def _note_unfinished(self) -> bool:
        aside = (self.para.aside if self.para else self.done)[-1:]
        if not aside:
            return False
        last = aside[0]
        begun = _NOTE.match(last.text.text) if last.kind == "table" else last.kind == "footnote"
        return bool(begun) and self.measure.wrapped and not TERMINAL.search(last.text.text)

    def _front(self, unit: tuple[Line, ...]) -> bool:
        """Title, authors, affiliations: what stands before the abstract or the first paragraph."""
        text = unit[0].text.text
        if _ABSTRACT.match(text):
            self._close()
            self.para = _Open("abstract")
            self._append(unit[0].text)
            return True
        if _FRONT.match(text) or _AFFILIATION.fullmatch(text):
            self._set_aside("front", unit)
            return True
        if self.para is not None:
            return False
        width = display_width(text)
        if any(d.kind == "abstract" for d in self.done) or (width >= 60 and TERMINAL.search(text)):
            self.part = "body"
            return False
        if self.measure.wrapped and self.measure.full(width) and TERMINAL.search(text):
            return False
        self._set_aside("front", unit)
        return True

    def _reference(self, unit: tuple[Line, ...]) -> bool:
        text = unit[0].text.text
        if _FOOTNOTE.match(text) and _CITED.search(text):
            self.done.append(Draft("footnote", _joined([line.text for line in unit], self.measure.spaced)))
            return True
        if _TAIL.match(text) or (self.done[-1].kind != "heading" and _ends_references(text)):
            self.part = "back"
            return False
        for line in unit:
            entry = line.text[2:] if line.text.text.startswith("- ") else line.text
            if _REFERENCE_START.match(line.text.text) or self.done[-1].kind == "heading":
                self.done.append(Draft("reference", entry))
            else:
                at = max(i for i, d in enumerate(self.done) if d.kind in ("reference", "heading"))
                self.done[at] = Draft("reference", _joined([self.done[at].text, entry], self.measure.spaced))
        return True

    # Putting together ----------------------------------------------------------------------------------------------

    def _is_open(self) -> bool:
        return self.para is not None and not TERMINAL.search(self.para.lines[-1].text)

    def _cut_mid_sentence(self) -> bool:
        return self._is_open() and self.para is not None and self.para.kind == "paragraph"

    def _prose(self, line: Line) -> None:
        if self.detour and self.para and self.para.aside:
            self._return()
        if self.para is None:
            self._start_prose([line.text])
        elif self._goes_on(line.text.text) or self._same_paragraph(line.text.text):
            self._append(line.text)
        else:
            self._start_prose([line.text])
        self.in_float = False

    def _goes_on(self, text: str) -> bool:
        """Whether a line continues the unfinished sentence of the open paragraph."""
        if self.para is None or not self._is_open():
            return False
        both_long = min(display_width(text), display_width(self.para.lines[-1].text)) > 100
        return self.part != "back" or (not _TAIL_ENTRY.match(text) and (self.measure.wrapped or both_long))

    def _same_paragraph(self, text: str) -> bool:
        """Whether a line goes on with a paragraph whose last line ended a sentence at the right edge."""
        para = self.para
        if para is None or para.aside or not self.measure.wrapped or _ITEM.match(text):
            return False
        last = display_width(para.lines[-1].text)
        return last > 0.93 * para.widest if len(para.lines) > 1 else self.measure.full(last)

    def _start_prose(self, texts: list[Traced]) -> None:
        self._close()
        if self.part in ("front", "body"):
            self.part = "back" if _TAIL.match(texts[0].text) else "body"
        self.para = _Open("back" if self.part == "back" else "paragraph")
        for text in texts:
            self._append(text)

    def _append(self, text: Traced) -> None:
        if self.para is not None:
            self.para.lines.append(text)
            self.para.widest = max(self.para.widest, display_width(text.text))
            if self.part == "body" and "■" in text.text:
                self._close()
                self.part = "back"

    def _set_aside(self, kind: Kind, unit: tuple[Line, ...]) -> None:
        if self.part == "back" and kind not in ("caption", "footnote"):
            kind = "back"
        text = _joined([line.text for line in unit], self.measure.spaced)
        draft = Draft(kind, text)
        place = self.para.aside if self.para else self.done
        if place and self.last_aside_chunk in (unit[0].chunk, unit[0].chunk - 1) and self._note_unfinished():
            place[-1] = Draft(place[-1].kind, _joined([place[-1].text, text], self.measure.spaced))
        else:
            place.append(draft)
        self.last_aside_chunk = unit[-1].chunk
        if self.part == "front" and kind not in ("front", "footnote"):
            self.part = "body"

    def _close(self) -> None:
        """The open paragraph is finished: it goes out, then what had interrupted it."""
        if self.para is None:
            return
        para, self.para = self.para, None
        text = close_up(_joined(para.lines, self.measure.spaced))
        self.done.append(Draft(para.kind, text))
        self.done.extend(para.aside)


def _floats_named(drafts: list[Draft]) -> list[Draft]:
    """Table rows and figure labels told apart by the caption nearest to them.

    In a run of floats a caption names what follows it, and the first one also what stands before it. In a table, a space
    between two Chinese characters parts two cells and becomes a tab; elsewhere it is an accident of the setting.
    """
    named: list[Draft] = []
    for loose, run in groupby(drafts, key=lambda draft: draft.kind in ("table", "figure", "caption")):
        group = list(run)
        if not loose:
            named.extend(d if d.kind in ("heading", "front") else Draft(d.kind, close_up(d.text), d.level) for d in group)
            continue
        first = next((d.text.text for d in group if d.kind == "caption"), "")
        gridded = "\t" in "".join(d.text.text for d in group) or len(_COLUMNS.findall(group[0].text.text)) > 1
        kind: Kind = "table" if first.startswith(("表", "Table")) or (gridded and not first) else "figure"
        for draft in group:
            if draft.kind == "caption":
                kind = "table" if draft.text.text.startswith(("表", "Table")) else "figure"
                named.append(Draft("caption", close_up(draft.text)))
            elif kind == "table" and "\t" not in draft.text.text:
                named.append(Draft("table", draft.text.replaced(_CELLS, lambda _: "\t")))
            else:
                named.append(Draft(kind, close_up(draft.text)))
    return named


def _joined(lines: Sequence[Traced], spaced: bool) -> Traced:
    """Wrapped lines as one: nothing between Chinese characters, a space between Latin words, hyphenation undone."""
    whole = lines[0]
    for line in lines[1:]:
        left, right = whole.text[-1:], line.text[:1]
        if re.search(r"[A-Za-z]-$", whole.text) and re.match(r"[a-z]", right):
            whole = whole[:-1] + line
        elif _is_latin(left) and _is_latin(right) or (right == "•"):
            whole = Traced.join(" ", [whole, line])
        elif spaced and (_is_latin(left) and _is_han(right) or _is_han(left) and _is_latin(right)):
            whole = Traced.join(" ", [whole, line])
        else:
            whole = whole + line
    return whole


def _is_han(ch: str) -> bool:
    return bool(re.match(f"[{HAN}]", ch))


def _is_latin(ch: str) -> bool:
    return ch.isascii() and (ch.isalnum() or ch in ",.;:)]%&'\"!?-")


def _latin(unit: Sequence[Line]) -> bool:
    """Whether the lines are running text in a Latin script."""
    text = "".join(line.text.text for line in unit)
    return len(text) > 120 and len(re.findall(f"[{HAN}]", text)) < 0.1 * len(text)


def _ends_references(text: str) -> bool:
    """Whether a line in the list of references begins something else, such as the English title."""
    if _REFERENCE_START.match(text) or re.search(r"https?:|www\.|\.pdf", text):
        return False
    return bool(re.fullmatch(r"(?:[A-Z][\w’'-]*|of|the|in|for|and|on|to|a|an|by|with|its|and)(?:[ :,][A-Za-z’'-]+){5,}", text))
