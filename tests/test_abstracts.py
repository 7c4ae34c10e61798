"""A Chinese and an English abstract name the same things: their names are paired by meaning, and by nothing less."""

from __future__ import annotations

import numpy as np
import pytest

from corpus.paper import Paper
from indexer.abstracts import AHEAD, NEAR, chinese_names, english_names, paired
from qa import Shelf
from qa.retrieve import in_chinese

ZH = "本文讨论“再工业化”、《2014年振兴美国制造业和创新法案》和“MEP”。"
EN = (
    "The paper treats “re-industrialization”, the Revitalize American Manufacturing and Innovation Act of 2014, and "
    "the Manufacturing Innovation Institute and Manufacturing Extension Partnership. In June it was read."
)
PAPER = Paper("p", "p.txt", "", f"{ZH}\n{EN}", abstract=(0, len(ZH)), abstract_en=(len(ZH) + 1, len(ZH) + 1 + len(EN)))


def test_names_are_what_an_abstract_marks_and_runs_of_capitals() -> None:
    assert chinese_names(PAPER) == ("再工业化", "2014年振兴美国制造业和创新法案")
    assert english_names(PAPER) == (
        "re-industrialization",
        "Revitalize American Manufacturing and Innovation Act of 2014",
        "Revitalize American Manufacturing",
        "Innovation Act of 2014",
        "Manufacturing Innovation Institute and Manufacturing Extension Partnership",
        "Manufacturing Innovation Institute",
        "Manufacturing Extension Partnership",
    )


def test_a_paper_without_abstracts_has_none() -> None:
    paper = Paper("p", "p.txt", "", ZH)
    assert (chinese_names(paper), english_names(paper)) == ((), ())
    assert list(paired((), ("A B",), np.zeros((0, 1), np.float32))) == []


@pytest.mark.parametrize(
    ("cosines", "pairs"),
    [
        ([[0.8, 0.1], [0.1, 0.7]], [{"甲法案", "First Act"}, {"乙计划", "Second Plan"}]),
        ([[0.1, 0.8], [0.7, 0.1]], [{"甲法案", "Second Plan"}, {"乙计划", "First Act"}]),
        ([[NEAR - 0.01, 0.1], [0.1, 0.7]], [{"乙计划", "Second Plan"}]),
        ([[0.8, 0.8 - AHEAD / 2], [0.1, 0.2]], []),
        ([[0.8, 0.1], [0.8 - AHEAD / 2, 0.1]], []),
    ],
    ids=["straight", "crossed", "too far", "two English ones", "two Chinese ones"],
)
def test_a_pair_is_near_and_ahead_on_both_sides(cosines: list[list[float]], pairs: list[set[str]]) -> None:
    found = paired(("甲法案", "乙计划"), ("First Act", "Second Plan"), np.array(cosines, np.float32))
    assert [set(entry.names) for entry in found] == pairs


def test_other_digits_are_another_thing_and_a_part_of_a_name_is_not() -> None:
    near = np.array([[0.8, 0.75]], np.float32)
    assert list(paired(("2014年法案",), ("Act of 2015", "Act"), near)) == []
    assert [set(e.names) for e in paired(("2014年法案",), ("Act of 2014", "Act"), near)] == [
        {"2014年法案", "Act of 2014"}
    ]


def test_the_five_papers_give_the_pairs_of_the_docstring(real_shelf: Shelf) -> None:
    expected = {
        ("再工业化", "re-industrialization"),
        ("国家制造创新网络", "National Networking of Manufacturing Innovation"),
        ("2014年振兴美国制造业和创新法案", "Revitalize American Manufacturing and Innovation Act of 2014"),
        ("国家制造业创新网络", "National Network for Manufacturing Innovation"),
        ("2021年美国创新和竞争法案", "United States Innovation and Competition Act of 2021"),
        ("重塑美国先进制造业的领导地位", "Reclaiming America’s Leadership in Advanced Manufacturing"),
    }
    of_abstracts = {
        (zh, en)
        for paper_id, entries in real_shelf.index.mined.items()
        for entry in entries
        for zh in set(chinese_names(real_shelf.index.papers[paper_id])) & entry.names
        for en in set(english_names(real_shelf.index.papers[paper_id])) & entry.names
    }
    assert of_abstracts == expected
    asked = "Who wrote Reclaiming America's Leadership in Advanced Manufacturing?"
    named = real_shelf.index.glossary.named_in(asked)
    assert in_chinese(asked, named) == "Who wrote 重塑美国先进制造业的领导地位?"
