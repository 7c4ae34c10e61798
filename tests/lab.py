"""A small library in two states, A and B, and an updater that can be forked and killed: for tests of what goes wrong.

Run as a program (`python -m tests.lab FOLDER`), it imports everything once and then forks a child for each line of JSON
on stdin, which updates the index under what the line asks for; how the child ended is a line on stdout:

    {"kill_at": 7}              SIGKILL before the seventh change that it makes to the index folder
    {"kill_after": 0.05}        SIGKILL after so many seconds
    {"bytes": 4096}             no file may grow beyond so many bytes
    {"lose": "beta.txt"}        this paper is deleted as soon as reading begins
    {}                          nothing goes wrong
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from corpus.errors import YinjuError
from corpus.isolated import Readers
from corpus.library import Library
from corpus.paper import Paper
from corpus.read import read_data
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import PROJECT, WordEncoder

QUESTION = "滨江市光刻胶试点工厂的年产能是多少吨？"
_BODY = "该厂由滨江市政府出资{money}亿元建设，现有工程师{people}名。工厂与三所大学共建了材料实验室。"
_ALPHA = "光刻胶试点研究\n\n李明\n\n一、试点\n\n滨江市的光刻胶试点工厂的年产能为{tons}吨。{body}\n"
_OTHER = (
    "{name}材料研究\n\n王芳\n\n一、背景\n\n{name}材料广泛用于航空工业。{body}\n\n二、结论\n\n"
    "应当加大对{name}材料的投入。\n"
)
STATES: Mapping[str, Mapping[str, str]] = {
    "A": {
        "alpha.txt": _ALPHA.format(tons=7103, body=_BODY.format(money=12, people=340)),
        "beta.txt": _OTHER.format(name="碳纤维", body=_BODY.format(money=5, people=61)),
        "gone.txt": _OTHER.format(name="高温合金", body=_BODY.format(money=8, people=77)),
    },
    "B": {
        "alpha.txt": _ALPHA.format(tons=9208, body=_BODY.format(money=15, people=410)),
        "beta.txt": _OTHER.format(name="碳纤维", body=_BODY.format(money=5, people=61)),
        "come.txt": _OTHER.format(name="玄武岩", body=_BODY.format(money=3, people=29)),
    },
}
"""From A to B a paper is changed, one is removed and one is added."""
TONS = {"A": "7103", "B": "9208"}


class NearReaders(Readers):
    """Reads in this very process: no child that a fork would share."""

    def read(self, data: bytes, file: str, given: Mapping[str, object], stop: threading.Event | None = None) -> Paper:
        """See `Readers.read`."""
        return read_data(data, file, given)


class Lab:
    """The library and the index in a folder."""

    def __init__(self, folder: Path) -> None:
        self.papers, self.index = folder / "papers", folder / "index"
        self.papers.mkdir(exist_ok=True)
        self.encoder = WordEncoder()

    def shelf(self) -> Shelf:
        """A shelf as a new process would open it."""
        library = Library(self.papers, readers=NearReaders(count=1))
        return Shelf(library, IndexStore(self.index), Settings(wait_seconds=5), self.encoder)

    def put(self, state: str) -> None:
        """Bring the library, not the index, into a state."""
        shutil.rmtree(self.papers)
        self.papers.mkdir()
        for name, text in STATES[state].items():
            (self.papers / name).write_text(text, encoding="utf-8")

    def standing(self) -> str:
        """The state whose every paper the index holds to the letter; fails where it is neither. Asks it, too."""
        shelf = self.shelf()
        snapshot = shelf.snapshot()
        texts = {paper.file: paper.text for paper in snapshot.index.papers.values()}
        (state,) = (name for name, papers in STATES.items() if texts == {f: clean(f, t) for f, t in papers.items()})
        for passage in snapshot.index.passages:
            assert passage.end <= len(snapshot.index.papers[passage.paper].text)
        answer = snapshot.ask(QUESTION)
        assert TONS[state] in answer.passages[0].text
        for citation in answer.citations:
            assert citation.quote == snapshot.index.papers[citation.paper.id].text[citation.start : citation.end]
        return state


def clean(file: str, text: str) -> str:
    """The text of a paper as it is read."""
    return read_data(text.encode(), file, {}).text


class Forker:
    """The program in this module, running: `with Forker(lab) as fork: fork(kill_at=3)`."""

    def __init__(self, lab: Lab) -> None:
        command = [sys.executable, "-m", "tests.lab", str(lab.papers.parent)]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __call__(self, **trouble: object) -> dict[str, Any]:
        """How an update ended: `signal` that killed it or `error` that it told, else `changes` made to the folder."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(trouble) + "\n")
        stdin.flush()
        ended: dict[str, Any] = json.loads(stdout.readline())
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main(folder: Path) -> None:
    """Fork for each line, as the module's docstring says."""
    lab = Lab(folder)
    clean("warm.txt", STATES["A"]["alpha.txt"])  # what is loaded once is loaded before the forks
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _updating(lab, json.loads(line), writing)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told:
            said = told.read()
        _, status = os.waitpid(child, 0)
        ended = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else json.loads(said or "{}")
        print(json.dumps(ended), flush=True)


def _updating(lab: Lab, trouble: Mapping[str, Any], told: int) -> None:
    """What the child does. It ends here, whatever happens: nothing of the parent's may be closed or flushed twice."""
    said: dict[str, object] = {"crash": "see stderr"}
    try:
        changes = _count_changes(lab.index, int(trouble.get("kill_at", 0)))
        if "kill_after" in trouble:
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, trouble["kill_after"])
        if "bytes" in trouble:
            resource.setrlimit(resource.RLIMIT_FSIZE, (trouble["bytes"], trouble["bytes"]))

        def progress(stage: str, paper: str, share: float) -> None:
            if stage == "read" and "lose" in trouble:
                (lab.papers / trouble["lose"]).unlink(missing_ok=True)

        try:
            update = lab.shelf().update(progress)
            said = {"changes": len(changes), "failed": [error.values["file"] for error in update.failed]}
        except YinjuError as exc:
            said = {"error": type(exc).__name__, "message": str(exc)}
        os.write(told, json.dumps(said).encode())
    finally:
        os._exit(0)


def _count_changes(index: Path, kill_at: int) -> list[str]:
    """The changes made to the index folder from now on, as Python's audit events tell them; dies before `kill_at`."""
    changes: list[str] = []
    inside = str(index)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.chmod")
        if event == "open":
            mode = arguments[2] if isinstance(arguments[2], int) else 0
            writes = bool(mode & (os.O_WRONLY | os.O_RDWR))
        if writes and any(str(a).startswith(inside) for a in arguments[:2]):
            changes.append(event)
            if len(changes) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return changes


if __name__ == "__main__":
    main(Path(sys.argv[1]))
