"""References hold what is known, in the form of each style, and nothing that is not known."""

from __future__ import annotations

import json

import pytest

from corpus.paper import Paper
from qa.reference import bibtex, csl_json, gbt7714
from tests.conftest import five_papers


def paper(paper_id: str) -> Paper:
    """One of the five papers."""
    return five_papers()[paper_id]


@pytest.mark.parametrize(
    ("paper_id", "expected"),
    [
        (
            "chen",
            "陈琳. 美国“国家制造创新网络”战略及其对中国制造业发展的启示[J]. 社会科学理论与实践, 2019, 1(1): 15–22. "
            "DOI: 10.6914/TPSS.201906_1(1).0002.",
        ),
        ("sun-luo", "孙毅, 罗穆雄. 美国智能制造的发展及启示[Z]. 2021. DOI: 10.16418/j.issn.1000-3045.20210501002."),
        ("zhang", "张华胜. 美国国家制造业创新网络建设及管理模式[Z]."),
        ("wang-yu-liu", "WANG L, YU J P, LIU X W. 美国持续强化先进制造创新生态重塑对我国的启示[Z]."),
    ],
)
def test_gbt7714(paper_id: str, expected: str) -> None:
    assert gbt7714(paper(paper_id)) == expected


def test_gbt7714_names_three_authors() -> None:
    chinese = Paper("x", "x.txt", "", "", title="题", authors=("甲一", "乙二", "丙三", "丁四"))
    assert gbt7714(chinese) == "甲一, 乙二, 丙三, 等. 题[Z]."
    latin = Paper("x", "x.txt", "", "", title="T", authors=("Ann Lee", "Bo Ng", "Cy Oh", "Di Po"))
    assert gbt7714(latin) == "LEE A, NG B, OH C, et al. T[Z]."


def test_bibtex() -> None:
    assert bibtex(paper("chen")).splitlines() == [
        "@article{chen,",
        "  author = {陈琳},",
        "  title = {{美国“国家制造创新网络”战略及其对中国制造业发展的启示}},",
        "  journal = {社会科学理论与实践},",
        "  year = {2019},",
        "  volume = {1},",
        "  number = {1},",
        "  pages = {15--22},",
        "  doi = {10.6914/TPSS.201906_1(1).0002}",
        "}",
    ]
    assert bibtex(paper("zhang")).startswith("@misc{zhang,\n  author = {张华胜},\n  title = ")


def test_csl_json() -> None:
    [item] = json.loads(csl_json(paper("chen")))
    assert item == {
        "id": "chen",
        "type": "article-journal",
        "title": "美国“国家制造创新网络”战略及其对中国制造业发展的启示",
        "author": [{"literal": "陈琳"}],
        "container-title": "社会科学理论与实践",
        "issued": {"date-parts": [[2019]]},
        "volume": "1",
        "issue": "1",
        "page": "15–22",
        "DOI": "10.6914/TPSS.201906_1(1).0002",
        "language": "zh",
    }
    [unknown] = json.loads(csl_json(paper("zhang")))
    assert set(unknown) == {"id", "type", "title", "author", "language"}
