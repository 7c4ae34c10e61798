"""A loaded index makes papers and passages when they are asked for, and those that it made are what was indexed."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import IndexDamaged
from corpus.language import language_of
from corpus.paper import Paper
from indexer import papers as papers_module
from indexer import version
from indexer.centre import LANGUAGES
from indexer.lexical import highest
from indexer.passage_table import PassageTable
from indexer.passages import KINDS, Passage, cut_passages
from indexer.version import FORMAT, read_version
from qa.focus import focus_of
from qa.retrieve import Scope, search
from qa.shelf import Shelf
from tests.conftest import PAPERS, WordEncoder
from tests.test_index import shelf_on

QUESTION = "什么是产业公地？"


def place(shelf: Shelf) -> Path:
    """The folder of the current version."""
    return shelf.store.folder / shelf.store.current()


def cut(shelf: Shelf) -> list[Passage]:
    """The passages of the library, cut anew."""
    papers = (shelf.library.read(path) for path in shelf.library.files().values())
    return [passage for paper in papers for passage in cut_passages(paper, shelf.settings.passage_characters)]


def test_papers_and_passages_are_those_that_were_read_and_cut(small_shelf: Shelf) -> None:
    index = small_shelf.index
    read = {
        paper.id: paper for path in small_shelf.library.files().values() for paper in [small_shelf.library.read(path)]
    }
    assert dict(index.papers) == read
    passages = cut(small_shelf)
    assert list(index.passages) == passages
    assert index.passages[-1] == passages[-1]
    assert index.passages[3:7] == tuple(passages[3:7])
    assert PassageTable.of(passages, read).columns().keys() == index.passages.columns().keys() - {
        "vectors", "keys", "sentence_pieces", "sentence_pieces.starts", "about_pieces", "about_pieces.starts",
    }  # fmt: skip


def test_columns_tell_what_the_passages_are(small_shelf: Shelf) -> None:
    table, papers = small_shelf.index.passages, small_shelf.index.papers
    for number, passage in enumerate(table):
        paper = papers[passage.paper]
        inside = paper.table_at(passage.start)
        assert table.ids[table.papers[number]] == passage.paper
        assert KINDS[table.kinds[number]] == passage.kind
        assert LANGUAGES[table.languages[number]] == language_of(paper.text[passage.start : passage.end])
        assert (table.names[table.tables[number]] if table.tables[number] >= 0 else None) == (inside and inside.number)
        assert table.sentence_counts[number] == len(passage.sentences) == len(small_shelf.index.rows(number))


def test_loading_makes_no_paper_and_a_search_only_the_passages_found(
    small_shelf: Shelf, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr(papers_module.Paper, "from_json", counting(made, Paper.from_json))
    monkeypatch.setattr(PassageTable, "__getitem__", counting(made, PassageTable.__getitem__))
    index = read_version(place(small_shelf))
    assert made == []
    found = search(index, encoder, QUESTION, top=4, scope=Scope(kinds=frozenset({"text"}), years=(2000, 2030)))
    assert len(found.hits) == len(made) == 4


def counting(made: list[object], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that also notes what it was called with."""

    def noting(*arguments: Any) -> Any:
        made.append(arguments)
        return function(*arguments)

    return noting


def test_a_paper_asked_for_again_is_the_same_object_until_many_others_were(
    small_shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = read_version(place(small_shelf)).papers
    with ThreadPoolExecutor(8) as threads:
        assert len({id(paper) for paper in threads.map(lambda _: papers["zhang"], range(64))}) == 1
    monkeypatch.setattr(papers_module, "KEPT_PAPERS", 2)
    first = papers["zhang"]
    assert papers["zhang"] is first
    assert [papers[name].id for name in ("chen", "sun-luo", "wang-yu-liu")] == ["chen", "sun-luo", "wang-yu-liu"]
    assert papers["zhang"] is not first
    assert papers["zhang"] == first
    with pytest.raises(KeyError):
        papers["nobody"]


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(papers=frozenset({"zhang", "chen"})),
        Scope(papers=frozenset()),
        Scope(years=(2018, 2020)),
        Scope(kinds=frozenset({"table", "reference"})),
        Scope(frozenset({"zhang"}), (2000, 2030), frozenset({"text"})),
    ],
)
def test_a_scope_holds_the_passages_that_it_says(small_shelf: Shelf, scope: Scope) -> None:
    index = small_shelf.index
    expected = []
    for passage in index.passages:
        year = index.papers[passage.paper].year
        expected.append(
            (scope.papers is None or passage.paper in scope.papers)
            and (scope.years is None or (year is not None and scope.years[0] <= year <= scope.years[1]))
            and (scope.kinds is None or passage.kind in scope.kinds)
        )
    assert scope.holds(index).tolist() == expected


@pytest.mark.parametrize(
    "question", ["张华胜的论文里有多少家创新中心？", "表4的内容是什么？", "张华胜的论文里，表4呢？", QUESTION]
)
def test_a_focus_holds_the_passages_of_what_is_named(small_shelf: Shelf, question: str) -> None:
    index = small_shelf.index
    focus = focus_of(question, index.catalogue)
    expected = []
    for passage in index.passages:
        table = index.papers[passage.paper].table_at(passage.start)
        named = table is not None and (passage.paper, table.number) in focus.tables
        expected.append(named if focus.tables else passage.paper in focus.papers)
    assert focus.holds(index).tolist() == expected


@pytest.mark.parametrize("most", [1, 5, 40, 300])
def test_the_highest_are_those_of_a_stable_sort(most: int) -> None:
    chance = np.random.default_rng(most)
    for _ in range(50):
        scores = (chance.integers(-3, 9, 200) / 8).astype(np.float32)  # many are equal
        above = np.flatnonzero(scores > 0)
        expected = above[np.argsort(-scores[above], kind="stable")[:most]]
        assert sorted(highest(scores, most).tolist()) == sorted(expected.tolist())


def test_a_large_file_is_checked_by_samples_when_loaded_and_whole_by_check(
    small_shelf: Shelf, monkeypatch: pytest.MonkeyPatch, papers: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(version, "WHOLE_BYTES", 2**20)
    monkeypatch.setattr(version, "_BLOCK_BYTES", 64)
    shelf = shelf_on(papers, tmp_path / "sampled", WordEncoder())
    shelf.update()
    file = place(shelf) / "pieces.safetensors"
    data = file.read_bytes()
    assert len(data) > 2**20
    for at in (0, len(data) - 1):  # in the first and the last block
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(IndexDamaged, match=r"pieces\.safetensors.*checksum"):
            read_version(place(shelf))
    file.write_bytes(data[:-1])
    with pytest.raises(IndexDamaged, match="bytes, expected"):
        read_version(place(shelf))
    at = 64 + (len(data) - 64) // 126  # half-way between two blocks
    file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    read_version(place(shelf))
    assert [fault.values["file"] for fault in shelf.store.faults() if isinstance(fault, IndexDamaged)] == [file]
    with pytest.raises(IndexDamaged, match="checksum"):
        read_version(place(shelf), whole=True)
    file.write_bytes(data)
    assert list(shelf.store.faults()) == []


def test_a_bit_that_has_flipped_where_no_sample_was_taken_is_not_quoted(
    papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "WHOLE_BYTES", 1)
    monkeypatch.setattr(version, "_BLOCK_BYTES", 1)
    shelf = shelf_on(papers, tmp_path / "index", WordEncoder())
    shelf.update()
    file = place(shelf) / "papers.safetensors"
    data = file.read_bytes()
    at = data.index("创新".encode(), len(data) // 2) + 2  # of a character's three bytes the last
    file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    index = read_version(place(shelf))
    told, damaged = [], []
    for paper_id in index.papers:
        try:
            told.append(index.papers[paper_id].id)
        except IndexDamaged as fault:
            damaged.append(fault)
    (fault,) = damaged
    assert fault.message().endswith("rebuild it with `yinju index`")
    assert len(told) == len(index.papers) - 1
    assert shelf.update().papers == len(index.papers)  # which reads all of it
    assert list(shelf.store.faults()) == []


def test_a_version_of_an_older_format_is_built_anew(papers: Path, tmp_path: Path) -> None:
    shelf = shelf_on(papers, tmp_path / "index", WordEncoder())
    shelf.update()
    manifest = place(shelf) / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert told["format"] == FORMAT
    manifest.write_text(json.dumps({**told, "format": FORMAT - 1}), encoding="utf-8")
    assert next(shelf.faults()).message("en").endswith("`yinju index`")
    fresh = shelf_on(PAPERS, tmp_path / "index", WordEncoder())
    assert fresh.update().papers == 5
    assert fresh.store.current() == "000002"
    assert fresh.ask(QUESTION).passages
