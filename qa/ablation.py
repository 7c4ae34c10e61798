"""What each signal of the search is worth: alone, all together, and each left out (`yinju eval FILE --ablation`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from qa.answer import Found
from qa.evaluate import UNANSWERABLE, Place, Question, run, summarise
from qa.retrieve import SIGNALS, WEIGHTS, Weights


def variants() -> dict[str, Weights]:
    """The searches that are compared, by name."""
    nothing = Weights(**dict.fromkeys(SIGNALS, 0.0), names=WEIGHTS.names)
    return {
        "all": WEIGHTS,
        **{f"only {name}": replace(nothing, **{name: 1.0}) for name in SIGNALS},
        **{f"without {name}": replace(WEIGHTS, **{name: 0.0}) for name in (*SIGNALS, "names")},
    }


def ablation(
    questions: Sequence[Question], search: Callable[[str, Weights], Found], library: Sequence[Place]
) -> dict[str, dict[str, Any]]:
    """The measures of each variant over the questions that can be answered."""
    asked = [question for question in questions if question.kind != UNANSWERABLE]
    measured = {}
    for name, weights in variants().items():
        outcomes = run(asked, partial(_searched, search, weights), library)
        whole = summarise(outcomes)["all"]
        measured[name] = {measure: value for measure, value in whole.items() if measure not in _OF_ANSWERS}
    return measured


def _searched(search: Callable[[str, Weights], Found], weights: Weights, question: str) -> Found:
    return search(question, weights)


_OF_ANSWERS = ("n", "answered", "evidence_cited")
