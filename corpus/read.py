"""One file in, one `Paper` out: the reader for its format, then cleaning, blocks and structure.

>>> read_paper(Path("corpus/papers/zhang.txt"), {}).title
'美国国家制造业创新网络建设及管理模式'
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from corpus.blocks import build_blocks
from corpus.clean import HAN, CleanLines, clean_lines
from corpus.docx import read_docx
from corpus.doubts import Doubt
from corpus.errors import FormatUnknown, TextMissing, WordsMissing
from corpus.facts import read_facts
from corpus.files import load
from corpus.front_matter import abstracts, affiliations, english_block
from corpus.garbage import FAMILIAR
from corpus.html import read_html
from corpus.language import language_of
from corpus.markdown import read_markdown
from corpus.measure import Measure
from corpus.paper import Block, Page, Paper, Report
from corpus.pdf import read_pdf
from corpus.raw import RawText
from corpus.references import cited_numbers
from corpus.strays import stray_doubts, strays_named
from corpus.structure import Body, build_body
from corpus.tables import Tabulated, table_doubts, tabulate
from corpus.text import read_text

READERS: Mapping[str, Callable[[bytes, str], RawText]] = {
    ".txt": read_text, ".pdf": read_pdf, ".docx": read_docx, ".md": read_markdown, ".markdown": read_markdown,
    ".html": read_html, ".htm": read_html,
}  # fmt: skip
"""The reader for each of `corpus.files.ENDINGS`: bytes and file name to `RawText`."""


def read_paper(path: Path, given: Mapping[str, object], megabytes: int = 100) -> Paper:
    """Read the paper at `path`; `given` holds what `papers.toml` states for it, which wins over the text's own facts.

    Raises a `ReadingError` that names the file; see `corpus.errors`.
    """
    return read_data(load(path, megabytes), path.name, given)


def read_data(data: bytes, file: str, given: Mapping[str, object]) -> Paper:
    """The paper whose bytes stand in, or shall be put in, a file of this name. Raises as `read_paper` does."""
    name = Path(file)
    reader = READERS.get(name.suffix.lower())
    if reader is None:
        raise FormatUnknown(file=file, known=" ".join(READERS))
    raw = reader(data, file)
    clean, tabulated, body = parse(raw)
    if not re.search(rf"[{HAN}A-Za-z]", body.text):
        characters = sum(not ch.isspace() for ch in raw.text)
        raise (
            TextMissing(file=file, pages=len(raw.pages))
            if raw.pages
            else WordsMissing(file=file, characters=characters)
        )
    spans = abstracts(body.text, body.blocks)
    return Paper(
        id=name.stem,
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        text=body.text,
        language=language_of(body.text),
        pages=body.pages,
        sections=body.sections,
        blocks=body.blocks,
        sentences=body.sentences,
        tables=body.tables,
        references=body.references,
        places=body.places.packed(),
        abstract=spans.get("zh"),
        abstract_en=spans.get("en"),
        report=_report(raw, clean, tabulated, body),
        **{**_found(raw, clean, tabulated), **given},  # type: ignore[arg-type]
    )


def _found(raw: RawText, clean: CleanLines, tabulated: Tabulated) -> dict[str, object]:
    """What the paper says about itself."""
    facts = read_facts(tabulated.drafts, clean.labels, raw.title, raw.authors)
    english = english_block(tabulated.drafts)
    return {
        "title": facts.title, "authors": facts.authors, "year": facts.year, "doi": facts.doi,
        "keywords": facts.keywords, "affiliations": affiliations(tabulated.drafts), "title_en": english.title,
        "authors_en": english.authors, "affiliations_en": english.affiliations,
    }  # fmt: skip


def _report(raw: RawText, clean: CleanLines, tabulated: Tabulated, body: Body) -> Report:
    """What reading did to the file."""
    placed = (
        *table_doubts(tabulated.drafts, body.blocks, body.sections),
        *stray_doubts(body.text, body.blocks, body.sections),
        *_list_missing(body.text, body.blocks),
    )
    return Report(
        source_characters=len("".join(raw.text.split())),
        kept_characters=len("".join(body.text.split())),
        page_count=len(raw.pages),
        removed=dict(Counter(clean.removed) + Counter(tabulated.repeated)),
        unread_pages=raw.unread_pages,
        recognised_pages=raw.recognised_pages,
        doubts=(
            *raw.doubts,
            *(() if raw.pages else _strange_script(body.text)),
            *(_on_its_page(doubt, body.pages) for doubt in placed),
        ),
    )


def parse(raw: RawText) -> tuple[CleanLines, Tabulated, Body]:
    """What a raw text becomes, step by step: clean lines; blocks, its tables in order; the text with its parts."""
    clean = clean_lines(raw)
    measure = Measure.of(clean.lines)
    tabulated = tabulate(strays_named(build_blocks(clean.lines, measure)), measure.spaced)
    return clean, tabulated, build_body(tabulated.drafts, raw)


def _on_its_page(doubt: Doubt, pages: Sequence[Page]) -> Doubt:
    """A doubt about a place in the text, with the page on which that is."""
    return replace(doubt, page=next((p.number for p in pages if p.start <= (doubt.start or 0) < p.end), None))


def _list_missing(text: str, blocks: Sequence[Block]) -> list[Doubt]:
    """A doubt where references are cited by number and no list of references follows.

    A block that begins with a mark is an item of a list itself, and a single number may be anything.
    """
    if any(block.kind == "reference" for block in blocks):
        return []
    citing = (block for block in blocks if block.kind in ("abstract", "paragraph", "caption", "table", "footnote"))
    cited = [
        (at, number)
        for block in citing
        for at, number in cited_numbers(text, block.start, block.end)
        if at > block.start
    ]
    numbers = sorted({number for _, number in cited})
    if len(numbers) < 2:
        return []
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    marks = ", ".join(f"[{run[0]}]–[{run[-1]}]" if len(run) > 1 else f"[{run[0]}]" for run in runs)
    return [Doubt("list_missing", start=min(at for at, _ in cited), values={"marks": marks})]


def _strange_script(text: str) -> list[Doubt]:
    """A doubt where the letters are of scripts that no Chinese paper is written in; PDFs are judged page by page."""
    letters = [ch for ch in text if ch.isalpha()]
    strange = sum(not FAMILIAR.match(ch) for ch in letters)
    if strange < 0.1 * len(letters):
        return []
    counted = {"count": str(strange), "total": str(len(letters))}
    return [Doubt("letters_strange", then="recognise", values=counted)]
