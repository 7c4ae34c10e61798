"""Passages are runs of whole sentences under one heading; what they are about is never part of their text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.paper import Block, Paper, Sentence
from indexer.passages import CLAUSE_WORDS, clauses, cut_passages, pieces
from tests.conftest import five_papers

BY_ID = five_papers()
ALL = list(BY_ID.values())


@pytest.mark.parametrize("paper", ALL, ids=lambda paper: paper.id)
@pytest.mark.parametrize("characters", [120, 280, 2000])
def test_every_sentence_outside_headings_and_strays_is_in_exactly_one_passage(paper: Paper, characters: int) -> None:
    passages = cut_passages(paper, characters)
    told = [sentence for passage in passages for sentence in passage.sentences]
    expected = [s for s in paper.sentences if paper.block_at(s.start).kind not in ("heading", "stray")]
    assert told == expected
    for passage in passages:
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)


@pytest.mark.parametrize("paper", ALL, ids=lambda paper: paper.id)
def test_a_passage_stays_under_its_heading_and_in_bounds(paper: Paper) -> None:
    for passage in cut_passages(paper, 280):
        paths = {paper.section_path(s.start) for s in passage.sentences}
        assert len(paths) == 1
        path = next(iter(paths))
        assert passage.section == (path[-1].title if path else "")
        if len(passage.sentences) > 1 and passage.kind == "text":
            assert passage.end - passage.start <= 1.6 * 280


def test_no_crumbs_are_left_where_there_is_more_text() -> None:
    """A short passage is all that stands between two headings or tables."""
    for paper in ALL:
        passages = cut_passages(paper, 280)
        for before, passage, after in zip([None, *passages], passages, [*passages[1:], None], strict=False):
            alike = [p for p in (before, after) if p is not None and (p.kind, p.about) == (passage.kind, passage.about)]
            if passage.kind == "text" and alike:
                assert passage.end - passage.start > 100


def paper_of(*blocks: tuple[str, tuple[str, ...]]) -> Paper:
    """A paper without headings: blocks of a kind, each of some sentences."""
    text, made, sentences = "", [], []
    for kind, several in blocks:
        start = len(text)
        for sentence in several:
            sentences.append(Sentence(len(text), len(text) + len(sentence)))
            text += sentence
        made.append(Block(kind, start, len(text), 1))  # type: ignore[arg-type]
        text += "\n"
    return Paper("p", "p.txt", "", text, blocks=tuple(made), sentences=tuple(sentences))


def cut(paper: Paper, characters: int) -> list[str]:
    """The texts of the passages."""
    return [paper.text[p.start : p.end] for p in cut_passages(paper, characters)]


def test_a_list_stays_with_the_sentence_that_leads_in() -> None:
    before = "前" * 55 + "。"
    items = [f"（{n}）第{n}项措施是加强研发投入。" for n in (1, 2, 3)]
    paper = paper_of(
        ("paragraph", (before,)), ("paragraph", ("主要措施包括以下方面：",)), *(("paragraph", (i,)) for i in items)
    )
    assert cut(paper, 60) == [before, "\n".join(["主要措施包括以下方面：", *items])]


def test_a_paragraph_is_cut_between_sentences_and_only_where_it_must_be() -> None:
    first, second = ("甲" * 40 + "。", "乙" * 40 + "。"), ("丙" * 40 + "。", "丁" * 40 + "。")
    paper = paper_of(("paragraph", first), ("paragraph", second))
    assert cut(paper, 80) == ["".join(first), "".join(second)]
    assert cut(paper, 40) == [*first, *second]
    assert cut(paper, 160) == ["".join(first) + "\n" + "".join(second)]


def test_the_four_goals_of_zhang_are_one_passage() -> None:
    paper = BY_ID["zhang"]
    held = next(t for t in cut(paper, 280) if "战略目标：（1）提升美国制造业的竞争力" in t)
    assert "（4）推动创新中心探索" in held
    assert held.endswith("上述 4 项战略目标相互关联，互为支撑。")
    passage = next(p for p in cut_passages(paper, 280) if paper.text[p.start : p.end] == held)
    assert passage.about[-1] == "根据《NNMI 计划战略规划》，美国制造业创新网络计划的愿景、使命、宗旨和战略目标如下。"


def test_a_heading_ends_a_list() -> None:
    """（二）… looks like an item, but a lead-in of the section before it says nothing about its own items."""
    items = ("（1）第一项措施是加强研发投入。", "（2）第二项措施是培养人才队伍。")
    paper = paper_of(
        ("paragraph", ("主要措施如下：",)), ("heading", ("（二）其他",)), *(("paragraph", (item,)) for item in items)
    )  # fmt: skip
    assert [p.about for p in cut_passages(paper, 10)] == [()] * 3
    led = paper_of(("paragraph", ("主要措施如下：",)), *(("paragraph", (item,)) for item in items))
    assert [p.about for p in cut_passages(led, 10)] == [(), ("主要措施如下：",), ("主要措施如下：",)]


def test_a_table_is_kept_together_and_its_rows_carry_its_names() -> None:
    paper = BY_ID["sun-luo"]
    passages = [p for p in cut_passages(paper, 280) if any("私人投资（亿美元）" in part for part in p.about)]
    held = next(p for p in passages if "2019年" in paper.text[p.start : p.end])
    assert "2015年\t7\t147\t800" in paper.text[held.start : held.end]
    assert held.about[:2] == ("2 美国智能制造的典型实践", "2.1 制造业创新研究所的实施方案及效果")
    assert held.about[2] == "表2 2015—2019 年美国制造业创新研究所产生效果"
    row = next(s for s in held.sentences if paper.text[s.start : s.end].startswith("2019年"))
    assert paper.text[row.start : row.end] == "2019年\t14\t561\t1 920\t3.9\t1.33\t3.55"
    assert "".join(pieces(paper, row)) == (
        "年份：2019年；研究所（个）：14；项目数（个）：561；会员数量（家）：1 920；培训劳动力人数（万人）：3.9；"
        "联邦投资（亿美元）：1.33；私人投资（亿美元）：3.55"
    )


def test_a_caption_without_rows_is_a_line_of_the_text_around_it() -> None:
    paper = BY_ID["wang-yu-liu"]
    held = next(p for p in cut_passages(paper, 280) if "图 3　美国国家制造业计划" in paper.text[p.start : p.end])
    assert held.kind == "text"
    assert held.end - held.start > 100


@given(st.text(alphabet="中文字，；：、,;: a1\t", max_size=200))
def test_clauses_joined_are_the_text(text: str) -> None:
    assert "".join(clauses(text)) == text


def test_clauses_are_not_shorter_than_they_may_be() -> None:
    parts = clauses("美国商务部，" * 20)
    words = [len(part.replace("，", "")) for part in parts]
    assert min(words[:-1]) >= CLAUSE_WORDS
    assert words[-1] >= CLAUSE_WORDS // 2
    assert parts[0] == "美国商务部，" * 3
    assert clauses("1,400 名专家") == ["1,400 名专家"]
    assert clauses("短") == ["短"]


def test_smaller_passages_are_shorter() -> None:
    paper = ALL[0]
    assert len(cut_passages(paper, 120)) > 1.5 * len(cut_passages(paper, 400))
