"""An index in Milvus: the answers of an index in a folder, whoever writes, and whoever dies while writing.

Milvus Lite is a file of one process; where several write, it is a server of its own. It asks that writes come one after
the other, so that server takes one request at a time.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from corpus.errors import IndexForeign, IndexMissing, SettingsError, StoreMissing, StoreSilent
from corpus.library import Library
from corpus.settings import Settings
from indexer.address import Address
from indexer.milvus import Milvus
from indexer.shared import SharedLibrary
from indexer.store import IndexStore
from indexer.version import Recipe
from qa import Shelf
from qa.retrieve import Scope
from tests.conftest import PAPERS, PROJECT, WordEncoder
from ui.cli import main
from ui.surveyor import Surveyor
from ui.words import WORDS

needs_milvus = pytest.mark.skipif(
    importlib.util.find_spec("pymilvus") is None or importlib.util.find_spec("milvus_lite") is None,
    reason="needs the extra `milvus`",
)
ZH, EN = WORDS["zh"], WORDS["en"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

QUESTIONS = [
    json.loads(line)["question"]
    for line in (PROJECT / "tests" / "questions" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
INDEXER = """
import os, signal, sys
from pathlib import Path
from corpus.library import Library
from corpus.settings import Settings
from indexer.address import Address
from indexer.milvus import Milvus
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import WordEncoder
folder, index, address, deadly = sys.argv[1:]
put = Milvus.put
def dying(self, collection, rows):
    if collection == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, collection, rows)
Milvus.put = dying
Shelf(Library(Path(folder)), IndexStore(Path(index)), Settings(), WordEncoder(), address=Address.of(address)).update()
"""


def shelf_of(folder: Path, index: Path, address: str = "") -> Shelf:
    """A shelf behind the small encoder."""
    store = Address.of(address) if address else None
    return Shelf(Library(folder), IndexStore(index), Settings(), WordEncoder(), address=store)


def found(shelf: Shelf, question: str, scope: Scope | None = None) -> list[tuple[str, int, int, float]]:
    """Paper, place and score of the ten best passages."""
    passages = shelf.search(question, top=10, scope=scope or Scope()).passages
    return [(p.paper.id, p.start, p.end, p.score) for p in passages]


def overlap(one: list[tuple[str, int, int, float]], other: list[tuple[str, int, int, float]]) -> float:
    """The share of the passages of the one that the other has."""
    return len({p[:3] for p in one} & {p[:3] for p in other}) / max(len(one), 1)


def write(folder: Path, name: str, text: str) -> None:
    """A short paper."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text(f"{name}的研究\n\n1 引言\n{text}\n", encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[str]:
    """The address of a file, closed at the end."""
    yield f"milvus://{tmp_path / 'papers.db'}"
    if importlib.util.find_spec("milvus_lite"):
        from milvus_lite import server_manager_instance

        server_manager_instance.release_server(str(tmp_path / "papers.db"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a library on a server that is a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = f"{str(tmp_path / 'lite')!r}, '127.0.0.1', {port}, 1"
    program = f"from milvus_lite.adapter.grpc.server import run_server; run_server({served})"
    process = subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "listening" in process.stdout.readline()
    yield f"milvus://127.0.0.1:{port}/papers"
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def indexer(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts an indexer of a folder in a process of its own; it may die before it writes to a collection."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, address: str, deadly: str = "") -> subprocess.Popen[bytes]:
        index = tmp_path / f"index-{folder.name}"
        started.append(subprocess.Popen([sys.executable, "-c", INDEXER, folder, index, address, deadly], cwd=PROJECT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("text", "uri", "library", "token"),
    [
        ("milvus://10.0.0.5:19530/papers", "http://10.0.0.5:19530", "papers", ""),
        ("milvus://li:a%40b@db.example:1/x_2", "http://db.example:1", "x_2", "li:a@b"),
        ("milvus+tls://db.example:443/papers", "https://db.example:443", "papers", ""),
        ("milvus://[::1]:19530/papers", "http://[::1]:19530", "papers", ""),
        ("milvus:///data/my%20papers.db", "/data/my papers.db", "library", ""),
    ],
)
def test_an_address_names_a_server_or_a_file(text: str, uri: str, library: str, token: str) -> None:
    address = Address.of(text)
    assert (address.uri, address.library, address.token) == (uri, library, token)
    assert "a@b" not in str(address)
    assert Address.of(str(address).replace(" ", "%20")) == replace(address, token="")


@pytest.mark.parametrize(
    "text",
    [
        "papers.db",
        "http://h:1/x",
        "milvus://h/x",
        "milvus://h:1",
        "milvus://h:1/a-b",
        "milvus:///data/x",
        "milvus://h:x/y",
        "https://h:1/x",
    ],
)
def test_any_other_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="milvus://HOST:PORT/LIBRARY"):
        Address.of(text)


def test_the_client_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(StoreMissing, match=r"yinju\[milvus\]"):
        Milvus(Address.of("milvus://127.0.0.1:1/papers"))


def test_it_is_missed_before_papers_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    write(tmp_path / "papers", "甲", "甲所的经费来自联邦政府。")
    shelf = shelf_of(tmp_path / "papers", tmp_path / "index", "milvus://127.0.0.1:1/papers")
    with pytest.raises(StoreMissing):
        shelf.update()
    assert not (tmp_path / "index").exists()


def test_map_and_timeline_say_that_they_are_drawn_of_a_folder(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, tmp_path / "index", "milvus://127.0.0.1:1/papers")
    parts: Any = SimpleNamespace(map="map", timeline="timeline")
    surveyor = Surveyor(shelf, parts, lambda session: {})
    for drawn, words in ((surveyor.map(ZH), ZH), (surveyor.timeline(EN), EN)):
        ((_, html),) = drawn.items()
        assert "milvus://127.0.0.1:1/papers" in html
        assert "--store" in html
        assert words.unexpected_drawing not in html


@needs_milvus
def test_the_command_line_writes_and_asks(tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "papers", "甲", "甲所的私人投资共有三百万美元。")
    places = ["--corpus", str(tmp_path / "papers"), "--index", str(tmp_path / "index"), "--store", file]
    assert main(["index", *places]) == 0
    shutil.rmtree(tmp_path / "index")
    capsys.readouterr()
    assert main(["ask", "甲所的私人投资是多少？", "--json", *places]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "三百万美元" in answer["citations"][0]["quote"]
    assert main(["ask", "甲所的私人投资是多少？", *places[:4], "--store", "nowhere"]) == 1
    assert "milvus://HOST:PORT/LIBRARY" in capsys.readouterr().err


@needs_milvus
def test_the_five_papers_are_found_as_in_a_folder(real_shelf: Shelf, file: str) -> None:
    there = Shelf.open(PAPERS, real_shelf.store.folder, store=file)
    there.update()
    shares, apart = [], 0.0
    for question in QUESTIONS:
        here, away = found(real_shelf, question), found(there, question)
        shares.append(overlap(here, away))
        apart = max([apart, *(abs(a[3] - b[3]) for a, b in zip(here, away, strict=True))])
    assert np.mean(shares) >= 0.99
    assert apart < 1e-3
    for question in QUESTIONS[:6]:
        assert there.ask(question).text == real_shelf.ask(question).text
    print(f"overlap {np.mean(shares):.4f} of {len(shares)} questions, scores apart by {apart:.2g}")


@needs_milvus
def test_a_scope_and_what_a_question_names_are_filters(small_shelf: Shelf, file: str) -> None:
    there = shelf_of(small_shelf.library.folder, small_shelf.store.folder, file)
    there.update()
    scopes = [
        Scope(papers=frozenset({"zhang", "chen"})), Scope(years=(2015, 2021)), Scope(kinds=frozenset({"table"})),
        Scope(papers=frozenset({"zhang"}), kinds=frozenset({"text", "table"})),
    ]  # fmt: skip
    for scope in scopes:
        assert found(there, "会员有多少家？", scope) == found(small_shelf, "会员有多少家？", scope)
    for question in ("张华胜的论文里，表4中中小企业会员有多少？", "各篇论文怎么评价公私合作？", "zzz qqq"):
        assert found(there, question) == found(small_shelf, question)
    assert there.ask("各篇论文怎么评价公私合作？").text == small_shelf.ask("各篇论文怎么评价公私合作？").text


@needs_milvus
def test_a_paper_comes_changes_and_goes(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "papers"
    write(folder, "甲", "甲所的经费来自联邦政府，共有三百万美元。")
    write(folder, "乙", "乙所的经费来自私人投资，共有五百万美元。")
    there = shelf_of(folder, tmp_path / "index", file)
    there.update()
    before = there.snapshot()
    assert found(there, "私人投资")[0][0] == "乙"
    write(folder, "乙", "乙所的经费改由州政府承担，今年没有私人来源。")
    write(folder, "丙", "丙所的私人投资共有七百万美元。")
    (folder / "甲.txt").unlink()
    there.update()
    assert list(there.index.papers) == ["丙", "乙"]
    assert found(there, "私人投资")[0][0] == "丙"
    assert "州政府" in there.index.papers["乙"].text
    assert not [hit for hit in found(there, "联邦政府的经费") if hit[0] == "甲"]
    # Rows of what is gone are gone; a reader that was open before finds no paper that it did not know.
    milvus = there._shared().milvus
    editions = {paper.edition for paper in milvus.written().values()}
    assert {row["id"] for row in milvus.rows("editions", "", [])} == editions
    for collection in ("passages", "sentences", "codes"):
        assert {row["edition"] for row in milvus.rows(collection, "", ["edition"])} == editions
    assert {p.paper.id for p in before.search("私人投资").passages} <= {"甲", "乙"}


@needs_milvus
def test_another_model_is_told_apart(tmp_path: Path, file: str) -> None:
    write(tmp_path / "papers", "甲", "甲所的经费来自联邦政府。")
    shelf = shelf_of(tmp_path / "papers", tmp_path / "index", file)
    with pytest.raises(IndexMissing):
        shelf.search("经费")
    shelf.update()
    with pytest.raises(IndexForeign, match="another"):
        SharedLibrary(Address.of(file), Recipe("another", 280)).index()


@needs_milvus
def test_a_file_that_another_process_has_open_is_told_in_one_line(tmp_path: Path, file: str) -> None:
    write(tmp_path / "papers", "甲", "甲所的经费来自联邦政府。")
    shelf_of(tmp_path / "papers", tmp_path / "index", file).update()
    command = [sys.executable, "-m", "ui.cli", "ask", "经费", "--index", str(tmp_path / "none"), "--store", file]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert "another process may have the file open" in told.stderr


@needs_milvus
def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(StoreSilent, match=r"127\.0\.0\.1:9"):
        Milvus(Address.of("milvus://127.0.0.1:9/papers"))


@contextmanager
def behind_tls(address: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Another address of a server, one that speaks TLS, and the certificate to trust it by."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    port = int(address.rsplit(":", 1)[1].split("/")[0])

    async def copied(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await source.read(2**16):
                target.write(part)
                await target.drain()
        target.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copied(reader, outer), copied(inner, writer))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        opening = asyncio.start_server(passed_on, "127.0.0.1", 0, ssl=context)
        listening = asyncio.run_coroutine_threadsafe(opening, loop).result()
        open_port = listening.sockets[0].getsockname()[1]
        yield f"milvus+tls://127.0.0.1:{open_port}/papers", certificate
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@needs_milvus
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_server_is_spoken_to_by_tls(
    tmp_path: Path, server: str, indexer: Callable[..., subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose certificate is trusted; gRPC takes others than the usual ones from a file that a variable names."""
    write(tmp_path / "one", "甲", "甲所的私人投资共有一百万美元。")
    with behind_tls(server, tmp_path) as (address, certificate):
        assert indexer(tmp_path / "one", address).wait(120) == 1
        monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(certificate))
        assert indexer(tmp_path / "one", address).wait(120) == 0
    assert set(shelf_of(tmp_path / "none", tmp_path / "none-index", server).index.papers) == {"甲"}


@needs_milvus
def test_several_indexers_write_at_once_and_one_that_is_killed_leaves_nothing_to_be_seen(
    tmp_path: Path, server: str, indexer: Callable[..., subprocess.Popen[bytes]]
) -> None:
    for folder, names in (("one", "甲乙"), ("two", "丙丁")):
        for name in names:
            write(tmp_path / folder, name, f"{name}所的私人投资共有{ord(name)}万美元。{name}所由大学管理。")
    write(tmp_path / "three", "戊", "戊所的私人投资共有一百万美元。")
    running = [indexer(tmp_path / "one", server), indexer(tmp_path / "two", server)]
    assert [process.wait(120) for process in running] == [0, 0]
    reader = shelf_of(tmp_path / "none", tmp_path / "none-index", server)
    assert set(reader.index.papers) == set("甲乙丙丁")
    assert {hit[0] for hit in found(reader, "私人投资是多少？")} == set("甲乙丙丁")
    seen = found(reader, "私人投资是多少？")

    assert indexer(tmp_path / "three", server, "papers").wait(120) == -signal.SIGKILL
    milvus = SharedLibrary(Address.of(server), reader.index.manifest.recipe).milvus
    assert milvus.count("passages", 'paper == "戊"') > 0
    assert set(reader.index.papers) == set("甲乙丙丁")
    assert found(reader, "私人投资是多少？") == seen

    assert indexer(tmp_path / "three", server).wait(120) == 0
    assert set(reader.index.papers) == set("甲乙丙丁戊")
    assert "戊" in {hit[0] for hit in found(reader, "私人投资是多少？")}
    ids = [row["id"] for row in milvus.rows("passages", 'paper == "戊"', [])]
    assert ids == [f"{milvus.written()['戊'].edition}/{at:06d}" for at in range(len(ids))]
