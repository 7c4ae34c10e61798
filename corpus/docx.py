"""Word documents (.docx): what a reader sees in Word, block by block, and what the styles say of it.

The parts of the package are read by lxml as they are needed; pictures are never unpacked. Deleted changes, hidden text,
comments, headers and footers are not read; inserted changes are. Word does not store the numbers of headings and list
items but computes them, and so does this module.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from corpus.errors import FileDamaged, FileEmpty, FileEncrypted
from corpus.marked import (
    LOWERED,
    PARAGRAPH,
    RAISED,
    TITLE,
    Cell,
    Said,
    cell_text,
    labelled,
    raw_text,
    repeated,
    row_lines,
    settled,
)
from corpus.numerals import note_mark, numeral
from corpus.raw import Mark, RawText

_SUBTITLE = Mark("front")
Element = Any
"""An lxml element; lxml carries no types."""

UNPACKED_MEGABYTES = 256
"""More than this in the parts that are read is an archive bomb: a long book has five."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
_NO_TITLE = re.compile(
    r"(?i)microsoft word\b.*|.*\.docx?|(?:文档|文稿)\s?\d*|untitled.*|无标题.*|未命名.*|新建.*|.{0,3}"
)
_TRANSPARENT = frozenset(
    "sdt sdtContent customXml smartTag ins moveTo hyperlink fldSimple dir bdo ruby rubyBase".split()
)


def read_docx(data: bytes, file: str) -> RawText:
    """The blocks of a document, one a line, with what their styles say.

    Raises `FileEmpty`, `FileEncrypted` for a document under a password, `FileDamaged` for what is no document, is
    broken, or unpacks to more than `UNPACKED_MEGABYTES`.
    """
    if not data:
        raise FileEmpty(file=file)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileEncrypted(file=file)
        raise FileDamaged(file=file, detail="an older Word format; save it as .docx")
    try:
        package = _Package.open(data)
        document = _Document(package)
        blocks = list(document.blocks())
    except _Locked:
        raise FileEncrypted(file=file) from None
    except (_Broken, RecursionError) as exc:
        raise FileDamaged(file=file, detail=str(exc)[:120]) from exc
    if not any(block.text.strip() for block in blocks):
        raise FileEmpty(file=file)
    title, authors = document.properties()
    return raw_text(blocks, title, authors)


class _Broken(Exception):
    """The package breaks a rule; its text says which."""


class _Locked(Exception):
    """A part of the package is encrypted."""


# The package ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Package:
    """The parts of the file, unpacked up to a limit: one that announces too much is refused, and one that holds more
    than it announces is cut there and found damaged."""

    archive: zipfile.ZipFile
    left: int

    @classmethod
    def open(cls, data: bytes) -> _Package:
        """The package in these bytes. Raises `_Broken`."""
        try:
            return cls(zipfile.ZipFile(io.BytesIO(data)), UNPACKED_MEGABYTES * 2**20)
        except Exception as exc:  # a dozen kinds come out of broken archives
            raise _Broken(_first_line(exc)) from exc

    def root(self, name: str) -> Element | None:
        """The root element of a part; None where there is no such part. Raises `_Broken` and `_Locked`."""
        try:
            info = self.archive.getinfo(name)
        except KeyError:
            return None
        if info.flag_bits & 1:
            raise _Locked
        if info.file_size > self.left:
            raise _Broken(f"unpacks to more than {UNPACKED_MEGABYTES} MB")
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            with self.archive.open(info) as part:
                while chunk := part.read(_CHUNK):  # no more of it than was announced
                    parser.feed(chunk)
            self.left -= info.file_size
            root = parser.close()
            if root.getroottree().docinfo.doctype:
                raise _Broken("a document type declaration, which no document has")
            return root
        except Exception as exc:  # as above
            raise _Broken(_first_line(exc)) from exc

    def related(self, name: str) -> dict[str, str]:
        """The parts that a part (the package, for the empty name) names, by the last word of their type."""
        folder, base = posixpath.split(name)
        root = self.root(posixpath.join(folder, "_rels", f"{base}.rels"))
        found: dict[str, str] = {}
        for relation in root if root is not None else ():
            kind, target = str(relation.get("Type", "")).rsplit("/", 1)[-1], str(relation.get("Target", ""))
            if relation.get("TargetMode") != "External":
                path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                found.setdefault(kind, path)
        return found


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0]


def _name(element: Element) -> str:
    """The tag without its namespace, which differs between transitional and strict documents."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: Element | None, *path: str) -> Element | None:
    for name in path:
        element = next((child for child in element if _name(child) == name), None) if element is not None else None
    return element


def _value(element: Element | None, key: str = "val") -> str | None:
    """An attribute, whatever its namespace."""
    if element is None:
        return None
    return next((str(value) for name, value in element.attrib.items() if name.rpartition("}")[2] == key), None)


def _text(element: Element | None) -> str:
    return "".join(element.itertext()).strip() if element is not None else ""


def _integer(element: Element | None, key: str = "val") -> int | None:
    value = _value(element, key)
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value) else None


def _on(element: Element | None) -> bool:
    """Whether a switch such as `<w:vanish/>` is on."""
    return element is not None and _value(element) not in ("0", "false", "off")


# Styles and numbers --------------------------------------------------------------------------------------------------


class _Styles:
    """The styles by their id, each with those that it is based on."""

    def __init__(self, root: Element | None) -> None:
        self.known: dict[str, Element] = {}
        self.usual: str | None = None
        for style in root if root is not None else ():
            if _name(style) == "style" and (key := _value(style, "styleId")):
                self.known[key] = style
                if _value(style, "type") == "paragraph" and _value(style, "default") in ("1", "true", "on"):
                    self.usual = key

    def chain(self, key: str | None) -> Iterator[Element]:
        """The style and those below it, nearest first."""
        seen: set[str] = set()
        while key and key not in seen and key in self.known:
            seen.add(key)
            yield self.known[key]
            key = _value(_child(self.known[key], "basedOn"))

    def names(self, key: str | None) -> list[str]:
        """Their names in lower case."""
        return [(_value(_child(style, "name")) or "").lower() for style in self.chain(key)]

    def first(self, key: str | None, *path: str) -> Element | None:
        """The nearest of their settings."""
        return next((found for s in self.chain(key) if (found := _child(s, *path)) is not None), None)


@dataclass(slots=True)
class _Level:
    """One level of a numbering: how its number looks and where it starts."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False
    restart: int | None = None
    style: str | None = None


@dataclass(slots=True)
class _Numbers:
    """The numbers that Word computes. Lists of one abstract numbering count on, but where one overrides the start."""

    levels: dict[str, list[_Level]] = field(default_factory=dict)  # by numId
    abstract: dict[str, str] = field(default_factory=dict)  # numId: the numbering that it counts in
    starts: dict[str, dict[int, int]] = field(default_factory=dict)  # numId: starts that it overrides
    counts: dict[str, list[int | None]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, root: Element | None) -> _Numbers:
        """From numbering.xml."""
        numbers = cls()
        parts = list(root) if root is not None else []
        abstracts = {_value(part, "abstractNumId") or "": part for part in parts if _name(part) == "abstractNum"}
        by_style = {
            style: key for key, part in abstracts.items() if (style := _value(_child(part, "styleLink")))
        }  # fmt: skip
        for part in parts:
            number = _value(part, "numId")
            if _name(part) != "num" or number is None:
                continue
            key = _value(_child(part, "abstractNumId")) or ""
            link = _value(_child(abstracts.get(key), "numStyleLink"))
            key = by_style.get(link, key) if link else key
            levels = _levels(abstracts.get(key))
            for override in (child for child in part if _name(child) == "lvlOverride"):
                at = _integer(override, "ilvl")
                if at is None or not 0 <= at < 9:
                    continue
                if (start := _integer(_child(override, "startOverride"))) is not None:
                    numbers.starts.setdefault(number, {})[at] = start
                if (own := _child(override, "lvl")) is not None:
                    levels[at] = _level(own)
            numbers.levels[number] = levels
            numbers.abstract[number] = key
        return numbers

    def level_of_style(self, number: str, style: str | None) -> int:
        """The level that a style stands for in a numbering."""
        levels = self.levels.get(number, [])
        return next((at for at, level in enumerate(levels) if style and level.style == style), 0)

    def next_label(self, number: str, at: int) -> str:
        """The next number at a level (from 0) of a list, as it is printed: `1.2`, `（三）`, `•`."""
        levels = self.levels.get(number)
        if levels is None or not 0 <= at < 9:
            return ""
        counts = self.counts.setdefault(self.abstract[number], [None] * 9)
        if number not in self.begun:
            self.begun.add(number)
            for place, start in self.starts.get(number, {}).items():
                counts[place] = start - 1
        here = counts[at]
        counts[at] = levels[at].start if here is None else here + 1
        for deeper in range(at + 1, 9):
            after = levels[deeper].restart
            if after is None or (after and at < after):
                counts[deeper] = None
        level = levels[at]
        if level.form == "bullet":
            return "•" if level.text else ""

        def counted(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            count = counts[place]
            form = levels[place].form
            whole = levels[place].start if count is None else count
            return numeral(whole, "decimal" if level.legal and form not in ("decimalZero", "none") else form)

        return re.sub(r"%([1-9])", counted, level.text).strip()


def _levels(abstract: Element | None) -> list[_Level]:
    levels = [_Level() for _ in range(9)]
    for child in abstract if abstract is not None else ():
        at = _integer(child, "ilvl")
        if _name(child) == "lvl" and at is not None and 0 <= at < 9:
            levels[at] = _level(child)
    return levels


def _level(element: Element) -> _Level:
    start = _integer(_child(element, "start"))
    return _Level(
        start=1 if start is None else start,
        form=_value(_child(element, "numFmt")) or "decimal",
        text=_value(_child(element, "lvlText")) or "",
        legal=_on(_child(element, "isLgl")),
        restart=_integer(_child(element, "lvlRestart")),
        style=_value(_child(element, "pStyle")),
    )


# The document --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Gathered:
    """The text of a paragraph, and what follows it: the notes it cites and the text boxes it anchors."""

    pieces: list[str] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)


class _Document:
    """One pass over a document; numbers and notes are counted as they come."""

    def __init__(self, package: _Package) -> None:
        main = package.related("").get("officeDocument", "word/document.xml")
        root = package.root(main)
        if root is None or _name(root) != "document" or _child(root, "body") is None:
            raise _Broken("not a Word document")
        self.body = _child(root, "body")
        related = package.related(main)

        def part(kind: str) -> Element | None:
            return package.root(related[kind]) if kind in related else None

        self.styles = _Styles(part("styles"))
        self.numbers = _Numbers.of(part("numbering"))
        self.notes = {
            kind: {_value(note, "id"): note for note in root_} if (root_ := part(kind)) is not None else {}
            for kind in ("footnotes", "endnotes")
        }
        self.cited = {"footnotes": 0, "endnotes": 0}
        self.told: dict[Element, str] = {}  # the notes that have been cited, with their signs
        core = package.related("").get("core-properties")
        self.core = package.root(core) if core else None
        self.kept = _Gathered()  # of paragraphs whose end mark was deleted: they run on into the next

    def properties(self) -> tuple[str, list[str]]:
        """Title and authors of the file's properties; a title that Word made up is none."""
        title, creator = (_text(_child(self.core, name)) for name in ("title", "creator"))
        names = re.split(r"[;；,，、]", creator)
        return "" if _NO_TITLE.fullmatch(title) else title, [name.strip() for name in names if name.strip()]

    def blocks(self) -> Iterator[Said]:
        """The blocks of the body."""
        yield from self._blocks(self.body)
        yield from self._taken(self.kept, PARAGRAPH, "")

    def _blocks(self, container: Element) -> Iterator[Said]:
        for child in container:
            name = _name(child)
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                yield from self._table(child)
            elif name in _TRANSPARENT:
                yield from self._blocks(child)
            elif name == "AlternateContent":
                yield from self._blocks(next(iter(child), ()))

    def _paragraph(self, paragraph: Element) -> Iterator[Said]:
        settings = _child(paragraph, "pPr")
        style = _value(_child(settings, "pStyle")) or self.styles.usual
        gathered, self.kept = self.kept, _Gathered()
        self._gather(paragraph, gathered, hidden=_on(self.styles.first(style, "rPr", "vanish")))
        if _child(settings, "rPr", "del") is not None:
            self.kept = gathered
            return
        mark = self._mark(settings, style)
        label, depth = self._label(settings, style)
        if depth and mark == PARAGRAPH:
            mark = Mark("paragraph", level=depth)
        yield from self._taken(gathered, mark, label)

    def _taken(self, gathered: _Gathered, mark: Mark, label: str) -> Iterator[Said]:
        text = re.sub(r"[ \t]+", " ", settled("".join(gathered.pieces))).strip(" \n")
        if text.strip():
            yield Said(labelled(label, text), TITLE if mark == _SUBTITLE and text.startswith("—") else mark)
        yield from gathered.notes
        for box in gathered.boxes:
            yield from self._blocks(box)

    def _mark(self, settings: Element | None, style: str | None) -> Mark:
        names = self.styles.names(style)
        name = names[0] if names else ""
        if name in ("subtitle", "副标题"):
            return _SUBTITLE
        if re.fullmatch(r"(?:toc|目录) ?\d|toc heading|table of figures", name):
            return Mark("front")
        if "title" in names or name in ("标题", "论文标题", "论文题目", "题名"):
            return TITLE
        outline = _integer(_child(settings, "outlineLvl"))
        if outline is None:
            outline = _integer(self.styles.first(style, "pPr", "outlineLvl"))
        if outline is None:
            named = next((m for n in names if (m := re.fullmatch(r"(?:heading|标题) ?([1-9])", n))), None)
            outline = int(named[1]) - 1 if named else None
        if outline is not None and 0 <= outline < 9:
            return Mark("heading", outline + 1)
        if "caption" in names or "题注" in names:
            return Mark("caption")
        return PARAGRAPH

    def _label(self, settings: Element | None, style: str | None) -> tuple[str, int]:
        """The number or bullet before a paragraph, and the depth of its list; nothing and 0 for none."""
        own = _child(settings, "numPr")
        number = _value(_child(own, "numId"))
        inherited = self.styles.first(style, "pPr", "numPr")
        if number is None:
            number = _value(_child(inherited, "numId"))
        if number is None or number == "0":
            return "", 0
        at = _integer(_child(own, "ilvl"))
        if at is None:
            at = _integer(_child(inherited, "ilvl"))
        if at is None:
            at = next((found for s in self.styles.chain(style)
                       if (found := self.numbers.level_of_style(number, _value(s, "styleId")))), 0)  # fmt: skip
        return self.numbers.next_label(number, at), at + 1

    def _gather(self, element: Element, gathered: _Gathered, hidden: bool = False) -> None:
        """Add the text of a paragraph or of a part of it."""
        for child in element:
            name = _name(child)
            if name == "r":
                settings = _child(child, "rPr")
                vanish = _child(settings, "vanish")
                if vanish is None:
                    vanish = self.styles.first(_value(_child(settings, "rStyle")), "rPr", "vanish")
                if _on(vanish) if vanish is not None else hidden:
                    continue
                raised = _value(_child(settings, "vertAlign")) == "superscript"
                gathered.pieces.append(RAISED if raised else "")
                self._gather(child, gathered)
                gathered.pieces.append(LOWERED if raised else "")
            elif name == "t":
                gathered.pieces.append(child.text or "")
            elif name in ("tab", "ptab"):
                gathered.pieces.append(" ")
            elif name == "cr" or (name == "br" and _value(child, "type") in (None, "textWrapping")):
                gathered.pieces.append("\n")
            elif name == "noBreakHyphen":
                gathered.pieces.append("-")
            elif name in ("footnoteReference", "endnoteReference"):
                self._cite(f"{name[:-9]}s", child, gathered)
            elif name in ("oMath", "oMathPara"):
                gathered.pieces.append(_formula(child))
            elif name == "AlternateContent":
                choice = _child(child, "Choice")
                self._gather(choice if choice is not None else child, gathered)
            elif name in ("drawing", "pict", "object"):
                gathered.boxes.extend(box for box in child.iter() if _name(box) == "txbxContent" and not _within(box))
            elif name in _TRANSPARENT or name == "Fallback":
                self._gather(child, gathered, hidden)

    def _cite(self, kind: str, reference: Element, gathered: _Gathered) -> None:
        note = self.notes[kind].get(_value(reference, "id"))
        if note is None:
            return
        if note in self.told:
            gathered.pieces.append(self.told[note])
            return
        sign = ""  # a mark of the author's own stands in the text itself
        if _value(reference, "customMarkFollows") not in ("1", "true", "on"):
            self.cited[kind] += 1
            sign = note_mark(self.cited[kind]) if kind == "footnotes" else f"[{self.cited[kind]}]"
        self.told[note] = sign
        gathered.pieces.append(sign)
        inner = [block.text for block in self._blocks(note)]
        gathered.notes.append(Said(f"{sign} {cell_text(inner)}".strip(), Mark("footnote")))

    def _table(self, table: Element) -> Iterator[Said]:
        """The rows of a table. A table of one column is a frame around its paragraphs."""
        rows = [list(_cells(row)) for row in _rows(table)]
        if max(map(len, rows), default=0) < 2:
            for row in rows:
                for _, cell in row:
                    if cell is not None:
                        yield from self._blocks(cell)
            return
        notes: list[Said] = []
        above: dict[int, str] = {}  # by column: the text of a cell that goes on downwards
        lines: list[list[Cell]] = []
        for row in rows:
            at, line = 0, []
            for columns, cell in row:
                settings = _child(cell, "tcPr")
                merge = _child(settings, "vMerge")
                text = ""
                if merge is not None and _value(merge) != "restart":
                    text = above.get(at, "")
                elif cell is not None:
                    blocks = list(self._blocks(cell))
                    text = cell_text([block.text for block in blocks if block.mark.kind != "footnote"])
                    notes.extend(block for block in blocks if block.mark.kind == "footnote")
                    above.pop(at, None)
                    if merge is not None:
                        above[at] = repeated(text)
                line.append(Cell(text, columns))
                at += columns
            lines.append(line)
        yield from (Said(line, Mark("table")) for line in row_lines(lines))
        yield from notes


def _rows(table: Element) -> Iterator[Element]:
    for child in table:
        if _name(child) == "tr" and _child(child, "trPr", "del") is None:
            yield child
        elif _name(child) in _TRANSPARENT:
            yield from _rows(child)


def _cells(row: Element) -> Iterator[tuple[int, Element | None]]:
    """The cells of a row, each with the columns it covers; None for columns that the row leaves out."""
    skipped = _integer(_child(row, "trPr", "gridBefore"))
    if skipped and skipped > 0:
        yield skipped, None
    for child in row:
        if _name(child) == "tc":
            yield max(_integer(_child(child, "tcPr", "gridSpan")) or 1, 1), child
        elif _name(child) in _TRANSPARENT:
            yield from _cells(child)


def _within(box: Element) -> bool:
    """Whether a text box stands inside another, or is the copy of one for old programs."""
    for parent in box.iterancestors():
        if _name(parent) in ("txbxContent", "Fallback"):
            return True
        if _name(parent) in ("drawing", "pict", "object"):
            return False
    return False


def _formula(element: Element) -> str:
    """A formula on one line, fractions and indices as `a/b`, `x^2`, `x_i`."""
    text = ""
    for child in element:
        name = _name(child)
        if name == "t":
            text += child.text or ""
        elif name in ("sup", "sub", "den") and _name(element) in ("sSup", "sSub", "sSubSup", "nary", "f"):
            inner = _formula(child)
            text += ({"sup": "^", "sub": "_", "den": "/"}[name] + inner) if inner else ""
        else:
            text += _formula(child)
    return text
