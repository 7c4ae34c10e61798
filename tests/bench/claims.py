"""How well claims are told apart (`qa.claims`): `python -m tests.bench.claims`, part of `make bench`.

Claims written by hand on the five papers, borne by them or not (`tests/questions/claims.jsonl`; the thresholds were set
on these), and sentences of the papers as they are, with a number changed, and negated (on which nothing was set).
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa import Shelf
from qa.claims import check

CLAIMS = Path(__file__).resolve().parent.parent / "questions" / "claims.jsonl"
_MARK = re.compile(r"\s?\[\d{1,3}(?:\s?[,，、\-–—]\s?\d{1,3})*\]")


@dataclass(frozen=True)
class Tried:
    """A claim: what was done to it, what it says, whether its passage bears it, and whether it would be shown."""

    kind: str
    claim: str
    borne: bool
    shown: bool


def main() -> None:
    """Print how many of each kind would be shown."""
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf.open("corpus/papers", Path(scratch) / "index")
        shelf.update()
        tried = [*written(shelf), *changed(shelf, 150)]
    print("| claims | number | shown |\n| --- | --- | --- |")
    for kind, borne in dict.fromkeys((each.kind, each.borne) for each in tried):
        some = [each.shown for each in tried if (each.kind, each.borne) == (kind, borne)]
        print(f"| {kind}, {'borne' if borne else 'not borne'} | {len(some)} | {sum(some)} |")


def written(shelf: Shelf) -> Iterator[Tried]:
    """The claims written by hand, each against the passage that it was written on."""
    index = shelf.index
    for line in CLAIMS.read_text(encoding="utf-8").splitlines():
        claim = json.loads(line)
        passage = next(
            number for number, p in enumerate(index.passages)
            if p.paper == claim["paper"] and claim["near"] in index.papers[p.paper].text[p.start : p.end]
        )  # fmt: skip
        shown = check(index, shelf.encoder, claim["claim"], passage).fault is None
        language = "English" if claim["claim"].isascii() else "Chinese"
        yield Tried(f"written by hand, {language}", claim["claim"], claim["borne"], shown)


def changed(shelf: Shelf, count: int) -> Iterator[Tried]:
    """Sentences of running text as they are, and changed so that their passage no longer bears them."""
    index, chance = shelf.index, random.Random(5)
    every = [
        (number, index.papers[passage.paper].text[sentence.start : sentence.end])
        for number, passage in enumerate(index.passages)
        for sentence in passage.sentences
        if index.papers[passage.paper].block_at(sentence.start).kind == "paragraph"
    ]
    for number, text in chance.sample([each for each in every if 15 < len(each[1]) < 150], count):
        plain = _MARK.sub("", text)
        versions = [("sentences as they are", text, True)]
        if figures := list(re.finditer(r"(?<![\d.])\d{1,3}(?:\.\d+)?(?![\d.])", plain)):
            figure = chance.choice(figures)
            other = f"{plain[: figure.start()]}{float(figure[0]) + 7:g}{plain[figure.end() :]}"
            versions.append(("with a number changed", other, False))
        if "是" in plain and not re.search("不|没|未|无|非", plain):
            versions.append(("negated", plain.replace("是", "不是", 1), False))
        for kind, claim, borne in versions:
            yield Tried(kind, claim, borne, check(index, shelf.encoder, claim, number).fault is None)


if __name__ == "__main__":
    main()
