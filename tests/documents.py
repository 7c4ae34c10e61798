"""Word documents for tests: made with python-docx, and the parts that it cannot write put in as XML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.document import Document as DocxDocument
from docx.oxml import parse_xml

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NAMESPACES = (
    f'{WORD} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)


def new_document() -> DocxDocument:
    """An empty document whose properties name no one."""
    document = Document()
    document.core_properties.author = document.core_properties.title = ""
    return document


def add_xml(document: DocxDocument, xml: str) -> None:
    """Add a block to the end of the body as WordprocessingML; `w:` is declared."""
    block = parse_xml(re.sub(r"^<w:\w+", lambda tag: f"{tag[0]} {NAMESPACES}", xml))
    document.element.body.insert(len(document.element.body) - 1, block)


def run(text: str, properties: str = "") -> str:
    """A run of text as XML."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def note(number: int, kind: str = "footnote") -> str:
    """A reference to a note as XML."""
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def notes_part(notes: Mapping[int, str], kind: str = "footnote") -> str:
    """footnotes.xml or endnotes.xml with these notes, the separators that Word always writes before them."""
    parts = [f'<w:{kind} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{kind}>']
    parts += [
        f'<w:{kind} w:id="{i}"><w:p><w:r><w:{kind}Ref/></w:r>{run(" " + text)}</w:p></w:{kind}>'
        for i, text in notes.items()
    ]
    return f"<w:{kind}s {WORD}>{''.join(parts)}</w:{kind}s>"


def numbering_part(abstracts: list[str], numbers: Mapping[int, tuple[int, str]]) -> str:
    """numbering.xml: abstract numberings by their place, and by number the abstract one with its overrides."""
    made = [
        f'<w:abstractNum w:abstractNumId="{i}"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        for i, levels in enumerate(abstracts)
    ]
    made += [
        f'<w:num w:numId="{i}"><w:abstractNumId w:val="{abstract}"/>{overrides}</w:num>'
        for i, (abstract, overrides) in numbers.items()
    ]
    return f"<w:numbering {WORD}>{''.join(made)}</w:numbering>"


def level(at: int, form: str, text: str, more: str = "") -> str:
    """A level of an abstract numbering as XML."""
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'
    )


def item(text: str, number: int, at: int = 0) -> str:
    """A numbered paragraph as XML."""
    return f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr></w:pPr>{run(text)}</w:p>'


def saved(document: DocxDocument, **parts: str) -> bytes:
    """The document's bytes; `parts` such as `footnotes` take their XML into the package, or replace what it has."""
    out = io.BytesIO()
    document.save(out)
    if not parts:
        return out.getvalue()
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    types, relations = files["[Content_Types].xml"].decode(), files["word/_rels/document.xml.rels"].decode()
    for kind, xml in parts.items():
        name = f"word/{kind}.xml"
        if name not in files:
            content = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml"
            types = types.replace("</Types>", f'<Override PartName="/{name}" ContentType="{content}"/></Types>')
            relation = f'<Relationship Id="x{kind}" Type="{RELATIONS}/{kind}" Target="{kind}.xml"/></Relationships>'
            relations = relations.replace("</Relationships>", relation)
        files[name] = xml.encode()
    files["[Content_Types].xml"], files["word/_rels/document.xml.rels"] = types.encode(), relations.encode()
    return packed(files)


def packed(files: Mapping[str, Any]) -> bytes:
    """A ZIP archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
