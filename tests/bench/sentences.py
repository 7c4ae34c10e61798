"""Fit what a sentence is worth (`qa.choose.FEATURES`) on XQuAD: `make fit XQUAD=folder`.

For every question in Chinese and English on the Chinese paragraphs: is the sentence worth most one that holds the
answer? Pairs of an answering and another sentence are fitted on the even articles and measured on the odd ones.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from corpus.settings import Settings
from indexer.model import load_encoder
from qa.choose import FEATURES, candidates_of
from qa.retrieve import search
from qa.support import read_passages
from tests.bench.compare import articles, xquad_index


@dataclass(frozen=True)
class Asked:
    """The candidates of one question, shape (sentences, features), and which of them hold the answer."""

    features: NDArray[np.float64]
    holds: NDArray[np.bool_]
    english: bool
    even: bool


def main(arguments: list[str]) -> None:
    """Print how often the right sentence is worth most, with the weights that yinju has and with those fitted here."""
    folder = Path(arguments[0])
    with tempfile.TemporaryDirectory() as scratch:
        told = list(questions(folder, Path(scratch)))
    fitted = fit([each for each in told if each.even])
    shipped = np.array(list(FEATURES.values()))
    print("| weights | " + " | ".join(FEATURES) + " | Chinese | English |\n" + "| --- " * (len(FEATURES) + 3) + "|")
    for name, weights in (("shipped", shipped), ("fitted", fitted), ("only MaxSim", np.eye(len(FEATURES))[0])):
        rights = [right([e for e in told if not e.even and e.english == english], weights) for english in (False, True)]
        print(f"| {name} | {' | '.join(f'{w:.2f}' for w in weights)} | {' | '.join(f'{r:.3f}' for r in rights)} |")


def questions(folder: Path, scratch: Path) -> list[Asked]:
    """Every question whose answer stands in a candidate."""
    encoder = load_encoder(Settings())
    chinese = articles(folder / "zh.json")
    index = xquad_index(chinese, scratch, encoder)
    told = []
    for language in ("zh", "en"):
        for number, (paragraph, original) in enumerate(
            zip(articles(folder / f"{language}.json"), chinese, strict=True)
        ):
            for qa, answered in zip(paragraph["qas"], original["qas"], strict=True):
                found = search(index, encoder, qa["question"], top=5)
                candidates = candidates_of(index, read_passages(index, found))
                answer = "".join(answered["answers"][0]["text"].split())
                holds = np.array([answer in "".join(c.text.split()) for c in candidates])
                if holds.any() and not holds.all():
                    features = np.array([c.features for c in candidates])
                    told.append(Asked(features, holds, language == "en", number // 5 % 2 == 0))
    return told


def fit(told: list[Asked]) -> NDArray[np.float64]:
    """Weights that tell answering sentences from others, that of `phrases` being 1."""
    pairs = np.concatenate([each.features[each.holds][:1] - each.features[~each.holds] for each in told])
    model = LogisticRegression(fit_intercept=False, C=10.0, max_iter=1000)
    model.fit(np.concatenate([pairs, -pairs]), np.repeat([1, 0], len(pairs)))
    weights: NDArray[np.float64] = model.coef_[0] / model.coef_[0][list(FEATURES).index("phrases")]
    return weights


def right(told: list[Asked], weights: NDArray[np.float64]) -> float:
    """The share of questions whose sentence of the highest worth holds the answer."""
    return float(np.mean([each.holds[(each.features @ weights).argmax()] for each in told]))


if __name__ == "__main__":
    main(sys.argv[1:])
