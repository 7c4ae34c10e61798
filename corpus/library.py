"""A folder of papers: what is in it, what each file says, adding and removing.

Facts that a file does not give stand in `papers.toml` in the same folder, one table a paper id:

    [zhang]
    title = "美国国家制造业创新网络建设及管理模式"
    authors = ["张华胜"]
"""

from __future__ import annotations

import hashlib
import os
import threading
import tomllib
import unicodedata
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from filelock import lock_descriptor
from pathvalidate import sanitize_filename

from corpus.disk import write_whole
from corpus.errors import (
    FolderMissing,
    IndexOutdated,
    LibraryUnwritable,
    NameUnusable,
    PagesMissing,
    PaperExists,
    PaperUnknown,
    ReadingError,
    SettingsError,
)
from corpus.files import ENDINGS, load
from corpus.isolated import Readers, shared
from corpus.paper import Paper
from corpus.settings import Settings

FACTS_FILE = "papers.toml"
_REMOVED = ".removed"
_NAME_BYTES = 180
"""Of a file's name: systems allow 255."""
_LOOK_SECONDS = 0.1
_FACTS: dict[str, type] = {
    "title": str, "authors": list, "year": int, "doi": str, "journal": str, "volume": str, "issue": str,
    "page_range": str, "language": str, "keywords": list,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a file: its paper or the error, and the fingerprint of the very bytes that were read."""

    path: Path
    result: Paper | ReadingError
    fingerprint: str = ""


def _default_readers() -> Readers:
    return shared(Settings().read_seconds, Settings().read_megabytes)


@dataclass(frozen=True, slots=True)
class Library:
    """The papers in `folder`, read by `readers` in processes of their own. Nothing is cached: every call looks at the
    disk. Files of more than so many `megabytes` are refused.
    """

    folder: Path
    megabytes: int = 100
    readers: Readers = field(default_factory=_default_readers, compare=False, repr=False)

    @classmethod
    def open(cls, folder: Path, settings: Settings) -> Self:
        """The library of a folder, with the limits that are set."""
        return cls(folder, settings.file_megabytes, shared(settings.read_seconds, settings.read_megabytes))

    def files(self) -> dict[str, Path]:
        """The paper files by id, in the order of their names. Of two files with one stem the first is taken."""
        found: dict[str, Path] = {}
        for path in self._listing():
            if path.suffix.lower() in ENDINGS:
                found.setdefault(path.stem, path)
        return found

    def left_out(self) -> list[Path]:
        """Files in the folder that are not taken as papers: another format, or a stem that another file has."""
        taken = set(self.files().values())
        return [path for path in self._listing() if path not in taken and path.name != FACTS_FILE]

    def path(self, paper_id: str) -> Path:
        """The file of a paper. Raises `PaperUnknown`."""
        files = self.files()
        if paper_id not in files:
            raise PaperUnknown(paper=paper_id, known=", ".join(files) or "none")
        return files[paper_id]

    def read(self, path: Path) -> Paper:
        """Read one file of this folder, or any other file as if it stood there. Raises `ReadingError`."""
        (reading,) = self.read_many([path])
        if isinstance(reading.result, ReadingError):
            raise reading.result
        return reading.result

    def read_many(
        self, paths: Collection[Path], waiting: Callable[[], object] = lambda: None
    ) -> Generator[Reading, None, None]:
        """Read files on all cores; yields what came of each, in the order given, as soon as it is known.

        While a file is waited for, `waiting` is called ten times a second; it may raise. To stop early, close the
        iterator: then nothing goes on behind it.
        """
        facts = self.facts()
        stop = threading.Event()

        def read(path: Path) -> Reading:
            given = facts.get(path.stem, {})
            try:
                data = load(path, self.megabytes)
                return Reading(path, self.readers.read(data, path.name, given, stop), _fingerprint(data, given))
            except ReadingError as exc:
                return Reading(path, exc)

        if not paths:
            return
        executor = ThreadPoolExecutor(min(self.readers.count, len(paths)), "reading")
        try:
            readings = deque(executor.submit(read, path) for path in paths)
            while readings:
                while wait([readings[0]], _LOOK_SECONDS).not_done:
                    waiting()
                yield readings.popleft().result()
        finally:
            self.readers.abandon(stop)  # else an interrupted program would wait for the files being read
            executor.shutdown(cancel_futures=True)

    def picture(self, paper_id: str, page: int, width: int, sha256: str) -> bytes:
        """A page (from 1) of a paper as a WebP picture, so many pixels wide; see `corpus.picture`.

        `sha256` is that of the paper to which the boxes belong that shall be laid over it. Raises `PaperUnknown`,
        `IndexOutdated` where the file is another one by now, `PagesMissing` for a format without pages, and as
        `Readers.draw`.
        """
        path = self.path(paper_id)
        data = load(path, self.megabytes)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise IndexOutdated(file=path.name, change="changed")
        if path.suffix.lower() != ".pdf":
            raise PagesMissing(file=path.name)
        return self.readers.draw(data, path.name, page, width)

    def fingerprint(self, path: Path) -> str:
        """What identifies the paper's content: the file's SHA-256, with the facts given for it.

        Raises `FileUnreadable`, `FileTooLarge`.
        """
        return _fingerprint(load(path, self.megabytes), self.facts().get(path.stem, {}))

    def facts(self) -> Mapping[str, Mapping[str, object]]:
        """What `papers.toml` says, by paper id. Raises `SettingsError` for an unknown fact or a wrong type."""
        file = self.folder / FACTS_FILE
        if not file.is_file():
            return {}
        try:
            tables = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise SettingsError(where=str(file), value=str(exc), expected="TOML in UTF-8") from exc
        return {paper: _checked(file, paper, table) for paper, table in tables.items()}

    def add(self, source: Path, name: str | None = None, *, replace: bool = False) -> Path:
        """Copy `source` into the folder as `name` (default: its own), made safe, and return where it now is.

        The file is first read under that name, so a damaged one never enters: raises `ReadingError`. Adding the same
        bytes again is no error; another file under a taken name or id raises `PaperExists`, unless it is to `replace`
        that paper, which is then kept in `.removed/`. Raises `NameUnusable`, `LibraryUnwritable` too.
        """
        name = safe_name(name or source.name)
        data = load(source, self.megabytes)
        self.readers.read(data, name, {})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                self._put(name, data, replace=replace)
        except FileExistsError as exc:  # it has come in the meantime, or is no paper that is listed
            raise PaperExists(file=name) from exc
        except OSError as exc:
            raise LibraryUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc
        return self.path(Path(name).stem)

    def _put(self, name: str, data: bytes, *, replace: bool) -> None:
        """Write a file under a name that is safe, as `add` says."""
        taken = self.files().get(Path(name).stem)
        if taken is not None and taken.read_bytes() == data:
            return
        if taken is not None and not replace:
            raise PaperExists(file=name)
        if taken is not None:
            write_whole(self._free_place(taken), taken.read_bytes(), new=True)
        write_whole(self.folder / name, data, new=taken is None or taken.name != name)
        if taken is not None and taken.name != name:
            taken.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else adds, replaces or removes meanwhile.

        The lock is one on the folder, leaves nothing in it, and ends with its process. On Windows folders cannot be
        locked: two who replace one paper at the same moment may lose one of their files there.
        """
        if os.name == "nt":
            yield
            return
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            lock_descriptor(descriptor)
            yield
        finally:
            os.close(descriptor)

    def remove(self, paper_id: str) -> Path:
        """Take a paper out of the folder. Its file is kept in `.removed/`, from where `restore` puts it back.

        Returns where it is kept. Raises `PaperUnknown`, `LibraryUnwritable`.
        """
        path = self.path(paper_id)
        try:
            with self._alone():
                return path.replace(self._free_place(path))
        except OSError as exc:
            raise LibraryUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def removed(self) -> list[str]:
        """What `restore` can put back: `zhang.txt`, and `2/zhang.txt` where another of its name was removed before."""
        bin_ = self.folder / _REMOVED
        folders = [bin_, *(path for path in bin_.iterdir() if path.is_dir())] if bin_.is_dir() else []
        files = [path for folder in folders for path in folder.iterdir() if path.is_file()]
        return sorted(self.place_of(path) for path in files)

    def place_of(self, kept: Path) -> str:
        """What `restore` calls a file that `remove` has kept."""
        return kept.relative_to(self.folder / _REMOVED).as_posix()

    def restore(self, kept: str) -> Path:
        """Put a removed paper back, `kept` being its place in `.removed/`, and return where it now is.

        Raises `PaperUnknown` where nothing is kept there, `PaperExists` where its name or id has been taken meanwhile,
        `LibraryUnwritable`.
        """
        known = self.removed()
        if kept not in known:
            raise PaperUnknown(paper=kept, known=", ".join(known) or "none")
        place = self.folder / _REMOVED / kept
        to = self.folder / place.name
        try:
            with self._alone():
                if to.exists() or to.stem in self.files():
                    raise PaperExists(file=place.name)
                return place.replace(to)
        except OSError as exc:
            raise LibraryUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc

    def _free_place(self, path: Path) -> Path:
        """Where in `.removed/` a file can be kept under its own name."""
        bin_ = self.folder / _REMOVED
        place = next(p for n in count(1) if not (p := (bin_ / str(n) if n > 1 else bin_) / path.name).exists())
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _listing(self) -> list[Path]:
        if not self.folder.is_dir():
            raise FolderMissing(folder=self.folder)
        hidden = (".", "~$")  # the latter are what Word lays beside a document while it is open
        return sorted(path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith(hidden))


def safe_name(name: str) -> str:
    """A file name without a path and without whatever could mislead a system or whoever reads it.

    Gone are folders, control characters and those that turn the direction of writing, what some system forbids in names
    and the dots in front, which hide a file. What is too long is cut before the ending. Raises `NameUnusable`.

    >>> safe_name("../..\\\\etc/报告\u202efdp.txt")
    '报告fdp.txt'
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if not unicodedata.category(character).startswith("C"))
    path = Path(shown.strip(" .").removeprefix("~$").strip(" ."))  # as Word names what is no paper
    stem = path.stem.encode()[: _NAME_BYTES - len(path.suffix.encode())].decode(errors="ignore")
    safe = sanitize_filename(f"{stem.strip()}{path.suffix}", platform="universal").lstrip(" .")
    if not safe:
        raise NameUnusable(file=name[:100])
    return safe


def _fingerprint(data: bytes, given: Mapping[str, object]) -> str:
    digest = hashlib.sha256(data)
    digest.update(repr(sorted(given.items())).encode())
    return digest.hexdigest()


def _checked(file: Path, paper: str, table: object) -> dict[str, object]:
    if not isinstance(table, dict):
        raise SettingsError(where=f"{file}: {paper}", value=table, expected="a table of facts")
    for key, value in table.items():
        if key not in _FACTS:
            raise SettingsError(where=f"{file}: {paper}", value=key, expected="one of " + ", ".join(_FACTS))
        if type(value) is not _FACTS[key]:
            raise SettingsError(where=f"{file}: {paper}.{key}", value=value, expected=_FACTS[key].__name__)
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise SettingsError(where=f"{file}: {paper}.{key}", value=value, expected="a list of strings")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
