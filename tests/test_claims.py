"""A claim is borne by a quotation only where its numbers, names, negations, bounds and meaning are the quotation's."""

from __future__ import annotations

from collections import Counter

import pytest

from qa import Shelf
from qa.claims import fault_of
from tests.bench.claims import changed, written


@pytest.mark.parametrize(
    ("claim", "quote", "fault"),
    [
        ("5 家由国防部设立。", "8 家由国防部设立、5 家由能源部设立。", "number"),
        ("计划投资2.84亿美元。", "计划投资 2.48 亿美元。", "number"),
        ("有 11 个目标和 3 条建议。", "有 3 个目标和 11 条建议。", "number"),
        ("先投入7000万美元。", "先投入七千万美元。", None),
        ("共有1920家会员。", "共有 1 920 家会员。", None),
        ("由能源部资助。", "由国防部资助。", "name"),
        ("由AFFOA资助。", "由 MForesight 资助。", "name"),
        ("《先进制造业领导战略》提出。", "《先进制造业领先战略》提出。", "name"),
        ("该法案已经通过。", "该法案尚未通过。", "negation"),
        ("该法案没有通过。", "该法案已经通过。", "negation"),
        ("投资规模为2.48亿美元。", "计划投资规模将达到 2.48 亿美元。", "hedge"),
        ("提供了400万美元。", "提供了约 400 万美元。", "hedge"),
        ("逆差降至5.3%。", "逆差升至 5.3%。", "opposite"),
        ("会员必须付费。", "会员可以免费参与。", None),  # the words alone do not tell: that is left to the meaning
        ("It was signed in June 2012.", "2012 年 6 月签署。", None),
        ("It was signed in July 2012.", "2012 年 6 月签署。", "number"),
    ],
)
def test_faults_that_words_alone_tell(claim: str, quote: str, fault: str | None) -> None:
    assert fault_of(claim, quote) == fault


def test_sentences_bear_themselves_and_nothing_that_was_changed(real_shelf: Shelf) -> None:
    """On 150 sentences that nothing was set on."""
    tried = list(changed(real_shelf, 150))
    outcomes = Counter((each.kind, each.shown) for each in tried)
    assert outcomes["sentences as they are", True] == 150
    assert outcomes["with a number changed", True] == 0
    assert outcomes["with a number changed", False] > 30
    assert outcomes["negated", True] == 0
    assert outcomes["negated", False] > 10


def test_claims_written_by_hand(real_shelf: Shelf) -> None:
    """None that is not borne gets through; the thresholds were set on these."""
    tried = list(written(real_shelf))
    assert [each.claim for each in tried if each.shown and not each.borne] == []
    assert sum(not each.borne for each in tried) > 75
    borne = [each.shown for each in tried if each.borne]
    assert sum(borne) >= 0.85 * len(borne)
