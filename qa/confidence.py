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

FEATURES = ("late", "cosine", "margin", "covered", "known", "foreign")
"""MaxSim (`late`) of question and best passage; `cosine` of question and best sentence; its `margin` over the 90th
percentile of the sentences of all candidates; the share of the question's informative words `covered` by the best
passage; the share `known` to the library at all; whether the question is `foreign`, in another language than the
passage nearest to it, 0 or 1."""


@dataclass(frozen=True, slots=True)
class Measurements:
    """The features of one question, each about 0 to 1."""

    late: float
    cosine: float
    margin: float
    covered: float
    known: float
    foreign: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the features, the intercept, the confidence below which to refuse, and where all this was fitted."""

    weights: Mapping[str, float]
    intercept: float
    threshold: float
    fitted_on: str

    def probability(self, measured: Measurements) -> float:
        """Confidence, 0 to 1, that the papers answer the question."""
        total = self.intercept + sum(w * getattr(measured, name) for name, w in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(min(total, 30.0), -30.0)))


@lru_cache(maxsize=1)
def shipped() -> Calibration:
    """The calibration that comes with yinju."""
    stored = json.loads(resources.files("qa").joinpath("confidence.json").read_text(encoding="utf-8"))
    return Calibration(**stored)
