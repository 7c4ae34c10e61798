"""PDF files, read page by page with pypdf."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader

from corpus.errors import FileDamaged, FileEmpty, FileEncrypted, TextMissing
from corpus.raw import RawPage, RawText

# pypdf reports every repaired oddity of a file on its logger; what matters reaches the reader's report instead.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read_pdf(data: bytes, file: str) -> RawText:
    """The text of every page, in the order of the file.

    A page that cannot be read is left empty and named in `doubts`; the others are kept.
    Raises `FileEmpty`, `FileEncrypted` (an empty password is tried first), `FileDamaged` for what is no PDF or
    too broken to list its pages, `TextMissing` where no page carries text.
    """
    if not data:
        raise FileEmpty(file=file)
    if b"%PDF-" not in data[:1024]:
        kind = "an HTML page" if b"<html" in data[:1024].lower() else "no PDF header"
        raise FileDamaged(file=file, detail=kind)
    reader = _open(data, file)
    texts: list[str] = []
    doubts: list[str] = []
    labels = _labels(reader)
    try:
        count = len(reader.pages)
    except Exception as exc:
        raise FileDamaged(file=file, detail=_first_line(exc)) from exc
    for number in range(count):
        try:
            texts.append(reader.pages[number].extract_text().replace("\r", "\n").replace("\f", "\n"))
        except Exception as exc:  # noqa: BLE001 - pypdf lets a dozen kinds of exception out of broken files
            texts.append("")
            doubts.append(f"page {number + 1} could not be read: {_first_line(exc)}")
    if not any(text.strip() for text in texts):
        if doubts or not count:
            raise FileDamaged(file=file, detail=doubts[0] if doubts else "no pages")
        raise TextMissing(file=file, pages=count)
    pages, at = [], 0
    for number, text in enumerate(texts, 1):
        pages.append(RawPage(number, labels[number - 1] if labels else None, at))
        at += len(text) + 1
    return RawText("\f".join(texts), tuple(pages), tuple(doubts))


def _open(data: bytes, file: str) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    except Exception as exc:
        raise FileDamaged(file=file, detail=_first_line(exc)) from exc
    if locked:
        raise FileEncrypted(file=file)
    return reader


def _labels(reader: PdfReader) -> list[str] | None:
    """Printed page labels, or None where the file has none (pypdf would invent 1, 2, 3)."""
    try:
        return list(reader.page_labels) if "/PageLabels" in reader.root_object else None
    except Exception:  # noqa: BLE001 - as above; labels are not worth losing a file for
        return None


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:120]
