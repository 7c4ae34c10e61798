"""From blocks to a paper: its text, and the sections, sentences, tables, references and pages that stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from corpus.draft import Draft
from corpus.paper import Block, Page, Reference, Section, Sentence, Table
from corpus.places import Places
from corpus.raw import RawPage, RawText
from corpus.references import entry_number
from corpus.sentences import split_sentences
from corpus.signs import CAPTION
from corpus.traced import INSERTED


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
    places: Places


def build_body(drafts: Sequence[Draft], raw: RawText) -> Body:
    """Put the blocks one under the other, each on a line of its own, and find what stands where."""
    parts: list[str] = []
    origin: list[int] = []
    blocks: list[Block] = []
    headings: list[tuple[int, int, str]] = []
    at = paragraphs = 0
    for draft in drafts:
        text = draft.text.text
        if parts:
            origin.append(INSERTED)
            at += 1
        if draft.kind == "heading":
            headings.append((at, draft.level, " ".join(text.split())))
        is_paragraph = draft.kind in ("abstract", "paragraph")
        paragraphs += is_paragraph
        blocks.append(Block(draft.kind, at, at + len(text), paragraphs if is_paragraph else 0))
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
        places=Places.of(origin, raw.printed),
    )


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
    starts = [page.start for page in raw.pages]
    begun: list[tuple[int, RawPage]] = []
    here = range(0)
    for at, source in enumerate(origin):
        if source != INSERTED and source not in here and (page := raw.page_at(source)):
            here = range(page.start, (*starts, len(raw.text))[page.number])
            begun.append((at, page))
    ends = [*(at for at, _ in begun[1:]), len(origin)]
    return tuple(Page(page.number, page.label, at, end) for (at, page), end in zip(begun, ends, strict=False))
