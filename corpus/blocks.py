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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from corpus import signs
from corpus.clean import HAN, Line, display_width
from corpus.draft import Draft
from corpus.joining import joined, words_of
from corpus.measure import Measure
from corpus.paper import Kind
from corpus.raw import Mark
from corpus.references import entry_number
from corpus.traced import Traced


@dataclass(slots=True)
class _Open:
    """The paragraph being put together, and what has interrupted it so far.

    `in_float` tells that it began among the rows of a table or the labels of a figure.
    """

    kind: Kind = "paragraph"
    in_float: bool = False
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


def build_blocks(lines: Sequence[Line], measure: Measure) -> list[Draft]:
    """The blocks of a file, in reading order but for its floats, which `corpus.tables` puts in order."""
    return _Assembly(measure, words_of(line.text.text for line in lines)).run(lines)


class _Assembly:
    """One pass over the lines of a file. Kept as an object because a paragraph's state spans many lines."""

    def __init__(self, measure: Measure, words: frozenset[str]) -> None:
        self.measure = measure
        self.words = words
        self.done: list[Draft] = []
        self.para: _Open | None = None
        self.number: tuple[int, ...] = ()
        self.in_float = False
        self.part = "front"  # then body, references, back
        self.last_aside_chunk = -2
        self.detour: _Detour | None = None
        self.contents: set[str] | None = None  # the entries of a table of contents, while it lasts
        self.note_goes_on = False  # the last line was a full one of a note on the authors
        self.units: list[tuple[Line, ...]] = []
        self.at = 0  # the number of the unit that is being taken
        self.last_heading = -1  # the number of the last one that looks like a heading of the body
        self.labelled = False  # whether paragraphs begin with labels: 愿景：… 使命：…

    def run(self, lines: Sequence[Line]) -> list[Draft]:
        """Sort every line into a block."""
        chunks = [list(group) for _, group in groupby(lines, key=lambda line: line.chunk)]
        self.units = list(self._units(chunks))
        self.last_heading = self._last_heading(self.units)
        self.labelled = sum(bool(signs.LABELLED.match(line.text.text)) for line in lines) > 1
        for at, unit in enumerate(self.units):
            self.at = at
            following = self.units[at + 1] if at + 1 < len(self.units) else ()
            if self._runs_on(self.units[at - 1][-1] if at else None, unit):
                self._append(unit[0].text)
            else:
                self._take(unit, following)
        self._return()
        self._close()
        return self.done

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
                if box and (line.mark or box[-1].mark or self._page_turns(box[-1], line)):
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
        turned = line.lead == " " and (
            full or bool(signs.TERMINAL.search(before)) or bool(signs.CAPTION.fullmatch(after))
        )
        return (
            turned or bool(signs.DECIMAL.fullmatch(before) and "　" in before) or bool(signs.CAPTION.fullmatch(before))
        )

    def _take(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> None:
        text = unit[0].text.text
        if unit[0].mark is not None:
            self._stated(unit[0], unit[0].mark)
            return
        if self.part == "abstract":
            self.part = "body"
        if signs.CONTINUED.fullmatch(text):
            if self.part == "back":
                self._close()
            self._set_aside("stray", unit)
            return
        if self._author_note(unit):
            return
        if self.part == "references" and self._reference(unit):
            return
        if self._heading(unit, following) or self._label(unit, following) or self._abstract(unit):
            return
        if self.part == "front" and self._front(unit, following):
            return
        if self.part == "body" and (signs.FRONT.match(text) or signs.AFFILIATION.fullmatch(text)):
            self._set_aside("front", unit)
            return
        if self.part in ("front", "body") and signs.TAIL.match(text):
            if not self._headed():
                self._set_aside("front", unit)
                return
            self._close()
            self.part = "back"
        if len(unit) > 1 and not _is_latin_text(unit):
            self._set_aside("figure" if self.part == "body" else self._stray_kind(), unit)
            self.in_float = True
        elif len(unit) > 1:
            self._start_prose([line.text for line in unit])
        elif self._is_prose(unit[0], following):
            self._prose(unit[0])
        else:
            self._set_aside("table" if self.in_float or "\t" in text else self._stray_kind(), unit)
            self.in_float = self.in_float or self.measure.wrapped

    def _runs_on(self, last: Line | None, unit: tuple[Line, ...]) -> bool:
        """Whether the page itself shows that a line goes on with the open paragraph's last line."""
        line = unit[0]
        if last is None or self.para is None or not line.runs_on or line.mark or "\t" in line.text.text:
            return False
        return self.para.lines[-1] is last.text and not signs.TERMINAL.search(last.text.text)

    def _stated(self, line: Line, mark: Mark) -> None:
        """Take a line as what the file says that it is."""
        place = self.para.aside if self.para else self.done
        if mark.goes_on and place and place[-1].kind == mark.kind:
            last = place[-1]
            text = self._joined([last.text, line.text])
            place[-1] = replace(last, text=text, lines=(*last.lines, line))
        elif mark.kind == "heading":
            if numbered := signs.DECIMAL.fullmatch(line.text.text):
                self.number = tuple(int(part) for part in numbered["number"].split("."))
            self._begin_section(line.text, mark.level)
        elif mark.kind == "paragraph":
            self._close()
            self._whole(line, listed=mark.level > 0)
        elif mark.kind in ("abstract", "back"):
            self._close()
            self.done.append(Draft(mark.kind, line.text))
        elif mark.kind == "front" and mark.level:
            self._close()
            self.part = "front"
            self.done.append(Draft("front", line.text, mark.level))
        else:
            self._set_aside(mark.kind, (line,), stated=True)

    def _begin_section(self, title: Traced, level: int) -> None:
        """A heading, as the file states it or as a whole line shows it. One that says 摘要 opens the abstract."""
        self._close()
        self.in_float, self.contents = False, None
        if signs.REFERENCES.fullmatch(title.text):
            self.part = "references"
        elif signs.ABSTRACT_HEAD.fullmatch(title.text):
            self.part = "back" if self.part in ("references", "back") else "abstract"
        else:
            self.part = "body"
        self.done.append(Draft("heading", title, level))

    def _whole(self, line: Line, listed: bool) -> None:
        """Take a line that is one whole block, which only its looks tell from a paragraph, if anything does.

        Items of a list are never headings, nor part of the front: `1. 强化协同` in a row of items is one of them.
        """
        text, unit = line.text.text, (line,)
        if signs.CONTINUED.fullmatch(text):
            self.done.append(Draft("stray", line.text))
            return
        level = 0 if listed else self._whole_level(text)
        if level and self.contents is not None and self._listed_in_contents(text):
            self._set_aside("front", unit)
            return
        if level:
            self._begin_section(line.text, level)
            return
        if self.part == "references" and not signs.TAIL.match(text):
            if self.done[-1].kind == "heading" or not signs.ends_references(text):
                note = signs.FOOTNOTE.match(text) and signs.CITED.search(text)
                bullet = signs.BULLET.match(text)
                entry = line.text[bullet.end() if bullet else 0 :]
                self.done.append(Draft("footnote" if note else "reference", entry))
                return
            self.part = "back"
        if not listed and self._label(unit, ()):
            return
        if self.part in ("front", "body") and signs.ABSTRACT.match(text) and not self._headed():
            self.done.append(Draft("abstract", line.text))
            return
        if self._whole_front(text, listed):
            self._set_aside("front", unit)
            self.part = "front" if self.part == "abstract" else self.part
            return
        if self.part in ("front", "body", "references") and signs.TAIL.match(text):
            self.part = "back"
        if self.part == "front":
            self.part = "body"
        kind: Kind = "abstract" if self.part == "abstract" else "back" if self.part == "back" else "paragraph"
        self.done.append(Draft(kind, line.text))
        if self.part == "body" and "■" in text:
            self.part = "back"

    def _whole_level(self, text: str) -> int:
        """The level of the heading that a whole line is by its looks, or 0."""
        if display_width(text) > signs.HEADING_WIDTH or "\t" in text:
            return 0
        if signs.ABSTRACT_HEAD.fullmatch(text):
            return 1
        if re.search(r"[。；：，、;:,]$", text) and not signs.REFERENCES.fullmatch(text):
            return 0
        return self._heading_level(text)

    def _listed_in_contents(self, text: str) -> bool:
        """Whether a heading is an entry of the table of contents; met again, it is where the body begins."""
        entry = re.sub(r"[\s.…·]*\d*$", "", "".join(text.split()))
        if self.contents is None or entry in self.contents:
            return False
        self.contents.add(entry)
        return True

    def _whole_front(self, text: str, listed: bool) -> bool:
        """Whether a whole line stands around the title: keywords, authors, addresses, but no sentences."""
        if signs.FRONT.match(text) or signs.AFFILIATION.fullmatch(text):
            return self.part in ("front", "abstract", "body")
        if signs.TAIL.match(text):
            return self.part in ("front", "abstract", "body") and not self._headed()
        if self.part != "front" or listed:
            return False
        if signs.CONTENTS.fullmatch(text):
            self.contents = set()
        if any(draft.kind == "abstract" for draft in self.done):  # the title may follow, in either language
            return not signs.TERMINAL.search(text)
        sentence = display_width(text) >= 60 and signs.TERMINAL.search(text)
        return len(self.done) < signs.FRONT_LINES and not sentence

    def _stray_kind(self) -> Kind:
        return {"front": "front", "body": "figure", "references": "reference"}.get(self.part, "back")  # type: ignore[return-value]

    # What a line is ------------------------------------------------------------------------------------------------

    def _is_prose(self, line: Line, following: tuple[Line, ...]) -> bool:
        text = line.text.text
        width = display_width(text)
        if "\t" in text or signs.MARKS.search(text):
            return False
        if self.part == "back" and self.para and self._is_open() and text.endswith((")", "）")):
            told = "".join(line.text for line in self.para.lines)  # the rest of an address in brackets
            if told.count("(") + told.count("（") > told.count(")") + told.count("）"):
                return True
        if signs.ARTICLE.match(text) or (line.set_in and not self.in_float and not self.measure.celled(text)):
            return True
        if not self.measure.wrapped:
            return bool(signs.TERMINAL.search(text)) or width >= 24
        if self.in_float:
            return self._resumes(text, width, following)
        if signs.TERMINAL.search(text):
            return not self.measure.celled(text) or self._is_open()
        if self._is_open():  # a justified line may be spread out, but not into whole words
            return self.measure.full(width) and len(signs.COLUMNS.findall(text)) < 2
        if not self.measure.full(width):
            return False
        ahead = following[0].text.text if len(following) == 1 else ""
        runs_on = self.measure.full(display_width(ahead)) and not self.measure.celled(ahead)
        return not self.measure.celled(text) or (runs_on and len(signs.CELL_SPACE.findall(text)) == 1)

    def _resumes(self, text: str, width: int, following: tuple[Line, ...]) -> bool:
        """Whether prose goes on after a float: two full lines, or the short end of the sentence that was cut."""
        if self.measure.celled(text) or text[0] in "•*-" or re.search(r"\s\d[\d ,.]*$", text):
            return False
        if len(following) > 1:
            return False
        ahead = following[0].text.text if following else "。"
        goes_on = not self.measure.celled(ahead) and (
            self.measure.full(display_width(ahead)) or bool(signs.TERMINAL.search(ahead))
        )
        if self.measure.full(width):
            return goes_on or bool(signs.TERMINAL.search(text))
        return bool(signs.TERMINAL.search(text)) and bool(signs.SENTENCE_MARK.search(text)) and self._is_open()

    def _heading(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> bool:
        text = unit[0].text.text
        if len(unit) > 1 or display_width(text) > signs.HEADING_WIDTH or "\t" in text:
            return False
        if re.search(r"[。；：，、;:,]$", text) and not signs.REFERENCES.fullmatch(text):
            long = (
                re.search(r"[，、,]$", text) and len(following) == 1 and self._second_line(unit[0].text, following[0])
            )
            if not long:
                return False
        before = self.number
        level = self._heading_level(text)
        if not level:
            return self._continues_heading(unit[0])
        if self.contents is not None:
            entry = "".join(text.split())
            if entry not in self.contents:
                self.contents.add(entry)
                self._set_aside("front", unit)
                return True
            self.contents = None  # the first entry again: here the body begins
        target = self._late(self.number[0]) if len(self.number) == 1 and text[0].isdigit() else None
        if target is not None and self.detour is None:
            self.detour = _Detour(self.done, target, self.para, before)
            self.done, self.para = [], None
        elif self.detour:
            self._return()
        self._close()
        self.in_float = False
        if signs.REFERENCES.fullmatch(text):
            self.part = "references"
        else:  # notes on the authors may stand at the foot of the first page: a heading ends them
            self.part = "body"
        self.done.append(Draft("heading", unit[0].text, level))
        return True

    def _continues_heading(self, line: Line) -> bool:
        """Put the second line of a long heading to the first. It is short, where a paragraph would begin full."""
        if self.para or not self.done or self.done[-1].kind != "heading":
            return False
        last = self.done[-1]
        if not self._second_line(last.text, line):
            return False
        self.done[-1] = Draft("heading", self._joined([last.text, line.text]), last.level)
        return True

    def _second_line(self, first: Traced, line: Line) -> bool:
        text, full = line.text.text, self.measure.full
        if not self.measure.wrapped or signs.CAPTION.fullmatch(text) or signs.TERMINAL.search(text):
            return False
        return full(display_width(first.text)) and not full(display_width(line.lead + text))

    def _heading_level(self, text: str) -> int:
        if signs.REFERENCES.fullmatch(text):
            return 1
        for level, pattern in signs.CHINESE:
            if pattern.fullmatch(text) and not signs.SENTENCE_MARK.search(text):
                return level
        match = signs.DECIMAL.fullmatch(text)
        if not match or self.part == "references" or signs.SENTENCE_MARK.search(text):
            return 0
        if not re.match(rf"[{HAN}A-Z“《（]", match["text"]) or re.search(r"\s[\d,.]{3,}(?:\s|$)", match["text"]):
            return 0
        if self.measure.celled(match["text"]):
            return 0
        number = tuple(int(part) for part in match["number"].split("."))
        if not self._follows(number) or (self.part == "back" and not () < self.number < number):
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
        """Where the blocks of a late heading `number` belong: at the last paragraph before `number`.1, if any."""
        first = re.compile(rf"{number}\.1\s")
        child = next((i for i, d in enumerate(self.done) if d.kind == "heading" and first.match(d.text.text)), 0)
        return next((i for i in range(child - 1, 0, -1) if self.done[i].kind == "paragraph"), None)

    def _return(self) -> None:
        """The detour is over: its blocks go where they belong, and the interrupted paragraph is taken up again."""
        detour, self.detour = self.detour, None
        if detour is None:
            return
        aside = self.para.aside if self.para else []
        if self.para:
            self.para.aside = []
        self._close()
        moved, target = self.done, detour.done[detour.target]
        if moved[-1].kind == "paragraph" and not signs.TERMINAL.search(moved[-1].text.text):
            target = Draft("paragraph", self._joined([moved.pop().text, target.text]))
        detour.done[detour.target : detour.target + 1] = [*moved, target]
        self.done, self.para, self.number = detour.done, detour.cut, detour.number
        (self.para.aside if self.para else self.done).extend(aside)

    def _label(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> bool:
        """Captions, notes under tables, and footnotes."""
        text = unit[0].text.text
        caption = signs.CAPTION.fullmatch(text)
        if (
            caption
            and not signs.NOT_CAPTION.match(text)
            and not signs.TERMINAL.search(text)
            and display_width(text) < 100
        ):
            self._set_aside("caption", unit)
            # A figure's own text stands before its caption as often as behind it; a table's stands behind.
            self.in_float = self.measure.wrapped
            return True
        if signs.NOTE.match(text) or (self.last_aside_chunk == unit[0].chunk - 1 and self._note_unfinished()):
            self._set_aside("table", unit)
            return True
        if not signs.FOOTNOTE.match(text) or (self.part == "front" and not self._is_open()):
            return False
        if self.para and re.search(r"[：:；;]$", self.para.lines[-1].text) and not signs.CITED.search(text):
            return False  # an item of a list
        if (
            signs.CITED.search(text)
            or self._cut_mid_sentence()
            or (self.measure.wrapped and re.match(r"[①-⑳][\s　]+\S", text))
        ):
            self._set_aside("footnote", unit)
            return True
        return False

    def _author_note(self, unit: tuple[Line, ...]) -> bool:
        """A note on the authors at the foot of the first page: set aside by itself, for the body goes on behind it.

        A note of which nothing but notes and references follows belongs to the end of the paper.
        """
        text = unit[0].text.text
        if self.part != "body":
            return False
        goes_on, self.note_goes_on = self.note_goes_on, False
        begins = signs.AUTHOR_NOTE.match(text)
        if begins and not (self._cut_mid_sentence() or self.at < self.last_heading):
            return False
        aside = (self.para.aside if self.para else self.done)[-1:]
        follows_note = bool(aside) and aside[0].kind == "front" and self.last_aside_chunk >= unit[0].chunk - 1
        if not begins and not goes_on and not (follows_note and signs.AUTHOR.match(text)):
            return False
        if goes_on and not begins:
            place = self.para.aside if self.para else self.done
            joined_lines = self._joined([place[-1].text, *(line.text for line in unit)])
            place[-1] = Draft(place[-1].kind, joined_lines)
            self.last_aside_chunk = unit[-1].chunk
        else:
            self._set_aside("front", unit)
        last = unit[-1].text.text
        self.note_goes_on = (
            self.measure.wrapped and self.measure.full(display_width(last)) and not signs.TERMINAL.search(last)
        )
        return True

    @staticmethod
    def _last_heading(units: Sequence[tuple[Line, ...]]) -> int:
        """The number of the last unit before the references that looks like a heading of the body, or -1."""
        found = -1
        for at, unit in enumerate(units):
            text = unit[0].text.text
            if signs.REFERENCES.fullmatch(text):
                break
            if len(unit) > 1 or display_width(text) > signs.HEADING_WIDTH or signs.TERMINAL.search(text):
                continue
            decimal = signs.DECIMAL.fullmatch(text)
            if any(pattern.fullmatch(text) for _, pattern in signs.CHINESE) or (
                decimal and re.match(f"[{HAN}]", decimal["text"]) and "年" not in text
            ):
                found = at
        return found

    def _note_unfinished(self) -> bool:
        aside = (self.para.aside if self.para else self.done)[-1:]
        if not aside:
            return False
        last = aside[0]
        begun = signs.NOTE.match(last.text.text) if last.kind == "table" else last.kind == "footnote"
        return bool(begun) and self.measure.wrapped and not signs.TERMINAL.search(last.text.text)

    def _headed(self) -> bool:
        return any(d.kind == "heading" and not signs.ABSTRACT_HEAD.fullmatch(d.text.text) for d in self.done)

    def _abstract(self, unit: tuple[Line, ...]) -> bool:
        """The abstracts, in either language, stand before the first heading; an English one may also end the paper."""
        if self.part not in ("front", "body") or not signs.ABSTRACT.match(unit[0].text.text) or self._headed():
            return False
        self._close()
        self.para = _Open("abstract")
        for line in unit:
            self._append(line.text)
        return True

    def _front(self, unit: tuple[Line, ...], following: tuple[Line, ...]) -> bool:
        """Title, authors, affiliations: what stands before the abstract or the first paragraph."""
        text = unit[0].text.text
        if signs.FRONT.match(text) or signs.AFFILIATION.fullmatch(text):
            self._set_aside("front", unit)
            return True
        if signs.CONTENTS.fullmatch(text):
            self.contents = set()
        if self.para is not None:
            below = following[0].text.text if len(following) == 1 else ""
            title = display_width(text) <= signs.HEADING_WIDTH and not signs.SENTENCE_MARK.search(text)
            if title and not self._is_open() and signs.AFFILIATION.fullmatch(below):
                self._set_aside("front", unit)  # a title below the abstract
                return True
            if self._is_open() or signs.TERMINAL.search(text) or re.search(f"[{HAN}]", text):
                return False
            last = self.para.lines[-1].text
            if not re.search(f"[{HAN}]", last) and display_width(text) > 0.85 * self.para.widest:
                return False  # the English abstract goes on
            self._set_aside("front", unit)  # such as the English title between the abstracts
            return True
        width = display_width(text)
        if (
            len(self.done) >= signs.FRONT_LINES
            or any(d.kind == "abstract" for d in self.done)
            or (width >= 60 and signs.TERMINAL.search(text))
        ):
            self.part = "body"
            return False
        goes_on = len(following) == 1 and self.measure.full(display_width(following[0].text.text))
        if (
            self.measure.wrapped
            and self.measure.full(width)
            and (signs.TERMINAL.search(text) or ((self.done or unit[0].set_in) and goes_on))
        ):
            return False
        self._set_aside("front", unit)
        return True

    def _reference(self, unit: tuple[Line, ...]) -> bool:
        text = unit[0].text.text
        if signs.FOOTNOTE.match(text) and signs.CITED.search(text):
            self.done.append(Draft("footnote", self._joined([line.text for line in unit])))
            return True
        if signs.TAIL.match(text) or (self.done[-1].kind != "heading" and signs.ends_references(text)):
            self.part = "back"
            return False
        for line in unit:
            entry = line.text[2:] if line.text.text.startswith("- ") else line.text
            if self._begins_entry(line.text.text) or self.done[-1].kind == "heading":
                self.done.append(Draft("reference", entry))
            else:
                at = max(i for i, d in enumerate(self.done) if d.kind in ("reference", "heading"))
                self.done[at] = Draft("reference", self._joined([self.done[at].text, entry]))
        return True

    def _begins_entry(self, text: str) -> bool:
        """Whether a line begins an entry of the references: with a number, which without brackets must be the next."""
        match = signs.REFERENCE_START.match(text)
        if not match or not match[0][0].isdigit():
            return bool(match)
        number = int(re.findall(r"\d+", match[0])[0])
        entries = (entry_number(d.text.text) for d in reversed(self.done) if d.kind == "reference")
        last = next((n for n in entries if n is not None), 0)
        return number == 1 or last < number <= last + 2

    # Putting together ----------------------------------------------------------------------------------------------

    def _joined(self, lines: Sequence[Traced]) -> Traced:
        return joined(lines, self.measure.spaced, self.words)

    def _is_open(self) -> bool:
        return self.para is not None and not signs.TERMINAL.search(self.para.lines[-1].text)

    def _cut_mid_sentence(self) -> bool:
        return self._is_open() and self.para is not None and self.para.kind == "paragraph"

    def _prose(self, line: Line) -> None:
        if self.detour and self.para and self.para.aside:
            self._return()
        if self.para is None:
            self._start_prose([line.text])
        elif self._goes_on(line) or self._same_paragraph(line):
            self._append(line.text)
        else:
            self._start_prose([line.text])
        self.in_float = False

    def _goes_on(self, line: Line) -> bool:
        """Whether a line continues the unfinished sentence of the open paragraph."""
        if self.para is None or not self._is_open() or line.set_in:
            return False
        if self.part != "back":
            return True
        text, last = line.text.text, self.para.lines[-1].text
        if signs.TAIL_ENTRY.match(text) or signs.NAMED.match(text) or signs.ADDRESS_END.search(last):
            return False
        return self.measure.wrapped or min(display_width(text), display_width(last)) > 100

    def _same_paragraph(self, line: Line) -> bool:
        """Whether a line goes on with a paragraph whose last line ended a sentence.

        Where the file sets paragraphs in, every line that is not set in does; else one behind a line up to the edge.
        """
        para = self.para
        if para is None or not self.measure.wrapped or line.set_in or line.after_gap:
            return False
        if self.measure.set_in and display_width(para.lines[-1].text) > 0.93 * para.widest:
            return True
        told = self.measure.set_in and self.part == "body"
        if para.aside and not told:
            return False
        if signs.ITEM.match(line.text.text) and not any(signs.ITEM_WITHIN.search(line.text) for line in para.lines):
            return False
        if self.labelled and signs.LABELLED.match(line.text.text):
            return False
        if told:
            return True
        last = display_width(para.lines[-1].text)
        return last > 0.93 * para.widest if len(para.lines) > 1 else self.measure.full(last)

    def _start_prose(self, texts: list[Traced]) -> None:
        self._close()
        if self.part == "front":
            self.part = "body"
        self.para = _Open("back" if self.part == "back" else "paragraph", self.in_float)
        for text in texts:
            self._append(text)

    def _append(self, text: Traced) -> None:
        if self.para is not None:
            self.para.lines.append(text)
            self.para.widest = max(self.para.widest, display_width(text.text))
            if self.part == "body" and "■" in text.text:
                self._close()
                self.part = "back"

    def _set_aside(self, kind: Kind, unit: tuple[Line, ...], stated: bool = False) -> None:
        if self.part == "back" and not stated and kind not in ("caption", "footnote", "stray"):
            kind = "back"
        text = self._joined([line.text for line in unit])
        draft = Draft(kind, text, lines=unit, stated=stated)
        place = self.para.aside if self.para else self.done
        near = (
            place and not stated and kind != "caption" and self.last_aside_chunk in (unit[0].chunk, unit[0].chunk - 1)
        )
        if near and (self._note_unfinished() or _closes_quotation(place[-1], text)):
            last = place[-1]
            text = self._joined([last.text, text])
            place[-1] = replace(last, text=text, lines=(*last.lines, *unit))
        else:
            place.append(draft)
        self.last_aside_chunk = -2 if stated else unit[-1].chunk  # what the file states, no line goes on with
        if self.part == "front" and kind not in ("front", "footnote", "stray"):
            self.part = "body"

    def _close(self) -> None:
        """The open paragraph is finished: it goes out, then what had interrupted it."""
        if self.para is None:
            return
        para, self.para = self.para, None
        widths = [display_width(line.text) for line in para.lines]
        boxed = para.kind == "paragraph" and para.in_float and self.measure.boxed(widths)
        self.done.append(Draft("figure" if boxed else para.kind, self._joined(para.lines)))
        self.done.extend(para.aside)


def _closes_quotation(item: Draft, text: Traced) -> bool:
    """Whether a text holds the end of a quotation that begins in the item of a figure or table before it."""
    broken = item.kind in ("figure", "table") and re.search(r"“[^”]*$", item.text.text)
    return bool(broken and re.match(r"[^“]*”", text.text))


def _is_latin_text(unit: Sequence[Line]) -> bool:
    """Whether the lines are running text in a Latin script."""
    text = "".join(line.text.text for line in unit)
    return len(text) > 120 and len(re.findall(f"[{HAN}]", text)) < 0.1 * len(text)
