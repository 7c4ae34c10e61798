"""Passages are runs of whole sentences under one heading; what they are about is never part of their text."""

from __future__ import annotations

import pytest

from corpus.library import Library
from corpus.paper import Paper
from indexer.passages import cut_passages, embedded_texts
from tests.conftest import PAPERS

LIBRARY = Library(PAPERS)
ALL = [LIBRARY.read(path) for path in LIBRARY.files().values()]


@pytest.mark.parametrize("paper", ALL, ids=lambda paper: paper.id)
def test_every_sentence_outside_headings_and_strays_is_in_exactly_one_passage(paper: Paper) -> None:
    passages = cut_passages(paper, 280)
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
        if len(passage.sentences) > 1 and passage.kind != "table":
            assert passage.end - passage.start <= 1.5 * 280 + 20


def test_a_table_is_kept_together_and_its_rows_carry_its_name() -> None:
    paper = next(p for p in ALL if p.id == "sun-luo")
    passages = [p for p in cut_passages(paper, 280) if "私人投资（亿美元）" in p.about]
    rows = [paper.text[s.start : s.end] for p in passages for s in p.sentences]
    assert "2019年\t14\t561\t1 920\t3.9\t1.33\t3.55" in rows
    held = next(p for p in passages if "2019年" in paper.text[p.start : p.end])
    assert "2015年\t7\t147\t800" in paper.text[held.start : held.end]
    embedded = dict(zip(held.sentences, embedded_texts(paper, held), strict=True))
    text = next(t for s, t in embedded.items() if paper.text[s.start : s.end].startswith("2019年"))
    assert text.startswith("表2 2015—2019 年美国制造业创新研究所产生效果 年份")
    assert text.endswith("2019年 14 561 1 920 3.9 1.33 3.55")


def test_smaller_passages_are_shorter() -> None:
    paper = ALL[0]
    assert len(cut_passages(paper, 120)) > 1.5 * len(cut_passages(paper, 400))
