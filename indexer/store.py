"""The index folder: numbered versions beside each other, one of them current, and one writer at a time.

    .yinju/index/
      CURRENT        the name of the version in use
      000007/        a version: see `indexer.version`
      failed.json    the files that the last update could not read, and why
      LOCK           locked by the system while somebody writes: when the writer dies, so does its lock
      writer.json    who holds the lock, since when

A version is written whole under a temporary name, brought to the disk, renamed, and made current by replacing
`CURRENT`: whoever reads sees the version before or the new one. Whoever has one loaded may go on with it, although its
files are deleted when three newer ones have come.

>>> store.rollback()                        # back to the version before the current one
'000006'
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from corpus.disk import sync, write_whole
from corpus.errors import (
    IndexBusy,
    IndexDamaged,
    IndexFault,
    IndexMissing,
    IndexUnwritable,
    ReadingError,
    VersionMissing,
)
from corpus.stored import restored
from indexer.version import (
    Embedded,
    Index,
    Manifest,
    Recipe,
    check_recipe,
    damaged_files,
    read_embedded,
    read_manifest,
    read_version,
    write_version,
)

KEPT_VERSIONS = 3
_CURRENT, _FAILED, _LOCK, _WRITER, _SCRATCH = "CURRENT", "failed.json", "LOCK", "writer.json", ".writing"
_NAME_DIGITS = 6
_POLL_SECONDS = 0.1
_TRIES = 20
"""How often a reader looks again at `CURRENT` when the version that it named is gone: writers need seconds for one."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be read; its fingerprint, empty where it could not be opened; and how it was `tried`.

    Tried in the same way, a file of the same fingerprint fails again.
    """

    error: ReadingError
    fingerprint: str
    tried: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is writing: a process on a host, since a time of day."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A version, loaded. `fault` says why it is not the current one: that is damaged, and this the last whole one."""

    index: Index
    fault: IndexDamaged | None = None


class IndexStore:
    """The versions in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # Reading --------------------------------------------------------------------------------------------------------

    def current(self) -> str:
        """The name of the version in use. Raises `IndexMissing`, and `IndexDamaged` where `CURRENT` names none."""
        pointer = self.folder / _CURRENT
        try:
            told = pointer.read_bytes()
        except OSError as exc:
            if self.versions():
                raise IndexDamaged(file=pointer, detail=exc.strerror or str(exc)) from exc
            raise IndexMissing(folder=self.folder) from exc
        name = told[:_NAME_DIGITS].decode("ascii", "replace")
        if told != _pointing_at(name):
            raise IndexDamaged(file=pointer, detail="names no version")
        return name

    def written(self) -> tuple[int, int]:
        """What tells one writing of `CURRENT` from the next, even where both name a version alike: an index that was
        deleted begins at 000001 again."""
        try:
            stat = (self.folder / _CURRENT).stat()
        except OSError:
            return 0, 0
        return stat.st_ino, stat.st_mtime_ns

    def versions(self) -> list[str]:
        """Names of the versions in the folder, oldest first."""
        with suppress(OSError):
            return sorted(p.name for p in self.folder.iterdir() if p.is_dir() and p.name.isdigit())
        return []

    def manifest(self) -> Manifest:
        """The current version's manifest. Raises `IndexMissing`, `IndexDamaged`, `IndexForeign`."""
        return read_manifest(self.folder / self.current())

    def load(self, wanted: Recipe | None = None) -> Index:
        """Load the current version, its files checked. Raises as `read_version`, and `IndexMissing`."""
        for _ in range(_TRIES):
            name = self.current()
            try:
                return read_version(self.folder / name, wanted)
            except IndexFault:
                # Between reading its name and reading its files, newer versions may have driven it out.
                if name == self.current():
                    raise
        raise IndexDamaged(file=self.folder / _CURRENT, detail="changes faster than a version can be read")

    def open(self, wanted: Recipe) -> Opened:
        """Load the current version or, where that is damaged, the last whole one before it.

        Raises `IndexMissing`, `IndexForeign`, and `IndexDamaged` where there is no whole one either.
        """
        try:
            return Opened(self.load(wanted))
        except IndexDamaged as fault:
            for name in self._before():
                with suppress(IndexFault):
                    return Opened(read_version(self.folder / name, wanted), fault)
            raise

    def faults(self, wanted: Recipe | None = None) -> Iterator[IndexFault]:
        """What is wrong with the current version; nothing where it is whole and of the recipe that is `wanted`."""
        try:
            place = self.folder / self.current()
            manifest = read_manifest(place)
        except IndexFault as fault:
            yield fault
            return
        damaged = list(damaged_files(place, manifest, whole=True))
        yield from damaged
        try:
            if wanted is not None:
                check_recipe(place, manifest, wanted)
            if not damaged:
                read_version(place)
        except IndexFault as fault:
            yield fault

    # Writing --------------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, seconds: float = 0.0, waiting: Callable[[str], object] = lambda holder: None) -> Iterator[None]:
        """Be the only writer. While another is at work `waiting` is told who, for up to so many `seconds`.

        The lock is the system's: it ends with the process that holds it, however that ends.
        Raises `IndexBusy` when the time is over, `IndexUnwritable`.
        """
        lock = FileLock(self.folder / _LOCK, thread_local=False, timeout=0)
        until = time.monotonic() + seconds
        while True:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                lock.acquire()
                break
            except Timeout as exc:
                if time.monotonic() >= until:
                    raise IndexBusy(folder=self.folder, holder=self.holder() or "another process") from exc
                waiting(str(self.holder() or ""))
                time.sleep(_POLL_SECONDS)
            except OSError as exc:
                raise IndexUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc
        try:
            with self._unwritable():
                self._sign()
                self._clean()
            yield
        finally:
            with suppress(OSError):
                (self.folder / _WRITER).unlink(missing_ok=True)
            lock.release()

    def holder(self) -> Holder | None:
        """Who signed as the last writer; None where that is not known."""
        try:
            return restored(Holder, json.loads((self.folder / _WRITER).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def for_update(self, model: str) -> tuple[Index | None, Embedded | None]:
        """What an update can build on: the current version or the last whole one before it, None where that is of
        another format or model; and pieces that the model has embedded before, from the newest version that has them.
        """
        current = self._current_of(self.versions())
        for name in (*([current] if current else ()), *self._before()):
            with suppress(IndexFault):
                index = read_version(self.folder / name, whole=True)
                if index.manifest.model != model:
                    break
                if name == current:
                    return index, Embedded(index.pieces, index.quantiser, index.manifest.dimension)
                return index, self._embedded(model)
        return None, self._embedded(model)

    def is_current(self, index: Index) -> bool:
        """Whether a loaded version is the one in use."""
        return self._current_of(self.versions()) == index.version

    def write(self, index: Index) -> str:
        """Write `index` as the next version, make it current, drop all but the newest few; returns its name.

        Only while `writing`. Raises `IndexUnwritable`; the version before then stays current.
        """
        with self._unwritable():
            scratch = self.folder / _SCRATCH
            try:
                scratch.mkdir()
                write_version(scratch, index)
                name = f"{max(map(int, self.versions()), default=0) + 1:0{_NAME_DIGITS}d}"
                scratch.replace(self.folder / name)
                sync(self.folder)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            write_whole(self.folder / _CURRENT, _pointing_at(name))
            self._drop()
        return name

    def rollback(self, wanted: Recipe | None = None) -> str:
        """Make the last whole version before the current one, of the recipe that is `wanted`, current again; returns
        its name.

        Only while `writing`. Raises `VersionMissing`, `IndexUnwritable`.
        """
        for name in self._before():
            with suppress(IndexFault):
                read_version(self.folder / name, wanted, whole=True)
                with self._unwritable():
                    write_whole(self.folder / _CURRENT, _pointing_at(name))
                return name
        raise VersionMissing(folder=self.folder)

    def failures(self) -> dict[str, Failure]:
        """What the last update could not read, by paper id. Empty where that is not known: then it is tried again."""
        try:
            stored = json.loads((self.folder / _FAILED).read_text(encoding="utf-8"))
            return {
                paper: Failure(ReadingError.from_json(item["error"]), str(item["fingerprint"]), str(item["tried"]))
                for paper, item in stored.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def note_failures(self, failures: Mapping[str, Failure]) -> None:
        """Keep in mind what could not be read, by paper id. Only while `writing`. Raises `IndexUnwritable`."""
        stored = {
            paper: {"error": failure.error.to_json(), "fingerprint": failure.fingerprint, "tried": failure.tried}
            for paper, failure in failures.items()
        }
        with self._unwritable():
            write_whole(self.folder / _FAILED, json.dumps(stored, ensure_ascii=False).encode())

    # What they share ------------------------------------------------------------------------------------------------

    def _before(self) -> Iterator[str]:
        """The versions that can stand in for the current one, the newest first; all, where `CURRENT` names none."""
        versions = self.versions()
        current = self._current_of(versions)
        yield from (v for v in reversed(versions) if current is None or v < current)

    def _embedded(self, model: str) -> Embedded | None:
        saved = (read_embedded(self.folder / name, model) for name in reversed(self.versions()))
        return next((embedded for embedded in saved if embedded is not None), None)

    def _current_of(self, versions: Sequence[str]) -> str | None:
        with suppress(IndexFault):
            return name if (name := self.current()) in versions else None
        return None

    def _sign(self) -> None:
        now = datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")
        holder = Holder(os.getpid(), socket.gethostname(), now)
        write_whole(self.folder / _WRITER, json.dumps(asdict(holder)).encode())

    def _clean(self) -> None:
        """Away with what a writer that died left half done."""
        shutil.rmtree(self.folder / _SCRATCH, ignore_errors=True)
        for part in self.folder.glob(".*.part"):
            part.unlink(missing_ok=True)
        self._drop()

    def _drop(self) -> None:
        """Away with the versions before the newest few, and with those after the current one: they were never made
        current, or have been rolled back from."""
        versions = self.versions()
        current = self._current_of(versions)
        if current is not None:
            kept = [version for version in versions if version <= current][-KEPT_VERSIONS:]
            for old in {*versions} - {*kept}:
                shutil.rmtree(self.folder / old, ignore_errors=True)

    @contextmanager
    def _unwritable(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise IndexUnwritable(folder=self.folder, detail=exc.strerror or str(exc)) from exc


def _pointing_at(version: str) -> bytes:
    """What `CURRENT` holds: the name, and what shows that none of its digits has changed since."""
    return f"{version} {hashlib.sha256(version.encode()).hexdigest()[:16]}\n".encode()
