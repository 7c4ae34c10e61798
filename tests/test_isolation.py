"""A file that hangs, explodes or kills its reader costs one line; the others are read, and no process stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corpus.errors import (
    FileDamaged,
    FileEmpty,
    FileUnreadable,
    ReaderDied,
    ReadingError,
    ReadingOutgrown,
    ReadingTimedOut,
    YinjuError,
)
from corpus.isolated import Readers
from corpus.isolated import shared as shared_readers
from corpus.library import Library
from corpus.paper import Paper
from corpus.read import read_data, read_paper
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Shelf
from tests.conftest import PAPERS, PROJECT, WordEncoder, shared
from ui import cli

PROSE = "制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段。\n".encode()
MISREAD = "tests.misread:read"
SMALL = 300
"""Megabytes: several times what a reader needs, and soon taken."""

WHAT_TO_DO = {
    ReadingTimedOut: ("split it, or set a higher read_seconds", "请拆分文件，或调高设置 read_seconds"),
    ReadingOutgrown: ("split it, or set a higher read_megabytes", "请拆分文件，或调高设置 read_megabytes"),
    ReaderDied: ("save it anew with another program", "请用其他软件另存一份再添加"),
}


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Readers that can be made to misread; one child, so that each file finds what the one before left."""
    with Readers(seconds=3, megabytes=SMALL, count=1, function=MISREAD) as readers:
        yield readers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good paper and room for bad ones."""
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "good.txt").write_bytes(PROSE)
    return tmp_path / "papers"


def failed(readers: Readers, file: str, data: bytes = PROSE) -> ReadingError:
    """The error of a file that cannot be read."""
    with pytest.raises(ReadingError) as caught:
        readers.read(data, file, {})
    return caught.value


def child_of(readers: Readers) -> int:
    """The number of the process that reads next."""
    return int(readers.read(PROSE, "pid.txt", {}).doi or 0)


def group(leader: int) -> list[int]:
    """Processes of the group that a child leads, itself included, dead but unburied ones too."""
    done = subprocess.run(["ps", "-A", "-o", "pid=,pgid="], capture_output=True, text=True, check=True)
    pairs = (map(int, line.split()) for line in done.stdout.splitlines())
    return [pid for pid, leads in pairs if leads == leader]


def gone(leader: int, seconds: float) -> bool:
    """Whether a group dies out within so many seconds."""
    until = time.monotonic() + seconds
    while group(leader) and time.monotonic() < until:
        time.sleep(0.05)
    return not group(leader)


def pdf_of(page: bytes, *more: bytes, filters: bytes = b"") -> bytes:
    """A PDF of one page with this content; its font `/F1` is object 5, the first of `more`."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d%s>>stream\n" % (len(page), filters) + page + b"\nendstream",
        *more,
    )
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))
    return out + head + table + tail


def zeros_packed(megabytes: int) -> bytes:
    """So many megabytes of zeros, packed by zlib to a thousandth.

    Each megabyte but the first comes to the same bytes, so that they are packed once: three gigabytes take ten seconds.
    """
    packer = zlib.compressobj(9)
    first, each = (packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    last = zlib.compressobj(9, wbits=-15).flush()
    adler = (megabytes * 2**20 % 65521) << 16 | 1  # RFC 1950: of n zeros, the sum of the sums of 1
    return first + each * (megabytes - 1) + last + adler.to_bytes(4, "big")


def pdf_bomb(megabytes: int) -> bytes:
    """A PDF whose one page is so many megabytes of zeros."""
    return pdf_of(zeros_packed(megabytes), b"<<>>", filters=b"/Filter/FlateDecode")


def test_zeros_are_packed_as_zlib_packs_them() -> None:
    assert zlib.decompress(zeros_packed(3)) == bytes(3 * 2**20)


@pytest.mark.parametrize(
    ("file", "expected", "said"),
    [
        ("sleep.txt", ReadingTimedOut, "not read within 3 s"),
        ("spin.txt", ReadingTimedOut, "not read within 3 s"),
        ("stuck.txt", ReadingTimedOut, "not read within 3 s"),
        ("grow.txt", ReadingOutgrown, "needs more than 300 MB of memory"),
        ("leap.txt", ReadingOutgrown, "needs more than 300 MB of memory"),
        ("abort.txt", ReaderDied, "killed the reader (SIGABRT)"),
        ("kill.txt", ReaderDied, "killed the reader (SIGKILL)"),
        ("crash.txt", ReaderDied, "killed the reader (SIGSEGV)"),
        ("leave.txt", ReaderDied, "killed the reader (exit status 0)"),
        ("deep.txt", ReaderDied, "RecursionError: maximum recursion depth exceeded, misread.py line"),
        ("write.txt", ReaderDied, "No usable temporary directory found"),
        ("forged.txt", ReaderDied, "sent no paper: another file's"),
        ("beyond.txt", ReaderDied, "sent no paper: blocks: 0 to"),
        ("adrift.txt", ReaderDied, "sent no paper: places: beyond the text or the page"),
    ],
)
def test_a_file_that_breaks_its_reader_gets_one_line(
    readers: Readers, file: str, expected: type[ReadingError], said: str
) -> None:
    before = child_of(readers)
    error = failed(readers, file)
    assert type(error) is expected
    assert said in error.message("en")
    for language, advice in zip(("en", "zh"), WHAT_TO_DO[expected], strict=True):
        message = error.message(language)  # type: ignore[arg-type]
        assert message.startswith(file)
        assert advice in message
        assert len(message.splitlines()) == 1
    assert group(before) == []
    assert readers.read(PROSE, "good.txt", {}) == read_data(PROSE, "good.txt", {})


def test_each_page_that_is_recognised_has_the_time_of_a_file(readers: Readers) -> None:
    before = child_of(readers)
    assert readers.read(PROSE, "scan.txt", {}) == read_data(PROSE, "scan.txt", {})  # twice as long as a file may take
    assert child_of(readers) == before


def test_pages_that_are_recognised_without_end_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.isolated.MOST_PICTURES", 8)
    with Readers(seconds=1, count=1, function=MISREAD) as readers:
        child = child_of(readers)
        begun = time.monotonic()
        error = failed(readers, "endless.txt")
        took = time.monotonic() - begun
    assert (type(error), error.values) == (ReadingTimedOut, {"file": "endless.txt", "seconds": 1})
    assert took > 8 * 0.2 + 0.5  # the eighth page began a second before the end, and not the first
    assert group(child) == []


def test_what_the_libraries_print_disturbs_nothing(readers: Readers, capfd: pytest.CaptureFixture[str]) -> None:
    assert readers.read(PROSE, "chatter.txt", {}) == read_data(PROSE, "chatter.txt", {})
    assert capfd.readouterr() == ("", "")


def test_the_errors_of_the_formats_arrive_as_they_were_raised(readers: Readers) -> None:
    before = child_of(readers)
    for file, data, expected in (
        ("empty.txt", b"", FileEmpty),
        ("page.pdf", b"<html></html>", FileDamaged),
        ("text.pdf", PROSE, FileDamaged),
    ):
        with pytest.raises(ReadingError) as caught:
            read_data(data, file, {})
        error = failed(readers, file, data)
        assert (type(error), error.values) == (expected, caught.value.values)
    assert child_of(readers) == before  # such a file costs no child


def test_one_child_reads_many_files_and_ends_with_its_readers() -> None:
    with Readers(count=2, function=MISREAD) as readers:
        children = {child_of(readers) for _ in range(5)}
        assert len(children) == 1
        (child,) = children
        assert group(child) == [child]
    assert group(child) == []


def test_readers_that_nobody_holds_end_their_children() -> None:
    readers = Readers(function=MISREAD)
    child = child_of(readers)
    del readers
    assert group(child) == []


def test_an_ended_child_is_replaced(readers: Readers) -> None:
    before = child_of(readers)
    os.kill(before, 9)
    assert child_of(readers) != before
    assert group(before) == []


def test_what_a_child_started_ends_with_it(readers: Readers) -> None:
    child = child_of(readers)
    found: list[int] = []
    watch = threading.Timer(1, lambda: found.extend(group(child)))
    watch.start()
    assert type(failed(readers, "offspring.txt")) is ReadingTimedOut
    watch.join()
    assert len(found) == 2
    assert gone(child, 30)


@pytest.mark.parametrize("last", ["good.txt", "spin.txt", "sleep.txt", "endless.txt"])
def test_a_child_does_not_outlive_a_killed_parent(last: str) -> None:
    code = (
        "from corpus.isolated import Readers\n"
        f"readers = Readers(seconds=2, function={MISREAD!r})\n"
        f"print(readers.read({PROSE!r}, 'pid.txt', {{}}).doi, flush=True)\n"
        f"readers.read({PROSE!r}, {last!r}, {{}})\n"
        "input()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, **pipes, text=True) as parent:  # type: ignore[call-overload]
        child = int(parent.stdout.readline())
        assert group(child) == [child]
        parent.kill()
    assert gone(child, 30)


def test_the_child_imports_nothing_heavy_and_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "json.py").write_text("raise SystemExit('not the real one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Readers(function="tests.misread:modules") as readers:
        loaded = set(readers.read(b"", "modules", {}).keywords)
    assert loaded >= {"corpus.read", "pypdf"}
    assert not loaded & {"torch", "faiss", "gradio", "numpy", "indexer", "qa", "ui"}


def test_a_command_that_does_not_start_is_told() -> None:
    with Readers(function="tests.absent:read") as readers:
        assert "killed the reader (not started: exit status 1)" in failed(readers, "good.txt").message("en")


def test_a_page_that_unpacks_to_gigabytes(readers: Readers) -> None:
    bomb = pdf_bomb(3000)
    assert type(failed(readers, "bomb.pdf", bomb)) in (ReadingOutgrown, ReadingTimedOut)
    with Readers(seconds=60, megabytes=200, count=1) as patient:
        error = failed(patient, "bomb.pdf", bomb)
    assert (type(error), error.values) == (ReadingOutgrown, {"file": "bomb.pdf", "megabytes": 200})


@pytest.mark.parametrize("name", ["Pages-tree-refs_cyclic", "REDHAT-1531897-0", "poppler-742-0"])
def test_fuzzed_files_from_the_wild_get_their_line(readers: Readers, name: str) -> None:
    path = shared(f"pdfs/fuzz_{name}.pdf")
    assert type(failed(readers, path.name, path.read_bytes())) is FileDamaged


def test_a_page_that_nests_without_end_is_read_or_refused(readers: Readers) -> None:
    for opening in (b"[", b"<</A", b"q ", b"BT ("):
        content = opening * 300_000
        head = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages %s>>endobj\n" % content
        assert isinstance(failed(readers, "nested.pdf", head + b"trailer<</Root 1 0 R>>"), ReadingError)


def test_a_line_of_millions_of_characters_is_read() -> None:
    line = "制造业是国民经济的主体。" * 100_000
    with Readers() as readers:
        assert readers.read(line.encode(), "line.txt", {}).text == line


def test_half_characters_of_a_pdf_are_joined_or_shown_as_unreadable() -> None:
    table = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange <00> <FF> "
        b"endcodespacerange 2 beginbfchar <41> <D842DFB7> <42> <DFB7> endbfchar endcmap end end"
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    stream = b"<</Length %d>>stream\n" % len(table) + table + b"\nendstream"
    page = pdf_of(b"BT /F1 12 Tf 72 720 Td (HelloA worldB there) Tj ET", font, stream)
    with Readers(count=1) as readers:
        assert readers.read(page, "rare.pdf", {}).text == "Hello\U00020bb7 world\ufffd there"


@pytest.mark.parametrize("unit", ["大学", "制造业", "@", "制造 业", "*a ", "。”", "[1]"])
def test_a_long_line_costs_no_more_than_its_length(unit: str) -> None:
    line = "1 制造" + unit * (200_000 // len(unit))  # a second, but minutes where a pattern goes over it again
    assert shared_readers(60, 2048).read(line.encode(), "line.txt", {}).file == "line.txt"


def results(library: Library, paths: list[Path]) -> list[str]:
    """What came of each file, as JSON."""
    return [json.dumps(r.result.to_json(), ensure_ascii=False) + r.fingerprint for r in library.read_many(paths)]


def test_reading_in_parallel_gives_what_reading_in_turn_gives(papers: Path) -> None:
    for path in list(papers.glob("*.txt")):
        (papers / f"again-{path.name}").write_bytes(path.read_bytes())
    (papers / "empty.txt").write_bytes(b"")
    (papers / "gone.txt").symlink_to(papers / "nowhere.txt")
    paths = [*Library(papers).files().values(), papers / "gone.txt"]
    with Readers(count=1) as one, Readers(count=3) as three:
        serial, parallel = results(Library(papers, readers=one), paths), results(Library(papers, readers=three), paths)
    assert parallel == serial
    assert len(serial) == 12
    facts = Library(papers).facts()
    for path, result in zip(paths, serial, strict=True):
        try:
            here = json.dumps(read_paper(path, facts.get(path.stem, {})).to_json(), ensure_ascii=False)
            here += Library(papers).fingerprint(path)
        except ReadingError as error:
            here = json.dumps(error.to_json(), ensure_ascii=False)
        assert result == here


def test_several_files_are_read_at_the_same_time(folder: Path) -> None:
    for name in ("pid-a.txt", "pid-b.txt", "sleep.txt"):
        (folder / name).write_bytes(PROSE)
    with Readers(seconds=3, count=2, function=MISREAD) as readers:
        library = Library(folder, readers=readers)
        paths = [folder / name for name in ("sleep.txt", "pid-a.txt", "pid-b.txt", "good.txt")]
        first, *rest = (reading.result for reading in library.read_many(paths))
    assert isinstance(first, ReadingTimedOut)  # and while one child slept, the other read the rest
    assert [result.file for result in rest if isinstance(result, Paper)] == ["pid-a.txt", "pid-b.txt", "good.txt"]
    assert len({result.doi for result in rest[:2] if isinstance(result, Paper)}) == 1


def test_reading_that_is_not_wanted_any_more_ends_at_once(folder: Path) -> None:
    (folder / "sleep.txt").write_bytes(PROSE)
    with Readers(seconds=600, count=2, function=MISREAD) as readers:
        reading = Library(folder, readers=readers).read_many([folder / "good.txt", folder / "sleep.txt"])
        assert next(reading).path.name == "good.txt"
        reading.close()  # would wait ten minutes
        assert readers.read(PROSE, "good.txt", {}).file == "good.txt"


def test_threads_share_the_children() -> None:
    seen: list[str | None] = []
    with Readers(count=2, function=MISREAD) as readers:
        threads = [
            threading.Thread(target=lambda n=n: seen.append(readers.read(PROSE, f"pid{n}.txt", {}).doi))  # type: ignore[misc]
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 12
    assert 1 <= len(set(seen)) <= 2


def test_an_update_tells_of_the_bad_files_and_indexes_the_rest(folder: Path, tmp_path: Path) -> None:
    bad = ["abort.txt", "grow.txt", "sleep.txt"]
    for name in bad:
        (folder / name).write_bytes(PROSE)
    stages: list[tuple[str, float]] = []
    with Readers(seconds=2, megabytes=SMALL, count=2, function=MISREAD) as readers:
        library = Library(folder, readers=readers)
        shelf = Shelf(library, IndexStore(tmp_path / "index"), Settings(), WordEncoder())
        update = shelf.update(lambda stage, name, share: stages.append((name, share)) if stage == "read" else None)
    assert update.added == ("good",)
    assert [(type(fault), fault.values["file"]) for fault in update.failed] == [
        (ReaderDied, "abort.txt"),
        (ReadingOutgrown, "grow.txt"),
        (ReadingTimedOut, "sleep.txt"),
    ]
    assert list(dict.fromkeys(stages)) == [
        ("abort.txt", 0.0),
        ("good.txt", 0.25),
        ("grow.txt", 0.5),
        ("sleep.txt", 0.75),
    ]


def test_a_file_that_breaks_its_reader_never_enters(folder: Path, tmp_path: Path, readers: Readers) -> None:
    (tmp_path / "abort.txt").write_bytes(PROSE)
    with pytest.raises(ReaderDied):
        Library(folder, readers=readers).add(tmp_path / "abort.txt")
    assert [path.name for path in folder.iterdir()] == ["good.txt"]


def test_a_file_that_may_not_be_opened_is_told_and_keeps_its_indexed_version(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(Library(folder), IndexStore(tmp_path / "index"), Settings(), WordEncoder())
    shelf.update()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # as root, nothing is ever refused for good
    update = shelf.update()
    assert [type(fault) for fault in update.failed] == [FileUnreadable]
    assert update.unchanged == ("good",)
    assert [state.state for state in shelf.states()] == ["changed"]


@pytest.fixture
def limits(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line on a folder with a bomb in it, under a small limit of memory."""
    (folder / "bomb.pdf").write_bytes(pdf_bomb(200))
    (tmp_path / "yinju.toml").write_text("read_megabytes = 150\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("YINJU_SETTINGS", raising=False)
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr("indexer.model.load_encoder", lambda settings: WordEncoder())
    monkeypatch.setattr("indexer.model.model_identity", lambda settings: WordEncoder.identity)
    return ["--corpus", str(folder), "--index", str(tmp_path / "index")]


BOMB = "bomb.pdf: needs more than 150 MB of memory to be read; split it, or set a higher read_megabytes"


def test_the_commands_tell_of_a_bomb_in_one_line(
    limits: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(status: int, *arguments: str) -> str:
        assert cli.main([*arguments, *limits]) == status
        return "".join(line for line in capsys.readouterr().err.splitlines(keepends=True) if "bomb" in line)

    assert said(1, "read", str(folder / "bomb.pdf")) == f"yinju: {BOMB}\n"
    assert said(0, "index") == f"yinju: warning: {BOMB}\n"
    other = (folder / "bomb.pdf").replace(tmp_path / "bomb.pdf")
    (tmp_path / "fine.txt").write_bytes(PROSE * 2)
    assert said(1, "add", str(other), str(tmp_path / "fine.txt")) == f"yinju: {BOMB}\n"
    assert sorted(path.name for path in folder.iterdir()) == ["fine.txt", "good.txt"]


def test_a_paper_goes_through_json_and_back() -> None:
    for path in sorted(PAPERS.glob("*.txt")):
        paper = read_paper(path, {"authors": ("甲", "乙")})
        assert Paper.from_json(json.loads(json.dumps(paper.to_json()))) == paper


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda item: item.pop("text"), "text"),
        (lambda item: item.update(stranger=1), "stranger"),
        (lambda item: item.update(year="2021"), "'2021' is no int"),
        (lambda item: item.update(year=True), "True is no int"),
        (lambda item: item.update(title=3), "3 is no str"),
        (lambda item: item.update(text="\ud842"), "surrogates"),
        (lambda item: item.update(authors="甲"), "'甲' is no"),
        (lambda item: item["blocks"][0].update(kind="poem"), "'poem' is no"),
        (lambda item: item["blocks"][0].update(start=-1), "blocks: -1 to"),
        (lambda item: item["sentences"][-1].update(end=10**9), "sentences: "),
        (lambda item: item["report"]["removed"].update({"x": 1.5}), "1.5 is no int"),
        (lambda item: item.update(report=[]), "is no Report"),
    ],
)
def test_what_is_no_paper_is_refused(change: Callable[[dict[str, object]], object], said: str) -> None:
    item = json.loads(json.dumps(read_paper(PAPERS / "chen.txt", {}).to_json()))
    change(item)
    with pytest.raises(ValueError, match=said):
        Paper.from_json(item)


@pytest.mark.parametrize("item", [None, [], "x", {"error": "FileEmpty"}, {"error": "Popen", "values": {}}])
def test_what_is_no_error_is_refused(item: object) -> None:
    with pytest.raises(ValueError, match=r"is no error|is none of YinjuError, SettingsError"):
        YinjuError.from_json(item)
