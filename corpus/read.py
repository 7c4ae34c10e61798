"""One file in, one `Paper` out: the reader for its format, then cleaning, blocks and structure.

>>> read_paper(Path("corpus/papers/zhang.txt"), {}).title
'美国国家制造业创新网络建设及管理模式'
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from corpus.blocks import build_blocks
from corpus.clean import HAN, clean_lines
from corpus.errors import FileDamaged, FormatUnknown, TextMissing
from corpus.language import language_of
from corpus.paper import Paper, Report
from corpus.pdf import read_pdf
from corpus.structure import build_body, read_facts
from corpus.text import read_text

READERS = {".txt": read_text, ".pdf": read_pdf}
"""The reader for each file ending: bytes and file name to `RawText`."""


def read_paper(path: Path, given: Mapping[str, object], megabytes: int = 100) -> Paper:
    """Read the paper at `path`; `given` holds what `papers.toml` states for it, which wins over the text's own facts.

    Raises a `ReadingError` that names the file; see `corpus.errors`.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise FormatUnknown(file=path.name, known=" ".join(READERS))
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise FileDamaged(file=path.name, detail=exc.strerror or str(exc)) from exc
    if len(data) > megabytes * 2**20:
        raise FileDamaged(file=path.name, detail=f"{len(data) // 2**20} MB, more than {megabytes}")
    raw = reader(data, path.name)
    clean = clean_lines(raw)
    drafts = build_blocks(clean.lines)
    body = build_body(drafts, raw)
    if not re.search(rf"[{HAN}A-Za-z]", body.text):
        raise TextMissing(file=path.name, pages=max(len(raw.pages), 1))
    facts = read_facts(drafts, clean.labels)
    found: dict[str, object] = {
        "title": facts.title, "authors": facts.authors, "year": facts.year, "doi": facts.doi,
        "keywords": facts.keywords,
    }  # fmt: skip
    return Paper(
        id=path.stem,
        file=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        text=body.text,
        language=language_of(body.text),
        pages=body.pages,
        sections=body.sections,
        blocks=body.blocks,
        sentences=body.sentences,
        tables=body.tables,
        report=Report(
            source_characters=len(raw.text),
            kept_characters=len(body.text),
            removed=clean.removed,
            unread_pages=raw.unread_pages,
            doubts=raw.doubts,
        ),
        **{**found, **given},  # type: ignore[arg-type]
    )
