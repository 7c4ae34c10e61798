"""A conversation as a Word document (.docx) whose quotations are footnotes.

>>> data = document([Said(answer.question, answer)], index.papers, datetime(2026, 11, 25))
>>> data[:2]
b'PK'

The package is written here, part by part (ECMA-376, transitional): python-docx 1.2 knows no footnotes, and stamps the
time into the archive. The same conversation gives the same bytes. Footnotes are Word's own: they stand at the foot of
the page on which they are marked, and Word renumbers them where text is put in. A quotation that is marked again later
is referred to by a field (NOTEREF), as Word does it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from corpus.clean import HAN
from corpus.errors import Language
from corpus.paper import Paper
from qa.citation import Citation, PaperRef
from qa.export import LABELS, NEAREST, Labels, Notes, Said, known_paper, one_line, passage_place, place, runs
from qa.reference import gbt7714

Element = Any
"""An lxml element; lxml carries no types."""
_TITLE_CHARACTERS = 80
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) has no place for, not even as a reference."""
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def document(turns: Sequence[Said], papers: Mapping[str, Paper], written: datetime, language: Language = "zh") -> bytes:
    """A conversation: every question with its answer and the footnotes of that, the papers quoted at the end.

    A footnote is the quotation, its reference in GB/T 7714 and its place; `written` is the date of the document. What
    XML cannot hold, such as a control character, is shown as U+FFFD.
    """
    text = _Text(turns, papers, LABELS[language], language)
    title = _held(one_line(turns[0].question)[:_TITLE_CHARACTERS]) if turns else ""
    body = _w("body", *text.blocks(title, written), etree.fromstring(_PAGE))
    footnotes = _w("footnotes", *map(etree.fromstring, _SEPARATORS), *text.notes)
    return _package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATIONS,
            "docProps/core.xml": _properties(title, written),
            "word/_rels/document.xml.rels": _PARTS,
            "word/document.xml": _told(_w("document", body)),
            "word/fontTable.xml": _FONTS,
            "word/footnotes.xml": _told(footnotes),
            "word/settings.xml": _SETTINGS,
            "word/styles.xml": _STYLES,
        },
        written,
    )


@dataclass(slots=True)
class _Text:
    """One pass over a conversation; the footnotes are gathered as they are marked."""

    turns: Sequence[Said]
    papers: Mapping[str, Paper]
    labels: Labels
    language: Language
    notes: list[Element] = field(default_factory=list)

    def blocks(self, title: str, written: datetime) -> Iterator[Element]:
        """The paragraphs of the body."""
        listed = Notes.of(self.turns)
        alone = len(self.turns) == 1
        yield _paragraph("Title", _run(title if alone else self.labels.title))
        yield _paragraph("Subtitle", _run(self.labels.written.format(date=f"{written:%Y-%m-%d}")))
        for at, said in enumerate(self.turns):
            if not alone:
                yield _paragraph("Heading1", _run(one_line(said.question)))
            if said.completed:
                yield _paragraph("Remark", _run(self.labels.understood.format(question=said.completed)))
            yield from self._refused(said) if said.answer.abstained else self._answered(at, said, listed)
            if said.answer.notice:
                yield _paragraph("Remark", _run(one_line(said.answer.notice)))
        if listed.papers:
            yield _paragraph("Heading1", _run(self.labels.references))
        for number, ref in enumerate(listed.papers, 1):
            yield _paragraph("Bibliography", _run(f"[{number}] {self._reference(ref)}"))

    def _answered(self, at: int, said: Said, listed: Notes) -> Iterator[Element]:
        """The statements as one paragraph; where every paper is asked, a paragraph a paper."""
        lines: list[list[Element]] = []
        for statement in said.answer.statements:
            line = [_run(f"{statement.about}：", strong=True)] if statement.about else []
            line += [_run(text, strong=strong) for text, strong in runs(statement) if text]
            for nth, citation in enumerate(said.cited(statement)):
                line += [_raised(",")] if nth else []  # ¹³ would be the thirteenth
                line += self._mark(listed.numbers[at, citation.n], said, citation)
            lines.append(line)
        if any(statement.about for statement in said.answer.statements):
            yield from (_paragraph("ListParagraph", *line) for line in lines)
        else:
            spaced = [[_run(" "), *line] if number else line for number, line in enumerate(lines)]
            yield _paragraph("BodyText", *(piece for line in spaced for piece in line))

    def _refused(self, said: Said) -> Iterator[Element]:
        """A refusal, and the passages that come nearest, which answer nothing."""
        refused = _run(f"{self.labels.refused}{self.labels.colon}", strong=True)
        yield _paragraph("BodyText", refused, _run(one_line(said.answer.text)))
        nearest = said.answer.passages[:NEAREST]
        if nearest:
            yield _paragraph("Remark", _run(f"{self.labels.nearest}{self.labels.colon}".rstrip()))
        for passage in nearest:
            source = f"{self._reference(passage.paper)} {passage_place(passage, self.language)}".rstrip()
            yield _paragraph("Quote", _run(f"“{one_line(passage.text)}” {source}"))

    def _mark(self, number: int, said: Said, citation: Citation) -> list[Element]:
        """The mark of a footnote, which is written when it is first marked; after that, a field that refers to it."""
        name = f"_RefNote{number}"
        if number <= len(self.notes):
            return [_w("fldSimple", _raised(str(number)), instr=f" NOTEREF {name} \\f \\h ")]
        self.notes.append(self._note(number, said, citation))
        mark = _w("r", _w("rPr", _w("rStyle", val="FootnoteReference")), _w("footnoteReference", id=number))
        return [_w("bookmarkStart", id=number, name=name), mark, _w("bookmarkEnd", id=number)]

    def _note(self, number: int, said: Said, citation: Citation) -> Element:
        where, gone = place(citation, self.language), self.labels.gone.get(said.state(citation))
        told = f" “{one_line(citation.quote)}” {self._reference(citation.paper)}"
        told += f" {where}" if where else ""
        told += f"（{gone}）" if gone else ""
        mark = _w("r", _w("rPr", _w("rStyle", val="FootnoteReference")), _w("footnoteRef"))
        return _w("footnote", _paragraph("FootnoteText", mark, _run(told)), id=number)

    def _reference(self, ref: PaperRef) -> str:
        return gbt7714(known_paper(ref, self.papers))


# The elements --------------------------------------------------------------------------------------------------------


def _w(name: str, /, *inner: Element | str, **attributes: object) -> Element:
    """An element of WordprocessingML, its attributes of the same namespace."""
    element = etree.Element(
        f"{{{_WORD}}}{name}",
        {f"{{{_WORD}}}{key}": str(value) for key, value in attributes.items()},
        nsmap={"w": _WORD, "r": _OFFICE},
    )
    for part in inner:
        if isinstance(part, str):
            element.text = part
        else:
            element.append(part)
    return element


def _paragraph(style: str, *pieces: Element) -> Element:
    return _w("p", _w("pPr", _w("pStyle", val=style)), *pieces)


def _run(text: str, *, strong: bool = False) -> Element:
    """Text in one form. In Chinese text the marks that both scripts have, such as “ ” and …, are set as Chinese."""
    settings = [_w("rFonts", hint="eastAsia")] if re.search(f"[{HAN}]", text) else []
    settings += [_w("b")] if strong else []
    told = _w("t", _held(text))
    told.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return _w("r", *([_w("rPr", *settings)] if settings else []), told)


def _raised(text: str) -> Element:
    """What stands among the marks of footnotes."""
    settings = _w("rPr", _w("rStyle", val="FootnoteReference"), _w("vertAlign", val="superscript"))
    return _w("r", settings, _w("t", text))


def _held(text: str) -> str:
    """The text as XML can hold it."""
    return _NO_XML.sub("\ufffd", text)


def _told(root: Element) -> str:
    etree.cleanup_namespaces(root)
    return _HEAD + str(etree.tostring(root, encoding="unicode"))


def _properties(title: str, written: datetime) -> str:
    core, dc, terms = (
        f"{_PACKAGE}/metadata/core-properties",
        "http://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/terms/",
    )
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    root = etree.Element(f"{{{core}}}coreProperties", nsmap={"cp": core, "dc": dc, "dcterms": terms, "xsi": xsi})
    for name, text in (("title", title), ("creator", "引据"), ("language", "zh-CN")):
        etree.SubElement(root, f"{{{dc}}}{name}").text = text
    for name in ("created", "modified"):
        date = etree.SubElement(root, f"{{{terms}}}{name}", {f"{{{xsi}}}type": "dcterms:W3CDTF"})
        date.text = f"{written.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return _HEAD + str(etree.tostring(root, encoding="unicode"))


def _package(parts: Mapping[str, str], written: datetime) -> bytes:
    """The archive; its files are dated `written`, as far as the calendar of archives goes: from 1980 to 2107."""
    date = min(max(written.timetuple()[:6], (1980, 1, 1, 0, 0, 0)), (2107, 12, 31, 23, 59, 58))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name, date)
            part.create_system = 0  # the same on every system
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, text.encode())
    return data.getvalue()


# The parts that are always the same ----------------------------------------------------------------------------------

_PART = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_PART}.document.main+xml"/>'
    + "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_PART}.{name}+xml"/>'
        for name in ("fontTable", "footnotes", "settings", "styles")
    )
    + '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
_PARTS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    + "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>'
        for number, name in enumerate(("styles", "settings", "fontTable", "footnotes"), 1)
    )
    + "</Relationships>"
)
_PAGE = (
    f'<w:sectPr xmlns:w="{_WORD}"><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1440" w:right="1701" w:bottom="1440" w:left="1701" w:header="851" w:footer="992" w:gutter="0"/>'
    "</w:sectPr>"
)
"""A4 with the margins of Word's Chinese template, in twentieths of a point."""
_SEPARATORS = tuple(
    f'<w:footnote xmlns:w="{_WORD}" w:type="{kind}" w:id="{number}"><w:p><w:pPr>'
    f'<w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:r><w:{kind}/></w:r></w:p></w:footnote>'
    for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
)
_SETTINGS = (
    f'{_HEAD}<w:settings xmlns:w="{_WORD}"><w:characterSpacingControl w:val="compressPunctuation"/>'
    '<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
    '<w:compat><w:compatSetting w:name="compatibilityMode"'
    ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
)


def _font(name: str, other: str, family: str, charset: str) -> str:
    return (
        f'<w:font w:name="{name}">' + (f'<w:altName w:val="{other}"/>' if other else "")
        + f'<w:charset w:val="{charset}"/><w:family w:val="{family}"/><w:pitch w:val="variable"/></w:font>'
    )  # fmt: skip


# By their English names, which every system resolves; the other names are for those that lack them.
_FONTS = (
    f'{_HEAD}<w:fonts xmlns:w="{_WORD}">{_font("Times New Roman", "", "roman", "00")}'
    f"{_font('宋体', 'SimSun,Songti SC,Noto Serif CJK SC,Source Han Serif SC', 'roman', '86')}"
    f"{_font('黑体', 'SimHei,Heiti SC,Noto Sans CJK SC,Source Han Sans SC', 'swiss', '86')}</w:fonts>"
)


def _style(
    key: str, name: str, paragraph: str = "", text: str = "", kind: str = "paragraph", based: str = "Normal"
) -> str:
    """A style. `paragraph` and `text` are the settings of its paragraphs and runs."""
    default, custom = ' w:default="1"' if not based else "", ' w:customStyle="1"' if key == "Remark" else ""
    return (
        f'<w:style w:type="{kind}" w:styleId="{key}"{default}{custom}><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{based}"/>' if based else "")
        + ("<w:qFormat/>" if kind == "paragraph" else "")
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{text}</w:rPr>" if text else "")
        + "</w:style>"
    )


_BLACK = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="SimHei" w:cs="Arial"/>'
_STYLES = (
    f'{_HEAD}<w:styles xmlns:w="{_WORD}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="SimSun" w:cs="Times New Roman"/>'
    '<w:kern w:val="2"/><w:sz w:val="24"/><w:szCs w:val="24"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'
    "</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"
    + _style("Normal", "Normal", '<w:jc w:val="both"/>', based="")
    + _style("DefaultParagraphFont", "Default Paragraph Font", kind="character", based="")
    + _style(
        "Title", "Title", '<w:spacing w:before="240" w:after="60"/><w:jc w:val="center"/>',
        f'{_BLACK}<w:b/><w:sz w:val="36"/><w:szCs w:val="36"/>',
    )
    + _style(
        "Subtitle", "Subtitle", '<w:spacing w:after="240"/><w:jc w:val="center"/>',
        '<w:color w:val="595959"/><w:sz w:val="21"/><w:szCs w:val="21"/>',
    )
    + _style(
        "Heading1", "heading 1",
        '<w:keepNext/><w:spacing w:before="360" w:after="120"/><w:jc w:val="left"/><w:outlineLvl w:val="0"/>',
        f'{_BLACK}<w:b/><w:sz w:val="28"/><w:szCs w:val="28"/>',
    )
    + _style("BodyText", "Body Text", '<w:spacing w:after="120" w:line="360" w:lineRule="auto"/>')
    + _style(
        "ListParagraph", "List Paragraph",
        '<w:spacing w:after="60" w:line="360" w:lineRule="auto"/><w:ind w:left="420" w:hanging="420"/>',
    )
    + _style("Quote", "Quote", '<w:spacing w:after="120"/><w:ind w:left="420" w:right="420"/><w:jc w:val="left"/>',
             '<w:sz w:val="21"/><w:szCs w:val="21"/>')
    + _style("Remark", "Remark", '<w:keepNext/><w:spacing w:after="120"/>',
             '<w:color w:val="595959"/><w:sz w:val="21"/><w:szCs w:val="21"/>')
    + _style("Bibliography", "Bibliography",
             '<w:spacing w:after="60"/><w:ind w:left="420" w:hanging="420"/><w:jc w:val="left"/>',
             '<w:sz w:val="21"/><w:szCs w:val="21"/>')
    + _style("FootnoteText", "footnote text", '<w:snapToGrid w:val="0"/><w:jc w:val="left"/>',
             '<w:sz w:val="18"/><w:szCs w:val="18"/>')
    + _style("FootnoteReference", "footnote reference", text='<w:vertAlign w:val="superscript"/>', kind="character",
             based="DefaultParagraphFont")
    + "</w:styles>"
)  # fmt: skip
