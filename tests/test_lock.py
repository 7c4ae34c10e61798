"""One writer at a time: a second one waits or is told who is at work, and a dead one holds nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from corpus.errors import IndexBusy
from indexer.store import IndexStore
from tests.conftest import PROJECT
from tests.lab import Lab

HOLD = """
import sys, time
from pathlib import Path
from indexer.store import IndexStore
with IndexStore(Path(sys.argv[1])).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def hold(index: Path) -> subprocess.Popen[str]:
    """A process that is writing the index, for as long as it lives."""
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(index)], cwd=PROJECT, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert holding.stdout is not None
    assert holding.stdout.readline() == "held\n"
    return holding


def test_a_second_writer_is_told_who_is_at_work(lab: Lab) -> None:
    with hold(lab.index) as other:
        told: list[str] = []
        with pytest.raises(IndexBusy) as refused, IndexStore(lab.index).writing(0.3, told.append):
            pass
        other.kill()
    assert f"process {other.pid} on {socket.gethostname()} since 20" in str(refused.value)
    assert "yinju index" in str(refused.value)
    assert set(told) == {told[0]}
    assert f"process {other.pid}" in told[0]


def test_a_second_update_waits_for_the_first(lab: Lab) -> None:
    lab.put("B")
    with hold(lab.index) as other:
        stages: list[tuple[str, str]] = []
        threading.Timer(0.5, other.kill).start()
        update = lab.shelf().update(lambda stage, what, share: stages.append((stage, what)))
    assert stages[0][0] == "wait"
    assert str(other.pid) in stages[0][1]
    assert "read" in {stage for stage, _ in stages}
    assert update.added == ("come",)
    assert lab.standing() == "B"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_the_lock_of_a_dead_writer_holds_nobody_up(lab: Lab, number: signal.Signals) -> None:
    with hold(lab.index) as other:
        other.send_signal(number)
        other.wait()
    assert (lab.index / "writer.json").exists()  # it had no time to take its name away
    begun = time.monotonic()
    with IndexStore(lab.index).writing():
        assert time.monotonic() - begun < 5
        signed = json.loads((lab.index / "writer.json").read_text(encoding="utf-8"))
        assert signed["pid"] == os.getpid()
    assert not (lab.index / "writer.json").exists()


def test_two_threads_are_two_writers(lab: Lab) -> None:
    inside: list[int] = []
    most = 0

    def write() -> None:
        nonlocal most
        with IndexStore(lab.index).writing(30):
            inside.append(1)
            most = max(most, len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_whoever_reads_needs_no_lock(lab: Lab) -> None:
    with hold(lab.index) as other:
        assert lab.standing() == "A"
        assert list(lab.shelf().faults()) == []
        other.kill()
