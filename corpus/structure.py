"""From blocks to a paper: its text, sections, sentences, tables, pages, and the facts printed on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.blocks import Draft
from corpus.clean import HAN, LABEL
from corpus.paper import Block, Kind, Page, Reference, Section, Sentence, Table
from corpus.raw import RawText
from corpus.references import entry_number
from corpus.signs import ABSTRACT, CAPTION
from corpus.traced import INSERTED

PROSE: tuple[Kind, ...] = ("abstract", "paragraph", "back", "footnote")
"""Kinds of block that are cut into sentences; of all others, each block is one unit."""

_SENTENCE_END = re.compile(
    r"(?:[。！？…]|[!?](?![A-Za-z0-9_/=&]))+[”’」』）)》】]*(?:\s?\[\d[\d,，\-– ]*\])*(?P<mark>[①-⑳](?!\s))?"
    # A full stop after a single letter or digit is an initial or a number: J. Smith; 2. National Library
    r"|(?<!\b[A-Z\d])\.(?=\s+[A-Z“\"])"
)
_NAME = re.compile(rf"[{HAN}]{{2,4}}|[{HAN}]\s[{HAN}]")
_DOI = re.compile(r"10\.\d{4,9}/[-._;()/:A-Za-z0-9]+[A-Za-z0-9)]")
_PUBLISHED = re.compile(r"Published:\s*(?P<year>(?:19|20)\d\d)|(?P<issue>(?:19|20)\d\d)\s*年第\s*\d+\s*[期卷]")
_KEYWORDS = (
    re.compile(r"[\[【〔]?关\s?键\s?词[\]】〕\s：:]*(?P<words>.+)"),
    re.compile(r"Key\s?[Ww]ords[\s：:]*(?P<words>.+)"),
)


@dataclass(frozen=True, slots=True)
class Body:
    """A paper's text and everything that stands at an offset of it."""

    text: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    tables: tuple[Table, ...]
    references: tuple[Reference, ...]
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the paper says about itself."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    doi: str | None = None
    keywords: tuple[str, ...] = ()


def build_body(drafts: Sequence[Draft], raw: RawText) -> Body:
    """Put the blocks one under the other, each on a line of its own, and find what stands where."""
    parts: list[str] = []
    origin: list[int] = []
    blocks: list[Block] = []
    headings: list[tuple[int, int, str]] = []
    at = paragraph = 0
    for draft in drafts:
        text = draft.text.text
        if parts:
            origin.append(INSERTED)
            at += 1
        if draft.kind in ("abstract", "paragraph"):
            paragraph += 1
        if draft.kind == "heading":
            headings.append((at, draft.level, " ".join(text.split())))
        blocks.append(
            Block(draft.kind, at, at + len(text), paragraph if draft.kind in ("abstract", "paragraph") else 0)
        )
        parts.append(text)
        origin.extend(draft.text.origin)
        at += len(text)
    whole = "\n".join(parts)
    return Body(
        text=whole,
        blocks=tuple(blocks),
        sections=_sections(headings, _behind(blocks), len(whole)),
        sentences=tuple(s for block in blocks for s in split_sentences(whole, block)),
        tables=_tables(whole, blocks),
        references=_references(whole, blocks),
        pages=_pages(origin, raw),
    )


def split_sentences(text: str, block: Block) -> list[Sentence]:
    """The sentences of a block, white space at their ends left out; anything but prose is one unit.

    What holds no word is no sentence, such as the sign ■ that ends an article; nor is the label of an abstract.

    >>> [摘要：“好。”他说。真的吗？（1）是。■] → “好。”, 他说。, 真的吗？, （1）是。
    """
    if block.kind not in PROSE:
        return [Sentence(block.start, block.end)] if block.end > block.start else []
    listed = re.search(
        r"[：:]\s?①", text[block.start : block.end]
    )  # here ② opens a point; elsewhere it is a note's mark
    found = _SENTENCE_END.finditer(text, block.start, block.end)
    ends = [m.start("mark") if listed and m["mark"] else m.end() for m in found]
    sentences = []
    label = ABSTRACT.match(text, block.start, block.end)
    start = label.end() if label else block.start
    for end in [*ends, block.end]:
        piece = text[start:end]
        left, right = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if re.search(r"\w", piece):
            sentences.append(Sentence(start + left, start + right))
        start = end
    return sentences


def read_facts(drafts: Sequence[Draft], labels: Iterable[str]) -> Facts:
    """Title, authors, year, DOI and keywords, from the first lines, the running heads and the last lines."""
    front = [d.text.text for d in drafts if d.kind == "front"]
    around = front + [d.text.text for d in drafts if d.kind == "back"]
    title, authors = _from_labels(labels)
    if title is None:
        title, authors = _from_front(drafts)
    doi = next((m[0] for line in around if "DOI" in line.upper() and (m := _DOI.search(line))), None)
    published = next((m for line in around if (m := _PUBLISHED.search(line))), None)
    words = next((m["words"] for pattern in _KEYWORDS for line in around if (m := pattern.match(line))), "")
    return Facts(
        title=title,
        authors=authors,
        year=int(published["year"] or published["issue"]) if published else None,
        doi=doi,
        keywords=_listed(words),
    )


def _listed(words: str) -> tuple[str, ...]:
    """The keywords of a line. Where only spaces part them, a space before a Latin word is part of a name.

    >>> _listed("制造业；制造业 USA"), _listed("制造业 国家制造创新网络 制造业 USA")
    (('制造业', '制造业 USA'), ('制造业', '国家制造创新网络', '制造业 USA'))
    """
    parts = re.split(r"[，,；;、]", words)
    if len(parts) == 1:
        parts = re.split(rf"\s+(?=[{HAN}])", words)
    return tuple(stripped for part in parts if (stripped := part.strip(" \u3000.。")))


def _from_labels(labels: Iterable[str]) -> tuple[str | None, tuple[str, ...]]:
    for label in labels:
        if match := LABEL.fullmatch(label):
            names = (re.sub(r"\s+", "", name) for name in re.split(r"[，,、]", match["authors"]))
            return match["title"].strip(), tuple(name for name in names if name and name != "等")
    return None, ()


def _from_front(drafts: Sequence[Draft]) -> tuple[str | None, tuple[str, ...]]:
    """The first line as the title and the next as authors, where the file opens like a paper."""
    opening = []
    for draft in drafts:
        if draft.kind != "front":
            break
        opening.append(draft.text.text)
    if not opening or not 4 <= len(opening[0]) <= 80 or not re.search(rf"[{HAN}A-Za-z]{{4}}", opening[0]):
        return None, ()
    if len(opening) < 2:
        return opening[0], ()
    names = re.sub(r"[\d*,，、²³¹⁴⁵†‡①-⑳]+", "　", opening[1])
    found = [re.sub(r"\s", "", name) for name in re.split(r"[　]+|(?<=[^\s])\s{2,}|\s(?=\S{2})", names) if name.strip()]
    return opening[0], tuple(found) if found and all(_NAME.fullmatch(name) for name in found) else ()


def _behind(blocks: Sequence[Block]) -> list[int]:
    """Where the notes behind the body begin, or another article's lines that nothing of the paper follows."""
    body = max((b.start for b in blocks if b.kind not in ("back", "stray", "footnote")), default=-1)
    return [b.start for b in blocks if b.kind == "back" or (b.kind == "stray" and b.start > body)]


def _sections(headings: Sequence[tuple[int, int, str]], back: Sequence[int], end: int) -> tuple[Section, ...]:
    """Each heading's reach: up to the next heading of its level or an outer one, or to the notes behind the body."""
    sections = []
    for i, (start, level, title) in enumerate(headings):
        stop = next((at for at, other, _ in headings[i + 1 :] if other <= level), end)
        sections.append(Section(title, level, start, min([stop, *(at for at in back if at > start)])))
    return tuple(sections)


def _references(text: str, blocks: Sequence[Block]) -> tuple[Reference, ...]:
    """The numbered entries of the list of references, or of the several lists."""
    entries = ((block, entry_number(text[block.start : block.end])) for block in blocks if block.kind == "reference")
    return tuple(Reference(number, block.start, block.end) for block, number in entries if number is not None)


def _tables(text: str, blocks: Sequence[Block]) -> tuple[Table, ...]:
    """The tables: a caption and the rows next to it. Cells are told apart where tabs part them.

    Rows without a caption continue the table whose column names they repeat.
    """
    tables: list[Table] = []
    named: dict[str, tuple[str, str]] = {}  # number and caption by the first row
    for loose, run in groupby(blocks, key=lambda block: block.kind in ("caption", "table")):
        group = list(run) if loose else []
        lines = [text[block.start : block.end] for block in group]
        captions = [i for i, block in enumerate(group) if block.kind == "caption"]
        own = [i for i in captions if lines[i].startswith("表")] or [
            i for i in captions if lines[i].startswith("Table")
        ]
        if group and not captions and lines[0] in named:
            tables.append(_table(*named[lines[0]], group, text))
        for i in own:
            match = CAPTION.fullmatch(lines[i])
            before = max([j for j in captions if j < i], default=-1)
            after = min((j for j in captions if j > i and lines[j][:5] != "Table"), default=len(group))
            first = before + 1 if i == own[0] else i
            if match:
                number, caption = match["label"].replace(" ", ""), match["text"]
                tables.append(_table(number, caption, group[first:after], text))
                if rows := [lines[j] for j in range(first, after) if group[j].kind == "table"]:
                    named.setdefault(rows[0], (number, caption))
    return tuple(tables)


def _table(number: str, caption: str, group: Sequence[Block], text: str) -> Table:
    rows = [_cells(text, block) for block in group if block.kind == "table"]
    ruled = [row for row in rows if len(row) == len(rows[0]) > 1]
    header, body = (ruled[0], tuple(ruled[1:])) if len(ruled) > 1 and len(ruled) >= 0.5 * len(rows) else ((), ())
    return Table(number, caption, group[0].start, group[-1].end, header, body)


def _cells(text: str, block: Block) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in text[block.start : block.end].split("\t"))


def _pages(origin: Sequence[int], raw: RawText) -> tuple[Page, ...]:
    """Runs of the text by page; characters without an origin belong to the run that they stand in."""
    runs: list[Page] = []
    for at, source in enumerate(origin):
        page = raw.page_at(source) if source != INSERTED else None
        if page is None:
            if runs:
                runs[-1] = _until(runs[-1], at + 1)
        elif runs and runs[-1].number == page.number:
            runs[-1] = _until(runs[-1], at + 1)
        else:
            runs.append(Page(page.number, page.label, at, at + 1))
    return tuple(runs)


def _until(page: Page, end: int) -> Page:
    return Page(page.number, page.label, page.start, end)
