"""The vector store returns cosines and rows exactly as a plain matrix product would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.errors import IndexDamaged
from indexer.vectors import FaissVectors, Vectors


def unit_rows(rows: int, dimension: int, seed: int) -> Vectors:
    """Random unit vectors."""
    values = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def clustered_rows(rows: int, dimension: int, seed: int) -> Vectors:
    """Unit vectors around 200 centres, as those of sentences about the same things lie; always the same centres."""
    centres = np.random.default_rng(0).standard_normal((200, dimension)).astype(np.float32)
    numbers = np.random.default_rng(seed)
    values = centres[numbers.integers(0, 200, rows)] + 0.7 * numbers.standard_normal((rows, dimension)).astype(
        np.float32
    )
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_search_agrees_with_brute_force(tmp_path: Path) -> None:
    vectors = unit_rows(500, 32, seed=1)
    FaissVectors.build(vectors).save(tmp_path / "v.faiss")
    store = FaissVectors.load(tmp_path / "v.faiss")
    for query in unit_rows(20, 32, seed=2):
        cosines = vectors @ query
        scores, rows = store.search(query, 25)
        assert rows.tolist() == np.argsort(-cosines)[:25].tolist()
        assert scores == pytest.approx(cosines[rows], abs=1e-5)
        assert (np.diff(scores) <= 0).all()
        some = np.array([7, 499, 0, 7])
        assert store.cosines(query, some) == pytest.approx(cosines[some], abs=1e-5)


@pytest.mark.parametrize("share", [0.5, 0.01, 0.0])
@pytest.mark.parametrize("flat_rows", [10_000, 0])
def test_only_rows_inside_are_found(monkeypatch: pytest.MonkeyPatch, share: float, flat_rows: int) -> None:
    monkeypatch.setattr("indexer.vectors._COMPARED", 100)
    monkeypatch.setattr("indexer.vectors._LISTS_BY_ROOT", 2)
    vectors = clustered_rows(9000, 32, seed=5)
    store = FaissVectors.build(vectors, flat_rows)
    assert store.exact == bool(flat_rows)
    inside = np.random.default_rng(6).random(9000) < share
    for query in clustered_rows(20, 32, seed=7):
        cosines = np.where(inside, vectors @ query, -2)
        nearest = np.argsort(-cosines)[: min(10, int(inside.sum()))].tolist()
        scores, rows = store.search(query, 10, inside)
        assert inside[rows].all()
        if store.exact:
            assert rows.tolist() == nearest
        else:
            assert len({*rows.tolist()} & {*nearest}) >= 0.8 * len(nearest)
        assert scores == pytest.approx(cosines[rows], abs=0.001)


def test_an_inverted_file_finds_what_comparing_all_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recall@10 over 20,000 vectors, read back from a mapped file; the same vectors give the same file."""
    monkeypatch.setattr("indexer.vectors._LISTS_BY_ROOT", 2)  # more take 10 s to train
    vectors = clustered_rows(20_000, 64, seed=8)
    FaissVectors.build(vectors, 10_000).save(tmp_path / "v.faiss")
    FaissVectors.build(vectors, 10_000).save(tmp_path / "again.faiss")
    assert (tmp_path / "v.faiss").read_bytes() == (tmp_path / "again.faiss").read_bytes()
    store = FaissVectors.load(tmp_path / "v.faiss")
    assert not store.exact
    assert len(store) == 20_000
    assert store.dimension == 64
    found = 0
    for query in clustered_rows(100, 64, seed=9):
        cosines = vectors @ query
        scores, rows = store.search(query, 100)
        found += len({*rows.tolist()} & {*np.argsort(-cosines)[:10].tolist()})
        assert (np.diff(scores) <= 0).all()
        some = np.array([19_999, 0, 7])
        assert store.cosines(query, some) == pytest.approx(cosines[some], abs=0.001)
    assert found / 1000 >= 0.98


def test_what_a_search_looks_at_is_fetched_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists whose rows are found, the rows whose cosines are asked for, and few others."""
    fetched: list[NDArray[np.uint8]] = []
    monkeypatch.setattr("indexer.vectors._PROBED", 8)
    monkeypatch.setattr(
        "indexer.vectors.will_need", lambda file, runs: fetched.extend(file[start:end] for start, end in runs)
    )
    vectors = clustered_rows(9000, 32, seed=5)
    built = FaissVectors.build(vectors, flat_rows=0)
    built.save(tmp_path / "v.faiss")
    store = FaissVectors.load(tmp_path / "v.faiss")
    for query in clustered_rows(20, 32, seed=7):
        fetched.clear()
        scores, rows = store.search(query, 50)
        assert len(fetched) == 8
        # A list is its vectors, two bytes a value, and then its row numbers, of eight bytes.
        there = np.concatenate([run[len(run) // 72 * 64 :].view(np.int64) for run in fetched])
        assert {*rows.tolist()} <= {*there.tolist()}
        assert len(there) < 2000
        assert [each.tolist() for each in built.search(query, 50)] == [scores.tolist(), rows.tolist()]
    fetched.clear()
    some = np.array([8999, 0, 7])
    store.cosines(vectors[0], some)
    index: Any = built._index
    places = faiss.rev_swig_ptr(index.direct_map.array.data(), len(vectors))[some].tolist()  # type: ignore[attr-defined]
    codes = [faiss.rev_swig_ptr(index.invlists.get_codes(place >> 32), 64 * 9000) for place in places]  # type: ignore[attr-defined]
    wanted = [code[64 * (place & 0xFFFF_FFFF) :][:64].tolist() for place, code in zip(places, codes, strict=True)]
    assert [run.tolist() for run in fetched] == wanted


def test_rows_that_repeat_in_step_are_all_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 128 different rows in turn, every second is far from all others: each has lists of its own all the same."""
    monkeypatch.setattr("indexer.vectors._PROBED", 8)
    different = unit_rows(128, 32, seed=3)
    noise = np.random.default_rng(4).standard_normal((25_600, 32)).astype(np.float32)
    vectors = np.tile(different, (200, 1)) + 0.05 * noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = FaissVectors.build(vectors, flat_rows=0)
    found = []
    for query in different:
        _, rows = store.search(query, 10)
        found.append(len({*rows.tolist()} & {*np.argsort(-(vectors @ query))[:10].tolist()}) / 10)
    assert min(np.mean(found[::2]), np.mean(found[1::2])) > 0.98


def test_more_asked_than_there_are() -> None:
    vectors = unit_rows(3, 8, seed=3)
    scores, rows = FaissVectors.build(vectors).search(vectors[1], 10)
    assert len(scores) == 3
    assert rows[0] == 1
    assert scores[0] == pytest.approx(1.0, abs=1e-5)


def test_an_empty_store_finds_nothing() -> None:
    store = FaissVectors.build(np.zeros((0, 8), np.float32))
    scores, rows = store.search(unit_rows(1, 8, seed=4)[0], 5)
    assert len(scores) == len(rows) == 0
    assert len(store.cosines(unit_rows(1, 8, seed=4)[0], np.zeros(0, np.int64))) == 0


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.faiss"
    file.write_bytes(b"not an index")
    with pytest.raises(IndexDamaged, match=r"broken\.faiss"):
        FaissVectors.load(file)
