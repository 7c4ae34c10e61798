"""Whatever goes wrong while an index is written or lies on the disk: the old or the new version answers, whole, and the
next update completes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from corpus.errors import IndexDamaged, IndexForeign, IndexUnwritable
from tests.lab import QUESTION, STATES, TONS, Forker, Lab

OTHER = {"A": "B", "B": "A"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte; without the right to mount one, a skip."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def completes(lab: Lab, state: str) -> None:
    """The next update brings the index into the state of the library, whole and without leftovers."""
    update = lab.shelf().update()
    assert update.failed == ()
    assert lab.standing() == state
    assert list(lab.shelf().faults()) == []
    left = {p.name for p in lab.index.iterdir() if not p.name.isdigit()}
    assert left <= {"CURRENT", "LOCK", "failed.json"}
    assert len(lab.shelf().store.versions()) <= 3


def test_a_writer_killed_before_each_of_its_changes(lab: Lab) -> None:
    state, at, killed = "A", 1, 0
    with Forker(lab) as fork:
        while True:
            lab.put(OTHER[state])
            ended = fork(kill_at=at)
            if "changes" in ended:
                break
            assert ended == {"signal": 9}
            assert lab.standing() in (state, OTHER[state])
            killed += lab.standing() == state
            completes(lab, OTHER[state])
            state, at = OTHER[state], at + 1
    assert at > 20
    assert 0 < killed < at - 1  # both before and after the new version was made the current one


def test_a_writer_killed_at_twenty_random_moments(lab: Lab) -> None:
    chance = random.Random(20261125)
    state = "A"
    with Forker(lab) as fork:
        fork()
        for _ in range(20):
            lab.put(OTHER[state])
            ended = fork(kill_after=0.002 + chance.random() * 0.2)
            assert ended == {"signal": 9} or "changes" in ended
            assert lab.standing() in (state, OTHER[state])
            completes(lab, OTHER[state])
            state = OTHER[state]


def test_a_first_writer_that_is_killed_leaves_no_index_or_a_whole_one(lab: Lab) -> None:
    with Forker(lab) as fork:
        for at in (3, 8, 13, 18, 22):
            shutil.rmtree(lab.index)
            assert fork(kill_at=at) == {"signal": 9}
            if (lab.index / "CURRENT").exists():
                assert lab.standing() == "A"
            else:
                (fault,) = lab.shelf().faults()
                assert "yinju index" in fault.message()
            completes(lab, "A")


def test_files_that_cannot_grow_leave_the_old_version(lab: Lab) -> None:
    """As where a disk or a quota is full: each file of the index in turn is the one that cannot be written."""
    sizes = sorted({p.stat().st_size for p in (lab.index / "000001").iterdir()})
    assert len(sizes) > 6
    lab.put("B")
    lab.shelf().update()
    lab.put("A")
    with Forker(lab) as fork:
        for size in (0, 40, *(size - 1 for size in sizes)):
            ended = fork(bytes=size)
            assert ended["error"] == "IndexUnwritable"
            assert str(lab.index) in ended["message"]
            assert lab.standing() == "B"
            assert not (lab.index / ".writing").exists()
    completes(lab, "A")


def test_a_full_disk_leaves_the_old_version(lab: Lab, small_disk: Path) -> None:
    shutil.rmtree(lab.index)
    lab.index = small_disk / "index"
    lab.shelf().update()
    stuffing = small_disk / "stuffing"
    failed = 0
    for free in (2, 8, 20, 40, 80):
        lab.put("B")
        stuffing.unlink(missing_ok=True)
        left = shutil.disk_usage(small_disk).free
        stuffing.write_bytes(bytes(max(left - free * 1024, 0)))
        with suppress(IndexUnwritable):
            lab.shelf().update()
        failed += lab.standing() == "A"
        stuffing.unlink()
        completes(lab, "B")
        lab.put("A")
        completes(lab, "A")
    assert failed >= 3


def test_a_folder_that_cannot_be_written_is_read_all_the_same(lab: Lab, small_disk: Path) -> None:
    shutil.copytree(lab.index, small_disk / "index")
    lab.index = small_disk / "index"
    lab.put("B")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    try:
        assert lab.standing() == "A"
        with pytest.raises(IndexUnwritable, match="Read-only"):
            lab.shelf().update()
        assert lab.standing() == "A"
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    completes(lab, "B")


@pytest.mark.parametrize("name", ["alpha.txt", "beta.txt", "come.txt"])
def test_a_paper_that_vanishes_while_it_is_to_be_read_leaves_the_others(lab: Lab, name: str) -> None:
    lab.put("B")
    with Forker(lab) as fork:
        ended = fork(lose=name)
    assert ended["failed"] in ([name], [])  # beta.txt is as it was, and not read
    snapshot = lab.shelf().snapshot()
    held = {paper.file: paper.text for paper in snapshot.index.papers.values()}
    # What was indexed of it before stays until the next update finds the file gone.
    before = {"alpha.txt": {"alpha.txt": 7103}, "beta.txt": {"beta.txt": 0}, "come.txt": {}}[name]
    assert set(held) == {*STATES["B"]} - {name} | {*before}
    assert str({"alpha.txt": 7103}.get(name, 9208)) in snapshot.ask(QUESTION).passages[0].text
    update = lab.shelf().update()
    assert update.papers == 2
    assert name not in {paper.file for paper in lab.shelf().index.papers.values()}


FILES = [
    "manifest.json", "papers.safetensors", "passages.safetensors", "sentences.faiss", "pieces.safetensors",
    "means.safetensors", "terms.safetensors", "glossary.json",
]  # fmt: skip
HARMS = ["delete", "empty", "cut", "grow", "zeros", *(f"flip {number}" for number in range(4))]


def harm(file: Path, how: str) -> None:
    """Damage a file in one of the ways of `HARMS`."""
    data = file.read_bytes()
    if how == "delete":
        file.unlink()
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif how == "grow":
        file.write_bytes(data + data[-20:])
    elif how == "zeros":
        file.write_bytes(bytes(len(data)))
    else:
        at = random.Random(how + file.name).randrange(len(data))
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :])


@pytest.mark.parametrize("name", ["CURRENT", *FILES])
@pytest.mark.parametrize("how", HARMS)
def test_damage_to_the_only_version_is_refused_and_mended(lab: Lab, name: str, how: str) -> None:
    assert {p.name for p in (lab.index / "000001").iterdir()} == {*FILES}
    harm(lab.index / name if name == "CURRENT" else lab.index / "000001" / name, how)
    if name != "CURRENT":
        with pytest.raises((IndexDamaged, IndexForeign), match="yinju index"):
            lab.shelf().ask(QUESTION)
    faults = list(lab.shelf().faults())
    assert faults
    assert all(fault.message(language).endswith("`yinju index`") for fault in faults for language in ("en", "zh"))
    embedded = len(lab.encoder.embedded)
    completes(lab, "A")
    if name not in ("manifest.json", "pieces.safetensors"):
        assert len(lab.encoder.embedded) == embedded  # what was embedded once is not lost with another file


@pytest.mark.parametrize("name", ["CURRENT", *FILES])
@pytest.mark.parametrize("how", ["delete", "cut", "zeros", "flip 7"])
def test_where_the_current_version_is_damaged_the_one_before_answers_and_says_so(lab: Lab, name: str, how: str) -> None:
    lab.put("B")
    lab.shelf().update()
    harm(lab.index / name if name == "CURRENT" else lab.index / "000002" / name, how)
    snapshot = lab.shelf().snapshot()
    answer = snapshot.ask(QUESTION)
    state = "B" if (name == "CURRENT" and how != "flip 7") or TONS["B"] in answer.text else "A"
    assert lab.standing() == state
    assert TONS[state] in answer.text
    assert snapshot.fault is not None
    assert answer.notice is not None
    assert "yinju index" in answer.notice
    # What has been removed from the library does not come back with the version that still held it.
    if state == "A":
        assert "gone" in snapshot.index.papers
        assert "gone" not in {p.paper.id for p in snapshot.search("高温合金材料的结论", top=50).passages}
    embedded = len(lab.encoder.embedded)
    completes(lab, "B")
    assert lab.shelf().ask(QUESTION).notice is None
    if name not in ("manifest.json", "pieces.safetensors"):
        assert len(lab.encoder.embedded) == embedded
