"""How well dated events are found (`qa.timeline`): `python -m tests.bench.events`, part of `make bench`.

Against every dated event of the five papers, written down by hand (`tests/questions/events.jsonl`). The rules were made
with a look at two of the papers; the other three were first run when they were done. An event is right when one that
was written down has its date and stands within it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus.library import Library
from corpus.paper import Paper
from qa.timeline import Telling, events_of

PROJECT = Path(__file__).resolve().parent.parent.parent
EVENTS = PROJECT / "tests" / "questions" / "events.jsonl"
TUNED_ON = ("zhang", "shi-wang-zhang")


@dataclass(frozen=True)
class Written:
    """An event as it was written down: its date, words that tell it, and whether they are prose or a table's row."""

    paper: str
    date: str
    string: str
    kind: str


@dataclass(frozen=True)
class Compared:
    """What was found of what was written down, and what was found besides."""

    right: int
    missed: tuple[Written, ...]
    wrong: tuple[tuple[str, Telling], ...]

    @property
    def precision(self) -> float:
        """The share of the events found that are right."""
        return self.right / max(self.right + len(self.wrong), 1)

    @property
    def recall(self) -> float:
        """The share of the events written down that were found."""
        return self.right / max(self.right + len(self.missed), 1)


def main() -> None:
    """Print precision and recall, and every mistake."""
    papers = read_papers()
    written = read_written()
    others = [name for name in papers if name not in TUNED_ON]
    rows = [("tuned on, prose", TUNED_ON, "prose"), ("tuned on, table rows", TUNED_ON, "row")]
    rows += [("held out, prose", others, "prose"), ("held out, table rows", others, "row")]
    rows += [("all", [*papers], "")]
    print("| papers | events | precision | recall |\n| --- | --- | --- | --- |")
    mistakes = []
    for name, some, kind in rows:
        told = compare([papers[paper] for paper in some], [w for w in written if w.paper in some], kind)
        count = told.right + len(told.missed)
        print(f"| {name} | {count} | {told.precision:.3f} | {told.recall:.3f} |")
        if kind:
            mistakes += [f"missed  {w.paper} {w.date}  {w.string}" for w in told.missed]
            mistakes += [f"wrong   {t.paper} {date}  {t.what[:80]}" for date, t in told.wrong]
    print("\n" + "\n".join(mistakes))


def read_papers() -> Mapping[str, Paper]:
    """The five papers, by id."""
    library = Library(PROJECT / "corpus" / "papers")
    return {paper: library.read(path) for paper, path in library.files().items()}


def read_written() -> list[Written]:
    """The events written down by hand."""
    items = map(json.loads, EVENTS.read_text(encoding="utf-8").splitlines())
    return [Written(item["paper"].removesuffix(".txt"), item["date"], item["string"], item["kind"]) for item in items]


def compare(papers: Iterable[Paper], written: Iterable[Written], kind: str = "") -> Compared:
    """What `events_of` finds of a kind (prose, row, or all) against what was written down; each counts once."""
    missed = [each for each in written if kind in ("", each.kind)]
    right, wrong = 0, []
    for event in events_of(papers):
        for telling in event.tellings:
            if kind and telling.row != (kind == "row"):
                continue
            same = [w for w in missed if (w.paper, w.date) == (telling.paper, event.date) and w.string in telling.what]
            if same:
                missed.remove(same[0])
                right += 1
            else:
                wrong.append((event.date, telling))
    return Compared(right, tuple(missed), tuple(wrong))


if __name__ == "__main__":
    main()
