"""yinju's search beside what a user could put together from libraries, on the same model, passages and questions.

`make bench XQUAD=folder` prints, for each set of questions: BM25 over jieba's words; one vector a passage; reciprocal
rank fusion of the two (Cormack et al. 2009, k = 60, passages with a BM25 of 0 left out); and yinju. Without XQUAD the
two sets of questions on the five papers are measured alone. Then the parts of a warm question's time.

XQuAD (Artetxe et al. 2020, https://github.com/google-deepmind/xquad, CC BY-SA 4.0) is read from `zh.json` and `en.json`
in the folder: 240 paragraphs, a file and a passage each, and 1,190 questions in both languages.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.library import Library
from corpus.settings import Settings
from indexer.lexical import Lexicon, terms
from indexer.model import Encoder, load_encoder
from indexer.store import IndexStore
from indexer.version import Index
from qa.answer import Found, shown_passages
from qa.evaluate import UNANSWERABLE, Evidence, Question, places, read_questions, run, summarise
from qa.retrieve import Hit, search
from qa.shelf import Shelf

PROJECT = Path(__file__).resolve().parent.parent.parent
PAPERS = PROJECT / "corpus" / "papers"
FILES = {"the five papers, given questions": "questions.jsonl", "the five papers, our own questions": "written.jsonl"}
MEASURES = ("hit@1", "hit@5", "read1500", "mrr@10", "ndcg@10")
LANGUAGE = {"zh": "Chinese", "en": "English"}
A_PARAGRAPH = 4000
"""A passage of so many characters is a whole paragraph of XQuAD."""

Ranking = Callable[[str], NDArray[np.int64]]
"""From a question to the numbers of passages, best first."""


@dataclass(frozen=True)
class TestSet:
    """An index, and questions on it whose evidence is known."""

    name: str
    index: Index
    questions: Sequence[Question]


class Remembering:
    """An encoder that encodes each question once, however many searches ask it."""

    def __init__(self, encoder: Encoder) -> None:
        self.identity, self.dimension = encoder.identity, encoder.dimension
        self.encode_passages = encoder.encode_passages
        self.encode_question = lru_cache(maxsize=None)(encoder.encode_question)


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    model = load_encoder(Settings())
    encoder = Remembering(model)
    with tempfile.TemporaryDirectory() as scratch:
        for tested in test_sets(Path(scratch), encoder, Path(arguments[0]) if arguments else None):
            answerable = sum(question.kind != UNANSWERABLE for question in tested.questions)
            print(
                f"\n| {tested.name}: {answerable} questions, {len(tested.index.passages)} passages | "
                + " | ".join(MEASURES)
                + " |"
            )
            print("| --- |" + " --- |" * len(MEASURES))
            for name, ranking in rankers(tested.index, encoder).items():
                measured = measures(tested, ranking)
                print(f"| {name} | " + " | ".join(f"{measured[m]:.3f}" for m in MEASURES) + " |", flush=True)
            if tested.name in FILES:
                times(tested, model)


def test_sets(scratch: Path, encoder: Encoder, xquad: Path | None) -> Iterator[TestSet]:
    """The sets one after the other."""
    shelf = Shelf(Library(PAPERS), IndexStore(scratch / "papers-index"), Settings(), encoder)
    shelf.update()
    for name, file in FILES.items():
        yield TestSet(name, shelf.index, read_questions(PROJECT / "tests" / "questions" / file))
    if xquad is None:
        return
    told = {language: articles(xquad / f"{language}.json") for language in ("zh", "en")}
    for library in ("zh", "en"):
        index = xquad_index(told[library], scratch / f"xquad-{library}", encoder)
        for asked in ("zh", "en"):
            if (library, asked) != ("en", "en"):
                name = f"XQuAD, {LANGUAGE[asked]} question, {LANGUAGE[library]} paragraph"
                yield TestSet(name, index, xquad_questions(told[asked]))


def articles(file: Path) -> list[dict[str, Any]]:
    """The paragraphs of XQuAD with their questions."""
    data = json.loads(file.read_text(encoding="utf-8"))["data"]
    return [paragraph for article in data for paragraph in article["paragraphs"]]


def xquad_index(paragraphs: Sequence[dict[str, Any]], folder: Path, encoder: Encoder) -> Index:
    """A library of a file a paragraph, indexed with a passage a paragraph."""
    (folder / "papers").mkdir(parents=True)
    for number, paragraph in enumerate(paragraphs):
        (folder / "papers" / f"p{number:03d}.txt").write_text(paragraph["context"], encoding="utf-8")
    settings = Settings(passage_characters=A_PARAGRAPH)
    shelf = Shelf(Library(folder / "papers"), IndexStore(folder / "index"), settings, encoder)
    shelf.update()
    return shelf.index


def xquad_questions(paragraphs: Sequence[dict[str, Any]]) -> list[Question]:
    """Every question; its evidence is its paragraph, whatever part of it."""
    return [
        Question(f"{number}", "fact", qa["question"], (), (Evidence(f"p{number:03d}.txt", ()),))
        for number, paragraph in enumerate(paragraphs)
        for qa in paragraph["qas"]
    ]


def rankers(index: Index, encoder: Encoder) -> dict[str, Ranking]:
    """The searches that are compared."""
    texts = [" ".join([*p.about, index.papers[p.paper].text[p.start : p.end]]) for p in index.passages]
    lexicon = Lexicon.build([Counter(terms(text)) for text in texts])
    vectors = np.stack([encoded.vector for encoded in encoder.encode_passages(texts)])

    def bm25(question: str) -> NDArray[np.int64]:
        scores = lexicon.scores(Counter(terms(question)))
        order = np.argsort(-scores, kind="stable")
        return order[scores[order] > 0]

    def dense(question: str) -> NDArray[np.int64]:
        return np.argsort(-(vectors @ encoder.encode_question(question).vector), kind="stable")

    def rrf(question: str) -> NDArray[np.int64]:
        scores = np.zeros(len(texts))
        for order in (bm25(question), dense(question)):
            scores[order] += 1 / (60 + 1 + np.arange(len(order)))
        return np.argsort(-scores, kind="stable")

    def yinju(question: str) -> NDArray[np.int64]:
        return np.array([hit.number for hit in search(index, encoder, question, top=10).hits], dtype=np.int64)

    return {"BM25 over jieba's words": bm25, "one vector a passage": dense, "RRF of the two": rrf, "yinju": yinju}


def measures(tested: TestSet, ranking: Ranking) -> dict[str, float]:
    """The measures of a ranking over the questions that can be answered."""

    def ask(question: str) -> Found:
        numbers = ranking(question)[:10].tolist()
        hits = [Hit(rank, n, tested.index.passages[n], 0.0) for rank, n in enumerate(numbers, 1)]
        return Found(question, shown_passages(tested.index, hits), {})

    asked = [question for question in tested.questions if question.kind != UNANSWERABLE]
    whole: dict[str, float] = summarise(run(asked, ask, places(tested.index)))["all"]
    return whole


def times(tested: TestSet, encoder: Encoder) -> None:
    """Print how long each part of a warm search takes."""
    for question in tested.questions[:5]:
        search(tested.index, encoder, question.question, top=10)
    spent = [search(tested.index, encoder, question.question, top=10).timings_ms for question in tested.questions]
    rows = {step: [each[step] for each in spent] for step in spent[0]}
    rows["all together"] = [sum(each.values()) for each in spent]
    print(f"\n| a warm search, {len(spent)} questions | median | 95th percentile |\n| --- | --- | --- |")
    for step, values in rows.items():
        print(f"| {step} | {np.median(values):.0f} ms | {np.quantile(values, 0.95):.0f} ms |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
