"""The vector store returns cosines and rows exactly as a plain matrix product would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.errors import IndexDamaged
from indexer.vectors import FaissVectors, Vectors


def unit_rows(rows: int, dimension: int, seed: int) -> Vectors:
    """Random unit vectors."""
    values = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
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
