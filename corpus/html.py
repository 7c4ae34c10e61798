"""HTML pages: what a visitor reads, block by block, and what the tags say of it.

lxml builds the tree as forgivingly as a browser. Scripts, styles, navigation, page footers, fields and hidden elements
are not read; what a form holds is, since many a site puts its whole page into one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from corpus.errors import EncodingUnknown, FileDamaged, FileEmpty
from corpus.marked import LOWERED, PARAGRAPH, RAISED, Cell, Said, cell_text, labelled, raw_text, row_lines, settled
from corpus.numerals import note_mark, numeral
from corpus.raw import Mark, RawText
from corpus.text import decode

Element = Any
"""An lxml element; lxml carries no types."""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hr html legend li main menu ol p pre section summary table tbody td tfoot th thead"
    " tr ul".split()
)
_UNREAD = frozenset(
    "applet area audio base button canvas datalist del embed head iframe input link map meta nav noframes noscript"
    " object option script select style svg template textarea title video rt rp annotation annotation-xml".split()
)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE)
_HIDDEN_CLASS = re.compile(r"\b(?:sr-only|visually-hidden|screen-reader-text)\b")
_TAG = re.compile(r"(?i)<(?:!doctype|html|head|meta|title|body|p|div|h[1-6]|table|br|span|ul|ol|pre|a|b|font|center)\b")
_NOTE_ID = re.compile(r"(?i)(?:user-content-)?_?(?:sd)?(?:fn|ftn|edn|foot-?note|end-?note|note)(?!ref)[\w:.-]*")
_NOTE_REF = re.compile(r"(?i)noteref|footnote-?ref|fnref")
_NOTE_SIGN = re.compile(r"[\[(（〔]?(?:注\s?)?(?P<sign>\d{1,3}|[①-⑳*†‡§]{1,2}|[ivx]{1,5})[\])）〕]?")
_BACK = re.compile("[\\[\\]\\d①-⑳*†‡^↑↩\ufe0e\ufe0f\\sivx]*")
_PICTURE_FILE = re.compile(r"(?i).*\.(?:png|jpe?g|gif|svg|webp|bmp)|图片|image|picture|img")
_CHARSET = re.compile(
    rb"(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,80}?encoding)\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE
)
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_HTML_SPACE = re.compile(r"[ \t\r\n\f]+")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_html(data: bytes, file: str) -> RawText:
    """The blocks of a page, one a line, with what their tags say.

    The encoding is told by a byte order mark, by strict UTF-8, by the page's own word, or as in a text file.
    Raises `FileEmpty` where there is nothing to read, `EncodingUnknown`, and `FileDamaged` for what is no HTML.
    """
    if not data.strip():
        raise FileEmpty(file=file)
    if data.startswith((b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileDamaged(file=file, detail="a PDF file" if data.startswith(b"%PDF") else "an office file or archive")
    page = _decoded(data, file)
    if not _TAG.search(page):
        raise FileDamaged(file=file, detail="no HTML tags")
    try:
        blocks, title, authors = blocks_of(page)
    except ValueError as exc:
        raise FileDamaged(file=file, detail=str(exc)) from exc
    if not any(block.text.strip() for block in blocks):
        raise FileEmpty(file=file)
    return raw_text(blocks, title, authors, shown=True)


def _decoded(data: bytes, file: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            names = [encoding]
            break
    else:
        declared = _CHARSET.search(data[:4096])
        name = declared[1].decode("ascii").lower() if declared else ""
        # A page that says GB2312 uses characters beyond it as often as not; GB18030 holds them all.
        names = ["utf-8", "gb18030" if name in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "gb18030") else name]
    for name in names:
        try:
            text = data.decode(name) if name else ""
        except (UnicodeDecodeError, LookupError):
            continue
        if text and "\x00" not in text:
            return text
    if len(names) == 1 or names[1]:
        raise EncodingUnknown(file=file)
    return decode(data, file)


def blocks_of(page: str) -> tuple[list[Said], str, list[str]]:
    """The blocks of a page, and the title and the authors that its head names. Raises `ValueError` for a monster."""
    if not page.strip():
        return [], "", []
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        root = None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise ValueError("tags nested too deeply")  # what is deeper was dropped without a word
    if root is None:
        return [], "", []
    metas = [(str(e.get("name", "")).lower(), str(e.get("content", "")).strip()) for e in root.iter("meta")]
    named = [text for wanted in ("citation_title", "dc.title") for name, text in metas if name == wanted and text]
    head = root.find(".//title")
    title = named[0] if named else " ".join("".join(head.itertext()).split()) if head is not None else ""
    authors = [text for name, text in metas if name == "citation_author" and text] or [
        part for name, text in metas if name == "author" for part in re.split(r"[,，;；、\s]+", text) if part
    ]
    notes = _Notes(root)
    return list(_Walk(root, notes).blocks()), title, authors


class _Notes:
    """The footnotes of a page: which link cites which element, and what is not to be read in its own place."""

    def __init__(self, root: Element) -> None:
        self.cited: dict[Element, tuple[str, Element]] = {}  # the link: its sign, the note
        self.moved: set[Element] = set()
        self.told: set[Element] = set()
        links = [link for link in root.iter("a") if str(link.get("href", "")).startswith("#")]
        anchors = {str(e.get(key)): e for key in ("name", "id") for e in root.iter() if e.get(key)} if links else {}
        place = {element: i for i, element in enumerate(root.iter())} if links else {}
        for link in links:
            told = " ".join(
                str(e.get(key, "")) for e in (link, link.getparent()) for key in ("role", "class", "type", "epub:type")
            )
            name, text = str(link.get("href"))[1:], "".join(link.itertext()).strip()
            sign = _NOTE_SIGN.fullmatch(text)
            note = _block_around(anchors.get(name))
            if note is None or not sign or not (_NOTE_ID.fullmatch(name) or _NOTE_REF.search(told)):
                continue
            if place[note] < place[link]:  # the way back, from the note to the text
                continue
            self.cited[link] = (note_mark(int(sign["sign"])) if sign["sign"].isdigit() else sign["sign"], note)
            self.moved.add(note)
        self.back = {
            link for link in links if link not in self.cited and _BACK.fullmatch("".join(link.itertext()))
            and any(parent in self.moved for parent in link.iterancestors())
        }  # fmt: skip


def _block_around(anchor: Element | None) -> Element | None:
    while anchor is not None and anchor.tag not in ("p", "li", "div", "dd", "aside", "td"):
        anchor = anchor.getparent()
    return anchor


class _Walk:
    """One walk through an element. Text gathers until a block begins or ends; pictures and notes follow the block."""

    def __init__(self, root: Element, notes: _Notes, is_note: bool = False) -> None:
        self.root, self.notes, self.is_note = root, notes, is_note
        self.waiting: list[tuple[str, Element]] = []  # notes that are cited and not yet read
        self.pieces: list[str] = []
        self.behind: list[Said] = []
        self.marks: list[Mark] = [PARAGRAPH]
        self.lists: list[tuple[str, int]] = []  # type and next number
        self.label = ""
        self.drawn = 0  # within so many <pre>

    def blocks(self) -> Iterator[Said]:
        """The blocks, in the order of the page."""
        walk = etree.iterwalk(self.root, events=("start", "end"))
        passed: Element = None
        for event, element in walk:
            if event == "start":
                if element is not self.root and self._unread(element):
                    passed = element
                    walk.skip_subtree()
                elif element.tag == "a" and element in self.notes.cited:
                    self._cite(element)
                    passed = element
                    walk.skip_subtree()
                elif element.tag == "table" and element is not self.root and _is_data(element):
                    yield from self._flushed()
                    yield from self._table(element)
                    passed = element
                    walk.skip_subtree()
                else:
                    if element.tag in _BLOCKS:
                        yield from self._flushed()
                        self._enter(element)
                    self._inline(element)
                    self._add(element.text)
                continue
            if element is passed:
                passed = None
            elif element.tag in _BLOCKS:
                yield from self._flushed()
                self._leave(element)
            if element.tag == "sup":
                self.pieces.append(LOWERED)
            if element is not self.root:
                self._add(element.tail)
        yield from self._flushed()
        if self.root.getparent() is None:
            for link, (_, note) in self.notes.cited.items():  # links that are not read themselves, as in a menu
                if note not in self.notes.told:
                    self._cite(link)
            self.pieces = []
            yield from self._cited()

    def _unread(self, element: Element) -> bool:
        if element in self.notes.moved or element in self.notes.back or not isinstance(element.tag, str):
            return True
        if element.tag in _UNREAD or element.get("hidden") is not None or element.get("aria-hidden") == "true":
            return True
        if element.get("role") in ("navigation", "banner", "contentinfo", "search"):
            return True
        if element.tag == "div" and element.get("title") in ("header", "footer"):  # so LibreOffice writes them
            return True
        if element.tag in ("header", "footer"):  # those of the page; an article's hold its title and its notes
            around = {parent.tag for parent in element.iterancestors()}
            return not around & {"article", "main", "section"} and next(element.iter("h1", "h2"), None) is None
        style, names = str(element.get("style", "")), str(element.get("class", ""))
        return bool(_HIDDEN.search(style) or _HIDDEN_CLASS.search(names))

    def _enter(self, element: Element) -> None:
        tag = element.tag
        mark = self.marks[-1]
        if re.fullmatch("h[1-6]", tag):
            mark = Mark("heading", int(tag[1]))
        elif tag in ("caption", "figcaption"):
            mark = Mark("caption")
        elif tag in ("ol", "ul", "menu", "dir"):
            self.lists.append((str(element.get("type", "1")) if tag == "ol" else "", _number(element.get("start"), 1)))
        elif tag == "li" and self.lists:
            mark = Mark("paragraph", level=len(self.lists))
            kind, number = self.lists[-1]
            number = _number(element.get("value"), number)
            self.label = f"{numeral(number, _FORMS.get(kind, 'decimal'))}." if kind else "•"
            self.lists[-1] = (kind, number + 1)
        self.marks.append(mark)
        self.drawn += tag == "pre"

    def _leave(self, element: Element) -> None:
        self.marks.pop()
        self.drawn -= element.tag == "pre"
        if element.tag in ("ol", "ul", "menu", "dir"):
            self.lists.pop()
        elif element.tag == "li":
            self.label = ""

    def _inline(self, element: Element) -> None:
        alt = " ".join(str(element.get("alt", "")).split()) if element.tag == "img" else ""
        if element.tag == "br":
            self.pieces.append("\n")
        elif element.tag == "sup":
            self.pieces.append(RAISED)
        elif alt and not _PICTURE_FILE.fullmatch(alt):
            self.behind.append(Said(alt, Mark("figure")))

    def _add(self, text: str | None) -> None:
        if text:
            self.pieces.append(text if self.drawn else _HTML_SPACE.sub(" ", text))

    def _cite(self, link: Element) -> None:
        sign, note = self.notes.cited[link]
        self.pieces.append(sign)
        if note not in self.notes.told:
            self.notes.told.add(note)
            self.waiting.append((sign, note))

    def _cited(self) -> Iterator[Said]:
        """The notes that wait, and those that they cite in turn."""
        while self.waiting:
            sign, note = self.waiting.pop(0)
            walk = _Walk(note, self.notes, is_note=True)
            text = cell_text([block.text for block in walk.blocks()])
            self.waiting.extend(walk.waiting)
            own = re.match(rf"{re.escape(sign)}\s*", text)
            yield Said(f"{sign} {text[own.end() if own else 0 :]}", Mark("footnote"))

    def _flushed(self) -> Iterator[Said]:
        text, self.pieces = settled("".join(self.pieces)), []
        behind, self.behind = self.behind, []
        mark = self.marks[-1]
        if self.drawn:
            yield from (Said(line, PARAGRAPH) for line in text.split("\n") if line.strip())
        else:
            text = re.sub(" *\n *", "\n", re.sub(" +", " ", text)).strip(" \n")
            if text.strip():
                # A blank within the text of a list item or a heading parts nothing.
                whole = text if mark.kind == "paragraph" and not self.label else re.sub(r"\n+", "\n", text)
                label, self.label = self.label, ""
                yield Said(labelled(label, whole), mark)
        yield from behind
        if not self.is_note:
            yield from self._cited()

    def _table(self, table: Element) -> Iterator[Said]:
        behind: list[Said] = []
        rows: list[list[Cell]] = []
        for part in table.iter("caption", "tr"):
            if part.tag == "caption":
                inner = list(_Walk(part, self.notes).blocks())
                yield Said(cell_text([b.text for b in inner if b.mark.kind != "footnote"]), Mark("caption"))
                behind.extend(b for b in inner if b.mark.kind == "footnote")
                continue
            row = []
            for cell in part.iterchildren("td", "th"):
                inner = [] if self._unread(cell) else list(_Walk(cell, self.notes).blocks())
                loose = [b for b in inner if b.mark.kind in ("footnote", "figure")]
                text = cell_text([b.text for b in inner if b not in loose])
                row.append(Cell(text, *(max(_number(cell.get(key), 1), 1) for key in ("colspan", "rowspan"))))
                behind.extend(loose)
            rows.append(row)
        yield from (Said(line, Mark("table")) for line in row_lines(rows))
        yield from behind


def _is_data(table: Element) -> bool:
    """Whether a table holds data; many an old page is laid out in tables."""
    if next(table.iter("h1", "h2", "h3", "h4", "h5", "h6"), None) is not None or table.get("role") == "presentation":
        return False
    inner = [e for e in table.iter("table") if e is not table]
    widest = max((sum(1 for _ in row.iterchildren("td", "th")) for row in table.iter("tr")), default=0)
    return not inner and widest > 1


def _number(value: str | None, default: int) -> int:
    found = re.match(r"\s*(\d{1,6})", value or "")
    return int(found[1]) if found else default
