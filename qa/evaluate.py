"""Measure retrieval, answers and refusals against a file of questions whose evidence is known.

A line of the file: `{"id", "kind", "question", "answer": [text], "evidence": [{"paper": file, "all_of": [text]}]}`.
Strings are compared after NFKC, lower case and the removal of all white space.
"""

from __future__ import annotations

import json
import math
import statistics
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from corpus.errors import YinjuError
from indexer.version import Index
from qa.answer import Answer, Found, FoundPassage

CUTOFFS = (1, 3, 5, 10)
READ_CHARACTERS = 1500
UNANSWERABLE = "unanswerable"

T = TypeVar("T")
Place = tuple[str, str]
"""A passage or a quotation as it is compared: its paper's file and its folded text."""


class QuestionFileError(YinjuError):
    """Line `line` of `file` is not a question; `detail` says why."""

    en = "{file}, line {line}: {detail}; each line must be a JSON object with id and question"
    zh = "{file} 第 {line} 行：{detail}；每行应是含 id 与 question 的 JSON 对象"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage is evidence if it comes from file `paper` and holds every string of `all_of`."""

    paper: str
    all_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file."""

    id: str
    kind: str
    question: str
    answer: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question.

    `rank` is that of the first passage by which it is hit (None if it never is; for kind multi, the rank by which every
    paper named has been seen); `within_read` tells whether it is hit within the first 1,500 characters; `relevant` are
    the ranks of all passages shown that are evidence, of `held` in the library; `answered` tells whether all answer
    strings, `evidenced` whether the evidence, stand in the quotations.
    """

    question: Question
    rank: int | None
    within_read: bool
    relevant: tuple[int, ...]
    held: int
    abstained: bool
    confidence: float
    answered: bool
    evidenced: bool
    seconds: float
    first: tuple[str, ...]


def read_questions(file: Path) -> list[Question]:
    """The questions of a JSONL file. Raises `QuestionFileError` for a line that is none."""
    return list(_items(file, _question))


def read_conversations(file: Path) -> list[list[Question]]:
    """The conversations of a JSONL file, each the questions of its turns: {"id", "turns": [{"question", …}, …]}.

    Each question has the id of its conversation; those after the first have the kind `follow-up`, the first `opening`.
    Raises `QuestionFileError` for a line that is none.
    """
    return list(_items(file, _turns))


def holds_conversations(file: Path) -> bool:
    """Whether the first line of a JSONL file is a conversation. Raises `QuestionFileError` if it is no JSON object."""
    return next(_items(file, lambda item: "turns" in item), False)


def _items(file: Path, made: Callable[[dict[str, Any]], T]) -> Iterator[T]:
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            try:
                yield made(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as exc:
                raise QuestionFileError(file=file, line=number, detail=f"{type(exc).__name__} {exc}") from exc


def _question(item: dict[str, Any], kind: str = "") -> Question:
    evidence = tuple(Evidence(e["paper"], tuple(e["all_of"])) for e in item.get("evidence", ()))
    answer = tuple(item.get("answer", ()))
    return Question(str(item["id"]), item.get("kind", kind), item["question"], answer, evidence)


def _turns(item: dict[str, Any]) -> list[Question]:
    asked = ({**turn, "id": item["id"]} for turn in item["turns"])
    return [_question(turn, "follow-up" if number else "opening") for number, turn in enumerate(asked)]


def run(
    questions: Iterable[Question], ask: Callable[[str], Answer | Found], library: Sequence[Place] = ()
) -> list[Outcome]:
    """Ask every question, or search for it; `ask` must return at least ten passages for hit@10.

    `library` are all passages, as `places` gives them: without them, nDCG takes those found for all that there are.
    """
    outcomes = []
    for question in questions:
        begun = time.perf_counter()
        answer = ask(question.question)
        outcomes.append(judge(question, answer, time.perf_counter() - begun, library))
    return outcomes


def places(index: Index) -> list[Place]:
    """File and folded text of every passage."""
    papers = index.papers
    return [(papers[p.paper].file, folded(papers[p.paper].text[p.start : p.end])) for p in index.passages]


def judge(question: Question, answer: Answer | Found, seconds: float = 0.0, library: Sequence[Place] = ()) -> Outcome:
    """Compare an answer with what is known."""
    passages = answer.passages
    citations = answer.citations if isinstance(answer, Answer) else ()
    quotes = folded(" ".join(c.quote for c in citations))
    cited = [(c.paper.file, folded(c.quote)) for c in citations]
    read = 0
    kept = []
    for passage in passages:
        room = READ_CHARACTERS - read
        if room <= 0:
            break
        text = "".join(passage.text.split())
        kept.append((passage.paper.file, folded(text[:room])))
        read += len(text)
    whole = [(p.paper.file, folded(p.text)) for p in passages]
    relevant = tuple(rank for rank, place in enumerate(whole, 1) if _is_evidence(question, place))
    return Outcome(
        question=question,
        rank=_rank(question, whole),
        within_read=_rank(question, kept) is not None,
        relevant=relevant,
        held=max(len(relevant), sum(_is_evidence(question, place) for place in library)),
        abstained=isinstance(answer, Answer) and answer.abstained,
        confidence=answer.confidence if isinstance(answer, Answer) else 0.0,
        answered=bool(question.answer) and _answers(question, quotes),
        evidenced=_rank(question, cited) is not None,
        seconds=seconds,
        first=tuple(_short(p) for p in passages[:3]),
    )


def folded(text: str) -> str:
    """NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The measures over all answerable questions and for each kind, as a JSON object."""
    asked = [o for o in outcomes if o.question.kind != UNANSWERABLE]
    unanswerable = [o for o in outcomes if o.question.kind == UNANSWERABLE]
    kinds = sorted({o.question.kind for o in asked})
    seconds = [o.seconds for o in outcomes]
    return {
        "questions": len(outcomes),
        "all": _measures(asked),
        "kinds": {kind: _measures([o for o in asked if o.question.kind == kind]) for kind in kinds},
        "refused_unanswerable": _share([o.abstained for o in unanswerable]),
        "refused_answerable": _share([o.abstained for o in asked]),
        "seconds_median": round(statistics.median(seconds), 4) if seconds else None,
        "seconds_95th": round(sorted(seconds)[int(0.95 * (len(seconds) - 1))], 4) if seconds else None,
        "misses": [
            {"id": o.question.id, "question": o.question.question, "rank": o.rank, "returned": list(o.first)}
            for o in asked
            if o.rank is None or o.rank > 5
        ],
    }


def _measures(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    measures: dict[str, float | int | None] = {"n": len(outcomes)}
    for k in CUTOFFS:
        measures[f"hit@{k}"] = _share([o.rank is not None and o.rank <= k for o in outcomes])
    measures["read1500"] = _share([o.within_read for o in outcomes])
    measures["mrr@10"] = _mean([1 / o.rank if o.rank else 0.0 for o in outcomes])
    measures["ndcg@10"] = _mean([ndcg(o.relevant, o.held) for o in outcomes])
    measures["answered"] = _share([o.answered for o in outcomes])
    measures["evidence_cited"] = _share([o.evidenced for o in outcomes])
    return measures


def ndcg(ranks: Sequence[int], held: int) -> float:
    """nDCG@10 with gain 1 for each relevant passage; `held` are all that there are, and the ideal puts them first.

    Järvelin & Kekäläinen 2002, https://doi.org/10.1145/582415.582418. 0 to 1, higher is better.

    >>> ndcg([2], held=1)  # 1 / log2(3)
    0.6309297535714575
    """
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank <= 10)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(held, 10) + 1))
    return gain / ideal if ideal else 0.0


def _rank(question: Question, found: Sequence[Place]) -> int | None:
    """The rank at which the question is hit: any evidence will do, or, for kind multi, one of every paper named."""
    firsts: dict[str, int] = {}
    for rank, place in enumerate(found, 1):
        for evidence in question.evidence:
            if _holds(place, evidence):
                firsts.setdefault(evidence.paper, rank)
    if question.kind == "multi":
        papers = {evidence.paper for evidence in question.evidence}
        return max(firsts.values()) if papers and papers <= firsts.keys() else None
    return min(firsts.values(), default=None)


def _is_evidence(question: Question, place: Place) -> bool:
    return any(_holds(place, evidence) for evidence in question.evidence)


def _holds(place: Place, evidence: Evidence) -> bool:
    file, text = place
    return file == evidence.paper and all(folded(part) in text for part in evidence.all_of)


def _answers(question: Question, quotes: str) -> bool:
    return all(folded(part) in quotes for part in question.answer)


def _short(passage: FoundPassage) -> str:
    return f"{passage.paper.id} {passage.start}:{passage.end} {passage.text[:60]}"


def _share(flags: Sequence[bool]) -> float | None:
    return round(sum(flags) / len(flags), 4) if flags else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise QuestionFileError(file=file, line=0, detail=str(exc)) from exc
