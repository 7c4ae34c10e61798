"""How long the history of conversations takes: `python -m tests.bench.history [CONVERSATIONS]`, 5,000 by default.

Each has three turns, whose answers quote a sentence of the papers twice and show ten passages. While they are made,
nothing waits for the disk; the figures are taken with everything written through.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from corpus.library import Library
from corpus.settings import Settings
from indexer.store import IndexStore
from qa import Answer, Shelf
from qa.answer import Statement
from qa.citation import cite
from qa.history import History, new_key
from qa.kept import Answers
from tests.conftest import PAPERS, WordEncoder

REPEATED = 5
QUERIES = ("投资", "會員 企业", "不存在的词", "美国")


def main(arguments: list[str]) -> None:
    """Print the table."""
    count = int(arguments[0]) if arguments else 5000
    with TemporaryDirectory() as folder:
        base = Path(folder)
        shelf = Shelf(Library(PAPERS), IndexStore(base / "index"), Settings(), WordEncoder())
        shelf.update()
        history = History(base / "conversations", Answers(base / "answers"), count)
        answers = Made(shelf)
        with patch.object(os, "fsync", lambda descriptor: None):
            for _ in range(count):
                key = new_key()
                for _ in range(3):
                    answer = answers.next()
                    history.put("", key, answer.question, answer)
        begun = time.perf_counter()
        history.list("")
        print(f"{count} conversations of 3 turns; the list made from the files: {time.perf_counter() - begun:.1f} s")
        key = history.list("").summaries[0].key
        told("list", lambda: history.list(""))
        for query in QUERIES:
            found = history.list("", query).found
            told(f"search {query}, {found} found", lambda query=query: history.list("", query))  # type: ignore[misc]
        told("one more turn", lambda: history.put("", key, "又一个问题", answers.next()))
        told("one more turn, and the list", lambda: (history.put("", key, "问", answers.next()), history.list("")))
        told("a new one, the oldest dropped", lambda: history.put("", new_key(), "新问题", answers.next()))
        sizes = [file.stat().st_size for file in history.answers.folder.iterdir()]
        database = sum(file.stat().st_size for file in history.folder.rglob("*.sqlite3"))
        print(f"an answer: {statistics.mean(sizes) / 1000:.1f} kB; the database: {database / 1e6:.1f} MB")


class Made:
    """Answers without end, each another one."""

    def __init__(self, shelf: Shelf) -> None:
        self._papers = shelf.index.papers
        self._sentences = [(p, s) for p in self._papers.values() for s in p.sentences if s.end - s.start > 20]
        self._passages = shelf.search("创新中心的资助期").passages
        self._random = random.Random(1)

    def next(self) -> Answer:
        """The next one."""
        paper, sentence = self._random.choice(self._sentences)
        quoted = tuple(cite(paper, sentence.start, sentence.end, n, 1.0) for n in (1, 2))
        question = f"关于“{paper.text[sentence.start : sentence.start + 12]}”的问题？"
        statements = tuple(Statement(citation.quote, (citation.n,)) for citation in quoted)
        return Answer(question, statements, False, self._random.random(), quoted, self._passages, {})


def told(what: str, act: Callable[[], object]) -> None:
    """Print the median and the longest of several times."""
    times = []
    for _ in range(REPEATED):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    print(f"{what}: {1000 * statistics.median(times):.0f} ms, at most {1000 * max(times):.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
