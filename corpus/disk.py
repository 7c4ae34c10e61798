"""Files that are written whole or not at all, whoever looks, whenever the power fails."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, data: bytes, *, mode: int = 0o644, new: bool = False) -> None:
    """Give `file` the content `data`, or leave it as it was: by way of a hidden file beside it, which is renamed.

    With `new`, a file that is there already is left alone. Raises `FileExistsError` then, else `OSError`.
    """
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(mode)
        if new:
            _link(part, file)
        else:
            part.replace(file)
        sync(file.parent)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk has what was written to a file or renamed in a folder. Raises `OSError`."""
    if os.name == "nt" and path.is_dir():  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link(part: Path, file: Path) -> None:
    """Renaming would replace a file that has come in the meantime; a link cannot."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, such as FAT
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        part.replace(file)
