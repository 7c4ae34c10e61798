"""Answering in several processes: Python works on one core at a time, and a server has more.

    server                      source: python -m qa.processes
      settings, folders ──────▶   opens the shelf, loads the model, asks a question of its own
      a socket, by the other ─▶   forks a child that serves it
                                                                      child
      version, question ──────────────────────────────────────────▶     answers by the shelf that it was forked with
                        ◀──────────────────────────────────────────     the answer, or an error of `corpus.errors`

Children are forked off a process that has loaded everything, not started one by one: the tokenizer alone takes 280 MB,
which they share, so a further child takes 40 MB; the model is loaded once; and one that was killed is replaced in a
moment. The source does nothing at the same time, which is what makes forking it safe; hence Linux only, where neither
the arithmetic of NumPy nor the system's own libraries forbid it.

What is asked of another version than a child has open, as when an update has just landed, is answered by the server
itself; so is what a child dies of twice, and everything where no source comes up. No question fails for being handed
over. All of it ends with the server, however that ends: sockets then close, and the source kills its group.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from corpus.errors import YinjuError
from corpus.settings import Settings

if TYPE_CHECKING:
    from qa.shelf import Shelf

T = TypeVar("T")

STARTING_SECONDS = 120.0
"""A source that has not come up by then never will."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A core for each question; and a process with no thread but its own can be forked."""
_WARMING = "2019年引据的投资是多少？ What is 引据?"
_READY = b"+"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a shelf is, and the settings to open it with."""

    corpus: Path
    index: Path
    settings: Settings


@dataclass(frozen=True, slots=True)
class Task:
    """Work for a snapshot: its method `name`, to be called with the `arguments`, of the version that consists of these
    `files` (as in its manifest) and no other."""

    files: Mapping[str, tuple[int, str, str]]
    name: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Done:
    """What a task came to, a result or an error of the tree."""

    result: Any = None
    error: YinjuError | None = None


class _Gone(Exception):
    """A child or the source has ended."""


class AnsweringProcesses:
    """Up to `count` children that answer from the shelf of these `folders`. Safe to use from several threads.

    They are started by `start`, which does not wait, or when they are first needed; `close` ends them for good.
    """

    def __init__(self, folders: Folders, count: int) -> None:
        self.count = count
        self._folders = folders
        self._lock = threading.Lock()
        self._source: _Source | None = None
        self._closed = False
        # One slot a child; the last one put back is the first to be taken, so that a single user has a single child.
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._free.put(None)

    @classmethod
    def of(cls, folders: Folders) -> AnsweringProcesses | None:
        """As many as the settings and the cores allow; None where that is one, which is the server itself, and where a
        language model writes the answers, which is mostly waited for."""
        if sys.platform != "linux" or folders.settings.llm_address:
            return None
        count = folders.settings.answering_processes or len(os.sched_getaffinity(0))
        return cls(folders, count) if count > 1 else None

    def start(self) -> None:
        """Begin to load what the children are forked with."""
        with contextlib.suppress(_Gone):
            self._started()

    def do(self, task: Task, here: Callable[[], T]) -> T:
        """The task's result from a child, for which it waits while all are busy; else what is done `here`.

        Raises what the task raises, of the same class.
        """
        done = self._done(task)
        if done is None:
            return here()
        if done.error is not None:
            raise done.error
        result: T = done.result
        return result

    def close(self) -> None:
        """End all of them, whatever they are at work at; what is asked from then on is done by the caller."""
        with self._lock:
            self._closed = True
        if self._source is not None:
            self._source.end()
        with contextlib.suppress(queue.Empty):
            while True:  # of a source that ended before they did
                if child := self._free.get_nowait():
                    child.close()
        for _ in range(self.count):
            self._free.put(None)

    def _done(self, task: Task) -> _Done | None:
        """What comes of a task; None where no child can do it. A second child is asked where the first one dies."""
        child = self._free.get()
        try:
            for _ in range(2):
                with contextlib.suppress(_Gone):
                    if child is None or child.gone:
                        child = self._started().fork()
                    return child.ask(task)
            return None
        finally:
            if self._closed and child is not None:
                child.close()
            self._free.put(None if child is None or child.gone else child)

    def _started(self) -> _Source:
        """The source, anew where it has ended; one that never came up is not tried again. Raises `_Gone`."""
        with self._lock:
            source = self._source
            if self._closed or (source is not None and source.ended and not source.came_up):
                raise _Gone
            if source is not None and source.ended:
                source.end()
            if source is None or source.ended:
                self._source = source = _Source(self._folders)
            return source


class _Source:
    """The process that the children are forked off, as the server sees it."""

    def __init__(self, folders: Folders) -> None:
        """Start it. Raises `_Gone`."""
        self.came_up = False
        self._lock = threading.Lock()
        root = str(Path(__file__).resolve().parent.parent)
        paths = [*([] if root in sys.path else [root]), *filter(None, sys.path)]
        self._control, theirs = socket.socketpair()
        self._control.settimeout(STARTING_SECONDS)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    (sys.executable, "-P", "-c", f"from qa.processes import serve; serve({theirs.fileno()})"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # the server's is its log
                    env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)},
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # a group of its own, which Ctrl-C does not reach and which ends at once
                )
        except OSError as exc:
            self._control.close()
            raise _Gone from exc
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            pickle.dump(folders, stdin)

    @property
    def ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def fork(self) -> _Child:
        """A child of it; waits until it has come up. Raises `_Gone`."""
        try:
            with self._lock:
                if not self.came_up and self._control.recv(1) != _READY:
                    raise OSError("ended before it came up")
                self.came_up = True
                ours, theirs = socket.socketpair()
                with theirs:
                    socket.send_fds(self._control, [_READY], [theirs.fileno()])
            return _Child(Connection(ours.detach()))
        except OSError as exc:
            self.end()
            raise _Gone from exc

    def end(self) -> None:
        """Kill it and the children; waits until it is gone."""
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._control.close()


class _Child:
    """A child, as the server sees it. Used by one thread at a time."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    @property
    def gone(self) -> bool:
        """Whether it has ended, or is no longer to be asked."""
        return self._line.closed

    def ask(self, task: Task) -> _Done | None:
        """What comes of a task; None where the child cannot do it. Raises `_Gone`."""
        try:
            self._line.send(task)
            done: _Done | None = self._line.recv()
            return done
        except (OSError, EOFError) as exc:
            self.close()
            raise _Gone from exc
        except BaseException:  # the reply to this must not be taken for that to the next
            self.close()
            raise

    def close(self) -> None:
        """Let it end."""
        self._line.close()


# In the source and its children --------------------------------------------------------------------------------------


def serve(descriptor: int) -> None:
    """Load everything, then fork a child for each socket that comes, until the server is gone; then end them all.

    `descriptor` is the socket to the server; the folders come by stdin.
    """
    from qa.shelf import Shelf

    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all of a service at once, but the server decides
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    control = socket.socket(fileno=descriptor)
    folders: Folders = pickle.load(sys.stdin.buffer)
    shelf = Shelf.open(folders.corpus, folders.index, folders.settings)
    # What is wrong with the index or the model is said where a question is asked.
    with contextlib.suppress(YinjuError):
        _ = shelf.encoder
        shelf.ask(_WARMING)
    gc.collect()
    gc.freeze()  # else the children would copy what they share by looking through it for garbage
    with contextlib.suppress(OSError):
        control.sendall(_READY)
        while lines := socket.recv_fds(control, 1, 1)[1]:
            _fork(shelf, control, lines[0])
    os.killpg(0, signal.SIGKILL)


def _fork(shelf: Shelf, control: socket.socket, line: int) -> None:
    with contextlib.suppress(OSError):  # no memory for another process, which the server sees by the closed socket
        if os.fork() == 0:
            control.close()
            _answer(shelf, Connection(line))
    os.close(line)


def _answer(shelf: Shelf, line: Connection) -> NoReturn:
    """Do the tasks that come, until the server is gone."""
    try:
        while True:
            line.send(_done(shelf, line.recv()))
    except (OSError, EOFError):
        os._exit(0)  # nothing of what was forked is to be tidied up twice
    finally:
        os._exit(1)


def _done(shelf: Shelf, task: Task) -> _Done | None:
    """What comes of a task; None where it is of another version, or breaks: the server's log is to tell of that."""
    try:
        snapshot = shelf.snapshot()
        if snapshot.fault is not None or snapshot.index.manifest.files != task.files:
            return None
        done = _Done(getattr(snapshot, task.name)(*task.arguments))
    except YinjuError as exc:
        done = _Done(error=exc)
    except Exception:  # noqa: BLE001 - done again by the server, which tells what breaks and where
        return None
    return done
