"""Fit the confidence on questions whose answerability is known: `python -m qa.calibrate FOLDER`.

The folder holds `zh.json` and `en.json` of XQuAD (Artetxe et al. 2020, https://github.com/google-deepmind/xquad;
CC BY-SA 4.0): 48 articles with five paragraphs each, the same in both languages, indexed in Chinese and asked in both.
Three kinds of question cannot be answered:

    far    half of the articles are taken out: the questions on them
    near   one paragraph of every article is taken out: the questions on it, whose subject the others speak of
    made   nothing is taken out: questions by a pattern on a name of an article, such as {name}有多少名员工？, where the
           article never speaks of what is asked

How good a fit is, is measured on the articles that it was not fitted on: a quarter of them by the other three, in turn.
The same probabilities give the picture of risk and coverage, `docs/risk-coverage.svg` (extra `figures`).
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rjieba
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from corpus.library import Library
from corpus.settings import Settings
from indexer.model import load_encoder
from indexer.store import IndexStore
from qa.answer import measure
from qa.confidence import FEATURES, Calibration, Fit, Measurements
from qa.retrieve import search
from qa.shelf import Shelf
from qa.support import read_passages

REFUSED_ANSWERABLE = 0.075
"""The share of the answerable Chinese questions beside near misses that may be refused; it fixes the threshold."""
WEIGHTS = {"far": 1.0, "near": 0.52, "made": 0.45}
"""What a question of each kind counts. So the calibration error is about the same, whatever kind is asked: a question
beside a near miss is asked as often as others, and a made one is easy to make."""
FOLDS = 4

_LANGUAGES = (("Chinese", False), ("English", True))
Floats = NDArray[np.float64]

_PATTERNS = {
    "zh": {
        "{name}有多少名员工？": "员工|雇员|职工",
        "{name}的首席执行官是谁？": "首席执行官|总裁",
        "{name}的年营业收入是多少？": "收入|营收",
        "{name}的年度预算是多少？": "预算",
        "介绍{name}的报告一共有多少页？": "页",
        "{name}的电话号码是多少？": "电话",
        "{name}申请了多少项专利？": "专利",
        "{name}的总面积是多少平方公里？": "面积|平方",
        "{name}的人口是多少？": "人口",
        "{name}的总部设在哪座城市？": "总部",
        "{name}是在哪所大学读的博士？": "博士|大学",
        "参观{name}的门票多少钱？": "门票",
        "{name}获得过哪些奖项？": "奖",
        "{name}的校长是谁？": "校长",
        "{name}的平均工资是多少？": "工资|薪",
        "{name}去年的出口额是多少？": "出口",
        "{name}的网站地址是什么？": "网站|网址",
        "{name}在2023年裁员了多少人？": "裁员",
        "{name}的股价是多少？": "股",
        "{name}由哪家公司承建？": "承建|建造",
        "{name}有多少名学生？": "学生",
        "{name}是哪一天由总统签署生效的？": "签署|生效",
        "{name}2023年的投资额是多少？": "投资",
        "{name}的会员有多少家？": "会员",
        "{name}的负责人叫什么名字？": "负责人",
        "{name}的平均寿命是多少年？": "寿命",
        "{name}一年生产多少吨？": "生产|产量",
    },
    "en": {
        "How many employees does {name} have?": "employ",
        "Who is the chief executive of {name}?": "executive|CEO",
        "What is the annual revenue of {name}?": "revenue|income",
        "What is the annual budget of {name}?": "budget",
        "How many patents did {name} file in 2019?": "patent",
        "What is the population of {name}?": "population|inhabitants",
        "In which city is the headquarters of {name}?": "headquarter",
        "What awards has {name} won?": "award|prize",
        "At which university did {name} take a doctorate?": "doctor|universit",
        "Which company built {name}?": "buil[dt]",
        "How many pages does the report on {name} have?": "page",
        "What is the share price of {name}?": "share|stock",
        "How many students does {name} have?": "student",
        "How much was invested in {name} in 2023?": "invest",
        "What is the telephone number of {name}?": "phone",
        "When was {name} signed into law?": "sign|law",
    },
}
"""Patterns of made questions, each with the words by which an article would speak of what is asked."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question that was asked of an index: of which kind the test is, on which article, and what was measured."""

    kind: str
    article: int
    english: bool
    answerable: bool
    measured: Measurements


def main(argv: Sequence[str]) -> None:
    """Refit `confidence.json` on the XQuAD folder named and print how good it is."""
    if len(argv) != 1:
        raise SystemExit("usage: python -m qa.calibrate FOLDER (with zh.json and en.json of XQuAD)")
    told = {
        name: json.loads((Path(argv[0]) / f"{name}.json").read_text(encoding="utf-8"))["data"] for name in _PATTERNS
    }
    encoder = load_encoder(Settings())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "papers"
        folder.mkdir()
        cases = list(
            asked(told, Shelf(Library(folder), IndexStore(Path(scratch) / "index"), Settings(), encoder), folder)
        )
    fits = [calibration([case for case in cases if case.article % FOLDS != fold], "") for fold in range(FOLDS)]
    held = [(case, fits[case.article % FOLDS].probability(case.measured)) for case in cases]
    report(held, float(np.mean([fitted.threshold for fitted in fits])))
    source = f"XQuAD, {len(cases)} questions in zh and en on zh articles (far, near, made); {encoder.identity}"
    both = calibration(cases, source)
    stored = {
        **{name: {"weights": dict(fit.weights), "intercept": fit.intercept} for name, fit in
           (("same", both.same), ("foreign", both.foreign))},
        "threshold": both.threshold, "fitted_on": both.fitted_on,
    }  # fmt: skip
    target = Path(__file__).with_name("confidence.json")
    target.write_text(json.dumps(stored, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {target}: {stored}")
    picture(held, both.threshold, target.parent.parent / "docs" / "risk-coverage.svg")


def calibration(cases: Sequence[Case], fitted_on: str) -> Calibration:
    """Both fits, and the threshold below which `REFUSED_ANSWERABLE` of the answerable Chinese questions fall."""
    fits = {english: fit([case for case in cases if case.english == english]) for english in (False, True)}
    chosen = [c.measured for c in cases if c.answerable and not c.english and c.kind == "near"]
    threshold = float(np.quantile([fits[False].probability(measured) for measured in chosen], REFUSED_ANSWERABLE))
    return Calibration(fits[False], fits[True], round(threshold, 4), fitted_on)


def fit(cases: Sequence[Case]) -> Fit:
    """A logistic regression, its weights told for the features as they are measured."""
    features = np.array([case.measured.features for case in cases])
    weights = [WEIGHTS[case.kind] for case in cases]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    model.fit(features, [case.answerable for case in cases], logisticregression__sample_weight=weights)
    scaler, regression = model[0], model[1]
    slopes = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - slopes @ scaler.mean_)
    named = {name: round(float(slope), 4) for name, slope in zip(FEATURES, slopes, strict=True)}
    return Fit(named, round(intercept, 4))


def report(held: Sequence[tuple[Case, float]], threshold: float) -> None:
    """Print how good the probabilities of fits are that had not seen the questions, by language and kind."""
    print(
        "| held out | AUROC | calibration error | refused: answerable | unanswerable |\n| --- | --- | --- | --- | --- |"
    )
    for language, english in _LANGUAGES:
        for kind in ("far", "near", "made", ""):
            # What is made has no answerable questions of its own: it is held against those beside near misses.
            some = [
                (c.answerable, p) for c, p in held if c.english == english
                and (not kind or c.kind == kind or (kind == "made" and c.kind == "near" and c.answerable))
            ]  # fmt: skip
            truth, probability = np.array([t for t, _ in some]), np.array([p for _, p in some])
            print(
                f"| {language}, {kind or 'all'} | {roc_auc_score(truth, probability):.3f} "
                f"| {calibration_error(probability, truth):.3f} | {np.mean(probability[truth] < threshold):.3f} "
                f"| {np.mean(probability[~truth] < threshold):.3f} |"
            )


def risk_coverage(probability: Floats, truth: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Of the questions answered at each threshold, from the surest on: their share of all, and the unanswerable among
    them (El-Yaniv and Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html)."""
    order = np.argsort(-probability, kind="stable")
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(~truth[order]) / answered


def picture(held: Sequence[tuple[Case, float]], threshold: float, file: Path) -> None:
    """Draw the risk–coverage curves of questions with the probabilities of fits that had not seen them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.6), layout="constrained")
    for axes, (language, english) in zip(figure.subplots(1, 2, sharey=True), _LANGUAGES, strict=True):
        for kind, name in (("far", "half of the articles taken out"), ("near", "the answering paragraph taken out")):
            some = [(case.answerable, p) for case, p in held if case.kind == kind and case.english == english]
            truth, probability = np.array([t for t, _ in some]), np.array([p for _, p in some])
            coverage, risk = risk_coverage(probability, truth)
            drawn = np.linspace(0, len(risk) - 1, 150).astype(int)
            (line,) = axes.plot(coverage[drawn], risk[drawn], label=name)
            at = int((probability >= threshold).sum()) - 1
            axes.plot(coverage[at], risk[at], "o", color=line.get_color())
        axes.set(title=f"{language} questions", xlabel="share of questions answered", xlim=(0, 1), ylim=(0, 0.55))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("unanswerable among the answered")
    figure.axes[0].legend(loc="upper left", frameon=False)
    # Without a date the same figures give the same file.
    figure.savefig(file, metadata={"Date": None})
    print(f"wrote {file}; the dots are at the threshold, {threshold}")


def asked(told: dict[str, list[dict[str, Any]]], shelf: Shelf, folder: Path) -> Iterator[Case]:
    """All questions of all kinds, each asked of the index that makes it that kind."""

    def index(kept: Callable[[int, int], bool]) -> None:
        for number, article in enumerate(told["zh"]):
            parts = [p["context"] for at, p in enumerate(article["paragraphs"]) if kept(number, at)]
            file = folder / f"article-{number}.txt"
            file.unlink(missing_ok=True)
            if parts:
                file.write_text("\n\n".join(parts), encoding="utf-8")
        shelf.update()

    def cases(kind: str, kept: Callable[[int, int], bool], asks: Callable[[int, int], bool]) -> Iterator[Case]:
        index(kept)
        for language in told:
            for number, article in enumerate(told[language]):
                for at, paragraph in enumerate(article["paragraphs"]):
                    for question in (qa["question"] for qa in paragraph["qas"] if asks(number, at)):
                        yield case(kind, number, language, kept(number, at), question)

    def case(kind: str, article: int, language: str, answerable: bool, question: str) -> Case:
        found = search(shelf.index, shelf.encoder, question, top=5)
        return Case(
            kind, article, language == "en", answerable, measure(shelf.index, read_passages(shelf.index, found))
        )

    index(lambda number, at: True)
    for article, language, question in made(told):
        yield case("made", article, language, False, question)
    for gone in range(5):
        # With each paragraph gone, the questions on it and on its neighbour: as many of either kind.
        yield from cases("near", partial(_but, gone), partial(_either, gone))
    for half in (0, 1):
        yield from cases("far", partial(_of_half, half), lambda number, at: True)


def _but(gone: int, _: int, paragraph: int) -> bool:
    return paragraph != gone


def _either(gone: int, _: int, paragraph: int) -> bool:
    return paragraph in (gone, (gone + 1) % 5)


def _of_half(half: int, article: int, _: int) -> bool:
    return article % 2 == half


def made(told: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[int, str, str]]:
    """Article, language and question; the same ones at every run."""
    chance = random.Random(7)
    for number in range(len(told["zh"])):
        for language, patterns in _PATTERNS.items():
            text = "\n".join(paragraph["context"] for paragraph in told[language][number]["paragraphs"])
            for name in names(text, language):
                for pattern, signs in chance.sample(sorted(patterns.items()), 6):
                    if not re.search(signs, text):
                        yield number, language, pattern.format(name=name)


def names(text: str, language: str) -> list[str]:
    """Up to four names that a text uses more than once, the most frequent first."""
    if language == "zh":
        tagged = ((word, tag) for word, tag in rjieba.tag(text) if len(word) > 1)
        found = Counter(word for word, tag in tagged if tag in ("nr", "ns", "nt", "nz", "nrt"))
    else:
        found = Counter(re.findall(r"(?<=[a-z,] )[A-Z][\w’-]+(?: [A-Z][\w’-]+)*", text))
    return [name for name, count in found.most_common(4) if count > 1]


def calibration_error(probability: Floats, truth: NDArray[np.bool_], bins: int = 10) -> float:
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
