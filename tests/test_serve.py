"""The server as a program: its log, its health, and how it ends when it is told to while it is busy."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from corpus.errors import QuestionTooLong
from qa import Shelf
from tests.conftest import PAPERS, PROJECT
from tests.lab import QUESTION, Lab
from tests.load import drive
from tests.served import Visit, free_port, serving
from ui.line import Line
from ui.logs import broken, event, logged

Captured = pytest.CaptureFixture[str]
ASKED = "先进复合材料制造创新中心由谁经营？"


def health(url: str) -> tuple[int, Any]:
    """Status and JSON of the health route."""
    answer = httpx.get(f"{url}health", timeout=30)
    return answer.status_code, answer.json()


def test_health_tells_whether_questions_can_be_answered(lab: Lab) -> None:
    shelf = lab.shelf()
    with serving(shelf) as served:
        assert health(served.url) == (200, {"status": "ok"})
        lab.put("B")
        shelf.update()
        (lab.index / "000002" / "papers.safetensors").unlink()
        with serving(lab.shelf()) as fresh:
            assert health(fresh.url) == (503, {"status": "index damaged"})
        shutil.rmtree(lab.index)
        assert health(served.url) == (503, {"status": "no index"})


def test_a_running_page_answers_from_a_version_that_another_process_made(lab: Lab) -> None:
    with serving(lab.shelf()) as served, httpx.Client(base_url=served.url, timeout=30) as visitor:
        visit = Visit(visitor)
        before = json.dumps(visit.press(visit.handler("yj-send", "click"), [QUESTION, None]), ensure_ascii=False)
        assert "7103" in before
        lab.put("B")
        lab.shelf().update()
        after = json.dumps(visit.press(visit.handler("yj-send", "click"), [QUESTION, None]), ensure_ascii=False)
        assert "9208" in after


def test_where_too_many_wait_the_next_is_told_and_keeps_its_question(lab: Lab) -> None:
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, waiting_questions=1)
    gate = threading.Event()
    encode = lab.encoder.encode_question
    lab.encoder.encode_question = lambda text: (gate.wait(30), encode(text))[1]  # type: ignore[method-assign]
    with serving(shelf) as served, httpx.Client(base_url=served.url, timeout=60) as visitor:
        visits = [Visit(visitor, f"crowd{number}") for number in range(6)]
        handler = visits[0].handler("yj-send", "click")
        for visit in visits[:3]:  # two are at work, one waits
            assert visit.join(handler, [QUESTION, None]).status_code == 200
        until = time.monotonic() + 20
        while served.page.desk.line.waiting < 1 and time.monotonic() < until:
            time.sleep(0.05)
        for visit in visits[3:]:
            told = json.dumps(visit.press(handler, [QUESTION, None]), ensure_ascii=False)
            assert "已有 1 个问题在等待回答；请稍后再问" in told
            assert told.count(QUESTION) >= 2  # on the page, and back in the box
        gate.set()
        visit = Visit(visitor, "later")
        until = time.monotonic() + 20
        while served.page.desk.busy and time.monotonic() < until:
            time.sleep(0.05)
        assert "7103" in json.dumps(visit.press(handler, [QUESTION, None]), ensure_ascii=False)


def test_a_crowd_is_answered_or_told_to_wait_and_nothing_else(lab: Lab) -> None:
    """`make stress` has a hundred at the five papers for two minutes; see `tests.load`."""
    shelf = lab.shelf()
    shelf.settings = replace(shelf.settings, waiting_questions=10)
    with serving(shelf) as served:
        tally = asyncio.run(drive(served.url, 40, 5))
    assert tally.errors == []
    assert set(tally.outcomes) == {"refused", "busy"}  # the small library answers none of these questions
    assert tally.outcomes["refused"] > 10


# The log -------------------------------------------------------------------------------------------------------------


def lines(captured: Captured) -> list[dict[str, Any]]:
    """The lines of the log written since."""
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


@pytest.mark.parametrize("verbose", [False, True])
def test_a_line_an_event_and_no_question_unless_it_is_asked_for(capsys: Captured, verbose: bool) -> None:
    with logged(verbose):
        event("answered", ms=12, citations=2, private={"question": "谁\n经营？"})
    (line,) = lines(capsys)
    private = {"question": "谁\n经营？"} if verbose else {}
    assert {key: line[key] for key in line if key != "time"} == {
        "level": "INFO", "event": "answered", "ms": 12, "citations": 2, **private,
    }  # fmt: skip
    assert line["time"].startswith("20")


@pytest.mark.parametrize("verbose", [False, True])
def test_what_breaks_is_written_without_the_values_that_broke_it(capsys: Captured, verbose: bool) -> None:
    with logged(verbose):
        try:
            raise QuestionTooLong(length=ASKED, limit=7)
        except QuestionTooLong as exc:
            broken("answering", exc)
    (line,) = lines(capsys)
    assert (line["event"], line["error"], line["level"]) == ("broken", "QuestionTooLong", "ERROR")
    assert "test_serve.py" in line["places"][-1]
    assert (ASKED in json.dumps(line, ensure_ascii=False)) == verbose


@pytest.mark.parametrize("verbose", [False, True])
def test_what_others_print_is_an_event_too(capsys: Captured, verbose: bool) -> None:
    """As Gradio does with the traceback of what it cannot take, the value in its last line."""
    with logged(verbose):
        try:
            raise ValueError(f"not a number: {ASKED}")
        except ValueError:
            traceback.print_exc()
        print("a line", file=sys.stderr)
    print("{}", file=sys.stderr)
    first, second, after = lines(capsys)
    assert after == {}
    assert (first["event"], first["error"]) == ("printed", "ValueError")
    assert first["lines"] >= 4
    assert (second["event"], second["lines"]) == ("printed", 1)
    assert (ASKED in json.dumps([first, second], ensure_ascii=False)) == verbose


def test_a_log_that_cannot_be_written_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    closed = os.fdopen(writing, "w", buffering=1)
    monkeypatch.setattr("sys.stderr", closed)
    with logged():
        event("answered", ms=1)
        event("answered", ms=2)
        print("a line", file=sys.stderr)
    monkeypatch.undo()
    with contextlib.suppress(OSError):
        closed.close()


async def let_in(line: Line, most: int) -> int:
    """How many of so many that come at once are let in."""
    gate = threading.Event()
    inside = 0

    async def one() -> None:
        nonlocal inside
        async for _ in line.steps(iter([gate.wait(0.01)])):
            inside += 1

    await asyncio.gather(*(one() for _ in range(most)), return_exceptions=True)
    return inside


@pytest.mark.parametrize(("workers", "waiting", "came_in"), [(2, 0, 2), (2, 3, 5), (1, 0, 1)])
def test_a_line_takes_its_workers_and_those_who_may_wait(workers: int, waiting: int, came_in: int) -> None:
    line = Line(workers, waiting)
    assert not line.full
    assert asyncio.run(let_in(line, 9)) == came_in
    line.close()


# The program ---------------------------------------------------------------------------------------------------------


@contextmanager
def program(corpus: Path, index: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`yinju serve` in a process of its own, and its address; killed at the end if it has not ended by then."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ui.cli",
        "serve",
        "--port",
        str(port),
        "--corpus",
        str(corpus),
        "--index",
        str(index),
    ]
    (index.parent / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "YINJU_SETTINGS": "", "TMPDIR": str(index.parent / "tmp")}
    running = subprocess.Popen(
        [*command, *more], cwd=index.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        assert f"http://127.0.0.1:{port}/" in running.stdout.readline()
        yield running, f"http://127.0.0.1:{port}/"
    finally:
        if running.poll() is None:
            running.kill()
            running.communicate()


SLOW = """
import sys, time
from pathlib import Path
from tests.lab import Lab
from ui.serve import serve_page
lab = Lab(Path(sys.argv[1]))
encode = lab.encoder.encode_question
lab.encoder.encode_question = lambda text: (text == "引据" or time.sleep(60), encode(text))[1]
serve_page(lab.shelf(), port=int(sys.argv[2]), on_ready=lambda url: print(url, flush=True), block=True)
"""


def test_a_step_that_takes_a_minute_does_not_hold_up_the_end(lab: Lab) -> None:
    command = [sys.executable, "-c", SLOW, str(lab.papers.parent), str(free_port())]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        with httpx.Client(base_url=running.stdout.readline().strip(), timeout=60) as visitor:
            visit = Visit(visitor)
            visit.join(visit.handler("yj-send", "click"), [QUESTION, None])
            time.sleep(1)
            begun = time.monotonic()
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 0
    assert time.monotonic() - begun < 20  # three seconds of grace, and what a busy machine adds


@pytest.mark.parametrize(("verbose", "number"), [(False, signal.SIGTERM), (True, signal.SIGINT)])
def test_told_to_end_while_it_is_busy_it_ends_within_five_seconds(
    real_shelf: Shelf, papers: Path, tmp_path: Path, verbose: bool, number: signal.Signals
) -> None:
    """Questions are being asked and a new paper is being embedded; what was indexed stays."""
    index = Path(shutil.copytree(real_shelf.store.folder, tmp_path / "index"))
    with program(papers, index, *(["--verbose"] if verbose else [])) as (running, url):
        with httpx.Client(base_url=url, timeout=120) as visitor:
            visit = Visit(visitor, "first")
            ask = visit.handler("yj-send", "click")
            assert "协同解决方案公司" in json.dumps(visit.press(ask, [ASKED, None]), ensure_ascii=False)
            text = (PAPERS / "chen.txt").read_text(encoding="utf-8")
            (papers / "new.txt").write_text(text.replace("制造", "建造").replace("创新", "革新"), encoding="utf-8")
            visit.join(visit.handler("yj-update", "click"), [None])
            for asked in range(12):
                Visit(visitor, f"busy{asked}").join(ask, [f"{ASKED}{asked}", None])
            time.sleep(1.5)
            begun = time.monotonic()
            running.send_signal(number)
            _, err = running.communicate(timeout=30)
        assert time.monotonic() - begun < 5
    assert running.returncode == 0
    assert list((tmp_path / "tmp").glob("yinju-uploads-*")) == []
    first, *rest = err.splitlines()
    assert first == "starting; the page's address follows"
    events = [json.loads(line) for line in rest]
    assert [line["event"] for line in events[:1]] == ["serving"]
    at_work = itertools.takewhile(lambda line: line["event"] != "stopping", events)
    assert [line for line in at_work if line["event"] == "printed"] == []  # nothing but the log writes to stderr
    assert events[-1]["event"] == "stopped"
    assert "stopping" in {line["event"] for line in events[-12:]}  # what was at work may end in between
    answered = [line for line in events if line["event"] == "answered"]
    assert answered[0]["citations"] >= 1
    assert answered[0]["version"] == "000001"
    assert ("复合材料" in err) == verbose
    assert {paper.stem for paper in PAPERS.glob("*.txt")} <= set(real_shelf.store.manifest().papers)
    left = Shelf(real_shelf.library, type(real_shelf.store)(index), real_shelf.settings, real_shelf.encoder)
    assert left.snapshot().fault is None
    assert ASKED[:4] in left.ask(ASKED).question
