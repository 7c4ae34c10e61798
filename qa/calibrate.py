"""Fit the confidence on questions whose answerability is known: `python -m qa.calibrate FOLDER`.

The folder holds `zh.json` and `en.json` of XQuAD (Artetxe et al. 2020, https://github.com/google-deepmind/xquad;
CC BY-SA 4.0): 48 articles with five paragraphs each, the same in both languages. Half of the Chinese articles are
indexed; the questions on them, in Chinese and in English, can be answered, those on the other half cannot. How good the
fit is, is measured with the halves swapped: on questions and articles that it was not fitted on.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from corpus.library import Library
from corpus.settings import Settings
from indexer.model import Encoder, load_encoder
from indexer.store import IndexStore
from qa.answer import measure
from qa.confidence import FEATURES
from qa.retrieve import search
from qa.shelf import Shelf

REFUSED_ANSWERABLE = 0.045
"""The share of answerable questions that may be refused; it fixes the threshold."""


def main(argv: Sequence[str]) -> None:
    """Refit `confidence.json` on the XQuAD folder named and print how good it is."""
    if len(argv) != 1:
        raise SystemExit("usage: python -m qa.calibrate FOLDER (with zh.json and en.json of XQuAD)")
    articles, english = (
        json.loads((Path(argv[0]) / name).read_text(encoding="utf-8"))["data"] for name in ("zh.json", "en.json")
    )
    encoder = load_encoder(Settings())
    halves = [measured(articles, english, half, encoder) for half in (0, 1)]
    for fitted, held in (halves, halves[::-1]):
        report(*fit(fitted), held)
    both = Measured(*(np.concatenate(parts) for parts in zip(astuple(halves[0]), astuple(halves[1]), strict=True)))
    model, threshold = fit(both)
    stored = {
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)},
        "intercept": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 4),
        "fitted_on": f"XQuAD, {len(both.answerable)} questions in zh and en on zh articles, half of the articles "
        f"indexed at a time; {encoder.identity}",
    }
    target = Path(__file__).with_name("confidence.json")
    target.write_text(json.dumps(stored, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {target}: {stored}")


@dataclass(frozen=True)
class Measured:
    """Features (questions, 6), whether each question can be answered, and whether it is in English."""

    features: NDArray[np.float64]
    answerable: NDArray[np.bool_]
    foreign: NDArray[np.bool_]


def fit(measured: Measured) -> tuple[LogisticRegression, float]:
    """The model, and the threshold below which `REFUSED_ANSWERABLE` of the answerable Chinese questions fall."""
    model = LogisticRegression(C=100.0, max_iter=1000).fit(measured.features, measured.answerable)
    chosen = measured.features[measured.answerable & ~measured.foreign]
    return model, float(np.quantile(model.predict_proba(chosen)[:, 1], REFUSED_ANSWERABLE))


def report(model: LogisticRegression, threshold: float, held: Measured) -> None:
    """Print how good a fit is on questions that it has not seen, for each language."""
    for language, foreign in (("zh", False), ("en", True)):
        some = held.foreign == foreign
        probability, truth = model.predict_proba(held.features[some])[:, 1], held.answerable[some]
        print(
            f"held out, {language} questions: AUROC {roc_auc_score(truth, probability):.3f}, "
            f"calibration error {calibration_error(probability, truth):.3f}, "
            f"refused: answerable {np.mean(probability[truth] < threshold):.3f}, "
            f"unanswerable {np.mean(probability[~truth] < threshold):.3f}"
        )


def measured(
    articles: Sequence[dict[str, Any]], english: Sequence[dict[str, Any]], half: int, encoder: Encoder
) -> Measured:
    """What is measured of all questions when every second article, beginning with number `half`, is indexed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "papers"
        folder.mkdir()
        for number, article in enumerate(articles):
            if number % 2 == half:
                text = "\n\n".join(paragraph["context"] for paragraph in article["paragraphs"])
                (folder / f"article-{number}.txt").write_text(text, encoding="utf-8")
        shelf = Shelf(Library(folder), IndexStore(Path(scratch) / "index"), Settings(), encoder)
        shelf.update()
        index = shelf.index
        rows, answerable, foreign = [], [], []
        for language, told in enumerate((articles, english)):
            for number, article in enumerate(told):
                for question in (qa["question"] for paragraph in article["paragraphs"] for qa in paragraph["qas"]):
                    rows.append(astuple(measure(index, search(index, encoder, question, top=5))))
                    answerable.append(number % 2 == half)
                    foreign.append(bool(language))
    return Measured(np.array(rows), np.array(answerable), np.array(foreign))


def calibration_error(probability: NDArray[np.float64], truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    which = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        (which == b).mean() * abs(probability[which == b].mean() - truth[which == b].mean())
        for b in range(bins)
        if (which == b).any()
    ]
    return float(np.sum(gaps))


if __name__ == "__main__":
    main(sys.argv[1:])
