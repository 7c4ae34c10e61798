"""From blocks to a paper: its text, sections, sentences, tables, pages, and the facts printed on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from corpus.clean import HAN, LABEL
from corpus.draft import Draft
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
        tables=_tables(drafts, blocks),
        references=_references(whole, blocks),
        pages=_pages(origin, raw),
    )


def split_sentences(text: str, block: Block) -> list[Sentence]:
    """The sentences of a block, white space at their ends left out; anything but prose is one unit.

    What holds no word is no sentence, such as the sign ■ that ends an article; nor is the label of an abstract.

    >>> [摘要：“好。”他说。真的吗？（1）是。■] → “好。”, 他说。, 真的吗？, （1）是。
    """
    if block.kind not in PROSE:
        unit = text[block.start : block.end]  # a table row may begin and end with empty cells
        left, right = len(unit) - len(unit.lstrip()), len(unit.rstrip())
        return [Sentence(block.start + left, block.start + right)] if right else []
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


def read_facts(
    drafts: Sequence[Draft], labels: Iterable[str], given_title: str | None = None, given_authors: Sequence[str] = ()
) -> Facts:
    """Title, authors, year, DOI and keywords, from the first lines, the running heads and the last lines.

    A title that the format states comes first, one given by the file's properties last; authors of the properties count
    only where the first lines name all of them, since the properties often name a template's author.
    """
    front = [d.text.text for d in drafts if d.kind == "front"]
    around = front + [d.text.text for d in drafts if d.kind == "back"]
    title, authors = _from_labels(labels)
    if title is None or any(_states_title(draft) for draft in drafts):
        title, authors = _from_front(drafts)
    named = ["".join(name.split()) for name in given_authors]
    if not authors and named and all(name in "".join("".join(front).split()) for name in named):
        authors = tuple(named if re.search(f"[{HAN}]", named[0]) else (" ".join(n.split()) for n in given_authors))
    doi = next((m[0] for line in around if "DOI" in line.upper() and (m := _DOI.search(line))), None)
    published = next((m for line in around if (m := _PUBLISHED.search(line))), None)
    words = next((m["words"] for pattern in _KEYWORDS for line in around if (m := pattern.match(line))), "")
    return Facts(
        title=title or given_title,
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
    """The title that the file states, or its first line where it opens like a paper; the next line as authors."""
    first = next((i for i, draft in enumerate(drafts) if _states_title(draft)), None)
    unnoted = (draft for draft in drafts[first or 0 :] if draft.kind != "footnote")
    opening = list(takewhile(lambda draft: draft.kind == "front", unnoted))
    parts = list(takewhile(_states_title, opening)) or opening[:1]
    title = "".join(part.text.text for part in parts)
    if first is None and (not 4 <= len(title) <= 80 or not re.search(rf"[{HAN}A-Za-z]{{4}}", title)):
        return None, ()
    if len(opening) == len(parts):
        return title, ()
    line = re.sub(r"^作\s*者\s*[：:]", "", opening[len(parts)].text.text)
    names = re.sub(r"[\d*,，、⁰¹²³⁴-⁹†‡①-⑳]+", "　", line)
    found = [re.sub(r"\s", "", name) for name in re.split(r"[　]+|(?<=[^\s])\s{2,}|\s(?=\S{2})", names) if name.strip()]
    return title, tuple(found) if found and all(_NAME.fullmatch(name) for name in found) else ()


def _states_title(draft: Draft) -> bool:
    return draft.kind == "front" and draft.level > 0


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


def _tables(drafts: Sequence[Draft], blocks: Sequence[Block]) -> tuple[Table, ...]:
    """The tables that `corpus.tables` has put together."""
    tables = []
    for number, run in groupby(zip(drafts, blocks, strict=True), key=lambda pair: pair[0].table):
        pairs = list(run) if number else []
        captions = [draft.text.text for draft, _ in pairs if draft.kind == "caption"]
        match = CAPTION.fullmatch(captions[0]) if captions else None
        rows = [(draft.cells, block) for draft, block in pairs if draft.cells and not draft.head]
        if pairs and (match or rows):
            tables.append(
                Table(
                    number=match["label"].replace(" ", "") if match else "",
                    caption=match["text"] if match else "",
                    start=pairs[0][1].start,
                    end=pairs[-1][1].end,
                    header=next((draft.cells for draft, _ in pairs if draft.head), ()),
                    rows=tuple(cells for cells, _ in rows),
                    places=tuple((block.start, block.end) for _, block in rows),
                )
            )
    return tuple(tables)


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
