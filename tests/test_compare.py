"""One question put to each paper by itself: what comes of it side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.errors import PaperUnknown, QuestionEmpty
from qa import Shelf
from qa.answer import REFUSAL, SILENT
from qa.compare import COLUMNS, compare
from tests.conftest import check_citations
from tests.lab import Lab


def test_each_paper_says_what_it_says_when_it_is_asked_alone(real_shelf: Shelf) -> None:
    """In the order of the library, numbered through; the papers that do not answer come last, and are silent."""
    question = "制造业创新中心的经费从哪里来？"
    snapshot = real_shelf.snapshot()
    answer = compare(snapshot, question)
    check_citations(real_shelf, answer)
    alone = {paper: snapshot.ask(question, [paper]) for paper in snapshot.index.papers}
    said = [(c.paper.id, c.quote) for paper in alone for c in alone[paper].citations]
    assert [(c.paper.id, c.quote) for c in answer.citations] == said
    assert len({paper for paper, _ in said}) >= 2
    silent = sum(told.abstained for told in alone.values())
    assert [s.text for s in answer.statements if not s.cites] == [SILENT["zh"]] * silent
    assert not any(s.cites for s in answer.statements[-silent:])
    assert answer.confidence == max(told.confidence for told in alone.values())
    assert [p.rank for p in answer.passages] == list(range(1, len(answer.passages) + 1))
    scores = [p.score for p in answer.passages]
    assert scores == sorted(scores, reverse=True)


def test_only_the_chosen_papers_are_compared(real_shelf: Shelf) -> None:
    answer = compare(real_shelf.snapshot(), "制造业创新中心的经费从哪里来？", ["zhang", "sun-luo"])
    assert {c.paper.id for c in answer.citations} <= {"zhang", "sun-luo"}
    assert len({s.about for s in answer.statements}) == 2
    with pytest.raises(PaperUnknown):
        compare(real_shelf.snapshot(), "经费", ["nobody"])
    with pytest.raises(QuestionEmpty):
        compare(real_shelf.snapshot(), "？？")


def test_what_no_paper_answers_is_refused_as_a_whole(real_shelf: Shelf) -> None:
    answer = compare(real_shelf.snapshot(), "红楼梦的作者是谁？")
    assert answer.abstained
    assert answer.text == REFUSAL["zh"]
    assert answer.citations == ()
    assert answer.passages


def test_two_papers_of_one_author_and_year_have_a_column_each(lab: Lab) -> None:
    """Told apart by their titles; both stand in the answer though one of them is silent."""
    facts = ""
    for name, said in (("wind1", "赤霞山风洞实验室有96名工作人员。"), ("wind2", "园林局种植了三千棵银杏。")):
        (lab.papers / f"{name}.txt").write_text(f"关于{name}\n\n1 情况\n\n{said}\n", encoding="utf-8")
        facts += f'[{name}]\ntitle = "关于{name}"\nauthors = ["张华"]\nyear = 2021\n'
    (lab.papers / "papers.toml").write_text(facts, encoding="utf-8")
    shelf = lab.shelf()
    shelf.calibration = replace(shelf.calibration, threshold=0.0)
    shelf.update()
    answer = compare(shelf.snapshot(), "赤霞山风洞实验室有多少名工作人员？", ["wind1", "wind2"])
    assert [s.about for s in answer.statements] == ["张华（2021）《关于wind1》", "张华（2021）《关于wind2》"]


def test_a_library_without_papers_refuses(lab: Lab) -> None:
    for file in lab.papers.iterdir():
        file.unlink()
    shelf = lab.shelf()
    shelf.update()
    assert compare(shelf.snapshot(), "风洞有多少名研究人员？").abstained


def test_of_many_papers_the_nearest_are_compared_and_the_rest_is_told(lab: Lab) -> None:
    for n in range(COLUMNS + 2):
        text = f"第{n}号研究所\n\n第{n}号研究所位于某地，有{n + 20}名研究人员，研究{'风洞' if n % 2 else '水池'}。\n"
        (lab.papers / f"more{n:02}.txt").write_text(text, encoding="utf-8")
    shelf = lab.shelf()
    shelf.update()
    answer = compare(shelf.snapshot(), "第3号研究所有多少名研究人员？")
    known = len(shelf.index.papers)
    assert answer.notice == f"只对比了与问题最接近的 {COLUMNS} 篇，另有 {known - COLUMNS} 篇没有对比。"
    assert "more03" in {c.paper.id for c in answer.citations} | {p.paper.id for p in answer.passages}
