"""Printed lines are joined as their author would have written them on one: words, compounds, addresses stay whole."""

from __future__ import annotations

import pytest

from corpus.joining import joined, words_of
from corpus.traced import INSERTED, Traced
from tests.test_sentences import read

PLAIN = ["制造业是国民经济的主体，各国都把发展先进制造业作为经济复苏的手段，并为此采取了一系列措"] * 8 + ["施。"]
NOTHING: frozenset[str] = frozenset()


def put(*lines: str, words: frozenset[str] = NOTHING, spaced: bool = True) -> str:
    """The lines joined."""
    return joined([Traced.of(line) for line in lines], spaced, words).text


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (("latest cross-", "industry roadmap"), "latest cross-industry roadmap"),
        (("small-and-medium-", "sized firms"), "small-and-medium-sized firms"),
        (("the non-", "profit sector"), "the non-profit sector"),
        (("a data-", "driven way"), "a data-driven way"),
        (("many public-", "private ties"), "many public-private ties"),
        (("technology-", "intensive"), "technology-intensive"),
        (("manufac-", "turing"), "manufacturing"),
        (("inter-", "national"), "international"),
        (("mul-", "tiple"), "multiple"),
        (("multi-", "ple"), "multiple"),
        (("high-", "er wages"), "higher wages"),
        (("world-", "wide"), "worldwide"),
        (("knowl-", "edge"), "knowledge"),
        (("control-", "led"), "controlled"),
        (("cor-", "related"), "correlated"),
        (("the COVID-", "19 crisis"), "the COVID-19 crisis"),
        (("Tooling U-", "SME"), "Tooling U-SME"),
        (("in 2019-", "2020"), "in 2019-2020"),
        (("a pause -", "so he said"), "a pause - so he said"),
    ],
)
def test_a_hyphen_at_a_line_end_goes_only_where_it_parts_a_word(lines: tuple[str, ...], whole: str) -> None:
    assert put(*lines) == whole


def test_what_the_paper_writes_elsewhere_decides_before_any_list() -> None:
    assert put("re-", "industrialization") == "reindustrialization"
    assert put("re-", "industrialization", words=frozenset({"re-industrialization"})) == "re-industrialization"
    assert put("cross-", "industry", words=frozenset({"crossindustry"})) == "crossindustry"
    assert put("cross-", "road", words=frozenset({"crossroad", "cross-road"})) == "cross-road"
    assert put("Co-", "operation", words=frozenset({"operation"})) == "Co-operation"
    assert put("co-", "alition", words=frozenset({"operation"})) == "coalition"


def test_the_words_of_a_paper_are_those_that_stand_whole_in_its_lines() -> None:
    lines = ["A Cross-Industry road-", "map; USA 制造业 Manufac-", "turing-led", "2019-", "plan B"]
    assert words_of(lines) == {"a", "cross-industry", "usa", "plan", "b"}


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (("https://www.nist.gov/", "mep/reports. Next"), "https://www.nist.gov/mep/reports. Next"),
        (("https://www.nist.gov/mep/manufac", "turing_reports.pdf"), "https://www.nist.gov/mep/manufacturing_reports.pdf"),
        (("https://a.gov/smart-", "manufacturing"), "https://a.gov/smart-manufacturing"),
        (("https://a.gov/list?", "page=2"), "https://a.gov/list?page=2"),
        (("http://www.gov.cn/zhengce/content_9784.", "htm"), "http://www.gov.cn/zhengce/content_9784.htm"),
        (("https://www.nist.", "gov/mep"), "https://www.nist.gov/mep"),
        (("DOI 10.16418/", "j.issn.1000-3045"), "DOI 10.16418/j.issn.1000-3045"),
        (("see https://a.gov/mep", "and others"), "see https://a.gov/mep and others"),
        (("see https://a.gov/mep.", "The 2/3 of them"), "see https://a.gov/mep. The 2/3 of them"),
        (("见 https://a.gov/", "制造业"), "见 https://a.gov/制造业"),
    ],
)  # fmt: skip
def test_no_space_comes_into_an_address_and_no_hyphen_goes_out_of_it(lines: tuple[str, ...], whole: str) -> None:
    assert put(*lines) == whole


def test_an_inserted_space_has_no_origin_and_a_dropped_hyphen_takes_its_own_along() -> None:
    whole = joined([Traced.of("a manu-", 0), Traced.of("facturing", 10), Traced.of("plan", 30)], True, NOTHING)
    assert whole.text == "a manufacturing plan"
    assert whole.origin == (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17, 18, INSERTED, 30, 31, 32, 33)


def test_a_paper_keeps_the_hyphens_that_it_writes_elsewhere() -> None:
    lines = [
        "Abstract: The plan supports re-industrialization and common labs in all of the states of the",
        "north, the west and the islands, as well as the states of the coast, and it supports the re-",
        "industrialization of the south, where many firms are small, where most of them do not manufac-",
        "ture what they design, and where the wages of skilled workers are lower than in the north of",
        "the country, so that the plan pays for schools as well as for machines and for the new laborato-",
        "ries.",
    ]  # fmt: skip
    text = read("\n".join([*lines, "1 引言", *PLAIN])).text
    assert "supports the re-industrialization of the south, where many firms are small" in text
    assert "do not manufacture what they design" in text
    assert "new laboratories." in text
