"""A page drawn as a picture, for the boxes of `Paper.boxes` to be laid over.

pdfium draws what it has told the places of: the page cut to its crop box and turned as it says. The picture is WebP,
which every browser shows: of a printed page it takes half of what PNG takes, of a scanned one a fifth.
"""

from __future__ import annotations

import io
from math import sqrt

import pypdfium2
import pypdfium2.raw as pdfium

from corpus.errors import FileDamaged, FileEncrypted, PageUnknown

NARROWEST, WIDEST = 200, 2400
"""Pixels; a picture is never narrower or wider than this."""
_MOST_PIXELS = 12_000_000
"""Of a page at its widest that is twice as high as wide."""
_HIGHEST = 16_383
"""Pixels; WebP can hold no more."""


def draw_page(data: bytes, file: str, page: int, width: int) -> bytes:
    """The page (from 1) of a PDF as a WebP picture so many pixels wide, within `NARROWEST` and `WIDEST`.

    A page that is very much higher than wide becomes narrower. The same bytes give the same picture. Raises
    `PageUnknown`, `FileEncrypted`, `FileDamaged`, which name the `file`.
    """
    try:
        document = pypdfium2.PdfDocument(data, password="")
        if not 0 < page <= len(document):
            raise PageUnknown(file=file, page=page, pages=len(document))
        sheet = document[page - 1]
        across, down = sheet.get_size()
        scale = min(max(width, NARROWEST), WIDEST) / across
        scale = min(scale, sqrt(_MOST_PIXELS / (across * down)), (_HIGHEST - 1) / down)
        picture = sheet.render(scale=scale, rev_byteorder=True).to_pil()
    except pypdfium2.PdfiumError as exc:
        if getattr(exc, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise FileEncrypted(file=file) from exc
        raise FileDamaged(file=file, detail=str(exc)) from exc
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
