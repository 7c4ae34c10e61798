"""What the search's settings were chosen by: `make fit XQUAD=folder`.

Prints nDCG@10 on XQuAD and the measures on our own questions (`tests/questions/written.jsonl`) for several weights of
the signals, and on our own questions for several sizes of passage. The questions of `questions.jsonl` have no part in
it: they are for checking.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.library import Library
from corpus.settings import Settings
from indexer.model import Encoder, load_encoder
from indexer.store import IndexStore
from qa.evaluate import ndcg, places, read_questions, run, summarise
from qa.retrieve import SIGNALS, WEIGHTS, Weights, search
from qa.shelf import Shelf
from tests.bench.compare import MEASURES, PAPERS, PROJECT, TestSet, test_sets

OWN = PROJECT / "tests" / "questions" / "written.jsonl"
SIZES = (200, 280, 360, 450)
WEIGHINGS = [
    replace(WEIGHTS, sentence=sentence, passage=passage, words=words)
    for (sentence, passage), words in product(((0, 0), (0.05, 0.05), (0.1, 0.1), (0.2, 0.1)), (0, 0.1, 0.25, 0.5))
]


def main(arguments: list[str]) -> None:
    """Print the tables."""
    encoder = load_encoder(Settings())
    with tempfile.TemporaryDirectory() as scratch:
        shelf = Shelf(Library(PAPERS), IndexStore(Path(scratch) / "sizes"), Settings(), encoder)
        print("| characters a passage | passages | " + " | ".join(MEASURES) + " |\n|" + " --- |" * (2 + len(MEASURES)))
        for size in SIZES:  # the pieces are embedded once and kept
            shelf = Shelf(shelf.library, shelf.store, Settings(passage_characters=size), encoder)
            shelf.update()
            print(f"| {size} | {len(shelf.index.passages)} | {own_measures(shelf, WEIGHTS)} |", flush=True)
        shelf = Shelf(shelf.library, shelf.store, Settings(), encoder)
        shelf.update()
        sets = [
            tested
            for tested in test_sets(Path(scratch), encoder, Path(arguments[0]) if arguments else None)
            if tested.name.startswith("XQuAD")
        ]
        signals = {tested.name: all_signals(tested, encoder) for tested in sets}
        print("\n| " + " | ".join([*SIGNALS, *MEASURES, *signals]) + " |")
        print("|" + " --- |" * (len(SIGNALS) + len(MEASURES) + len(signals)))
        for weights in WEIGHINGS:
            chosen = [f"{getattr(weights, name)}" for name in SIGNALS]
            scores = [f"{xquad_ndcg(each, weights):.4f}" for each in signals.values()]
            print("| " + " | ".join([*chosen, own_measures(shelf, weights), *scores]) + " |", flush=True)


def own_measures(shelf: Shelf, weights: Weights) -> str:
    """The measures on our own questions."""
    asked = [question for question in read_questions(OWN) if question.evidence]
    outcomes = run(asked, lambda question: shelf.search(question, weights=weights), places(shelf.index))
    whole = summarise(outcomes)["all"]
    return " | ".join(f"{whole[name]:.3f}" for name in MEASURES)


def all_signals(tested: TestSet, encoder: Encoder) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Signals of every question and passage, shape (questions, passages, signals), and each question's passage."""
    index = tested.index
    signals = np.zeros((len(tested.questions), len(index.passages), len(SIGNALS)), np.float32)
    files = [index.papers[passage.paper].file for passage in index.passages]
    for row, question in enumerate(tested.questions):
        everything = len(index.passages)
        for hit in search(index, encoder, question.question, top=everything, candidates=everything).hits:
            signals[row, hit.number] = [hit.signals[name] for name in SIGNALS]
    return signals, np.array([files.index(question.evidence[0].paper) for question in tested.questions])


def xquad_ndcg(measured: tuple[NDArray[np.float32], NDArray[np.int64]], weights: Weights) -> float:
    """Mean nDCG@10 of the passages ranked by these weights."""
    signals, wanted = measured
    scores = signals @ np.array([getattr(weights, name) for name in SIGNALS], np.float32)
    ranks = 1 + (scores > scores[np.arange(len(wanted)), wanted][:, None]).sum(axis=1)
    return float(np.mean([ndcg([rank], held=1) for rank in ranks.tolist()]))


if __name__ == "__main__":
    main(sys.argv[1:])
