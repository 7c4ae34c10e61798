"""Terms are cut as a reader of Chinese would look words up, and BM25 gives the numbers of its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from indexer.lexical import K1, B, Lexicon, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("２０１９年会员 1 920 家", ["2019", "年", "会员", "1920", "家"]),
        ("1,400 多名专家", ["1400", "多名", "专家"]),
        ("290 865", ["290865"]),
        ("10 20", ["10", "20"]),
        ("MXD 与 mxd 与 ＭＸＤ", ["mxd", "mxd", "mxd"]),
        ("什么是的了？！", []),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert list(terms(text)) == expected


def test_search_mode_gives_the_word_and_its_parts() -> None:
    assert {"复合", "材料", "复合材料"} <= set(terms("先进复合材料"))


def test_bm25_is_the_formula() -> None:
    lexicon = Lexicon.build([["钢", "钢", "铁"], ["铁"], ["铜", "锡", "铅", "锌"]])
    mean = (3 + 1 + 4) / 3
    idf_steel = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    idf_iron = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    norm = [K1 * (1 - B + B * length / mean) for length in (3, 1, 4)]
    expected = [idf_steel * 2 / (2 + norm[0]) + idf_iron * 1 / (1 + norm[0]), idf_iron * 1 / (1 + norm[1]), 0.0]
    assert lexicon.scores(["钢", "铁", "金"]) == pytest.approx(expected, abs=1e-6)
    assert lexicon.scores(["钢", "钢"])[0] == pytest.approx(2 * idf_steel * 2 / (2 + norm[0]), abs=1e-6)


def test_known_weighs_the_words_by_how_rare_they_are() -> None:
    lexicon = Lexicon.build([["钢", "铁"], ["铁"]])
    iron, gold = math.log(1 + 0.5 / 2.5), math.log(1 + 2.5 / 0.5)
    assert lexicon.known(["铁", "金"]) == pytest.approx(iron / (iron + gold))
    assert lexicon.known(["铁"]) == 1.0
    assert lexicon.known([]) == 0.0


def test_an_empty_lexicon_scores_nothing() -> None:
    lexicon = Lexicon.build([])
    assert lexicon.scores(["铁"]).shape == (0,)
    assert lexicon.known(["铁"]) == 0.0
    assert np.array_equal(Lexicon.build([[], []]).scores(["铁"]), [0, 0])
