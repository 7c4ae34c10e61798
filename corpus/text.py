"""Plain text files: UTF-8 (with or without a mark) or GB18030, told apart by strict decoding."""

from __future__ import annotations

from corpus.errors import EncodingUnknown, FileDamaged, FileEmpty
from corpus.raw import RawText


def read_text(data: bytes, file: str) -> RawText:
    """The text of a file's bytes, line ends unified to `\\n`.

    Raises `FileEmpty` where there is nothing but white space, `EncodingUnknown` for other encodings and binary data,
    `FileDamaged` for a PDF or a web page under the name of a text file.
    """
    start = data[:1024].lstrip().lower()
    if start.startswith((b"%pdf-", b"<!doctype html", b"<html")):
        raise FileDamaged(file=file, detail="a PDF file" if start.startswith(b"%pdf-") else "an HTML page")
    text = decode(data, file).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise FileEmpty(file=file)
    return RawText(text)


def decode(data: bytes, file: str) -> str:
    """The text of the bytes, in UTF-8 or else GB18030. Raises `EncodingUnknown`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as exc:
            raise EncodingUnknown(file=file) from exc
        # GB18030 decodes most byte strings; real Chinese text in it is mostly characters of the common plane.
        if not _looks_chinese(text):
            raise EncodingUnknown(file=file) from None
    if "\x00" in text:
        raise EncodingUnknown(file=file)
    return text


def _looks_chinese(text: str) -> bool:
    beyond_ascii = [ch for ch in text if ch > "\x7f"]
    common = sum("一" <= ch <= "鿿" or "　" <= ch <= "〿" or "！" <= ch <= "￥" for ch in beyond_ascii)
    return bool(beyond_ascii) and common >= 0.9 * len(beyond_ascii)
