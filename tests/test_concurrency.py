"""Fifty threads ask while papers come, change and go: no error, no answer that cites what its version does not hold.

`YINJU_SECONDS` sets how long; `make stress` asks for a minute.
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from qa import Answer, Shelf
from qa.snapshot import Snapshot
from tests.lab import STATES, Lab

THREADS = 50
SECONDS = float(os.environ.get("YINJU_SECONDS", "15"))
QUESTIONS = (
    "滨江市光刻胶试点工厂的年产能是多少吨？", "碳纤维材料用于什么工业？", "高温合金材料的结论是什么？",
    "玄武岩材料有多少名工程师？", "工厂与几所大学共建了实验室？", "谁出资建设？",
)  # fmt: skip


def check(snapshot: Snapshot, answer: Answer) -> None:
    """All that an answer shows stands in the version that it is from, to the letter, and nothing of it is mixed."""
    papers = snapshot.index.papers
    for shown in (*answer.citations, *answer.passages):
        text = shown.quote if hasattr(shown, "quote") else shown.text
        assert text == papers[shown.paper.id].text[shown.start : shown.end]
    for passage in answer.passages:
        assert any((p.paper, p.start) == (passage.paper.id, passage.start) for p in snapshot.index.passages)


def test_fifty_threads_ask_while_papers_come_change_and_go(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    lab.put("A")
    shelf: Shelf = lab.shelf()
    shelf.update()
    until = time.monotonic() + SECONDS
    failures: list[BaseException] = []
    asked, versions = [0] * THREADS, set[str]()
    published = [frozenset(shelf.index.papers)]  # what the index has held, in order

    def ask(number: int) -> None:
        chance = random.Random(number)
        try:
            while time.monotonic() < until and not failures:
                oldest = len(published) - 1
                snapshot = shelf.snapshot()
                # A question begun after an update is answered from that update's version or a later one.
                assert frozenset(snapshot.index.papers) in [*published[oldest:], *map(frozenset, coming)]
                check(snapshot, snapshot.ask(chance.choice(QUESTIONS)))
                if chance.random() < 0.1:
                    check(snapshot, snapshot.ask(chance.choice(QUESTIONS), papers=["beta"]))
                versions.add(snapshot.index.version)
                asked[number] += 1
        except BaseException as exc:  # noqa: BLE001 - raised again by the test itself
            failures.append(exc)

    coming: list[set[str]] = []
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    chance, updates = random.Random(0), 0
    files = sorted({file for papers in STATES.values() for file in papers} - {"beta.txt"})
    while time.monotonic() < until and not failures:
        for file in chance.sample(files, 2):
            place, texts = lab.papers / file, [papers[file] for papers in STATES.values() if file in papers]
            if place.exists() and chance.random() < 0.4:
                place.unlink()
            else:
                place.write_text(chance.choice(texts) + "又记。" * chance.randrange(3), encoding="utf-8")
        coming[:] = [{file.stem for file in lab.papers.iterdir()}]
        shelf.update()
        published.append(frozenset(coming[0]))
        updates += 1
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]
    assert min(asked) > 0
    assert updates > SECONDS / 3
    assert len(versions) > updates / 2
    assert len(shelf.store.versions()) <= 3
    print(f"{sum(asked)} questions by {THREADS} threads over {updates} updates, {len(versions)} versions answered")


@pytest.mark.parametrize("removed", ["alpha", "beta"])
def test_what_is_removed_is_gone_from_the_next_question_on(tmp_path: Path, removed: str) -> None:
    lab = Lab(tmp_path)
    lab.put("A")
    shelf = lab.shelf()
    shelf.update()
    for question in QUESTIONS:
        shelf.ask(question)
    (lab.papers / f"{removed}.txt").unlink()
    lab.shelf().update()  # another process, for all that this shelf knows
    for question in QUESTIONS:
        answer = shelf.ask(question)
        assert removed not in {shown.paper.id for shown in (*answer.citations, *answer.passages)}
        assert shelf.snapshot().related(answer) is not None
