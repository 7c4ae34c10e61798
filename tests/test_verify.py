"""A quotation is found in its paper whatever its white space, wraps and widths are, and in no other case."""

from __future__ import annotations

import unicodedata
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus.library import Library
from qa.verify import verify
from tests.conftest import PAPERS

TEXT = "投资规模为 2.48 亿美元，其中能源部投资 0.7 亿美元。\n该中心由 CCS 经营；能源部投资 0.7 亿美元。"


@pytest.mark.parametrize(
    ("quote", "start", "state", "found"),
    [
        ("投资规模为 2.48 亿美元", 0, "verbatim", "投资规模为 2.48 亿美元"),
        ("投资规模为2.48亿美元", 0, "verbatim", "投资规模为 2.48 亿美元"),
        ("投资规模\n为　２．４８ 亿美元", 0, "verbatim", "投资规模为 2.48 亿美元"),
        ("投资规模为 2.48 亿美元", 3, "moved", "投资规模为 2.48 亿美元"),
        ("由 CCS 经营", 0, "moved", "由 CCS 经营"),
        ("投资规模为 2.84 亿美元", 0, "not found", "投资规模为 2.48 亿美元"),
        ("投资规模为 2.48 亿美金", 0, "not found", "投资规模为 2.48 亿美元"),
        ("  \n", 0, "not found", None),
    ],
)
def test_states(quote: str, start: int, state: str, found: str | None) -> None:
    end = start + len("投资规模为 2.48 亿美元")
    checked = verify(quote, start, end, TEXT)
    assert checked.state == state
    assert found is None or TEXT[checked.start : checked.end] == found


def test_of_several_places_the_nearest_is_taken() -> None:
    quote = "能源部投资 0.7 亿美元"
    first, last = TEXT.find(quote), TEXT.rfind(quote)
    assert verify(quote, 0, 3, TEXT).start == first
    assert verify(quote, len(TEXT) - 3, len(TEXT), TEXT).start == last


def test_a_word_that_a_line_broke_is_whole() -> None:
    assert verify("advanced manufac-\nturing", 0, 22, "advanced manufacturing").state == "verbatim"
    assert verify("cross-industry", 0, 13, "crossindustry").state == "not found"  # a real hyphen is a character


def test_a_part_of_a_ligature_is_no_quotation() -> None:
    assert verify("f", 0, 1, "ﬁnd").state == "not found"
    assert verify("fi", 0, 1, "ﬁnd").state == "verbatim"


@cache
def text_of_a_paper() -> str:
    """The text of one of the five, read once."""
    return Library(PAPERS).read(PAPERS / "wang-yu-liu.txt").text


@settings(deadline=None)
@given(st.data())
def test_every_stretch_of_a_paper_is_verbatim_however_it_is_wrapped(data: st.DataObject) -> None:
    text = text_of_a_paper()
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, min(len(text), start + 120)))
    assume(text[start:end].strip())
    quote = "".join(
        data.draw(st.sampled_from((character, f"{character}\n", f" {character}"))) for character in text[start:end]
    ).translate({ord("0") + digit: "０１２３４５６７８９"[digit] for digit in range(10)})
    assume("-\n" not in quote)  # that would be a broken word
    checked = verify(quote, start, end, text)
    assert (checked.state, checked.start, checked.end) == ("verbatim", start, end)
    # At another place it is moved, to where the same characters stand.
    elsewhere = verify(quote, len(text), len(text), text)
    assert elsewhere.state == "moved"
    bare = ["".join(unicodedata.normalize("NFKC", t).split()) for t in (text[elsewhere.start : elsewhere.end], quote)]
    assert bare[0] == bare[1]
