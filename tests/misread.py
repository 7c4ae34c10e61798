"""Ways in which reading a file can go wrong, by the file's name: what the children of `test_isolation` call."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from corpus import ocr
from corpus.paper import Block, Paper
from corpus.places import Places
from corpus.read import read_data


def without_recognition(data: bytes, file: str, given: Mapping[str, object]) -> Paper:
    """Read as where the extra `ocr` is not installed: a scan costs no time."""
    ocr.installed = lambda: None  # type: ignore[assignment]
    return read_data(data, file, given)


def read(data: bytes, file: str, given: Mapping[str, object]) -> Paper:
    """Misread `sleep.txt`, `abort.txt` … in the way of their names, and read every other file as always."""
    ways = {name: way for name, way in globals().items() if getattr(way, "__module__", "") == __name__}
    if Path(file).stem in ways:
        ways[Path(file).stem]()
    paper = read_data(data, file, given)
    if file == "forged.txt":
        return replace(paper, sha256="0" * 64)
    if file == "beyond.txt":
        return replace(paper, blocks=(Block("paragraph", 0, len(paper.text) + 1),))
    if file == "adrift.txt":
        return replace(paper, places=Places((len(paper.text),), (0,), ((0, 0, 1, 1),)).packed())
    return replace(paper, doi=str(os.getpid())) if file.startswith("pid") else paper


def modules(data: bytes, file: str, given: Mapping[str, object]) -> Paper:
    """A paper whose keywords are the modules that this process has loaded."""
    return Paper(id=file, file=file, sha256=hashlib.sha256(data).hexdigest(), text="", keywords=tuple(sys.modules))


def sleep() -> None:
    """Wait without end."""
    time.sleep(3600)


def spin() -> None:
    """Work without end, inside one call into C that Python cannot interrupt."""
    sum(range(10**12))


def offspring() -> None:
    """Start another process, and wait for it."""
    subprocess.run([sys.executable, "-c", "import time; time.sleep(3600)"], check=False)


def grow() -> None:
    """Take memory without end, a little at a time."""
    held = []
    while True:
        held.append(bytearray(2**20))


def leap() -> None:
    """Ask for more memory than there may be, at once."""
    bytearray(2**40)


def abort() -> None:
    """End as C libraries do that find themselves broken."""
    os.abort()


def kill() -> None:
    """End as the system ends a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    """Read from an address that is not there."""
    ctypes.string_at(8)


def leave() -> None:
    """Leave by the back door."""
    os._exit(0)


def _recognise(seconds: float) -> None:
    """Take so long for a picture, having said so as the real reader does."""
    for tell in ocr.before_picture:
        tell()
    time.sleep(seconds)


def scan() -> None:
    """Recognise four pages, each in less time than a file has, and all in more."""
    for _ in range(4):
        _recognise(1.5)


def stuck() -> None:
    """Recognise a page without end, after one that went well."""
    _recognise(0.1)
    _recognise(3600)


def endless() -> None:
    """Recognise pages without end, whatever becomes of whom that is told to."""
    while True:
        with contextlib.suppress(OSError):
            _recognise(0.2)


def chatter() -> None:
    """Print, from Python and from C."""
    print("\x00\x00\x00\x00\x00\x00\x00\x05hello", flush=True)
    os.write(1, b"\xff" * 100_000)
    os.write(2, b"\xff" * 100_000)


def deep() -> None:
    """Recurse without end."""
    deep()


def write() -> None:
    """Write a file."""
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
