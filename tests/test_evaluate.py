"""The measures are as the evaluation documents them: expected values are written as arithmetic."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from qa import Shelf
from qa.ablation import ablation
from qa.answer import Answer, Found, FoundPassage, Statement
from qa.citation import Citation, PaperRef
from qa.evaluate import (
    Evidence,
    Question,
    QuestionFileError,
    folded,
    judge,
    ndcg,
    places,
    read_questions,
    summarise,
)
from qa.retrieve import Weights

REF = {name: PaperRef(name, f"{name}.txt", None, (), None) for name in ("a", "b")}


def answer(passages: list[tuple[str, str]], quotes: list[tuple[str, str]] = [], abstained: bool = False) -> Answer:  # noqa: B006
    """An answer with these passages and citations, each a paper and a text."""
    found = tuple(FoundPassage(i, REF[p], "", (), 0, 9, t, 0.0) for i, (p, t) in enumerate(passages, 1))
    cited = tuple(Citation(n, REF[p], "", (), (), 1, 0, 9, t, 0.0) for n, (p, t) in enumerate(quotes, 1))
    return Answer("问", (Statement("答"),), abstained, 0.5, cited, found, {})


def question(kind: str, *evidence: Evidence, answers: tuple[str, ...] = ()) -> Question:
    """A question with this evidence."""
    return Question("q", kind, "问", answers, evidence)


def test_strings_are_compared_folded() -> None:
    assert folded("１ 920\n家 ＭＸＤ") == "1920家mxd"


def test_a_passage_hits_if_it_is_of_the_paper_and_holds_all_strings() -> None:
    asked = question("table", Evidence("a.txt", ("2019年", "3.55")))
    passages = [("b", "2019年 3.55"), ("a", "2019年"), ("a", "2019 年\t3.55"), ("a", "2019年3.55")]
    outcome = judge(asked, answer(passages))
    assert (outcome.rank, outcome.relevant) == (3, (3, 4))
    measures = summarise([outcome])["all"]
    assert [measures[f"hit@{k}"] for k in (1, 3, 5, 10)] == [0, 1, 1, 1]
    assert measures["mrr@10"] == round(1 / 3, 4)
    ideal = 1 / math.log2(2) + 1 / math.log2(3)
    assert measures["ndcg@10"] == round((1 / math.log2(4) + 1 / math.log2(5)) / ideal, 4)


def test_any_entry_hits_but_multi_wants_every_paper() -> None:
    entries = (Evidence("a.txt", ("甲",)), Evidence("b.txt", ("乙",)))
    passages = [("a", "甲"), ("a", "丙"), ("b", "乙")]
    assert judge(question("fact", *entries), answer(passages)).rank == 1
    assert judge(question("multi", *entries), answer(passages)).rank == 3
    assert judge(question("multi", *entries), answer(passages[:2])).rank is None


def test_reading_stops_after_1500_characters_white_space_left_out() -> None:
    asked = question("fact", Evidence("a.txt", ("证据",)))
    spaced = "长 " * 1498
    assert judge(asked, answer([("a", spaced), ("a", "证据")])).within_read
    assert not judge(asked, answer([("a", spaced + "长"), ("a", "证据")])).within_read


def test_answers_and_refusals() -> None:
    asked = question("fact", Evidence("a.txt", ("甲",)), answers=("14个", "400万"))
    whole = judge(asked, answer([("a", "甲")], [("a", "为 14 个项目"), ("b", "400万美元")]))
    assert (whole.answered, whole.evidenced) == (True, False)
    half = judge(asked, answer([("a", "甲")], [("a", "甲 14个")]))
    assert (half.answered, half.evidenced) == (False, True)
    refused = judge(question("unanswerable"), answer([("a", "甲")], abstained=True))
    told = judge(question("unanswerable"), answer([("a", "甲")], [("a", "甲")]))
    summary = summarise([whole, half, refused, told])
    assert summary["all"]["answered"] == 1 / 2
    assert summary["refused_unanswerable"] == 1 / 2
    assert summary["refused_answerable"] == 0.0


def test_a_miss_is_listed_with_what_was_returned(tmp_path: Path) -> None:
    summary = summarise([judge(question("fact", Evidence("a.txt", ("甲",))), answer([("b", "丙丁")]))])
    assert summary["misses"] == [{"id": "q", "question": "问", "rank": None, "returned": ["b 0:9 丙丁"]}]


def test_ndcg_counts_the_evidence_that_was_not_found() -> None:
    assert ndcg([1], held=1) == 1.0
    assert ndcg([2, 11], held=3) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3) + 1 / math.log2(4)))
    assert ndcg([], held=2) == ndcg([], held=0) == 0.0
    asked = question("fact", Evidence("a.txt", ("甲",)))
    library = [("a.txt", "甲一"), ("a.txt", "甲二"), ("b.txt", "甲"), ("a.txt", "丙")]
    outcome = judge(asked, answer([("b", "甲"), ("a", "甲一")]), library=library)
    assert (outcome.relevant, outcome.held) == ((2,), 2)


def test_an_ablation_measures_each_signal_alone_and_left_out(small_shelf: Shelf) -> None:
    asked = [
        Question("1", "fact", "什么是产业公地？", (), (Evidence("wang-yu-liu.txt", ("支持创新的集体能力",)),)),
        Question("2", "unanswerable", "明天下雨吗？"),
    ]
    seen: list[Weights] = []

    def search(text: str, weights: Weights) -> Found:
        seen.append(weights)
        return small_shelf.search(text, weights=weights)

    table = ablation(asked, search, places(small_shelf.index))
    signals = ["late", "sentence", "passage", "words"]
    assert list(table) == ["all", *(f"only {s}" for s in signals), *(f"without {s}" for s in [*signals, "names"])]
    assert len(seen) == len(table)  # the unanswerable question is left out
    assert seen[0] == Weights()
    for weights, name in zip(seen[1:5], signals, strict=True):
        assert [getattr(weights, s) for s in signals] == [float(s == name) for s in signals]
    for weights, name in zip(seen[5:], [*signals, "names"], strict=True):
        assert weights == replace(Weights(), **{name: 0.0})
    assert table["only words"]["hit@1"] == 1.0
    assert list(table["all"]) == ["hit@1", "hit@3", "hit@5", "hit@10", "read1500", "mrr@10", "ndcg@10"]


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(json.dumps({"id": 1, "question": "问"}) + "\n\n{}\n", encoding="utf-8")
    with pytest.raises(QuestionFileError, match="line 3"):
        read_questions(file)
    file.write_text(json.dumps({"id": 1, "question": "问"}), encoding="utf-8")
    assert read_questions(file) == [Question("1", "", "问")]
