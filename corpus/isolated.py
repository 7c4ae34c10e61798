"""Reading and drawing in child processes, each of which may end without harm: one that hangs, grows or crashes costs
its file only.

    parent                                      child: python -m corpus.isolated
    Readers.read(data, file, given)   ──────▶   sets itself limits, reads the bytes
                                      ◀──────   a page is being recognised, for each that is a picture
                                      ◀──────   the paper, or a ReadingError, as JSON
    Readers.draw(data, file, page, …) ──────▶   draws the page
                                      ◀──────   the picture, or a ReadingError

The child gets the bytes, never a path, so what it read is what the parent took the fingerprint of. It imports `corpus`
alone and does one job after the other, so a library of small files costs one start of Python a core. Nothing that it
sends is ever run: JSON is parsed, and checked against the types of `Paper`; a picture must begin as one.

>>> with Readers(seconds=60, megabytes=2048) as readers:
...     readers.read(Path("chen.txt").read_bytes(), "chen.txt", {}).authors
('陈琳',)
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from corpus.errors import ReaderDied, ReadingError, ReadingOutgrown, ReadingTimedOut
from corpus.paper import Paper
from corpus.places import Places

if sys.platform != "win32":
    import resource

STARTING_SECONDS = 60
"""A child that has not come up by then never will; the time that a file may take counts from then on."""

MOST_PICTURES = 300
"""Recognising a picture of a page (one turned round is up to four) begins the time that a file may take anew, so that
a scan is not refused for its length, but only so often: a thesis has so many pages, and an hour of work is in them."""

Read = Callable[[bytes, str, Mapping[str, object]], Paper]
"""As `corpus.read.read_data`: the bytes of a file, its name, and the facts given for it."""

Result = TypeVar("Result")

_ABORTED = ("SIGABRT", "SIGBUS", "SIGILL", "SIGSEGV", "SIGTRAP")
"""How a process ends that gets no more memory and does not cope with that, such as pdfium. Memory grows by doubling, so
a third of the limit was held by then; a child that held less was ended by something else."""

_RECOGNISING = b"recognising"
"""What a child says before it recognises a picture. All else that it says is empty or begins with one of the next two.
"""
_DONE, _FAILED = b"+", b"-"
"""What precedes the result of a job, and the error in place of one."""

_LOOK_SECONDS = 0.02
"""How often the parent looks at how much memory a child holds."""


class Readers:
    """Up to `count` child processes (one a core) that read files within the limits, and one more that draws pages of
    them, so that nobody who looks at a page waits for a library to be read. Safe to use from several threads.

    A job may take so many `seconds`, and as many again for each of up to `MOST_PICTURES` pages that is recognised.
    A child is started when it is first needed, kept for the next job, and replaced when a file ended it. `function`
    names what it reads with, as `module:function` of the form `Read`. All children end with `close`, with the
    `Readers`, or with the program; an orphan ends itself.
    """

    def __init__(
        self, seconds: int = 60, megabytes: int = 2048, count: int = 0, function: str = "corpus.read:read_data"
    ) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self.count = count or os.cpu_count() or 1
        self._command = (sys.executable, "-P", "-m", "corpus.isolated", function, str(megabytes), str(seconds))
        self._free_to_read = threading.Semaphore(self.count)
        self._free_to_draw = threading.Semaphore(1)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._end = weakref.finalize(self, _end_all, self._all)

    def read(self, data: bytes, file: str, given: Mapping[str, object], stop: threading.Event | None = None) -> Paper:
        """The paper, as `corpus.read.read_data` reads it; waits while all children are busy.

        Raises a `ReadingError` that names the file: those of the format's reader, and `ReadingTimedOut`,
        `ReadingOutgrown`, `ReaderDied`; the last also after `abandon(stop)`.
        """
        with self._free_to_read:
            return self._do({"file": file, "given": given}, data, _paper, stop)

    def draw(self, data: bytes, file: str, page: int, width: int) -> bytes:
        """The picture of a page, as `corpus.picture.draw_page` draws it; waits while another one is being drawn.

        Raises a `ReadingError` that names the file: those of `draw_page`, and `ReadingTimedOut`, `ReadingOutgrown`,
        `ReaderDied`.
        """
        with self._free_to_draw:
            return self._do({"file": file, "page": page, "width": width}, data, _picture)

    def abandon(self, stop: threading.Event) -> None:
        """End every `read` that was called with this `stop`, and let none begin."""
        stop.set()
        for child in self._all.copy():
            if child.stop is stop:
                child.end()

    def close(self) -> None:
        """End the children. A later `read` starts new ones."""
        self._idle.clear()
        _end_all(self._all)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(
        self,
        job: Mapping[str, object],
        data: bytes,
        result: Callable[[bytes, str, bytes], Result],
        stop: threading.Event | None = None,
    ) -> Result:
        """What comes of a job, whose reply `result` understands."""
        file = str(job["file"])
        child = self._idle_child() or self._start(file)
        fresh = not child.used
        try:
            return self._ask(child, job, data, result, stop)
        except (ReadingOutgrown, ReaderDied):
            # What an earlier file left behind in the child may have been at fault; a new one knows nothing of it.
            if fresh or (stop is not None and stop.is_set()):
                raise
        return self._ask(self._start(file), job, data, result, stop)

    def _idle_child(self) -> _Child | None:
        while True:
            try:
                child = self._idle.pop()
            except IndexError:
                return None
            if child.parent == os.getpid():  # else this process was forked off the one that may talk to it
                return child

    def _start(self, file: str) -> _Child:
        try:
            child = _Child(self._command)
        except OSError as exc:
            raise ReaderDied(file=file, detail=f"not started: {exc.strerror or exc}") from exc
        self._all.add(child)
        if self._exchange(child, b"", STARTING_SECONDS) is None:
            raise ReaderDied(file=file, detail=f"not started: {child.manner}")
        return child

    def _ask(
        self,
        child: _Child,
        job: Mapping[str, object],
        data: bytes,
        result: Callable[[bytes, str, bytes], Result],
        stop: threading.Event | None,
    ) -> Result:
        """What the child makes of the file. A child that failed in any way is ended, else it is idle again."""
        file = str(job["file"])
        child.used = True
        child.stop = stop
        if stop is not None and stop.is_set():
            self._drop(child)
            raise ReaderDied(file=file, detail="abandoned")
        reply = self._exchange(child, _framed(json.dumps(job).encode()) + _framed(data), self.seconds)
        if reply is None:
            if child.timed_out:
                raise ReadingTimedOut(file=file, seconds=self.seconds)
            if child.manner in _ABORTED and child.peak > self.megabytes * 2**20 / 3:
                raise ReadingOutgrown(file=file, megabytes=self.megabytes)
            raise ReaderDied(file=file, detail=child.manner)
        try:
            made = _error(reply, file) if reply[:1] == _FAILED else result(reply.removeprefix(_DONE), file, data)
        except (ValueError, RecursionError) as exc:
            self._drop(child)
            raise ReaderDied(file=file, detail=f"sent no {result.__name__.strip('_')}: {exc}") from exc
        if child.timed_out or isinstance(made, ReadingOutgrown | ReaderDied):
            self._drop(child)
        else:
            child.stop = None
            self._idle.append(child)
        if isinstance(made, ReadingError):
            raise made
        return made

    def _exchange(self, child: _Child, message: bytes, seconds: float) -> bytes | None:
        """The child's reply, or None; then, and after an interruption, the child is gone."""
        reply = None
        try:
            reply = child.reply(message, seconds, self.megabytes * 2**20)
        finally:
            if reply is None:
                self._drop(child)
        return reply

    def _drop(self, child: _Child) -> None:
        child.end()
        self._all.discard(child)


@cache
def shared(seconds: int, megabytes: int) -> Readers:
    """The readers with these limits that everything in this process uses."""
    return Readers(seconds, megabytes)


class _Child:
    """One child process.

    Once it has ended, `manner` tells how; `peak` is the most memory that it was seen to hold, in bytes: 0 where the
    system does not say.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        paths = [*([] if root in sys.path else [root]), *filter(None, sys.path)]
        self.parent = os.getpid()
        self.used = False
        self.stop: threading.Event | None = None
        self.timed_out = False
        self.manner = ""
        self.peak = 0
        self._until = 0.0
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )

    def reply(self, message: bytes, seconds: float, longest: int) -> bytes | None:
        """What the child answers within so many seconds, counted from the last picture that it began to recognise.

        None where it ends first, is ended, or says too much.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        done = threading.Event()
        self._until = time.monotonic() + seconds
        watch = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watch.start()
        try:
            self._process.stdin.write(message)
            self._process.stdin.flush()
            pictures = 0
            while (said := _unframed(self._process.stdout, longest)) == _RECOGNISING:
                pictures += 1
                if pictures <= MOST_PICTURES:
                    self._until = time.monotonic() + seconds
            return said
        except (OSError, EOFError, ValueError):  # the last where `end` has closed the pipes meanwhile
            if hasattr(os, "waitid"):
                with contextlib.suppress(ChildProcessError):
                    os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)  # it ends in its own manner
            return None
        finally:
            done.set()
            watch.join()  # so that it cannot kill later, when the process's number may be another's

    def end(self) -> None:
        """Kill the child, where it still lives, with all that it started; waits until it is gone."""
        with self._lock:
            if self.manner or self.parent != os.getpid():
                return
            self._kill()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            self.manner = _manner(self._process.wait())

    def _watch(self, done: threading.Event) -> None:
        """Look at the child until all is done; kill it when its time is over."""
        status = Path(f"/proc/{self._process.pid}/status")
        while not done.wait(_LOOK_SECONDS):
            with contextlib.suppress(OSError):
                held = re.search(rb"VmHWM:\s*(\d+) kB", status.read_bytes())
                self.peak = int(held[1]) * 2**10 if held else self.peak
            if time.monotonic() > self._until:
                with self._lock:
                    if not self.manner:
                        self.timed_out = True
                        self._kill()
                return

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()


def _end_all(children: set[_Child]) -> None:
    while children:
        children.pop().end()


def _manner(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _error(reply: bytes, file: str) -> ReadingError:
    """The error that a child tells. Raises `ValueError`, `RecursionError` where it is none of this file."""
    error = ReadingError.from_json(json.loads(reply.removeprefix(_FAILED)))
    if error.values.get("file") != file:
        raise ValueError("an error of another file")
    return error


def _picture(reply: bytes, file: str, data: bytes) -> bytes:
    """The picture that a child has drawn. Raises `ValueError` where it is none."""
    if not (reply.startswith(b"RIFF") and reply[8:12] == b"WEBP"):
        raise ValueError("not WebP")
    return reply


def _paper(reply: bytes, file: str, data: bytes) -> Paper:
    """The paper that a child has read. Raises `ValueError`, `RecursionError` where it is none, or another file's."""
    paper = Paper.from_json(json.loads(reply))
    if (paper.file, paper.id, paper.sha256) != (file, Path(file).stem, hashlib.sha256(data).hexdigest()):
        raise ValueError("another file's")
    Places.unpacked(paper.places, len(paper.text))  # an index, whose files have checksums, does so only when asked
    return paper


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(8, "big") + message


def _unframed(stream: IO[bytes], longest: int = sys.maxsize) -> bytes:
    """The next message. Raises `EOFError` where the stream ends before it does, or it is longer than `longest`."""
    header = stream.read(8)
    length = int.from_bytes(header, "big")
    message = stream.read(length) if len(header) == 8 and length <= longest else b""
    if len(header) < 8 or len(message) < length:
        raise EOFError
    return message


# In the child --------------------------------------------------------------------------------------------------------


def serve(function: str, megabytes: int, seconds: int) -> None:
    """Do the jobs that come in on stdin until it ends, and answer on stdout. Called in the child process only."""
    from corpus import ocr  # what reads and draws is imported by the child alone: to ask, none of it is needed

    jobs, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # what the libraries print must not get between the replies
        os.dup2(nowhere, stream)
    _limit_itself(megabytes)
    module, name = function.split(":")
    read: Read = getattr(importlib.import_module(module), name)

    def tell() -> None:
        replies.write(_framed(_RECOGNISING))
        replies.flush()  # fails where the parent is gone: then the time is not prolonged either
        _end_itself_after(seconds + 1)

    ocr.before_picture.append(tell)
    reply = b""
    with contextlib.suppress(EOFError):
        while True:
            replies.write(_framed(reply))
            replies.flush()
            job, data = json.loads(_unframed(jobs)), _unframed(jobs)
            _end_itself_after(seconds + 1)
            reply = _reply(read, data, job, megabytes)
            _end_itself_after(0)


def _reply(read: Read, data: bytes, job: Mapping[str, Any], megabytes: int) -> bytes:
    from corpus.picture import draw_page

    file: str = job["file"]
    error: ReadingError
    try:
        if "page" in job:
            return _DONE + draw_page(data, file, job["page"], job["width"])
        facts = {name: tuple(value) if isinstance(value, list) else value for name, value in job["given"].items()}
        return _DONE + json.dumps(read(data, file, facts).to_json(), ensure_ascii=False).encode()
    except MemoryError:
        error = ReadingOutgrown(file=file, megabytes=megabytes)
    except ReadingError as exc:
        outgrown = isinstance(exc.__cause__, MemoryError)
        error = ReadingOutgrown(file=file, megabytes=megabytes) if outgrown else exc
    except Exception as exc:  # noqa: BLE001 - whatever a file brings about is told with the file's name
        place = traceback.extract_tb(exc.__traceback__)[-1]
        detail = f"{type(exc).__name__}: {exc}, {Path(place.filename).name} line {place.lineno}"
        error = ReaderDied(file=file, detail=detail)
    return _FAILED + json.dumps(error.to_json()).encode()


def _limit_itself(megabytes: int) -> None:
    """Keep this process from taking more memory, from writing files and from leaving core dumps, for good."""
    if sys.platform == "win32":
        return
    # On Linux the limit on data counts what is really taken, and not what threads merely reserve.
    memory = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    for kind, most in ((memory, megabytes * 2**20), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        allowed = resource.getrlimit(kind)[1]
        most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        with contextlib.suppress(ValueError, OSError):  # a system that does not keep this limit
            resource.setrlimit(kind, (most, most))


def _end_itself_after(seconds: int) -> None:
    """Have the system end this process, should the parent not live to do so; 0 calls that off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
