"""Terms are cut as a reader of Chinese would look words up, and BM25 gives the numbers of its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import lexical
from indexer.lexical import K1, B, Lexicon, Words, chinese_value, folded, numbers, pairs, terms

EVERY = np.arange(1000)


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


def test_names_of_the_papers_are_words() -> None:
    assert "产业公地" not in terms("什么是产业公地？")
    assert {"产业", "公地", "产业公地"} <= set(Words(["产业公地"]).terms("什么是产业公地？"))
    assert "nnmi计划" in Words(["NNMI计划"]).terms("ＮＮＭＩ计划")


def test_traditional_characters_match_simplified_ones() -> None:
    assert terms("製造業創新網絡") == terms("制造业创新网络")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("七千万至1.2亿美元", ["70000000", "120000000"]),
        ("约400万美元，1.27 billion", ["4000000", "1270000000"]),
        ("三千亿", ["300000000000"]),
        ("四项战略目标", ["4"]),
        ("第十四个五年规划", ["14", "5"]),
        ("二〇一九年", ["2019"]),
        ("four goals", ["4"]),
        ("一旦外包，一方面", []),
        ("2019年 14 家", []),
    ],
)
def test_numbers_are_there_in_digits(text: str, expected: list[str]) -> None:
    assert list(numbers(folded(text))) == expected


@given(st.integers(1, 9999))
def test_chinese_numerals_are_read_back(number: int) -> None:
    from corpus.numerals import chinese_number

    assert chinese_value(chinese_number(number)) == number


def test_pairs_are_neighbouring_chinese_characters_within_words() -> None:
    assert list(pairs("产业的公地abc与创新链")) == ["产业", "公地", "创新", "新链"]


@given(st.text())
def test_folding_twice_changes_nothing_and_terms_never_fail(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    Words().indexed(text)


def test_bm25_is_the_formula() -> None:
    lexicon = Lexicon.build([{"钢": 2, "铁": 1}, {"铁": 1}, {"铜": 1, "锡": 1, "铅": 1, "锌": 1}])
    mean = (3 + 1 + 4) / 3
    idf_steel = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    idf_iron = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    idf_gold = math.log(1 + (3 - 0 + 0.5) / (0 + 0.5))
    norm = [K1 * (1 - B + B * length / mean) for length in (3, 1, 4)]
    expected = [idf_steel * 2 / (2 + norm[0]) + idf_iron * 1 / (1 + norm[0]), idf_iron * 1 / (1 + norm[1]), 0.0]
    query = {"钢": 1.0, "铁": 1.0, "金": 1.0}
    assert lexicon.scores(query, EVERY[: len(lexicon)]) == pytest.approx(expected, abs=1e-6)
    assert lexicon.scores({"钢": 2.0}, EVERY[:3])[0] == pytest.approx(2 * idf_steel * 2 / (2 + norm[0]), abs=1e-6)
    most = idf_steel + idf_iron + idf_gold
    assert lexicon.explained(query, EVERY[:3]) == pytest.approx([score / most for score in expected], abs=1e-6)


def test_bm25_agrees_with_another_implementation() -> None:
    """Term by term over a dense table of counts, with random passages."""
    random = np.random.default_rng(5)
    table = random.poisson(0.7, (40, 30))
    lexicon = Lexicon.build([{f"t{t}": int(n) for t, n in enumerate(row) if n} for row in table])
    lengths = table.sum(axis=1)
    holders = (table > 0).sum(axis=0)
    idf = np.log(1 + (40 - holders + 0.5) / (holders + 0.5))
    dense = idf * table / (table + K1 * (1 - B + B * lengths / lengths.mean())[:, None])
    for some in (random.integers(0, 30, 5) for _ in range(20)):
        query = {f"t{t}": 1.0 for t in some.tolist()}
        assert lexicon.scores(query, EVERY[: len(lexicon)]) == pytest.approx(
            dense[:, np.unique(some)].sum(axis=1), abs=1e-5
        )


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.booleans(), st.sampled_from([0, 1]))
def test_the_best_are_those_of_all_scores_though_few_are_added_up(
    seed: int, most: int, narrowed: bool, sought: int
) -> None:
    """Frequent and rare terms, so that the frequent ones are mostly left out."""
    chance = np.random.default_rng(seed)
    table = chance.poisson(np.geomspace(0.02, 2, 24), (200, 24))
    lexicon = Lexicon.build([{f"t{t}": int(n) for t, n in enumerate(row) if n} for row in table])
    query = {f"t{t}": float(chance.choice([0.3, 1.0, 2.0])) for t in range(24)}
    inside = chance.random(200) < 0.3 if narrowed else None
    scores = lexicon.scores(query, EVERY[:200])
    if inside is not None:
        scores[~inside] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "_LOOKED", 1)
        patch.setattr(lexical, "_SOUGHT", sought)
        found = lexicon.best(query, most, inside)
    assert sorted(scores[found].tolist(), reverse=True) == pytest.approx(sorted(scores, reverse=True)[:most], abs=1e-5)
    assert len(set(found.tolist())) == most


def test_what_was_counted_can_be_read_back() -> None:
    passages = [{"钢": 2, "铁": 1}, {}, {"铁": 3}]
    lexicon = Lexicon.build(passages)
    assert [lexicon.counted(number) for number in range(3)] == passages


def test_known_weighs_the_words_by_how_rare_they_are() -> None:
    lexicon = Lexicon.build([{"钢": 1, "铁": 1}, {"铁": 1}])
    iron, gold = math.log(1 + 0.5 / 2.5), math.log(1 + 2.5 / 0.5)
    assert lexicon.known(["铁", "金"]) == pytest.approx(iron / (iron + gold))
    assert lexicon.known(["铁"]) == 1.0
    assert lexicon.known([]) == 0.0


def test_an_empty_lexicon_scores_nothing() -> None:
    lexicon = Lexicon.build([])
    assert lexicon.best({"铁": 1.0}, 5).shape == (0,)
    assert lexicon.known(["铁"]) == 0.0
    assert np.array_equal(Lexicon.build([{}, {}]).scores({"铁": 1.0}, EVERY[:2]), [0, 0])


def test_what_is_taken_over_from_another_lexicon_makes_no_difference() -> None:
    old = Lexicon.build([{"钢": 2, "铁": 1}, {"铜": 5}, {"锡": 1}])
    fresh = Lexicon.build([{"锡": 1}, {"金": 300, "铁": 2}, {"钢": 2, "铁": 1}, {}])
    taken = Lexicon.build([2, {"金": 300, "铁": 2}, 0, {}], old)
    assert list(taken.vocabulary.terms) == list(fresh.vocabulary.terms) == ["金", "钢", "铁", "锡"]
    for name in ("holders", "passages", "counts", "lengths"):
        assert np.array_equal(getattr(taken, name), getattr(fresh, name)), name
    assert taken.counted(1) == {"金": 300, "铁": 2}
