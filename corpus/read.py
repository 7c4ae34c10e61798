"""One file in, one `Paper` out: the reader for its format, then cleaning, blocks and structure.

>>> read_paper(Path("corpus/papers/zhang.txt"), {}).title
'美国国家制造业创新网络建设及管理模式'
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from corpus.blocks import build_blocks
from corpus.clean import HAN, clean_lines
from corpus.docx import read_docx
from corpus.errors import FileEmpty, FileTooLarge, FileUnreadable, FormatUnknown, TextMissing
from corpus.garbage import FAMILIAR
from corpus.html import read_html
from corpus.language import language_of
from corpus.markdown import read_markdown
from corpus.paper import Paper, Report
from corpus.pdf import read_pdf
from corpus.raw import RawText
from corpus.signs import Measure
from corpus.structure import build_body, read_facts
from corpus.tables import tabulate
from corpus.text import read_text

READERS: Mapping[str, Callable[[bytes, str], RawText]] = {
    ".txt": read_text, ".pdf": read_pdf, ".docx": read_docx, ".md": read_markdown, ".markdown": read_markdown,
    ".html": read_html, ".htm": read_html,
}  # fmt: skip
"""The reader for each file ending: bytes and file name to `RawText`."""


def read_paper(path: Path, given: Mapping[str, object], megabytes: int = 100) -> Paper:
    """Read the paper at `path`; `given` holds what `papers.toml` states for it, which wins over the text's own facts.

    Raises a `ReadingError` that names the file; see `corpus.errors`.
    """
    return read_data(load(path, megabytes), path.name, given)


def load(path: Path, megabytes: int) -> bytes:
    """The bytes of a file. Raises `FileUnreadable`, or `FileTooLarge` beyond so many megabytes."""
    try:
        if path.stat().st_size > megabytes * 2**20:
            raise FileTooLarge(file=path.name, megabytes=f"{path.stat().st_size / 2**20:.1f}", limit=megabytes)
        return path.read_bytes()
    except OSError as exc:
        raise FileUnreadable(file=path.name, detail=exc.strerror or str(exc)) from exc


def read_data(data: bytes, file: str, given: Mapping[str, object]) -> Paper:
    """The paper whose bytes stand in, or shall be put in, a file of this name. Raises as `read_paper` does."""
    name = Path(file)
    reader = READERS.get(name.suffix.lower())
    if reader is None:
        raise FormatUnknown(file=file, known=" ".join(READERS))
    raw = reader(data, file)
    clean = clean_lines(raw)
    measure = Measure.of(clean.lines)
    tabulated = tabulate(build_blocks(clean.lines, measure), measure.spaced)
    drafts = tabulated.drafts
    body = build_body(drafts, raw)
    if not re.search(rf"[{HAN}A-Za-z]", body.text):
        raise TextMissing(file=file, pages=len(raw.pages)) if raw.pages else FileEmpty(file=file)
    facts = read_facts(drafts, clean.labels, raw.title, raw.authors)
    found: dict[str, object] = {
        "title": facts.title, "authors": facts.authors, "year": facts.year, "doi": facts.doi,
        "keywords": facts.keywords,
    }  # fmt: skip
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
        report=Report(
            source_characters=len("".join(raw.text.split())),
            kept_characters=len("".join(body.text.split())),
            page_count=len(raw.pages),
            removed=dict(Counter(clean.removed) + Counter(tabulated.repeated)),
            unread_pages=raw.unread_pages,
            recognised_pages=raw.recognised_pages,
            doubts=(*raw.doubts, *tabulated.doubts, *(() if raw.pages else _strange_script(body.text))),
        ),
        **{**found, **given},  # type: ignore[arg-type]
    )


def _strange_script(text: str) -> list[str]:
    """A doubt where the letters are of scripts that no Chinese paper is written in; PDFs are judged page by page."""
    letters = [ch for ch in text if ch.isalpha()]
    strange = sum(not FAMILIAR.match(ch) for ch in letters)
    if strange < 0.1 * len(letters):
        return []
    return [f"{strange} of {len(letters)} letters are of a strange script; run text recognition on the file"]
