"""How likely it is that the papers answer a question: a logistic regression over a few measurements of the search.

The weights are fitted on questions whose answerability is known and stored with where they come from in
`confidence.json`; `make calibrate` refits them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

FEATURES = ("late", "margin", "covered", "phrases", "counted", "numbered")
"""MaxSim (`late`) of question and best passage; the `margin` of the best sentence's cosine over the 90th percentile of
the sentences of all candidates, at most `WIDE`; the share of the question's informative words `covered` by the best
passage; how well the question's `phrases` are matched by the sentence that bears most of it (`qa.support`); whether
that sentence holds the amounts and dates asked for (`counted`), 0 or 1, and the question's own numbers (`numbered`): 1,
½ where only another sentence read does, 0 where none does."""
WIDE = 0.3
"""A wider margin says no more: a rare name alone, such as that of an author, gives it."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """The features of one question, each about 0 to 1, and whether the passages are in another language."""

    late: float
    margin: float
    covered: float
    phrases: float
    counted: float
    numbered: float
    foreign: bool = False

    @property
    def features(self) -> tuple[float, ...]:
        """In the order of `FEATURES`."""
        return tuple(float(getattr(self, name)) for name in FEATURES)


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression: one weight a feature, and the intercept."""

    weights: Mapping[str, float]
    intercept: float

    def probability(self, measured: Measurements) -> float:
        """0 to 1."""
        total = self.intercept + sum(weight * getattr(measured, name) for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(min(total, 30.0), -30.0)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fit for questions in the language of the passages and one for those in the other: cosines are lower there.

    Below the confidence `threshold` a question is refused; `fitted_on` tells where all this comes from.
    """

    same: Fit
    foreign: Fit
    threshold: float
    fitted_on: str

    def probability(self, measured: Measurements) -> float:
        """Confidence, 0 to 1, that the papers answer the question."""
        return (self.foreign if measured.foreign else self.same).probability(measured)


@lru_cache(maxsize=1)
def shipped() -> Calibration:
    """The calibration that comes with yinju."""
    stored = json.loads(resources.files("qa").joinpath("confidence.json").read_text(encoding="utf-8"))
    return Calibration(**stored | {name: Fit(**stored[name]) for name in ("same", "foreign")})
