"""Fit the confidence on questions whose answerability is known: `python -m qa.calibrate XQUAD.json`.

XQuAD (Artetxe et al. 2020, https://github.com/google-deepmind/xquad; CC BY-SA 4.0) has 48 articles with five paragraphs
each. Half of the articles are indexed; the questions on them can be answered, the questions on the other half cannot.
The measure of how good the fit is comes from the two halves swapped, that is from questions and articles not fitted on.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import astuple
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

REFUSED_ANSWERABLE = 0.03
"""The share of answerable questions that may be refused; it fixes the threshold."""


def main(argv: Sequence[str]) -> None:
    """Refit `confidence.json` on the XQuAD file named and print how good it is."""
    if len(argv) != 1:
        raise SystemExit("usage: python -m qa.calibrate XQUAD.json (zh.json of XQuAD)")
    articles = json.loads(Path(argv[0]).read_text(encoding="utf-8"))["data"]
    encoder = load_encoder(Settings())
    halves = [measured(articles, half, encoder) for half in (0, 1)]
    for (fitted, labels), (held, truth) in (halves, halves[::-1]):
        model = LogisticRegression(C=100.0).fit(fitted, labels)
        probability = model.predict_proba(held)[:, 1]
        threshold = float(np.quantile(model.predict_proba(fitted)[labels, 1], REFUSED_ANSWERABLE))
        print(
            f"held out: AUROC {roc_auc_score(truth, probability):.3f}, "
            f"calibration error {calibration_error(probability, truth):.3f}, "
            f"refused: answerable {np.mean(probability[truth] < threshold):.3f}, "
            f"unanswerable {np.mean(probability[~truth] < threshold):.3f}"
        )
    features = np.concatenate([half[0] for half in halves])
    labels = np.concatenate([half[1] for half in halves])
    model = LogisticRegression(C=100.0).fit(features, labels)
    threshold = float(np.quantile(model.predict_proba(features)[labels, 1], REFUSED_ANSWERABLE))
    stored = {
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)},
        "intercept": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 4),
        "fitted_on": f"XQuAD zh, {len(labels)} questions, half of the articles indexed at a time; {encoder.identity}",
    }
    target = Path(__file__).with_name("confidence.json")
    target.write_text(json.dumps(stored, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {target}: {stored}")


def measured(
    articles: Sequence[dict[str, Any]], half: int, encoder: Encoder
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Features (questions, 4) and answerability (questions,) of all questions when every second article is indexed."""
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
        rows, labels = [], []
        for number, article in enumerate(articles):
            for question in (qa["question"] for paragraph in article["paragraphs"] for qa in paragraph["qas"]):
                rows.append(astuple(measure(index, search(index, encoder, question, top=5))))
                labels.append(number % 2 == half)
    return np.array(rows), np.array(labels)


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
