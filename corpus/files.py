"""Which files are papers, and their bytes; nothing that reads a format is imported for it."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import FileTooLarge, FileUnreadable

ENDINGS = frozenset({".txt", ".pdf", ".docx", ".md", ".markdown", ".html", ".htm"})
"""Of the files that `corpus.read` has a reader for."""


def load(path: Path, megabytes: int) -> bytes:
    """The bytes of a file. Raises `FileUnreadable`, or `FileTooLarge` beyond so many megabytes."""
    try:
        if path.stat().st_size > megabytes * 2**20:
            raise FileTooLarge(file=path.name, megabytes=f"{path.stat().st_size / 2**20:.1f}", limit=megabytes)
        return path.read_bytes()
    except OSError as exc:
        raise FileUnreadable(file=path.name, detail=exc.strerror or str(exc)) from exc
